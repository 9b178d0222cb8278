//! Palisade: testing.
