//! The contract's birth, owner, guardian and version.

use palisade_admin::{AdminError, AdminMsg, GuardResponse};
use palisade_slashing::ContractError;
use palisade_types::slashing::*;

use crate::allocation::UNBONDING;
use crate::story::*;

#[test]
fn parameters_are_checked_at_birth() {
    let mut suite = Suite::bare();
    for packet_timeout in [59, 604_801] {
        let msg = InstantiateMsg {
            packet_timeout,
            ..suite.instantiate_msg()
        };
        assert_eq!(
            error(suite.instantiate(&msg)),
            ContractError::PacketTimeout {
                given: packet_timeout,
                min: 60,
                max: 604_800
            }
        );
    }
    for (bounce_max, execution_grace) in [(60_000, 40_000), (u64::MAX, 1), (UNBONDING, 0)] {
        let msg = InstantiateMsg {
            bounce_max,
            execution_grace,
            ..suite.instantiate_msg()
        };
        assert_eq!(
            error(suite.instantiate(&msg)),
            ContractError::Delays {
                bounce_max,
                execution_grace,
                unbonding_period: UNBONDING
            }
        );
    }
    let config: ConfigResponse = suite.query(&QueryMsg::Config {});
    assert_eq!(
        config,
        ConfigResponse {
            allocation: suite.allocation.clone(),
            packet_timeout: TIMEOUT,
            bounce_max: 10_000,
            execution_grace: 10_000,
            unbonding_period: UNBONDING,
            throttle_period: 10_000,
            throttle_most: 1_000_000u128.into(),
        }
    );
}

#[test]
fn ownership_moves_in_two_steps() {
    let mut suite = Suite::new();
    let transfer = cw_ownable::Action::TransferOwnership {
        new_owner: suite.account("heir").to_string(),
        expiry: None,
    };
    let stranger = suite.run("stranger", &ExecuteMsg::UpdateOwnership(transfer.clone()));
    assert!(matches!(error(stranger), ContractError::Ownership(_)));
    suite
        .run("owner", &ExecuteMsg::UpdateOwnership(transfer))
        .unwrap();
    let renew = ExecuteMsg::RenewNonces { service: CHAIN };
    assert!(matches!(
        error(suite.run("heir", &renew)),
        ContractError::Admin(AdminError::Ownership(_))
    ));
    let accept = ExecuteMsg::UpdateOwnership(cw_ownable::Action::AcceptOwnership);
    suite.run("heir", &accept).unwrap();
    suite.run("heir", &renew).unwrap();
    let owner: cw_ownable::Ownership<String> = suite.query(&QueryMsg::Ownership {});
    assert_eq!(owner.owner, Some(suite.account("heir").to_string()));
}

#[test]
fn a_pause_of_executions_ends_by_itself() {
    let mut suite = Suite::new();
    let pause = |seconds| {
        ExecuteMsg::Admin(AdminMsg::Pause {
            action: Action::Executions,
            seconds,
        })
    };
    assert!(matches!(
        error(suite.run("stranger", &pause(None))),
        ContractError::Admin(AdminError::NotGuardian { .. })
    ));
    // At most half of the time that a request has for its execution: 5,000 seconds here.
    for requested in [0, 5_001, EXECUTION_PAUSE_LIMIT] {
        assert_eq!(
            error(suite.run("guardian", &pause(Some(requested)))),
            ContractError::Admin(AdminError::PauseLength {
                action: "executions",
                limit: 5_000,
                requested
            })
        );
    }
    suite.run("guardian", &pause(None)).unwrap();
    let guard: GuardResponse = suite.query(&QueryMsg::Guard {});
    let until = suite.now().plus_seconds(5_000);
    assert_eq!(guard.pauses[0].until, Some(until));
    suite.net.advance(5_000);
    let guard: GuardResponse = suite.query(&QueryMsg::Guard {});
    assert_eq!(guard.pauses, []);
    // Open for as long as the longest pause before the next one.
    assert_eq!(
        error(suite.run("guardian", &pause(Some(1)))),
        ContractError::Admin(AdminError::PauseTooSoon {
            action: "executions",
            earliest: until.plus_seconds(EXECUTION_PAUSE_LIMIT)
        })
    );
    suite.net.advance(EXECUTION_PAUSE_LIMIT);
    suite.run("guardian", &pause(Some(5_000))).unwrap();
}

#[test]
fn without_a_grace_executions_cannot_be_paused() {
    let mut suite = Suite::bare();
    let msg = InstantiateMsg {
        execution_grace: 0,
        ..suite.instantiate_msg()
    };
    suite.slashing = suite.instantiate(&msg).unwrap();
    let pause = |action, seconds| ExecuteMsg::Admin(AdminMsg::Pause { action, seconds });
    for (seconds, requested) in [(None, 0), (Some(1), 1)] {
        assert_eq!(
            error(suite.run("guardian", &pause(Action::Executions, seconds))),
            ContractError::Admin(AdminError::PauseLength {
                action: "executions",
                limit: 0,
                requested
            })
        );
    }
    // Registrations have nothing to do with it.
    let registrations = pause(Action::Registrations, None);
    suite.run("guardian", &registrations).unwrap();
}

#[test]
fn migration_only_goes_forward() {
    let mut suite = Suite::bare();
    let code = suite.net.host.store(slashing());
    let deployer = suite.account("deployer");
    let slashing = suite.slashing.clone();
    let migrated = suite
        .net
        .host
        .migrate(&deployer, &slashing, code, &MigrateMsg {});
    assert!(matches!(
        error(migrated),
        ContractError::Admin(AdminError::NotNewer { .. })
    ));
}
