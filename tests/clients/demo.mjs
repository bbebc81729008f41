// Starts `feedgate demo` and reads the truth from its simulated portal.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export async function withDemo(program, contacts, use) {
  const demo = spawn(program, ["demo", "--listen", "127.0.0.1:0", "--output", "json", "--contacts", String(contacts)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const { value: line } = await createInterface({ input: demo.stdout })[Symbol.asyncIterator]().next();
    if (!line) throw new Error(`${program} printed nothing`);
    await use(JSON.parse(line));
  } finally {
    demo.kill("SIGTERM");
  }
}

// Every live row of an object, as the portal stores it.
export async function truthOf(ready, object) {
  const answer = await fetch(`${ready.simulator}/__sim/objects/${object}`);
  return (await answer.json()).filter((row) => !row.archived);
}

// A text property; "" is no value.
export const text = (row, name) => row.properties[name] || null;

export const ids = (rows) => rows.map((row) => Number(row.id)).sort((a, b) => a - b);

export function same(what, actual, expected) {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted) throw new Error(`${what}: ${found.slice(0, 400)} instead of ${wanted.slice(0, 400)}`);
}

// A comparison that would hold for an empty or a whole table shows nothing.
export function sameIds(what, rows, expected, all) {
  if (expected.length === 0 || expected.length === all.length) throw new Error(`${what} tells nothing: ${expected.length}`);
  same(what, ids(rows), ids(expected));
}

export async function main(name, run) {
  try {
    await run();
  } catch (error) {
    console.error(`${name}: ${error.stack ?? error}`);
    process.exitCode = 1;
  }
}
