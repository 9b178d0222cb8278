package live

import (
	"encoding/json"
	"fmt"
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
	at     time.Time
	events []event
}

type event struct {
	Type       string
	Attributes []struct{ Key, Value string }
}

// send has somebody send a transaction, prints it, and waits until it is in a block: the localnet's
// wasmd does, and answers with what the chain says of it.
func (c *Chain) send(from string, args ...string) (said, errs string, err error) {
	words := append(append([]string{"tx"}, args...), "--from", from)
	c.net.typed(shell("wasmd", words) + " $" + c.txFlags + " -o json")
	return c.net.run("wasmd", append(append(words, strings.Fields(c.net.env[c.txFlags])...), "-o", "json")...)
}

// Tx sends a transaction that has to succeed.
func (c *Chain) Tx(from string, args ...string) *Tx {
	said, errs, err := c.send(from, args...)
	if err != nil {
		halt("the transaction failed: %s", lastLine(said+"\n"+errs))
	}
	return c.paidFor(from, args, said)
}

// paidFor reads what the chain says of a transaction, and writes it down.
func (c *Chain) paidFor(from string, args []string, said string) *Tx {
	tx, err := read(said)
	if err != nil {
		halt("wasmd did not tell how the transaction ended (%v). Is .localnet/bin first in PATH? It said:\n%s", err, said)
	}
	tx.Chain = c
	c.net.paid(record{c.Name, from, label(args), tx.Gas})
	return tx
}

// read reads a transaction as wasmd tells it.
func read(said string) (*Tx, error) {
	var answer struct {
		Hash    string `json:"txhash"`
		Height  string
		Code    int
		RawLog  string `json:"raw_log"`
		GasUsed string `json:"gas_used"`
		Events  []event
	}
	if err := json.Unmarshal([]byte(said), &answer); err != nil {
		return nil, err
	}
	if answer.Code != 0 {
		return nil, fmt.Errorf("it failed: %s", answer.RawLog)
	}
	height, err := strconv.ParseInt(answer.Height, 10, 64)
	if err != nil || height == 0 {
		return nil, fmt.Errorf("it is in no block")
	}
	gas, err := strconv.ParseUint(answer.GasUsed, 10, 64)
	return &Tx{Hash: answer.Hash, Height: height, Gas: gas, events: answer.Events}, err
}

// At is the time of its block.
func (t *Tx) At() time.Time {
	if t.at.IsZero() {
		t.at = t.Chain.timeOf(t.Height)
	}
	return t.at
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
	said, errs, err := c.send(from, execute(contract, msg, nil)...)
	said += "\n" + errs
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
