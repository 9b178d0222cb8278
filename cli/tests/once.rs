//! No transaction is sent twice, however often a command is run again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod common;

use common::{key, Death, Fake};
use serde_json::json;

const REGISTER: [&str; 2] = ["register-service", "consumer-1"];
const STEP: &str = "register service consumer-1";

/// A run was killed after it had sent, and the chain takes its time.
fn sent(name: &str) -> Fake {
    let world = Fake::new(name);
    world.palisade(&["deploy"]).unwrap();
    world.host(|host| host.block = 1_000_000);
    world.death.set(Death::Sent);
    world.palisade(&REGISTER).unwrap_err();
    world.death.set(Death::Never);
    assert_eq!(world.host(|host| host.mempool.len()), 1);
    world
}

fn services(world: &Fake) -> usize {
    world.contract("slashing", |contract| {
        contract.lists.get("services").map_or(0, Vec::len)
    })
}

#[test]
fn three_runs_on_a_slow_chain_send_once() {
    let world = sent("slow");
    let first = world.state().unwrap()["pending"][STEP].clone();
    for _ in 0..2 {
        let error = world.fails(&REGISTER);
        assert!(error.contains("is not in a block yet"), "{error}");
        assert_eq!(world.state().unwrap()["pending"][STEP], first);
    }
    world.host(|host| host.block = 3);
    world.palisade(&REGISTER).unwrap();
    assert_eq!(services(&world), 1);
    assert_eq!(world.host(|host| host.mempool.len()), 0);
    assert_eq!(world.state().unwrap()["pending"], json!({}));
}

#[test]
fn a_refusal_says_nothing_of_what_was_sent_before() {
    let world = sent("refused");
    world.host(|host| host.refuses = Some("insufficient fee".to_string()));
    let error = world.fails(&REGISTER);
    assert!(error.contains("may still be included"), "{error}");
    assert!(world.state().unwrap()["pending"][STEP].is_object());
    world.host(|host| host.refuses = None);
    world.host(|host| host.block = 3);
    world.palisade(&REGISTER).unwrap();
    assert_eq!(services(&world), 1);
    // The first try of all leaves nothing behind.
    let fresh = Fake::new("fresh");
    fresh.palisade(&["deploy"]).unwrap();
    fresh.host(|host| host.refuses = Some("insufficient fee".to_string()));
    assert!(fresh.fails(&REGISTER).contains("nothing was sent"));
    assert_eq!(fresh.state().unwrap()["pending"], json!({}));
}

#[test]
fn a_hash_is_kept_until_its_sequence_is_used() {
    let world = Fake::new("hash");
    world.palisade(&["deploy"]).unwrap();
    world.host(|host| host.block = 1_000_000);
    let error = world.fails(&REGISTER);
    assert!(error.contains("is not in a block yet"), "{error}");
    let first = world.state().unwrap()["pending"][STEP].clone();
    assert!(first["hash"].is_string(), "{first}");
    world.fails(&REGISTER);
    assert_eq!(world.state().unwrap()["pending"][STEP], first);
}

#[test]
fn another_key_does_not_send_what_may_still_be_included() {
    let world = sent("sender");
    let from = "[consumers.consumer-1.service]\nfrom = \"service\"";
    world.edit(from, "[consumers.consumer-1.service]\nfrom = \"other\"");
    let error = world.fails(&REGISTER);
    let words = format!("sent it from {}, sequence 0", key("service"));
    assert!(error.contains(&words), "{error}");
    assert_eq!(world.shown("wasmd tx").len(), 0);
    world.host(|host| host.block = 3);
    world.palisade(&REGISTER).unwrap();
    let words = format!("  a former run did this from {}", key("service"));
    assert_eq!(world.shown(&words).len(), 1, "{:#?}", world.lines.borrow());
    let admins = world.contract("slashing", |contract| {
        let services = contract.lists["services"].iter();
        services
            .map(|service| service["admin"].clone())
            .collect::<Vec<_>>()
    });
    assert_eq!(admins, [json!(key("service")), json!(key("other"))]);
}

/// A second one does no harm; that there is none today does.
#[test]
fn a_sync_of_days_ago_does_not_stand_for_todays() {
    const PROVIDER: &str = "{ provider = { contract = \"${PROVIDER}\", min = \"1\", max = \"2\", max_age = 86400, max_change = \"0.05\" } }";
    for (what, step) in [
        ("update_rate", "update rate lst"),
        ("sync", "sync consumer-1"),
    ] {
        let world = Fake::new("days");
        if what == "update_rate" {
            world.edit("{ fixed = { rate = \"1.1\" } }", PROVIDER);
        }
        world.palisade(&["deploy"]).unwrap();
        world.palisade(&REGISTER).unwrap();
        let told = || {
            let sent = world.sent();
            let start = format!("{{\"{what}\"");
            sent.iter().filter(|line| line.contains(&start)).count()
        };
        world.host(|host| host.block = 1_000_000);
        let error = world.fails(&["sync", "consumer-1"]);
        assert!(error.contains("is not in a block yet"), "{error}");
        assert!(world.state().unwrap()["pending"][step].is_object());
        // It is, soon after; and the next run is of another day.
        world.host(|host| host.block = 3);
        world.clock.set(world.clock.get() + 86_400);
        world.palisade(&["sync", "consumer-1"]).unwrap();
        assert_eq!(told(), 2, "{what}: {:#?}", world.lines.borrow());
        assert_eq!(world.state().unwrap()["pending"], json!({}));
        // Nor is anything kept for the one after.
        world.palisade(&["sync", "consumer-1"]).unwrap();
        assert_eq!(told(), 3, "{what}");
    }
}

#[test]
fn a_sequence_that_is_not_told_is_no_zero() {
    let world = Fake::new("sequence");
    world.palisade(&["deploy"]).unwrap();
    let strange = [
        json!({ "account": { "value": { "address": "wasm1other" } } }),
        json!({ "account": { "value": { "address": key("service"), "sequence": "many" } } }),
        json!({}),
    ];
    for account in strange {
        world.host(|host| host.account = Some(account.clone()));
        let error = world.fails(&REGISTER);
        assert!(
            error.contains("host-1 told no sequence of"),
            "{account}: {error}"
        );
        assert_eq!(world.host(|host| host.mempool.len()), 0);
    }
}

#[test]
fn a_wrong_chain_is_noticed_before_anything_is_sent() {
    let world = Fake::new("wrong");
    for words in [
        &["deploy"][..],
        &REGISTER,
        &["connect", "consumer-1"],
        &["register-operator", "north"],
    ] {
        world.palisade(words).unwrap();
    }
    let before = world.sent().len();
    world.host(|host| host.id = "other-1".to_string());
    for words in [
        &["deploy"][..],
        &REGISTER,
        &["connect", "consumer-1"],
        &["register-operator", "north"],
        &["opt-in", "north", "consumer-1"],
        &["sync", "consumer-1"],
        &["upgrade"],
    ] {
        let error = world.fails(words);
        assert!(error.contains("wrong chain"), "{words:?}: {error}");
        assert_eq!(world.commands.get(), 1, "{words:?}");
    }
    assert_eq!(world.sent().len(), before);
}
