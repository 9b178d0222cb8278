// The helpers against what the Rust types say: the vectors are those of packages/ibc and packages/types.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  arrivesAs,
  cw20Send,
  denomOf,
  depositHook,
  depositMemo,
  keyProofMessage,
  payRewardsHook,
  rewardsMemo,
  suiteFromEnv,
  toDate,
} from "@palisade/client";

const ATOM = "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";

test("a voucher has the hash of its path for a name", async () => {
  assert.equal(await denomOf("transfer/channel-0/uatom"), ATOM);
  assert.equal(
    await denomOf("transfer/channel-7/gamm/pool/1"),
    "ibc/6FB6B020B66D5FF362DEBFBF37B9EEE7F0E9D4D2D752ECA36B656017ED46399A",
  );
  assert.equal(
    await denomOf("transfer/07-tendermint-12/uatom"),
    "ibc/6280C2CDCDBC68FA6EFA9AD7C7DE9FD7B16508BD8C1C7613FC90843151EC0EE4",
  );
});

test("a name without hops is the denom itself", async () => {
  for (const name of ["uatom", "gamm/pool/1", "factory/channel-x/token", "transfer/channel-0", "transfer/channel-18446744073709551616/x"]) {
    assert.equal(await denomOf(name), name);
  }
});

test("coins gain a hop on the way out and lose it on the way home", async () => {
  const [src, dest] = [{ channel: "channel-3" }, { channel: "channel-0" }];
  assert.equal(await arrivesAs("uatom", src, dest), ATOM);
  assert.equal(await arrivesAs("transfer/channel-3/stake", src, dest), "stake");
  assert.equal(await arrivesAs("transfer/channel-3/transfer/channel-0/uatom", src, dest), ATOM);
  assert.equal(await arrivesAs("other/channel-3/stake", { ...src, port: "other" }, dest), "stake");
  await assert.rejects(arrivesAs(ATOM, src, dest), /the whole path is needed/);
});

test("memos are those that the contracts read", () => {
  assert.equal(
    rewardsMemo("wasm1allocation", 7),
    '{"dest_callback":{"address":"wasm1allocation"},"palisade":{"service":7}}',
  );
  assert.equal(
    depositMemo("wasm1vault", { owner: "wasm1owner", operator: "wasm1north" }),
    '{"dest_callback":{"address":"wasm1vault"},' +
      '"palisade":{"deposit":{"owner":"wasm1owner","operator":"wasm1north"}}}',
  );
  assert.equal(
    depositMemo("wasm1vault", { owner: "wasm1owner" }),
    '{"dest_callback":{"address":"wasm1vault"},"palisade":{"deposit":{"owner":"wasm1owner"}}}',
  );
});

test("cw20 hooks are base64 of the JSON", () => {
  assert.equal(payRewardsHook(1), "eyJwYXlfcmV3YXJkcyI6eyJzZXJ2aWNlIjoxfX0=");
  assert.equal(depositHook(), "eyJkZXBvc2l0Ijp7fX0=");
  assert.deepEqual(cw20Send("wasm1vault", "5", depositHook({ operator: "wasm1north" })), {
    send: {
      contract: "wasm1vault",
      amount: "5",
      msg: "eyJkZXBvc2l0Ijp7Im9wZXJhdG9yIjoid2FzbTFub3J0aCJ9fQ==",
    },
  });
});

test("a key's holder signs chain, contract, service and operator", () => {
  const message = keyProofMessage({
    chainId: "host-1",
    allocation: "cosmos1allocation",
    service: 7,
    operator: "cosmos1operator",
  });
  const text = "palisade/key/host-1/cosmos1allocation/7/cosmos1operator";
  assert.equal(Buffer.from(message).toString("latin1"), text);
});

test("the addresses come from the environment", () => {
  const env = { VAULT: "v", DELEGATION: "d", ALLOCATION: "a", SLASHING: "s" };
  const suite = { vault: "v", delegation: "d", allocation: "a", slashing: "s" };
  assert.deepEqual(suiteFromEnv(env), suite);
  assert.deepEqual(suiteFromEnv({ ...env, GATEWAY: "g" }), { ...suite, gateway: "g" });
  assert.throws(() => suiteFromEnv({ ...env, SLASHING: "" }), /SLASHING is not set/);
});

test("timestamps are nanoseconds", () => {
  assert.equal(toDate("1700000000123999999").toISOString(), "2023-11-14T22:13:20.123Z");
  assert.throws(() => toDate("soon"), /not a number of nanoseconds/);
});
