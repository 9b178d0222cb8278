//! Deposits, base rewards, and ways out.

use palisade_delegation::ContractError as DelegationError;
use palisade_suite::*;
use palisade_types::token::Token;
use palisade_types::vault;
use palisade_vault::ContractError as VaultError;

use crate::world::*;

#[test]
fn from_a_deposit_to_the_validator_and_back() {
    let mut suite = staked(true);
    // One delegation for all of them, of the validator that has the operator's bytes.
    assert_eq!(suite.bonded("north"), MILLION);
    assert_eq!(suite.stake("north", STAKE), MILLION);
    let staked = suite.staked("north");
    assert_eq!((staked.bonded.u128(), staked.slashed.u128()), (MILLION, 0));
    assert_eq!(staked.staker, suite.staker_of("north"));
    let books = suite.books(STAKE);
    assert_eq!(
        (books.balance, books.bonded, books.staked),
        (0, MILLION, MILLION)
    );
    assert_balanced(&suite);
    // It counts as any other stake does.
    let service = local_service(&mut suite);
    assert_eq!(suite.member(service, "north").power.u128(), MILLION);

    // Alice leaves with a third, bob with a quarter in the same batch.
    suite
        .try_undelegate("alice", "north", STAKE, Some(200_000))
        .unwrap();
    suite.wait(EPOCH);
    suite
        .try_undelegate("bob", "north", STAKE, Some(100_000))
        .unwrap();
    assert_eq!(
        (suite.stake("north", STAKE), suite.bonded("north")),
        (700_000, MILLION)
    );
    assert_balanced(&suite);
    next_batch(&mut suite);
    assert_eq!(
        (suite.bonded("north"), suite.unbonding("north")),
        (700_000, 300_000)
    );
    let [batch] = &suite.staked("north").batches[..] else {
        panic!("one batch")
    };
    assert_eq!(batch.amount.u128(), 300_000);
    assert_balanced(&suite);
    // Nothing to do is no error.
    suite.reconcile("north");

    // Arrived at the staker, collected to the vault, paid out when it matured.
    suite.wait(CHAIN_UNBONDING + 5);
    let books = suite.books(STAKE);
    assert_eq!(
        (books.unbonding, books.arrived, books.released),
        (0, 300_000, 0)
    );
    suite.reconcile("north");
    let books = suite.books(STAKE);
    assert_eq!(
        (books.arrived, books.released, books.balance),
        (0, 300_000, 300_000)
    );
    assert_balanced(&suite);
    suite.wait(3 * EPOCH);
    suite.try_claim("alice", "north", STAKE).unwrap();
    suite.try_claim("bob", "north", STAKE).unwrap();
    assert_eq!(
        (bond(&suite, "alice"), bond(&suite, "bob")),
        (200_000, 100_000)
    );
    let books = suite.books(STAKE);
    assert_eq!(
        (books.staked, books.released, books.balance),
        (700_000, 0, 0)
    );
    assert_balanced(&suite);
}

#[test]
fn base_rewards_are_staked_and_flow_into_the_pool() {
    let mut suite = staked(true);
    // A tenth of a year at 20 %.
    suite.wait(365 * EPOCH / 10);
    suite.try_withdraw_base_rewards("north").unwrap();
    assert_eq!(suite.bonded("north"), 1_020_000);
    assert_eq!(suite.stake("north", STAKE), MILLION);
    assert_eq!(suite.staked("north").growing.u128(), 20_000);
    assert_balanced(&suite);
    // Who joins now pays the price of now, and gets of the rewards what flows from now on.
    suite.wait(2 * REWARD_PERIOD);
    suite.reconcile("north");
    assert_eq!(suite.stake("north", STAKE), 1_020_000);
    assert_eq!(suite.staked("north").growing.u128(), 0);
    let values = ["alice", "bob"].map(|name| suite.position(name, "north", STAKE));
    assert!(
        values[0].abs_diff(612_000) <= 1 && values[1].abs_diff(408_000) <= 1,
        "{values:?}"
    );
    assert_balanced(&suite);

    // What the chain pays with a deposit by itself is not lost: 20 % of 1,020,000 for 20.25 days.
    suite.wait(365 * EPOCH / 20);
    suite.deposit_bond("carol", "north", 80_000);
    assert_eq!(suite.bonded("north"), 1_100_000);
    let staker = suite.staker_of("north");
    let at_hand = suite.net.host.balance(&staker, BOND).unwrap();
    assert_eq!(at_hand, 11_317);
    assert_balanced(&suite);
    suite.try_withdraw_base_rewards("north").unwrap();
    assert_eq!(suite.bonded("north"), 1_100_000 + at_hand);
    assert_eq!(suite.net.host.balance(&staker, BOND).unwrap(), 0);
    assert_balanced(&suite);
}

#[test]
fn base_rewards_are_paid_out_as_rewards() {
    let mut suite = staked(false);
    let token = Token::native(BOND);
    suite.wait(365 * EPOCH / 10);
    suite.try_withdraw_base_rewards("north").unwrap();
    // Without commission, which a validator takes on the chain itself.
    assert_eq!(suite.bonded("north"), MILLION);
    assert_eq!(suite.holds(&suite.delegation, &token), 20_000);
    assert_eq!(suite.commission("north", &token), 0);
    assert!(suite.reward_books(&token, &["alice", "bob"]).balance(0));
    suite.wait(2 * REWARD_PERIOD);
    let claimable = |suite: &Suite| ["alice", "bob"].map(|s| suite.claimable_in(s, &token));
    assert_eq!(claimable(&suite), [12_000, 8_000]);
    suite.try_claim_rewards("alice").unwrap();
    assert_eq!(bond(&suite, "alice"), 12_000);
    // Bob compounds, which here is one more delegation.
    suite
        .try_compound("bob", std::slice::from_ref(&token))
        .unwrap();
    assert_eq!(suite.position("bob", "north", STAKE), 408_000);
    assert_eq!(suite.bonded("north"), 1_008_000);
    assert_eq!(claimable(&suite), [0, 0]);
    assert_eq!(suite.holds(&suite.delegation, &token), 0);
    assert_balanced(&suite);
}

#[test]
fn a_jailed_validator_takes_no_deposits_and_keeps_nobody() {
    let mut suite = staked(true);
    suite.jail_validator("north");
    let before = suite.books(STAKE);
    let error = suite
        .try_deposit_bond("carol", Some("north"), 1_000)
        .unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::ValidatorNotBonded { .. }
    ));
    assert_eq!(suite.books(STAKE), before);
    // Idle is as good as ever.
    suite.try_deposit_bond("carol", None, 1_000).unwrap();
    assert_eq!(suite.books(STAKE).idle, 1_000);

    suite.try_undelegate("alice", "north", STAKE, None).unwrap();
    next_batch(&mut suite);
    suite.wait(CHAIN_UNBONDING + 5);
    suite.reconcile("north");
    suite.wait(4 * EPOCH);
    suite.try_claim("alice", "north", STAKE).unwrap();
    assert_eq!(bond(&suite, "alice"), 600_000);
    assert_balanced(&suite);

    let validator = suite.validator("north");
    suite.net.host.unjail_validator(&validator);
    suite.deposit_bond("dave", "north", 1_000);
    assert_eq!(suite.bonded("north"), 401_000);
    assert_balanced(&suite);
}

#[test]
fn native_stake_is_redelegated_to_an_operator_with_a_staker_alone() {
    let mut suite = staked(true);
    suite.register_validator("west");
    suite.open_staker("south", true);
    suite.try_undelegate("alice", "north", STAKE, None).unwrap();
    next_batch(&mut suite);
    suite.wait(UNBONDING);
    // Matured, and at the staker still.
    suite
        .try_redelegate("alice", "north", "south", STAKE)
        .unwrap_err();
    suite.reconcile("north");
    let before = suite.books(STAKE);
    let error = suite
        .try_redelegate("alice", "north", "west", STAKE)
        .unwrap_err();
    assert!(matches!(
        refusal::<DelegationError>(&error),
        DelegationError::NotNative { .. }
    ));
    assert_eq!(suite.books(STAKE), before);
    suite
        .try_redelegate("alice", "north", "south", STAKE)
        .unwrap();
    assert_eq!(
        (suite.bonded("north"), suite.bonded("south")),
        (400_000, 600_000)
    );
    assert_eq!(suite.position("alice", "south", STAKE), 600_000);
    assert_eq!(suite.books(STAKE).released, 0);
    assert_balanced(&suite);
    // A deposit there is the same refusal, by the vault.
    let error = suite
        .try_deposit_bond("carol", Some("west"), 1_000)
        .unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::NoStaker { .. }
    ));
}

#[test]
fn an_undelegation_can_be_cancelled_until_its_batch_starts() {
    let mut suite = staked(true);
    let epoch = suite.epoch();
    suite
        .try_undelegate("alice", "north", STAKE, Some(300_000))
        .unwrap();
    suite
        .try_cancel("alice", "north", STAKE, epoch, Some(100_000))
        .unwrap();
    assert_eq!(suite.position("alice", "north", STAKE), 400_000);
    assert_eq!(suite.bonded("north"), MILLION);
    assert_balanced(&suite);
    next_batch(&mut suite);
    assert_eq!(suite.unbonding("north"), 200_000);
    let before = suite.books(STAKE);
    let error = suite
        .try_cancel("alice", "north", STAKE, epoch, None)
        .unwrap_err();
    assert!(matches!(
        refusal::<DelegationError>(&error),
        DelegationError::BatchStarted { .. }
    ));
    assert_eq!(suite.books(STAKE), before);
    assert_balanced(&suite);
}

#[test]
fn only_the_account_of_a_validator_opens_its_staker_and_only_once() {
    let mut suite = Suite::new();
    suite.register_staked();
    suite.register_validator("north");
    suite.register_operator("thief");
    let open = |suite: &mut Suite, who: &str, of: &str| {
        let msg = vault::ExecuteMsg::OpenStaker {
            asset: STAKE.to_string(),
            validator: suite.validator(of),
            compound: true,
        };
        let vault = suite.vault.clone();
        suite.try_on_host(who, &vault, &msg, &[])
    };
    let error = open(&mut suite, "thief", "north").unwrap_err();
    assert!(matches!(
        refusal::<VaultError>(&error),
        VaultError::NotTheValidator { .. }
    ));
    // No validator of the chain.
    open(&mut suite, "thief", "thief").unwrap_err();
    open(&mut suite, "north", "north").unwrap();
    open(&mut suite, "north", "north").unwrap_err();
    // The staker takes orders of the vault alone, and its coins are nobody else's.
    suite.deposit_bond("alice", "north", 1_000);
    let staker = suite.staker_of("north");
    let order = palisade_types::staker::ExecuteMsg::Undelegate {
        amount: 1_000u128.into(),
    };
    suite
        .try_on_host("north", &staker, &order, &[])
        .unwrap_err();
    assert_eq!(suite.bonded("north"), 1_000);
    assert_balanced(&suite);
}

#[test]
fn a_deposit_just_before_base_rewards_are_withdrawn_gains_nothing_of_them() {
    for compound in [true, false] {
        let mut suite = staked(compound);
        let token = Token::native(BOND);
        suite.wait(365 * EPOCH / 10);
        // The chain pays 20,000 with dave's own deposit; dave has them used, and leaves.
        suite.deposit_bond("dave", "north", 9 * MILLION);
        suite.try_withdraw_base_rewards("north").unwrap();
        suite.wait(5);
        suite.try_undelegate("dave", "north", STAKE, None).unwrap();
        suite.wait(2 * REWARD_PERIOD);
        suite.reconcile("north");
        assert_eq!(suite.claimable_in("dave", &token), 0);
        let growth = if compound { 20_000 } else { 0 };
        assert_eq!(suite.stake("north", STAKE), MILLION + growth);
        let all = suite.claimable_in("alice", &token) + suite.claimable_in("bob", &token);
        assert_eq!(all + growth, 20_000);
        suite.wait(BATCH);
        suite.reconcile("north");
        suite.wait(CHAIN_UNBONDING + 5);
        suite.reconcile("north");
        suite.wait(2 * EPOCH);
        suite.try_claim("dave", "north", STAKE).unwrap();
        assert_eq!(bond(&suite, "dave"), 9 * MILLION);
        assert_balanced(&suite);
    }
}

#[test]
fn fees_in_other_denoms_flow_to_the_stakers_once_the_operator_began_them() {
    let mut suite = staked(true);
    let staker = suite.staker_of("north");
    let fee = Token::native("ufee");
    // As the chain pays them: to the staker, beside the bond denom.
    suite.net.host.mint(&staker, 5_000, "ufee").unwrap();
    let error = suite
        .try_forward_rewards("anybody", "north", "ufee")
        .unwrap_err();
    assert!(matches!(
        refusal::<DelegationError>(&error),
        DelegationError::RewardTokensFull { .. }
    ));
    assert_eq!(suite.holds(&staker, &fee), 5_000);
    suite.try_forward_rewards("north", "north", "ufee").unwrap();
    // From then on anybody does; of nothing, nobody.
    suite.net.host.mint(&staker, 1_000, "ufee").unwrap();
    suite
        .try_forward_rewards("anybody", "north", "ufee")
        .unwrap();
    for denom in ["ufee", BOND] {
        suite
            .try_forward_rewards("north", "north", denom)
            .unwrap_err();
    }
    assert_eq!(suite.commission("north", &fee), 0);
    suite.wait(2 * REWARD_PERIOD);
    let claimable = ["alice", "bob"].map(|name| suite.claimable_in(name, &fee));
    assert_eq!(claimable, [3_600, 2_400]);
    suite.try_claim_rewards("alice").unwrap();
    assert_eq!(suite.holds(&suite.host("alice"), &fee), 3_600);
    assert!(suite.reward_books(&fee, &["alice", "bob"]).balance(0));
    assert_balanced(&suite);
}
