//! The staking and distribution modules, and addresses known beforehand.

use cosmwasm_std::{
    coin, coins, instantiate2_address, to_json_binary, Addr, Api, Binary, CodeInfoResponse,
    Decimal, Deps, DepsMut, DistributionMsg, Empty, Env, MessageInfo, QueryRequest, Reply,
    Response, StakingMsg, StdResult, SubMsg, WasmMsg, WasmQuery,
};
use cw_storage_plus::Item;
use palisade_testing::{
    Chain, Network, Rounding, StakingInfo, TestContract, MAX_UNBONDING_ENTRIES,
};

const DENOM: &str = "ustake";
const DAY: u64 = 86_400;
const MILLION: u128 = 1_000_000;
/// The last reply's first message response.
const REPLIED: Item<Binary> = Item::new("replied");

fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

/// Sends a staking message on, and keeps what came of it.
fn execute(_: DepsMut, _: Env, _: MessageInfo, msg: StakingMsg) -> StdResult<Response> {
    Ok(Response::new().add_submessage(SubMsg::reply_on_success(msg, 1)))
}

fn reply(deps: DepsMut, _: Env, reply: Reply) -> StdResult<Response> {
    let response = reply.result.into_result().unwrap();
    REPLIED.save(deps.storage, &response.msg_responses[0].value)?;
    Ok(Response::new())
}

fn query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&REPLIED.load(deps.storage)?)
}

fn staker() -> TestContract {
    TestContract::new(execute, instantiate, query).with_reply(reply)
}

struct Staking {
    net: Network,
    validator: String,
    alice: Addr,
}

impl Staking {
    /// One validator; alice with 10,000,000, of which 1,000,000 are delegated to it. 20 % a year.
    fn new() -> Self {
        let mut net = Network::new();
        let host = &mut net.host;
        host.set_staking_params(StakingInfo {
            bonded_denom: DENOM.to_string(),
            unbonding_time: 5 * DAY,
            apr: Decimal::percent(20),
        })
        .unwrap();
        let north = host.account("north");
        let validator = host.add_validator(&north, Decimal::percent(10)).unwrap();
        let alice = host.account("alice");
        host.mint(&alice, 10 * MILLION, DENOM).unwrap();
        host.delegate(&alice, &validator, coin(MILLION, DENOM))
            .unwrap();
        Self {
            net,
            validator,
            alice,
        }
    }

    fn host(&mut self) -> &mut Chain {
        &mut self.net.host
    }

    fn undelegate(&mut self, amount: u128) -> Result<(), palisade_testing::HarnessError> {
        let (alice, validator) = (self.alice.clone(), self.validator.clone());
        let amount = coin(amount, DENOM);
        let undelegate = StakingMsg::Undelegate { validator, amount };
        self.host().submit(&alice, undelegate).map(|_| ())
    }

    fn has(&self) -> u128 {
        self.net.host.balance(&self.alice, DENOM).unwrap()
    }

    fn bonded(&self) -> u128 {
        self.net.host.bonded(&self.alice, &self.validator).unwrap()
    }
}

#[test]
fn a_validator_has_the_bytes_of_its_operator() {
    let s = Staking::new();
    let host = &s.net.host;
    let north = host.account("north");
    assert!(s.validator.starts_with("hostvaloper1"));
    assert_eq!(host.validator_of(&north).unwrap(), s.validator);
    let valoper = cw_multi_test::MockApiBech32::new("hostvaloper");
    let api = host.app.api();
    assert_eq!(
        valoper.addr_canonicalize(&s.validator).unwrap(),
        api.addr_canonicalize(north.as_str()).unwrap()
    );
    assert_eq!(host.app.wrap().query_bonded_denom().unwrap(), DENOM);
    let known = host.app.wrap().query_validator(&s.validator).unwrap();
    assert_eq!(known.unwrap().commission, Decimal::percent(10));
}

#[test]
fn undelegated_tokens_arrive_at_the_end_of_the_block_that_completes_them() {
    let mut s = Staking::new();
    s.undelegate(400_000).unwrap();
    assert_eq!((s.bonded(), s.has()), (600_000, 9 * MILLION));
    s.host().advance(5 * DAY);
    // The time has come, but the block has not ended.
    assert_eq!(s.has(), 9 * MILLION);
    s.host().advance(1);
    assert_eq!(s.has(), 9 * MILLION + 400_000);

    // Of blocks that the test did not look at, all but the last have ended.
    s.undelegate(100_000).unwrap();
    let before = s.has();
    s.host().advance(5 * DAY + 5);
    assert_eq!(s.has(), before + 100_000);
}

#[test]
fn rewards_accrue_and_whatever_changes_a_delegation_pays_them_out() {
    let mut s = Staking::new();
    let (alice, validator) = (s.alice.clone(), s.validator.clone());
    // 20 % less 10 % commission: 180,000 a year.
    s.host().advance(365 * DAY / 2);
    assert_eq!(
        s.host().staking_rewards(&alice, &validator).unwrap(),
        90_000
    );
    let before = s.has();
    s.host()
        .delegate(&alice, &validator, coin(MILLION, DENOM))
        .unwrap();
    assert_eq!(s.has(), before - MILLION + 90_000);
    assert_eq!(s.host().staking_rewards(&alice, &validator).unwrap(), 0);

    s.host().advance(365 * DAY / 2);
    let before = s.has();
    s.undelegate(2 * MILLION).unwrap();
    assert_eq!((s.bonded(), s.has()), (0, before + 180_000));

    let withdraw = DistributionMsg::WithdrawDelegatorReward { validator };
    s.host().submit(&alice, withdraw.clone()).unwrap_err();
    let validator = s.validator.clone();
    s.host()
        .delegate(&alice, &validator, coin(MILLION, DENOM))
        .unwrap();
    let before = s.has();
    s.host().submit(&alice, withdraw.clone()).unwrap();
    assert_eq!(s.has(), before);
    s.host().advance(365 * DAY);
    let before = s.has();
    s.host().submit(&alice, withdraw).unwrap();
    // The undelegated 2,000,000 came back meanwhile.
    assert_eq!(s.has(), before + 180_000);
}

#[test]
fn a_slash_takes_of_what_is_bonded_and_of_what_unbonds() {
    let mut s = Staking::new();
    s.undelegate(400_000).unwrap();
    let validator = s.validator.clone();
    s.host()
        .slash_validator(&validator, Decimal::percent(5))
        .unwrap();
    let unbonding = s.net.host.unbonding(&s.alice, &s.validator).unwrap();
    assert_eq!((s.bonded(), unbonding), (570_000, 380_000));
    s.host().advance(5 * DAY + 5);
    assert_eq!(s.has(), 9 * MILLION + 380_000);
    assert_eq!(s.net.host.unbonding(&s.alice, &s.validator).unwrap(), 0);
    s.host()
        .slash_validator(&validator, Decimal::one())
        .unwrap();
    assert_eq!(s.bonded(), 0);
    s.host()
        .slash_validator("hostvaloper1nobody", Decimal::one())
        .unwrap_err();
}

#[test]
fn a_jailed_validator_is_not_among_the_bonded_ones() {
    let mut s = Staking::new();
    let (validator, alice) = (s.validator.clone(), s.alice.clone());
    let bonded = |s: &Staking| s.net.host.app.wrap().query_all_validators().unwrap().len();
    assert_eq!(bonded(&s), 1);
    s.host().jail_validator(&validator).unwrap();
    assert_eq!(bonded(&s), 0);
    let one = s.net.host.app.wrap().query_validator(&validator).unwrap();
    assert!(one.is_some());
    // The chain itself goes on as before.
    s.undelegate(1).unwrap();
    s.host()
        .delegate(&alice, &validator, coin(1, DENOM))
        .unwrap();
    s.host().unjail_validator(&validator);
    assert_eq!(bonded(&s), 1);
}

#[test]
fn seven_undelegations_unbond_at_once() {
    let mut s = Staking::new();
    for _ in 0..MAX_UNBONDING_ENTRIES {
        s.undelegate(1).unwrap();
        // Those of one block are one entry.
        s.undelegate(1).unwrap();
        s.host().next_block();
    }
    s.undelegate(1).unwrap_err();
    assert_eq!(s.bonded(), MILLION - 14);
    s.host().advance(5 * DAY - 5 * 7 + 5);
    s.undelegate(1).unwrap();
    s.undelegate(1).unwrap();
    s.host().next_block();
    s.undelegate(1).unwrap();
}

#[test]
fn the_reply_of_an_undelegation_tells_when_it_completes() {
    let mut s = Staking::new();
    let (alice, validator) = (s.alice.clone(), s.validator.clone());
    let code = s.host().store(staker());
    let contract = s.host().instantiate(code, &alice, &Empty {}, "s").unwrap();
    s.host().mint(&contract, 300, DENOM).unwrap();
    let delegate = StakingMsg::Delegate {
        validator: validator.clone(),
        amount: coin(300, DENOM),
    };
    s.host().execute(&alice, &contract, &delegate, &[]).unwrap();
    let replied: Binary = s.host().query(&contract, &Empty {}).unwrap();
    assert_eq!(replied, Binary::default());
    let undelegate = StakingMsg::Undelegate {
        validator,
        amount: coin(300, DENOM),
    };
    s.host()
        .execute(&alice, &contract, &undelegate, &[])
        .unwrap();
    let replied: Binary = s.host().query(&contract, &Empty {}).unwrap();
    // 1,700,432,000 seconds as a varint: field 1 of field 1. Then "ustake" and "300".
    assert_eq!(s.net.host.time().seconds() + 5 * DAY, 1_700_432_000);
    let expected = b"\x0a\x06\x08\x80\x91\xea\xaa\x06\x12\x0d\x0a\x06ustake\x12\x03300";
    assert_eq!(replied, Binary::from(expected));
}

#[test]
fn a_chain_that_rounds() {
    let mut s = Staking::new();
    let validator = s.validator.clone();
    let rounding = Rounding {
        refuses_all: true,
        short: true,
    };
    s.host().set_rounding(&validator, rounding).unwrap();
    // Of a million one less than all at most, and that brings one less again.
    let error = s.undelegate(MILLION).unwrap_err().to_string();
    assert!(error.contains("invalid shares amount"), "{error}");
    s.undelegate(MILLION - 1).unwrap();
    assert_eq!(s.bonded(), 2);
    let alice = s.alice.clone();
    let unbonding = s.host().unbonding(&alice, &validator);
    assert_eq!(unbonding.unwrap(), MILLION - 2);
    s.host()
        .set_rounding(&validator, Rounding::default())
        .unwrap();
    s.undelegate(2).unwrap();
    assert_eq!(s.bonded(), 0);
}

#[test]
fn instantiate2_gives_the_address_that_is_known_beforehand() {
    let mut s = Staking::new();
    let alice = s.alice.clone();
    let code_id = s.host().store(staker());
    let api = s.net.host.app.api();
    let creator = api.addr_canonicalize(alice.as_str()).unwrap();
    let salt = api.addr_canonicalize(s.net.host.account("north").as_str());
    let salt = salt.unwrap();
    let info = QueryRequest::Wasm(WasmQuery::CodeInfo { code_id });
    let info: CodeInfoResponse = s.net.host.app.wrap().query(&info).unwrap();
    let address = instantiate2_address(info.checksum.as_slice(), &creator, &salt).unwrap();
    let address = s.net.host.app.api().addr_humanize(&address).unwrap();
    let msg = WasmMsg::Instantiate2 {
        admin: None,
        code_id,
        label: "s".to_string(),
        msg: to_json_binary(&Empty {}).unwrap(),
        funds: coins(5, DENOM),
        salt: Binary::from(salt.as_slice()),
    };
    s.host().submit(&alice, msg.clone()).unwrap();
    assert_eq!(s.net.host.balance(&address, DENOM).unwrap(), 5);
    let known = s.net.host.app.wrap().query_wasm_contract_info(&address);
    assert_eq!(known.unwrap().code_id, code_id);
    s.host().submit(&alice, msg).unwrap_err();
}
