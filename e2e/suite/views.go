package suite

import (
	"encoding/json"

	"palisade/e2e/harness"
)

// Books are what the vault owes, and what it has, of an asset. Of a natively staked one parts of what is
// staked and of what is seized are in the vault again: Released and Payable.
type Books struct{ Idle, Staked, Seized, Released, Payable, Balance Int }

// Books asks the vault.
func (s *Suite) Books(asset string) (books Books) {
	s.T.Helper()
	s.Host.Query(s.Vault, Msg{"books": Msg{"asset": asset}}, &books)
	return books
}

// Magnitude is the unit of slices, as a pool has it.
type Magnitude struct {
	Value     Int
	Era, Norm uint32
}

// Pool is all stake of one asset behind one operator.
type Pool struct {
	Asset          string
	Tokens, Shares Int
	// Junior is the operator's own stake, which is part of Tokens.
	Junior    Int
	Magnitude Magnitude
	Unbonding Int
}

// Pools asks the delegation contract for all pools of an operator.
func (s *Suite) Pools(operator harness.Name) (pools []Pool) {
	s.T.Helper()
	s.Host.Query(s.Delegation, Msg{"pools": Msg{"operator": operator.String()}}, &pools)
	return pools
}

// Pool is one pool of an operator.
func (s *Suite) Pool(operator harness.Name, asset string) Pool {
	s.T.Helper()
	for _, pool := range s.Pools(operator) {
		if pool.Asset == asset {
			return pool
		}
	}
	s.T.Fatalf("%s has no pool of %s", operator, asset)
	return Pool{}
}

// Bucket is what unbonds since one epoch.
type Bucket struct {
	Epoch     uint64
	Tokens    Int
	Junior    Int
	Magnitude struct {
		Value     Int
		Era, Norm uint32
	}
	MaturesAt Time `json:"matures_at"`
}

// Buckets asks the delegation contract.
func (s *Suite) Buckets(operator harness.Name, asset string) (buckets []Bucket) {
	s.T.Helper()
	s.Host.Query(s.Delegation, Msg{"buckets": Msg{"operator": operator.String(), "asset": asset, "limit": 100}}, &buckets)
	return buckets
}

// Dust is what belongs to nobody of an asset.
func (s *Suite) Dust(asset string) (dust Int) {
	s.T.Helper()
	s.Host.Query(s.Delegation, Msg{"dust": Msg{"asset": asset}}, &dust)
	return dust
}

// Epoch is the present one.
type Epoch struct {
	Epoch      uint64
	Start, End Time
	MaturesAt  Time `json:"matures_at"`
}

// Epoch asks the delegation contract.
func (s *Suite) Epoch() (epoch Epoch) {
	s.T.Helper()
	s.Host.Query(s.Delegation, Msg{"epoch": Msg{}}, &epoch)
	return epoch
}

type poolKey struct{ Operator, Asset string }

// Position is what an active position of somebody is worth, zero without one.
func (s *Suite) Position(who, operator harness.Name, asset string) Int {
	s.T.Helper()
	var positions []struct {
		Pool  poolKey
		Value Int
	}
	s.Host.Query(s.Delegation, Msg{"positions": Msg{"owner": who.String(), "limit": 100}}, &positions)
	for _, position := range positions {
		if position.Pool == (poolKey{operator.String(), asset}) {
			return position.Value
		}
	}
	return Zero
}

// Unbonding is what all unbonding entries of somebody at one pool are worth.
func (s *Suite) Unbonding(who, operator harness.Name, asset string) Int {
	s.T.Helper()
	var entries []struct {
		Pool  poolKey
		Value Int
	}
	s.Host.Query(s.Delegation, Msg{"unbondings": Msg{"owner": who.String(), "limit": 100}}, &entries)
	sum := Zero
	for _, entry := range entries {
		if entry.Pool == (poolKey{operator.String(), asset}) {
			sum = sum.Add(entry.Value)
		}
	}
	return sum
}

// Member is an operator in a service, as the allocation contract has it.
type Member struct {
	Operator string
	Key      []byte
	Leaving  bool
	Jailed   bool
	Power    Int
	UpdateID Int `json:"update_id"`
	Slices   []struct {
		Asset string
		Share string
		Slice struct {
			Value     Int
			Era, Norm uint32
		}
	}
}

// Member asks the allocation contract for an operator in a service.
func (s *Suite) Member(service uint32, operator harness.Name) (member Member) {
	s.T.Helper()
	s.Host.Query(s.Allocation, Msg{"member": Msg{"service": service, "operator": operator.String()}}, &member)
	return member
}

// membersPage is how many members fit into the gas that a node grants a query.
const membersPage = 10

// Members asks the allocation contract for all operators in a service.
func (s *Suite) Members(service uint32) (members []Member) {
	s.T.Helper()
	for {
		var page []Member
		query := Msg{"service": service, "limit": membersPage}
		if len(members) > 0 {
			query["start_after"] = members[len(members)-1].Operator
		}
		s.Host.Query(s.Allocation, Msg{"members": query}, &page)
		members = append(members, page...)
		if len(page) < membersPage {
			return members
		}
	}
}

// Slice is what a service may slash of an operator's pool, in magnitude.
func (m Member) Slice(asset string) Int {
	for _, slice := range m.Slices {
		if slice.Asset == asset {
			return slice.Slice.Value
		}
	}
	return Zero
}

// GatewayOperator is an operator as the consumer counts it.
type GatewayOperator struct {
	Operator string
	Key      []byte
	Power    Int
	UpdateID Int `json:"update_id"`
}

// GatewayOperator asks the gateway for one operator, which may have no power any more.
func (s *Suite) GatewayOperator(operator harness.Name) (answer GatewayOperator) {
	s.T.Helper()
	s.Consumer.Query(s.Gateway, Msg{"operator": Msg{"operator": Msg{"operator": operator.String()}}}, &answer)
	return answer
}

// GatewayOperators asks the gateway for all operators with power.
func (s *Suite) GatewayOperators() (operators []GatewayOperator) {
	s.T.Helper()
	for {
		var page []GatewayOperator
		query := Msg{"limit": 100}
		if len(operators) > 0 {
			query["start_after"] = operators[len(operators)-1].Operator
		}
		s.Consumer.Query(s.Gateway, Msg{"operators": query}, &page)
		operators = append(operators, page...)
		if len(page) < 100 {
			return operators
		}
	}
}

// TotalPower asks the gateway for the sum of all powers.
func (s *Suite) TotalPower() Int {
	s.T.Helper()
	var answer struct{ Power Int }
	s.Consumer.Query(s.Gateway, Msg{"total_power": Msg{}}, &answer)
	return answer.Power
}

// State is an enum as JSON has it: the name of the variant, and what is in it.
type State map[string]json.RawMessage

// Name is the variant.
func (s State) Name() string {
	for name := range s {
		return name
	}
	return "none"
}

// ReportView is a report as the gateway has it.
type ReportView struct {
	Nonce     Int
	Operator  string
	UpdateID  Int `json:"update_id"`
	State     State
	Attempts  uint32
	LastError *string `json:"last_error"`
}

// Where is the state, with the outcome of one that ended.
func (r ReportView) Where() string {
	if r.State.Name() != "ended" {
		return r.State.Name()
	}
	var fields struct{ Outcome State }
	if json.Unmarshal(r.State["ended"], &fields) != nil {
		return "ended"
	}
	return "ended/" + fields.Outcome.Name()
}

// ReportOf asks the gateway for a report.
func (s *Suite) ReportOf(nonce int64) (report ReportView) {
	s.T.Helper()
	s.Consumer.Query(s.Gateway, Msg{"report": Msg{"nonce": amount(nonce)}}, &report)
	return report
}

// Request is a slash as the slashing contract has it.
type Request struct {
	Request, Height Int
	Nonce           *Int
	Operator, Kind  string
	Proven          bool
	Overrides       *Int
	UpdateID        Int `json:"update_id"`
	Time            Time
	ReceivedAt      Time `json:"received_at"`
	ExecutableAt    Time `json:"executable_at"`
	State           State
}

// Requests asks the slashing contract for all requests of a service.
func (s *Suite) Requests(service uint32) (requests []Request) {
	s.T.Helper()
	query := Msg{"service": service, "limit": 100}
	for {
		var page struct {
			Requests []Request
			Next     *Int
		}
		s.Host.Query(s.Slashing, Msg{"requests": query}, &page)
		requests = append(requests, page.Requests...)
		if page.Next == nil {
			return requests
		}
		query["start_after"] = page.Next.String()
	}
}

// PendingSlashes asks the slashing contract for what waits against an operator, at all services.
func (s *Suite) PendingSlashes(operator harness.Name) (requests []Request) {
	s.T.Helper()
	s.Host.Query(s.Slashing, Msg{"pending_slashes": Msg{"operator": operator.String()}}, &requests)
	return requests
}

// Update is when an update was made, and where it was applied.
type Update struct {
	UpdateID Int                `json:"update_id"`
	SentAt   Time               `json:"sent_at"`
	Applied  *[]json.RawMessage // height and time
}

// Update asks the slashing contract.
func (s *Suite) Update(service uint32, id Int) (update Update) {
	s.T.Helper()
	s.Host.Query(s.Slashing, Msg{"update": Msg{"service": service, "update_id": id.String()}}, &update)
	return update
}

// AnswerOf is how a nonce was answered, none if it is unknown.
func (s *Suite) AnswerOf(service uint32, nonce int64) State {
	s.T.Helper()
	var answer *State
	s.Host.Query(s.Slashing, Msg{"nonce": Msg{"service": service, "nonce": amount(nonce)}}, &answer)
	if answer == nil {
		return nil
	}
	return *answer
}

// ThrottleBucket is in units of value.
type ThrottleBucket struct{ Capacity, Used Int }

// Throttle is what a service, and all services together, can still slash.
type Throttle struct{ Limit, Reserved, Shared ThrottleBucket }

// Throttle asks the slashing contract.
func (s *Suite) Throttle(service uint32) (throttle Throttle) {
	s.T.Helper()
	s.Host.Query(s.Slashing, Msg{"throttle": Msg{"service": service}}, &throttle)
	return throttle
}

// Standing is whether an operator is jailed or tombstoned at a service.
type Standing struct {
	JailedUntil *Time `json:"jailed_until"`
	Tombstoned  bool
}

// Standing asks the slashing contract.
func (s *Suite) Standing(service uint32, operator harness.Name) (standing Standing) {
	s.T.Helper()
	s.Host.Query(s.Slashing, Msg{"standing": Msg{"service": service, "operator": operator.String()}}, &standing)
	return standing
}

// Delivery is what a service was last told of an operator.
type Delivery struct {
	Sent, Acked Int
	Dirty       bool
}

// Delivery asks the slashing contract.
func (s *Suite) Delivery(service uint32, operator harness.Name) (delivery Delivery) {
	s.T.Helper()
	s.Host.Query(s.Slashing, Msg{"delivery": Msg{"service": service, "operator": operator.String()}}, &delivery)
	return delivery
}

// OutcomeView is an outcome that the consumer did not acknowledge yet.
type OutcomeView struct {
	Nonce    Int
	Outcome  State
	InFlight bool `json:"in_flight"`
}

// Outcomes asks the slashing contract.
func (s *Suite) Outcomes(service uint32) (outcomes []OutcomeView) {
	s.T.Helper()
	s.Host.Query(s.Slashing, Msg{"outcomes": Msg{"service": service}}, &outcomes)
	return outcomes
}

// LiveChannel is the id of a service's open channel on the host, empty without one.
func (s *Suite) LiveChannel(service uint32) string {
	s.T.Helper()
	var answer struct{ Channel *string }
	s.Host.Query(s.Slashing, Msg{"service": Msg{"service": service}}, &answer)
	if answer.Channel == nil {
		return ""
	}
	return *answer.Channel
}

// Seized is what waits for its payout of an asset, all accounts and destinations together.
func (s *Suite) Seized(asset string) Int {
	s.T.Helper()
	sum := Zero
	for _, entry := range s.seized(asset) {
		sum = sum.Add(entry.Amount)
	}
	return sum
}

// SeizedFor is what waits for its payout of an asset under one account, all destinations together.
func (s *Suite) SeizedFor(asset string, account uint32) Int {
	s.T.Helper()
	sum := Zero
	for _, entry := range s.seized(asset) {
		if entry.Account == account {
			sum = sum.Add(entry.Amount)
		}
	}
	return sum
}

type seizure struct {
	Account uint32
	Amount  Int
}

func (s *Suite) seized(asset string) (entries []seizure) {
	s.T.Helper()
	s.Host.Query(s.Vault, Msg{"seized": Msg{"asset": asset, "limit": 100}}, &entries)
	return entries
}
