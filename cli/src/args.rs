//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Deploys and operates a Palisade suite on wasmd chains.
///
/// Every transaction is printed as the line of wasmd that a person can paste, then sent and waited for.
/// A command that was interrupted goes on where it stopped when it is run again.
#[derive(Parser, Debug)]
#[command(name = "palisade", version)]
pub struct Args {
    /// The suite's config [default: deploy/localnet.toml of the repository]
    #[arg(long, short, global = true)]
    pub config: Option<PathBuf>,
    /// Where to keep what was done [default: beside the config, .state.json for .toml; of the localnet's
    /// config, where PALISADE_LOCALNET is set, state.json in that folder]
    #[arg(long, global = true)]
    pub state: Option<PathBuf>,
    /// Prints the transactions that would be sent, sends none, and writes nothing. Without a state file it asks no
    /// chain what is there, and shows everything.
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Stores the code, instantiates and connects the contracts, and registers the assets.
    Deploy,
    /// Registers a consumer as a service.
    RegisterService {
        /// Its name in the config.
        consumer: String,
    },
    /// Connects a consumer: connection, gateway, peer, channel, route of rewards.
    Connect {
        /// Its name in the config.
        consumer: String,
    },
    /// Registers an operator, with its staker contract, own stake and first loss.
    RegisterOperator {
        /// Its name in the config.
        operator: String,
    },
    /// Has an operator promise its slices to a consumer's service.
    OptIn {
        /// Its name in the config.
        operator: String,
        /// The consumer's name in the config.
        consumer: String,
        /// The node's priv_validator_key.json; it is read, and never printed [default: the config's]
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Refreshes rates, records powers, and tells the consumer.
    Sync {
        /// Its name in the config.
        consumer: String,
        /// Seconds to wait for the relayer; 0: do not wait.
        #[arg(long, default_value_t = 60)]
        wait: u64,
        /// The key that sends [default: the host's `from`]
        #[arg(long)]
        from: Option<String>,
    },
    /// Shows the suite on one screen.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Stores code that changed, and migrates the contracts to it.
    Upgrade {
        /// Which: vault, delegation, allocation, slashing, staker, gateway [default: all]
        contracts: Vec<String>,
    },
    /// Prints the suite's names as `export NAME='value'`, for `eval` in a shell.
    Env {
        /// The consumer whose names are wanted [default: the first]
        consumer: Option<String>,
        /// To be published: without the flags of this machine's keyring.
        #[arg(long)]
        public: bool,
    },
}
