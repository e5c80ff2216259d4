#!/usr/bin/env python3
"""Checks the simulated payment providers and our Stripe adapter with other people's programs.

Usage: gateways.py --sim-port PORT --probe PROGRAM

PORT is a running gateway-sim with its default keys; PROGRAM is the example `gateway_probe` of payment-gateways. The
official libraries of Stripe and Midtrans talk to the simulator, and our adapter talks to localstripe, another project's
Stripe. Each check prints one line of JSON. The exit status is 1 when a check failed.
"""

import argparse
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import midtransclient
import stripe
from midtransclient.error_midtrans import MidtransAPIError

STRIPE_KEY = "sk_test_sim"
STRIPE_SECRET = "whsec_sim"
MIDTRANS_KEY = "SB-Mid-server-sim"
ORDER = "pay_agjpfimc4btqadrdlvfsmcaaai"


class Failed(Exception):
    """A check that did not find what it expected."""


def expect(what, got, wanted):
    if got != wanted:
        raise Failed(f"{what}: expected {wanted!r}, got {got!r}")


def expect_in(what, part, whole):
    if part not in whole:
        raise Failed(f"{what}: {part!r} is not in {whole!r}")


def refused(error, action):
    try:
        action()
    except error as refusal:
        return refusal
    raise Failed("the action was not refused")


class Sim:
    """The simulator, and what customers do there."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"

    def do(self, verb, name):
        request = urllib.request.Request(f"{self.base}/_control/{verb}/{name}", method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def delivery(self, name):
        with urllib.request.urlopen(f"{self.base}/_control/delivery/{name}", timeout=10) as answer:
            return json.load(answer)


def session(order, **more):
    price = {"currency": "idr", "unit_amount": 15000000, "product_data": {"name": "Internet"}}
    return stripe.checkout.Session.create(
        mode="payment",
        client_reference_id=order,
        success_url="https://isp.example/paid",
        cancel_url="https://isp.example/paid",
        line_items=[{"quantity": 1, "price_data": price}],
        payment_intent_data={"metadata": {"order": order}},
        **more,
    )


def stripe_pays(sim):
    made = session(ORDER)
    expect("status", made.status, "open")
    sim.do("pay", made.id)
    paid = stripe.checkout.Session.retrieve(made.id, expand=["payment_intent.latest_charge"])
    expect("payment status", paid.payment_status, "paid")
    expect("intent", paid.payment_intent.status, "succeeded")
    expect("received", paid.payment_intent.amount_received, 15000000)
    refund = stripe.Refund.create(payment_intent=paid.payment_intent.id, amount=5000000)
    expect("refund", refund.status, "succeeded")
    intent = stripe.PaymentIntent.retrieve(paid.payment_intent.id, expand=["latest_charge"])
    expect("refunded", intent.latest_charge.amount_refunded, 5000000)
    error = refused(
        stripe.InvalidRequestError,
        lambda: stripe.Refund.create(payment_intent=intent.id, amount=15000000),
    )
    expect("param", error.param, "amount")


def stripe_is_idempotent(sim):
    first = session(ORDER, idempotency_key="once")
    expect("id", session(ORDER, idempotency_key="once").id, first.id)
    refused(stripe.IdempotencyError, lambda: session(f"{ORDER}-2", idempotency_key="once"))


def stripe_refuses(sim):
    stripe.api_key = "sk_test_wrong"
    try:
        refused(stripe.AuthenticationError, lambda: session(ORDER))
    finally:
        stripe.api_key = STRIPE_KEY
    refused(stripe.InvalidRequestError, lambda: stripe.checkout.Session.retrieve("cs_test_none"))
    expired = session(ORDER)
    expect("status", stripe.checkout.Session.expire(expired.id).status, "expired")
    refused(stripe.InvalidRequestError, lambda: stripe.checkout.Session.expire(expired.id))


def stripe_lists(sim):
    for _ in range(12):
        sim.do("begin", session(ORDER).id)
    listed = list(stripe.PaymentIntent.list(limit=5).auto_paging_iter())
    if len(listed) < 12 or len({it.id for it in listed}) != len(listed):
        raise Failed(f"{len(listed)} payment intents")


def stripe_signs(sim):
    made = session(ORDER)
    sim.do("pay", made.id)
    told = sim.delivery(made.id)
    header = told["headers"]["stripe-signature"]
    event = stripe.Webhook.construct_event(told["body"], header, STRIPE_SECRET)
    expect("type", event.type, "checkout.session.completed")
    expect("object", event.data.object.id, made.id)
    refused(
        stripe.SignatureVerificationError,
        lambda: stripe.Webhook.construct_event(told["body"], header, "whsec_other"),
    )


def midtrans(sim):
    """The official client, pointed at the simulator."""
    snap = midtransclient.Snap(is_production=False, server_key=MIDTRANS_KEY)
    core = midtransclient.CoreApi(is_production=False, server_key=MIDTRANS_KEY)
    for client in (snap, core):
        client.api_config.SNAP_SANDBOX_BASE_URL = f"{sim.base}/snap/v1"
        client.api_config.CORE_SANDBOX_BASE_URL = sim.base
    return snap, core


def midtrans_order(name):
    return {"transaction_details": {"order_id": name, "gross_amount": 150000}}


def midtrans_pays(sim):
    snap, core = midtrans(sim)
    made = snap.create_transaction(midtrans_order("INV-1"))
    expect_in("page", made["token"], made["redirect_url"])
    missing = refused(MidtransAPIError, lambda: core.transactions.status("INV-1"))
    expect_in("before a choice", "404", missing.message)
    sim.do("begin", "INV-1")
    expect("status", core.transactions.status("INV-1")["transaction_status"], "pending")
    sim.do("pay", "INV-1")
    paid = core.transactions.status("INV-1")
    expect("status", paid["transaction_status"], "settlement")
    expect("amount", paid["gross_amount"], "150000.00")
    told = core.transactions.notification(sim.delivery("INV-1")["body"])
    expect("told", told["transaction_status"], "settlement")
    refund = {"refund_key": "rfd-1", "amount": 50000, "reason": "paid twice"}
    expect("refund", core.transactions.refund("INV-1", refund)["refund_amount"], "50000.00")
    refused(MidtransAPIError, lambda: core.transactions.expire("INV-1"))


def midtrans_refuses(sim):
    snap, core = midtrans(sim)
    snap.create_transaction(midtrans_order("INV-2"))
    refused(MidtransAPIError, lambda: snap.create_transaction(midtrans_order("INV-2")))
    sim.do("begin", "INV-2")
    expect("expired", core.transactions.expire("INV-2")["status_code"], "407")
    snap.api_config.server_key = "SB-Mid-server-other"
    refused(MidtransAPIError, lambda: snap.create_transaction(midtrans_order("INV-3")))


class Ear(http.server.BaseHTTPRequestHandler):
    """Keeps the webhooks that localstripe sends."""

    heard = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Ear.heard.append((self.headers["Stripe-Signature"], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Local:
    """localstripe, and our adapter before it.

    It has no Checkout Sessions, ignores Idempotency-Key and refuses the filter `created` of lists: what needs these is
    checked by Stripe's own library against the simulator.
    """

    KEY = "sk_test_12345"
    SECRET = "whsec_local"

    def __init__(self, probe):
        self.probe = probe
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        program = os.path.join(os.path.dirname(sys.executable), "localstripe")
        self.process = subprocess.Popen(
            [program, "--port", str(port), "--from-scratch"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.base = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise Failed("localstripe does not listen")

    def ask(self, *words, secret=None, body=b""):
        command = [self.probe, self.base, self.KEY, secret or self.SECRET, *map(str, words)]
        done = subprocess.run(command, input=body, capture_output=True, timeout=60, check=False)
        if done.returncode:
            raise Failed(done.stderr.decode()[-300:])
        return done.stdout.decode().strip()

    def intent(self, card, order=ORDER):
        """A payment intent made by Stripe's own library."""
        method = stripe.PaymentMethod.create(
            type="card", card={"number": card, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        )
        return stripe.PaymentIntent.create(
            amount=2500,
            currency="usd",
            payment_method=method.id,
            confirm=True,
            metadata={"order": order},
        )


def local_query(local):
    paid = local.intent("4242424242424242")
    told = local.ask("query", paid.id)
    for part in ("Ok(", "Paid(", f'transaction: "{paid.id}", amount: Money {{ minor: 2500'):
        expect_in("query", part, told)
    expect_in("order", "order: Some(", told)
    expect_in("unknown", "NotFound", local.ask("query", "pi_none"))


def local_refund(local):
    paid = local.intent("4242424242424242")
    expect("refund", local.ask("refund", paid.id, 1000, "USD"), "Ok(Done)")
    told = local.ask("query", paid.id)
    expect_in("refunded", "refunded: Money { minor: 1000", told)
    # localstripe itself would give back more than was paid.
    above = local.ask("refund", paid.id, 2600, "USD")
    expect_in("above", "Err(Refused { refusal: Amount", above)


def local_cancel(local):
    open_one = stripe.PaymentIntent.create(amount=2500, currency="usd", metadata={"order": ORDER})
    expect_in("open", "Pending", local.ask("query", open_one.id))
    expect("cancel", local.ask("cancel", open_one.id), "Ok(())")
    expect_in("closed", "Cancelled", local.ask("query", open_one.id))
    expect("again", local.ask("cancel", open_one.id), "Ok(())")
    paid = local.intent("4242424242424242")
    expect_in("paid", "State", local.ask("cancel", paid.id))


def local_webhook(local):
    server = http.server.HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = json.dumps(
        {
            "url": f"http://127.0.0.1:{server.server_port}/",
            "secret": Local.SECRET,
            "events": ["payment_intent.succeeded"],
        }
    ).encode()
    request = urllib.request.Request(
        f"{local.base}/_config/webhooks/ours",
        method="POST",
        data=hook,
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()
    paid = local.intent("4242424242424242")
    deadline = time.time() + 15
    ours = []
    # It sends a second late, so payments of the checks before may be told of too.
    while not ours and time.time() < deadline:
        time.sleep(0.1)
        ours = [it for it in Ear.heard if paid.id.encode() in it[1]]
    server.shutdown()
    if not ours:
        raise Failed("localstripe sent no webhook")
    header, body = ours[0]
    now = int(time.time())
    expect_in("notice", f'ProviderReference("{paid.id}")', local.ask("verify", now, header, body=body))
    changed = body.replace(b"2500", b"9500")
    expect_in("changed", "WrongSignature", local.ask("verify", now, header, body=changed))
    other = local.ask("verify", now, header, secret="whsec_other", body=body)
    expect_in("other secret", "WrongSignature", other)
    expect_in("old", "Stale", local.ask("verify", now + 400, header, body=body))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sim-port", required=True)
    parser.add_argument("--probe", required=True)
    arguments = parser.parse_args()
    sim = Sim(arguments.sim_port)
    stripe.api_key, stripe.api_base, stripe.max_network_retries = STRIPE_KEY, sim.base, 0
    failed = False

    def check(peer, server, action, argument):
        nonlocal failed
        wrong = None
        try:
            action(argument)
        except Exception as error:  # Whatever happens is a result.
            wrong, failed = f"{type(error).__name__}: {error}", True
        name = action.__name__.replace("_", " ")
        print(json.dumps({"peer": peer, "router": server, "check": name, "wrong": wrong}), flush=True)

    for action in (stripe_pays, stripe_is_idempotent, stripe_refuses, stripe_lists, stripe_signs):
        check(f"stripe {stripe.VERSION}", "gateway-sim", action, sim)
    for action in (midtrans_pays, midtrans_refuses):
        check("midtransclient", "gateway-sim", action, sim)
    local = Local(arguments.probe)
    stripe.api_key, stripe.api_base = Local.KEY, local.base
    try:
        for action in (local_query, local_refund, local_cancel, local_webhook):
            check("our adapter", "localstripe", action, local)
    finally:
        local.process.terminate()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
