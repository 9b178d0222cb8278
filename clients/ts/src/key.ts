import { toUtf8 } from "./cosmjs.js";

/** What the proof of a consensus key is bound to. */
export interface KeyProofTerms {
  /** The host's chain id. */
  chainId: string;
  /** The allocation contract. */
  allocation: string;
  /** The service's number. */
  service: number;
  /** The operator. */
  operator: string;
}

/**
 * The bytes that the holder of an operator's consensus key signs, as they are, not hashed. The
 * ed25519 signature (64 bytes, in base64) is the `proof` in `opt_in` and `assign_key`.
 */
export function keyProofMessage(terms: KeyProofTerms): Uint8Array {
  const { chainId, allocation, service, operator } = terms;
  return toUtf8(`palisade/key/${chainId}/${allocation}/${service}/${operator}`);
}
