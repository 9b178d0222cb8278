//! Block times and seconds, without an end to fall off: both come from others, and a handler that
//! panics would stick a packet.

use cosmwasm_std::Timestamp;

const NANOS: u64 = 1_000_000_000;

/// `seconds` after `time`, at most the end of time.
///
/// ```
/// use cosmwasm_std::Timestamp;
/// use palisade_types::time::after;
///
/// let end = Timestamp::from_nanos(u64::MAX);
/// assert_eq!(after(Timestamp::from_seconds(5), 2), Timestamp::from_seconds(7));
/// assert_eq!(after(end, 1), end);
/// assert_eq!(after(Timestamp::from_nanos(1), u64::MAX), end);
/// ```
#[must_use]
pub fn after(time: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_nanos(time.nanos().saturating_add(nanos(seconds)))
}

/// `seconds` before `time`, at least zero.
///
/// ```
/// use cosmwasm_std::Timestamp;
/// use palisade_types::time::before;
///
/// let time = Timestamp::from_seconds(5);
/// assert_eq!(before(time, 2), Timestamp::from_seconds(3));
/// assert_eq!(before(time, 6), Timestamp::from_nanos(0));
/// assert_eq!(before(time, u64::MAX), Timestamp::from_nanos(0));
/// ```
#[must_use]
pub fn before(time: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_nanos(time.nanos().saturating_sub(nanos(seconds)))
}

fn nanos(seconds: u64) -> u64 {
    seconds.saturating_mul(NANOS)
}
