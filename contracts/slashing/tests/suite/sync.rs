//! Telling the service what its operators count with.

use cosmwasm_std::Binary;
use palisade_ibc::HostPacket;
use palisade_slashing::ContractError;
use palisade_testing::Side;
use palisade_types::allocation::ExecuteMsg as Allocation;
use palisade_types::slashing::*;

use crate::allocation::{Rules, UNBONDING};
use crate::consumer::Answer;
use crate::story::*;

pub fn update(suite: &Suite, service: u32, update_id: u64) -> UpdateResponse {
    suite.query(&QueryMsg::Update {
        service,
        update_id: update_id.into(),
    })
}

fn has_update(suite: &Suite, update_id: u64) -> bool {
    let msg = QueryMsg::Update {
        service: CHAIN,
        update_id: update_id.into(),
    };
    suite
        .net
        .host
        .query::<UpdateResponse>(&suite.slashing, &msg)
        .is_ok()
}

fn acknowledged(suite: &Suite) -> Vec<(u32, u64, usize)> {
    let told = |msg| match msg {
        Allocation::Acknowledge {
            service,
            update_id,
            operators,
        } => Some((service, update_id.u64(), operators.len())),
        _ => None,
    };
    suite.log().into_iter().filter_map(told).collect()
}

#[test]
fn changed_powers_reach_the_gateway_and_its_answer_comes_back() {
    let mut suite = Suite::open();
    suite.power("alice", 1_000);
    suite.power("bob", 500);
    let sent_at = suite.now();
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.delivery("alice"), (1, 0, false));
    assert_eq!(update(&suite, CHAIN, 1).applied, None);
    let packet = suite.net.only_pending(Side::Host).unwrap();
    let timeout = packet.packet.timeout.timestamp().unwrap();
    assert_eq!(timeout, sent_at.plus_seconds(TIMEOUT));
    assert_eq!(packet.packet.timeout.block(), None);
    suite.net.receive(&packet).unwrap();
    let there = suite.net.consumer.block();
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(suite.known("alice"), Some(1_000));
    assert_eq!(suite.known("bob"), Some(500));
    assert_eq!(suite.delivery("alice"), (1, 1, false));
    assert_eq!(
        update(&suite, CHAIN, 1),
        UpdateResponse {
            update_id: 1u64.into(),
            sent_at,
            applied: Some((there.height.into(), there.time))
        }
    );
    // Only who changed is told again.
    suite.power("bob", 400);
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.delivery("alice"), (1, 1, false));
    assert_eq!(suite.delivery("bob"), (2, 2, false));
    assert_eq!(suite.known("bob"), Some(400));
}

#[test]
fn an_update_in_which_nothing_changed_has_no_number() {
    let mut suite = Suite::with_operators();
    suite.sync(CHAIN).unwrap(); // The rest of the pass that a new channel started, if any.
    suite.net.relay_all().unwrap();
    let before = suite.service(CHAIN);
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN), before);
    assert_eq!(suite.net.pending(Side::Host), []);
}

#[test]
fn page_limit_that_does_not_bound() {
    let mut suite = Suite::open();
    for given in [0, 51, u32::MAX] {
        assert_eq!(
            error(suite.sync_page(CHAIN, Some(given))),
            ContractError::SyncLimit { given, max: 50 }
        );
    }
    for index in 0..5 {
        suite.power(&format!("op{index}"), 100 + index);
    }
    let mut told = 0;
    for page in 1..=3u64 {
        suite.sync_page(CHAIN, Some(2)).unwrap();
        let packet = suite.net.only_pending(Side::Host).unwrap();
        let HostPacket::OperatorSet(set) = packet.json().unwrap() else {
            panic!("another packet");
        };
        assert_eq!(set.update_id.u64(), page);
        assert!(set.operators.len() <= 2);
        told += set.operators.len();
        let last = set.operators.last().unwrap().operator.clone();
        let cursor = suite.service(CHAIN).sync_cursor;
        // The last page is not full, so that the pass is complete.
        assert_eq!(cursor.map(String::from), (page < 3).then_some(last));
        suite.net.relay_all().unwrap();
    }
    assert_eq!(told, 5);
}

#[test]
fn forced_operators_and_the_page_fit_in_one_packet() {
    let mut suite = Suite::open();
    for index in 0..60 {
        suite.power(&format!("op{index}"), 100 + index);
    }
    // 50 in one packet, which fails: all 50 are to be told again.
    suite.answers(Answer::Fail("not now".into()));
    suite.sync_page(CHAIN, Some(50)).unwrap();
    suite.net.relay_all().unwrap();
    suite.answers(Answer::Apply {});
    // Ten of them go with the ten that were not told yet; then ten more at each sync.
    for update_id in 2..=6u64 {
        suite.sync_page(CHAIN, Some(50)).unwrap();
        let packet = suite.net.only_pending(Side::Host).unwrap();
        let HostPacket::OperatorSet(set) = packet.json().unwrap() else {
            panic!("another packet");
        };
        assert_eq!(set.update_id.u64(), update_id);
        let count = if update_id == 2 { 20 } else { 10 };
        assert_eq!(set.operators.len(), count);
        suite.net.relay_all().unwrap();
    }
    for index in 0..60 {
        assert_eq!(suite.known(&format!("op{index}")), Some(100 + index));
        assert!(!suite.delivery(&format!("op{index}")).2);
    }
}

#[test]
fn a_timeout_makes_a_fresh_update_of_the_present_power() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 900);
    suite.sync(CHAIN).unwrap();
    let lost = suite.net.only_pending(Side::Host).unwrap();
    suite.net.advance(TIMEOUT);
    suite.net.timeout(&lost).unwrap();
    assert_eq!(suite.delivery("alice"), (2, 1, true));
    assert_eq!(suite.known("alice"), Some(1_000));
    suite.power("alice", 800);
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.delivery("alice"), (3, 3, false));
    assert_eq!(suite.known("alice"), Some(800));
}

#[test]
fn a_failed_packet_does_not_matter_where_a_newer_one_is_under_way() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 900);
    suite.power("bob", 400);
    suite.sync(CHAIN).unwrap();
    let lost = suite.net.only_pending(Side::Host).unwrap();
    suite.net.advance(TIMEOUT / 2);
    suite.power("alice", 800);
    suite.sync(CHAIN).unwrap();
    suite.net.advance(TIMEOUT / 2);
    suite.net.timeout(&lost).unwrap();
    // Alice's newest update is still under way, Bob's is lost.
    assert_eq!(suite.delivery("alice"), (3, 1, false));
    assert_eq!(suite.delivery("bob"), (2, 1, true));
}

#[test]
fn ack_handler_failing_and_so_sticking_the_channel() {
    let bytes = |text: &[u8]| Answer::Raw(Binary::from(text));
    let answers = [
        Answer::Fail("no".into()),
        bytes(b"not json"),
        bytes(b"\xff\xfe"),
        bytes(br#"{"result":"bm90IGpzb24="}"#),
        bytes(br#"{"something":"else"}"#),
    ];
    for answer in answers {
        let mut suite = Suite::with_operators();
        suite.power("alice", 900);
        suite.answers(answer);
        suite.sync(CHAIN).unwrap();
        let packet = suite.net.only_pending(Side::Host).unwrap();
        suite.net.receive(&packet).unwrap();
        suite.net.acknowledge(&packet).unwrap();
        assert_eq!(suite.delivery("alice"), (2, 1, true));
        assert_eq!(update(&suite, CHAIN, 2).applied, None);
        // The next sync mends it.
        suite.answers(Answer::Apply {});
        suite.sync(CHAIN).unwrap();
        suite.net.relay_all().unwrap();
        assert_eq!(suite.delivery("alice"), (3, 3, false));
    }
}

#[test]
fn an_acknowledgement_that_the_neighbour_refuses_is_still_taken() {
    let mut suite = Suite::open();
    suite.power("alice", 1_000);
    suite.rules(Rules {
        await_ack: true,
        no_acknowledge: true,
        ..Rules::default()
    });
    suite.sync(CHAIN).unwrap();
    let packet = suite.net.only_pending(Side::Host).unwrap();
    suite.net.receive(&packet).unwrap();
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(suite.delivery("alice"), (1, 1, false));
    assert_eq!(acknowledged(&suite), []);
}

#[test]
fn waiting_decreases_hear_of_the_acknowledgement() {
    let mut suite = Suite::open();
    suite.power("alice", 1_000);
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(acknowledged(&suite), []);
    suite.rules(Rules {
        await_ack: true,
        ..Rules::default()
    });
    suite.power("alice", 900);
    suite.sync(CHAIN).unwrap();
    assert_eq!(acknowledged(&suite), []);
    suite.net.relay_all().unwrap();
    assert_eq!(acknowledged(&suite), [(CHAIN, 2, 1)]);
}

#[test]
fn acks_may_come_in_any_order() {
    let mut suite = Suite::with_operators();
    let mut packets = vec![];
    for power in [900, 800] {
        suite.power("alice", power);
        suite.sync(CHAIN).unwrap();
        packets.push(suite.net.pending(Side::Host).pop().unwrap());
    }
    for packet in packets.iter().rev() {
        suite.net.receive(packet).unwrap();
        suite.net.acknowledge(packet).unwrap();
        assert_eq!(suite.delivery("alice"), (3, 3, false));
    }
    assert_eq!(suite.known("alice"), Some(800));
}

#[test]
fn leave_the_set_then_exit_a_removal_is_told_until_it_is_known() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 0);
    suite.sync(CHAIN).unwrap();
    let lost = suite.net.only_pending(Side::Host).unwrap();
    // The allocation contract forgets her meanwhile.
    suite.remove("alice");
    assert_eq!(suite.delivery("alice"), (2, 1, false));
    suite.sync(CHAIN).unwrap(); // Under way: not told twice.
    assert_eq!(suite.net.pending(Side::Host).len(), 1);
    suite.net.advance(TIMEOUT);
    suite.net.timeout(&lost).unwrap();
    assert_eq!(suite.delivery("alice"), (2, 1, true));
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(0));
    assert_eq!(suite.delivery("alice"), (3, 3, false));
    // And then no more.
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.net.pending(Side::Host), []);
}

#[test]
fn a_removal_on_a_dead_channel_is_told_over_the_next() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 0);
    suite.sync(CHAIN).unwrap();
    suite.remove("alice");
    suite.close_channel();
    // Not even the timeout of the lost packet comes.
    suite.open_channel();
    assert_eq!(suite.delivery("alice"), (2, 1, true));
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(0));
}

#[test]
fn who_comes_back_is_not_removed_again() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 0);
    suite.sync(CHAIN).unwrap();
    let removal = suite.net.only_pending(Side::Host).unwrap();
    suite.power("alice", 300);
    suite.sync(CHAIN).unwrap();
    suite.net.advance(TIMEOUT / 2);
    suite.net.receive(&removal).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(300));
    assert_eq!(suite.delivery("alice"), (3, 3, false));
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.net.pending(Side::Host), []);
    // Nor is the removal dug out when the channel that it went over is gone.
    suite.close_channel();
    suite.open_channel();
    assert_eq!(suite.delivery("alice"), (3, 3, false));
}

#[test]
fn a_new_channel_tells_everything_again() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 900);
    suite.sync(CHAIN).unwrap();
    let lost = suite.net.only_pending(Side::Host).unwrap();
    suite.close_channel();
    suite.open_channel();
    // The first page of two: everybody in it, changed or not.
    suite.sync_page(CHAIN, Some(1)).unwrap();
    suite.sync_page(CHAIN, Some(1)).unwrap();
    suite.net.timeout_on_close(&lost).unwrap(); // Late, and on a channel that is gone.
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(900));
    assert_eq!(suite.delivery("alice").1, suite.delivery("alice").0);
    assert_eq!(suite.delivery("bob").1, suite.delivery("bob").0);
    assert!(suite.delivery("bob").0 > 1);
    // The pass ends, and with it the telling of what did not change.
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    let last = suite.service(CHAIN).last_update;
    suite.sync(CHAIN).unwrap();
    assert_eq!(suite.service(CHAIN).last_update, last);
}

#[test]
fn a_local_service_is_told_nothing_and_acknowledges_at_once() {
    let mut suite = Suite::new();
    suite.power("alice", 1_000);
    suite.rules(Rules {
        await_ack: true,
        ..Rules::default()
    });
    suite.sync(LOCAL).unwrap();
    let block = suite.net.host.block();
    assert_eq!(acknowledged(&suite), [(LOCAL, 1, 1)]);
    assert_eq!(
        update(&suite, LOCAL, 1).applied,
        Some((block.height.into(), block.time))
    );
    let told: DeliveryResponse = suite.query(&QueryMsg::Delivery {
        service: LOCAL,
        operator: suite.account("alice").to_string(),
    });
    assert_eq!((told.sent.u64(), told.acked.u64()), (1, 1));
    assert_eq!(suite.net.pending(Side::Host), []);
    assert_eq!(suite.service(CHAIN).last_update.u64(), 0);
}

#[test]
fn an_unknown_service_cannot_be_synced() {
    let mut suite = Suite::new();
    assert_eq!(
        error(suite.sync(9)),
        ContractError::UnknownService { service: 9 }
    );
}

#[test]
fn removals_under_way_do_not_starve_who_waits() {
    let mut suite = Suite::open();
    let mut names: Vec<_> = (0..100).map(|index| format!("op{index}")).collect();
    names.sort_by_key(|name| suite.account(name));
    for name in &names {
        suite.power(name, 100);
    }
    for _ in 0..3 {
        suite.sync_page(CHAIN, Some(50)).unwrap();
        suite.net.relay_all().unwrap();
    }
    // All but the last one leave; their removals are on their way for long.
    let (last, gone) = names.split_last().unwrap();
    for name in gone {
        suite.power(name, 0);
    }
    for _ in 0..3 {
        suite.sync_page(CHAIN, Some(50)).unwrap();
    }
    let under_way = suite.net.pending(Side::Host);
    for name in gone {
        suite.remove(name);
    }
    suite.power(last, 70);
    suite.answers(Answer::Fail("not now".into()));
    suite.sync(CHAIN).unwrap();
    let failing = suite.net.pending(Side::Host).pop().unwrap();
    suite.net.receive(&failing).unwrap();
    suite.net.acknowledge(&failing).unwrap();
    suite.answers(Answer::Apply {});
    assert!(suite.delivery(last).2);
    // 100 entries, 40 looked at in each sync.
    for _ in 0..3 {
        suite.sync(CHAIN).unwrap();
    }
    assert!(!suite.delivery(last).2);
    assert_eq!(suite.net.pending(Side::Host).len(), under_way.len() + 1);
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known(last), Some(70));
    for name in gone {
        assert_eq!(suite.known(name), Some(0));
    }
}

#[test]
fn old_updates_are_forgotten_but_for_the_one_in_force() {
    let mut suite = Suite::open();
    for power in 1..=4 {
        suite.power("alice", power);
        suite.sync(CHAIN).unwrap();
        suite.net.relay_all().unwrap();
        suite.net.advance(1_000);
    }
    suite.net.advance(UNBONDING);
    assert!(has_update(&suite, 1));
    suite.sync(CHAIN).unwrap(); // Two at a time.
    assert!(!has_update(&suite, 1) && !has_update(&suite, 2) && has_update(&suite, 3));
    suite.sync(CHAIN).unwrap();
    // Four was in force an unbonding period ago.
    assert!(!has_update(&suite, 3) && has_update(&suite, 4));
    suite.sync(CHAIN).unwrap();
    assert!(has_update(&suite, 4));
}

#[test]
fn an_ack_from_a_former_gateway_counts_for_nothing() {
    let mut suite = Suite::with_operators();
    suite.power("alice", 900);
    suite.sync(CHAIN).unwrap();
    let packet = suite.net.only_pending(Side::Host).unwrap();
    suite.net.receive(&packet).unwrap();
    let other = palisade_ibc::Peer {
        port: "wasm.other".into(),
        ..suite.peer()
    };
    suite.set_peer(CHAIN, other).unwrap();
    suite.net.acknowledge(&packet).unwrap();
    assert_eq!(suite.delivery("alice"), (2, 1, true));
    assert_eq!(update(&suite, CHAIN, 2).applied, None);
}
