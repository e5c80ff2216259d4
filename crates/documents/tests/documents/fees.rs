//! What dunning charges is on the invoice, after its lines, and the totals add up.

use billing::{ChargeReason, FeeLineView};
use documents::{Document, Width};
use kernel::Money;

use crate::rules::hold;
use crate::sample::{COUNTRIES, frame, invoice};

#[test]
fn a_late_fee_stands_after_the_lines() {
    let country = &COUNTRIES[4];
    let mut view = invoice(country, 2);
    let amount = Money::from_minor(123_400, view.total.currency());
    view.fees = vec![FeeLineView {
        line: 2,
        reason: ChargeReason::LateFee,
        episode: 1,
        step: 3,
        charged_on: view.issued_on,
        amount,
        net: amount,
        tax: Money::zero(amount.currency()),
        category: None,
        rate: billing::Ratio::ZERO,
    }];
    view.figures.net = view.figures.net.checked_add(amount).unwrap();
    view.total = view.total.checked_add(amount).unwrap();
    let frame = frame(country, &view);
    let it = Document::of_invoice(&view, frame);
    let last = it.lines.last().unwrap();
    assert_eq!(
        (last.text.as_str(), last.net),
        ("Faini ya kuchelewa", amount)
    );
    let page = it.html(Width::A4);
    assert!(page.contains("Faini ya kuchelewa") && page.contains("1,234.00"));
    hold(&it.ubl().unwrap());
}
