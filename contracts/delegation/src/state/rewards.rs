//! What flows to the stakers of pools, and what they are owed.
