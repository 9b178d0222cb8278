// The generated code sends what the contracts take.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { wasmTypes } from "@cosmjs/cosmwasm-stargate";
import type { CosmWasmClient, ExecuteResult, SigningCosmWasmClient } from "@cosmjs/cosmwasm-stargate";
import { Registry } from "@cosmjs/proto-signing";
import {
  DelegationQueryClient,
  GatewayClient,
  GatewayQueryClient,
  SlashingMsgComposer,
  VaultClient,
  VaultMsgComposer,
} from "@palisade/client";
import type { Delegation, Vault } from "@palisade/client";

// Stands for a chain: keeps what it was asked.
class Recorder {
  calls: unknown[] = [];

  client(answer?: unknown): SigningCosmWasmClient & CosmWasmClient {
    const keep = async (...call: unknown[]) => {
      this.calls.push(call);
      return answer as ExecuteResult;
    };
    const fake: unknown = { execute: keep, queryContractSmart: keep };
    return fake as SigningCosmWasmClient & CosmWasmClient;
  }
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("a deposit is one message with its coin", async () => {
  const chain = new Recorder();
  const vault = new VaultClient(chain.client(), "wasm1me", "wasm1vault");
  const coins = [{ denom: "ulst", amount: "5" }];
  await vault.deposit({ operator: "wasm1north" }, "auto", "hello", coins);
  assert.deepEqual(json(chain.calls), [
    ["wasm1me", "wasm1vault", { deposit: { operator: "wasm1north" } }, "auto", "hello", coins],
  ]);
});

test("a query names its arguments as the contract does, and a tuple is a tuple", async () => {
  const chain = new Recorder();
  const answer: Delegation.UnbondingResponse[] = [
    { pool: { operator: "o", asset: "lst" }, epoch: 4, value: "5", matures_at: "7" },
  ];
  const delegation = new DelegationQueryClient(chain.client(answer), "wasm1delegation");
  const startAfter: Delegation.TupleOfPoolKeyAndU64 = [{ operator: "o", asset: "lst" }, 3];
  assert.equal(await delegation.unbondings({ owner: "wasm1me", startAfter }), answer);
  assert.deepEqual(json(chain.calls), [
    [
      "wasm1delegation",
      { unbondings: { owner: "wasm1me", start_after: [{ operator: "o", asset: "lst" }, 3] } },
    ],
  ]);
});

test("the gateway's message and its query of one name stay apart", async () => {
  const chain = new Recorder();
  const infraction = { kind: "downtime", offender: { operator: "o" }, height: "5", time: "6" };
  await new GatewayClient(chain.client(), "wasm1me", "wasm1gateway").report(infraction);
  await new GatewayQueryClient(chain.client(), "wasm1gateway").report({ nonce: "3" });
  assert.deepEqual(json(chain.calls), [
    ["wasm1me", "wasm1gateway", { report: infraction }, "auto", null, null],
    ["wasm1gateway", { report: { nonce: "3" } }],
  ]);
});

test("composed messages are encoded by CosmJS", () => {
  const registry = new Registry(wasmTypes);
  const coins = [{ denom: "ulst", amount: "5" }];
  const composed = [
    new VaultMsgComposer("wasm1me", "wasm1vault").deposit({}, coins),
    new SlashingMsgComposer("wasm1me", "wasm1slashing").sync({ service: 1 }),
  ];
  const decoded = composed.map((message) =>
    registry.decode({ typeUrl: message.typeUrl, value: registry.encode(message) }),
  );
  const texts = decoded.map(({ sender, contract, msg, funds }) => [
    sender,
    contract,
    Buffer.from(msg).toString(),
    funds,
  ]);
  assert.deepEqual(texts, [
    ["wasm1me", "wasm1vault", '{"deposit":{}}', coins],
    ["wasm1me", "wasm1slashing", '{"sync":{"service":1}}', []],
  ]);
});

test("messages are typed", () => {
  const message: Vault.ExecuteMsg = {
    pay_out: { asset: "lst", account: 1, destination: { send: { recipient: "wasm1me" } } },
  };
  // @ts-expect-error: amounts are texts
  const wrong: Vault.ExecuteMsg = { withdraw: { asset: "lst", amount: 5 } };
  assert.deepEqual(Object.keys({ ...message, ...wrong }), ["pay_out", "withdraw"]);
});

test("the first blocks of the README are the examples", async () => {
  const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const readme = await read("README.md");
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]);
  const examples = await Promise.all(["deposit", "page"].map((name) => read(`example/${name}.ts`)));
  assert.deepEqual(blocks.slice(0, 2), examples);
});
