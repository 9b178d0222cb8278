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

use std::path::{Path, PathBuf};

use anyhow::{bail, Result};

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
    let file = config_file(args, world);
    let localnet = is_localnet(&file);
    if localnet && world.var("PALISADE_LOCALNET").is_none() {
        bail!("{} is the localnet's config, and takes its values from the environment: `scripts/localnet up`, then `source .localnet/env`; or name another by --config", file.display());
    }
    let config = config::read(world, &file, with_code)?;
    let path = args
        .state
        .clone()
        .unwrap_or_else(|| state_file(&file, localnet, world));
    let reads = matches!(args.command, Command::Status { .. } | Command::Env { .. });
    // What only reads is no rehearsal: a name that is not known is missing.
    let dry = args.dry_run && !reads;
    let store = Store::open(&path, &config.host.chain_id, !reads && !dry)?;
    let mut session = Session {
        world,
        config: &config,
        store,
        dry,
    };
    if dry && !path.exists() {
        session.say(&format!(
            "# there is no state {}, and without one a dry run does not ask the chain: everything is shown, also what may be there already",
            path.display()
        ));
    }
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
        Command::Env { consumer, public } => {
            env::run(&session, consumer.as_deref(), !localnet && !public)
        }
    }
}

/// The config that is named, or the localnet's: in the repository that `scripts/palisade` is of, wherever it is
/// started.
fn config_file(args: &Args, world: &dyn World) -> PathBuf {
    args.config.clone().unwrap_or_else(|| {
        let root = world.var("PALISADE_ROOT").unwrap_or_default();
        Path::new(&root).join("deploy/localnet.toml")
    })
}

/// Whether a config is the localnet's own, whose keyring the environment names.
fn is_localnet(config: &Path) -> bool {
    let whole = std::fs::canonicalize(config);
    whole.is_ok_and(|path| path.ends_with("deploy/localnet.toml"))
}

/// Where the state is if nobody says: the localnet keeps its own in its folder.
fn state_file(config: &Path, localnet: bool, world: &dyn World) -> PathBuf {
    match world.var("PALISADE_LOCALNET") {
        Some(net) if localnet => Path::new(&net).join("state.json"),
        _ => config.with_extension("state.json"),
    }
}
