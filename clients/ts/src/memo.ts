// Memos of ICS-20 transfers. The receiver of the transfer is the contract that the memo names: the
// host's IBC callbacks call it when the coins arrive, and what it refuses is refunded.

/** Whose a deposit from another chain is, and where it goes. */
export interface DepositNote {
  /** Whose it is: an address of the host. */
  owner: string;
  /** Operator to stand behind; none: the deposit stays idle. */
  operator?: string;
}

/** The memo of a transfer to the vault at `vault` that is a deposit. */
export function depositMemo(vault: string, { owner, operator }: DepositNote): string {
  return memo(vault, { deposit: { owner, operator } });
}

/** The memo of a transfer to the allocation contract at `allocation` that pays rewards to a service. */
export function rewardsMemo(allocation: string, service: number): string {
  return memo(allocation, { service });
}

function memo(address: string, palisade: object): string {
  return JSON.stringify({ dest_callback: { address }, palisade });
}
