//! Credit notes in parts, with taxes and discounts.

mod scenario;
mod told;

use anyhow::{Context, Result, ensure};
use billing::{
    CreditNote, CreditNoteKind, CreditPart, CreditRequest, CreditedInvoice, CreditedUnits,
    Discount, DiscountAmount, DiscountScope, InvoiceScale, PriceTerms, Priced, Ratio, Rounding,
    TaxRule, Taxable, Totals, discount_lines, price,
};
use kernel::{Currency, Money};
use serde_json::Value;

use super::tax_rounding::figure;
use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    match input.names().as_slice() {
        ["credited", "price", "tax"] | ["credited", "previous_note", "price", "tax"] => {
            one_price(case)
        }
        ["invoice_tax", "invoice_total", "items", "tax"]
        | ["items", "tax"]
        | ["invoice_total", "items", "tax"]
        | ["coupon", "fees", "invoice_total", "tax"]
        | ["coupon", "fees", "invoice_tax", "invoice_total", "tax"] => note_after_note(case),
        ["coupon", "fees"] if Given(&case.expected).has("coupon_shares") => scenario::shares(case),
        ["coupon", "fees"] | ["coupon", "fees", "tax"] => figures(case),
        ["coupon", "credited", "fees"]
        | ["coupon", "credited", "fees", "tax"]
        | ["credited", "fees", "tax"] => parts_of_fees(case),
        ["credited", "tax"] => scenario::parts(case),
        ["fees", "tax"] => whole(case),
        ["parts", "taxes"] => parts_of_taxes(case),
        ["part", "tax"] => part_of_tax(case),
        ["lines"] => parts_of_lines(case),
        ["credited", "quantity"] | ["credited", "line", "quantity"] => quantities(case),
        ["cases"] | ["kind"] | ["parallel"] | ["paid_by_credit", "total"] => told::run(case),
        _ => Ok(super::unknown_shape(case)),
    }
}

fn eur() -> Result<Currency> {
    Ok("EUR".parse()?)
}

fn money(minor: i64) -> Result<Money> {
    Ok(Money::from_minor(minor, eur()?))
}

/// A tax by its rate, none for nothing.
fn taxes(rate: Option<&str>) -> Result<Vec<TaxRule>> {
    match rate {
        Some(rate) => Ok(vec![TaxRule::new("VAT", rate.parse()?)?]),
        None => Ok(Vec::new()),
    }
}

/// An issued invoice over amounts with their taxes.
fn invoice(lines: &[(i64, Vec<TaxRule>)], discounts: &[Discount]) -> Result<CreditedInvoice> {
    let lines = lines.iter().map(|(minor, taxes)| {
        let amount = money(*minor)?;
        Ok(Taxable { amount, taxes })
    });
    let lines: Vec<Taxable<'_>> = lines.collect::<Result<_>>()?;
    let document = Priced {
        lines: &lines,
        discounts,
        ..Priced::default()
    };
    let terms = PriceTerms::of(eur()?, InvoiceScale::new(2, eur()?)?);
    Ok(CreditedInvoice::of(price(document, terms)?))
}

fn day() -> Result<chrono::NaiveDate> {
    Ok("2026-11-21".parse()?)
}

fn credit(invoice: &mut CreditedInvoice, requests: &[CreditRequest]) -> Result<CreditNote> {
    let note = invoice.draft(CreditNoteKind::ToAccount, requests)?;
    let number = format!("CN-{}", invoice.notes().len());
    Ok(invoice.issue(note, &number, day()?)?.clone())
}

/// The fees of a case, each at its own rate or all at one.
fn fees(input: Given<'_>) -> Result<Vec<(i64, Vec<TaxRule>)>> {
    let own = input.has("tax").then(|| input.text("tax")).transpose()?;
    let name = if input.has("items") { "items" } else { "fees" };
    let list = match input.part(name)?.0 {
        Value::Array(_) => input.list(name)?,
        _ => vec![input.part(name)?],
    };
    let fee = |it: &Given<'_>| match it.0.as_array().map(Vec::as_slice) {
        Some([amount, rate]) => Ok((
            Given(amount).as_minor(2)?,
            taxes(Some(Given(rate).as_text()?))?,
        )),
        _ => Ok((it.as_minor(2)?, taxes(own)?)),
    };
    list.iter().map(fee).collect()
}

/// A coupon over all fees, or an amount off each.
fn coupons(input: Given<'_>) -> Result<Vec<Discount>> {
    if !input.has("coupon") {
        return Ok(Vec::new());
    }
    let Value::Array(each) = input.part("coupon")?.0 else {
        return Ok(vec![Discount::fixed(money(input.minor("coupon", 2)?)?)?]);
    };
    let off = each.iter().enumerate().map(|(line, off)| {
        let amount = DiscountAmount::Fixed(money(Given(off).as_minor(2)?)?);
        Ok(Discount::new(amount, DiscountScope::Lines(vec![line]))?)
    });
    off.collect()
}

/// Figures with their names.
type Named = Vec<(String, String)>;

/// What a note came to, for each name a case expects of it but for those that are looked at elsewhere.
fn came_out(expected: Given<'_>, elsewhere: &[&str], note: &CreditNote) -> Result<(Named, Named)> {
    let elsewhere = [elsewhere, &["precise_taxes"]].concat();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for name in expected.names() {
        let given = expected.part(name)?;
        let figure = match name {
            "items" | "sub_total" => note.net,
            "taxes" | "tax" => note.tax()?,
            "total" | "credit_note_total" => note.total,
            "coupon_share" if !given.0.is_string() => note.discount,
            name if elsewhere.contains(&name) => continue,
            name => return super::unknown(format!("expects {name}")),
        };
        ours.push((name.to_owned(), figure.minor().to_string()));
        theirs.push((name.to_owned(), given.as_minor(2)?.to_string()));
    }
    ensure!(!theirs.is_empty(), "nothing is expected of the note");
    if expected.has("precise_taxes") {
        let precise = note
            .taxes
            .iter()
            .try_fold(Ratio::ZERO, |sum, it| sum.checked_add(it.precise));
        ours.push((
            "precise_taxes".to_owned(),
            precise.context("too large")?.to_string(),
        ));
        theirs.push((
            "precise_taxes".to_owned(),
            expected.ratio("precise_taxes")?.to_string(),
        ));
    }
    Ok((ours, theirs))
}

/// A fraction or an amount of a single line; perhaps after another note that was stored as it should not be.
fn one_price(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    let whole = input.minor("price", 2)?;
    let mut invoice = invoice(&[(whole, taxes(Some(input.text("tax")?))?)], &[])?;
    let part = match input.part("credited")?.0 {
        Value::String(_) => CreditPart::Share(input.ratio("credited")?),
        _ => CreditPart::Amount(money(input.minor("credited", 2)?)?),
    };
    if input.has("previous_note") {
        let CreditPart::Amount(rest) = part else {
            return Ok(super::unknown_shape(case));
        };
        let before = money(whole)?.checked_sub(rest)?;
        let mut stored = credit(
            &mut invoice.clone(),
            &[(0, CreditPart::Amount(before)).into()],
        )?;
        stored.total = money(input.minor("previous_note", 2)?)?;
        let tax = stored.tax()?;
        for own in &mut stored.taxes {
            own.tax = tax;
        }
        invoice = invoice.with_notes(vec![stored])?;
    }
    let note = credit(&mut invoice, &[(0, part).into()])?;
    let (mut ours, mut theirs) = came_out(expected, &["invoice"], &note)?;
    if expected.has("invoice") {
        let stated = expected.part("invoice")?;
        super::only(stated, &["fees", "taxes"])?;
        for (name, figure) in [
            ("fees", invoice.totals().sum_line_net),
            ("taxes", invoice.totals().tax_total),
        ] {
            ours.push((name.to_owned(), figure.minor().to_string()));
            theirs.push((name.to_owned(), stated.minor(name, 2)?.to_string()));
        }
    }
    Ok(Outcome::of(case.adopt, &ours, &theirs))
}

/// Notes one after the other until nothing is left. How much of a fee each gives back is told beside what it comes to: `fee`,
/// or `sub_total` where no coupon took anything off. Only where a fee is given back in parts is that needed; what finishes
/// a fee is all that is left of it.
fn note_after_note(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    super::only(expected, &["credit_notes", "remaining"])?;
    let fees = fees(input)?;
    let coupons = coupons(input)?;
    let mut invoice = invoice(&fees, &coupons)?;
    let (mut ours, mut theirs) = stated_of_invoice(input, &invoice)?;
    let (mut line, mut left) = (0, fees.first().context("no fees")?.0);
    for stated in expected.list("credit_notes")? {
        let told = if stated.has("fee") {
            "fee"
        } else {
            "sub_total"
        };
        let asked = stated.minor(told, 2)?;
        if left == 0 {
            line += 1;
            left = fees.get(line).context("more notes than fees")?.0;
        }
        let part = match asked == left {
            true => CreditPart::Whole,
            false => CreditPart::Amount(money(asked)?),
        };
        let note = credit(&mut invoice, &[(line, part).into()])?;
        let given = Money::sum(eur()?, note.lines.iter().map(|it| it.amount))?;
        left -= given.minor();
        let precise = stated.part("coupon_share").is_ok_and(|it| it.0.is_string());
        let elsewhere: &[&str] = if precise {
            &["fee", "coupon_share"]
        } else {
            &["fee"]
        };
        let (mut note_ours, mut note_theirs) = came_out(stated, elsewhere, &note)?;
        note_ours.push((told.to_owned(), given.minor().to_string()));
        note_theirs.push((told.to_owned(), asked.to_string()));
        if precise {
            let share = precise_share(&fees, &coupons, line)?.to_string();
            note_ours.push(("coupon_share".to_owned(), share));
            let share = stated.ratio("coupon_share")?.to_string();
            note_theirs.push(("coupon_share".to_owned(), share));
        }
        ours.append(&mut note_ours);
        theirs.append(&mut note_theirs);
    }
    let remaining = invoice.creditable()?.minor().to_string();
    ours.push(("remaining".to_owned(), remaining));
    let remaining = expected.minor("remaining", 2)?.to_string();
    theirs.push(("remaining".to_owned(), remaining));
    Ok(Outcome::of(case.adopt, &ours, &theirs))
}

/// The totals of the invoice where a case tells them in its input.
fn stated_of_invoice(input: Given<'_>, invoice: &CreditedInvoice) -> Result<(Named, Named)> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (name, figure) in [
        ("invoice_tax", invoice.totals().tax_total),
        ("invoice_total", invoice.totals().tax_inclusive),
    ] {
        if input.has(name) {
            ours.push((name.to_owned(), figure.minor().to_string()));
            theirs.push((name.to_owned(), input.minor(name, 2)?.to_string()));
        }
    }
    Ok((ours, theirs))
}

fn precise_shares(fees: &[(i64, Vec<TaxRule>)], coupons: &[Discount]) -> Result<Vec<Ratio>> {
    let amounts: Vec<Money> = fees.iter().map(|it| money(it.0)).collect::<Result<_>>()?;
    Ok(discount_lines(&amounts, coupons, eur()?, 1, Rounding::default())?.precise)
}

fn precise_share(fees: &[(i64, Vec<TaxRule>)], coupons: &[Discount], line: usize) -> Result<Ratio> {
    precise_shares(fees, coupons)?
        .get(line)
        .copied()
        .context("no such fee")
}

/// The figures of an invoice that is to be credited.
fn figures(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    let invoice = invoice(&fees(input)?, &coupons(input)?)?;
    compared(case, invoice.totals())
}

fn compared(case: &Case, totals: &Totals) -> Result<Outcome> {
    let expected = Given(&case.expected);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for name in expected.names() {
        let Some((own, given)) = figure(name, expected.part(name)?, expected, totals)? else {
            return super::unknown(format!("expects {name}"));
        };
        ours.push((name, own));
        theirs.push((name, given));
    }
    Ok(Outcome::of(case.adopt, &ours, &theirs))
}

/// One note over amounts of several fees; nothing of those with zero.
fn parts_of_fees(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    let mut invoice = invoice(&fees(input)?, &coupons(input)?)?;
    one_note(case, &mut invoice)
}

fn one_note(case: &Case, invoice: &mut CreditedInvoice) -> Result<Outcome> {
    let mut requests = Vec::new();
    for (line, amount) in Given(&case.input).list("credited")?.into_iter().enumerate() {
        let amount = money(amount.as_minor(2)?)?;
        if !amount.is_zero() {
            requests.push((line, CreditPart::Amount(amount)).into());
        }
    }
    let note = credit(invoice, &requests)?;
    let (ours, theirs) = came_out(Given(&case.expected), &[], &note)?;
    Ok(Outcome::of(case.adopt, &ours, &theirs))
}

/// A note over the whole invoice, which voids it.
fn whole(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    let invoice = invoice(&fees(input)?, &[])?;
    let note = invoice.draft_rest(CreditNoteKind::ToAccount)?;
    let (ours, theirs) = came_out(Given(&case.expected), &[], &note)?;
    Ok(Outcome::of(case.adopt, &ours, &theirs))
}

/// Taxes of lines that are given back in fractions. Only the taxes are known, so they are those of lines taxed at 100 %.
fn parts_of_taxes(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    let lines = input
        .list("taxes")?
        .into_iter()
        .map(|it| Ok((it.as_minor(2)?, taxes(Some("100%"))?)));
    let lines: Vec<_> = lines.collect::<Result<_>>()?;
    let mut invoice = invoice(&lines, &[])?;
    let (mut by_line, mut by_note) = (Vec::new(), Vec::new());
    let mut given = Ratio::ZERO;
    for part in input.list("parts")? {
        let part = part.as_ratio()?;
        given = given.checked_add(part).context("too large")?;
        let share = if given == Ratio::ONE {
            CreditPart::Whole
        } else {
            CreditPart::Share(part)
        };
        let requests: Vec<CreditRequest> = (0..lines.len()).map(|it| (it, share).into()).collect();
        let note = credit(&mut invoice, &requests)?;
        by_line.push(
            note.lines
                .iter()
                .map(|it| it.tax.minor())
                .collect::<Vec<_>>(),
        );
        by_note.push(note.tax()?.minor());
    }
    let minors = |of: Given<'_>| {
        of.elements()?
            .into_iter()
            .map(|it| it.as_minor(2))
            .collect::<Result<Vec<i64>>>()
    };
    super::only(expected, &["sum", "tax_totals", "taxes"])?;
    let their_lines: Vec<_> = expected
        .list("taxes")?
        .into_iter()
        .map(minors)
        .collect::<Result<_>>()?;
    let sum: i64 = by_note.iter().sum();
    let their_notes = minors(expected.part("tax_totals")?)?;
    let their_sum = if expected.has("sum") {
        expected.minor("sum", 2)?
    } else {
        their_notes.iter().sum()
    };
    let wanted = (their_lines, their_notes, their_sum);
    Ok(Outcome::of(case.adopt, &(by_line, by_note, sum), &wanted))
}

/// One line's tax, given back in part or whole; on the account it has the other sign.
fn part_of_tax(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    super::only(Given(&case.expected), &["tax"])?;
    let mut invoice = invoice(&[(input.minor("tax", 2)?, taxes(Some("100%"))?)], &[])?;
    let share = CreditPart::Share(input.ratio("part")?);
    let note = credit(&mut invoice, &[(0, share).into()])?;
    let tax = note.tax()?.checked_neg()?.minor();
    Ok(Outcome::of(
        case.adopt,
        &tax,
        &Given(&case.expected).minor("tax", 2)?,
    ))
}

/// Fractions of lines. Where a case does not give them they are those of the invoice in Meteroid's tests: 1000, 2000, 3000 and
/// 4000 at 10 %. On the account a note has the other sign.
fn parts_of_lines(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    let own = taxes(Some("10%"))?;
    let mut listed = [1000, 2000, 3000, 4000].map(|it| (it, own.clone()));
    for (stated, line) in input.list("lines")?.into_iter().zip(&mut listed) {
        let amount = ["subtotal", "amount", "net"]
            .into_iter()
            .find(|it| stated.has(it));
        if let Some(name) = amount {
            line.0 = stated.minor(name, 2)?;
        }
        if stated.has("rate") {
            line.1 = taxes(Some(stated.text("rate")?))?;
        }
    }
    let mut invoice = invoice(&listed, &[])?;
    let mut requests: Vec<CreditRequest> = Vec::new();
    for (line, stated) in input.list("lines")?.into_iter().enumerate() {
        let part = match stated.has("part") {
            true => CreditPart::Share(stated.ratio("part")?),
            false => CreditPart::Whole,
        };
        requests.push((line, part).into());
    }
    let note = credit(&mut invoice, &requests)?;
    super::only(expected, &["lines", "total"])?;
    let listed = expected.list("lines")?;
    let mut ours = vec![i64::try_from(note.lines.len())?];
    let mut theirs = vec![i64::try_from(listed.len())?];
    for (line, stated) in note.lines.iter().zip(listed) {
        super::only(stated, &["subtotal", "tax", "total"])?;
        let total = line.net.checked_add(line.tax)?;
        for (name, figure) in [("subtotal", line.net), ("tax", line.tax), ("total", total)] {
            ours.push(figure.checked_neg()?.minor());
            theirs.push(stated.minor(name, 2)?);
        }
    }
    ours.push(note.effect()?.minor());
    theirs.push(expected.minor("total", 2)?);
    Ok(Outcome::of(case.adopt, &ours, &theirs))
}

/// The amount that is credited is the truth: quantities stay whole, the price of one follows.
fn quantities(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    super::only(expected, &["quantity", "subtotal"])?;
    let credited = money(input.minor("credited", 2)?)?;
    let quantity = u32::try_from(input.whole("quantity")?)?;
    let listed = if input.has("line") {
        input.minor("line", 2)?
    } else {
        credited.minor()
    };
    let mut invoice = invoice(&[(listed, Vec::new())], &[])?;
    let note = credit(&mut invoice, &[(0, CreditPart::Amount(credited)).into()])?;
    let units = CreditedUnits::of(note.effect()?, quantity).context("no units")?;
    let wanted = (
        expected.whole("quantity")?,
        Some(Ratio::whole(expected.minor("subtotal", 2)?)),
    );
    let came_out = (i64::from(units.quantity()), units.amount());
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}
