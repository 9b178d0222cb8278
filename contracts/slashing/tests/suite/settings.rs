//! What a service's admin changes: settings one unbonding period ahead, its end, its successor.

use cosmwasm_std::Decimal;
use palisade_ibc::DOWNTIME;
use palisade_slashing::ContractError;
use palisade_types::allocation::ExecuteMsg as Allocation;
use palisade_types::asset::{Destination, Redirection};
use palisade_types::slashing::*;

use crate::allocation::UNBONDING;
use crate::asks::*;
use crate::story::*;

const STOPPED: &str = "the service was stopped before the infraction";

fn younger(evidence_age: u64) -> ServiceSettings {
    ServiceSettings {
        evidence_age,
        ..settings()
    }
}

/// A downtime of that age, reported now.
fn report_aged(suite: &mut Suite, height: u64, age: u64) -> palisade_ibc::SlashAck {
    let mut slash = suite.slash_for("alice", DOWNTIME, height);
    slash.time = suite.now().minus_seconds(age);
    suite.report(&slash)
}

#[test]
fn settings_change_one_unbonding_period_ahead() {
    let mut suite = Suite::with_operators();
    let at = suite.now().plus_seconds(UNBONDING);
    let response = suite.update_service(younger(50_000)).unwrap();
    assert_eq!(
        attribute(&response, "update_service", "at"),
        [at.to_string()]
    );
    let service = suite.service(CHAIN);
    assert_eq!(service.settings, settings());
    assert_eq!(service.pending, Some((younger(50_000), at)));
    suite.net.advance(UNBONDING - 1);
    assert_eq!(suite.service(CHAIN).settings, settings());
    assert_eq!(report_aged(&mut suite, 1, 50_001), executed(1));
    suite.net.advance(1);
    let service = suite.service(CHAIN);
    assert_eq!((service.settings, service.pending), (younger(50_000), None));
    assert_eq!(
        report_aged(&mut suite, 2, 50_001),
        refused("the infraction is older than the 50000 seconds of the service")
    );
    assert_eq!(report_aged(&mut suite, 3, 50_000), executed(2));
    // A message that writes the service down does not lose what took effect in between.
    let renew = ExecuteMsg::RenewNonces { service: CHAIN };
    suite.run("owner", &renew).unwrap();
    assert_eq!(suite.service(CHAIN).settings, younger(50_000));
}

#[test]
fn a_change_on_its_way_is_replaced_or_dropped() {
    let mut suite = Suite::with_operators();
    let cancel = ExecuteMsg::CancelUpdate { service: CHAIN };
    let none = ContractError::NothingPending { service: CHAIN };
    assert_eq!(error(suite.run("admin", &cancel)), none);
    suite.update_service(younger(50_000)).unwrap();
    suite.net.advance(UNBONDING - 1);
    suite.update_service(younger(60_000)).unwrap();
    let at = suite.now().plus_seconds(UNBONDING);
    suite.net.advance(1);
    let service = suite.service(CHAIN);
    assert_eq!(service.settings, settings());
    assert_eq!(service.pending, Some((younger(60_000), at)));
    suite.run("admin", &cancel).unwrap();
    suite.net.advance(UNBONDING);
    let service = suite.service(CHAIN);
    assert_eq!((service.settings, service.pending), (settings(), None));
    // One that took effect cannot be dropped.
    suite.update_service(younger(50_000)).unwrap();
    suite.net.advance(UNBONDING);
    assert_eq!(error(suite.run("admin", &cancel)), none);
    assert_eq!(suite.service(CHAIN).settings, younger(50_000));
}

#[test]
fn only_the_admin_changes_a_service_and_hands_it_on() {
    let mut suite = Suite::with_operators();
    let messages = |service| {
        [
            ExecuteMsg::UpdateService {
                service,
                settings: younger(1),
            },
            ExecuteMsg::CancelUpdate { service },
            ExecuteMsg::StopService { service },
            ExecuteMsg::SetServiceAdmin {
                service,
                admin: "anything".into(),
            },
            ExecuteMsg::RedirectProceeds {
                service,
                asset: "atom".into(),
                from: send("former"),
            },
        ]
    };
    let before = (suite.service(CHAIN), suite.log());
    for (sender, msg) in ["owner", "guardian", "resolver", "slasher", "alice"]
        .into_iter()
        .flat_map(|sender| messages(CHAIN).map(|msg| (sender, msg)))
    {
        let expected = ContractError::NotAdmin {
            service: CHAIN,
            sender: suite.account(sender),
        };
        assert_eq!(error(suite.run(sender, &msg)), expected);
    }
    for msg in messages(9) {
        let unknown = ContractError::UnknownService { service: 9 };
        assert_eq!(error(suite.run("admin", &msg)), unknown);
    }
    let [_, _, _, invalid, _] = messages(CHAIN);
    assert!(matches!(
        error(suite.run("admin", &invalid)),
        ContractError::Std(_)
    ));
    assert_eq!((suite.service(CHAIN), suite.log()), before);

    let hand_on = ExecuteMsg::SetServiceAdmin {
        service: CHAIN,
        admin: suite.account("heir").to_string(),
    };
    suite.run("admin", &hand_on).unwrap();
    assert_eq!(suite.service(CHAIN).admin, suite.account("heir"));
    let [update, ..] = messages(CHAIN);
    let sender = suite.account("admin");
    assert_eq!(
        error(suite.run("admin", &update)),
        ContractError::NotAdmin {
            service: CHAIN,
            sender
        }
    );
    suite.run("heir", &update).unwrap();
}

/// Each is refused when a service registers, and when it changes.
#[test]
fn settings_are_checked_at_registration_and_at_every_change() {
    let mut suite = Suite::new();
    let resolver = suite.account("resolver").to_string();
    let dispute = |window| {
        let resolver = resolver.clone();
        Some(Dispute { resolver, window })
    };
    let timing = |evidence_age, window, max| ContractError::TimingRule {
        evidence_age,
        window,
        max,
    };
    let disputed = |evidence_age, window| ServiceSettings {
        evidence_age,
        dispute: dispute(window),
        ..settings()
    };
    let to = |recipient: &cosmwasm_std::Addr| ServiceSettings {
        proceeds: Proceeds::Send {
            recipient: recipient.to_string(),
        },
        ..settings()
    };
    let split = |burned| ServiceSettings {
        proceeds: Proceeds::Split {
            recipient: resolver.clone(),
            burned,
        },
        ..settings()
    };
    let chain_id = |chain_id: &str| ServiceSettings {
        chain_id: Some(chain_id.into()),
        ..settings()
    };
    let eleventh = Decimal::percent(10) + Decimal::raw(1);
    let burned = |given| ContractError::Burned { given };
    let delegation = suite.account("deployer"); // Who stands for it.
    let mut cases = vec![
        // 100,000 of unbonding less 10,000 of bouncing and 10,000 for executing.
        (younger(0), timing(0, 0, 80_000)),
        (younger(80_001), timing(80_001, 0, 80_000)),
        (disputed(75_000, 5_001), timing(75_000, 5_001, 74_999)),
        (disputed(1, 80_000), timing(1, 80_000, 0)),
        (disputed(1, u64::MAX), timing(1, u64::MAX, 0)),
        (disputed(80_000, 0), ContractError::NoWindow),
        (
            ServiceSettings {
                bounty: eleventh,
                ..settings()
            },
            ContractError::Bounty {
                given: eleventh,
                max: Decimal::percent(10),
            },
        ),
        (split(Decimal::zero()), burned(Decimal::zero())),
        (split(Decimal::one()), burned(Decimal::one())),
        (split(Decimal::MAX), burned(Decimal::MAX)),
        // No votes of a service without keys can be anybody's.
        (chain_id("consumer-1"), ContractError::NotProvable),
    ];
    let vault = crate::allocation::vault();
    let (slashing, allocation) = (suite.slashing.clone(), suite.allocation.clone());
    for recipient in [slashing, allocation, delegation, vault] {
        let refusal = ContractError::Recipient {
            recipient: recipient.clone(),
        };
        cases.push((to(&recipient), refusal));
    }
    for (settings, expected) in cases {
        let registered = suite.register(service_with(settings.clone()));
        assert_eq!(error(registered), expected);
        assert_eq!(error(suite.update_service(settings)), expected);
    }
    let nobody = cosmwasm_std::Addr::unchecked("nobody");
    let stranger = ServiceSettings {
        dispute: Some(Dispute {
            resolver: nobody.to_string(),
            window: 1,
        }),
        evidence_age: 1,
        ..settings()
    };
    for settings in [to(&nobody), stranger] {
        let registered = suite.register(service_with(settings.clone()));
        assert!(matches!(error(registered), ContractError::Std(_)));
        let updated = suite.update_service(settings);
        assert!(matches!(error(updated), ContractError::Std(_)));
    }
    assert_eq!(suite.service(CHAIN).pending, None);
    // The most that is allowed.
    let most = ServiceSettings {
        bounty: Decimal::percent(10),
        dispute: dispute(5_000),
        ..split(Decimal::one() - Decimal::raw(1))
    };
    let most = ServiceSettings {
        evidence_age: 75_000,
        ..most
    };
    suite.register(service_with(most.clone())).unwrap();
    assert_eq!(suite.service(3).settings, most);
    suite.update_service(most).unwrap();
}

#[test]
fn a_chain_id_is_for_ibc_services_with_keys() {
    let mut suite = Suite::bare();
    let slasher = suite.account("slasher").to_string();
    let keyed = |source, chain_id: &str| {
        let mut new = new_service(source);
        new.terms.keyed = true;
        new.settings.chain_id = Some(chain_id.into());
        new
    };
    let local = keyed(Source::Local { slasher }, "consumer-1");
    assert_eq!(error(suite.register(local)), ContractError::NotProvable);
    for given in [0, 51] {
        let new = keyed(Source::Ibc {}, &"c".repeat(given));
        assert_eq!(
            error(suite.register(new)),
            ContractError::ChainId { given, max: 50 }
        );
    }
    let new = keyed(Source::Ibc {}, &"c".repeat(50));
    suite.register(new.clone()).unwrap();
    assert_eq!(suite.service(1).settings, new.settings);
    // It may be dropped, and another be named.
    suite.update_service(settings()).unwrap();
    suite
        .update_service(keyed(Source::Ibc {}, "consumer-2").settings)
        .unwrap();
}

#[test]
fn proceeds_go_where_they_go_when_the_request_is_executed() {
    let mut suite = Suite::with_operators();
    let treasury = suite.account("treasury");
    suite
        .update_service(ServiceSettings {
            proceeds: Proceeds::Send {
                recipient: treasury.to_string(),
            },
            ..settings()
        })
        .unwrap();
    suite.net.advance(UNBONDING - 100);
    assert_eq!(report_aged(&mut suite, 1, 10), executed(1));
    assert_eq!(suite.payees(), [payee(CHAIN, Destination::Burn {}, 1_000)]);
    suite.pause(Action::Executions, 100);
    assert_eq!(report_aged(&mut suite, 2, 10), accepted(2));
    suite.net.advance(100);
    suite.execute(CHAIN, 2).unwrap();
    assert_eq!(suite.payees(), [payee(CHAIN, send(&treasury), 1_000)]);
}

#[test]
fn proceeds_of_a_former_recipient_are_redirected() {
    let mut suite = Suite::new();
    let [former, present] = ["former", "present"].map(|name| suite.account(name));
    let redirect = |from: Destination| ExecuteMsg::RedirectProceeds {
        service: CHAIN,
        asset: "atom".into(),
        from,
    };
    let redirected = |from, to| {
        Allocation::Redirect(Redirection {
            asset: "atom".into(),
            account: CHAIN,
            from,
            to,
        })
    };
    let in_use = ContractError::InUse { service: CHAIN };
    // Proceeds are burned: what is to be burned stays so, what was to go to somebody can be.
    let burn = Destination::Burn {};
    assert_eq!(error(suite.run("admin", &redirect(burn.clone()))), in_use);
    suite.run("admin", &redirect(send(&former))).unwrap();
    assert_eq!(suite.log(), [redirected(send(&former), burn.clone())]);
    // Split: neither the burned share nor the present recipient's.
    let recipient = present.to_string();
    let split = Proceeds::Split {
        recipient: recipient.clone(),
        burned: Decimal::percent(1),
    };
    for proceeds in [split, Proceeds::Send { recipient }] {
        let burns = matches!(proceeds, Proceeds::Split { .. });
        suite
            .update_service(ServiceSettings {
                proceeds,
                ..settings()
            })
            .unwrap();
        suite.net.advance(UNBONDING);
        assert_eq!(error(suite.run("admin", &redirect(send(&present)))), in_use);
        let logged = suite.log().len();
        if burns {
            assert_eq!(error(suite.run("admin", &redirect(burn.clone()))), in_use);
            assert_eq!(suite.log().len(), logged);
        } else {
            // A burn that nobody can carry out goes where all goes now.
            suite.run("admin", &redirect(burn.clone())).unwrap();
            assert_eq!(
                suite.log().pop(),
                Some(redirected(burn.clone(), send(&present)))
            );
        }
        let response = suite.run("admin", &redirect(send(&former))).unwrap();
        assert_eq!(
            suite.log().pop(),
            Some(redirected(send(&former), send(&present)))
        );
        let told = attribute(&response, "redirect_proceeds", "to");
        assert_eq!(told, [present.to_string()]);
    }
}

#[test]
fn a_stopped_service_punishes_what_was_before() {
    let mut suite = Suite::with_operators();
    let stopped_at = suite.now();
    suite.stop().unwrap();
    assert_eq!(suite.service(CHAIN).stopped_at, Some(stopped_at));
    assert_eq!(suite.log(), [Allocation::StopService { service: CHAIN }]);
    assert_eq!(
        error(suite.stop()),
        ContractError::ServiceStopped {
            service: CHAIN,
            at: stopped_at
        }
    );
    suite.net.advance(1_000);
    assert_eq!(report_aged(&mut suite, 1, 1_001), executed(1));
    assert_eq!(report_aged(&mut suite, 2, 1_000), executed(2));
    let mut after = suite.slash_for("alice", DOWNTIME, 3);
    after.time = stopped_at.plus_nanos(1);
    assert_eq!(suite.report(&after), refused(STOPPED));
    assert_eq!(
        suite.nonce(after.nonce.u64()),
        Some(NonceResponse::Rejected {
            reason: STOPPED.into()
        })
    );
    // Its powers are still told down, and its outcomes told.
    suite.power("alice", 0);
    suite.sync(CHAIN).unwrap();
    suite.net.relay_all().unwrap();
    assert_eq!(suite.known("alice"), Some(0));
    // Others go on.
    assert_eq!(suite.service(LOCAL).stopped_at, None);
    suite.power("carol", 500);
    suite.sync(LOCAL).unwrap();
    let slash = suite.slash("carol");
    assert_eq!(suite.slash_locally(&slash), executed(1));
}
