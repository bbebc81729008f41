// @odata/client reads the feed with its own requests, filters, counts and $batch, and the rows are compared with what the
// portal stores. It does not follow next links, so what it asks for fits into a page.
//
// Usage: odata_client.mjs PATH-OF-FEEDGATE (run beside its node_modules)

import { createRequire } from "node:module";
import { main, same, sameIds, text, truthOf, withDemo } from "./demo.mjs";

const { OData } = createRequire(import.meta.url)("@odata/client");

await main("odata_client", () =>
  withDemo(process.argv[2], 300, async (ready) => {
    const credential = { username: ready.user, password: ready.token };
    const client = OData.New4({ serviceEndpoint: ready.url, credential, processCsrfToken: false });
    const contacts = client.getEntitySet("contacts");
    const truth = await truthOf(ready, "contacts");

    same("all contacts", (await contacts.query()).length, truth.length);
    const one = truth[17];
    same("one by its key", (await contacts.retrieve(Number(one.id))).email, text(one, "email"));
    const leads = truth.filter((row) => text(row, "lifecyclestage") === "lead");
    const filter = client.newFilter().property("lifecyclestage").eq("lead");
    sameIds("leads", await contacts.query(filter), leads, truth);
    same("the count of leads", await contacts.count(filter), leads.length);
    sameIds("leads by example", await contacts.find({ lifecyclestage: "lead" }), leads, truth);

    const options = client.newOptions().select(["id", "firstname"]).orderby("id", "desc").top(5).skip(2).count(true);
    const window = await client.newRequest({ collection: "contacts", params: options });
    const expected = truth.map((row) => Number(row.id)).sort((a, b) => b - a).slice(2, 7);
    same("a window of the order", window.value.map((row) => row.id), expected);
    same("the count beside it", window["@odata.count"], truth.length);
    same("only what was selected", Object.keys(window.value[0]).filter((name) => !name.includes("@")).sort(), ["firstname", "id"]);

    const wanted = client.newOptions().filter(client.newFilter().property("id").eq(Number(one.id))).expand("companies");
    const links = await (await fetch(`${ready.simulator}/__sim/associations/contacts/companies`)).json();
    const live = new Set((await truthOf(ready, "companies")).map((row) => Number(row.id)));
    const own = links.filter((link) => Number(link.from) === Number(one.id)).map((link) => Number(link.to));
    const [found] = (await client.newRequest({ collection: "contacts", params: wanted })).value;
    const ends = [...new Set(own.filter((id) => live.has(id)))].sort((a, b) => a - b);
    same("what is expanded", found.companies.map((row) => row.id).sort((a, b) => a - b), ends);

    // The service says no in words of its own.
    const refused = await client.newRequest({ collection: "contacts", params: client.newOptions().filter("emial eq 'x'") });
    if (!refused.error?.message?.includes("email")) throw new Error(`no hint: ${JSON.stringify(refused)}`);
    console.log(`@odata/client: ${truth.length} contacts read, filtered, counted and expanded`);
  }),
);
