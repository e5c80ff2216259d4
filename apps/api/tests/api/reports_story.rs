//! Reports, statements and tills over HTTP, by figures that a person has added up.

use chrono::Duration;
use operators::Role;
use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::money_story::Shop;

const NOVEMBER: &str = "from=2026-11-01&to=2026-11-30";

/// IDR 300,000.00 were invoiced on 18 November; 100,000.00 came in cash and 50,000.00 by bank on the same day.
struct Month {
    shop: Shop,
    account: String,
    till: String,
}

fn idr(minor: i64) -> Value {
    json!({ "amount_minor": minor, "currency": "IDR" })
}

impl Month {
    async fn worked() -> Self {
        let shop = Shop::open().await;
        let sold = shop.sell(shop.sale("siti.42")).await.is(201);
        let account = sold.body["subscription"]["account"].as_str().unwrap();
        let bill = Ask::new("POST", &format!("/api/v1/accounts/{account}/bill"));
        shop.house.ask(bill).await.is(200);
        let till = json!({ "opening": idr(1_000_000) });
        let till = shop
            .house
            .ask(Ask::post("/api/v1/tills", till))
            .await
            .is(201);
        let till = till.body["id"].as_str().unwrap().to_owned();
        for (method, minor) in [("cash", 10_000_000), ("bank_transfer", 5_000_000)] {
            let payment = json!({ "account": account, "amount": idr(minor), "method": method });
            let payment = Ask::post("/api/v1/payments", payment);
            shop.house.ask(payment).await.is(201);
        }
        Self {
            account: account.to_owned(),
            till,
            shop,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let path = format!("/api/v1{path}");
        self.shop.house.ask(Ask::get(&path)).await
    }

    async fn rows(&self, report: &str) -> Vec<Value> {
        let answer = self.get(&format!("/reports/{report}")).await.is(200);
        answer.body["rows"].as_array().unwrap().clone()
    }
}

fn numbers(row: &Value, names: &[&str]) -> Vec<i64> {
    let number = |name: &&str| row[*name].as_i64().unwrap();
    names.iter().map(number).collect()
}

#[tokio::test]
async fn revenue_is_told_apart_by_whatever_is_asked() {
    let month = Month::worked().await;
    for (by, key) in [
        ("day", "2026-11-18"),
        ("plan", &month.shop.plan),
        ("router", &month.shop.router),
    ] {
        let rows = month.rows(&format!("revenue?by={by}&{NOVEMBER}")).await;
        assert_eq!(rows.len(), 1, "{by}");
        assert_eq!(rows[0]["key"], key);
        let figures = numbers(
            &rows[0],
            &["count", "gross_minor", "back_minor", "net_minor"],
        );
        assert_eq!(figures, [1, 30_000_000, 0, 30_000_000], "{by}");
    }
    let rows = month.rows(&format!("revenue?by=method&{NOVEMBER}")).await;
    let received: Vec<_> = rows
        .iter()
        .map(|it| {
            (
                it["key"].as_str().unwrap(),
                it["net_minor"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        received,
        [("bank_transfer", 5_000_000), ("cash", 10_000_000)]
    );
    let rows = month.rows(&format!("revenue?by=operator&{NOVEMBER}")).await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0]["key"].as_str().unwrap().starts_with("opr_"));
    assert_eq!(rows[0]["net_minor"], 15_000_000);
    let nothing = month
        .rows("revenue?by=day&from=2026-12-01&to=2026-12-31")
        .await;
    assert_eq!(nothing, Vec::<Value>::new());
    assert_eq!(
        month.rows(&format!("tax?{NOVEMBER}")).await,
        Vec::<Value>::new()
    );
}

#[tokio::test]
async fn the_books_balance_and_the_journal_says_why() {
    let month = Month::worked().await;
    let rows = month.rows(&format!("trial-balance?{NOVEMBER}")).await;
    let books: Vec<_> = rows
        .iter()
        .map(|it| {
            let figures = numbers(it, &["debit_minor", "credit_minor", "closing_minor"]);
            (it["book"].as_str().unwrap(), figures)
        })
        .collect();
    let wanted = [
        ("cash", vec![15_000_000, 0, 15_000_000]),
        ("customer_credit", vec![15_000_000, 15_000_000, 0]),
        ("receivable", vec![30_000_000, 15_000_000, 15_000_000]),
        ("revenue", vec![0, 30_000_000, -30_000_000]),
    ];
    assert_eq!(books, wanted);
    let sum = |at: usize| books.iter().map(|(_, it)| it[at]).sum::<i64>();
    assert_eq!((sum(0), sum(2)), (sum(1), 0));
    let later = month
        .rows("trial-balance?from=2026-12-01&to=2026-12-31")
        .await;
    assert_eq!(later[0]["opening_minor"], 15_000_000);
    let journal = month.rows(&format!("journal?{NOVEMBER}")).await;
    assert_eq!(journal.len(), 10, "five postings of two sides");
    for posting in journal.chunks(2) {
        let both = posting
            .iter()
            .map(|it| numbers(it, &["debit_minor", "credit_minor"]));
        let balance: i64 = both.map(|it| it[0] - it[1]).sum();
        assert_eq!(balance, 0);
        assert_eq!(posting[0]["posting"], posting[1]["posting"]);
    }
    let csv = month
        .get(&format!("/reports/journal?{NOVEMBER}&format=csv"))
        .await
        .is(200);
    assert_eq!(
        csv.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert!(csv.header("content-disposition").contains("journal.csv"));
    let lines: Vec<_> = csv.text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 11);
    assert!(lines[0].starts_with("posted_at,posting,side,account,what,source,book"));
}

#[tokio::test]
async fn receivables_age_and_add_up_to_what_accounts_owe() {
    let month = Month::worked().await;
    let names = [
        "current_minor",
        "days_1_30_minor",
        "days_31_60_minor",
        "total_minor",
    ];
    for (days, wanted) in [
        (0, [15_000_000, 0, 0, 15_000_000]),
        (10, [0, 15_000_000, 0, 15_000_000]),
        (40, [0, 0, 15_000_000, 15_000_000]),
    ] {
        month.shop.house.clock.advance(Duration::days(days));
        let rows = month.rows("receivables-aging").await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["account"], month.account.as_str());
        assert_eq!(numbers(&rows[0], &names), wanted);
    }
}

#[tokio::test]
async fn recurring_revenue_is_shown_by_month() {
    let month = Month::worked().await;
    let months = "from=2026-11-15&months=2";
    let names = ["start_minor", "new_minor", "churn_minor", "end_minor"];
    let rows = month.rows(&format!("mrr-movements?{months}")).await;
    assert_eq!(rows.len(), 1, "December has not begun");
    assert_eq!(numbers(&rows[0], &names), [0, 30_000_000, 0, 30_000_000]);
    month.shop.house.clock.advance(Duration::days(20));
    let rows = month.rows(&format!("mrr-movements?{months}")).await;
    let moved: Vec<_> = rows.iter().map(|it| numbers(it, &names)).collect();
    assert_eq!(
        moved,
        [
            [0, 30_000_000, 0, 30_000_000],
            [30_000_000, 0, 0, 30_000_000]
        ]
    );
    assert_eq!(rows[0]["month"], "2026-11-01");
    let rows = month.rows(&format!("arpu?{months}")).await;
    assert_eq!(
        numbers(&rows[1], &["accounts", "arpu_minor"]),
        [1, 30_000_000]
    );
    let rows = month.rows(&format!("churn?{months}")).await;
    assert_eq!(
        rows[0]["account_churn_ppm"],
        Value::Null,
        "nobody was there"
    );
    assert_eq!(
        numbers(&rows[1], &["accounts_at_start", "account_churn_ppm"]),
        [1, 0]
    );
    let rows = month.rows(&format!("cohorts?{months}")).await;
    let names = ["month", "accounts", "mrr_minor"];
    let cohort: Vec<_> = rows.iter().map(|it| numbers(it, &names)).collect();
    assert_eq!(cohort, [[1, 1, 30_000_000], [2, 1, 30_000_000]]);
}

#[tokio::test]
async fn a_statement_and_a_closed_till_say_the_same_in_their_own_way() {
    let month = Month::worked().await;
    let path = format!("/accounts/{}/statement?{NOVEMBER}", month.account);
    let statement = month.get(&path).await.is(200).body;
    let entries = statement["entries"].as_array().unwrap();
    let entries: Vec<_> = entries
        .iter()
        .map(|it| {
            let amount = it["amount"]["amount_minor"].as_i64().unwrap();
            (it["what"].as_str().unwrap(), amount)
        })
        .collect();
    let wanted = [
        ("invoice", 30_000_000),
        ("payment", -10_000_000),
        ("payment", -5_000_000),
    ];
    assert_eq!(entries, wanted);
    assert_eq!(statement["closing"]["amount_minor"], 15_000_000);
    assert_eq!(statement["entries"][0]["number"], "INV-000001");
    let page = month
        .get(&format!("{path}&format=html&locale=sw"))
        .await
        .is(200);
    for wanted in [
        "Taarifa ya akaunti",
        "INV-000001",
        "IDR\u{a0}150,000",
        "Salio la mwisho",
    ] {
        assert!(page.text.contains(wanted), "no {wanted} in {}", page.text);
    }
    let file = month.get(&format!("{path}&format=pdf")).await.is(200);
    assert_eq!(file.header("content-type"), "application/pdf");
    assert!(file.text.starts_with("%PDF-"));
    let close = format!("/api/v1/tills/{}/close", month.till);
    let ask = |counted, note: Option<&str>| {
        Ask::post(&close, json!({ "counted": idr(counted), "note": note }))
    };
    let house = &month.shop.house;
    let refused = house.ask(ask(10_999_900, None)).await.is(422);
    assert_eq!(&*refused.first_error(), "note required");
    assert!(refused.text.contains("IDR 110000.00"), "{}", refused.text);
    let closed = house
        .ask(ask(10_999_900, Some("=a coin fell")))
        .await
        .is(200);
    assert_eq!(closed.body["close"]["difference"]["amount_minor"], -100);
    house
        .ask(ask(10_999_900, Some("=a coin fell")))
        .await
        .is(200);
    let again = house.ask(ask(11_000_000, None)).await.is(409);
    assert_eq!(&*again.first_error(), "status closed");
    let rows = month.rows(&format!("till-closes?{NOVEMBER}")).await;
    let names = [
        "opening_minor",
        "taken_minor",
        "expected_minor",
        "counted_minor",
    ];
    assert_eq!(
        numbers(&rows[0], &names),
        [1_000_000, 10_000_000, 11_000_000, 10_999_900]
    );
    let csv = month
        .get(&format!("/reports/till-closes?{NOVEMBER}&format=csv"))
        .await;
    assert!(csv.text.contains(",-100,'=a coin fell\r\n"), "{}", csv.text);
}

#[tokio::test]
async fn reports_are_bounded_and_not_for_everybody() {
    let month = Month::worked().await;
    for (path, error) in [
        ("journal?from=2026-11-02&to=2026-11-01", "to range"),
        ("tax?from=2025-11-01&to=2026-11-02", "to range"),
        ("arpu?from=2026-11-01&months=37", "months range"),
        ("cohorts?from=2026-11-01&months=0", "months range"),
        (
            "revenue?by=colour&from=2026-11-01&to=2026-11-02",
            "by one_of",
        ),
        ("trial-balance?to=2026-11-01", "from required"),
        (
            "journal?from=2026-11-01&to=2026-11-02&legal_entity=ent_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "legal_entity unknown",
        ),
    ] {
        let refused = month.get(&format!("/reports/{path}")).await.is(400);
        assert_eq!(&*refused.first_error(), error, "{path}");
    }
    let ask = || Ask::get("/api/v1/reports/receivables-aging");
    let house = &month.shop.house;
    house.ask_as(Role::Cashier, ask()).await.is(403);
    house.ask_as(Role::Auditor, ask()).await.is(200);
}
