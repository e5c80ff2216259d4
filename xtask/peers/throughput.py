#!/usr/bin/env python3
"""Adds hotspot users with librouteros, one after the other; prints how long it took, as JSON.

Usage: throughput.py --port PORT --users N; see tests/src/bench/router_throughput.rs.
"""

import argparse
import json
import time

import librouteros


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--users", type=int, required=True)
    arguments = parser.parse_args()
    api = librouteros.connect("127.0.0.1", "admin", "password", port=arguments.port)
    users = api.path("ip", "hotspot", "user")
    begun = time.perf_counter()
    for number in range(arguments.users):
        users.add(name=f"user-{number}", password=f"password-{number}", comment=f"number {number}")
    print(json.dumps({"seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
