#!/usr/bin/env python3
"""Writes a router's own command tree as JSON, for `cargo xtask routeros-schema`.

Usage: routeros_tree.py --host ROUTER --user NAME [--port 8728] [MENU...] > VERSION.json

Needs librouteros and RouterOS 7 (`/console/inspect`); it only reads. Menus are paths such as /ppp/secret;
without any, those that our gateway uses are walked.
"""

import argparse
import getpass
import json
import sys

import librouteros

MENUS = [
    "/ppp", "/ip/hotspot", "/ip/pool", "/ip/dhcp-server", "/ip/firewall/address-list", "/queue/simple",
    "/system/resource", "/system/identity", "/system/routerboard", "/system/license", "/system/clock",
    "/system/device-mode", "/system/script", "/interface", "/user",
]


def children(api, path):
    """Name and kind of what is below a path."""
    rows = api("/console/inspect", request="child", path=",".join(path))
    return [(str(row["name"]), row["node-type"]) for row in rows if row.get("type") == "child"]


def walk(api, path, kind):
    node = {"_type": kind}
    if kind != "arg":
        for name, below in children(api, path):
            node[name] = walk(api, [*path, name], below)
    return node


def place(tree, path, node):
    """Puts a menu where it belongs, in folders of its own."""
    for step in path[:-1]:
        tree = tree.setdefault(step, {"_type": "dir"})
    tree[path[-1]] = node


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, default=8728)
    parser.add_argument("--user", required=True)
    parser.add_argument("menus", nargs="*", default=MENUS)
    arguments = parser.parse_args()
    api = librouteros.connect(
        arguments.host, arguments.user, getpass.getpass(), port=arguments.port, timeout=60
    )
    tree = {}
    for menu in arguments.menus:
        path = menu.strip("/").split("/")
        if children(api, path):
            place(tree, path, walk(api, path, "dir"))
            print(menu, file=sys.stderr)
    json.dump(tree, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
