//! What backs a service is not touched by what another one takes.

use cosmwasm_std::Uint256;
use palisade_math::Magnitude;

use super::model::Name;
use super::seen::Pool;
use super::slashes::{ceil, Case, Part};
use super::world::World;

/// Invariant 4: what backs every other service is what it was: its slice, and `Weq * b / M`, up to a
/// unit a part. Where the operator bears losses for parts that stand for less than the active stake
/// (they were spared by an earlier slash), a unit that moves between parts changes what it stands
/// for: then by that much more at most.
pub fn backing(
    world: &World,
    case: &Case,
    asset: Name,
    pool: &Pool,
    after: &Magnitude,
    (delta, factor): (Uint256, Uint256),
    parts: &[Part],
) {
    let m = Uint256::from(pool.mag.value);
    for ((service, operator), member) in world.before.members.iter() {
        if *operator != case.operator || *service == case.service {
            continue;
        }
        let Some(slice) = member.slices.iter().find(|slice| slice.asset == asset) else {
            continue;
        };
        let b = Uint256::from(pool.mag.read_slice(&slice.value));
        let now = Uint256::from(after.read_slice(&slice.value));
        assert!(
            b.is_zero() || !factor.is_zero(),
            "{service}'s slice was spent by another"
        );
        assert_eq!(b * factor, now, "{service}'s slice of {operator}'s {asset}");
        if b.is_zero() || delta.is_zero() {
            continue;
        }
        // In millionths of a unit: Weq * b / M = sum of tokens * b / mag.
        let grain = Uint256::from(1_000_000u128);
        let [mut held, mut holds, mut moved, mut relieved] = [Uint256::zero(); 4];
        for part in parts {
            let tokens =
                [part.senior, part.junior].map(|(a, b)| (Uint256::from(a), Uint256::from(b)));
            let sum = |of: fn(&(Uint256, Uint256)) -> Uint256| of(&tokens[0]) + of(&tokens[1]);
            let (was, is) = (sum(|t| t.0), sum(|t| t.1));
            held += was * grain * b / part.mag;
            if part.mag > delta {
                holds += is * grain * b / (part.mag - delta);
            }
            let fair: Uint256 = tokens
                .iter()
                .map(|t| ceil(t.0 * delta, part.mag))
                .fold(Uint256::zero(), |a, b| a + b);
            let other = (was - is).abs_diff(fair);
            relieved += other;
            if part.mag != m {
                moved += other;
            }
        }
        // More than it was: by what the operator's own bore that shares no loss.
        let more = if holds > held { relieved } else { moved };
        let units = Uint256::from(2 * parts.len() as u128 + 1) + more;
        let change = held.abs_diff(holds);
        super::stats::count("backing compared", true);
        assert!(
            change <= units * grain,
            "what backs {service} with {operator}'s {asset} went from {held} to {holds} millionths"
        );
    }
}
