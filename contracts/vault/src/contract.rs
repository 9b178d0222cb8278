//! Entry points: they only dispatch.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{
    to_json_binary, Binary, Deps, DepsMut, Env, IbcBasicResponse, IbcDestinationCallbackMsg,
    MessageInfo, Response,
};
use palisade_admin::{cw_ownable, AdminError, GUARD};
use palisade_types::vault::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::error::ContractError;
use crate::execute::{asset, deposit, idle, recover, seizure, stake, staking, wiring};
use crate::state::{Config, CONFIG};
use crate::{events, query};

/// The name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = "palisade:vault";
/// Its version.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Sets owner and guardian.
///
/// # Errors
/// An address that is not valid; coins attached.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    mut deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    cw_utils::nonpayable(&info)?;
    palisade_admin::initialize(
        deps.branch(),
        &msg.owner,
        msg.guardian.as_deref(),
        CONTRACT_NAME,
        CONTRACT_VERSION,
    )?;
    CONFIG.save(deps.storage, &Config::default())?;
    Ok(Response::new().add_event(events::instantiate(&msg.owner)))
}

/// Runs a message.
///
/// # Errors
/// As the README lists them, message by message.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    if !matches!(msg, ExecuteMsg::Deposit { .. }) {
        cw_utils::nonpayable(&info)?;
    }
    match msg {
        ExecuteMsg::Deposit { operator, owner } => {
            deposit::native(deps, &env, info, operator, owner)
        }
        ExecuteMsg::Receive(hook) => deposit::cw20(deps, &env, &info, hook),
        ExecuteMsg::Delegate {
            asset,
            operator,
            amount,
        } => idle::delegate(deps, &env, &info, &asset, &operator, amount),
        ExecuteMsg::Withdraw {
            asset,
            amount,
            recipient,
        } => idle::withdraw(deps, &env, &info, &asset, amount, recipient.as_deref()),
        ExecuteMsg::UpdateRate { asset } => asset::update_rate(deps, &env, &asset),
        ExecuteMsg::PayOut {
            asset,
            account,
            destination,
        } => seizure::pay_out(deps, &env, &asset, account, destination),
        ExecuteMsg::Release {
            asset,
            amount,
            recipient,
        } => stake::release(deps, &env, &info, &asset, amount, &recipient),
        ExecuteMsg::Seize {
            operator,
            seized,
            arrived,
            payees,
        } => seizure::seize(deps, &info, &operator, seized, arrived, payees),
        ExecuteMsg::Reconcile(orders) => staking::reconcile(deps, &info, orders),
        ExecuteMsg::Restake {
            asset,
            operator,
            amount,
        } => staking::restake(deps, &info, &asset, &operator, amount),
        ExecuteMsg::OpenStaker {
            asset,
            validator,
            compound,
        } => staking::open(deps, &env, &info, &asset, &validator, compound),
        ExecuteMsg::SetCompound { asset, compound } => {
            staking::set_compound(deps, &info, &asset, compound)
        }
        ExecuteMsg::ForwardRewards {
            asset,
            operator,
            denom,
        } => staking::forward_rewards(deps, &info, &asset, &operator, denom),
        ExecuteMsg::WithdrawRewards { asset, operator } => {
            staking::withdraw_rewards(deps, &asset, &operator)
        }
        ExecuteMsg::Compounded {
            asset,
            operator,
            amount,
        } => staking::compounded(deps, &info, &asset, &operator, amount),
        ExecuteMsg::Redirect(redirection) => seizure::redirect(deps, &env, &info, redirection),
        ExecuteMsg::RegisterAsset(new) => asset::register(deps, &env, &info, new),
        ExecuteMsg::UpdateAsset { asset, change } => {
            asset::update(deps, &env, &info, &asset, change)
        }
        ExecuteMsg::Recover { token, recipient } => {
            recover::recover(deps, &env, &info, token, &recipient)
        }
        ExecuteMsg::Connect { delegation } => wiring::connect(deps, &info, &delegation),
        ExecuteMsg::Admin(msg) => {
            Ok(Response::new().add_event(palisade_admin::execute(deps, &env, &info, msg)?))
        }
        ExecuteMsg::UpdateOwnership(action) => {
            let ownership = cw_ownable::update_ownership(deps, &env.block, &info.sender, action)
                .map_err(AdminError::from)?;
            Ok(Response::new().add_event(events::ownership(ownership.into_attributes())))
        }
    }
}

/// Takes in coins that arrived over ICS-20 as a deposit.
///
/// # Errors
/// A deposit that is refused: the chain then refunds it.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn ibc_destination_callback(
    deps: DepsMut,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    deposit::arrived(deps, &env, &msg)
}

/// Answers a query.
///
/// # Errors
/// An address that is not valid, an unknown asset, a list that is too long, or a token that does
/// not tell its balance.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    Ok(match msg {
        QueryMsg::Config {} => to_json_binary(&query::config(deps)?)?,
        QueryMsg::Guard {} => to_json_binary(&GUARD.load(deps.storage)?.response(env.block.time))?,
        QueryMsg::Asset { asset } => to_json_binary(&query::asset(deps, &env, asset)?)?,
        QueryMsg::Assets { start_after, limit } => {
            to_json_binary(&query::assets(deps, &env, start_after.as_deref(), limit)?)?
        }
        QueryMsg::Prices { assets } => to_json_binary(&query::prices(deps, &env, assets)?)?,
        QueryMsg::Idle {
            owner,
            start_after,
            limit,
        } => to_json_binary(&query::idle(deps, &owner, start_after.as_deref(), limit)?)?,
        QueryMsg::Staker { asset, operator } => {
            to_json_binary(&query::staker(deps, &asset, &operator)?)?
        }
        QueryMsg::Stakers {
            asset,
            start_after,
            limit,
        } => to_json_binary(&query::stakers(deps, &asset, start_after, limit)?)?,
        QueryMsg::Books { asset } => to_json_binary(&query::books(deps, &env, &asset)?)?,
        QueryMsg::Seized {
            asset,
            start_after,
            limit,
        } => to_json_binary(&query::seized(deps, &asset, start_after.as_ref(), limit)?)?,
        QueryMsg::Ownership {} => to_json_binary(&cw_ownable::get_ownership(deps.storage)?)?,
    })
}

/// Records the new version of the code.
///
/// # Errors
/// Another contract's state, or a version that is not newer than the stored one.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn migrate(deps: DepsMut, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    palisade_admin::migrate_forward(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new())
}
