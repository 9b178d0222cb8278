use cosmwasm_std::{coin, coins, to_json_binary, Addr};
use cw_multi_test::AppResponse;
use palisade_testing::{denom_of_path, HarnessResult, TRANSFER_PORT};
use palisade_types::allocation::{
    self, Cw20HookMsg, EarnedResponse, ServiceId, ServiceRewardsResponse,
};
use palisade_types::delegation::{
    self, FlowResponse, OperatorResponse, PoolKey, PoolResponse, RewardsResponse,
};
use palisade_types::token::{Token, TokenAmount};
use palisade_types::{gateway, slashing};

use crate::Suite;

/// What somebody can claim of a pool in one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimable {
    /// The operator's address.
    pub operator: String,
    /// The asset.
    pub asset: String,
    /// The token.
    pub token: Token,
    /// Base units.
    pub amount: u128,
}

/// Where all rewards in one token are, by the contracts that hold and count them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewardBooks {
    /// What allocation holds, as the token says.
    pub at_allocation: u128,
    /// Paid and not harvested, of all services.
    pub unharvested: u128,
    /// What delegation holds, as the token says.
    pub at_delegation: u128,
    /// What the stakers asked about can claim.
    pub claimable: u128,
    /// Commission that operators can claim.
    pub commission: u128,
    /// What flows to pools, and waits to.
    pub flowing: u128,
}

impl RewardBooks {
    /// What delegation holds beyond what it owes: rounding, and what stakers that were not asked
    /// about can claim. None if it owes more than it holds.
    #[must_use]
    pub fn rest(&self) -> Option<u128> {
        let owed = self.claimable + self.commission + self.flowing;
        self.at_delegation.checked_sub(owed)
    }

    /// Whether the contracts hold all that they owe, and at most `dust` units more.
    #[must_use]
    pub fn balance(&self, dust: u128) -> bool {
        self.at_allocation == self.unharvested && self.rest().is_some_and(|rest| rest <= dust)
    }
}

impl Suite {
    /// Names tokens in which a service pays.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_name_rewards(
        &mut self,
        admin: &str,
        service: ServiceId,
        tokens: &[Token],
    ) -> HarnessResult<AppResponse> {
        let msg = allocation::ExecuteMsg::AddRewardTokens {
            service,
            tokens: tokens.to_vec(),
        };
        let allocation = self.allocation.clone();
        self.try_on_host(admin, &allocation, &msg, &[])
    }

    /// Pays rewards in coins made for it.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_pay_rewards(
        &mut self,
        payer: &str,
        service: ServiceId,
        amount: u128,
        denom: &str,
    ) -> HarnessResult<AppResponse> {
        let sender = self.host(payer);
        self.net.host.mint(&sender, amount, denom).unwrap();
        let msg = allocation::ExecuteMsg::PayRewards { service };
        let allocation = self.allocation.clone();
        self.try_on_host(payer, &allocation, &msg, &coins(amount, denom))
    }

    /// Pays rewards in the cw20 token, made for it.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_pay_rewards_cw20(
        &mut self,
        payer: &str,
        service: ServiceId,
        amount: u128,
    ) -> HarnessResult<AppResponse> {
        let (owner, payer) = (self.host("owner"), self.host(payer));
        let (token, allocation) = (self.token.clone(), self.allocation.clone());
        let host = &mut self.net.host;
        host.cw20_mint(&token, &owner, &payer, amount).unwrap();
        let hook = to_json_binary(&Cw20HookMsg::PayRewards { service }).unwrap();
        host.cw20_send(&token, &payer, &allocation, amount, hook)
    }

    /// Names where the gateway sends rewards: over the channel for ICS-20, as rewards of a service.
    pub fn route_rewards(&mut self, service: ServiceId) {
        let msg = gateway::ExecuteMsg::SetRewardsRoute(gateway::RewardsRoute {
            channel_id: self.transfer.b.id.clone(),
            allocation: self.allocation.to_string(),
            service,
        });
        let gateway = self.gateway.clone();
        self.try_on_consumer("owner", &gateway, &msg).unwrap();
    }

    /// Gives the gateway coins made for it, by a plain bank transfer of the consumer's treasury.
    pub fn fund_gateway(&mut self, amount: u128, denom: &str) {
        let (treasury, gateway) = (self.consumer("treasury"), self.gateway.clone());
        let consumer = &mut self.net.consumer;
        consumer.mint(&treasury, amount, denom).unwrap();
        consumer
            .send(&treasury, &gateway, &[coin(amount, denom)])
            .unwrap();
    }

    /// Sends all that the gateway holds of a denom to the host.
    ///
    /// # Errors
    /// Whatever the gateway says.
    pub fn try_send_rewards(&mut self, denom: &str) -> HarnessResult<AppResponse> {
        let gateway = self.gateway.clone();
        let msg = gateway::ExecuteMsg::SendRewards {
            denom: denom.to_string(),
        };
        self.try_on_consumer("anybody", &gateway, &msg)
    }

    /// The name on the host of a token of the consumer.
    #[must_use]
    pub fn voucher(&self, denom: &str) -> String {
        denom_of_path(&format!("{TRANSFER_PORT}/{}/{denom}", self.transfer.a.id))
    }

    /// Sends what an operator earned on to its stakers; all tokens.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_harvest(
        &mut self,
        who: &str,
        service: ServiceId,
        operator: &str,
    ) -> HarnessResult<AppResponse> {
        let msg = allocation::ExecuteMsg::Harvest {
            service,
            operator: self.host(operator).to_string(),
            tokens: None,
        };
        let allocation = self.allocation.clone();
        self.try_on_host(who, &allocation, &msg, &[])
    }

    /// Pays out all rewards of a staker.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_claim_rewards(&mut self, staker: &str) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::ClaimRewards {
            pools: None,
            tokens: None,
            recipient: None,
        };
        let delegation = self.delegation.clone();
        self.try_on_host(staker, &delegation, &msg, &[])
    }

    /// Deposits all rewards of a staker in some tokens.
    ///
    /// # Errors
    /// Whatever the contracts say.
    pub fn try_compound(&mut self, staker: &str, tokens: &[Token]) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::Compound {
            pools: None,
            tokens: tokens.to_vec(),
        };
        let delegation = self.delegation.clone();
        self.try_on_host(staker, &delegation, &msg, &[])
    }

    /// Pays an operator's commission out, in all tokens.
    ///
    /// # Errors
    /// Whatever the contract says.
    pub fn try_claim_commission(&mut self, operator: &str) -> HarnessResult<AppResponse> {
        let msg = delegation::ExecuteMsg::ClaimCommission {
            tokens: None,
            recipient: None,
        };
        let delegation = self.delegation.clone();
        self.try_on_host(operator, &delegation, &msg, &[])
    }

    /// What a service paid, one for each token.
    #[must_use]
    pub fn service_rewards(&self, service: ServiceId) -> Vec<ServiceRewardsResponse> {
        let query = allocation::QueryMsg::ServiceRewards { service };
        self.ask(&self.allocation, &query)
    }

    /// What an operator earned at a service in a token, and was not harvested.
    #[must_use]
    pub fn earned(&self, service: ServiceId, operator: &str, token: &Token) -> u128 {
        let query = allocation::QueryMsg::Earned {
            service,
            operator: self.host(operator).to_string(),
        };
        let earned: Vec<EarnedResponse> = self.ask(&self.allocation, &query);
        let of = earned.iter().filter(|earned| earned.token == *token);
        of.flat_map(|earned| &earned.parts)
            .map(|part| part.amount.u128())
            .sum()
    }

    /// All that a staker can claim.
    #[must_use]
    pub fn claimable(&self, staker: &str) -> Vec<Claimable> {
        let mut all = vec![];
        let mut start_after: Option<PoolKey> = None;
        loop {
            let query = delegation::QueryMsg::Rewards {
                owner: self.host(staker).to_string(),
                start_after,
                limit: None,
            };
            let page: Vec<RewardsResponse> = self.ask(&self.delegation, &query);
            let Some(last) = page.last() else {
                return all;
            };
            start_after = Some(last.pool.clone());
            for of_pool in &page {
                all.extend(of_pool.rewards.iter().map(|reward| Claimable {
                    operator: of_pool.pool.operator.clone(),
                    asset: of_pool.pool.asset.clone(),
                    token: reward.token.clone(),
                    amount: reward.amount.u128(),
                }));
            }
        }
    }

    /// What a staker can claim in one token.
    #[must_use]
    pub fn claimable_in(&self, staker: &str, token: &Token) -> u128 {
        let all = self.claimable(staker);
        let of = all.iter().filter(|claimable| claimable.token == *token);
        of.map(|claimable| claimable.amount).sum()
    }

    /// What flows to the stakers of a pool.
    #[must_use]
    pub fn flows(&self, operator: &str, asset: &str) -> Vec<FlowResponse> {
        self.flows_of(&self.host(operator), asset)
    }

    fn flows_of(&self, operator: &Addr, asset: &str) -> Vec<FlowResponse> {
        let query = delegation::QueryMsg::Flows {
            operator: operator.to_string(),
            asset: asset.to_string(),
        };
        self.ask(&self.delegation, &query)
    }

    /// Commission that an operator can claim in a token.
    #[must_use]
    pub fn commission(&self, operator: &str, token: &Token) -> u128 {
        self.commission_of(&self.host(operator), token)
    }

    fn commission_of(&self, operator: &Addr, token: &Token) -> u128 {
        let query = delegation::QueryMsg::CommissionOwed {
            operator: operator.to_string(),
            start_after: None,
            limit: Some(100),
        };
        let owed: Vec<TokenAmount> = self.ask(&self.delegation, &query);
        let of = owed.iter().filter(|owed| owed.token == *token);
        of.map(|owed| owed.amount.u128()).sum()
    }

    /// How much of a token an address has.
    #[must_use]
    pub fn holds(&self, of: &Addr, token: &Token) -> u128 {
        let host = &self.net.host;
        match token {
            Token::Native { denom } => host.balance(of, denom).unwrap(),
            Token::Cw20 { address } => {
                let token = Addr::unchecked(address);
                host.cw20_balance(&token, of).unwrap()
            }
        }
    }

    /// The books of rewards in a token; `stakers` are all who can claim.
    #[must_use]
    pub fn reward_books(&self, token: &Token, stakers: &[&str]) -> RewardBooks {
        let query = slashing::QueryMsg::Services {
            start_after: None,
            limit: Some(100),
        };
        let services: Vec<slashing::ServiceResponse> = self.ask(&self.slashing, &query);
        let pots = services
            .iter()
            .flat_map(|service| self.service_rewards(service.service))
            .filter(|pot| pot.token == *token);
        let unharvested = pots
            .map(|pot| (pot.paid - pot.harvested).u128())
            .sum::<u128>();
        let (mut commission, mut flowing) = (0, 0);
        for operator in self.all_operators() {
            commission += self.commission_of(&operator, token);
            for asset in self.assets_of(&operator) {
                let flows = self.flows_of(&operator, &asset);
                let of = flows.iter().filter(|flow| flow.token == *token);
                flowing += of
                    .map(|flow| (flow.flowing + flow.waiting).u128())
                    .sum::<u128>();
            }
        }
        RewardBooks {
            at_allocation: self.holds(&self.allocation, token),
            unharvested,
            at_delegation: self.holds(&self.delegation, token),
            claimable: stakers.iter().map(|s| self.claimable_in(s, token)).sum(),
            commission,
            flowing,
        }
    }

    /// All operators.
    pub(crate) fn all_operators(&self) -> Vec<Addr> {
        let query = delegation::QueryMsg::Operators {
            start_after: None,
            limit: Some(100),
        };
        let operators: Vec<OperatorResponse> = self.ask(&self.delegation, &query);
        operators.into_iter().map(|o| o.operator).collect()
    }

    /// The assets of an operator's pools.
    fn assets_of(&self, operator: &Addr) -> Vec<String> {
        let query = delegation::QueryMsg::Pools {
            operator: operator.to_string(),
            start_after: None,
            limit: None,
        };
        let pools: Vec<PoolResponse> = self.ask(&self.delegation, &query);
        pools.into_iter().map(|pool| pool.asset).collect()
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{IbcEndpoint, Uint128};
    use palisade_ibc::TransferData;

    use super::*;

    /// The contracts and the simulated chains call a token alike, whatever its path.
    #[test]
    fn tokens_have_one_name() {
        let end = |channel: &str| IbcEndpoint {
            port_id: TRANSFER_PORT.to_string(),
            channel_id: channel.to_string(),
        };
        let (there, here) = (end("channel-3"), end("channel-0"));
        for path in [
            "uatom",
            "gamm/pool/1",
            "factory/cosmos1abc/sub",
            "transfer/channel-0",
            "transfer/channel-0/uatom",
            "transfer/channel-18446744073709551615/uatom",
            "transfer/07-tendermint-12/uatom",
            "transfer/09-localhost/uatom",
            "transfer/a-1/uatom",
            "transfer/channel-/uatom",
            "transfer/channel-x/uatom",
            "transfer/channel-18446744073709551616/uatom",
            "transfer/channel-000000000000000000001/uatom",
            "transfer/-1/uatom",
            "transfer/a--1/uatom",
            "transfer/chan nel-1/uatom",
        ] {
            // As it comes home, and as it goes on.
            for (denom, gained) in [
                (format!("{TRANSFER_PORT}/channel-3/{path}"), String::new()),
                (path.to_string(), format!("{TRANSFER_PORT}/channel-0/")),
            ] {
                let data = TransferData {
                    denom,
                    amount: Uint128::one(),
                    sender: String::new(),
                    receiver: String::new(),
                    memo: String::new(),
                };
                assert_eq!(
                    data.arrives_as(&there, &here),
                    denom_of_path(&format!("{gained}{path}"))
                );
            }
        }
    }
}
