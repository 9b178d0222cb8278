//! What can be wrong with a config beside its form. All of it is told at once, each with what is allowed.

use cosmwasm_std::{Decimal, Timestamp};
use palisade_math::Epochs;
use palisade_types::asset::RateSource;
use palisade_types::delegation::MIN_REWARD_PERIOD;

use super::{parties, Chain, Config, Kind};
use crate::artifacts;

pub(super) struct Faults(pub(super) Vec<String>);

impl Faults {
    /// Notes a fault unless the rule holds.
    pub(super) fn rule(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }

    pub(super) fn within(&mut self, name: &str, given: u64, least: u64, most: u64) {
        self.rule((least..=most).contains(&given), || {
            format!("{name} is {given} s; allowed are {least} to {most} s")
        });
    }

    pub(super) fn fraction(&mut self, name: &str, given: Decimal) {
        self.rule(given <= Decimal::one(), || {
            format!("{name} is {given}; allowed is 0 to 1")
        });
    }

    pub(super) fn address(&mut self, name: &str, address: &str, prefix: &str) {
        let good = bech32::decode(address).is_ok_and(|(hrp, data)| {
            hrp.as_str() == prefix && (data.len() == 20 || data.len() == 32)
        });
        self.rule(good, || {
            format!("{name} is {address:?}; allowed is an address that starts with {prefix}1")
        });
    }
}

/// Everything that is wrong.
pub(super) fn faults(config: &Config) -> Vec<String> {
    let mut faults = Faults(Vec::new());
    chain(&mut faults, "host", &config.host);
    suite(&mut faults, config);
    assets(&mut faults, config);
    for (name, consumer) in &config.consumers {
        parties::consumer(&mut faults, config, name, consumer);
    }
    for (name, operator) in &config.operators {
        parties::operator(&mut faults, config, name, operator);
    }
    faults.0
}

pub(super) fn chain(faults: &mut Faults, name: &str, chain: &Chain) {
    faults.rule(!chain.chain_id.is_empty(), || {
        format!("{name}.chain_id is empty")
    });
    let schemes = ["tcp://", "http://", "https://", "unix://"];
    faults.rule(
        schemes.iter().any(|scheme| chain.node.starts_with(scheme)),
        || {
            format!(
                "{name}.node is {:?}; it starts with one of {}",
                chain.node,
                schemes.join(" ")
            )
        },
    );
    let price = chain
        .gas_prices
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    faults.rule(
        !price.is_empty() && price.len() < chain.gas_prices.len(),
        || {
            format!(
                "{name}.gas_prices is {:?}; allowed is a number and a denom, as 0.01stake",
                chain.gas_prices
            )
        },
    );
    faults.rule((1.0..=10.0).contains(&chain.gas_adjustment), || {
        format!(
            "{name}.gas_adjustment is {}; allowed is 1 to 10",
            chain.gas_adjustment
        )
    });
    for contract in chain.codes.keys() {
        faults.rule(artifacts::CONTRACTS.contains(&contract.as_str()), || {
            format!(
                "{name}.codes: {contract} is none of {}",
                artifacts::CONTRACTS.join(", ")
            )
        });
    }
}

fn suite(faults: &mut Faults, config: &Config) {
    let (suite, prefix) = (&config.suite, config.host.prefix.as_str());
    if let Some(owner) = &suite.owner {
        faults.address("suite.owner", owner, prefix);
    }
    if let Some(guardian) = &suite.guardian {
        faults.address("suite.guardian", guardian, prefix);
    }
    admin(faults, "suite.admin", &suite.admin, prefix);
    let (epoch, unbonding) = (suite.epoch_length, suite.unbonding_period);
    if let Err(error) = Epochs::new(Timestamp::default(), epoch, unbonding) {
        faults.0.push(format!(
            "suite.epoch_length {epoch} s, suite.unbonding_period {unbonding} s: {error}; at most 31 epochs in an unbonding period"
        ));
    }
    faults.within(
        "suite.reward_period",
        suite.reward_period,
        MIN_REWARD_PERIOD,
        unbonding,
    );
    faults.rule(suite.allocation_delay >= epoch.saturating_mul(2), || {
        format!(
            "suite.allocation_delay is {} s; at least two epochs, {} s",
            suite.allocation_delay,
            epoch.saturating_mul(2)
        )
    });
    faults.rule(suite.deallocation_delay >= unbonding, || {
        format!(
            "suite.deallocation_delay is {} s; at least the unbonding period, {unbonding} s",
            suite.deallocation_delay
        )
    });
    faults.rule(suite.max_lag >= epoch, || {
        format!(
            "suite.max_lag is {} s; at least an epoch, {epoch} s",
            suite.max_lag
        )
    });
    faults.within("suite.packet_timeout", suite.packet_timeout, 60, 604_800);
    let held = suite.bounce_max.saturating_add(suite.execution_grace);
    faults.rule(held < unbonding, || {
        format!("suite.bounce_max + suite.execution_grace are {held} s; with an evidence age at most the unbonding period, {unbonding} s")
    });
    let throttle = &suite.throttle;
    faults.within("suite.throttle.period", throttle.period, 3_600, 2_592_000);
    let (limit, reserved) = (throttle.service.limit, throttle.service.reserved);
    faults.rule(reserved <= limit, || {
        format!("suite.throttle.service.reserved is {reserved}; at most its limit, {limit}")
    });
    faults.rule(
        limit <= throttle.most && throttle.shared <= throttle.most,
        || {
            format!(
                "suite.throttle: limit {limit} and shared {} are at most \"most\", {}",
                throttle.shared, throttle.most
            )
        },
    );
}

pub(super) fn admin(faults: &mut Faults, name: &str, admin: &str, prefix: &str) {
    if admin != "none" && admin != "owner" {
        faults.address(
            &format!("{name} (or \"none\", or \"owner\")"),
            admin,
            prefix,
        );
    }
}

fn assets(faults: &mut Faults, config: &Config) {
    let suite = &config.suite;
    for (index, asset) in config.assets.iter().enumerate() {
        let id = &asset.id;
        let name = format!("asset {id}");
        let good = (2..=16).contains(&id.len())
            && id.starts_with(|c: char| c.is_ascii_lowercase())
            && id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        faults.rule(good, || {
            format!("{name}: an id is 2 to 16 of a-z 0-9 -, a letter first")
        });
        faults.rule(
            config
                .assets
                .iter()
                .take(index)
                .all(|other| other.id != *id),
            || format!("{name}: the id is there twice"),
        );
        faults.rule(!asset.weight.is_zero(), || {
            format!("{name}: weight is 0; above 0, at most 1")
        });
        faults.fraction(&format!("{name}: weight"), asset.weight);
        faults.rule(!asset.minimum.is_zero(), || {
            format!("{name}: minimum is 0; at least 1")
        });
        match &asset.kind {
            Kind::Cw20 { address } => {
                faults.address(&format!("{name}: address"), address, &config.host.prefix)
            }
            Kind::Staked {
                unbonding_time,
                batch_epochs,
                ..
            } => {
                let batches = Epochs::new(
                    Timestamp::default(),
                    suite.epoch_length,
                    suite.unbonding_period,
                )
                .and_then(|epochs| epochs.check_batches(*unbonding_time, *batch_epochs));
                if let Err(error) = batches {
                    faults.0.push(format!(
                        "{name}: {error}; unbonding_time and one batch fit into the unbonding period, six batches are at least unbonding_time"
                    ));
                }
            }
            Kind::Native { .. } => {}
        }
        if let RateSource::Provider { contract, .. } = &asset.rate {
            faults.address(
                &format!("{name}: rate provider"),
                contract,
                &config.host.prefix,
            );
        }
    }
    let staked = config.assets.iter().filter(|asset| asset.staked()).count();
    faults.rule(staked <= 1, || {
        format!("{staked} assets are staked natively; one at most")
    });
}
