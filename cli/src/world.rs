//! What the tool does to the world outside: commands, the clock, the terminal, the environment.

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

impl World for Machine {
    fn run(&self, program: &str, args: &[String]) -> Result<Ran> {
        let out = Command::new(program)
            .args(args)
            .stdin(Stdio::inherit())
            .output()
            .with_context(|| {
                format!("{program} cannot be started: is it installed, and in PATH?")
            })?;
        Ok(Ran {
            ok: out.status.success(),
            stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
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
        use std::io::Write;
        // A reader that went away is no reason to stop in the middle of a deployment.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}
