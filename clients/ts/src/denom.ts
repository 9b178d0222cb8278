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

/**
 * The denom of a path: `ibc/HASH` if it has hops, else the path itself. A hop is a port with the id of a
 * channel or, since version 2 of IBC, of a client.
 */
export async function denomOf(path: string): Promise<string> {
  const [, id, ...rest] = path.split("/");
  if (id === undefined || rest.length === 0 || !isId(id)) return path;
  const hash = await crypto.subtle.digest("SHA-256", toUtf8(path) as Uint8Array<ArrayBuffer>);
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0"));
  return `ibc/${hex.join("").toUpperCase()}`;
}

/** `{kind}-{number}`, as ibc-go names channels and clients, or its client of the chain itself. */
function isId(text: string): boolean {
  const number = /^\w+(?:[\w-]+\w)?-(\d{1,20})$/.exec(text)?.[1];
  return text === "09-localhost" || (number !== undefined && BigInt(number) < 2n ** 64n);
}

function hop({ port = "transfer", channel }: ChannelEnd): string {
  return `${port}/${channel}/`;
}
