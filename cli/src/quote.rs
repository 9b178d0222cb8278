//! Command lines that a person can paste into a shell.

const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// The number of a code that is not stored yet, in a dry run.
pub(crate) const UNKNOWN_CODE: u64 = u64::MAX;
/// The number of a service that is not registered yet, in a dry run.
pub(crate) const UNKNOWN_SERVICE: u32 = u32::MAX;

/// Stands for a value that is not known yet: `$NAME` in the line that is shown.
pub(crate) fn placeholder(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("{OPEN}{name}{CLOSE}")
}

/// Whether a value, or a part of it, is not known yet.
pub(crate) fn is_unknown(text: &str) -> bool {
    text.contains(OPEN)
}

/// A message as text; numbers that are not known yet become placeholders.
pub(crate) fn message<M: serde::Serialize>(msg: &M) -> anyhow::Result<String> {
    let text = serde_json::to_string(msg)?;
    Ok(text
        .replace(
            &format!(":{UNKNOWN_CODE}"),
            &format!(":{}", placeholder("STAKER_CODE")),
        )
        .replace(
            &format!(":{UNKNOWN_SERVICE}"),
            &format!(":{}", placeholder("SERVICE")),
        ))
}

/// One line for a shell, in which every word is what it was.
pub(crate) fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(word).collect();
    words.join(" ")
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c)
}

fn word(text: &str) -> String {
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_string();
    }
    let mut quoted = String::from("'");
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("'\\''"),
            OPEN => quoted.push_str("'\"$"),
            CLOSE => quoted.push_str("\"'"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    // '' beside another quote says nothing.
    let quoted = quoted
        .strip_prefix("''\"")
        .map_or(quoted.clone(), |rest| format!("\"{rest}"));
    quoted
        .strip_suffix("\"''")
        .map_or(quoted.clone(), |rest| format!("{rest}\""))
}

/// A line for `eval`: `export NAME='value'`.
pub(crate) fn export(name: &str, value: &str) -> String {
    format!("export {name}='{}'", value.replace('\'', "'\\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::process::Command;

    fn through_a_shell(line: &str) -> Vec<String> {
        let script = format!("V=known; for w in {line}; do printf '%s\\0' \"$w\"; done");
        let out = Command::new("bash").arg("-c").arg(script).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let mut words: Vec<String> = text.split('\0').map(ToString::to_string).collect();
        words.pop();
        words
    }

    #[test]
    fn a_shell_reads_back_every_word() {
        let words = [
            "wasmd",
            "",
            "{\"a\":\"it's\",\"b\":[1]}",
            "$HOME `id` \\ \"",
            "two words",
            "'",
            "''",
            "\"",
            "\"quoted\"",
            "*",
            "a\nb",
            "500stake",
        ];
        assert_eq!(through_a_shell(&line(words)), words);
    }

    #[test]
    fn what_is_not_known_is_a_variable() {
        let v = placeholder("v");
        let msg = format!("{{\"vault\":\"{v}\"}}");
        assert_eq!(line([v.as_str()]), "\"$V\"");
        assert_eq!(line([msg.as_str()]), "'{\"vault\":\"'\"$V\"'\"}'");
        assert_eq!(
            through_a_shell(&line([msg.as_str(), v.as_str()])),
            ["{\"vault\":\"known\"}", "known"]
        );
    }

    #[test]
    fn exports_are_read_back() {
        let script = format!("{}; printf %s \"$X\"", export("X", "it's \"$HOME\""));
        let out = Command::new("bash").arg("-c").arg(script).output().unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap(), "it's \"$HOME\"");
    }
}
