//! The command `palisade`.

use std::process::ExitCode;

use clap::Parser;
use palisade_cli::{plain, run, Args, Machine};

fn main() -> ExitCode {
    match run(&Args::parse(), &Machine) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", plain(&format!("error: {error:#}")));
            ExitCode::FAILURE
        }
    }
}
