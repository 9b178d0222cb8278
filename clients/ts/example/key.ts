// Makes a key, and prints its address and its mnemonic: for the example alone, not for a wallet.

import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";

const wallet = await DirectSecp256k1HdWallet.generate(24, { prefix: "wasm" });
const [account] = await wallet.getAccounts();
console.log(account?.address);
console.log(wallet.mnemonic);
