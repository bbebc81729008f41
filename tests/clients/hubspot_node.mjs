// HubSpot's own Node client against the simulator: node hubspot_node.mjs BASE_URL ACCESS_TOKEN
//
// Calls every read of the simulator that the client has a method for, compares what the client made of the answers with
// the rows as the simulator stores them, and meets every refusal as the client's exception. Prints one line for each area;
// exits with 1 and a sentence at the first difference. Start the simulator with --no-budget.

import { Client } from "@hubspot/api-client";

const [baseUrl, accessToken] = process.argv.slice(2);
const app = { id: "feedgate-demo", secret: "feedgate-demo-secret" };
const redirect = "http://127.0.0.1/callback";

function check(holds, sentence) {
  if (!holds) {
    console.error(`@hubspot/api-client (Node): ${sentence}`);
    process.exit(1);
  }
}

check(baseUrl && accessToken, "usage: hubspot_node.mjs BASE_URL ACCESS_TOKEN");

// The truth behind the API.
async function control(method, path, body) {
  const answer = await fetch(`${baseUrl}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await answer.text();
  check(answer.ok, `the simulator refuses ${method} ${path}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

const byId = (a, b) => (BigInt(a) < BigInt(b) ? -1 : 1);
const ids = (records) => records.map((record) => record.id);
const same = (a, b) => a.length === b.length && a.every((value, at) => value === b[at]);
const sameSet = (a, b) => same([...a].sort(), [...b].sort());
const rows = async (kind) => new Map((await control("GET", `objects/${kind}`)).map((row) => [row.id, row]));
const living = async (kind) => [...(await rows(kind)).values()].filter((row) => !row.archived).map((row) => row.id).sort(byId);

// The client's own limiter allows nine calls a second; the simulator has no budget here.
const limiterOptions = { minTime: 0, maxConcurrent: 6, id: "feedgate" };
const connect = (token) => new Client({ accessToken: token, basePath: baseUrl, limiterOptions });
const client = connect(accessToken);

async function searchAll(api, request) {
  const found = [];
  for (let after; ; ) {
    const page = await api.doSearch({ properties: [], limit: 200, ...request, after });
    found.push(...page.results);
    after = page.paging?.next?.after;
    if (after === undefined) return { total: page.total, found };
  }
}

async function contacts() {
  const stored = await rows("contacts");
  const all = await living("contacts");
  const names = ["email", "lastname", "newsletter_topics", "credit_limit"];
  const listed = await client.crm.contacts.getAll(100, undefined, [...names, "no_such_property"]);
  check(same(ids(listed), all), "getAll does not list every living contact once, by id");
  for (const row of listed) {
    for (const name of names) {
      const value = stored.get(row.id).properties[name] ?? null;
      check(row.properties[name] === value, `${name} of contact ${row.id} is ${row.properties[name]}, not ${value}`);
    }
    check(!("no_such_property" in row.properties), "an unknown property came back");
    check(row.createdAt instanceof Date && row.updatedAt instanceof Date && row.archived === false, "a contact has no instants");
  }
  const archived = await client.crm.contacts.getAll(100, undefined, [], undefined, undefined, true);
  check(sameSet(ids(archived), [...stored.keys()].filter((id) => stored.get(id).archived)), "archived does not list exactly the archived contacts");
  check(archived.every((row) => row.archived && row.archivedAt instanceof Date), "an archived contact does not say when");

  const page = await client.crm.contacts.basicApi.getPage(50, undefined, ["lastname"], ["lastname"], ["companies"]);
  check(page.results.length === 50 && /^\d+$/.test(page.paging.next.after), "a page of 50 has no cursor behind it");
  const histories = page.results.map((row) => row.propertiesWithHistory.lastname ?? []);
  check(histories.some((h) => h.length > 0) && histories.every((h) => h.every((one) => one.timestamp instanceof Date)), "histories have no instants");
  check(page.results.every((row, at) => !histories[at].length || histories[at][0].value === row.properties.lastname), "a history does not begin with the value");
  const linked = page.results.filter((row) => row.associations?.companies);
  check(linked.length > 0 && linked.every((row) => row.associations.companies.results.every((one) => one.id && one.type)), "no row carries its companies");

  const one = await client.crm.contacts.basicApi.getById(all[0], ["email"], ["email"], ["companies"]);
  check(one.id === all[0] && one.properties.email === (stored.get(all[0]).properties.email ?? null), "getById reads another contact");
  check((await client.crm.contacts.basicApi.getById(archived[0].id, [], [], [], true)).archived, "an archived contact is not read by its id");

  const some = all.slice(0, 99);
  const inputs = [...some, "1"].map((id) => ({ id }));
  const batch = await client.crm.contacts.batchApi.read({ inputs, properties: ["email"], propertiesWithHistory: [] });
  check(sameSet(ids(batch.results), some), "batch read does not return the 99 contacts that exist");
  check(batch.numErrors === 1 && batch.errors[0].context.ids[0] === "1", "batch read does not name the missing id");
  check(batch.status === "COMPLETE" && batch.completedAt >= batch.startedAt, "batch read does not say when it was complete");
  return `${listed.length} contacts, ${archived.length} archived, ${histories.flat().length} old values`;
}

async function searches() {
  const stored = await rows("contacts");
  const all = await living("contacts");
  const value = (id, name) => stored.get(id).properties[name] ?? "";
  const by = (filter) => [{ filters: [filter] }];
  const expected = [
    ["EQ", by({ propertyName: "lastname", operator: "EQ", value: "SMITH" }), (id) => value(id, "lastname").toLowerCase() === "smith"],
    ["IN", by({ propertyName: "lastname", operator: "IN", values: ["smith", "jones"] }), (id) => ["smith", "jones"].includes(value(id, "lastname").toLowerCase())],
    ["HAS_PROPERTY", by({ propertyName: "city", operator: "HAS_PROPERTY" }), (id) => value(id, "city") !== ""],
    ["NOT_HAS_PROPERTY", by({ propertyName: "city", operator: "NOT_HAS_PROPERTY" }), (id) => value(id, "city") === ""],
    ["BETWEEN", by({ propertyName: "hs_object_id", operator: "BETWEEN", value: all[5], highValue: all[25] }), (id) => all.indexOf(id) >= 5 && all.indexOf(id) <= 25],
  ];
  for (const [name, filterGroups, matches] of expected) {
    const matching = all.filter(matches);
    const { total, found } = await searchAll(client.crm.contacts.searchApi, { filterGroups, sorts: ["hs_object_id"] });
    check(total === matching.length && same(ids(found), matching), `${name} finds ${total} of ${matching.length} contacts, or not in the order of their ids`);
  }
  const companies = await living("companies");
  const filterGroups = by({ propertyName: "hs_object_id", operator: "GT", value: "0" });
  const { found } = await searchAll(client.crm.companies.searchApi, { filterGroups, sorts: ["hs_object_id"] });
  check(same(ids(found), companies.slice(0, 10_000)), `search pages through ${found.length} of ${companies.length} companies`);
  return `${expected.length} filters, ${found.length} companies by their offsets`;
}

// Every object type by the client's general API, some standard ones by their own as well.
async function objects() {
  const { basicApi, batchApi, searchApi } = client.crm.objects;
  const schemas = (await client.crm.schemas.coreApi.getAll()).results;
  check(schemas.length > 0, "there is no custom object");
  for (const schema of schemas) {
    const one = await client.crm.schemas.coreApi.getById(schema.objectTypeId);
    check(one.name === schema.name && one.labels.plural === schema.labels.plural, `the schema ${schema.name} has two names`);
    check(one.properties.some((property) => property.name === one.primaryDisplayProperty), `the schema ${schema.name} shows nothing`);
    check(one.associations.every((a) => a.fromObjectTypeId && a.toObjectTypeId), `an association of ${schema.name} has no ends`);
  }
  const standard = ["contacts", "companies", "deals", "tickets", "products", "line_items", "quotes", "calls", "emails", "meetings", "notes", "tasks", "leads", "users"];
  let counted = 0;
  for (const kind of [...standard, ...schemas.map((schema) => schema.objectTypeId)]) {
    const all = await living(kind);
    const listed = [];
    for (let after; ; ) {
      const page = await basicApi.getPage(kind, 100, after);
      listed.push(...page.results);
      after = page.paging?.next?.after;
      if (after === undefined) break;
    }
    check(same(ids(listed), all), `${kind}: ${listed.length} of ${all.length} are listed`);
    counted += listed.length;
    if (all.length === 0) continue;
    check((await basicApi.getById(kind, all[0])).id === all[0], `${kind}: getById reads another`);
    const inputs = all.slice(0, 20).map((id) => ({ id }));
    const batch = await batchApi.read(kind, { inputs, properties: [], propertiesWithHistory: [] });
    check(sameSet(ids(batch.results), all.slice(0, 20)), `${kind}: batch read returns others`);
    const filters = [{ propertyName: "hs_object_id", operator: "GTE", value: all.at(-1) }];
    const found = await searchApi.doSearch(kind, { filterGroups: [{ filters }], limit: 10, properties: [] });
    check(found.total === 1 && same(ids(found.results), all.slice(-1)), `${kind}: search finds others`);
  }
  const own = { deals: client.crm.deals, tickets: client.crm.tickets, products: client.crm.products, line_items: client.crm.lineItems, quotes: client.crm.quotes };
  const { calls, emails, leads, meetings, notes, tasks } = client.crm.objects;
  for (const [kind, api] of Object.entries({ ...own, calls, emails, leads, meetings, notes, tasks })) {
    const page = await api.basicApi.getPage(1);
    check(same(ids(page.results), (await living(kind)).slice(0, 1)), `the API of ${kind} begins elsewhere`);
  }
  return `${counted} rows of ${standard.length} standard and ${schemas.length} custom objects`;
}

async function associations() {
  const all = await living("contacts");
  const [kept, companies] = [new Set(all), new Set(await living("companies"))];
  const links = await control("GET", "associations/contacts/companies");
  const stored = links.filter((link) => kept.has(link.from) && companies.has(link.to));
  const text = (from, to, types) => `${from} ${to} ${[...types].sort((a, b) => a - b)}`;
  const { v4 } = client.crm.associations;
  const read = [];
  for (let start = 0; start < all.length; start += 1000) {
    for (let inputs = all.slice(start, start + 1000).map((id) => ({ id })); inputs.length > 0; ) {
      const page = await v4.batchApi.getPage("contacts", "companies", { inputs });
      inputs = [];
      for (const { _from: from, to, paging } of page.results) {
        read.push(...to.map((one) => [from.id, String(one.toObjectId), one.associationTypes.map((type) => type.typeId)]));
        if (paging?.next) inputs.push({ id: from.id, after: paging.next.after });
      }
      check((page.errors ?? []).every((error) => error.subCategory === "crm.associations.NO_ASSOCIATIONS_FOUND"), "a batch failed for another reason");
    }
  }
  check(sameSet(read.map((link) => text(...link)), stored.map((link) => text(link.from, link.to, link.typeIds))), `batches read ${read.length} of ${stored.length} links, or other types`);
  const [one] = read[0];
  const own = read.filter(([from]) => from === one).map(([, to]) => to);
  const page = await v4.basicApi.getPage("contacts", one, "companies");
  check(sameSet(page.results.map((link) => String(link.toObjectId)), own), "one contact has other companies than in a batch");
  const labels = (await v4.schema.definitionsApi.getAll("contacts", "companies")).results;
  const known = new Set(labels.map((label) => label.typeId));
  check(labels.every((label) => label.category) && read.every(([, , types]) => types.every((type) => known.has(type))), "a link has a type without a definition");
  const old = await client.crm.associations.batchApi.read("contacts", "companies", { inputs: [{ id: one }] });
  check(sameSet(new Set(old.results[0].to.map((link) => link.id)), own), "version 3 has other companies");
  return `${read.length} links, ${labels.length} labels`;
}

async function properties() {
  const { coreApi, groupsApi } = client.crm.properties;
  const stored = new Map((await control("GET", "properties/contacts")).map((property) => [property.name, property]));
  const definitions = (await coreApi.getAll("contacts")).results;
  check(definitions.length > 250 && definitions.filter((p) => p.hidden).length > 50, "there are too few property definitions");
  check(sameSet(definitions.map((p) => p.name), [...stored.values()].filter((p) => !p.archived).map((p) => p.name)), "other properties are listed than are stored");
  for (const definition of definitions) {
    const { type, fieldType } = stored.get(definition.name);
    check(definition.type === type && definition.fieldType === fieldType, `${definition.name} has another type`);
    check(definition.groupName && definition.options.every((o) => o.value !== undefined && o.label !== undefined), `${definition.name} has no group, or an option without a value`);
  }
  const one = await coreApi.getByName("contacts", "lifecyclestage");
  check(one.type === "enumeration" && one.options.length > 3, "lifecyclestage has no options");
  check((await coreApi.getAll("contacts", true)).results.every((p) => p.archived), "a living property is listed as archived");
  const groups = new Set((await groupsApi.getAll("contacts")).results.map((group) => group.name));
  check(definitions.every((p) => groups.has(p.groupName)), "a property is in a group that is none");
  return `${definitions.length} properties, ${groups.size} groups`;
}

async function reference() {
  const { ownersApi } = client.crm.owners;
  const owners = (await ownersApi.getPage(undefined, undefined, 500)).results;
  check(owners.length > 10 && owners.every((owner) => owner.userId && owner.email && owner.createdAt instanceof Date), "owners are missing");
  const first = await ownersApi.getPage(undefined, undefined, 3);
  const second = await ownersApi.getPage(undefined, first.paging.next.after, 3);
  check(same([...ids(first.results), ...ids(second.results)], ids(owners).slice(0, 6)), "owners are not paged in one order");
  const gone = (await ownersApi.getPage(undefined, undefined, 100, true)).results;
  check(gone.length > 0 && gone.every((owner) => owner.archived && !ids(owners).includes(owner.id)), "archived owners are not apart");
  check((await ownersApi.getById(owners[0].id)).email === owners[0].email, "an owner has two addresses");
  check((await ownersApi.getById(owners[0].userId, "userId")).id === owners[0].id, "a user is another owner");
  check((await ownersApi.getPage(owners[1].email)).results[0].id === owners[1].id, "an address is another owner's");
  let stages = 0;
  for (const kind of ["deals", "tickets"]) {
    const pipelines = (await client.crm.pipelines.pipelinesApi.getAll(kind)).results;
    check(pipelines.length > 0, `${kind} have no pipelines`);
    for (const pipeline of pipelines) {
      const one = await client.crm.pipelines.pipelinesApi.getById(kind, pipeline.id);
      check(one.label === pipeline.label && same(ids(one.stages), ids(pipeline.stages)), `the pipeline ${pipeline.id} is two`);
      check(one.stages.every((stage) => stage.metadata && stage.displayOrder !== undefined), `a stage of ${pipeline.id} has no metadata`);
      stages += one.stages.length;
    }
  }
  return `${owners.length} owners, ${gone.length} archived, ${stages} stages`;
}

async function lists() {
  const { listsApi, membershipsApi } = client.crm.lists;
  const found = [];
  for (let offset = 0; ; ) {
    const page = await listsApi.doSearch({ offset, count: 2, query: "", additionalProperties: [], processingTypes: [], listIds: [] });
    found.push(...page.lists);
    offset = page.offset;
    check(!page.hasMore || page.lists.length > 0, "a search of lists stands still");
    if (!page.hasMore) break;
  }
  let members = 0;
  for (const list of found) {
    const one = (await listsApi.getById(list.listId)).list;
    check(one.name === list.name && one.objectTypeId === list.objectTypeId && one.createdAt instanceof Date, `the list ${list.listId} is two`);
    const on = [];
    for (let after; ; ) {
      const page = await membershipsApi.getPage(list.listId, after, undefined, 100);
      on.push(...page.results);
      after = page.paging?.next?.after;
      if (after === undefined) break;
    }
    const known = await rows(list.objectTypeId);
    check(new Set(on.map((m) => m.recordId)).size === on.length && on.every((m) => known.has(m.recordId)), `the list ${list.listId} has strangers, or one twice`);
    check(on.every((m) => m.membershipTimestamp instanceof Date), "a membership has no instant");
    check(Number(list.additionalProperties.hs_list_size) === on.length, `the list ${list.listId} has ${on.length} members, not as many as it says`);
    members += on.length;
  }
  check(found.length > 0, "there are no lists");
  return `${found.length} lists, ${members} memberships`;
}

// What the client has no methods for, by its method for any path.
async function account() {
  const get = async (path) => (await client.apiRequest({ path })).json();
  const details = await get("/account-info/v3/details");
  check(details.portalId > 0 && details.timeZone, "the account does not say who it is");
  const [usage] = (await get("/account-info/v3/api-usage/daily/private-apps")).results;
  check(usage.currentUsage > 0 && usage.usageLimit > usage.currentUsage, "the day has no calls");
  const counts = (await get("/crm/v3/limits/records")).hubspotDefinedObjectTypes;
  check(counts.find((one) => one.objectTypeId === "0-1").usage === (await living("contacts")).length, "the limits count other contacts");
  return `portal ${details.portalId}, ${usage.currentUsage} calls today, ${counts.length} counts`;
}

// Status and body of the client's exception.
async function refusal(call) {
  try {
    await call();
  } catch (error) {
    check(typeof error.code === "number" && error.headers, `the client throws ${error}`);
    const body = typeof error.body === "string" && error.body.startsWith("{") ? JSON.parse(error.body) : error.body;
    return [error.code, body ?? {}];
  }
  return [200, {}];
}

// Consent as a browser gives it, then the client's own calls.
async function oauth() {
  const { tokensApi, accessTokensApi, refreshTokensApi } = client.oauth;
  const scopes = ["oauth", "crm.objects.contacts.read"];
  const url = new URL(client.oauth.getAuthorizationUrl(app.id, redirect, scopes.join(" ")));
  const consent = await fetch(`${baseUrl}${url.pathname}${url.search}`, { redirect: "manual" });
  const location = consent.headers.get("location");
  const code = location && new URL(location).searchParams.get("code");
  check(code, "consent leads to no code");
  const exchange = () => tokensApi.create("authorization_code", code, redirect, app.id, app.secret);
  const tokens = await exchange();
  check(tokens.tokenType === "bearer" && tokens.expiresIn === 1800 && tokens.accessToken, "a code gives no token of half an hour");
  const own = connect(tokens.accessToken);
  check((await own.crm.contacts.basicApi.getPage(1)).results.length === 1, "the token of a consent reads nothing");
  const [forbidden, error] = await refusal(() => own.crm.deals.basicApi.getPage(1));
  check(forbidden === 403 && error.category === "MISSING_SCOPES", `what was not consented to gets ${forbidden}`);
  const known = await accessTokensApi.get(tokens.accessToken);
  check(sameSet(known.scopes, scopes) && known.hubId && known.expiresIn > 0, "the access token does not tell its scopes");
  check((await refreshTokensApi.get(tokens.refreshToken)).clientId === app.id, "the refresh token does not tell its app");
  const renew = () => tokensApi.create("refresh_token", undefined, undefined, app.id, app.secret, tokens.refreshToken);
  const renewed = await renew();
  check(renewed.accessToken !== tokens.accessToken && renewed.refreshToken === tokens.refreshToken, "renewing gives the same token, or another refresh token");
  await refreshTokensApi.archive(tokens.refreshToken);
  for (const call of [exchange, renew]) {
    const [status] = await refusal(call);
    check(status === 400, `what was used up or ended gets ${status}`);
  }
  const [ended] = await refusal(() => refreshTokensApi.get(tokens.refreshToken));
  check(ended === 404, `a refresh token that ended is told about with ${ended}`);
  return `consent for ${scopes.length} scopes, renewal, end`;
}

async function refusals() {
  const page = (...more) => client.crm.contacts.basicApi.getPage(...more);
  const search = (request) => client.crm.contacts.searchApi.doSearch({ properties: [], ...request });
  const filters = [{ propertyName: "city", operator: "EQ", value: "x" }];
  const expected = [
    ["a wrong token", 401, "EXPIRED_AUTHENTICATION", () => connect("wrong").crm.contacts.basicApi.getPage()],
    ["an id that does not exist", 404, "OBJECT_NOT_FOUND", () => client.crm.contacts.basicApi.getById("1")],
    ["a property that does not exist", 404, undefined, () => client.crm.properties.coreApi.getByName("contacts", "no_such_property")],
    ["a pipeline that does not exist", 404, undefined, () => client.crm.pipelines.pipelinesApi.getById("deals", "no-such")],
    ["an owner that does not exist", 404, undefined, () => client.crm.owners.ownersApi.getById(1)],
    ["a list that does not exist", 404, undefined, () => client.crm.lists.listsApi.getById("999999")],
    ["an object that does not exist", 400, "VALIDATION_ERROR", () => client.crm.objects.basicApi.getPage("no_such")],
    ["a limit of 101", 400, "VALIDATION_ERROR", () => page(101)],
    ["51 rows with histories", 400, "VALIDATION_ERROR", () => page(51, undefined, [], ["email"])],
    ["six groups of filters", 400, "VALIDATION_ERROR", () => search({ filterGroups: Array(6).fill({ filters }) })],
    ["rows beyond 10,000", 400, undefined, () => search({ filterGroups: [], limit: 200, after: "9900" })],
  ];
  for (const [what, status, category, call] of expected) {
    const [found, error] = await refusal(call);
    check(found === status, `${what} gets ${found}, not ${status}: ${JSON.stringify(error)}`);
    check(category === undefined || error.category === category, `${what} is called ${error.category}`);
    check(error.message && error.correlationId, `${what} is not explained: ${JSON.stringify(error)}`);
  }
  const faults = { burst_limit: 429, secondly_limit: 429, daily_limit: 429, plain_limit: 429, token_expired: 401, scope_missing: 403, locked: 423, moving: 477, server_error: 500, bad_gateway: 502, unavailable: 503, gateway_timeout: 504, timed_out: 524 };
  for (const [preset, status] of Object.entries(faults)) {
    await control("POST", "faults", { preset, times: 1 });
    const [found] = await refusal(() => page(1));
    await control("DELETE", "faults");
    check(found === status, `${preset} reaches the client as ${found}`);
  }
  return `${expected.length} refusals and ${Object.keys(faults).length} troubles as exceptions`;
}

for (const area of [contacts, searches, objects, associations, properties, reference, lists, account, oauth, refusals]) {
  console.log(`@hubspot/api-client (Node): ${area.name}: ${await area()}`);
}
