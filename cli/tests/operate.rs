//! The tool against two played chains.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![allow(
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::cast_possible_truncation
)]

mod common;

use std::collections::BTreeSet;

use common::{key, Death, Fake};

/// All that a team does, in order.
const STORY: [&[&str]; 6] = [
    &["deploy"],
    &["register-service", "consumer-1"],
    &["connect", "consumer-1"],
    &["register-operator", "north"],
    &["opt-in", "north", "consumer-1"],
    &["sync", "consumer-1", "--wait", "0"],
];

/// Transactions of the story: 6 codes, 5 contracts, 3 neighbours, 2 assets, a service, its peer and route, an
/// operator, its staker, stake and first loss, its cap and promise, and a sync.
const ALL: usize = 6 + 5 + 3 + 2 + 1 + 2 + 4 + 2 + 1;

fn story(world: &Fake) {
    for words in STORY {
        world.palisade(words).unwrap();
    }
}

#[test]
fn a_suite_is_deployed_once() {
    let world = Fake::new("once");
    story(&world);
    let sent = world.sent();
    assert_eq!(sent.len(), ALL);
    assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), ALL);
    assert_eq!(world.hermes.get(), 2);

    // Only a sync is ever sent again.
    for words in &STORY[..5] {
        world.palisade(words).unwrap();
        assert_eq!(world.shown("wasmd tx"), Vec::<String>::new(), "{words:?}");
    }
    assert_eq!(world.sent().len(), ALL);
    assert_eq!(world.hermes.get(), 2);
    let state = world.state().unwrap();
    assert_eq!(state["consumers"]["consumer-1"]["service"], 1);
    assert_eq!(
        state["consumers"]["consumer-1"]["host_channel"],
        "channel-2"
    );
    assert_eq!(state["pending"], serde_json::json!({}));
}

#[test]
fn a_lost_state_is_found_again() {
    let world = Fake::new("lost");
    story(&world);
    let before = world.state().unwrap();
    std::fs::remove_file(world.folder.join("config.state.json")).unwrap();
    world.edit("[consumers.consumer-1.gateway]", "[consumers.consumer-1.connection]\nhost = \"connection-1\"\nconsumer = \"connection-10\"\n\n[consumers.consumer-1.gateway]");
    for words in &STORY[..5] {
        world.palisade(words).unwrap();
    }
    let sent = world.sent();
    assert_eq!(sent.len(), ALL);
    let after = world.state().unwrap();
    assert_eq!(after["contracts"], before["contracts"]);
    assert_eq!(after["consumers"], before["consumers"]);
}

/// Kills the tool at every command of the story, starts it again, and counts.
fn killed(name: &str, loses_mempool: bool, death: fn(u64) -> Death) {
    let mut deaths = 0;
    // A sync that was included, and whose end was not told, is sent once more: it does no harm.
    let once = |world: &Fake| -> BTreeSet<String> {
        let sent = world.sent();
        let sent: Vec<String> = sent
            .into_iter()
            .filter(|line| !line.contains("{\"sync\""))
            .collect();
        let different: BTreeSet<String> = sent.iter().cloned().collect();
        assert_eq!(different.len(), sent.len(), "{sent:#?}");
        // Of a file's path the name counts: each world has a folder of its own.
        let name = |line: &String| match line.strip_prefix("store ") {
            Some(path) => path
                .split(' ')
                .next()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_string(),
            None => line.clone(),
        };
        different.iter().map(name).collect()
    };
    let story = Fake::new(&format!("{name}-story"));
    for words in STORY {
        let before = story.fork(&format!("{name}-before"));
        story.palisade(words).unwrap();
        for number in 1.. {
            let mut world = before.fork(&format!("{name}-killed"));
            world.loses_mempool = loses_mempool;
            world.death.set(death(number));
            let ended = world.palisade(words);
            world.death.set(Death::Never);
            if ended.is_ok() {
                break;
            }
            deaths += 1;
            world
                .palisade(words)
                .unwrap_or_else(|error| panic!("{words:?} killed at {number}: {error:#}"));
            assert_eq!(once(&world), once(&story), "{words:?} killed at {number}");
            assert_eq!(world.state().unwrap()["pending"], serde_json::json!({}));
        }
    }
    assert!(deaths > 100, "{deaths}");
}

#[test]
fn killed_before_any_command() {
    killed("before", false, Death::Before);
}

#[test]
fn killed_after_any_command() {
    killed("after", false, Death::After);
}

#[test]
fn killed_after_any_command_with_what_was_sent_lost() {
    killed("dropped", true, Death::After);
}

#[test]
fn a_dry_run_sends_nothing_and_shows_each_line() {
    let world = Fake::new("dry");
    let mut shown = Vec::new();
    for words in STORY {
        let words = [words, &["--dry-run"]].concat();
        world.palisade(&words).unwrap();
        shown.extend(world.shown("wasmd tx"));
        let hermes = world.shown("hermes").len();
        assert_eq!(hermes, if words[0] == "connect" { 2 } else { 0 });
    }
    assert_eq!(shown.len(), ALL);
    assert_eq!(world.sent(), Vec::<String>::new());
    assert_eq!(world.hermes.get(), 0);
    assert_eq!(world.state(), None);
    for name in [
        "$VAULT_CODE",
        "$VAULT",
        "$DELEGATION",
        "$ALLOCATION",
        "$SLASHING",
        "$STAKER_CODE",
        "$SERVICE",
        "$GATEWAY",
        "$PROOF",
        "$CONSUMER_CONNECTION",
    ] {
        assert!(
            shown
                .iter()
                .any(|line| line.contains(&format!("\"{name}\""))),
            "{name}"
        );
    }
    let connect = "wasmd tx wasm execute \"$VAULT\" '{\"connect\":{\"delegation\":\"'\"$DELEGATION\"'\"}}' --from owner --chain-id host-1 --node tcp://host --gas auto --gas-adjustment 1.4 --gas-prices 0.01stake -y";
    assert!(shown.iter().any(|line| line == connect), "{shown:#?}");
}

#[test]
fn a_dry_run_asks_no_node() {
    let world = Fake::new("quiet");
    world.chains.borrow_mut().clear();
    for words in STORY {
        world.palisade(&[words, &["--dry-run"]].concat()).unwrap();
    }
}

#[test]
fn faults_are_told_at_once_with_what_is_allowed() {
    let world = Fake::new("faults");
    world.edit("allocation_delay = 40", "allocation_delay = 39");
    world.edit("reward_period = 60", "reward_period = 30");
    world.edit("evidence_age = 80", "evidence_age = 90");
    world.edit(&key("resolver"), "osmo1resolver");
    std::fs::write(world.folder.join("artifacts/palisade_vault.wasm"), "other").unwrap();
    let error = format!("{:#}", world.palisade(&["deploy"]).unwrap_err());
    for part in [
        "suite.allocation_delay is 39 s; at least two epochs, 40 s",
        "suite.reward_period is 30 s; allowed are 60 to 140 s",
        "evidence_age 90 + bounce_max 10 + window 20 + execution_grace 30 = 150 s; at most the unbonding period, 140 s",
        "resolver is \"osmo1resolver\"; allowed is an address that starts with wasm1",
        "palisade_vault.wasm has the checksum",
    ] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    assert_eq!(world.commands.get(), 0);
}

#[test]
fn unknown_fields_are_refused_with_their_line() {
    let world = Fake::new("unknown");
    world.edit("max_lag = 600", "max_lag = 600\nmax_lags = 600");
    world.edit("keyed = true", "keyd = true\nkeyed = true");
    let text = std::fs::read_to_string(world.folder.join("config.toml")).unwrap();
    let line = |field: &str| {
        text.lines()
            .position(|line| line.starts_with(field))
            .unwrap()
            + 1
    };
    let error = format!("{:#}", world.palisade(&["deploy"]).unwrap_err());
    let first = format!(
        "line {}: there is no field suite.max_lags",
        line("max_lags")
    );
    let second = format!(
        "line {}: there is no field consumers.consumer-1.service.terms.keyd",
        line("keyd")
    );
    assert!(error.contains(&first) && error.contains(&second), "{error}");
}

#[test]
fn variables_that_are_not_set_are_named() {
    let world = Fake::new("variables");
    world.edit("denom = \"ulst\"", "denom = \"${LST}\"");
    let error = format!("{:#}", world.palisade(&["deploy"]).unwrap_err());
    assert!(
        error.contains("$LST is not set in the environment"),
        "{error}"
    );
}

#[test]
fn an_upgrade_migrates_what_changed_and_nothing_else() {
    let world = Fake::new("upgrade");
    story(&world);
    world.palisade(&["upgrade"]).unwrap();
    assert_eq!(world.shown("wasmd tx"), Vec::<String>::new());
    // New code for the slashing contract.
    let path = world.folder.join("artifacts");
    std::fs::write(path.join("palisade_slashing.wasm"), "newer").unwrap();
    let sums = std::fs::read_to_string(path.join("checksums.txt")).unwrap();
    let sums = sums.replace(&common::sum(b"slashing"), &common::sum(b"newer"));
    std::fs::write(path.join("checksums.txt"), sums).unwrap();
    world.palisade(&["upgrade"]).unwrap();
    let sent = world.sent();
    assert_eq!(sent.len(), ALL + 2);
    let shown = world.shown("slashing: version 9.0.0, before 0.1.0; code 6");
    assert_eq!(shown.len(), 1, "{:#?}", world.lines.borrow());
    // Books of two assets, the services, rewards and requests of one, an operator's pools.
    assert_eq!(world.shown("  books of").len(), 2);
    let same = world
        .lines
        .borrow()
        .iter()
        .filter(|line| line.ends_with(": as before"))
        .count();
    assert_eq!(same, 6);
    world.palisade(&["upgrade"]).unwrap();
    assert_eq!(world.sent().len(), ALL + 2);
}

#[test]
fn names_for_a_shell() {
    let world = Fake::new("env");
    story(&world);
    world.palisade(&["env"]).unwrap();
    let lines = world.shown("export ");
    let owner = format!("export OWNER='{}'", key("owner"));
    for line in [
        "export NODE_FLAGS='--chain-id host-1 --node tcp://host --gas auto --gas-adjustment 1.4 --gas-prices 0.01stake -y'",
        "export QUERY_FLAGS='--node tcp://host -o json'",
        "export STAKER_CODE='5'",
        "export SERVICE='1'",
        "export HOST_CONNECTION='connection-1'",
        "export CONSUMER_CONNECTION='connection-10'",
        "export HOST_CHANNEL='channel-2'",
        "export HOST_TRANSFER='channel-7'",
        &owner,
    ] {
        assert!(lines.iter().any(|found| found == line), "{line} is not in {lines:#?}");
    }
    for line in [
        "export HOST_CHAIN='host-1'",
        "export CONSUMER_CHAIN='consumer-1'",
    ] {
        assert!(
            lines.iter().any(|found| found == line),
            "{line} is not in {lines:#?}"
        );
    }
    assert_eq!(lines.len(), 20);
}

#[test]
fn flags_of_the_keyring_are_for_who_has_it() {
    let world = Fake::new("keyring");
    story(&world);
    let price = "gas_prices = \"0.01stake\"";
    world.edit(
        price,
        &format!("{price}\nhome = \"/keys\"\nkeyring_backend = \"os\""),
    );
    let flags = |world: &Fake| {
        [
            world.shown("export NODE_"),
            world.shown("export CONSUMER_F"),
        ]
    };
    world.palisade(&["env"]).unwrap();
    for line in flags(&world) {
        assert_eq!(line.len(), 1);
        let end = "-y --home /keys --keyring-backend os'";
        assert!(line[0].ends_with(end), "{line:?}");
    }
    world.palisade(&["env", "--public"]).unwrap();
    for line in flags(&world) {
        assert!(line[0].ends_with("0.01stake -y'"), "{line:?}");
    }
    world.edit("\"/keys\"", "\"/my keys\"");
    let error = world.fails(&["env"]);
    assert!(error.contains("\"/my keys\" holds a space"), "{error}");
    assert_eq!(world.lines.borrow().len(), 0);
}

#[test]
fn names_that_are_not_known_are_no_names() {
    let world = Fake::new("missing");
    for words in [&["env"][..], &["env", "--dry-run"], &["status"]] {
        let error = world.fails(words);
        let path = world.folder.join("config.state.json");
        let told = format!("no record in {}; if a suite exists", path.display());
        assert!(error.contains(&told), "{error}");
        assert_eq!(world.lines.borrow().len(), 0);
    }
    // The suite is there, its consumer not.
    world.palisade(STORY[0]).unwrap();
    world.palisade(&["env"]).unwrap();
    assert_eq!(world.shown("export ").len(), 9);
    assert_eq!(world.shown("# consumer-1 is not registered yet").len(), 1);
    let error = world.fails(&["env", "consumer-1"]);
    assert!(
        error.contains("consumer-1: SERVICE, GATEWAY, HOST_CONNECTION"),
        "{error}"
    );
    // Registered, and not connected.
    world.palisade(&["register-service", "consumer-1"]).unwrap();
    let error = world.fails(&["env"]);
    assert!(error.contains("consumer-1: GATEWAY, HOST_CON"), "{error}");
    assert_eq!(world.lines.borrow().len(), 0);
}

#[test]
fn the_localnets_state_is_in_its_folder() {
    use clap::Parser;
    let world = Fake::new("home");
    std::fs::create_dir(world.folder.join("deploy")).unwrap();
    let path = world.folder.join("deploy/localnet.toml");
    std::fs::copy(world.folder.join("config.toml"), &path).unwrap();
    let path = path.display().to_string();
    let args = palisade_cli::Args::try_parse_from(["palisade", "--config", &path, "status"]);
    let error = palisade_cli::run(&args.unwrap(), &world).unwrap_err();
    let error = format!("{error:#}");
    let told = "no record in palisade_localnet/state.json; ";
    assert!(error.contains(told), "{error}");
}

#[test]
fn a_dry_run_says_that_it_does_not_ask() {
    let world = Fake::new("unasked");
    let told = "# there is no state ";
    world.palisade(&["deploy", "--dry-run"]).unwrap();
    assert_eq!(world.shown(told).len(), 1);
    assert!(world.lines.borrow()[0].starts_with(told));
    world.palisade(&["deploy"]).unwrap();
    assert_eq!(world.shown(told).len(), 0);
    world.palisade(&["deploy", "--dry-run"]).unwrap();
    assert_eq!(world.shown(told).len(), 0);
}

#[test]
fn a_misspelt_field_is_named_beside_the_missing_one() {
    let world = Fake::new("misspelt");
    world.edit("epoch_length", "epoch_lenght");
    let text = std::fs::read_to_string(world.folder.join("config.toml")).unwrap();
    let line = text.lines().position(|line| line == "epoch_lenght = 20");
    let error = world.fails(&["deploy"]);
    let misspelt = format!(
        "line {}: there is no field suite.epoch_lenght",
        line.unwrap() + 1
    );
    assert!(error.contains(&misspelt), "{error}");
    assert!(error.contains("missing field `epoch_length`"), "{error}");
}

#[test]
fn the_configs_that_are_shipped_have_no_faults() {
    for (name, assets) in [("localnet", 4), ("example", 2)] {
        let world = Fake::new(name);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/");
        let text = std::fs::read_to_string(format!("{path}{name}.toml")).unwrap();
        let text = text.replace("../artifacts", "artifacts");
        std::fs::write(world.folder.join("config.toml"), text).unwrap();
        world.palisade(&["deploy", "--dry-run"]).unwrap();
        assert_eq!(world.shown("# asset ").len(), assets, "{name}");
    }
}
