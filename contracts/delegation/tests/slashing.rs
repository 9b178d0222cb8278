//! Penalties: what they take, from which part, and what they leave to other services.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

mod common;

use common::{scaled, share, Suite, ATOM, DAY, OSMO, UNBONDING};
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, Decimal, Deps, DepsMut, Empty, Env, MessageInfo,
    Reply, Response, StdResult, SubMsg, Uint128, Uint256,
};
use cw_multi_test::{ContractWrapper, Executor};
use cw_storage_plus::Item;
use palisade_delegation::ContractError;
use palisade_math::{Magnitude, FULL_MAGNITUDE};
use palisade_types::delegation::{Cut, ExecuteMsg, SlashPools, SlashResult};
use palisade_types::neighbour::Neighbour;

#[test]
fn active_and_eligible_unbonding_stake_bear_the_same_share() {
    let mut s = Suite::new();
    let since = s.now();
    s.deposit("ann", "op", ATOM, 800).unwrap();
    s.deposit("bob", "op", ATOM, 200).unwrap();
    s.undelegate("bob", "op", ATOM, None).unwrap();
    // 4 % of the 1000 tokens captured, of a slice of 5 %.
    let penalty = SlashPools {
        fraction: Decimal::percent(4),
        ..s.penalty("op", 5, since)
    };
    let cuts = vec![s.cut("op", ATOM, 5, 1_000)];
    let cut = s.slash(SlashPools { cuts, ..penalty }).unwrap().remove(0);
    assert_eq!((cut.before, cut.delta), (Magnitude::default(), share(4)));
    assert_eq!(cut.seized.u128(), 40);
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.active("op", ATOM)),
        (Some(768), 768)
    );
    assert_eq!(s.unbonding("bob", "op", ATOM), [(0, 192)]);
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.value, share(96));
    assert_eq!(s.buckets("op", ATOM)[0].magnitude, scaled(share(96).u128()));
    let books = s.books(ATOM);
    assert_eq!((books.staked.u128(), books.seized.u128()), (960, 40));
    s.assert_conserved(ATOM);
}

#[test]
fn stake_that_came_after_the_infraction_shares_the_loss_and_does_not_raise_it() {
    let mut s = Suite::new();
    let since = s.now();
    s.deposit("ann", "op", ATOM, 500).unwrap();
    s.advance(DAY);
    s.deposit("bob", "op", ATOM, 500).unwrap();
    let cut = s.slash_percent("op", ATOM, 10, 500, since);
    assert_eq!((cut.delta, cut.seized.u128()), (share(5), 50));
    assert_eq!(
        (s.stake("ann", "op", ATOM), s.stake("bob", "op", ATOM)),
        (Some(475), Some(475))
    );
}

#[test]
fn buckets_of_the_updates_epoch_and_of_later_ones_pay_until_they_mature() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    for _ in 0..4 {
        s.undelegate("ann", "op", ATOM, 100).unwrap();
        s.advance(DAY);
    }
    // Epoch 4: bucket 0 has just matured; 1 left before the update; 2 and 3 did not.
    let since = start.plus_seconds(2 * DAY);
    let cut = s.slash_percent("op", ATOM, 50, 800, since);
    assert_eq!(cut.seized.u128(), 400);
    assert_eq!(
        s.unbonding("ann", "op", ATOM),
        [(0, 100), (1, 100), (2, 50), (3, 50)]
    );
    assert_eq!(s.active("op", ATOM), 300);
    s.assert_conserved(ATOM);
}

#[test]
fn an_update_in_the_future_counts_as_of_now() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 200).unwrap();
    s.undelegate("ann", "op", ATOM, 100).unwrap();
    let future = s.now().plus_seconds(5 * DAY);
    let cut = s.slash_percent("op", ATOM, 10, 200, future);
    assert_eq!(cut.seized.u128(), 20);
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (90, 90));
    // The current bucket stands for as much as its pool: newcomers in it pay no more, no less.
    s.undelegate("ann", "op", ATOM, 45).unwrap();
    let now = s.now();
    let cut = s.slash_percent("op", ATOM, 45, 180, now);
    // 45 % of 45 and of 135, each rounded up.
    assert_eq!(cut.seized.u128(), 82);
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (24, 74));
    s.assert_conserved(ATOM);
}

#[test]
fn every_asset_pays_its_own_and_the_vault_is_told_once() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.deposit("bob", "op", OSMO, 60).unwrap();
    let cuts = vec![
        s.cut("op", OSMO, 5, 60),
        Cut {
            asset: "none".to_string(),
            ..s.cut("op", OSMO, 5, 60)
        },
        s.cut("op", ATOM, 5, 200),
    ];
    let msg = SlashPools {
        cuts,
        ..s.penalty("op", 5, start)
    };
    let response = s.execute("allocation", &ExecuteMsg::Slash(msg)).unwrap();
    let slashes = response.events.iter().filter(|e| e.ty == "wasm-slash");
    assert_eq!(slashes.count(), 2);
    let calls = response.events.iter().filter(|e| e.ty == "execute");
    assert_eq!(calls.count(), 2, "delegation, and the vault once");
    let result: SlashResult = from_json(response.data.unwrap()).unwrap();
    let seized: Vec<_> = result
        .cuts
        .iter()
        .map(|c| (c.asset.as_str(), c.seized.u128()))
        .collect();
    assert_eq!(seized, [(OSMO, 3), ("none", 0), (ATOM, 10)]);
    assert_eq!(
        (s.books(OSMO).seized.u128(), s.books(ATOM).seized.u128()),
        (3, 10)
    );
}

#[test]
fn a_penalty_of_zero_tells_the_vault_nothing() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    let msg = SlashPools {
        fraction: Decimal::zero(),
        cuts: vec![s.cut("op", ATOM, 5, 200)],
        ..s.penalty("op", 5, start)
    };
    let before = s.state();
    let response = s.execute("allocation", &ExecuteMsg::Slash(msg)).unwrap();
    assert_eq!(
        response.events.iter().filter(|e| e.ty == "execute").count(),
        1
    );
    assert_eq!(s.state(), before);
}

#[test]
fn slices_and_buckets_survive_renormalizations() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 20_000_000).unwrap();
    s.undelegate("ann", "op", ATOM, 10_000_000).unwrap();
    // Promised before: a millionth of the pool, which may all be slashed.
    let kept = Cut {
        slice: scaled(FULL_MAGNITUDE / 1_000_000),
        ..s.cut("op", ATOM, 100, 20_000_000)
    };
    let all_but = Cut {
        slice: scaled(FULL_MAGNITUDE - FULL_MAGNITUDE / 1_000_000),
        ..kept.clone()
    };
    s.advance(DAY);
    let penalty = s.penalty("op", 100, start);
    let cut = s
        .slash(SlashPools {
            cuts: vec![all_but],
            ..penalty.clone()
        })
        .unwrap()
        .remove(0);
    assert_eq!(cut.seized.u128(), 20_000_000 - 20);
    let magnitude = s.pool("op", ATOM).unwrap().magnitude;
    assert_eq!(
        (magnitude.value.u128(), magnitude.norm, magnitude.era),
        (FULL_MAGNITUDE / 1_000, 1, 0)
    );
    let bucket = s.buckets("op", ATOM).remove(0);
    assert_eq!(
        magnitude.read(&bucket.magnitude),
        Uint256::from(magnitude.value)
    );
    assert_eq!((s.active("op", ATOM), bucket.tokens.u128()), (10, 10));

    // The promise is now the whole of it, in the pool and in the bucket, though it was written long ago.
    let cut = s
        .slash(SlashPools {
            cuts: vec![kept],
            ..penalty
        })
        .unwrap()
        .remove(0);
    assert_eq!(
        (cut.before.norm, cut.delta, cut.seized.u128()),
        (1, magnitude.value, 20)
    );
    let magnitude = s.pool("op", ATOM).unwrap().magnitude;
    assert_eq!(
        (magnitude.value, magnitude.era, magnitude.norm),
        (share(100), 1, 0)
    );
    s.assert_conserved(ATOM);
}

#[test]
fn a_bucket_of_an_older_era_is_out_of_reach() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    s.undelegate("ann", "op", ATOM, 400).unwrap();
    s.advance(DAY);
    // All slices are spent by an update of epoch 1: the bucket of epoch 0 is untouched.
    let late = s.now();
    s.slash_percent("op", ATOM, 100, 600, late);
    assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (0, 400));
    s.deposit("bob", "op", ATOM, 100).unwrap();
    s.undelegate("bob", "op", ATOM, 50).unwrap();
    let cut = s.slash_percent("op", ATOM, 10, 100, start);
    assert_eq!((cut.before.era, cut.seized.u128()), (1, 10));
    assert_eq!(
        (
            s.active("op", ATOM),
            s.bucket("op", ATOM, 0),
            s.bucket("op", ATOM, 1)
        ),
        (45, 400, 45)
    );
    s.advance(UNBONDING);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!(s.balance("ann", ATOM), 400);
    s.assert_conserved(ATOM);
}

#[test]
fn twenty_services_with_five_percent_each_take_the_pool_and_no_more() {
    let mut s = Suite::new();
    let start = s.now();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    // The slices of before, each read in what is left.
    let slices: Vec<Cut> = (0..20).map(|_| s.cut("op", ATOM, 5, 1_000)).collect();
    for (number, cut) in slices.into_iter().enumerate() {
        let penalty = s.penalty("op", 5, start);
        let result = s
            .slash(SlashPools {
                cuts: vec![cut],
                ..penalty
            })
            .unwrap()
            .remove(0);
        assert_eq!(result.seized.u128(), 50, "slash {number}");
        s.assert_conserved(ATOM);
    }
    assert_eq!(
        (s.active("op", ATOM), s.books(ATOM).seized.u128()),
        (0, 1_000)
    );
    assert_eq!(s.pool("op", ATOM).unwrap().magnitude.era, 1);
}

#[test]
fn only_the_allocation_contract_slashes() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    let now = s.now();
    let msg = SlashPools {
        cuts: vec![s.cut("op", ATOM, 5, 1_000)],
        ..s.penalty("op", 5, now)
    };
    for sender in ["ann", "op", "owner", "guardian"] {
        let expected = ContractError::Unauthorized {
            sender: s.who(sender),
            expected: "allocation",
        };
        s.refused(&expected, |s| {
            s.execute(sender, &ExecuteMsg::Slash(msg.clone()))
        });
    }
    let mut bare = Suite::bare();
    let refused = ContractError::NotConnected;
    bare.refused(&refused, |s| {
        s.execute("allocation", &ExecuteMsg::Slash(msg))
    });
}

#[test]
fn penalties_out_of_range_are_refused() {
    let mut s = Suite::new();
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    let now = s.now();
    let cut = s.cut("op", ATOM, 5, 1_000);
    let penalty = SlashPools {
        cuts: vec![cut.clone()],
        ..s.penalty("op", 5, now)
    };
    for (fraction, max_slash) in [(6, 5), (0, 0), (5, 101), (101, 101)] {
        let (fraction, max_slash) = (Decimal::percent(fraction), Decimal::percent(max_slash));
        let expected = ContractError::PenaltyAboveMax {
            fraction,
            max_slash,
        };
        let msg = ExecuteMsg::Slash(SlashPools {
            fraction,
            max_slash,
            ..penalty.clone()
        });
        s.refused(&expected, |s| s.execute("allocation", &msg));
    }
    let nine = (0..9)
        .map(|n| Cut {
            asset: format!("asset-{n}"),
            ..cut.clone()
        })
        .collect();
    let expected = ContractError::TooMany {
        what: "cuts",
        limit: 8,
        actual: 9,
    };
    let msg = ExecuteMsg::Slash(SlashPools {
        cuts: nine,
        ..penalty.clone()
    });
    s.refused(&expected, |s| s.execute("allocation", &msg));
    let expected = ContractError::Duplicate {
        what: "asset",
        value: ATOM.to_string(),
    };
    let msg = ExecuteMsg::Slash(SlashPools {
        cuts: vec![cut.clone(), cut],
        ..penalty
    });
    s.refused(&expected, |s| s.execute("allocation", &msg));
}

// A stub of an allocation contract: it passes slashes on and keeps the answer.

const ANSWER: Item<Binary> = Item::new("answer");

fn stub_execute(
    _: DepsMut,
    _: Env,
    _: MessageInfo,
    msg: (Addr, ExecuteMsg),
) -> StdResult<Response> {
    let call = Neighbour(msg.0).call(&msg.1)?;
    Ok(Response::new().add_submessage(SubMsg::reply_on_success(call, 1)))
}

fn stub_reply(deps: DepsMut, _: Env, reply: Reply) -> StdResult<Response> {
    #[allow(deprecated)]
    let data = reply.result.unwrap().data.unwrap();
    ANSWER.save(deps.storage, &data)?;
    Ok(Response::new())
}

fn stub_instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

fn stub_query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
    to_json_binary(&ANSWER.load(deps.storage)?)
}

#[test]
fn the_answer_reaches_the_allocation_contract_although_the_vault_is_called() {
    let mut s = Suite::bare();
    let stub =
        ContractWrapper::new(stub_execute, stub_instantiate, stub_query).with_reply(stub_reply);
    let code = s.app.store_code(Box::new(stub));
    let owner = s.owner.clone();
    let allocation = s
        .app
        .instantiate_contract(code, owner.clone(), &Empty {}, &[], "stub", None)
        .unwrap();
    let connect = ExecuteMsg::Connect {
        allocation: allocation.to_string(),
    };
    s.execute("owner", &connect).unwrap();
    s.register("op");
    s.deposit("ann", "op", ATOM, 1_000).unwrap();
    let msg = SlashPools {
        cuts: vec![s.cut("op", ATOM, 5, 1_000)],
        ..s.penalty("op", 5, s.now())
    };
    let msg = (s.delegation.clone(), ExecuteMsg::Slash(msg));
    s.app
        .execute_contract(owner, allocation.clone(), &msg, &[])
        .unwrap();
    let data: Binary = s
        .app
        .wrap()
        .query_wasm_smart(&allocation, &Empty {})
        .unwrap();
    // What the chain hands to `reply` is the protobuf of the response around the answer.
    let data = cw_utils::parse_execute_response_data(&data)
        .unwrap()
        .data
        .unwrap();
    let answer: SlashResult = from_json(data).unwrap();
    assert_eq!(answer.cuts[0].seized, Uint128::new(50));
}

#[test]
fn a_remainder_that_belongs_to_nobody_is_counted_as_dust() {
    // Of 6 and 14 one unit is left. Bob's part of it rounds to nothing, and the shares that would
    // stay with ann stand for less than a unit: it is dust, wherever it happens.
    let crushed = |unbonding: bool| {
        let mut s = Suite::new();
        let start = s.now();
        s.deposit("ann", "op", ATOM, 6).unwrap();
        s.deposit("bob", "op", ATOM, 14).unwrap();
        if unbonding {
            s.undelegate("ann", "op", ATOM, None).unwrap();
            s.undelegate("bob", "op", ATOM, None).unwrap();
        }
        let cut = s.slash_percent("op", ATOM, 95, 20, start);
        assert_eq!((cut.seized.u128(), s.dust(ATOM)), (19, 0));
        s
    };
    let counted = |s: &Suite| {
        assert_eq!((s.dust(ATOM), s.books(ATOM).staked.u128()), (1, 1));
        assert_eq!((s.active("op", ATOM), s.bucket("op", ATOM, 0)), (0, 0));
        s.assert_conserved(ATOM);
    };
    let mut s = crushed(false);
    s.undelegate("bob", "op", ATOM, None).unwrap();
    counted(&s);
    let mut s = crushed(true);
    s.cancel("bob", "op", ATOM, 0, None).unwrap();
    counted(&s);
    let mut s = crushed(true);
    s.advance(DAY + UNBONDING);
    s.claim("bob", "op", ATOM).unwrap();
    counted(&s);
    s.claim("ann", "op", ATOM).unwrap();
    assert_eq!((s.balance("ann", ATOM), s.balance("bob", ATOM)), (0, 0));
    counted(&s);
}
