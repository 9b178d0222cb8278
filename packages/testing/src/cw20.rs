//! cw20 tokens, by the cw20-base contract.

use cosmwasm_std::{Addr, Binary, Uint128};
use cw20::{BalanceResponse, Cw20Coin, Cw20ExecuteMsg, Cw20QueryMsg, MinterResponse};
use cw_multi_test::AppResponse;

use crate::chain::Chain;
use crate::contract::TestContract;
use crate::error::HarnessResult;

impl Chain {
    /// Creates a cw20 token with 6 decimals and these first balances. `minter` may make more of it.
    pub fn create_cw20(
        &mut self,
        symbol: &str,
        balances: &[(&Addr, u128)],
        minter: Option<&Addr>,
    ) -> HarnessResult<Addr> {
        let code_id = match self.cw20_code {
            Some(code_id) => code_id,
            None => self.store(TestContract::new(
                cw20_base::contract::execute,
                cw20_base::contract::instantiate,
                cw20_base::contract::query,
            )),
        };
        self.cw20_code = Some(code_id);
        let initial_balances = balances
            .iter()
            .map(|(address, amount)| Cw20Coin {
                address: address.to_string(),
                amount: Uint128::new(*amount),
            })
            .collect();
        let msg = cw20_base::msg::InstantiateMsg {
            name: format!("{symbol} token"),
            symbol: symbol.to_string(),
            decimals: 6,
            initial_balances,
            mint: minter.map(|minter| MinterResponse {
                minter: minter.to_string(),
                cap: None,
            }),
            marketing: None,
        };
        let deployer = self.account("deployer");
        self.instantiate(code_id, &deployer, &msg, symbol)
    }

    /// How much of a cw20 token an address has.
    pub fn cw20_balance(&self, token: &Addr, of: &Addr) -> HarnessResult<u128> {
        let msg = Cw20QueryMsg::Balance {
            address: of.to_string(),
        };
        let response: BalanceResponse = self.query(token, &msg)?;
        Ok(response.balance.u128())
    }

    /// Sends cw20 tokens to a contract, and calls it with `msg`.
    pub fn cw20_send(
        &mut self,
        token: &Addr,
        from: &Addr,
        contract: &Addr,
        amount: u128,
        msg: Binary,
    ) -> HarnessResult<AppResponse> {
        let msg = Cw20ExecuteMsg::Send {
            contract: contract.to_string(),
            amount: Uint128::new(amount),
            msg,
        };
        self.execute(from, token, &msg, &[])
    }

    /// Transfers cw20 tokens.
    pub fn cw20_transfer(
        &mut self,
        token: &Addr,
        from: &Addr,
        to: &Addr,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        let msg = Cw20ExecuteMsg::Transfer {
            recipient: to.to_string(),
            amount: Uint128::new(amount),
        };
        self.execute(from, token, &msg, &[])
    }

    /// Allows `spender` to take cw20 tokens.
    pub fn cw20_allow(
        &mut self,
        token: &Addr,
        owner: &Addr,
        spender: &Addr,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        let msg = Cw20ExecuteMsg::IncreaseAllowance {
            spender: spender.to_string(),
            amount: Uint128::new(amount),
            expires: None,
        };
        self.execute(owner, token, &msg, &[])
    }

    /// Makes more of a cw20 token, as its minter.
    pub fn cw20_mint(
        &mut self,
        token: &Addr,
        minter: &Addr,
        to: &Addr,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        let msg = Cw20ExecuteMsg::Mint {
            recipient: to.to_string(),
            amount: Uint128::new(amount),
        };
        self.execute(minter, token, &msg, &[])
    }
}
