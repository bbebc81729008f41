"""python-odata against the demo: its reflection of $metadata, its paging, its filters and counts.

Usage: python_odata.py PATH-OF-FEEDGATE
"""

import sys

import requests
from odata import ODataService

from demo import Demo

CONTACTS = 1_200


def main(program):
    with Demo(program, CONTACTS) as demo:
        session = requests.Session()
        session.auth = (demo.ready["user"], demo.ready["token"])
        service = ODataService(demo.ready["url"], session=session, reflect_entities=True, quiet_progress=True)
        truth = demo.rows("contacts")
        Contact = service.entities["contacts"]

        seen = {contact.id: contact for contact in service.query(Contact)}
        expect("contacts read to the end", len(seen), len(truth))
        for record in truth:
            contact = seen[int(record["id"])]
            for name in ("email", "firstname", "lifecyclestage"):
                expect(f"{name} of {record['id']}", getattr(contact, name), record["properties"].get(name) or None)

        leads = [record for record in truth if record["properties"].get("lifecyclestage") == "lead"]
        query = service.query(Contact).filter(Contact.lifecyclestage == "lead")
        expect("filtered contacts", sorted(contact.id for contact in query), sorted(int(r["id"]) for r in leads))
        top = service.query(Contact).order_by(Contact.id.desc()).limit(5).all()
        expect("the last five", [c.id for c in top], sorted((int(r["id"]) for r in truth), reverse=True)[:5])

        for name, entity in sorted(service.entities.items()):
            count = session.get(f"{demo.ready['url']}{name}/$count", timeout=60)
            expect(f"$count of {name}", int(count.text), sum(1 for _ in service.query(entity)))
        print(f"python-odata: {len(service.entities)} tables reflected and read, {len(truth)} contacts compared")


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"python-odata: {what}: {actual!r} instead of {expected!r}")


if __name__ == "__main__":
    main(sys.argv[1])
