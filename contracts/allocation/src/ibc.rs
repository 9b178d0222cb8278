//! Coins that arrive over ICS-20. The chain calls when the transfer has been done, and undoes it, with
//! a refund on the other chain, when the call fails: so nothing is taken that cannot be credited.

use cosmwasm_std::{
    from_json, DepsMut, Env, IbcBasicResponse, IbcDestinationCallbackMsg, StdAck, Uint128,
};
use palisade_ibc::{RewardsMemo, TransferData};
use palisade_types::token::Token;

use crate::events;
use crate::execute::reward::credit;
use crate::state::OWED;
use crate::ContractError;

/// The port of ICS-20.
const TRANSFER_PORT: &str = "transfer";

/// Credits coins that arrived with a [`RewardsMemo`]. Anybody can have the chain call this with any
/// transfer: only one to this contract, done and in a token that the service named, counts.
pub(crate) fn arrived(
    mut deps: DepsMut,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let packet = msg.packet;
    if packet.dest.port_id != TRANSFER_PORT {
        return Err(ContractError::ForeignPort {
            port: packet.dest.port_id,
        });
    }
    match from_json::<StdAck>(&msg.ack.data) {
        Ok(StdAck::Success(_)) => {}
        _ => {
            return Err(ContractError::TransferFailed {
                ack: String::from_utf8_lossy(&msg.ack.data).into_owned(),
            })
        }
    }
    let data: TransferData =
        from_json(&packet.data).map_err(|error| ContractError::BadTransfer {
            what: "data",
            reason: error.to_string(),
        })?;
    if data.receiver != env.contract.address.as_str() {
        return Err(ContractError::ForeignReceiver {
            receiver: data.receiver,
            contract: env.contract.address,
        });
    }
    let memo: RewardsMemo = from_json(&data.memo).map_err(|error| ContractError::BadTransfer {
        what: "memo",
        reason: error.to_string(),
    })?;
    let service = memo.palisade.service;
    let denom = data.arrives_as(&packet.src, &packet.dest);
    let token = Token::native(denom.clone()).name();

    // What the chain between says is not all that can happen to coins on their way in: middleware may
    // have sent them on. They have to be here, beside all that is owed.
    let balance = deps
        .querier
        .query_balance(&env.contract.address, denom)?
        .amount;
    let pot = credit(deps.branch(), service, &token, data.amount)?;
    let owed: Uint128 = OWED.load(deps.storage, &token)?;
    if balance < owed {
        return Err(ContractError::CoinsMissing {
            token,
            balance,
            owed,
        });
    }
    let event = events::pay_rewards(service, &data.sender, &token, data.amount, &pot)
        .add_attribute("channel", packet.dest.channel_id);
    Ok(IbcBasicResponse::new().add_event(event))
}
