//! Writes the JSON schema of the messages.

use cosmwasm_schema::write_api;
use palisade_types::delegation::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

fn main() {
    write_api! {
        name: "palisade-delegation",
        instantiate: InstantiateMsg,
        execute: ExecuteMsg,
        query: QueryMsg,
        migrate: MigrateMsg,
    }
}
