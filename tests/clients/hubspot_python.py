"""HubSpot's own Python client against the simulator: python hubspot_python.py BASE_URL ACCESS_TOKEN

Lists, searches, reads in batches and pages to the end, and compares with the rows as the simulator stores them.
Prints one line; exits with 1 and a sentence at the first difference. Start the simulator with --no-budget.
"""

import json
import sys
import urllib.request

from hubspot import HubSpot
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.companies import PublicObjectSearchRequest as CompanySearch
from hubspot.crm.contacts import BatchReadInputSimplePublicObjectId, PublicObjectSearchRequest
from hubspot.crm.contacts.exceptions import ApiException


def check(holds, sentence):
    if not holds:
        sys.exit(f"hubspot-api-client (Python): {sentence}")


def truth(base_url, object_type):
    with urllib.request.urlopen(f"{base_url}/__sim/objects/{object_type}") as answer:
        return {row["id"]: row for row in json.load(answer)}


def search_all(api, request_class, filters, properties):
    """Every match, 200 at a time by the offset cursor."""
    found, after = [], None
    while True:
        request = request_class(
            filter_groups=[{"filters": filters}],
            sorts=["hs_object_id"],
            properties=properties,
            limit=200,
            after=after,
        )
        page = api.search_api.do_search(public_object_search_request=request)
        found.extend(page.results)
        if page.paging is None:
            return page.total, found
        after = page.paging.next.after


def main(base_url, access_token):
    client = HubSpot(access_token=access_token, host=base_url)
    contacts = truth(base_url, "contacts")
    living = {id for id, row in contacts.items() if not row["archived"]}

    names = ["email", "lastname", "newsletter_topics", "credit_limit", "no_such_property"]
    listed = client.crm.contacts.get_all(properties=names)
    check([r.id for r in listed] == sorted(living, key=int), "get_all does not list every living contact once, by id")
    for record in listed:
        for name in names[:-1]:
            stored = contacts[record.id]["properties"].get(name)
            check(record.properties[name] == stored, f"{name} of contact {record.id} is {record.properties[name]!r}, not {stored!r}")
        check("no_such_property" not in record.properties, "an unknown property came back")
    archived = client.crm.contacts.get_all(archived=True)
    check({r.id for r in archived} == set(contacts) - living, "archived=True does not list exactly the archived contacts")

    filters = [{"propertyName": "lastname", "operator": "EQ", "value": "SMITH"}]
    total, found = search_all(client.crm.contacts, PublicObjectSearchRequest, filters, ["lastname"])
    smiths = {id for id in living if contacts[id]["properties"].get("lastname", "").lower() == "smith"}
    check(total == len(smiths) and {r.id for r in found} == smiths, f"search finds {total} of {len(smiths)} Smiths")

    companies = truth(base_url, "companies")
    filters = [{"propertyName": "hs_object_id", "operator": "GT", "value": "0"}]
    total, found = search_all(client.crm.companies, CompanySearch, filters, ["name"])
    expected = sorted((id for id, row in companies.items() if not row["archived"]), key=int)[:10_000]
    check([r.id for r in found] == expected, f"search pages through {len(found)} of {len(expected)} companies")

    some = sorted(living, key=int)[:99] + ["1"]
    inputs = BatchReadInputSimplePublicObjectId(inputs=[{"id": id} for id in some], properties=["email"], properties_with_history=[])
    batch = client.crm.contacts.batch_api.read(batch_read_input_simple_public_object_id=inputs)
    check({r.id for r in batch.results} == set(some[:-1]), "batch read does not return the 99 contacts that exist")
    check(batch.num_errors == 1 and batch.errors[0].context["ids"] == ["1"], "batch read does not name the missing id")

    links = 0
    for start in range(0, len(listed), 1000):
        inputs = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": r.id} for r in listed[start : start + 1000]])
        page = client.crm.associations.v4.batch_api.get_page(
            from_object_type="contacts", to_object_type="companies", batch_input_public_fetch_associations_batch_request=inputs
        )
        links += sum(len(result.to) for result in page.results)
    check(links > 0, "no contact has a company")

    definitions = client.crm.properties.core_api.get_all("contacts").results
    check(len(definitions) > 250 and sum(p.hidden for p in definitions) > 50, "there are too few property definitions")
    owners = client.crm.owners.get_all()
    check(len(owners) > 10 and all(o.user_id for o in owners), "owners are missing")
    stages = [s.id for p in client.crm.pipelines.pipelines_api.get_all("deals").results for s in p.stages]
    check("closedwon" in stages, "the stage closedwon is missing")

    try:
        HubSpot(access_token="wrong", host=base_url).crm.contacts.basic_api.get_page()
        check(False, "a wrong token is accepted")
    except ApiException as error:
        check(error.status == 401, f"a wrong token gets {error.status}")

    print(f"hubspot-api-client (Python): {len(listed)} contacts, {total} companies, {links} links, {len(definitions)} properties agree")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: hubspot_python.py BASE_URL ACCESS_TOKEN")
    main(sys.argv[1].rstrip("/"), sys.argv[2])
