//! What each answer does to a report in each state, and over which channels answers count.

use cosmwasm_std::testing::{
    message_info, mock_env, mock_ibc_channel_close_confirm, mock_ibc_channel_connect_ack,
    mock_ibc_channel_connect_confirm,
};
use cosmwasm_std::{
    Addr, IbcAcknowledgement, IbcPacket, IbcPacketAckMsg, IbcPacketTimeoutMsg, StdAck, Timestamp,
};
use palisade_gateway::{contract, ibc};
use palisade_ibc::{encode_ack, Outcome, SlashAck, ORDER, VERSION};
use palisade_types::gateway::*;

use crate::lone::Lone;
use crate::retries::reported;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Accepted,
    AcceptedExecuted,
    Duplicate,
    DuplicateVetoed,
    Bounced,
    Rejected,
    Error,
    Malformed,
    Timeout,
}

use Answer::*;

const ALL: [Answer; 9] = [
    Accepted,
    AcceptedExecuted,
    Duplicate,
    DuplicateVetoed,
    Bounced,
    Rejected,
    Error,
    Malformed,
    Timeout,
];

fn now() -> Timestamp {
    mock_env().block.time
}

fn retry_at() -> Timestamp {
    now().plus_seconds(1_234)
}

fn answer(gateway: &mut Lone, to: &IbcPacket, answer: Answer) {
    let result = |ack: SlashAck| encode_ack(&ack).unwrap();
    let request = 6u64.into();
    let bytes = match answer {
        Accepted => result(SlashAck::Accepted {
            request,
            outcome: None,
        }),
        AcceptedExecuted => result(SlashAck::Accepted {
            request,
            outcome: Some(Outcome::Executed {}),
        }),
        Duplicate => result(SlashAck::Duplicate {
            request,
            outcome: None,
        }),
        DuplicateVetoed => result(SlashAck::Duplicate {
            request,
            outcome: Some(Outcome::Vetoed {}),
        }),
        Bounced => result(SlashAck::Bounced {
            retry_at: retry_at(),
        }),
        Rejected => result(SlashAck::Rejected {
            reason: "no".into(),
        }),
        Error => StdAck::error("out of gas").to_binary(),
        Malformed => b"?".into(),
        Timeout => {
            let msg = IbcPacketTimeoutMsg::new(to.clone(), Addr::unchecked("relayer"));
            ibc::ibc_packet_timeout(gateway.deps.as_mut(), mock_env(), msg).unwrap();
            return;
        }
    };
    let ack = IbcAcknowledgement::new(bytes);
    let msg = IbcPacketAckMsg::new(ack, to.clone(), Addr::unchecked("relayer"));
    ibc::ibc_packet_ack(gateway.deps.as_mut(), mock_env(), msg).unwrap();
}

fn state(gateway: &Lone) -> ReportState {
    let nonce = 1u64.into();
    let report: ReportResponse = gateway.query(QueryMsg::Report { nonce }).unwrap();
    report.state
}

fn accepted(request: u64) -> ReportState {
    let request = request.into();
    ReportState::Accepted { request }
}

fn queued(not_before: Timestamp) -> ReportState {
    ReportState::Queued { not_before }
}

fn ended(outcome: Outcome) -> ReportState {
    ReportState::Ended { outcome }
}

fn by_outcome(answer: Answer) -> Option<ReportState> {
    match answer {
        AcceptedExecuted => Some(ended(Outcome::Executed {})),
        DuplicateVetoed => Some(ended(Outcome::Vetoed {})),
        _ => None,
    }
}

fn rejected() -> ReportState {
    ended(Outcome::Rejected {
        reason: "no".into(),
    })
}

/// The state after `second` where `first` came before.
fn expected(first: Option<Answer>, second: Answer) -> ReportState {
    match first {
        // In flight: everything counts.
        None => by_outcome(second).unwrap_or_else(|| match second {
            Accepted | Duplicate => accepted(6),
            Bounced => queued(retry_at()),
            Rejected => rejected(),
            Timeout => queued(Timestamp::default()),
            _ => queued(now().plus_seconds(600)),
        }),
        // Ended: nothing does.
        Some(AcceptedExecuted | DuplicateVetoed | Rejected) => expected(None, first.unwrap()),
        // Taken in: an outcome does.
        Some(Accepted | Duplicate) => by_outcome(second).unwrap_or(accepted(6)),
        // Waiting: a result does; of what says nothing about the slash, the first one.
        Some(first) => match second {
            Bounced | Error | Malformed | Timeout => expected(None, first),
            result => expected(None, result),
        },
    }
}

#[test]
fn every_answer_in_every_state() {
    for second in ALL {
        let (mut gateway, sent) = reported();
        answer(&mut gateway, &sent, second);
        assert_eq!(state(&gateway), expected(None, second), "{second:?}");
        for first in ALL {
            let (mut gateway, sent) = reported();
            answer(&mut gateway, &sent, first);
            answer(&mut gateway, &sent, second);
            let expected = expected(Some(first), second);
            assert_eq!(state(&gateway), expected, "{first:?}, then {second:?}");
        }
    }
}

fn close(gateway: &mut Lone, id: &str) {
    let msg = mock_ibc_channel_close_confirm(id, ORDER, VERSION);
    ibc::ibc_channel_close(gateway.deps.as_mut(), mock_env(), msg).unwrap();
}

fn open(gateway: &mut Lone, id: &str) {
    let msg = mock_ibc_channel_connect_confirm(id, ORDER, VERSION);
    ibc::ibc_channel_connect(gateway.deps.as_mut(), mock_env(), msg).unwrap();
}

fn execute(gateway: &mut Lone, msg: ExecuteMsg) -> usize {
    let info = message_info(&gateway.deps.api.addr_make("owner"), &[]);
    let response = contract::execute(gateway.deps.as_mut(), mock_env(), info, msg).unwrap();
    response.messages.len()
}

/// A close ends a channel, not the trust in its client: what the host answered before counts.
#[test]
fn answers_over_a_channel_that_was_closed_count_until_its_client_is_given_up() {
    for given in ALL {
        let (mut gateway, sent) = reported();
        close(&mut gateway, "channel-0");
        answer(&mut gateway, &sent, given);
        assert_eq!(state(&gateway), expected(None, given), "{given:?}");

        // The owner gives up the connection afterwards, or the channel that came next over it.
        for connection_id in [Some("connection-7".to_string()), None] {
            let (mut gateway, sent) = reported();
            close(&mut gateway, "channel-0");
            if connection_id.is_none() {
                open(&mut gateway, "channel-1");
            }
            execute(&mut gateway, ExecuteMsg::RenewChannel { connection_id });
            answer(&mut gateway, &sent, given);
            let channel = "channel-0".to_string();
            assert_eq!(state(&gateway), ReportState::Sent { channel }, "{given:?}");
        }
    }
}

#[test]
fn a_channel_of_the_time_after_a_renewal_is_believed_again() {
    let (mut gateway, sent) = reported();
    let connection_id = None;
    execute(&mut gateway, ExecuteMsg::RenewChannel { connection_id });
    open(&mut gateway, "channel-1");
    assert_eq!(execute(&mut gateway, ExecuteMsg::Relay { limit: None }), 1);
    close(&mut gateway, "channel-1");
    let mut again = sent.clone();
    again.src.channel_id = "channel-1".into();
    answer(&mut gateway, &sent, Rejected);
    let channel = "channel-1".to_string();
    assert_eq!(state(&gateway), ReportState::Sent { channel });
    answer(&mut gateway, &again, Accepted);
    assert_eq!(state(&gateway), accepted(6));
    // A channel that never was in use is not.
    again.src.channel_id = "channel-2".into();
    answer(&mut gateway, &again, AcceptedExecuted);
    assert_eq!(state(&gateway), accepted(6));
}

#[test]
fn what_the_host_accepted_is_not_undone_by_a_later_refusal() {
    let (mut gateway, sent) = reported();
    close(&mut gateway, "channel-0");
    open(&mut gateway, "channel-1");
    assert_eq!(execute(&mut gateway, ExecuteMsg::Relay { limit: None }), 1);
    let mut again = sent.clone();
    again.src.channel_id = "channel-1".into();
    // Late answers to the old packet that are no results do not disturb the new one.
    for given in [Bounced, Error, Malformed, Timeout] {
        answer(&mut gateway, &sent, given);
        let channel = "channel-1".to_string();
        assert_eq!(state(&gateway), ReportState::Sent { channel });
    }
    answer(&mut gateway, &again, Accepted);
    answer(&mut gateway, &sent, Rejected);
    assert_eq!(state(&gateway), accepted(6));
}

#[test]
fn a_channel_that_gave_way_to_the_hosts_is_believed() {
    let (mut gateway, sent) = reported();
    close(&mut gateway, "channel-0");
    // Ours, open at this end only, and a report on it; then the host confirms its own.
    let ours = mock_ibc_channel_connect_ack("channel-3", ORDER, VERSION);
    ibc::ibc_channel_connect(gateway.deps.as_mut(), mock_env(), ours).unwrap();
    assert_eq!(execute(&mut gateway, ExecuteMsg::Relay { limit: None }), 1);
    open(&mut gateway, "channel-4");
    let mut again = sent;
    again.src.channel_id = "channel-3".into();
    answer(&mut gateway, &again, Duplicate);
    assert_eq!(state(&gateway), accepted(6));
}
