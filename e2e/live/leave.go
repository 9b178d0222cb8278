package live

import (
	"time"
)

// stays is what the staker leaves behind east, so that the sides have something to agree about.
const stays = 1_000_003

// leave starts the unbonding of nearly everything, and tells the consumer.
func (s *story) leave() {
	s.step("Everybody undelegates, the staker not quite everything; the consumer is told")
	s.undelegated(friend, east, token, s.worth(friend, east, token))
	s.undelegated(friend, west, lst, s.worth(friend, west, lst))
	s.undelegated(staker, west, token, s.worth(staker, west, token))
	s.undelegated(west, west, lst, s.worth(west, west, lst))
	s.undelegated(staker, east, lst, s.worth(staker, east, lst).SubRaw(stays))
	s.Host.Refused(s.key(friend), s.delegation(), s.claiming(east, token), "nothing has matured")
	s.synced()
	s.powers()
}

// undelegated takes stake out, and holds what unbonds against the formulas.
func (s *story) undelegated(who, operator, asset string, amount Int) {
	tx := s.host(who, s.delegation(), Msg{"undelegate": Msg{
		"operator": s.address(operator), "asset": asset, "amount": amount.String(),
	}})
	s.undelegate(who, operator, asset, amount, tx.At())
	s.number(who+"'s "+asset+" unbonding from "+operator, s.unbondings(who, operator, asset), s.unbonding(who, operator, asset))
	s.number(who+"'s "+asset+" still behind "+operator, s.position(who, operator, asset), s.worth(who, operator, asset))
	s.left = tx.At()
}

// later is what the staker takes out while the consumer stands still.
const later = 5_000_011

// outage stops the consumer's node, and lets an update time out.
func (s *story) outage() {
	s.step("The consumer's node is stopped, and an update to it times out")
	before := s.powerOnConsumer()
	s.nodes.stop(consumer)
	s.undelegated(staker, east, clst, units(later))
	tx := s.syncs()
	sequence := tx.Attribute("send_packet", "packet_sequence")
	port := "wasm." + s.slashing()
	s.holds("packet "+sequence+" of "+s.hostChannel+" is on its way", s.Host.committed(port, s.hostChannel, sequence))
	delivery := s.delivery(east)
	s.holds("the newest update of east is not acknowledged", delivery.Acked.LT(delivery.Sent) && !delivery.Dirty)
	ends := tx.At().Add(s.packetTimeout())
	s.say("Rewards and commissions are paid meanwhile: the host does not need the consumer.")
	s.commissions()
	s.claims(staker, s.own)
	s.Host.until(ends.Add(2*time.Second), "the packet times out")
	s.holds("nobody can tell the host yet: the packet is on its way still", s.Host.committed(port, s.hostChannel, sequence))
	s.outageOf = missed{sequence, before}
	s.side(s.Host.Name, "update sent, not acknowledged")
	s.side(s.Consumer.Name, "no blocks")
}

// missed is a packet that timed out, and the power that the consumer had before.
type missed struct {
	sequence string
	power    Int
}

func (s *story) powerOnConsumer() Int { return s.gatewayOperator(east).Power }

func (s *story) packetTimeout() time.Duration {
	var config struct {
		Timeout int64 `json:"packet_timeout"`
	}
	s.Host.Query(s.slashing(), Msg{"config": Msg{}}, &config)
	return seconds(config.Timeout)
}

// rejoin starts the node again.
func (s *story) rejoin() {
	s.step("The node is started again: the timeout comes in, and the next sync brings the powers")
	s.nodes.start(consumer)
	height, _ := s.Consumer.last()
	s.wait("the consumer makes blocks", time.Minute, func() bool { now, _ := s.Consumer.last(); return now > height })
	port := "wasm." + s.slashing()
	s.relayed("the timeout comes in", func() bool { return !s.Host.committed(port, s.hostChannel, s.outageOf.sequence) })
	s.holds("the host knows that east has to be told again", s.delivery(east).Dirty)
	s.number("east's power on the consumer, as before the outage", s.powerOnConsumer(), s.outageOf.power)
	s.text("the channel that is in use", s.serviceView().Channel, s.hostChannel)
	s.synced()
	s.holds("there is nothing to tell again", !s.delivery(east).Dirty)
	s.powers()
}

func (s *story) claiming(operator, asset string) Msg {
	return Msg{"claim": Msg{"operator": s.address(operator), "asset": asset}}
}

// claim pays what matured, and looks into the wallets.
func (s *story) claim() {
	s.step("Unbonding is over: they claim, and have what the formulas say")
	var config struct {
		Unbonding int64 `json:"unbonding_period"`
	}
	s.Host.Query(s.delegation(), Msg{"config": Msg{}}, &config)
	epochs := time.Duration(s.epochAt(s.left) + 1)
	s.Host.until(s.genesis.Add(epochs*s.epoch).Add(seconds(config.Unbonding)), "everything has matured")
	for _, who := range []string{staker, friend, west} {
		for _, operator := range operators {
			for _, asset := range assets {
				due := s.unbonding(who, operator, asset)
				if due.IsZero() {
					continue
				}
				before := s.held(asset, who)
				s.host(who, s.delegation(), s.claiming(operator, asset))
				paid := s.ledger.claim(who, operator, asset)
				s.number("paid to "+who+" in "+asset+" from "+operator, s.held(asset, who).Sub(before), paid)
				key := pool{who, asset}
				s.wallets[key] = at(s.wallets, key).Add(paid)
			}
		}
	}
	for _, who := range []string{staker, friend, west} {
		for _, asset := range []string{lst, token} {
			s.number(who+"'s wallet of "+asset, s.held(asset, who), s.wallets[pool{who, asset}])
			s.side(s.Host.Name, "%s has %s %s", who, group(s.held(asset, who).String()), asset)
		}
	}
	s.number("still behind east, of "+lst, s.position(staker, east, lst), s.worth(staker, east, lst))
	s.holds("both sides know of the same update", s.agreed())
	s.powers()
}
