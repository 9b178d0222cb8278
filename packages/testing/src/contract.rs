//! A contract as a bundle of its entry points.

use std::fmt::{Debug, Display};
use std::ops::Deref;
use std::panic::{catch_unwind, AssertUnwindSafe};

use anyhow::{anyhow, bail, Result as AnyResult};
use cosmwasm_std::{
    from_json, to_json_binary, Binary, Deps, DepsMut, Empty, Env, IbcBasicResponse,
    IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg, IbcChannelOpenResponse,
    IbcDestinationCallbackMsg, IbcPacketAckMsg, IbcPacketReceiveMsg, IbcPacketTimeoutMsg,
    IbcReceiveResponse, IbcSourceCallbackMsg, MessageInfo, MigrateInfo, QuerierWrapper, Reply,
    Response,
};
use cw_multi_test::Contract;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{panic_text, ContractPanic, FromContract, IbcError, ReceiveRefused};
use crate::querier::PortQuerier;

/// What an entry point may fail with.
pub trait EntryError: Display + Debug + Send + Sync + 'static {}

impl<E: Display + Debug + Send + Sync + 'static> EntryError for E {}

type Call = Box<dyn Fn(DepsMut, Env, MessageInfo, Vec<u8>) -> AnyResult<Response>>;
type Ask = Box<dyn Fn(Deps, Env, Vec<u8>) -> AnyResult<Binary>>;
type Migrate = Box<dyn Fn(DepsMut, Env, Vec<u8>, MigrateInfo) -> AnyResult<Response>>;
type Entry<M, R> = Box<dyn Fn(DepsMut, Env, M) -> AnyResult<R>>;
type On<M> = Entry<M, IbcBasicResponse>;

/// The six entry points of IBC; a contract has all of them or none.
struct IbcEntryPoints {
    open: Entry<IbcChannelOpenMsg, IbcChannelOpenResponse>,
    connect: On<IbcChannelConnectMsg>,
    close: On<IbcChannelCloseMsg>,
    receive: Entry<IbcPacketReceiveMsg, IbcReceiveResponse>,
    ack: On<IbcPacketAckMsg>,
    timeout: On<IbcPacketTimeoutMsg>,
}

/// A contract: its entry points, exactly as they would be exported from its Wasm.
///
/// ```
/// # use cosmwasm_std::*;
/// # fn execute(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> { Ok(Response::new()) }
/// # fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> { Ok(Response::new()) }
/// # fn query(_: Deps, _: Env, _: Empty) -> StdResult<Binary> { to_json_binary(&()) }
/// # fn reply(_: DepsMut, _: Env, _: Reply) -> StdResult<Response> { Ok(Response::new()) }
/// use palisade_testing::TestContract;
///
/// let contract = TestContract::new(execute, instantiate, query).with_reply(reply);
/// ```
pub struct TestContract {
    execute: Call,
    instantiate: Call,
    query: Ask,
    reply: Option<Entry<Reply, Response>>,
    sudo: Option<Entry<Vec<u8>, Response>>,
    migrate: Option<Migrate>,
    ibc: Option<IbcEntryPoints>,
    source_callback: Option<On<IbcSourceCallbackMsg>>,
    destination_callback: Option<On<IbcDestinationCallbackMsg>>,
}

/// An error that an entry point returned: can be downcast to its own type.
fn own<E: EntryError>(err: E) -> anyhow::Error {
    anyhow::Error::msg(err).context(FromContract)
}

fn call<M, E>(entry: fn(DepsMut, Env, MessageInfo, M) -> Result<Response, E>) -> Call
where
    M: DeserializeOwned + 'static,
    E: EntryError,
{
    Box::new(move |deps, env, info, msg| entry(deps, env, info, from_json(msg)?).map_err(own))
}

fn on<M, R, E>(entry: fn(DepsMut, Env, M) -> Result<R, E>) -> Entry<M, R>
where
    M: 'static,
    R: 'static,
    E: EntryError,
{
    Box::new(move |deps, env, msg| entry(deps, env, msg).map_err(own))
}

impl TestContract {
    /// A contract of the three entry points that every contract has.
    pub fn new<ME, MI, MQ, EE, EI, EQ>(
        execute: fn(DepsMut, Env, MessageInfo, ME) -> Result<Response, EE>,
        instantiate: fn(DepsMut, Env, MessageInfo, MI) -> Result<Response, EI>,
        query: fn(Deps, Env, MQ) -> Result<Binary, EQ>,
    ) -> Self
    where
        ME: DeserializeOwned + 'static,
        MI: DeserializeOwned + 'static,
        MQ: DeserializeOwned + 'static,
        EE: EntryError,
        EI: EntryError,
        EQ: EntryError,
    {
        Self {
            execute: call(execute),
            instantiate: call(instantiate),
            query: Box::new(move |deps, env, msg| {
                query(deps, env, from_json(msg)?).map_err(anyhow::Error::msg)
            }),
            reply: None,
            sudo: None,
            migrate: None,
            ibc: None,
            source_callback: None,
            destination_callback: None,
        }
    }

    /// Adds `reply`.
    pub fn with_reply<E: EntryError>(
        mut self,
        reply: fn(DepsMut, Env, Reply) -> Result<Response, E>,
    ) -> Self {
        self.reply = Some(on(reply));
        self
    }

    /// Adds `sudo`.
    pub fn with_sudo<M, E>(mut self, sudo: fn(DepsMut, Env, M) -> Result<Response, E>) -> Self
    where
        M: DeserializeOwned + 'static,
        E: EntryError,
    {
        self.sudo = Some(Box::new(move |deps, env, msg| {
            sudo(deps, env, from_json(msg)?).map_err(own)
        }));
        self
    }

    /// Adds `migrate`.
    pub fn with_migrate<M, E>(mut self, migrate: fn(DepsMut, Env, M) -> Result<Response, E>) -> Self
    where
        M: DeserializeOwned + 'static,
        E: EntryError,
    {
        self.migrate = Some(Box::new(move |deps, env, msg, _| {
            migrate(deps, env, from_json(msg)?).map_err(own)
        }));
        self
    }

    /// Adds `migrate` in the form that is told who migrates, and from which version.
    pub fn with_migrate_info<M, E>(
        mut self,
        migrate: fn(DepsMut, Env, M, MigrateInfo) -> Result<Response, E>,
    ) -> Self
    where
        M: DeserializeOwned + 'static,
        E: EntryError,
    {
        self.migrate = Some(Box::new(move |deps, env, msg, info| {
            migrate(deps, env, from_json(msg)?, info).map_err(own)
        }));
        self
    }

    /// Adds the six entry points of IBC: the contract gets the port `wasm.<address>`.
    pub fn with_ibc<EO, EC, EX, ER, EA, ET>(
        mut self,
        open: fn(DepsMut, Env, IbcChannelOpenMsg) -> Result<IbcChannelOpenResponse, EO>,
        connect: fn(DepsMut, Env, IbcChannelConnectMsg) -> Result<IbcBasicResponse, EC>,
        close: fn(DepsMut, Env, IbcChannelCloseMsg) -> Result<IbcBasicResponse, EX>,
        receive: fn(DepsMut, Env, IbcPacketReceiveMsg) -> Result<IbcReceiveResponse, ER>,
        ack: fn(DepsMut, Env, IbcPacketAckMsg) -> Result<IbcBasicResponse, EA>,
        timeout: fn(DepsMut, Env, IbcPacketTimeoutMsg) -> Result<IbcBasicResponse, ET>,
    ) -> Self
    where
        EO: EntryError,
        EC: EntryError,
        EX: EntryError,
        ER: EntryError,
        EA: EntryError,
        ET: EntryError,
    {
        self.ibc = Some(IbcEntryPoints {
            open: on(open),
            connect: on(connect),
            close: on(close),
            receive: on(receive),
            ack: on(ack),
            timeout: on(timeout),
        });
        self
    }

    /// Adds `ibc_source_callback`: told of the fate of ICS-20 packets that the contract sent.
    pub fn with_source_callback<E: EntryError>(
        mut self,
        callback: fn(DepsMut, Env, IbcSourceCallbackMsg) -> Result<IbcBasicResponse, E>,
    ) -> Self {
        self.source_callback = Some(on(callback));
        self
    }

    /// Adds `ibc_destination_callback`: told of ICS-20 packets that arrived.
    pub fn with_destination_callback<E: EntryError>(
        mut self,
        callback: fn(DepsMut, Env, IbcDestinationCallbackMsg) -> Result<IbcBasicResponse, E>,
    ) -> Self {
        self.destination_callback = Some(on(callback));
        self
    }

    fn querier<'a>(&self, deps: &'a QuerierWrapper<'a>, env: &Env) -> PortQuerier<'a> {
        let port = match self.ibc {
            Some(_) => port_of(&env.contract.address),
            None => String::new(),
        };
        PortQuerier::new(deps.deref(), port)
    }

    /// Runs an entry point with a querier that knows the contract's port.
    fn run<T>(
        &self,
        deps: DepsMut,
        env: Env,
        entry: impl FnOnce(DepsMut, Env) -> AnyResult<T>,
    ) -> AnyResult<T> {
        let querier = self.querier(&deps.querier, &env);
        let deps = DepsMut {
            storage: deps.storage,
            api: deps.api,
            querier: QuerierWrapper::new(&querier),
        };
        entry(deps, env)
    }

    fn on_ibc(&self, deps: DepsMut, env: Env, message: IbcCall) -> AnyResult<Response> {
        let contract = env.contract.address.to_string();
        let no_callback = |entry_point| IbcError::NoCallback {
            contract: contract.clone(),
            entry_point,
        };
        match message {
            IbcCall::SourceCallback(msg) => {
                let entry = self.source_callback.as_ref();
                let entry = entry.ok_or_else(|| no_callback("ibc_source_callback"))?;
                return entry(deps, env, msg).map(from_basic);
            }
            IbcCall::DestinationCallback(msg) => {
                let entry = self.destination_callback.as_ref();
                let entry = entry.ok_or_else(|| no_callback("ibc_destination_callback"))?;
                return entry(deps, env, msg).map(from_basic);
            }
            _ => {}
        }
        let ibc = self.ibc.as_ref();
        let ibc = ibc.ok_or_else(|| IbcError::NoEntryPoints {
            contract: contract.clone(),
        })?;
        match message {
            IbcCall::Open(msg) => {
                let version = (ibc.open)(deps, env, msg)?;
                Ok(Response::new().set_data(to_json_binary(&version)?))
            }
            IbcCall::Connect(msg) => (ibc.connect)(deps, env, msg).map(from_basic),
            IbcCall::Close(msg) => (ibc.close)(deps, env, msg).map(from_basic),
            IbcCall::Receive(msg) => {
                (ibc.receive)(deps, env, msg)
                    .map(from_receive)
                    .map_err(|err| {
                        let text = err.root_cause().to_string();
                        ReceiveRefused { text }.into()
                    })
            }
            IbcCall::Ack(msg) => (ibc.ack)(deps, env, msg).map(from_basic),
            IbcCall::Timeout(msg) => (ibc.timeout)(deps, env, msg).map(from_basic),
            IbcCall::SourceCallback(_) | IbcCall::DestinationCallback(_) => {
                Err(anyhow!("callbacks were handled above"))
            }
        }
    }
}

/// The port of a contract.
pub(crate) fn port_of(contract: &cosmwasm_std::Addr) -> String {
    format!("wasm.{contract}")
}

fn from_basic(basic: IbcBasicResponse) -> Response {
    Response::new()
        .add_submessages(basic.messages)
        .add_attributes(basic.attributes)
        .add_events(basic.events)
}

fn from_receive(receive: IbcReceiveResponse) -> Response {
    let mut response = Response::new()
        .add_submessages(receive.messages)
        .add_attributes(receive.attributes)
        .add_events(receive.events);
    response.data = receive.acknowledgement;
    response
}

/// A call of an IBC entry point, carried to the contract inside a reserved `sudo` message, so that the
/// stock `WasmKeeper` supplies storage, submessages, replies and rollback.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IbcCall {
    Open(IbcChannelOpenMsg),
    Connect(IbcChannelConnectMsg),
    Close(IbcChannelCloseMsg),
    Receive(IbcPacketReceiveMsg),
    Ack(IbcPacketAckMsg),
    Timeout(IbcPacketTimeoutMsg),
    SourceCallback(IbcSourceCallbackMsg),
    DestinationCallback(IbcDestinationCallbackMsg),
}

/// The envelope that tells the harness's own messages from the contract's `sudo` messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reserved {
    #[serde(rename = "palisade_testing/ibc")]
    pub(crate) call: IbcCall,
}

const RESERVED: &[u8] = b"{\"palisade_testing/ibc\":";

/// A panic inside an entry point is what a VM error is on a real chain: an error of that call, which
/// a caller with `reply_on_error` may catch.
fn guarded<T>(entry: impl FnOnce() -> AnyResult<T>) -> AnyResult<T> {
    catch_unwind(AssertUnwindSafe(entry)).unwrap_or_else(|payload| {
        let message = panic_text(payload);
        Err(ContractPanic { message }.into())
    })
}

impl Contract<Empty> for TestContract {
    fn instantiate(
        &self,
        deps: DepsMut,
        env: Env,
        info: MessageInfo,
        msg: Vec<u8>,
    ) -> AnyResult<Response> {
        guarded(|| {
            self.run(deps, env, |deps, env| {
                (self.instantiate)(deps, env, info, msg)
            })
        })
    }

    fn execute(
        &self,
        deps: DepsMut,
        env: Env,
        info: MessageInfo,
        msg: Vec<u8>,
    ) -> AnyResult<Response> {
        guarded(|| self.run(deps, env, |deps, env| (self.execute)(deps, env, info, msg)))
    }

    fn query(&self, deps: Deps, env: Env, msg: Vec<u8>) -> AnyResult<Binary> {
        guarded(|| {
            let querier = self.querier(&deps.querier, &env);
            let deps = Deps {
                storage: deps.storage,
                api: deps.api,
                querier: QuerierWrapper::new(&querier),
            };
            (self.query)(deps, env, msg)
        })
    }

    fn reply(&self, deps: DepsMut, env: Env, msg: Reply) -> AnyResult<Response> {
        let Some(entry) = &self.reply else {
            bail!("contract has no reply entry point");
        };
        guarded(|| self.run(deps, env, |deps, env| entry(deps, env, msg)))
    }

    fn sudo(&self, deps: DepsMut, env: Env, msg: Vec<u8>) -> AnyResult<Response> {
        if msg.starts_with(RESERVED) {
            let reserved: Reserved = from_json(msg)?;
            let call = reserved.call;
            if matches!(call, IbcCall::Receive(_)) {
                // Not guarded: a VM error in receive is no error acknowledgement, it aborts the
                // whole transaction. Whoever began the transaction catches it.
                return self.run(deps, env, |deps, env| self.on_ibc(deps, env, call));
            }
            return guarded(|| self.run(deps, env, |deps, env| self.on_ibc(deps, env, call)));
        }
        let Some(entry) = &self.sudo else {
            bail!("contract has no sudo entry point");
        };
        guarded(|| self.run(deps, env, |deps, env| entry(deps, env, msg)))
    }

    fn migrate(
        &self,
        deps: DepsMut,
        env: Env,
        msg: Vec<u8>,
        info: MigrateInfo,
    ) -> AnyResult<Response> {
        let Some(entry) = &self.migrate else {
            bail!("contract has no migrate entry point");
        };
        guarded(|| self.run(deps, env, |deps, env| entry(deps, env, msg, info)))
    }
}
