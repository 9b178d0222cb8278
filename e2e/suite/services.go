package suite

import (
	"encoding/json"
	"strconv"
	"time"

	"palisade/e2e/harness"
)

// The kinds of infraction that the services of the tests punish.
const (
	DoubleSign = "double_sign"
	Downtime   = "downtime"
	// Misconduct is a kind of the local services' own.
	Misconduct = "misconduct"
)

// Penalty is what a service takes for a kind of infraction.
type Penalty struct {
	Kind, Fraction string
	Jail           int64
	Tombstone      bool
}

// Terms are what a service is registered with.
type Terms struct {
	Name      string
	MaxSlash  string
	Assets    []string
	Penalties []Penalty
	Proceeds  Msg
	// Bounty is the share of what is seized for who executes a slash or proves a double-sign.
	Bounty string
	// Resolver can refuse a slash without proof for so long, and the service punishes what is that
	// much younger; without one slashes are executed at once.
	Resolver harness.Name
	Window   time.Duration
	// Slasher makes it a service on the host; without one it is a consumer chain, with keys, whose
	// double-signs can be proved.
	Slasher harness.Name
}

// ConsumerTerms are those of a consumer chain: 5 % for double-signing, a ten-thousandth for
// downtime, all of it burned but for a bounty of 4 %.
func ConsumerTerms(assets ...string) Terms {
	return Terms{
		Name: "consumer chain", MaxSlash: "0.05", Assets: assets, Proceeds: Burn(), Bounty: "0.04",
		Penalties: []Penalty{
			{Kind: Downtime, Fraction: "0.0001", Jail: 600},
			{Kind: DoubleSign, Fraction: "0.05", Tombstone: true},
		},
	}
}

// LocalTerms are those of a service on the host: up to 30 %, sent to the service.
func LocalTerms(slasher harness.Name, assets ...string) Terms {
	return Terms{
		Name: "local service", MaxSlash: "0.3", Assets: assets, Proceeds: SendTo(slasher), Bounty: "0", Slasher: slasher,
		Penalties: []Penalty{{Kind: Misconduct, Fraction: "0.1", Jail: 3_600}},
	}
}

// Disputed has a resolver who can refuse a slash without proof.
func (t Terms) Disputed(resolver harness.Name, window time.Duration) Terms {
	t.Resolver, t.Window = resolver, window
	return t
}

func (p Penalty) message() Msg {
	return Msg{"kind": p.Kind, "fraction": p.Fraction, "jail": p.Jail, "tombstone": p.Tombstone}
}

// settings are what the admin of a service can change later.
func (s *Suite) settings(t Terms) Msg {
	fields := Msg{
		"evidence_age": seconds(s.Periods.Evidence - t.Window), "proceeds": t.Proceeds, "bounty": t.Bounty,
		"dispute": nil, "chain_id": nil,
	}
	if t.Resolver != Nobody {
		fields["dispute"] = Msg{"resolver": t.Resolver.String(), "window": seconds(t.Window)}
	}
	if t.Slasher == Nobody {
		fields["chain_id"] = s.Consumer.ID()
	}
	return fields
}

func (s *Suite) registration(t Terms) Msg {
	penalties := make([]Msg, 0, len(t.Penalties))
	for _, p := range t.Penalties {
		penalties = append(penalties, p.message())
	}
	source := Msg{"ibc": Msg{}}
	if t.Slasher != Nobody {
		source = Msg{"local": Msg{"slasher": t.Slasher.String()}}
	}
	return Msg{"register_service": Msg{
		"terms": Msg{
			"name": t.Name, "max_slash": t.MaxSlash, "assets": t.Assets, "keyed": t.Slasher == Nobody,
			"admission": Msg{"open": Msg{}}, "min_power": "0", "max_operators": 100, "max_share": "1",
		},
		"source": source, "penalties": penalties, "settings": s.settings(t),
	}}
}

// Register registers a service.
func (s *Suite) Register(admin harness.Name, terms Terms) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(admin, s.Slashing, s.registration(terms))
}

// RegisterService registers a service, and returns its number.
func (s *Suite) RegisterService(admin harness.Name, terms Terms) uint32 {
	s.T.Helper()
	result := s.Register(admin, terms).OK()
	number, err := strconv.ParseUint(result.Attribute("wasm-register_service", "service"), 10, 32)
	if err != nil {
		s.T.Fatalf("the number of a service: %v", err)
	}
	return uint32(number)
}

// SetPeer admits a port on the consumer, over a link, as the gateway of a service.
func (s *Suite) SetPeer(service uint32, link *harness.Link, port string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Owner, s.Slashing, Msg{"set_peer": Msg{
		"service": service,
		"peer":    Msg{"connection_id": link.At(s.Host).Connection, "port": port},
	}})
}

// CutOff leaves a service without a gateway.
func (s *Suite) CutOff(service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Owner, s.Slashing, Msg{"set_peer": Msg{"service": service, "peer": nil}})
}

// NewChannel is a channel from slashing to the gateway that is not open yet.
func (s *Suite) NewChannel(link *harness.Link) *harness.Channel {
	s.T.Helper()
	return link.Channel(s.Host, s.Host.Port(s.Slashing), s.Consumer.Port(s.Gateway), Version)
}

// Connect admits the gateway of a service, and opens the channel.
func (s *Suite) Connect(service uint32) {
	s.T.Helper()
	s.SetPeer(service, s.Link, s.Consumer.Port(s.Gateway)).OK()
	s.Channel = s.NewChannel(s.Link).Open()
}

// Sync takes the powers of a service's operators down, and sends what changed.
func (s *Suite) Sync(service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Relayer, s.Slashing, Msg{"sync": Msg{"service": service}})
}

// SyncAndRelay syncs, and brings all packets and acks to where they belong.
func (s *Suite) SyncAndRelay(service uint32) []*harness.Packet {
	s.T.Helper()
	s.Sync(service).OK()
	return s.Relay()
}

// Execute executes a request that waits.
func (s *Suite) Execute(by harness.Name, service uint32, request int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Slashing, Msg{"execute": Msg{"service": service, "request": amount(request)}})
}

// Veto refuses a request within its window.
func (s *Suite) Veto(by harness.Name, service uint32, request int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Slashing, Msg{"veto": Msg{"service": service, "request": amount(request)}})
}

// UpdateSettings changes the settings of a service, an unbonding period from now.
func (s *Suite) UpdateSettings(admin harness.Name, service uint32, terms Terms) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(admin, s.Slashing, Msg{"update_service": Msg{"service": service, "settings": s.settings(terms)}})
}

// SetPenalty changes or adds a penalty.
func (s *Suite) SetPenalty(admin harness.Name, service uint32, penalty Penalty) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(admin, s.Slashing, Msg{"set_penalty": Msg{"service": service, "penalty": penalty.message()}})
}

// StopService winds a service down.
func (s *Suite) StopService(admin harness.Name, service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(admin, s.Slashing, Msg{"stop_service": Msg{"service": service}})
}

// RedirectProceeds has what waits for a former recipient go where the proceeds go now.
func (s *Suite) RedirectProceeds(admin harness.Name, service uint32, asset string, from Msg) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(admin, s.Slashing, Msg{"redirect_proceeds": Msg{"service": service, "asset": asset, "from": from}})
}

func buckets(limit, reserved int64) Msg {
	return Msg{"limit": amount(limit), "reserved": amount(reserved)}
}

// SetThrottle sets how much value a service can slash at once: in all, and of it what no other
// service can use up.
func (s *Suite) SetThrottle(service uint32, limit, reserved int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Owner, s.Slashing, Msg{"set_throttle": Msg{
		"service": service, "buckets": buckets(limit, reserved),
	}})
}

// SetSharedThrottle sets how much value all services together can slash at once, beside what is
// reserved for each.
func (s *Suite) SetSharedThrottle(shared int64) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Owner, s.Slashing, Msg{"set_shared_throttle": Msg{"shared": amount(shared)}})
}

// Suspend has the slashes of a service bounce for a while.
func (s *Suite) Suspend(by harness.Name, service uint32, d time.Duration) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Slashing, Msg{"suspend": Msg{"service": service, "seconds": seconds(d)}})
}

// Resume ends a suspension.
func (s *Suite) Resume(by harness.Name, service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Slashing, Msg{"resume": Msg{"service": service}})
}

// Unjail lets an operator count again.
func (s *Suite) Unjail(operator harness.Name, service uint32) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(operator, s.Slashing, Msg{"unjail": Msg{"service": service}})
}

// Slash asks for a penalty, by the slasher of a local service.
func (s *Suite) Slash(by harness.Name, service uint32, slash Msg) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(by, s.Slashing, Msg{"slash": Msg{"service": service, "slash": slash}})
}

// SlashOf is a slash of an operator for what it does now, as of an update.
func (s *Suite) SlashOf(nonce int64, operator harness.Name, kind string, update Int) Msg {
	s.T.Helper()
	return Msg{
		"nonce": amount(nonce), "offender": Msg{"operator": operator.String()}, "infraction": kind,
		"update_id": update.String(), "height": amount(s.Host.Height()), "time": nanos(s.Host.Now()),
	}
}

// Pause stops a family of actions of a contract on the host, until it is lifted.
func (s *Suite) Pause(contract, action string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Guardian, contract, Msg{"admin": Msg{"pause": Msg{"action": action}}})
}

// Unpause lets it go on.
func (s *Suite) Unpause(contract, action string) *harness.Result {
	s.T.Helper()
	return s.Host.Execute(harness.Guardian, contract, Msg{"admin": Msg{"unpause": Msg{"action": action}}})
}

// encode is a message's JSON.
func encode(msg any) []byte {
	body, err := json.Marshal(msg)
	if err != nil {
		panic(err)
	}
	return body
}

// only is the name of a message's only key.
func only(msg Msg) string {
	for name := range msg {
		return name
	}
	return "?"
}
