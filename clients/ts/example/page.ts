// For a page in a browser: an account's positions, and a deposit, by whatever wallet signs for it.

import { SigningCosmWasmClient } from "@cosmjs/cosmwasm-stargate";
import type { OfflineDirectSigner } from "@cosmjs/proto-signing";
import { GasPrice } from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { accountParser, DelegationQueryClient, VaultClient } from "@palisade/client";

// A page has no process.env: put in what `scripts/palisade env` prints.
const RPC = "http://127.0.0.1:26657";
const VAULT = "wasm1...";
const DELEGATION = "wasm1...";

export async function open(signer: OfflineDirectSigner) {
  const comet = await Comet38Client.connect(RPC);
  const gasPrice = GasPrice.fromString("0.01stake");
  const options = { accountParser, gasPrice };
  const chain = await SigningCosmWasmClient.createWithSigner(comet, signer, options);
  const owner = (await signer.getAccounts())[0]!.address;
  const vault = new VaultClient(chain, owner, VAULT);
  const delegation = new DelegationQueryClient(chain, DELEGATION);
  return {
    positions: () => delegation.positions({ owner }),
    deposit: (operator: string, amount: string) =>
      vault.deposit({ operator }, "auto", "", [{ denom: "ulst", amount }]),
  };
}
