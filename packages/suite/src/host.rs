use cosmwasm_std::{coins, to_json_binary, Addr, Binary, Decimal, Uint128};
use cw_multi_test::AppResponse;
use ed25519_zebra::{SigningKey, VerificationKey};
use palisade_testing::HarnessResult;
use palisade_types::allocation::{
    key_proof_message, Admission, KeyProof, MemberResponse, ServiceId, ServiceTerms, SliceShare,
};
use palisade_types::delegation::{Commission, OperatorMetadata, PoolResponse, PositionResponse};
use palisade_types::slashing::{NewService, Penalty, Proceeds, ServiceSettings, Source};
use palisade_types::{allocation, delegation, slashing, vault};

use crate::deploy::{ATOM, DENOM, EVIDENCE_AGE, STATOM};
use crate::Suite;

/// Terms that a test changes as it likes: both assets, open to all.
#[must_use]
pub fn terms(max_slash: Decimal, keyed: bool) -> ServiceTerms {
    ServiceTerms {
        name: "a service".to_string(),
        max_slash,
        assets: vec![ATOM.to_string(), STATOM.to_string()],
        keyed,
        admission: Admission::Open {},
        min_power: Uint128::zero(),
        max_operators: 200,
        max_share: Decimal::one(),
    }
}

/// A penalty.
#[must_use]
pub fn penalty(kind: &str, fraction: Decimal, jail: u64, tombstone: bool) -> Penalty {
    Penalty {
        kind: kind.to_string(),
        fraction,
        jail,
        tombstone,
    }
}

/// Settings that a test changes as it likes: executed at once, burned, nothing to prove.
#[must_use]
pub fn settings() -> ServiceSettings {
    ServiceSettings {
        evidence_age: EVIDENCE_AGE,
        dispute: None,
        proceeds: Proceeds::Burn {},
        bounty: Decimal::zero(),
        chain_id: None,
    }
}

/// A slice to ask for, in percent of the pool.
#[must_use]
pub fn slice(asset: &str, percent: u64) -> SliceShare {
    SliceShare {
        asset: asset.to_string(),
        share: Decimal::percent(percent),
    }
}

/// The consensus key of a name: the same every time.
#[must_use]
pub fn key_of(name: &str) -> Binary {
    Binary::from(<[u8; 32]>::from(VerificationKey::from(&signing_key(name))))
}

pub(crate) fn signing_key(name: &str) -> SigningKey {
    let mut seed = [0u8; 32];
    for (byte, from) in seed.iter_mut().zip(name.bytes().cycle()) {
        *byte = from;
    }
    SigningKey::from(seed)
}

impl Suite {
    /// Registers `name` as an operator without commission.
    pub fn register_operator(&mut self, name: &str) -> Addr {
        self.register_operator_with(name, 0)
    }

    /// Registers `name` as an operator with a commission, in percent.
    pub fn register_operator_with(&mut self, name: &str, commission: u64) -> Addr {
        let msg = delegation::ExecuteMsg::RegisterOperator {
            metadata: OperatorMetadata {
                name: name.to_string(),
                website: String::new(),
                details: String::new(),
            },
            commission: Commission {
                rate: Decimal::percent(commission),
                max_rate: Decimal::one(),
                max_daily_change: Decimal::percent(1),
            },
            restricted: false,
        };
        let delegation = self.delegation.clone();
        self.on_host(name, &delegation, &msg);
        self.host(name)
    }

    /// Registers a service of `admin` with the penalties of a chain: double-sign at `max_slash` and
    /// out for good, downtime at a hundredth of it and an hour of jail.
    pub fn register_service(
        &mut self,
        admin: &str,
        terms: ServiceTerms,
        source: Source,
        settings: ServiceSettings,
    ) -> ServiceId {
        let max_slash = terms.max_slash;
        let penalties = vec![
            penalty("double_sign", max_slash, 0, true),
            penalty("downtime", max_slash * Decimal::percent(1), 3_600, false),
        ];
        let msg = slashing::ExecuteMsg::RegisterService(NewService {
            terms,
            source,
            penalties,
            settings,
        });
        let slashing = self.slashing.clone();
        self.on_host(admin, &slashing, &msg);
        let query = slashing::QueryMsg::Services {
            start_after: None,
            limit: Some(100),
        };
        let services: Vec<slashing::ServiceResponse> = self.ask(&slashing, &query);
        services.last().unwrap().service
    }

    /// A local service that `slasher` slashes for.
    pub fn register_local(&mut self, slasher: &str, max_slash: Decimal) -> ServiceId {
        let source = Source::Local {
            slasher: self.host(slasher).to_string(),
        };
        self.register_service(slasher, terms(max_slash, false), source, settings())
    }

    /// A consumer chain's service, with its channel open. Its double-signs can be proved.
    pub fn register_consumer(&mut self, max_slash: Decimal) -> ServiceId {
        self.register_consumer_with(max_slash, settings())
    }

    /// A consumer chain's service with other settings, with its channel open.
    pub fn register_consumer_with(
        &mut self,
        max_slash: Decimal,
        settings: ServiceSettings,
    ) -> ServiceId {
        let settings = ServiceSettings {
            chain_id: Some(self.net.consumer.block().chain_id),
            ..settings
        };
        let terms = terms(max_slash, true);
        let service = self.register_service("consumer-admin", terms, Source::Ibc {}, settings);
        self.open_channel(service);
        service
    }

    /// The proof that the key called `key` is held by `operator`.
    #[must_use]
    pub fn key_proof(&self, service: ServiceId, operator: &str, key: &str) -> KeyProof {
        let message = key_proof_message(
            &self.net.host.block().chain_id,
            self.allocation.as_str(),
            service,
            self.host(operator).as_str(),
        );
        KeyProof {
            key: key_of(key),
            proof: Binary::from(<[u8; 64]>::from(signing_key(key).sign(&message))),
        }
    }

    /// Opts in; with a key of the operator's own name if `keyed`.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_opt_in(
        &mut self,
        operator: &str,
        service: ServiceId,
        keyed: bool,
        slices: Vec<SliceShare>,
    ) -> HarnessResult<AppResponse> {
        let key = keyed.then(|| self.key_proof(service, operator, operator));
        let msg = allocation::ExecuteMsg::OptIn {
            service,
            key,
            slices,
        };
        let allocation = self.allocation.clone();
        self.try_on_host(operator, &allocation, &msg, &[])
    }

    /// Opts in with the same share of both assets.
    pub fn opt_in(&mut self, operator: &str, service: ServiceId, keyed: bool, percent: u64) {
        let slices = vec![slice(ATOM, percent), slice(STATOM, percent)];
        self.try_opt_in(operator, service, keyed, slices).unwrap();
    }

    /// Deposits native tokens made for it; with an operator or idle.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_deposit(
        &mut self,
        staker: &str,
        operator: Option<&str>,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        self.try_deposit_coin(staker, operator, amount, DENOM)
    }

    /// Deposits coins of a denom made for it; with an operator or idle.
    pub(crate) fn try_deposit_coin(
        &mut self,
        staker: &str,
        operator: Option<&str>,
        amount: u128,
        denom: &str,
    ) -> HarnessResult<AppResponse> {
        let sender = self.host(staker);
        self.net.host.mint(&sender, amount, denom).unwrap();
        let msg = vault::ExecuteMsg::Deposit {
            operator: operator.map(|name| self.host(name).to_string()),
            owner: None,
        };
        let vault = self.vault.clone();
        self.try_on_host(staker, &vault, &msg, &coins(amount, denom))
    }

    /// Deposits native tokens behind an operator.
    pub fn deposit(&mut self, staker: &str, operator: &str, amount: u128) {
        self.try_deposit(staker, Some(operator), amount).unwrap();
    }

    /// Deposits cw20 tokens made for it behind an operator.
    pub fn deposit_cw20(&mut self, staker: &str, operator: &str, amount: u128) {
        let (owner, sender) = (self.host("owner"), self.host(staker));
        let (token, vault) = (self.token.clone(), self.vault.clone());
        self.net
            .host
            .cw20_mint(&token, &owner, &sender, amount)
            .unwrap();
        let hook = vault::Cw20HookMsg::Deposit {
            operator: Some(self.host(operator).to_string()),
            owner: None,
        };
        let msg = cw20::Cw20ExecuteMsg::Send {
            contract: vault.to_string(),
            amount: Uint128::new(amount),
            msg: to_json_binary(&hook).unwrap(),
        };
        self.on_host(staker, &token, &msg);
    }

    /// Undelegates an amount, or all.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_undelegate(
        &mut self,
        staker: &str,
        operator: &str,
        asset: &str,
        amount: Option<u128>,
    ) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::Undelegate {
            operator: self.host(operator).to_string(),
            asset: asset.to_string(),
            amount: amount.map(Uint128::new),
        };
        let delegation = self.delegation.clone();
        self.try_on_host(staker, &delegation, &msg, &[])
    }

    /// Claims what matured.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_claim(
        &mut self,
        staker: &str,
        operator: &str,
        asset: &str,
    ) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::Claim {
            operator: self.host(operator).to_string(),
            asset: asset.to_string(),
            recipient: None,
        };
        let delegation = self.delegation.clone();
        self.try_on_host(staker, &delegation, &msg, &[])
    }

    /// Syncs whole passes until one is complete. Returns the number of updates made.
    pub fn sync(&mut self, service: ServiceId) -> u64 {
        let slashing = self.slashing.clone();
        let before = self.service(service).last_update.u64();
        for _ in 0..20 {
            let msg = slashing::ExecuteMsg::Sync {
                service,
                limit: None,
            };
            self.on_host("anybody", &slashing, &msg);
            let state = self.service(service);
            if state.sync_cursor.is_none() {
                return state.last_update.u64() - before;
            }
        }
        panic!("the sync of service {service} does not end");
    }

    /// Lets promises take effect, syncs, and delivers what comes of it.
    pub fn settle(&mut self, service: ServiceId) {
        self.wait(ALLOCATION_DELAY_AND_ONE);
        self.sync(service);
        self.net.relay_all().unwrap();
    }

    /// A service as the slashing contract knows it.
    #[must_use]
    pub fn service(&self, service: ServiceId) -> slashing::ServiceResponse {
        self.ask(&self.slashing, &slashing::QueryMsg::Service { service })
    }

    /// An operator in a service.
    #[must_use]
    pub fn member(&self, service: ServiceId, operator: &str) -> MemberResponse {
        let query = allocation::QueryMsg::Member {
            service,
            operator: self.host(operator).to_string(),
        };
        self.ask(&self.allocation, &query)
    }

    /// A pool; none if nothing was ever staked.
    #[must_use]
    pub fn pool(&self, operator: &str, asset: &str) -> Option<PoolResponse> {
        let query = delegation::QueryMsg::Pools {
            operator: self.host(operator).to_string(),
            start_after: None,
            limit: None,
        };
        let pools: Vec<PoolResponse> = self.ask(&self.delegation, &query);
        pools.into_iter().find(|pool| pool.asset == asset)
    }

    /// Active stake of a pool.
    #[must_use]
    pub fn stake(&self, operator: &str, asset: &str) -> u128 {
        self.pool(operator, asset)
            .map_or(0, |pool| pool.tokens.u128())
    }

    /// What a staker's active position is worth.
    #[must_use]
    pub fn position(&self, staker: &str, operator: &str, asset: &str) -> u128 {
        let query = delegation::QueryMsg::Positions {
            owner: self.host(staker).to_string(),
            start_after: None,
            limit: Some(100),
        };
        let positions: Vec<PositionResponse> = self.ask(&self.delegation, &query);
        let operator = self.host(operator);
        positions
            .iter()
            .find(|p| p.pool.operator == operator.as_str() && p.pool.asset == asset)
            .map_or(0, |p| p.value.u128())
    }
}

const ALLOCATION_DELAY_AND_ONE: u64 = crate::deploy::ALLOCATION_DELAY + 1;
