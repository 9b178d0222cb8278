//! `deploy`: the suite on the host.

use anyhow::{bail, Result};
use cosmwasm_std::{instantiate2_address, CanonicalAddr};
use palisade_types::{allocation, delegation, slashing, vault};
use serde::Serialize;

use crate::assets;
use crate::chain::{Chain, Contract};
use crate::compare::{self, Found};
use crate::quote::is_unknown;
use crate::session::Session;
use crate::tx::{Instance, Tx};

/// A contract to be there.
pub(crate) struct Wanted<'a> {
    /// Its name in the state, and in salt and label.
    pub(crate) name: &'a str,
    /// Its code's.
    pub(crate) code: &'a str,
    /// An address, "owner", or "none".
    pub(crate) admin: &'a str,
    pub(crate) owner: &'a str,
    /// Where the state keeps its address.
    pub(crate) place: &'a str,
    /// The address in the state.
    pub(crate) known: Option<String>,
}

/// Deploys, connects, registers the assets.
pub(crate) fn run(session: &mut Session<'_>) -> Result<()> {
    let owner = session.owner()?;
    let guardian = session.config.suite.guardian.clone();
    let suite = &session.config.suite;

    let msg = vault::InstantiateMsg {
        owner: owner.clone(),
        guardian: guardian.clone(),
    };
    let vault = contract(session, "vault", &owner, &msg)?;
    let msg = delegation::InstantiateMsg {
        owner: owner.clone(),
        guardian: guardian.clone(),
        vault: vault.clone(),
        epoch_length: suite.epoch_length,
        unbonding_period: suite.unbonding_period,
        reward_period: suite.reward_period,
    };
    let delegation = contract(session, "delegation", &owner, &msg)?;
    let msg = allocation::InstantiateMsg {
        owner: owner.clone(),
        guardian: guardian.clone(),
        delegation: delegation.clone(),
        allocation_delay: suite.allocation_delay,
        deallocation_delay: suite.deallocation_delay,
        max_lag: suite.max_lag,
    };
    let allocation = contract(session, "allocation", &owner, &msg)?;
    let msg = slashing::InstantiateMsg {
        owner: owner.clone(),
        guardian,
        allocation: allocation.clone(),
        packet_timeout: suite.packet_timeout,
        bounce_max: suite.bounce_max,
        execution_grace: suite.execution_grace,
        throttle: suite.throttle.clone(),
    };
    let slashing = contract(session, "slashing", &owner, &msg)?;

    let shown = connect(session, [&vault, &delegation, &allocation, &slashing])?;
    let shown = shown.saturating_add(assets::register(session, &vault)?);
    if shown > 0 {
        bail!(
            "the owner is {owner}, and `from` is another: the owner has to send the {shown} transactions above, then run `palisade deploy` again"
        );
    }
    shared(session, &allocation, &slashing)?;
    if !session.dry {
        session.say("deployed: vault, delegation, allocation, slashing");
    }
    Ok(())
}

fn contract(
    session: &mut Session<'_>,
    name: &str,
    owner: &str,
    msg: &impl Serialize,
) -> Result<String> {
    let host = session.host();
    let wanted = Wanted {
        name,
        code: name,
        admin: &session.config.suite.admin,
        owner,
        place: &format!("contracts.{name}"),
        known: session.store.state.contracts.get(name).cloned(),
    };
    let address = ensure(session, host, &wanted, msg)?;
    if !session.dry && session.store.state.contracts.get(name) != Some(&address) {
        session
            .store
            .state
            .contracts
            .insert(name.to_string(), address.clone());
        session.store.save()?;
    }
    Ok(address)
}

/// Finds a contract, or instantiates it. Its address follows from code, sender and salt, so that one that
/// a former run made is found without any record of it.
pub(crate) fn ensure(
    session: &mut Session<'_>,
    chain: Chain<'_>,
    wanted: &Wanted<'_>,
    msg: &impl Serialize,
) -> Result<String> {
    let (name, chain_id) = (wanted.name, &chain.settings.chain_id);
    let admin = match wanted.admin {
        "none" => None,
        "owner" => Some(wanted.owner),
        address => Some(address),
    };
    let same = |address: &str, contract: &Contract| {
        let found = Found {
            name,
            address,
            contract,
            admin,
        };
        compare::check(session, chain, &found, &serde_json::to_value(msg)?)
    };
    if let Some(address) = &wanted.known {
        let Some(contract) = chain.contract(address)? else {
            bail!("{name}: the state names {address}, and {chain_id} has no such contract: was the chain reset? Then move the state file away");
        };
        same(address, &contract)?;
        session.say(&format!("{name}: {address}"));
        return Ok(address.clone());
    }
    let salt = format!("{}/{name}", session.config.suite.name);
    let creator = session.key(chain, &chain.settings.from)?;
    let predicted = predict(session, chain, wanted.code, &creator, &salt)?;
    let step = format!("instantiate {name} {chain_id}");
    let found = if session.dry {
        None
    } else {
        chain.contract(&predicted)?
    };
    if let Some(contract) = found {
        same(&predicted, &contract)?;
        session.say(&format!("{name}: {predicted}, found on {chain_id}"));
        session.forget(&step)?;
        return Ok(predicted);
    }
    if !session.dry {
        let maker = (creator.as_str(), salt.as_str());
        compare::none_of_label(session, chain, maker, (&predicted, wanted.place))?;
    }
    let code = session.code(chain, wanted.code)?;
    let instance = Instance {
        code: &code,
        salt: &salt,
        label: &salt,
        admin,
    };
    session.say(&format!("# {name}: instantiate it on {chain_id}"));
    let tx = Tx::instantiate(&chain.settings.from, &instance, msg)?;
    if session.run(chain, &step, &tx)?.is_none() {
        return Ok(crate::quote::placeholder(name));
    }
    if chain.contract(&predicted)?.is_none() {
        bail!("{name}: it was instantiated, and is not at {predicted}, where it was expected");
    }
    session.say(&format!("{name}: {predicted}"));
    Ok(predicted)
}

fn predict(
    session: &Session<'_>,
    chain: Chain<'_>,
    code: &str,
    creator: &str,
    salt: &str,
) -> Result<String> {
    if is_unknown(creator) {
        return Ok(crate::quote::placeholder(code));
    }
    let (_, creator) = bech32::decode(creator)?;
    let creator = CanonicalAddr::from(creator);
    let checksum = session.artifact(code)?.checksum;
    let address = instantiate2_address(&checksum, &creator, salt.as_bytes())?;
    let prefix = bech32::Hrp::parse(&chain.settings.prefix)?;
    Ok(bech32::encode::<bech32::Bech32>(
        prefix,
        address.as_slice(),
    )?)
}

/// Tells each contract its right neighbour. The number of transactions that the owner has to send.
fn connect(
    session: &mut Session<'_>,
    [vault, delegation, allocation, slashing]: [&String; 4],
) -> Result<u32> {
    let host = session.host();
    let ask = !session.dry
        || ![vault, delegation, allocation]
            .iter()
            .any(|address| is_unknown(address));
    let mut known = [None, None, None];
    if ask {
        let vault: vault::ConfigResponse = host.ask(vault, &vault::QueryMsg::Config {})?;
        let delegation: delegation::ConfigResponse =
            host.ask(delegation, &delegation::QueryMsg::Config {})?;
        let allocation: allocation::ConfigResponse =
            host.ask(allocation, &allocation::QueryMsg::Config {})?;
        known = [vault.delegation, delegation.allocation, allocation.slashing];
    }
    let msgs = [
        serde_json::to_value(vault::ExecuteMsg::Connect {
            delegation: delegation.clone(),
        })?,
        serde_json::to_value(delegation::ExecuteMsg::Connect {
            allocation: allocation.clone(),
        })?,
        serde_json::to_value(allocation::ExecuteMsg::Connect {
            slashing: slashing.clone(),
        })?,
    ];
    let pairs = [
        ("vault", vault, delegation),
        ("delegation", delegation, allocation),
        ("allocation", allocation, slashing),
    ];
    let (owner, mut shown) = (session.owner()?, 0_u32);
    for ((known, msg), (name, left, right)) in known.into_iter().zip(msgs).zip(pairs) {
        let step = format!("connect {name}");
        match known {
            Some(found) if found.as_str() == right.as_str() => session.forget(&step)?,
            Some(found) => bail!(
                "{name} is connected to {found}, not to {right}: a contract is connected once"
            ),
            None => {
                session.say(&format!("# {name}: name its neighbour"));
                let tx = Tx::execute(&host.settings.from, left, &msg)?;
                if !session.owned(host, &owner, &step, &tx)? {
                    shown = shown.saturating_add(1);
                }
            }
        }
    }
    Ok(shown)
}

/// The shared bucket can be asked for once there is a service.
fn shared(session: &Session<'_>, allocation: &str, slashing: &str) -> Result<()> {
    if session.dry {
        return Ok(());
    }
    let host = session.host();
    let ask = allocation::QueryMsg::Services {
        start_after: None,
        limit: Some(1),
    };
    let services: Vec<allocation::ServiceResponse> = host.ask(allocation, &ask)?;
    let Some(service) = services.first().map(|service| service.service) else {
        return Ok(());
    };
    let found: slashing::ThrottleResponse =
        host.ask(slashing, &slashing::QueryMsg::Throttle { service })?;
    let (have, want) = (found.shared.capacity, session.config.suite.throttle.shared);
    if have != want {
        session.say(&format!("slashing: throttle.shared is {have}, the config says {want}: `set_shared_throttle` by the owner changes it"));
    }
    Ok(())
}
