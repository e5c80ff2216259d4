//! Taxes by line, category and document.

mod told;

use anyhow::{Context, Result};
use billing::{
    Discount, DiscountAmount, DiscountScope, InvoiceScale, PriceTerms, Priced, Ratio, TaxBase,
    TaxCategory, TaxRounding, TaxRule, Taxable, Totals, allocate_by_weights, price,
};
use kernel::{Currency, Money};
use serde_json::{Value, json};

use crate::case::{Adopt, Case, Outcome};
use crate::given::Given;

const KNOWN: [&str; 19] = [
    "amount",
    "base",
    "coupon",
    "coupon_shares",
    "coupons",
    "currency",
    "excise",
    "exempt",
    "fees",
    "inclusive",
    "lines",
    "prepaid",
    "price",
    "rate",
    "rates",
    "reverse_charge",
    "scale",
    "tax",
    "vat",
];

pub(super) fn run(case: &Case) -> Result<Outcome> {
    let (input, expected) = (Given(&case.input), Given(&case.expected));
    if input.names() == ["cases"] {
        return told::to_whole_coins(case);
    }
    if input.0 == &json!({ "inclusive": true }) && expected.names() == ["formula"] {
        return told::inside_a_price(case);
    }
    if input.names().iter().any(|it| !KNOWN.contains(it)) {
        return Ok(super::unknown_shape(case));
    }
    let document = Document::read(case)?;
    let totals = document.priced()?;
    let mut came_out = Vec::new();
    let mut wanted = Vec::new();
    for name in expected.names() {
        let given = expected.part(name)?;
        let told = match document.told(name)? {
            Some(tax) => Some(money(given, tax)?),
            None => figure(name, given, expected, &totals)?,
        };
        let Some((ours, theirs)) = told else {
            return super::unknown(format!("expects {name}"));
        };
        came_out.push((name, ours));
        wanted.push((name, theirs));
    }
    Ok(Outcome::of(case.adopt, &came_out, &wanted))
}

/// What a case prices.
struct Document {
    lines: Vec<(Money, Vec<TaxRule>)>,
    /// What is taken off each line, precisely.
    shares: Vec<Ratio>,
    discounts: Vec<Discount>,
    terms: PriceTerms,
}

impl Document {
    fn read(case: &Case) -> Result<Self> {
        let input = Given(&case.input);
        let currency: Currency = match input.has("currency") {
            true => input.text("currency")?.parse()?,
            false => "EUR".parse()?,
        };
        let digits = match input.has("scale") {
            true => u8::try_from(input.whole("scale")?)?,
            false => currency.exponent(),
        };
        let mut terms = PriceTerms::of(currency, InvoiceScale::new(digits, currency)?);
        terms.tax_rounding = tax_rounding(case);
        terms.inclusive = input
            .part("inclusive")
            .is_ok_and(|it| it.0 == &Value::Bool(true));
        let mut own = rules(input)?;
        if input.part("coupon").is_ok_and(|it| tops_everything(it)) && own.is_empty() {
            // A case that tells nothing but the coupon: what it takes off would be taxed.
            own = vec![rule("10%")?];
        }
        let mut document = Self {
            lines: Vec::new(),
            shares: Vec::new(),
            discounts: Vec::new(),
            terms,
        };
        let list = ["fees", "lines"].into_iter().find(|it| input.has(it));
        match list {
            Some(list) => {
                for line in input.list(list)? {
                    document.read_line(line, &own)?;
                }
            }
            None => {
                let amount = ["amount", "price"].into_iter().find(|it| input.has(it));
                if amount.is_none() && own.is_empty() {
                    return super::unknown("neither amounts nor taxes are told");
                }
                // A case of rates only is put to a round amount.
                let amount =
                    amount.map_or(Ok(10_000), |it| input.minor(it, document.decimals()))?;
                document.lines.push((document.money(amount), own));
            }
        }
        document.read_shares(input)?;
        if input.has("coupons") {
            document
                .discounts
                .extend(super::discounts_coupons::coupons(input, currency)?);
        }
        if input.has("coupon") {
            document.read_coupon(input)?;
        }
        Ok(document)
    }

    fn decimals(&self) -> u32 {
        u32::from(self.terms.currency.exponent())
    }

    fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.terms.currency)
    }

    /// An amount; or an amount with its rate, its rates, its own part of a coupon, or several of them. A part that is given as
    /// text is precise: its printed form is found when all are known.
    fn read_line(&mut self, line: Given<'_>, own: &[TaxRule]) -> Result<()> {
        let named = ["amount", "tax", "rate", "rates", "coupon"].map(|it| line.0.get(it));
        let listed: Vec<&Value> = match line.0 {
            Value::Array(listed) => listed.iter().collect(),
            Value::Object(_) => named.into_iter().flatten().collect(),
            amount => vec![amount],
        };
        let Some((amount, with)) = listed.split_first() else {
            return super::unknown("an empty line");
        };
        let amount = self.money(Given(amount).as_minor(self.decimals())?);
        let mut taxes = own.to_vec();
        let mut precise = Ratio::ZERO;
        for with in with {
            match with {
                Value::Null => taxes = Vec::new(),
                Value::String(share) if share.parse::<Ratio>().is_ok() && !share.contains('%') => {
                    precise = share.parse()?;
                }
                Value::String(rate) => taxes = vec![rule(rate)?],
                Value::Array(rates) => {
                    let each = rates.iter().map(|it| rule(Given(it).as_text()?));
                    taxes = each.collect::<Result<_>>()?;
                }
                off => precise = Ratio::whole(Given(off).as_minor(self.decimals())?),
            }
        }
        self.lines.push((amount, taxes));
        self.shares.push(precise);
        Ok(())
    }

    /// Parts of coupons that are given line by line, printed so that they sum to what they come to.
    fn read_shares(&mut self, input: Given<'_>) -> Result<()> {
        if input.has("coupon_shares") {
            let shares = input
                .list("coupon_shares")?
                .into_iter()
                .map(Given::as_ratio);
            self.shares = shares.collect::<Result<_>>()?;
        }
        if self.shares.iter().all(|it| it.is_zero()) {
            return Ok(());
        }
        let whole = self
            .shares
            .iter()
            .try_fold(Ratio::ZERO, |sum, it| sum.checked_add(*it));
        let whole = whole
            .and_then(|it| it.of(1, 1, self.terms.rounding))
            .context("too large")?;
        for (line, share) in allocate_by_weights(whole, &self.shares, 1)?
            .into_iter()
            .enumerate()
        {
            let off = DiscountAmount::Fixed(self.money(share));
            self.discounts
                .push(Discount::new(off, DiscountScope::Lines(vec![line]))?);
        }
        Ok(())
    }

    fn read_coupon(&mut self, input: Given<'_>) -> Result<()> {
        let coupon = match tops_everything(input.part("coupon")?) {
            // More than what this document comes to, whatever it is.
            true => self.money(i64::MAX),
            false => self.money(input.minor("coupon", self.decimals())?),
        };
        self.discounts.push(Discount::fixed(coupon)?);
        Ok(())
    }

    /// The tax under the option that the name of a figure tells.
    fn told(&self, name: &str) -> Result<Option<Money>> {
        let tax_rounding = match name {
            "tax_per_line" | "per_line" => TaxRounding::PerLine,
            "tax_per_category" | "per_category" | "tax_per_rate" => TaxRounding::PerRate,
            "tax_per_invoice" | "per_invoice" => TaxRounding::Document,
            _ => return Ok(None),
        };
        let terms = PriceTerms {
            tax_rounding,
            ..self.terms
        };
        Ok(Some(self.priced_in(terms)?.tax_total))
    }

    fn priced(&self) -> Result<Totals> {
        self.priced_in(self.terms)
    }

    fn priced_in(&self, terms: PriceTerms) -> Result<Totals> {
        let lines = self.lines.iter().map(|(amount, taxes)| Taxable {
            amount: *amount,
            taxes,
        });
        let lines: Vec<Taxable<'_>> = lines.collect();
        let document = Priced {
            lines: &lines,
            discounts: &self.discounts,
            ..Priced::default()
        };
        Ok(price(document, terms)?)
    }
}

/// Where taxes are rounded: ours, or what the words of a case that holds under an option name.
fn tax_rounding(case: &Case) -> TaxRounding {
    let words = [
        Some(&case.about),
        case.convention.as_ref(),
        case.note.as_ref(),
    ];
    let words = words
        .into_iter()
        .flatten()
        .fold(String::new(), |all, it| all + it + " ")
        .to_lowercase();
    let says = |of: &[&str]| of.iter().any(|it| words.contains(it));
    match case.adopt {
        Adopt::Mode if says(&["invoice tax", "precise", "per invoice"]) => TaxRounding::Document,
        Adopt::Mode if says(&["per line", "per_line", "each line"]) => TaxRounding::PerLine,
        _ => TaxRounding::default(),
    }
}

/// A coupon in words: "more than total".
fn tops_everything(coupon: Given<'_>) -> bool {
    let words = coupon.0.as_str();
    words.is_some_and(|it| it.contains("more than"))
}

/// The taxes of the whole document.
fn rules(input: Given<'_>) -> Result<Vec<TaxRule>> {
    let is = |name: &str| input.part(name).is_ok_and(|it| it.0 == &Value::Bool(true));
    let untaxed = |category| Ok(vec![TaxRule::of_category("VAT", category, Ratio::ZERO)?]);
    if is("exempt") {
        return untaxed(TaxCategory::Exempt);
    }
    if is("reverse_charge") {
        return untaxed(TaxCategory::ReverseCharge);
    }
    let mut rules = Vec::new();
    if input.has("excise") {
        rules.push(TaxRule::new("excise", input.ratio("excise")?)?);
    }
    if input.has("vat") {
        rules.push(TaxRule::new("VAT", input.ratio("vat")?)?.on(TaxBase::NetAndEarlier));
    }
    if let Some(name) = ["tax", "rate"].into_iter().find(|it| input.has(it)) {
        let one = rule(input.text(name)?)?;
        let factor = input.has("base").then(|| input.ratio("base")).transpose()?;
        rules.push(one.with_factor(factor.unwrap_or(Ratio::ONE))?);
    }
    if input.has("rates") {
        for rate in input.list("rates")? {
            rules.push(rule(rate.as_text()?)?);
        }
    }
    Ok(rules)
}

/// `10%`, or `7% on amount + first tax`.
fn rule(text: &str) -> Result<TaxRule> {
    let untaxed = |category| Ok(TaxRule::of_category("VAT", category, Ratio::ZERO)?);
    match text {
        "exempt" => return untaxed(TaxCategory::Exempt),
        "reverse charge" => return untaxed(TaxCategory::ReverseCharge),
        _ if !text.contains('%') => return super::unknown(format!("rate {text}")),
        _ => (),
    }
    let (rate, on) = text.split_once(" on ").unwrap_or((text, ""));
    let base = match on {
        it if it.contains("tax") => TaxBase::NetAndEarlier,
        it if it.contains("gross") => TaxBase::Gross,
        _ => TaxBase::Net,
    };
    let rate: Ratio = rate.parse().with_context(|| text.to_owned())?;
    Ok(TaxRule::new("VAT", rate)?.on(base))
}

/// Our figure and theirs, as text; `None` for a name that is not known.
pub(super) fn figure(
    name: &str,
    given: Given<'_>,
    expected: Given<'_>,
    ours: &Totals,
) -> Result<Option<(String, String)>> {
    let lines = |of: &dyn Fn(&billing::TaxedLine) -> Result<Money>| {
        let minors = ours.lines.iter().map(|it| of(it).map(Money::minor));
        minors.collect::<Result<Vec<i64>>>()
    };
    let decimals = u32::from(ours.currency().exponent());
    Ok(Some(match name {
        "tax" | "tax_total" | "invoice_tax" => tax(given, ours)?,
        // Where taxes are listed by rate, the total is that of the taxes.
        "total" if expected.has("per_rate") => money(given, ours.tax_total)?,
        "total" => money(given, ours.tax_inclusive)?,
        "sum_line_net" | "net" | "sub_total" | "subtotal" => money(given, ours.sum_line_net)?,
        "coupon" | "discount" => money(given, ours.discount)?,
        "taxes" if given.0.is_array() => listed(&lines(&|it| Ok(it.tax()?))?, given, decimals)?,
        "taxes" => money(given, ours.tax_total)?,
        "fee_taxes" | "line_taxes" => listed(&lines(&|it| Ok(it.tax()?))?, given, decimals)?,
        "fee_taxes_sum" | "sum_of_fee_taxes" | "sum_fee_taxes" => {
            let shown = lines(&|it| Ok(it.tax()?))?.iter().sum();
            money(given, Money::from_minor(shown, ours.currency()))?
        }
        "coupon_shares" | "shares" => listed(&lines(&|it| Ok(it.discount))?, given, decimals)?,
        "nets" | "taxable" => listed(&lines(&|it| Ok(it.net))?, given, decimals)?,
        "per_rate" => per_rate(given, ours)?,
        "groups" => (ours.taxes.len().to_string(), given.as_whole()?.to_string()),
        "effective_rate" => effective_rate(given, ours)?,
        "stacked" => {
            let bases: Vec<_> = ours.taxes.iter().map(|it| it.taxable).collect();
            let several = bases.len() > 1;
            let stacked = several && bases.windows(2).all(|it| it[1].minor() > it[0].minor());
            (stacked.to_string(), given.0.to_string())
        }
        _ => return Ok(None),
    }))
}

fn money(given: Given<'_>, ours: Money) -> Result<(String, String)> {
    let minor = given.as_minor(u32::from(ours.currency().exponent()))?;
    Ok((ours.minor().to_string(), minor.to_string()))
}

/// The tax; where it is given finer than it can be paid, before it was rounded.
fn tax(given: Given<'_>, ours: &Totals) -> Result<(String, String)> {
    let decimals = u32::from(ours.currency().exponent());
    if given.as_minor(decimals).is_ok() {
        return money(given, ours.tax_total);
    }
    let precise = ours
        .taxes
        .iter()
        .try_fold(Ratio::ZERO, |sum, it| sum.checked_add(it.precise));
    let major = precise.and_then(|it| it.checked_div(Ratio::whole(10_i64.pow(decimals))));
    Ok((
        major.context("too large")?.to_string(),
        given.as_ratio()?.to_string(),
    ))
}

fn listed(ours: &[i64], given: Given<'_>, decimals: u32) -> Result<(String, String)> {
    let theirs = given
        .elements()?
        .into_iter()
        .map(|it| it.as_minor(decimals));
    let theirs: Vec<i64> = theirs.collect::<Result<_>>()?;
    Ok((format!("{ours:?}"), format!("{theirs:?}")))
}

fn per_rate(given: Given<'_>, ours: &Totals) -> Result<(String, String)> {
    let own = ours
        .taxes
        .iter()
        .map(|it| (it.rule.rate(), it.taxable.minor(), it.tax.minor()));
    let mut own: Vec<(Ratio, i64, i64)> = own.collect();
    let decimals = u32::from(ours.currency().exponent());
    let theirs = given.elements()?.into_iter().map(|it| {
        super::only(it, &["base", "rate", "tax"])?;
        let base = it.minor("base", decimals)?;
        Ok((it.ratio("rate")?, base, it.minor("tax", decimals)?))
    });
    let mut theirs: Vec<(Ratio, i64, i64)> = theirs.collect::<Result<_>>()?;
    own.sort();
    theirs.sort();
    Ok((format!("{own:?}"), format!("{theirs:?}")))
}

/// A percentage, to as many decimals as are given.
fn effective_rate(given: Given<'_>, ours: &Totals) -> Result<(String, String)> {
    let text = given.as_text()?.trim_end_matches('%');
    let decimals = text.split_once('.').map_or(0, |(_, it)| it.len());
    let step = Ratio::new(
        1,
        10_i128
            .checked_pow(u32::try_from(decimals)?)
            .context("too many decimals")?,
    );
    let percent = ours
        .effective_rate()
        .and_then(|it| it.checked_mul(Ratio::whole(100)));
    let shown = percent
        .zip(step)
        .and_then(|(it, step)| it.round_to(step, billing::Rounding::default()));
    let theirs: Ratio = text.parse()?;
    Ok((shown.context("too large")?.to_string(), theirs.to_string()))
}
