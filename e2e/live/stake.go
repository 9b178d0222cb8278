package live

import (
	"encoding/base64"
	"strconv"
	"time"

	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// deposits of the story. west has stake of its own.
var deposits = []struct {
	who, operator, asset string
	units                int64
}{
	{staker, east, lst, 60_000_011},
	{friend, east, token, 30_000_019},
	{friend, west, lst, 40_000_003},
	{staker, west, token, 20_000_007},
	{west, west, lst, 5_000_003},
}

// register makes two operators and a service, so that what they do touches nobody else.
func (s *story) register() {
	s.step("Two operators and a service register, and the operators promise slices")
	for _, operator := range operators {
		s.host(operator, s.delegation(), Msg{"register_operator": Msg{
			"metadata":   Msg{"name": s.key(operator), "website": "", "details": ""},
			"commission": Msg{"rate": commission, "max_rate": "0.2", "max_daily_change": "0.01"}, "restricted": false,
		}})
	}
	s.host(west, s.delegation(), Msg{"set_first_loss": Msg{"share": firstLoss}})
	s.firstLoss[west] = model.Fraction(firstLoss)
	tx := s.host("service", s.slashing(), s.registration())
	s.service = int(number(tx.Attribute("wasm-register_service", "service")))
	s.say("It is service %d.", s.service)
	slices := []Msg{}
	for _, asset := range assets {
		slices = append(slices, Msg{"asset": asset, "share": maxSlash})
	}
	for _, operator := range operators {
		s.signers[operator] = newSigner()
		tx := s.host(operator, s.allocation(), Msg{"opt_in": Msg{
			"service": s.service, "slices": slices,
			"key": s.signers[operator].proof(s.Host.Name, s.allocation(), s.service, s.address(operator)),
		}})
		s.promised = tx.At().Add(s.allocationWait)
		for _, asset := range assets {
			s.of(operator, asset).slice = s.maxSlash
		}
		s.number(operator+" counts for", s.member(operator).Power, zero)
	}
	s.side(s.Host.Name, "service %d with two operators, whose promises count in %.0f s", s.service, s.allocationWait.Seconds())
}

// registration is the service of a consumer chain whose double-signs can be proved.
func (s *story) registration() Msg {
	return Msg{"register_service": Msg{
		"terms": Msg{
			"name": s.key(staker), "max_slash": maxSlash, "assets": assets, "keyed": true,
			"admission": Msg{"open": Msg{}}, "min_power": "0", "max_operators": 10, "max_share": "1",
		},
		"source": Msg{"ibc": Msg{}},
		"penalties": []Msg{
			{"kind": suite.Downtime, "fraction": downtime, "jail": jail, "tombstone": false},
			{"kind": suite.DoubleSign, "fraction": doubleSign, "jail": 0, "tombstone": true},
		},
		"settings": Msg{
			"evidence_age": 70, "chain_id": s.Consumer.Name, "bounty": bounty,
			"dispute":  Msg{"resolver": s.address("resolver"), "window": int(window / time.Second)},
			"proceeds": Msg{"send": Msg{"recipient": s.address("service")}},
		},
	}}
}

func (s *story) stake() {
	s.step("A staker and a friend put coins and a cw20 behind the operators, and one operator its own")
	for _, d := range deposits {
		var tx *Tx
		amount := units(d.units)
		if d.asset == token {
			hook := encode(Msg{"deposit": Msg{"operator": s.address(d.operator)}})
			tx = s.host(d.who, s.env["TOKEN"], Msg{"send": Msg{
				"contract": s.vault(), "amount": amount.String(), "msg": base64.StdEncoding.EncodeToString([]byte(hook)),
			}})
		} else {
			tx = s.host(d.who, s.vault(), Msg{"deposit": Msg{"operator": s.address(d.operator)}}, coin(amount, lstDenom))
		}
		s.deposited(d.who, d.operator, d.asset, amount, tx.At())
	}
	s.pools()
}

// deposited writes a deposit down, and holds the position against the formulas.
func (s *story) deposited(who, operator, asset string, amount Int, now time.Time) {
	s.put(who, operator, asset, amount, now)
	s.number(who+"'s "+asset+" behind "+operator, s.position(who, operator, asset), s.worth(who, operator, asset))
}

// put is a deposit for the formulas.
func (s *story) put(who, operator, asset string, amount Int, now time.Time) {
	s.deposit(who, operator, asset, amount, now)
	key := pool{who, asset}
	s.wallets[key] = at(s.wallets, key).Sub(amount)
}

// pools holds what stands behind the operators against the formulas.
func (s *story) pools() {
	for _, operator := range operators {
		for _, asset := range assets {
			b := s.of(operator, asset)
			if b.tokens().IsZero() {
				continue
			}
			got := s.pool(operator, asset)
			s.number("all "+asset+" behind "+operator, got.Tokens, b.tokens())
			s.number("of it the operator's own", got.Junior, b.junior.Tokens)
			s.side(s.Host.Name, "%s %s behind %s", group(got.Tokens.String()), asset, operator)
		}
	}
}

// connect puts the service's gateway on the consumer, and opens the channels.
func (s *story) connect() {
	s.step("The service's gateway on the consumer, and its channel")
	var info struct {
		Info struct {
			Code string `json:"code_id"`
		} `json:"contract_info"`
	}
	s.Consumer.ask(&info, "wasm", "contract", s.env["GATEWAY"])
	tx := s.Consumer.Tx("owner", "wasm", "instantiate", info.Info.Code, encode(Msg{
		"owner": s.address("owner"), "packet_timeout": 300, "history": 3600,
		"host":      Msg{"connection_id": s.env["CONSUMER_CONNECTION"], "port": "wasm." + s.slashing()},
		"reporters": []string{s.address("reporter")},
	}), "--label", "gateway of "+s.key(staker), "--no-admin")
	s.gateway = tx.Attribute("instantiate", "_contract_address")
	s.host("owner", s.slashing(), Msg{"set_peer": Msg{"service": s.service, "peer": Msg{
		"connection_id": s.env["HOST_CONNECTION"], "port": "wasm." + s.gateway,
	}}})
	s.openChannel()
	s.host("service", s.allocation(), Msg{"add_reward_tokens": Msg{
		"service": s.service, "tokens": []suite.Token{s.own, s.clstToken},
	}})
	s.consume("owner", s.gateway, Msg{"set_rewards_route": Msg{
		"channel_id": s.env["CONSUMER_TRANSFER"], "allocation": s.allocation(), "service": s.service,
	}})
	s.side(s.Host.Name, "open channel %s", s.hostChannel)
	s.side(s.Consumer.Name, "open channel %s of the gateway %s", s.consumerChannel, s.gateway)
}

// openChannel has hermes open the channel. The relayer that runs signs with the same key, so it
// rests meanwhile.
func (s *story) openChannel() {
	s.nodes.stop(relayer)
	s.hermes("create", "channel", "--a-chain", s.Host.Name, "--a-connection", s.env["HOST_CONNECTION"],
		"--a-port", "wasm."+s.slashing(), "--b-port", "wasm."+s.gateway, "--order", "unordered", "--channel-version", suite.Version)
	s.nodes.start(relayer)
	s.hostChannel, s.consumerChannel = s.serviceView().Channel, s.gatewayView().Channel
	s.holds("both contracts have an open channel: "+s.hostChannel+" and "+s.consumerChannel, s.hostChannel != "" && s.consumerChannel != "")
}

// What a staker sends from the consumer.
const (
	fromAfar = 15_000_013
	astray   = 1_000_003
)

// arrive deposits coins of the consumer's from there, in one transaction.
func (s *story) arrive() {
	s.step("A deposit from the other chain, in one transaction; one that is wrong comes back")
	before := s.Consumer.Balance(s.address(staker), clstDenom)
	s.transfer(fromAfar, Msg{"owner": s.address(staker), "operator": s.address(east)})
	s.relayed("the deposit arrives", func() bool { return s.position(staker, east, clst).IsPositive() })
	s.deposit(staker, east, clst, units(fromAfar), s.Host.now())
	s.number("staker's "+clst+" behind east", s.position(staker, east, clst), s.worth(staker, east, clst))

	wrong := s.transfer(astray, Msg{"owner": s.address(staker), "operater": s.address(east)})
	port, channel := "transfer", s.env["CONSUMER_TRANSFER"]
	s.relayed("the wrong one is answered", func() bool {
		return !s.Consumer.committed(port, channel, wrong.Attribute("send_packet", "packet_sequence"))
	})
	s.number("of the staker's "+clstDenom+" on the consumer, refunded", s.Consumer.Balance(s.address(staker), clstDenom), before.SubRaw(fromAfar))
	s.number("staker's "+clst+" behind east still", s.position(staker, east, clst), s.worth(staker, east, clst))
	s.side(s.Host.Name, "%s clst of the staker's", strconv.Itoa(fromAfar))
	s.side(s.Consumer.Name, "the wrong transfer is back in the wallet")
}

func (s *story) transfer(amount int64, deposit Msg) *Tx {
	return s.Consumer.Tx(s.key(staker), "ibc-transfer", "transfer", "transfer", s.env["CONSUMER_TRANSFER"], s.vault(),
		coin(units(amount), clstDenom), "--memo", encode(Msg{
			"dest_callback": Msg{"address": s.vault()}, "palisade": Msg{"deposit": deposit},
		}))
}

// sync waits for the promises to count, and tells the consumer.
func (s *story) sync() {
	s.step("A sync tells the consumer the powers")
	s.Host.until(s.promised, "the promises count")
	s.synced()
	s.powers()
}

// synced syncs, and waits until both sides are done with it.
func (s *story) synced() *Tx {
	tx := s.syncs()
	s.relayed("the update is applied and acknowledged", s.agreed)
	return tx
}

// syncs syncs, and counts.
func (s *story) syncs() *Tx {
	tx := s.host("anybody", s.slashing(), Msg{"sync": Msg{"service": s.service}})
	for _, operator := range operators {
		s.count(operator, s.out[operator], tx.At())
	}
	return tx
}

// agreed tells whether the gateway has the newest update, and the host knows.
func (s *story) agreed() bool {
	last := s.serviceView().LastUpdate
	if !s.gatewayView().LastUpdate.Equal(last) {
		return false
	}
	var update suite.Update
	s.Host.Query(s.slashing(), Msg{"update": Msg{"service": s.service, "update_id": last.String()}}, &update)
	return update.Applied != nil
}

// powers holds the powers of both sides against the formulas.
func (s *story) powers() {
	total := zero
	for _, operator := range operators {
		power := s.power(operator)
		total = total.Add(power)
		s.number(operator+"'s power, as the host has it", s.member(operator).Power, power)
		s.number(operator+"'s power, as the gateway has it", s.gatewayOperator(operator).Power, power)
		s.side(s.Host.Name, "%s counts for %s", operator, group(power.String()))
		s.side(s.Consumer.Name, "%s counts for %s", operator, group(power.String()))
	}
	s.number("total power on the consumer", s.totalPower(), total)
}
