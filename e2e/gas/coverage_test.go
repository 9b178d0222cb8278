package gas

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"palisade/e2e/suite"
)

// between are messages that only one contract of the suite sends to another: they are part of
// what is measured under the message that set them off.
var between = []string{
	"vault.release", "vault.seize", "vault.redirect", "delegation.join", "delegation.slash", "delegation.redirect",
	"allocation.create_service", "allocation.checkpoint", "allocation.acknowledge", "allocation.slash", "allocation.unjail",
	"allocation.stop_service", "allocation.redirect",
	"delegation.reward", "delegation.reward_cw20", "delegation.open_pool", "delegation.grow", "vault.reconcile", "vault.restake", "vault.compounded",
	"staker.delegate", "staker.undelegate", "staker.collect", "staker.withdraw_rewards", "staker.forward_rewards",
}

// elsewhere are messages that are measured under another name.
var elsewhere = map[string]string{
	"vault.receive": "vault.deposit_cw20", "allocation.receive": "allocation.pay_rewards_cw20",
}

// Every message that a contract takes from outside of the suite is in the snapshot.
func TestEveryMessageIsMeasured(t *testing.T) {
	snapshot, err := Snapshot()
	require.NoError(t, err)
	for _, contract := range Contracts {
		for _, variant := range variants(t, contract) {
			message := contract + "." + variant
			if slices.Contains(between, message) {
				continue
			}
			if other, ok := elsewhere[message]; ok {
				message = other
			}
			measured := false
			for name := range snapshot.Messages {
				measured = measured || name == message || strings.HasPrefix(name, message+"_")
			}
			require.True(t, measured, "%s is not measured", message)
		}
	}
}

// variants are the names of the messages that a contract takes.
func variants(t *testing.T, contract string) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(suite.Root(), "schema", contract, "palisade-"+contract+".json"))
	require.NoError(t, err)
	var schema struct {
		Execute struct {
			OneOf []struct {
				Required, Enum []string
			} `json:"oneOf"`
		}
	}
	require.NoError(t, json.Unmarshal(raw, &schema))
	var names []string
	for _, variant := range schema.Execute.OneOf {
		names = append(append(names, variant.Required...), variant.Enum...)
	}
	require.NotEmpty(t, names)
	return names
}
