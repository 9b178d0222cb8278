//! A gateway without a network, for tests of many thousands of packets.

use cosmwasm_std::testing::{
    message_info, mock_dependencies, mock_env, mock_ibc_channel_connect_confirm, MockApi,
    MockQuerier, MockStorage,
};
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, Empty, IbcEndpoint, IbcPacket, IbcPacketReceiveMsg,
    OwnedDeps,
};
use palisade_gateway::{contract, ibc, ContractError};
use palisade_ibc::{HostPacket, Peer, ORDER, VERSION};
use palisade_types::gateway::{InstantiateMsg, QueryMsg};
use serde::de::DeserializeOwned;

use crate::ledger::{HISTORY, TIMEOUT};

pub struct Lone {
    pub deps: OwnedDeps<MockStorage, MockApi, MockQuerier, Empty>,
}

pub fn packet(port: &str, src: &str, dest: &str, data: Binary) -> IbcPacket {
    let end = |port: &str, id: &str| IbcEndpoint {
        port_id: port.into(),
        channel_id: id.into(),
    };
    let timeout = mock_env().block.time.plus_seconds(100);
    IbcPacket::new(data, end(port, src), end("port", dest), 1, timeout.into())
}

impl Lone {
    /// With `channel-0` open to the peer of cosmwasm-std's mocks.
    pub fn new() -> Self {
        let mut deps = mock_dependencies();
        let owner = deps.api.addr_make("owner");
        let msg = InstantiateMsg {
            owner: owner.to_string(),
            guardian: None,
            host: Peer {
                connection_id: "connection-2".into(),
                port: "their_port".into(),
            },
            packet_timeout: TIMEOUT,
            history: HISTORY,
            reporters: vec![],
        };
        let info = message_info(&owner, &[]);
        contract::instantiate(deps.as_mut(), mock_env(), info, msg).unwrap();
        let connect = mock_ibc_channel_connect_confirm("channel-0", ORDER, VERSION);
        ibc::ibc_channel_connect(deps.as_mut(), mock_env(), connect).unwrap();
        Self { deps }
    }

    pub fn apply(&mut self, told: &HostPacket) {
        let data = to_json_binary(told).unwrap();
        let packet = packet("their_port", "channel-9", "channel-0", data);
        let msg = IbcPacketReceiveMsg::new(packet, Addr::unchecked("relayer"));
        ibc::ibc_packet_receive(self.deps.as_mut(), mock_env(), msg).unwrap();
    }

    pub fn query<R: DeserializeOwned>(&self, msg: QueryMsg) -> Result<R, ContractError> {
        let answer = contract::query(self.deps.as_ref(), mock_env(), msg)?;
        Ok(from_json(answer)?)
    }
}
