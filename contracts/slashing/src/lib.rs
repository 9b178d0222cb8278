//! Palisade: the slashing contract.
