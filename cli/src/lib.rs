//! Deploys and operates a suite of Palisade's contracts on wasmd chains, through the chains' own `wasmd`.
//!
//! Config and state are files; what a chain can be asked for it is asked for. `docs/operate.md` tells how
//! a team uses it.

mod args;
mod artifacts;
mod assets;
mod chain;
mod compare;
mod config;
mod connect;
mod deploy;
mod ends;
mod env;
mod explain;
mod key;
mod operator;
mod optin;
mod profile;
mod quote;
mod service;
mod session;
mod settle;
mod snapshot;
mod state;
mod status;
mod sync;
mod tx;
mod upgrade;
mod world;

pub use args::{Args, Command};
pub use world::{plain, Machine, Ran, World};

use anyhow::Result;

use session::Session;
use state::Store;

/// Runs a command.
///
/// # Errors
/// What went wrong, and what to do about it.
pub fn run(args: &Args, world: &dyn World) -> Result<()> {
    let with_code = matches!(
        args.command,
        Command::Deploy | Command::Connect { .. } | Command::Upgrade { .. }
    );
    let config = config::read(world, &args.config, with_code)?;
    let path = args
        .state
        .clone()
        .unwrap_or_else(|| args.config.with_extension("state.json"));
    let reads = matches!(args.command, Command::Status { .. } | Command::Env { .. });
    let store = Store::open(&path, &config.host.chain_id, !reads && !args.dry_run)?;
    let mut session = Session {
        world,
        config: &config,
        store,
        dry: args.dry_run,
    };
    if !reads && !session.dry {
        session.check_chain(session.host())?;
    }
    match &args.command {
        Command::Deploy => deploy::run(&mut session),
        Command::RegisterService { consumer } => service::register(&mut session, consumer),
        Command::Connect { consumer } => connect::run(&mut session, consumer),
        Command::RegisterOperator { operator } => operator::register(&mut session, operator),
        Command::OptIn {
            operator,
            consumer,
            key,
        } => optin::run(&mut session, operator, consumer, key.clone()),
        Command::Sync {
            consumer,
            wait,
            from,
        } => sync::run(&mut session, consumer, *wait, from.as_deref()),
        Command::Status { json } => status::run(&session, *json),
        Command::Upgrade { contracts } => upgrade::run(&mut session, contracts),
        Command::Env { consumer } => env::run(&session, consumer.as_deref()),
    }
}
