//! Seeds of property tests: fresh at every run, shown, and repeatable.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::test_runner::{Config, RngSeed};

/// `cases` cases (or `PROPTEST_CASES` of them) from a fresh seed. The seed is printed, so that a
/// failing test shows it; run with `PROPTEST_RNG_SEED` set to it to see the same again. No files
/// are written.
///
/// ```
/// use palisade_testing::seeded;
/// use proptest::prelude::*;
///
/// proptest! {
///     #![proptest_config(seeded(16))]
///     # #[allow(dead_code)]
///     fn sums_commute(a in 0..1_000_u32, b in 0..1_000_u32) {
///         prop_assert_eq!(a + b, b + a);
///     }
/// }
/// sums_commute();
/// ```
#[must_use]
pub fn seeded(cases: u32) -> Config {
    let number = |name| {
        let value = std::env::var(name).ok()?;
        value.parse::<u64>().ok()
    };
    let seed = number("PROPTEST_RNG_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| {
            u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(30)
        })
    });
    println!("PROPTEST_RNG_SEED={seed}");
    Config {
        cases: number("PROPTEST_CASES")
            .and_then(|cases| u32::try_from(cases).ok())
            .unwrap_or(cases),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    }
}
