//! Entry points: they only dispatch.

#[cfg(not(feature = "library"))]
use cosmwasm_std::entry_point;
use cosmwasm_std::{to_json_binary, Binary, Deps, DepsMut, Env, MessageInfo, Response};
use palisade_admin::{cw_ownable, GUARD};
use palisade_math::Epochs;
use palisade_types::delegation::{
    ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg, MIN_REWARD_PERIOD,
};

use crate::error::ContractError;
use crate::execute::{native, operator, payout, reward, slash, stake, unbonding, wiring};
use crate::state::{Config, CONFIG};
use crate::{events, query};

/// The name under which cw2 knows this contract.
pub const CONTRACT_NAME: &str = "palisade:delegation";
/// Its version.
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Sets owner, guardian, vault and epochs; epoch 0 starts now.
///
/// # Errors
/// An address that is not valid; periods that [`Epochs::new`] refuses; a reward period that is too short
/// or longer than the unbonding period.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    mut deps: DepsMut,
    env: Env,
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
    let epochs = Epochs::new(env.block.time, msg.epoch_length, msg.unbonding_period)?;
    // A first epoch whose stake could never mature would lock it in for ever.
    epochs.matures_at(0)?;
    if !(MIN_REWARD_PERIOD..=msg.unbonding_period).contains(&msg.reward_period) {
        return Err(ContractError::InvalidRewardPeriod {
            reward_period: msg.reward_period,
            least: MIN_REWARD_PERIOD,
            most: msg.unbonding_period,
        });
    }
    let config = Config {
        vault: deps.api.addr_validate(&msg.vault)?,
        allocation: None,
        epochs,
        reward_period: msg.reward_period,
    };
    CONFIG.save(deps.storage, &config)?;
    Ok(Response::new().add_event(events::instantiate(&msg.owner, &config)))
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
    let (env, info) = (&env, &info);
    refuse_coins(&msg, info)?;
    match msg {
        ExecuteMsg::RegisterOperator {
            metadata,
            commission,
            restricted,
        } => operator::register(deps, env, info, &metadata, commission, restricted),
        ExecuteMsg::UpdateOperator(change) => operator::update(deps, env, info, change),
        ExecuteMsg::SetStakers { add, remove } => operator::set_stakers(deps, info, &add, &remove),
        ExecuteMsg::Join {
            owner,
            operator,
            asset,
            amount,
            bound,
        } => stake::join(deps, env, info, [&owner, &operator, &asset], amount, bound),
        ExecuteMsg::OpenPool(pool) => native::open(deps, env, info, pool),
        ExecuteMsg::Reconcile { operator, asset } => {
            native::reconcile(deps, env, &operator, &asset)
        }
        ExecuteMsg::Grow {
            operator,
            asset,
            amount,
        } => native::grow(deps, env, info, &operator, &asset, amount),
        ExecuteMsg::Reward {
            operator,
            parts,
            by_operator,
        } => reward::native(deps, env, info, &operator, &parts, by_operator),
        ExecuteMsg::RewardCw20 {
            token,
            operator,
            parts,
            by_operator,
        } => reward::transferred(deps, env, info, &token, &operator, &parts, by_operator),
        ExecuteMsg::ClaimRewards {
            pools,
            tokens,
            recipient,
        } => payout::claim(deps, env, info, pools, tokens, recipient.as_deref()),
        ExecuteMsg::Compound { pools, tokens } => payout::compound(deps, env, info, pools, tokens),
        ExecuteMsg::ClaimCommission { tokens, recipient } => {
            payout::claim_commission(deps, env, info, tokens, recipient.as_deref())
        }
        ExecuteMsg::Undelegate {
            operator,
            asset,
            amount,
        } => stake::undelegate(deps, env, info, &operator, &asset, amount),
        ExecuteMsg::Cancel {
            operator,
            asset,
            epoch,
            amount,
        } => unbonding::cancel(deps, env, info, &operator, &asset, epoch, amount),
        ExecuteMsg::Claim {
            operator,
            asset,
            recipient,
        } => unbonding::claim(deps, env, info, &operator, asset, recipient.as_deref()),
        ExecuteMsg::Redelegate {
            operator,
            asset,
            to,
        } => unbonding::redelegate(deps, env, info, &operator, &asset, &to),
        ExecuteMsg::SetFirstLoss { share } => operator::set_first_loss(deps, env, info, share),
        ExecuteMsg::Slash(msg) => slash::slash(deps, env, info, msg),
        ExecuteMsg::Redirect(redirection) => slash::redirect(deps.as_ref(), info, redirection),
        ExecuteMsg::Connect { allocation } => wiring::connect(deps, info, &allocation),
        ExecuteMsg::Admin(msg) => wiring::admin(deps, env, info, msg),
        ExecuteMsg::UpdateOwnership(action) => wiring::ownership(deps, env, info, action),
    }
}

/// Rewards alone come with a coin.
fn refuse_coins(msg: &ExecuteMsg, info: &MessageInfo) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::Reward { .. } => Ok(()),
        _ => Ok(cw_utils::nonpayable(info)?),
    }
}

/// Answers a query.
///
/// # Errors
/// An address that is not valid, an unknown operator or pool, or a page that is too large.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    Ok(match msg {
        QueryMsg::Config {} => to_json_binary(&query::config(deps)?)?,
        QueryMsg::Guard {} => to_json_binary(&GUARD.load(deps.storage)?.response(env.block.time))?,
        QueryMsg::Epoch {} => to_json_binary(&query::epoch(deps, &env)?)?,
        QueryMsg::Operator { operator } => {
            to_json_binary(&query::operator(deps, &env, &operator)?)?
        }
        QueryMsg::Operators { start_after, limit } => to_json_binary(&query::operators(
            deps,
            &env,
            start_after.as_deref(),
            limit,
        )?)?,
        QueryMsg::MayJoin { operator, staker } => {
            to_json_binary(&query::may_join(deps, &env, &operator, &staker)?)?
        }
        QueryMsg::Pools {
            operator,
            start_after,
            limit,
        } => to_json_binary(&query::pools(
            deps,
            &env,
            &operator,
            start_after.as_deref(),
            limit,
        )?)?,
        QueryMsg::Buckets {
            operator,
            asset,
            start_after,
            limit,
        } => to_json_binary(&query::buckets(
            deps,
            &operator,
            &asset,
            start_after,
            limit,
        )?)?,
        QueryMsg::Positions {
            owner,
            start_after,
            limit,
        } => to_json_binary(&query::positions(deps, &owner, start_after, limit)?)?,
        QueryMsg::Unbondings {
            owner,
            start_after,
            limit,
        } => to_json_binary(&query::unbondings(deps, &owner, start_after, limit)?)?,
        QueryMsg::Rewards {
            owner,
            start_after,
            limit,
        } => to_json_binary(&query::rewards(deps, &env, &owner, start_after, limit)?)?,
        QueryMsg::Flows { operator, asset } => {
            to_json_binary(&query::flows(deps, &env, &operator, &asset)?)?
        }
        QueryMsg::CommissionOwed {
            operator,
            start_after,
            limit,
        } => to_json_binary(&query::commission_owed(
            deps,
            &operator,
            start_after,
            limit,
        )?)?,
        QueryMsg::Staked { operator, asset } => {
            to_json_binary(&query::staked(deps, &operator, &asset)?)?
        }
        QueryMsg::Dust { asset } => to_json_binary(&query::dust(deps, &asset)?)?,
        QueryMsg::Stakes { operators, assets } => {
            to_json_binary(&query::stakes(deps, &operators, assets)?)?
        }
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
