//! The product's spine: stake goes in on the host, a consumer counts on it, and a penalty that the
//! consumer reports takes it.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    missing_docs
)]

use cosmwasm_std::Decimal;
use palisade_ibc::Outcome;
use palisade_suite::*;
use palisade_types::asset::Destination;
use palisade_types::gateway::ReportState;
use palisade_types::slashing::RequestState;
use palisade_types::vault;

#[test]
fn from_a_deposit_on_one_chain_to_a_penalty_from_another() {
    let mut suite = Suite::new();
    for operator in ["north", "south"] {
        suite.register_operator(operator);
    }
    let chain = suite.register_consumer(Decimal::percent(5));
    let local = suite.register_local("oracle", Decimal::percent(30));
    suite.deposit("alice", "north", 1_000_000);
    suite.deposit_cw20("alice", "south", 400_000);
    suite.deposit("bob", "south", 2_000_000);
    suite.deposit_cw20("bob", "north", 600_000);
    for operator in ["north", "south"] {
        suite.opt_in(operator, chain, true, 5);
        suite.opt_in(operator, local, false, 30);
    }
    suite.settle(chain);
    suite.sync(local);

    // 1,000,000 + 1.1 * 600,000 and 2,000,000 + 1.1 * 400,000, on both sides.
    for (operator, power) in [("north", 1_660_000), ("south", 2_440_000)] {
        assert_eq!(suite.member(chain, operator).power.u128(), power);
        assert_eq!(suite.seen(operator).power.u128(), power);
        assert_eq!(suite.seen(operator).key, Some(key_of(operator)));
        assert_eq!(suite.member(local, operator).power.u128(), power);
    }
    assert_eq!(suite.total_seen(), 4_100_000);

    suite.wait(600);
    suite.report("north", "double_sign");
    let relayed = suite.net.relay_all().unwrap();
    assert_eq!((relayed.received, relayed.acknowledged), (1, 1));

    // Five percent of each asset behind north, nothing of south.
    assert_eq!(suite.stake("north", ATOM), 950_000);
    assert_eq!(suite.stake("north", STATOM), 570_000);
    assert_eq!(suite.stake("south", ATOM), 2_000_000);
    assert_eq!(suite.position("alice", "north", ATOM), 950_000);
    assert_eq!(suite.position("bob", "north", STATOM), 570_000);
    let [request] = &suite.requests(chain)[..] else {
        panic!("one request")
    };
    let RequestState::Executed { seized, .. } = &request.state else {
        panic!("{request:?}")
    };
    let seized: Vec<_> = seized
        .iter()
        .map(|a| (a.asset.as_str(), a.amount.u128()))
        .collect();
    assert_eq!(seized, [(ATOM, 50_000), (STATOM, 30_000)]);
    let [report] = &suite.reports()[..] else {
        panic!("one report")
    };
    assert_eq!(
        report.state,
        ReportState::Ended {
            outcome: Outcome::Executed {}
        }
    );

    // The other service still has its 30 % of the stake before: 300,000 of 950,000.
    suite.sync(local);
    let slice = &suite.member(local, "north").slices[0];
    assert_eq!(slice.slice.value.to_string(), "300000000000000000");
    assert_eq!(suite.member(local, "north").power.u128(), 950_000 + 627_000);

    // Out for good: power zero at the next sync.
    suite.sync(chain);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.seen("north").power.u128(), 0);
    assert_eq!(suite.total_seen(), 2_440_000);

    // Seized tokens are burned.
    let supply = suite.net.host.supply(DENOM).unwrap().u128();
    let vault = suite.vault.clone();
    for asset in [ATOM, STATOM] {
        let msg = vault::ExecuteMsg::PayOut {
            asset: asset.to_string(),
            account: chain,
            destination: Destination::Burn {},
        };
        suite.on_host("anybody", &vault, &msg);
    }
    assert_eq!(
        suite.net.host.supply(DENOM).unwrap().u128(),
        supply - 50_000
    );

    // Everybody leaves with what is theirs.
    for (staker, operator, asset) in everybody() {
        suite.try_undelegate(staker, operator, asset, None).unwrap();
    }
    suite.wait(EPOCH + UNBONDING);
    for (staker, operator, asset) in everybody() {
        suite.try_claim(staker, operator, asset).unwrap();
    }
    let balance = |name: &str| suite.net.host.balance(&suite.host(name), DENOM).unwrap();
    assert_eq!((balance("alice"), balance("bob")), (950_000, 2_000_000));
    let tokens = |name: &str| {
        let token = &suite.token;
        suite
            .net
            .host
            .cw20_balance(token, &suite.host(name))
            .unwrap()
    };
    assert_eq!((tokens("alice"), tokens("bob")), (400_000, 570_000));
    for asset in [ATOM, STATOM] {
        let books = suite.books(asset);
        assert!(books.balance_to_the_unit(), "{books:?}");
        assert_eq!(books.balance, 0, "{books:?}");
    }
}

fn everybody() -> [(&'static str, &'static str, &'static str); 4] {
    [
        ("alice", "north", ATOM),
        ("alice", "south", STATOM),
        ("bob", "south", ATOM),
        ("bob", "north", STATOM),
    ]
}
