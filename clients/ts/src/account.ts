import { accountFromAny } from "@cosmjs/stargate";
import type { AccountParser } from "@cosmjs/stargate";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";

const BASE_ACCOUNT = "/cosmos.auth.v1beta1.BaseAccount";

/**
 * Reads accounts of any number, for the option `accountParser` of CosmJS's clients.
 *
 * Since Cosmos SDK 0.54 a new account's number is any of 64 bits, which CosmJS by itself refuses
 * above 2^53. It signs rightly what a `bigint` says: so the number is one where a `number` could
 * not tell it. Only direct signing can do that, not amino.
 */
export const accountParser: AccountParser = (account) => {
  if (account.typeUrl !== BASE_ACCOUNT) return accountFromAny(account);
  const base = BaseAccount.decode(account.value);
  const exact = base.accountNumber;
  const value = BaseAccount.encode({ ...base, accountNumber: 0n }).finish();
  const known = accountFromAny({ typeUrl: BASE_ACCOUNT, value });
  const safe = exact <= BigInt(Number.MAX_SAFE_INTEGER);
  return { ...known, accountNumber: safe ? Number(exact) : (exact as unknown as number) };
};
