//! Lists and their pages, and what allocation asks.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{share, Suite, ATOM, DAY, OSMO};
use cosmwasm_std::Decimal;
use palisade_math::{Magnitude, FULL_MAGNITUDE};
use palisade_types::delegation::{
    BucketResponse, EpochResponse, PoolKey, PoolResponse, PositionResponse, QueryMsg,
    StakesResponse, UnbondingResponse,
};

fn key(s: &Suite, operator: &str, asset: &str) -> PoolKey {
    PoolKey {
        operator: s.who(operator).to_string(),
        asset: asset.to_string(),
    }
}

#[test]
fn stakes_answers_in_the_order_asked_with_prices_of_the_vault() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("ann", "other", OSMO, 7).unwrap();
    s.slash_percent("op", ATOM, 10, 100, start);
    let answer: StakesResponse = s.query(&QueryMsg::Stakes {
        operators: ["other", "nobody", "op"]
            .map(|o| s.who(o).to_string())
            .to_vec(),
        assets: vec![OSMO.to_string(), ATOM.to_string()],
    });
    let prices: Vec<_> = answer
        .prices
        .iter()
        .map(|p| (p.asset.as_str(), p.rate, p.fresh))
        .collect();
    assert_eq!(
        prices,
        [
            (OSMO, Decimal::percent(200), true),
            (ATOM, Decimal::percent(200), true)
        ]
    );
    let stakes: Vec<Vec<_>> = answer
        .stakes
        .iter()
        .map(|of| {
            of.iter()
                .map(|s| (s.tokens.u128(), s.magnitude.value))
                .collect()
        })
        .collect();
    let full = share(100);
    assert_eq!(FULL_MAGNITUDE, full.u128());
    assert_eq!(
        stakes,
        [
            vec![(7, full), (0, full)],
            vec![(0, full), (0, full)],
            vec![(0, full), (90, share(90))],
        ]
    );
    assert_eq!(answer.stakes[1][0].magnitude, Magnitude::default());
}

#[test]
fn stakes_is_bounded_and_passes_the_vaults_refusal_on() {
    let s = Suite::new();
    let ask = |operators: usize, assets: usize, asset: &str| {
        s.try_query::<StakesResponse>(&QueryMsg::Stakes {
            operators: vec![s.who("op").to_string(); operators],
            assets: vec![asset.to_string(); assets],
        })
    };
    assert!(ask(50, 1, ATOM).is_ok());
    let error = ask(51, 1, ATOM).unwrap_err().to_string();
    assert!(error.contains("51 operators given, at most 50"), "{error}");
    let error = ask(1, 9, ATOM).unwrap_err().to_string();
    assert!(error.contains("9 assets given, at most 8"), "{error}");
    assert!(ask(1, 1, "unregistered").is_err());
}

#[test]
fn pools_come_by_asset_ten_at_most() {
    let mut s = Suite::new();
    for asset in [OSMO, ATOM] {
        s.deposit("ann", "op", asset, 100).unwrap();
    }
    let page = |start_after: Option<&str>, limit| -> Vec<PoolResponse> {
        s.query(&QueryMsg::Pools {
            operator: s.who("op").to_string(),
            start_after: start_after.map(str::to_string),
            limit,
        })
    };
    let names = |pools: Vec<PoolResponse>| pools.into_iter().map(|p| p.asset).collect::<Vec<_>>();
    assert_eq!(names(page(None, None)), [ATOM, OSMO]);
    assert_eq!(names(page(None, Some(1))), [ATOM]);
    assert_eq!(names(page(Some(ATOM), Some(u32::MAX))), [OSMO]);
    assert_eq!(names(page(Some(OSMO), None)), Vec::<String>::new());
}

#[test]
fn positions_and_entries_are_paged_by_pool_and_epoch() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 100).unwrap();
    s.deposit("ann", "other", ATOM, 200).unwrap();
    s.deposit("ann", "op", OSMO, 300).unwrap();
    s.deposit("bob", "op", OSMO, 9).unwrap();
    let positions = |s: &Suite, start_after, limit| -> Vec<u128> {
        let page: Vec<PositionResponse> = s.query(&QueryMsg::Positions {
            owner: s.who("ann").to_string(),
            start_after,
            limit,
        });
        page.iter().map(|p| p.value.u128()).collect()
    };
    assert_eq!(positions(&s, None, None), [100, 200, 300]);
    assert_eq!(positions(&s, None, Some(2)), [100, 200]);
    assert_eq!(positions(&s, Some(key(&s, "other", ATOM)), None), [300]);

    s.undelegate("ann", "op", ATOM, 10).unwrap();
    s.undelegate("ann", "op", OSMO, 30).unwrap();
    s.advance(DAY);
    s.undelegate("ann", "op", ATOM, 11).unwrap();
    let entries = |start_after, limit| -> Vec<(u64, u128)> {
        let page: Vec<UnbondingResponse> = s.query(&QueryMsg::Unbondings {
            owner: s.who("ann").to_string(),
            start_after,
            limit,
        });
        page.iter().map(|e| (e.epoch, e.value.u128())).collect()
    };
    assert_eq!(entries(None, None), [(0, 10), (1, 11), (0, 30)]);
    assert_eq!(entries(None, Some(1)), [(0, 10)]);
    assert_eq!(
        entries(Some((key(&s, "op", ATOM), 0)), None),
        [(1, 11), (0, 30)]
    );
    assert_eq!(entries(Some((key(&s, "op", ATOM), 1)), None), [(0, 30)]);

    let buckets: Vec<BucketResponse> = s.query(&QueryMsg::Buckets {
        operator: s.who("op").to_string(),
        asset: ATOM.to_string(),
        start_after: Some(0),
        limit: None,
    });
    assert_eq!(
        buckets.iter().map(|b| b.tokens.u128()).collect::<Vec<_>>(),
        [11]
    );
    assert_eq!(s.pool("op", ATOM).unwrap().unbonding.u128(), 21);
}

#[test]
fn unknown_pools_and_operators_are_named() {
    let s = Suite::new();
    let fails = |msg: &QueryMsg, text: &str| {
        let error = s
            .try_query::<cosmwasm_std::Empty>(msg)
            .unwrap_err()
            .to_string();
        assert!(error.contains(text), "{error}");
    };
    let nobody = s.who("nobody").to_string();
    fails(
        &QueryMsg::Operator { operator: nobody },
        "is not an operator",
    );
    fails(
        &QueryMsg::Buckets {
            operator: s.who("op").to_string(),
            asset: ATOM.to_string(),
            start_after: None,
            limit: None,
        },
        "no pool of atom",
    );
    fails(
        &QueryMsg::Positions {
            owner: s.who("ann").to_string(),
            start_after: Some(key(&s, "op", ATOM)),
            limit: None,
        },
        "no pool of atom",
    );
}

#[test]
fn the_epoch_says_when_it_ends_and_when_stake_matures() {
    let mut s = Suite::new();
    let genesis = s.now();
    s.advance(2 * DAY + 5);
    let epoch: EpochResponse = s.query(&QueryMsg::Epoch {});
    assert_eq!(
        epoch,
        EpochResponse {
            epoch: 2,
            start: genesis.plus_seconds(2 * DAY),
            end: genesis.plus_seconds(3 * DAY),
            matures_at: genesis.plus_seconds(6 * DAY),
        }
    );
}
