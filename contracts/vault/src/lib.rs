//! Palisade: the vault contract.
