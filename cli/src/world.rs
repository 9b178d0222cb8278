//! What the tool does to the world outside: commands, the clock, the terminal, the environment.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

/// How a command ended.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// Whether it succeeded.
    pub ok: bool,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

/// The world, so that tests can play it.
pub trait World {
    /// Runs a command to its end.
    ///
    /// # Errors
    /// It cannot be started.
    fn run(&self, program: &str, args: &[String]) -> Result<Ran>;
    /// Waits.
    fn pause(&self, time: Duration);
    /// Seconds since 1970.
    fn now(&self) -> u64;
    /// Prints a line.
    fn say(&self, line: &str);
    /// A variable of the environment.
    fn var(&self, name: &str) -> Option<String>;
}

/// The machine that the tool runs on.
pub struct Machine;

/// Reads everything, and passes on what asks a person: text that no end of line follows, as the keyring's
/// question for its passphrase.
fn prompts(mut from: impl Read, mut to: impl Write) -> std::io::Result<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4_096]);
    // Whether the line that is not at its end was passed on so far.
    let mut passing = false;
    loop {
        let count = from.read(&mut buffer)?;
        let new = buffer.get(..count).unwrap_or_default();
        if new.is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(new);
        let mut rest = new;
        if passing {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let (line, after) = rest.split_at(end.map_or(rest.len(), |at| at.saturating_add(1)));
            to.write_all(line)?;
            passing = end.is_none();
            rest = after;
        }
        let open = rest
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        if !passing && !open.is_empty() {
            to.write_all(open)?;
            passing = true;
        }
        to.flush()?;
    }
}

/// Text without what moves a cursor, colours, or turns the order of letters: what chains tell is written
/// by others. Ends of lines stay.
#[must_use]
pub fn plain(text: &str) -> String {
    let unseen = |c: char| {
        c != '\n' && c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars()
        .map(|c| if unseen(c) { '\u{fffd}' } else { c })
        .collect()
}

impl World for Machine {
    fn run(&self, program: &str, args: &[String]) -> Result<Ran> {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::inherit())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("{program} cannot be started: is it installed, and in PATH?")
            })?;
        let complaints = child.stderr.take();
        let stderr = std::thread::spawn(move || {
            complaints.map_or(Ok(Vec::new()), |from| prompts(from, std::io::stderr()))
        });
        let out = child.wait_with_output()?;
        let stderr = stderr.join().unwrap_or_else(|_| Ok(Vec::new()))?;
        Ok(Ran {
            ok: out.status.success(),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        })
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn now(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |time| time.as_secs())
    }

    fn say(&self, line: &str) {
        // A reader that went away is no reason to stop in the middle of a deployment.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A chunk a read.
    struct Chunks(Vec<&'static str>);

    impl Read for Chunks {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let mut chunk = self.0.remove(0).as_bytes();
            chunk.read(buffer)
        }
    }

    #[test]
    fn questions_are_passed_on_and_lines_are_not() {
        for (chunks, passed) in [
            (vec!["gas estimate: 5\n"], ""),
            (
                vec![
                    "one\nEnter keyring passphrase (attempt 1/3):",
                    "\n",
                    "gas\n",
                ],
                "Enter keyring passphrase (attempt 1/3):\n",
            ),
            (
                vec!["Enter", " it:", "\nmore\nAgain:", "\n"],
                "Enter it:\nAgain:\n",
            ),
        ] {
            let whole = chunks.concat();
            let mut to = Vec::new();
            let all = prompts(Chunks(chunks), &mut to).unwrap();
            assert_eq!(String::from_utf8(to).unwrap(), passed);
            assert_eq!(String::from_utf8(all).unwrap(), whole);
        }
    }

    #[test]
    fn what_steers_a_terminal_is_taken_out() {
        assert_eq!(
            plain("a\u{1b}[2Jb\r\u{7}\u{9b}c\u{202e}d\u{200b}"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}"
        );
        assert_eq!(plain("as it is: ü 1,000\nnext"), "as it is: ü 1,000\nnext");
    }
}
