package tests

import (
	"testing"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

func TestMigration(t *testing.T) {
	s := suite.Deploy(t)
	// A chain migrates no contract with IBC entry points to code without them.
	contracts := []struct {
		chain                *harness.Chain
		name, address, other string
	}{
		{s.Host, "vault", s.Vault, "delegation"},
		{s.Host, "delegation", s.Delegation, "allocation"},
		{s.Host, "allocation", s.Allocation, "vault"},
		{s.Host, "slashing", s.Slashing, "gateway"},
		{s.Consumer, "gateway", s.Gateway, "slashing"},
	}
	for _, c := range contracts {
		code := c.chain.Store(suite.Artifact("palisade_" + c.name + ".wasm"))
		c.chain.Migrate(c.address, code, suite.Msg{}).Refused("only a newer version is accepted")
		code = c.chain.Store(suite.Artifact("palisade_" + c.other + ".wasm"))
		c.chain.Migrate(c.address, code, suite.Msg{}).Refused("the stored contract is palisade:" + c.name)
	}
}
