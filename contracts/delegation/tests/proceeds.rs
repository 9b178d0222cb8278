//! Who gets what penalties take: told by the allocation contract, booked by the vault.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{Suite, ATOM};
use cosmwasm_std::Decimal;
use palisade_delegation::ContractError;
use palisade_types::asset::{Destination, Payee, Redirection};
use palisade_types::delegation::{ExecuteMsg, SlashPools};
use palisade_types::vault as vault_api;

#[test]
fn the_vault_is_told_who_gets_what_and_where_it_shall_go_instead() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_010).unwrap();
    let send = |s: &Suite, to: &str| Destination::Send {
        recipient: s.who(to).to_string(),
    };
    let payee = |account, destination, percent| Payee {
        account,
        destination,
        share: Decimal::percent(percent),
    };
    let msg = SlashPools {
        cuts: vec![s.cut("op", ATOM, 5, 1_010)],
        payees: vec![
            payee(0, send(&s, "finder"), 10),
            payee(7, send(&s, "gone"), 90),
        ],
        ..s.penalty("op", 5, start)
    };
    s.slash(msg).unwrap();
    let booked = |s: &Suite| {
        let msg = vault_api::QueryMsg::Seized {
            asset: ATOM.to_string(),
            start_after: None,
            limit: None,
        };
        let vault = s.vault.clone();
        let seized: Vec<vault_api::SeizedResponse> =
            s.app.wrap().query_wasm_smart(vault, &msg).unwrap();
        seized
            .into_iter()
            .map(|s| (s.account, s.destination, s.amount.u128()))
            .collect::<Vec<_>>()
    };
    // Of 51: 5.1 rounded down, and the rest to the last one.
    let bounty = (0, send(&s, "finder"), 5);
    assert_eq!(booked(&s), [bounty.clone(), (7, send(&s, "gone"), 46)]);
    let before = s.state();
    let redirection = Redirection {
        asset: ATOM.to_string(),
        account: 7,
        from: send(&s, "gone"),
        to: Destination::Burn {},
    };
    s.execute("allocation", &ExecuteMsg::Redirect(redirection))
        .unwrap();
    assert_eq!(booked(&s), [bounty, (7, Destination::Burn {}, 46)]);
    assert_eq!(s.state(), before, "it only passes it on");
    s.assert_conserved(ATOM);
}

#[test]
fn only_the_allocation_contract_redirects() {
    let mut s = Suite::new();
    let msg = ExecuteMsg::Redirect(Redirection {
        asset: ATOM.to_string(),
        account: 1,
        from: Destination::Burn {},
        to: Destination::Send {
            recipient: s.who("heir").to_string(),
        },
    });
    for sender in ["ann", "op", "owner", "guardian"] {
        let expected = ContractError::Unauthorized {
            sender: s.who(sender),
            expected: "allocation",
        };
        s.refused(&expected, |s| s.execute(sender, &msg));
    }
    let mut bare = Suite::bare();
    let refused = ContractError::NotConnected;
    bare.refused(&refused, |s| s.execute("allocation", &msg));
}
