package live

import (
	"encoding/json"

	"palisade/e2e/suite"
)

// serviceView is the story's service, as slashing has it.
type serviceView struct {
	Channel    string
	LastUpdate Int `json:"last_update"`
}

func (s *story) serviceView() (view serviceView) {
	s.Host.Query(s.slashing(), Msg{"service": Msg{"service": s.service}}, &view)
	return view
}

// gatewayView is the gateway's own account.
type gatewayView struct {
	Channel    string
	LastUpdate Int `json:"last_update"`
}

func (s *story) gatewayView() (view gatewayView) {
	s.Consumer.Query(s.gateway, Msg{"config": Msg{}}, &view)
	return view
}

func (s *story) member(operator string) (member suite.Member) {
	s.Host.Query(s.allocation(), Msg{"member": Msg{"service": s.service, "operator": s.address(operator)}}, &member)
	return member
}

func (s *story) gatewayOperator(operator string) (answer suite.GatewayOperator) {
	s.Consumer.Query(s.gateway, Msg{"operator": Msg{"operator": Msg{"operator": s.address(operator)}}}, &answer)
	return answer
}

func (s *story) totalPower() Int {
	var answer struct{ Power Int }
	s.Consumer.Query(s.gateway, Msg{"total_power": Msg{}}, &answer)
	return answer.Power
}

// pool is one pool of an operator, empty without one.
func (s *story) pool(operator, asset string) suite.Pool {
	var pools []suite.Pool
	s.Host.Query(s.delegation(), Msg{"pools": Msg{"operator": s.address(operator)}}, &pools)
	for _, pool := range pools {
		if pool.Asset == asset {
			return pool
		}
	}
	return suite.Pool{Tokens: zero, Junior: zero, Shares: zero}
}

// valued is a position or an entry of somebody's, at a pool.
type valued struct {
	Pool  suite.PoolKey
	Value Int
}

// position is what an active position is worth.
func (s *story) position(who, operator, asset string) Int {
	return s.valued("positions", who, operator, asset)
}

// unbondings is what all unbonding entries at a pool are worth.
func (s *story) unbondings(who, operator, asset string) Int {
	return s.valued("unbondings", who, operator, asset)
}

func (s *story) valued(query, who, operator, asset string) Int {
	var entries []valued
	s.Host.Query(s.delegation(), Msg{query: Msg{"owner": s.address(who), "limit": 50}}, &entries)
	sum := zero
	for _, entry := range entries {
		if entry.Pool == (suite.PoolKey{Operator: s.address(operator), Asset: asset}) {
			sum = sum.Add(entry.Value)
		}
	}
	return sum
}

// report is a report as the gateway has it.
func (s *story) report(nonce int64) (report suite.ReportView) {
	s.Consumer.Query(s.gateway, Msg{"report": Msg{"nonce": units(nonce).String()}}, &report)
	return report
}

// requests are all slashes of the service that the host knows of.
func (s *story) requests() []suite.Request {
	var page struct{ Requests []suite.Request }
	s.Host.Query(s.slashing(), Msg{"requests": Msg{"service": s.service}}, &page)
	return page.Requests
}

// knows tells whether the host was told of a report.
func (s *story) knows(nonce int64) bool {
	var answer *suite.State
	s.Host.Query(s.slashing(), Msg{"nonce": Msg{"service": s.service, "nonce": units(nonce).String()}}, &answer)
	return answer != nil
}

func (s *story) delivery(operator string) (delivery suite.Delivery) {
	s.Host.Query(s.slashing(), Msg{"delivery": Msg{"service": s.service, "operator": s.address(operator)}}, &delivery)
	return delivery
}

func (s *story) standing(operator string) (standing suite.Standing) {
	s.Host.Query(s.slashing(), Msg{"standing": Msg{"service": s.service, "operator": s.address(operator)}}, &standing)
	return standing
}

// seizedFor is what waits under an account to be paid out to somebody.
func (s *story) seizedFor(asset string, account int, who string) Int {
	var entries []struct {
		Account     int
		Destination struct{ Send struct{ Recipient string } }
		Amount      Int
	}
	s.Host.Query(s.vault(), Msg{"seized": Msg{"asset": asset, "limit": 50}}, &entries)
	sum := zero
	for _, entry := range entries {
		if entry.Account == account && entry.Destination.Send.Recipient == s.address(who) {
			sum = sum.Add(entry.Amount)
		}
	}
	return sum
}

// amounts are amounts of tokens.
type amounts []suite.Amount

func (a amounts) of(token suite.Token) Int {
	for _, amount := range a {
		if amount.Token == token {
			return amount.Amount
		}
	}
	return zero
}

// committed tells whether a packet of a channel waits for its answer.
func (c *Chain) committed(port, channel, sequence string) bool {
	var answer struct{ Commitments []struct{ Sequence string } }
	c.ask(&answer, "ibc", "channel", "packet-commitments", port, channel)
	for _, commitment := range answer.Commitments {
		if commitment.Sequence == sequence {
			return true
		}
	}
	return false
}

func decode(text string, into any) error { return json.Unmarshal([]byte(text), into) }
