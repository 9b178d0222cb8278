//! Pagination: one default, one bound, for every list query.

/// Entries in a page when the caller names no limit.
pub const DEFAULT_LIMIT: u32 = 30;
/// Most entries in a page, whatever the caller asks for.
pub const MAX_LIMIT: u32 = 100;

/// The number of entries to return: `limit` or [`DEFAULT_LIMIT`], at most [`MAX_LIMIT`].
///
/// ```
/// use palisade_types::page::{take, DEFAULT_LIMIT, MAX_LIMIT};
/// // The queries' own docs say 30 and 100.
/// assert_eq!((DEFAULT_LIMIT, MAX_LIMIT), (30, 100));
/// assert_eq!((take(None), take(Some(7)), take(Some(u32::MAX))), (30, 7, 100));
/// ```
#[must_use]
pub fn take(limit: Option<u32>) -> usize {
    usize::try_from(limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)).unwrap_or(usize::MAX)
}
