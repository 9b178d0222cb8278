//! A stand-in for the allocation contract: its operators are what a test says, and it keeps a
//! log of what it is told.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::*;
use cw_storage_plus::{Bound, Item, Map};
use palisade_ibc::{Offender, OperatorPower};
use palisade_testing::TestContract;
use palisade_types::allocation::*;
use palisade_types::asset::AssetAmount;
use serde::{Deserialize, Serialize};

pub const UNBONDING: u64 = 100_000;
pub const EPOCH: u64 = 10_000;

const LOG: Item<Vec<ExecuteMsg>> = Item::new("log");
/// Who instantiated it stands for the delegation contract.
const DELEGATION: Item<Addr> = Item::new("delegation");
const RULES: Item<Rules> = Item::new("rules");
const MEMBERS: Map<&str, Member> = Map::new("members");
/// The terms that the services were created with.
const TERMS: Map<u32, ServiceTerms> = Map::new("terms");
/// The most that a tombstoning penalty took of an operator. Key: service, operator.
const BORNE: Map<(u32, &str), Uint128> = Map::new("borne");
const CAPTURES: Map<(&str, u64), (Timestamp, Uint128)> = Map::new("captures");

#[cw_serde]
#[derive(Default)]
pub struct Rules {
    /// `slash` fails.
    pub no_slash: bool,
    /// `acknowledge` fails.
    pub no_acknowledge: bool,
    /// Checkpoints that report somebody ask for the acknowledgement.
    pub await_ack: bool,
    /// Nothing counts as captured.
    pub no_capture: bool,
    /// `slash` answers without data.
    pub mute: bool,
}

#[cw_serde]
pub struct Member {
    power: Uint128,
    told: Option<Uint128>,
    key: Option<Binary>,
}

/// What a test tells the stub.
#[cw_serde]
pub enum Set {
    Power {
        operator: String,
        power: Uint128,
        key: Option<Binary>,
    },
    Remove {
        operator: String,
    },
    Rules(Rules),
}

#[cw_serde]
pub enum Extra {
    Log {},
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Ask {
    Real(QueryMsg),
    Extra(Extra),
}

fn instantiate(deps: DepsMut, _: Env, info: MessageInfo, _: Empty) -> StdResult<Response> {
    DELEGATION.save(deps.storage, &info.sender)?;
    LOG.save(deps.storage, &vec![])?;
    RULES.save(deps.storage, &Rules::default())?;
    Ok(Response::new())
}

fn sudo(deps: DepsMut, _: Env, msg: Set) -> StdResult<Response> {
    match msg {
        Set::Power {
            operator,
            power,
            key,
        } => {
            let told = MEMBERS
                .may_load(deps.storage, &operator)?
                .and_then(|m| m.told);
            MEMBERS.save(deps.storage, &operator, &Member { power, told, key })?;
        }
        Set::Remove { operator } => MEMBERS.remove(deps.storage, &operator),
        Set::Rules(rules) => RULES.save(deps.storage, &rules)?,
    }
    Ok(Response::new())
}

fn execute(deps: DepsMut, env: Env, _: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    let rules = RULES.load(deps.storage)?;
    LOG.update(deps.storage, |mut log| {
        log.push(msg.clone());
        StdResult::Ok(log)
    })?;
    match msg {
        ExecuteMsg::Checkpoint {
            update_id,
            start_after,
            limit,
            force,
            all,
            ..
        } => {
            let result = checkpoint(
                deps,
                env,
                rules,
                update_id.u64(),
                start_after,
                limit,
                force,
                all,
            )?;
            Ok(Response::new().set_data(to_json_binary(&result)?))
        }
        ExecuteMsg::Slash(slash) => {
            if rules.no_slash {
                return Err(StdError::generic_err("no slash today"));
            }
            if rules.mute {
                return Ok(Response::new());
            }
            let captured = capture(deps.storage, slash.operator.as_str(), slash.update_id.u64())?
                .map_or(Uint128::zero(), |(_, _, amount)| amount);
            let mut amount = captured.mul_floor(slash.fraction);
            if slash.tombstone {
                // Of several an operator bears the largest, once.
                let key = (slash.service, slash.operator.as_str());
                let borne = BORNE.may_load(deps.storage, key)?.unwrap_or_default();
                BORNE.save(deps.storage, key, &borne.max(amount))?;
                amount = amount.saturating_sub(borne);
            }
            let seized = vec![AssetAmount {
                asset: "atom".into(),
                amount,
            }];
            Ok(Response::new().set_data(to_json_binary(&SlashResult { seized })?))
        }
        ExecuteMsg::CreateService { service, terms, .. } => {
            TERMS.save(deps.storage, service, &terms)?;
            Ok(Response::new())
        }
        ExecuteMsg::Acknowledge { .. } if rules.no_acknowledge => {
            Err(StdError::generic_err("no acknowledgement today"))
        }
        _ => Ok(Response::new()),
    }
}

#[allow(clippy::too_many_arguments)]
fn checkpoint(
    deps: DepsMut,
    env: Env,
    rules: Rules,
    update: u64,
    start_after: Option<Addr>,
    limit: u32,
    force: Vec<Addr>,
    all: bool,
) -> StdResult<CheckpointResult> {
    let mut operators = vec![];
    for operator in &force {
        let member = MEMBERS.may_load(deps.storage, operator.as_str())?;
        let power = member.as_ref().map_or(Uint128::zero(), |m| m.power);
        operators.push(OperatorPower {
            operator: operator.to_string(),
            key: member.and_then(|m| m.key),
            power,
        });
    }
    let page = MEMBERS
        .range(
            deps.storage,
            start_after.as_ref().map(|a| Bound::exclusive(a.as_str())),
            None,
            Order::Ascending,
        )
        .take(limit as usize)
        .collect::<StdResult<Vec<_>>>()?;
    let next = (page.len() == limit as usize)
        .then(|| page.last().map(|(o, _)| Addr::unchecked(o)))
        .flatten();
    for (operator, mut member) in page {
        let forced = force.iter().any(|f| f.as_str() == operator);
        if !forced && (all || member.told != Some(member.power)) {
            operators.push(OperatorPower {
                operator: operator.clone(),
                key: member.key.clone(),
                power: member.power,
            });
        }
        member.told = Some(member.power);
        MEMBERS.save(deps.storage, &operator, &member)?;
    }
    for told in &operators {
        let entry = (env.block.time, told.power);
        CAPTURES.save(deps.storage, (&told.operator, update), &entry)?;
    }
    Ok(CheckpointResult {
        await_ack: rules.await_ack && !operators.is_empty(),
        operators,
        next,
    })
}

/// The newest capture at or before an update.
fn capture(
    storage: &dyn Storage,
    operator: &str,
    update: u64,
) -> StdResult<Option<(u64, Timestamp, Uint128)>> {
    CAPTURES
        .prefix(operator)
        .range(
            storage,
            None,
            Some(Bound::inclusive(update)),
            Order::Descending,
        )
        .next()
        .map(|entry| entry.map(|(update, (since, amount))| (update, since, amount)))
        .transpose()
}

/// Who stands for the vault.
pub fn vault() -> Addr {
    cw_multi_test::MockApiBech32::new("host").addr_make("vault")
}

fn query(deps: Deps, _: Env, msg: Ask) -> StdResult<Binary> {
    match msg {
        Ask::Extra(Extra::Log {}) => to_json_binary(&LOG.load(deps.storage)?),
        Ask::Real(QueryMsg::Config {}) => to_json_binary(&ConfigResponse {
            vault: vault(),
            delegation: DELEGATION.load(deps.storage)?,
            slashing: None,
            allocation_delay: 1,
            deallocation_delay: 1,
            max_lag: 1,
            epoch_length: EPOCH,
            unbonding_period: UNBONDING,
        }),
        Ask::Real(QueryMsg::Liability {
            offender,
            update_id,
            ..
        }) => {
            let operator = match offender {
                Offender::Operator(operator) => {
                    MEMBERS.may_load(deps.storage, &operator)?.map(|_| operator)
                }
                Offender::Key(key) => MEMBERS
                    .range(deps.storage, None, None, Order::Ascending)
                    .filter_map(Result::ok)
                    .find(|(_, m)| m.key.as_ref() == Some(&key))
                    .map(|(operator, _)| operator),
            };
            let found = operator
                .as_ref()
                .map(|o| capture(deps.storage, o, update_id.u64()))
                .transpose()?
                .flatten();
            let nothing = RULES.load(deps.storage)?.no_capture;
            to_json_binary(&LiabilityResponse {
                operator: operator.map(Addr::unchecked),
                update_id: found.map_or(0, |(update, _, _)| update).into(),
                since: found.map(|(_, since, _)| since),
                power: found.map_or(Uint128::zero(), |(_, _, amount)| amount),
                captured: found
                    .map(|(_, _, amount)| AssetAmount {
                        asset: "atom".into(),
                        amount: if nothing { Uint128::zero() } else { amount },
                    })
                    .into_iter()
                    .collect(),
            })
        }
        Ask::Real(QueryMsg::Service { service }) => to_json_binary(&ServiceResponse {
            service,
            admin: Addr::unchecked("admin"),
            terms: TERMS.load(deps.storage, service)?,
            operators: 0,
            total: Uint128::zero(),
            stopped: false,
        }),
        Ask::Real(_) => Err(StdError::generic_err("not played")),
    }
}

pub fn contract() -> TestContract {
    TestContract::new(execute, instantiate, query).with_sudo(sudo)
}
