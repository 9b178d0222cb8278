//! Rewards, and those who want more of them than is theirs.

use palisade_allocation::ContractError as AllocationError;
use palisade_delegation::ContractError as DelegationError;
use palisade_gateway::ContractError as GatewayError;
use palisade_suite::*;
use palisade_testing::{IbcError, Side};
use palisade_types::allocation::ServiceId;
use palisade_types::asset::AssetAmount;
use palisade_types::delegation::{EpochResponse, ExecuteMsg as Delegate, QueryMsg};
use palisade_types::token::Token;

use crate::world::*;

const GEM: &str = "ugem";
const COIN: &str = "ucoin";

/// North and south in a consumer's service, which counted them in the last epoch as it does now, and
/// pays in a native token of the host and in one of its own.
fn rewarding() -> (Suite, ServiceId, Token, Token) {
    let (mut suite, chain) = consumer();
    let (gem, coin) = (Token::native(GEM), Token::native(suite.voucher(COIN)));
    suite
        .try_name_rewards("consumer-admin", chain, &[gem.clone(), coin.clone()])
        .unwrap();
    suite.route_rewards(chain);
    suite.wait(EPOCH);
    tell(&mut suite, chain);
    (suite, chain, gem, coin)
}

fn pay(suite: &mut Suite, chain: ServiceId, amount: u128) {
    suite.try_pay_rewards("payer", chain, amount, GEM).unwrap();
}

fn next_period(suite: &mut Suite) {
    let epoch: EpochResponse = suite.ask(&suite.delegation, &QueryMsg::Epoch {});
    let left = epoch.end.minus_nanos(suite.net.host.time().nanos());
    suite.wait(left.seconds());
}

/// What somebody has of a token, or can claim.
fn credited(suite: &Suite, name: &str, token: &Token) -> u128 {
    suite.holds(&suite.host(name), token) + suite.claimable_in(name, token)
}

#[test]
fn just_in_time_deposit_taking_rewards() {
    let (mut suite, chain, gem, coin) = rewarding();
    // A block before the payout nine million stand behind north, and it is synced at once.
    suite.fund_gateway(3 * MILLION, COIN);
    suite.try_send_rewards(COIN).unwrap();
    suite.deposit("dave", "north", 9 * MILLION);
    suite.wait(5);
    tell(&mut suite, chain);
    assert_eq!(powers(&suite)[0], ("north", 10 * MILLION));
    pay(&mut suite, chain, 3 * MILLION);
    // Operators share by what counted in the last epoch already: one to two still.
    for token in [&gem, &coin] {
        assert_eq!(suite.earned(chain, "north", token), MILLION);
        assert_eq!(suite.earned(chain, "south", token), 2 * MILLION);
    }
    suite.try_harvest("dave", chain, "north").unwrap();
    suite.wait(5);
    leave(&mut suite, "dave", "north");
    next_period(&mut suite);
    suite.wait(REWARD_PERIOD);
    for token in [&gem, &coin] {
        assert_eq!(credited(&suite, "dave", token), 0);
        assert_eq!(credited(&suite, "alice", token), MILLION);
    }

    // Who is there from the end of the period on, and no longer than that, gains nothing either.
    suite.try_harvest("anybody", chain, "south").unwrap();
    next_period(&mut suite);
    suite.deposit("erin", "south", 2 * MILLION);
    leave(&mut suite, "erin", "south");
    suite.wait(REWARD_PERIOD);
    for token in [&gem, &coin] {
        assert_eq!(credited(&suite, "erin", token), 0);
        assert_eq!(credited(&suite, "bob", token), 2 * MILLION);
        assert!(suite.reward_books(token, &["alice", "bob"]).balance(0));
    }
}

#[test]
fn one_reward_paid_twice() {
    let (mut suite, chain, gem, _) = rewarding();
    pay(&mut suite, chain, 3 * MILLION);
    suite.try_harvest("north", chain, "north").unwrap();
    let again = |suite: &mut Suite| {
        let nothing = AllocationError::NothingEarned {
            service: chain,
            operator: suite.host("north"),
        };
        assert_refused(suite.try_harvest("north", chain, "north"), &nothing);
    };
    again(&mut suite);
    // A sync makes nothing of it new.
    tell(&mut suite, chain);
    again(&mut suite);
    // Nobody but allocation says that something was earned.
    let forged = Delegate::Reward {
        operator: suite.host("north").to_string(),
        parts: vec![AssetAmount {
            asset: ATOM.to_string(),
            amount: 1u128.into(),
        }],
        by_operator: true,
    };
    suite.net.host.mint(&suite.host("dave"), 1, GEM).unwrap();
    let contract = suite.delegation.clone();
    let funds = cosmwasm_std::coins(1, GEM);
    let stranger = DelegationError::Unauthorized {
        sender: suite.host("dave"),
        expected: "allocation",
    };
    let told = suite.try_on_host("dave", &contract, &forged, &funds);
    assert_refused(told, &stranger);

    next_period(&mut suite);
    suite.wait(REWARD_PERIOD / 2);
    suite.try_claim_rewards("alice").unwrap();
    assert_eq!(suite.holds(&suite.host("alice"), &gem), MILLION / 2);
    let nothing = |suite: &mut Suite, who: &str| {
        let owner = suite.host(who);
        let expected = DelegationError::NothingToClaim { owner };
        assert_refused(suite.try_claim_rewards(who), &expected);
    };
    nothing(&mut suite, "alice");
    // Out, back in, and in by another's hand: what is paid is paid, what was not waits.
    leave(&mut suite, "alice", "north");
    suite.deposit("alice", "north", MILLION);
    nothing(&mut suite, "alice");
    suite.wait(REWARD_PERIOD / 2);
    suite.try_claim_rewards("alice").unwrap();
    assert_eq!(suite.holds(&suite.host("alice"), &gem), MILLION);
    nothing(&mut suite, "alice");
    nothing(&mut suite, "bob");
    suite.wait(5 * REWARD_PERIOD);
    nothing(&mut suite, "alice");
    assert_eq!(suite.holds(&suite.delegation, &gem), 0);
    // South's part is untouched.
    assert_eq!(suite.holds(&suite.allocation, &gem), 2 * MILLION);
    assert!(suite.reward_books(&gem, &["alice", "bob"]).balance(0));
}

#[test]
fn same_reward_claimed_before_its_ack() {
    let (mut suite, chain, _, coin) = rewarding();
    let at_gateway = |suite: &Suite| suite.net.consumer.balance(&suite.gateway, COIN).unwrap();
    suite.fund_gateway(3 * MILLION, COIN);
    suite.try_send_rewards(COIN).unwrap();
    let packet = suite.net.only_pending(Side::Consumer).unwrap();
    suite.net.receive(&packet).unwrap();
    // The acknowledgement is held back, and the packet brought again. On the host all of it is claimed.
    assert!(suite.net.receive(&packet).unwrap().redundant);
    suite.try_harvest("anybody", chain, "north").unwrap();
    next_period(&mut suite);
    suite.wait(REWARD_PERIOD);
    suite.try_claim_rewards("alice").unwrap();
    assert_eq!(suite.holds(&suite.host("alice"), &coin), MILLION);

    // Its timeout, long past, cannot be proven.
    let error = suite.net.timeout(&packet).unwrap_err();
    assert!(
        matches!(error.ibc_error(), Some(IbcError::PacketReceived { .. })),
        "{error:?}"
    );
    assert_eq!(at_gateway(&suite), 0);
    let denom = COIN.to_string();
    let none = GatewayError::NoRewards { denom };
    assert_refused(suite.try_send_rewards(COIN), &none);
    suite.net.acknowledge(&packet).unwrap();
    assert!(suite.net.acknowledge(&packet).unwrap().redundant);
    assert_eq!(at_gateway(&suite), 0);
    assert_refused(suite.try_send_rewards(COIN), &none);
    let [_, pot] = &suite.service_rewards(chain)[..] else {
        panic!("two tokens")
    };
    assert_eq!(
        (pot.paid.u128(), pot.harvested.u128()),
        (3 * MILLION, MILLION)
    );
    let supply = suite.net.host.supply(&suite.voucher(COIN)).unwrap();
    assert_eq!(supply.u128(), 3 * MILLION);
    assert!(suite.reward_books(&coin, &["alice", "bob"]).balance(0));
}
