//! The themes of cases, one runner each.

mod bcd_alignment;
mod billing_facts;
mod calendar;
mod change_cancel_pause;
mod credit_notes;
mod currencies;
mod discounts_coupons;
mod dunning;
mod en16931_rules;
mod en16931_totals;
mod formula;
mod interval_and_periods;
mod invoice_diff;
mod invoice_sequences;
mod payment_allocation;
mod payments;
mod prepaid;
mod proration_in_advance;
mod proration_priced;
mod reporting;
mod rounding_allocation;
mod tax_rounding;
mod timezone_boundaries;
mod words;

use anyhow::{Context, Result};
use billing::Ratio;

use crate::case::{Case, Outcome};
use crate::given::Given;

/// What a file of cases is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Bill days: clamped in short months and expanded again, weeks, anniversaries.
    BcdAlignment,
    /// What a change, cancellation or pause gives back and charges.
    ChangeCancelPause,
    /// Credit notes in parts, with taxes and discounts.
    CreditNotes,
    /// Minor units of currencies.
    Currencies,
    /// Discounts: order, caps, distribution over lines.
    DiscountsCoupons,
    /// How far behind an account is, and when.
    Dunning,
    /// Fragments of documents that single rules of EN 16931 accept or refuse.
    En16931Rules,
    /// The totals of whole documents by EN 16931.
    En16931Totals,
    /// Periods of an interval: boundaries, elapsed cycles, what contains a date.
    IntervalAndPeriods,
    /// What was billed against what should be: charges and repairs.
    InvoiceDiff,
    /// Runs of billing over time.
    InvoiceSequences,
    /// Payments, refunds, chargebacks, credit and balances.
    PaymentAllocation,
    /// Validity, extension and renewal of what is paid ahead.
    Prepaid,
    /// How many cycles a lifetime costs up to a date.
    ProrationInAdvance,
    /// What a part of a period costs.
    ProrationPriced,
    /// Recurring revenue, churn, ageing.
    Reporting,
    /// Rounding modes and allocation without loss.
    RoundingAllocation,
    /// Taxes by line, category and document.
    TaxRounding,
    /// Which local day an instant belongs to.
    TimezoneBoundaries,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 19] = [
        Self::BcdAlignment,
        Self::ChangeCancelPause,
        Self::CreditNotes,
        Self::Currencies,
        Self::DiscountsCoupons,
        Self::Dunning,
        Self::En16931Rules,
        Self::En16931Totals,
        Self::IntervalAndPeriods,
        Self::InvoiceDiff,
        Self::InvoiceSequences,
        Self::PaymentAllocation,
        Self::Prepaid,
        Self::ProrationInAdvance,
        Self::ProrationPriced,
        Self::Reporting,
        Self::RoundingAllocation,
        Self::TaxRounding,
        Self::TimezoneBoundaries,
    ];

    /// Its name: that of its file, without what stands before.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BcdAlignment => "bcd-alignment",
            Self::ChangeCancelPause => "change-cancel-pause",
            Self::CreditNotes => "credit-notes",
            Self::Currencies => "currencies",
            Self::DiscountsCoupons => "discounts-coupons",
            Self::Dunning => "dunning",
            Self::En16931Rules => "en16931-rules",
            Self::En16931Totals => "en16931-totals",
            Self::IntervalAndPeriods => "interval-and-periods",
            Self::InvoiceDiff => "invoice-diff",
            Self::InvoiceSequences => "invoice-sequences",
            Self::PaymentAllocation => "payment-allocation",
            Self::Prepaid => "prepaid",
            Self::ProrationInAdvance => "proration-in-advance",
            Self::ProrationPriced => "proration-priced",
            Self::Reporting => "reporting",
            Self::RoundingAllocation => "rounding-allocation",
            Self::TaxRounding => "tax-rounding",
            Self::TimezoneBoundaries => "timezone-boundaries",
        }
    }

    /// The theme with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Puts a case to the runner. A case whose input or expectation cannot be read fails.
    #[must_use]
    pub fn run(self, case: &Case) -> Outcome {
        if Given(&case.expected).names().is_empty() {
            return Outcome::Skipped("unknown shape: expects nothing".to_owned());
        }
        let outcome = match self {
            Self::BcdAlignment => bcd_alignment::run(case),
            Self::ChangeCancelPause => change_cancel_pause::run(case),
            Self::CreditNotes => credit_notes::run(case),
            Self::Currencies => currencies::run(case),
            Self::DiscountsCoupons => discounts_coupons::run(case),
            Self::Dunning => dunning::run(case),
            Self::En16931Rules => en16931_rules::run(case),
            Self::En16931Totals => en16931_totals::run(case),
            Self::IntervalAndPeriods => interval_and_periods::run(case),
            Self::InvoiceDiff => invoice_diff::run(case),
            Self::InvoiceSequences => invoice_sequences::run(case),
            Self::PaymentAllocation => payment_allocation::run(case),
            Self::Prepaid => prepaid::run(case),
            Self::ProrationInAdvance => proration_in_advance::run(case),
            Self::ProrationPriced => proration_priced::run(case),
            Self::Reporting => reporting::run(case),
            Self::RoundingAllocation => rounding_allocation::run(case),
            Self::TaxRounding => tax_rounding::run(case),
            Self::TimezoneBoundaries => timezone_boundaries::run(case),
        };
        match outcome {
            Ok(outcome) => outcome,
            Err(err) if err.is::<Unknown>() => Outcome::Skipped(err.to_string()),
            Err(err) => Outcome::Failed(format!("{err:#}")),
        }
    }
}

/// Words or keys of a case that no runner knows.
#[derive(Debug)]
struct Unknown(String);

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown shape: {}", self.0)
    }
}

impl std::error::Error for Unknown {}

/// What to return for words that no runner knows: the case is skipped with them, not guessed.
fn unknown<T>(what: impl Into<String>) -> Result<T> {
    Err(anyhow::Error::new(Unknown(what.into())))
}

/// Refuses names that the runner of a shape does not look at.
fn only(expected: Given<'_>, looked_at: &[&str]) -> Result<()> {
    match expected.names().iter().find(|it| !looked_at.contains(it)) {
        Some(name) => unknown(format!("expects {name}")),
        None => Ok(()),
    }
}

/// Refuses facts that the runner of a shape does not know: they might change the answer.
fn no_more_than(input: Given<'_>, known: &[&str]) -> Result<()> {
    match input.names().iter().find(|it| !known.contains(it)) {
        Some(name) => unknown(format!("tells {name}")),
        None => Ok(()),
    }
}

/// A case whose keys no runner knows.
fn unknown_shape(case: &Case) -> Outcome {
    let [input, expected] = [&case.input, &case.expected].map(|it| Given(it).names().join(", "));
    Outcome::Skipped(format!("unknown shape: keys {input} give {expected}"))
}

/// A percentage as a fraction: 10, "10" and "10%" are a tenth.
fn percent(given: Given<'_>) -> Result<Ratio> {
    match given.0.as_str().is_some_and(|it| it.contains(['%', '/'])) {
        true => given.as_ratio(),
        false => given
            .as_ratio()?
            .checked_div(Ratio::whole(100))
            .context("too large"),
    }
}
