// Package tests plays what only a real chain shows: the whole story, and the ways in which it
// goes wrong.
package tests

import (
	"io"
	"strings"
	"testing"

	"palisade/e2e/story"
)

func TestStory(t *testing.T) {
	var out strings.Builder
	story.Play(t, io.Discard, &out)
	t.Log(out.String())
}
