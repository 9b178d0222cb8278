use cosmwasm_std::{Timestamp, Uint64};

const NANOS: u64 = 1_000_000_000;

/// `seconds` after `time`, at most the end of time: block times and durations come from others,
/// and a handler that panics would stick a packet.
pub(crate) fn after(time: Timestamp, seconds: u64) -> Timestamp {
    let nanos = Uint64::new(seconds).saturating_mul(Uint64::new(NANOS));
    Timestamp::from_nanos(time.nanos().saturating_add(nanos.u64()))
}

/// `seconds` before `time`, at least zero.
pub(crate) fn before(time: Timestamp, seconds: u64) -> Timestamp {
    let nanos = Uint64::new(seconds).saturating_mul(Uint64::new(NANOS));
    Timestamp::from_nanos(time.nanos().saturating_sub(nanos.u64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_time_are_not_passed() {
        let end = Timestamp::from_nanos(u64::MAX);
        assert_eq!(after(end, 1), end);
        assert_eq!(after(Timestamp::from_nanos(1), u64::MAX), end);
        assert_eq!(
            before(Timestamp::from_seconds(5), 6),
            Timestamp::from_nanos(0)
        );
        assert_eq!(
            before(Timestamp::from_seconds(5), 2),
            Timestamp::from_seconds(3)
        );
        assert_eq!(
            after(Timestamp::from_seconds(5), 2),
            Timestamp::from_seconds(7)
        );
    }
}
