// HubSpot's own Node client against the simulator: node hubspot_node.mjs BASE_URL ACCESS_TOKEN
//
// Lists, searches, reads in batches and pages to the end, and compares with the rows as the simulator stores them.
// Prints one line; exits with 1 and a sentence at the first difference. Start the simulator with --no-budget.

import { Client } from "@hubspot/api-client";

const [baseUrl, accessToken] = process.argv.slice(2);

function check(holds, sentence) {
  if (!holds) {
    console.error(`@hubspot/api-client (Node): ${sentence}`);
    process.exit(1);
  }
}

check(baseUrl && accessToken, "usage: hubspot_node.mjs BASE_URL ACCESS_TOKEN");

async function truth(objectType) {
  const answer = await fetch(`${baseUrl}/__sim/objects/${objectType}`);
  return new Map((await answer.json()).map((row) => [row.id, row]));
}

const byId = (a, b) => (BigInt(a) < BigInt(b) ? -1 : 1);
const same = (a, b) => a.length === b.length && a.every((value, at) => value === b[at]);

// The client's own limiter allows nine calls a second; the simulator has no budget here.
const limiterOptions = { minTime: 0, maxConcurrent: 6, id: "feedgate" };
const client = new Client({ accessToken, basePath: baseUrl, limiterOptions });

const contacts = await truth("contacts");
const living = [...contacts.values()].filter((row) => !row.archived).map((row) => row.id).sort(byId);

const names = ["email", "lastname", "newsletter_topics", "credit_limit"];
const listed = await client.crm.contacts.getAll(100, undefined, [...names, "no_such_property"]);
check(same(listed.map((row) => row.id), living), "getAll does not list every living contact once, by id");
for (const row of listed) {
  for (const name of names) {
    const stored = contacts.get(row.id).properties[name] ?? null;
    check(row.properties[name] === stored, `${name} of contact ${row.id} is ${row.properties[name]}, not ${stored}`);
  }
  check(!("no_such_property" in row.properties), "an unknown property came back");
}

async function searchAll(api, filters, properties) {
  const found = [];
  for (let after; ; ) {
    const page = await api.searchApi.doSearch({ filterGroups: [{ filters }], sorts: ["hs_object_id"], properties, limit: 200, after });
    found.push(...page.results);
    after = page.paging?.next?.after;
    if (after === undefined) return { total: page.total, found };
  }
}

const smiths = living.filter((id) => contacts.get(id).properties.lastname?.toLowerCase() === "smith");
const search = await searchAll(client.crm.contacts, [{ propertyName: "lastname", operator: "EQ", value: "SMITH" }], ["lastname"]);
check(search.total === smiths.length && same(search.found.map((row) => row.id), smiths), `search finds ${search.total} of ${smiths.length} Smiths, or not in the order of their ids`);

const companies = [...(await truth("companies")).values()].filter((row) => !row.archived).map((row) => row.id).sort(byId);
const paged = await searchAll(client.crm.companies, [{ propertyName: "hs_object_id", operator: "GT", value: "0" }], ["name"]);
check(same(paged.found.map((row) => row.id), companies.slice(0, 10_000)), `search pages through ${paged.found.length} of ${companies.length} companies`);

const some = living.slice(0, 99);
const inputs = [...some, "1"].map((id) => ({ id }));
const batch = await client.crm.contacts.batchApi.read({ inputs, properties: ["email"], propertiesWithHistory: [] });
check(same(batch.results.map((row) => row.id).sort(byId), some), "batch read does not return the 99 contacts that exist");
check(batch.numErrors === 1 && batch.errors[0].context.ids[0] === "1", "batch read does not name the missing id");

let links = 0;
for (let start = 0; start < living.length; start += 1000) {
  const inputs = living.slice(start, start + 1000).map((id) => ({ id }));
  const page = await client.crm.associations.v4.batchApi.getPage("contacts", "companies", { inputs });
  links += page.results.reduce((sum, result) => sum + result.to.length, 0);
}
check(links > 0, "no contact has a company");

const definitions = (await client.crm.properties.coreApi.getAll("contacts")).results;
check(definitions.length > 250 && definitions.filter((p) => p.hidden).length > 50, "there are too few property definitions");
const owners = (await client.crm.owners.ownersApi.getPage(undefined, undefined, 500)).results;
check(owners.length > 10 && owners.every((owner) => owner.userId), "owners are missing");
const pipelines = (await client.crm.pipelines.pipelinesApi.getAll("deals")).results;
check(pipelines.some((pipeline) => pipeline.stages.some((stage) => stage.id === "closedwon")), "the stage closedwon is missing");

const refused = await new Client({ accessToken: "wrong", basePath: baseUrl }).crm.contacts.basicApi.getPage().catch((error) => error);
check(refused.code === 401, `a wrong token gets ${refused.code ?? "an answer"}`);

console.log(`@hubspot/api-client (Node): ${listed.length} contacts, ${paged.total} companies, ${links} links, ${definitions.length} properties agree`);
