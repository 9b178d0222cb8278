// cw20 tokens come to a contract by the token's `send`, with a message for the contract inside.

import { toUtf8 } from "./cosmjs.js";

/** What a deposit is for. */
export interface Deposit {
  /** Operator to stand behind; none: the deposit stays idle. */
  operator?: string;
  /** Whose the deposit is; none: the sender's. */
  owner?: string;
}

/** The message of a cw20 contract that sends tokens to another contract. */
export interface Cw20Send {
  send: {
    contract: string;
    /** Base units. */
    amount: string;
    /** The message for the contract, in base64. */
    msg: string;
  };
}

/** The message inside a cw20 `send` to the vault that deposits the tokens, in base64. */
export function depositHook(deposit: Deposit = {}): string {
  const { operator, owner } = deposit;
  return toBase64({ deposit: { operator, owner } });
}

/** The message inside a cw20 `send` to the allocation contract that pays them to a service. */
export function payRewardsHook(service: number): string {
  return toBase64({ pay_rewards: { service } });
}

/**
 * The message for a cw20 contract that sends `amount` base units to `contract`, with a hook's
 * message.
 *
 * ```ts
 * const message = cw20Send(vault, "1000", depositHook({ operator }));
 * await client.execute(sender, token, message, "auto");
 * ```
 */
export function cw20Send(contract: string, amount: string, msg: string): Cw20Send {
  return { send: { contract, amount, msg } };
}

function toBase64(message: object): string {
  return btoa(String.fromCharCode(...toUtf8(JSON.stringify(message))));
}
