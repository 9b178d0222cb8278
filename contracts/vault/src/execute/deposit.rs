//! Principal in.

use cosmwasm_std::{
    from_json, Addr, Deps, DepsMut, Env, IbcBasicResponse, IbcDestinationCallbackMsg, MessageInfo,
    Response, StdResult, Uint128,
};
use cw20::Cw20ReceiveMsg;
use palisade_ibc::{Arrival, DepositNote};
use palisade_types::token::Token;
use palisade_types::vault::{Action, Cw20HookMsg};

use crate::books::credit_idle;
use crate::error::ContractError;
use crate::execute::stake;
use crate::rate::Answer;
use crate::state::{Asset, Books, ASSETS, BOOKS, TOKENS};
use crate::{events, rate, token};

/// What was delivered, and what for.
struct Offer {
    token: Token,
    amount: Uint128,
    /// Whether the bank delivered it with this very call. What was delivered before, the vault has to hold.
    attached: bool,
    /// Who paid; of another chain, whatever that says.
    sender: String,
    owner: Addr,
    operator: Option<String>,
}

/// Deposits the one native coin attached.
pub(crate) fn native(
    deps: DepsMut,
    env: &Env,
    info: MessageInfo,
    operator: Option<String>,
    owner: Option<String>,
) -> Result<Response, ContractError> {
    let coin = cw_utils::one_coin(&info)?;
    let offer = Offer {
        token: Token::native(coin.denom),
        amount: coin.amount,
        attached: true,
        sender: info.sender.to_string(),
        owner: owner_or(deps.as_ref(), owner, &info.sender)?,
        operator,
    };
    accept(deps, env, offer)
}

/// Deposits what a cw20 says that it delivered. It is believed about its own tokens alone, and held
/// to its word.
pub(crate) fn cw20(
    deps: DepsMut,
    env: &Env,
    info: &MessageInfo,
    hook: Cw20ReceiveMsg,
) -> Result<Response, ContractError> {
    let sender = deps.api.addr_validate(&hook.sender)?;
    let Cw20HookMsg::Deposit { operator, owner } = from_json(&hook.msg)?;
    let offer = Offer {
        token: Token::cw20(&info.sender),
        amount: hook.amount,
        attached: false,
        owner: owner_or(deps.as_ref(), owner, &sender)?,
        sender: hook.sender,
        operator,
    };
    accept(deps, env, offer)
}

/// Deposits coins that arrived over ICS-20.
pub(crate) fn arrived(
    deps: DepsMut,
    env: &Env,
    msg: &IbcDestinationCallbackMsg,
) -> Result<IbcBasicResponse, ContractError> {
    let arrival = Arrival::<DepositNote>::read(msg, &env.contract.address)?;
    let terms = arrival.note.deposit;
    let offer = Offer {
        token: Token::native(arrival.denom),
        amount: arrival.amount,
        attached: false,
        sender: arrival.sender,
        owner: deps.api.addr_validate(&terms.owner)?,
        operator: terms.operator,
    };
    let response = accept(deps, env, offer)?;
    Ok(IbcBasicResponse::new()
        .add_events(response.events)
        .add_submessages(response.messages))
}

fn owner_or(deps: Deps, owner: Option<String>, sender: &Addr) -> StdResult<Addr> {
    match owner {
        Some(owner) => deps.api.addr_validate(&owner),
        None => Ok(sender.clone()),
    }
}

/// The one way in, whatever the token.
fn accept(deps: DepsMut, env: &Env, offer: Offer) -> Result<Response, ContractError> {
    palisade_admin::require_active(deps.storage, &env.block, &Action::Deposits)?;
    let Offer { token, amount, .. } = offer;
    let name = token.name();
    let Some(id) = TOKENS.may_load(deps.storage, &name)? else {
        return Err(ContractError::UnknownToken { token: name });
    };
    let asset = ASSETS.load(deps.storage, &id)?;
    let mut books = BOOKS.load(deps.storage, &id)?;
    check(&id, &asset, &books, amount)?;

    let mut response = Response::new();
    let now = env.block.time;
    let answer = rate::refresh(deps.storage, deps.querier, &id, &asset, now)?;
    if let Answer::New(rate) = answer {
        response = response.add_event(events::update_rate(&id, &rate));
    }
    if !offer.attached {
        let due = books.here()?.checked_add(amount)?;
        let vault = &env.contract.address;
        token::require_delivered(deps.querier, &id, &token, vault, due)?;
    }
    let operator = offer.operator;
    let event = events::deposit(
        &offer.sender,
        &offer.owner,
        &id,
        amount,
        operator.as_deref(),
    );
    response = response.add_event(event);
    match operator {
        Some(operator) => {
            books.staked = books.staked.checked_add(amount)?;
            BOOKS.save(deps.storage, &id, &books)?;
            let stake = stake::Stake {
                id: &id,
                asset: &asset,
                owner: &offer.owner,
                operator: &operator,
                amount,
            };
            response = response.add_messages(stake.hand_on(deps.as_ref())?);
        }
        None => {
            credit_idle(deps.storage, &mut books, &offer.owner, &id, amount)?;
            BOOKS.save(deps.storage, &id, &books)?;
        }
    }
    Ok(response)
}

/// Whether the asset takes so much now. Its rate is another question.
fn check(id: &str, asset: &Asset, books: &Books, amount: Uint128) -> Result<(), ContractError> {
    if asset.closed {
        return Err(ContractError::DepositsClosed {
            asset: id.to_string(),
        });
    }
    if amount < asset.minimum {
        return Err(ContractError::BelowMinimum {
            asset: id.to_string(),
            minimum: asset.minimum,
            offered: amount,
        });
    }
    books.require_room(id, asset.cap, amount)
}
