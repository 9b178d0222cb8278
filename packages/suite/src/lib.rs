//! The whole suite on two test chains: deployed, connected, and driven by verbs that read like the
//! story. For tests only: a verb that must succeed panics when it does not; its `try_` twin
//! returns the error.
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

mod books;
mod consumer;
mod deploy;
mod evidence;
mod host;
mod native;
mod rewards;

use std::fmt::Debug;

use cosmwasm_std::{Addr, Coin};
use cw_multi_test::AppResponse;
use palisade_testing::{Channel, HarnessError, HarnessResult, Network};
use serde::de::DeserializeOwned;
use serde::Serialize;

pub use books::Books;
pub use deploy::{
    contracts, ALLOCATION_DELAY, ATOM, DEALLOCATION_DELAY, DENOM, EPOCH, EVIDENCE_AGE, MAX_LAG,
    PACKET_TIMEOUT, REWARD_PERIOD, STATOM, THROTTLE, UNBONDING,
};
pub use evidence::{equivocation, sign_vote};
pub use host::{key_of, penalty, settings, slice, terms};
pub use native::{BATCH_EPOCHS, BOND, CHAIN_UNBONDING, STAKE, YIELD};
pub use rewards::{Claimable, RewardBooks};

/// The suite on two chains, with names for everybody in the story.
pub struct Suite {
    /// The chains and the relayer between them.
    pub net: Network,
    /// The vault, on the host.
    pub vault: Addr,
    /// The delegation contract, on the host.
    pub delegation: Addr,
    /// The allocation contract, on the host.
    pub allocation: Addr,
    /// The slashing contract, on the host.
    pub slashing: Addr,
    /// The gateway, on the consumer.
    pub gateway: Addr,
    /// The cw20 token behind [`STATOM`].
    pub token: Addr,
    /// The code of the staker, on the host.
    pub staker_code: u64,
    /// The channel for ICS-20; the host proposed it.
    pub transfer: Channel,
}

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}

impl Suite {
    /// An account of the host chain.
    #[must_use]
    pub fn host(&self, name: &str) -> Addr {
        self.net.host.account(name)
    }

    /// An account of the consumer chain.
    #[must_use]
    pub fn consumer(&self, name: &str) -> Addr {
        self.net.consumer.account(name)
    }

    /// Executes on the host as `name`.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_on_host<M: Serialize + Debug>(
        &mut self,
        name: &str,
        contract: &Addr,
        msg: &M,
        funds: &[Coin],
    ) -> HarnessResult<AppResponse> {
        let sender = self.host(name);
        self.net.host.execute(&sender, contract, msg, funds)
    }

    /// Executes on the host as `name`.
    pub fn on_host<M: Serialize + Debug>(
        &mut self,
        name: &str,
        contract: &Addr,
        msg: &M,
    ) -> AppResponse {
        self.try_on_host(name, contract, msg, &[]).unwrap()
    }

    /// Executes on the consumer as `name`.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_on_consumer<M: Serialize + Debug>(
        &mut self,
        name: &str,
        contract: &Addr,
        msg: &M,
    ) -> HarnessResult<AppResponse> {
        let sender = self.consumer(name);
        self.net.consumer.execute(&sender, contract, msg, &[])
    }

    /// Asks a contract of the host.
    pub fn ask<A: DeserializeOwned>(&self, contract: &Addr, msg: &impl Serialize) -> A {
        self.net.host.query(contract, msg).unwrap()
    }

    /// Asks the gateway.
    pub fn ask_gateway<A: DeserializeOwned>(&self, msg: &impl Serialize) -> A {
        self.net.consumer.query(&self.gateway, msg).unwrap()
    }

    /// Lets time pass on both chains.
    pub fn wait(&mut self, seconds: u64) {
        self.net.advance(seconds);
    }
}

/// The contract's own error inside a harness error.
///
/// # Panics
/// When it is another kind of error.
#[must_use]
pub fn refusal<E: Debug + std::fmt::Display + Send + Sync + 'static>(error: &HarnessError) -> &E {
    error
        .contract_error::<E>()
        .unwrap_or_else(|| panic!("not that contract's error: {error:?}"))
}
