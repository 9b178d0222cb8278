//! Who gets what was slashed: shares, recipients and tokens that refuse, and another way for what
//! they refused.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod common;

use common::*;
use cosmwasm_std::{Decimal, DepsMut, Empty, Env, MessageInfo, Response, StdError, StdResult};
use palisade_testing::TestContract;
use palisade_types::asset::Destination;
use palisade_vault::ContractError;

const THIRD: &str = "0.333333333333333333";
const REST: &str = "0.333333333333333334";

fn burn() -> Destination {
    Destination::Burn {}
}

/// 1,000 atom and 500 gold of alice, staked.
fn staked() -> Suite {
    let mut suite = Suite::new();
    suite.deposit("alice", ATOM, 1_000, Some("val")).unwrap();
    suite.deposit("alice", GOLD, 500, Some("val")).unwrap();
    suite
}

#[test]
fn the_proceeds_are_split_to_the_last_unit() {
    let mut suite = staked();
    let (treasury, finder) = (suite.send_to("treasury"), suite.send_to("bob"));
    // A tenth for who found it; of the rest a third of all for the treasury; the remainder burns.
    let payees = [
        payee(0, &finder, "0.1"),
        payee(7, &treasury, THIRD),
        payee(7, &burn(), "0.566666666666666667"),
    ];
    let response = suite.seize_for(&[(ATOM, 101), (GOLD, 9)], &payees).unwrap();
    // floor(10.1), floor(33.66..), and 58 where 57.2 was the share; 9 gold: 0, 2, 7.
    assert_eq!(
        suite.booked(ATOM),
        [
            (0, finder.clone(), 10),
            (7, burn(), 58),
            (7, treasury.clone(), 33)
        ]
    );
    assert_eq!(
        suite.booked(GOLD),
        [(7, burn(), 7), (7, treasury.clone(), 2)]
    );
    assert_eq!(suite.books(ATOM), (0, 899, 101, 1_000));
    assert_eq!(suite.books(GOLD), (0, 491, 9, 500));
    // The finder of 0 gold is not mentioned either.
    let events = response.events.iter().filter(|e| e.ty == "wasm-seize");
    assert_eq!(events.count(), 5);

    // One unit goes to the last, whoever that is.
    suite.seize_for(&[(GOLD, 1)], &payees).unwrap();
    assert_eq!(suite.booked(GOLD)[0], (7, burn(), 8));
    suite.pay_out_of(0, ATOM, &finder).unwrap();
    suite.pay_out_of(7, ATOM, &treasury).unwrap();
    let supply = suite.supply(ATOM);
    suite.pay_out_of(7, ATOM, &burn()).unwrap();
    assert_eq!(suite.purse("bob", ATOM), PURSE + 10);
    assert_eq!(suite.purse("treasury", ATOM), 33);
    assert_eq!(suite.supply(ATOM), supply - 58);
    assert_eq!(suite.books(ATOM), (0, 899, 0, 899));
}

#[test]
fn payees_of_the_same_booking_share_it() {
    // The reporter executes the slash: two bounties, one account, one destination.
    let mut suite = staked();
    let bob = suite.send_to("bob");
    let payees = [
        payee(0, &bob, THIRD),
        payee(0, &bob, THIRD),
        payee(3, &bob, REST),
    ];
    suite.seize_for(&[(ATOM, 100)], &payees).unwrap();
    assert_eq!(
        suite.booked(ATOM),
        [(0, bob.clone(), 66), (3, bob.clone(), 34)]
    );
    // Accounts are paid apart.
    suite.pay_out_of(3, ATOM, &bob).unwrap();
    assert_eq!(suite.purse("bob", ATOM), PURSE + 34);
    assert_eq!(suite.booked(ATOM), [(0, bob.clone(), 66)]);
    suite.refuses(
        ContractError::NothingSeized {
            asset: ATOM.into(),
            account: 3,
            destination: bob.clone(),
        },
        |s| s.pay_out_of(3, ATOM, &bob),
    );
}

#[test]
fn shares_that_are_no_shares_are_refused() {
    let mut suite = staked();
    let bob = suite.send_to("bob");
    let mut refuses = |payees: &[(&Destination, &str)], error: ContractError| {
        let payees: Vec<_> = payees.iter().map(|(to, s)| payee(7, to, s)).collect();
        suite.refuses(error, |s| s.seize_for(&[(ATOM, 100)], &payees));
    };
    let (burn, count) = (burn(), |actual| ContractError::PayeeCount {
        most: 3,
        actual,
    });
    refuses(&[], count(0));
    refuses(&[(&bob, "0.25"); 4], count(4));
    for (share, total) in [
        ("0.499999999999999999", "0.999999999999999999"),
        ("0.500000000000000001", "1.000000000000000001"),
    ] {
        let total: Decimal = total.parse().unwrap();
        refuses(
            &[(&bob, "0.5"), (&burn, share)],
            ContractError::SharesNotWhole { total },
        );
    }
    let zero = |destination: &Destination| ContractError::ZeroShare {
        account: 7,
        destination: destination.clone(),
    };
    refuses(&[(&bob, "0"), (&burn, "1")], zero(&bob));
    refuses(&[(&bob, "1"), (&burn, "0")], zero(&burn));
    let most = Decimal::MAX.to_string();
    let payees = [payee(7, &bob, &most), payee(7, &burn, &most)];
    let before = suite.snapshot();
    let error = suite.seize_for(&[(ATOM, 100)], &payees).unwrap_err();
    assert!(matches!(
        error.contract_error(),
        Some(ContractError::Overflow(_))
    ));
    assert_eq!(suite.snapshot(), before);
}

#[test]
fn what_waits_is_redirected_within_its_account_and_joins_what_waits_there() {
    let mut suite = staked();
    let (treasury, bob) = (suite.send_to("treasury"), suite.send_to("bob"));
    suite.seize(&[(ATOM, 60), (GOLD, 5)], &treasury).unwrap();
    suite.seize(&[(ATOM, 40)], &bob).unwrap();
    let other = [payee(8, &treasury, "1")];
    suite.seize_for(&[(ATOM, 30)], &other).unwrap();

    let response = suite.redirect(7, ATOM, &treasury, &bob).unwrap();
    let (from, to) = (suite.account("treasury"), suite.account("bob"));
    assert_eq!(
        event(&response, "redirect"),
        pairs(&[
            ("asset", ATOM),
            ("amount", "60"),
            ("account", "7"),
            ("from", from.as_str()),
            ("to", to.as_str()),
        ])
    );
    // Of the other account and the other asset nothing moved, and the books are as they were.
    assert_eq!(
        suite.booked(ATOM),
        [(7, bob.clone(), 100), (8, treasury.clone(), 30)]
    );
    assert_eq!(suite.booked(GOLD), [(7, treasury.clone(), 5)]);
    assert_eq!(suite.books(ATOM), (0, 870, 130, 1_000));

    // To burn, and back; a second time there is nothing, which it says.
    let response = suite.redirect(7, ATOM, &bob, &burn()).unwrap();
    let moved = [("asset", ATOM), ("amount", "100"), ("account", "7")];
    let attributes = [&moved[..], &[("from", to.as_str())]].concat();
    assert_eq!(event(&response, "redirect"), pairs(&attributes));
    let before = suite.snapshot();
    let response = suite.redirect(7, ATOM, &bob, &treasury).unwrap();
    assert_eq!(event(&response, "redirect")[1].1, "0");
    assert_eq!(suite.snapshot(), before);
    suite.redirect(7, ATOM, &burn(), &treasury).unwrap();
    suite.pay_out(ATOM, &treasury).unwrap();
    assert_eq!(suite.purse("treasury", ATOM), 100);
    assert_eq!(suite.books(ATOM), (0, 870, 30, 900));
}

#[test]
fn redirections_that_lead_nowhere_are_refused() {
    let mut suite = staked();
    let (treasury, bob) = (suite.send_to("treasury"), suite.send_to("bob"));
    let payees = [payee(0, &treasury, "0.5"), payee(7, &treasury, "0.5")];
    suite.seize_for(&[(ATOM, 60)], &payees).unwrap();
    suite.refuses(ContractError::NobodysAccount, |s| {
        s.redirect(0, ATOM, &treasury, &bob)
    });
    for destination in [treasury.clone(), burn()] {
        let same = ContractError::SameDestination {
            destination: destination.clone(),
        };
        suite.refuses(same, |s| s.redirect(7, ATOM, &destination, &destination));
    }
    let vault = Destination::Send {
        recipient: suite.vault.to_string(),
    };
    suite.refuses(ContractError::PaymentToSelf, |s| {
        s.redirect(7, ATOM, &treasury, &vault)
    });
    let unknown = ContractError::UnknownAsset {
        asset: "gone".into(),
    };
    suite.refuses(unknown, |s| s.redirect(7, "gone", &treasury, &bob));
    let nowhere = Destination::Send {
        recipient: String::new(),
    };
    let before = suite.snapshot();
    let error = suite.redirect(7, ATOM, &treasury, &nowhere).unwrap_err();
    assert!(matches!(
        error.contract_error(),
        Some(ContractError::Std(StdError::GenericErr { .. }))
    ));
    assert_eq!(suite.snapshot(), before);
}

#[test]
fn a_recipient_that_refuses_tokens_blocking_others() {
    let mut flawed = Flawed::new();
    let (bad, good) = (flawed.suite.send_to("carol"), flawed.suite.send_to("bob"));
    let refused = Some(flawed.suite.account("carol").to_string());
    flawed.flaws(Flaws {
        refused,
        ..Flaws::default()
    });
    // Both are payees of one slash; the one who is refused comes first.
    let payees = [payee(7, &bad, "0.6"), payee(7, &good, "0.4")];
    let suite = &mut flawed.suite;
    suite.seize_for(&[(FLAWED, 100)], &payees).unwrap();
    flawed.refuses_payout(&bad, "this recipient is refused");
    flawed.suite.pay_out(FLAWED, &good).unwrap();
    assert_eq!(flawed.purse("bob"), 40);
    assert_eq!(flawed.suite.books(FLAWED), (0, 900, 60, 960));
    // Neither further slashes nor stake that matured are held up, and what they add waits with it.
    flawed.suite.seize(&[(FLAWED, 10)], &bad).unwrap();
    flawed.suite.release(FLAWED, 890, "alice").unwrap();
    assert_eq!(flawed.suite.booked(FLAWED), [(7, bad.clone(), 70)]);

    // Refused again, then not any more: anybody tries again.
    flawed.refuses_payout(&bad, "this recipient is refused");
    flawed.flaws(Flaws::default());
    flawed.suite.pay_out(FLAWED, &bad).unwrap();
    assert_eq!(flawed.purse("carol"), 70);
    assert_eq!(flawed.suite.books(FLAWED), (0, 0, 0, 0));
}

#[test]
fn the_vault_as_a_recipient_is_refused_until_it_is_redirected() {
    let mut suite = staked();
    let vault = Destination::Send {
        recipient: suite.vault.to_string(),
    };
    let treasury = suite.send_to("treasury");
    for asset in [ATOM, GOLD] {
        suite.seize(&[(asset, 60)], &vault).unwrap();
        suite.refuses(ContractError::PaymentToSelf, |s| s.pay_out(asset, &vault));
        assert_eq!(suite.booked(asset), [(7, vault.clone(), 60)]);
        suite.redirect(7, asset, &vault, &treasury).unwrap();
        suite.pay_out(asset, &treasury).unwrap();
        assert_eq!(suite.purse("treasury", asset), 60);
    }
    assert_eq!(suite.books(ATOM), (0, 940, 0, 940));
    assert_eq!(suite.books(GOLD), (0, 440, 0, 440));
}

#[test]
fn a_recipient_whose_contract_always_fails_is_paid_without_being_asked() {
    fn fail(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
        Err(StdError::generic_err("out of order"))
    }
    let mut suite = staked();
    let deployer = suite.account("deployer");
    let told = |_: cosmwasm_std::Deps, _: Env, _: Empty| Err(StdError::generic_err("silent"));
    let code = suite.net.host.store(TestContract::new(fail, nothing, told));
    let host = &mut suite.net.host;
    let contract = host
        .instantiate(code, &deployer, &Empty {}, "failing")
        .unwrap();
    let destination = Destination::Send {
        recipient: contract.to_string(),
    };
    suite
        .seize(&[(ATOM, 60), (GOLD, 30)], &destination)
        .unwrap();
    suite.pay_out(ATOM, &destination).unwrap();
    suite.pay_out(GOLD, &destination).unwrap();
    let host = &suite.net.host;
    assert_eq!(host.balance(&contract, UATOM).unwrap(), 60);
    assert_eq!(host.cw20_balance(&suite.gold, &contract).unwrap(), 30);
}

#[test]
fn one_broken_asset_blocking_the_slash_of_the_rest() {
    let mut flawed = Flawed::new();
    let frozen = Flaws {
        frozen: true,
        ..Flaws::default()
    };
    flawed.flaws(frozen);
    let treasury = flawed.suite.send_to("treasury");
    let payees = [payee(7, &treasury, "0.5"), payee(7, &burn(), "0.5")];
    let suite = &mut flawed.suite;
    suite
        .seize_for(&[(FLAWED, 200), (ATOM, 100)], &payees)
        .unwrap();
    assert_eq!(suite.books(FLAWED), (0, 800, 200, 1_000));
    assert_eq!(suite.books(ATOM), (0, 900, 100, 1_000));
    // The broken token's payouts fail, and stay booked; the other's go through.
    flawed.refuses_payout(&treasury, "this token is broken");
    flawed.refuses_payout(&burn(), "this token is broken");
    assert_eq!(
        flawed.suite.booked(FLAWED),
        [(7, burn(), 100), (7, treasury.clone(), 100)]
    );
    let supply = flawed.suite.supply(ATOM);
    flawed.suite.pay_out(ATOM, &treasury).unwrap();
    flawed.suite.pay_out(ATOM, &burn()).unwrap();
    assert_eq!(flawed.suite.purse("treasury", ATOM), 50);
    assert_eq!(flawed.suite.supply(ATOM), supply - 50);
    // Mended, it pays as well.
    flawed.flaws(Flaws::default());
    flawed.suite.pay_out(FLAWED, &treasury).unwrap();
    assert_eq!(flawed.purse("treasury"), 100);
    assert_eq!(flawed.suite.books(FLAWED), (0, 800, 100, 900));
}

#[test]
fn a_cw20_that_cannot_be_burned_is_redirected() {
    let mut flawed = Flawed::new();
    flawed.flaws(Flaws {
        no_burn: true,
        ..Flaws::default()
    });
    flawed.suite.seize(&[(FLAWED, 100)], &burn()).unwrap();
    flawed.refuses_payout(&burn(), "this token does not burn");
    let grave = flawed.suite.send_to("grave");
    flawed.suite.redirect(7, FLAWED, &burn(), &grave).unwrap();
    flawed.suite.pay_out(FLAWED, &grave).unwrap();
    assert_eq!(flawed.purse("grave"), 100);
    assert_eq!(flawed.suite.books(FLAWED), (0, 900, 0, 900));
}

#[test]
fn a_cw20_that_delivers_less_than_its_hook_says_is_caught() {
    let mut flawed = Flawed::new();
    let treasury = flawed.suite.send_to("treasury");
    flawed.suite.seize(&[(FLAWED, 300)], &treasury).unwrap();
    let fee = Flaws {
        fee: 1_u128.into(),
        ..Flaws::default()
    };
    flawed.flaws(fee.clone());
    // 700 staked and 300 seized are owed already.
    let under = |owed: u128, balance: u128| ContractError::UnderDelivered {
        asset: FLAWED.into(),
        owed: owed.into(),
        balance: balance.into(),
    };
    let before = flawed.suite.snapshot();
    let error = flawed.deposit(100).unwrap_err();
    assert_eq!(error.contract_error(), Some(&under(1_100, 1_099)));
    assert_eq!(flawed.suite.snapshot(), before);
    assert_eq!(flawed.suite.books(FLAWED), (0, 700, 300, 1_000));
    // Exactly what it owes is enough; and what is there leaves, fee or no fee.
    flawed.flaws(Flaws::default());
    flawed.deposit(100).unwrap();
    assert_eq!(flawed.suite.books(FLAWED), (0, 800, 300, 1_100));
    flawed.flaws(fee);
    flawed.suite.release(FLAWED, 800, "alice").unwrap();
    flawed.suite.pay_out(FLAWED, &treasury).unwrap();
    assert_eq!(flawed.suite.books(FLAWED), (0, 0, 0, 0));
}
