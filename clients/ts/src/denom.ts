// Names of coins on both ends of a transfer channel, by the rules of ICS-20.

import { toUtf8 } from "./cosmjs.js";

/** One end of a transfer channel. */
export interface ChannelEnd {
  /** Such as `channel-0`. */
  channel: string;
  /** The port; none: `transfer`. */
  port?: string;
}

/**
 * The denom under which coins arrive at the end `dest` of a channel whose other end is `src`: tokens
 * that come home lose the hop of `src`, others gain the hop of `dest`.
 *
 * `path` is the bare name for a token of the sending chain; of one that is a voucher there it is the
 * whole path (`transfer/channel-5/uatom`).
 *
 * @throws if `path` is an `ibc/HASH`: it does not tell its path; ask the chain for it.
 */
export async function arrivesAs(path: string, src: ChannelEnd, dest: ChannelEnd): Promise<string> {
  if (path.startsWith("ibc/")) {
    throw new Error(`${path} is a hash: the whole path is needed, such as transfer/channel-5/uatom`);
  }
  const back = hop(src);
  return path.startsWith(back) ? denomOf(path.slice(back.length)) : denomOf(hop(dest) + path);
}

/** The denom of a path: `ibc/HASH` if it has hops, else the path itself. */
export async function denomOf(path: string): Promise<string> {
  if (!/^[^/]*\/channel-\d+\//.test(path)) return path;
  const hash = await crypto.subtle.digest("SHA-256", toUtf8(path) as Uint8Array<ArrayBuffer>);
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0"));
  return `ibc/${hex.join("").toUpperCase()}`;
}

function hop({ port = "transfer", channel }: ChannelEnd): string {
  return `${port}/${channel}/`;
}
