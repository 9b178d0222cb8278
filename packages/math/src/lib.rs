//! Palisade: math.
