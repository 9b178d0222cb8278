package live

import (
	"bytes"
	"strings"
	"testing"
)

func TestEnvironmentNamesWhatIsMissing(t *testing.T) {
	all := func(name string) string { return "value of " + name }
	env, err := environment(all)
	if err != nil || env["VAULT"] != "value of VAULT" || len(env) != len(needed) {
		t.Fatalf("%v, %v", env, err)
	}
	_, err = environment(func(name string) string {
		if name == "VAULT" || name == "CLST" {
			return ""
		}
		return all(name)
	})
	if err == nil || !strings.Contains(err.Error(), "not set: VAULT, CLST. Source") {
		t.Fatalf("%v", err)
	}
}

func TestWordsOfCommands(t *testing.T) {
	for _, c := range []struct{ what, got, want string }{
		{"a flag", flagOf("--chain-id host-1 --node tcp://localhost:26657 -y", "--node"), "tcp://localhost:26657"},
		{"a flag with an equals sign", flagOf("--node=tcp://localhost:1 -y", "--node"), "tcp://localhost:1"},
		{"no flag", flagOf("-y --node", "--node"), ""},
		{"plain words", shell("wasmd", []string{"tx", "bank"}), "wasmd tx bank"},
		{"JSON", shell("wasmd", []string{`{"sync":{}}`}), `wasmd '{"sync":{}}'`},
		{"a quote", shell("say", []string{"it's", ""}), `say 'it'\''s' ''`},
		{"a failure", lastLine("Error: no such key\nUsage:\n  wasmd tx\n"), "Error: no such key"},
		{"a message", label([]string{"wasm", "execute", "wasm1x", `{"sync":{"service":1}}`}), "sync"},
		{"a module's command", label([]string{"bank", "send", "a", "b", "1stake"}), "bank send"},
		{"thousands", group("1234567"), "1,234,567"},
		{"a short number", group("999"), "999"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, not %q", c.what, c.got, c.want)
		}
	}
}

func TestTheAccountCountsWhatDiffers(t *testing.T) {
	var out bytes.Buffer
	a := newAccount(&out, false)
	a.step("A step")
	a.paid(record{"host-1", "anybody", "sync", 123_456})
	a.number("equal", units(5), units(5))
	a.number("unequal", units(5_000), units(6_000))
	a.text("a word", "open", "open")
	a.holds("so", true)
	a.side("host-1", "something")
	a.print()
	if a.differ != 1 {
		t.Errorf("%d differ, not 1", a.differ)
	}
	for _, want := range []string{
		"  = equal: 5\n", "DIFFERS unequal: 5,000, should be 6,000", "1. A step\n   host-1  anybody  sync     123,456\n",
		"   -> host-1: something\n", "1 transactions on two chains, 123,456 gas", "4 numbers and states", "1 differ.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
}

func TestAttributesOfATransaction(t *testing.T) {
	tx, err := read(`{"txhash":"AB","height":"12","code":0,"gas_used":"345","events":[
		{"type":"other","attributes":[{"key":"service","value":"1"}]},
		{"type":"wasm-register_service","attributes":[{"key":"admin","value":"x"},{"key":"service","value":"7"}]}]}`)
	if err != nil || tx.Height != 12 || tx.Gas != 345 || tx.Hash != "AB" {
		t.Fatalf("%+v, %v", tx, err)
	}
	if got := tx.Attribute("wasm-register_service", "service"); got != "7" {
		t.Errorf("%q, not 7", got)
	}
	if got := tx.Attribute("wasm-register_service", "nothing"); got != "" {
		t.Errorf("%q, not empty", got)
	}
}

func TestTransactionsThatAreInNoBlock(t *testing.T) {
	for said, why := range map[string]string{
		`{"txhash":"AB","height":"0","code":0,"gas_used":"0"}`:                      "in no block",
		`{"txhash":"AB","height":"7","code":5,"raw_log":"no funds","gas_used":"9"}`: "no funds",
		`AB height 7 gas 9`: "invalid character",
	} {
		if _, err := read(said); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, not %q", said, err, why)
		}
	}
}
