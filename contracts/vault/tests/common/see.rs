//! What people see, and that nothing changed when it must not.

use cosmwasm_std::{Binary, Delegation};
use cw20::{Cw20QueryMsg, TokenInfoResponse};
use cw_multi_test::AppResponse;
use palisade_testing::HarnessResult;
use palisade_types::asset::{AssetAmount, Destination};
use palisade_types::delegation;
use palisade_types::vault::{
    AssetResponse, BooksResponse, QueryMsg, SeizedResponse, StakerResponse,
};
use palisade_vault::ContractError;
use serde::de::DeserializeOwned;

use super::*;

/// Everything that a message could change: the vault's storage, who holds what, and what the delegation
/// contract was told.
#[derive(PartialEq, Debug)]
pub struct Snapshot(
    Vec<(Vec<u8>, Vec<u8>)>,
    Vec<(String, u128)>,
    Vec<Join>,
    Vec<delegation::ExecuteMsg>,
    Vec<Staked>,
);

/// One of the stakers of [`STAKE`], what it has delegated, and what it remembers.
#[derive(PartialEq, Debug)]
pub struct Staked {
    staker: StakerResponse,
    delegations: Vec<Delegation>,
    memory: Vec<(Vec<u8>, Vec<u8>)>,
}

/// idle, staked, seized, and what the token says.
pub type Books = (u128, u128, u128, u128);

impl Suite {
    pub fn query<R: DeserializeOwned>(&self, msg: &QueryMsg) -> R {
        self.net.host.query(&self.vault, msg).unwrap()
    }

    pub fn query_error(&self, msg: &QueryMsg) -> String {
        let answer: HarnessResult<Binary> = self.net.host.query(&self.vault, msg);
        answer.unwrap_err().to_string()
    }

    pub fn asset(&self, asset: &str) -> AssetResponse {
        self.query(&QueryMsg::Asset {
            asset: asset.into(),
        })
    }

    pub fn books(&self, asset: &str) -> Books {
        let books: BooksResponse = self.query(&QueryMsg::Books {
            asset: asset.into(),
        });
        (
            books.idle.u128(),
            books.staked.u128(),
            books.seized.u128(),
            books.balance.u128(),
        )
    }

    pub fn idle(&self, who: &str) -> Vec<(String, u128)> {
        let idle: Vec<AssetAmount> = self.query(&QueryMsg::Idle {
            owner: self.account(who).to_string(),
            start_after: None,
            limit: None,
        });
        idle.into_iter()
            .map(|idle| (idle.asset, idle.amount.u128()))
            .collect()
    }

    pub fn seized(&self, asset: &str) -> Vec<(Destination, u128)> {
        let booked = self.booked(asset).into_iter();
        booked.map(|(_, to, amount)| (to, amount)).collect()
    }

    /// Under which name what is seized is booked: of the natively staked asset, for val alone.
    pub fn pot(&self, asset: &str) -> String {
        match asset {
            STAKE => self.pot_of("val"),
            _ => asset.into(),
        }
    }

    /// The same for any operator.
    pub fn pot_of(&self, operator: &str) -> String {
        format!("{STAKE}/{}", self.account(operator))
    }

    /// What was seized of natively staked tokens behind an operator.
    pub fn seized_behind(&self, operator: &str) -> Vec<(Destination, u128)> {
        let seized: Vec<SeizedResponse> = self.query(&QueryMsg::Seized {
            asset: self.pot_of(operator),
            start_after: None,
            limit: None,
        });
        seized
            .into_iter()
            .map(|seized| (seized.destination, seized.amount.u128()))
            .collect()
    }

    /// What was seized, with the accounts.
    pub fn booked(&self, asset: &str) -> Vec<(u32, Destination, u128)> {
        let seized: Vec<SeizedResponse> = self.query(&QueryMsg::Seized {
            asset: self.pot(asset),
            start_after: None,
            limit: None,
        });
        seized
            .into_iter()
            .map(|seized| (seized.account, seized.destination, seized.amount.u128()))
            .collect()
    }

    /// What somebody holds of an asset's token outside of the vault.
    pub fn purse(&self, who: &str, asset: &str) -> u128 {
        let who = self.account(who);
        let chain = &self.net.host;
        match asset {
            ATOM => chain.balance(&who, UATOM),
            LST => chain.balance(&who, ULST),
            STAKE => chain.balance(&who, USTAKE),
            _ => chain.cw20_balance(&self.gold, &who),
        }
        .unwrap()
    }

    /// How much there is of an asset's token.
    pub fn supply(&self, asset: &str) -> u128 {
        let chain = &self.net.host;
        match asset {
            ATOM => chain.supply(UATOM).unwrap().u128(),
            LST => chain.supply(ULST).unwrap().u128(),
            STAKE => chain.supply(USTAKE).unwrap().u128(),
            _ => {
                let info: TokenInfoResponse = chain
                    .query(&self.gold, &Cw20QueryMsg::TokenInfo {})
                    .unwrap();
                info.total_supply.u128()
            }
        }
    }

    /// What the delegation contract was told, in that order: owner, operator, asset, amount.
    pub fn joins(&self) -> Vec<Join> {
        self.net
            .host
            .query(&self.delegation, &Ask::Joins {})
            .unwrap()
    }

    pub fn join_of(&self, owner: &str, operator: &str, asset: &str, amount: u128) -> Join {
        Join {
            owner: self.account(owner).to_string(),
            operator: self.account(operator).to_string(),
            asset: asset.into(),
            amount: amount.into(),
            bound: false,
        }
    }

    /// What else the delegation contract was told.
    pub fn heard(&self) -> Vec<delegation::ExecuteMsg> {
        self.net
            .host
            .query(&self.delegation, &Ask::Heard {})
            .unwrap()
    }

    pub fn snapshot(&self) -> Snapshot {
        let mut purses = vec![];
        for asset in [ATOM, GOLD, LST, STAKE] {
            for who in USERS.iter().chain(&["treasury", "stranger"]) {
                purses.push((format!("{who} {asset}"), self.purse(who, asset)));
            }
            purses.push((asset.to_string(), self.supply(asset)));
        }
        Snapshot(
            self.net.host.app.dump_wasm_raw(&self.vault),
            purses,
            self.joins(),
            self.heard(),
            self.delegated(),
        )
    }

    /// All stakers of [`STAKE`].
    fn delegated(&self) -> Vec<Staked> {
        let all = QueryMsg::Stakers {
            asset: STAKE.into(),
            start_after: None,
            limit: None,
        };
        let app = &self.net.host.app;
        let stakers: HarnessResult<Vec<StakerResponse>> = self.net.host.query(&self.vault, &all);
        let known = stakers.unwrap_or_default().into_iter();
        known
            .map(|staker| {
                let delegations = app.wrap().query_all_delegations(&staker.staker).unwrap();
                let memory = app.dump_wasm_raw(&staker.staker);
                Staked {
                    staker,
                    delegations,
                    memory,
                }
            })
            .collect()
    }

    /// Does what must be refused for this reason, and checks that it left no trace.
    #[track_caller]
    pub fn refuses(
        &mut self,
        expected: ContractError,
        act: impl FnOnce(&mut Self) -> HarnessResult<AppResponse>,
    ) {
        let before = self.snapshot();
        let error = act(self).expect_err("it was accepted");
        match error.contract_error::<ContractError>() {
            Some(error) => assert_eq!(*error, expected),
            None => panic!("refused by another: {error}"),
        }
        assert_eq!(self.snapshot(), before);
    }
}
