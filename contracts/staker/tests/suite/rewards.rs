//! Rewards that the base chain pays: noticed, withdrawn, staked and sent.

use cosmwasm_std::coin;
use palisade_staker::ContractError;
use palisade_types::asset::AssetAmount;
use palisade_types::staker::ExecuteMsg;

use crate::setup::{attributes, event, stake, StubMsg, Suite, DENOM, YEAR};

fn compounded(amount: u128) -> StubMsg {
    StubMsg::Compounded {
        asset: "stake".into(),
        operator: "operator".into(),
        amount: amount.into(),
    }
}

fn reward(amount: u128) -> StubMsg {
    StubMsg::Reward {
        operator: "operator".into(),
        parts: vec![AssetAmount {
            asset: "stake".into(),
            amount: amount.into(),
        }],
        by_operator: true,
    }
}

#[test]
fn what_the_chain_pays_with_a_delegation_is_rewards() {
    let mut suite = Suite::new();
    let response = suite.delegate(1_000_000);
    let expected = attributes([("amount", "1000000"), ("rewards", "0")]);
    assert_eq!(event(&response, "delegate"), expected);
    assert_eq!(suite.bonded(), 1_000_000);
    assert_eq!(suite.balance(&suite.staker), 0);
    assert_eq!(suite.balance(&suite.vault), 9_000_000);

    // 10 % of a million, by a second delegation.
    suite.pass(YEAR);
    let response = suite.delegate(500_000);
    let expected = attributes([("amount", "500000"), ("rewards", "100000")]);
    assert_eq!(event(&response, "delegate"), expected);
    assert_eq!(suite.bonded(), 1_500_000);
    assert_eq!(suite.rewards(), 100_000);
    assert_eq!(suite.balance(&suite.staker), 100_000);
    assert_eq!(suite.unbonded().arrived.u128(), 0);

    // 75,000 more, by an undelegation, which itself brings nothing yet.
    suite.pass(YEAR / 2);
    let response = suite.undelegate(300_000);
    assert_eq!(event(&response, "undelegate")[2].1, "75000");
    assert_eq!(suite.bonded(), 1_200_000);
    assert_eq!(suite.rewards(), 175_000);
    assert_eq!(suite.balance(&suite.staker), 175_000);
    assert_eq!(suite.unbonded().arrived.u128(), 0);
    assert_eq!(suite.balance(&suite.vault), 8_500_000);

    // 120,000 more, by a third delegation.
    suite.pass(YEAR);
    assert_eq!(suite.unbonded().arrived.u128(), 300_000);
    let response = suite.delegate(1);
    assert_eq!(event(&response, "delegate")[1].1, "120000");
    assert_eq!(suite.rewards(), 295_000);
    assert_eq!(suite.unbonded().arrived.u128(), 300_000);
}

#[test]
fn rewards_are_staked_and_the_vault_is_told() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.pass(YEAR);
    suite.delegate(1_000_000);
    suite.pass(YEAR);

    // 100,000 came with the second delegation, 200,000 come now.
    let response = suite.withdraw(suite.to_stake());
    let expected = attributes([
        ("withdrawn", "200000"),
        ("amount", "300000"),
        ("to", "stake"),
    ]);
    assert_eq!(event(&response, "withdraw_rewards"), expected);
    let expected = attributes([("amount", "300000"), ("rewards", "0")]);
    assert_eq!(event(&response, "delegate"), expected);
    assert_eq!(suite.told(&suite.vault), [(compounded(300_000), vec![])]);
    assert_eq!(suite.told(&suite.delegation), []);
    assert_eq!(suite.bonded(), 2_300_000);
    assert_eq!(suite.rewards(), 0);
    assert_eq!(suite.balance(&suite.staker), 0);
    assert_eq!(suite.balance(&suite.vault), 8_000_000);

    // They earn in their turn.
    suite.pass(YEAR);
    suite.withdraw(suite.to_stake());
    let told = suite.told(&suite.vault);
    assert_eq!(told[1..], [(compounded(230_000), vec![])]);
    assert_eq!(suite.bonded(), 2_530_000);
}

#[test]
fn rewards_are_sent_to_the_delegation_contract() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.pass(YEAR);
    suite.undelegate(400_000);
    suite.pass(YEAR);

    // 100,000 came with the undelegation, 60,000 come now; the 400,000 that arrived stay.
    let response = suite.withdraw(suite.to_send());
    let expected = attributes([("withdrawn", "60000"), ("amount", "160000"), ("to", "send")]);
    assert_eq!(event(&response, "withdraw_rewards"), expected);
    let sent = vec![coin(160_000, DENOM)];
    assert_eq!(suite.told(&suite.delegation), [(reward(160_000), sent)]);
    assert_eq!(suite.told(&suite.vault), []);
    assert_eq!(suite.balance(&suite.delegation), 160_000);
    assert_eq!(suite.rewards(), 0);
    assert_eq!(suite.balance(&suite.staker), 400_000);
    assert_eq!(suite.unbonded().arrived.u128(), 400_000);
    assert_eq!(suite.bonded(), 600_000);
}

#[test]
fn without_rewards_nothing_follows() {
    let mut suite = Suite::new();
    for to in [suite.to_stake(), suite.to_send()] {
        // Without a delegation.
        let response = suite.withdraw(to);
        let found = event(&response, "withdraw_rewards");
        assert_eq!(
            found[..2],
            attributes([("withdrawn", "0"), ("amount", "0")])
        );
    }
    suite.delegate(1_000_000);
    for to in [suite.to_stake(), suite.to_send()] {
        let response = suite.withdraw(to);
        let found = event(&response, "withdraw_rewards");
        assert_eq!(
            found[..2],
            attributes([("withdrawn", "0"), ("amount", "0")])
        );
    }
    assert_eq!(suite.told(&suite.vault), []);
    assert_eq!(suite.told(&suite.delegation), []);
    assert_eq!(suite.bonded(), 1_000_000);
    assert_eq!(suite.balance(&suite.staker), 0);
}

#[test]
fn what_the_chain_paid_with_the_last_undelegation_can_still_be_used() {
    for stakes in [true, false] {
        let mut suite = Suite::new();
        suite.delegate(1_000_000);
        suite.pass(YEAR);
        suite.undelegate(1_000_000);
        assert_eq!((suite.bonded(), suite.rewards()), (0, 100_000));
        suite.arrive();
        assert_eq!(suite.unbonded().arrived.u128(), 1_000_000);

        let to = if stakes {
            suite.to_stake()
        } else {
            suite.to_send()
        };
        let response = suite.withdraw(to);
        let found = event(&response, "withdraw_rewards");
        let expected = attributes([("withdrawn", "0"), ("amount", "100000")]);
        assert_eq!(found[..2], expected);
        let sent = vec![coin(100_000, DENOM)];
        if stakes {
            assert_eq!(suite.told(&suite.vault), [(compounded(100_000), vec![])]);
            assert_eq!(suite.bonded(), 100_000);
        } else {
            assert_eq!(suite.told(&suite.delegation), [(reward(100_000), sent)]);
            assert_eq!(suite.bonded(), 0);
        }
        // The principal is as it was.
        assert_eq!(suite.rewards(), 0);
        assert_eq!(suite.unbonded().arrived.u128(), 1_000_000);
        suite.collect(1_000_000, 1).unwrap();
        assert_eq!(suite.balance(&suite.vault), 10_000_000);
    }
}

#[test]
fn coins_that_somebody_sends_are_never_rewards() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    let stranger = suite.stranger.clone();
    let host = &mut suite.net.host;
    host.mint(&stranger, 77, DENOM).unwrap();
    host.send(&stranger, &suite.staker, &[stake(77)]).unwrap();
    suite.pass(YEAR);
    suite.delegate(1);
    assert_eq!(suite.rewards(), 100_000);
    suite.withdraw(suite.to_send());
    assert_eq!(suite.balance(&suite.delegation), 100_000);
    assert_eq!(suite.balance(&suite.staker), 77);
}

#[test]
fn a_neighbour_that_refuses_changes_nothing() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    suite.pass(YEAR);
    suite.delegate(1_000_000);
    suite.pass(YEAR);
    for (neighbour, to) in [
        (suite.vault.clone(), suite.to_stake()),
        (suite.delegation.clone(), suite.to_send()),
    ] {
        suite.refuse(&neighbour);
        let before = suite.picture();
        let msg = ExecuteMsg::WithdrawRewards { to };
        let vault = suite.vault.clone();
        let error = suite.by(&vault, &msg, &[]).unwrap_err().to_string();
        assert!(error.contains("the neighbour refuses"), "{error}");
        assert_eq!(suite.picture(), before);
        assert_eq!(suite.rewards(), 100_000);
    }
}

#[test]
fn rewards_in_other_denoms_are_sent_on_whole_and_principal_never() {
    let mut suite = Suite::new();
    suite.delegate(1_000_000);
    let staker = suite.staker.clone();
    suite.net.host.mint(&staker, 77, "uusd").unwrap();
    suite.net.host.mint(&staker, 5, DENOM).unwrap();
    let forward = |suite: &Suite, denom: &str| ExecuteMsg::ForwardRewards {
        denom: denom.into(),
        delegation: suite.delegation.to_string(),
        asset: "stake".into(),
        operator: "operator".into(),
        by_operator: false,
    };
    let denom = DENOM.to_string();
    let error = suite.try_call(&forward(&suite, DENOM), &[]).unwrap_err();
    assert_eq!(error, ContractError::BondDenom { denom });
    let denom = "ueur".to_string();
    let error = suite.try_call(&forward(&suite, "ueur"), &[]).unwrap_err();
    assert_eq!(error, ContractError::NoRewards { denom });
    let vault = suite.vault.clone();
    let sender = suite.delegation.clone();
    let msg = forward(&suite, "uusd");
    let error = suite.try_by(&sender, &msg, &[]).unwrap_err();
    assert_eq!(error, ContractError::NotVault { sender, vault });
    assert_eq!(suite.net.host.balance(&staker, "uusd").unwrap(), 77);

    let response = suite.try_call(&msg, &[]).unwrap();
    let expected = attributes([("denom", "uusd"), ("amount", "77")]);
    assert_eq!(event(&response, "forward_rewards"), expected);
    let StubMsg::Reward { parts, .. } = reward(77) else {
        unreachable!()
    };
    let told = StubMsg::Reward {
        operator: "operator".into(),
        parts,
        by_operator: false,
    };
    let delegation = suite.delegation.clone();
    assert_eq!(suite.told(&delegation), [(told, vec![coin(77, "uusd")])]);
    assert_eq!(suite.net.host.balance(&staker, "uusd").unwrap(), 0);
    assert_eq!(suite.balance(&staker), 5);
}
