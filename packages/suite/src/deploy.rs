use cosmwasm_std::{Addr, Decimal, Uint128};
use palisade_ibc::{Peer, ORDER, VERSION};
use palisade_testing::{Channel, Network, Side, TestContract};
use palisade_types::asset::{AssetKind, RateSource};
use palisade_types::{allocation, delegation, gateway, slashing, vault};

use crate::Suite;

/// Seconds of an epoch.
pub const EPOCH: u64 = 86_400;
/// Seconds of unbonding.
pub const UNBONDING: u64 = 7 * EPOCH;
/// Seconds of a reward period: rewards of one flow through the next.
pub const REWARD_PERIOD: u64 = EPOCH;
/// Seconds until an increase takes effect.
pub const ALLOCATION_DELAY: u64 = 2 * EPOCH;
/// Seconds from acknowledgement until a decrease takes effect.
pub const DEALLOCATION_DELAY: u64 = 7 * EPOCH;
/// Most seconds to wait for an acknowledgement.
pub const MAX_LAG: u64 = EPOCH;
/// Seconds until a packet times out.
pub const PACKET_TIMEOUT: u64 = 3_600;
/// Seconds for which an infraction can be punished.
pub const EVIDENCE_AGE: u64 = 5 * EPOCH;
/// Every bucket of the throttle, in units of value: more than any test slashes in an epoch, unless
/// it lowers it.
pub const THROTTLE: u128 = 1_000_000_000_000_000_000_000_000;
/// The native asset, rate 1.
pub const ATOM: &str = "atom";
/// Its denom.
pub const DENOM: &str = "uatom";
/// The cw20 asset, rate 1.1.
pub const STATOM: &str = "statom";

macro_rules! contract {
    ($name:ident) => {
        TestContract::new(
            $name::contract::execute,
            $name::contract::instantiate,
            $name::contract::query,
        )
        .with_migrate($name::contract::migrate)
    };
}

macro_rules! with_ibc {
    ($contract:expr, $name:ident) => {
        $contract.with_ibc(
            $name::ibc::ibc_channel_open,
            $name::ibc::ibc_channel_connect,
            $name::ibc::ibc_channel_close,
            $name::ibc::ibc_packet_receive,
            $name::ibc::ibc_packet_ack,
            $name::ibc::ibc_packet_timeout,
        )
    };
}

/// The contracts as they ship.
pub mod contracts {
    use super::TestContract;

    /// The vault.
    #[must_use]
    pub fn vault() -> TestContract {
        contract!(palisade_vault)
            .with_destination_callback(palisade_vault::contract::ibc_destination_callback)
    }

    /// The delegation contract.
    #[must_use]
    pub fn delegation() -> TestContract {
        contract!(palisade_delegation)
    }

    /// The allocation contract.
    #[must_use]
    pub fn allocation() -> TestContract {
        contract!(palisade_allocation)
            .with_reply(palisade_allocation::contract::reply)
            .with_destination_callback(palisade_allocation::contract::ibc_destination_callback)
    }

    /// The slashing contract.
    #[must_use]
    pub fn slashing() -> TestContract {
        let contract = contract!(palisade_slashing).with_reply(palisade_slashing::contract::reply);
        with_ibc!(contract, palisade_slashing)
    }

    /// The staker.
    #[must_use]
    pub fn staker() -> TestContract {
        contract!(palisade_staker).with_reply(palisade_staker::contract::reply)
    }

    /// The gateway.
    #[must_use]
    pub fn gateway() -> TestContract {
        let contract = contract!(palisade_gateway)
            .with_reply(palisade_gateway::contract::reply)
            .with_sudo(palisade_gateway::contract::sudo);
        with_ibc!(contract, palisade_gateway)
    }
}

impl Suite {
    /// Deploys and connects all contracts, stores the code of the staker, registers two assets,
    /// opens a channel for ICS-20. No operator, no service, no channel of a service yet.
    #[must_use]
    pub fn new() -> Self {
        let mut net = Network::new();
        let owner = net.host.account("owner");
        let guardian = Some(net.host.account("guardian").to_string());
        let stored = |net: &mut Network, contract| net.host.store(contract);

        let code = stored(&mut net, contracts::vault());
        let msg = vault::InstantiateMsg {
            owner: owner.to_string(),
            guardian: guardian.clone(),
        };
        let vault = net.host.instantiate(code, &owner, &msg, "vault").unwrap();
        let code = stored(&mut net, contracts::delegation());
        let msg = delegation::InstantiateMsg {
            owner: owner.to_string(),
            guardian: guardian.clone(),
            vault: vault.to_string(),
            epoch_length: EPOCH,
            unbonding_period: UNBONDING,
            reward_period: REWARD_PERIOD,
        };
        let delegation = net
            .host
            .instantiate(code, &owner, &msg, "delegation")
            .unwrap();
        let code = stored(&mut net, contracts::allocation());
        let msg = allocation::InstantiateMsg {
            owner: owner.to_string(),
            guardian: guardian.clone(),
            delegation: delegation.to_string(),
            allocation_delay: ALLOCATION_DELAY,
            deallocation_delay: DEALLOCATION_DELAY,
            max_lag: MAX_LAG,
        };
        let allocation = net
            .host
            .instantiate(code, &owner, &msg, "allocation")
            .unwrap();
        let code = stored(&mut net, contracts::slashing());
        let msg = slashing::InstantiateMsg {
            owner: owner.to_string(),
            guardian,
            allocation: allocation.to_string(),
            packet_timeout: PACKET_TIMEOUT,
            bounce_max: EPOCH,
            execution_grace: EPOCH,
            throttle: slashing::ThrottleParams {
                period: EPOCH,
                most: Uint128::new(THROTTLE),
                shared: Uint128::new(THROTTLE),
                service: slashing::Buckets {
                    limit: Uint128::new(THROTTLE),
                    reserved: Uint128::new(THROTTLE),
                },
            },
        };
        let slashing = net
            .host
            .instantiate(code, &owner, &msg, "slashing")
            .unwrap();
        let token = net.host.create_cw20("STATOM", &[], Some(&owner)).unwrap();
        let gateway = deploy_gateway(&mut net, &slashing);
        let staker_code = stored(&mut net, contracts::staker());
        let transfer = net.open_transfer_channel().unwrap();
        let mut suite = Self {
            net,
            vault,
            delegation,
            allocation,
            slashing,
            gateway,
            token,
            staker_code,
            transfer,
        };
        suite.wire();
        suite.register_assets();
        suite
    }

    fn wire(&mut self) {
        let (vault, delegation) = (self.vault.clone(), self.delegation.clone());
        let (allocation, slashing) = (self.allocation.clone(), self.slashing.clone());
        let msg = vault::ExecuteMsg::Connect {
            delegation: delegation.to_string(),
        };
        self.on_host("owner", &vault, &msg);
        let msg = delegation::ExecuteMsg::Connect {
            allocation: allocation.to_string(),
        };
        self.on_host("owner", &delegation, &msg);
        let msg = allocation::ExecuteMsg::Connect {
            slashing: slashing.to_string(),
        };
        self.on_host("owner", &allocation, &msg);
    }

    fn register_assets(&mut self) {
        let native = AssetKind::Native {
            denom: DENOM.to_string(),
        };
        let cw20 = AssetKind::Cw20 {
            address: self.token.to_string(),
        };
        for (id, kind, rate) in [
            (ATOM, native, Decimal::one()),
            (STATOM, cw20, Decimal::percent(110)),
        ] {
            self.register_asset(id, kind, rate);
        }
    }

    /// Registers an asset with a fixed rate, of which any amount may be deposited.
    pub fn register_asset(&mut self, id: &str, kind: AssetKind, rate: Decimal) {
        let msg = vault::ExecuteMsg::RegisterAsset(vault::NewAsset {
            id: id.to_string(),
            kind,
            rate: RateSource::Fixed { rate },
            weight: Decimal::one(),
            cap: Uint128::new(10u128.pow(31)),
            minimum: Uint128::one(),
        });
        let vault = self.vault.clone();
        self.on_host("owner", &vault, &msg);
    }

    /// The gateway as the host sees it.
    #[must_use]
    pub fn peer(&self) -> Peer {
        Peer {
            connection_id: self.net.connection(Side::Host, Side::Consumer).unwrap(),
            port: self.net.consumer.port(&self.gateway),
        }
    }

    /// Admits the gateway as a service's peer and opens the channel.
    pub fn open_channel(&mut self, service: u32) -> Channel {
        let msg = slashing::ExecuteMsg::SetPeer {
            service,
            peer: Some(self.peer()),
        };
        let slashing = self.slashing.clone();
        self.on_host("owner", &slashing, &msg);
        self.reopen_channel()
    }

    /// Deploys one more gateway of the same host. Verbs go on using the one in `gateway`.
    pub fn add_gateway(&mut self) -> Addr {
        deploy_gateway(&mut self.net, &self.slashing)
    }

    /// Opens a channel between the slashing contract and the gateway.
    pub fn reopen_channel(&mut self) -> Channel {
        let host = self.net.host.port(&self.slashing);
        let consumer = self.net.consumer.port(&self.gateway);
        self.net
            .open_channel(&host, &consumer, ORDER, VERSION)
            .unwrap()
    }
}

fn deploy_gateway(net: &mut Network, slashing: &Addr) -> Addr {
    let owner = net.consumer.account("owner");
    let code = net.consumer.store(contracts::gateway());
    let msg = gateway::InstantiateMsg {
        owner: owner.to_string(),
        guardian: Some(net.consumer.account("guardian").to_string()),
        host: Peer {
            connection_id: net.connection(Side::Consumer, Side::Host).unwrap(),
            port: net.host.port(slashing),
        },
        packet_timeout: PACKET_TIMEOUT,
        history: UNBONDING,
        reporters: vec![net.consumer.account("reporter").to_string()],
    };
    net.consumer
        .instantiate(code, &owner, &msg, "gateway")
        .unwrap()
}
