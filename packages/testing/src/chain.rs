//! One chain: an `App` of cw-multi-test with IBC, and the verbs of those who use it.

use std::panic::{catch_unwind, AssertUnwindSafe};

use anyhow::Result as AnyResult;
use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{
    to_json_binary, Addr, BankMsg, Binary, BlockInfo, Coin, CosmosMsg, Empty, IbcMsg, IbcPacket,
    IbcTimeout, IbcTimeoutBlock, Order, Timestamp, Uint128, WasmMsg,
};
use cw_multi_test::{
    no_init, App, AppBuilder, AppResponse, BankKeeper, BankSudo, Executor, FailingModule,
    GovFailingModule, MockApiBech32, StargateFailing, SudoMsg, WasmKeeper,
};
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::contract::{port_of, TestContract};
use crate::error::{panic_text, HarnessError, HarnessResult, IbcError};
use crate::ibc::module::IbcModule;
use crate::ibc::transfer::escrow_address;
use crate::ibc::{Ctx, TRANSFER_PORT};
use crate::overlay::transactional;
use crate::staking::{DistributionModule, StakingModule};
use crate::state::{
    ChannelEnd, ClientView, SentPacket, ACKS, CHANNELS, CLIENTS, IN_FLIGHT, NEXT_CHANNEL, RECEIPTS,
    SENT,
};

/// The `App` behind a chain.
pub type ChainApp = App<
    BankKeeper,
    MockApiBech32,
    MockStorage,
    FailingModule<Empty, Empty, Empty>,
    WasmKeeper<Empty, Empty>,
    StakingModule,
    DistributionModule,
    IbcModule,
    GovFailingModule,
    StargateFailing,
>;

/// The time between two blocks.
pub const SECONDS_PER_BLOCK: u64 = 5;

/// One chain.
pub struct Chain {
    /// The chain's `App`, for what has no verb here.
    pub app: ChainApp,
    pub(crate) cw20_code: Option<u64>,
    pub(crate) validator_prefix: &'static str,
    next_connection: u64,
}

/// What a chain starts with.
pub(crate) struct Genesis<'a> {
    pub(crate) chain_id: &'a str,
    pub(crate) prefix: &'static str,
    /// That of validators.
    pub(crate) validator_prefix: &'static str,
    pub(crate) height: u64,
    /// The numbers of the first connection and channel. They differ between chains, so that a contract
    /// that takes one side's ids for the other's is caught.
    pub(crate) first_connection: u64,
    pub(crate) first_channel: u64,
}

impl Chain {
    pub(crate) fn new(genesis: &Genesis<'_>) -> Self {
        let block = BlockInfo {
            height: genesis.height,
            time: Timestamp::from_seconds(1_700_000_000),
            chain_id: genesis.chain_id.to_string(),
        };
        let mut app = AppBuilder::default()
            .with_api(MockApiBech32::new(genesis.prefix))
            .with_staking(StakingModule::default())
            .with_distribution(DistributionModule::default())
            .with_ibc(IbcModule)
            .with_block(block)
            .build(no_init);
        // A number always has a JSON form.
        let _ = NEXT_CHANNEL.save(app.storage_mut(), &genesis.first_channel);
        Self {
            app,
            cw20_code: None,
            validator_prefix: genesis.validator_prefix,
            next_connection: genesis.first_connection,
        }
    }

    /// The address of an account or a module, known by a name; always the same for the same name.
    pub fn account(&self, name: &str) -> Addr {
        self.app.api().addr_make(name)
    }

    // Time.

    /// The present block.
    pub fn block(&self) -> BlockInfo {
        self.app.block_info()
    }

    /// The present time.
    pub fn time(&self) -> Timestamp {
        self.app.block_info().time
    }

    /// One block later.
    pub fn next_block(&mut self) {
        self.advance(SECONDS_PER_BLOCK);
    }

    /// Time passes, and a block every [`SECONDS_PER_BLOCK`], at least one. Only on this chain.
    pub fn advance(&mut self, seconds: u64) {
        let blocks = seconds.checked_div(SECONDS_PER_BLOCK).unwrap_or(0).max(1);
        self.advance_to(
            self.block().height.saturating_add(blocks),
            plus_seconds(self.time(), seconds),
        );
    }

    /// Sets height and time; neither ever goes back.
    pub fn advance_to(&mut self, height: u64, time: Timestamp) {
        let mut block = self.app.block_info();
        block.height = block.height.max(height);
        block.time = block.time.max(time);
        self.app.set_block(block);
    }

    /// What the light client of another chain sees of this one now.
    pub fn view(&self) -> ClientView {
        ClientView::of(&self.block())
    }

    /// A timeout so many seconds after this chain's present time: for packets *to* this chain.
    pub fn timeout_in(&self, seconds: u64) -> IbcTimeout {
        IbcTimeout::with_timestamp(plus_seconds(self.time(), seconds))
    }

    /// A timeout so many blocks after this chain's present height: for packets *to* this chain.
    pub fn timeout_in_blocks(&self, blocks: u64) -> IbcTimeout {
        let now = self.view().height;
        IbcTimeout::with_block(IbcTimeoutBlock {
            revision: now.revision,
            height: now.height.saturating_add(blocks),
        })
    }

    // Contracts.

    /// Stores a contract's code. Returns its code id.
    pub fn store(&mut self, contract: TestContract) -> u64 {
        let creator = self.account("deployer");
        self.app
            .store_code_with_creator(creator, Box::new(contract))
    }

    /// Instantiates without funds and without an admin.
    pub fn instantiate<M: Serialize>(
        &mut self,
        code_id: u64,
        sender: &Addr,
        msg: &M,
        label: &str,
    ) -> HarnessResult<Addr> {
        self.instantiate_with(code_id, sender, msg, &[], label, None)
    }

    /// Instantiates with funds and an admin.
    pub fn instantiate_with<M: Serialize>(
        &mut self,
        code_id: u64,
        sender: &Addr,
        msg: &M,
        funds: &[Coin],
        label: &str,
        admin: Option<&Addr>,
    ) -> HarnessResult<Addr> {
        let admin = admin.map(Addr::to_string);
        self.run(|app| app.instantiate_contract(code_id, sender.clone(), msg, funds, label, admin))
    }

    /// Executes a contract.
    pub fn execute<M: Serialize + std::fmt::Debug>(
        &mut self,
        sender: &Addr,
        contract: &Addr,
        msg: &M,
        funds: &[Coin],
    ) -> HarnessResult<AppResponse> {
        let msg = to_json_binary(msg).map_err(anyhow::Error::from)?;
        self.submit(
            sender,
            WasmMsg::Execute {
                contract_addr: contract.to_string(),
                msg,
                funds: funds.to_vec(),
            },
        )
    }

    /// Migrates a contract, as its admin.
    pub fn migrate<M: Serialize>(
        &mut self,
        sender: &Addr,
        contract: &Addr,
        code_id: u64,
        msg: &M,
    ) -> HarnessResult<AppResponse> {
        let msg = to_json_binary(msg).map_err(anyhow::Error::from)?;
        self.submit(
            sender,
            WasmMsg::Migrate {
                contract_addr: contract.to_string(),
                new_code_id: code_id,
                msg,
            },
        )
    }

    /// Submits any message as a transaction of its own.
    pub fn submit(
        &mut self,
        sender: &Addr,
        msg: impl Into<CosmosMsg>,
    ) -> HarnessResult<AppResponse> {
        let msg = msg.into();
        self.run(|app| app.execute(sender.clone(), msg))
    }

    /// Submits several messages as one transaction: all or none.
    pub fn submit_all(
        &mut self,
        sender: &Addr,
        msgs: Vec<CosmosMsg>,
    ) -> HarnessResult<Vec<AppResponse>> {
        self.run(|app| app.execute_multi(sender.clone(), msgs))
    }

    /// Calls a contract's own `sudo`, as the chain itself.
    pub fn sudo<M: Serialize>(&mut self, contract: &Addr, msg: &M) -> HarnessResult<AppResponse> {
        self.run(|app| app.wasm_sudo(contract.clone(), msg))
    }

    /// Asks a contract.
    pub fn query<R: DeserializeOwned>(
        &self,
        contract: &Addr,
        msg: &impl Serialize,
    ) -> HarnessResult<R> {
        self.app
            .wrap()
            .query_wasm_smart(contract, msg)
            .map_err(HarnessError::Query)
    }

    // Coins.

    /// Makes native coins out of nothing.
    pub fn mint(&mut self, to: &Addr, amount: u128, denom: &str) -> HarnessResult<()> {
        let mint = BankSudo::Mint {
            to_address: to.to_string(),
            amount: vec![cosmwasm_std::coin(amount, denom)],
        };
        self.run(|app| app.sudo(SudoMsg::Bank(mint)).map(|_| ()))
    }

    /// Sends native coins.
    pub fn send(&mut self, from: &Addr, to: &Addr, coins: &[Coin]) -> HarnessResult<AppResponse> {
        self.submit(
            from,
            BankMsg::Send {
                to_address: to.to_string(),
                amount: coins.to_vec(),
            },
        )
    }

    /// How much of a native denomination an address has.
    pub fn balance(&self, of: &Addr, denom: &str) -> HarnessResult<u128> {
        self.app
            .wrap()
            .query_balance(of, denom)
            .map(|coin| coin.amount.u128())
            .map_err(HarnessError::Query)
    }

    /// How much of a native denomination exists.
    pub fn supply(&self, denom: &str) -> HarnessResult<Uint128> {
        self.app
            .wrap()
            .query_supply(denom)
            .map(|coin| coin.amount)
            .map_err(HarnessError::Query)
    }

    /// Sends native coins over an ICS-20 channel, as a user.
    pub fn ibc_transfer(
        &mut self,
        sender: &Addr,
        channel_id: &str,
        receiver: &Addr,
        coin: Coin,
        timeout: IbcTimeout,
        memo: Option<String>,
    ) -> HarnessResult<AppResponse> {
        self.submit(
            sender,
            IbcMsg::Transfer {
                channel_id: channel_id.to_string(),
                to_address: receiver.to_string(),
                amount: coin,
                timeout,
                memo,
            },
        )
    }

    /// The account that holds what went out over an ICS-20 channel.
    pub fn escrow(&self, channel_id: &str) -> HarnessResult<Addr> {
        Ok(escrow_address(self.app.api(), TRANSFER_PORT, channel_id)?)
    }

    // IBC, as this chain knows it.

    /// The port of a contract.
    pub fn port(&self, contract: &Addr) -> String {
        port_of(contract)
    }

    /// This chain's end of a channel, whatever its state.
    pub fn channel(&self, channel_id: &str) -> HarnessResult<ChannelEnd> {
        let end = CHANNELS.may_load(self.app.storage(), channel_id);
        let unknown = || IbcError::UnknownChannel {
            port: String::new(),
            channel_id: channel_id.to_string(),
        };
        Ok(end.map_err(HarnessError::Query)?.ok_or_else(unknown)?)
    }

    /// A packet that this chain sent, and what became of it.
    pub fn sent_packet(&self, channel_id: &str, sequence: u64) -> HarnessResult<SentPacket> {
        let sent = SENT.may_load(self.app.storage(), (channel_id, sequence));
        let unknown = || IbcError::UnknownPacket {
            channel_id: channel_id.to_string(),
            sequence,
        };
        Ok(sent.map_err(HarnessError::Query)?.ok_or_else(unknown)?)
    }

    /// Every packet that this chain ever sent, in that order.
    pub fn sent_packets(&self) -> Vec<SentPacket> {
        let mut sent: Vec<SentPacket> = SENT
            .range(self.app.storage(), None, None, Order::Ascending)
            .filter_map(|entry| entry.ok().map(|(_, sent)| sent))
            .collect();
        sent.sort_by_key(|sent| sent.ordinal);
        sent
    }

    /// Packets neither acknowledged nor timed out, in the order in which they were sent.
    pub(crate) fn committed(&self) -> Vec<IbcPacket> {
        IN_FLIGHT
            .range(self.app.storage(), None, None, Order::Ascending)
            .filter_map(|entry| entry.ok())
            .filter_map(|(_, (channel_id, sequence))| self.sent_packet(&channel_id, sequence).ok())
            .map(|sent| sent.packet)
            .collect()
    }

    /// Whether this chain received the packet.
    pub fn has_received(&self, channel_id: &str, sequence: u64) -> bool {
        RECEIPTS.has(self.app.storage(), (channel_id, sequence))
    }

    /// The acknowledgement that this chain wrote for a packet it received.
    pub fn written_ack(&self, channel_id: &str, sequence: u64) -> Option<Binary> {
        ACKS.may_load(self.app.storage(), (channel_id, sequence))
            .ok()
            .flatten()
    }

    pub(crate) fn update_client(
        &mut self,
        connection_id: &str,
        view: &ClientView,
    ) -> HarnessResult<()> {
        CLIENTS
            .save(self.app.storage_mut(), connection_id, view)
            .map_err(|err| HarnessError::Refused(err.into()))
    }

    pub(crate) fn new_connection(&mut self) -> String {
        let number = self.next_connection;
        self.next_connection = number.saturating_add(1);
        format!("connection-{number}")
    }

    // Transactions.

    pub(crate) fn run<T>(
        &mut self,
        tx: impl FnOnce(&mut ChainApp) -> AnyResult<T>,
    ) -> HarnessResult<T> {
        let app = AssertUnwindSafe(&mut self.app);
        match catch_unwind(AssertUnwindSafe(move || tx({ app }.0))) {
            Ok(result) => result.map_err(HarnessError::from),
            Err(payload) => Err(HarnessError::Panicked {
                message: panic_text(payload),
            }),
        }
    }

    /// Runs a step of IBC as one transaction: an error or a panic leaves no trace.
    pub(crate) fn relayed<T>(
        &mut self,
        step: impl FnOnce(&mut Ctx<'_, Empty, Empty>) -> AnyResult<T>,
    ) -> HarnessResult<T> {
        let block = self.block();
        self.run(|app| {
            app.init_modules(|router, api, storage| {
                transactional(storage, |storage| {
                    step(&mut Ctx {
                        api,
                        storage,
                        router: &*router,
                        block: &block,
                    })
                })
            })
        })
    }
}

fn plus_seconds(time: Timestamp, seconds: u64) -> Timestamp {
    let nanos = seconds.saturating_mul(1_000_000_000);
    Timestamp::from_nanos(time.nanos().saturating_add(nanos))
}
