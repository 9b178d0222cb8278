//! Stake that comes from the consumer by ICS-20: as a deposit, or without a word, as rewards may too, which is
//! nobody's until the contract's owner sends it back.

use std::collections::BTreeMap;

use cosmwasm_std::{coin, Addr, Coin, IbcTimeout, Uint128};
use palisade_ibc::DepositMemo;
use palisade_suite::*;
use palisade_testing::{HarnessResult, Packet, Performed, Side};
use palisade_types::token::Token;
use palisade_types::{allocation, vault};
use proptest::prelude::*;
use proptest::sample::select;

use super::choice::{amount, Choice};
use super::earn::TOKENS;
use super::model::{Name, Step, ACTORS, ASSETS, ION, OPERATORS, OWNERS};
use super::paid::denom;
use super::setup::FORTUNE;
use super::world::World;

/// What [`ION`] is called where it comes from.
pub const HOME_DENOM: &str = "uion";
/// The reward token of the consumer that strays.
pub const COIN: Name = "coin";
/// Somebody behind whom nobody can stake.
const NOBODY: &str = "stranger";
/// Who gets what the owner recovers.
pub const FINDER: &str = "finder";
/// Most seconds that a transfer is under way.
const TIMEOUT: u64 = EPOCH;

/// One step of it.
#[derive(Clone, Debug)]
pub enum Afar {
    SendDeposit {
        who: Name,
        operator: Option<Name>,
        amount: u128,
    },
    /// To the vault, without a memo.
    SendStray {
        who: Name,
        amount: u128,
    },
    Recover {
        asset: Name,
    },
    /// Rewards to allocation, without a memo.
    SendStrayReward {
        amount: u128,
    },
    RecoverReward {
        token: Name,
    },
}

/// What arrived.
#[derive(Default)]
pub struct Ledger {
    /// As deposits, by owner.
    pub deposits: BTreeMap<Name, u128>,
    /// Without a word, and still in the vault.
    pub strays: u128,
    /// What the owner recovered of them.
    pub recovered: u128,
    /// Of all [`ION`], by penalties.
    pub burned: u128,
    /// Of [`COIN`]: sent to allocation without a word, arrived, and recovered of that.
    pub rewards_sent: u128,
    pub rewards_strayed: u128,
    pub rewards_recovered: u128,
}

impl Ledger {
    pub fn deposited(&self, owner: Name, asset: Name) -> u128 {
        let of = self.deposits.get(owner).filter(|_| asset == ION);
        of.copied().unwrap_or_default()
    }

    /// In allocation, and nobody's.
    pub fn stray_rewards(&self, token: Name) -> u128 {
        match token {
            COIN => self.rewards_strayed - self.rewards_recovered,
            _ => 0,
        }
    }

    /// In the vault, and nobody's.
    pub fn strays(&self, asset: Name) -> u128 {
        match asset {
            ION => self.strays,
            _ => 0,
        }
    }
}

pub fn afar_steps(choice: &mut Choice) {
    let step = |step: Afar| Step::Afar(step);
    let behind = prop_oneof![
        8 => select(&OPERATORS[..]).prop_map(Some),
        2 => Just(None),
        1 => Just(Some(NOBODY)),
    ];
    let deposit = (select(&ACTORS[..]), behind, amount());
    choice.always(
        3,
        deposit.prop_map(move |(who, operator, amount)| {
            step(Afar::SendDeposit {
                who,
                operator,
                amount,
            })
        }),
    );
    let stray = (select(&ACTORS[..]), amount());
    choice.always(
        2,
        stray.prop_map(move |(who, amount)| step(Afar::SendStray { who, amount })),
    );
    let asset = prop_oneof![4 => Just(ION), 1 => select(&ASSETS[..])];
    choice.always(
        3,
        asset.prop_map(move |asset| step(Afar::Recover { asset })),
    );
    choice.always(
        1,
        amount().prop_map(move |amount| step(Afar::SendStrayReward { amount })),
    );
    let token = prop_oneof![2 => Just(COIN), 1 => select(&TOKENS[..])];
    choice.always(
        2,
        token.prop_map(move |token| step(Afar::RecoverReward { token })),
    );
}

/// What an ICS-20 packet says.
struct Transfer {
    amount: u128,
    /// Who is named as the owner of a deposit.
    owner: Option<String>,
    operator: Option<String>,
}

fn transfer_in(packet: &Packet) -> Option<Transfer> {
    let data: serde_json::Value = serde_json::from_slice(&packet.packet.data).ok()?;
    if packet.from != Side::Consumer || data["denom"] != HOME_DENOM {
        return None;
    }
    let memo = data["memo"].as_str().unwrap_or_default();
    let memo: serde_json::Value = serde_json::from_str(memo).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_string);
    let deposit = &memo["palisade"]["deposit"];
    Some(Transfer {
        amount: data["amount"].as_str()?.parse().ok()?,
        owner: text(&deposit["owner"]),
        operator: text(&deposit["operator"]),
    })
}

/// What a transfer of rewards without a memo brings.
fn stray_reward(packet: &Packet) -> Option<u128> {
    let data: serde_json::Value = serde_json::from_slice(&packet.packet.data).ok()?;
    let stray = data["denom"] == denom(COIN) && data["memo"].as_str().is_none_or(str::is_empty);
    data["amount"].as_str().filter(|_| stray)?.parse().ok()
}

impl World {
    /// What [`ION`] is called here.
    pub fn ion(&self) -> String {
        self.suite.voucher(HOME_DENOM)
    }

    /// Who stakes as it comes has a fortune on the consumer too.
    pub fn endow_afar(&mut self) {
        for who in ACTORS {
            let home = self.suite.consumer(who);
            let consumer = &mut self.suite.net.consumer;
            consumer.mint(&home, FORTUNE, HOME_DENOM).unwrap();
        }
    }

    pub fn take_afar(&mut self, step: &Afar) -> HarnessResult<bool> {
        match *step {
            Afar::SendDeposit {
                who,
                operator,
                amount,
            } => {
                let owner = self.suite.host(who);
                let operator = operator.map(|name| self.suite.host(name).to_string());
                let memo = DepositMemo::deposit(self.suite.vault.as_str(), owner, operator);
                let memo = cosmwasm_std::to_json_string(&memo).unwrap();
                self.send_afar(who, amount, Some(memo))
            }
            Afar::SendStray { who, amount } => self.send_afar(who, amount, None),
            Afar::Recover { asset } => self.recover(asset),
            Afar::SendStrayReward { amount } => {
                let from = self.suite.consumer(FINDER);
                let consumer = &mut self.suite.net.consumer;
                consumer.mint(&from, amount, denom(COIN)).unwrap();
                self.afar.rewards_sent += amount;
                let to = self.suite.allocation.clone();
                self.transfer(&from, &to, coin(amount, denom(COIN)), None)
            }
            Afar::RecoverReward { token } => self.recover_reward(token),
        }
    }

    fn send_afar(&mut self, who: Name, amount: u128, memo: Option<String>) -> HarnessResult<bool> {
        let (from, to) = (self.suite.consumer(who), self.suite.vault.clone());
        self.transfer(&from, &to, coin(amount, HOME_DENOM), memo)
    }

    fn transfer(
        &mut self,
        from: &Addr,
        to: &Addr,
        coin: Coin,
        memo: Option<String>,
    ) -> HarnessResult<bool> {
        let channel = self.suite.transfer.b.id.clone();
        let consumer = &mut self.suite.net.consumer;
        let timeout = IbcTimeout::with_timestamp(consumer.time().plus_seconds(TIMEOUT));
        let sent = consumer.ibc_transfer(from, &channel, to, coin, timeout, memo);
        sent.map(|_| true)
    }

    /// What is nobody's, and no unit of what is somebody's.
    fn recover(&mut self, asset: Name) -> HarnessResult<bool> {
        let finder = self.suite.host(FINDER);
        let token = match asset {
            STATOM => Token::cw20(self.suite.token.as_str()),
            ION => Token::native(self.ion()),
            ATOM => Token::native(DENOM),
            _ => Token::native(BOND),
        };
        let msg = vault::ExecuteMsg::Recover {
            token,
            recipient: finder.to_string(),
        };
        let due = self.afar.strays(asset);
        let before = self.balance(&finder, asset);
        assert!(self.vault("alice", &msg).is_err(), "not the owner");
        let result = self.vault("owner", &msg);
        assert_eq!(result.is_ok(), due > 0, "{due} {asset} strayed: {result:?}");
        assert_eq!(self.balance(&finder, asset) - before, due, "{asset}");
        self.afar.strays -= due;
        self.afar.recovered += due;
        result
    }

    /// The same of rewards: what anybody earned, or may earn, stays.
    fn recover_reward(&mut self, token: Name) -> HarnessResult<bool> {
        let finder = self.suite.host(FINDER);
        let msg = allocation::ExecuteMsg::Recover {
            token: self.token(token),
            recipient: finder.to_string(),
        };
        let due = self.afar.stray_rewards(token);
        let held = |world: &Self| world.suite.holds(&finder, &world.token(token));
        let before = held(self);
        assert!(self.allocation("alice", &msg).is_err(), "not the owner");
        let result = self.allocation("owner", &msg);
        assert_eq!(result.is_ok(), due > 0, "{due} {token} strayed: {result:?}");
        assert_eq!(held(self) - before, due, "{token}");
        self.afar.rewards_recovered += due;
        result
    }

    /// Takes note of a transfer that was received, and of what became of it.
    pub fn arrived(&mut self, performed: &Performed) {
        let Performed::Received(packet, outcome) = performed else {
            return;
        };
        if let (Some(amount), false) = (stray_reward(packet), outcome.redundant) {
            self.afar.rewards_strayed += amount;
            super::stats::count("rewards without a word", true);
        }
        let (Some(transfer), false) = (transfer_in(packet), outcome.redundant) else {
            return;
        };
        let ack = outcome.ack.as_ref().expect("ICS-20 answers at once");
        let ack: serde_json::Value = serde_json::from_slice(ack).unwrap();
        let taken = ack.get("result").is_some();
        let Some(owner) = transfer.owner else {
            assert!(taken, "without a word nobody is asked");
            self.afar.strays += transfer.amount;
            super::stats::count("came without a word", true);
            return;
        };
        let nobody = transfer.operator == Some(self.suite.host(NOBODY).to_string());
        assert_eq!(taken, !nobody, "behind {:?}", transfer.operator);
        super::stats::count("deposit from afar", taken);
        super::stats::count("deposit sent back", !taken);
        if taken {
            let all = OWNERS.into_iter();
            let mut of = all.filter(|name| self.suite.host(name).as_str() == owner);
            *self.afar.deposits.entry(of.next().unwrap()).or_default() += transfer.amount;
        }
    }
}

/// What left the consumer is under way or arrived, once: what was refused or came too late is back.
pub fn check(world: &World) {
    let net = &world.suite.net;
    let home = |of: &_| net.consumer.balance(of, HOME_DENOM).unwrap();
    let left: u128 = ACTORS
        .iter()
        .map(|who| FORTUNE - home(&world.suite.consumer(who)))
        .sum();
    let escrow = net.consumer.escrow(&world.suite.transfer.b.id).unwrap();
    assert_eq!(left, home(&escrow), "{ION} that left the consumer");
    let afar = &world.afar;
    let arrived = afar.deposits.values().sum::<u128>() + afar.strays + afar.recovered;
    let under_way: u128 = net
        .pending(Side::Consumer)
        .iter()
        .chain(
            net.pending_acks(Side::Consumer)
                .iter()
                .map(|ack| &ack.packet),
        )
        .filter_map(transfer_in)
        .map(|transfer| transfer.amount)
        .sum();
    assert!(
        arrived <= left && left <= arrived + under_way,
        "{left} {ION} left, {arrived} arrived, {under_way} under way or unanswered"
    );
    let finder = world.balance(&world.suite.host(FINDER), ION);
    assert_eq!(finder, afar.recovered, "{ION} recovered");
    assert_eq!(
        world.suite.net.host.supply(&world.ion()).unwrap(),
        Uint128::new(FORTUNE * OWNERS.len() as u128 + arrived - afar.burned),
        "{ION} here"
    );
}
