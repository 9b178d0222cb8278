//! The config file.

mod check;
mod parties;
mod read;

use std::collections::BTreeMap;
use std::path::PathBuf;

use cosmwasm_std::{Decimal, Uint128};
use palisade_types::allocation::ServiceTerms;
use palisade_types::asset::{AssetId, AssetKind, RateSource};
use palisade_types::delegation::{Commission, OperatorMetadata};
use palisade_types::slashing::{Penalty, ServiceSettings, ThrottleParams};
use palisade_types::vault::NewAsset;
use serde::Deserialize;

pub(crate) use read::read;

/// All of it.
#[derive(Deserialize)]
pub(crate) struct Config {
    /// The chain of the suite.
    pub(crate) host: Chain,
    /// The suite's contracts.
    pub(crate) suite: Suite,
    /// What can be staked.
    #[serde(default)]
    pub(crate) assets: Vec<Asset>,
    /// Operators that this team runs.
    #[serde(default)]
    pub(crate) operators: BTreeMap<String, Operator>,
    /// Chains that the suite secures.
    #[serde(default)]
    pub(crate) consumers: BTreeMap<String, Consumer>,
    /// The relayer that makes connections and channels.
    pub(crate) relayer: Option<Relayer>,
}

/// A chain, and how to reach it.
#[derive(Deserialize)]
pub(crate) struct Chain {
    pub(crate) chain_id: String,
    /// The RPC address.
    pub(crate) node: String,
    /// The chain's own command.
    #[serde(default = "wasmd")]
    pub(crate) binary: String,
    pub(crate) home: Option<PathBuf>,
    pub(crate) keyring_backend: Option<String>,
    pub(crate) gas_prices: String,
    #[serde(default = "gas_adjustment")]
    pub(crate) gas_adjustment: f64,
    /// The key that sends.
    pub(crate) from: String,
    /// What addresses start with.
    #[serde(default = "prefix")]
    pub(crate) prefix: String,
    /// Numbers of code that is stored already, by contract; what is not named is stored.
    #[serde(default)]
    pub(crate) codes: BTreeMap<String, u64>,
}

fn wasmd() -> String {
    "wasmd".to_string()
}

fn gas_adjustment() -> f64 {
    1.4
}

fn prefix() -> String {
    "wasm".to_string()
}

/// The suite's contracts. Durations are seconds.
#[derive(Deserialize)]
pub(crate) struct Suite {
    /// Part of labels and salts: two suites of one owner on one chain need two names.
    #[serde(default = "palisade")]
    pub(crate) name: String,
    /// The folder with the compiled contracts.
    pub(crate) artifacts: PathBuf,
    /// None: the address of the host's `from`.
    pub(crate) owner: Option<String>,
    pub(crate) guardian: Option<String>,
    /// Who may migrate: an address, "owner", or "none".
    pub(crate) admin: String,
    pub(crate) epoch_length: u64,
    pub(crate) unbonding_period: u64,
    pub(crate) reward_period: u64,
    pub(crate) allocation_delay: u64,
    pub(crate) deallocation_delay: u64,
    pub(crate) max_lag: u64,
    pub(crate) packet_timeout: u64,
    pub(crate) bounce_max: u64,
    pub(crate) execution_grace: u64,
    pub(crate) throttle: ThrottleParams,
}

fn palisade() -> String {
    "palisade".to_string()
}

/// An asset as the vault takes it, but that a staker's code may be left out.
#[derive(Clone, Deserialize)]
pub(crate) struct Asset {
    pub(crate) id: AssetId,
    pub(crate) kind: Kind,
    pub(crate) rate: RateSource,
    pub(crate) weight: Decimal,
    pub(crate) cap: Uint128,
    pub(crate) minimum: Uint128,
}

/// The token behind an asset.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Native {
        denom: String,
    },
    Cw20 {
        address: String,
    },
    Staked {
        code_id: Option<u64>,
        unbonding_time: u64,
        batch_epochs: u32,
    },
}

impl Asset {
    /// Whether it needs the staker's code.
    pub(crate) fn staked(&self) -> bool {
        matches!(self.kind, Kind::Staked { .. })
    }

    /// The vault's own message; `code` is the staker's.
    pub(crate) fn message(&self, code: u64) -> NewAsset {
        let kind = match self.kind.clone() {
            Kind::Native { denom } => AssetKind::Native { denom },
            Kind::Cw20 { address } => AssetKind::Cw20 { address },
            Kind::Staked {
                code_id,
                unbonding_time,
                batch_epochs,
            } => AssetKind::Staked {
                code_id: code_id.unwrap_or(code),
                unbonding_time,
                batch_epochs,
            },
        };
        NewAsset {
            id: self.id.clone(),
            kind,
            rate: self.rate.clone(),
            weight: self.weight,
            cap: self.cap,
            minimum: self.minimum,
        }
    }
}

/// An operator.
#[derive(Deserialize)]
pub(crate) struct Operator {
    /// Its key.
    pub(crate) from: String,
    pub(crate) metadata: OperatorMetadata,
    pub(crate) commission: Commission,
    #[serde(default)]
    pub(crate) restricted: bool,
    /// Share of every loss that its own stake bears first.
    pub(crate) first_loss: Option<Decimal>,
    /// The most that it promises, as a share of each of its pools.
    pub(crate) commitment_cap: Option<Decimal>,
    /// Its own stake, in base units of each asset: deposited once.
    #[serde(default)]
    pub(crate) deposits: BTreeMap<AssetId, Uint128>,
    /// Its validator, where an asset is staked natively.
    pub(crate) validator: Option<Validator>,
    /// What it promises, by consumer.
    #[serde(default)]
    pub(crate) opt_in: BTreeMap<String, OptIn>,
}

/// An operator's validator.
#[derive(Deserialize)]
pub(crate) struct Validator {
    /// Whether the chain's rewards are staked again.
    pub(crate) compound: bool,
}

/// What an operator promises to a service.
#[derive(Deserialize)]
pub(crate) struct OptIn {
    /// Shares of its pools, by asset.
    pub(crate) slices: BTreeMap<AssetId, Decimal>,
    /// The consumer node's priv_validator_key.json.
    pub(crate) key: Option<PathBuf>,
}

/// A consumer chain.
#[derive(Deserialize)]
pub(crate) struct Consumer {
    pub(crate) chain: Chain,
    /// The host's connection to the consumer, and the consumer's to the host; none: made.
    pub(crate) connection: Option<Connection>,
    pub(crate) gateway: Gateway,
    pub(crate) service: Service,
    pub(crate) rewards: Option<Rewards>,
}

/// The two ends of a connection.
#[derive(Clone, Deserialize)]
pub(crate) struct Connection {
    /// The host's id of it.
    pub(crate) host: String,
    /// The consumer's.
    pub(crate) consumer: String,
}

/// The gateway's settings.
#[derive(Deserialize)]
pub(crate) struct Gateway {
    /// None: the address of the consumer's `from`.
    pub(crate) owner: Option<String>,
    pub(crate) guardian: Option<String>,
    /// Who may migrate: an address of the consumer, "owner", or "none".
    pub(crate) admin: String,
    pub(crate) packet_timeout: u64,
    pub(crate) history: u64,
    #[serde(default)]
    pub(crate) reporters: Vec<String>,
}

/// The service on the host.
#[derive(Deserialize)]
pub(crate) struct Service {
    /// The key of its admin.
    pub(crate) from: String,
    pub(crate) terms: ServiceTerms,
    pub(crate) penalties: Vec<Penalty>,
    pub(crate) settings: ServiceSettings,
}

/// The way of rewards: one transfer channel.
#[derive(Deserialize)]
pub(crate) struct Rewards {
    /// The consumer's end of it.
    pub(crate) consumer_channel: String,
    /// The host's end.
    pub(crate) host_channel: String,
}

/// Hermes.
#[derive(Deserialize)]
pub(crate) struct Relayer {
    #[serde(default = "hermes")]
    pub(crate) binary: String,
    /// Its own config.
    pub(crate) config: PathBuf,
}

fn hermes() -> String {
    "hermes".to_string()
}

impl Config {
    /// The asset that is staked natively, if there is one.
    pub(crate) fn staked_asset(&self) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.staked())
    }
}
