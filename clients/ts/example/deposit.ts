import assert from "node:assert/strict";

import { SigningCosmWasmClient } from "@cosmjs/cosmwasm-stargate";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { calculateFee } from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import {
  accountParser,
  AllocationQueryClient,
  DelegationClient,
  DelegationQueryClient,
  suiteFromEnv,
  toDate,
  VaultClient,
} from "@palisade/client";

// What .localnet/env sets, and the mnemonic of a key that holds ulst, and stake for fees.
const { RPC = "http://127.0.0.1:26657", MNEMONIC = "", OPERATOR: operator = "" } = process.env;
const suite = suiteFromEnv(process.env);
const asset = "lst";

// By name, since CosmJS takes CometBFT 0.39 for 0.37. It speaks as 0.38 does.
const comet = await Comet38Client.connect(RPC);
const signer = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "wasm" });
const chain = await SigningCosmWasmClient.createWithSigner(comet, signer, { accountParser });
const owner = (await signer.getAccounts())[0]!.address;
const fee = calculateFee(600_000, "0.01stake");

const vault = new VaultClient(chain, owner, suite.vault);
const delegation = new DelegationClient(chain, owner, suite.delegation);
const delegationQueries = new DelegationQueryClient(chain, suite.delegation);
const allocationQueries = new AllocationQueryClient(chain, suite.allocation);

// All in base units.
async function holdings() {
  const positions = await delegationQueries.positions({ owner });
  const position = positions.find(({ pool }) => pool.operator === operator && pool.asset === asset);
  const ulst = await chain.getBalance(owner, "ulst");
  const stake = await chain.getBalance(owner, "stake");
  return [position?.value ?? "0", ulst.amount, stake.amount].map(BigInt) as [bigint, bigint, bigint];
}

// The worst case, known beforehand.
const { cap, pools } = await allocationQueries.commitment({ operator });
const committed = pools.find((pool) => pool.asset === asset)?.committed ?? "0";
console.log(`services can take at most ${cap} of the stake; ${committed} is promised now`);
assert(Number(committed) <= Number(cap) && Number(cap) <= 1);

// Deposit behind the operator.
const [position, ulst, stake] = await holdings();
const deposit = 1_000_000n;
await vault.deposit({ operator }, fee, "", [{ denom: "ulst", amount: String(deposit) }]);

const [positionNow, ulstNow, stakeNow] = await holdings();
console.log(`the position grew from ${position} to ${positionNow} ulst`);
assert.equal(ulst - ulstNow, deposit);
assert.equal(stake - stakeNow, BigInt(fee.amount[0]!.amount));
// Where a pool was slashed, a share is worth no whole number, and rounding may take a unit.
const [pool] = (await delegationQueries.pools({ operator })).filter((one) => one.asset === asset);
const unit = pool!.magnitude.value === "1000000000000000000" ? 0n : 1n;
within(positionNow - position, deposit, unit);

// Undelegate a part: it can be claimed when it matured.
const part = 400_000n;
await delegation.undelegate({ operator, asset, amount: String(part) }, fee);

const [positionLeft] = await holdings();
const [unbonding] = await delegationQueries.unbondings({ owner });
console.log(`${unbonding!.value} ulst can be claimed at ${toDate(unbonding!.matures_at).toISOString()}`);
within(BigInt(unbonding!.value), part, unit);
within(positionLeft, positionNow - part, unit);
comet.disconnect();

function within(value: bigint, expected: bigint, below: bigint) {
  assert(expected - below <= value && value <= expected, `${value} is not ${expected}`);
}
