//! Palisade: admin.
