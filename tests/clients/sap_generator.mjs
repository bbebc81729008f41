// The generator of SAP's Cloud SDK reads $metadata of the demo: it stops at types and keys that do not resolve.
//
// Usage: sap_generator.mjs PATH-OF-FEEDGATE FOLDER-FOR-THE-OUTPUT (run beside its node_modules)

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const [program, folder] = process.argv.slice(2);

const demo = spawn(program, ["demo", "--listen", "127.0.0.1:0", "--output", "json", "--contacts", "50"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const { value: line } = await createInterface({ input: demo.stdout })[Symbol.asyncIterator]().next();
  const ready = JSON.parse(line);
  const authorization = "Basic " + Buffer.from(`${ready.user}:${ready.token}`).toString("base64");
  const get = async (behind) => {
    const answer = await fetch(ready.url + behind, { headers: { authorization } });
    if (!answer.ok) throw new Error(`${behind}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const sets = (await (await get("")).json()).value.map((set) => set.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "feedgate.edmx"), await (await get("$metadata")).text());
  const generator = fileURLToPath(new URL("node_modules/.bin/generate-odata-client", import.meta.url));
  const output = join(folder, "client");
  const run = spawnSync(generator, ["--input", join(folder, "feedgate.edmx"), "--outputDir", output], {
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`the generator failed: ${run.stdout}${run.stderr}`);
  if (!existsSync(output)) throw new Error(`the generator wrote nothing: ${run.stdout}${run.stderr}`);
  const files = readdirSync(output, { recursive: true }).map(String);
  const apis = files.filter((file) => file.endsWith("Api.ts")).length;
  if (apis < sets.length) throw new Error(`${apis} typed tables for ${sets.length} entity sets: ${files}`);
  console.log(`SAP Cloud SDK: a typed client for ${apis} tables`);
} catch (error) {
  console.error(`sap_generator: ${error.message}`);
  process.exitCode = 1;
} finally {
  demo.kill("SIGTERM");
}
