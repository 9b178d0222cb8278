//! The end of a history: the network is quiet, everything that was asked for ends, both chains
//! agree, and everybody leaves with what is theirs.

use palisade_suite::{BATCH_EPOCHS, CHAIN_UNBONDING, EPOCH, STAKE, UNBONDING};
use palisade_testing::{Action, Side};
use palisade_types::gateway::{self, ReportState};
use palisade_types::slashing::{OutcomeResponse, QueryMsg};

use super::afar::{self, Afar};
use super::base::Base;
use super::earn::Earn;
use super::model::{Name, Step, ASSETS, CHAIN, ION, NATIVES, OPERATORS, OWNERS, SERVICES, WINDOW};
use super::paid;
use super::seen::Standing;
use super::world::World;

/// Most rounds until it has to be quiet.
const ROUNDS: u32 = 12;

pub fn end(world: &mut World) {
    world.ending = true;
    settle(world);
    agree(world);
    everybody_leaves(world);
}

/// Lets everything end that was begun. Every step of it is checked like any other.
fn settle(world: &mut World) {
    world.relax();
    world.look();
    let config: gateway::ConfigResponse = world.suite.ask_gateway(&gateway::QueryMsg::Config {});
    let connected = world
        .now
        .links
        .get(&CHAIN)
        .is_some_and(|link| link.channel.is_some());
    if config.channel.is_none() || !connected {
        assert!(world.step(&Step::Reopen));
    }
    for _ in 0..ROUNDS {
        deliver(world);
        for service in SERVICES {
            assert!(
                world.step(&Step::Sync {
                    service,
                    limit: None
                }),
                "a sync is refused"
            );
        }
        world.step(&Step::Relay);
        for _ in 0..world.bounces() {
            assert!(world.step(&Step::Retry));
        }
        deliver(world);
        world.step(&Step::Wait {
            seconds: WINDOW + 1,
        });
        for _ in 0..world.now.pending.by.len() {
            world.step(&Step::Execute { nth: 0 });
        }
        deliver(world);
        let open = world.now.open.iter().filter(|open| !orphaned(world, open));
        let waits = world.bounces() + world.now.pending.by.len() + open.count();
        if waits == 0 && world.suite.net.pending(Side::Host).is_empty() {
            break;
        }
    }
    // What changed meanwhile is told.
    for _ in 0..2 {
        assert!(world.step(&Step::Sync {
            service: CHAIN,
            limit: None
        }));
        deliver(world);
    }
}

/// Delivers, acknowledges and times out all that can be.
fn deliver(world: &mut World) {
    for _ in 0..1_000 {
        let actions = [
            Action::Deliver(0),
            Action::Acknowledge(0),
            Action::Timeout(0),
        ];
        let done = actions.map(|action| world.step(&Step::Net(action)));
        if done == [false; 3] {
            return;
        }
    }
    panic!("the network is never quiet");
}

/// Whether a report waits for an end that is never told: the host took it in under a nonce of a former
/// epoch, as the owner said that the gateway which sent it is no more.
fn orphaned(world: &World, (nonce, standing): &(&u64, &Standing)) -> bool {
    let all = world
        .now
        .nonces
        .by
        .keys()
        .filter(|at| at.0 == CHAIN && at.2 == **nonce);
    let epochs: Vec<u32> = all.map(|at| at.1).collect();
    let present = world.nonce_epoch;
    matches!(standing.state, ReportState::Accepted { .. })
        && !epochs.is_empty()
        && !epochs.contains(&present)
}

/// Invariants 9 and 10.
fn agree(world: &World) {
    let now = &world.now;
    for operator in OPERATORS {
        let seen = now.seen.get(&operator).map_or(0, |seen| seen.power.u128());
        let told = now
            .members
            .get(&(CHAIN, operator))
            .map_or(0, |member| member.power.u128());
        assert_eq!(seen, told, "{operator}: what the gateway and the host say");
        if let Some(delivery) = now.deliveries.get(&(CHAIN, operator)) {
            assert_eq!(
                delivery.sent, delivery.acked,
                "{operator}: sent and acknowledged"
            );
        }
    }
    let open: Vec<_> = now
        .open
        .iter()
        .filter(|open| !orphaned(world, open))
        .collect();
    assert!(open.is_empty(), "reports without an end: {open:?}");
    for (key, request) in now.requests.iter() {
        assert!(
            request.end.is_some(),
            "request {key:?} has no end: {request:?}"
        );
    }
    assert_eq!(world.bounces(), 0, "slashes that bounce for ever");
    let untold: Vec<OutcomeResponse> = world.suite.ask(
        &world.suite.slashing,
        &QueryMsg::Outcomes {
            service: CHAIN,
            start_after: None,
            limit: None,
        },
    );
    assert!(
        untold.is_empty(),
        "ends that the consumer never hears of: {untold:?}"
    );
}

/// Invariants 2 and 12: whatever happened, everybody gets out with everything that is theirs, and
/// nothing that anybody could claim is left.
fn everybody_leaves(world: &mut World) {
    let positions: Vec<(Name, u32)> = world.now.positions.by.keys().copied().collect();
    for (who, id) in positions {
        let (operator, asset) = *world.now.pool(id).0;
        let leave = Step::Undelegate {
            who,
            operator,
            asset,
            amount: None,
        };
        assert!(world.step(&leave), "{leave:?} is refused");
    }
    world.step(&Step::Wait {
        seconds: EPOCH + UNBONDING,
    });
    come_back(world);
    for _ in 0..10_000 {
        let Some((who, id, _)) = world.now.entries.by.keys().next().copied() else {
            break;
        };
        let (operator, asset) = *world.now.pool(id).0;
        let claim = Step::Claim {
            who,
            operator,
            asset,
        };
        assert!(world.step(&claim), "{claim:?} is refused");
    }
    let idle: Vec<(Name, Name)> = world.now.idle.by.keys().copied().collect();
    for (who, asset) in idle {
        let withdraw = Step::Withdraw {
            who,
            asset,
            amount: u128::MAX,
        };
        assert!(world.step(&withdraw), "{withdraw:?} is refused");
    }
    pay_out(world);
    if world.afar.strays(ION) > 0 {
        assert!(world.step(&Step::Afar(Afar::Recover { asset: ION })));
    }
    for asset in ASSETS.into_iter().filter(|asset| *asset != STAKE) {
        let left = world.balance(&world.suite.vault, asset);
        assert!(left <= world.steps, "{left} {asset} stranded in the vault");
        assert!(world.paid_out.get(asset) == world.taken.get(asset) || left > 0);
    }
    assert!(world.now.positions.by.is_empty() && world.now.entries.by.is_empty());
    nothing_stranded(world);
    everything_claimed(world);
}

/// What is staked natively is undelegated with the next batch, and comes back. What the chain slashed on
/// its way is seen in a second block.
fn come_back(world: &mut World) {
    let batch = u64::from(BATCH_EPOCHS) * EPOCH;
    for _ in 0..ROUNDS {
        for seconds in [batch, CHAIN_UNBONDING, 60, 60] {
            world.step(&Step::Wait { seconds });
            for operator in NATIVES {
                assert!(world.step(&Step::Base(Base::Reconcile { operator })));
            }
        }
        // What was slashed on its way, and seized, is covered by what is there: that comes back too.
        let native = &world.now.base;
        let waits = native.records.iter().any(|(_, r)| !r.seized.is_zero());
        if !waits && native.batches.by.is_empty() {
            return;
        }
    }
    panic!("native stake never comes back");
}

/// All that was seized is paid out, but for what the chain took of it when there was nothing else.
fn pay_out(world: &mut World) {
    while !world.now.seized.due.is_empty() {
        assert!(world.step(&Step::PayOut { nth: 0 }), "a payout is refused");
    }
}

/// Of what was staked natively nothing is left with the chain and the vault but what grows into pools in
/// which nobody is, and counted dust; and the books know of all that the chain took.
fn nothing_stranded(world: &World) {
    let now = &world.now;
    assert_eq!(
        world.base.lost, world.base.booked,
        "lost {STAKE} that nobody bears"
    );
    let there = world.balance(&world.suite.vault, STAKE) + now.base.all();
    let dust = now.dust.get(&STAKE).copied().unwrap_or_default().u128();
    let growing = now.base.growing(STAKE).u128();
    let pools = now.pools.iter().filter(|((_, asset), _)| *asset == STAKE);
    let pools: u128 = pools.map(|(_, pool)| pool.tokens().u128()).sum();
    // What payouts rounded off stays with the seized, and `pots` bounds it.
    let books = now.books.get(&STAKE).cloned().unwrap_or_default();
    let crumbs = books.seized.u128();
    assert_eq!(there, growing + dust + pools + crumbs, "{STAKE} stranded");
    assert!(
        dust + pools <= world.steps + world.base.compounded,
        "{dust} {STAKE} dust, {pools} nobody's"
    );
    for batches in now.base.batches.by.values() {
        assert!(batches.value.batches.is_empty(), "{:?}", batches.value);
    }
}

/// Invariant 11, at the end: everybody claims, operators too; what is left is what flows to nobody, what
/// nobody harvested, and roundings.
fn everything_claimed(world: &mut World) {
    for who in OWNERS {
        if world.claimable(who).is_empty() {
            continue;
        }
        let claim = Earn::ClaimRewards {
            who,
            pool: None,
            token: None,
            to: None,
        };
        assert!(world.step(&Step::Earn(claim)), "{who} cannot claim");
    }
    for operator in OPERATORS {
        if !world.commissions(operator).is_empty() {
            let claim = Earn::ClaimCommission {
                operator,
                token: None,
            };
            assert!(world.step(&Step::Earn(claim)), "{operator} cannot claim");
        }
    }
    paid::tokens(world);
    paid::claims(world);
    afar::check(world);
}
