//! Palisade: types.
