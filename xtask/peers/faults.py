#!/usr/bin/env python3
"""One peer library and one faulty router: what the library says, and what its next command gets.

Usage: faults.py --peer librouteros|RouterOS-api --fault NAME --port PORT

The router is a simulator that was started with that fault and three PPP secrets, seed-1 to seed-3. The
library is used as its documentation shows, with its own time limits. Prints one line of JSON:
`operation` is right, an honest error, or wrong; `next` is right, dead (an error) or wrong.
"""

import argparse
import json
import sys
import time

import librouteros
import routeros_api

# Seconds for which the next command is tried again while it gets an error.
PERSISTENCE = 4

# Seconds to wait after a late answer was given up, until it has come.
LATE = 8

SEEDED = ["seed-1", "seed-2", "seed-3"]


class Librouteros:
    def __init__(self, port):
        self.api = librouteros.connect("127.0.0.1", "admin", "password", port=port, encoding="utf-8")

    def rows(self, menu):
        return list(self.api(menu + "/print"))

    def absent(self):
        return list(self.api.rawCmd("/ppp/secret/print", "?name=nobody"))

    def add(self):
        return self.api.path("ppp", "secret").add(name="probe")

    def rename(self, row):
        self.api.path("ppp", "secret").update(**{".id": row, "comment": "changed"})


class RouterosApi:
    def __init__(self, port):
        pool = routeros_api.RouterOsApiPool(
            "127.0.0.1", username="admin", password="password", port=port, plaintext_login=True
        )
        self.api = pool.get_api()

    def rows(self, menu):
        return list(self.api.get_resource(menu).get())

    def absent(self):
        return list(self.api.get_resource("/ppp/secret").get(name="nobody"))

    def add(self):
        return self.api.get_resource("/ppp/secret").add(name="probe").done_message["ret"]

    def rename(self, row):
        self.api.get_resource("/ppp/secret").set(id=row, comment="changed")


PEERS = {"librouteros": Librouteros, "RouterOS-api": RouterosApi}


def said(error):
    text = getattr(error, "original_message", None) or str(error)
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{type(error).__name__}: {text}".strip(": ")


def names(peer):
    return [row["name"] for row in peer.rows("/ppp/secret")]


def read(peer):
    """All rows, or an error; some of them are a wrong answer."""
    found = names(peer)
    return ("right", "") if found == SEEDED else ("wrong", f"rows {found}")


def write(peer):
    return "right", f"added {peer.add()}"


def nothing(peer):
    """Commands without rows, among them a change."""
    found = peer.absent()
    peer.rename("seed-1")
    return ("right", "") if found == [] else ("wrong", f"rows {found}")


def refused(peer):
    try:
        peer.rename("*FFFF")
    except Exception as error:  # whatever it is called, the router's words must be in it
        text = said(error)
        return ("right", text) if "no such item" in text else ("wrong", text)
    return "wrong", "a refused change passed for done"


def bytes_read(peer):
    found = peer.rows("/ppp/secret")
    comments = {str(row.get("comment")) for row in found}
    right = [row["name"] for row in found] == SEEDED
    return ("right" if right else "wrong", "comment read as " + ", ".join(sorted(comments)))


OPERATIONS = {
    "stall": read,
    "late": read,
    "cut-mid-reply": read,
    "cut-after-apply": write,
    "empty": nothing,
    "extra-trap-attribute": refused,
    "duplicate-keys": read,
    "bad-utf8": bytes_read,
    "fatal": read,
    "reboot": read,
    "long-lengths": read,
}


def attempt(action, *arguments):
    try:
        return action(*arguments)
    except Exception as error:  # every error is a finding
        return "error", said(error)


def open_peer(arguments):
    """A connection in use: one command has been answered."""
    peer = PEERS[arguments.peer](arguments.port)
    peer.rows("/system/identity")
    return "right", peer


def next_command(peer):
    found = peer.rows("/system/identity")
    right = len(found) == 1 and "name" in found[0]
    return ("right", "") if right else ("wrong", f"the next command got {found}")


def persist(peer):
    """The next command, tried for a few seconds: a client may mend itself."""
    begun = time.monotonic()
    while True:
        following = attempt(next_command, peer)
        if following[0] != "error" or time.monotonic() - begun > PERSISTENCE:
            return following
        time.sleep(0.5)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", choices=PEERS, required=True)
    parser.add_argument("--fault", choices=OPERATIONS, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    opened = attempt(open_peer, arguments)
    if opened[0] == "error":
        operation, following = ("error", "login: " + opened[1]), ("error", "there is no connection")
    else:
        operation = attempt(OPERATIONS[arguments.fault], opened[1])
        if arguments.fault == "late":
            time.sleep(LATE)  # until the answer that nobody waits for any more has come
        following = persist(opened[1])
    print(json.dumps({"operation": operation, "next": following}))


if __name__ == "__main__":
    sys.exit(main())
