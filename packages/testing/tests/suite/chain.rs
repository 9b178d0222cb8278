//! One chain on its own: time, accounts, contracts, coins.

use cosmwasm_std::{coin, coins, to_json_binary, BankMsg, StdError, Uint128};
use cw20::Cw20ExecuteMsg;
use ed25519_zebra::{SigningKey, VerificationKey};
use palisade_testing::{HarnessError, Network, Side};

use crate::pinger::{Config, ExecuteMsg};
use crate::setup::Suite;

#[test]
fn clocks_run_independently() {
    let mut net = Network::new();
    let (host, consumer) = (net.host.block(), net.consumer.block());
    assert_eq!((host.chain_id.as_str(), host.height), ("host-1", 1_000));
    assert_eq!(
        (consumer.chain_id.as_str(), consumer.height),
        ("consumer-1", 500)
    );
    assert_eq!(host.time, consumer.time);
    net.host.advance(60);
    assert_eq!(net.host.block().height, 1_012);
    assert_eq!(net.host.time(), host.time.plus_seconds(60));
    assert_eq!(net.consumer.time(), host.time);
    net.consumer.next_block();
    assert_eq!(net.consumer.block().height, 501);
    net.advance(1);
    assert_eq!(net.host.time(), host.time.plus_seconds(61));
    assert_eq!(net.consumer.time(), host.time.plus_seconds(6));
    net.host.advance_to(1, host.time);
    assert_eq!(net.host.block().height, 1_013);
}

#[test]
fn each_chain_has_its_own_addresses() {
    let net = Network::new();
    let (host, consumer) = (net.host.account("alice"), net.consumer.account("alice"));
    assert!(host.as_str().starts_with("host1"));
    assert!(consumer.as_str().starts_with("consumer1"));
    let validate = |address: &str| {
        use cosmwasm_std::Api;
        net.host.app.api().addr_validate(address)
    };
    assert_eq!(validate(host.as_str()).unwrap(), host);
    validate(consumer.as_str()).unwrap_err();
}

#[test]
fn a_panic_is_an_error_and_leaves_no_trace() {
    let mut suite = Suite::new();
    let err = suite.call(Side::Host, &ExecuteMsg::Panic).unwrap_err();
    assert!(matches!(err, HarnessError::Panicked { message } if message == "told to panic"));
    // In a submessage it is an error that the caller may catch, as an error of the VM is.
    suite.call(Side::Host, &ExecuteMsg::CatchPanic).unwrap();
    assert_eq!(suite.log(Side::Host), ["caught"]);
}

#[test]
fn signatures_are_verified() {
    let mut suite = Suite::new();
    let key = SigningKey::from([7; 32]);
    let signature: [u8; 64] = key.sign(b"message").into();
    let public: [u8; 32] = VerificationKey::from(&key).into();
    for message in [b"message", b"massage"] {
        let verify = ExecuteMsg::Verify {
            message: message.into(),
            signature: signature.into(),
            key: public.into(),
        };
        suite.call(Side::Host, &verify).unwrap();
    }
    assert_eq!(suite.log(Side::Host), ["verified true", "verified false"]);
}

#[test]
fn native_coins() {
    let mut net = Network::new();
    let (alice, bob) = (net.host.account("alice"), net.host.account("bob"));
    net.host.mint(&alice, 10, "uatom").unwrap();
    net.host.send(&alice, &bob, &coins(4, "uatom")).unwrap();
    assert_eq!(net.host.balance(&alice, "uatom").unwrap(), 6);
    assert_eq!(net.host.supply("uatom").unwrap(), Uint128::new(10));
    let err = net
        .host
        .send(&alice, &bob, &[coin(7, "uatom")])
        .unwrap_err();
    assert!(matches!(err, HarnessError::Refused(_)));
    let burn = |amount| BankMsg::Burn {
        amount: coins(amount, "uatom"),
    };
    let both = vec![burn(1).into(), burn(99).into()];
    net.host.submit_all(&alice, both).unwrap_err();
    assert_eq!(net.host.balance(&alice, "uatom").unwrap(), 6);
    let consumers = net.consumer.account("alice");
    assert!(matches!(
        net.host.balance(&consumers, "uatom"),
        Err(HarnessError::Query(_))
    ));
}

#[test]
fn cw20_tokens() {
    let mut net = Network::new();
    let (alice, bob) = (net.host.account("alice"), net.host.account("bob"));
    let host = &mut net.host;
    let gold = host
        .create_cw20("GOLD", &[(&alice, 100)], Some(&bob))
        .unwrap();
    let iron = host.create_cw20("IRON", &[], None).unwrap();
    assert_ne!(gold, iron);
    host.cw20_transfer(&gold, &alice, &bob, 30).unwrap();
    host.cw20_mint(&gold, &bob, &alice, 5).unwrap();
    host.cw20_allow(&gold, &alice, &bob, 10).unwrap();
    let take = Cw20ExecuteMsg::TransferFrom {
        owner: alice.to_string(),
        recipient: bob.to_string(),
        amount: Uint128::new(10),
    };
    host.execute(&bob, &gold, &take, &[]).unwrap();
    assert_eq!(host.cw20_balance(&gold, &alice).unwrap(), 65);
    assert_eq!(host.cw20_balance(&gold, &bob).unwrap(), 40);
    assert_eq!(host.cw20_balance(&iron, &bob).unwrap(), 0);

    // The pinger has no `receive`, so what is sent to it does not arrive.
    let mut suite = Suite::new();
    let alice = suite.net.host.account("alice");
    let pinger = suite.host.clone();
    let host = &mut suite.net.host;
    let gold = host.create_cw20("GOLD", &[(&alice, 100)], None).unwrap();
    let msg = to_json_binary("x").unwrap();
    host.cw20_send(&gold, &alice, &pinger, 1, msg).unwrap_err();
    let err = host.cw20_mint(&gold, &alice, &alice, 1).unwrap_err();
    let error = err.contract_error::<cw20_base::ContractError>();
    assert_eq!(error, Some(&cw20_base::ContractError::Unauthorized {}));
}

#[test]
fn contracts_are_migrated_by_their_admin() {
    let mut net = Network::new();
    let (admin, other) = (net.host.account("admin"), net.host.account("other"));
    let migratable = || {
        crate::pinger::contract().with_migrate_info(|deps, _, (), info| {
            let told = format!("{} from {:?}", info.sender, info.old_migrate_version);
            deps.storage.set(b"told", told.as_bytes());
            Ok::<_, StdError>(cosmwasm_std::Response::new())
        })
    };
    let host = &mut net.host;
    let (old, new) = (host.store(migratable()), host.store(migratable()));
    let config = Config::default();
    let contract = host
        .instantiate_with(old, &admin, &config, &[], "pinger", Some(&admin))
        .unwrap();
    host.migrate(&other, &contract, new, &()).unwrap_err();
    host.migrate(&admin, &contract, new, &()).unwrap();
    let told = host.app.contract_storage(&contract).get(b"told").unwrap();
    assert_eq!(
        String::from_utf8(told).unwrap(),
        format!("{admin} from Some({old})")
    );
}

#[test]
fn a_contract_keeps_its_own_sudo() {
    let mut net = Network::new();
    let user = net.host.account("user");
    let contract = crate::pinger::contract().with_sudo(|_, _, word: String| {
        Err::<cosmwasm_std::Response, _>(StdError::generic_err(word))
    });
    let code = net.host.store(contract);
    let config = Config::default();
    let contract = net
        .host
        .instantiate(code, &user, &config, "pinger")
        .unwrap();
    let err = net.host.sudo(&contract, &"heard").unwrap_err();
    let heard = StdError::generic_err("heard");
    assert_eq!(err.contract_error::<StdError>(), Some(&heard));
}

#[test]
fn unknown_chains_and_missing_connections_are_errors() {
    let mut net = Network::new();
    assert!(matches!(
        net.chain(Side::Extra(0)),
        Err(HarnessError::UnknownChain { .. })
    ));
    let third = net.add_chain("third-1", "third");
    assert_eq!(net.sides(), [Side::Host, Side::Consumer, third]);
    let err = net.connection(Side::Host, third).unwrap_err();
    assert!(matches!(err, HarnessError::NotConnected { .. }));
    let (host, there) = net.connect(Side::Host, third).unwrap();
    assert_eq!(net.connection(Side::Host, third).unwrap(), host);
    assert_eq!(net.connection(third, Side::Host).unwrap(), there);
    assert!(net.pending(Side::Extra(9)).is_empty());
    assert!(net.only_pending(Side::Host).is_err());
}
