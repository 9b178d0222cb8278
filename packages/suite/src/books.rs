use cosmwasm_std::Uint128;
use palisade_types::delegation::{BucketResponse, OperatorResponse, PoolResponse, QueryMsg};
use palisade_types::vault::{self, BooksResponse};

use crate::Suite;

/// Where every token of an asset is, by both contracts that count them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// The vault's balance, as the token says.
    pub balance: u128,
    /// Idle, by the vault.
    pub idle: u128,
    /// Entrusted to delegation, by the vault.
    pub staked: u128,
    /// Seized and not paid out, by the vault.
    pub seized: u128,
    /// Active in pools, by delegation.
    pub pools: u128,
    /// In buckets that were not claimed, by delegation.
    pub buckets: u128,
    /// Counted dust, by delegation.
    pub dust: u128,
}

impl Books {
    /// Whether every token is counted exactly once.
    #[must_use]
    pub fn balance_to_the_unit(&self) -> bool {
        self.balance == self.idle + self.staked + self.seized
            && self.staked == self.pools + self.buckets + self.dust
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
        let (mut pools, mut buckets) = (0, 0);
        for operator in self.operators() {
            if let Some(pool) = self.pool_of(&operator, asset) {
                pools += pool.tokens.u128();
                buckets += self.bucket_tokens(&operator, asset);
            }
        }
        Books {
            balance: vault.balance.u128(),
            idle: vault.idle.u128(),
            staked: vault.staked.u128(),
            seized: vault.seized.u128(),
            pools,
            buckets,
            dust: dust.u128(),
        }
    }

    fn operators(&self) -> Vec<String> {
        let query = QueryMsg::Operators {
            start_after: None,
            limit: Some(100),
        };
        let operators: Vec<OperatorResponse> = self.ask(&self.delegation, &query);
        operators
            .into_iter()
            .map(|o| o.operator.into_string())
            .collect()
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
