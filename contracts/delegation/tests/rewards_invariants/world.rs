//! What there is, what can happen, and what must hold after each step.

use cosmwasm_std::Addr;
use palisade_delegation::ContractError;
use palisade_math::MathError;
use palisade_types::delegation::{ExecuteMsg, RewardsResponse};
use palisade_types::token::Token;

use crate::common::rewards::parts;
use crate::common::{Suite, ATOM, DAY};
use crate::model::{Model, TICK};

/// Three that are nothing else, and the operator.
const STAKERS: [&str; 4] = ["ann", "bob", "carol", "op"];
const TOKENS: [&str; 3] = ["ugold", "usilver", "utin"];

#[derive(Clone, Debug)]
pub enum Step {
    Join {
        staker: usize,
        amount: u128,
    },
    Undelegate {
        staker: usize,
        percent: u128,
    },
    Cancel {
        staker: usize,
        percent: u128,
    },
    /// What has matured, back to the operator that it came from.
    Redelegate {
        staker: usize,
    },
    Slash {
        permille: u64,
    },
    Reward {
        token: usize,
        amount: u128,
    },
    /// A cw20 that says that it transferred this, and did not.
    Lie {
        amount: u128,
    },
    Claim {
        staker: usize,
        token: Option<usize>,
    },
    Commission,
    Wait {
        ticks: u64,
    },
}

pub struct World {
    s: Suite,
    models: [Model; 3],
    paid: [u128; 3],
    /// By token and staker.
    claimed: [[u128; 4]; 3],
    commission: [u128; 3],
    /// Messages so far: each may round a unit of each token away.
    operations: u128,
    slashed: bool,
    liar: Addr,
    /// Without commission.
    lied: u128,
}

impl World {
    pub fn new() -> Self {
        let mut s = Suite::new();
        Self {
            liar: s.cw20("liar", "op", 1),
            lied: 0,
            s,
            models: Default::default(),
            paid: [0; 3],
            claimed: [[0; 4]; 3],
            commission: [0; 3],
            operations: 0,
            slashed: false,
        }
    }

    pub fn take(&mut self, step: &Step) {
        self.operations += 1;
        let s = &mut self.s;
        match *step {
            Step::Join { staker, amount } => {
                // More than the pool can hold, or less than a share: for no other reason.
                if let Err(error) = s.deposit(STAKERS[staker], "op", ATOM, amount) {
                    let error = error.downcast::<ContractError>().unwrap();
                    let allowed = matches!(
                        error,
                        ContractError::Math(
                            MathError::ZeroShares { .. } | MathError::DepositTooLarge { .. }
                        )
                    );
                    assert!(allowed, "{error}");
                }
            }
            Step::Undelegate { staker, percent } => {
                let stake = s.stake(STAKERS[staker], "op", ATOM);
                let amount = stake.map(|stake| (stake * percent / 100).max(1));
                let all = percent == 100;
                if stake.is_some() {
                    let amount = if all { None } else { amount };
                    s.undelegate(STAKERS[staker], "op", ATOM, amount).unwrap();
                }
            }
            Step::Cancel { staker, percent } => {
                let entries = s.unbonding(STAKERS[staker], "op", ATOM);
                let Some((epoch, value)) = entries.last().copied() else {
                    return;
                };
                let amount = (value * percent / 100).max(1);
                // Matured, or worth less than a share by now: refused.
                let _ = s.cancel(STAKERS[staker], "op", ATOM, epoch, amount);
            }
            Step::Redelegate { staker } => {
                let _ = s.redelegate(STAKERS[staker], "op", ATOM, "op");
            }
            Step::Slash { permille } => self.slash(permille),
            Step::Reward { token, amount } => {
                s.reward("op", TOKENS[token], &[(ATOM, amount)]).unwrap();
                self.paid[token] += amount;
                self.models[token].pay(amount - amount / 10);
                self.commission[token] += amount / 10;
            }
            Step::Lie { amount } => self.lie(amount),
            Step::Claim { staker, token } => self.claim(staker, token),
            Step::Commission => {
                let msg = ExecuteMsg::ClaimCommission {
                    tokens: Some(TOKENS.map(Token::native).to_vec()),
                    recipient: None,
                };
                let _ = s.execute("op", &msg);
            }
            Step::Wait { ticks } => self.wait(ticks),
        }
        self.check();
    }

    /// Taken at its word as long as all that it ever said is no more than a token can have.
    fn lie(&mut self, amount: u128) {
        let msg = ExecuteMsg::RewardCw20 {
            token: self.liar.to_string(),
            operator: self.s.who("op").to_string(),
            parts: parts(&[(ATOM, amount)]),
            by_operator: false,
        };
        let rest = amount - amount / 10;
        let all = self.lied.checked_add(rest);
        let outcome = self.s.execute("allocation", &msg);
        assert_eq!(outcome.is_ok(), all.is_some());
        self.lied = all.unwrap_or(self.lied);
    }

    /// A slash of some thousandths of everything.
    fn slash(&mut self, permille: u64) {
        let s = &mut self.s;
        let now = s.now();
        let penalty = palisade_types::delegation::SlashPools {
            fraction: cosmwasm_std::Decimal::permille(permille),
            max_slash: cosmwasm_std::Decimal::one(),
            cuts: vec![s.cut("op", ATOM, 100, u128::from(u64::MAX))],
            ..s.penalty("op", 100, now)
        };
        let owed = self.owed();
        let rest = self.rest();
        let before = self.s.active("op", ATOM);
        self.s.slash(penalty).unwrap();
        self.slashed = true;
        let wiped = before > 0 && self.s.active("op", ATOM) == 0;
        // What was earned is nobody's to slash: a seal rounds each time. What did not flow yet is theirs
        // as well, if nobody is left to earn it.
        let holders = STAKERS.len() as u128;
        for (index, (before, after)) in owed.iter().zip(self.owed()).enumerate() {
            for (before, after) in before.iter().zip(&after) {
                assert!(*before <= after + 1, "{before} is now {after}");
                assert!(wiped || after <= before, "{before} is now {after}");
            }
            let gained = after.iter().sum::<u128>() + 2 * holders - before.iter().sum::<u128>();
            let (rest, now) = (rest[index], self.rest()[index]);
            if wiped {
                // Fractions of a unit that each was owed before may make a whole one now; shares that a
                // rescale rounded off earn theirs for nobody.
                let most = rest + 3 * holders;
                let least = rest.saturating_sub(2 * holders * (rest / 1_000_000 + 1));
                assert!((least..=most).contains(&gained), "{gained} of {rest}");
                assert_eq!(now, 0);
            } else {
                assert_eq!(now, rest);
            }
        }
    }

    /// What did not flow yet, by token.
    fn rest(&self) -> [u128; 3] {
        TOKENS.map(|denom| {
            let (waiting, flowing) = self.stream(&Token::native(denom));
            waiting + flowing
        })
    }

    /// What a query says is what a claim in the same block pays.
    fn claim(&mut self, staker: usize, token: Option<usize>) {
        let owed = self.owed();
        let name = STAKERS[staker];
        let mut tokens = token.map(|token| vec![Token::native(TOKENS[token])]);
        if self.lied > 0 && tokens.is_none() {
            // It has nothing to pay out.
            tokens = Some(TOKENS.map(Token::native).to_vec());
        }
        let before = TOKENS.map(|denom| self.s.purse(name, denom));
        // The operator's purse holds its commission too, and no message pays both.
        let outcome = self.s.claim_some(name, None, tokens);
        let mut paid_any = false;
        for (index, denom) in TOKENS.into_iter().enumerate() {
            let paid = self.s.purse(name, denom) - before[index];
            let wanted = token.is_none_or(|token| token == index);
            let expected = if wanted { owed[index][staker] } else { 0 };
            assert_eq!(paid, expected, "{name} claims {denom}");
            self.claimed[index][staker] += paid;
            paid_any |= paid > 0;
        }
        assert_eq!(outcome.is_ok(), paid_any);
    }

    fn wait(&mut self, ticks: u64) {
        let tokens = STAKERS.map(|staker| self.s.stake(staker, "op", ATOM).unwrap_or_default());
        for model in &mut self.models {
            for _ in 0..ticks {
                model.tick(tokens);
            }
        }
        self.s.advance(ticks * TICK);
    }

    /// What everybody can claim, by token and staker.
    fn owed(&self) -> [[u128; 4]; 3] {
        let rewards: Vec<Vec<RewardsResponse>> = STAKERS
            .iter()
            .map(|staker| self.s.rewards(staker))
            .collect();
        TOKENS.map(|denom| {
            let token = Token::native(denom);
            std::array::from_fn(|staker| {
                let pools = rewards[staker].iter().flat_map(|pool| &pool.rewards);
                let amounts = pools.filter(|amount| amount.token == token);
                amounts.map(|amount| amount.amount.u128()).sum()
            })
        })
    }

    /// No more goes out than came in, and what is to come is there.
    fn check(&self) {
        let owed = self.owed();
        for (index, denom) in TOKENS.into_iter().enumerate() {
            let claimed: u128 = self.claimed[index].iter().sum();
            let claimable: u128 = owed[index].iter().sum();
            let out = claimed + claimable + self.commission[index];
            let (waiting, flowing) = self.stream(&Token::native(denom));
            let paid = self.paid[index];
            assert!(out + waiting + flowing <= paid, "{out} of {paid} {denom}");
            let unclaimed = self.s.commission("op", denom);
            let held = self.s.bank(&self.s.delegation, denom);
            assert!(held >= claimable + waiting + flowing + unclaimed, "{denom}");
        }
        let liar = Token::cw20(&self.liar);
        let claimable: u128 = STAKERS.iter().map(|who| self.s.owed_in(who, &liar)).sum();
        let (waiting, flowing) = self.stream(&liar);
        assert!(claimable + waiting + flowing <= self.lied);
    }

    fn stream(&self, token: &Token) -> (u128, u128) {
        if self.s.pool("op", ATOM).is_none() {
            return (0, 0);
        }
        let flows = self.s.flows("op", ATOM);
        let flow = flows.iter().find(|flow| flow.token == *token);
        flow.map_or((0, 0), |flow| (flow.waiting.u128(), flow.flowing.u128()))
    }

    /// Everybody earned what the model says, within a unit for each message so far.
    pub fn compare(&self) {
        let owed = self.owed();
        for (index, model) in self.models.iter().enumerate() {
            for (staker, name) in STAKERS.iter().enumerate() {
                let found = self.claimed[index][staker] + owed[index][staker];
                let expected = model.earned(staker);
                assert!(
                    found.abs_diff(expected) <= self.operations + 1,
                    "{name} earned {found} {}, not {expected}",
                    TOKENS[index]
                );
            }
        }
    }

    /// All flows out, all claim; what stays is dust, and bounded.
    pub fn finish(mut self) {
        self.take(&Step::Join {
            staker: 0,
            amount: 1_000_000,
        });
        let ticks = 4 * DAY / TICK;
        self.take(&Step::Wait { ticks });
        for staker in 0..STAKERS.len() {
            self.take(&Step::Claim {
                staker,
                token: None,
            });
        }
        self.take(&Step::Commission);
        let holders = STAKERS.len() as u128;
        for (index, denom) in TOKENS.into_iter().enumerate() {
            assert_eq!(self.stream(&Token::native(denom)), (0, 0));
            let left = self.s.bank(&self.s.delegation, denom);
            // After a rescale up to a share of each holder's is nobody's, of a million and more.
            let rescaled = match self.slashed {
                true => self.paid[index] / 1_000_000 * holders,
                false => 0,
            };
            let most = 2 * self.operations + holders + rescaled;
            assert!(left <= most, "{left} {denom} are left, not {most}");
        }
    }
}
