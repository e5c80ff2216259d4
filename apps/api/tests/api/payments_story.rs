//! What is done with payments over HTTP: asked for, given back, taken back, moved, and whose money it is.

use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::money_story::Shop;

/// A shop with an invoice of IDR 300,000.00 that nobody paid yet.
struct Debt {
    shop: Shop,
    account: String,
    invoice: String,
}

fn idr(minor: i64) -> Value {
    json!({ "amount_minor": minor, "currency": "IDR" })
}

impl Debt {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let sold = shop.sell(shop.sale("siti.42")).await.is(201);
        let account = sold.body["subscription"]["account"].as_str().unwrap();
        let account = account.to_owned();
        let bill = Ask::new("POST", &format!("/api/v1/accounts/{account}/bill"));
        let billed = shop.house.ask(bill).await.is(200);
        let invoice = billed.body["invoice"].as_str().unwrap().to_owned();
        Self {
            shop,
            account,
            invoice,
        }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let path = format!("/api/v1{path}");
        self.shop.house.ask(Ask::post(&path, body)).await
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/api/v1{path}");
        self.shop.house.ask(Ask::get(&path)).await.is(200).body
    }

    async fn pay(&self, minor: i64) -> String {
        let body =
            json!({ "account": self.account, "amount": idr(minor), "method": "mobile_money" });
        let paid = self.post("/payments", body).await.is(201);
        paid.body["id"].as_str().unwrap().to_owned()
    }

    async fn due(&self) -> Value {
        self.get(&format!("/invoices/{}", self.invoice)).await["due"].clone()
    }

    async fn ids(&self, filter: &str) -> Vec<Value> {
        let page = self.get(&format!("/payments?{filter}")).await;
        let items = page["items"].as_array().unwrap().iter();
        items.map(|it| it["id"].clone()).collect()
    }
}

fn refused(answer: &Answer) -> (&str, String) {
    (answer.problem(), answer.first_error())
}

#[tokio::test]
async fn a_refund_goes_back_once_and_never_above_what_was_paid() {
    let debt = Debt::open().await;
    let payment = debt.pay(35_000_000).await;
    let path = format!("/api/v1/payments/{payment}/refund");
    let body = json!({ "amount": idr(8_000_000), "reason": "moved away" });
    let refund = || {
        let ask = Ask::post(&path, body.clone()).key("r-1");
        debt.shop.house.ask(ask)
    };
    let first = refund().await.is(201);
    let again = refund().await.is(201);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.body["returned"], idr(8_000_000));
    assert_eq!(first.body["returns"][0]["kind"], "refund");
    assert_eq!(first.body["returns"][0]["reason"], "moved away");
    assert_eq!(debt.due().await, idr(3_000_000), "credit went first");
    let path = format!("/payments/{payment}/refund");
    for (body, problem, error) in [
        (
            json!({ "amount": idr(27_000_001), "reason": "all" }),
            "refused",
            "amount above_received",
        ),
        (
            json!({ "amount": idr(0), "reason": "all" }),
            "invalid-fields",
            "amount.amount_minor range",
        ),
        (
            json!({ "amount": { "amount_minor": 1, "currency": "USD" }, "reason": "all" }),
            "currency-mismatch",
            "amount.currency currency",
        ),
        (json!({ "reason": "" }), "invalid-fields", "reason length"),
        (
            json!({ "reason": "   " }),
            "invalid-fields",
            "reason length",
        ),
        (json!({}), "invalid-fields", "reason required"),
    ] {
        let answer = debt.post(&path, body).await.is(422);
        assert_eq!(refused(&answer), (problem, error.to_owned()));
    }
    assert_eq!(debt.due().await, idr(3_000_000));
    let rest = debt.post(&path, json!({ "reason": "all" })).await.is(201);
    assert_eq!(rest.body["returned"], idr(35_000_000));
    assert_eq!(debt.due().await, idr(30_000_000));
    let more = debt.post(&path, json!({ "reason": "all" })).await.is(422);
    assert_eq!(more.problem(), "invalid-fields");
}

#[tokio::test]
async fn a_reversal_opens_the_debt_and_undoing_it_pays_again() {
    let debt = Debt::open().await;
    let payment = debt.pay(30_000_000).await;
    let reverse = format!("/payments/{payment}/reverse");
    let undo = format!("/payments/{payment}/undo-reversal");
    let body = || json!({ "reason": "a chargeback" });
    for _ in 0..2 {
        let reversed = debt.post(&reverse, body()).await.is(200);
        assert_eq!(reversed.body["status"], "reversed");
        assert_eq!(reversed.body["allocations"], json!([]));
        assert_eq!(debt.due().await, idr(30_000_000));
    }
    let refund = format!("/payments/{payment}/refund");
    let answer = debt.post(&refund, body()).await.is(409);
    assert_eq!(refused(&answer), ("wrong-state", "status reversed".into()));
    assert_eq!(debt.ids("status=reversed").await, [json!(payment)]);
    for _ in 0..2 {
        let settled = debt.post(&undo, body()).await.is(200);
        assert_eq!(settled.body["status"], "settled");
        assert_eq!(debt.due().await, idr(0));
    }
    assert_eq!(debt.ids("status=reversed").await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_asked_for_is_settled_or_fails_and_late_money_is_credit() {
    let debt = Debt::open().await;
    let request = |asked_as: &str| {
        json!({
            "account": debt.account,
            "amount": idr(30_000_000),
            "method": "bank_transfer",
            "provider": "Harbour Bank 0042",
            "asked_as": asked_as,
            "invoice": debt.invoice,
        })
    };
    let asked = debt.post("/payment-requests", request("A-1")).await.is(201);
    assert_eq!(asked.body["status"], "pending");
    assert_eq!(asked.body["request"]["asked_as"], "A-1");
    assert_eq!(asked.body["unallocated"], idr(0));
    let first = asked.body["id"].as_str().unwrap().to_owned();
    let again = debt.post("/payment-requests", request("A-1")).await.is(409);
    assert_eq!(again.first_error(), "asked_as unique");
    let mut retry = request("A-2");
    retry["retry_of"] = json!(first);
    let early = debt.post("/payment-requests", retry.clone()).await.is(422);
    assert_eq!(
        refused(&early),
        ("refused", "retry_of still_pending".into())
    );
    let refund = format!("/payments/{first}/refund");
    let none = debt.post(&refund, json!({ "reason": "all" })).await.is(409);
    assert_eq!(refused(&none), ("wrong-state", "status pending".into()));
    let why = json!({ "reason": "the proof was refused" });
    let fail = format!("/payments/{first}/fail");
    let failed = debt.post(&fail, why.clone()).await.is(200);
    assert_eq!(failed.body["status"], "failed");
    assert_eq!(failed.body["failure"], "the proof was refused");
    let second = debt.post("/payment-requests", retry).await.is(201);
    let second = second.body["id"].as_str().unwrap().to_owned();
    assert_eq!(debt.ids("status=pending").await, [json!(second)]);

    let money = json!({ "reference": "TRF-1", "amount": idr(30_000_000) });
    let settle = format!("/payments/{second}/settle");
    for _ in 0..2 {
        let settled = debt.post(&settle, money.clone()).await.is(200);
        assert_eq!(settled.body["status"], "settled");
        assert_eq!(settled.body["allocations"][0]["invoice"], debt.invoice);
    }
    let other = json!({ "reference": "TRF-9", "amount": idr(30_000_000) });
    let other = debt.post(&settle, other).await.is(422);
    assert_eq!(
        refused(&other),
        ("refused", "reference other_reference".into())
    );
    let late = debt
        .post(&format!("/payments/{second}/fail"), why)
        .await
        .is(200);
    assert_eq!(late.body["status"], "settled");
    assert_eq!(
        late.body["told_late"],
        json!([{ "told": "failed", "was": "settled" }])
    );

    let money = json!({ "reference": "TRF-2", "amount": idr(100) });
    let settle = format!("/payments/{first}/settle");
    let dollars =
        json!({ "reference": "TRF-2", "amount": { "amount_minor": 1, "currency": "USD" } });
    let foreign = debt.post(&settle, dollars).await.is(422);
    assert_eq!(foreign.problem(), "currency-mismatch");
    let settled = debt.post(&settle, money).await.is(200);
    assert_eq!(
        settled.body["unallocated"],
        idr(100),
        "late money is credit"
    );
    assert_eq!(settled.body["amount"], idr(100));
    assert_eq!(settled.body["request"]["amount"], idr(30_000_000));
    assert_eq!(debt.ids("reference=TRF-2").await, [json!(first)]);
    assert_eq!(debt.ids("method=cash").await, Vec::<Value>::new());
    assert_eq!(debt.ids("provider=Harbour%20Bank%200042").await.len(), 2);
}

#[tokio::test]
async fn more_than_is_due_or_there_is_not_allocated() {
    let debt = Debt::open().await;
    let payment = debt.pay(31_000_000).await;
    let path = format!("/payments/{payment}/allocate");
    let to = |minor| json!({ "invoice": debt.invoice, "amount": idr(minor) });
    for (minor, error) in [(1, "amount above_due"), (1_000_001, "amount above_payment")] {
        let answer = debt.post(&path, to(minor)).await.is(422);
        assert_eq!(refused(&answer), ("refused", error.to_owned()));
    }
    let nobodys = json!({ "invoice": "inv_aaaaaaaaaaaaaaaaaaaaaaaaaa", "amount": idr(1) });
    let answer = debt.post(&path, nobodys).await.is(422);
    assert_eq!(answer.first_error(), "invoice unknown");
}

#[tokio::test]
async fn stray_money_waits_is_claimed_or_goes_back() {
    let debt = Debt::open().await;
    let stray = |reference: &str| {
        json!({
            "amount": idr(30_000_000),
            "method": "mobile_money",
            "reference": reference,
            "note": "hose 12",
        })
    };
    let path = "/unmatched-payments";
    let first = debt.post(path, stray("QK7")).await.is(201).body;
    let second = debt.post(path, stray("QK8")).await.is(201).body;
    let again = debt.post(path, stray("QK7")).await.is(409);
    assert_eq!(again.first_error(), "reference unique");
    let by_hand = json!({ "account": debt.account, "amount": idr(1), "method": "mobile_money", "reference": "QK7" });
    let known = debt.post("/payments", by_hand).await.is(409);
    assert_eq!(known.first_error(), "reference unique");
    let claim = json!({ "account": debt.account, "method": "mobile_money", "reference": "QK7" });
    let mut payments = Vec::new();
    for _ in 0..2 {
        let claimed = debt
            .post("/unmatched-payments/claim", claim.clone())
            .await
            .is(200);
        assert_eq!(claimed.body["allocations"][0]["invoice"], debt.invoice);
        payments.push(claimed.body["id"].clone());
    }
    assert_eq!(payments[0], payments[1]);
    assert_eq!(debt.due().await, idr(0));
    let unknown = json!({ "account": debt.account, "method": "cash", "reference": "QK7" });
    debt.post("/unmatched-payments/claim", unknown)
        .await
        .is(404);
    let first = format!("{path}/{}", first["id"].as_str().unwrap());
    let taken = debt.get(&first).await;
    assert_eq!(
        (&taken["status"], &taken["payment"]),
        (&json!("allocated"), &payments[0])
    );
    let second = format!("{path}/{}", second["id"].as_str().unwrap());
    let why = json!({ "reason": "not a customer" });
    let sent = debt
        .post(&format!("{second}/return"), why.clone())
        .await
        .is(200);
    assert_eq!(sent.body["status"], "returned");
    let both = debt.post(&format!("{first}/return"), why).await.is(409);
    assert_eq!(refused(&both), ("wrong-state", "status allocated".into()));
    let theirs = json!({ "account": debt.account });
    let gone = debt
        .post(&format!("{second}/allocate"), theirs)
        .await
        .is(409);
    assert_eq!(refused(&gone), ("wrong-state", "status returned".into()));
    let open = debt.get("/unmatched-payments?status=open").await;
    assert_eq!(open["items"], json!([]));
}

#[tokio::test]
async fn a_proof_waits_until_somebody_has_found_the_money() {
    let debt = Debt::open().await;
    let house = &debt.shop.house;
    let account = &debt.account;
    let path =
        format!("/api/v1/payment-proofs?account={account}&amount_minor=30000000&currency=IDR");
    let hand_in = |content: &'static [u8], key: &'static str| {
        let ask = Ask::new("POST", &path).raw("text/html", content.to_vec());
        house.ask(ask.key(key))
    };
    let pdf = b"%PDF-1.7 transfer";
    let first = hand_in(pdf, "h-1").await.is(201);
    assert_eq!(
        first.body["media_type"], "application/pdf",
        "not what it was called"
    );
    let again = hand_in(pdf, "h-1").await.is(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let same = hand_in(pdf, "h-2").await.is(409);
    assert_eq!(same.first_error(), "file unique");
    let page = hand_in(b"<script>alert(1)</script>", "h-3").await.is(422);
    assert_eq!(
        refused(&page),
        ("invalid-fields", "file media_type".to_owned())
    );
    let huge = Ask::new("POST", &path).raw("image/png", vec![0; 5 * 1024 * 1024 + 1]);
    assert_eq!(house.ask(huge).await.is(413).problem(), "body-too-large");
    let lost = path.replace(account.as_str(), "acc_agjpfimc4btqadrdlvfsmcaaai");
    let lost = Ask::new("POST", &lost).raw("image/png", b"%PDF-2".to_vec());
    assert_eq!(
        house.ask(lost).await.is(422).first_error(),
        "account unknown"
    );

    let id = first.body["id"].as_str().unwrap();
    let file = format!("/api/v1/payment-proofs/{id}/file");
    let file = house.ask(Ask::get(&file)).await.is(200);
    assert_eq!(file.text.as_bytes(), pdf);
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(file.header("content-disposition"), "attachment");
    assert_eq!(debt.due().await, idr(30_000_000), "it is no money");
    let waiting = debt.get("/needs-attention?kind=payment_proofs").await;
    let waiting = &waiting["groups"][0]["items"];
    assert_eq!(waiting[0]["what"], "waiting_payment_proof");
    let approve = waiting[0]["actions"][0]["href"].as_str().unwrap();
    let body = json!({ "reference": "FT26325H7K2" });
    let ask = || house.ask(Ask::post(approve, body.clone()).key("a-1"));
    let approved = ask().await.is(200);
    assert_eq!(approved.body["status"], "approved");
    assert_eq!(ask().await.is(200).header("idempotency-replayed"), "true");
    assert_eq!(debt.due().await, idr(0));
    let payment = approved.body["payment"].as_str().unwrap();
    let payment = debt.get(&format!("/payments/{payment}")).await;
    assert_eq!(
        (&payment["method"], &payment["reference"]),
        (&json!("bank_transfer"), &json!("FT26325H7K2"))
    );

    let other = hand_in(b"\x89PNG\r\n\x1a\n", "h-4").await.is(201);
    let other = other.body["id"].as_str().unwrap().to_owned();
    let twice = format!("/payment-proofs/{other}/approve");
    let twice = debt.post(&twice, body).await.is(409);
    assert_eq!(twice.first_error(), "reference unique");
    let refuse = format!("/payment-proofs/{other}/refuse");
    let no = debt.post(&refuse, json!({ "reason": "" })).await.is(422);
    assert_eq!(no.first_error(), "reason length");
    let no = json!({ "reason": "the same transfer" });
    let no = debt.post(&refuse, no).await.is(200);
    assert_eq!(
        (&no.body["status"], &no.body["reason"]),
        (&json!("refused"), &json!("the same transfer"))
    );
    let page = debt.get("/payment-proofs?status=refused").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}
