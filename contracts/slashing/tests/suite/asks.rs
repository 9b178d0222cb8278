//! What the tests ask, and the verbs of disputes, settings and throttle.

use cosmwasm_std::{Decimal, Timestamp, Uint64};
use cw_multi_test::AppResponse;
use palisade_ibc::{HostPacket, Outcome, Slash, DOUBLE_SIGN};
use palisade_testing::HarnessResult;
use palisade_types::allocation::ExecuteMsg as Allocation;
use palisade_types::asset::{Destination, Payee};
use palisade_types::slashing::*;
use serde::de::DeserializeOwned;

use crate::story::*;

/// Seconds in which a slash can be vetoed, where there is a resolver.
pub const WINDOW: u64 = 5_000;

/// Settings by which the resolver may veto for [`WINDOW`] seconds; the timing rule leaves 75,000
/// seconds for evidence.
pub fn disputed(suite: &Suite) -> ServiceSettings {
    ServiceSettings {
        evidence_age: 75_000,
        dispute: Some(Dispute {
            resolver: suite.account("resolver").to_string(),
            window: WINDOW,
        }),
        ..settings()
    }
}

/// An IBC service with these settings.
pub fn service_with(settings: ServiceSettings) -> NewService {
    NewService {
        settings,
        ..new_service(Source::Ibc {})
    }
}

pub fn payee(account: u32, destination: Destination, permille: u64) -> Payee {
    Payee {
        account,
        destination,
        share: Decimal::permille(permille),
    }
}

pub fn send(recipient: impl ToString) -> Destination {
    Destination::Send {
        recipient: recipient.to_string(),
    }
}

/// What a request took of its only asset.
pub fn seized(request: &RequestResponse) -> u128 {
    match &request.state {
        RequestState::Executed { seized, .. } => seized.iter().map(|s| s.amount.u128()).sum(),
        other => panic!("not executed: {other:?}"),
    }
}

/// The values of an event's attribute, one for each such event.
pub fn attribute(response: &AppResponse, event: &str, key: &str) -> Vec<String> {
    let name = format!("wasm-{event}");
    let found = response.events.iter().filter(|e| e.ty == name);
    let values = found.flat_map(|e| e.attributes.iter().filter(|a| a.key == key));
    values.map(|a| a.value.clone()).collect()
}

impl Suite {
    // Messages.

    /// The suite's IBC service with a resolver, a channel, alice and bob.
    pub fn with_resolver() -> Self {
        let suite = Self::bare();
        let settings = disputed(&suite);
        suite.with(service_with(settings)).told()
    }

    pub fn veto(&mut self, sender: &str, request: u64) -> HarnessResult<AppResponse> {
        let (service, request) = (CHAIN, request.into());
        self.run(sender, &ExecuteMsg::Veto { service, request })
    }

    pub fn set_penalty(&mut self, penalty: Penalty) -> HarnessResult<AppResponse> {
        let service = CHAIN;
        self.run("admin", &ExecuteMsg::SetPenalty { service, penalty })
    }

    pub fn remove_penalty(&mut self, kind: &str) -> HarnessResult<AppResponse> {
        let (service, kind) = (CHAIN, kind.to_string());
        self.run("admin", &ExecuteMsg::RemovePenalty { service, kind })
    }

    pub fn update_service(&mut self, settings: ServiceSettings) -> HarnessResult<AppResponse> {
        let service = CHAIN;
        self.run("admin", &ExecuteMsg::UpdateService { service, settings })
    }

    pub fn stop(&mut self) -> HarnessResult<AppResponse> {
        self.run("admin", &ExecuteMsg::StopService { service: CHAIN })
    }

    pub fn suspend(&mut self, sender: &str, seconds: Option<u64>) -> HarnessResult<AppResponse> {
        let service = CHAIN;
        self.run(sender, &ExecuteMsg::Suspend { service, seconds })
    }

    pub fn set_buckets(&mut self, service: u32, limit: u128, reserved: u128) {
        let buckets = Buckets {
            limit: limit.into(),
            reserved: reserved.into(),
        };
        let msg = ExecuteMsg::SetThrottle { service, buckets };
        self.run("owner", &msg).unwrap();
    }

    pub fn set_shared(&mut self, shared: u128) {
        let shared = shared.into();
        self.run("owner", &ExecuteMsg::SetSharedThrottle { shared })
            .unwrap();
    }

    /// A slash of its own nonce at another height and of another kind.
    pub fn slash_for(&mut self, operator: &str, kind: &str, height: u64) -> Slash {
        Slash {
            infraction: kind.into(),
            height: height.into(),
            ..self.slash(operator)
        }
    }

    pub fn double_sign(&mut self, operator: &str, height: u64) -> Slash {
        self.slash_for(operator, DOUBLE_SIGN, height)
    }

    // The neighbour and the gateway.

    /// The payees of the newest penalty.
    pub fn payees(&self) -> Vec<Payee> {
        let mut slashes = self.log().into_iter().filter_map(|msg| match msg {
            Allocation::Slash(slash) => Some(slash.payees),
            _ => None,
        });
        slashes.next_back().unwrap()
    }

    /// The outcomes that the gateway heard, by nonce.
    pub fn heard(&self) -> Vec<(u64, Outcome)> {
        let told = |packet| match packet {
            HostPacket::SlashOutcome(told) => Some((told.nonce.u64(), told.outcome)),
            HostPacket::OperatorSet(_) => None,
        };
        let mut heard: Vec<_> = self.received().into_iter().filter_map(told).collect();
        heard.sort_by_key(|(nonce, _)| *nonce);
        heard
    }

    // Queries.

    /// The penalty of a kind now, in percent, and the one on its way with its time.
    pub fn policy(&self, kind: &str) -> (Option<Decimal>, Option<(Decimal, Timestamp)>) {
        let all = self.service(CHAIN).penalties;
        let found = all.into_iter().find(|p| p.kind == kind).unwrap();
        (
            found.penalty.map(|p| p.fraction),
            found.pending.map(|(p, from)| (p.fraction, from)),
        )
    }

    pub fn request(&self, request: u64) -> RequestResponse {
        let (service, request) = (CHAIN, request.into());
        self.query(&QueryMsg::Request { service, request })
    }

    /// All requests of the IBC service, of however many pages.
    pub fn requests_all(&self) -> Vec<RequestResponse> {
        let mut all = vec![];
        let mut start_after: Option<Uint64> = None;
        loop {
            let page: RequestsResponse<Uint64> = self.query(&QueryMsg::Requests {
                service: CHAIN,
                state: None,
                start_after,
                limit: Some(100),
            });
            all.extend(page.requests);
            start_after = page.next;
            if start_after.is_none() {
                return all;
            }
        }
    }

    /// What a service's buckets and the shared one have drawn.
    pub fn drawn(&self, service: u32) -> (u128, u128, u128) {
        let throttle: ThrottleResponse = self.query(&QueryMsg::Throttle { service });
        (
            throttle.limit.used.u128(),
            throttle.reserved.used.u128(),
            throttle.shared.used.u128(),
        )
    }

    pub fn query<T: DeserializeOwned>(&self, msg: &QueryMsg) -> T {
        self.net.host.query(&self.slashing, msg).unwrap()
    }

    pub fn service(&self, service: u32) -> ServiceResponse {
        self.query(&QueryMsg::Service { service })
    }

    pub fn delivery(&self, operator: &str) -> (u64, u64, bool) {
        let told: DeliveryResponse = self.query(&QueryMsg::Delivery {
            service: CHAIN,
            operator: self.account(operator).to_string(),
        });
        (told.sent.u64(), told.acked.u64(), told.dirty)
    }

    pub fn requests(&self, service: u32) -> Vec<RequestResponse> {
        let page: RequestsResponse<Uint64> = self.query(&QueryMsg::Requests {
            service,
            state: None,
            start_after: None,
            limit: None,
        });
        page.requests
    }

    pub fn pending(&self, operator: &str) -> Vec<u64> {
        let waiting: Vec<RequestResponse> = self.query(&QueryMsg::PendingSlashes {
            operator: self.account(operator).to_string(),
            start_after: None,
            limit: None,
        });
        waiting.iter().map(|r| r.request.u64()).collect()
    }

    pub fn nonce(&self, nonce: u64) -> Option<NonceResponse> {
        self.query(&QueryMsg::Nonce {
            service: CHAIN,
            nonce: nonce.into(),
        })
    }

    pub fn standing(&self, operator: &str) -> StandingResponse {
        self.query(&QueryMsg::Standing {
            service: CHAIN,
            operator: self.account(operator).to_string(),
        })
    }

    /// Outcomes that are not acknowledged: nonce, and whether under way.
    pub fn untold(&self) -> Vec<(u64, bool)> {
        let outcomes: Vec<OutcomeResponse> = self.query(&QueryMsg::Outcomes {
            service: CHAIN,
            start_after: None,
            limit: None,
        });
        outcomes
            .iter()
            .map(|o| (o.nonce.u64(), o.in_flight))
            .collect()
    }
}
