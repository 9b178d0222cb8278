package main

import (
	"context"
	"fmt"
	"os/signal"
	"slices"
	"syscall"
	"testing"

	"palisade/e2e/live"
)

// playLive plays the story on the nodes of a localnet, whose env has to be sourced.
func playLive(t *testing.T, args []string) {
	for _, arg := range args {
		if arg != "--queries" {
			t.Fatalf("%q is not known: --queries is, which shows the queries too", arg)
		}
	}
	ctx, done := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer done()
	if !live.Play(ctx, out, slices.Contains(args, "--queries")) {
		t.Fatal("the story does not end as it should")
	}
	fmt.Fprintln(out, "The story ends as it should.")
}
