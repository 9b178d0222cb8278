//! How steps about rewards are taken. Each is told beforehand what it is to do, by the queries, and has to
//! do just that.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Decimal};
use palisade_suite::*;
use palisade_testing::HarnessResult;
use palisade_types::allocation;
use palisade_types::delegation::{self, OperatorChange, PoolKey};
use palisade_types::token::Token;

use super::earn::{Earn, FIRST_TOKENS};
use super::model::*;
use super::paid::{asset_of, denom};
use super::setup::slasher;
use super::world::World;

/// What one can claim: by operator, asset and token.
type Claims = BTreeMap<(Name, Name, Name), u128>;

impl World {
    /// Names the consumer's route, and some tokens from the start.
    pub fn begin_earning(&mut self) {
        self.suite.route_rewards(CHAIN);
        for operator in OPERATORS {
            self.pay.rates.insert(operator, 10);
        }
        for (service, token) in FIRST_TOKENS {
            let token = self.token(token);
            let admin = slasher(service);
            self.suite
                .try_name_rewards(admin, service, &[token])
                .unwrap();
        }
    }

    pub fn take_earn(&mut self, step: &Earn) -> HarnessResult<bool> {
        match *step {
            Earn::NameToken { service, token } => {
                let token = self.token(token);
                let admin = slasher(service);
                let named = self.suite.try_name_rewards(admin, service, &[token]);
                named.map(|_| true)
            }
            Earn::Pay {
                service,
                token,
                amount,
            } => self.pay(service, token, amount),
            Earn::Fund { coin, amount } => {
                self.suite.fund_gateway(amount, denom(coin));
                *self.pay.funded.entry(coin).or_default() += amount;
                Ok(true)
            }
            Earn::SendRewards { coin } => self.suite.try_send_rewards(denom(coin)).map(|_| true),
            Earn::Harvest {
                service,
                operator,
                by_operator,
                token,
            } => self.harvest(service, operator, by_operator, token),
            Earn::ClaimRewards {
                who,
                pool,
                token,
                to,
            } => self.claim_rewards(who, pool, token, to),
            Earn::Compound { who, pool, token } => self.compound(who, pool, token),
            Earn::ClaimCommission { operator, token } => self.claim_commission(operator, token),
            Earn::SetCommission { operator, percent } => {
                let change = OperatorChange {
                    commission: Some(Decimal::percent(percent)),
                    ..OperatorChange::default()
                };
                let msg = delegation::ExecuteMsg::UpdateOperator(change);
                let rate = self.pay.rates[operator];
                let result = self.delegation(operator, &msg);
                if result.is_ok() {
                    assert!(percent <= rate + 1, "a commission of {percent} from {rate}");
                    self.pay.rates.insert(operator, percent);
                }
                result
            }
            Earn::ComeLate {
                operator,
                asset,
                amount,
                seconds,
            } => self.come_late(operator, asset, amount, seconds),
            Earn::TwinsIn {
                operator,
                asset,
                amount,
                percent,
            } => self.twins_in(operator, asset, amount, percent),
            Earn::TwinClaims => self.twin_claims(),
            Earn::TwinsOut { nth, percent } => self.twins_out(nth, percent),
        }
    }

    fn pay(&mut self, service: u32, token: Name, amount: u128) -> HarnessResult<bool> {
        if token == "wrapped" {
            self.suite.try_pay_rewards_cw20("payer", service, amount)?;
        } else {
            self.suite
                .try_pay_rewards("payer", service, amount, denom(token))?;
        }
        *self.pay.paid.entry(token).or_default() += amount;
        Ok(true)
    }

    /// What a pool is to get, and commission, of what an operator earned.
    pub fn harvest(
        &mut self,
        service: u32,
        operator: Name,
        by_operator: bool,
        token: Option<Name>,
    ) -> HarnessResult<bool> {
        let mut earned = self.earned(service, operator);
        earned.retain(|of, _| token.is_none_or(|token| token == *of));
        let rate = self.pay.rates[operator];
        let before = self.commissions(operator);
        let mut flows = BTreeMap::new();
        for asset in ASSETS {
            flows.insert(asset, self.flows(operator, asset));
        }
        let msg = allocation::ExecuteMsg::Harvest {
            service,
            operator: self.suite.host(operator).to_string(),
            tokens: token.map(|token| vec![self.token(token)]),
        };
        let who = if by_operator { operator } else { "anybody" };
        let result = self.allocation(who, &msg);
        if result.is_err() {
            // Six tokens at most: there is a place for each. What is not named is refused as such.
            assert!(
                earned.is_empty(),
                "{earned:?} cannot be harvested: {result:?}"
            );
            return result;
        }
        assert!(!earned.is_empty(), "harvested of nothing");
        assert!(self
            .earned(service, operator)
            .keys()
            .all(|of| token.is_some_and(|token| token != *of)));
        let after = self.commissions(operator);
        for (of, parts) in earned {
            let mut kept = 0;
            for (asset, amount) in parts {
                let commission = amount * u128::from(rate) / 100;
                kept += commission;
                let asset = ASSETS.into_iter().find(|a| **a == asset).unwrap();
                let rest = |flows: &BTreeMap<Name, (u128, u128)>| {
                    let (flowing, waiting) = flows.get(of).copied().unwrap_or_default();
                    flowing + waiting
                };
                assert_eq!(
                    rest(&self.flows(operator, asset)),
                    rest(&flows[asset]) + amount - commission,
                    "{of} that flows to {operator}'s {asset}"
                );
            }
            let owed = |of_all: &BTreeMap<Name, u128>| of_all.get(of).copied().unwrap_or_default();
            assert_eq!(owed(&after), owed(&before) + kept, "{operator}'s {of}");
        }
        result
    }

    /// What a claim is to pay.
    fn wanted(&self, who: Name, pool: Option<(Name, Name)>, token: Option<Name>) -> Claims {
        let mut all = self.claimable(who);
        all.retain(|(operator, asset, of), _| {
            pool.is_none_or(|pool| pool == (*operator, *asset))
                && token.is_none_or(|token| token == *of)
        });
        all
    }

    fn pools(&self, pool: Option<(Name, Name)>) -> Option<Vec<PoolKey>> {
        pool.map(|(operator, asset)| {
            vec![PoolKey {
                operator: self.suite.host(operator).to_string(),
                asset: asset.to_string(),
            }]
        })
    }

    /// The sums of a claim, by token.
    fn sums(claims: &Claims) -> BTreeMap<Name, u128> {
        let mut sums = BTreeMap::new();
        for ((_, _, token), amount) in claims {
            *sums.entry(*token).or_default() += amount;
        }
        sums
    }

    /// All that can be claimed is what it was but for what was claimed.
    fn taken(&self, who: Name, mut before: Claims, claimed: &Claims) {
        before.retain(|key, _| !claimed.contains_key(key));
        assert_eq!(self.claimable(who), before, "what {who} can still claim");
    }

    pub fn claim_rewards(
        &mut self,
        who: Name,
        pool: Option<(Name, Name)>,
        token: Option<Name>,
        to: Option<Name>,
    ) -> HarnessResult<bool> {
        let all = self.claimable(who);
        let claims = self.wanted(who, pool, token);
        let recipient = to.unwrap_or(who);
        let address = self.suite.host(recipient);
        let sums = Self::sums(&claims);
        let held = |world: &Self, token| world.suite.holds(&address, &world.token(token));
        let before: Vec<_> = sums.keys().map(|token| held(self, token)).collect();
        let msg = delegation::ExecuteMsg::ClaimRewards {
            pools: self.pools(pool),
            tokens: token.map(|token| vec![self.token(token)]),
            recipient: to.map(|to| self.suite.host(to).to_string()),
        };
        let result = self.delegation(who, &msg);
        assert_eq!(result.is_ok(), !claims.is_empty(), "{claims:?}, {result:?}");
        let accepted = result?;
        for ((token, amount), before) in sums.iter().zip(before) {
            assert_eq!(
                held(self, token),
                before + amount,
                "{token} paid to {recipient}"
            );
            self.went(token, *amount, Some(recipient));
        }
        self.taken(who, all, &claims);
        Ok(accepted)
    }

    /// Rewards left delegation, to an owner or to somebody else.
    fn went(&mut self, token: Name, amount: u128, to: Option<Name>) {
        *self.pay.claimed.entry(token).or_default() += amount;
        let owner = OWNERS.into_iter().find(|owner| Some(*owner) == to);
        if let (Some(owner), Some(asset)) = (owner, asset_of(token)) {
            *self.pay.received.entry((owner, asset)).or_default() += amount;
            self.look_into_wallet(owner);
        }
    }

    fn compound(
        &mut self,
        who: Name,
        pool: Option<(Name, Name)>,
        token: Name,
    ) -> HarnessResult<bool> {
        let all = self.claimable(who);
        let claims = self.wanted(who, pool, Some(token));
        let asset = asset_of(token).unwrap();
        let stakes = |world: &Self| -> BTreeMap<Name, u128> {
            let of = |operator| world.suite.position(who, operator, asset);
            OPERATORS.into_iter().map(|o| (o, of(o))).collect()
        };
        let before = stakes(self);
        let msg = delegation::ExecuteMsg::Compound {
            pools: self.pools(pool),
            tokens: vec![self.token(token)],
        };
        let result = self.delegation(who, &msg);
        if result.is_err() {
            // Natively staked tokens only behind a validator, and while it is bonded.
            let able = |operator: &Name| {
                asset != STAKE || NATIVES.contains(operator) && !self.base.jailed.contains(operator)
            };
            let open = claims.keys().all(|(operator, ..)| able(operator));
            assert!(
                claims.is_empty() || !open,
                "{claims:?} not staked: {result:?}"
            );
            assert_eq!(self.claimable(who), all);
            return result;
        }
        let amount = claims.values().sum();
        self.taken(who, all, &claims);
        let after = stakes(self);
        for operator in OPERATORS {
            let of = claims.iter().filter(|((by, ..), _)| *by == operator);
            let put: u128 = of.map(|(_, amount)| *amount).sum();
            let staked = after[operator] as i128 - before[operator] as i128;
            // What the base chain did to what was there shows with it.
            if asset != STAKE {
                assert!(
                    (staked - put as i128).abs() <= 2,
                    "{put} {token} staked behind {operator}: {staked}"
                );
            }
        }
        self.went(token, amount, None);
        *self.pay.received.entry((who, asset)).or_default() += amount;
        Ok(true)
    }

    fn claim_commission(&mut self, operator: Name, token: Option<Name>) -> HarnessResult<bool> {
        let mut owed = self.commissions(operator);
        owed.retain(|of, _| token.is_none_or(|token| token == *of));
        let address: Addr = self.suite.host(operator);
        let held = |world: &Self, token: Token| world.suite.holds(&address, &token);
        let before: Vec<_> = owed.keys().map(|of| held(self, self.token(of))).collect();
        let msg = delegation::ExecuteMsg::ClaimCommission {
            tokens: token.map(|token| vec![self.token(token)]),
            recipient: None,
        };
        let result = self.delegation(operator, &msg);
        assert_eq!(result.is_ok(), !owed.is_empty(), "{owed:?}, {result:?}");
        if result.is_ok() {
            for ((token, amount), before) in owed.iter().zip(before) {
                let now = held(self, self.token(token));
                assert_eq!(now, before + amount, "{token} for {operator}");
                self.went(token, *amount, Some(operator));
            }
        }
        result
    }
}
