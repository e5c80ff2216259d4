#!/usr/bin/env python3
"""Checks the simulated router with two independent clients of the RouterOS API.

Usage: run.py --host HOST --port PORT --legacy-port PORT [--user NAME] [--password PASSWORD]

PORT is a simulator of RouterOS 7.18 or later, the legacy port one that answers logins with a
challenge. librouteros and RouterOS-api (see requirements.txt) know nothing of this project: what
they accept is the protocol, not our echo of it. Each check prints one line of JSON. The exit status is
1 when a check failed.
"""

import argparse
import faulthandler
import json
import sys

import librouteros
import routeros_api
import routeros_api.query
from librouteros.exceptions import FatalError, LibRouterosError, MultiTrapError, TrapError
from librouteros.query import And, Key, Or
from routeros_api.exceptions import RouterOsApiCommunicationError, RouterOsApiError

import asynchronous

# Seconds after which a run is given up.
LONGEST = 240

ID = Key(".id")
NAME = Key("name")
COMMENT = Key("comment")
DISABLED = Key("disabled")


class Failed(Exception):
    """A check that did not find what it expected."""


def expect(what, got, wanted):
    if got != wanted:
        raise Failed(f"{what}: expected {wanted!r}, got {got!r}")


def refusal(error, action):
    """The text with which an action is refused."""
    try:
        action()
    except error as refused:
        text = getattr(refused, "original_message", None) or str(refused)
        return text.decode() if isinstance(text, bytes) else text
    raise Failed("the action was not refused")


class Routers:
    """Where the two simulators listen, and the account on both."""

    def __init__(self, arguments):
        self.host = arguments.host
        self.port = arguments.port
        self.legacy_port = arguments.legacy_port
        self.user = arguments.user
        self.password = arguments.password

    def librouteros(self, port=None, password=None, method=librouteros.plain):
        return librouteros.connect(
            self.host,
            self.user,
            self.password if password is None else password,
            port=port or self.port,
            login_method=method,
            encoding="utf-8",
        )

    def routeros_api(self, port=None, password=None, plaintext=True):
        return routeros_api.RouterOsApiPool(
            self.host,
            username=self.user,
            password=self.password if password is None else password,
            port=port or self.port,
            plaintext_login=plaintext,
        )


# librouteros ---------------------------------------------------------------------------------


def lib_plain_login(routers):
    with_api(routers.librouteros(), lambda api: expect("rows", len(tuple(api("/system/identity/print"))), 1))


def lib_challenge_login(routers):
    api = routers.librouteros(routers.legacy_port, method=librouteros.token)
    with_api(api, lambda api: expect("rows", len(tuple(api("/system/identity/print"))), 1))


def lib_wrong_password(routers):
    text = refusal(TrapError, lambda: routers.librouteros(password="wrong"))
    expect("text", text, "invalid user name or password (6)")


def lib_wrong_challenge_response(routers):
    action = lambda: routers.librouteros(routers.legacy_port, "wrong", librouteros.token)
    expect("text", refusal(TrapError, action), "cannot log in")


def lib_add_set_remove(api):
    secrets = api.path("ppp", "secret")
    row = secrets.add(name="peer-a", password="pw", service="pppoe", comment="first")
    expect("id", row[0], "*")
    secrets.update(**{".id": row, "comment": "second", "disabled": True})
    found = list(secrets.select(NAME, COMMENT, DISABLED).where(ID == row))
    expect("row", found, [{"name": "peer-a", "comment": "second", "disabled": True}])
    secrets.remove(row)
    expect("rows", list(secrets.select(NAME).where(NAME == "peer-a")), [])


def lib_address(api):
    addresses = api.path("ip", "address")
    row = addresses.add(address="172.16.1.1/24", interface="ether1")
    found = [line["network"] for line in addresses if line[".id"] == row]
    expect("network", found, ["172.16.1.0"])
    addresses.remove(row)


def lib_queries(api):
    users = api.path("ip", "hotspot", "user")
    rows = [users.add(name=f"peer-{number}", comment=f"c{number % 2}") for number in range(6)]
    names = lambda *query: sorted(row["name"] for row in users.select(NAME).where(*query))
    expect("in", names(NAME.In("peer-1", "peer-4", "nobody")), ["peer-1", "peer-4"])
    expect("and", names(And(COMMENT == "c1", NAME != "peer-1")), ["peer-3", "peer-5"])
    expect("or", names(Or(NAME == "peer-0", NAME == "peer-5")), ["peer-0", "peer-5"])
    users.remove(*rows)
    expect("after", names(NAME.In("peer-1", "peer-4")), [])


def lib_proplist(api):
    secrets = api.path("ppp", "secret")
    bare = secrets.add(name="peer-bare")
    full = secrets.add(name="peer-full", comment="here")
    rows = [row for row in secrets.select(COMMENT)]
    if {"comment": "here"} not in rows:
        raise Failed(f"no row with only the comment in {rows!r}")
    secrets.remove(bare, full)


def lib_empty_result(api):
    expect("rows", list(api.path("ppp", "secret").select(NAME).where(NAME == "nobody")), [])
    # What follows must not be off by one.
    expect("next", len(tuple(api("/system/resource/print"))), 1)


def lib_traps(api):
    secrets = api.path("ppp", "secret")
    row = secrets.add(name="peer-twin")
    cases = [
        ("unknown menu", lambda: tuple(api("/no/such/menu/print")), "no such command prefix"),
        ("unknown command", lambda: tuple(api("/ppp/secret/frob")), "no such command"),
        ("unknown argument", lambda: secrets.add(name="x", colour="red"), "unknown parameter colour"),
        ("missing item", lambda: secrets.remove("*FFFF"), "no such item (4)"),
        ("bad reference", lambda: secrets.add(name="x", profile="none"), "input does not match any value of profile"),
        ("duplicate", lambda: secrets.add(name="peer-twin"), "failure: secret with the same name already exists"),
    ]
    for name, action, text in cases:
        expect(name, refusal((TrapError, MultiTrapError), action), text)
        expect("after " + name, len(tuple(api("/system/identity/print"))), 1)
    secrets.remove(row)


def lib_trap_category(api):
    try:
        api.path("ppp", "secret").remove("*FFFF")
    except TrapError as trap:
        expect("category", trap.category, 0)
        return
    raise Failed("the removal was not refused")


def lib_big_value(api):
    secrets = api.path("ppp", "secret")
    for length in (127, 128, 256, 16_383, 16_384, 200_000):
        text = "x" * length
        row = secrets.add(name="peer-big", comment=text)
        expect(f"{length} bytes", [line["comment"] for line in secrets.select(COMMENT).where(ID == row)], [text])
        secrets.remove(row)


def lib_count_only(api):
    rows = tuple(api.rawCmd("/ppp/profile/print", "=count-only="))
    expect("count", rows, ({"ret": 2},))


def lib_remove_by_query(api):
    secrets = api.path("ppp", "secret")
    row = secrets.add(name="peer-kept")
    tuple(api.rawCmd("/ppp/secret/remove", "?name=peer-kept"))
    expect("kept", len(list(secrets.select(NAME).where(NAME == "peer-kept"))), 1)
    secrets.remove(row)


def lib_interfaces(api):
    ether = [row for row in api.path("interface") if row["name"] == "ether1"]
    expect("rows", len(ether), 1)
    for name in ("mtu", "mac-address"):
        if name not in ether[0]:
            raise Failed(f"no {name} in {ether[0]!r}")


def lib_quit(routers):
    api = routers.librouteros()
    text = refusal(FatalError, lambda: tuple(api.rawCmd("/quit")))
    expect("text", text, "session terminated on request")


def lib_foreign_bytes(api):
    """What this library cannot decode it leaves out, and the connection stays in step."""
    found = [row["comment"] for row in api.path("ppp", "secret").select(COMMENT).where(NAME == "foreign")]
    expect("comment", found, ["caf"])
    expect("next", len(tuple(api("/system/identity/print"))), 1)


def lib_big_answer(api):
    expect("rows", len(tuple(api("/ip/hotspot/user/print"))) > 10_000, True)
    expect("next", len(tuple(api("/system/identity/print"))), 1)


# RouterOS-api --------------------------------------------------------------------------------


def api_plain_login(routers):
    with_pool(routers.routeros_api(), lambda api: expect("rows", len(api.get_resource("/system/identity").get()), 1))


def api_challenge_login(routers):
    pool = routers.routeros_api(routers.legacy_port, plaintext=False)
    with_pool(pool, lambda api: expect("rows", len(api.get_resource("/system/identity").get()), 1))


def api_plain_login_on_legacy(routers):
    pool = routers.routeros_api(routers.legacy_port, plaintext=True)
    with_pool(pool, lambda api: expect("rows", len(api.get_resource("/system/identity").get()), 1))


def api_wrong_password(routers):
    text = refusal(RouterOsApiCommunicationError, lambda: routers.routeros_api(password="wrong").get_api())
    expect("text", text, "invalid user name or password (6)")


def api_wrong_challenge_response(routers):
    pool = routers.routeros_api(routers.legacy_port, "wrong", plaintext=False)
    expect("text", refusal(RouterOsApiCommunicationError, pool.get_api), "cannot log in")


def api_add_set_remove(api):
    users = api.get_resource("/ip/hotspot/user")
    added = users.add(name="peer-b", password="pw", **{"limit-uptime": "3600"})
    row = added.done_message["ret"]
    users.set(id=row, comment="changed")
    found = users.get(id=row)
    expect("rows", [(line["name"], line["comment"], line["limit-uptime"]) for line in found], [("peer-b", "changed", "1h")])
    users.remove(id=row)
    expect("rows", list(users.get(name="peer-b")), [])


def api_tagged_calls(api):
    """Every call of this library carries a tag; several are in flight here."""
    secrets = api.get_resource("/ppp/secret")
    rows = [secrets.add(name=f"peer-tag-{number}").done_message["ret"] for number in range(3)]
    promises = [secrets.get_async(name=f"peer-tag-{number}") for number in range(3)]
    names = [promise.get()[0]["name"] for promise in reversed(promises)]
    expect("names", names, ["peer-tag-2", "peer-tag-1", "peer-tag-0"])
    for row in rows:
        secrets.remove(id=row)


def api_empty_result(api):
    expect("rows", list(api.get_resource("/ppp/secret").get(name="nobody")), [])
    expect("next", len(api.get_resource("/system/resource").get()), 1)


def api_traps(api):
    secrets = api.get_resource("/ppp/secret")
    row = secrets.add(name="peer-twin").done_message["ret"]
    cases = [
        ("unknown menu", lambda: api.get_resource("/no/such/menu").get(), "no such command prefix"),
        ("unknown argument", lambda: secrets.add(name="x", colour="red"), "unknown parameter colour"),
        ("duplicate", lambda: secrets.add(name="peer-twin"), "failure: secret with the same name already exists"),
        ("missing item", lambda: secrets.remove(id="*FFFF"), "no such item (4)"),
    ]
    for name, action, text in cases:
        expect(name, refusal(RouterOsApiCommunicationError, action), text)
    secrets.remove(id=row)


def api_binary_values(api):
    secrets = api.get_binary_resource("/ppp/secret")
    row = secrets.add(name=b"peer-bytes", comment=b"caf\xe9").done_message["ret"]
    found = secrets.get(id=row)
    expect("bytes", found[0]["comment"], b"caf\xe9")
    secrets.remove(id=row)


def api_big_value(api):
    secrets = api.get_resource("/ppp/secret")
    text = "y" * 300_000
    row = secrets.add(name="peer-big", comment=text).done_message["ret"]
    expect("length", len(secrets.get(id=row)[0]["comment"]), len(text))
    secrets.remove(id=row)


def api_queries(api):
    users = api.get_resource("/ip/hotspot/user")
    rows = [users.add(name=f"query-{number}", comment="q").done_message["ret"] for number in range(4)]
    condition = routeros_api.query.OrQuery(
        routeros_api.query.IsEqualQuery("name", "query-1"), routeros_api.query.IsEqualQuery("name", "query-3")
    )
    found = users.call("print", queries={"comment": "q"}, additional_queries=(condition,))
    expect("or", sorted(row["name"] for row in found), ["query-1", "query-3"])
    for row in rows:
        users.remove(id=row)


def api_cancel(api):
    """A stream is cancelled by its tag; both answers come, and the connection stays in step."""
    interface = api.get_binary_resource("/interface")
    stream = interface.call_async("monitor-traffic", {"interface": b"ether1"})
    promise = stream
    while not hasattr(promise, "tag"):
        promise = promise.inner
    api.get_binary_resource("/").call("cancel", {"tag": promise.tag})
    try:
        stream.get()
    except RouterOsApiCommunicationError as error:
        expect("text", error.original_message, b"interrupted")
    else:
        raise Failed("the stream was not interrupted")
    expect("next", len(api.get_resource("/system/identity").get()), 1)


def api_big_answer(api):
    expect("rows", len(api.get_resource("/ip/hotspot/user").get()) > 10_000, True)
    expect("next", len(api.get_resource("/system/identity").get()), 1)


def api_counters_and_switches(api):
    traffic = api.get_binary_resource("/interface").call(
        "monitor-traffic", {"interface": b"ether1", "once": None}
    )
    expect("rate", traffic[0]["rx-bits-per-second"], b"0")


def api_enable_disable(api):
    secrets = api.get_resource("/ppp/secret")
    row = secrets.add(name="peer-off").done_message["ret"]
    secrets.call("disable", {"numbers": row})
    expect("disabled", secrets.get(id=row)[0]["disabled"], "true")
    secrets.call("enable", {"numbers": "peer-off"})
    expect("enabled", secrets.get(id=row)[0]["disabled"], "false")
    secrets.remove(id=row)


# Running them --------------------------------------------------------------------------------


def with_api(api, check):
    try:
        check(api)
    finally:
        api.close()


def with_pool(pool, check):
    try:
        check(pool.get_api())
    finally:
        pool.disconnect()


# Checks that open their own connections.
CONNECTIONS = [
    ("librouteros: plain login", lib_plain_login),
    ("librouteros: challenge login", lib_challenge_login),
    ("librouteros: wrong password", lib_wrong_password),
    ("librouteros: wrong challenge response", lib_wrong_challenge_response),
    ("librouteros: quit", lib_quit),
    ("RouterOS-api: plain login", api_plain_login),
    ("RouterOS-api: challenge login", api_challenge_login),
    ("RouterOS-api: plain login that is challenged", api_plain_login_on_legacy),
    ("RouterOS-api: wrong password", api_wrong_password),
    ("RouterOS-api: wrong challenge response", api_wrong_challenge_response),
]

# Checks on a connection that is logged in, run on both simulators.
LIBROUTEROS = [
    ("add, set, print, remove", lib_add_set_remove),
    ("ip addresses", lib_address),
    ("queries", lib_queries),
    ("proplist", lib_proplist),
    ("empty result", lib_empty_result),
    ("traps", lib_traps),
    ("trap category", lib_trap_category),
    ("big values", lib_big_value),
    ("count-only", lib_count_only),
    ("remove by query removes nothing", lib_remove_by_query),
    ("interfaces", lib_interfaces),
    ("bytes that are no text", lib_foreign_bytes),
]

ROUTEROS_API = [
    ("add, set, print, remove", api_add_set_remove),
    ("tagged calls in flight", api_tagged_calls),
    ("empty result", api_empty_result),
    ("traps", api_traps),
    ("binary values", api_binary_values),
    ("big value", api_big_value),
    ("switches and counters", api_counters_and_switches),
    ("enable, disable", api_enable_disable),
    ("queries", api_queries),
    ("cancel", api_cancel),
]


def leave_foreign_bytes(routers, port, legacy):
    """A row whose comment is no text, which only RouterOS-api can write."""
    pool = routers.routeros_api(port, plaintext=not legacy)
    with_pool(pool, lambda api: api.get_binary_resource("/ppp/secret").add(name=b"foreign", comment=b"caf\xe9"))


def checks(routers):
    """Every check: the library, the router, a name and an action."""
    for name, check in CONNECTIONS:
        peer, _, name = name.partition(": ")
        yield peer, "both", name, lambda check=check: check(routers)
    for kind, port, legacy in (("modern", routers.port, False), ("legacy", routers.legacy_port, True)):
        yield "RouterOS-api", kind, "writes bytes", lambda port=port, legacy=legacy: leave_foreign_bytes(routers, port, legacy)
        big = not legacy
        method = librouteros.token if legacy else librouteros.plain
        for name, check in LIBROUTEROS + [("10,000 rows", lib_big_answer)] * big:
            yield "librouteros", kind, name, lambda check=check, port=port, method=method: with_api(
                routers.librouteros(port, method=method), check
            )
        for name, check in asynchronous.CHECKS + [asynchronous.BIG] * big:
            yield "librouteros", kind, name, lambda check=check, port=port, legacy=legacy: asynchronous.run(
                check, routers.host, port, routers.user, routers.password, legacy
            )
        for name, check in ROUTEROS_API + [("10,000 rows", api_big_answer)] * big:
            yield "RouterOS-api", kind, name, lambda check=check, port=port, legacy=legacy: with_pool(
                routers.routeros_api(port, plaintext=not legacy), check
            )
    yield "librouteros", "modern", "async: two connections", lambda: asynchronous.run(
        asynchronous.two_connections, routers.host, routers.port, routers.user, routers.password, False
    )


def outcome(check):
    """How a check went: nothing, or what went wrong."""
    try:
        check()
    except (Failed, LibRouterosError, RouterOsApiError, OSError, LookupError, TypeError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="a simulator of RouterOS 7.18 or later, 10,000 users")
    parser.add_argument("--legacy-port", type=int, required=True, help="a simulator with challenge logins")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="password")
    arguments = parser.parse_args()
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    passed = failed = 0
    for peer, router, name, check in checks(Routers(arguments)):
        wrong = outcome(check)
        passed, failed = passed + (wrong is None), failed + (wrong is not None)
        print(json.dumps({"peer": peer, "router": router, "check": name, "wrong": wrong}), flush=True)
    print(f"{passed} passed, {failed} failed", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
