//! Receipts of payments: what came in, what it paid, and what went back, in every language and form.

use billing::PaymentMethod;
use documents::{Movement, Receipt, Returned, Width};
use kernel::Money;

use crate::pdf::texts;
use crate::sample::{COUNTRIES, Country, frame, invoice};

fn receipt(country: &Country, returned: &[(Movement, i64)]) -> Receipt {
    let frame = frame(country, &invoice(country, 1));
    let money = |minor: i64| Money::from_minor(minor, country.currency.parse().unwrap());
    let returns = returned.iter().map(|(movement, minor)| Returned {
        on: "2026-11-25".parse().unwrap(),
        movement: *movement,
        amount: money(*minor),
    });
    Receipt {
        number: "pay_agjpfimc4btqadrdlvfsmcaaai".to_owned(),
        received_on: "2026-11-03".parse().unwrap(),
        method: PaymentMethod::MobileMoney,
        reference: Some("QK12ABCDEF".to_owned()),
        seller: frame.seller,
        payer: frame.buyer,
        amount: money(450_000),
        paid: vec![("INV-000041".to_owned(), money(300_000))],
        credit: money(150_000),
        returns: returns.collect(),
        paper: frame.paper,
    }
}

#[test]
fn a_receipt_says_who_paid_what_for_what() {
    let it = receipt(&COUNTRIES[0], &[]);
    for width in [Width::A4, Width::Roll58, Width::Roll80] {
        let page = it.html(width);
        for wanted in [
            "Receipt",
            "pay_agjpfimc4btqadrdlvfsmcaaai",
            "Achieng &amp; Sons &lt;Hardware&gt;",
            &it.seller.name,
            "Mobile money",
            "QK12ABCDEF",
            "Invoice INV-000041",
            "3,000.00",
            "Left as credit",
            "1,500.00",
            "KES\u{a0}4,500.00",
        ] {
            assert!(page.contains(wanted), "no {wanted} in {page}");
        }
        assert!(!page.contains("<svg"), "nobody is sent to pay");
        assert!(!page.contains("class=\"stamp\""), "nothing went back");
    }
}

#[test]
fn money_that_went_back_is_on_its_receipt() {
    let part = receipt(&COUNTRIES[0], &[(Movement::Refund, 100_000)]).html(Width::A4);
    assert!(part.contains("Refund, ") && part.contains("-1,000.00"));
    assert!(part.contains("KES\u{a0}3,500.00"), "what is left of it");
    assert!(!part.contains("REFUNDED"));
    let rest = [(Movement::Refund, 100_000), (Movement::Refund, 350_000)];
    assert!(
        receipt(&COUNTRIES[0], &rest)
            .html(Width::A4)
            .contains("REFUNDED")
    );
    let taken = [(Movement::Reversal, 450_000)];
    assert!(
        receipt(&COUNTRIES[0], &taken)
            .html(Width::A4)
            .contains("REVERSED")
    );
    let again = [taken[0], (Movement::Payment, -450_000)];
    let again = receipt(&COUNTRIES[0], &again).html(Width::A4);
    assert!(!again.contains("REVERSED"), "it came after all");
}

#[test]
fn a_receipt_is_printed_in_every_language() {
    for (country, title) in COUNTRIES.iter().zip([
        "Receipt",
        "Kuitansi",
        "Recibo",
        "Recibo",
        "Stakabadhi",
        "रसीद",
    ]) {
        let pages = texts(&receipt(country, &[]).pdf().unwrap());
        assert!(pages[0].contains(title), "no {title} in {}", pages[0]);
        assert!(pages[0].contains("INV-000041"));
    }
}
