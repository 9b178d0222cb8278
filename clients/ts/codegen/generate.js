// Writes the typed clients of all contracts, from their JSON schemas.
//
//   node codegen/generate.js [FOLDER]     FOLDER: where to; src/generated, if there is none

import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import codegen from "@cosmwasm/ts-codegen";

import { rewrite } from "./rewrite.js";
import { readSchema } from "./schema.js";

const CONTRACTS = ["vault", "delegation", "allocation", "slashing", "gateway", "staker"];

const root = fileURLToPath(new URL("../../..", import.meta.url));
const out = process.argv[2] ?? fileURLToPath(new URL("../src/generated", import.meta.url));
const work = await mkdtemp(join(tmpdir(), "palisade-client-"));

try {
  const schemas = new Map();
  for (const name of CONTRACTS) {
    const schema = await readSchema(join(root, "schema", name, `palisade-${name}.json`));
    schemas.set(title(name), schema);
    await mkdir(join(work, name));
    await writeFile(join(work, name, "schema.json"), JSON.stringify(schema));
  }
  await generate(join(work, "out"));
  const files = new Map();
  for (const file of await readdir(join(work, "out"))) {
    const text = await readFile(join(work, "out", file), "utf8");
    files.set(file, rewrite(file, text, schemas.get(file.split(".")[0])));
  }
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  for (const [file, text] of files) await writeFile(join(out, file), text);
} finally {
  await rm(work, { recursive: true, force: true });
}

async function generate(outPath) {
  // It tells of every file. A failure throws.
  const { log } = console;
  console.log = () => {};
  try {
    await codegen.default({
      contracts: CONTRACTS.map((name) => ({ name: title(name), dir: join(work, name) })),
      outPath,
      options: {
        bundle: { enabled: false },
        types: { enabled: true },
        // A message and a query may have one name, as the gateway's `report`.
        client: { enabled: true, execExtendsQuery: false },
        messageComposer: { enabled: true },
      },
    });
  } finally {
    console.log = log;
  }
}

function title(name) {
  return name[0].toUpperCase() + name.slice(1);
}
