//! Palisade: the gateway contract.
