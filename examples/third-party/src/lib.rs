//! A wallet's deposit, and a consumer chain's end of the protocol, written with `palisade-types` and
//! `palisade-ibc` alone.

use std::collections::BTreeMap;

use cosmwasm_std::{
    from_json, to_json_binary, Binary, Coin, StdResult, Timestamp, Uint128, Uint64, WasmMsg,
};
use palisade_ibc::{
    decode_ack, encode_ack, Ack, ConsumerPacket, HostPacket, Offender, SetAck, Slash, SlashAck,
    DOWNTIME,
};
use palisade_types::vault;
use serde::{Deserialize, Serialize};

/// A deposit of coins at the vault, behind an operator, owned by whoever sends the message.
///
/// # Errors
/// Serialization.
pub fn deposit(vault: &str, operator: &str, coin: Coin) -> StdResult<WasmMsg> {
    let msg = vault::ExecuteMsg::Deposit {
        operator: Some(operator.to_string()),
        owner: None,
    };
    Ok(WasmMsg::Execute {
        contract_addr: vault.to_string(),
        msg: to_json_binary(&msg)?,
        funds: vec![coin],
    })
}

/// What a consumer knows of an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Power {
    /// The last update that was applied.
    pub update_id: Uint64,
    /// In units of value.
    pub power: Uint128,
}

/// Powers by the operators' addresses on the host.
pub type Powers = BTreeMap<String, Power>;

/// Takes a packet of the host in, and answers it.
///
/// # Errors
/// Bytes that are no packet of this version.
pub fn receive(
    powers: &mut Powers,
    packet: &[u8],
    height: u64,
    time: Timestamp,
) -> StdResult<Binary> {
    if let HostPacket::OperatorSet(set) = from_json(packet)? {
        for operator in set.operators {
            let known = powers.entry(operator.operator).or_default();
            if set.update_id > known.update_id {
                *known = Power {
                    update_id: set.update_id,
                    power: operator.power,
                };
            }
        }
    }
    encode_ack(&SetAck::Applied {
        height: height.into(),
        time,
    })
}

/// A report of an operator that missed blocks.
///
/// # Errors
/// Serialization.
pub fn report(
    nonce: u64,
    operator: &str,
    known: Power,
    height: u64,
    time: Timestamp,
) -> StdResult<Binary> {
    to_json_binary(&ConsumerPacket::Slash(Slash {
        nonce: nonce.into(),
        offender: Offender::Operator(operator.to_string()),
        infraction: DOWNTIME.to_string(),
        update_id: known.update_id,
        height: height.into(),
        time,
        evidence: None,
    }))
}

/// When a report has to be sent again, by the host's answer; none: it was taken in or refused for good,
/// or the answer says nothing.
#[must_use]
pub fn again(ack: &[u8]) -> Option<Timestamp> {
    match decode_ack::<SlashAck>(ack) {
        Ack::Result(SlashAck::Bounced { retry_at }) => Some(retry_at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deposit_is_what_the_vault_reads() {
        let coin = Coin::new(250u128, "stake");
        let WasmMsg::Execute {
            contract_addr,
            msg,
            funds,
        } = deposit("wasm1vault", "wasm1north", coin).unwrap()
        else {
            panic!("a deposit executes the vault");
        };
        assert_eq!(contract_addr, "wasm1vault");
        assert_eq!(funds, [Coin::new(250u128, "stake")]);
        let json = r#"{"deposit":{"operator":"wasm1north","owner":null}}"#;
        assert_eq!(String::from_utf8(msg.to_vec()).unwrap(), json);
    }

    #[test]
    fn the_newest_update_of_an_operator_counts() {
        let set = |update: u64, power: u64| {
            format!(
                r#"{{"operator_set":{{"update_id":"{update}","operators":[
                    {{"operator":"wasm1north","power":"{power}","later":"field"}}]}}}}"#
            )
        };
        let mut powers = Powers::new();
        let time = Timestamp::from_seconds(1_700_000_000);
        for (update, power) in [(1, 500), (3, 700), (2, 600)] {
            let ack = receive(&mut powers, set(update, power).as_bytes(), 40, time).unwrap();
            let applied = SetAck::Applied {
                height: 40u64.into(),
                time,
            };
            assert_eq!(decode_ack::<SetAck>(&ack), Ack::Result(applied));
        }
        let north = powers["wasm1north"];
        assert_eq!((north.update_id.u64(), north.power.u128()), (3, 700));

        let packet = report(7, "wasm1north", north, 41, time).unwrap();
        let json = concat!(
            r#"{"slash":{"nonce":"7","offender":{"operator":"wasm1north"},"infraction":"downtime","#,
            r#""update_id":"3","height":"41","time":"1700000000000000000"}}"#,
        );
        assert_eq!(String::from_utf8(packet.to_vec()).unwrap(), json);
        receive(&mut powers, br#"{"unheard_of":{}}"#, 40, time).unwrap_err();
    }

    #[test]
    fn a_bounced_report_is_sent_again() {
        let retry_at = Timestamp::from_seconds(1_700_003_600);
        let bounced = encode_ack(&SlashAck::Bounced { retry_at }).unwrap();
        assert_eq!(again(&bounced), Some(retry_at));
        let taken = SlashAck::Accepted {
            request: 1u64.into(),
            outcome: None,
        };
        assert_eq!(again(&encode_ack(&taken).unwrap()), None);
        assert_eq!(again(br#"{"error":"no such channel"}"#), None);
    }
}
