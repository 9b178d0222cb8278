//! Operator sets: what arrives is what counts, in whatever order it arrives.

use cosmwasm_std::{to_json_binary, Binary, OverflowError, OverflowOperation, Uint128};
use palisade_gateway::ContractError;
use palisade_ibc::{HostPacket, Offender, OperatorSet};
use palisade_types::gateway::{OperatorResponse, QueryMsg};
use proptest::prelude::*;

use crate::ledger::{key, keyed, power, set, Suite};

fn pairs(list: &[(&str, u128)]) -> Vec<(String, u128)> {
    list.iter().map(|(o, p)| (o.to_string(), *p)).collect()
}

#[test]
fn a_set_is_applied_and_acknowledged_with_height_and_time() {
    let mut suite = Suite::open();
    assert_eq!(suite.total(), (Uint128::zero(), 0));
    let at = suite.apply(&set(1, &[keyed("alice", 100, 1), power("bob", 50)]));
    assert_eq!(at, (suite.height().into(), suite.now()));
    assert_eq!(suite.operators(), pairs(&[("alice", 100), ("bob", 50)]));
    assert_eq!(suite.total(), (150u128.into(), 1));
    assert_eq!(
        suite.operator("alice"),
        OperatorResponse {
            operator: "alice".into(),
            key: Some(key(1)),
            power: 100u128.into(),
            update_id: 1u64.into()
        }
    );

    // Absolute powers, changed operators only.
    suite.net.advance(10);
    suite.apply(&set(2, &[keyed("alice", 40, 1), power("carol", 7)]));
    assert_eq!(
        suite.operators(),
        pairs(&[("alice", 40), ("bob", 50), ("carol", 7)])
    );
    assert_eq!(suite.total(), (97u128.into(), 2));
    suite.apply(&set(3, &[power("bob", 0)]));
    assert_eq!(suite.operators(), pairs(&[("alice", 40), ("carol", 7)]));
    assert_eq!(suite.total(), (47u128.into(), 3));
    assert_eq!(suite.operator("bob").power, Uint128::zero());
    assert_eq!(suite.config().last_update.u64(), 3);
}

#[test]
fn late_packet_does_not_resurrect_a_removed_operator() {
    let mut suite = Suite::open();
    let first = suite.send(&set(1, &[power("alice", 100)]));
    let second = suite.send(&set(2, &[power("alice", 0)]));
    suite.deliver(&second);
    assert_eq!(suite.operators(), pairs(&[]));
    suite.net.advance(10);
    let before = suite.dump();
    // Acknowledged all the same: the host need not say it again.
    assert_eq!(suite.deliver(&first), (suite.height().into(), suite.now()));
    assert_eq!(suite.dump(), before);
    assert_eq!(suite.operators(), pairs(&[]));
    assert_eq!(suite.total(), (Uint128::zero(), 2));
    // A newer one does.
    suite.apply(&set(3, &[power("alice", 30)]));
    assert_eq!(suite.operators(), pairs(&[("alice", 30)]));
    assert_eq!(suite.total(), (30u128.into(), 3));
}

#[test]
fn a_packet_sent_twice_changes_nothing_the_second_time() {
    let mut suite = Suite::open();
    let packet = set(1, &[keyed("alice", 100, 1), power("bob", 0)]);
    suite.apply(&packet);
    suite.net.advance(10);
    let before = suite.dump();
    suite.apply(&packet);
    assert_eq!(suite.dump(), before);
    // Of a packet that is new in part, that part is applied.
    suite.apply(&set(1, &[keyed("alice", 999, 1), power("carol", 5)]));
    assert_eq!(suite.operators(), pairs(&[("alice", 100), ("carol", 5)]));
    assert_eq!(suite.total(), (105u128.into(), 1));
}

#[test]
fn a_late_packet_about_others_is_applied_and_the_newest_update_stays() {
    let mut suite = Suite::open();
    suite.apply(&set(5, &[power("alice", 100)]));
    suite.apply(&set(4, &[power("bob", 50)]));
    assert_eq!(suite.operators(), pairs(&[("alice", 100), ("bob", 50)]));
    assert_eq!(suite.total(), (150u128.into(), 5));
    assert_eq!(suite.operator("bob").update_id.u64(), 4);
}

#[test]
fn old_keys_go_on_resolving_until_the_host_gives_them_to_another() {
    let mut suite = Suite::open();
    suite.apply(&set(1, &[keyed("alice", 100, 1)]));
    suite.apply(&set(2, &[keyed("alice", 100, 2)]));
    assert_eq!(suite.holder(1).unwrap(), "alice");
    assert_eq!(suite.holder(2).unwrap(), "alice");
    assert_eq!(suite.operator("alice").key, Some(key(2)));
    suite.apply(&set(3, &[power("alice", 100)]));
    assert_eq!(suite.operator("alice").key, None);
    assert_eq!(suite.holder(2).unwrap(), "alice");

    // Bob gets key 1; a late packet of the time when it was alice's does not take it back.
    suite.apply(&set(5, &[keyed("bob", 50, 1)]));
    assert_eq!(suite.holder(1).unwrap(), "bob");
    suite.apply(&set(4, &[keyed("alice", 100, 1)]));
    assert_eq!(suite.holder(1).unwrap(), "bob");

    // A key that was overtaken on the way still was the operator's.
    suite.apply(&set(8, &[keyed("carol", 7, 8)]));
    suite.apply(&set(7, &[keyed("carol", 7, 7)]));
    assert_eq!(suite.operator("carol").key, Some(key(8)));
    assert_eq!(suite.holder(7).unwrap(), "carol");
    assert_eq!(suite.holder(9), None);
    let unknown: Result<OperatorResponse, _> = suite.query(&QueryMsg::Operator {
        operator: Offender::Operator("dave".into()),
    });
    assert!(unknown.unwrap_err().to_string().contains("dave"));
}

#[test]
fn lists_are_paged_and_leave_removed_operators_out() {
    let mut suite = Suite::open();
    let names: Vec<_> = (0..50).map(|n| format!("op{n:02}")).collect();
    let all: Vec<_> = names.iter().map(|name| power(name, 1)).collect();
    suite.apply(&set(1, &all));
    let gone: Vec<_> = names[..45].iter().map(|name| power(name, 0)).collect();
    suite.apply(&set(2, &gone));
    let page = |start_after: Option<&str>, limit| -> Vec<OperatorResponse> {
        let start_after = start_after.map(str::to_string);
        suite
            .query(&QueryMsg::Operators { start_after, limit })
            .unwrap()
    };
    let names =
        |list: Vec<OperatorResponse>| -> Vec<_> { list.into_iter().map(|o| o.operator).collect() };
    assert_eq!(names(page(None, Some(2))), ["op45", "op46"]);
    assert_eq!(names(page(Some("op46"), None)), ["op47", "op48", "op49"]);
    assert_eq!(suite.total(), (5u128.into(), 2));
}

#[test]
fn malformed_packets_get_an_error_ack_and_change_nothing() {
    let mut suite = Suite::with_operators();
    let refusal = |suite: &mut Suite, packet: &HostPacket| -> String {
        suite.refused(to_json_binary(packet).unwrap())
    };
    let many: Vec<_> = (0..51).map(|n| power(&format!("op{n}"), 1)).collect();
    let long = "x".repeat(129);
    let short_key = OperatorSet {
        update_id: 2u64.into(),
        operators: vec![palisade_ibc::OperatorPower {
            key: Some(Binary::from([1u8; 31])),
            ..power("carol", 1)
        }],
    };
    for (packet, error) in [
        (set(0, &[power("carol", 1)]), ContractError::ZeroUpdate),
        (set(2, &many), ContractError::TooManyOperators { given: 51 }),
        (
            set(2, &[power("carol", 1), power("carol", 2)]),
            ContractError::DuplicateOperator {
                operator: "carol".into(),
            },
        ),
        (
            set(2, &[keyed("carol", 1, 3), keyed("dave", 1, 3)]),
            ContractError::DuplicateKey {
                key: key(3).to_base64(),
            },
        ),
        (
            set(2, &[power("", 1)]),
            ContractError::AddressLength {
                length: 0,
                max: 128,
            },
        ),
        (
            set(2, &[power(&long, 1)]),
            ContractError::AddressLength {
                length: 129,
                max: 128,
            },
        ),
        (
            HostPacket::OperatorSet(short_key),
            ContractError::KeyLength { length: 31 },
        ),
    ] {
        assert_eq!(refusal(&mut suite, &packet), error.to_string());
    }
    for bytes in [
        "{",
        "null",
        "[]",
        r#"{"operator_set":{}}"#,
        r#"{"jail":{"operator":"alice"}}"#,
        r#"{"operator_set":{"update_id":"-1","operators":[]}}"#,
        r#"{"operator_set":{"update_id":"2","operators":[{"operator":"c","power":"-5"}]}}"#,
        r#"{"slash_outcome":{"nonce":"1","outcome":{"halved":{}}}}"#,
    ] {
        let text = suite.refused(Binary::from(bytes.as_bytes()));
        assert!(text.contains("Error parsing into type"), "{text}");
    }
    // Unknown fields are ignored.
    let packet = suite.send_bytes(Binary::from(
        br#"{"operator_set":{"update_id":"2","colour":"red","operators":[{"operator":"carol","power":"5","shade":1}]}}"#,
    ));
    suite.deliver(&packet);
    assert_eq!(suite.total(), (155u128.into(), 2));
}

#[test]
fn a_total_beyond_128_bits_is_refused_and_reverted() {
    let mut suite = Suite::with_operators();
    let packet = set(2, &[power("bob", 60), power("carol", u128::MAX)]);
    let text = suite.refused(to_json_binary(&packet).unwrap());
    let error = OverflowError::new(OverflowOperation::Add);
    assert_eq!(text, ContractError::Overflow(error).to_string());
    assert_eq!(suite.total(), (150u128.into(), 1));
    // Room is made by a smaller power of another.
    suite.apply(&set(3, &[power("alice", 0), power("bob", 0)]));
    suite.apply(&set(4, &[power("carol", u128::MAX)]));
    assert_eq!(suite.total(), (u128::MAX.into(), 4));
}

#[test]
fn a_key_that_came_back_is_not_taken_by_a_late_packet() {
    let mut suite = Suite::open();
    // Carol's key went to Dave in update 2 and came back in 3; update 2 comes last.
    suite.apply(&set(1, &[keyed("carol", 10, 3)]));
    suite.apply(&set(3, &[keyed("carol", 10, 3), keyed("dave", 5, 6)]));
    suite.apply(&set(2, &[keyed("carol", 10, 5), keyed("dave", 5, 3)]));
    assert_eq!(suite.holder(3), Some("carol".to_string()));
    assert_eq!(suite.holder(5), Some("carol".to_string()));
    assert_eq!(suite.holder(6), Some("dave".to_string()));
}

/// What an honest host does to its operators: powers change, keys are new or handed over after
/// they were dropped.
#[derive(Clone, Debug)]
enum Change {
    Power(usize, u128),
    NewKey(usize),
    HandOver(usize, usize),
}

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (0..4usize, prop_oneof![Just(0u128), 1..1_000_000u128])
            .prop_map(|(who, power)| Change::Power(who, power)),
        1 => (0..4usize).prop_map(Change::NewKey),
        1 => (0..4usize, 0..4usize).prop_map(|(from, to)| Change::HandOver(from, to)),
    ]
}

/// The packets that tell of the changes, several changes in one.
fn packets(changes: &[Vec<Change>]) -> Vec<HostPacket> {
    let mut state: Vec<(u128, u8)> = vec![(10, 1), (20, 2), (30, 3), (40, 4)];
    let mut next = 5u8;
    let mut result = vec![];
    for (index, batch) in changes.iter().enumerate() {
        let mut changed = std::collections::BTreeSet::new();
        for change in batch {
            match *change {
                Change::Power(who, power) => {
                    state[who].0 = power;
                    changed.insert(who);
                }
                Change::NewKey(who) => {
                    state[who].1 = next;
                    next += 1;
                    changed.insert(who);
                }
                Change::HandOver(from, to) if from != to && changed.is_empty() => {
                    // The old holder moves on first, in the same packet.
                    state[to].1 = state[from].1;
                    state[from].1 = next;
                    next += 1;
                    changed.extend([from, to]);
                }
                Change::HandOver(..) => {}
            }
        }
        let operators: Vec<_> = changed
            .into_iter()
            .map(|who| keyed(NAMES[who], state[who].0, state[who].1))
            .collect();
        result.push(set(index as u64 + 1, &operators));
    }
    result
}

type View = (
    Vec<(String, u128)>,
    (Uint128, u64),
    Vec<Option<OperatorResponse>>,
    Vec<Option<String>>,
);

fn view(suite: &Suite) -> View {
    let records = NAMES.iter().map(|name| {
        let operator = Offender::Operator(name.to_string());
        suite.query(&QueryMsg::Operator { operator }).ok()
    });
    (
        suite.operators(),
        suite.total(),
        records.collect(),
        (0..80).map(|byte| suite.holder(byte)).collect(),
    )
}

proptest! {
    #![proptest_config(palisade_testing::seeded(40))]

    /// Each packet comes at least once, some more often, in any order: the set is the same.
    #[test]
    fn repeated_and_reordered_operator_sets_lead_to_the_same_state(
        changes in prop::collection::vec(prop::collection::vec(change(), 1..4), 1..12),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        shuffle in any::<u64>(),
    ) {
        let packets = packets(&changes);
        let mut in_order = Suite::open();
        for packet in &packets {
            in_order.apply(packet);
        }
        let sum: u128 = in_order.operators().iter().map(|(_, power)| power).sum();
        prop_assert_eq!(in_order.total().0.u128(), sum);

        let mut disorder = Suite::open();
        for index in order {
            disorder.apply(index.get(&packets));
            disorder.net.advance(7);
        }
        let mut rest: Vec<_> = (0..packets.len() as u64).collect();
        rest.sort_by_key(|i| (i + 1).wrapping_mul(shuffle | 1).rotate_left(17));
        for index in rest {
            disorder.apply(&packets[index as usize]);
        }
        prop_assert_eq!(view(&disorder), view(&in_order));
    }
}
