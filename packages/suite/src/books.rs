use cosmwasm_std::Uint128;
use palisade_types::delegation::{BucketResponse, PoolResponse, QueryMsg, StakedResponse};
use palisade_types::staker;
use palisade_types::vault::{self, BooksResponse, StakerResponse};

use crate::native::BOND;
use crate::Suite;

/// Where every token of an asset is, by both contracts that count them, and by the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// The vault's balance, as the token says.
    pub balance: u128,
    /// Bonded with validators, as the chain says.
    pub bonded: u128,
    /// Unbonding, as the chain says.
    pub unbonding: u128,
    /// Unbonded and still with the stakers, as the chain says; rewards are not among it.
    pub arrived: u128,
    /// Idle, by the vault.
    pub idle: u128,
    /// Entrusted to delegation, by the vault.
    pub staked: u128,
    /// Of it, natively staked once and in the vault again, by the vault.
    pub released: u128,
    /// Seized and not paid out, by the vault.
    pub seized: u128,
    /// Of it, natively staked once and in the vault again, by the vault.
    pub payable: u128,
    /// Active in pools, by delegation.
    pub pools: u128,
    /// Staked rewards of the base chain that flow into pools, by delegation.
    pub growing: u128,
    /// In buckets that were not claimed, by delegation.
    pub buckets: u128,
    /// Counted dust, by delegation.
    pub dust: u128,
}

impl Books {
    /// Whether every token is counted exactly once. Of a natively staked asset: after every operator
    /// was reconciled, with no slashed batch on its way.
    #[must_use]
    pub fn balance_to_the_unit(&self) -> bool {
        let tokens = self.balance + self.bonded + self.unbonding + self.arrived;
        tokens == self.idle + self.staked + self.seized
            && self.staked == self.pools + self.growing + self.buckets + self.dust
    }

    /// Whether what the vault holds of a natively staked asset is counted exactly once.
    #[must_use]
    pub fn vault_balances(&self) -> bool {
        self.balance == self.idle + self.released + self.payable
    }
}

impl Suite {
    /// The books of an asset.
    #[must_use]
    pub fn books(&self, asset: &str) -> Books {
        let query = vault::QueryMsg::Books {
            asset: asset.to_string(),
        };
        let vault: BooksResponse = self.ask(&self.vault, &query);
        let dust: Uint128 = self.ask(
            &self.delegation,
            &QueryMsg::Dust {
                asset: asset.to_string(),
            },
        );
        let mut books = Books {
            balance: vault.balance.u128(),
            bonded: 0,
            unbonding: 0,
            arrived: 0,
            idle: vault.idle.u128(),
            staked: vault.staked.u128(),
            released: vault.released.u128(),
            seized: vault.seized.u128(),
            payable: vault.payable.u128(),
            pools: 0,
            growing: 0,
            buckets: 0,
            dust: dust.u128(),
        };
        for operator in self.all_operators() {
            if let Some(pool) = self.pool_of(operator.as_str(), asset) {
                books.pools += pool.tokens.u128();
                books.buckets += self.bucket_tokens(operator.as_str(), asset);
            }
        }
        self.add_native(asset, &mut books);
        books
    }

    /// Adds what the chain holds, of a natively staked asset.
    fn add_native(&self, asset: &str, books: &mut Books) {
        let query = vault::QueryMsg::Stakers {
            asset: asset.to_string(),
            start_after: None,
            limit: Some(100),
        };
        let stakers: Vec<StakerResponse> = self.ask(&self.vault, &query);
        let host = &self.net.host;
        for StakerResponse {
            operator,
            staker,
            validator,
            ..
        } in stakers
        {
            books.bonded += host.bonded(&staker, &validator).unwrap();
            books.unbonding += host.unbonding(&staker, &validator).unwrap();
            let state: staker::State = self.ask(&staker, &staker::QueryMsg::State {});
            books.arrived += host.balance(&staker, BOND).unwrap() - state.rewards.u128();
            let query = QueryMsg::Staked {
                operator: operator.to_string(),
                asset: asset.to_string(),
            };
            let staked: StakedResponse = self.ask(&self.delegation, &query);
            books.growing += staked.growing.u128();
        }
    }

    fn pool_of(&self, operator: &str, asset: &str) -> Option<PoolResponse> {
        let query = QueryMsg::Pools {
            operator: operator.to_string(),
            start_after: None,
            limit: None,
        };
        let pools: Vec<PoolResponse> = self.ask(&self.delegation, &query);
        pools.into_iter().find(|pool| pool.asset == asset)
    }

    fn bucket_tokens(&self, operator: &str, asset: &str) -> u128 {
        let mut start_after = None;
        let mut sum = 0;
        loop {
            let query = QueryMsg::Buckets {
                operator: operator.to_string(),
                asset: asset.to_string(),
                start_after,
                limit: Some(100),
            };
            let page: Vec<BucketResponse> = self.ask(&self.delegation, &query);
            sum += page.iter().map(|b| b.tokens.u128()).sum::<u128>();
            match page.last() {
                Some(last) => start_after = Some(last.epoch),
                None => return sum,
            }
        }
    }
}
