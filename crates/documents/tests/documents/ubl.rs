//! Exports hold the rules, whatever was invoiced.

use documents::{CannotExport, Document, Kind};
use proptest::proptest;

use crate::any::invoices;
use crate::rules::{child, hold, read};
use crate::sample::{COUNTRIES, document};

proptest! {
    #[test]
    fn any_invoice_holds_the_rules(it in invoices()) {
        hold(&it.ubl().unwrap());
    }
}

#[test]
fn the_samples_of_all_countries_hold_the_rules() {
    for country in &COUNTRIES {
        hold(&document(country).ubl().unwrap());
    }
}

#[test]
fn an_invoice_says_what_was_issued_and_not_what_became_of_it() {
    let it = document(&COUNTRIES[0]);
    assert!(it.standing.is_some_and(|it| it.paid.is_positive()));
    let stated = read(&it.ubl().unwrap());
    assert_eq!(stated.prepaid, None);
    let total = billing::Ratio::new(i128::from(it.sums.total.minor()), 100);
    assert_eq!(stated.payable, total);
}

#[test]
fn a_credit_note_names_its_invoice_and_its_amounts_are_above_zero() {
    let mut it = document(&COUNTRIES[1]);
    it.kind = Kind::CreditNote;
    it.due_on = None;
    it.reason = Some("Line was down <3 days>".to_owned());
    it.corrects = Some(documents::Corrected {
        number: "INV-000041".to_owned(),
        issued_on: it.issued_on,
    });
    let text = it.ubl().unwrap();
    hold(&text);
    let xml = roxmltree::Document::parse(&text).unwrap();
    let root = xml.root_element();
    assert_eq!(root.tag_name().name(), "CreditNote");
    let code = child(root, "CreditNoteTypeCode").unwrap();
    assert_eq!(code.text(), Some("381"));
    let note = child(root, "Note").unwrap();
    assert_eq!(note.text(), Some("Line was down <3 days>"));
    let of = child(
        child(root, "BillingReference").unwrap(),
        "InvoiceDocumentReference",
    );
    assert_eq!(child(of.unwrap(), "ID").unwrap().text(), Some("INV-000041"));
}

#[test]
fn what_the_standard_wants_and_the_seller_lacks_is_named() {
    let lacks = |change: fn(&mut Document)| {
        let mut it = document(&COUNTRIES[0]);
        change(&mut it);
        it.ubl().unwrap_err()
    };
    assert_eq!(
        lacks(|it| it.seller.country = None),
        CannotExport::SellerCountry
    );
    assert_eq!(
        lacks(|it| it.seller.tax_id = None),
        CannotExport::SellerTaxId
    );
    let reversed = lacks(|it| {
        for line in &mut it.lines {
            line.vat.category = billing::TaxCategory::ReverseCharge;
        }
    });
    assert_eq!(reversed, CannotExport::BuyerTaxId);
    let elsewhere = lacks(|it| it.lines[0].tax = it.lines[0].amount);
    assert!(matches!(elsewhere, CannotExport::Taxes { .. }));
}

#[test]
fn a_standard_rate_of_zero_is_zero_rated() {
    let mut it = document(&COUNTRIES[1]);
    let none = kernel::Money::zero(it.currency());
    for line in &mut it.lines {
        line.vat.rate = billing::Ratio::ZERO;
        line.tax = none;
    }
    it.sums.tax = none;
    let stated = read(&it.ubl().unwrap());
    let categories: Vec<_> = stated.taxes[0]
        .breakdown
        .iter()
        .map(|it| it.category.as_deref())
        .collect();
    assert_eq!(categories, [Some("Z")], "BR-S-05");
}
