//! Every theme's own copy of the figures, put to its runner.

use std::path::Path;

use billing_vectors::{Report, Theme, read_own};

/// Cases that say nothing ours could be held to; the runner gives the reason.
const SKIPPED: [&str; 1] = ["kb-priced-006"];

fn holds(theme: Theme) -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let report = Report::of(read_own(&folder, theme)?);
    assert!(!report.findings.is_empty(), "{} is empty", theme.as_str());
    assert_eq!(report.failures().count(), 0, "\n{report}");
    let skipped: Vec<_> = report.skips().map(|(it, _)| it.case.id.as_str()).collect();
    assert!(skipped.iter().all(|it| SKIPPED.contains(it)), "\n{report}");
    Ok(())
}

#[test]
fn bcd_alignment() {
    holds(Theme::BcdAlignment).unwrap();
}

#[test]
fn change_cancel_pause() {
    holds(Theme::ChangeCancelPause).unwrap();
}

#[test]
fn credit_notes() {
    holds(Theme::CreditNotes).unwrap();
}

#[test]
fn currencies() {
    holds(Theme::Currencies).unwrap();
}

#[test]
fn discounts_coupons() {
    holds(Theme::DiscountsCoupons).unwrap();
}

#[test]
fn dunning() {
    holds(Theme::Dunning).unwrap();
}

#[test]
fn en16931_rules() {
    holds(Theme::En16931Rules).unwrap();
}

#[test]
fn en16931_totals() {
    holds(Theme::En16931Totals).unwrap();
}

#[test]
fn interval_and_periods() {
    holds(Theme::IntervalAndPeriods).unwrap();
}

#[test]
fn invoice_diff() {
    holds(Theme::InvoiceDiff).unwrap();
}

#[test]
fn invoice_sequences() {
    holds(Theme::InvoiceSequences).unwrap();
}

#[test]
fn payment_allocation() {
    holds(Theme::PaymentAllocation).unwrap();
}

#[test]
fn prepaid() {
    holds(Theme::Prepaid).unwrap();
}

#[test]
fn proration_in_advance() {
    holds(Theme::ProrationInAdvance).unwrap();
}

#[test]
fn proration_priced() {
    holds(Theme::ProrationPriced).unwrap();
}

#[test]
fn reporting() {
    holds(Theme::Reporting).unwrap();
}

#[test]
fn rounding_allocation() {
    holds(Theme::RoundingAllocation).unwrap();
}

#[test]
fn tax_rounding() {
    holds(Theme::TaxRounding).unwrap();
}

#[test]
fn timezone_boundaries() {
    holds(Theme::TimezoneBoundaries).unwrap();
}
