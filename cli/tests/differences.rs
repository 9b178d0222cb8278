//! What is on the chain and is not as the config has it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod common;

use common::{key, sum, Fake};
use serde_json::json;

fn deployed(name: &str) -> Fake {
    let world = Fake::new(name);
    world.palisade(&["deploy"]).unwrap();
    world
}

fn connected(name: &str) -> Fake {
    let world = deployed(name);
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    world.palisade(&["connect", "consumer-1"]).unwrap();
    world
}

/// Builds a contract anew.
fn rebuild(world: &Fake, contract: &str) {
    let folder = world.folder.join("artifacts");
    std::fs::write(folder.join(format!("palisade_{contract}.wasm")), "newer").unwrap();
    let sums = std::fs::read_to_string(folder.join("checksums.txt")).unwrap();
    let sums = sums.replace(&sum(contract.as_bytes()), &sum(b"newer"));
    std::fs::write(folder.join("checksums.txt"), sums).unwrap();
}

#[test]
fn a_second_suite_is_not_made_when_the_state_is_lost_after_a_build() {
    let world = deployed("second");
    let before = world.state().unwrap();
    let sent = world.sent().len();
    let state = world.folder.join("config.state.json");
    std::fs::remove_file(&state).unwrap();
    rebuild(&world, "delegation");
    let error = world.fails(&["deploy"]);
    let address = before["contracts"]["delegation"].as_str().unwrap();
    let words = format!("put \"contracts.delegation\": \"{address}\" into the state");
    assert!(error.contains(&words), "{error}");
    assert_eq!(world.sent().len(), sent);
    // As told.
    let mut now = world.state().unwrap();
    now["contracts"]["delegation"] = json!(address);
    std::fs::write(&state, now.to_string()).unwrap();
    world.palisade(&["deploy"]).unwrap();
    assert_eq!(world.state().unwrap()["contracts"], before["contracts"]);
    assert_eq!(world.sent().len(), sent);
}

#[test]
fn a_second_gateway_is_not_made_either() {
    let world = connected("gateways");
    let sent = world.sent().len();
    let state = world.folder.join("config.state.json");
    let mut now = world.state().unwrap();
    now["consumers"]["consumer-1"]["gateway"] = json!(null);
    std::fs::write(&state, now.to_string()).unwrap();
    rebuild(&world, "gateway");
    let error = world.fails(&["connect", "consumer-1"]);
    assert!(
        error.contains("put \"consumers.consumer-1.gateway\": \"wasm1"),
        "{error}"
    );
    assert_eq!(world.sent().len(), sent);
}

#[test]
fn contracts_are_compared_with_the_config() {
    let stranger = format!("owner = \"{}\"\nadmin", key("stranger"));
    for (from, to, fault) in [
        (
            "reward_period = 60",
            "reward_period = 70",
            "reward_period: the chain has 60, the config says 70",
        ),
        (
            "allocation_delay = 40",
            "allocation_delay = 50",
            "allocation_delay: the chain has 40, the config says 50",
        ),
        (
            "max_lag = 600",
            "max_lag = 700",
            "max_lag: the chain has 600, the config says 700",
        ),
        (
            "bounce_max = 10",
            "bounce_max = 9",
            "bounce_max: the chain has 10, the config says 9",
        ),
        (
            "period = 3600\n",
            "period = 7200\n",
            "throttle.period: the chain has 3600, the config says 7200",
        ),
        (
            "[suite]\nartifacts = \"artifacts\"\nadmin = \"owner\"",
            "[suite]\nartifacts = \"artifacts\"\nadmin = \"none\"",
            "the config says null; `wasmd tx wasm set-contract-admin`",
        ),
        (
            "artifacts = \"artifacts\"\nadmin",
            &format!("artifacts = \"artifacts\"\n{stranger}"),
            "`update_ownership` by the present one changes it",
        ),
    ] {
        let world = deployed("compared");
        let sent = world.sent().len();
        world.edit(from, to);
        for lost in [false, true] {
            if lost {
                std::fs::remove_file(world.folder.join("config.state.json")).unwrap();
            }
            let error = world.fails(&["deploy"]);
            assert!(error.contains(fault), "{fault}: {error}");
            assert_eq!(world.sent().len(), sent);
        }
    }
}

#[test]
fn every_difference_is_named() {
    let world = deployed("named");
    world.contract("delegation", |contract| {
        contract.init["epoch_length"] = json!(10);
        contract.init["unbonding_period"] = json!(70);
    });
    let error = world.fails(&["deploy"]);
    for fault in [
        "epoch_length: the chain has 10, the config says 20; it never changes",
        "unbonding_period: the chain has 70, the config says 140; it never changes",
    ] {
        assert!(error.contains(fault), "{error}");
    }
}

#[test]
fn what_a_message_changes_is_said_with_the_message() {
    let world = connected("said");
    let guardian = key("guardian");
    let to = format!("artifacts = \"artifacts\"\nguardian = \"{guardian}\"");
    world.edit("artifacts = \"artifacts\"", &to);
    world.edit("shared = \"10000000000000\"", "shared = \"1\"");
    world.edit("wasm1g8td2v32nd2x594a7gsncljtq9a7chjwt2ghu0", &guardian);
    world.palisade(&["deploy"]).unwrap();
    let line = format!("vault: the guardian is null, the config says \"{guardian}\": `{{\"admin\":{{\"set_guardian\"");
    assert_eq!(world.shown(&line).len(), 1, "{:#?}", world.lines.borrow());
    let line =
        "slashing: throttle.shared is 10000000000000, the config says 1: `set_shared_throttle`";
    assert_eq!(world.shown(line).len(), 1);
    world.palisade(&["connect", "consumer-1"]).unwrap();
    let line =
        "gateway/consumer-1: the reporters are [wasm1g8td2v32nd2x594a7gsncljtq9a7chjwt2ghu0]";
    assert_eq!(world.shown(line).len(), 1);
    // More than a page of them.
    world.contract("gateway", |gateway| {
        let reporters = (1..=101).map(|number| key(&format!("reporter {number}")));
        gateway.init["reporters"] = reporters.collect();
    });
    world.palisade(&["connect", "consumer-1"]).unwrap();
    let told = world.shown("gateway/consumer-1: the reporters are [");
    let on_chain = told[0].split(']').next().unwrap();
    assert_eq!(on_chain.matches("wasm1").count(), 101);
    world.edit("history = 3600", "history = 3601");
    let error = world.fails(&["connect", "consumer-1"]);
    assert!(
        error.contains("history: the chain has 3600, the config says 3601; it never changes"),
        "{error}"
    );
}

#[test]
fn the_code_of_a_staked_asset_is_the_artifact() {
    let world = Fake::new("code");
    world
        .chains
        .borrow_mut()
        .get_mut("tcp://host")
        .unwrap()
        .codes = vec![sum(b"other"), sum(b"staker")];
    world.edit(
        "staked = { unbonding_time",
        "staked = { code_id = 1, unbonding_time",
    );
    let error = world.fails(&["deploy"]);
    let words = format!("asset stake: code_id 1 has the checksum {}", sum(b"other"));
    assert!(error.contains(&words), "{error}");
    assert_eq!(world.shown("# asset stake").len(), 0);
    world.edit("code_id = 1,", "code_id = 2,");
    world.palisade(&["deploy"]).unwrap();
    let asset = world.contract("vault", |vault| vault.lists["assets"][0].clone());
    assert_eq!(asset["kind"]["staked"]["code_id"], 2);
    // It never changes.
    world.edit(
        "code_id = 2, unbonding_time = 120",
        "code_id = 2, unbonding_time = 110",
    );
    let error = world.fails(&["deploy"]);
    assert!(
        error.contains("asset stake: it is registered as") && error.contains("that never changes"),
        "{error}"
    );
    world.edit(
        "code_id = 2, unbonding_time = 110",
        "code_id = 1, unbonding_time = 120",
    );
    assert!(world
        .fails(&["deploy"])
        .contains("asset stake: it is registered as"));
}

#[test]
fn what_is_the_owners_is_shown_for_the_owner() {
    let world = Fake::new("owner");
    let owner = key("council");
    let to = format!("artifacts = \"artifacts\"\nowner = \"{owner}\"");
    world.edit("artifacts = \"artifacts\"", &to);
    let error = world.fails(&["deploy"]);
    assert!(
        error.contains("the owner has to send the 5 transactions above"),
        "{error}"
    );
    let theirs: Vec<String> = world.shown("wasmd tx wasm execute");
    assert_eq!(theirs.len(), 5);
    let from = format!("--from {owner} ");
    assert!(
        theirs.iter().all(|line| line.contains(&from)),
        "{theirs:#?}"
    );
    // Four codes and the staker's, four contracts.
    assert_eq!(world.sent().len(), 9);
}
