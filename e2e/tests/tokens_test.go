package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

func TestUnregisteredTokensAreRefused(t *testing.T) {
	s, service := staked(t)
	stranger := s.DeployToken("stranger-token", harness.Staker1)
	s.SendCw20(stranger, harness.Staker1, operator, stake).Refused("is not a registered token")
	require.Equal(t, int64(harness.Genesis), s.Host.Cw20Balance(stranger, harness.Staker1.String()).Int64())
	s.Deposit(harness.Staker1, operator, harness.Coin(stake, harness.Reward)).Refused("is not a registered token")
	// What nobody announced as a token cannot pretend to be one.
	s.Host.Execute(harness.Stranger, s.Vault, suite.Msg{"receive": suite.Msg{
		"sender": harness.Stranger.String(), "amount": "1000000", "msg": "eyJkZXBvc2l0Ijp7fX0=",
	}}).Refused("is not a registered token")
	s.Host.Execute(harness.Staker1, s.Vault, suite.Msg{"deposit": suite.Msg{}},
		harness.Coin(1, harness.Bond), harness.Coin(1, harness.Liquid)).Refused("Sent more than one denomination")
	s.SyncAndRelay(service)
	audit(s, service)
}

// Tokens that are sent by accident are nobody's: the books do not know them, and no payout
// touches them.
func TestGiftsAreNotCredited(t *testing.T) {
	s, _ := staked(t)
	s.Host.Send(harness.Stranger, s.Vault, harness.Coin(777, harness.Bond)).OK()
	s.Host.Execute(harness.Staker1, s.Token, suite.Msg{"transfer": suite.Msg{"recipient": s.Vault, "amount": "777"}}).OK()
	for _, asset := range []string{suite.Native, suite.LST} {
		books := s.Books(asset)
		require.Equal(t, int64(2*stake), books.Staked.Int64())
		require.Equal(t, int64(777), books.Balance.Sub(books.Staked).Int64())
	}
	s.Withdraw(harness.Stranger, suite.Native, 777).Refused("are idle")
}

func TestBurningLowersTheSupply(t *testing.T) {
	s, service := synced(t)
	supplies := map[string]suite.Int{suite.Native: s.Supply(suite.Native), suite.LST: s.Supply(suite.LST)}
	s.Report(harness.Reporter, s.Saw(operator, suite.DoubleSign)).OK()
	s.Relay()
	slashedOnce(s, service)
	for asset, supply := range supplies {
		s.PayOut(harness.Stranger, asset, service, suite.SendTo(harness.Stranger)).Refused("is booked under account")
		s.PayOut(harness.Stranger, asset, service, suite.Burn()).OK()
		require.Equal(t, int64(stake/20), supply.Sub(s.Supply(asset)).Int64())
		s.PayOut(harness.Stranger, asset, service, suite.Burn()).Refused("is booked under account")
	}
	audit(s, 0)
}

// A recipient that is a module account which takes no coins blocks its own payout alone.
func TestRecipientThatRefusesBlocksNobody(t *testing.T) {
	s := suite.New(t)
	terms := suite.LocalTerms(harness.Service, suite.Native, suite.LST)
	blocked := s.Host.ModuleAddress("distribution")
	terms.Proceeds = suite.Msg{"send": suite.Msg{"recipient": blocked}}
	service := s.RegisterService(harness.Service, terms)
	for _, name := range []harness.Name{operator, another} {
		s.RegisterOperator(name).OK()
		s.Deposit(harness.Staker1, name, harness.Coin(stake, harness.Bond)).OK()
		s.DepositCw20(harness.Staker2, name, stake).OK()
		s.OptIn(name, service, suite.Slices("0.3", suite.Native, suite.LST)).OK()
	}
	s.Advance(s.Periods.Allocation)
	s.Sync(service).OK()
	update := s.Member(service, operator).UpdateID
	s.Slash(harness.Service, service, s.SlashOf(1, operator, suite.Misconduct, update)).OK()
	s.PayOut(harness.Stranger, suite.Native, service, terms.Proceeds).Refused("is not allowed to receive funds")
	require.Equal(t, int64(stake/10), s.Books(suite.Native).Seized.Int64())
	s.PayOut(harness.Stranger, suite.LST, service, terms.Proceeds).OK()
	s.Slash(harness.Service, service, s.SlashOf(2, another, suite.Misconduct, update)).OK()
	require.Equal(t, int64(2*stake/10), s.Books(suite.Native).Seized.Int64())
	s.UndelegateAll(harness.Staker1, operator, suite.Native).OK()
	audit(s, 0)
}
