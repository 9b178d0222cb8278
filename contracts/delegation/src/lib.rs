//! Palisade: the delegation contract.
