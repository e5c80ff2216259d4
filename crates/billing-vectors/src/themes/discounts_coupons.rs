//! Discounts: order, caps, distribution over lines.

use anyhow::{Context, Result};
use billing::{
    Coupon, CouponRefusal, CouponStatus, CouponUse, Discount, DiscountAmount, DiscountScope,
    Discounted, InvoiceScale, PriceTerms, Priced, Ratio, Rounding, Taxable, Totals, discount_lines,
    price,
};
use kernel::testing::CountingIds;
use kernel::{Currency, Ids, Money};
use serde_json::Value;

use super::tax_rounding::figure;
use crate::case::{Case, Outcome};
use crate::given::Given;

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    match input.names().as_slice() {
        ["amount", rest @ ..] | [rest @ .., "subtotal"]
            if rest.iter().all(|it| DISCOUNTS.contains(it)) =>
        {
            one_amount(case)
        }
        ["discount", "lines"] | ["discount"] => over_lines(case),
        ["base", rest @ ..] if rest.iter().all(|it| DISCOUNTS.contains(it)) => over_two_fees(case),
        ["coupons", "fees"] => over_some_fees(case),
        ["cases"] => refused(case),
        ["kinds"] => checks(case),
        _ => Ok(super::unknown_shape(case)),
    }
}

const DISCOUNTS: [&str; 4] = ["cycles", "fixed", "percent", "percentages"];

fn eur() -> Result<Currency> {
    Ok("EUR".parse()?)
}

fn money(minor: i64) -> Result<Money> {
    Ok(Money::from_minor(minor, eur()?))
}

/// One of a thing, or a list of it.
fn each<'a>(input: Given<'a>, name: &str) -> Result<Vec<Given<'a>>> {
    match input.0.get(name) {
        Some(Value::Array(_)) => input.list(name),
        Some(_) => Ok(vec![input.part(name)?]),
        None => Ok(Vec::new()),
    }
}

/// The discounts of a case, fixed ones before percentages: the order must not matter.
fn discounts(input: Given<'_>) -> Result<Vec<Discount>> {
    let mut discounts = Vec::new();
    for fixed in each(input, "fixed")? {
        discounts.push(Discount::fixed(money(fixed.as_minor(2)?)?)?);
    }
    for name in ["percent", "percentages"] {
        for percent in each(input, name)? {
            discounts.push(Discount::percent(super::percent(percent)?)?);
        }
    }
    Ok(discounts)
}

fn priced(amounts: &[i64], discounts: &[Discount]) -> Result<Totals> {
    let lines = amounts.iter().map(|it| {
        let amount = money(*it)?;
        Ok(Taxable { amount, taxes: &[] })
    });
    let lines: Vec<Taxable<'_>> = lines.collect::<Result<_>>()?;
    let terms = PriceTerms::of(eur()?, InvoiceScale::new(2, eur()?)?);
    let document = Priced {
        lines: &lines,
        discounts,
        ..Priced::default()
    };
    Ok(price(document, terms)?)
}

fn compared(case: &Case, totals: &Totals) -> Result<Outcome> {
    let expected = Given(&case.expected);
    let (mut came_out, mut wanted) = (Vec::new(), Vec::new());
    for name in expected.names() {
        let Some((ours, theirs)) = figure(name, expected.part(name)?, expected, totals)? else {
            return super::unknown(format!("expects {name}"));
        };
        came_out.push((name, ours));
        wanted.push((name, theirs));
    }
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}

fn one_amount(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    let name = if input.has("amount") {
        "amount"
    } else {
        "subtotal"
    };
    let amount = input.minor(name, 2)?;
    let discounts = discounts(input)?;
    if expected.names().iter().all(|it| cycle(it).is_none()) {
        return compared(case, &priced(&[amount], &discounts)?);
    }
    // A coupon for so many cycles; where its discount is not given, any will do.
    let tenth = Discount::percent(Ratio::new(1, 10).context("a tenth")?)?;
    let mut coupon = Coupon::of(discounts.first().cloned().unwrap_or(tenth));
    coupon.cycles = match input.has("cycles") {
        true => Some(u32::try_from(input.whole("cycles")?)?),
        false => None,
    };
    let (mut came_out, mut wanted) = (Vec::new(), Vec::new());
    for name in expected.names() {
        let Some(cycle) = cycle(name) else {
            return super::unknown(format!("expects {name}"));
        };
        let given: Vec<Discount> = coupon.in_cycle(cycle).into_iter().cloned().collect();
        came_out.push(priced(&[amount], &given)?.tax_inclusive.minor());
        wanted.push(expected.minor(name, 2)?);
    }
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}

/// `third_total` is about the third cycle.
fn cycle(name: &str) -> Option<u32> {
    let word = name.strip_suffix("_total")?;
    let words = ["first", "second", "third", "fourth", "fifth", "sixth"];
    let place = words.iter().position(|it| *it == word)?;
    u32::try_from(place + 1).ok()
}

fn over_lines(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    let lines = each(input, "lines")?.into_iter().map(|it| it.as_minor(2));
    let mut lines: Vec<i64> = lines.collect::<Result<_>>()?;
    if lines.is_empty() {
        // Of a case in words, whatever the lines are.
        lines = vec![333, 333, 334];
    }
    let whole: i64 = lines.iter().sum();
    let off = match input.part("discount")?.0 {
        Value::String(words) if words == "subtotal" => whole,
        _ => input.minor("discount", 2)?,
    };
    let totals = priced(&lines, &[Discount::fixed(money(off)?)?])?;
    if expected.part("taxable")?.0.is_array() {
        return compared(case, &totals);
    }
    nothing_left(case, &totals)
}

/// Expectations in words: "0 on every line".
fn nothing_left(case: &Case, totals: &Totals) -> Result<Outcome> {
    super::only(Given(&case.expected), &["taxable"])?;
    let words = Given(&case.expected).text("taxable")?;
    if words != "0 on every line" {
        return super::unknown(words);
    }
    let left: Vec<i64> = totals.lines.iter().map(|it| it.net.minor()).collect();
    Ok(Outcome::of(
        case.adopt,
        &left.iter().all(|it| *it == 0),
        &true,
    ))
}

/// Fees of which only the sum was transcribed. In their source there are two, the first twice the second.
fn over_two_fees(case: &Case) -> Result<Outcome> {
    let input = Given(&case.input);
    let weights = [Ratio::whole(2), Ratio::ONE];
    let fees = billing::allocate_by_weights(input.minor("base", 2)?, &weights, 1)?;
    compared(case, &priced(&fees, &discounts(input)?)?)
}

/// Amounts off some of the fees each, one after the other, with the precise share of each fee.
fn over_some_fees(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    super::only(expected, &["shares", "total"])?;
    let fees = input
        .list("fees")?
        .into_iter()
        .map(|it| money(it.as_minor(2)?));
    let fees: Vec<Money> = fees.collect::<Result<_>>()?;
    let discounts = coupons(input, eur()?)?;
    let spread = discount_lines(&fees, &discounts, eur()?, 1, Rounding::default())?;
    let came_out = (spread.total.minor(), shares(&spread, expected)?);
    let theirs = expected.list("shares")?.into_iter().map(Given::as_ratio);
    let wanted = (
        expected.minor("total", 2)?,
        theirs.collect::<Result<Vec<_>>>()?,
    );
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}

/// Amounts or percentages off some of the fees each: `{"amount": 2000, "fees": [1, 2]}`, `{"percent": 10, "fees": "all"}`.
pub(super) fn coupons(input: Given<'_>, currency: Currency) -> Result<Vec<Discount>> {
    let mut discounts = Vec::new();
    for coupon in input.list("coupons")? {
        let amount = match coupon.has("percent") {
            true => DiscountAmount::Percent(super::percent(coupon.part("percent")?)?),
            false => {
                let minor = coupon.minor("amount", u32::from(currency.exponent()))?;
                DiscountAmount::Fixed(Money::from_minor(minor, currency))
            }
        };
        let scope = match coupon.part("fees")?.0 {
            Value::String(_) => DiscountScope::All,
            _ => {
                let lines = coupon.list("fees")?.into_iter().map(|it| {
                    let counted = usize::try_from(it.as_whole()?)?;
                    counted.checked_sub(1).context("fees are counted from 1")
                });
                DiscountScope::Lines(lines.collect::<Result<_>>()?)
            }
        };
        discounts.push(Discount::new(amount, scope)?);
    }
    Ok(discounts)
}

/// Precise shares, unless whole minor units are given.
fn shares(spread: &Discounted, expected: Given<'_>) -> Result<Vec<Ratio>> {
    let precise = expected.list("shares")?.iter().any(|it| it.0.is_string());
    Ok(match precise {
        true => spread.precise.clone(),
        false => spread
            .shares
            .iter()
            .map(|it| Ratio::whole(it.minor()))
            .collect(),
    })
}

/// An order that an open coupon is good for.
fn order() -> Result<CouponUse> {
    let ids: &dyn Ids = &CountingIds::from(1);
    Ok(CouponUse {
        on: "2026-06-15".parse()?,
        plan: ids.next(),
        order: money(10_000)?,
        uses: 0,
        used_before: false,
    })
}

/// Coupons that must not be taken, in words.
fn refused(case: &Case) -> Result<Outcome> {
    super::only(Given(&case.expected), &["all"])?;
    let wanted = Given(&case.expected).text("all")?;
    let mut accepted = Vec::new();
    for words in Given(&case.input).list("cases")? {
        let (mut coupon, mut order) = (Coupon::of(Discount::fixed(money(1000)?)?), order()?);
        match words.as_text()? {
            "expired" => coupon.until = Some(order.on),
            "not yet valid" => coupon.from = order.on.succ_opt(),
            "disabled" => coupon.status = CouponStatus::Disabled,
            "archived" => coupon.status = CouponStatus::Archived,
            "wrong plan" => {
                let ids: &dyn Ids = &CountingIds::from(2);
                coupon.plans = vec![ids.next()];
            }
            "wrong currency" => order.order = Money::from_minor(10_000, "KES".parse()?),
            "reused" => order.used_before = true,
            "used up" => coupon.most_uses = Some(0),
            other => return super::unknown(other),
        }
        if coupon.accept(order).is_ok() {
            accepted.push(words.as_text()?);
        }
    }
    let verdict = if accepted.is_empty() {
        "refused"
    } else {
        "accepted"
    };
    Ok(Outcome::of(case.adopt, &verdict, &wanted))
}

/// Conditions that coupons of some kinds must know, in words.
fn checks(case: &Case) -> Result<Outcome> {
    super::only(Given(&case.expected), &["checks"])?;
    let wanted = Given(&case.expected)
        .list("checks")?
        .into_iter()
        .map(Given::as_text);
    let wanted: Vec<&str> = wanted.collect::<Result<_>>()?;
    let mut known = Vec::new();
    for check in &wanted {
        let mut all = true;
        for kind in Given(&case.input).list("kinds")? {
            all &= knows(kind.as_text()?, check)?;
        }
        if all {
            known.push(*check);
        }
    }
    Ok(Outcome::of(case.adopt, &known, &wanted))
}

fn knows(kind: &str, check: &str) -> Result<bool> {
    let half = Ratio::new(1, 2).context("a half")?;
    let most = money(1000)?;
    let amount = match kind {
        "fixed" => DiscountAmount::Fixed(most),
        "percent" => DiscountAmount::PercentUpTo(half, most),
        other => return super::unknown(other),
    };
    let mut coupon = Coupon::of(Discount::new(amount, DiscountScope::All)?);
    let order = order()?;
    match check {
        "min order" => coupon.least_order = Some(money(order.order.minor() + 1)?),
        "max usage" => coupon.most_uses = Some(order.uses),
        "dates" => coupon.until = Some(order.on),
        "max discount" => {
            let totals = priced(&[order.order.minor()], &[coupon.discount])?;
            return Ok(totals.discount == most);
        }
        other => return super::unknown(other),
    }
    Ok(matches!(
        coupon.accept(order),
        Err(CouponRefusal::OrderTooSmall { .. }
            | CouponRefusal::UsedUp { .. }
            | CouponRefusal::Expired { .. })
    ))
}
