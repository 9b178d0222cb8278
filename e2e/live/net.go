// Package live plays a story on real nodes: two wasmd networks and Hermes between them, as
// scripts/localnet starts them. Whoever acts does so by a "wasmd tx" process, and whatever is known
// comes from a "wasmd query" one; what the chains tell is held against a second computation by
// e2e/model. The relayer is killed on the way, and a chain stands still for more than a minute.
package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"palisade/e2e/suite"
)

// Int is an amount, a share or a power.
type Int = suite.Int

// Msg is a message as it goes over the wire.
type Msg = suite.Msg

// stop ends the story: what it says is for a person.
type stop struct{ why string }

func halt(format string, args ...any) { panic(stop{fmt.Sprintf(format, args...)}) }

// needed are the variables of the localnet's env that the story uses.
var needed = []string{
	"NODE_FLAGS", "QUERY_FLAGS", "CONSUMER_FLAGS", "CONSUMER_QUERY",
	"VAULT", "DELEGATION", "ALLOCATION", "SLASHING", "TOKEN", "GATEWAY",
	"HOST_CONNECTION", "CONSUMER_CONNECTION", "HOST_TRANSFER", "CONSUMER_TRANSFER", "VOUCHER", "CLST",
}

// Net is the two networks, as the environment tells of them.
type Net struct {
	ctx            context.Context
	root           string
	env            map[string]string
	Host, Consumer *Chain
	*nodes
	*account
}

// Chain is one of the networks.
type Chain struct {
	net *Net
	// Name is the chain's id.
	Name string
	// txFlags and queryFlags are names of variables that hold flags.
	txFlags, queryFlags string
}

// environment reads the variables that the localnet's env sets.
func environment(lookup func(string) string) (map[string]string, error) {
	env, missing := map[string]string{}, []string{}
	for _, name := range needed {
		env[name] = lookup(name)
		if env[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("not set: %s. Source the env of a localnet first (source .localnet/env), or run scripts/demo --nodes",
			strings.Join(missing, ", "))
	}
	return env, nil
}

func open(ctx context.Context, a *account) (*Net, error) {
	env, err := environment(os.Getenv)
	if err != nil {
		return nil, err
	}
	n := &Net{ctx: ctx, root: suite.Root(), env: env, account: a}
	n.Host = &Chain{n, flagOf(env["NODE_FLAGS"], "--chain-id"), "NODE_FLAGS", "QUERY_FLAGS"}
	n.Consumer = &Chain{n, flagOf(env["CONSUMER_FLAGS"], "--chain-id"), "CONSUMER_FLAGS", "CONSUMER_QUERY"}
	n.nodes = &nodes{net: n}
	for _, chain := range []*Chain{n.Host, n.Consumer} {
		if chain.Name == "" {
			return nil, fmt.Errorf("%s names no --chain-id", chain.txFlags)
		}
	}
	return n, nil
}

// flagOf is the word after a flag.
func flagOf(flags, name string) string {
	words := strings.Fields(flags)
	for i, word := range words {
		if word == name && i+1 < len(words) {
			return words[i+1]
		}
		if value, ok := strings.CutPrefix(word, name+"="); ok {
			return value
		}
	}
	return ""
}

// run runs a program, and returns what it wrote. It is ended when the story is.
func (n *Net) run(program string, args ...string) (string, string, error) {
	var out, errs bytes.Buffer
	command := exec.CommandContext(n.ctx, program, args...)
	command.Dir, command.Stdout, command.Stderr = n.root, &out, &errs
	err := command.Run()
	if n.ctx.Err() != nil {
		halt("interrupted")
	}
	return out.String(), errs.String(), err
}

// ask runs a query, tried again for a while: a node that was just started answers late.
func (c *Chain) ask(answer any, args ...string) {
	words := append(append([]string{"query"}, args...), strings.Fields(c.net.env[c.queryFlags])...)
	c.net.asked(shell("wasmd", append([]string{"query"}, args...)) + " $" + c.queryFlags)
	if err := c.try(answer, words); err == nil {
		return
	}
	time.Sleep(2 * time.Second)
	if err := c.try(answer, words); err != nil {
		halt("%s does not answer: %v\n  %s", c.Name, err, shell("wasmd", words))
	}
}

func (c *Chain) try(answer any, words []string) error {
	out, errs, err := c.net.run("wasmd", words...)
	if err != nil {
		return errors.New(lastLine(errs + "\n" + out))
	}
	return json.Unmarshal([]byte(out), answer)
}

// Query asks a contract.
func (c *Chain) Query(contract string, query Msg, answer any) {
	var wrapped struct{ Data json.RawMessage }
	c.ask(&wrapped, "wasm", "contract-state", "smart", contract, encode(query))
	if err := json.Unmarshal(wrapped.Data, answer); err != nil {
		halt("the answer of %s to %s is not as it was expected: %v\n  %s", contract, encode(query), err, wrapped.Data)
	}
}

// Balance is what an address has of a denom.
func (c *Chain) Balance(address, denom string) Int {
	var answer struct{ Balance struct{ Amount Int } }
	c.ask(&answer, "bank", "balance", address, denom)
	return answer.Balance.Amount
}

// last returns the number and time of the last block.
func (c *Chain) last() (int64, time.Time) {
	var answer struct {
		SyncInfo struct {
			Height string    `json:"latest_block_height"`
			Time   time.Time `json:"latest_block_time"`
		} `json:"sync_info"`
	}
	words := []string{"status", "--node", flagOf(c.net.env[c.queryFlags], "--node")}
	c.net.asked(shell("wasmd", words))
	if err := c.try(&answer, words); err != nil {
		halt("%s does not answer: %v", c.Name, err)
	}
	return number(answer.SyncInfo.Height), answer.SyncInfo.Time
}

// now is the time of the last block.
func (c *Chain) now() time.Time {
	_, at := c.last()
	return at
}

// encode is the JSON of a message.
func encode(msg any) string {
	raw, err := json.Marshal(msg)
	if err != nil {
		panic(err) // the story's own messages
	}
	return string(raw)
}

// shell is a command as a person would type it.
func shell(program string, args []string) string {
	words := []string{program}
	for _, arg := range args {
		if arg == "" || strings.ContainsAny(arg, " \"'{}$;&|<>()*?!#\\") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

// lastLine is the last line of a text that says something. The usage that wasmd prints after an error
// does not.
func lastLine(text string) string {
	text, _, _ = strings.Cut(text, "\nUsage:")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
