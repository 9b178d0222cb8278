//! Invariant 11: what was paid in is with the gateway, on its way, with allocation, with delegation, or
//! was claimed; and what both contracts say that they owe is what they hold, but for counted rounding.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Storage, Uint128};
use palisade_allocation::state::Pot;
use palisade_suite::*;
use palisade_testing::Side;
use palisade_types::allocation::{self, EarnedResponse};
use palisade_types::delegation::{self, FlowResponse};
use palisade_types::token::{Token, TokenAmount};

use super::afar::{COIN, FINDER};
use super::earn::{COINS, TOKENS};
use super::model::{Name, Step, OPERATORS, OWNERS, SERVICES};
use super::seen::{small, text, Names, Table};
use super::world::World;

/// Steps from one look at all claims to the next.
const EVERY: u128 = 24;

/// What was paid and claimed, by token.
#[derive(Default)]
pub struct Ledger {
    /// On the host.
    pub paid: BTreeMap<Name, u128>,
    /// Given to the gateway.
    pub funded: BTreeMap<Name, u128>,
    /// Rewards of the base chain that were not staked again.
    pub streamed: BTreeMap<Name, u128>,
    /// Out of delegation: claimed, compounded, or commission.
    pub claimed: BTreeMap<Name, u128>,
    /// Of that, what owners got in tokens that are assets, by owner and asset.
    pub received: BTreeMap<(Name, Name), u128>,
    /// Commission rates, in percent.
    pub rates: BTreeMap<Name, u64>,
    /// Units that roundings may have left, by token: with allocation and with delegation.
    pub rounded: u128,
}

/// What allocation and delegation stored of rewards.
pub struct Paid {
    /// By service and name of the token.
    pub pots: Table<(u32, String), Pot>,
    /// By operator and name of the token.
    pub commissions: Table<(Name, String), Uint128>,
}

impl Paid {
    pub fn new() -> Self {
        Self {
            pots: Table::new("r"),
            commissions: Table::new("rc"),
        }
    }

    pub fn look(&self, delegation: &dyn Storage, allocation: &dyn Storage, names: &Names) -> Self {
        let pot = |k: &[&[u8]]| (small(k[0]), text(k[1]));
        Self {
            pots: self.pots.look(allocation, 2, pot),
            commissions: self
                .commissions
                .look(delegation, 2, |k| (names.of(k[0]), text(k[1]))),
        }
    }

    /// Paid of a token, and harvested or taken back, by all services.
    pub fn sums(&self, token: &Token) -> (u128, u128) {
        let name = token.name();
        let of = self.pots.iter().filter(|((_, of), _)| *of == name);
        of.fold((0, 0), |(paid, harvested), (_, pot)| {
            let gone = pot.harvested + pot.taken_back;
            (paid + pot.paid.u128(), harvested + gone.u128())
        })
    }
}

/// The denom of a token of the bank, on the chain where it comes from.
pub fn denom(token: Name) -> &'static str {
    match token {
        "gem" => "ugem",
        "atoms" => DENOM,
        "bond" => BOND,
        "coin" => "ucoin",
        _ => "ujunk",
    }
}

/// The asset that a token is.
pub fn asset_of(token: Name) -> Option<Name> {
    match token {
        "wrapped" => Some(STATOM),
        "atoms" => Some(ATOM),
        "bond" => Some(STAKE),
        _ => None,
    }
}

impl World {
    /// A reward token as the host knows it.
    pub fn token(&self, token: Name) -> Token {
        match token {
            "wrapped" => Token::cw20(self.suite.token.as_str()),
            coin if COINS.contains(&coin) => Token::native(self.suite.voucher(denom(coin))),
            native => Token::native(denom(native)),
        }
    }

    /// All that somebody can claim, by pool and name of the token.
    pub fn claimable(&self, who: Name) -> BTreeMap<(Name, Name, Name), u128> {
        let tokens = TOKENS.map(|token| (self.token(token), token));
        let all = self.suite.claimable(who);
        let of = all.into_iter().map(|one| {
            let operator = Addr::unchecked(&one.operator);
            let asset = super::model::ASSETS.into_iter().find(|a| **a == one.asset);
            let token = tokens.iter().find(|(token, _)| *token == one.token);
            let key = (
                self.names.of(operator.as_bytes()),
                asset.unwrap(),
                token.unwrap().1,
            );
            (key, one.amount)
        });
        of.collect()
    }

    /// What flows to a pool and waits to, by name of the token.
    pub fn flows(&self, operator: Name, asset: Name) -> BTreeMap<Name, (u128, u128)> {
        if !self.now.pools.by.contains_key(&(operator, asset)) {
            return BTreeMap::new();
        }
        let flows = self.suite.flows(operator, asset);
        let tokens = TOKENS.map(|token| (self.token(token), token));
        let of = flows.into_iter().map(|flow: FlowResponse| {
            let token = tokens.iter().find(|(token, _)| *token == flow.token);
            (token.unwrap().1, (flow.flowing.u128(), flow.waiting.u128()))
        });
        of.collect()
    }

    /// What an operator earned at a service, by name of the token.
    pub fn earned(&self, service: u32, operator: Name) -> BTreeMap<Name, Vec<(String, u128)>> {
        let query = allocation::QueryMsg::Earned {
            service,
            operator: self.suite.host(operator).to_string(),
        };
        let earned: Vec<EarnedResponse> = self.suite.ask(&self.suite.allocation, &query);
        let tokens = TOKENS.map(|token| (self.token(token), token));
        let of = earned.into_iter().map(|one| {
            let token = tokens.iter().find(|(token, _)| *token == one.token);
            let parts = one.parts.into_iter().map(|p| (p.asset, p.amount.u128()));
            (token.unwrap().1, parts.collect())
        });
        of.collect()
    }

    /// Commission that an operator can claim, by name of the token.
    pub fn commissions(&self, operator: Name) -> BTreeMap<Name, u128> {
        let query = delegation::QueryMsg::CommissionOwed {
            operator: self.suite.host(operator).to_string(),
            start_after: None,
            limit: Some(100),
        };
        let owed: Vec<TokenAmount> = self.suite.ask(&self.suite.delegation, &query);
        let tokens = TOKENS.map(|token| (self.token(token), token));
        let of = owed.into_iter().map(|one| {
            let token = tokens.iter().find(|(token, _)| *token == one.token);
            (token.unwrap().1, one.amount.u128())
        });
        of.collect()
    }
}

pub fn check(world: &mut World, step: &Step) {
    if matches!(
        step,
        Step::Earn(_) | Step::Base(_) | Step::Net(_) | Step::Afar(_)
    ) {
        tokens(world);
    }
    // Whoever's position is touched, has each token of its pool rounded down; so are the parts of a
    // payment and of a harvest.
    let touched = world.now.positions.changes(&world.before.positions).len() as u128;
    let paid = world.now.paid.pots.changes(&world.before.paid.pots).len() as u128;
    let claimed = matches!(step, Step::Earn(_));
    world.pay.rounded += touched + 4 * paid + u128::from(claimed);
    if world.steps.is_multiple_of(EVERY) {
        claims(world);
    }
}

/// Every token is where it was paid, sent or claimed to.
pub fn tokens(world: &World) {
    let suite = &world.suite;
    for name in TOKENS {
        let token = world.token(name);
        let of = |sums: &BTreeMap<Name, u128>| sums.get(name).copied().unwrap_or_default();
        let (paid, harvested) = world.now.paid.sums(&token);
        assert_eq!(
            suite.holds(&suite.allocation, &token),
            paid - harvested + world.afar.stray_rewards(name),
            "{name} with allocation"
        );
        assert_eq!(
            suite.holds(&suite.delegation, &token),
            harvested + of(&world.pay.streamed) - of(&world.pay.claimed),
            "{name} with delegation"
        );
        if !COINS.contains(&name) {
            assert_eq!(paid, of(&world.pay.paid), "{name} paid");
            continue;
        }
        let net = &suite.net;
        let home = |of: &Addr| net.consumer.balance(of, denom(name)).unwrap();
        let of_strays = |amount| if name == COIN { amount } else { 0 };
        let strayed = of_strays(world.afar.rewards_strayed);
        let finder = suite.consumer(FINDER);
        let escrow = net.consumer.escrow(&suite.transfer.b.id).unwrap();
        assert_eq!(
            home(&suite.gateway) + home(&escrow) + home(&finder),
            of(&world.pay.funded) + of_strays(world.afar.rewards_sent),
            "{name} on the consumer"
        );
        let Token::Native { denom } = &token else {
            unreachable!("coins of the bank");
        };
        let there = net.host.supply(denom).unwrap().u128();
        assert_eq!(
            there,
            paid + strayed,
            "{name} that arrived was paid, or strayed"
        );
        assert!(there <= home(&escrow), "{name} made of nothing");
        let side = Side::Consumer;
        let quiet = net.pending(side).is_empty() && net.pending_acks(side).is_empty();
        if world.ending && quiet {
            assert_eq!(there, home(&escrow), "{name} on its way for ever");
        }
    }
}

/// What everybody can claim, what operators can, what flows and what waits is what delegation holds; what
/// operators earned and what is held is what allocation holds. More of it is rounding, and bounded.
pub fn claims(world: &World) {
    let mut owed: BTreeMap<Name, u128> = BTreeMap::new();
    let mut add = |token: Name, amount: u128| *owed.entry(token).or_default() += amount;
    for owner in OWNERS {
        for ((_, _, token), amount) in world.claimable(owner) {
            add(token, amount);
        }
    }
    for operator in OPERATORS {
        for (token, amount) in world.commissions(operator) {
            add(token, amount);
        }
    }
    for (operator, asset) in world.now.pools.by.keys() {
        for (token, (flowing, waiting)) in world.flows(operator, asset) {
            add(token, flowing + waiting);
        }
    }
    for name in TOKENS {
        let held = world
            .suite
            .holds(&world.suite.delegation, &world.token(name));
        let owed = owed.get(name).copied().unwrap_or_default();
        assert!(owed <= held, "{name}: {owed} owed, {held} with delegation");
        assert!(
            held - owed <= world.pay.rounded,
            "{name}: {owed} owed, {held} with delegation, {} rounded at most",
            world.pay.rounded
        );
    }
    for service in SERVICES {
        earned(world, service);
    }
}

fn earned(world: &World, service: u32) {
    let mut sums: BTreeMap<Name, u128> = BTreeMap::new();
    for operator in OPERATORS {
        for (token, parts) in world.earned(service, operator) {
            *sums.entry(token).or_default() += parts.iter().map(|part| part.1).sum::<u128>();
        }
    }
    for pot in world.suite.service_rewards(service) {
        let token = TOKENS.into_iter().find(|t| world.token(t) == pot.token);
        let earned = sums.remove(token.unwrap()).unwrap_or_default();
        let left = (pot.paid - pot.harvested - pot.taken_back).u128();
        let owed = earned + pot.held.u128();
        assert!(
            owed <= left,
            "{service}: {owed} owed, {left} {token:?} left"
        );
        assert!(
            left - owed <= world.pay.rounded,
            "{service}: {owed} owed, {left} {token:?} left"
        );
    }
    assert!(
        sums.is_empty(),
        "{service}: earned and never paid: {sums:?}"
    );
}
