//! Deposits over ICS-20, by what the chain tells the vault; and coins that came without a word.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod common;

use common::*;
use cosmwasm_std::{
    to_json_binary, IbcAcknowledgement, IbcDestinationCallbackMsg, IbcEndpoint, IbcPacket,
    IbcTimeout, StdError, Timestamp,
};
use cw_multi_test::AppResponse;
use palisade_admin::{AdminError, AdminMsg};
use palisade_ibc::{ArrivalError, DepositMemo, TransferData};
use palisade_testing::HarnessResult;
use palisade_types::token::Token;
use palisade_types::vault::{Action, ExecuteMsg};
use palisade_vault::ContractError;

/// A transfer over ICS-20 from channel-3 of another chain to channel-0 here.
#[derive(Clone)]
struct Transfer {
    port: &'static str,
    ack: &'static str,
    data: TransferData,
}

fn end(port: &str, channel: &str) -> IbcEndpoint {
    IbcEndpoint {
        port_id: port.to_string(),
        channel_id: channel.to_string(),
    }
}

/// A coin of the host's own that comes home for alice, behind `operator` or idle.
fn coming(suite: &Suite, amount: u128, denom: &str, operator: Option<&str>) -> Transfer {
    let operator = operator.map(|name| suite.account(name).to_string());
    let memo = DepositMemo::deposit(suite.vault.as_str(), suite.account("alice"), operator);
    Transfer {
        port: "transfer",
        ack: r#"{"result":"AQ=="}"#,
        data: TransferData {
            denom: format!("transfer/channel-3/{denom}"),
            amount: amount.into(),
            sender: "elsewhere1alice".to_string(),
            receiver: suite.vault.to_string(),
            memo: cosmwasm_std::to_json_string(&memo).unwrap(),
        },
    }
}

impl Suite {
    /// The chain's call; the coins are wherever they are.
    fn arrive(&mut self, transfer: &Transfer) -> HarnessResult<AppResponse> {
        let packet = IbcPacket::new(
            to_json_binary(&transfer.data).unwrap(),
            end("transfer", "channel-3"),
            end(transfer.port, "channel-0"),
            1,
            IbcTimeout::with_timestamp(Timestamp::from_seconds(u32::MAX.into())),
        );
        let ack = IbcAcknowledgement::new(transfer.ack.as_bytes());
        let vault = self.vault.clone();
        let msg = IbcDestinationCallbackMsg { packet, ack };
        self.net.host.sudo(&vault, &msg)
    }

    fn lay(&mut self, amount: u128, denom: &str) {
        let vault = self.vault.clone();
        self.net.host.mint(&vault, amount, denom).unwrap();
    }

    fn recover(&mut self, by: &str, token: Token, to: &str) -> HarnessResult<AppResponse> {
        let recipient = self.account(to).to_string();
        self.by(by, &ExecuteMsg::Recover { token, recipient })
    }
}

#[test]
fn what_arrives_is_a_deposit_of_whom_the_memo_names() {
    let mut suite = Suite::new();
    suite.lay(700, UATOM);
    let stands = coming(&suite, 700, UATOM, Some("val"));
    suite.arrive(&stands).unwrap();
    assert_eq!(suite.books(ATOM), (0, 700, 0, 700));
    let joins = suite.joins();
    assert_eq!(joins.len(), 1);
    assert_eq!(
        (joins[0].owner.as_str(), joins[0].amount.u128()),
        (suite.account("alice").as_str(), 700)
    );
    suite.lay(50, UATOM);
    let idle = coming(&suite, 50, UATOM, None);
    suite.arrive(&idle).unwrap();
    assert_eq!(suite.books(ATOM), (50, 700, 0, 750));
    assert_eq!(suite.idle("alice"), [(ATOM.to_string(), 50)]);
    // It is hers as any other.
    suite.withdraw("alice", ATOM, 50).unwrap();
    assert_eq!(suite.purse("alice", ATOM), PURSE + 50);
}

#[test]
fn the_bond_denom_that_comes_home_is_staked() {
    let mut suite = Suite::staking();
    let before = suite.columns(STAKE);
    suite.lay(300, USTAKE);
    let transfer = coming(&suite, 300, USTAKE, Some("val"));
    suite.arrive(&transfer).unwrap();
    let after = suite.columns(STAKE);
    assert_eq!(
        (after.staked, after.idle, after.balance),
        (before.staked + 300, before.idle, before.balance)
    );
    // A second call for the same coins finds but alice's idle ones.
    let short = ContractError::UnderDelivered {
        asset: STAKE.into(),
        owed: 800_u128.into(),
        balance: 500_u128.into(),
    };
    suite.refuses(short, |s| s.arrive(&transfer));
}

#[test]
fn nothing_is_credited_that_is_not_there() {
    let mut suite = Suite::new();
    suite.deposit("bob", ATOM, 1_000, None).unwrap();
    let good = coming(&suite, 700, UATOM, None);
    // Middleware sent the coins on: what is there is bob's.
    let short = ContractError::UnderDelivered {
        asset: ATOM.into(),
        owed: 1_700_u128.into(),
        balance: 1_000_u128.into(),
    };
    suite.refuses(short, |s| s.arrive(&good));
    suite.lay(700, UATOM);

    // To somebody else, with the vault called.
    let mut other = good.clone();
    other.data.receiver = suite.account("thief").to_string();
    let refused = ArrivalError::ForeignReceiver {
        receiver: other.data.receiver.clone(),
        contract: suite.vault.clone(),
    };
    suite.refuses(refused.into(), |s| s.arrive(&other));
    for ack in [r#"{"error":"ABCI code: 1"}"#, r#"{"ok":"AQ=="}"#, ""] {
        let mut failed = good.clone();
        failed.ack = ack;
        let refused = ArrivalError::Failed { ack: ack.into() };
        suite.refuses(refused.into(), |s| s.arrive(&failed));
    }
    let mut foreign = good.clone();
    foreign.port = "wasm.thief";
    let refused = ArrivalError::ForeignPort {
        port: "wasm.thief".into(),
    };
    suite.refuses(refused.into(), |s| s.arrive(&foreign));

    suite.arrive(&good).unwrap();
    assert_eq!(suite.books(ATOM), (1_700, 0, 0, 1_700));
}

#[test]
fn a_memo_that_is_wrong_in_any_way_is_refused() {
    let mut suite = Suite::new();
    suite.lay(700, UATOM);
    let good = coming(&suite, 700, UATOM, None);
    let (vault, alice) = (suite.vault.to_string(), suite.account("alice"));
    let memo = |note: &str| format!(r#"{{"dest_callback":{{"address":"{vault}"}}{note}}}"#);
    let unreadable = [
        String::new(),
        "a deposit".into(),
        memo(""),
        memo(r#","palisade":{}"#),
        memo(r#","palisade":{"deposit":{}}"#),
        memo(r#","palisade":{"service":1}"#),
        memo(&format!(
            r#","palisade":{{"deposit":{{"owner":"{alice}","oprator":"x"}}}}"#
        )),
    ];
    for memo in unreadable {
        let mut wrong = good.clone();
        wrong.data.memo.clone_from(&memo);
        let before = suite.snapshot();
        let error = suite.arrive(&wrong).unwrap_err();
        match error.contract_error::<ContractError>() {
            Some(ContractError::Arrival(ArrivalError::Unreadable { what: "memo", .. })) => {}
            other => panic!("{memo}: {other:?}"),
        }
        assert_eq!(suite.snapshot(), before);
    }
    // An owner that is no address here, or none at all.
    for owner in ["elsewhere1alice", "", "ALICE"] {
        let mut wrong = good.clone();
        wrong.data.memo = memo(&format!(
            r#","palisade":{{"deposit":{{"owner":"{owner}"}}}}"#
        ));
        let before = suite.snapshot();
        let error = suite.arrive(&wrong).unwrap_err();
        let refused = error.contract_error::<ContractError>();
        let invalid = matches!(
            refused,
            Some(ContractError::Std(StdError::GenericErr { .. }))
        );
        assert!(invalid, "{owner}: {error}");
        assert_eq!(suite.snapshot(), before);
    }
    // Other fields belong to others.
    let mut rich = good.clone();
    rich.data.memo = memo(&format!(
        r#","palisade":{{"deposit":{{"owner":"{alice}"}},"x":1}},"y":[]"#
    ));
    suite.arrive(&rich).unwrap();
    assert_eq!(suite.idle("alice"), [(ATOM.to_string(), 700)]);
}

#[test]
fn what_a_deposit_needs_a_deposit_from_afar_needs() {
    let mut suite = Suite::new();
    suite.lay(CAP + 1, UATOM);
    suite.lay(700, "ufoo");
    let unknown = ContractError::UnknownToken {
        token: "native/ufoo".into(),
    };
    let transfer = coming(&suite, 700, "ufoo", None);
    suite.refuses(unknown, |s| s.arrive(&transfer));
    let few = coming(&suite, MINIMUM - 1, UATOM, None);
    let minimum = ContractError::BelowMinimum {
        asset: ATOM.into(),
        minimum: MINIMUM.into(),
        offered: (MINIMUM - 1).into(),
    };
    suite.refuses(minimum, |s| s.arrive(&few));
    let many = coming(&suite, CAP + 1, UATOM, None);
    let cap = ContractError::CapExceeded {
        asset: ATOM.into(),
        cap: CAP.into(),
        held: 0_u128.into(),
        offered: (CAP + 1).into(),
    };
    suite.refuses(cap, |s| s.arrive(&many));
    let pause = ExecuteMsg::Admin(AdminMsg::Pause {
        action: Action::Deposits,
        seconds: None,
    });
    suite.as_owner(&pause).unwrap();
    let good = coming(&suite, 700, UATOM, None);
    let before = suite.snapshot();
    let error = suite.arrive(&good).unwrap_err();
    let refused = error.contract_error::<ContractError>();
    assert!(
        matches!(
            refused,
            Some(ContractError::Admin(AdminError::Paused { .. }))
        ),
        "{error}"
    );
    assert_eq!(suite.snapshot(), before);
}

#[test]
fn what_came_without_a_word_the_owner_sends_back_and_nothing_else() {
    let mut suite = Suite::staking();
    suite.deposit("bob", ATOM, 1_000, None).unwrap();
    suite.deposit("bob", ATOM, 400, Some("val")).unwrap();
    suite.seize(&[(ATOM, 100)], &suite.send_to("zoe")).unwrap();
    let nothing = |token: Token, held: u128| ContractError::NothingToRecover {
        token: token.name(),
        balance: held.into(),
        owed: held.into(),
    };
    let (atom, stake) = (Token::native(UATOM), Token::native(USTAKE));
    let (foo, gold) = (Token::native("ufoo"), Token::cw20(&suite.gold));
    for (token, held) in [(&atom, 1_400), (&stake, 500), (&foo, 0), (&gold, 0)] {
        let token = || token.clone();
        suite.refuses(nothing(token(), held), |s| {
            s.recover("owner", token(), "carol")
        });
    }
    suite.lay(70, UATOM);
    suite.lay(30, USTAKE);
    suite.lay(7, "ufoo");
    suite.refuses(
        ContractError::Admin(AdminError::Ownership(
            palisade_admin::cw_ownable::OwnershipError::NotOwner,
        )),
        |s| s.recover("carol", Token::native(UATOM), "carol"),
    );
    let books = [suite.columns(ATOM), suite.columns(STAKE)];
    for token in [&atom, &stake, &foo] {
        suite.recover("owner", token.clone(), "carol").unwrap();
    }
    assert_eq!(suite.purse("carol", ATOM), PURSE + 70);
    assert_eq!(suite.purse("carol", STAKE), PURSE + 30);
    let carol = suite.account("carol");
    assert_eq!(suite.net.host.balance(&carol, "ufoo").unwrap(), 7);
    let after = [suite.columns(ATOM), suite.columns(STAKE)];
    assert_eq!(after[0].balance, books[0].balance - 70);
    assert_eq!(after[1].balance, books[1].balance - 30);
    assert_eq!((after[0].idle, after[0].staked), (1_000, 300));
    assert_eq!(after[0].seized, 100);
    suite.refuses(nothing(atom.clone(), 1_400), |s| {
        s.recover("owner", atom.clone(), "carol")
    });
    // To the vault itself: it would be lost again.
    suite.lay(70, UATOM);
    let (vault, before) = (suite.vault.to_string(), suite.snapshot());
    let msg = ExecuteMsg::Recover {
        token: atom,
        recipient: vault,
    };
    let error = suite.as_owner(&msg).unwrap_err();
    assert_eq!(
        error.contract_error::<ContractError>(),
        Some(&ContractError::PaymentToSelf)
    );
    assert_eq!(suite.snapshot(), before);
}
