"""接收端示例 · A receiver: checks who sent an event, applies it once, never turns a ticket back.
SECRETS="whsec_…" python receiver.py 8080 tickets.db    (Python 3.11 alone; TLS before it; see `apply`)"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from sqlite3 import connect

KEYS = [base64.b64decode(secret.removeprefix("whsec_")) for secret in os.environ["SECRETS"].split()]
TABLES = """CREATE TABLE IF NOT EXISTS events (id PRIMARY KEY, number, position, data);
            CREATE TABLE IF NOT EXISTS tickets (number PRIMARY KEY, position, status, office)"""
NEW = "INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
NEWER = """INSERT OR REPLACE INTO tickets SELECT :number, :position, :status, :office WHERE NOT EXISTS
           (SELECT 1 FROM tickets WHERE number = :number AND position >= :position)"""


def verified(headers, body):
    """Standard Webhooks: over the bytes as they came, before parsing; any of our secrets may have signed."""
    id, at, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not id or not at.isdecimal() or len(at) > 11 or abs(time.time() - int(at)) > 300:
        return False
    signed = f"{id}.{at}.".encode() + body
    ours = [b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in KEYS]
    return any([hmac.compare_digest(a, b.encode()) for a in ours for b in given.split(" ")])


def apply(database, id, data):
    """Do your own work here, in the transaction that remembers the id; give 0 for an event done before."""
    is_new = database.execute(NEW, (id, data["number"], data["position"], json.dumps(data))).rowcount
    if is_new:
        database.execute(NEWER, {"office": None} | data)
    return is_new


class Receiver(BaseHTTPRequestHandler):
    timeout = 30

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        body, status = self.rfile.read(length) if 0 < length < 5_000_000 else b"", 401
        if body and verified(self.headers, body):
            with closing(connect(sys.argv[2], timeout=10)) as database, database:  # on disk before 2xx
                status = 200 if apply(database, self.headers["webhook-id"], json.loads(body)["data"]) else 208
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    with closing(connect(sys.argv[2])) as tables:
        tables.executescript(TABLES)
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
