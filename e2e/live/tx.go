package live

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Tx is a transaction that is in a block.
type Tx struct {
	Chain  *Chain
	Hash   string
	Height int64
	Gas    uint64
	// At is the time of its block.
	At     time.Time
	events []event
}

type event struct {
	Type       string
	Attributes []struct{ Key, Value string }
}

var hashes = regexp.MustCompile(`\b[0-9A-F]{64}\b`)

// hashIn is the hash of a transaction in what the localnet's wasmd printed.
func hashIn(text string) string { return hashes.FindString(text) }

// send has somebody send a transaction, prints it, and waits until it is in a block.
func (c *Chain) send(from string, args ...string) (string, error) {
	words := append(append([]string{"tx"}, args...), "--from", from)
	line := shell("wasmd", words) + " $" + c.txFlags
	c.net.typed(line)
	out, errs, err := c.net.run("wasmd", append(words, strings.Fields(c.net.env[c.txFlags])...)...)
	return out + "\n" + errs, err
}

// Tx sends a transaction that has to succeed.
func (c *Chain) Tx(from string, args ...string) *Tx {
	said, err := c.send(from, args...)
	if err != nil {
		halt("the transaction failed: %s", lastLine(said))
	}
	return c.found(from, args, said)
}

// found looks a transaction up, by its hash.
func (c *Chain) found(from string, args []string, said string) *Tx {
	hash := hashIn(said)
	if hash == "" {
		halt("wasmd did not tell the hash of the transaction. Is .localnet/bin first in PATH?\n%s", said)
	}
	tx := c.lookup(hash)
	c.net.paid(record{c.Name, from, label(args), tx.Gas})
	return tx
}

func (c *Chain) lookup(hash string) *Tx {
	var answer struct {
		Height  string
		Code    int
		RawLog  string `json:"raw_log"`
		GasUsed string `json:"gas_used"`
		Events  []event
	}
	c.ask(&answer, "tx", hash)
	if answer.Code != 0 {
		halt("the transaction %s failed: %s", hash, answer.RawLog)
	}
	height := number(answer.Height)
	gas, _ := strconv.ParseUint(answer.GasUsed, 10, 64)
	return &Tx{Chain: c, Hash: hash, Height: height, Gas: gas, At: c.timeOf(height), events: answer.Events}
}

// Execute has a contract execute a message, with coins if there are any.
func (c *Chain) Execute(from, contract string, msg Msg, coins ...string) *Tx {
	return c.Tx(from, execute(contract, msg, coins)...)
}

func execute(contract string, msg Msg, coins []string) []string {
	args := []string{"wasm", "execute", contract, encode(msg)}
	if len(coins) > 0 {
		args = append(args, "--amount", strings.Join(coins, ","))
	}
	return args
}

// Refused sends what the chain has to refuse, and returns why it did.
func (c *Chain) Refused(from, contract string, msg Msg, because string) {
	said, err := c.send(from, execute(contract, msg, nil)...)
	switch {
	case err == nil:
		c.net.differs("%s was accepted, and should be refused", label(execute(contract, msg, nil)))
	case !strings.Contains(said, because):
		c.net.differs("refused, but not because %q: %s", because, lastLine(said))
	default:
		c.net.sees("refused: %s", because)
	}
}

// Attribute is the first value of an attribute of an event, empty if there is none.
func (t *Tx) Attribute(kind, key string) string {
	for _, e := range t.events {
		if e.Type != kind {
			continue
		}
		for _, attribute := range e.Attributes {
			if attribute.Key == key {
				return attribute.Value
			}
		}
	}
	return ""
}

// label names a transaction in the account: the contract's message, or the module and command.
func label(args []string) string {
	if len(args) > 3 && args[0] == "wasm" && args[1] == "execute" {
		var msg map[string]json.RawMessage
		if json.Unmarshal([]byte(args[3]), &msg) == nil {
			for name := range msg {
				return name
			}
		}
	}
	return strings.Join(args[:min(2, len(args))], " ")
}

// number reads a whole number that a chain told.
func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		halt("%q is no number", text)
	}
	return n
}
