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
    put(&world, &others.cycle().take(101).collect::<Vec<_>>());
    for transactions in [1, 0] {
        set_number(&world, json!(null));
        world.palisade(&["register-service", "consumer-1"]).unwrap();
        assert_eq!(world.shown("wasmd tx").len(), transactions);
        assert_eq!(number(&world), json!(102));
    }
}

fn number(world: &Fake) -> Value {
    world.state().unwrap()["consumers"]["consumer-1"]["service"].clone()
}

fn set_number(world: &Fake, number: Value) {
    let mut state = world.state().unwrap();
    state["consumers"]["consumer-1"] = json!({ "service": number });
    std::fs::write(world.folder.join("config.state.json"), state.to_string()).unwrap();
}

/// Somebody has our config, registers with it, and makes us the admin of both contracts.
fn prepared(name: &str) -> Fake {
    const OURS: &str = "[consumers.consumer-1.service]\nfrom = \"service\"";
    const THEIRS: &str = "[consumers.consumer-1.service]\nfrom = \"mallory\"";
    let world = deployed(name);
    world.edit(OURS, THEIRS);
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    world.edit(THEIRS, OURS);
    set_number(&world, json!(null));
    world.contract("slashing", |contract| {
        contract.lists.get_mut("services").unwrap()[0]["admin"] = json!(key("service"));
    });
    world
}

#[test]
fn a_service_that_a_stranger_prepared_for_us_is_not_ours() {
    let world = prepared("prepared");
    // In the same transaction, before, a contract of theirs says that we registered it.
    world.host(|host| {
        let attribute = |key: &str, value: &str| json!({ "key": key, "value": value });
        let events = host.included.last_mut().unwrap().answer["events"]
            .as_array_mut()
            .unwrap();
        let attributes = [
            attribute("_contract_address", &key("contract")),
            attribute("service", "1"),
            attribute("admin", &key("service")),
        ];
        events.insert(
            0,
            json!({ "type": "wasm-register_service", "attributes": attributes }),
        );
    });
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    let line = format!(
        "service 1 has this name and admin, and is passed over: {} registered it, not `from`",
        key("mallory")
    );
    assert_eq!(world.shown(&line).len(), 1, "{:#?}", world.lines.borrow());
    assert_eq!(told(&world, "register_service"), 2);
    assert_eq!(number(&world), json!(2));
    // Whose the second is, the chain tells.
    set_number(&world, json!(null));
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    assert_eq!(told(&world, "register_service"), 2);
    assert_eq!(number(&world), json!(2));
}

#[test]
fn whose_a_service_is_has_to_be_known() {
    for indexed in [false, true] {
        let world = prepared("pruned");
        let sent = world.sent().len();
        world.host(|host| match indexed {
            false => host.no_index = true,
            true => {
                host.included.pop();
            }
        });
        let kept = world.sent().len();
        assert_eq!(kept, sent - usize::from(indexed));
        let error = world.fails(&["register-service", "consumer-1"]);
        for part in [
            "service 1 is as the config has it, and the node tcp://host does not know who registered it",
            "if service registered it, put \"consumers.consumer-1.service\": 1 into the state",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(world.sent().len(), kept);
        assert_eq!(number(&world), json!(null));
        // As told.
        set_number(&world, json!(1));
        world.palisade(&["register-service", "consumer-1"]).unwrap();
        assert_eq!(world.sent().len(), kept);
        assert_eq!(number(&world), json!(1));
    }
}

/// One that is on its way is looked for, whatever else there is.
#[test]
fn what_a_former_run_registered_is_found_where_a_strangers_is_unclear() {
    let world = prepared("under-way");
    world.host(|host| {
        host.included.pop();
        host.block = 1_000_000;
    });
    // A run that found nothing yet sent ours.
    let theirs = world.contract("slashing", |contract| contract.lists.remove("services"));
    let waits = || {
        let error = world.fails(&["register-service", "consumer-1"]);
        assert!(error.contains("is not in a block yet"), "{error}");
    };
    waits();
    world.contract("slashing", |contract| {
        contract
            .lists
            .insert("services".to_string(), theirs.unwrap())
    });
    waits();
    world.host(|host| host.block = 3);
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    assert_eq!(told(&world, "register_service"), 1);
    assert_eq!(number(&world), json!(2));
    assert_eq!(world.state().unwrap()["pending"], json!({}));
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
