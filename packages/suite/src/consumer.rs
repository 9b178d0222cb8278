use cosmwasm_std::{Timestamp, Uint64};
use cw_multi_test::AppResponse;
use palisade_ibc::{Offender, Slash};
use palisade_testing::HarnessResult;
use palisade_types::allocation::ServiceId;
use palisade_types::gateway::{
    ExecuteMsg, Infraction, OperatorResponse, QueryMsg, ReportResponse, TotalPowerResponse,
};
use palisade_types::slashing;

use crate::Suite;

impl Suite {
    /// An infraction of an operator, now, on the consumer.
    #[must_use]
    pub fn infraction(&self, operator: &str, kind: &str) -> Infraction {
        let block = self.net.consumer.block();
        Infraction {
            offender: Offender::Operator(self.host(operator).to_string()),
            kind: kind.to_string(),
            height: block.height.into(),
            time: block.time,
            evidence: None,
        }
    }

    /// Reports an infraction that happens now.
    pub fn report(&mut self, operator: &str, kind: &str) -> AppResponse {
        let infraction = self.infraction(operator, kind);
        self.try_report("reporter", infraction).unwrap()
    }

    /// Reports an infraction.
    ///
    /// # Errors
    /// Whatever the gateway says.
    pub fn try_report(&mut self, name: &str, infraction: Infraction) -> HarnessResult<AppResponse> {
        let gateway = self.gateway.clone();
        self.try_on_consumer(name, &gateway, &ExecuteMsg::Report(infraction))
    }

    /// Sends reports that wait.
    ///
    /// # Errors
    /// Whatever the gateway says.
    pub fn try_relay(&mut self) -> HarnessResult<AppResponse> {
        let gateway = self.gateway.clone();
        self.try_on_consumer("anybody", &gateway, &ExecuteMsg::Relay { limit: None })
    }

    /// A slash that a local service sends.
    ///
    /// # Errors
    /// Whatever the slashing contract says.
    pub fn try_slash(
        &mut self,
        slasher: &str,
        service: ServiceId,
        slash: Slash,
    ) -> HarnessResult<AppResponse> {
        let contract = self.slashing.clone();
        let msg = slashing::ExecuteMsg::Slash { service, slash };
        self.try_on_host(slasher, &contract, &msg, &[])
    }

    /// A slash of an operator by the last update, now.
    #[must_use]
    pub fn slash(&self, service: ServiceId, nonce: u64, operator: &str, kind: &str) -> Slash {
        self.slash_at(service, nonce, operator, kind, self.net.host.time())
    }

    /// The same, at a time.
    #[must_use]
    pub fn slash_at(
        &self,
        service: ServiceId,
        nonce: u64,
        operator: &str,
        kind: &str,
        time: Timestamp,
    ) -> Slash {
        Slash {
            nonce: nonce.into(),
            offender: Offender::Operator(self.host(operator).to_string()),
            infraction: kind.to_string(),
            update_id: self.member(service, operator).update_id,
            height: nonce.into(),
            time,
            evidence: None,
        }
    }

    /// An operator as the gateway knows it.
    #[must_use]
    pub fn seen(&self, operator: &str) -> OperatorResponse {
        self.ask_gateway(&QueryMsg::Operator {
            operator: Offender::Operator(self.host(operator).to_string()),
        })
    }

    /// All operators with power at the gateway.
    #[must_use]
    pub fn seen_all(&self) -> Vec<OperatorResponse> {
        self.ask_gateway(&QueryMsg::Operators {
            start_after: None,
            limit: Some(100),
        })
    }

    /// The total power at the gateway.
    #[must_use]
    pub fn total_seen(&self) -> u128 {
        let total: TotalPowerResponse = self.ask_gateway(&QueryMsg::TotalPower {});
        total.power.u128()
    }

    /// All reports at the gateway.
    #[must_use]
    pub fn reports(&self) -> Vec<ReportResponse> {
        self.ask_gateway(&QueryMsg::Reports {
            open: false,
            start_after: None,
            limit: Some(100),
        })
    }

    /// All requests of a service on the host.
    #[must_use]
    pub fn requests(&self, service: ServiceId) -> Vec<slashing::RequestResponse> {
        let query = slashing::QueryMsg::Requests {
            service,
            state: None,
            start_after: None,
            limit: Some(100),
        };
        let page: slashing::RequestsResponse<Uint64> = self.ask(&self.slashing, &query);
        page.requests
    }
}
