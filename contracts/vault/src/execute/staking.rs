//! Native staking: the bond denom, staked by the suite with the operators' own validators. A staker holds
//! what is delegated; the delegation contract says how much that should be; the vault carries it out.

use cosmwasm_std::{
    instantiate2_address, to_json_binary, Addr, Api, Binary, CodeInfoResponse, CosmosMsg, Deps,
    DepsMut, Env, MessageInfo, QuerierWrapper, Response, StdResult, Uint128, WasmMsg,
};
use palisade_admin::cw_ownable;
use palisade_math::Epochs;
use palisade_types::asset::AssetKind;
use palisade_types::delegation::{self, StakedPool};
use palisade_types::neighbour::Neighbour;
use palisade_types::staker::{self, RewardsTo};
use palisade_types::token::Token;
use palisade_types::vault::Reconciliation;

use crate::books::require_above_zero;
use crate::error::ContractError;
use crate::execute::wiring::only_delegation;
use crate::state::{self, Asset, Staker, BOOKS, STAKERS};
use crate::{events, lsm, pot};

/// Whether an asset of these parameters can be staked natively. Returns the bond denom.
pub(crate) fn check(
    deps: Deps,
    code_id: u64,
    unbonding_time: u64,
    batch_epochs: u32,
) -> Result<String, ContractError> {
    let neighbour = state::delegation(deps.storage)?;
    let config: delegation::ConfigResponse =
        neighbour.ask(deps.querier, &delegation::QueryMsg::Config {})?;
    Epochs::new(config.genesis, config.epoch_length, config.unbonding_period)?
        .check_batches(unbonding_time, batch_epochs)?;
    code(deps.querier, code_id)?;
    Ok(deps.querier.query_bonded_denom()?)
}

/// Creates the staker of the sender's validator, and its pool.
pub(crate) fn open(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    id: &str,
    validator: &str,
    compound: bool,
) -> Result<Response, ContractError> {
    let operator = &info.sender;
    let asset = state::asset(deps.storage, id)?;
    let (code_id, unbonding_time, batch_epochs) = match asset.kind {
        AssetKind::Native { .. } | AssetKind::Cw20 { .. } => return Err(not_staked(id)),
        AssetKind::Staked {
            code_id,
            unbonding_time,
            batch_epochs,
        } => (code_id, unbonding_time, batch_epochs),
    };
    if let Some(Staker { staker, .. }) = STAKERS.may_load(deps.storage, (id, operator))? {
        return Err(ContractError::StakerExists {
            asset: id.to_string(),
            operator: operator.clone(),
            staker,
        });
    }
    let validator = own_validator(deps.as_ref(), operator, validator)?;
    let mut salt = deps.api.addr_canonicalize(operator.as_str())?.to_vec();
    salt.extend_from_slice(id.as_bytes());
    let salt = Binary::from(salt);
    let checksum = code(deps.querier, code_id)?.checksum;
    let staker = Staker {
        staker: address(deps.api, &env.contract.address, checksum.as_slice(), &salt)?,
        validator,
        compound,
    };
    STAKERS.save(deps.storage, (id, operator), &staker)?;
    let instantiate = WasmMsg::Instantiate2 {
        admin: cw_ownable::get_ownership(deps.storage)?
            .owner
            .map(Addr::into_string),
        code_id,
        label: format!("palisade staker of {operator}"),
        msg: to_json_binary(&staker::InstantiateMsg {
            validator: staker.validator.clone(),
            denom: asset.bond_denom.clone(),
        })?,
        funds: vec![],
        salt,
    };
    let open_pool = delegation::ExecuteMsg::OpenPool(StakedPool {
        operator: operator.to_string(),
        asset: id.to_string(),
        denom: asset.bond_denom,
        staker: staker.staker.to_string(),
        unbonding_time,
        batch_epochs,
    });
    Ok(Response::new()
        .add_event(events::open_staker(id, operator, &staker))
        .add_message(instantiate)
        .add_message(state::delegation(deps.storage)?.call(&open_pool)?))
}

/// Changes what the base chain's rewards of the sender's staker are used for.
pub(crate) fn set_compound(
    deps: DepsMut,
    info: &MessageInfo,
    id: &str,
    compound: bool,
) -> Result<Response, ContractError> {
    state::asset(deps.storage, id)?;
    let operator = &info.sender;
    let mut staker = state::staker(deps.storage, id, operator)?;
    staker.compound = compound;
    STAKERS.save(deps.storage, (id, operator), &staker)?;
    Ok(Response::new().add_event(events::set_compound(id, operator, compound)))
}

/// Withdraws the base chain's rewards of an operator's staker. While its validator is not bonded they are
/// paid out, whatever the operator set: staked there they would earn nothing, and bear slashes for what
/// it did before.
pub(crate) fn withdraw_rewards(
    deps: DepsMut,
    id: &str,
    operator: &str,
) -> Result<Response, ContractError> {
    state::asset(deps.storage, id)?;
    let operator = deps.api.addr_validate(operator)?;
    let staker = state::staker(deps.storage, id, &operator)?;
    let asset = id.to_string();
    let compound = staker.compound && is_bonded(deps.querier, &staker.validator)?;
    let to = if compound {
        RewardsTo::Stake {
            asset,
            operator: operator.to_string(),
        }
    } else {
        RewardsTo::Send {
            delegation: state::delegation(deps.storage)?.0.into_string(),
            asset,
            operator: operator.to_string(),
        }
    };
    let event = events::withdraw_rewards(id, &operator, compound);
    let withdraw = Neighbour(staker.staker).call(&staker::ExecuteMsg::WithdrawRewards { to })?;
    Ok(Response::new().add_event(event).add_message(withdraw))
}

/// Sends rewards of the base chain in another denom than the bond denom on. A denom that the pool has not
/// earned before is the operator's to begin: coins of any denom can be sent to a staker by anybody.
pub(crate) fn forward_rewards(
    deps: DepsMut,
    info: &MessageInfo,
    id: &str,
    operator: &str,
    denom: String,
) -> Result<Response, ContractError> {
    state::asset(deps.storage, id)?;
    let operator = deps.api.addr_validate(operator)?;
    let staker = state::staker(deps.storage, id, &operator)?;
    let event = events::forward_rewards(id, &operator, &denom);
    let forward = staker::ExecuteMsg::ForwardRewards {
        denom,
        delegation: state::delegation(deps.storage)?.0.into_string(),
        asset: id.to_string(),
        by_operator: info.sender == operator,
        operator: operator.into_string(),
    };
    Ok(Response::new()
        .add_event(event)
        .add_message(Neighbour(staker.staker).call(&forward)?))
}

/// Takes in rewards of the base chain that were staked: new principal, for which the cap holds. Where
/// they do not fit, the operator can have them paid out instead.
pub(crate) fn compounded(
    deps: DepsMut,
    info: &MessageInfo,
    id: &str,
    operator: &str,
    amount: Uint128,
) -> Result<Response, ContractError> {
    let asset = state::asset(deps.storage, id)?;
    let operator = deps.api.addr_validate(operator)?;
    if state::staker(deps.storage, id, &operator)?.staker != info.sender {
        return Err(ContractError::Unauthorized {
            sender: info.sender.clone(),
            expected: "staker",
        });
    }
    require_above_zero(amount)?;
    let mut books = state::books(deps.storage, id)?;
    books.require_room(id, asset.cap, amount)?;
    books.staked = books.staked.checked_add(amount)?;
    BOOKS.save(deps.storage, id, &books)?;
    let grow = delegation::ExecuteMsg::Grow {
        operator: operator.to_string(),
        asset: id.to_string(),
        amount,
    };
    Ok(Response::new()
        .add_event(events::compounded(id, &operator, amount))
        .add_message(state::delegation(deps.storage)?.call(&grow)?))
}

/// Stakes tokens that are unbonded and in the vault with the validator of another operator. It is a part
/// of a redelegation, and paused with those.
pub(crate) fn restake(
    deps: DepsMut,
    info: &MessageInfo,
    id: &str,
    operator: &str,
    amount: Uint128,
) -> Result<Response, ContractError> {
    only_delegation(deps.storage, &info.sender)?;
    require_above_zero(amount)?;
    let asset = staked_asset(deps.as_ref(), id)?;
    let operator = deps.api.addr_validate(operator)?;
    let mut books = state::books(deps.storage, id)?;
    books.take_released(id, amount)?;
    BOOKS.save(deps.storage, id, &books)?;
    let delegate = delegate(deps.as_ref(), (id, &asset), &operator, amount)?;
    Ok(Response::new()
        .add_event(events::restake(id, &operator, amount))
        .add_message(delegate))
}

/// Books what the base chain took, takes in what arrived, and starts an undelegation.
pub(crate) fn reconcile(
    deps: DepsMut,
    info: &MessageInfo,
    orders: Reconciliation,
) -> Result<Response, ContractError> {
    only_delegation(deps.storage, &info.sender)?;
    let id = orders.asset.as_str();
    staked_asset(deps.as_ref(), id)?;
    let operator = deps.api.addr_validate(&orders.operator)?;
    let staker = Neighbour(state::staker(deps.storage, id, &operator)?.staker);
    let mut books = state::books(deps.storage, id)?;
    books.take_staked(id, orders.lost)?;
    let seized = match &orders.collect {
        Some(collection) => collection.seized,
        None => Uint128::zero(),
    };
    let pot = pot::name(id, operator.as_str());
    pot::reconcile(deps.storage, &mut books, &pot, seized, orders.forfeited)?;
    let mut response = Response::new().add_event(events::reconcile(&orders));
    if let Some(collection) = &orders.collect {
        books.collect(id, collection.released, collection.seized)?;
        response = response.add_message(staker.call(&staker::ExecuteMsg::Collect {
            amount: collection.released.checked_add(collection.seized)?,
            entries: collection.entries,
        })?);
    }
    if !orders.undelegate.is_zero() {
        response = response.add_message(staker.call(&staker::ExecuteMsg::Undelegate {
            amount: orders.undelegate,
        })?);
    }
    BOOKS.save(deps.storage, id, &books)?;
    Ok(response)
}

/// A message that stakes tokens of the vault with an operator's validator, which has to be bonded.
pub(crate) fn delegate(
    deps: Deps,
    (id, asset): (&str, &Asset),
    operator: &Addr,
    amount: Uint128,
) -> Result<CosmosMsg, ContractError> {
    let Staker {
        staker, validator, ..
    } = state::staker(deps.storage, id, operator)?;
    if !is_bonded(deps.querier, &validator)? {
        return Err(ContractError::ValidatorNotBonded { validator });
    }
    let denom = Token::native(&asset.bond_denom);
    Ok(denom.attach(&staker, &staker::ExecuteMsg::Delegate {}, amount)?)
}

/// Whether a validator is bonded. The chain answers with the bonded ones alone: those that are jailed or
/// unbonding are not among them.
fn is_bonded(querier: QuerierWrapper, validator: &str) -> StdResult<bool> {
    let bonded = querier.query_all_validators()?;
    Ok(bonded.iter().any(|bonded| bonded.address == validator))
}

/// The validator whose account the operator's is, in the spelling of the chain.
fn own_validator(deps: Deps, operator: &Addr, validator: &str) -> Result<String, ContractError> {
    let account = lsm::account_of(validator).unwrap_or_default();
    if !lsm::is_operator(deps.api, operator, &account)? {
        return Err(ContractError::NotTheValidator {
            operator: operator.clone(),
            validator: validator.to_string(),
        });
    }
    match deps.querier.query_validator(validator)? {
        Some(found) => Ok(found.address),
        None => Err(ContractError::UnknownValidator {
            validator: validator.to_string(),
        }),
    }
}

/// What is known of a code.
fn code(querier: QuerierWrapper, code_id: u64) -> Result<CodeInfoResponse, ContractError> {
    querier
        .query_wasm_code_info(code_id)
        .map_err(|reason| ContractError::UnknownCode { code_id, reason })
}

/// The address that a staker will have.
fn address(
    api: &dyn Api,
    vault: &Addr,
    checksum: &[u8],
    salt: &[u8],
) -> Result<Addr, ContractError> {
    let creator = api.addr_canonicalize(vault.as_str())?;
    let address = instantiate2_address(checksum, &creator, salt)?;
    Ok(api.addr_humanize(&address)?)
}

/// An asset that is natively staked.
fn staked_asset(deps: Deps, id: &str) -> Result<Asset, ContractError> {
    let asset = state::asset(deps.storage, id)?;
    if asset.is_staked() {
        return Ok(asset);
    }
    Err(not_staked(id))
}

fn not_staked(id: &str) -> ContractError {
    ContractError::NotStaked {
        asset: id.to_string(),
    }
}
