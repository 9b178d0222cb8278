//! Operator sets: what arrives is what counts, in whatever order it arrives.

use cosmwasm_std::{to_json_binary, Binary, OverflowError, OverflowOperation, Uint128};
use palisade_gateway::ContractError;
use palisade_ibc::{HostPacket, Offender, OperatorPower, OperatorSet};
use palisade_types::gateway::{OperatorResponse, QueryMsg, TotalPowerResponse};
use proptest::prelude::*;

use crate::ledger::{key, keyed, power, set, Suite};
use crate::lone::Lone;

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
fn an_empty_set_is_a_heartbeat() {
    let mut suite = Suite::with_operators();
    let before = suite.dump();
    let at = suite.apply(&set(2, &[]));
    // The host learns height and time; here nothing but the newest update changed.
    assert_eq!(at, (suite.height().into(), suite.now()));
    let changed = |before: &[(Vec<u8>, Vec<u8>)], after: Vec<(Vec<u8>, Vec<u8>)>| -> Vec<_> {
        let is_new = |entry: &(Vec<u8>, Vec<u8>)| !before.contains(entry);
        after.into_iter().filter(is_new).map(|(k, _)| k).collect()
    };
    assert_eq!(changed(&before, suite.dump()), [b"total".to_vec()]);
    assert_eq!(suite.dump().len(), before.len());
    assert_eq!(suite.total(), (150u128.into(), 2));
    assert_eq!(suite.config().last_update.u64(), 2);
    assert_eq!(suite.operator("alice").update_id.u64(), 1);
    let total = suite.power_at(2, None).unwrap();
    assert_eq!((total.power.u128(), total.update_id.u64()), (150, 1));

    // Late or repeated ones change nothing, and are acknowledged.
    suite.apply(&set(5, &[power("bob", 60)]));
    let before = suite.dump();
    for update in [2, 4, 5] {
        suite.net.advance(10);
        let at = suite.apply(&set(update, &[]));
        assert_eq!(at, (suite.height().into(), suite.now()));
        assert_eq!(suite.dump(), before);
    }
    // A set that a heartbeat overtook is applied: it is of other operators' last updates.
    suite.apply(&set(9, &[]));
    suite.apply(&set(8, &[power("bob", 70)]));
    assert_eq!(suite.operators(), pairs(&[("alice", 100), ("bob", 70)]));
    assert_eq!(suite.total(), (170u128.into(), 9));
    let zero = to_json_binary(&set(0, &[])).unwrap();
    let text = suite.refused(zero);
    assert_eq!(text, ContractError::ZeroUpdate.to_string());
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
    // It has one record, not two.
    let records = suite.dump();
    let removed = |key: &[u8]| key.starts_with(b"\x00\x01r");
    assert!(!records.iter().any(|(key, _)| removed(key)));
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
fn a_key_that_came_back_is_not_lost_to_a_late_packet() {
    // Key 1 is bob's by 1 and 3, alice's by 2 in between, which comes last; and bob may have
    // given it up by then.
    for given_up in [false, true] {
        let mut suite = Suite::open();
        suite.apply(&set(1, &[keyed("bob", 50, 1)]));
        suite.apply(&set(3, &[keyed("alice", 100, 3), keyed("bob", 50, 1)]));
        if given_up {
            suite.apply(&set(4, &[keyed("bob", 50, 4)]));
        }
        suite.apply(&set(2, &[keyed("alice", 100, 1), keyed("bob", 50, 2)]));
        assert_eq!(suite.holder(1).unwrap(), "bob");
        assert_eq!(suite.holder(2).unwrap(), "bob");
        assert_eq!(suite.operator("alice").key, Some(key(3)));
    }
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
        operators: vec![OperatorPower {
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

/// What a host does to its operators: powers change, keys are new or handed over.
#[derive(Clone, Debug)]
enum Change {
    Power(usize, u128),
    NewKey(usize),
    NoKey(usize),
    HandOver(usize, usize),
}

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (0..4usize, prop_oneof![Just(0u128), 1..1_000_000u128])
            .prop_map(|(who, power)| Change::Power(who, power)),
        1 => (0..4usize).prop_map(Change::NewKey),
        1 => (0..4usize).prop_map(Change::NoKey),
        2 => (0..4usize, 0..4usize).prop_map(|(from, to)| Change::HandOver(from, to)),
    ]
}

/// The sets that tell of the changes, several changes in one; each tells a key once.
fn sets(changes: &[Vec<Change>]) -> Vec<OperatorSet> {
    let mut state: Vec<(u128, Option<u8>)> = (1..5u8).map(|n| (10, Some(n))).collect();
    let mut next = 5u8;
    let mut fresh = || {
        next += 1;
        Some(next)
    };
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
                    state[who].1 = fresh();
                    changed.insert(who);
                }
                Change::NoKey(who) => {
                    state[who].1 = None;
                    changed.insert(who);
                }
                Change::HandOver(from, to) if from != to => {
                    state[to].1 = state[from].1;
                    state[from].1 = fresh();
                    changed.extend([from, to]);
                }
                Change::HandOver(..) => {}
            }
        }
        let entry = |who: usize| OperatorPower {
            operator: NAMES[who].to_string(),
            key: state[who].1.map(key),
            power: state[who].0.into(),
        };
        result.push(OperatorSet {
            update_id: (index as u64 + 1).into(),
            operators: changed.into_iter().map(entry).collect(),
        });
    }
    result
}

/// Records by name, holders by key, total, newest update.
#[derive(Debug, PartialEq)]
struct View {
    records: Vec<Option<OperatorResponse>>,
    listed: Vec<OperatorResponse>,
    holders: Vec<Option<String>>,
    total: TotalPowerResponse,
}

/// What all sets together say: of each operator the newest entry, of each key the newest one.
fn told(sets: &[OperatorSet]) -> View {
    let newest = |is: &dyn Fn(&OperatorPower) -> bool| {
        sets.iter().rev().find_map(|set| {
            let entry = set.operators.iter().find(|entry| is(entry))?;
            Some(OperatorResponse {
                operator: entry.operator.clone(),
                key: entry.key.clone(),
                power: entry.power,
                update_id: set.update_id,
            })
        })
    };
    let records: Vec<_> = NAMES
        .iter()
        .map(|name| newest(&|entry| entry.operator == *name))
        .collect();
    let told = records.iter().flatten();
    let listed: Vec<_> = told
        .clone()
        .filter(|o| !o.power.is_zero())
        .cloned()
        .collect();
    let holder = |byte| newest(&|entry| entry.key == Some(key(byte))).map(|o| o.operator);
    View {
        holders: (0..80).map(holder).collect(),
        total: TotalPowerResponse {
            power: listed.iter().map(|o| o.power).sum(),
            // Of heartbeats too.
            update_id: sets.iter().map(|set| set.update_id).max().unwrap(),
        },
        listed,
        records,
    }
}

fn known(gateway: &Lone) -> View {
    let operator = |offender| -> Option<OperatorResponse> {
        let operator = offender;
        gateway.query(QueryMsg::Operator { operator }).ok()
    };
    let by_name = |name: &&str| operator(Offender::Operator(name.to_string()));
    let by_key = |byte| operator(Offender::Key(key(byte))).map(|o| o.operator);
    let all = QueryMsg::Operators {
        start_after: None,
        limit: None,
    };
    View {
        records: NAMES.iter().map(by_name).collect(),
        listed: gateway.query(all).unwrap(),
        holders: (0..80).map(by_key).collect(),
        total: gateway.query(QueryMsg::TotalPower {}).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Each set comes at least once, some more often, in any order: what is known in the end is
    /// what they say together.
    #[test]
    fn repeated_and_reordered_operator_sets_lead_to_the_same_state(
        (sets, order) in prop::collection::vec(prop::collection::vec(change(), 1..4), 1..12)
            .prop_flat_map(|changes| {
                let sets = sets(&changes);
                let all: Vec<_> = (0..sets.len()).chain(0..sets.len()).collect();
                (Just(sets), Just(all).prop_shuffle())
            })
    ) {
        let expected = told(&sets);
        let mut in_order = Lone::new();
        for set in &sets {
            in_order.apply(&HostPacket::OperatorSet(set.clone()));
        }
        prop_assert_eq!(&known(&in_order), &expected);
        let mut disorder = Lone::new();
        for index in order {
            disorder.apply(&HostPacket::OperatorSet(sets[index].clone()));
        }
        prop_assert_eq!(&known(&disorder), &expected);
    }
}
