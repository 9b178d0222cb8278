//! Upgrades that go wrong, and are interrupted.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod common;

use common::{key, sum, Death, Fake};
use serde_json::{json, Value};

/// A suite in use, and newer artifacts of some contracts.
fn newer(name: &str, contracts: &[&str]) -> Fake {
    let world = Fake::new(name);
    for words in [
        &["deploy"][..],
        &["register-service", "consumer-1"],
        &["connect", "consumer-1"],
        &["register-operator", "north"],
    ] {
        world.palisade(words).unwrap();
    }
    // The last of a list, which is what is spoilt, is on a page of its own.
    let put = |kind: &str, list: &str, count: u64, entry: &dyn Fn(u64) -> Value| {
        world.contract(kind, |contract| {
            let entries = (1..=count).map(entry).collect();
            contract.lists.insert(list.to_string(), entries)
        });
    };
    put(
        "delegation",
        "pools",
        11,
        &|number| json!({ "asset": format!("asset-{number:02}"), "tokens": "7", "unbonding": "1" }),
    );
    put(
        "allocation",
        "service_rewards",
        1,
        &|_| json!({ "token": "stake", "paid": "7", "weight": "1" }),
    );
    put(
        "slashing",
        "requests",
        101,
        &|number| json!({ "request": number.to_string(), "kind": "downtime" }),
    );
    put(
        "gateway",
        "operators",
        101,
        &|number| json!({ "operator": key(&number.to_string()), "power": "7" }),
    );
    put("vault", "books", 1, &|_| json!(true));
    for chain in world.chains.borrow_mut().values_mut() {
        // As if all that was there before any migration.
        let contracts = chain.contracts.clone();
        for then in chain.history.values_mut() {
            *then = contracts.clone();
        }
    }
    build(&world, contracts);
    world
}

fn build(world: &Fake, contracts: &[&str]) {
    let folder = world.folder.join("artifacts");
    for contract in contracts {
        let code = format!("newer {contract}");
        let path = folder.join(format!("palisade_{contract}.wasm"));
        std::fs::write(path, &code).unwrap();
        let sums = std::fs::read_to_string(folder.join("checksums.txt")).unwrap();
        let sums = sums.replace(&sum(contract.as_bytes()), &sum(code.as_bytes()));
        std::fs::write(folder.join("checksums.txt"), sums).unwrap();
    }
}

fn migrations(world: &Fake) -> usize {
    let sent = world.sent();
    sent.iter()
        .filter(|line| line.starts_with("migrate"))
        .count()
}

fn spoil(world: &Fake, kind: &str, list: &str) {
    for chain in world.chains.borrow_mut().values_mut() {
        chain.spoils = Some((kind.to_string(), list.to_string()));
    }
}

#[test]
fn what_a_migration_loses_is_seen() {
    for (code, kind, list, fault) in [
        ("vault", "vault", "books", "books of stake: "),
        ("delegation", "delegation", "pools", "pools of wasm1"),
        (
            "allocation",
            "allocation",
            "service_rewards",
            "rewards of service 1: ",
        ),
        (
            "slashing",
            "slashing",
            "requests",
            "requests of service 1: ",
        ),
        ("allocation", "slashing", "services", "services: "),
        (
            "gateway",
            "gateway",
            "operators",
            "operators of the gateway: ",
        ),
    ] {
        let world = newer("loses", &[code]);
        spoil(&world, kind, list);
        let error = world.fails(&["upgrade"]);
        assert!(
            error.contains("not everything is as before") && error.contains(fault),
            "{code}: {error}"
        );
        assert_eq!(migrations(&world), 1);
        // It is not up to date before it was looked at and found whole.
        assert!(world.fails(&["upgrade"]).contains(fault), "{code}");
        assert_eq!(migrations(&world), 1);
    }
}

#[test]
fn what_time_alone_changes_is_not_compared() {
    let world = newer("time", &["delegation"]);
    world.contract("delegation", |contract| {
        contract.lists.get_mut("pools").unwrap()[0]["unbonding"] = json!("0");
    });
    world.palisade(&["upgrade"]).unwrap();
    assert_eq!(world.shown("  pools of").len(), 1);
}

#[test]
fn an_interrupted_upgrade_is_verified_by_the_next_run() {
    let mut deaths = 0;
    for number in 1.. {
        let world = newer("killed-upgrade", &["vault", "gateway"]);
        spoil(&world, "vault", "books");
        world.death.set(Death::After(number));
        let ended = format!("{:#}", world.palisade(&["upgrade"]).unwrap_err());
        world.death.set(Death::Never);
        if ended.contains("not everything") {
            break;
        }
        deaths += 1;
        let error = world.fails(&["upgrade"]);
        assert!(error.contains("books of stake: "), "{number}: {error}");
        // The vault is stuck: nothing after it was touched.
        assert_eq!(migrations(&world), 1, "{number}");
    }
    assert!(deaths > 20, "{deaths}");
}

#[test]
fn all_admins_are_looked_at_before_the_first_transaction() {
    let world = newer("admins", &["vault", "slashing"]);
    let sent = world.sent().len();
    world.contract("slashing", |contract| contract.admin = key("council"));
    let error = world.fails(&["upgrade"]);
    assert!(error.contains("nothing was sent"), "{error}");
    assert!(
        error.contains(&format!("slashing: its admin is {}", key("council"))),
        "{error}"
    );
    assert!(error.ends_with("`from` can upgrade: vault"), "{error}");
    assert_eq!(world.sent().len(), sent);
    world.contract("slashing", |contract| contract.admin.clear());
    let error = world.fails(&["upgrade"]);
    assert!(
        error.contains("slashing has no admin: nobody can ever migrate it"),
        "{error}"
    );
    assert_eq!(world.sent().len(), sent);
    // Where it is another's alone, the code is stored and the line shown.
    world.contract("slashing", |contract| contract.admin = key("council"));
    let error = world.fails(&["upgrade", "slashing"]);
    assert!(
        error.contains("the admins have to send these lines"),
        "{error}"
    );
    assert_eq!(world.sent().len(), sent + 1);
    let line = world.shown("wasmd tx wasm migrate");
    assert_eq!(line.len(), 1);
    assert!(
        line[0].contains(&format!("--from {} ", key("council"))),
        "{line:?}"
    );
    world.palisade(&["upgrade", "vault"]).unwrap();
    assert_eq!(migrations(&world), 1);
}

/// What the chain refuses, as the tool sends the contract's own version again.
const AGAIN: &str = "only a newer version";

/// The admin sends the line by hand.
fn by_hand(world: &Fake, from: &str) {
    let state = world.state().unwrap();
    let code = state["codes"]["host-1"][sum(b"newer vault")].to_string();
    let vault = state["contracts"]["vault"].as_str().unwrap();
    world.host(|host| {
        let sequence = host.sequences.get(&key(from)).copied().unwrap_or_default();
        let sequence = sequence.to_string();
        let words = ["tx", "wasm", "migrate", vault, &code, "{}"];
        let flags = ["--from", from, "--sequence", &sequence];
        assert!(
            host.run(world.clock.get(), &[&words[..], &flags].concat())
                .ok
        );
    });
    world.clock.set(world.clock.get() + 10);
    world.host(|host| host.run(world.clock.get(), &["query", "wasm", "contract", vault]));
}

#[test]
fn what_a_person_migrated_after_a_refusal_is_up_to_date() {
    for from in ["owner", "council"] {
        let world = newer("by-hand", &["vault", "gateway"]);
        world.contract("vault", |contract| contract.admin = key("council"));
        // The code is stored, and the line shown.
        world.fails(&["upgrade", "vault"]);
        world.contract("vault", |contract| contract.admin = key("owner"));
        world.host(|host| host.refuses = Some("insufficient fee".to_string()));
        let error = world.fails(&["upgrade"]);
        assert!(error.contains("refused, nothing was sent"), "{error}");
        assert_eq!(world.state().unwrap()["pending"], json!({}));
        world.host(|host| host.refuses = None);
        by_hand(&world, from);
        world.host(|host| host.refuses = Some(AGAIN.to_string()));
        world.palisade(&["upgrade"]).unwrap();
        let line = "  a former run was about to migrate it, and somebody else did";
        assert_eq!(world.shown(line).len(), 1, "{:#?}", world.lines.borrow());
        // What comes after it was upgraded.
        assert_eq!(world.shown("gateway on consumer-1: version 9.0.0").len(), 1);
        assert_eq!(migrations(&world), 2);
        assert_eq!(world.state().unwrap()["migrations"], json!({}));
        world.palisade(&["upgrade"]).unwrap();
        assert_eq!(world.shown(line).len(), 0);
    }
}

/// By another key, so that the sequence of the tool's own is never used.
#[test]
fn what_a_person_migrated_after_a_run_was_killed_is_up_to_date() {
    let mut pending = 0;
    for number in 1.. {
        let world = newer("by-hand-killed", &["vault"]);
        world.death.set(Death::Before(number));
        let ended = world.palisade(&["upgrade"]);
        world.death.set(Death::Never);
        let state = world.state().unwrap();
        if ended.is_ok() || migrations(&world) > 0 {
            break;
        }
        if state["migrations"] == json!({}) || world.host(|host| !host.mempool.is_empty()) {
            continue;
        }
        pending += state["pending"].as_object().unwrap().len();
        by_hand(&world, "council");
        // Who has no key may look.
        world.keyless.set(true);
        world.palisade(&["upgrade", "--dry-run"]).unwrap();
        world.keyless.set(false);
        assert_eq!(world.state().unwrap(), state, "{number}");
        world.host(|host| host.refuses = Some(AGAIN.to_string()));
        world.palisade(&["upgrade"]).unwrap();
        assert_eq!(migrations(&world), 1, "{number}");
        let state = world.state().unwrap();
        assert_eq!(state["migrations"], json!({}), "{number}");
        assert_eq!(state["pending"], json!({}), "{number}");
    }
    assert_eq!(pending, 1);
}

/// The version before is the one that a run noted before it sent, whenever its transaction is included.
#[test]
fn a_migration_under_way_is_included_at_any_moment_of_the_next_run() {
    let before = newer("under-way", &["vault"]);
    let waits = |world: &Fake| world.host(|host| !host.mempool.is_empty());
    let sent = (1..)
        .map(|number| {
            let world = before.fork("under-way-sent");
            build(&world, &["vault"]);
            world.death.set(Death::After(number));
            world.palisade(&["upgrade"]).unwrap_err();
            world.death.set(Death::Never);
            world
        })
        .find(|world| waits(world) && world.state().unwrap()["migrations"] != json!({}))
        .unwrap();
    for block in 1..30 {
        let world = sent.fork("under-way-included");
        build(&world, &["vault"]);
        world.host(|host| host.block = block);
        world.palisade(&["upgrade"]).unwrap();
        let line = "vault: version 9.0.0, before 0.1.0;";
        assert_eq!(world.shown(line).len(), 1, "{block}");
        assert_eq!(migrations(&world), 1, "{block}");
        assert_eq!(world.state().unwrap()["migrations"], json!({}));
        assert_eq!(world.state().unwrap()["pending"], json!({}));
    }
}
