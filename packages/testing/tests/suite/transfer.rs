//! ICS-20, and wasmd's callbacks on it.

use cosmwasm_std::{
    coin, to_json_string, Addr, IbcCallbackRequest, IbcDstCallback, IbcSrcCallback,
};
use palisade_testing::{denom_of_path, Channel, IbcError, Packet, Side, TransferData};

use crate::pinger::ExecuteMsg;
use crate::setup::{text, Suite};

/// A suite with a transfer channel, and 1000 uatom for the host's user and for its contract.
struct Transfers {
    suite: Suite,
    channel: Channel,
    alice: Addr,
    bob: Addr,
}

impl Transfers {
    fn new() -> Self {
        let mut suite = Suite::new();
        let channel = suite.net.open_transfer_channel().unwrap();
        let alice = suite.net.host.account("alice");
        let bob = suite.net.consumer.account("bob");
        suite.net.host.mint(&alice, 1_000, "uatom").unwrap();
        let contract = suite.host.clone();
        suite.net.host.mint(&contract, 1_000, "uatom").unwrap();
        Self {
            suite,
            channel,
            alice,
            bob,
        }
    }

    /// The name of the host's uatom at the consumer.
    fn voucher(&self) -> String {
        denom_of_path(&format!("transfer/{}/uatom", self.channel.b.id))
    }

    fn send(&mut self, receiver: &Addr, memo: Option<String>) -> Packet {
        let timeout = self.suite.net.consumer.timeout_in(600);
        let (alice, id) = (self.alice.clone(), self.channel.a.id.clone());
        let coin = coin(100, "uatom");
        let host = &mut self.suite.net.host;
        host.ibc_transfer(&alice, &id, receiver, coin, timeout, memo)
            .unwrap();
        self.suite.net.pending(Side::Host).pop().unwrap()
    }

    /// The same from the host's contract.
    fn try_send_from_contract(&mut self, memo: String) -> Result<Packet, IbcError> {
        let msg = ExecuteMsg::Transfer {
            channel: self.channel.a.id.clone(),
            to: self.bob.to_string(),
            coin: coin(100, "uatom"),
            timeout: self.suite.net.consumer.timeout_in(600),
            memo: Some(memo),
        };
        let sent = self.suite.call(Side::Host, &msg);
        sent.map_err(|err| err.ibc_error().unwrap().clone())?;
        Ok(self.suite.net.pending(Side::Host).pop().unwrap())
    }

    fn has(&self, side: Side, of: &Addr, denom: &str) -> u128 {
        let chain = self.suite.net.chain(side).unwrap();
        chain.balance(of, denom).unwrap()
    }

    fn escrowed(&self) -> u128 {
        let escrow = self.suite.net.host.escrow(&self.channel.a.id).unwrap();
        self.has(Side::Host, &escrow, "uatom")
    }

    fn source_memo(&self) -> String {
        let address = self.suite.host.clone();
        to_json_string(&IbcCallbackRequest::source(IbcSrcCallback {
            address,
            gas_limit: None,
        }))
        .unwrap()
    }

    fn destination_memo(&self) -> String {
        let address = self.suite.consumer.to_string();
        to_json_string(&IbcCallbackRequest::destination(IbcDstCallback {
            address,
            gas_limit: None,
        }))
        .unwrap()
    }
}

#[test]
fn a_transfer_escrows_here_and_mints_a_voucher_there_and_goes_back() {
    let mut t = Transfers::new();
    let bob = t.bob.clone();
    let packet = t.send(&bob, None);
    let data: TransferData = packet.json().unwrap();
    assert_eq!((data.denom.as_str(), data.amount.u128()), ("uatom", 100));
    assert_eq!(t.has(Side::Host, &t.alice, "uatom"), 900);
    assert_eq!(t.escrowed(), 100);
    let outcome = t.suite.net.receive(&packet).unwrap();
    assert_eq!(text(outcome.ack.as_ref().unwrap()), r#"{"result":"AQ=="}"#);
    t.suite.net.acknowledge(&packet).unwrap();
    let voucher = t.voucher();
    assert_eq!(t.has(Side::Consumer, &bob, &voucher), 100);

    let timeout = t.suite.net.host.timeout_in(600);
    let (alice, id) = (t.alice.clone(), t.channel.b.id.clone());
    let consumer = &mut t.suite.net.consumer;
    let back = coin(40, &voucher);
    consumer
        .ibc_transfer(&bob, &id, &alice, back, timeout, None)
        .unwrap();
    let packet = t.suite.net.only_pending(Side::Consumer).unwrap();
    let data: TransferData = packet.json().unwrap();
    assert_eq!(data.denom, format!("transfer/{id}/uatom"));
    t.suite.net.relay_all().unwrap();
    assert_eq!(t.has(Side::Host, &alice, "uatom"), 940);
    assert_eq!(t.has(Side::Consumer, &bob, &voucher), 60);
    assert_eq!(t.escrowed(), 60);
    let supply = t.suite.net.consumer.supply(&voucher).unwrap();
    assert_eq!(supply.u128(), 60);
}

#[test]
fn an_error_ack_refunds() {
    let mut t = Transfers::new();
    let nobody = Addr::unchecked("not an address of the consumer");
    let packet = t.send(&nobody, None);
    let outcome = t.suite.net.receive(&packet).unwrap();
    assert_eq!(
        outcome.error().unwrap(),
        "ABCI code: 5: error handling packet: see events for details"
    );
    assert_eq!(t.has(Side::Host, &t.alice, "uatom"), 900);
    t.suite.net.acknowledge(&packet).unwrap();
    assert_eq!(t.has(Side::Host, &t.alice, "uatom"), 1_000);
    assert_eq!(t.escrowed(), 0);
}

#[test]
fn a_timeout_refunds_once() {
    let mut t = Transfers::new();
    let bob = t.bob.clone();
    let packet = t.send(&bob, None);
    t.suite.net.pass_timeout(&packet).unwrap();
    t.suite.net.timeout(&packet).unwrap();
    assert!(t.suite.net.timeout(&packet).unwrap().redundant);
    assert_eq!(t.has(Side::Host, &t.alice, "uatom"), 1_000);
}

#[test]
fn a_burnt_voucher_is_minted_again_by_a_refund() {
    let mut t = Transfers::new();
    let bob = t.bob.clone();
    t.send(&bob, None);
    t.suite.net.relay_all().unwrap();
    let (voucher, id) = (t.voucher(), t.channel.b.id.clone());
    let timeout = t.suite.net.host.timeout_in(600);
    let alice = t.alice.clone();
    let consumer = &mut t.suite.net.consumer;
    let back = coin(100, &voucher);
    consumer
        .ibc_transfer(&bob, &id, &alice, back, timeout, None)
        .unwrap();
    assert_eq!(t.has(Side::Consumer, &bob, &voucher), 0);
    t.suite.net.host.advance(600);
    assert_eq!(t.suite.net.relay_all().unwrap().timed_out, 1);
    assert_eq!(t.has(Side::Consumer, &bob, &voucher), 100);
    assert_eq!(t.escrowed(), 100);
}

#[test]
fn a_third_chain_sees_a_voucher_of_a_voucher() {
    let mut t = Transfers::new();
    let net = &mut t.suite.net;
    let third = net.add_chain("third-1", "third");
    net.connect(Side::Consumer, third).unwrap();
    let proposal = palisade_testing::Proposal {
        from: (Side::Consumer, "transfer".into()),
        to: (third, "transfer".into()),
        ..palisade_testing::Proposal::new("", "", "ics20-1")
    };
    let onward = net.open(&proposal).unwrap();
    let carol = net.chain(third).unwrap().account("carol");
    let bob = t.bob.clone();
    t.send(&bob, None);
    t.suite.net.relay_all().unwrap();
    let voucher = t.voucher();
    let timeout = t.suite.net.chain(third).unwrap().timeout_in(600);
    let consumer = &mut t.suite.net.consumer;
    let coin = coin(7, voucher);
    consumer
        .ibc_transfer(&bob, &onward.a.id, &carol, coin, timeout, None)
        .unwrap();
    t.suite.net.relay_all().unwrap();
    let path = format!("transfer/{}/transfer/{}/uatom", onward.b.id, t.channel.b.id);
    assert_eq!(t.has(third, &carol, &denom_of_path(&path)), 7);
}

#[test]
fn one_cannot_send_what_one_has_not() {
    let mut t = Transfers::new();
    let timeout = t.suite.net.consumer.timeout_in(600);
    let (alice, bob, id) = (t.alice.clone(), t.bob.clone(), t.channel.a.id.clone());
    let mut send = |amount: u128, denom: &str| {
        let coin = coin(amount, denom);
        let host = &mut t.suite.net.host;
        host.ibc_transfer(&alice, &id, &bob, coin, timeout.clone(), None)
    };
    send(1_001, "uatom").unwrap_err();
    let err = send(0, "uatom").unwrap_err();
    assert!(matches!(err.ibc_error(), Some(IbcError::Transfer { .. })));
    let err = send(1, "ibc/00").unwrap_err();
    assert!(matches!(
        err.ibc_error(),
        Some(IbcError::UnknownVoucher { .. })
    ));
    assert!(t.suite.net.pending(Side::Host).is_empty());
}

#[test]
fn a_transfer_channel_is_unordered_has_its_version_and_is_not_closed() {
    let mut t = Transfers::new();
    let proposal = palisade_testing::Proposal::new("transfer", "transfer", "ics20-1");
    t.suite
        .net
        .open_init(&proposal.clone().ordered())
        .unwrap_err();
    let other = palisade_testing::Proposal::new("transfer", "transfer", "ics20-7");
    t.suite.net.open_init(&other).unwrap_err();
    let err = t
        .suite
        .net
        .close_init(Side::Host, &t.channel.a.id)
        .unwrap_err();
    assert_eq!(err.ibc_error(), Some(&IbcError::TransferChannelClose));
}

#[test]
fn the_source_callback_is_told_of_the_ack() {
    let mut t = Transfers::new();
    let packet = t.try_send_from_contract(t.source_memo()).unwrap();
    t.suite.net.receive(&packet).unwrap();
    let outcome = t.suite.net.acknowledge(&packet).unwrap();
    assert_eq!(outcome.callback_error, None);
    let told = r#"source callback ack {"result":"AQ=="}"#;
    assert_eq!(t.suite.events(Side::Host), [told]);
}

#[test]
fn the_source_callback_is_told_of_the_timeout() {
    let mut t = Transfers::new();
    let packet = t.try_send_from_contract(t.source_memo()).unwrap();
    t.suite.net.pass_timeout(&packet).unwrap();
    t.suite.net.timeout(&packet).unwrap();
    assert_eq!(t.suite.events(Side::Host), ["source callback timeout 1"]);
    assert_eq!(t.has(Side::Host, &t.suite.host, "uatom"), 1_000);
}

#[test]
fn a_failing_source_callback_fails_nothing_else() {
    let mut t = Transfers::new();
    let packet = t.try_send_from_contract(t.source_memo()).unwrap();
    t.suite.refuse(Side::Host, &["source_callback"]);
    t.suite.net.pass_timeout(&packet).unwrap();
    let outcome = t.suite.net.timeout(&packet).unwrap();
    assert!(outcome
        .callback_error
        .unwrap()
        .contains("refused source_callback"));
    assert!(t.suite.events(Side::Host).is_empty());
    assert_eq!(t.has(Side::Host, &t.suite.host, "uatom"), 1_000);
    assert!(t.suite.net.pending(Side::Host).is_empty());
}

#[test]
fn a_source_callback_may_only_name_the_sender() {
    let mut t = Transfers::new();
    let memo = format!(r#"{{"src_callback":{{"address":"{}"}}}}"#, t.alice);
    let err = t.try_send_from_contract(memo).unwrap_err();
    assert!(matches!(err, IbcError::CallbackNotSender { .. }));
    for memo in [
        r#"{"src_callback":{}}"#,
        r#"{"src_callback":{"address":7}}"#,
    ] {
        let err = t.try_send_from_contract(memo.to_string()).unwrap_err();
        assert_eq!(err, IbcError::InvalidCallback);
    }
    assert!(t.suite.net.pending(Side::Host).is_empty());
    for memo in ["", "hello", r#"{"other":1}"#, r#"{"src_callback":"x"}"#] {
        t.try_send_from_contract(memo.to_string()).unwrap();
    }
}

#[test]
fn the_destination_callback_runs_after_the_tokens_arrived() {
    let mut t = Transfers::new();
    let to = t.suite.consumer.clone();
    let packet = t.send(&to, Some(t.destination_memo()));
    let outcome = t.suite.net.receive(&packet).unwrap();
    assert_eq!(outcome.error(), None);
    assert_eq!(t.suite.events(Side::Consumer), ["destination callback 1"]);
    assert_eq!(t.has(Side::Consumer, &to, &t.voucher()), 100);
}

#[test]
fn a_failing_destination_callback_refunds() {
    let mut t = Transfers::new();
    t.suite.refuse(Side::Consumer, &["destination_callback"]);
    let to = t.suite.consumer.clone();
    let packet = t.send(&to, Some(t.destination_memo()));
    let outcome = t.suite.net.receive(&packet).unwrap();
    assert_eq!(
        outcome.error().unwrap(),
        "ABCI code: 5: error handling packet: see events for details"
    );
    assert!(t.suite.events(Side::Consumer).is_empty());
    assert_eq!(t.has(Side::Consumer, &to, &t.voucher()), 0);
    t.suite.net.acknowledge(&packet).unwrap();
    assert_eq!(t.has(Side::Host, &t.alice, "uatom"), 1_000);
}
