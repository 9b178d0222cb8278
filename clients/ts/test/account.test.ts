// Account numbers of any size reach what is signed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeSignDoc } from "@cosmjs/proto-signing";
import { accountParser } from "@palisade/client";
import { BaseAccount, ModuleAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";

function parsed(accountNumber: bigint) {
  const base = BaseAccount.fromPartial({ address: "wasm1me", accountNumber, sequence: 3n });
  const value = BaseAccount.encode(base).finish();
  return accountParser({ typeUrl: "/cosmos.auth.v1beta1.BaseAccount", value });
}

test("an account of a small number is as CosmJS has it", () => {
  const account = { address: "wasm1me", pubkey: null, accountNumber: 4, sequence: 3 };
  assert.deepEqual(parsed(4n), account);
});

test("a number above 2^53 is signed exactly", () => {
  for (const number of [2n ** 53n - 1n, 2n ** 53n + 1n, 17570480318384012176n, 2n ** 64n - 1n]) {
    const { accountNumber } = parsed(number);
    const signed = makeSignDoc(new Uint8Array(), new Uint8Array(), "host-1", accountNumber);
    assert.equal(signed.accountNumber, number);
  }
});

test("other accounts are CosmJS's to read", () => {
  const baseAccount = BaseAccount.fromPartial({ address: "wasm1me", accountNumber: 5n });
  const value = ModuleAccount.encode(ModuleAccount.fromPartial({ baseAccount })).finish();
  const account = accountParser({ typeUrl: "/cosmos.auth.v1beta1.ModuleAccount", value });
  assert.equal(account.accountNumber, 5);
  assert.throws(() => accountParser({ typeUrl: "/other.Account", value }), /Unsupported type/);
});
