//! Rewards that arrive over ICS-20.

use cosmwasm_std::{DepsMut, Env, IbcBasicResponse, IbcDestinationCallbackMsg, Uint128};
use palisade_ibc::{Arrival, RewardsNote};
use palisade_types::token::Token;

use crate::events;
use crate::execute::reward::credit;
use crate::state::OWED;
use crate::ContractError;

/// Credits coins that arrived, in a token that the service named.
pub(crate) fn arrived(
    mut deps: DepsMut,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let contract = env.contract.address;
    let arrival = Arrival::<RewardsNote>::read(&msg, &contract)?;
    let (service, amount) = (arrival.note.service, arrival.amount);
    let token = Token::native(&arrival.denom).name();

    // The coins have to be here, beside all that is owed.
    let balance = deps.querier.query_balance(contract, arrival.denom)?.amount;
    let pot = credit(deps.branch(), service, &token, amount)?;
    let owed: Uint128 = OWED.load(deps.storage, &token)?;
    if balance < owed {
        return Err(ContractError::CoinsMissing {
            token,
            balance,
            owed,
        });
    }
    let event = events::pay_rewards(service, &arrival.sender, &token, amount, &pot)
        .add_attribute("channel", arrival.channel);
    Ok(IbcBasicResponse::new().add_event(event))
}
