//! The chain's own command.

use palisade_cli::Ran;
use serde_json::{json, Value};

use super::{failed, file_sum, key, ok, sum, Chain, Contract, Tx};

impl Chain {
    pub fn run(&mut self, now: u64, words: &[&str]) -> Ran {
        match words[0] {
            "status" => ok(json!({ "node_info": { "network": self.id } })),
            "tx" => self.take(now, &words[1..]),
            "query" => {
                self.make_block(now);
                self.query(&words[1..])
            }
            other => panic!("wasmd {other}"),
        }
    }

    /// CheckTx.
    fn take(&mut self, now: u64, words: &[&str]) -> Ran {
        let after = |flag: &str| {
            words
                .iter()
                .position(|word| *word == flag)
                .map(|at| words[at + 1])
        };
        let sender = key(after("--from").unwrap());
        let sequence: u64 = after("--sequence").unwrap().parse().unwrap();
        if let Some(log) = &self.refuses {
            return failed(log);
        }
        let waiting = self.mempool.iter().filter(|tx| tx.sender == sender).count() as u64;
        let expected = self.sequences.get(&sender).copied().unwrap_or_default() + waiting;
        if sequence != expected {
            let log = format!("account sequence mismatch, expected {expected}, got {sequence}");
            return failed(&log);
        }
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let hash = sum(format!("{words:?}").as_bytes());
        self.mempool.push(Tx {
            hash: hash.clone(),
            sender,
            sequence,
            words,
            taken_at: now,
            answer: Value::Null,
        });
        ok(json!({ "txhash": hash, "code": 0, "raw_log": "" }))
    }

    /// Includes what waited long enough.
    fn make_block(&mut self, now: u64) {
        let due = |tx: &Tx| now >= tx.taken_at + self.block;
        let (ready, waiting): (Vec<Tx>, Vec<Tx>) = self.mempool.drain(..).partition(due);
        self.mempool = waiting;
        for mut tx in ready {
            *self.sequences.entry(tx.sender.clone()).or_default() += 1;
            let (code, log, events, message) = match self.execute(&tx) {
                Ok((events, message)) => (0, String::new(), events, message),
                Err(error) => (5, error, Value::Null, Value::Null),
            };
            tx.answer = json!({
                "height": (self.included.len() + 10).to_string(), "txhash": tx.hash, "code": code,
                "raw_log": log, "gas_used": "1000", "events": events,
                "tx": { "body": { "messages": [message] } },
            });
            if code == 0 {
                let height = self.included.len() as u64 + 10;
                self.history.insert(height, self.contracts.clone());
                self.included.push(tx);
            } else {
                panic!("a transaction that failed: {log}, {:?}", tx.words);
            }
        }
    }

    fn ibc(&self, what: &str, id: &str) -> Ran {
        match self.ibc.get(&format!("{what} {id}")) {
            Some(found) => ok(json!({ what: found })),
            None => failed(&format!("{what} {id}: not found")),
        }
    }

    fn execute(&mut self, tx: &Tx) -> Result<(Value, Value), String> {
        let after = |flag: &str| {
            let at = tx.words.iter().position(|word| word == flag);
            at.map(|at| tx.words[at + 1].clone()).unwrap_or_default()
        };
        let word = |at: usize| tx.words[at].as_str();
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        match word(1) {
            "store" => {
                let checksum = file_sum(word(2));
                self.codes.push(checksum.clone());
                let attributes = json!([
                    { "key": "code_checksum", "value": checksum },
                    { "key": "code_id", "value": self.codes.len().to_string() },
                ]);
                Ok((
                    json!([{ "type": "store_code", "attributes": attributes }]),
                    json!({ "@type": "/cosmwasm.wasm.v1.MsgStoreCode" }),
                ))
            }
            "instantiate2" => {
                let code: usize = word(2).parse().unwrap();
                let checksum = self.codes[code - 1].clone();
                let (address, contract) = Contract::new(
                    &tx.sender,
                    code,
                    &checksum,
                    word(4),
                    json(word(3)),
                    &tx.words,
                );
                if self.contracts.insert(address, contract).is_some() {
                    return Err("it exists".to_string());
                }
                Ok((
                    json!([]),
                    json!({
                        "@type": "/cosmwasm.wasm.v1.MsgInstantiateContract2", "code_id": word(2), "msg": json(word(3)),
                        "label": after("--label"), "admin": after("--admin"),
                    }),
                ))
            }
            "execute" => {
                let events = self.call(&tx.sender, word(2), &json(word(3)))?;
                Ok((
                    events,
                    json!({
                        "@type": "/cosmwasm.wasm.v1.MsgExecuteContract", "contract": word(2), "msg": json(word(3)),
                        "funds": funds(&after("--amount")),
                    }),
                ))
            }
            "migrate" => {
                let known = self.contracts[word(2)].kind.clone();
                if let Some((kind, list)) = &self.spoils {
                    let mut all = self.contracts.values_mut();
                    let contract = all.find(|contract| contract.kind == *kind).unwrap();
                    if known == *kind || kind != "gateway" {
                        contract.lists.get_mut(list).unwrap().pop().unwrap();
                    }
                }
                let contract = self.contracts.get_mut(word(2)).unwrap();
                contract.code = word(3).parse().unwrap();
                contract.version = "9.0.0".to_string();
                Ok((
                    json!([]),
                    json!({
                        "@type": "/cosmwasm.wasm.v1.MsgMigrateContract", "contract": word(2), "code_id": word(3),
                    }),
                ))
            }
            other => panic!("wasmd tx wasm {other}"),
        }
    }

    fn query(&mut self, words: &[&str]) -> Ran {
        match words {
            ["tx", hash, ..] => match self.included.iter().find(|tx| tx.hash == *hash) {
                Some(tx) => ok(&tx.answer),
                None => failed(&format!("tx ({hash}) not found")),
            },
            ["txs", ..] if self.no_index => failed("transaction indexing is disabled"),
            ["txs", "--query", query, ..] if !query.starts_with("tx.acc_seq") => {
                let found = self.included.iter().filter(|tx| tx.matches(query));
                let txs: Vec<&Value> = found.map(|tx| &tx.answer).collect();
                // One a page, so that pages are turned.
                let page: usize = words[4].parse().unwrap();
                ok(
                    json!({ "txs": txs.get(page - 1).into_iter().collect::<Vec<_>>(), "page_total": txs.len().to_string() }),
                )
            }
            ["txs", "--query", query, ..] => {
                let found = self
                    .included
                    .iter()
                    .find(|tx| *query == format!("tx.acc_seq='{}/{}'", tx.sender, tx.sequence));
                ok(json!({ "txs": found.map(|tx| &tx.answer).into_iter().collect::<Vec<_>>() }))
            }
            ["auth", "account", address, ..] => {
                let sequence = self.sequences.get(*address).copied().unwrap_or_default();
                let mut value = json!({ "address": address });
                if sequence > 0 {
                    value["sequence"] = json!(sequence.to_string());
                }
                match &self.account {
                    Some(account) => ok(account),
                    None => ok(json!({ "account": { "type": "BaseAccount", "value": value } })),
                }
            }
            ["staking", "params", ..] => ok(json!({ "params": { "bond_denom": "stake" } })),
            ["wasm", "code-info", code, ..] => {
                match self.codes.get(code.parse::<usize>().unwrap() - 1) {
                    Some(checksum) => ok(json!({ "checksum": checksum.to_uppercase() })),
                    None => failed("no such code"),
                }
            }
            ["wasm", "contract", address, ..] => match self.contracts.get(*address) {
                Some(contract) => ok(json!({ "address": address, "contract_info": {
                    "code_id": contract.code.to_string(), "admin": contract.admin, "label": contract.label,
                } })),
                None => failed(&format!("address {address}: no such contract")),
            },
            ["wasm", "list-contracts-by-creator", creator, rest @ ..] => {
                // One a page, so that pages are turned.
                let at: usize = match rest {
                    ["--page-key", key, ..] => key.parse().unwrap(),
                    _ => 0,
                };
                let all: Vec<&String> = self
                    .contracts
                    .iter()
                    .filter(|(_, contract)| contract.creator == *creator)
                    .map(|(address, _)| address)
                    .collect();
                let page: Vec<&&String> = all.iter().skip(at).take(1).collect();
                let next = (at + 1 < all.len()).then(|| (at + 1).to_string());
                ok(json!({ "contract_addresses": page, "pagination": { "next_key": next } }))
            }
            ["wasm", "contract-state", "raw", address, ..] => {
                let contract = &self.contracts[*address];
                let record = json!({ "contract": format!("palisade:{}", contract.kind), "version": contract.version });
                ok(json!({ "data": cosmwasm_std::Binary::from(record.to_string().into_bytes()) }))
            }
            ["wasm", "contract-state", "smart", address, msg, rest @ ..] => {
                let past = match rest {
                    ["--height", height, ..] => {
                        let height: u64 = height.parse().unwrap();
                        let (_, contracts) = self.history.range(..=height).next_back().unwrap();
                        Chain {
                            contracts: contracts.clone(),
                            ..Chain::default()
                        }
                    }
                    _ => self.clone(),
                };
                match past.ask(address, &serde_json::from_str(msg).unwrap()) {
                    Ok(data) => ok(json!({ "data": data })),
                    Err(error) => failed(&error),
                }
            }
            ["ibc", "connection", "end", id, ..] => self.ibc("connection", id),
            ["ibc", "client", "state", id, ..] => self.ibc("client_state", id),
            ["ibc", "client", "status", id, ..] => self.ibc("status", id),
            ["ibc", "channel", "end", port, id, ..] => self.ibc("channel", &format!("{port}/{id}")),
            other => panic!("wasmd query {other:?}"),
        }
    }
}

impl Tx {
    /// Whether it has an event that meets all conditions of a query.
    fn matches(&self, query: &str) -> bool {
        let attribute = |key: &str, value: &str| json!({ "key": key, "value": value });
        let action = match self.words[1].as_str() {
            "execute" => "/cosmwasm.wasm.v1.MsgExecuteContract",
            other => other,
        };
        let attributes = [
            attribute("action", action),
            attribute("sender", &self.sender),
        ];
        let message = json!({ "type": "message", "attributes": attributes });
        let events = self.answer["events"].as_array().into_iter().flatten();
        let meets = |event: &Value, condition: &str| {
            let (tag, value) = condition.split_once('=').unwrap();
            let (kind, key) = tag.split_once('.').unwrap();
            let attributes = event["attributes"].as_array().unwrap();
            event["type"] == kind && attributes.contains(&attribute(key, value.trim_matches('\'')))
        };
        let all = |event: &Value| query.split(" AND ").all(|part| meets(event, part));
        std::iter::once(&message).chain(events).any(all)
    }
}

fn funds(text: &str) -> Value {
    let denom = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match text.strip_suffix(denom) {
        Some(amount) if !amount.is_empty() => json!([{ "denom": denom, "amount": amount }]),
        _ => json!([]),
    }
}
