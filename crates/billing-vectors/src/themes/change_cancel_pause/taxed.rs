//! What the runs of a case are written on, with their taxes: an invoice, and a credit note of it.

use anyhow::{Context, Result};
use billing::{
    CreditNoteKind, CreditPart, CreditRequest, CreditedInvoice, Due, PriceTerms, Priced,
    ProposedLine, Ratio, TaxRule, Taxable, Totals, price,
};
use kernel::Money;
use serde_json::{Value, json};

use crate::themes::billing_facts::{scale, usd};

/// An issued invoice over lines that are charged, all at one rate or untaxed.
pub(super) fn issued(lines: &[ProposedLine], rate: Option<Ratio>) -> Result<CreditedInvoice> {
    let taxes = rate.map(|it| TaxRule::new("VAT", it)).transpose()?;
    let taxes: Vec<_> = taxes.into_iter().collect();
    let lines = lines.iter().map(|it| Taxable {
        amount: it.due.amount(),
        taxes: &taxes,
    });
    let lines: Vec<_> = lines.collect();
    let document = Priced {
        lines: &lines,
        ..Priced::default()
    };
    let terms = PriceTerms::of(usd(0)?.currency(), scale()?);
    Ok(CreditedInvoice::of(price(document, terms)?))
}

/// Gives the lines back that a run takes back of an invoice, on a note of their own.
pub(super) fn credit(mut invoice: CreditedInvoice, back: &[ProposedLine]) -> Result<Value> {
    let mut requests: Vec<CreditRequest> = Vec::new();
    for it in back {
        let Due::Repair { of, amount, .. } = it.due else {
            anyhow::bail!("a credit note charges");
        };
        let part = CreditPart::Amount(amount.checked_neg()?);
        requests.push((usize::from(of.line), part).into());
    }
    let note = invoice.draft(CreditNoteKind::ToAccount, &requests)?;
    let on = "2026-11-21".parse()?;
    let note = invoice.issue(note, "CN-1", on)?;
    told(note.net, note.tax()?, note.total)
}

/// The figures of an invoice.
pub(super) fn figures(totals: &Totals) -> Result<Value> {
    told(totals.sum_line_net, totals.tax_total, totals.tax_inclusive)
}

/// A net amount with its tax, by the names of papers.
fn told(net: Money, tax: Money, total: Money) -> Result<Value> {
    let sums = net.checked_add(tax)? == total;
    sums.then_some(())
        .context("net and tax are not the total")?;
    let (net, tax, total) = (net.minor(), tax.minor(), total.minor());
    Ok(json!({"items": net, "fees": net, "taxes": tax, "total": total}))
}
