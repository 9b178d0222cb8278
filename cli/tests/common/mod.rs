//! A world of two chains that a test can stop at any command: `wasmd` and `hermes`, played.
#![allow(dead_code, unreachable_pub, missing_docs)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    clippy::cast_possible_truncation,
    clippy::expect_used
)]

pub mod contracts;
mod wasmd;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{anyhow, Result};
use clap::Parser;
use palisade_cli::{Args, Ran, World};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

pub use contracts::Contract;

/// An address of some bytes.
pub fn address(bytes: &[u8]) -> String {
    let prefix = bech32::Hrp::parse("wasm").unwrap();
    bech32::encode::<bech32::Bech32>(prefix, bytes).unwrap()
}

/// The address of a key.
pub fn key(name: &str) -> String {
    address(&Sha256::digest(name)[..20])
}

/// A transaction.
#[derive(Clone)]
pub struct Tx {
    pub hash: String,
    pub sender: String,
    pub sequence: u64,
    /// After `wasmd tx`, flags included.
    pub words: Vec<String>,
    pub taken_at: u64,
    /// Once included.
    pub answer: Value,
}

/// A chain: accounts, code, contracts, a mempool.
#[derive(Clone, Default)]
pub struct Chain {
    pub id: String,
    pub sequences: BTreeMap<String, u64>,
    /// Checksums, from code 1 on.
    pub codes: Vec<String>,
    pub contracts: BTreeMap<String, Contract>,
    pub mempool: Vec<Tx>,
    pub included: Vec<Tx>,
    /// Contracts as they were, by height.
    pub history: BTreeMap<u64, BTreeMap<String, Contract>>,
    /// What the next migration loses: the last of a list of a kind of contract.
    pub spoils: Option<(String, String)>,
    /// Connections, clients, channels.
    pub ibc: BTreeMap<String, Value>,
    /// Commands that a transaction waits for its block.
    pub block: u64,
    /// What every transaction is answered with, if anything.
    pub refuses: Option<String>,
    /// Whether the node has no index of transactions.
    pub no_index: bool,
    /// What is told of every account, if something else than what is.
    pub account: Option<Value>,
}

/// When a run is killed.
#[derive(Clone, Copy, PartialEq)]
pub enum Death {
    Never,
    /// Before the command of this number did anything.
    Before(u64),
    /// After it did what it does.
    After(u64),
    /// After the first transaction was sent.
    Sent,
}

/// The world.
pub struct Fake {
    pub folder: PathBuf,
    pub chains: RefCell<BTreeMap<String, Chain>>,
    pub lines: RefCell<Vec<String>>,
    /// Commands of this run.
    pub commands: Cell<u64>,
    /// Grows with every command and pause.
    pub clock: Cell<u64>,
    pub death: Cell<Death>,
    /// Whether transactions that wait are lost when a run is killed.
    pub loses_mempool: bool,
    /// Whether the keyring has no key.
    pub keyless: Cell<bool>,
    pub hermes: Cell<u32>,
}

/// What a chain tells of its connection to another: ids of this end and of the other.
fn ibc(other: &str, connections: [&str; 2], transfers: [&str; 2]) -> BTreeMap<String, Value> {
    let channel = |port: &str, id: &str| {
        json!({ "state": "STATE_OPEN", "counterparty": { "port_id": port, "channel_id": id },
                "connection_hops": [connections[0]] })
    };
    let connection = json!({ "client_id": "07-tendermint-3", "state": "STATE_OPEN",
                             "counterparty": { "connection_id": connections[1] } });
    [
        (format!("connection {}", connections[0]), connection),
        (
            "client_state 07-tendermint-3".to_string(),
            json!({ "chain_id": other }),
        ),
        ("status 07-tendermint-3".to_string(), json!("Active")),
        (
            format!("channel transfer/{}", transfers[0]),
            channel("transfer", transfers[1]),
        ),
    ]
    .into()
}

const DEAD: &str = "the process was killed";

impl Fake {
    pub fn new(name: &str) -> Self {
        // In memory, where the machine has such a folder: the state is written hundreds of times.
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() {
            memory
        } else {
            std::env::temp_dir()
        };
        // Tests run at the same time, and some use one name.
        static MADE: AtomicU32 = AtomicU32::new(0);
        let nth = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = base.join(format!("palisade-{name}-{}-{nth}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("artifacts")).unwrap();
        let mut sums = String::new();
        for contract in [
            "vault",
            "delegation",
            "allocation",
            "slashing",
            "staker",
            "gateway",
        ] {
            let file = format!("palisade_{contract}.wasm");
            std::fs::write(folder.join("artifacts").join(&file), contract).unwrap();
            sums += &format!("{}  {file}\n", sum(contract.as_bytes()));
        }
        std::fs::write(folder.join("artifacts/checksums.txt"), sums).unwrap();
        std::fs::write(folder.join("hermes.toml"), "").unwrap();
        std::fs::write(folder.join("config.toml"), include_str!("suite.toml")).unwrap();
        std::fs::write(folder.join("key.json"), include_str!("key.json")).unwrap();
        let chain = |id: &str, ibc: BTreeMap<String, Value>| Chain {
            id: id.to_string(),
            block: 3,
            ibc,
            ..Chain::default()
        };
        let host = ibc(
            "consumer-1",
            ["connection-1", "connection-10"],
            ["channel-7", "channel-8"],
        );
        let consumer = ibc(
            "host-1",
            ["connection-10", "connection-1"],
            ["channel-8", "channel-7"],
        );
        let chains = [
            ("tcp://host", chain("host-1", host)),
            ("tcp://consumer", chain("consumer-1", consumer)),
        ];
        Self {
            folder,
            chains: RefCell::new(chains.map(|(node, chain)| (node.to_string(), chain)).into()),
            lines: RefCell::default(),
            commands: Cell::new(0),
            clock: Cell::new(0),
            death: Cell::new(Death::Never),
            loses_mempool: false,
            keyless: Cell::new(false),
            hermes: Cell::new(0),
        }
    }

    /// Another world that is as this one is now.
    pub fn fork(&self, name: &str) -> Self {
        let other = Self::new(name);
        *other.chains.borrow_mut() = self.chains.borrow().clone();
        other.hermes.set(self.hermes.get());
        other.clock.set(self.clock.get());
        let state = "config.state.json";
        if let Ok(raw) = std::fs::read(self.folder.join(state)) {
            std::fs::write(other.folder.join(state), raw).unwrap();
        }
        other
    }

    /// Runs `palisade` with these words.
    pub fn palisade(&self, words: &[&str]) -> Result<()> {
        let config = self.folder.join("config.toml").display().to_string();
        let mut all = vec!["palisade", "--config", &config];
        all.extend(words);
        self.commands.set(0);
        self.lines.borrow_mut().clear();
        let ended = palisade_cli::run(&Args::try_parse_from(all)?, self);
        if ended.is_err() && self.loses_mempool {
            for chain in self.chains.borrow_mut().values_mut() {
                chain.mempool.clear();
            }
        }
        ended
    }

    /// What was included on both chains: kind, target and message of each.
    pub fn sent(&self) -> Vec<String> {
        let chains = self.chains.borrow();
        let all = chains.values().flat_map(|chain| &chain.included);
        all.map(|tx| tx.words[1..4].join(" ")).collect()
    }

    /// Commands that were shown.
    pub fn shown(&self, start: &str) -> Vec<String> {
        let lines = self.lines.borrow();
        lines
            .iter()
            .filter(|line| line.starts_with(start))
            .cloned()
            .collect()
    }

    pub fn state(&self) -> Option<Value> {
        let raw = std::fs::read(self.folder.join("config.state.json")).ok()?;
        Some(serde_json::from_slice(&raw).unwrap())
    }

    /// Changes the config.
    pub fn edit(&self, from: &str, to: &str) {
        let path = self.folder.join("config.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// The first contract of a kind on the host, or the gateway on the consumer.
    pub fn contract<A>(&self, kind: &str, change: impl FnOnce(&mut Contract) -> A) -> A {
        let mut chains = self.chains.borrow_mut();
        let mut all = chains
            .values_mut()
            .flat_map(|chain| chain.contracts.values_mut());
        change(all.find(|contract| contract.kind == kind).unwrap())
    }

    /// Changes the host.
    pub fn host<A>(&self, change: impl FnOnce(&mut Chain) -> A) -> A {
        change(self.chains.borrow_mut().get_mut("tcp://host").unwrap())
    }

    /// The end of a command that has to fail.
    pub fn fails(&self, words: &[&str]) -> String {
        format!("{:#}", self.palisade(words).unwrap_err())
    }

    fn play(&self, program: &str, args: &[String]) -> Ran {
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut chains = self.chains.borrow_mut();
        if program == "hermes" {
            return self.hermes(&mut chains, &words);
        }
        let node = words
            .iter()
            .position(|word| *word == "--node")
            .map(|at| words[at + 1]);
        if words[0] == "keys" && self.keyless.get() {
            return failed("key not found");
        }
        if words[0] == "keys" {
            return ok(key(words[2]));
        }
        let Some(chain) = node.and_then(|node| chains.get_mut(node)) else {
            return failed("connection refused");
        };
        chain.run(self.clock.get(), &words)
    }

    fn hermes(&self, chains: &mut BTreeMap<String, Chain>, words: &[&str]) -> Ran {
        self.hermes.set(self.hermes.get() + 1);
        let after = |flag: &str| {
            words
                .iter()
                .position(|word| *word == flag)
                .map(|at| words[at + 1])
        };
        let answer = if words.contains(&"connection") {
            json!({ "a_side": { "connection_id": "connection-1" },
                    "b_side": { "connection_id": "connection-10" } })
        } else {
            assert_eq!(after("--order"), Some("unordered"));
            assert_eq!(after("--channel-version"), Some("palisade-1"));
            let (a, b) = (after("--a-port").unwrap(), after("--b-port").unwrap());
            let hop = after("--a-connection").unwrap();
            let key = format!("connection {hop}");
            let other = &chains["tcp://host"].ibc[&key]["counterparty"]["connection_id"];
            let ends = [
                ("tcp://host", a, b, json!(hop)),
                ("tcp://consumer", b, a, other.clone()),
            ];
            for (chain, port, other, hop) in ends {
                let chain = chains.get_mut(chain).unwrap();
                let contract = chain.contracts.get_mut(&port[5..]).unwrap();
                let id = match &contract.channel {
                    None => "channel-2",
                    Some(_) if contract.replaceable => "channel-20",
                    Some(live) => {
                        let refusal = format!("{live} is live");
                        return ok(json!({ "result": refusal, "status": "error" }));
                    }
                };
                contract.channel = Some(id.to_string());
                let end = json!({ "state": "STATE_OPEN", "connection_hops": [hop],
                                  "counterparty": { "port_id": other, "channel_id": id } });
                chain.ibc.insert(format!("channel {port}/{id}"), end);
            }
            json!({})
        };
        ok(json!({ "result": answer, "status": "success" }).to_string())
    }
}

impl World for Fake {
    fn run(&self, program: &str, args: &[String]) -> Result<Ran> {
        let number = self.commands.get() + 1;
        self.commands.set(number);
        self.clock.set(self.clock.get() + 1);
        if self.death.get() == Death::Before(number) {
            return Err(anyhow!(DEAD));
        }
        let ran = self.play(program, args);
        let sent = self.death.get() == Death::Sent && args[0] == "tx";
        if sent || self.death.get() == Death::After(number) {
            return Err(anyhow!(DEAD));
        }
        Ok(ran)
    }

    fn pause(&self, _: Duration) {
        self.clock.set(self.clock.get() + 1);
    }

    fn now(&self) -> u64 {
        1_800_000_000 + self.clock.get()
    }

    fn say(&self, line: &str) {
        self.lines.borrow_mut().push(line.to_string());
    }

    fn var(&self, name: &str) -> Option<String> {
        const ADDRESSES: [&str; 9] = [
            "TOKEN",
            "PROVIDER",
            "RESOLVER",
            "REPORTER",
            "RECIPIENT",
            "GUARDIAN",
            "GOVERNANCE",
            "CONSUMER_GOVERNANCE",
            "OWNER_ADDRESS",
        ];
        const IDS: [&str; 8] = [
            "WASMD",
            "HERMES",
            "PALISADE_LOCALNET",
            "CLST",
            "HOST_CONNECTION",
            "CONSUMER_CONNECTION",
            "HOST_TRANSFER",
            "CONSUMER_TRANSFER",
        ];
        match name {
            "NODE" | "HOST_NODE" => Some("tcp://host".to_string()),
            "CONSUMER_NODE" => Some("tcp://consumer".to_string()),
            name if ADDRESSES.contains(&name) => Some(key(name)),
            name if IDS.contains(&name) => Some(name.to_lowercase()),
            _ => None,
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn ok(stdout: impl ToString) -> Ran {
    Ran {
        ok: true,
        stdout: stdout.to_string(),
        stderr: String::new(),
    }
}

pub fn failed(stderr: &str) -> Ran {
    Ran {
        ok: false,
        stdout: String::new(),
        stderr: stderr.to_string(),
    }
}

pub fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub fn file_sum(path: &str) -> String {
    sum(&std::fs::read(Path::new(path)).unwrap())
}
