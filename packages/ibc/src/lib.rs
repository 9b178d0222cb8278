//! Palisade: ibc.
