// Reads a contract's JSON schema, and makes of it what ts-codegen turns into right types.

import { readFile } from "node:fs/promises";

const MESSAGES = ["instantiate", "execute", "query", "migrate", "sudo"];

/** The schema of a contract, ready for ts-codegen. */
export async function readSchema(path) {
  const schema = JSON.parse(await readFile(path, "utf8"));
  for (const part of partsOf(schema)) {
    renameDefinition(part, "Action2", "OwnershipAction");
  }
  nameTuples(schema.execute);
  nameTuples(schema.query);
  refuseClashes(path, schema);
  return schema;
}

/** All schemas inside: those of the messages and of the answers. */
export function partsOf(schema) {
  const messages = MESSAGES.map((name) => schema[name]);
  return [...messages, ...Object.values(schema.responses ?? {})].filter(Boolean);
}

/** Every named type of a contract, by its name in TypeScript. */
export function typesOf(schema) {
  const types = new Map();
  for (const part of partsOf(schema)) {
    types.set(pascal(part.title), part);
    for (const [name, definition] of Object.entries(part.definitions ?? {})) {
      types.set(pascal(name), definition);
    }
  }
  return types;
}

/** `AdminMsg_for_Action` is `AdminMsgForAction`. */
function pascal(name) {
  return name.replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());
}

// Two types of one name in a message are numbered by the order in which they were met.
function renameDefinition(part, from, to) {
  if (!part.definitions?.[from]) return;
  if (part.definitions[to]) throw new Error(`both ${from} and ${to} are defined`);
  part.definitions[to] = part.definitions[from];
  delete part.definitions[from];
  replaceRefs(part, `#/definitions/${from}`, `#/definitions/${to}`);
}

function replaceRefs(node, from, to) {
  if (node === null || typeof node !== "object") return;
  if (node.$ref === from) node.$ref = to;
  for (const child of Object.values(node)) replaceRefs(child, from, to);
}

// ts-codegen takes a tuple among a message's fields for an array of arrays of its first item, but
// gets it right where it has a name.
function nameTuples(part) {
  for (const variant of part?.oneOf ?? []) {
    for (const message of Object.values(variant.properties ?? {})) {
      for (const field of Object.values(message.properties ?? {})) nameTuple(part, field);
    }
  }
}

function nameTuple(part, field) {
  if (!Array.isArray(field.items)) return;
  const { items, minItems, maxItems } = field;
  const name = `TupleOf${items.map(itemName).join("And")}`;
  part.definitions ??= {};
  part.definitions[name] = { type: "array", items, minItems, maxItems };
  const optional = [field.type].flat().includes("null");
  for (const key of ["type", "items", "minItems", "maxItems"]) delete field[key];
  const named = { $ref: `#/definitions/${name}` };
  field.anyOf = optional ? [named, { type: "null" }] : [named];
}

function itemName(item) {
  if (item.$ref) return item.$ref.split("/").at(-1);
  if (item.type === "integer") return item.format.replace("uint", "U");
  if (item.type === "string") return "String";
  throw new Error(`an item of a tuple of an unknown type: ${JSON.stringify(item)}`);
}

// All types of a contract share one file. ts-codegen would keep one of two, and say nothing.
function refuseClashes(path, schema) {
  const seen = new Map();
  for (const part of partsOf(schema)) {
    const { definitions = {}, $schema: _, title, ...root } = part;
    for (const [name, definition] of [[title, root], ...Object.entries(definitions)]) {
      const text = JSON.stringify(definition);
      if (seen.has(name) && seen.get(name) !== text) {
        throw new Error(`${path}: there are two different types ${name}`);
      }
      seen.set(name, text);
    }
  }
}
