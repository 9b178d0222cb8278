package suite

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"palisade/e2e/harness"
)

// Token is a token of the host: a denom, or a cw20.
type Token struct{ Denom, Cw20 string }

// Coins is the token of a denom.
func Coins(denom string) Token { return Token{Denom: denom} }

// MarshalJSON writes it as the contracts take it.
func (t Token) MarshalJSON() ([]byte, error) {
	if t.Cw20 != "" {
		return json.Marshal(Msg{"cw20": Msg{"address": t.Cw20}})
	}
	return json.Marshal(Msg{"native": Msg{"denom": t.Denom}})
}

// UnmarshalJSON reads what the contracts tell.
func (t *Token) UnmarshalJSON(raw []byte) error {
	var either struct {
		Native *struct{ Denom string }
		Cw20   *struct{ Address string }
	}
	if err := json.Unmarshal(raw, &either); err != nil {
		return err
	}
	switch {
	case either.Native != nil:
		*t = Token{Denom: either.Native.Denom}
	case either.Cw20 != nil:
		*t = Token{Cw20: either.Cw20.Address}
	default:
		return fmt.Errorf("%s is no token", raw)
	}
	return nil
}

// HeldOf is what an address of the host holds of a token.
func (s *Suite) HeldOf(token Token, address string) Int {
	s.T.Helper()
	if token.Cw20 != "" {
		return s.Host.Cw20Balance(token.Cw20, address)
	}
	return s.Host.Balance(address, token.Denom)
}

// AddRewardTokens names tokens that a service is going to pay in.
func (s *Suite) AddRewardTokens(admin harness.Name, service uint32, tokens ...Token) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(admin, s.Allocation, Msg{"add_reward_tokens": Msg{"service": service, "tokens": tokens}})
}

// TakeBack pays what a service that ended held for nobody back to its admin.
func (s *Suite) TakeBack(admin harness.Name, service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(admin, s.Allocation, Msg{"take_back": Msg{"service": service}})
}

func payRewards(service uint32) Msg { return Msg{"pay_rewards": Msg{"service": service}} }

// PayRewards pays coins to the operators of a service, on the host.
func (s *Suite) PayRewards(who harness.Name, service uint32, coins ...sdk.Coin) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Allocation, payRewards(service), coins...)
}

// PayRewardsCw20 pays units of a cw20 to the operators of a service.
func (s *Suite) PayRewardsCw20(who harness.Name, service uint32, token string, units int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, token, Msg{"send": Msg{
		"contract": s.Allocation, "amount": amount(units), "msg": binary(encode(payRewards(service))),
	}}).As("allocation.pay_rewards_cw20")
}

// OpenTransfer opens a channel of ICS-20 between the chains, and leads the gateway's rewards over it
// to a service.
func (s *Suite) OpenTransfer(service uint32) {
	s.T.Helper()
	s.Transfers = s.Link.TransferChannel(s.Consumer).Open()
	s.SetRewardsRoute(harness.Owner, service).OK()
}

// SetRewardsRoute has the gateway send rewards to a service.
func (s *Suite) SetRewardsRoute(by harness.Name, service uint32) *harness.Result {
	s.T.Helper()
	return s.Consumer.Execute(by, s.Gateway, Msg{"set_rewards_route": Msg{
		"channel_id": s.Transfers.A.ID, "allocation": s.Allocation, "service": service,
	}})
}

// SendRewards has the gateway send all that it holds of a denom to the host.
func (s *Suite) SendRewards(by harness.Name, denom string) *harness.Result {
	s.T.Helper()
	return s.Consumer.Execute(by, s.Gateway, Msg{"send_rewards": Msg{"denom": denom}})
}

// Fund gives the gateway coins to send as rewards.
func (s *Suite) Fund(who harness.Name, coins ...sdk.Coin) {
	s.T.Helper()
	s.Consumer.Send(who, s.Gateway, coins...).OK()
}

// Voucher is the token that the host makes of a denom of the consumer.
func (s *Suite) Voucher(denom string) Token { return Coins(s.Transfers.Voucher(s.Host, denom)) }

// RewardsMemo is what a transfer carries that pays rewards.
func (s *Suite) RewardsMemo(service uint32) string {
	return string(encode(Msg{"dest_callback": Msg{"address": s.Allocation}, "palisade": Msg{"service": service}}))
}

// transferLasts is how long transfers of the tests are good for.
const transferLasts = time.Hour

// Transfer sends a coin from a chain to an address of the other one.
func (s *Suite) Transfer(at *harness.Chain, from harness.Name, receiver, memo string, coin sdk.Coin) *harness.Result {
	s.T.Helper()
	return s.Transfers.Transfer(at, from, receiver, memo, coin, transferLasts)
}

// WhyRefused is what the host's contract had to say against coins that came with a memo: the ack does
// not tell it.
func WhyRefused(result *harness.Result) string {
	// What was undone is told under names of its own.
	const undone = "ibccallbackerror-"
	return strings.Join(result.Attributes(undone+"ibc_dest_callback", undone+"callback_error"), "; ")
}

// listed is a list, or nothing where everything is meant.
func listed[E any](list []E) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// Harvest sends what an operator earned at a service on to its stakers: of these tokens, or of all.
func (s *Suite) Harvest(by harness.Name, service uint32, operator harness.Name, tokens ...Token) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Allocation, Msg{"harvest": Msg{
		"service": service, "operator": operator.String(), "tokens": listed(tokens),
	}})
}

// PoolKey is a pool's name.
type PoolKey struct {
	Operator string `json:"operator"`
	Asset    string `json:"asset"`
}

// PoolOf names a pool.
func PoolOf(operator harness.Name, asset string) PoolKey { return PoolKey{operator.String(), asset} }

// ClaimRewards pays all of somebody's rewards out.
func (s *Suite) ClaimRewards(who harness.Name) *harness.Result {
	s.T.Helper()
	return s.ClaimRewardsTo(who, Nobody, nil)
}

// ClaimRewardsTo pays somebody's rewards of some pools, or of all, to somebody else, or to the sender
// where that is Nobody: in some tokens, or in all.
func (s *Suite) ClaimRewardsTo(who, recipient harness.Name, pools []PoolKey, tokens ...Token) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Delegation, Msg{"claim_rewards": Msg{
		"pools": listed(pools), "tokens": listed(tokens), "recipient": address(recipient),
	}})
}

// Compound stakes somebody's rewards in some tokens again, of some pools, or of all.
func (s *Suite) Compound(who harness.Name, pools []PoolKey, tokens ...Token) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(who, s.Delegation, Msg{"compound": Msg{"pools": listed(pools), "tokens": tokens}})
}

// ClaimCommission pays an operator's commission out: in some tokens, or in all.
func (s *Suite) ClaimCommission(operator harness.Name, tokens ...Token) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Delegation, Msg{"claim_commission": Msg{"tokens": listed(tokens)}})
}

// ServiceRewards are a service's rewards in one token.
type ServiceRewards struct {
	Token                         Token
	Paid, Harvested, Held, Weight Int
}

// ServiceRewards asks the allocation contract: nothing but zeros for a token that is not named.
func (s *Suite) ServiceRewards(service uint32, token Token) ServiceRewards {
	s.T.Helper()
	for _, rewards := range s.AllServiceRewards(service) {
		if rewards.Token == token {
			return rewards
		}
	}
	return ServiceRewards{token, Zero, Zero, Zero, Zero}
}

// AllServiceRewards are those of all tokens, in the order named.
func (s *Suite) AllServiceRewards(service uint32) (rewards []ServiceRewards) {
	s.T.Helper()
	s.Host.Query(s.Allocation, Msg{"service_rewards": Msg{"service": service}}, &rewards)
	return rewards
}

// Earned is what the pools of an operator earned at a service in a token, and nobody harvested yet, by
// asset.
func (s *Suite) Earned(service uint32, operator harness.Name, token Token) map[string]Int {
	s.T.Helper()
	var answer []struct {
		Token Token
		Parts []struct {
			Asset  string
			Amount Int
		}
	}
	s.Host.Query(s.Allocation, Msg{"earned": Msg{"service": service, "operator": operator.String()}}, &answer)
	parts := map[string]Int{}
	for _, earned := range answer {
		if earned.Token != token {
			continue
		}
		for _, part := range earned.Parts {
			parts[part.Asset] = part.Amount
		}
	}
	return parts
}

// Amount is an amount of a token.
type Amount struct {
	Token  Token
	Amount Int
}

// of is how much there is of a token.
func of(token Token, amounts []Amount) Int {
	sum := Zero
	for _, amount := range amounts {
		if amount.Token == token {
			sum = sum.Add(amount.Amount)
		}
	}
	return sum
}

// Claimable is what somebody can claim of a token, of all pools together.
func (s *Suite) Claimable(who string, token Token) Int {
	s.T.Helper()
	sum := Zero
	for _, amounts := range s.rewards(who) {
		sum = sum.Add(of(token, amounts))
	}
	return sum
}

// ClaimableOf is what somebody can claim of a token at one pool.
func (s *Suite) ClaimableOf(who, operator harness.Name, asset string, token Token) Int {
	s.T.Helper()
	return of(token, s.rewards(who.String())[PoolOf(operator, asset)])
}

// rewardsPage is how many pools fit into one answer.
const rewardsPage = 10

func (s *Suite) rewards(who string) map[PoolKey][]Amount {
	s.T.Helper()
	all := map[PoolKey][]Amount{}
	query := Msg{"owner": who, "limit": rewardsPage}
	for {
		var page []struct {
			Pool    PoolKey
			Rewards []Amount
		}
		s.Host.Query(s.Delegation, Msg{"rewards": query}, &page)
		for _, of := range page {
			all[of.Pool] = of.Rewards
		}
		if len(page) < rewardsPage {
			return all
		}
		query["start_after"] = page[len(page)-1].Pool
	}
}

// Flow is what flows to the stakers of a pool in a token.
type Flow struct {
	Token            Token
	Flowing, Waiting Int
	Until            *Time
	PerUnit          string `json:"per_unit"`
}

// Flow asks the delegation contract: zeros for a token that never came.
func (s *Suite) Flow(operator harness.Name, asset string, token Token) Flow {
	s.T.Helper()
	var flows []Flow
	s.Host.Query(s.Delegation, Msg{"flows": Msg{"operator": operator.String(), "asset": asset}}, &flows)
	for _, flow := range flows {
		if flow.Token == token {
			return flow
		}
	}
	return Flow{Token: token, Flowing: Zero, Waiting: Zero}
}

// CommissionOwed is what an operator can claim of a token.
func (s *Suite) CommissionOwed(operator harness.Name, token Token) Int {
	s.T.Helper()
	var amounts []Amount
	s.Host.Query(s.Delegation, Msg{"commission_owed": Msg{"operator": operator.String()}}, &amounts)
	return of(token, amounts)
}

// Payday lets time pass until all that was harvested so far has flowed.
func (s *Suite) Payday() {
	s.T.Helper()
	s.Advance(2 * s.Periods.Reward)
}
