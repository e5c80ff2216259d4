"""Checks with the asynchronous half of librouteros; see run.py."""

import asyncio

import librouteros
from librouteros.exceptions import LibRouterosError, TrapError
from librouteros.query import And, Key

ID = Key(".id")
NAME = Key("name")
COMMENT = Key("comment")


class Unexpected(LibRouterosError):
    """A check that did not find what it expected."""


def expect(what, got, wanted):
    if got != wanted:
        raise Unexpected(f"{what}: expected {wanted!r}, got {got!r}")


async def rows(answer):
    return [row async for row in answer]


async def refusal(action):
    try:
        await action
    except TrapError as trap:
        return str(trap.message)
    raise Unexpected("the action was not refused")


async def login(api):
    expect("rows", len(await rows(api("/system/identity/print"))), 1)


async def add_set_remove(api):
    secrets = api.path("ppp", "secret")
    row = await secrets.add(name="peer-async", comment="first")
    await secrets.update(**{".id": row, "comment": "second"})
    found = await rows(secrets.select(NAME, COMMENT).where(ID == row))
    expect("row", found, [{"name": "peer-async", "comment": "second"}])
    await secrets.remove(row)
    expect("rows", await rows(secrets.select(NAME).where(NAME == "peer-async")), [])


async def queries(api):
    users = api.path("ip", "hotspot", "user")
    ids = [await users.add(name=f"async-{number}", comment=f"c{number % 2}") for number in range(4)]
    found = await rows(users.select(NAME).where(And(COMMENT == "c1", NAME != "async-1")))
    expect("and", [row["name"] for row in found], ["async-3"])
    found = await rows(users.select(NAME).where(NAME.In("async-0", "async-2", "nobody")))
    expect("in", sorted(row["name"] for row in found), ["async-0", "async-2"])
    await users.remove(*ids)


async def traps(api):
    secrets = api.path("ppp", "secret")
    cases = [
        ("missing item", secrets.remove("*FFFF"), "no such item (4)"),
        ("unknown argument", secrets.add(name="x", colour="red"), "unknown parameter colour"),
    ]
    for name, action, text in cases:
        expect(name, await refusal(action), text)
        expect("after " + name, len(await rows(api("/system/identity/print"))), 1)


async def big_answer(api):
    expect("rows", len(await rows(api("/ip/hotspot/user/print"))) > 10_000, True)
    expect("next", len(await rows(api("/system/identity/print"))), 1)


async def two_connections(open_api):
    """This library has one command in flight on a connection, so two of them are used side by side."""
    one, two = await asyncio.gather(open_api(), open_api())
    try:
        both = await asyncio.gather(*(rows(api("/system/resource/print")) for api in (one, two)))
        expect("rows", [len(answer) for answer in both], [1, 1])
    finally:
        await one.close()
        await two.close()


CHECKS = [
    ("async: login", login),
    ("async: add, set, print, remove", add_set_remove),
    ("async: queries", queries),
    ("async: traps", traps),
]
BIG = ("async: 10,000 rows", big_answer)


def run(check, host, port, user, password, legacy):
    """Runs one check on a connection of its own."""
    method = librouteros.async_token if legacy else librouteros.async_plain

    async def open_api():
        return await librouteros.async_connect(
            host, user, password, port=port, login_method=method, encoding="utf-8"
        )

    async def story():
        if check is two_connections:
            await two_connections(open_api)
            return
        api = await open_api()
        try:
            await check(api)
        finally:
            await api.close()

    asyncio.run(asyncio.wait_for(story(), 60))
