//! The querier that a contract gets: it knows whose it is.

use cosmwasm_std::{
    from_json, to_json_binary, to_json_vec, ContractResult, Empty, IbcQuery, PortIdResponse,
    Querier, QuerierResult, QueryRequest, SystemError, SystemResult,
};

/// Fills the contract's own port into queries for IBC that leave it out, since a module of the chain
/// is not told who asks.
pub(crate) struct PortQuerier<'a> {
    chain: &'a dyn Querier,
    /// Empty for a contract without IBC entry points, as in wasmd.
    port: String,
}

impl<'a> PortQuerier<'a> {
    pub(crate) fn new(chain: &'a dyn Querier, port: String) -> Self {
        Self { chain, port }
    }

    fn ask(&self, request: &QueryRequest<Empty>) -> QuerierResult {
        match to_json_vec(request) {
            Ok(bytes) => self.chain.raw_query(&bytes),
            Err(err) => SystemResult::Err(SystemError::InvalidRequest {
                error: err.to_string(),
                request: Default::default(),
            }),
        }
    }
}

impl Querier for PortQuerier<'_> {
    fn raw_query(&self, request: &[u8]) -> QuerierResult {
        if !request.starts_with(b"{\"ibc\":") {
            return self.chain.raw_query(request);
        }
        let Ok(QueryRequest::Ibc(query)) = from_json::<QueryRequest<Empty>>(request) else {
            return self.chain.raw_query(request);
        };
        #[allow(deprecated)]
        let query = match query {
            IbcQuery::PortId {} => {
                let answer = to_json_binary(&PortIdResponse::new(self.port.clone()));
                return SystemResult::Ok(ContractResult::from(answer));
            }
            IbcQuery::ListChannels { port_id: None } => IbcQuery::ListChannels {
                port_id: Some(self.port.clone()),
            },
            IbcQuery::Channel {
                channel_id,
                port_id: None,
            } => IbcQuery::Channel {
                channel_id,
                port_id: Some(self.port.clone()),
            },
            other => other,
        };
        self.ask(&QueryRequest::Ibc(query))
    }
}
