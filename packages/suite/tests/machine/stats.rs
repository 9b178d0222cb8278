//! Counts of steps over the whole run.

use std::collections::BTreeMap;
use std::sync::Mutex;

static COUNTS: Mutex<BTreeMap<String, (u64, u64)>> = Mutex::new(BTreeMap::new());

/// Counts one step, or one thing that came of a step.
pub fn count(name: &str, accepted: bool) {
    let mut counts = COUNTS
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let (tried, taken) = counts.entry(name.to_string()).or_default();
    *tried += 1;
    *taken += u64::from(accepted);
}

/// Steps tried and accepted, in all and of each kind, without what came of them (in lower case).
pub fn steps() -> (u64, u64, BTreeMap<String, (u64, u64)>) {
    let counts = COUNTS
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
        .clone();
    let steps = counts
        .iter()
        .filter(|(name, _)| name.starts_with(char::is_uppercase));
    let (tried, accepted) = steps.fold((0, 0), |sum, (_, n)| (sum.0 + n.0, sum.1 + n.1));
    (tried, accepted, counts)
}
