//! Everything that the staker stores. cw2 adds `contract_info`.

use cosmwasm_std::{StdResult, Storage};
use cw_storage_plus::Item;
use palisade_types::staker::{ConfigResponse, State};

/// Whose the staker is, and with whom it stakes. Never changes.
pub(crate) const CONFIG: Item<ConfigResponse> = Item::new("c");
/// Rewards at hand and open undelegations, in base units of the bond denom; absent: none. Under
/// [`palisade_types::staker::STATE_KEY`], where neighbours read it. The chain's limit of undelegations,
/// and that each new one is started by who collects the old ones, keeps it small.
pub(crate) const STATE: Item<State> = Item::new("s");

/// What [`STATE`] holds.
pub(crate) fn load(storage: &dyn Storage) -> StdResult<State> {
    Ok(STATE.may_load(storage)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;
    use cosmwasm_std::{Timestamp, Uint128};
    use palisade_types::staker::{Entry, STATE_KEY};

    use super::*;

    #[test]
    fn neighbours_find_these_bytes_under_this_key() {
        assert_eq!(STATE_KEY, b"s");
        assert_ne!(CONFIG.as_slice(), STATE.as_slice());
        let mut storage = MockStorage::new();
        assert_eq!(load(&storage), Ok(State::default()));
        for (state, bytes) in [
            (State::default(), "{}"),
            (
                State {
                    rewards: Uint128::new(7),
                    entries: vec![Entry {
                        amount: Uint128::new(5),
                        completes_at: Timestamp::from_nanos(9),
                    }],
                },
                r#"{"r":"7","e":[{"a":"5","c":"9"}]}"#,
            ),
        ] {
            STATE.save(&mut storage, &state).unwrap();
            assert_eq!(storage.get(STATE_KEY).unwrap(), bytes.as_bytes());
            assert_eq!(load(&storage), Ok(state));
        }
    }
}
