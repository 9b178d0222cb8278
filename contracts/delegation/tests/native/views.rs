//! What is seen of the contract.

use cosmwasm_std::Uint128;
use palisade_math::{Magnitude, FULL_MAGNITUDE};
use palisade_types::delegation::{
    PoolResponse, PositionResponse, QueryMsg, StakedResponse, UnbondingResponse,
};

use super::chain::{World, ASSET, DAY};

impl World {
    pub fn pool(&mut self, operator: &str) -> PoolResponse {
        let pools: Vec<PoolResponse> = self.ask(QueryMsg::Pools {
            operator: self.who(operator).into_string(),
            start_after: None,
            limit: None,
        });
        pools.into_iter().find(|pool| pool.asset == ASSET).unwrap()
    }

    pub fn tokens(&mut self, operator: &str) -> u128 {
        let pool = self.pool(operator);
        assert!(pool.magnitude.value <= Uint128::new(FULL_MAGNITUDE));
        pool.tokens.u128()
    }

    pub fn magnitude(&mut self, operator: &str) -> Magnitude {
        self.pool(operator).magnitude
    }

    pub fn standing(&mut self, operator: &str) -> StakedResponse {
        self.ask(QueryMsg::Staked {
            operator: self.who(operator).into_string(),
            asset: ASSET.to_string(),
        })
    }

    pub fn value(&mut self, owner: &str) -> u128 {
        let positions: Vec<PositionResponse> = self.ask(QueryMsg::Positions {
            owner: self.who(owner).into_string(),
            start_after: None,
            limit: None,
        });
        positions.iter().map(|position| position.value.u128()).sum()
    }

    pub fn unbonding(&mut self, owner: &str) -> u128 {
        let entries: Vec<UnbondingResponse> = self.ask(QueryMsg::Unbondings {
            owner: self.who(owner).into_string(),
            start_after: None,
            limit: None,
        });
        entries.iter().map(|entry| entry.value.u128()).sum()
    }

    pub fn epoch(&self) -> u64 {
        (self.env.block.time.seconds() - 1_000_000) / DAY
    }
}
