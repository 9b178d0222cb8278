//! What can be wrong with consumers and operators.

use cosmwasm_std::Decimal;
use palisade_types::slashing::{Proceeds, MAX_BOUNTY_PERCENT};

use super::check::{admin, chain, Faults};
use super::{Config, Consumer, Operator, Service};

/// Of a consumer: its chain, gateway and service.
pub(super) fn consumer(faults: &mut Faults, config: &Config, name: &str, consumer: &Consumer) {
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
    self::settings(faults, config, &at, &consumer.service);
    self::terms(faults, config, &at, &consumer.service);
}

fn settings(faults: &mut Faults, config: &Config, at: &str, service: &Service) {
    let settings = &service.settings;
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
}

fn terms(faults: &mut Faults, config: &Config, at: &str, service: &Service) {
    let terms = &service.terms;
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
    for penalty in &service.penalties {
        faults.rule(penalty.fraction <= terms.max_slash, || {
            format!(
                "{at}.service: the penalty for {} is {}; at most max_slash, {}",
                penalty.kind, penalty.fraction, terms.max_slash
            )
        });
    }
}

/// Of an operator: its settings and promises.
pub(super) fn operator(faults: &mut Faults, config: &Config, name: &str, operator: &Operator) {
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
