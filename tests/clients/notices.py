"""Notices as receivers see them: a webhook checked with the library of Standard Webhooks, and a mail in a real SMTP
server with TLS. Two processes of Feedgate run on one store; each notice has to arrive once.

Usage: notices.py PATH-OF-FEEDGATE PATH-OF-FEEDGATE-ADMIN
"""

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme
from aiosmtpd.controller import Controller
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"a secret of the receiver").decode()
# Deliveries are looked for every five seconds by each process; a busy machine is slower.
PATIENCE = 90
# So long after the last arrival nothing more may come: two rounds of both processes.
SILENCE = 12


class Receiver:
    """Keeps every webhook whose signature is right."""

    def __init__(self):
        self.received = received = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received.append(Webhook(SECRET).verify(body, headers))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Mailbox:
    """An SMTP server that keeps what it takes."""

    def __init__(self, folder):
        self.received = []
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost")
        self.authority = os.path.join(folder, "authority.pem")
        authority.cert_pem.write_to_path(self.authority)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ssl_context=context)
        # Its own try whether it listens knows nothing of this certificate's authority.
        self.controller._trigger_server = lambda: socket.create_connection(("127.0.0.1", self.port)).close()
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope):
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main(feedgate, admin_program):
    with tempfile.TemporaryDirectory() as folder:
        mailbox, receiver = Mailbox(folder), Receiver()
        command = [feedgate, "demo", "--listen", "127.0.0.1:0", "--output", "json", "--contacts", "100"]
        demo = subprocess.Popen(
            [*command, "--data-dir", os.path.join(folder, "data")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        second = None
        try:
            ready = json.loads(demo.stdout.readline())
            second = start_second(feedgate, ready, mailbox)
            told(admin_program, ready, receiver, mailbox)
        finally:
            for process in (demo, second):
                if process:
                    process.terminate()
                    process.wait(timeout=60)
            mailbox.controller.stop()


def start_second(feedgate, ready, mailbox):
    listen = f"127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        "FEEDGATE_LISTEN": listen,
        "FEEDGATE_SMTP_URL": f"smtps://localhost:{mailbox.port}",
        "FEEDGATE_SMTP_FROM": "Feedgate <feedgate@example.org>",
        "SSL_CERT_FILE": mailbox.authority,
    }
    process = subprocess.Popen([feedgate, "serve", "--config", ready["config"]], env=environment, stdin=subprocess.DEVNULL)
    wait_for("the second process", lambda: healthy(listen))
    return process


def healthy(listen):
    try:
        with urllib.request.urlopen(f"http://{listen}/readyz") as answer:
            return answer.status == 200
    except OSError:
        return False


def told(admin_program, ready, receiver, mailbox):
    def admin(*arguments, given=""):
        command = [admin_program, *arguments, "--config", ready["config"], "--output", "json", "--yes"]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{arguments}: {done.returncode} {done.stderr}")
        return json.loads(done.stdout)

    admin("notice", "add", "webhook", receiver.url, given=SECRET)
    admin("notice", "add", "email", "ops@example.org")
    test = admin("notice", "test")["id"]
    arrived(receiver, mailbox, 1, 1)
    expect("the webhook's notice", receiver.received[0]["id"], test)
    expect("the mail's subject", mailbox.received[0]["subject"], "[Feedgate] A test: notices arrive")
    expect("the mail's recipient", mailbox.received[0]["to"], "ops@example.org")

    token = admin("token", "create", "--user", ready["user"], "--label", "nightly refresh")
    expect("a read", read(ready, token["token"]), 200)
    admin("token", "revoke", token["id"])
    for _ in range(3):
        expect("a read with a revoked token", read(ready, token["token"]), 401)
    # The user of the token is told as well.
    arrived(receiver, mailbox, 2, 3)
    expect("recipients", sorted(mail["to"] for mail in mailbox.received[1:]), sorted(["ops@example.org", ready["user"]]))
    failed = receiver.received[1]
    expect("the kind", (failed["kind"], failed["severity"], failed["category"]), ("refresh_failed", "urgent", "credential"))
    expect("whose", (failed["token_id"], failed["data_source"]), (token["id"], ready["data_source"]))
    body = mailbox.received[1].get_content()
    for part in ("nightly refresh", "TokenRevoked", "schedule is on", failed["id"]):
        if part not in body:
            raise SystemExit(f"the mail does not say {part!r}:\n{body}")

    listed = admin("notice", "list")
    expect("deliveries", [target["delivered"] for target in listed["targets"]], [2, 2])
    print("notices: 2 told by webhook and mail, each once, by two processes on one store")


def read(ready, token):
    credentials = base64.b64encode(f"{ready['user']}:{token}".encode()).decode()
    request = urllib.request.Request(ready["url"] + "contacts?$top=5", headers={"Authorization": f"Basic {credentials}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def arrived(receiver, mailbox, webhooks, mails):
    """Waits until as many have come, and that nothing more comes."""
    wait_for(f"webhook {webhooks}", lambda: len(receiver.received) >= webhooks and len(mailbox.received) >= mails)
    time.sleep(SILENCE)
    expect("webhooks and mails", (len(receiver.received), len(mailbox.received)), (webhooks, mails))


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come within {PATIENCE} s")
        time.sleep(0.2)


def expect(what, actual, expected):
    if actual != expected:
        raise SystemExit(f"{what}: expected {expected!r}, got {actual!r}")


if __name__ == "__main__":
    main(*sys.argv[1:])
