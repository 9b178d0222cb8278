//! Answers to queries.

use cosmwasm_std::{to_json_binary, Binary, Deps, StdResult};
use palisade_types::staker::QueryMsg;

use crate::state::{self, CONFIG};

pub(crate) fn query(deps: Deps, msg: QueryMsg) -> StdResult<Binary> {
    match msg {
        QueryMsg::Config {} => to_json_binary(&CONFIG.load(deps.storage)?),
        QueryMsg::State {} => to_json_binary(&state::load(deps.storage)?),
    }
}
