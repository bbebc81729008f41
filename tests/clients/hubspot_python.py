"""HubSpot's own Python client against the simulator: python hubspot_python.py BASE_URL ACCESS_TOKEN

Calls every read of the simulator that the client has a method for, compares what the client made of the answers with the
rows as the simulator stores them, and meets every refusal as the client's exception. Prints one line for each area; exits
with 1 and a sentence at the first difference. Start the simulator with --no-budget.
"""

import datetime
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from hubspot import HubSpot
from hubspot.crm.associations import BatchInputPublicObjectId
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.contacts import BatchReadInputSimplePublicObjectId, PublicObjectSearchRequest
from hubspot.crm.lists import ListSearchRequest
from hubspot.crm.objects import BatchReadInputSimplePublicObjectId as AnyBatch
from hubspot.crm.objects import PublicObjectSearchRequest as AnySearch

APP = {"client_id": "feedgate-demo", "client_secret": "feedgate-demo-secret"}
REDIRECT = "http://127.0.0.1/callback"


def check(holds, sentence):
    if not holds:
        sys.exit(f"hubspot-api-client (Python): {sentence}")


class Simulator:
    """The truth behind the API."""

    def __init__(self, base_url):
        self.base_url = base_url

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base_url}/__sim/{path}", data, method=method)
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def rows(self, object_type):
        return {row["id"]: row for row in self.control("GET", f"objects/{object_type}")}

    def living(self, object_type):
        return sorted((id for id, row in self.rows(object_type).items() if not row["archived"]), key=int)

    def fault(self, **fault):
        self.control("POST", "faults", fault)

    def mend(self):
        self.control("DELETE", "faults")


def ids(records):
    return [record.id for record in records]


def search_all(api, **request):
    """Every match, 200 at a time by the offset cursor."""
    found, after = [], None
    while True:
        page = api.do_search(public_object_search_request=AnySearch(limit=200, after=after, **request))
        found.extend(page.results)
        if page.paging is None:
            return page.total, found
        after = page.paging.next.after


def contacts(client, simulator):
    stored = simulator.rows("contacts")
    living = simulator.living("contacts")
    names = ["email", "lastname", "newsletter_topics", "credit_limit", "no_such_property"]
    listed = client.crm.contacts.get_all(properties=names)
    check(ids(listed) == living, "get_all does not list every living contact once, by id")
    for record in listed:
        for name in names[:-1]:
            value = stored[record.id]["properties"].get(name)
            check(record.properties[name] == value, f"{name} of contact {record.id} is {record.properties[name]!r}, not {value!r}")
        check("no_such_property" not in record.properties, "an unknown property came back")
        check(isinstance(record.created_at, datetime.datetime) and record.updated_at.tzinfo, "a contact has no instants")
        check(record.archived is False, "a living contact is archived")
    archived = client.crm.contacts.get_all(archived=True)
    check(set(ids(archived)) == set(stored) - set(living), "archived=True does not list exactly the archived contacts")
    check(all(record.archived and record.archived_at for record in archived), "an archived contact does not say when")

    page = client.crm.contacts.basic_api.get_page(limit=50, properties_with_history=["lastname"], associations=["companies"])
    check(page.paging.next.after.isdigit() and len(page.results) == 50, "a page of 50 has no cursor behind it")
    histories = [record.properties_with_history["lastname"] for record in page.results]
    check(all(h[0].value == r.properties.get("lastname") for h, r in zip(histories, page.results) if h), "a history does not begin with the value")
    check(any(histories) and all(isinstance(h[0].timestamp, datetime.datetime) for h in histories if h), "histories have no instants")
    linked = [record for record in page.results if record.associations]
    check(linked and all(one.type for record in linked for one in record.associations["companies"].results), "no row carries its companies")

    one = client.crm.contacts.basic_api.get_by_id(living[0], properties=["email"], associations=["companies"], properties_with_history=["email"])
    check(one.id == living[0] and one.properties["email"] == stored[living[0]]["properties"].get("email"), "get_by_id reads another contact")
    gone = ids(archived)[0]
    check(client.crm.contacts.basic_api.get_by_id(gone, archived=True).archived, "an archived contact is not read by its id")

    some = living[:99] + ["1"]
    inputs = BatchReadInputSimplePublicObjectId(inputs=[{"id": id} for id in some], properties=["email"], properties_with_history=[])
    batch = client.crm.contacts.batch_api.read(batch_read_input_simple_public_object_id=inputs)
    check(set(ids(batch.results)) == set(some[:-1]), "batch read does not return the 99 contacts that exist")
    check(batch.num_errors == 1 and batch.errors[0].context["ids"] == ["1"], "batch read does not name the missing id")
    check(batch.status == "COMPLETE" and batch.completed_at >= batch.started_at, "batch read does not say when it was complete")
    inputs = BatchReadInputSimplePublicObjectId(inputs=[{"id": id} for id in living[:50]], properties=[], properties_with_history=["lastname"])
    batch = client.crm.contacts.batch_api.read(batch_read_input_simple_public_object_id=inputs)
    check(all("lastname" in record.properties_with_history for record in batch.results), "batch read has no histories")
    return f"{len(listed)} contacts, {len(archived)} archived, {sum(map(len, histories))} old values"


def searches(client, simulator):
    stored, living = simulator.rows("contacts"), simulator.living("contacts")
    of = lambda name: {id: stored[id]["properties"].get(name) or "" for id in living}
    by = lambda **filter: [{"filters": [filter]}]
    cities = of("city")
    city = next(value for value in cities.values() if value)
    lastnames = of("lastname")
    expected = {
        "EQ": (by(propertyName="lastname", operator="EQ", value="SMITH"), {i for i, v in lastnames.items() if v.lower() == "smith"}),
        "IN": (by(propertyName="lastname", operator="IN", values=["smith", "jones"]), {i for i, v in lastnames.items() if v.lower() in ("smith", "jones")}),
        "HAS_PROPERTY": (by(propertyName="city", operator="HAS_PROPERTY"), {i for i, v in cities.items() if v}),
        "NOT_HAS_PROPERTY": (by(propertyName="city", operator="NOT_HAS_PROPERTY"), {i for i, v in cities.items() if not v}),
        "BETWEEN": (by(propertyName="hs_object_id", operator="BETWEEN", value=living[5], highValue=living[25]), set(living[5:26])),
        "two groups": (by(propertyName="hs_object_id", operator="LTE", value=living[2]) + by(propertyName="hs_object_id", operator="GTE", value=living[-3]), set(living[:3] + living[-3:])),
    }
    for name, (groups, matching) in expected.items():
        total, found = search_all(client.crm.contacts.search_api, filter_groups=groups, sorts=["hs_object_id"], properties=["lastname"])
        check(total == len(matching) and set(ids(found)) == matching, f"{name} finds {total} of {len(matching)} contacts")
        check(ids(found) == sorted(ids(found), key=int), f"{name} is not sorted by id")
    total, found = search_all(client.crm.contacts.search_api, query=city.split()[0], filter_groups=by(propertyName="city", operator="EQ", value=city), properties=["city"])
    check(all(record.properties["city"].lower() == city.lower() for record in found), "a query finds other cities")
    page = client.crm.contacts.search_api.do_search(PublicObjectSearchRequest(filter_groups=[], sorts=["-createdate"], limit=5, properties=["createdate"]))
    created = [record.properties["createdate"] for record in page.results]
    check(created == sorted(created, reverse=True) and page.total == len(living), "a descending sort is none, or the total is wrong")
    companies = simulator.living("companies")
    total, found = search_all(client.crm.companies.search_api, filter_groups=by(propertyName="hs_object_id", operator="GT", value="0"), sorts=["hs_object_id"], properties=["name"])
    check(ids(found) == companies[:10_000], f"search pages through {len(found)} of {len(companies)} companies")
    return f"{len(expected)} filters, {total} companies by their offsets"


def objects(client, simulator):
    """Every object type by the client's general API, the standard ones by their own as well."""
    api = client.crm.objects
    schemas = client.crm.schemas.core_api.get_all().results
    check(schemas, "there is no custom object")
    for schema in schemas:
        one = client.crm.schemas.core_api.get_by_id(schema.object_type_id)
        check((one.name, one.labels.plural) == (schema.name, schema.labels.plural), f"the schema {schema.name} has two names")
        check(one.properties and one.primary_display_property in [p.name for p in one.properties], f"the schema {schema.name} shows nothing")
        check(all(a.from_object_type_id and a.to_object_type_id for a in one.associations), f"an association of {schema.name} has no ends")
    standard = ["contacts", "companies", "deals", "tickets", "products", "line_items", "quotes", "calls", "emails", "meetings", "notes", "tasks", "leads", "users"]
    counted = 0
    for kind in standard + [schema.object_type_id for schema in schemas]:
        name = next((s.name for s in schemas if s.object_type_id == kind), kind)
        living = simulator.living(kind)
        listed = api.get_all(kind)
        check(ids(listed) == living, f"{name}: get_all lists {len(listed)} of {len(living)}")
        counted += len(listed)
        if not living:
            continue
        check(api.basic_api.get_by_id(kind, living[0]).id == living[0], f"{name}: get_by_id reads another")
        inputs = AnyBatch(inputs=[{"id": id} for id in living[:20]], properties=[], properties_with_history=[])
        batch = api.batch_api.read(kind, batch_read_input_simple_public_object_id=inputs)
        check(set(ids(batch.results)) == set(living[:20]), f"{name}: batch read returns others")
        search = AnySearch(filter_groups=[{"filters": [{"propertyName": "hs_object_id", "operator": "GTE", "value": living[-1]}]}], limit=10, properties=[])
        found = api.search_api.do_search(kind, public_object_search_request=search)
        check(ids(found.results) == living[-1:] and found.total == 1, f"{name}: search finds others")
    crm = client.crm
    for own, kind in [(crm.deals, "deals"), (crm.tickets, "tickets"), (crm.products, "products"), (crm.line_items, "line_items"), (crm.quotes, "quotes")]:
        page = own.basic_api.get_page(limit=1)
        check(ids(page.results) == simulator.living(kind)[:1], f"the API of {kind} begins elsewhere")
    return f"{counted} rows of {len(standard)} standard and {len(schemas)} custom objects"


def associations(client, simulator):
    stored = simulator.control("GET", "associations/contacts/companies")
    links = {(link["from"], link["to"]): set(link["typeIds"]) for link in stored}
    living, v4 = simulator.living("contacts"), client.crm.associations.v4
    read, errors = {}, 0
    for start in range(0, len(living), 1000):
        inputs = [{"id": id} for id in living[start : start + 1000]]
        while inputs:
            request = BatchInputPublicFetchAssociationsBatchRequest(inputs=inputs)
            page = v4.batch_api.get_page("contacts", "companies", batch_input_public_fetch_associations_batch_request=request)
            inputs = []
            for result in page.results:
                for to in result.to:
                    read[result._from.id, str(to.to_object_id)] = {t.type_id for t in to.association_types}
                if result.paging:
                    inputs.append({"id": result._from.id, "after": result.paging.next.after})
            silent = getattr(page, "errors", None) or []
            check(all(e.sub_category == "crm.associations.NO_ASSOCIATIONS_FOUND" for e in silent), "a batch failed for another reason")
            errors += len(silent)
    kept, companies = set(living), set(simulator.living("companies"))
    expected = {pair: types for pair, types in links.items() if pair[0] in kept and pair[1] in companies}
    check(read == expected, f"batches read {len(read)} of {len(expected)} links, or other types")
    one = next(iter(read))[0]
    page = v4.basic_api.get_page("contacts", one, "companies")
    check({str(to.to_object_id) for to in page.results} == {to for at, to in read if at == one}, "one contact has other companies than in a batch")
    labels = v4.schema.definitions_api.get_all("contacts", "companies").results
    known = {label.type_id for label in labels}
    check(set().union(*read.values()) <= known and all(label.category for label in labels), "a link has a type without a definition")
    old = client.crm.associations.batch_api.read("contacts", "companies", batch_input_public_object_id=BatchInputPublicObjectId(inputs=[{"id": one}]))
    check({to.id for to in old.results[0].to} == {to for at, to in read if at == one}, "version 3 has other companies")
    return f"{len(read)} links, {errors} contacts without, {len(labels)} labels"


def properties(client, simulator):
    api = client.crm.properties
    stored = {p["name"]: p for p in simulator.control("GET", "properties/contacts")}
    definitions = api.core_api.get_all("contacts").results
    check(len(definitions) > 250 and sum(bool(p.hidden) for p in definitions) > 50, "there are too few property definitions")
    check({p.name for p in definitions} == {n for n, p in stored.items() if not p.get("archived")}, "other properties are listed than are stored")
    for definition in definitions:
        check((definition.type, definition.field_type) == (stored[definition.name]["type"], stored[definition.name]["fieldType"]), f"{definition.name} has another type")
        check(definition.group_name and definition.label is not None, f"{definition.name} has no group or label")
        check(all(o.value is not None and o.label is not None for o in definition.options), f"{definition.name} has an option without a value")
    one = api.core_api.get_by_name("contacts", "lifecyclestage")
    check(one.type == "enumeration" and len(one.options) > 3, "lifecyclestage has no options")
    archived = api.core_api.get_all("contacts", archived=True).results
    check({p.name for p in archived} == {n for n, p in stored.items() if p.get("archived")}, "archived properties are not those that are archived")
    groups = {group.name for group in api.groups_api.get_all("contacts").results}
    check({p.group_name for p in definitions} <= groups, "a property is in a group that is none")
    return f"{len(definitions)} properties, {len(groups)} groups"


def reference(client, simulator):
    owners = client.crm.owners.get_all()
    check(len(owners) > 10 and all(o.user_id and o.email and isinstance(o.created_at, datetime.datetime) for o in owners), "owners are missing")
    first = client.crm.owners.owners_api.get_page(limit=3)
    second = client.crm.owners.owners_api.get_page(limit=3, after=first.paging.next.after)
    check(ids(first.results) + ids(second.results) == ids(owners)[:6], "owners are not paged in one order")
    gone = client.crm.owners.owners_api.get_page(archived=True, limit=100).results
    check(gone and all(o.archived for o in gone) and not set(ids(gone)) & set(ids(owners)), "archived owners are not apart")
    check(client.crm.owners.owners_api.get_by_id(owners[0].id).email == owners[0].email, "an owner has two addresses")
    check(client.crm.owners.owners_api.get_by_id(owners[0].user_id, id_property="userId").id == owners[0].id, "a user is another owner")
    check(client.crm.owners.owners_api.get_page(email=owners[1].email).results[0].id == owners[1].id, "an address is another owner's")
    check(client.crm.owners.owners_api.get_by_id(gone[0].id, archived=True).archived, "an archived owner is not read by its id")
    stages = 0
    for kind in ["deals", "tickets"]:
        pipelines = client.crm.pipelines.pipelines_api.get_all(kind).results
        check(pipelines and all(p.stages for p in pipelines), f"{kind} have no pipelines")
        for pipeline in pipelines:
            one = client.crm.pipelines.pipelines_api.get_by_id(kind, pipeline.id)
            check(ids(one.stages) == ids(pipeline.stages) and one.label == pipeline.label, f"the pipeline {pipeline.id} is two")
            check(all(isinstance(s.metadata, dict) and s.display_order is not None for s in one.stages), f"a stage of {pipeline.id} has no metadata")
            stages += len(one.stages)
    return f"{len(owners)} owners, {len(gone)} archived, {stages} stages"


def lists(client, simulator):
    api, found, offset = client.crm.lists, [], 0
    while True:
        page = api.lists_api.do_search(ListSearchRequest(offset=offset, count=2, query="", additional_properties=[], processing_types=[], list_ids=[]))
        found.extend(page.lists)
        offset = page.offset
        if not page.has_more:
            break
    check(found and len(found) == page.total, f"{len(found)} of {page.total} lists are found")
    members = 0
    for one in found:
        shown = api.lists_api.get_by_id(one.list_id).list
        check((shown.name, shown.object_type_id, shown.processing_type) == (one.name, one.object_type_id, one.processing_type), f"the list {one.list_id} is two")
        on, after = [], None
        while True:
            page = api.memberships_api.get_page(one.list_id, limit=100, **({"after": after} if after else {}))
            on.extend(page.results)
            if page.paging is None:
                break
            after = page.paging.next.after
        known = set(simulator.rows(one.object_type_id))
        check(len({m.record_id for m in on}) == len(on) and {m.record_id for m in on} <= known, f"the list {one.list_id} has strangers, or one twice")
        check(all(isinstance(m.membership_timestamp, datetime.datetime) for m in on), "a membership has no instant")
        check(int(one.additional_properties["hs_list_size"]) == len(on), f"the list {one.list_id} has {len(on)} members, not as many as it says")
        members += len(on)
    return f"{len(found)} lists, {members} memberships"


def account(client, simulator):
    """What the client has no methods for, by its method for any path."""
    get = lambda path: client.api_request({"path": path}).json()
    details = get("/account-info/v3/details")
    check(details["portalId"] > 0 and details["timeZone"] and details["utcOffsetMilliseconds"] == 0, "the account does not say who it is")
    usage = get("/account-info/v3/api-usage/daily/private-apps")["results"][0]
    check(usage["currentUsage"] > 0 and usage["usageLimit"] > usage["currentUsage"], "the day has no calls")
    limits = get("/crm/v3/limits/records")["hubspotDefinedObjectTypes"]
    counts = {one["objectTypeId"]: one["usage"] for one in limits}
    check(counts["0-1"] == len(simulator.living("contacts")), "the limits count other contacts")
    return f"portal {details['portalId']}, {usage['currentUsage']} calls today, {len(counts)} counts"


def oauth(client, simulator):
    """Consent as a browser gives it, then the client's own calls."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    scope = "oauth crm.objects.contacts.read"
    query = urllib.parse.urlencode({"client_id": APP["client_id"], "redirect_uri": REDIRECT, "scope": scope})
    try:
        urllib.request.build_opener(Stay).open(f"{simulator.base_url}/oauth/authorize?{query}")
        location = ""
    except urllib.error.HTTPError as answer:
        location = answer.headers["Location"] or ""
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query).get("code", [""])[0]
    check(code, "consent leads to no code")
    api = client.oauth
    tokens = api.tokens_api.create(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **APP)
    check(tokens.token_type == "bearer" and tokens.expires_in == 1800 and tokens.access_token, "a code gives no token of half an hour")
    own = HubSpot(access_token=tokens.access_token, host=simulator.base_url)
    check(own.crm.contacts.basic_api.get_page(limit=1).results, "the token of a consent reads nothing")
    status, error = refusal(lambda: own.crm.deals.basic_api.get_page(limit=1))
    check(status == 403 and error["category"] == "MISSING_SCOPES", f"what was not consented to gets {status}")
    known = api.access_tokens_api.get(tokens.access_token)
    check(set(known.scopes) == set(scope.split()) and known.hub_id and 0 < known.expires_in <= 1800, "the access token does not tell its scopes")
    known = api.refresh_tokens_api.get(tokens.refresh_token)
    check(known.client_id == APP["client_id"] and set(known.scopes) == set(scope.split()), "the refresh token does not tell its app")
    renewed = api.tokens_api.create(grant_type="refresh_token", refresh_token=tokens.refresh_token, **APP)
    check(renewed.access_token != tokens.access_token and renewed.refresh_token == tokens.refresh_token, "renewing gives the same token, or another refresh token")
    api.refresh_tokens_api.archive(tokens.refresh_token)
    for what, call in [
        ("a code that was used", lambda: api.tokens_api.create(grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **APP)),
        ("a refresh token that ended", lambda: api.tokens_api.create(grant_type="refresh_token", refresh_token=tokens.refresh_token, **APP)),
    ]:
        status, error = refusal(call)
        check(status == 400 and error["message"], f"{what} gets {status}")
    status, _ = refusal(lambda: api.refresh_tokens_api.get(tokens.refresh_token))
    check(status == 404, f"a refresh token that ended is told about with {status}")
    return f"consent for {len(scope.split())} scopes, renewal, end"


def refusal(call):
    """Status and body of the client's exception."""
    try:
        call()
    except Exception as error:  # Each area has exception classes of its own, without a common one.
        kinds = {401: "UnauthorizedException", 403: "ForbiddenException", 404: "NotFoundException"}
        status = getattr(error, "status", None) or 0
        kind = "ServiceException" if 500 <= status <= 599 else kinds.get(status, "ApiException")
        check(type(error).__name__ == kind, f"the client raises {type(error).__name__}, not {kind}: {error}")
        return error.status, json.loads(error.body) if error.body and error.body.startswith("{") else {}
    return 200, {}


def refusals(client, simulator):
    get_page = client.crm.contacts.basic_api.get_page
    search = lambda **request: client.crm.contacts.search_api.do_search(PublicObjectSearchRequest(**request))
    stranger = HubSpot(access_token="wrong", host=simulator.base_url)
    groups = [{"filters": [{"propertyName": "city", "operator": "EQ", "value": "x"}]}] * 6
    expected = [
        ("a wrong token", 401, "EXPIRED_AUTHENTICATION", lambda: stranger.crm.contacts.basic_api.get_page()),
        ("an id that does not exist", 404, "OBJECT_NOT_FOUND", lambda: client.crm.contacts.basic_api.get_by_id("1")),
        ("a property that does not exist", 404, None, lambda: client.crm.properties.core_api.get_by_name("contacts", "no_such_property")),
        ("a pipeline that does not exist", 404, None, lambda: client.crm.pipelines.pipelines_api.get_by_id("deals", "no-such")),
        ("an owner that does not exist", 404, None, lambda: client.crm.owners.owners_api.get_by_id(1)),
        ("a list that does not exist", 404, None, lambda: client.crm.lists.lists_api.get_by_id("999999")),
        ("a schema that does not exist", 400, "VALIDATION_ERROR", lambda: client.crm.schemas.core_api.get_by_id("no_such")),
        ("an object that does not exist", 400, "VALIDATION_ERROR", lambda: client.crm.objects.basic_api.get_page("no_such")),
        ("a limit of 101", 400, "VALIDATION_ERROR", lambda: get_page(limit=101)),
        ("51 rows with histories", 400, "VALIDATION_ERROR", lambda: get_page(limit=51, properties_with_history=["email"])),
        ("six groups of filters", 400, "VALIDATION_ERROR", lambda: search(filter_groups=groups)),
        ("rows beyond 10,000", 400, None, lambda: search(filter_groups=[], limit=200, after="9900")),
        ("an operator that is none", 400, None, lambda: search(filter_groups=[{"filters": [{"propertyName": "city", "operator": "LIKE", "value": "x"}]}])),
    ]
    for what, status, category, call in expected:
        found, error = refusal(call)
        check(found == status, f"{what} gets {found}, not {status}: {error}")
        check(category is None or error.get("category") == category, f"{what} is called {error.get('category')}")
        check(error.get("status") == "error" and error.get("message") and error.get("correlationId"), f"{what} is not explained: {error}")
    faults = [("burst_limit", 429), ("secondly_limit", 429), ("daily_limit", 429), ("plain_limit", 429),
              ("token_expired", 401), ("credentials_missing", 401), ("scope_missing", 403), ("locked", 423), ("moving", 477),
              ("server_error", 500), ("bad_gateway", 502), ("unavailable", 503), ("gateway_timeout", 504), ("timed_out", 524)]
    for preset, status in faults:
        simulator.fault(preset=preset, times=1)
        found, error = refusal(lambda: get_page(limit=1))
        simulator.mend()
        check(found == status, f"{preset} reaches the client as {found}")
        check("limit" not in preset or preset == "plain_limit" or "limit" in error["message"], f"{preset} does not say what it is: {error}")
    unlimited = dict.fromkeys(["general", "search", "associations", "daily"])
    # This one the client waits for and repeats by itself.
    simulator.fault(preset="limit_with_retry_after", times=1)
    check(refusal(lambda: get_page(limit=1))[0] == 200, "the client does not understand Retry-After")
    simulator.mend()
    simulator.control("POST", "settings", {"budgets": unlimited | {"general": 1}})
    try:
        answers = [refusal(lambda: get_page(limit=1)) for _ in range(3)]
    finally:
        simulator.control("POST", "settings", {"budgets": unlimited})
    check(answers[-1][0] == 429 and answers[-1][1]["policyName"] == "TEN_SECONDLY_ROLLING", f"more calls than allowed get {answers[-1]}")
    return f"{len(expected)} refusals and {len(faults) + 1} troubles as exceptions"


def main(base_url, access_token):
    simulator = Simulator(base_url)
    # The method for any path looks for its host elsewhere than the others.
    client = HubSpot(access_token=access_token, host=base_url, base_url=base_url)
    for area in [contacts, searches, objects, associations, properties, reference, lists, account, oauth, refusals]:
        print(f"hubspot-api-client (Python): {area.__name__}: {area(client, simulator)}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: hubspot_python.py BASE_URL ACCESS_TOKEN")
    main(sys.argv[1].rstrip("/"), sys.argv[2])
