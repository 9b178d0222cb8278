//! Many slashes at once.

use cosmwasm_std::Decimal;
use palisade_ibc::Slash;
use palisade_suite::*;
use palisade_testing::Side;
use palisade_types::gateway;
use palisade_types::slashing::RequestState;

use crate::world::*;

#[test]
fn a_hundred_operators_slashed_in_one_block() {
    let mut suite = Suite::new();
    let chain = suite.register_consumer(Decimal::percent(5));
    let names: Vec<String> = (0..100).map(|i| format!("op{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        suite.register_operator(name);
        suite.deposit("alice", name, 100_000 + i as u128 * 20);
        suite
            .try_opt_in(name, chain, true, vec![slice(ATOM, 5)])
            .unwrap();
    }
    let total: u128 = 100 * 100_000 + 20 * (99 * 100 / 2);
    suite.settle(chain);
    suite.wait(60);
    assert_eq!((suite.total_seen(), suite.seen_all().len()), (total, 100));
    for name in &names {
        suite.report(name, "double_sign");
    }
    let block = suite.net.host.block().height;
    let packets = suite.net.pending(Side::Consumer);
    assert_eq!(packets.len(), 100);
    // In any order: the last one first.
    for packet in packets.iter().rev() {
        suite.net.receive(packet).unwrap();
    }
    assert_eq!(suite.net.host.block().height, block);
    suite.net.relay_all().unwrap();
    for (i, name) in names.iter().enumerate() {
        let stake = 100_000 + i as u128 * 20;
        assert_eq!(suite.stake(name, ATOM), stake - stake / 20, "{name}");
    }
    assert_books(&suite, total - total / 20, 0, total / 20);
    assert_eq!(ends(&suite), vec![EXECUTED; 100]);
    tell(&mut suite, chain);
    assert_eq!((suite.total_seen(), suite.seen_all().len()), (0, 0));
    let one: Vec<gateway::OperatorResponse> = suite.seen_all();
    assert_eq!(one, []);
}

#[test]
fn one_operator_in_32_services_slashed_by_all_at_once() {
    // A consumer and 31 local services, each of 3 % and all to be slashed to the limit: 96 %.
    let mut suite = Suite::new();
    suite.register_operator("north");
    suite.deposit("alice", "north", 600_000);
    suite.deposit("bob", "north", 400_000);
    let chain = suite.register_consumer(Decimal::percent(3));
    suite
        .try_opt_in("north", chain, true, vec![slice(ATOM, 3)])
        .unwrap();
    let locals: Vec<u32> = (0..31)
        .map(|_| local_service(&mut suite, "oracle", "north", 3))
        .collect();
    suite.settle(chain);
    for service in &locals {
        suite.sync(*service);
        // Each counts with the whole pool: that is what slices of 3 % are for.
        assert_eq!(suite.member(*service, "north").power.u128(), MILLION);
    }
    suite.wait(60);
    let infraction = suite.infraction("north", "double_sign");
    let slashes: Vec<Slash> = locals
        .iter()
        .map(|service| suite.slash(*service, 1, "north", "double_sign"))
        .collect();
    suite.try_undelegate("bob", "north", ATOM, None).unwrap();
    for (i, (service, slash)) in locals.iter().zip(slashes).enumerate() {
        if i == 15 {
            punish_for(&mut suite, infraction.clone());
        }
        suite.try_slash("oracle", *service, slash).unwrap();
        let requests = suite.requests(*service);
        let RequestState::Executed { seized, .. } = &requests[0].state else {
            panic!("{requests:?}")
        };
        // None finds less than was promised to it, whoever came before: 30,000, rounded up a part.
        let seized = seized[0].amount.u128();
        assert!((30_000..=30_002).contains(&seized), "{i}: {seized}");
    }
    let seized = suite.books(ATOM).seized;
    assert!((960_000..=960_064).contains(&seized), "{seized}");
    let (alice, bob) = (worth(&suite, "alice"), worth(&suite, "bob"));
    assert!((23_967..=24_000).contains(&alice), "{alice}");
    assert!((15_967..=16_000).contains(&bob), "{bob}");
    assert!(suite.books(ATOM).balance_to_the_unit());
    assert_eq!(ends(&suite), [EXECUTED]);
    tell(&mut suite, chain);
    assert_eq!(suite.total_seen(), 0);
}

/// The consumer's downtime and double-sign, and three local services', by their place in an order.
const DOWNTIME: usize = 0;
const DOUBLE_SIGN: usize = 1;

/// Runs the same five slashes in an order, with carol joining in between or not: what alice, bob, carol and the operator have then, and
/// what was seized.
fn in_order(order: &[usize], newcomer: bool) -> Vec<u128> {
    let mut suite = Suite::new();
    suite.register_operator("north");
    suite.deposit("alice", "north", 1_234_567);
    suite.deposit("bob", "north", 777_777);
    suite.deposit("north", "north", 333_333);
    let share = Decimal::percent(30);
    let msg = palisade_types::delegation::ExecuteMsg::SetFirstLoss { share };
    delegation(&mut suite, "north", &msg).unwrap();
    let chain = suite.register_consumer(Decimal::percent(7));
    suite
        .try_opt_in("north", chain, true, vec![slice(ATOM, 7)])
        .unwrap();
    let locals = [11, 23, 31].map(|percent| local_service(&mut suite, "oracle", "north", percent));
    suite.settle(chain);
    for service in locals {
        suite.sync(service);
    }
    suite.wait(60);
    let downtime = suite.infraction("north", "downtime");
    let double = suite.infraction("north", "double_sign");
    let slashes = locals.map(|service| suite.slash(service, 1, "north", "double_sign"));
    // Bob leaves, north takes half of its own out, carol comes: all after the infractions.
    leave(&mut suite, "bob", "north");
    suite
        .try_undelegate("north", "north", ATOM, Some(166_666))
        .unwrap();
    if newcomer {
        suite.deposit("carol", "north", 555_555);
    }
    for step in order {
        match step {
            &DOWNTIME => punish_for(&mut suite, downtime.clone()),
            &DOUBLE_SIGN => punish_for(&mut suite, double.clone()),
            local => {
                let (service, slash) = (locals[local - 2], slashes[local - 2].clone());
                suite.try_slash("oracle", service, slash).unwrap();
            }
        }
    }
    assert_eq!(ends(&suite), [EXECUTED, EXECUTED]);
    assert!(suite.books(ATOM).balance_to_the_unit());
    tell(&mut suite, chain);
    assert_eq!(suite.total_seen(), 0);
    let mut have: Vec<u128> = ["alice", "bob", "carol", "north"]
        .iter()
        .map(|who| worth(&suite, who))
        .collect();
    have.push(suite.books(ATOM).seized);
    have
}

/// Asserts that everybody has the same after any of these orders, but for five slashes each of which
/// rounds once for each part.
fn assert_alike(orders: &[[usize; 5]], newcomer: bool) -> Vec<u128> {
    let results: Vec<_> = orders.iter().map(|o| in_order(o, newcomer)).collect();
    for (order, have) in orders.iter().zip(&results) {
        for (mine, first) in have.iter().zip(&results[0]) {
            assert!(mine.abs_diff(*first) <= 5, "{order:?}: {results:?}");
        }
    }
    results[0].clone()
}

#[test]
fn the_order_of_executions_does_not_matter() {
    let orders = [
        [0, 1, 2, 3, 4],
        [4, 3, 2, 1, 0],
        [2, 0, 4, 1, 3],
        [1, 4, 0, 3, 2],
        [3, 2, 1, 0, 4],
    ];
    assert_alike(&orders, false);
}

#[test]
fn the_order_of_services_does_not_matter_to_who_joined_in_between() {
    let small_first = [
        [0, 1, 2, 3, 4],
        [4, 3, 2, 0, 1],
        [2, 0, 4, 1, 3],
        [0, 4, 1, 3, 2],
    ];
    let large_first = small_first.map(|order| {
        order.map(|step| match step {
            DOWNTIME => DOUBLE_SIGN,
            DOUBLE_SIGN => DOWNTIME,
            local => local,
        })
    });
    let one = assert_alike(&small_first, true);
    let other = assert_alike(&large_first, true);
    // Two penalties of one service, with a newcomer between infraction and execution: the second is
    // measured by what is left of the slice. That is worth less than the smaller of the two, 0.07 %
    // of 2,345,677, and never more than both together.
    let apart = one.last().unwrap().abs_diff(*other.last().unwrap());
    assert!((1..=1_642).contains(&apart), "{one:?} {other:?}");
}
