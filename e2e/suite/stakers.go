package suite

import (
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"palisade/e2e/harness"
)

// Nobody stands where an operator could: the deposit stays idle.
const Nobody harness.Name = ""

// RegisterNative makes a denom an asset, at a rate of one.
func (s *Suite) RegisterNative(asset, denom string) *harness.Result {
	s.T.Helper()
	return s.RegisterAsset(asset, Msg{"native": Msg{"denom": denom}}, FixedRate("1"))
}

// RegisterCw20 makes a token contract an asset, at a fixed rate.
func (s *Suite) RegisterCw20(asset, token, rate string) *harness.Result {
	s.T.Helper()
	return s.RegisterAsset(asset, Msg{"cw20": Msg{"address": token}}, FixedRate(rate))
}

// FixedRate is a rate that never changes by itself.
func FixedRate(rate string) Msg { return Msg{"fixed": Msg{"rate": rate}} }

// RegisterAsset makes a token an asset.
func (s *Suite) RegisterAsset(asset string, kind, rate Msg) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Owner, s.Vault, Msg{"register_asset": Msg{
		"id": asset, "kind": kind, "rate": rate, "weight": "1",
		"cap": "1000000000000000", "minimum": "1",
	}})
}

// Deposit pays coins in, and puts them behind an operator unless that is Nobody.
func (s *Suite) Deposit(who, operator harness.Name, coin sdk.Coin) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Vault, deposit(operator, Nobody), coin).As(depositLabel("vault.deposit", operator))
}

// DepositCw20 pays units of LST in, and puts them behind an operator unless that is Nobody.
func (s *Suite) DepositCw20(who, operator harness.Name, units int64) *harness.Result {
	s.T.Helper()
	return s.SendCw20(s.Token, who, operator, units).As(depositLabel("vault.deposit_cw20", operator))
}

// SendCw20 sends units of a token into the vault as a deposit.
func (s *Suite) SendCw20(token string, who, operator harness.Name, units int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, token, Msg{"send": Msg{
		"contract": s.Vault,
		"amount":   amount(units),
		"msg":      binary(encode(deposit(operator, Nobody))),
	}})
}

func deposit(operator, owner harness.Name) Msg {
	return Msg{"deposit": Msg{"operator": address(operator), "owner": address(owner)}}
}

func depositLabel(label string, operator harness.Name) string {
	if operator == Nobody {
		return label
	}
	return label + "_and_delegate"
}

// address is a name's address, or nothing for Nobody.
func address(name harness.Name) any {
	if name == Nobody {
		return nil
	}
	return name.String()
}

// Delegate puts idle tokens behind an operator.
func (s *Suite) Delegate(who harness.Name, asset string, operator harness.Name, units int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Vault, Msg{"delegate": Msg{
		"asset": asset, "operator": operator.String(), "amount": amount(units),
	}})
}

// Withdraw takes idle tokens out.
func (s *Suite) Withdraw(who harness.Name, asset string, units int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Vault, Msg{"withdraw": Msg{"asset": asset, "amount": amount(units)}})
}

// Undelegate starts unbonding of so many units.
func (s *Suite) Undelegate(who, operator harness.Name, asset string, units int64) *harness.Result {
	s.T.Helper()
	return s.undelegate(who, operator, asset, amount(units))
}

// UndelegateAll starts unbonding of everything.
func (s *Suite) UndelegateAll(who, operator harness.Name, asset string) *harness.Result {
	s.T.Helper()
	return s.undelegate(who, operator, asset, nil)
}

func (s *Suite) undelegate(who, operator harness.Name, asset string, units any) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Delegation, Msg{"undelegate": Msg{
		"operator": operator.String(), "asset": asset, "amount": units,
	}})
}

// Cancel takes all that unbonds since an epoch back into its pool.
func (s *Suite) Cancel(who, operator harness.Name, asset string, epoch uint64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Delegation, Msg{"cancel": Msg{
		"operator": operator.String(), "asset": asset, "epoch": epoch,
	}})
}

// Claim pays out what matured.
func (s *Suite) Claim(who, operator harness.Name, asset string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Delegation, Msg{"claim": Msg{"operator": operator.String(), "asset": asset}})
}

// Redelegate puts what matured behind another operator.
func (s *Suite) Redelegate(who, operator harness.Name, asset string, to harness.Name) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Delegation, Msg{"redelegate": Msg{
		"operator": operator.String(), "asset": asset, "to": to.String(),
	}})
}

// Burn is where the tokens of most penalties go.
func Burn() Msg { return Msg{"burn": Msg{}} }

// SendTo is a recipient of seized tokens.
func SendTo(who harness.Name) Msg { return Msg{"send": Msg{"recipient": who.String()}} }

// Bounties is the account that bounties are booked under, where a service's proceeds are under its
// number.
const Bounties uint32 = 0

// PayOut brings what was seized under an account to its destination.
func (s *Suite) PayOut(who harness.Name, asset string, account uint32, destination Msg) *harness.Result {
	s.T.Helper()
	label := "vault.pay_out_" + only(destination)
	return s.Host.Execute(who, s.Vault, Msg{"pay_out": Msg{
		"asset": asset, "account": account, "destination": destination,
	}}).As(label)
}

// Held is what an address holds of an asset's token.
func (s *Suite) Held(asset, address string) Int {
	s.T.Helper()
	if asset == LST {
		return s.Host.Cw20Balance(s.Token, address)
	}
	return s.Host.Balance(address, harness.Bond)
}

// Supply is how much there is of an asset's token.
func (s *Suite) Supply(asset string) math.Int {
	s.T.Helper()
	if asset != LST {
		return s.Host.Supply(harness.Bond)
	}
	var info struct {
		TotalSupply Int `json:"total_supply"`
	}
	s.Host.Query(s.Token, Msg{"token_info": Msg{}}, &info)
	return info.TotalSupply
}

// DepositMemo is what a transfer to the vault carries that is a deposit, idle behind Nobody.
func (s *Suite) DepositMemo(owner, operator harness.Name) string {
	terms := Msg{"owner": owner.String()}
	if operator != Nobody {
		terms["operator"] = operator.String()
	}
	return string(encode(Msg{"dest_callback": Msg{"address": s.Vault}, "palisade": Msg{"deposit": terms}}))
}

// Recover sends what a contract holds of a token and owes nobody.
func (s *Suite) Recover(by harness.Name, contract string, token Token, to harness.Name) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, contract, Msg{"recover": Msg{"token": token, "recipient": to.String()}})
}
