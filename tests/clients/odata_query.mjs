// odata-query builds the queries; every page is followed, and the rows are compared with what the portal stores.
//
// Usage: odata_query.mjs PATH-OF-FEEDGATE (run beside its node_modules)

import { createRequire } from "node:module";
import { ids, main, same, sameIds, text, truthOf, withDemo } from "./demo.mjs";

const buildQuery = createRequire(import.meta.url)("odata-query").default;

await main("odata_query", () =>
  withDemo(process.argv[2], 1200, async (ready) => {
    const authorization = "Basic " + Buffer.from(`${ready.user}:${ready.token}`).toString("base64");
    let asked = 0;
    const get = async (url) => {
      asked += 1;
      const answer = await fetch(url, { headers: { authorization } });
      if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
      return answer;
    };
    const read = async (set, query) => {
      const rows = [];
      let url = ready.url + set + buildQuery(query);
      let count;
      while (url) {
        const page = await (await get(url)).json();
        rows.push(...page.value);
        count ??= page["@odata.count"];
        url = page["@odata.nextLink"];
      }
      return Object.assign(rows, { count });
    };
    const contacts = await truthOf(ready, "contacts");
    const select = ["id"];
    const check = async (what, filter, matches) => {
      const expected = contacts.filter(matches);
      sameIds(what, await read("contacts", { select, filter }), expected, contacts);
      const count = await (await get(ready.url + "contacts/$count" + buildQuery({ filter }))).text();
      same(`$count of ${what}`, Number(count), expected.length);
    };

    const city = text(contacts.find((row) => text(row, "city")?.includes(" ")) ?? contacts[0], "city");
    const stage = (row) => text(row, "lifecyclestage");
    await check("equality", { lifecyclestage: "lead" }, (row) => stage(row) === "lead");
    await check("a text with blanks", { city }, (row) => text(row, "city") === city);
    await check("a quote", { lastname: { ne: "O'Neil" }, lifecyclestage: "lead" }, (row) => stage(row) === "lead" && text(row, "lastname") !== "O'Neil");
    await check("a list", { lifecyclestage: { in: ["lead", "customer"] } }, (row) => ["lead", "customer"].includes(stage(row)));
    await check("or", { or: [{ lifecyclestage: "lead" }, { jobtitle: null }] }, (row) => stage(row) === "lead" || text(row, "jobtitle") === null);
    await check("not", { not: { lifecyclestage: "lead" } }, (row) => stage(row) !== "lead");
    await check("functions", { email: { contains: "a" }, "length(email)": { lt: 25 } }, (row) => text(row, "email")?.includes("a") && text(row, "email").length < 25);
    await check("tolower", { "tolower(firstname)": { startswith: "an" } }, (row) => text(row, "firstname")?.toLowerCase().startsWith("an"));
    const [from, to] = [new Date("2025-01-01T00:00:00Z"), new Date("2025-06-01T00:00:00Z")];
    await check("a window of time", { createdate: { ge: from, lt: to } }, (row) => {
      const at = new Date(text(row, "createdate"));
      return at >= from && at < to;
    });
    await check("a raw value", { id: { gt: { type: "raw", value: contacts[600].id } } }, (row) => Number(row.id) > Number(contacts[600].id));

    // Options.
    const counted = await read("contacts", { select, count: true, top: 7, skip: 3, orderBy: ["id desc"] });
    const descending = ids(contacts).reverse();
    same("a window of the order", counted.map((row) => row.id), descending.slice(3, 10));
    same("the count beside it", counted.count, contacts.length);
    const whole = await read("contacts", { select: ["id", "email", "firstname"] });
    const byId = new Map(contacts.map((row) => [Number(row.id), row]));
    same("all rows", ids(whole), ids(contacts));
    for (const row of whole) {
      const { email, firstname } = row;
      same(`contact ${row.id}`, { email, firstname }, { email: text(byId.get(row.id), "email"), firstname: text(byId.get(row.id), "firstname") });
    }

    // What belongs together: compared with the portal's own associations.
    const links = await (await fetch(`${ready.simulator}/__sim/associations/contacts/companies`)).json();
    const of = new Map();
    for (const link of links) of.set(Number(link.from), (of.get(Number(link.from)) ?? new Set()).add(Number(link.to)));
    const live = new Set(ids(await truthOf(ready, "companies")));
    const expanded = await read("contacts", { select, expand: { companies: { select: ["id", "name"] } }, top: 300, orderBy: "id" });
    same("expanded contacts", expanded.length, 300);
    for (const row of expanded) {
      const expected = [...(of.get(row.id) ?? [])].filter((id) => live.has(id)).sort((a, b) => a - b);
      same(`companies of contact ${row.id}`, ids(row.companies), expected);
    }
    const linked = contacts.filter((row) => [...(of.get(Number(row.id)) ?? [])].some((id) => live.has(id)));
    sameIds("any", await read("contacts", { select, filter: "companies/any()" }), linked, contacts);
    console.log(`odata-query: ${asked} requests, ${contacts.length} contacts compared`);
  }),
);
