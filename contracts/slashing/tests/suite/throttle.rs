//! How fast stake can be slashed. The period is 10,000 seconds where nothing else is said; oracle
//! (2 %) against alice (1,000) weighs 20, downtime (1 %) against bob (500) weighs 5.

use cosmwasm_std::Timestamp;
use palisade_admin::AdminError;
use palisade_ibc::{Outcome, Slash, SlashAck, DOUBLE_SIGN};
use palisade_slashing::ContractError;
use palisade_types::slashing::*;

use crate::asks::*;
use crate::story::*;

/// A slash of alice that weighs 20.
fn twenty(suite: &mut Suite, height: u64) -> Slash {
    suite.slash_for("alice", "oracle", height)
}

fn bounced(retry_at: Timestamp) -> SlashAck {
    SlashAck::Bounced { retry_at }
}

#[test]
fn a_slash_draws_its_share_of_power_and_it_comes_back() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 1_000, 100);
    suite.set_shared(500);
    assert_eq!(suite.drawn(CHAIN), (0, 0, 0));
    let slash = twenty(&mut suite, 1);
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(suite.drawn(CHAIN), (20, 20, 0));
    // 1 % of 500. A repetition weighs nothing, nor does what is refused.
    let slash = suite.slash("bob");
    assert_eq!(suite.report(&slash), executed(2));
    let again = suite.slash("bob");
    assert_eq!(
        suite.report(&again),
        duplicate(2, Some(Outcome::Executed {}))
    );
    let unknown = suite.slash("carol");
    assert!(matches!(suite.report(&unknown), SlashAck::Rejected { .. }));
    assert_eq!(suite.drawn(CHAIN), (25, 25, 0));
    let asked: ThrottleResponse = suite.query(&QueryMsg::Throttle { service: CHAIN });
    let capacities = [asked.limit, asked.reserved, asked.shared].map(|b| b.capacity.u128());
    assert_eq!(capacities, [1_000, 100, 500]);
    // A tenth of a bucket in a tenth of the period: 100 of the limit, 10 of the reserved one.
    suite.net.advance(1_000);
    assert_eq!(suite.drawn(CHAIN), (0, 15, 0));
    // A part of a unit weighs a whole one.
    suite.power("alice", 951);
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    let mut slash = twenty(&mut suite, 2);
    slash.update_id = 2u64.into();
    assert_eq!(suite.report(&slash), executed(3));
    assert_eq!(suite.drawn(CHAIN).0, 20); // 19.02
                                          // The other service has buckets of its own.
    assert_eq!(suite.drawn(LOCAL), (0, 0, 0));
}

#[test]
fn the_reserved_bucket_is_drawn_on_first() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 1_000, 30);
    suite.set_shared(1_000);
    let mut draws = vec![];
    for request in 1..=3 {
        let slash = twenty(&mut suite, request);
        assert_eq!(suite.report(&slash), executed(request));
        draws.push(suite.drawn(CHAIN));
    }
    // The second one overdraws the reserved bucket, the third finds it empty.
    assert_eq!(draws, [(20, 20, 0), (40, 40, 0), (60, 40, 20)]);
    // What the one service drew of the shared bucket the other one sees.
    assert_eq!(suite.drawn(LOCAL), (0, 0, 20));
}

#[test]
fn a_slash_past_the_limit_bounces_and_comes_again() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 50, 0);
    for request in 1..=3 {
        let slash = twenty(&mut suite, request);
        assert_eq!(suite.report(&slash), executed(request));
    }
    // One slash overdraws, by less than itself: 40 were below 50.
    assert_eq!(suite.drawn(CHAIN).0, 60);
    let first_seen = suite.now();
    let slash = twenty(&mut suite, 4);
    // 11 of 50 come back in 2,200 of 10,000 seconds, which leaves 49.
    let retry_at = first_seen.plus_seconds(2_200);
    assert_eq!(suite.report(&slash), bounced(retry_at));
    assert_eq!(suite.drawn(CHAIN).0, 60);
    assert_eq!(suite.requests(CHAIN).len(), 3);
    assert_eq!(suite.pending("alice"), Vec::<u64>::new());
    let kept = Some(NonceResponse::Bounced { first_seen });
    assert_eq!(suite.nonce(4), kept);
    // Its nonce has that content.
    let mut other = suite.slash("bob");
    other.nonce = slash.nonce;
    assert_eq!(
        suite.report(&other),
        refused("the nonce was used for other content")
    );
    suite.net.advance(2_199);
    assert_eq!(suite.report(&slash), bounced(retry_at));
    assert_eq!(suite.nonce(4), kept);
    suite.net.advance(1);
    assert_eq!(suite.report(&slash), executed(4));
    assert_eq!(suite.drawn(CHAIN).0, 69);
    let request = suite.request(4);
    assert_eq!(request.time, slash.time);
    assert_eq!(request.received_at, retry_at);
    assert_eq!(
        suite.report(&slash),
        duplicate(4, Some(Outcome::Executed {}))
    );
}

#[test]
fn not_even_one_slash_overdraws_by_more_than_itself() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 50, 0);
    suite.set_shared(30);
    // 5 % of 1,000 passes with 20 drawn, and nothing after it: neither bucket is below its size.
    let first = twenty(&mut suite, 1);
    assert_eq!(suite.report(&first), executed(1));
    let heavy = suite.slash_for("alice", DOUBLE_SIGN, 2);
    assert_eq!(suite.report(&heavy), executed(2));
    assert_eq!(suite.drawn(CHAIN), (70, 0, 70));
    let light = suite.slash("bob");
    // The limit: 21 of 50 in 4,200 s. The shared one: 41 of 30 in 13,667 s, past the deadline.
    let retry_at = suite.now().plus_seconds(10_000);
    assert_eq!(suite.report(&light), bounced(retry_at));
    suite.set_shared(100);
    let retry_at = suite.now().plus_seconds(4_200);
    assert_eq!(suite.report(&light), bounced(retry_at));
    // With a lower limit and a larger reserve the same: all of a service's slashes count.
    suite.set_buckets(CHAIN, 40, 40);
    // 31 of 40 in 7,750 s.
    let retry_at = suite.now().plus_seconds(7_750);
    assert_eq!(suite.report(&light), bounced(retry_at));
}

#[test]
fn a_retry_ageing_out() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 0, 0);
    suite.net.advance(EVIDENCE_AGE - 1_000);
    let first_seen = suite.now();
    let mut slash = twenty(&mut suite, 1);
    slash.time = first_seen.minus_seconds(EVIDENCE_AGE);
    // An empty bucket that never fills: it is taken in after the longest bouncing all the same.
    let deadline = first_seen.plus_seconds(10_000);
    assert_eq!(suite.report(&slash), bounced(deadline));
    suite.net.advance(9_999);
    assert_eq!(suite.report(&slash), bounced(deadline));
    // One that was not seen before is too old by now.
    let mut fresh = suite.slash_for("bob", "oracle", 1);
    fresh.time = slash.time;
    let old = "the infraction is older than the 80000 seconds of the service";
    assert_eq!(suite.report(&fresh), refused(old));
    suite.net.advance(1);
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(seized(&suite.request(1)), 20);
    // What passes because it must is no debt that the other services wait for.
    assert_eq!(suite.drawn(CHAIN), (20, 0, 0));
    // The door is open for this one only.
    let next = twenty(&mut suite, 2);
    let deadline = suite.now().plus_seconds(10_000);
    assert_eq!(suite.report(&next), bounced(deadline));
}

#[test]
fn what_must_be_taken_in_draws_on_its_own_part_first() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 20, 10);
    for height in 1..=2 {
        let slash = suite.slash_for("bob", "downtime", height);
        assert_eq!(suite.report(&slash), executed(height));
    }
    let heavy = suite.slash_for("alice", DOUBLE_SIGN, 3);
    assert_eq!(suite.report(&heavy), executed(3));
    assert_eq!(suite.drawn(CHAIN), (60, 10, 50));
    let slash = twenty(&mut suite, 4);
    let deadline = suite.now().plus_seconds(10_000);
    assert_eq!(suite.report(&slash), bounced(deadline));
    // A period later the reserved bucket is full again, the limit is not.
    suite.net.advance(10_000);
    assert_eq!(suite.drawn(CHAIN), (40, 0, 0));
    assert_eq!(suite.report(&slash), executed(4));
    assert_eq!(suite.drawn(CHAIN), (60, 20, 0));
}

#[test]
fn a_bounced_slash_cannot_be_kept_for_ever() {
    // Bounced for 10,000 s at most, and then 80,000 s as any infraction: after that it ages on.
    for (late, answer) in [
        (90_000, executed(1)),
        (
            90_001,
            refused("the infraction is older than the 80000 seconds of the service"),
        ),
    ] {
        let mut suite = Suite::with_operators();
        suite.set_buckets(CHAIN, 0, 0);
        suite.net.advance(EVIDENCE_AGE - 1_000);
        let mut slash = twenty(&mut suite, 1);
        slash.time = suite.now().minus_seconds(EVIDENCE_AGE);
        assert!(matches!(suite.report(&slash), SlashAck::Bounced { .. }));
        suite.net.advance(late);
        assert_eq!(suite.report(&slash), answer);
    }
}

#[test]
fn what_bounced_does_not_age_as_nonces_are_renewed() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 0, 0);
    suite.net.advance(EVIDENCE_AGE);
    let mut slash = twenty(&mut suite, 1);
    slash.time = suite.now().minus_seconds(EVIDENCE_AGE);
    let first_seen = suite.now();
    assert!(matches!(suite.report(&slash), SlashAck::Bounced { .. }));
    suite.net.advance(5_000);
    suite
        .run("owner", &ExecuteMsg::RenewNonces { service: CHAIN })
        .unwrap();
    suite.open_channel();
    suite.set_buckets(CHAIN, 0, 0);
    // Of other content under that nonce nothing is known.
    let mut other = slash.clone();
    other.height = 2_u64.into();
    let old = "the infraction is older than the 80000 seconds of the service";
    let mut late = other.clone();
    late.nonce = 8_u64.into();
    assert_eq!(suite.report(&late), refused(old));
    assert!(matches!(suite.report(&slash), SlashAck::Bounced { .. }));
    let kept = Some(NonceResponse::Bounced { first_seen });
    assert_eq!(suite.nonce(slash.nonce.u64()), kept);
    suite.net.advance(5_000);
    assert_eq!(suite.report(&slash), executed(1));
    assert_eq!(suite.drawn(CHAIN).0, 20);
}

#[test]
fn what_bounced_is_a_repetition_once_another_report_got_through() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 0, 0);
    let first = twenty(&mut suite, 1);
    assert!(matches!(suite.report(&first), SlashAck::Bounced { .. }));
    suite.set_buckets(CHAIN, 100, 0);
    let second = twenty(&mut suite, 1);
    assert_eq!(suite.report(&second), executed(1));
    let ended = Some(Outcome::Executed {});
    assert_eq!(suite.report(&first), duplicate(1, ended));
    assert_eq!(suite.slashes().len(), 1);
    assert_eq!(suite.drawn(CHAIN).0, 20);
}

#[test]
fn a_penalty_that_takes_nothing_weighs_nothing() {
    let mut suite = Suite::bare();
    let mut new = new_service(Source::Ibc {});
    new.penalties.push(penalty("late", 0, 100, false));
    suite = suite.with(new).told();
    suite.set_buckets(CHAIN, 0, 0);
    let slash = suite.slash_for("alice", "late", 1);
    assert_eq!(suite.report(&slash), executed(1));
    assert!(suite.standing("alice").jailed_until.is_some());
    assert_eq!(suite.drawn(CHAIN), (0, 0, 0));
}

#[test]
fn a_rogue_service_starving_the_others_throttle() {
    let mut suite = Suite::with_operators();
    suite.power("carol", 1);
    suite.sync(LOCAL).unwrap();
    suite.set_shared(100);
    for service in [CHAIN, LOCAL] {
        suite.set_buckets(service, 1_000, 30);
    }
    // The local service takes all it can: 40 of its own part, 100 of everybody's.
    for request in 1..=7 {
        let slash = twenty(&mut suite, request);
        assert_eq!(suite.slash_locally(&slash), executed(request));
    }
    assert_eq!(suite.drawn(LOCAL), (140, 40, 100));
    let slash = twenty(&mut suite, 8);
    // A unit of 100 comes back in 100 seconds.
    let retry_at = suite.now().plus_seconds(100);
    assert_eq!(suite.slash_locally(&slash), bounced(retry_at));
    // The other one still has its part.
    for request in 1..=2 {
        let slash = twenty(&mut suite, request);
        assert_eq!(suite.report(&slash), executed(request));
    }
    assert_eq!(suite.drawn(CHAIN), (40, 40, 100));
    let slash = twenty(&mut suite, 3);
    assert_eq!(suite.report(&slash), bounced(retry_at));
}

#[test]
fn a_consumer_gone_rogue_sending_mass_slashes() {
    let day = 86_400;
    let suite = Suite::bare_with(|msg| {
        msg.bounce_max = 87_000;
        msg.throttle.period = day;
    });
    let settings = ServiceSettings {
        evidence_age: 3_000,
        ..settings()
    };
    let mut suite = suite.with(service_with(settings)).told();
    suite.set_buckets(CHAIN, 1_000, 100);
    // 200 slashes of 20 in a day, each sent again until it passes: 4,000 of alice's 1,000.
    let mut waiting: Vec<Slash> = vec![];
    let mut passed = 0;
    for height in 1..=200 {
        waiting.push(twenty(&mut suite, height));
        for index in [waiting.len() - 1, 0] {
            let Some(slash) = waiting.get(index).cloned() else {
                continue;
            };
            match suite.report(&slash) {
                SlashAck::Accepted { .. } => {
                    passed += 1;
                    waiting.remove(index);
                }
                SlashAck::Bounced { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        suite.net.advance(day / 200);
    }
    // 1,000 at once and 995 that came back in 199 parts of the day, and one that overdrew.
    let taken: u128 = suite.requests_all().iter().map(seized).sum();
    assert_eq!(taken, 2_000);
    assert_eq!((passed, waiting.len()), (100, 100));

    // The owner has until the first one's deadline to see it, and cuts the gateway off.
    let msg = ExecuteMsg::SetPeer {
        service: CHAIN,
        peer: None,
    };
    let packets: Vec<_> = waiting.iter().take(3).map(|s| suite.send(s)).collect();
    suite.run("owner", &msg).unwrap();
    for packet in packets {
        suite.net.advance(50);
        assert!(suite.net.receive(&packet).unwrap().error().is_some());
    }
    assert_eq!(suite.requests_all().len(), 100);
    assert_eq!(suite.slashes().len(), 100);
}

#[test]
fn a_bucket_that_is_resized_keeps_what_was_drawn() {
    let mut suite = Suite::with_operators();
    suite.set_buckets(CHAIN, 100, 0);
    suite.set_shared(100);
    for height in 1..=5 {
        let slash = twenty(&mut suite, height);
        assert_eq!(suite.report(&slash), executed(height));
    }
    assert_eq!(suite.drawn(CHAIN), (100, 0, 100));
    suite.net.advance(5_000);
    // Half of 100 came back, by the former sizes.
    suite.set_buckets(CHAIN, 1_000, 500);
    suite.set_shared(10);
    assert_eq!(suite.drawn(CHAIN), (50, 0, 50));
    suite.net.advance(100);
    assert_eq!(suite.drawn(CHAIN), (40, 0, 50));
}

#[test]
fn only_the_owner_sizes_buckets_within_bounds() {
    let mut suite = Suite::new();
    let most = throttle().most.u128();
    let service = |service, limit: u128, reserved: u128| ExecuteMsg::SetThrottle {
        service,
        buckets: Buckets {
            limit: limit.into(),
            reserved: reserved.into(),
        },
    };
    let shared = |shared: u128| ExecuteMsg::SetSharedThrottle {
        shared: shared.into(),
    };
    for msg in [service(CHAIN, 1, 1), shared(1)] {
        for sender in ["guardian", "admin"] {
            assert!(matches!(
                error(suite.run(sender, &msg)),
                ContractError::Admin(AdminError::Ownership(_))
            ));
        }
    }
    let size = |given: u128, max: u128| ContractError::ThrottleSize {
        given: given.into(),
        max: max.into(),
    };
    let cases = [
        (service(CHAIN, most + 1, 0), size(most + 1, most)),
        (service(CHAIN, 10, 11), size(11, 10)),
        (shared(most + 1), size(most + 1, most)),
        (
            service(9, 1, 1),
            ContractError::UnknownService { service: 9 },
        ),
    ];
    for (msg, expected) in cases {
        assert_eq!(error(suite.run("owner", &msg)), expected);
    }
    let asked: ThrottleResponse = suite.query(&QueryMsg::Throttle { service: CHAIN });
    let born = throttle();
    let capacities = [asked.limit, asked.reserved, asked.shared].map(|b| b.capacity);
    assert_eq!(
        capacities,
        [born.service.limit, born.service.reserved, born.shared]
    );
    suite.run("owner", &service(CHAIN, most, most)).unwrap();
    suite.run("owner", &shared(most)).unwrap();

    // The same at birth.
    let period = |given| ContractError::ThrottlePeriod {
        given,
        min: 3_600,
        max: 2_592_000,
    };
    let params = |change: &dyn Fn(&mut ThrottleParams)| {
        let mut params = throttle();
        change(&mut params);
        params
    };
    let cases = [
        (params(&|p| p.period = 3_599), period(3_599)),
        (params(&|p| p.period = 2_592_001), period(2_592_001)),
        (
            params(&|p| p.shared = (most + 1).into()),
            size(most + 1, most),
        ),
        (
            params(&|p| p.service.limit = (most + 1).into()),
            size(most + 1, most),
        ),
        (
            params(&|p| p.service.reserved = 100_001u128.into()),
            size(100_001, 100_000),
        ),
    ];
    for (throttle, expected) in cases {
        let msg = InstantiateMsg {
            throttle,
            ..suite.instantiate_msg()
        };
        assert_eq!(error(suite.instantiate(&msg)), expected);
    }
}
