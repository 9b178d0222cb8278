//! Storage that can be thrown away: a transaction, or a part of one.

use std::collections::btree_map;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;

use cosmwasm_std::{Order, Record, Storage};

/// Runs `action` on top of `base`. Its writes reach `base` only when it returns `Ok`; an `Err` or a
/// panic leaves `base` as it was.
pub(crate) fn transactional<T, E>(
    base: &mut dyn Storage,
    action: impl FnOnce(&mut dyn Storage) -> Result<T, E>,
) -> Result<T, E> {
    let mut overlay = Overlay {
        base: &*base,
        changes: BTreeMap::new(),
    };
    let value = action(&mut overlay)?;
    for (key, change) in overlay.changes {
        match change {
            Some(new) => base.set(&key, &new),
            None => base.remove(&key),
        }
    }
    Ok(value)
}

struct Overlay<'a> {
    base: &'a dyn Storage,
    /// `None` is a removal.
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Storage for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        match self.changes.get(key) {
            Some(change) => change.clone(),
            None => self.base.get(key),
        }
    }

    fn range<'a>(
        &'a self,
        start: Option<&[u8]>,
        end: Option<&[u8]>,
        order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        if let (Some(start), Some(end)) = (start, end) {
            if start >= end {
                return Box::new(std::iter::empty());
            }
        }
        let bounds = (
            start.map_or(Bound::Unbounded, |key| Bound::Included(key.to_vec())),
            end.map_or(Bound::Unbounded, |key| Bound::Excluded(key.to_vec())),
        );
        Box::new(Merge {
            changes: Changes(self.changes.range(bounds), order).peekable(),
            base: self.base.range(start, end, order).peekable(),
            order,
        })
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        self.changes.insert(key.to_vec(), Some(value.to_vec()));
    }

    fn remove(&mut self, key: &[u8]) {
        self.changes.insert(key.to_vec(), None);
    }
}

type Change<'a> = (&'a Vec<u8>, &'a Option<Vec<u8>>);

struct Changes<'a>(btree_map::Range<'a, Vec<u8>, Option<Vec<u8>>>, Order);

impl<'a> Iterator for Changes<'a> {
    type Item = Change<'a>;

    fn next(&mut self) -> Option<Change<'a>> {
        match self.1 {
            Order::Ascending => self.0.next(),
            Order::Descending => self.0.next_back(),
        }
    }
}

/// The base's records with the changes laid over them, in order.
struct Merge<'a> {
    changes: Peekable<Changes<'a>>,
    base: Peekable<Box<dyn Iterator<Item = Record> + 'a>>,
    order: Order,
}

impl Iterator for Merge<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            let Some((changed, _)) = self.changes.peek() else {
                return self.base.next();
            };
            let base_comes = match self.base.peek() {
                Some((key, _)) if key == *changed => {
                    self.base.next();
                    false
                }
                Some((key, _)) => match self.order {
                    Order::Ascending => key < *changed,
                    Order::Descending => key > *changed,
                },
                None => false,
            };
            if base_comes {
                return self.base.next();
            }
            if let Some((key, Some(value))) = self.changes.next() {
                return Some((key.clone(), value.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    fn keys(storage: &dyn Storage, order: Order) -> Vec<Vec<u8>> {
        storage
            .range(None, None, order)
            .map(|(key, _)| key)
            .collect()
    }

    #[test]
    fn writes_are_seen_inside_and_kept_only_on_success() {
        let mut base = MockStorage::new();
        for key in [b"a", b"c", b"e"] {
            base.set(key, b"old");
        }
        let kept: Result<(), ()> = transactional(&mut base, |tx| {
            tx.set(b"b", b"new");
            tx.set(b"c", b"changed");
            tx.remove(b"e");
            assert_eq!(keys(tx, Order::Ascending), [b"a", b"b", b"c"]);
            assert_eq!(keys(tx, Order::Descending), [b"c", b"b", b"a"]);
            assert_eq!(tx.get(b"c").unwrap(), b"changed");
            assert_eq!(tx.get(b"e"), None);
            let some: Vec<_> = tx.range(Some(b"b"), Some(b"c"), Order::Ascending).collect();
            assert_eq!(some, [(b"b".to_vec(), b"new".to_vec())]);
            Ok(())
        });
        kept.unwrap();
        assert_eq!(keys(&base, Order::Ascending), [b"a", b"b", b"c"]);

        let lost: Result<(), ()> = transactional(&mut base, |tx| {
            tx.remove(b"a");
            Err(())
        });
        lost.unwrap_err();
        assert_eq!(keys(&base, Order::Ascending), [b"a", b"b", b"c"]);
    }
}
