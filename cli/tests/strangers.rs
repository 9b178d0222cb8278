//! What others can put on a chain, and the tool must not take for ours.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod common;

use common::contracts::member;
use common::{key, Fake};
use serde_json::{json, Value};

fn deployed(name: &str) -> Fake {
    let world = Fake::new(name);
    world.palisade(&["deploy"]).unwrap();
    world
}

/// A service that somebody made just as ours would be, and handed to us.
fn ours(world: &Fake) -> Value {
    let other = world.fork("model");
    other.palisade(&["register-service", "consumer-1"]).unwrap();
    other.contract("slashing", |contract| {
        contract.lists["services"].last().unwrap().clone()
    })
}

fn put(world: &Fake, services: &[Value]) {
    world.contract("slashing", |contract| {
        let numbered = services.iter().enumerate().map(|(index, service)| {
            let mut service = service.clone();
            service["service"] = json!(index + 1);
            service
        });
        contract
            .lists
            .insert("services".to_string(), numbered.collect());
    });
}

/// Ways in which a service is not ours, though its name and its admin on allocation are.
fn strange(model: &Value) -> Vec<(&'static str, Value)> {
    let with = |path: &str, value: Value| {
        let mut service = model.clone();
        match service.pointer_mut(path) {
            Some(field) => *field = value,
            None => service[path.trim_start_matches('/')] = value,
        }
        service
    };
    let mut slasher = with("/admin", json!(key("anybody")));
    slasher["allocation_admin"] = json!(key("service"));
    let penalty = json!({ "kind": "downtime", "fraction": "0.05", "jail": 60, "tombstone": false });
    let late = json!([penalty, "1900000000000000000"]);
    vec![
        ("admin on slashing", slasher),
        (
            "source",
            with("/source", json!({ "local": { "slasher": key("anybody") } })),
        ),
        ("max_slash", with("/terms/max_slash", json!("1"))),
        ("assets", with("/terms/assets", json!(["lst"]))),
        ("keyed", with("/terms/keyed", json!(false))),
        ("chain_id", with("/settings/chain_id", json!("other-1"))),
        (
            "settings",
            with(
                "/settings/proceeds",
                json!({ "send": { "recipient": key("anybody") } }),
            ),
        ),
        (
            "penalties",
            with("/penalties/0/penalty/fraction", json!("0.05")),
        ),
        (
            "penalties: on its way",
            with("/penalties/0", {
                let mut kind = model["penalties"][0].clone();
                kind["pending"] = late;
                kind
            }),
        ),
        (
            "settings: on their way",
            with(
                "/pending",
                json!([model["settings"], "1900000000000000000"]),
            ),
        ),
        ("stopped", with("/stopped", json!(true))),
    ]
}

#[test]
fn a_service_that_was_handed_to_us_is_passed_over() {
    let world = deployed("handed");
    let model = ours(&world);
    let strange: Vec<Value> = strange(&model)
        .into_iter()
        .map(|(_, service)| service)
        .collect();
    put(&world, &strange);
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    assert_eq!(
        world.shown("wasmd tx").len(),
        1,
        "{:#?}",
        world.lines.borrow()
    );
    let number = strange.len() + 1;
    assert_eq!(
        world.state().unwrap()["consumers"]["consumer-1"]["service"],
        json!(number)
    );
    let passed: Vec<String> = world
        .lines
        .borrow()
        .iter()
        .filter(|line| line.contains("is passed over"))
        .cloned()
        .collect();
    assert_eq!(passed.len(), strange.len());
    assert!(
        passed[1].contains("source: the chain has {\"local\""),
        "{passed:#?}"
    );
}

#[test]
fn ours_is_found_behind_those_of_strangers() {
    let world = deployed("behind");
    let model = ours(&world);
    let others = strange(&model).into_iter().map(|(_, service)| service);
    // More than a page of them.
    let mut all: Vec<Value> = others.cycle().take(101).collect();
    all.push(model);
    put(&world, &all);
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    assert_eq!(world.shown("wasmd tx"), Vec::<String>::new());
    assert_eq!(
        world.state().unwrap()["consumers"]["consumer-1"]["service"],
        json!(all.len())
    );
}

#[test]
fn a_number_in_the_state_is_compared_before_anything_is_sent() {
    let world = deployed("number");
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    world.palisade(&["register-operator", "north"]).unwrap();
    let model = world.contract("slashing", |contract| contract.lists["services"][0].clone());
    let before = world.sent().len();
    for (what, service) in strange(&model) {
        put(&world, &[service]);
        for words in [
            &["register-service", "consumer-1"][..],
            &["connect", "consumer-1"],
            &["opt-in", "north", "consumer-1"],
        ] {
            let error = world.fails(words);
            assert!(
                error.contains("which the state names") && error.contains(what),
                "{words:?}, {what}: {error}"
            );
        }
    }
    assert_eq!(world.sent().len(), before);
    // What its admin can set right is said, and no reason to stop.
    let mut other = model.clone();
    other["terms"]["min_power"] = json!("7");
    put(&world, &[other]);
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    let line = "service consumer-1: min_power is 7, the config says 1000: `update_service` on allocation changes it";
    assert_eq!(world.shown(line).len(), 1);
}

fn told(world: &Fake, what: &str) -> usize {
    let sent = world.sent();
    let start = format!("{{\"{what}\"");
    sent.iter().filter(|line| line.contains(&start)).count()
}

fn deposits(world: &Fake) -> usize {
    told(world, "deposit")
}

/// Ten of its services are a page.
#[test]
fn an_operator_of_many_services_opts_in_once() {
    let world = deployed("many");
    let others: Vec<Value> = strange(&ours(&world))
        .into_iter()
        .map(|(_, service)| service)
        .collect();
    assert_eq!(others.len(), 11);
    put(&world, &others);
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    world.palisade(&["register-operator", "north"]).unwrap();
    let memberships = (1..=11).map(|service| member(&json!(service), &key("north")));
    world.contract("allocation", |allocation| {
        allocation
            .lists
            .insert("memberships".to_string(), memberships.collect())
    });
    for _ in 0..2 {
        world.palisade(&["opt-in", "north", "consumer-1"]).unwrap();
        assert_eq!(told(&world, "opt_in"), 1);
    }
    let sent = world.sent();
    let opt_in = sent.iter().find(|line| line.contains("{\"opt_in\""));
    assert!(opt_in.unwrap().contains("\"service\":12"), "{opt_in:?}");
}

fn gift(world: &Fake, value: &str) {
    let pool = |operator: &str| json!({ "operator": key(operator), "asset": "stake" });
    let gifts = ["another", "north"]
        .map(|operator| json!({ "pool": pool(operator), "shares": value, "value": value }));
    world.contract("delegation", |contract| {
        contract
            .lists
            .insert("positions".to_string(), gifts.to_vec())
    });
}

#[test]
fn a_strangers_deposit_does_not_stand_for_the_operators() {
    let world = deployed("gift");
    gift(&world, "1");
    world.palisade(&["register-operator", "north"]).unwrap();
    assert_eq!(deposits(&world), 1);
    let line = "  the chain has 1 already, and no deposit of 500000 by";
    assert_eq!(world.shown(line).len(), 1);
    // Slashed since: the state says that it was made, and so does the chain when the state is lost.
    gift(&world, "400000");
    for lost in [false, true] {
        if lost {
            let mut state = world.state().unwrap();
            state["deposits"] = json!({});
            std::fs::write(world.folder.join("config.state.json"), state.to_string()).unwrap();
        }
        world.palisade(&["register-operator", "north"]).unwrap();
        assert_eq!(deposits(&world), 1);
        let line = "operator north: its own stake in stake is there, 400000";
        assert_eq!(world.shown(line).len(), 1, "{:#?}", world.lines.borrow());
        let line =
            "  the config says 500000, which was deposited: it was slashed or undelegated since";
        assert_eq!(world.shown(line).len(), 1);
        assert_eq!(
            world.state().unwrap()["deposits"],
            json!({ "north": ["stake"] })
        );
    }
}
