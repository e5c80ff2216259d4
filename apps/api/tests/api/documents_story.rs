//! Letterheads and printed documents over HTTP: what is shown, and what is refused.

use serde_json::{Value, json};

use crate::exchange::{Answer, Ask};
use crate::money_story::Shop;

/// Two by two pixels in colour.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFUlEQVR4nGM4IScnd0KOAUh8+CAHAB9EBQt2xSOfAAAAAElFTkSuQmCC";

/// A shop that has raised an invoice of IDR 300,000.
struct Desk {
    shop: Shop,
    entity: String,
    invoice: String,
}

impl Desk {
    async fn open() -> Self {
        let shop = Shop::open().await;
        shop.sell(shop.sale("siti.42")).await.is(201);
        let path = format!("/api/v1/accounts?customer={}", shop.customer);
        let listed = shop.house.ask(Ask::get(&path)).await.is(200).body;
        let account = &listed["items"][0];
        let path = format!("/api/v1/accounts/{}/bill", account["id"].as_str().unwrap());
        let billed = shop.house.ask(Ask::post(&path, json!({}))).await.is(200);
        Self {
            entity: account["legal_entity"].as_str().unwrap().to_owned(),
            invoice: billed.body["invoice"].as_str().unwrap().to_owned(),
            shop,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.shop
            .house
            .ask(Ask::get(&format!("/api/v1{path}")))
            .await
    }

    async fn put(&self, what: &str, body: Value) -> Answer {
        let path = format!("/api/v1/legal-entities/{}/{what}", self.entity);
        self.shop.house.ask(Ask::new("PUT", &path).json(body)).await
    }

    async fn document(&self, query: &str) -> Answer {
        self.get(&format!("/invoices/{}/document{query}", self.invoice))
            .await
    }
}

fn letterhead() -> Value {
    json!({
        "name": "PT Jaringan Nusantara",
        "address": "Jl. Diponegoro No. 21\nBandung 40115",
        "country": "ID",
        "tax_id": "ID012345678901000",
        "phone": "+62221234567",
        "email": "tagihan@example.net",
        "note": "BCA 123 456 7890",
        "pay_url": "https://pay.example.net/{invoice}",
        "locale": "id",
    })
}

#[tokio::test]
async fn an_entity_without_a_letterhead_prints_its_name() {
    let desk = Desk::open().await;
    desk.get(&format!("/legal-entities/{}/letterhead", desk.entity))
        .await
        .is(404);
    let page = desk.document("?format=html").await.is(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text.contains("<h1>Invoice</h1>") && page.text.contains("Home 20M"));
    let machine = desk.document("?format=ubl").await.is(422);
    assert_eq!(machine.problem(), "refused");
    assert_eq!(machine.first_error(), "letterhead.country required");
}

#[tokio::test]
async fn a_document_is_printed_in_every_form() {
    let desk = Desk::open().await;
    let kept = desk.put("letterhead", letterhead()).await.is(200).body;
    let shown = desk
        .get(&format!("/legal-entities/{}/letterhead", desk.entity))
        .await;
    assert_eq!(shown.is(200).body, kept);
    assert_eq!(kept["name"], "PT Jaringan Nusantara");

    let file = desk.document("").await.is(200);
    assert_eq!(file.header("content-type"), "application/pdf");
    assert!(
        file.header("content-disposition")
            .starts_with("inline; filename=\"INV-")
    );
    assert!(file.text.starts_with("%PDF-"));

    let page = desk.document("?format=html").await.is(200);
    for wanted in [
        "<h1>Faktur</h1>",
        "Bandung 40115",
        "Rp\u{a0}300.000",
        "<svg",
        "BCA 123 456 7890",
    ] {
        assert!(page.text.contains(wanted), "no {wanted} in {}", page.text);
    }
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let other = desk.document("?format=html&locale=sw").await.is(200);
    assert!(other.text.contains("<h1>Ankara</h1>"));

    let slip = desk.document("?format=receipt&roll_mm=58").await.is(200);
    assert!(slip.text.contains("size: 58mm auto"));
    let slip = desk.document("?format=receipt").await.is(200);
    assert!(slip.text.contains("size: 80mm auto"));

    let machine = desk.document("?format=ubl").await.is(200);
    assert_eq!(machine.header("content-type"), "application/xml");
    for wanted in [
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>",
        "<cbc:PayableAmount currencyID=\"IDR\">300000.00</cbc:PayableAmount>",
        "<cbc:RegistrationName>PT Jaringan Nusantara</cbc:RegistrationName>",
    ] {
        assert!(
            machine.text.contains(wanted),
            "no {wanted} in {}",
            machine.text
        );
    }
}

#[tokio::test]
async fn a_credit_note_is_printed_beside_its_invoice() {
    let desk = Desk::open().await;
    desk.put("letterhead", letterhead()).await.is(200);
    let path = format!("/api/v1/invoices/{}/credit-notes", desk.invoice);
    let part = json!({ "line": 0, "amount": { "amount_minor": 10_000_000, "currency": "IDR" } });
    let body = json!({ "reason": "the line was down", "lines": [part] });
    let noted = desk
        .shop
        .house
        .ask(Ask::post(&path, body))
        .await
        .is(201)
        .body;
    let note = format!("/credit-notes/{}/document", noted["id"].as_str().unwrap());
    let page = desk
        .get(&format!("{note}?format=html&locale=en"))
        .await
        .is(200);
    for wanted in [
        "<h1>Credit note</h1>",
        "the line was down",
        "For invoice",
        "IDR\u{a0}100,000",
    ] {
        assert!(page.text.contains(wanted), "no {wanted} in {}", page.text);
    }
    let machine = desk.get(&format!("{note}?format=ubl")).await.is(200);
    assert!(machine.text.contains("<cbc:CreditNoteTypeCode>381<"));
    let page = desk.document("?format=html&locale=en").await.is(200);
    assert!(page.text.contains("Credited") && page.text.contains("IDR\u{a0}200,000"));
}

#[tokio::test]
async fn a_logo_stands_on_every_document_until_it_is_taken_away() {
    let desk = Desk::open().await;
    desk.put("logo", json!({ "file": LOGO })).await.is(204);
    let logo = desk
        .get(&format!("/legal-entities/{}/logo", desk.entity))
        .await
        .is(200);
    assert_eq!(logo.header("content-type"), "image/png");
    let page = desk.document("?format=html").await.is(200);
    assert!(page.text.contains(LOGO));
    desk.document("?format=pdf").await.is(200);
    desk.put("logo", json!({ "file": null })).await.is(204);
    desk.get(&format!("/legal-entities/{}/logo", desk.entity))
        .await
        .is(404);
    assert!(!desk.document("?format=html").await.text.contains(LOGO));
    for (file, wrong) in [("not base64!", "file format"), ("R0lGODlh", "file logo")] {
        let refused = desk.put("logo", json!({ "file": file })).await.is(422);
        assert_eq!(
            (refused.problem(), refused.first_error().as_str()),
            ("refused", wrong)
        );
    }
}

#[tokio::test]
async fn what_cannot_be_printed_is_refused_by_its_field() {
    let desk = Desk::open().await;
    for (field, value, rule) in [
        ("address", json!("a\nb\nc\nd\ne\nf\ng"), "length"),
        ("country", json!("id"), "format"),
        ("email", json!("nobody"), "format"),
        ("pay_url", json!("http://pay.example.net"), "format"),
    ] {
        let mut body = letterhead();
        body[field] = value;
        let refused = desk.put("letterhead", body).await.is(422);
        assert_eq!(refused.first_error(), format!("{field} {rule}"));
    }
    let mut unknown = letterhead();
    unknown["locale"] = json!("fr");
    desk.put("letterhead", unknown).await.is(422);
    for query in [
        "?format=docx",
        "?locale=fr",
        "?roll_mm=58",
        "?format=receipt&roll_mm=60",
        "?colour=1",
    ] {
        let refused = desk.document(query).await.is(400);
        assert_eq!(refused.problem(), "invalid-parameter", "{query}");
    }
    let nobody = "/invoices/inv_agjpfimc4btqadrdlvfsmcaaai/document";
    desk.get(nobody).await.is(404);
}

#[tokio::test]
async fn a_payment_has_a_receipt_that_does_not_change() {
    let desk = Desk::open().await;
    desk.put("letterhead", letterhead()).await.is(200);
    let shown = desk.get(&format!("/invoices/{}", desk.invoice)).await.body;
    let body = json!({
        "account": shown["account"],
        "amount": { "amount_minor": 35_000_000, "currency": "IDR" },
        "method": "mobile_money",
        "reference": "QK12",
    });
    let ask = Ask::post("/api/v1/payments", body).key("p-1");
    let paid = desk.shop.house.ask(ask).await.is(201).body;
    let path = format!("/payments/{}/receipt", paid["id"].as_str().unwrap());
    let file = desk.get(&path).await.is(200);
    assert_eq!(file.header("content-type"), "application/pdf");
    assert!(file.text.starts_with("%PDF-"));
    let page = desk.get(&format!("{path}?format=html")).await.is(200);
    let number = format!("Faktur {}", shown["number"].as_str().unwrap());
    for wanted in [
        "<h1>Kuitansi</h1>",
        "Uang elektronik",
        "QK12",
        &number,
        "300.000",
        "Sisa sebagai saldo",
        "Rp\u{a0}350.000",
    ] {
        assert!(page.text.contains(wanted), "no {wanted} in {}", page.text);
    }
    let slip = format!("{path}?format=receipt&roll_mm=58&locale=sw");
    let slip = desk.get(&slip).await.is(200);
    assert!(slip.text.contains("size: 58mm auto") && slip.text.contains("Stakabadhi"));
    let refund = format!("/api/v1/payments/{}/refund", paid["id"].as_str().unwrap());
    let body =
        json!({ "amount": { "amount_minor": 5_000_000, "currency": "IDR" }, "reason": "too much" });
    let refund = Ask::post(&refund, body).key("p-2");
    let refunded = desk.shop.house.ask(refund).await;
    assert!(refunded.status.is_success(), "{}", refunded.text);
    let after = desk.get(&format!("{path}?format=html")).await.is(200);
    for wanted in [&*number, "Sisa sebagai saldo", "-50.000", "Rp\u{a0}300.000"] {
        assert!(after.text.contains(wanted), "no {wanted} in {}", after.text);
    }
    let machine = desk.get(&format!("{path}?format=ubl")).await.is(400);
    assert_eq!(machine.first_error(), "format unknown");
    let nobody = "/payments/pay_aaaaaaaaaaaaaaaaaaaaaaaaaa/receipt";
    desk.get(nobody).await.is(404);
}
