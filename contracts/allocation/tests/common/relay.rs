//! A chain on which a contract may relay, as wasmd lets it: a message of its own brings a packet, and the
//! chain calls whom the packet is for.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, AnyMsg, Api, BlockInfo, CosmosMsg, CustomMsg, CustomQuery,
    Empty, IbcDestinationCallbackMsg, Storage,
};
use cw_multi_test::error::AnyResult;
use cw_multi_test::{
    App, AppResponse, BankKeeper, CosmosRouter, DistributionKeeper, FailingModule,
    GovFailingModule, IbcFailingModule, StakeKeeper, Stargate, SudoMsg, WasmKeeper, WasmSudo,
};
use serde::de::DeserializeOwned;

type Refusing = FailingModule<Empty, Empty, Empty>;
/// The chain.
pub type Chain = App<
    BankKeeper,
    cosmwasm_std::testing::MockApi,
    MockStorage,
    Refusing,
    WasmKeeper<Empty, Empty>,
    StakeKeeper,
    DistributionKeeper,
    IbcFailingModule,
    GovFailingModule,
    Relays,
>;

const RECEIVE: &str = "/ibc.core.channel.v1.MsgRecvPacket";

/// A packet, as the contract sees it that the chain calls.
#[cw_serde]
pub struct Brought {
    pub contract: Addr,
    pub arrival: IbcDestinationCallbackMsg,
}

impl Brought {
    /// The message of who relays it.
    pub fn message(&self) -> CosmosMsg {
        CosmosMsg::Any(AnyMsg {
            type_url: RECEIVE.to_string(),
            value: to_json_binary(self).unwrap(),
        })
    }
}

/// Takes packets that contracts bring.
pub struct Relays;

impl Stargate for Relays {
    fn execute_any<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        _sender: Addr,
        msg: AnyMsg,
    ) -> AnyResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        assert_eq!(msg.type_url, RECEIVE);
        let brought: Brought = from_json(&msg.value)?;
        let call = WasmSudo::new(&brought.contract, &brought.arrival)?;
        router.sudo(api, storage, block, SudoMsg::Wasm(call))
    }
}
