//! Palisade: the allocation contract.
