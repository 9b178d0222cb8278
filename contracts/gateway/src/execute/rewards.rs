use cosmwasm_std::{coin, to_json_string, DepsMut, Env, IbcMsg, IbcTimeout, MessageInfo, Response};
use palisade_admin::only_owner;
use palisade_ibc::RewardsMemo;
use palisade_types::gateway::RewardsRoute;

use crate::state::{CONFIG, REWARDS};
use crate::{events, ContractError};

/// Most bytes of an address, as of an operator's.
const MAX_ADDRESS: usize = 128;

/// Names where rewards go. By the owner.
pub(crate) fn set_route(
    deps: DepsMut,
    info: &MessageInfo,
    route: &RewardsRoute,
) -> Result<Response, ContractError> {
    only_owner(deps.storage, &info.sender)?;
    check(route)?;
    REWARDS.save(deps.storage, route)?;
    Ok(Response::new().add_event(events::set_rewards_route(route)))
}

/// As much as can be known here of things on the other chain. What is wrong beyond that comes back as a
/// refund.
fn check(route: &RewardsRoute) -> Result<(), ContractError> {
    let number = route.channel_id.strip_prefix("channel-");
    let digits = |n: &str| n.bytes().all(|b| b.is_ascii_digit()) && n.parse::<u64>().is_ok();
    if !number.is_some_and(digits) {
        return Err(ContractError::TransferChannel {
            channel: route.channel_id.clone(),
        });
    }
    let bech32 = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let length = route.allocation.len();
    if !(1..=MAX_ADDRESS).contains(&length) || !route.allocation.bytes().all(bech32) {
        return Err(ContractError::RewardsReceiver {
            allocation: route.allocation.clone(),
        });
    }
    if route.service == 0 {
        return Err(ContractError::ZeroService);
    }
    Ok(())
}

/// Sends all that is here of a denom to the host. Nothing is written: what is in flight is not here, and
/// what was refunded is here again.
pub(crate) fn send(deps: DepsMut, env: &Env, denom: &str) -> Result<Response, ContractError> {
    let route = REWARDS.may_load(deps.storage)?;
    let route = route.ok_or(ContractError::NoRewardsRoute)?;
    let balance = deps.querier.query_balance(&env.contract.address, denom)?;
    if balance.amount.is_zero() {
        return Err(ContractError::NoRewards {
            denom: denom.to_string(),
        });
    }
    let timeout = CONFIG.load(deps.storage)?.packet_timeout;
    let event = events::rewards_sent(denom, balance.amount, &route);
    let transfer = IbcMsg::Transfer {
        memo: Some(to_json_string(&RewardsMemo::rewards(
            &route.allocation,
            route.service,
        ))?),
        channel_id: route.channel_id,
        to_address: route.allocation,
        amount: coin(balance.amount.u128(), denom),
        timeout: IbcTimeout::with_timestamp(env.block.time.plus_seconds(timeout)),
    };
    Ok(Response::new().add_event(event).add_message(transfer))
}
