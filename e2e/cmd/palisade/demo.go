package main

import (
	"fmt"
	"testing"

	"palisade/e2e/story"
)

// demo plays the story. Anything that differs fails the test, and so the program.
func demo(t *testing.T, _ []string) {
	fmt.Fprintln(out, "Two chains start in this process: host-1 and consumer-1, each a wasmd with four validators.")
	story.Play(t, out, out)
	if !t.Failed() {
		fmt.Fprintln(out, "The story ends as it should.")
	}
}
