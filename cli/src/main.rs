//! The command `palisade`.

use std::process::ExitCode;

use clap::Parser;
use palisade_cli::{run, Args, Machine};

fn main() -> ExitCode {
    match run(&Args::parse(), &Machine) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
