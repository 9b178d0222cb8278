//! What the suite's contracts do, as far as the tool looks: one that is told a thing twice refuses.

use cosmwasm_std::{instantiate2_address, CanonicalAddr};
use palisade_types::allocation::MAX_MEMBERS_PAGE;
use palisade_types::delegation::MAX_POOLS_PAGE;
use palisade_types::page::{take, MAX_LIMIT};
use serde_json::{json, Map, Value};

use super::{address, sum, Chain};

/// A contract.
#[derive(Clone, Default)]
pub struct Contract {
    pub kind: String,
    pub code: usize,
    pub admin: String,
    pub creator: String,
    pub label: String,
    pub version: String,
    pub init: Value,
    /// What it was told, by kind.
    pub told: Map<String, Value>,
    pub lists: std::collections::BTreeMap<String, Vec<Value>>,
    pub channel: Option<String>,
    /// Whether another may take the channel's place.
    pub replaceable: bool,
}

impl Contract {
    /// A new one, at its predicted address.
    pub fn new(
        sender: &str,
        code: usize,
        checksum: &str,
        salt: &str,
        init: Value,
        words: &[String],
    ) -> (String, Self) {
        let bytes = |hex: &str| -> Vec<u8> {
            let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (0..hex.len()).step_by(2).map(pair).collect()
        };
        let (_, creator) = bech32::decode(sender).unwrap();
        let at = instantiate2_address(
            &bytes(checksum),
            &CanonicalAddr::from(creator),
            &bytes(salt),
        )
        .unwrap();
        let kinds = [
            "vault",
            "delegation",
            "allocation",
            "slashing",
            "staker",
            "gateway",
        ];
        let kind = kinds
            .iter()
            .find(|kind| sum(kind.as_bytes()) == checksum)
            .unwrap();
        let admin = words.iter().position(|word| word == "--admin");
        let contract = Self {
            kind: kind.to_string(),
            code,
            admin: admin.map(|at| words[at + 1].clone()).unwrap_or_default(),
            creator: sender.to_string(),
            label: words[words.iter().position(|word| word == "--label").unwrap() + 1].clone(),
            version: "0.1.0".to_string(),
            init,
            ..Self::default()
        };
        (address(&at), contract)
    }

    fn once(&mut self, name: &str, value: Value) -> Result<(), String> {
        match self.told.insert(name.to_string(), value) {
            None => Ok(()),
            Some(_) => Err(format!("{name} twice")),
        }
    }

    fn list(&self, name: &str) -> Vec<Value> {
        self.lists.get(name).cloned().unwrap_or_default()
    }
}

/// A service, as both contracts tell it.
pub fn service(number: usize, admin: &str, new: &Value) -> Value {
    let penalties = new["penalties"].as_array().unwrap();
    let penalties: Vec<Value> = penalties
        .iter()
        .map(|penalty| json!({ "kind": penalty["kind"], "penalty": penalty }))
        .collect();
    json!({
        "service": number, "admin": admin, "terms": new["terms"], "operators": 0, "total": "0",
        "stopped": false, "source": new["source"], "penalties": penalties, "settings": new["settings"],
        "nonce_epoch": 0, "last_update": "0",
    })
}

/// Most entries of most lists in a page.
const MOST: usize = MAX_LIMIT as usize;

/// The first entries of what is left of a list.
fn first(left: &[Value], ask: &Value, most: usize) -> Value {
    let limit = ask["limit"].as_u64().map(|limit| limit as u32);
    json!(left[..left.len().min(take(limit)).min(most)])
}

/// A page of a list, of so many entries at most, whose cursor is made of an entry.
fn page_by(all: &[Value], ask: &Value, most: usize, cursor: impl Fn(&Value) -> Value) -> Value {
    let from = match &ask["start_after"] {
        Value::Null => 0,
        after => {
            1 + all
                .iter()
                .position(|entry| cursor(entry) == *after)
                .unwrap()
        }
    };
    first(&all[from..], ask, most)
}

/// A page of a list whose cursor is a field.
fn page(all: Vec<Value>, ask: &Value, field: &str, most: usize) -> Value {
    page_by(&all, ask, most, |entry| entry[field].clone())
}

/// The service that is asked for.
fn numbered(services: Vec<Value>, ask: &Value) -> Result<Value, String> {
    let found = services
        .into_iter()
        .find(|service| service["service"] == ask["service"]);
    found.ok_or_else(|| format!("there is no service {}", ask["service"]))
}

/// An operator in a service, without power.
pub fn member(service: &Value, operator: &str) -> Value {
    json!({
        "service": service, "operator": operator, "leaving": false, "jailed": false,
        "power": "0", "update_id": "0", "slices": [], "key": null,
    })
}

impl Chain {
    pub fn call(&mut self, sender: &str, at: &str, msg: &Value) -> Result<Value, String> {
        let (name, body) = msg.as_object().unwrap().iter().next().unwrap();
        let contract = self.contracts.get_mut(at).ok_or("no such contract")?;
        let push = |contract: &mut Contract, list: &str, entry: Value| {
            contract
                .lists
                .entry(list.to_string())
                .or_default()
                .push(entry);
        };
        match name.as_str() {
            "connect" => contract.once("connect", body.clone())?,
            "register_asset" => {
                contract.once(&format!("asset {}", body["id"]), json!(true))?;
                let entry = json!({
                    "id": body["id"], "kind": body["kind"], "source": body["rate"], "rate": "1",
                    "rate_updated_at": "0", "fresh": true, "weight": body["weight"], "cap": body["cap"],
                    "minimum": body["minimum"], "deposits": true,
                });
                push(contract, "assets", entry);
            }
            "register_service" => {
                let number = contract.list("services").len() + 1;
                push(contract, "services", service(number, sender, body));
                let attributes = json!([
                    { "key": "_contract_address", "value": at },
                    { "key": "service", "value": number.to_string() },
                    { "key": "admin", "value": sender },
                ]);
                return Ok(json!([{ "type": "wasm-register_service", "attributes": attributes }]));
            }
            "set_peer" => contract.once("peer", body["peer"].clone())?,
            "set_rewards_route" => contract.once("rewards", body.clone())?,
            "register_operator" => {
                contract.once(&format!("operator {sender}"), json!(true))?;
                let entry = json!({
                    "operator": sender, "metadata": body["metadata"], "commission": body["commission"],
                    "commission_updated_at": "0", "accepts_stake": true, "restricted": false, "first_loss": "0",
                });
                push(contract, "operators", entry);
            }
            "set_first_loss" => {
                contract.lists.get_mut("operators").unwrap()[0]["first_loss"] =
                    body["share"].clone()
            }
            "open_staker" => {
                contract.once("staker", json!(body["validator"]))?;
            }
            "deposit" => contract.once("deposit", json!(true))?,
            "set_commitment_cap" => contract.once("cap", body["cap"].clone())?,
            "opt_in" => {
                contract.once(&format!("member {sender} {}", body["service"]), json!(true))?;
                push(contract, "memberships", member(&body["service"], sender));
            }
            "update_rate" => {}
            "sync" => {
                let attributes = json!([{ "key": "complete", "value": "true" }, { "key": "update_id", "value": "none" }]);
                return Ok(json!([{ "type": "wasm-sync", "attributes": attributes }]));
            }
            other => panic!("{} was told {other}", contract.kind),
        }
        Ok(json!([]))
    }

    pub fn ask(&self, at: &str, msg: &Value) -> Result<Value, String> {
        let contract = self.contracts.get(at).ok_or("no such contract")?;
        let (name, body) = msg.as_object().unwrap().iter().next().unwrap();
        let told = |name: &str| contract.told.get(name).cloned().unwrap_or_default();
        let slashing = || {
            self.contracts
                .values()
                .find(|contract| contract.kind == "slashing")
        };
        Ok(match (contract.kind.as_str(), name.as_str()) {
            ("vault", "config") => json!({ "delegation": told("connect")["delegation"] }),
            ("vault", "assets") => page(contract.list("assets"), body, "id", MOST),
            ("vault", "books") => {
                let staked = if contract.list("books").is_empty() {
                    "2"
                } else {
                    "7"
                };
                let seized = if body["asset"] == "lst" {
                    contract.list("seized").len().to_string()
                } else {
                    "0".to_string()
                };
                json!({ "idle": "1", "staked": staked, "seized": seized, "released": "0", "payable": "0", "balance": "3" })
            }
            ("vault", "staker") => match contract.told.get("staker") {
                Some(validator) => {
                    json!({ "operator": body["operator"], "staker": "wasm1staker", "validator": validator, "compound": true })
                }
                None => return Err("has no staker of stake".to_string()),
            },
            ("vault", "stakers") => page(contract.list("stakers"), body, "operator", MOST),
            ("vault", "seized") => page_by(&contract.list("seized"), body, MOST, |entry| {
                json!([entry["account"], entry["destination"]])
            }),
            ("staker", "state") => contract.init.clone(),
            ("delegation", "epoch") => {
                json!({ "epoch": 7, "start": "1799999999000000000", "end": "1800000019000000000",
                        "matures_at": "1800000159000000000" })
            }
            ("delegation", "staked") => contract.lists["staked"][0].clone(),
            ("delegation", "buckets") => json!(contract.list("buckets")),
            ("slashing", "update") => {
                json!({ "update_id": body["update_id"], "sent_at": "1799999900000000000" })
            }
            ("gateway", "reports") => page(contract.list("reports"), body, "nonce", MOST),
            ("delegation", "config") => json!({
                "vault": contract.init["vault"], "allocation": told("connect")["allocation"], "genesis": "0",
                "epoch_length": contract.init["epoch_length"], "unbonding_period": contract.init["unbonding_period"],
                "reward_period": contract.init["reward_period"],
            }),
            (_, "ownership") => json!({ "owner": contract.init["owner"] }),
            (_, "guard") => json!({ "guardian": contract.init["guardian"], "pauses": [] }),
            ("delegation", "operator") => match contract.list("operators").first() {
                Some(operator) => operator.clone(),
                None => return Err(format!("{} is not an operator", body["operator"])),
            },
            ("delegation", "positions") => {
                let deposited = self
                    .contracts
                    .values()
                    .any(|contract| contract.told.contains_key("deposit"));
                let pool = json!({ "operator": body["owner"], "asset": "stake" });
                let mut all = contract.list("positions");
                if deposited && all.iter().all(|position| position["pool"] != pool) {
                    all.push(json!({ "pool": pool, "shares": "500000", "value": "500000" }));
                }
                // One a page, so that pages are turned.
                page(all, body, "pool", 1)
            }
            ("delegation", "operators") => page(contract.list("operators"), body, "operator", MOST),
            ("delegation", "pools") => page(contract.list("pools"), body, "asset", MAX_POOLS_PAGE),
            ("allocation", "service_rewards") => json!(contract.list("service_rewards")),
            ("slashing", "requests") => {
                let requests = page(contract.list("requests"), body, "request", MOST);
                let last = requests.as_array().unwrap().last();
                let full = requests.as_array().unwrap().len() == MOST;
                let next = last.filter(|_| full).map(|last| last["request"].clone());
                json!({ "requests": requests, "next": next })
            }
            ("allocation", "config") => json!({
                "vault": "v", "delegation": contract.init["delegation"], "slashing": told("connect")["slashing"],
                "allocation_delay": contract.init["allocation_delay"], "max_lag": contract.init["max_lag"],
                "deallocation_delay": contract.init["deallocation_delay"], "epoch_length": 20, "unbonding_period": 140,
            }),
            ("allocation", "services") => {
                let services = slashing().map(|contract| contract.list("services"));
                let mut services = services.unwrap_or_default();
                for service in &mut services {
                    if let Some(admin) = service.get("allocation_admin").cloned() {
                        service["admin"] = admin;
                    }
                }
                page(services, body, "service", MOST)
            }
            ("allocation", "service") => {
                let services = slashing().unwrap().list("services");
                let mut found = numbered(services, body)?;
                if let Some(admin) = found.get("allocation_admin").cloned() {
                    found["admin"] = admin;
                }
                found
            }
            ("allocation", "commitment") => {
                let cap = contract.told.get("cap").cloned().unwrap_or(json!("1"));
                json!({ "cap": cap, "services": 0, "pools": [] })
            }
            ("allocation", "memberships") => {
                let mut all = contract.list("memberships");
                let after = body["start_after"].as_u64();
                all.retain(|member| {
                    member["operator"] == body["operator"] && member["service"].as_u64() > after
                });
                first(&all, body, MAX_MEMBERS_PAGE)
            }
            ("allocation", "members") => {
                page(contract.list("members"), body, "operator", MAX_MEMBERS_PAGE)
            }
            ("allocation", "earned") => json!(contract.list("earned")),
            ("slashing", "config") => json!({
                "allocation": contract.init["allocation"], "packet_timeout": contract.init["packet_timeout"],
                "bounce_max": contract.init["bounce_max"], "execution_grace": contract.init["execution_grace"],
                "unbonding_period": 140, "throttle_period": contract.init["throttle"]["period"],
                "throttle_most": contract.init["throttle"]["most"],
            }),
            ("slashing", "throttle") => {
                let throttle = &contract.init["throttle"];
                let full = |capacity: &Value| json!({ "capacity": capacity, "used": "0" });
                json!({
                    "limit": full(&throttle["service"]["limit"]), "reserved": full(&throttle["service"]["reserved"]),
                    "shared": full(&throttle["shared"]),
                })
            }
            ("gateway", "reporters") => {
                let all = contract.init["reporters"].as_array().unwrap();
                page_by(all, body, MOST, Value::clone)
            }
            ("slashing", "service") => {
                let mut service = numbered(contract.list("services"), body)?;
                service["peer"] = told("peer");
                service["channel"] = json!(contract.channel);
                service
            }
            ("gateway", "config") => json!({
                "host": contract.init["host"], "packet_timeout": contract.init["packet_timeout"],
                "history": contract.init["history"], "last_update": "0",
                "channel": contract.channel, "rewards": told("rewards"),
            }),
            ("gateway", "operators") => page(contract.list("operators"), body, "operator", MOST),
            other => panic!("asked for {other:?}"),
        })
    }
}
