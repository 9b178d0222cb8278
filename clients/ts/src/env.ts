/** The addresses of a suite. */
export interface Suite {
  vault: string;
  delegation: string;
  allocation: string;
  slashing: string;
  /** On the consumer; none before one is connected. */
  gateway?: string;
}

/**
 * The addresses of a suite from the variables that `scripts/palisade env` prints: `VAULT`,
 * `DELEGATION`, `ALLOCATION`, `SLASHING` and, if a consumer is connected, `GATEWAY`.
 *
 * @throws if one is missing.
 */
export function suiteFromEnv(env: Readonly<Record<string, string | undefined>>): Suite {
  const address = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set: source what "scripts/palisade env" prints`);
    return value;
  };
  return {
    vault: address("VAULT"),
    delegation: address("DELEGATION"),
    allocation: address("ALLOCATION"),
    slashing: address("SLASHING"),
    ...(env["GATEWAY"] ? { gateway: env["GATEWAY"] } : {}),
  };
}
