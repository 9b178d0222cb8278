//! What to do about a failure, in words.

/// Known failures: a part of the chain's text, and what to do.
const KNOWN: [(&str, &str); 14] = [
    ("insufficient funds", "the sender cannot pay the amount or the fee: send it coins, or lower gas_prices in the config"),
    ("insufficient fee", "the chain wants a higher fee: raise gas_prices in the config"),
    ("key not found", "the key is not in the keyring: `wasmd keys list` shows those that are; see `from`, `home` and `keyring_backend` in the config"),
    ("not a valid name or address", "the key is not in the keyring: `wasmd keys list` shows those that are; see `from`, `home` and `keyring_backend` in the config"),
    ("connection refused", "the node does not answer: is it running, and is `node` in the config its RPC address?"),
    ("no such host", "the node's name is not known: see `node` in the config"),
    ("context deadline exceeded", "the node did not answer in time: try again"),
    ("account sequence mismatch", "somebody else is using the same key: try again when they are done"),
    ("out of gas", "the estimate was too low: raise gas_adjustment in the config"),
    ("can not create code", "this chain takes code by governance only: have it stored, and name its number in `codes` in the config"),
    ("wrong chain", "the node is of another chain than chain_id in the config"),
    ("only a newer version", "a migration needs code of a newer version than the one in force"),
    ("unauthorized", "the sender may not do this: see who owns or administers the contract"),
    ("no such contract", "the address in the state is not on this chain: was the chain reset? Then move the state file away"),
];

/// What to do about a failure, if it is a known one.
pub(crate) fn hint(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    KNOWN
        .iter()
        .find(|(part, _)| text.contains(part))
        .map(|(_, hint)| *hint)
        .or_else(|| {
            text.contains("wasm contract failed").then_some(
                "the contract refused: its README lists every message's requirements and errors",
            )
        })
}

/// What matters of what wasmd complained: without colours, and the usage that it prints with errors.
pub(crate) fn core(text: &str) -> String {
    let text = without_colours(text);
    if let Some((_, error)) = text.split_once("failure when running app err=") {
        let error = error.lines().next().unwrap_or_default().trim();
        return error.trim_matches('"').replace("\\\"", "\"");
    }
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("gas estimate:"));
    let lines: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Usage:"))
        .collect();
    lines.join("\n").trim().to_string()
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}

/// A failure with what to do about it.
pub(crate) fn failure(text: &str) -> String {
    let core = core(text);
    match hint(&core) {
        Some(hint) => format!("{core}\n  what to do: {hint}"),
        None => core,
    }
}
