//! The IBC of one chain: channels, packets, ICS-20 and callbacks, in the order of steps of ibc-go and
//! wasmd.

pub(crate) mod ack;
pub(crate) mod callback;
pub(crate) mod handshake;
pub(crate) mod module;
pub(crate) mod packet;
pub(crate) mod transfer;

use anyhow::Result as AnyResult;
use cosmwasm_std::{
    to_json_binary, Addr, Api, BankMsg, BlockInfo, Coin, CosmosMsg, CustomMsg, CustomQuery,
    QueryRequest, Storage, WasmQuery,
};
use cw_multi_test::{AppResponse, BankSudo, CosmosRouter, SudoMsg, WasmSudo};

use crate::contract::{IbcCall, Reserved};
use crate::error::IbcError;
use crate::overlay::transactional;
use crate::state::ClientView;

/// The port of ICS-20.
pub const TRANSFER_PORT: &str = "transfer";

/// What a step of IBC works on: one chain within one transaction.
pub(crate) struct Ctx<'a, C, Q> {
    pub(crate) api: &'a dyn Api,
    pub(crate) storage: &'a mut dyn Storage,
    pub(crate) router: &'a dyn CosmosRouter<ExecC = C, QueryC = Q>,
    pub(crate) block: &'a BlockInfo,
}

/// Who is behind a port.
pub(crate) enum PortOwner {
    Contract(Addr),
    Transfer,
}

impl<C: CustomMsg, Q: CustomQuery> Ctx<'_, C, Q> {
    /// This chain, as the other one's light client would see it now.
    pub(crate) fn here(&self) -> ClientView {
        ClientView::of(self.block)
    }

    pub(crate) fn owner(&self, port: &str) -> AnyResult<PortOwner> {
        if port == TRANSFER_PORT {
            return Ok(PortOwner::Transfer);
        }
        port.strip_prefix("wasm.")
            .and_then(|address| self.api.addr_validate(address).ok())
            .filter(|address| self.is_contract(address))
            .map(PortOwner::Contract)
            .ok_or_else(|| {
                IbcError::UnknownPort {
                    port: port.to_string(),
                }
                .into()
            })
    }

    fn is_contract(&self, address: &Addr) -> bool {
        let query = QueryRequest::Wasm(WasmQuery::ContractInfo {
            contract_addr: address.to_string(),
        });
        self.router
            .query(self.api, &*self.storage, self.block, query)
            .is_ok()
    }

    /// Calls an IBC entry point, and runs all that follows from it.
    pub(crate) fn call(&mut self, contract: &Addr, call: IbcCall) -> AnyResult<AppResponse> {
        let sudo = WasmSudo {
            contract_addr: contract.clone(),
            message: to_json_binary(&Reserved { call })?,
        };
        self.router
            .sudo(self.api, self.storage, self.block, SudoMsg::Wasm(sudo))
    }

    pub(crate) fn bank(&mut self, sender: &Addr, msg: BankMsg) -> AnyResult<()> {
        let msg = CosmosMsg::Bank(msg);
        self.router
            .execute(self.api, self.storage, self.block, sender.clone(), msg)?;
        Ok(())
    }

    pub(crate) fn mint(&mut self, to: &Addr, coin: Coin) -> AnyResult<()> {
        let mint = BankSudo::Mint {
            to_address: to.to_string(),
            amount: vec![coin],
        };
        self.router
            .sudo(self.api, self.storage, self.block, SudoMsg::Bank(mint))?;
        Ok(())
    }

    /// Runs `part`; if it fails, its writes are gone, and only its writes.
    pub(crate) fn nested<T>(
        &mut self,
        part: impl FnOnce(&mut Ctx<'_, C, Q>) -> AnyResult<T>,
    ) -> AnyResult<T> {
        let (api, router, block) = (self.api, self.router, self.block);
        transactional(&mut *self.storage, |storage| {
            part(&mut Ctx {
                api,
                storage,
                router,
                block,
            })
        })
    }
}
