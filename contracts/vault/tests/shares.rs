//! Tokenized shares of delegations (LSM): behind whom they stand, and what they are worth.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub
)]

mod common;

use common::*;
use cosmwasm_std::{coin, Addr, Decimal};
use cw_multi_test::AppResponse;
use palisade_testing::HarnessResult;
use palisade_types::asset::{AssetKind, Price, RateSource};
use palisade_types::vault::{AssetChange, ExecuteMsg, NewAsset, QueryMsg};
use palisade_vault::ContractError;

/// The asset of shares of a delegation with val's validator.
const SHARES: &str = "val-shares";

/// The chain's account of the tokenized delegation: it delegated 1,000, and 1,000 shares are alice's.
struct Shares {
    suite: Suite,
    denom: String,
    record: Addr,
}

impl Shares {
    fn new() -> Self {
        let mut suite = Suite::new();
        let denom = format!("{}/1", suite.validator("val"));
        let record = suite.account("record");
        let alice = suite.account("alice");
        let validator = suite.validator("val");
        let host = &mut suite.net.host;
        host.mint(&record, 10_000, USTAKE).unwrap();
        host.delegate(&record, &validator, coin(1_000, USTAKE))
            .unwrap();
        host.mint(&alice, 1_000, &denom).unwrap();
        Self {
            suite,
            denom,
            record,
        }
    }

    /// The same, registered.
    fn registered() -> Self {
        let mut shares = Self::new();
        let asset = shares.asset();
        let register = ExecuteMsg::RegisterAsset(asset);
        shares.suite.as_owner(&register).unwrap();
        shares.suite.net.host.next_block();
        shares
    }

    fn asset(&self) -> NewAsset {
        NewAsset {
            id: SHARES.into(),
            kind: AssetKind::Native {
                denom: self.denom.clone(),
            },
            rate: self.source(),
            ..self.suite.new_atom()
        }
    }

    fn source(&self) -> RateSource {
        RateSource::Shares {
            delegator: self.record.to_string(),
        }
    }

    fn slash(&mut self, percent: u64) {
        let validator = self.suite.validator("val");
        let host = &mut self.suite.net.host;
        host.slash_validator(&validator, Decimal::percent(percent))
            .unwrap();
    }

    fn price(&self) -> Price {
        let assets = vec![SHARES.into()];
        let prices: Vec<Price> = self.suite.query(&QueryMsg::Prices { assets });
        prices[0].clone()
    }

    fn deposit(&mut self, amount: u128, operator: Option<&str>) -> HarnessResult<AppResponse> {
        let coins = [coin(amount, &self.denom)];
        self.suite.deposit_coins("alice", &coins, operator)
    }

    fn update(&mut self) -> HarnessResult<AppResponse> {
        let asset = SHARES.into();
        self.suite.by("stranger", &ExecuteMsg::UpdateRate { asset })
    }

    #[track_caller]
    fn refuses(
        &mut self,
        error: ContractError,
        act: impl FnOnce(&mut Self) -> HarnessResult<AppResponse>,
    ) {
        let before = self.suite.snapshot();
        let refused = act(self).expect_err("it was accepted");
        assert_eq!(refused.contract_error(), Some(&error), "{refused}");
        assert_eq!(self.suite.snapshot(), before);
    }
}

fn worthless(denom: &str, delegated: u128, supply: u128) -> ContractError {
    ContractError::WorthlessShares {
        denom: denom.into(),
        delegated: delegated.into(),
        supply: supply.into(),
    }
}

#[test]
fn shares_stand_behind_their_own_operator_alone() {
    let mut shares = Shares::registered();
    let other = |shares: &Shares, who: &str| ContractError::OtherOperator {
        asset: SHARES.into(),
        operator: shares.suite.account(who),
    };
    for who in ["other", "bob"] {
        let error = other(&shares, who);
        shares.refuses(error, |s| s.deposit(100, Some(who)));
    }
    shares.deposit(400, Some("val")).unwrap();
    // Idle, they are anybody's; and no way around.
    shares.deposit(300, None).unwrap();
    let error = other(&shares, "other");
    shares.refuses(error, |s| s.suite.delegate("alice", SHARES, "other", 100));
    shares.suite.delegate("alice", SHARES, "val", 100).unwrap();
    assert_eq!(shares.suite.books(SHARES), (200, 500, 0, 700));
    let join = |amount| Join {
        bound: true,
        ..shares.suite.join_of("alice", "val", SHARES, amount)
    };
    assert_eq!(shares.suite.joins(), [join(400), join(100)]);
    // They leave as any native token does.
    shares.suite.release(SHARES, 500, "alice").unwrap();
    shares.suite.withdraw("alice", SHARES, 200).unwrap();
    assert_eq!(shares.suite.books(SHARES), (0, 0, 0, 0));
    let alice = shares.suite.account("alice");
    let held = shares.suite.net.host.balance(&alice, &shares.denom);
    assert_eq!(held.unwrap(), 1_000);
    // They are not staked by the vault.
    let not_staked = ContractError::NotStaked {
        asset: SHARES.into(),
    };
    shares.refuses(not_staked, |s| s.suite.restake(SHARES, "val", 1));
}

#[test]
fn a_share_is_worth_what_the_chain_says() {
    let mut shares = Shares::registered();
    let price = |rate: Decimal| Price {
        asset: SHARES.into(),
        rate,
        weight: Decimal::one(),
        fresh: true,
    };
    assert_eq!(shares.price(), price(Decimal::one()));
    // Nothing new is no change, and has no event.
    let before = shares.suite.snapshot();
    let response = shares.update().unwrap();
    assert!(response.events.iter().all(|e| e.ty != "wasm-update_rate"));
    assert_eq!(shares.suite.snapshot(), before);

    // A slash: until somebody brings it here, the old rate serves.
    shares.slash(10);
    shares.suite.net.host.advance(365 * DAY);
    assert_eq!(shares.price(), price(Decimal::one()));
    let response = shares.update().unwrap();
    let now = shares.suite.net.host.time().to_string();
    assert_eq!(
        event(&response, "update_rate"),
        pairs(&[("asset", SHARES), ("rate", "0.9"), ("updated_at", &now)])
    );
    assert_eq!(shares.price(), price(Decimal::percent(90)));

    // One change a block: an update is refused, a deposit goes on with the rate that came first.
    shares.slash(50);
    let again = ContractError::RateChangedAlready {
        kept: Decimal::percent(90),
        rate: Decimal::percent(45),
    };
    shares.refuses(again, |s| s.update());
    shares.deposit(100, Some("val")).unwrap();
    assert_eq!(shares.price(), price(Decimal::percent(90)));
    shares.suite.net.host.next_block();
    // A deposit asks too.
    let response = shares.deposit(100, None).unwrap();
    assert_eq!(event(&response, "update_rate")[1].1, "0.45");
    assert_eq!(shares.price(), price(Decimal::percent(45)));

    // More shares than tokens: rounded down, 450 / 1,007.
    let bob = shares.suite.account("bob");
    let denom = shares.denom.clone();
    let host = &mut shares.suite.net.host;
    host.mint(&bob, 7, &denom).unwrap();
    host.next_block();
    shares.update().unwrap();
    let rate: Decimal = "0.446871896722939424".parse().unwrap();
    assert_eq!(shares.price(), price(rate));
}

#[test]
fn a_share_is_never_worth_more_than_a_token() {
    let mut shares = Shares::new();
    let (record, validator) = (shares.record.clone(), shares.suite.validator("val"));
    let host = &mut shares.suite.net.host;
    host.delegate(&record, &validator, coin(1, USTAKE)).unwrap();
    let asset = shares.asset();
    shares
        .suite
        .as_owner(&ExecuteMsg::RegisterAsset(asset))
        .unwrap();
    assert_eq!(shares.price().rate, Decimal::one());
}

#[test]
fn shares_without_value_have_no_rate() {
    let mut shares = Shares::new();
    // Nobody has any.
    let mut asset = shares.asset();
    let denom = format!("{}/2", shares.suite.validator("val"));
    asset.kind = AssetKind::Native {
        denom: denom.clone(),
    };
    shares.refuses(worthless(&denom, 1_000, 0), |s| {
        s.suite.as_owner(&ExecuteMsg::RegisterAsset(asset))
    });
    // Nothing is delegated with this validator, though with another one.
    let (nobody, other) = (
        shares.suite.account("nobody"),
        shares.suite.validator("other"),
    );
    let host = &mut shares.suite.net.host;
    host.mint(&nobody, 10, USTAKE).unwrap();
    host.delegate(&nobody, &other, coin(10, USTAKE)).unwrap();
    let mut asset = shares.asset();
    asset.rate = RateSource::Shares {
        delegator: nobody.to_string(),
    };
    let denom = shares.denom.clone();
    shares.refuses(worthless(&denom, 0, 1_000), |s| {
        s.suite.as_owner(&ExecuteMsg::RegisterAsset(asset))
    });
    // All of it slashed: no deposits any more, and the last good rate serves on.
    let asset = shares.asset();
    shares
        .suite
        .as_owner(&ExecuteMsg::RegisterAsset(asset))
        .unwrap();
    shares.suite.net.host.next_block();
    shares.deposit(100, Some("val")).unwrap();
    shares.slash(100);
    shares.refuses(worthless(&denom, 0, 1_000), |s| s.update());
    shares.refuses(worthless(&denom, 0, 1_000), |s| s.deposit(100, Some("val")));
    assert_eq!(shares.price().rate, Decimal::one());
    shares.suite.release(SHARES, 100, "alice").unwrap();
}

#[test]
fn only_tokenized_shares_have_such_a_rate() {
    let mut shares = Shares::registered();
    let validator = shares.suite.validator("val");
    let denoms = ["uosmo".to_string(), format!("{validator}/x"), validator];
    let native = denoms.map(|denom| AssetKind::Native { denom });
    let cw20 = AssetKind::Cw20 {
        address: shares.suite.gold.to_string(),
    };
    let staked = shares.suite.staked_kind();
    for kind in native.into_iter().chain([cw20, staked]) {
        let asset = NewAsset {
            id: "other".into(),
            kind,
            ..shares.asset()
        };
        shares.refuses(ContractError::NotTokenized, |s| {
            s.suite.as_owner(&ExecuteMsg::RegisterAsset(asset))
        });
    }
    let update = |asset: &str, source: RateSource| ExecuteMsg::UpdateAsset {
        asset: asset.into(),
        change: AssetChange {
            rate: Some(source),
            ..AssetChange::default()
        },
    };
    let source = shares.source();
    shares.refuses(ContractError::NotTokenized, |s| {
        s.suite.as_owner(&update(ATOM, source))
    });
    // They can have another, and this one again; bound they are by their denom.
    let rate = Decimal::percent(50);
    let fixed = update(SHARES, RateSource::Fixed { rate });
    shares.suite.as_owner(&fixed).unwrap();
    assert_eq!(shares.price().rate, rate);
    let other = ContractError::OtherOperator {
        asset: SHARES.into(),
        operator: shares.suite.account("other"),
    };
    shares.refuses(other, |s| s.deposit(100, Some("other")));
    let source = shares.source();
    shares.suite.as_owner(&update(SHARES, source)).unwrap();
    assert_eq!(shares.price().rate, Decimal::one());
    // Its delegator is an address.
    let delegator = "nobody".to_string();
    let before = shares.suite.snapshot();
    let bad = update(SHARES, RateSource::Shares { delegator });
    let error = shares.suite.as_owner(&bad).unwrap_err();
    let error = error.contract_error::<ContractError>();
    assert!(matches!(error, Some(ContractError::Std(_))));
    assert_eq!(shares.suite.snapshot(), before);
}
