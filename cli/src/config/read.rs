//! Reading the config: variables, unknown fields, paths.

use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use toml::de::{DeTable, DeValue};

use super::{check, Config};
use crate::artifacts;
use crate::world::World;

/// Reads and checks a config; `with_code`: the compiled contracts as well.
///
/// # Errors
/// The file cannot be read, or has faults: all of them are told at once.
pub(crate) fn read(world: &dyn World, path: &Path, with_code: bool) -> Result<Config> {
    let raw = std::fs::read_to_string(path)
        .with_context(|| format!("the config {} cannot be read", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut config =
        parse(world, &raw).with_context(|| format!("the config {} has faults", path.display()))?;
    resolve_paths(&mut config, folder);
    let mut faults = check::faults(&config);
    if with_code {
        faults.extend(artifacts::faults(&config.suite.artifacts));
    }
    if !faults.is_empty() {
        bail!(
            "the config {} has faults:\n  {}",
            path.display(),
            faults.join("\n  ")
        );
    }
    Ok(config)
}

fn parse(world: &dyn World, raw: &str) -> Result<Config> {
    let text = expand(world, raw)?;
    let mut unknown = Vec::new();
    let deserializer = toml::Deserializer::parse(&text)?;
    let read: Result<Config, _> =
        serde_ignored::deserialize(deserializer, |path| unknown.push(path.to_string()));
    if unknown.is_empty() {
        return Ok(read?);
    }
    let document = DeTable::parse(&text)?;
    let mut faults: Vec<String> = unknown
        .iter()
        .map(|path| match line_of(document.get_ref(), path, &text) {
            Some(line) => format!("line {line}: there is no field {path}"),
            None => format!("there is no field {path}"),
        })
        .collect();
    // A field that is missing is often one that is misspelt: both are told.
    if let Err(error) = read {
        faults.push(error.to_string().trim_end().to_string());
    }
    bail!("{}", faults.join("\n"))
}

/// Puts `${NAME}` of the environment in; lines that begin with # stay.
fn expand(world: &dyn World, raw: &str) -> Result<String> {
    let mut faults = Vec::new();
    let mut text = String::with_capacity(raw.len());
    for (index, line) in raw.lines().enumerate() {
        let number = index.saturating_add(1);
        let mut rest = if line.trim_start().starts_with('#') {
            ""
        } else {
            line
        };
        if rest.is_empty() {
            text.push_str(line);
        }
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                faults.push(format!("line {number}: ${{ without }}"));
                rest = "";
                break;
            };
            match world.var(name) {
                Some(value) if value.contains(['"', '\\', '\n', '\'']) => {
                    faults.push(format!(
                        "line {number}: ${name} holds a quote, a backslash or a newline"
                    ));
                }
                Some(value) => text.push_str(&value),
                None => faults.push(format!(
                    "line {number}: ${name} is not set in the environment"
                )),
            }
            rest = after;
        }
        text.push_str(rest);
        text.push('\n');
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(text)
}

/// The line, from 1, of the field that a path names.
fn line_of(table: &DeTable<'_>, path: &str, text: &str) -> Option<usize> {
    let mut rest = path;
    let mut table = table;
    let mut offset;
    loop {
        // A key may hold dots: the longest that fits is the one.
        let (key, value) = table
            .iter()
            .filter(|(key, _)| names(rest, key.get_ref()))
            .max_by_key(|(key, _)| key.get_ref().len())?;
        offset = key.span().start;
        rest = rest.get(key.get_ref().len()..)?.trim_start_matches('.');
        let mut value = value.get_ref();
        while let DeValue::Array(array) = value {
            let (index, after) = rest.split_once('.')?;
            value = array.get(index.parse::<usize>().ok()?)?.get_ref();
            rest = after;
        }
        // serde_ignored writes `?` for the inside of an option.
        rest = rest.trim_start_matches("?.");
        match value {
            DeValue::Table(inner) if !rest.is_empty() => table = inner,
            _ => break,
        }
    }
    let before = text.get(..offset)?;
    Some(before.matches('\n').count().saturating_add(1))
}

fn names(path: &str, key: &str) -> bool {
    path.strip_prefix(key)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn resolve_paths(config: &mut Config, folder: &Path) {
    let at = |path: &mut PathBuf| {
        if path.is_relative() {
            *path = folder.join(&*path);
        }
    };
    let program = |name: &mut String| {
        // A name without a slash is looked for in PATH.
        if name.contains('/') && Path::new(name).is_relative() {
            *name = folder.join(&*name).display().to_string();
        }
    };
    at(&mut config.suite.artifacts);
    let consumers = config
        .consumers
        .values_mut()
        .map(|consumer| &mut consumer.chain);
    for chain in consumers.chain([&mut config.host]) {
        chain.home.as_mut().map(at);
        program(&mut chain.binary);
    }
    for operator in config.operators.values_mut() {
        for promise in operator.opt_in.values_mut() {
            promise.key.as_mut().map(at);
        }
    }
    if let Some(relayer) = &mut config.relayer {
        at(&mut relayer.config);
        program(&mut relayer.binary);
    }
}
