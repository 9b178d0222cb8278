//! The suite before its first step: three assets, three services, four operators with what they
//! promised at first, and owners with a fortune each.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Decimal, Timestamp, Uint128};
use palisade_suite::*;
use palisade_types::asset::{AssetKind, RateSource};
use palisade_types::slashing::{
    self, Dispute, NewService, Penalty, Proceeds, ServiceSettings, Source,
};
use palisade_types::{allocation, delegation, vault};

use super::afar;
use super::heights::Heights;
use super::keys::{Keys, Terms};
use super::model::*;
use super::seen::{Epochs, Names, Snapshot};
use super::world::World;

/// What everybody has of each asset at first.
pub const FORTUNE: u128 = 1_000_000_000_000_000;
/// The penalties that a service begins with, in hundredths of a percent of the most.
fn first_penalties(deep: bool, service: u32) -> impl Iterator<Item = Penalty> {
    let censorship = if deep && service == PLAIN {
        10_000
    } else {
        2_500
    };
    let all = [200, 10_000, censorship, 5_000];
    KINDS
        .into_iter()
        .zip(all)
        .map(move |(kind, of_most)| a_penalty(service, kind, of_most))
}
/// The most that a service slashes, in percent.
pub fn max_slash(service: u32) -> Decimal {
    Decimal::percent(match service {
        CHAIN => 10,
        COURT => 30,
        _ => 100,
    })
}

/// Assets that a service accepts.
pub fn assets_of(service: u32) -> Vec<Name> {
    match service {
        CHAIN => vec![ATOM, STATOM, ION, STAKE],
        COURT => vec![ATOM, STATOM],
        _ => vec![STATOM, STAKE, ION, ATOM],
    }
}

/// Who sends the slashes of a local service, and is its admin.
pub fn slasher(service: u32) -> Name {
    match service {
        CHAIN => "consumer-admin",
        COURT => "judge",
        _ => "slasher",
    }
}

pub fn a_penalty(service: u32, kind: &str, of_most: u64) -> Penalty {
    let (jail, tombstone) = match kind {
        "downtime" => (3_600, false),
        "double_sign" | "treason" => (0, true),
        _ => (0, false),
    };
    let fraction = max_slash(service) * Decimal::bps(of_most);
    penalty(kind, fraction, jail, tombstone)
}

impl World {
    pub fn new(state: &State) -> Self {
        let mut suite = Suite::new();
        register_ion(&mut suite);
        suite.register_staked();
        for service in SERVICES {
            register(&mut suite, service, state.deep);
        }
        let genesis: delegation::ConfigResponse =
            suite.ask(&suite.delegation, &delegation::QueryMsg::Config {});
        let names = Names::new(&suite);
        let mut world = Self {
            names,
            epochs: Epochs(genesis.genesis),
            before: Snapshot::new(),
            now: Snapshot::new(),
            gains: BTreeMap::new(),
            wallets: BTreeMap::new(),
            paid_out: BTreeMap::new(),
            taken: BTreeMap::new(),
            penalties: BTreeMap::new(),
            first_losses: BTreeMap::new(),
            borne: BTreeMap::new(),
            keys: Keys::new(),
            heights: Heights::default(),
            terms: BTreeMap::new(),
            tombstoned: BTreeSet::new(),
            left: BTreeSet::new(),
            proved: None,
            redirected: None,
            nonce_epoch: 0,
            nonce: 0,
            bounced: vec![],
            log: vec![],
            steps: 0,
            base: Default::default(),
            pay: Default::default(),
            afar: Default::default(),
            twins: Default::default(),
            ending: false,
            suite,
        };
        world.endow();
        for service in SERVICES {
            let settings = first_settings(&world.suite, service);
            world.terms.insert(service, Terms::new(settings));
            for (kind, first) in KINDS.into_iter().zip(first_penalties(state.deep, service)) {
                let first = (Timestamp::default(), Some(first));
                world.penalties.insert((service, kind), vec![first]);
            }
        }
        for operator in OPERATORS {
            world.suite.register_operator_with(operator, 10);
            let native = NATIVES.contains(&operator);
            if native {
                world.begin_validating(operator);
            }
            for asset in ASSETS.into_iter().filter(|asset| native || *asset != STAKE) {
                world
                    .deposit("alice", Some(operator), asset, 3_000)
                    .unwrap();
            }
            for service in SERVICES {
                let of_most = first_share(state.deep, operator, service);
                if of_most > 0 {
                    world.opt_in(operator, service, of_most).unwrap();
                    if service == CHAIN {
                        let now = world.suite.net.host.time();
                        world.keys.assign(operator, (operator, 0), now);
                    }
                }
            }
        }
        // Twice: what counted in the epoch before, counts for rewards.
        for seconds in [ALLOCATION_DELAY + 1, EPOCH] {
            world.suite.wait(seconds);
            for service in SERVICES {
                world.suite.sync(service);
            }
            world.suite.net.relay_all().unwrap();
        }
        if state.renamed {
            let shares = (2, 70);
            let settings = service_settings(&world.suite, CHAIN, shares, "fund", true);
            world.update_service(CHAIN, settings).unwrap();
        }
        if state.tight {
            for service in SERVICES {
                world.set_throttle(service, true).unwrap();
            }
            world.set_shared(true).unwrap();
        }
        for owner in OWNERS {
            world.look_into_wallet(owner);
        }
        world.begin_earning();
        world.look();
        world.before = Snapshot::new().look(&world.suite, &world.names);
        world.gains = world.gains();
        world.first_heights();
        world
    }

    fn endow(&mut self) {
        let (owner, token) = (self.suite.host("owner"), self.suite.token.clone());
        let ion = self.ion();
        for name in OWNERS {
            let to = self.suite.host(name);
            let host = &mut self.suite.net.host;
            for denom in [DENOM, ion.as_str(), BOND] {
                host.mint(&to, FORTUNE, denom).unwrap();
            }
            host.cw20_mint(&token, &owner, &to, FORTUNE).unwrap();
        }
        self.endow_afar();
    }
}

fn register_ion(suite: &mut Suite) {
    let denom = suite.voucher(afar::HOME_DENOM);
    let asset = vault::NewAsset {
        id: ION.to_string(),
        kind: AssetKind::Native { denom },
        rate: RateSource::Fixed {
            rate: Decimal::percent(50),
        },
        weight: Decimal::percent(80),
        cap: Uint128::new(10u128.pow(31)),
        minimum: Uint128::one(),
    };
    let vault = suite.vault.clone();
    suite.on_host("owner", &vault, &vault::ExecuteMsg::RegisterAsset(asset));
}

fn first_settings(suite: &Suite, service: u32) -> ServiceSettings {
    let shares = (u64::from(service) * 2, 100 - u64::from(service) * 30);
    service_settings(suite, service, shares, "treasury", false)
}

/// Settings with a bounty and a burned share, in percent.
pub fn service_settings(
    suite: &Suite,
    service: u32,
    (bounty, burned): (u64, u64),
    to: Name,
    other_chain: bool,
) -> ServiceSettings {
    let recipient = suite.host(to).to_string();
    let window = if service == COURT { WINDOW } else { 0 };
    ServiceSettings {
        evidence_age: UNBONDING - 2 * EPOCH - window,
        dispute: (service == COURT).then(|| Dispute {
            resolver: suite.host("resolver").to_string(),
            window,
        }),
        proceeds: match burned {
            0 => Proceeds::Send { recipient },
            100 => Proceeds::Burn {},
            _ => Proceeds::Split {
                recipient,
                burned: Decimal::percent(burned),
            },
        },
        bounty: Decimal::percent(bounty),
        chain_id: (service == CHAIN).then(|| chain_id(suite, other_chain)),
    }
}

/// The id of the consumer chain, or what it may be called otherwise.
pub fn chain_id(suite: &Suite, other: bool) -> String {
    match other {
        true => OTHER_CHAIN.to_string(),
        false => suite.net.consumer.block().chain_id,
    }
}

fn register(suite: &mut Suite, service: u32, deep: bool) {
    let source = match service {
        CHAIN => Source::Ibc {},
        _ => Source::Local {
            slasher: suite.host(slasher(service)).to_string(),
        },
    };
    let new = NewService {
        terms: allocation::ServiceTerms {
            assets: assets_of(service)
                .iter()
                .map(|asset| asset.to_string())
                .collect(),
            ..terms(max_slash(service), service == CHAIN)
        },
        source,
        penalties: first_penalties(deep, service).collect(),
        settings: first_settings(suite, service),
    };
    let contract = suite.slashing.clone();
    suite.on_host(
        slasher(service),
        &contract,
        &slashing::ExecuteMsg::RegisterService(new),
    );
    if service == CHAIN {
        suite.open_channel(service);
    }
}
