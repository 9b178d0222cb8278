//! The suite on one screen, and as JSON, while much is under way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines
)]

mod common;

use common::contracts::member;
use common::{key, Fake};
use serde_json::{json, Value};

/// Times are nanoseconds; the played clock starts at 1,800,000,000 s and counts commands.
fn busy(name: &str) -> Fake {
    let world = Fake::new(name);
    for words in [
        &["deploy"][..],
        &["register-service", "consumer-1"],
        &["connect", "consumer-1"],
        &["register-operator", "north"],
    ] {
        world.palisade(words).unwrap();
    }
    let north = key("north");
    let put = |kind: &str, list: &str, entries: Vec<Value>| {
        world.contract(kind, |contract| {
            contract.lists.insert(list.to_string(), entries)
        });
    };
    put(
        "delegation",
        "pools",
        vec![json!({
            "asset": "stake", "tokens": "1500000", "junior": "500000", "shares": "1", "generation": 0,
            "scale": 0, "magnitude": { "value": "1" }, "unbonding": "2500",
        })],
    );
    put(
        "delegation",
        "staked",
        vec![json!({
            "staker": "wasm1staker", "bonded": "1500000", "slashed": "0", "growing": "0", "seized": "0",
            "next_epoch": 3, "next_batch_at": "1800000000000000000", "batches": [],
        })],
    );
    put(
        "delegation",
        "buckets",
        vec![json!({
            "epoch": 3, "tokens": "2500", "junior": "0", "magnitude": { "value": "1" },
            "matures_at": "1900000000000000000",
        })],
    );
    put(
        "vault",
        "stakers",
        vec![json!({
            "operator": north, "staker": "wasm1staker", "validator": "wasmvaloper1", "compound": true,
        })],
    );
    let request = |number: &str, executable_at: &str| {
        json!({
            "service": 1, "request": number, "nonce": number, "proven": false, "overrides": null,
            "operator": north, "kind": "downtime", "update_id": "3", "height": "5",
            "time": "1799999000000000000", "received_at": "1799999100000000000",
            "executable_at": executable_at, "state": { "pending": {} },
            "penalty": { "kind": "downtime", "fraction": "0.0001", "jail": 60, "tombstone": false },
        })
    };
    put(
        "slashing",
        "requests",
        vec![
            request("4", "1800000000000000000"),
            request("5", "1900000000000000000"),
        ],
    );
    let report = |nonce: &str, state: Value| {
        json!({
            "nonce": nonce, "operator": north, "update_id": "3", "state": state, "attempts": 0,
            "infraction": { "offender": { "operator": north }, "kind": "downtime", "height": "5",
                            "time": "1799999000000000000" },
        })
    };
    put(
        "gateway",
        "reports",
        vec![
            report("1", json!({ "queued": { "not_before": "0" } })),
            report(
                "2",
                json!({ "queued": { "not_before": "1900000000000000000" } }),
            ),
            report("3", json!({ "sent": { "channel": "channel-2" } })),
        ],
    );
    put(
        "gateway",
        "operators",
        vec![json!({ "operator": north, "power": "1400000", "update_id": "3" })],
    );
    world.contract("slashing", |contract| {
        contract.lists.get_mut("services").unwrap()[0]["last_update"] = json!("4");
    });
    world.host(|host| {
        let mut staker = host.contracts.values().next().unwrap().clone();
        staker.kind = "staker".to_string();
        staker.init = json!({ "e": [{ "a": "7", "c": "1800000000000000000" }] });
        host.contracts.insert("wasm1staker".to_string(), staker);
    });
    world
}

#[test]
fn pending_slashes_batches_and_reports_are_shown() {
    let world = busy("busy");
    world.palisade(&["status"]).unwrap();
    let lines = world.lines.borrow().clone();
    let north = key("north");
    for line in [
        "service 1   consumer-1".to_string(),
        "  host: channel-2 open, client 07-tendermint-3 Active".to_string(),
        "  consumer-1: channel-2 open, client 07-tendermint-3 Active".to_string(),
        "  consumer-1: update 0, 3 open reports, of them 1 to be sent".to_string(),
        "  throttle left: own 5,000,000,000,000 of 5,000,000,000,000, reserved 5,000,000,000,000 of 5,000,000,000,000, shared 10,000,000,000,000 of 10,000,000,000,000".to_string(),
        format!("  pending slash 4: 0.0001 of {}..{} for downtime, can be executed", &north[..10], &north[north.len() - 6..]),
        format!("  pending slash 5: 0.0001 of {}..{} for downtime, can be vetoed for 1157 days", &north[..10], &north[north.len() - 6..]),
        "to be sent now".to_string(),
        "  relay on the gateway of consumer-1: 1 reports wait to be sent".to_string(),
        "  a relayer between host-1 and consumer-1: update 4 did not arrive".to_string(),
        format!("  reconcile of {north}, stake: a batch can start"),
        format!("  reconcile of {north}, stake: a batch arrived"),
    ] {
        assert!(lines.contains(&line), "{line} is not in {lines:#?}");
    }
    let execute = world
        .shown("  execute of service 1, request 4: its window is over, stake may leave in 0 s");
    assert_eq!(execute.len(), 1, "{lines:#?}");
    assert_eq!(world.shown("  execute of service 1, request 5").len(), 0);
}

#[test]
fn the_same_as_json() {
    let world = busy("json");
    world.palisade(&["status", "--json"]).unwrap();
    let status: Value = serde_json::from_str(&world.lines.borrow().join("\n")).unwrap();
    let service = &status["services"][0];
    for (path, value) in [
        ("/pending/0/request", json!(4)),
        ("/pending/0/execute_until", json!(1_800_000_030)),
        ("/pending/1/executable_at", json!(1_900_000_000)),
        ("/pending/1/fraction", json!("0.0001")),
        ("/consumer/open_reports", json!(3)),
        ("/consumer/due_reports", json!(1)),
        ("/consumer/host_end/client_status", json!("Active")),
        ("/throttle/shared/0", json!("10000000000000")),
        ("/last_update", json!(4)),
    ] {
        assert_eq!(service.pointer(path), Some(&value), "{path}");
    }
    assert_eq!(service["consumer"]["powers"][key("north")], "1400000");
    assert_eq!(status["operators"][0]["pools"][0]["unbonding"], "2500");
    assert_eq!(status["todo"].as_array().unwrap().len(), 5);
    assert_eq!(status["assets"][0]["id"], "stake");
    assert_eq!(status["assets"][0]["unowed"], "2");
    assert_eq!(status["assets"][1]["unowed"], "0");
    assert_eq!(status["assets"][1]["recover"], Value::Null);
}

#[test]
fn what_came_without_a_word_is_shown_with_the_owners_line() {
    let world = busy("gift");
    world.palisade(&["status"]).unwrap();
    // Of 3 that the vault has, stake counts only what is idle as here; the other asset owes all of its 3.
    let told = "came without a word whose they are; the vault's owner can send them back:";
    let lines = world.lines.borrow().clone();
    let at: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].ends_with(told))
        .collect();
    assert_eq!(at.len(), 1, "{lines:#?}");
    assert_eq!(lines[at[0]], format!("2 stake {told}"));
    let state = world.state().unwrap();
    let vault = state["contracts"]["vault"].as_str().unwrap();
    let line = format!("  wasmd tx wasm execute {vault} '{{\"recover\":{{\"recipient\":\"'\"$SENDER\"'\",\"token\":{{\"native\":{{\"denom\":\"stake\"}}}}}}}}' --from owner --chain-id host-1");
    assert!(lines[at[0] + 1].starts_with(&line), "{lines:#?}");
}

#[test]
fn rewards_that_wait_are_said() {
    let world = busy("harvest");
    let north = key("north");
    let token = json!({ "native": { "denom": "ucoin" } });
    let reward = json!({
        "token": token, "paid": "9", "harvested": "0", "taken_back": "0", "held": "0",
        "weight": "5",
    });
    world.contract("allocation", |allocation| {
        for (list, entry) in [
            ("service_rewards", reward),
            (
                "earned",
                json!({ "token": token, "parts": [{ "asset": "stake", "amount": "9" }] }),
            ),
            ("members", member(&json!(1), &north)),
        ] {
            allocation.lists.insert(list.to_string(), vec![entry]);
        }
    });
    world.palisade(&["status"]).unwrap();
    let told = format!("  harvest of service 1 (consumer-1) for {north}: 1 tokens wait");
    assert_eq!(world.shown(&told).len(), 1, "{:#?}", world.lines.borrow());
}

/// So many of an entry, with fields of its own by number.
fn many(count: u64, entry: &Value, own: impl Fn(u64) -> Value) -> Vec<Value> {
    let numbered = |number| {
        let mut entry = entry.clone();
        for (field, value) in own(number).as_object().unwrap() {
            entry[field] = value.clone();
        }
        entry
    };
    (1..=count).map(numbered).collect()
}

/// Two more than a page of each list: 10 members and pools, 100 of all else.
#[test]
fn lists_of_more_than_a_page_are_read_to_the_end() {
    let world = busy("pages");
    let operator = |number: u64| key(&format!("operator {number}"));
    let longer = |kind: &str, list: &str, count: u64, own: &dyn Fn(u64) -> Value| {
        world.contract(kind, |contract| {
            let all = contract.lists.get_mut(list).unwrap();
            *all = many(count, &all[0], own);
        });
    };
    let token = json!({ "native": { "denom": "ucoin" } });
    world.contract("allocation", |allocation| {
        let mut members = many(
            12,
            &member(&json!(1), ""),
            |number| json!({ "operator": operator(number), "power": number.to_string() }),
        );
        members[11]["power"] = json!("0");
        members[11]["leaving"] = json!(true);
        let earned = json!({ "token": token, "parts": [] });
        let reward = json!({
            "token": token, "paid": "9", "harvested": "0", "taken_back": "0", "held": "0",
            "weight": "5",
        });
        for (list, entries) in [
            ("members", members),
            ("earned", vec![earned]),
            ("service_rewards", vec![reward]),
        ] {
            allocation.lists.insert(list.to_string(), entries);
        }
    });
    world.contract("vault", |vault| {
        let booked = json!({ "destination": { "burn": {} } });
        let seized = many(
            102,
            &booked,
            |number| json!({ "account": number, "amount": (1000 + number).to_string() }),
        );
        vault.lists.insert("seized".to_string(), seized);
        let assets = vault.lists.get_mut("assets").unwrap();
        let more = many(
            100,
            &assets[1],
            |number| json!({ "id": format!("more-{number:03}") }),
        );
        assets.extend(more);
    });
    let named = |number: u64| json!({ "operator": operator(number) });
    longer("vault", "stakers", 102, &named);
    longer("gateway", "operators", 102, &named);
    longer(
        "delegation",
        "pools",
        12,
        &|number| json!({ "asset": format!("asset-{number:02}"), "tokens": number.to_string() }),
    );
    longer(
        "slashing",
        "requests",
        102,
        &|number| json!({ "request": number.to_string() }),
    );
    longer(
        "gateway",
        "reports",
        102,
        &|number| json!({ "nonce": number.to_string() }),
    );

    world.palisade(&["status", "--json"]).unwrap();
    let status: Value = serde_json::from_str(&world.lines.borrow().join("\n")).unwrap();
    assert_eq!(status["assets"].as_array().unwrap().len(), 102);
    assert_eq!(status["assets"][101]["id"], "more-100");
    let service = &status["services"][0];
    let pools = status["operators"][0]["pools"].as_array().unwrap();
    assert_eq!((pools.len(), &pools[11]["stake"]), (12, &json!("12")));
    let powers = service["powers"].as_object().unwrap();
    assert_eq!((powers.len(), &powers[&operator(11)]), (12, &json!("11")));
    assert_eq!(service["pending"].as_array().unwrap().len(), 102);
    assert_eq!(service["pending"][101]["request"], 102);
    let powers = service["consumer"]["powers"].as_object().unwrap();
    assert_eq!(powers.len(), 102);
    assert_eq!(service["consumer"]["open_reports"], 102);
    assert_eq!(service["consumer"]["due_reports"], 102);
    let todo = status["todo"].as_array().unwrap();
    let count = |start: &str| {
        let told = todo.iter().map(|line| line.as_str().unwrap());
        told.filter(|line| line.starts_with(start)).count()
    };
    let twelfth = operator(12);
    for (start, times) in [
        ("harvest of service 1 (consumer-1) for ".to_string(), 12),
        (
            format!("harvest of service 1 (consumer-1) for {twelfth}: 1 "),
            1,
        ),
        ("leave of ".to_string(), 1),
        (format!("leave of {twelfth} from service 1, "), 1),
        ("pay_out of lst, account ".to_string(), 102),
        ("pay_out of lst, account 102, 1102 to burn".to_string(), 1),
        (
            format!("reconcile of {}, stake: a batch can start", operator(102)),
            1,
        ),
    ] {
        assert_eq!(count(&start), times, "{start}: {todo:#?}");
    }
}

#[test]
fn names_do_not_steer_the_terminal() {
    let world = busy("names");
    let name = "evil\u{1b}[2J\u{9b}\nto be sent now\u{202e}";
    world.contract("delegation", |contract| {
        contract.lists.get_mut("operators").unwrap()[0]["metadata"]["name"] = json!(name);
    });
    for words in [&["status"][..], &["status", "--json"]] {
        world.palisade(words).unwrap();
        let text = world.lines.borrow().join("\n");
        assert!(text.contains("evil"));
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
        let forged = text
            .lines()
            .filter(|line| line.starts_with("to be sent now"));
        assert_eq!(forged.count(), usize::from(words.len() == 1));
    }
}
