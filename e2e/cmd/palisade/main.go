// Command palisade runs the suite for people and for scripts: the demo, on two chains in one process
// or on real nodes, the measurement of gas, and the inspection of the wasm.
package main

import (
	"fmt"
	"os"
	"testing"
)

const usage = `usage: palisade COMMAND

  demo             plays the story, and gives an account of it
  live [--queries] plays it on the nodes of scripts/localnet, whose env has to be sourced
  gas [--json | --update | --check | --split]
                   measures the gas of every message and packet, or splits that of a slash
  inspect [--update]
                   checks the wasm of the contracts as a chain would
`

// out is where a command's answer goes.
var out = os.Stdout

// commands are what the program can do: each gets the words after its name.
var commands = map[string]func(*testing.T, []string){
	"demo":    demo,
	"gas":     measure,
	"inspect": inspect,
	"live":    playLive,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	name, args := os.Args[1], os.Args[2:]
	// What is asked for goes to the real output alone; that of tests has words of its own.
	os.Stdout = os.Stderr
	// The chains of ibc-go and wasmd want a test around them. The flags of tests are not ours.
	os.Args = os.Args[:1]
	everything := func(string, string) (bool, error) { return true, nil }
	testing.Main(everything, []testing.InternalTest{{
		Name: name,
		F: func(t *testing.T) {
			// The last thing to be cleaned up: without it the test would have the last word, a bare PASS.
			t.Cleanup(func() {
				if !t.Failed() {
					os.Exit(0)
				}
			})
			commands[name](t, args)
		},
	}}, nil, nil)
}
