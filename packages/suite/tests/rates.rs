//! An LST whose rate moves, goes stale, breaks, or is lied about, and what a consumer chain that
//! counts on it sees.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs)]

use cosmwasm_std::{
    coins, to_json_binary, Addr, Binary, Decimal, Deps, DepsMut, Env, MessageInfo, Response,
    StdError, StdResult, Uint128,
};
use cw_storage_plus::Item;
use palisade_suite::*;
use palisade_testing::TestContract;
use palisade_types::allocation::ServiceId;
use palisade_types::asset::{AssetKind, RateProviderQuery, RateResponse, RateSource};
use palisade_types::slashing::Source;
use palisade_types::vault;
use palisade_vault::ContractError;

const RATE: Item<Option<RateResponse>> = Item::new("rate");
const LST: &str = "ibc-lst";
const LST_DENOM: &str = "ibc/ABCDEF";
const MAX_AGE: u64 = EPOCH;

fn instantiate(
    deps: DepsMut,
    _: Env,
    _: MessageInfo,
    msg: Option<RateResponse>,
) -> StdResult<Response> {
    RATE.save(deps.storage, &msg)?;
    Ok(Response::new())
}

fn execute(
    deps: DepsMut,
    _: Env,
    _: MessageInfo,
    msg: Option<RateResponse>,
) -> StdResult<Response> {
    RATE.save(deps.storage, &msg)?;
    Ok(Response::new())
}

fn query(deps: Deps, _: Env, _: RateProviderQuery) -> StdResult<Binary> {
    let rate = RATE.load(deps.storage)?;
    to_json_binary(&rate.ok_or_else(|| StdError::generic_err("broken"))?)
}

/// An operator with 1,000 of the LST at 1.5 behind it, all of it counting for one consumer, which
/// takes a tenth for a double-sign.
fn with_provider() -> (Suite, Addr, ServiceId) {
    let mut suite = Suite::new();
    let owner = suite.host("owner");
    let code = suite
        .net
        .host
        .store(TestContract::new(execute, instantiate, query));
    let first = Some(RateResponse {
        rate: Decimal::percent(150),
        updated_at: suite.net.host.time(),
    });
    let provider = suite
        .net
        .host
        .instantiate(code, &owner, &first, "rates")
        .unwrap();
    let vault = suite.vault.clone();
    let msg = vault::ExecuteMsg::RegisterAsset(vault::NewAsset {
        id: LST.to_string(),
        kind: AssetKind::Native {
            denom: LST_DENOM.to_string(),
        },
        rate: RateSource::Provider {
            contract: provider.to_string(),
            min: Decimal::percent(100),
            max: Decimal::percent(200),
            max_age: MAX_AGE,
            max_change: Decimal::percent(10),
        },
        weight: Decimal::percent(50),
        cap: Uint128::new(1_000_000),
        minimum: Uint128::one(),
    });
    suite.on_host("owner", &vault, &msg);
    suite.register_operator("op");
    deposit(&mut suite, 1_000).unwrap();
    let mut accepts = terms(Decimal::percent(10), true);
    accepts.assets = vec![LST.to_string()];
    let service = suite.register_service("admin", accepts, Source::Ibc {}, settings());
    suite.open_channel(service);
    suite
        .try_opt_in("op", service, true, vec![slice(LST, 10)])
        .unwrap();
    suite.wait(ALLOCATION_DELAY);
    set(&mut suite, &provider, Some(Decimal::percent(150)));
    update(&mut suite).unwrap();
    tell(&mut suite, service);
    (suite, provider, service)
}

fn deposit(suite: &mut Suite, amount: u128) -> Result<(), palisade_testing::HarnessError> {
    let alice = suite.host("alice");
    suite.net.host.mint(&alice, amount, LST_DENOM).unwrap();
    let msg = vault::ExecuteMsg::Deposit {
        operator: Some(suite.host("op").to_string()),
        owner: None,
    };
    let vault = suite.vault.clone();
    let funds = coins(amount, LST_DENOM);
    suite.try_on_host("alice", &vault, &msg, &funds).map(drop)
}

fn set(suite: &mut Suite, provider: &Addr, rate: Option<Decimal>) {
    let updated_at = suite.net.host.time();
    let msg = rate.map(|rate| RateResponse { rate, updated_at });
    suite.on_host("oracle", provider, &msg);
}

fn update(suite: &mut Suite) -> Result<(), palisade_testing::HarnessError> {
    let vault = suite.vault.clone();
    let msg = vault::ExecuteMsg::UpdateRate {
        asset: LST.to_string(),
    };
    suite.try_on_host("anybody", &vault, &msg, &[]).map(drop)
}

fn tell(suite: &mut Suite, service: ServiceId) {
    suite.sync(service);
    suite.net.relay_all().unwrap();
}

/// The power that both chains know.
fn power(suite: &Suite, service: ServiceId) -> u128 {
    let power = suite.member(service, "op").power;
    assert_eq!(suite.seen("op").power, power);
    power.u128()
}

#[test]
fn lst_depeg() {
    let (mut suite, provider, service) = with_provider();
    // 1,000 at 1.5 with a haircut of a half.
    assert_eq!(power(&suite, service), 750);
    set(&mut suite, &provider, Some(Decimal::percent(136)));
    update(&mut suite).unwrap();
    tell(&mut suite, service);
    assert_eq!(power(&suite, service), 680);
    // Beyond the largest change, or out of bounds: not believed, and no deposits.
    for (rate, text) in [(120, "changed"), (90, "out of bounds")] {
        set(&mut suite, &provider, Some(Decimal::percent(rate)));
        let error = deposit(&mut suite, 1).unwrap_err();
        assert!(
            matches!(
                refusal::<ContractError>(&error),
                ContractError::RateChangedTooMuch { .. } | ContractError::RateOutOfBounds { .. }
            ),
            "{text}: {error}"
        );
    }
    tell(&mut suite, service);
    assert_eq!(power(&suite, service), 680);
    assert_eq!(suite.stake("op", LST), 1_000);
    // A penalty takes a tenth of the tokens, whatever they are worth: a depeg shields nobody, and
    // takes nobody's more.
    suite.wait(60);
    suite.report("op", "double_sign");
    suite.net.relay_all().unwrap();
    assert_eq!(suite.stake("op", LST), 900);
    assert_eq!(suite.books(LST).seized, 100);
}

#[test]
fn stale_rate() {
    let (mut suite, provider, service) = with_provider();
    // While the rate is fresh more stake arrives; it goes stale before anybody syncs.
    deposit(&mut suite, 500).unwrap();
    set(&mut suite, &provider, None);
    suite.wait(MAX_AGE + 1);
    tell(&mut suite, service);
    assert_eq!(power(&suite, service), 750, "no rise by a stale asset");
    let error = deposit(&mut suite, 1).unwrap_err();
    assert!(matches!(
        refusal::<ContractError>(&error),
        ContractError::RateUnavailable { .. }
    ));
    // Slashes and exits need no rate.
    suite.report("op", "double_sign");
    suite.net.relay_all().unwrap();
    // A tenth of the 1,000 that counted, and one unit of rounding against the pool.
    assert_eq!(suite.stake("op", LST), 1_399);
    suite.try_undelegate("alice", "op", LST, Some(700)).unwrap();
    tell(&mut suite, service);
    assert_eq!(power(&suite, service), 0, "out for good");
    suite.wait(EPOCH + UNBONDING);
    suite.try_claim("alice", "op", LST).unwrap();
    let balance = suite
        .net
        .host
        .balance(&suite.host("alice"), LST_DENOM)
        .unwrap();
    // 700 claimed, and the one unit of the deposit that was refused.
    assert_eq!(balance, 701);
}

#[test]
fn a_foreign_rate_contract_cannot_stop_a_sync() {
    let (mut suite, provider, service) = with_provider();
    set(&mut suite, &provider, None);
    assert!(update(&mut suite).is_err());
    suite.try_undelegate("alice", "op", LST, Some(400)).unwrap();
    tell(&mut suite, service);
    assert_eq!(power(&suite, service), 450);
}

#[test]
fn a_stale_rate_pushes_nobody_out_of_a_full_service() {
    let (mut suite, provider, service) = with_provider();
    let full = palisade_types::allocation::ExecuteMsg::UpdateService {
        service,
        change: palisade_types::allocation::ServiceChange {
            max_operators: Some(1),
            ..Default::default()
        },
    };
    let allocation = suite.allocation.clone();
    suite.on_host("admin", &allocation, &full);
    suite.register_operator("dust");
    let dust = vault::ExecuteMsg::Deposit {
        operator: Some(suite.host("dust").to_string()),
        owner: None,
    };
    let alice = suite.host("alice");
    suite.net.host.mint(&alice, 1, LST_DENOM).unwrap();
    let vault = suite.vault.clone();
    suite
        .try_on_host("alice", &vault, &dust, &coins(1, LST_DENOM))
        .unwrap();
    set(&mut suite, &provider, None);
    suite.wait(MAX_AGE + 1);
    tell(&mut suite, service);
    // Who is in ranks by the last good rate, who comes counts nothing of a stale asset.
    let error = suite
        .try_opt_in("dust", service, true, vec![slice(LST, 10)])
        .unwrap_err();
    assert_eq!(
        refusal::<palisade_allocation::ContractError>(&error),
        &palisade_allocation::ContractError::ServiceFull {
            service,
            needed: Uint128::new(750),
            offered: Uint128::zero(),
        }
    );
    assert_eq!(power(&suite, service), 750);
}
