/**
 * A date of a contract's timestamp: nanoseconds since 1970, as text. Rounded down to milliseconds.
 *
 * @throws if it is no number.
 */
export function toDate(timestamp: string): Date {
  if (!/^\d+$/.test(timestamp)) throw new Error(`${timestamp} is not a number of nanoseconds`);
  return new Date(Number(BigInt(timestamp) / 1_000_000n));
}
