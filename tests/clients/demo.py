"""Starts `feedgate demo` for the length of a `with` block."""

import json
import subprocess
import urllib.request


class Demo:
    def __init__(self, program, contacts):
        self.command = [program, "demo", "--listen", "127.0.0.1:0", "--output", "json", "--contacts", str(contacts)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.command[0]} printed nothing")
        self.ready = json.loads(line)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)

    def rows(self, object_type):
        """Every live row of an object, as the simulated portal stores it."""
        with urllib.request.urlopen(f"{self.ready['simulator']}/__sim/objects/{object_type}") as answer:
            return [row for row in json.load(answer) if not row["archived"]]
