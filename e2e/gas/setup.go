package gas

import (
	"crypto/sha256"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// unit is what everybody deposits in a measurement, so that numbers have the same length.
const unit = 1_000_000

// rated is an asset whose rate is asked of a contract.
const rated = "rated"

// setup measures what the owner does once.
func (m *meter) setup() {
	m.t.Helper()
	m.say("what the owner does")
	s := suite.Deploy(m.t)
	for _, name := range []string{"vault.connect", "delegation.connect", "allocation.connect"} {
		m.found(s.World, name, name)
	}
	m.note("vault.register_asset", s.RegisterNative(suite.Native, harness.Bond))
	m.note("vault.register_asset_cw20", s.RegisterCw20(suite.LST, s.Token, suite.Rate))
	m.note("vault.register_asset_with_provider", registerRated(s))
	m.note("vault.update_rate", s.Host.Execute(harness.Stranger, s.Vault, suite.Msg{"update_rate": suite.Msg{"asset": rated}}))
	m.note("vault.update_asset", s.Host.Execute(harness.Owner, s.Vault, suite.Msg{"update_asset": suite.Msg{
		"asset": suite.Native, "change": suite.Msg{"weight": "0.9"},
	}}))
	m.guards(s)
	m.note("gateway.set_reporters", s.Consumer.Execute(harness.Owner, s.Gateway, suite.Msg{"set_reporters": suite.Msg{
		"add": []string{harness.Stranger.String()}, "remove": []string{},
	}}))
	m.note("slashing.register_service", s.Register(harness.Service, suite.ConsumerTerms(suite.Native)))
	m.note("slashing.register_service_local", s.Register(harness.Service, suite.LocalTerms(harness.Service, suite.Native)))
	m.note("slashing.set_peer", s.SetPeer(1, s.Link, s.Consumer.Port(s.Gateway)))
	m.note("slashing.renew_nonces", s.Host.Execute(harness.Owner, s.Slashing, suite.Msg{"renew_nonces": suite.Msg{"service": 1}}))
	m.note("allocation.update_service", s.Host.Execute(harness.Service, s.Allocation, suite.Msg{"update_service": suite.Msg{
		"service": 1, "change": suite.Msg{"admission": suite.Msg{"allow_list": suite.Msg{}}},
	}}))
	m.note("allocation.set_allowed", s.Host.Execute(harness.Service, s.Allocation, suite.Msg{"set_allowed": suite.Msg{
		"service": 1, "add": []string{harness.Operator1.String()}, "remove": []string{},
	}}))
}

// guards measures a pause, its end, and both halves of a change of owner at every contract.
func (m *meter) guards(s *suite.Suite) {
	m.t.Helper()
	for _, guard := range []struct {
		chain            *harness.Chain
		contract, action string
	}{
		{s.Host, s.Vault, "deposits"}, {s.Host, s.Delegation, "delegations"}, {s.Host, s.Allocation, "promises"},
		{s.Host, s.Slashing, "executions"}, {s.Consumer, s.Gateway, "relays"},
	} {
		name := guard.chain.Label(guard.contract)
		admin := func(verb string) *harness.Result {
			return guard.chain.Execute(harness.Guardian, guard.contract, suite.Msg{"admin": suite.Msg{verb: suite.Msg{"action": guard.action}}})
		}
		m.note(name+".admin_pause", admin("pause"))
		m.note(name+".admin_unpause", admin("unpause"))
		own := func(who harness.Name, action any) *harness.Result {
			return guard.chain.Execute(who, guard.contract, suite.Msg{"update_ownership": action})
		}
		transfer := func(to harness.Name) suite.Msg {
			return suite.Msg{"transfer_ownership": suite.Msg{"new_owner": to.String(), "expiry": nil}}
		}
		m.note(name+".update_ownership_transfer", own(harness.Owner, transfer(harness.Stranger)))
		m.note(name+".update_ownership_accept", own(harness.Stranger, "accept_ownership"))
		own(harness.Stranger, transfer(harness.Owner)).OK()
		own(harness.Owner, "accept_ownership").OK()
	}
}

// registerRated makes another denom an asset, with a rate that is asked of a contract.
func registerRated(s *suite.Suite) *harness.Result {
	provider := s.Host.Instantiate(harness.Owner, s.Host.Store(suite.Artifact("rate_provider.wasm")), "rate",
		suite.Msg{"rate": "1.1"})
	return s.RegisterAsset(rated, suite.Msg{"native": suite.Msg{"denom": harness.Liquid}}, suite.Msg{"provider": suite.Msg{
		"contract": provider, "min": "0.5", "max": "2", "max_age": 31_536_000, "max_change": "0.5",
	}})
}

// somebody is an address of its own for every number.
func somebody(n int) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "palisade staker %d", n))
	return sdk.AccAddress(hash[:20]).String()
}

// fill puts so many stakers behind an operator, each with one unit of deposit.
func fill(s *suite.Suite, operator harness.Name, stakers int) {
	s.T.Helper()
	const batch = 250
	for first := 0; first < stakers; first += batch {
		var deposits []suite.Msg
		for n := first; n < min(first+batch, stakers); n++ {
			deposits = append(deposits, suite.Msg{"deposit": suite.Msg{"operator": operator.String(), "owner": somebody(n)}})
		}
		s.Host.ExecuteMany(harness.Staker3, s.Vault, deposits, harness.Coin(unit, harness.Bond)).OK()
	}
}
