//! docs/security.md names tests: each exists, and none of the suite's attacks is missing there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

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
