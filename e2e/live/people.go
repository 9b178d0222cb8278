package live

import (
	"fmt"
	"slices"
	"time"

	"palisade/e2e/model"
	"palisade/e2e/suite"
)

// people makes keys of the story's own, so that it can be played again on the same localnet.
func (s *story) people() {
	s.step("New accounts, funded by those of the localnet")
	names := s.keyring()
	for _, name := range []string{"owner", "payer", "anybody", "service", "resolver", "reporter", staker} {
		if !slices.Contains(names, name) {
			halt("the keyring has no key %q: is this a localnet of scripts/localnet?", name)
		}
		s.addresses[name] = s.lookupKey(name)
	}
	run := 1
	for slices.Contains(names, called(run, staker)) {
		run++
	}
	addresses := []string{}
	for _, who := range cast {
		s.keys[who] = called(run, who)
		s.typed(shell("wasmd", []string{"keys", "add", s.keys[who]}))
		if out, errs, err := s.run("wasmd", "keys", "add", s.keys[who], "--output", "json"); err != nil {
			halt("no key could be made: %s", lastLine(errs+"\n"+out))
		}
		s.addresses[who] = s.lookupKey(s.keys[who])
		addresses = append(addresses, s.addresses[who])
	}
	send := append(append([]string{"bank", "multi-send", "payer"}, addresses...), "5000000"+gas+",200000000"+lstDenom)
	s.Host.Tx("payer", send...)
	s.Consumer.Tx("payer", "bank", "send", "payer", s.address(staker), "5000000"+gas+",200000000"+clstDenom)
	for _, who := range []string{staker, friend} {
		s.Host.Execute(staker, s.env["TOKEN"], Msg{"transfer": Msg{"recipient": s.address(who), "amount": "100000000"}})
	}
	s.ledger = newLedger(s.terms())
	for _, who := range []string{staker, friend, west} {
		for _, asset := range []string{lst, token} {
			s.wallets[pool{who, asset}] = s.held(asset, who)
		}
	}
	s.side(s.Host.Name, "%s and others have coins and a cw20", s.keys[staker])
}

func called(run int, who string) string { return fmt.Sprintf("demo%d-%s", run, who) }

func (s *story) keyring() []string {
	var keys []struct{ Name string }
	out, errs, err := s.run("wasmd", "keys", "list", "--output", "json")
	if err != nil {
		halt("the keyring does not answer: %s", lastLine(errs+"\n"+out))
	}
	if err := decode(out, &keys); err != nil {
		halt("the keyring is not as expected: %v", err)
	}
	names := make([]string, 0, len(keys))
	for _, key := range keys {
		names = append(names, key.Name)
	}
	return names
}

func (s *story) lookupKey(name string) string {
	out, errs, err := s.run("wasmd", "keys", "show", name, "-a")
	if err != nil {
		halt("the keyring has no key %q: %s", name, lastLine(errs))
	}
	return lastLine(out)
}

// terms reads what the formulas start from: what the suite was deployed with, not what it computes.
func (s *story) terms() terms {
	var config struct {
		Genesis suite.Time
		Epoch   int64 `json:"epoch_length"`
		Reward  int64 `json:"reward_period"`
	}
	s.Host.Query(s.delegation(), Msg{"config": Msg{}}, &config)
	var delays struct {
		Allocation int64 `json:"allocation_delay"`
	}
	s.Host.Query(s.allocation(), Msg{"config": Msg{}}, &delays)
	t := terms{
		values: map[string]Int{}, assets: assets,
		maxSlash: model.Fraction(maxSlash), bounty: model.Fraction(bounty), commission: model.Fraction(commission),
		genesis: config.Genesis.Time, epoch: seconds(config.Epoch), reward: seconds(config.Reward),
		allocationWait: seconds(delays.Allocation),
	}
	for _, asset := range assets {
		var answer struct{ Rate, Weight string }
		s.Host.Query(s.vault(), Msg{"asset": Msg{"asset": asset}}, &answer)
		t.values[asset] = model.Share(model.Fraction(answer.Rate), model.Fraction(answer.Weight))
	}
	return t
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// held is what somebody has of an asset in its wallet.
func (s *story) held(asset, who string) Int { return s.heldAt(asset, s.address(who)) }

func (s *story) heldAt(asset, address string) Int {
	switch asset {
	case token:
		var answer struct{ Balance Int }
		s.Host.Query(s.env["TOKEN"], Msg{"balance": Msg{"address": address}}, &answer)
		return answer.Balance
	case clst:
		return s.Host.Balance(address, s.env["CLST"])
	}
	return s.Host.Balance(address, lstDenom)
}
