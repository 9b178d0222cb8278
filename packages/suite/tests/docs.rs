//! What the pages say is so: the tests that docs/security.md names exist, every link leads somewhere, every message
//! in a command is one that the contract takes, without a field that it would ignore, gas is what was measured, and the
//! tables of events are whole.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cosmwasm_std::Binary;
use cw20::{Cw20ExecuteMsg, Cw20QueryMsg};
use palisade_ibc::{DepositMemo, RewardsMemo};
use palisade_types::{allocation, delegation, gateway, slashing, staker, vault};
use serde::de::DeserializeOwned;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}

/// Adds the names that follow `mark` at the start of a line, up to a parenthesis, in all files of a
/// folder with this ending, so far as `wanted` says.
fn names(folder: &Path, ending: &str, mark: &str, found: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            names(&path, ending, mark, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for (at, line) in lines.iter().enumerate() {
                let is_test = ending == "go" || lines[..at].ends_with(&["#[test]"]);
                if let Some(rest) = line.strip_prefix(mark).filter(|_| is_test) {
                    found.insert(rest.split('(').next().unwrap().to_string());
                }
            }
        }
    }
}

/// The names of tests in the last columns of the tables.
fn named() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let attacks = page.split("\n## Attacks\n").nth(1).unwrap();
    let attacks = attacks.split("\n## ").next().unwrap();
    let rows = attacks.lines().filter(|line| line.starts_with('|'));
    let last = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    last.flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_string)
        .collect()
}

#[test]
fn every_test_that_the_page_on_security_names_exists() {
    let mut tests = BTreeSet::new();
    for folder in ["contracts", "packages"] {
        names(&root().join(folder), "rs", "fn ", &mut tests);
    }
    names(&root().join("e2e/tests"), "go", "func ", &mut tests);
    let named = named();
    assert!(named.len() > 50, "{} names", named.len());
    let missing: Vec<_> = named.difference(&tests).collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}

#[test]
fn every_attack_that_is_tested_is_on_the_page_on_security() {
    let mut attacks = BTreeSet::new();
    let folder = root().join("packages/suite/tests/attacks");
    names(&folder, "rs", "fn ", &mut attacks);
    assert!(attacks.len() > 45, "{} attacks", attacks.len());
    let named = named();
    let missing: Vec<_> = attacks.difference(&named).collect();
    assert!(missing.is_empty(), "not on the page: {missing:#?}");
}

/// Reads JSON as a type, and refuses fields that the type does not know.
fn read<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let mut unknown = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_ignored::deserialize(&mut reader, |path| unknown.push(path.to_string()))
        .map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    if unknown.is_empty() {
        return Ok(value);
    }
    Err(format!("no such field: {}", unknown.join(", ")))
}

fn is<T: DeserializeOwned>(json: &str) -> Result<(), String> {
    read::<T>(json).map(|_| ())
}

/// What a variable of the shell stands for: contracts for their names, anything else for digits, which are a number, an
/// address, a time and base64 all at once.
fn value(name: &str, hook: &str) -> String {
    let evidence = "packages/evidence/examples/equivocation.json";
    match name {
        "VAULT" | "DELEGATION" | "ALLOCATION" | "SLASHING" | "GATEWAY" | "TOKEN" => {
            name.to_lowercase()
        }
        "VAULT_CODE" | "DELEGATION_CODE" | "ALLOCATION_CODE" | "SLASHING_CODE" | "GATEWAY_CODE" => {
            name.trim_end_matches("_CODE").to_lowercase()
        }
        "STAKER_CONTRACT" => "staker".to_string(),
        "HOOK" => Binary::from(hook.as_bytes()).to_base64(),
        "EVIDENCE" => fs::read_to_string(root().join(evidence)).unwrap(),
        "SETTINGS" => r#"{"evidence_age":1,"proceeds":{"burn":{}},"bounty":"0"}"#.to_string(),
        _ => "1111".to_string(),
    }
}

/// The words of a command of the shell, up to its end: quotes are taken off, variables stand for their values.
fn words(text: &str, hook: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        match (quote, char) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None | Some('"'), '$') => {
                let mut name = String::new();
                while let Some(next) = rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(next);
                }
                word.push_str(&value(&name, hook));
            }
            (None, '\n' | '|' | ')' | ';' | '&') => break,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            _ => word.push(char),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn executed(contract: &str, json: &str) -> Result<(), String> {
    match contract {
        "vault" => is::<vault::ExecuteMsg>(json),
        "delegation" => is::<delegation::ExecuteMsg>(json),
        "allocation" => is::<allocation::ExecuteMsg>(json),
        "slashing" => is::<slashing::ExecuteMsg>(json),
        "gateway" => is::<gateway::ExecuteMsg>(json),
        "token" => match read(json)? {
            Cw20ExecuteMsg::Send { contract, msg, .. } => {
                let hook = String::from_utf8(msg.to_vec()).unwrap();
                match contract.as_str() {
                    "vault" => is::<vault::Cw20HookMsg>(&hook),
                    "allocation" => is::<allocation::Cw20HookMsg>(&hook),
                    other => Err(format!("{other} has no hook")),
                }
            }
            _ => Ok(()),
        },
        other => Err(format!("what contract is {other}?")),
    }
}

fn queried(contract: &str, json: &str) -> Result<(), String> {
    match contract {
        "vault" => is::<vault::QueryMsg>(json),
        "delegation" => is::<delegation::QueryMsg>(json),
        "allocation" => is::<allocation::QueryMsg>(json),
        "slashing" => is::<slashing::QueryMsg>(json),
        "gateway" => is::<gateway::QueryMsg>(json),
        "staker" => is::<staker::QueryMsg>(json),
        "token" => is::<Cw20QueryMsg>(json),
        other => Err(format!("what contract is {other}?")),
    }
}

fn instantiated(contract: &str, json: &str) -> Result<(), String> {
    match contract {
        "vault" => is::<vault::InstantiateMsg>(json),
        "delegation" => is::<delegation::InstantiateMsg>(json),
        "allocation" => is::<allocation::InstantiateMsg>(json),
        "slashing" => is::<slashing::InstantiateMsg>(json),
        "gateway" => is::<gateway::InstantiateMsg>(json),
        other => Err(format!("what contract is {other}?")),
    }
}

/// The memo of a transfer to a contract of the suite.
fn noted(contract: &str, memo: &str) -> Result<(), String> {
    let called = match contract {
        "vault" => read::<DepositMemo>(memo)?.dest_callback.address,
        "allocation" => read::<RewardsMemo>(memo)?.dest_callback.address,
        other => return Err(format!("{other} takes no transfers")),
    };
    if called == contract {
        return Ok(());
    }
    Err(format!("sent to {contract}, but {called} is called"))
}

/// The messages in one block of commands: how many there are, and what is wrong with which.
fn checked(block: &str) -> (usize, Vec<String>) {
    type Check = fn(&str, &str) -> Result<(), String>;
    let commands: [(&str, Check); 4] = [
        ("wasmd tx wasm execute ", executed),
        ("wasmd tx wasm instantiate ", instantiated),
        ("wasmd query wasm contract-state smart ", queried),
        ("wasmd tx ibc-transfer transfer transfer ", noted),
    ];
    let (mut count, mut wrong) = (0, Vec::new());
    for (mark, check) in commands {
        for (at, _) in block.match_indices(mark) {
            let before = block[..at].rsplit_once("printf '");
            let hook = before.map_or("", |(_, after)| after.split('\'').next().unwrap());
            let words = words(&block[at + mark.len()..], &hook.replace("%s", "1111"));
            let memo = words.iter().position(|word| word == "--memo");
            let (contract, json) = match memo {
                Some(memo) => (1, memo + 1),
                None => (0, 1),
            };
            let none = String::new();
            let contract = words.get(contract).unwrap_or(&none);
            let json = words.get(json).unwrap_or(&none);
            count += 1;
            if let Err(error) = check(contract, json) {
                wrong.push(format!("{error}: {mark}{contract} {json}"));
            }
        }
    }
    (count, wrong)
}

/// The blocks of commands on a page, between fences.
fn blocks(page: &str) -> Vec<String> {
    let fenced = page.split("\n```").skip(1).step_by(2);
    fenced.map(str::to_string).collect()
}

#[test]
fn every_message_on_the_pages_is_one_that_its_contract_takes() {
    let mut pages = vec![root().join("README.md")];
    let docs = fs::read_dir(root().join("docs")).unwrap();
    pages.extend(docs.map(|entry| entry.unwrap().path()));
    let (mut count, mut all) = (0, Vec::new());
    for page in pages
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
    {
        for block in blocks(&fs::read_to_string(page).unwrap()) {
            let (found, wrong) = checked(&block);
            count += found;
            let name = page.file_name().unwrap().to_string_lossy();
            all.extend(wrong.iter().map(|wrong| format!("{name}: {wrong}")));
        }
    }
    assert!(all.is_empty(), "{all:#?}");
    assert!(count > 150, "{count} messages");
}

#[test]
fn a_message_that_is_wrong_is_noticed() {
    let rights = [
        r#"wasmd tx wasm execute $VAULT '{"deposit":{"operator":"'$OPERATOR'"}}' --from a"#,
        r#"X=$(wasmd query wasm contract-state smart $VAULT '{"config":{}}' $F | jq .data)"#,
        r#"wasmd tx ibc-transfer transfer transfer $C $VAULT 1a --memo '{"dest_callback":{"address":"'$VAULT'"},"palisade":{"deposit":{"owner":"'$STAKER'"}}}'"#,
        concat!(
            r#"HOOK=$(printf '{"deposit":{"operator":"%s"}}' $O | base64 -w0)"#,
            "\n",
            r#"wasmd tx wasm execute $TOKEN '{"send":{"contract":"'$VAULT'","amount":"5","msg":"'$HOOK'"}}'"#,
        ),
    ];
    for right in rights {
        assert_eq!(checked(right), (1, vec![]), "{right}");
    }
    let wrongs = [
        // a message that there is not, a field that there is not, a type, another contract's
        ("\"deposit\"", "\"deposits\""),
        ("\"operator\"", "\"operater\""),
        ("{\"config\":{}}", "{\"config\":1}"),
        ("$VAULT '{\"config\"", "$TOKEN '{\"config\""),
        ("\"owner\"", "\"owners\""),
        ("$C $VAULT", "$C $ALLOCATION"),
        ("\"contract\":\"'$VAULT'", "\"contract\":\"'$ALLOCATION'"),
    ];
    for (from, to) in wrongs {
        let changed = rights.map(|right| right.replace(from, to));
        let wrong = changed.iter().filter(|text| !checked(text).1.is_empty());
        let differing = changed.iter().zip(rights).filter(|(a, b)| a != b);
        assert!(differing.count() > 0, "{from} is not there");
        assert!(wrong.count() > 0, "{to} passed");
    }
}

/// The lines of a page that are no code between fences.
fn outside(page: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    page.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !fence && !inside
    })
}

/// The anchors that GitHub makes of a page's headings: in lower case, without punctuation, with hyphens for spaces; what
/// repeats is counted.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in outside(page) {
        let title = line.trim_start_matches('#');
        if !(1..=6).contains(&(line.len() - title.len())) || !title.starts_with(' ') {
            continue;
        }
        // Of a link the text counts.
        let texts = title.split("](").enumerate().map(|(at, text)| match at {
            0 => text,
            _ => text.split_once(')').map_or(text, |(_, after)| after),
        });
        let name: String = texts.collect::<String>().trim().to_lowercase();
        let kept = name
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let name = kept.collect::<String>().replace(' ', "-");
        let again = (1..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone()).chain(again);
        let free = free.into_iter().find(|anchor| !found.contains(anchor));
        found.extend(free);
    }
    found
}

/// Where a page's links lead to that are not to other sites. Code has none.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in outside(page) {
        let prose: String = line.split('`').step_by(2).collect();
        let inline = prose
            .split("](")
            .skip(1)
            .map(|rest| rest.split([')', ' ']).next());
        let named = prose
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "));
        let named = named.map(|(_, rest)| rest.split(' ').next());
        let all = inline.chain(named).flatten();
        found.extend(all.filter(|to| !to.contains(':')).map(str::to_string));
    }
    found
}

/// The links of a page in this folder that lead nowhere: to no file, or to no heading of one.
fn dead(folder: &Path, page: &str) -> Vec<String> {
    let leads = |to: &String| {
        let (path, anchor) = to.split_once('#').unwrap_or((to, ""));
        let target = folder.join(path);
        if anchor.is_empty() {
            return !path.is_empty() && target.exists();
        }
        let text = match path {
            "" => Ok(page.to_string()),
            _ => fs::read_to_string(target),
        };
        text.is_ok_and(|text| anchors(&text).contains(anchor))
    };
    links(page).into_iter().filter(|to| !leads(to)).collect()
}

#[test]
fn every_link_on_the_pages_leads_somewhere() {
    let root = root();
    let mut pages = vec![root.join("README.md"), root.join("clients/ts/README.md")];
    let docs = fs::read_dir(root.join("docs")).unwrap();
    pages.extend(docs.map(|entry| entry.unwrap().path()));
    let contracts = fs::read_dir(root.join("contracts")).unwrap();
    pages.extend(contracts.map(|entry| entry.unwrap().path().join("README.md")));
    pages.retain(|page| page.extension().is_some_and(|e| e == "md"));
    let (mut count, mut all) = (0, Vec::new());
    for path in pages {
        let page = fs::read_to_string(&path).unwrap();
        count += links(&page).len();
        let dead = dead(path.parent().unwrap(), &page);
        all.extend(dead.iter().map(|to| format!("{}: {to}", path.display())));
    }
    assert!(all.is_empty(), "{all:#?}");
    assert!(count > 100, "{count} links");
}

#[test]
fn a_link_that_is_dead_is_noticed() {
    let folder = root().join("docs");
    let page = |to: &str| {
        let headings =
            "# A `b` c_d: (e)!\n## [Same](https://example.com)\n## Same\n```\n# Code\n[](no.md)\n```\n`[](no.md)`";
        format!("{headings}\nTo [there]({to}), or [elsewhere](https://example.com/no.md).")
    };
    let rights = [
        "#a-b-c_d-e",
        "#same",
        "#same-1",
        "localnet.md",
        "../contracts",
        "../README.md#guides",
    ];
    for to in rights {
        assert_eq!(links(&page(to)), [to]);
        assert!(dead(&folder, &page(to)).is_empty(), "{to} is there");
    }
    let wrongs = [
        "#same-2",
        "#a-b-c-d-e",
        "#Same",
        "#code",
        "",
        "no.md",
        "README.md",
        "../README.md#guide",
        "../contracts#guides",
    ];
    for to in wrongs {
        assert_eq!(dead(&folder, &page(to)), [to]);
    }
    assert_eq!(dead(&folder, "[there]: no.md 'title'"), ["no.md"]);
}

/// What was measured, as e2e/gas.json keeps it: gas and bytes, each with what it is of.
fn measured() -> BTreeMap<u64, String> {
    let json = fs::read_to_string(root().join("e2e/gas.json")).unwrap();
    let kinds: BTreeMap<String, BTreeMap<String, u64>> = serde_json::from_str(&json).unwrap();
    let all = kinds.into_iter().flat_map(|(kind, values)| {
        let named = move |(name, value)| (value, format!("{kind}: {name}"));
        values.into_iter().map(named)
    });
    all.collect()
}

/// The numbers of a line that are exact and too large for a difference: 60,000, which loading a contract costs, and no
/// whole thousands.
fn exact(line: &str) -> Vec<u64> {
    let digits = line.split(|c: char| !c.is_ascii_digit() && c != ',');
    let numbers = digits.filter_map(|text| text.replace(',', "").parse().ok());
    numbers
        .filter(|number| *number >= 60_000 && number % 1000 != 0)
        .collect()
}

/// The one section with numbers that no snapshot has: `scripts/gas --split` prints them.
const SPLIT: &str = "### What a slash consists of";

/// Exact numbers that are bounds: seconds of a day and of a week, and the bytes of a contract that a chain takes.
const BOUNDS: [u64; 3] = [86_400, 604_800, 819_200];

/// The exact numbers of a page that were measured, and what is wrong with the others.
fn compared(page: &str, measured: &BTreeMap<u64, String>) -> (usize, Vec<String>) {
    let (mut count, mut wrong, mut split) = (0, Vec::new(), false);
    for (at, line) in page.lines().enumerate() {
        if line.starts_with('#') {
            split = line == SPLIT;
        }
        let numbers = exact(line).into_iter().filter(|n| !BOUNDS.contains(n));
        for number in numbers.filter(|_| !split) {
            if measured.contains_key(&number) {
                count += 1;
                continue;
            }
            let (near, what) = measured
                .iter()
                .min_by_key(|(near, _)| near.abs_diff(number))
                .unwrap();
            wrong.push(format!("{}: {number}, nearest is {near} ({what})", at + 1));
        }
    }
    (count, wrong)
}

#[test]
fn gas_and_bytes_on_the_pages_are_those_of_the_snapshot() {
    let measured = measured();
    let (mut count, mut all) = (0, Vec::new());
    for name in ["README.md", "docs/gas.md", "docs/operate.md"] {
        let page = fs::read_to_string(root().join(name)).unwrap();
        let (found, wrong) = compared(&page, &measured);
        count += found;
        all.extend(wrong.iter().map(|wrong| format!("{name}:{wrong}")));
    }
    assert!(all.is_empty(), "not in e2e/gas.json: {all:#?}");
    assert!(count > 90, "{count} numbers");
}

#[test]
fn a_number_that_was_not_measured_is_noticed() {
    let measured = BTreeMap::from([
        (144_505, "messages: a".to_string()),
        (60_001, "messages: b".to_string()),
    ]);
    let page = format!(
        "# Gas\n| a | 144,505 |\nb is 144,504, goal 230,000, c is 59,999 and 819,200.\n{SPLIT}\n| 447,472 |\n## Next\n60002"
    );
    let wrong = [
        "3: 144504, nearest is 144505 (messages: a)",
        "7: 60002, nearest is 60001 (messages: b)",
    ];
    assert_eq!(
        compared(&page, &measured),
        (1, wrong.map(str::to_string).to_vec())
    );
}

/// All Rust of a folder, with one space for any white one, and none behind a parenthesis that opens.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for path in fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if path.is_dir() {
            all += &sources(&path);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let words: Vec<&str> = text.split_whitespace().collect();
            all += &words.join(" ").replace("( ", "(");
        }
    }
    all
}

/// What makes an event, and the helpers that are given its name.
const MAKERS: [&str; 4] = ["Event::new(", " service_event(", " of(", ".event("];

/// The functions in which an event's name is no literal: each is one of the makers, or called by one.
const NAMED: [&str; 3] = ["service_event", "of", "claim_rewards"];

/// The names of a contract's events, and the functions in which they cannot be seen.
fn events(source: &str) -> (BTreeSet<String>, Vec<String>) {
    let (mut names, mut unseen) = (BTreeSet::new(), Vec::new());
    for maker in MAKERS {
        for (at, _) in source.match_indices(maker) {
            let name = source[at + maker.len()..].strip_prefix('"');
            if let Some(rest) = name {
                names.insert(rest.split('"').next().unwrap().to_string());
            } else if maker == MAKERS[0] {
                let function = source[..at].rsplit("fn ").next().unwrap();
                unseen.push(function.split(['(', '<']).next().unwrap().to_string());
            }
        }
    }
    unseen.retain(|function| !NAMED.contains(&function.as_str()));
    (names, unseen)
}

/// The names in the first column of a page's table of events.
fn listed(page: &str) -> BTreeSet<String> {
    let section = page.split("\n## Events\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    first
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_string)
        .collect()
}

#[test]
fn every_event_of_a_contract_is_in_its_readme() {
    let (shared, unseen) = events(&sources(&root().join("packages/admin/src")));
    assert_eq!((shared.len(), unseen), (3, vec![]), "{shared:?}");
    let (mut count, mut all) = (0, Vec::new());
    for entry in fs::read_dir(root().join("contracts")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy();
        let (made, unseen) = events(&sources(&folder.join("src")));
        let listed = listed(&fs::read_to_string(folder.join("README.md")).unwrap());
        count += made.len();
        all.extend(
            unseen
                .iter()
                .map(|f| format!("{name}: what events does {f} make?")),
        );
        let missing = made.difference(&listed);
        all.extend(missing.map(|event| format!("{name}: {event} is not in the README")));
        let gone = listed
            .iter()
            .filter(|e| !made.contains(*e) && !shared.contains(*e));
        all.extend(gone.map(|event| format!("{name}: there is no {event}")));
    }
    assert!(all.is_empty(), "{all:#?}");
    assert!(count > 110, "{count} events");
}
