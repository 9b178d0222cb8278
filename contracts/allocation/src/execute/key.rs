use cosmwasm_std::{Addr, Binary, DepsMut, Env, MessageInfo, Response, Storage, Timestamp};
use palisade_types::allocation::{key_proof_message, KeyProof, ServiceId};

use super::{load_member, load_service};
use crate::events;
use crate::state::{Config, KeyOwner, Member, CONFIG, KEYS, MEMBERS};
use crate::ContractError;

/// Length of an ed25519 public key.
const KEY_BYTES: usize = 32;
/// Length of an ed25519 signature.
const PROOF_BYTES: usize = 64;

pub(crate) fn assign(
    mut deps: DepsMut,
    env: Env,
    info: MessageInfo,
    service: ServiceId,
    key: KeyProof,
) -> Result<Response, ContractError> {
    if !load_service(deps.storage, service)?.terms.keyed {
        return Err(ContractError::KeyNotUsed { service });
    }
    let mut member = load_member(deps.storage, service, &info.sender)?;
    if member.leaving.is_some() {
        return Err(ContractError::Leaving {
            service,
            operator: info.sender,
        });
    }
    let config = CONFIG.load(deps.storage)?;
    let event = events::assign_key(service, &info.sender, &key.key.to_base64());
    replace(
        deps.branch(),
        &env,
        &config,
        service,
        &info.sender,
        &mut member,
        key,
    )?;
    MEMBERS.save(deps.storage, (service, &info.sender), &member)?;
    Ok(Response::new().add_event(event))
}

/// Gives an operator a new key; the old one, if any, retires.
pub(crate) fn replace(
    mut deps: DepsMut,
    env: &Env,
    config: &Config,
    service: ServiceId,
    operator: &Addr,
    member: &mut Member,
    proof: KeyProof,
) -> Result<(), ContractError> {
    if let Some(old) = member.key.take() {
        retire(deps.storage, config, service, &old, env.block.time)?;
    }
    member.key = Some(take(deps.branch(), env, service, operator, proof)?);
    // Whoever was not told of at all is told of with its key.
    member.untold |= member.update_id > 0;
    Ok(())
}

/// Takes a key for an operator after checking its proof and that nobody else's infractions could
/// be laid at it. Returns the key.
fn take(
    deps: DepsMut,
    env: &Env,
    service: ServiceId,
    operator: &Addr,
    proof: KeyProof,
) -> Result<Binary, ContractError> {
    let KeyProof { key, proof } = proof;
    if key.len() != KEY_BYTES || proof.len() != PROOF_BYTES {
        return Err(ContractError::BadKeyLength {
            key: key.len(),
            proof: proof.len(),
        });
    }
    let message = key_proof_message(
        &env.block.chain_id,
        env.contract.address.as_str(),
        service,
        operator.as_str(),
    );
    // A key that is no point of the curve is an error there and a bad proof here.
    if !matches!(deps.api.ed25519_verify(&message, &proof, &key), Ok(true)) {
        return Err(ContractError::BadProof);
    }
    if let Some(owner) = KEYS.may_load(deps.storage, (service, &key))? {
        let free = owner.until.is_some_and(|until| until <= env.block.time);
        let own = owner.operator == *operator && owner.until.is_some();
        if !free && !own {
            return Err(ContractError::KeyTaken {
                operator: owner.operator,
                until: owner.until,
            });
        }
    }
    KEYS.save(
        deps.storage,
        (service, &key),
        &KeyOwner {
            operator: operator.clone(),
            until: None,
        },
    )?;
    Ok(key)
}

/// Lets a key resolve for one more unbonding period (and the epoch that it is counted from), after
/// the most that the service may lag behind in learning of the new one.
pub(crate) fn retire(
    storage: &mut dyn Storage,
    config: &Config,
    service: ServiceId,
    key: &[u8],
    now: Timestamp,
) -> Result<(), ContractError> {
    if let Some(mut owner) = KEYS.may_load(storage, (service, key))? {
        owner.until = Some(config.leavable_at(now).plus_seconds(config.max_lag));
        KEYS.save(storage, (service, key), &owner)?;
    }
    Ok(())
}
