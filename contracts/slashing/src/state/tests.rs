use std::collections::BTreeSet;

use palisade_types::slashing::{EXECUTION_PAUSE_LIMIT, SUSPENSION_LIMIT};

use super::*;

#[test]
fn two_maps_sharing_a_prefix() {
    // A map's prefix is its name behind two bytes of length, of which the first is zero: names
    // that differ never collide, with one another or with an item, whose key is bare.
    let maps = BTreeSet::from([
        SERVICES.namespace_bytes().to_vec(),
        PROFILES.namespace_bytes().to_vec(),
        PENALTIES.namespace_bytes().to_vec(),
        LINKS.namespace_bytes().to_vec(),
        PEERS.namespace_bytes().to_vec(),
        CHANNELS.namespace_bytes().to_vec(),
        UPDATES.namespace_bytes().to_vec(),
        DELIVERIES.namespace_bytes().to_vec(),
        DIRTY.namespace_bytes().to_vec(),
        NONCES.namespace_bytes().to_vec(),
        SEEN.namespace_bytes().to_vec(),
        LAST_REQUEST.namespace_bytes().to_vec(),
        REQUESTS.namespace_bytes().to_vec(),
        PENDING.namespace_bytes().to_vec(),
        STANDINGS.namespace_bytes().to_vec(),
        OUTCOMES.namespace_bytes().to_vec(),
        THROTTLES.namespace_bytes().to_vec(),
        APPLIED.namespace_bytes().to_vec(),
        IN_FORCE.namespace_bytes().to_vec(),
    ]);
    assert_eq!(maps.len(), 19);
}

#[test]
fn an_infraction_key_can_be_read() {
    for (kind, height) in [("downtime", 0), ("d", u64::MAX), ("double_sign", 7)] {
        let key = infraction_key(kind, height.into());
        assert_eq!(read_infraction_key(&key), Some((kind.to_string(), height)));
    }
    assert_eq!(read_infraction_key(&[0; 7]), None);
}

fn config(bounce_max: u64, execution_grace: u64) -> Config {
    let buckets = Buckets {
        limit: Uint128::zero(),
        reserved: Uint128::zero(),
    };
    Config {
        allocation: Neighbour(Addr::unchecked("allocation")),
        packet_timeout: 60,
        bounce_max,
        execution_grace,
        unbonding_period: u64::MAX,
        epoch_length: 1,
        throttle_period: 1,
        throttle_most: Uint128::zero(),
        buckets,
    }
}

#[test]
fn a_pause_lasts_a_week_or_half_the_grace_whichever_is_shorter() {
    for (execution_grace, limit) in [
        (0, 0),
        (86_400, 43_200),
        (2 * EXECUTION_PAUSE_LIMIT, EXECUTION_PAUSE_LIMIT),
        (3 * EXECUTION_PAUSE_LIMIT, EXECUTION_PAUSE_LIMIT),
    ] {
        assert_eq!(config(0, execution_grace).pause_limit(), limit);
    }
}

#[test]
fn a_suspension_lasts_a_week_or_the_longest_bouncing_whichever_is_shorter() {
    for (bounce_max, limit) in [
        (0, 0),
        (86_400, 86_400),
        (SUSPENSION_LIMIT, SUSPENSION_LIMIT),
        (SUSPENSION_LIMIT + 1, SUSPENSION_LIMIT),
    ] {
        assert_eq!(config(bounce_max, 0).suspension_limit(), limit);
    }
}
