// `$metadata` as CSDL JSON, of a feed and of the status feed, against the JSON schema of OASIS.
//
// Usage: csdl_json.mjs PATH-OF-FEEDGATE PATH-OF-THE-SCHEMA (run beside its node_modules)

import { existsSync, readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { main, withDemo } from "./demo.mjs";

const [program, schema] = process.argv.slice(2);

await main("csdl_json", async () => {
  if (!existsSync(schema)) {
    console.log(`left out: the JSON schema of CSDL is not at ${schema}`);
    return;
  }
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  const valid = ajv.compile(JSON.parse(readFileSync(schema, "utf8")));
  await withDemo(program, 50, async (ready) => {
    const authorization = "Basic " + Buffer.from(`${ready.user}:${ready.token}`).toString("base64");
    for (const root of [ready.url, ready.url.replace(ready.data_source, "status")]) {
      const answer = await fetch(root + "$metadata?$format=json", { headers: { authorization } });
      if (!answer.ok) throw new Error(`${root}: ${answer.status} ${await answer.text()}`);
      const document = await answer.json();
      if (!valid(document)) throw new Error(JSON.stringify(valid.errors.slice(0, 5), null, 1));
      const types = Object.values(document).flatMap((part) => Object.values(part)).filter((part) => part?.$Kind === "EntityType");
      if (types.length === 0) throw new Error(`${root} has no entity types`);
      // What is not valid is found: a type that CSDL does not have.
      types[0].$Kind = "Entity";
      if (valid(document)) throw new Error("the schema accepts anything");
      console.log(`csdl_json: ${types.length} entity types of ${root} are valid`);
    }
  });
});
