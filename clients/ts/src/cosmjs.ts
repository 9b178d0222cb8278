// What the generated code needs of CosmJS beyond types of its main package, so that whoever uses this
// package has to install no more of it.

import type { MsgExecuteContractEncodeObject } from "@cosmjs/cosmwasm-stargate";

/** An amount of a denom of the bank module. */
export interface Coin {
  readonly denom: string;
  /** Base units. */
  readonly amount: string;
}

/** The fee of a transaction. */
export interface StdFee {
  readonly amount: readonly Coin[];
  /** The gas limit. */
  readonly gas: string;
  /** The fee granter that pays, if any. */
  readonly granter?: string;
  /** The fee payer, if it is not the first signer. */
  readonly payer?: string;
}

type MsgExecuteContract = MsgExecuteContractEncodeObject["value"];

/** CosmJS fills in what is left out when it encodes the message. */
export const MsgExecuteContract = {
  fromPartial({ funds = [], ...message }: MsgExecuteContract): MsgExecuteContract {
    return { ...message, funds };
  },
};

/** The bytes of a text. */
export function toUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
