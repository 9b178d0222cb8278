//! What can be wrong with a config beside its form. All of it is told at once, each with what is allowed.

use cosmwasm_std::{Decimal, Timestamp};
use palisade_math::Epochs;
use palisade_types::asset::RateSource;
use palisade_types::delegation::MIN_REWARD_PERIOD;
use palisade_types::slashing::{Proceeds, MAX_BOUNTY_PERCENT};

use super::{Chain, Config, Consumer, Kind, Operator};
use crate::artifacts;

struct Faults(Vec<String>);

impl Faults {
    /// Notes a fault unless the rule holds.
    fn rule(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }

    fn within(&mut self, name: &str, given: u64, least: u64, most: u64) {
        self.rule((least..=most).contains(&given), || {
            format!("{name} is {given} s; allowed are {least} to {most} s")
        });
    }

    fn fraction(&mut self, name: &str, given: Decimal) {
        self.rule(given <= Decimal::one(), || {
            format!("{name} is {given}; allowed is 0 to 1")
        });
    }

    fn address(&mut self, name: &str, address: &str, prefix: &str) {
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
        self::consumer(&mut faults, config, name, consumer);
    }
    for (name, operator) in &config.operators {
        self::operator(&mut faults, config, name, operator);
    }
    if let Some(relayer) = &config.relayer {
        faults.rule(relayer.config.is_file(), || {
            format!(
                "relayer.config: there is no file {}",
                relayer.config.display()
            )
        });
    }
    faults.0.extend(artifacts::faults(&config.suite.artifacts));
    faults.0
}

fn chain(faults: &mut Faults, name: &str, chain: &Chain) {
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

fn admin(faults: &mut Faults, name: &str, admin: &str, prefix: &str) {
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

fn consumer(faults: &mut Faults, config: &Config, name: &str, consumer: &Consumer) {
    let at = format!("consumers.{name}");
    chain(faults, &format!("{at}.chain"), &consumer.chain);
    let gateway = &consumer.gateway;
    let prefix = consumer.chain.prefix.as_str();
    for (field, address) in [("owner", &gateway.owner), ("guardian", &gateway.guardian)] {
        if let Some(address) = address {
            faults.address(&format!("{at}.gateway.{field}"), address, prefix);
        }
    }
    for reporter in &gateway.reporters {
        faults.address(&format!("{at}.gateway.reporters"), reporter, prefix);
    }
    admin(
        faults,
        &format!("{at}.gateway.admin"),
        &gateway.admin,
        prefix,
    );
    faults.within(
        &format!("{at}.gateway.packet_timeout"),
        gateway.packet_timeout,
        60,
        604_800,
    );
    let settings = &consumer.service.settings;
    faults.within(
        &format!("{at}.gateway.history"),
        gateway.history,
        settings.evidence_age,
        315_360_000,
    );
    let suite = &config.suite;
    let window = settings
        .dispute
        .as_ref()
        .map_or(0, |dispute| dispute.window);
    let sum = [
        settings.evidence_age,
        suite.bounce_max,
        window,
        suite.execution_grace,
    ]
    .iter()
    .fold(0_u64, |sum, part| sum.saturating_add(*part));
    faults.rule(settings.evidence_age > 0 && sum <= suite.unbonding_period, || {
        format!(
            "{at}.service: evidence_age {} + bounce_max {} + window {window} + execution_grace {} = {sum} s; at most the unbonding period, {} s",
            settings.evidence_age, suite.bounce_max, suite.execution_grace, suite.unbonding_period
        )
    });
    let host = config.host.prefix.as_str();
    if let Some(dispute) = &settings.dispute {
        faults.address(&format!("{at}.service: resolver"), &dispute.resolver, host);
        faults.rule(dispute.window > 0, || {
            format!("{at}.service: window is 0 s; at least 1")
        });
    }
    if let Proceeds::Send { recipient } | Proceeds::Split { recipient, .. } = &settings.proceeds {
        faults.address(&format!("{at}.service: recipient"), recipient, host);
    }
    let most = Decimal::percent(MAX_BOUNTY_PERCENT);
    faults.rule(settings.bounty <= most, || {
        format!(
            "{at}.service: bounty is {}; at most {most}",
            settings.bounty
        )
    });
    let terms = &consumer.service.terms;
    for (field, share) in [
        ("max_slash", terms.max_slash),
        ("max_share", terms.max_share),
    ] {
        faults.rule(!share.is_zero() && share <= Decimal::one(), || {
            format!("{at}.service.terms.{field} is {share}; above 0, at most 1")
        });
    }
    faults.rule((1..=200).contains(&terms.max_operators), || {
        format!(
            "{at}.service.terms.max_operators is {}; 1 to 200",
            terms.max_operators
        )
    });
    for asset in &terms.assets {
        known_asset(faults, config, &format!("{at}.service.terms.assets"), asset);
    }
    for penalty in &consumer.service.penalties {
        faults.rule(penalty.fraction <= terms.max_slash, || {
            format!(
                "{at}.service: the penalty for {} is {}; at most max_slash, {}",
                penalty.kind, penalty.fraction, terms.max_slash
            )
        });
    }
}

fn operator(faults: &mut Faults, config: &Config, name: &str, operator: &Operator) {
    let at = format!("operators.{name}");
    let commission = &operator.commission;
    faults.fraction(&format!("{at}.commission.max_rate"), commission.max_rate);
    faults.rule(
        commission.rate <= commission.max_rate
            && commission.max_daily_change <= commission.max_rate,
        || {
            format!(
                "{at}.commission: rate {} and max_daily_change {} are at most max_rate, {}",
                commission.rate, commission.max_daily_change, commission.max_rate
            )
        },
    );
    let shares = [
        ("first_loss", operator.first_loss),
        ("commitment_cap", operator.commitment_cap),
    ];
    for (field, share) in shares {
        faults.fraction(&format!("{at}.{field}"), share.unwrap_or_default());
    }
    for asset in operator.deposits.keys() {
        known_asset(faults, config, &format!("{at}.deposits"), asset);
    }
    faults.rule(
        operator.validator.is_none() || config.staked_asset().is_some(),
        || format!("{at}.validator: no asset is of kind staked"),
    );
    for (consumer, promise) in &operator.opt_in {
        let at = format!("{at}.opt_in.{consumer}");
        let Some(service) = config
            .consumers
            .get(consumer)
            .map(|consumer| &consumer.service)
        else {
            faults
                .0
                .push(format!("{at}: there is no consumer {consumer}"));
            continue;
        };
        faults.rule(!promise.slices.is_empty(), || {
            format!("{at}.slices is empty; at least one")
        });
        for (asset, share) in &promise.slices {
            faults.rule(service.terms.assets.contains(asset), || {
                format!(
                    "{at}.slices: {asset} is none of the service's assets, {}",
                    service.terms.assets.join(", ")
                )
            });
            faults.rule(
                !share.is_zero() && *share <= service.terms.max_slash,
                || {
                    format!(
                        "{at}.slices: {asset} is {share}; above 0, at most max_slash, {}",
                        service.terms.max_slash
                    )
                },
            );
        }
    }
}

fn known_asset(faults: &mut Faults, config: &Config, name: &str, asset: &str) {
    faults.rule(config.assets.iter().any(|known| known.id == asset), || {
        let known: Vec<&str> = config
            .assets
            .iter()
            .map(|known| known.id.as_str())
            .collect();
        format!(
            "{name}: {asset} is none of the config's assets, {}",
            known.join(", ")
        )
    });
}
