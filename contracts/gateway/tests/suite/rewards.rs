//! Rewards on their way to the host, over ICS-20, with a stand-in for its allocation contract.

use std::collections::BTreeMap;

use cosmwasm_schema::cw_serde;
use cosmwasm_std::*;
use cw_multi_test::AppResponse;
use cw_ownable::OwnershipError;
use cw_storage_plus::{Item, Map};
use cw_utils::PaymentError;
use palisade_admin::{AdminError, AdminMsg};
use palisade_gateway::ContractError;
use palisade_ibc::{RewardsMemo, TransferData};
use palisade_testing::{denom_of_path, Channel, Packet, Side, TestContract};
use palisade_types::gateway::{Action, ExecuteMsg, RewardsRoute};

use crate::ledger::{contract_error, Suite, TIMEOUT};

const REFUSES: Item<bool> = Item::new("refuses");
/// By service and denom.
const CREDITED: Map<(u32, &str), Uint128> = Map::new("credited");
const CALLS: Item<u32> = Item::new("calls");

#[cw_serde]
enum AllocationMsg {
    /// Whether to refuse what comes.
    Refuse(bool),
    /// How often it was called, refused calls aside, and what each service was credited with.
    Credited {},
}

type Credited = (u32, Vec<(u32, String, Uint128)>);

fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    REFUSES.save(deps.storage, &false)?;
    CALLS.save(deps.storage, &0)?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, _: Env, _: MessageInfo, msg: AllocationMsg) -> StdResult<Response> {
    if let AllocationMsg::Refuse(refuses) = msg {
        REFUSES.save(deps.storage, &refuses)?;
    }
    Ok(Response::new())
}

fn query(deps: Deps, _: Env, _: AllocationMsg) -> StdResult<Binary> {
    let credited: StdResult<Vec<_>> = CREDITED
        .range(deps.storage, None, None, Order::Ascending)
        .map(|item| item.map(|((service, denom), amount)| (service, denom, amount)))
        .collect();
    to_json_binary(&(CALLS.load(deps.storage)?, credited?))
}

fn arrived(deps: DepsMut, env: Env, msg: IbcDestinationCallbackMsg) -> StdResult<IbcBasicResponse> {
    if REFUSES.load(deps.storage)? {
        return Err(StdError::generic_err("the token is not named"));
    }
    let packet = msg.packet;
    let data: TransferData = from_json(&packet.data)?;
    let memo: RewardsMemo = from_json(data.memo.as_bytes())?;
    assert_eq!(data.receiver, env.contract.address.as_str());
    let denom = data.arrives_as(&packet.src, &packet.dest);
    let key = (memo.palisade.service, denom.as_str());
    let before = CREDITED.may_load(deps.storage, key)?.unwrap_or_default();
    CREDITED.save(deps.storage, key, &(before + data.amount))?;
    CALLS.update(deps.storage, |calls| StdResult::Ok(calls + 1))?;
    Ok(IbcBasicResponse::new())
}

struct Rewards {
    suite: Suite,
    allocation: Addr,
    transfer: Channel,
}

fn send(denom: &str) -> ExecuteMsg {
    ExecuteMsg::SendRewards {
        denom: denom.into(),
    }
}

impl Rewards {
    /// Without a route.
    fn new() -> Self {
        let mut suite = Suite::new();
        let transfer = suite.net.open_transfer_channel().unwrap();
        let contract =
            TestContract::new(execute, instantiate, query).with_destination_callback(arrived);
        let host = &mut suite.net.host;
        let (code, deployer) = (host.store(contract), host.account("deployer"));
        let allocation = host
            .instantiate(code, &deployer, &Empty {}, "allocation")
            .unwrap();
        Self {
            suite,
            allocation,
            transfer,
        }
    }

    /// To service 7.
    fn routed() -> Self {
        let mut rewards = Self::new();
        let route = rewards.route();
        let msg = ExecuteMsg::SetRewardsRoute(route);
        rewards.suite.execute("owner", &msg).unwrap();
        rewards
    }

    fn route(&self) -> RewardsRoute {
        RewardsRoute {
            channel_id: self.transfer.b.id.clone(),
            allocation: self.allocation.to_string(),
            service: 7,
        }
    }

    /// Somebody on the consumer rewards: a plain transfer to the gateway.
    fn pay(&mut self, amount: u128, denom: &str) {
        let (payer, gateway) = (self.suite.account("payer"), self.suite.gateway.clone());
        let consumer = &mut self.suite.net.consumer;
        consumer.mint(&payer, amount, denom).unwrap();
        let coins = [coin(amount, denom)];
        consumer.send(&payer, &gateway, &coins).unwrap();
    }

    fn send(&mut self, denom: &str) -> (AppResponse, Packet) {
        let response = self.suite.execute("anybody", &send(denom)).unwrap();
        let packet = self.suite.net.pending(Side::Consumer).pop().unwrap();
        (response, packet)
    }

    fn refuse(&mut self, refuses: bool) {
        let host = &mut self.suite.net.host;
        let user = host.account("user");
        let msg = AllocationMsg::Refuse(refuses);
        host.execute(&user, &self.allocation, &msg, &[]).unwrap();
    }

    /// The consumer's denom at the host.
    fn voucher(&self, denom: &str) -> String {
        denom_of_path(&format!("transfer/{}/{denom}", self.transfer.a.id))
    }

    /// At the gateway, in escrow at the consumer, and at the allocation contract: together all that
    /// was paid, once.
    fn where_is(&self, denom: &str) -> [u128; 3] {
        let net = &self.suite.net;
        let escrow = net.consumer.escrow(&self.transfer.b.id).unwrap();
        let voucher = self.voucher(denom);
        let there = net.host.balance(&self.allocation, &voucher).unwrap();
        assert_eq!(net.host.supply(&voucher).unwrap().u128(), there);
        [
            net.consumer.balance(&self.suite.gateway, denom).unwrap(),
            net.consumer.balance(&escrow, denom).unwrap(),
            there,
        ]
    }

    /// Calls that succeeded, and what was credited to service 7, by denom at the consumer.
    fn credited(&self, denoms: &[&str]) -> (u32, BTreeMap<String, u128>) {
        let host = &self.suite.net.host;
        let msg = AllocationMsg::Credited {};
        let (calls, credited): Credited = host.query(&self.allocation, &msg).unwrap();
        let of = |denom: &str| {
            let voucher = self.voucher(denom);
            let found = credited.iter().find(|(_, d, _)| *d == voucher);
            found.map(|(service, _, amount)| {
                assert_eq!(*service, 7);
                (denom.to_string(), amount.u128())
            })
        };
        let credits: BTreeMap<_, _> = denoms.iter().filter_map(|denom| of(denom)).collect();
        assert_eq!(credits.len(), credited.len());
        (calls, credits)
    }
}

fn credits<const N: usize>(list: [(&str, u128); N]) -> BTreeMap<String, u128> {
    list.map(|(denom, amount)| (denom.to_string(), amount))
        .into()
}

fn no_rewards(denom: &str) -> ContractError {
    ContractError::NoRewards {
        denom: denom.into(),
    }
}

#[test]
fn all_that_is_there_of_a_denom_goes_to_the_allocation_contract() {
    let mut rewards = Rewards::routed();
    assert_eq!(rewards.suite.config().rewards, Some(rewards.route()));
    rewards.pay(300, "ugold");
    rewards.pay(200, "ugold");
    rewards.pay(40, "usilver");
    assert_eq!(rewards.where_is("ugold"), [500, 0, 0]);

    let before = rewards.suite.dump();
    let (response, packet) = rewards.send("ugold");
    // No books: what is there is the balance.
    assert_eq!(rewards.suite.dump(), before);
    let route = rewards.route();
    let event = Event::new("wasm-rewards_sent")
        .add_attribute("_contract_address", &rewards.suite.gateway)
        .add_attribute("denom", "ugold")
        .add_attribute("amount", "500")
        .add_attribute("channel", &route.channel_id)
        .add_attribute("allocation", &route.allocation)
        .add_attribute("service", "7");
    assert!(response.has_event(&event), "{:?}", response.events);
    let data: TransferData = packet.json().unwrap();
    let memo = format!(
        r#"{{"dest_callback":{{"address":"{0}"}},"palisade":{{"service":7}}}}"#,
        rewards.allocation
    );
    let expected = TransferData {
        denom: "ugold".into(),
        amount: 500u128.into(),
        sender: rewards.suite.gateway.to_string(),
        receiver: rewards.allocation.to_string(),
        memo,
    };
    assert_eq!(data, expected);
    let sent = rewards.suite.net.consumer.sent_packets().pop().unwrap();
    let timeout = rewards.suite.now().plus_seconds(TIMEOUT);
    assert_eq!(sent.packet.timeout.timestamp(), Some(timeout));
    assert_eq!(rewards.where_is("ugold"), [0, 500, 0]);

    rewards.suite.net.relay_all().unwrap();
    assert_eq!(rewards.where_is("ugold"), [0, 500, 500]);
    assert_eq!(rewards.where_is("usilver"), [40, 0, 0]);
    let denoms = ["ugold", "usilver"];
    assert_eq!(rewards.credited(&denoms), (1, credits([("ugold", 500)])));

    // The other denom, and what came since.
    rewards.pay(1, "ugold");
    rewards.send("usilver");
    rewards.send("ugold");
    rewards.suite.net.relay_all().unwrap();
    assert_eq!(rewards.where_is("ugold"), [0, 501, 501]);
    assert_eq!(rewards.where_is("usilver"), [0, 40, 40]);
    let expected = credits([("ugold", 501), ("usilver", 40)]);
    assert_eq!(rewards.credited(&denoms), (3, expected));
}

#[test]
fn tokens_of_the_host_come_home() {
    let mut rewards = Rewards::routed();
    let gateway = rewards.suite.gateway.clone();
    let net = &mut rewards.suite.net;
    let alice = net.host.account("alice");
    net.host.mint(&alice, 90, "uatom").unwrap();
    let (timeout, id) = (net.consumer.timeout_in(600), &rewards.transfer.a.id);
    net.host
        .ibc_transfer(&alice, id, &gateway, coin(90, "uatom"), timeout, None)
        .unwrap();
    net.relay_all().unwrap();
    let voucher = denom_of_path(&format!("transfer/{}/uatom", rewards.transfer.b.id));
    assert_eq!(net.consumer.balance(&gateway, &voucher).unwrap(), 90);
    rewards.send(&voucher);
    rewards.suite.net.relay_all().unwrap();
    let net = &rewards.suite.net;
    assert_eq!(net.consumer.supply(&voucher).unwrap().u128(), 0);
    let there = net.host.balance(&rewards.allocation, "uatom").unwrap();
    assert_eq!(there, 90);
    let msg = AllocationMsg::Credited {};
    let (calls, credited): Credited = net.host.query(&rewards.allocation, &msg).unwrap();
    assert_eq!(calls, 1);
    assert_eq!(credited, [(7, "uatom".to_string(), Uint128::new(90))]);
}

#[test]
fn one_reward_paid_twice() {
    // What the host refuses comes back, and goes out once more.
    let mut rewards = Rewards::routed();
    rewards.refuse(true);
    rewards.pay(500, "ugold");
    let (_, packet) = rewards.send("ugold");
    // In flight it is not here: nothing can go out a second time.
    let nothing = no_rewards("ugold");
    rewards.suite.fails("anybody", &send("ugold"), &nothing);
    let net = &mut rewards.suite.net;
    assert!(net.receive(&packet).unwrap().error().is_some());
    assert_eq!(rewards.where_is("ugold"), [0, 500, 0]);
    rewards.suite.fails("anybody", &send("ugold"), &nothing);
    rewards.suite.net.acknowledge(&packet).unwrap();
    assert_eq!(rewards.where_is("ugold"), [500, 0, 0]);
    assert_eq!(rewards.credited(&["ugold"]), (0, credits([])));

    rewards.refuse(false);
    let (_, again) = rewards.send("ugold");
    assert_ne!(again.sequence(), packet.sequence());
    rewards.suite.fails("anybody", &send("ugold"), &nothing);
    // Relayers who repeat change nothing.
    for packet in [&packet, &again, &again] {
        let _ = rewards.suite.net.receive(packet);
        let _ = rewards.suite.net.acknowledge(packet);
        let _ = rewards.suite.net.timeout(packet);
    }
    assert_eq!(rewards.where_is("ugold"), [0, 500, 500]);
    let expected = (1, credits([("ugold", 500)]));
    assert_eq!(rewards.credited(&["ugold"]), expected);
    rewards.suite.fails("anybody", &send("ugold"), &nothing);
}

#[test]
fn rewards_that_timed_out_are_sent_again_with_what_came_since() {
    let mut rewards = Rewards::routed();
    rewards.pay(500, "ugold");
    let (_, packet) = rewards.send("ugold");
    rewards.suite.net.advance(TIMEOUT - 1);
    rewards.suite.net.timeout(&packet).unwrap_err();
    rewards.suite.net.advance(1);
    rewards.suite.net.receive(&packet).unwrap_err();
    rewards.pay(25, "ugold");
    assert_eq!(rewards.where_is("ugold"), [25, 500, 0]);
    rewards.suite.net.timeout(&packet).unwrap();
    assert_eq!(rewards.where_is("ugold"), [525, 0, 0]);
    assert!(rewards.suite.net.timeout(&packet).unwrap().redundant);
    assert_eq!(rewards.where_is("ugold"), [525, 0, 0]);

    rewards.send("ugold");
    rewards.suite.net.relay_all().unwrap();
    assert_eq!(rewards.where_is("ugold"), [0, 525, 525]);
    let expected = (1, credits([("ugold", 525)]));
    assert_eq!(rewards.credited(&["ugold"]), expected);
}

#[test]
fn rewards_to_an_address_without_a_contract_come_back() {
    let mut rewards = Rewards::routed();
    let nobody = rewards.suite.net.host.account("nobody");
    let route = RewardsRoute {
        allocation: nobody.to_string(),
        ..rewards.route()
    };
    let msg = ExecuteMsg::SetRewardsRoute(route.clone());
    rewards.suite.execute("owner", &msg).unwrap();
    assert_eq!(rewards.suite.config().rewards, Some(route));
    rewards.pay(500, "ugold");
    rewards.send("ugold");
    rewards.suite.net.relay_all().unwrap();
    assert_eq!(rewards.where_is("ugold"), [500, 0, 0]);
    let voucher = rewards.voucher("ugold");
    let there = rewards.suite.net.host.balance(&nobody, &voucher).unwrap();
    assert_eq!(there, 0);
}

#[test]
fn nothing_there_no_route_and_no_channel() {
    let mut rewards = Rewards::new();
    assert_eq!(rewards.suite.config().rewards, None);
    rewards.pay(500, "ugold");
    let no_route = ContractError::NoRewardsRoute;
    rewards.suite.fails("anybody", &send("ugold"), &no_route);
    assert_eq!(rewards.where_is("ugold"), [500, 0, 0]);

    // A channel that does not exist: the transfer module refuses, and the coins stay.
    let route = RewardsRoute {
        channel_id: "channel-999".into(),
        ..rewards.route()
    };
    let msg = ExecuteMsg::SetRewardsRoute(route);
    rewards.suite.execute("owner", &msg).unwrap();
    rewards
        .suite
        .execute("anybody", &send("ugold"))
        .unwrap_err();
    assert_eq!(rewards.where_is("ugold"), [500, 0, 0]);

    let msg = ExecuteMsg::SetRewardsRoute(rewards.route());
    rewards.suite.execute("owner", &msg).unwrap();
    for denom in ["usilver", "UGOLD", "ugold ", ""] {
        rewards
            .suite
            .fails("anybody", &send(denom), &no_rewards(denom));
    }
    rewards.send("ugold");
}

#[test]
fn the_owner_alone_names_the_route_and_it_has_to_look_like_one() {
    let mut rewards = Rewards::new();
    let good = rewards.route();
    let msg = ExecuteMsg::SetRewardsRoute(good.clone());
    let not_owner = AdminError::Ownership(OwnershipError::NotOwner).into();
    for sender in ["guardian", "reporter", "anybody"] {
        rewards.suite.fails(sender, &msg, &not_owner);
    }
    for channel in [
        "",
        "channel-",
        "channel-x",
        "channel-1x",
        "channel--1",
        "channel-+1",
        "7",
        "connection-0",
        "channel-18446744073709551616",
        " channel-0",
    ] {
        let route = RewardsRoute {
            channel_id: channel.into(),
            ..good.clone()
        };
        let expected = ContractError::TransferChannel {
            channel: channel.into(),
        };
        let msg = ExecuteMsg::SetRewardsRoute(route);
        rewards.suite.fails("owner", &msg, &expected);
    }
    let long = "a".repeat(129);
    for allocation in ["", "wasm1 abc", "Wasm1abc", "wasm1\"", "wasm.1", &long] {
        let route = RewardsRoute {
            allocation: allocation.into(),
            ..good.clone()
        };
        let expected = ContractError::RewardsReceiver {
            allocation: allocation.into(),
        };
        let msg = ExecuteMsg::SetRewardsRoute(route);
        rewards.suite.fails("owner", &msg, &expected);
    }
    let route = RewardsRoute {
        service: 0,
        ..good.clone()
    };
    let msg = ExecuteMsg::SetRewardsRoute(route);
    let zero = ContractError::ZeroService;
    rewards.suite.fails("owner", &msg, &zero);

    let longest = RewardsRoute {
        channel_id: format!("channel-{}", u64::MAX),
        allocation: "a".repeat(128),
        service: u32::MAX,
    };
    for route in [good, longest] {
        let msg = ExecuteMsg::SetRewardsRoute(route.clone());
        let response = rewards.suite.execute("owner", &msg).unwrap();
        let event = Event::new("wasm-set_rewards_route")
            .add_attribute("_contract_address", &rewards.suite.gateway)
            .add_attribute("channel", &route.channel_id)
            .add_attribute("allocation", &route.allocation)
            .add_attribute("service", route.service.to_string());
        assert!(response.has_event(&event));
        assert_eq!(rewards.suite.config().rewards, Some(route));
    }
}

#[test]
fn rewards_take_no_coins_with_them_and_no_pause_stops_them() {
    let mut rewards = Rewards::routed();
    rewards.pay(500, "ugold");
    let owner = rewards.suite.account("owner");
    let gateway = rewards.suite.gateway.clone();
    rewards.suite.net.consumer.mint(&owner, 9, "ugold").unwrap();
    for msg in [send("ugold"), ExecuteMsg::SetRewardsRoute(rewards.route())] {
        let consumer = &mut rewards.suite.net.consumer;
        let error = consumer
            .execute(&owner, &gateway, &msg, &[coin(9, "ugold")])
            .unwrap_err();
        let payment = ContractError::Payment(PaymentError::NonPayable {});
        assert_eq!(contract_error(&error), &payment);
    }
    assert_eq!(rewards.where_is("ugold"), [500, 0, 0]);
    let pause = ExecuteMsg::Admin(AdminMsg::Pause {
        action: Action::Relays,
        seconds: None,
    });
    rewards.suite.execute("guardian", &pause).unwrap();
    rewards.send("ugold");
    rewards.suite.net.relay_all().unwrap();
    assert_eq!(rewards.where_is("ugold"), [0, 500, 500]);
}
