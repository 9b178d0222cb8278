//! A chain on which a contract may relay, as wasmd lets it: a message of its own brings a packet, and the
//! chain calls whom the packet is for.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, AnyMsg, Api, BankMsg, BlockInfo, Coin, CosmosMsg, CustomMsg,
    CustomQuery, Empty, Event, IbcDestinationCallbackMsg, Storage,
};
use cw_multi_test::error::AnyResult;
use cw_multi_test::{
    App, AppResponse, BankKeeper, BankSudo, CosmosRouter, DistributionKeeper, FailingModule,
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

const REFUSED: &str = "error_acknowledgement";
const RECEIVE: &str = "/ibc.core.channel.v1.MsgRecvPacket";

/// A packet, as the contract sees it that the chain calls, and the coins that it gets with it, if any.
#[cw_serde]
pub struct Brought {
    pub contract: Addr,
    pub arrival: IbcDestinationCallbackMsg,
    pub coins: Option<Coin>,
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

/// Takes packets that contracts bring. One that is refused is answered with an error, and who brought it goes on.
pub struct Relays;

/// What the refused packets among these events were answered.
pub fn refused(response: &AppResponse) -> Vec<String> {
    let acks = response.events.iter().filter(|event| event.ty == REFUSED);
    let of = acks.flat_map(|event| &event.attributes);
    of.map(|attribute| attribute.value.clone()).collect()
}

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
        let contract = brought.contract;
        let amount: Vec<Coin> = brought.coins.into_iter().collect();
        if !amount.is_empty() {
            let mint = BankSudo::Mint {
                to_address: contract.to_string(),
                amount: amount.clone(),
            };
            router.sudo(api, storage, block, SudoMsg::Bank(mint))?;
        }
        let call = WasmSudo::new(&contract, &brought.arrival)?;
        let called = router.sudo(api, storage, block, SudoMsg::Wasm(call));
        called.or_else(|error| {
            if !amount.is_empty() {
                let refund = CosmosMsg::Bank(BankMsg::Burn { amount });
                router.execute(api, storage, block, contract, refund)?;
            }
            let ack = Event::new(REFUSED).add_attribute("error", format!("{error:#}"));
            Ok(AppResponse {
                events: vec![ack],
                ..AppResponse::default()
            })
        })
    }
}
