//! The gateway: the consumer chain's view of the host.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Binary, Timestamp, Uint128, Uint64};
use cw_ownable::{cw_ownable_execute, cw_ownable_query};
use palisade_admin::{AdminMsg, GuardResponse, Pausable};
use palisade_evidence::Equivocation;
use palisade_ibc::{Offender, Outcome, Peer};

/// The longest pause of relays, in seconds: 7 days. Infractions age meanwhile.
pub const RELAY_PAUSE_LIMIT: u64 = 7 * 86_400;

/// Instantiates the gateway on the consumer chain.
#[cw_serde]
pub struct InstantiateMsg {
    /// The owner: names reporters.
    pub owner: String,
    /// May pause, if any.
    pub guardian: Option<String>,
    /// The host's slashing contract, seen from this chain: the only peer accepted. Its port never
    /// changes, its connection only by [`ExecuteMsg::RenewChannel`].
    pub host: Peer,
    /// Seconds until a packet times out: 60 to 604,800.
    pub packet_timeout: u64,
    /// Seconds for which past powers are kept (an update in force is kept longer): at least the
    /// service's evidence age.
    pub history: u64,
    /// Who may report infractions from the start.
    pub reporters: Vec<String>,
}

/// Families of actions that can be paused.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Action {
    /// Packets to the host. Reports are taken in, and wait. Ends by itself after 7 days at most.
    Relays,
}

impl Pausable for Action {
    fn name(&self) -> &'static str {
        "relays"
    }

    fn limit(&self) -> Option<u64> {
        Some(RELAY_PAUSE_LIMIT)
    }
}

/// Messages of the gateway.
#[cw_ownable_execute]
#[cw_serde]
pub enum ExecuteMsg {
    /// Reports an infraction and sends it, if a channel is open and relays are not paused. One that
    /// was reported without proof can be reported once more with it, unless the penalty was taken.
    /// By a reporter.
    Report(Infraction),
    /// Sends reports that wait: new ones, timed-out ones, bounced ones whose time has come, and
    /// those whose packet is on a channel that is no longer in use. By anybody.
    Relay {
        /// Most packets to send, at least 1; default and maximum as of a page.
        limit: Option<u32>,
    },
    /// Names and unnames reporters. By the owner.
    SetReporters {
        /// To name.
        add: Vec<String>,
        /// To unname.
        remove: Vec<String>,
    },
    /// Gives up a channel whose light client died, so that the host can open another. What comes
    /// over it, or over any channel before it, has no say any more. By the owner.
    RenewChannel {
        /// The new connection to the host's chain; none: the one that is registered.
        connection_id: Option<String>,
    },
    /// Names where rewards go: until then they wait. By the owner.
    SetRewardsRoute(RewardsRoute),
    /// Sends all that the gateway holds of a denom to the host as rewards of the service, over ICS-20:
    /// the gateway holds no other coins. Coins come by a plain bank transfer from whoever rewards. What
    /// does not arrive is refunded to the gateway, and can be sent again. By anybody.
    SendRewards {
        /// The denom.
        denom: String,
    },
    /// Pauses and guardian.
    Admin(AdminMsg<Action>),
}

/// Where rewards go.
#[cw_serde]
pub struct RewardsRoute {
    /// The ICS-20 channel to the host's chain, on this chain.
    pub channel_id: String,
    /// The allocation contract on the host.
    pub allocation: String,
    /// The service's number on the host.
    pub service: u32,
}

/// Messages of the consumer chain's own modules.
#[cw_serde]
pub enum SudoMsg {
    /// Reports an infraction, as [`ExecuteMsg::Report`].
    Report(Infraction),
}

/// An infraction to report.
#[cw_serde]
pub struct Infraction {
    /// Who. A key is resolved here, and the operator's address is what the host is told.
    pub offender: Offender,
    /// What: `downtime`, `double_sign`, or a kind of the service's own.
    pub kind: String,
    /// This chain's height of the infraction. Each height is another infraction.
    pub height: Uint64,
    /// The time of that height's block.
    pub time: Timestamp,
    /// Two conflicting votes of this chain that prove a `double_sign` at this height by a key of the
    /// offender's: the host then needs no time for a dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Equivocation>,
}

/// Queries of the gateway.
#[cw_ownable_query]
#[cw_serde]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// Parameters, and the channel in use.
    #[returns(ConfigResponse)]
    Config {},
    /// Guardian and pauses in force.
    #[returns(GuardResponse)]
    Guard {},
    /// One operator.
    #[returns(OperatorResponse)]
    Operator {
        /// By address on the host or by consensus key.
        operator: Offender,
    },
    /// Operators with power, by address.
    #[returns(Vec<OperatorResponse>)]
    Operators {
        /// Last address of the page before.
        start_after: Option<String>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// The sum of all powers now.
    #[returns(TotalPowerResponse)]
    TotalPower {},
    /// Powers as of an update: the newest known entry at or before it.
    #[returns(PowerAtResponse)]
    PowerAt {
        /// The update.
        update_id: Uint64,
        /// One operator's; none: the total when the update was applied.
        operator: Option<String>,
    },
    /// Who may report.
    #[returns(Vec<Addr>)]
    Reporters {
        /// Last address of the page before.
        start_after: Option<String>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
    /// One report.
    #[returns(ReportResponse)]
    Report {
        /// Its nonce.
        nonce: Uint64,
    },
    /// Reports, oldest first.
    #[returns(Vec<ReportResponse>)]
    Reports {
        /// Only those that have not ended.
        open: bool,
        /// Last nonce of the page before.
        start_after: Option<Uint64>,
        /// Page size: 30 if absent, at most 100.
        limit: Option<u32>,
    },
}

/// Parameters, and the channel in use.
#[cw_serde]
pub struct ConfigResponse {
    /// The peer.
    pub host: Peer,
    /// Seconds until a packet times out.
    pub packet_timeout: u64,
    /// Seconds for which past powers are kept.
    pub history: u64,
    /// The open channel's id on this chain, if any.
    pub channel: Option<String>,
    /// Newest update applied.
    pub last_update: Uint64,
    /// Where rewards go, once named.
    pub rewards: Option<RewardsRoute>,
}

/// One operator.
#[cw_serde]
pub struct OperatorResponse {
    /// Address on the host.
    pub operator: String,
    /// Consensus key, if any.
    pub key: Option<Binary>,
    /// Power; 0: not, or no longer, in the set.
    pub power: Uint128,
    /// Last update applied for it.
    pub update_id: Uint64,
}

/// The sum of all powers.
#[cw_serde]
pub struct TotalPowerResponse {
    /// The sum.
    pub power: Uint128,
    /// Newest update applied.
    pub update_id: Uint64,
}

/// Powers as of an update.
#[cw_serde]
pub struct PowerAtResponse {
    /// The power.
    pub power: Uint128,
    /// The entry that answers: the newest at or before the one asked for.
    pub update_id: Uint64,
    /// This chain's height when it was applied.
    pub height: Uint64,
    /// This chain's time when it was applied.
    pub time: Timestamp,
}

/// Where a report stands.
#[cw_serde]
pub enum ReportState {
    /// Waits to be sent (again), not before `not_before`.
    Queued {
        /// Earliest time to send; zero: at once.
        not_before: Timestamp,
    },
    /// Sent, no answer yet.
    Sent {
        /// Channel of the newest packet; answers are matched by the nonce in the packet itself.
        channel: String,
    },
    /// Taken in by the host; its end is not known yet.
    Accepted {
        /// The host's number.
        request: Uint64,
    },
    /// Ended.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

/// One report.
#[cw_serde]
pub struct ReportResponse {
    /// Its nonce.
    pub nonce: Uint64,
    /// What was reported.
    pub infraction: Infraction,
    /// The operator, after a key was resolved.
    pub operator: String,
    /// The update in force at the infraction.
    pub update_id: Uint64,
    /// Where it stands.
    pub state: ReportState,
    /// Times that it was sent.
    pub attempts: u32,
    /// The last answer that was not a result, if any.
    pub last_error: Option<String>,
}

/// Migration takes no parameters.
#[cw_serde]
pub struct MigrateMsg {}
