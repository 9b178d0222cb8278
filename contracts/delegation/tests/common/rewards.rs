//! Verbs and views of rewards. The account that plays the allocation contract pays; operators keep 10 %.

use cosmwasm_std::{coin, coins, Addr, Uint128};
use cw_multi_test::{BankSudo, Executor};
use palisade_testing::TestContract;
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::{ExecuteMsg, FlowResponse, PoolKey, QueryMsg, RewardsResponse};
use palisade_types::token::{Token, TokenAmount};

use super::{Outcome, Suite, ATOM, PERIOD};

/// A denom in which rewards are paid, and no asset.
pub const GOLD: &str = "ugold";

pub fn parts(parts: &[(&str, u128)]) -> Vec<AssetAmount> {
    parts
        .iter()
        .map(|(asset, amount)| AssetAmount {
            asset: (*asset).to_string(),
            amount: Uint128::new(*amount),
        })
        .collect()
}

impl Suite {
    pub fn mint(&mut self, to: &Addr, amount: u128, denom: &str) {
        let mint = BankSudo::Mint {
            to_address: to.to_string(),
            amount: coins(amount, denom),
        };
        self.app.sudo(mint.into()).unwrap();
    }

    /// Rewards of an operator's pools in a denom, at somebody else's harvest.
    pub fn reward(&mut self, operator: &str, denom: &str, of: &[(&str, u128)]) -> Outcome {
        self.reward_by("allocation", operator, denom, of, false)
    }

    pub fn reward_by(
        &mut self,
        sender: &str,
        operator: &str,
        denom: &str,
        of: &[(&str, u128)],
        by_operator: bool,
    ) -> Outcome {
        let msg = ExecuteMsg::Reward {
            operator: self.who(operator).to_string(),
            parts: parts(of),
            by_operator,
        };
        let sender = self.who(sender);
        let amount: u128 = of.iter().map(|(_, amount)| amount).sum();
        self.mint(&sender, amount, denom);
        let funds = [coin(amount, denom)];
        self.app
            .execute_contract(sender, self.delegation.clone(), &msg, &funds)
    }

    /// Rewards in a cw20 of which the allocation account has enough.
    pub fn reward_cw20(&mut self, operator: &str, token: &Addr, of: &[(&str, u128)]) -> Outcome {
        let amount: u128 = of.iter().map(|(_, amount)| amount).sum();
        let transfer = cw20::Cw20ExecuteMsg::Transfer {
            recipient: self.delegation.to_string(),
            amount: amount.into(),
        };
        let sender = self.allocation.clone();
        self.app
            .execute_contract(sender, token.clone(), &transfer, &[])?;
        let msg = ExecuteMsg::RewardCw20 {
            token: token.to_string(),
            operator: self.who(operator).to_string(),
            parts: parts(of),
            by_operator: false,
        };
        self.execute("allocation", &msg)
    }

    /// A cw20 of which `holder` has `amount`, and no asset.
    pub fn cw20(&mut self, symbol: &str, holder: &str, amount: u128) -> Addr {
        let code = self.app.store_code(Box::new(TestContract::new(
            cw20_base::contract::execute,
            cw20_base::contract::instantiate,
            cw20_base::contract::query,
        )));
        let msg = cw20_base::msg::InstantiateMsg {
            name: symbol.to_string(),
            symbol: symbol.to_string(),
            decimals: 6,
            initial_balances: vec![cw20::Cw20Coin {
                address: self.who(holder).to_string(),
                amount: Uint128::new(amount),
            }],
            mint: None,
            marketing: None,
        };
        let owner = self.owner.clone();
        self.app
            .instantiate_contract(code, owner, &msg, &[], symbol, None)
            .unwrap()
    }

    pub fn cw20_balance(&self, token: &Addr, of: &str) -> u128 {
        let msg = cw20::Cw20QueryMsg::Balance {
            address: self.who(of).to_string(),
        };
        let found: cw20::BalanceResponse = self.app.wrap().query_wasm_smart(token, &msg).unwrap();
        found.balance.u128()
    }

    pub fn bank(&self, of: &Addr, denom: &str) -> u128 {
        let balance = self.app.wrap().query_balance(of, denom).unwrap();
        balance.amount.u128()
    }

    /// What somebody has of a denom.
    pub fn purse(&self, of: &str, denom: &str) -> u128 {
        self.bank(&self.who(of), denom)
    }

    pub fn pool_key(&self, operator: &str, asset: &str) -> PoolKey {
        PoolKey {
            operator: self.who(operator).to_string(),
            asset: asset.to_string(),
        }
    }

    /// A claim of everything.
    pub fn claim_rewards(&mut self, staker: &str) -> Outcome {
        self.claim_some(staker, None, None)
    }

    pub fn claim_some(
        &mut self,
        staker: &str,
        pools: Option<Vec<PoolKey>>,
        tokens: Option<Vec<Token>>,
    ) -> Outcome {
        let msg = ExecuteMsg::ClaimRewards {
            pools,
            tokens,
            recipient: None,
        };
        self.execute(staker, &msg)
    }

    pub fn claim_commission(&mut self, operator: &str) -> Outcome {
        let msg = ExecuteMsg::ClaimCommission {
            tokens: None,
            recipient: None,
        };
        self.execute(operator, &msg)
    }

    pub fn compound(&mut self, staker: &str, tokens: Vec<Token>) -> Outcome {
        let pools = None;
        self.execute(staker, &ExecuteMsg::Compound { pools, tokens })
    }

    pub fn rewards(&self, staker: &str) -> Vec<RewardsResponse> {
        self.query(&QueryMsg::Rewards {
            owner: self.who(staker).to_string(),
            start_after: None,
            limit: Some(10),
        })
    }

    /// What a staker can claim in a denom of one pool.
    pub fn owed_of(&self, staker: &str, operator: &str, asset: &str, denom: &str) -> u128 {
        let pool = self.pool_key(operator, asset);
        let rewards = self.rewards(staker);
        let rewards = rewards.iter().filter(|r| r.pool == pool);
        amount_in(rewards.flat_map(|r| &r.rewards), &Token::native(denom))
    }

    /// What a staker can claim in a denom of the pool of atoms behind `op`.
    pub fn owed(&self, staker: &str, denom: &str) -> u128 {
        self.owed_of(staker, "op", ATOM, denom)
    }

    /// What a staker can claim in a token altogether.
    pub fn owed_in(&self, staker: &str, token: &Token) -> u128 {
        let rewards = self.rewards(staker);
        amount_in(rewards.iter().flat_map(|r| &r.rewards), token)
    }

    pub fn commission(&self, operator: &str, denom: &str) -> u128 {
        let owed: Vec<TokenAmount> = self.query(&QueryMsg::CommissionOwed {
            operator: self.who(operator).to_string(),
            start_after: None,
            limit: None,
        });
        amount_in(owed.iter(), &Token::native(denom))
    }

    pub fn flows(&self, operator: &str, asset: &str) -> Vec<FlowResponse> {
        let PoolKey { operator, asset } = self.pool_key(operator, asset);
        self.query(&QueryMsg::Flows { operator, asset })
    }

    /// (waiting, flowing) of the first token of the pool of atoms behind `op`.
    pub fn stream(&self) -> (u128, u128) {
        let flows = self.flows("op", ATOM);
        let flow = flows.first().unwrap();
        (flow.waiting.u128(), flow.flowing.u128())
    }

    /// To the start of the next reward period.
    pub fn next_period(&mut self) {
        let config: palisade_types::delegation::ConfigResponse = self.query(&QueryMsg::Config {});
        let since = self.now().nanos() - config.genesis.nanos();
        let period = PERIOD * 1_000_000_000;
        let left = period - since % period;
        self.app.update_block(|block| {
            block.height += 1;
            block.time = block.time.plus_nanos(left);
        });
    }
}

fn amount_in<'a>(amounts: impl Iterator<Item = &'a TokenAmount>, token: &Token) -> u128 {
    amounts
        .filter(|amount| amount.token == *token)
        .map(|amount| amount.amount.u128())
        .sum()
}
