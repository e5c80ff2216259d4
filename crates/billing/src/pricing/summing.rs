//! From what every line bears to the totals of the document.

use kernel::{Currency, Money, MoneyError};

use super::cash::{CashRounding, cash_rounding};
use super::discount::Discounted;
use super::price::{PriceError, PriceTerms, Priced};
use super::taxing::{Borne, Group};
use super::totals::{LineTax, TaxGroup, TaxedLine, Totals};

/// Everything that bears taxes, with them.
struct Taxed {
    lines: Vec<TaxedLine>,
    allowances: Vec<TaxedLine>,
    charges: Vec<TaxedLine>,
}

impl Taxed {
    fn of(
        document: Priced<'_>,
        discounted: Option<&Discounted>,
        borne: &[Borne],
    ) -> Result<Self, PriceError> {
        let shares = discounted.map_or(&[][..], |it| &it.shares);
        let mut borne = borne.iter();
        let mut next = |amount: Money, discount: Option<Money>| {
            let own = borne.next().ok_or(PriceError::Overflow)?;
            Ok::<_, PriceError>(taxed(amount, discount, own))
        };
        let lines = document.lines.iter().enumerate();
        let lines = lines.map(|(index, it)| next(it.amount, shares.get(index).copied()));
        let lines = lines.collect::<Result<_, _>>()?;
        let allowances = document.allowances.iter();
        let allowances = allowances.map(|it| next(it.amount.checked_neg()?, None));
        let allowances = allowances.collect::<Result<_, _>>()?;
        let charges = document.charges.iter().map(|it| next(it.amount, None));
        Ok(Self {
            lines,
            allowances,
            charges: charges.collect::<Result<_, _>>()?,
        })
    }
}

fn taxed(amount: Money, discount: Option<Money>, borne: &Borne) -> TaxedLine {
    let money = |minor: i64| Money::from_minor(minor, amount.currency());
    let taxes = borne.taxes.iter().map(|(group, base, tax)| LineTax {
        group: *group,
        base: *base,
        amount: money(*tax),
    });
    TaxedLine {
        amount,
        discount: discount.unwrap_or_else(|| money(0)),
        net: money(borne.net),
        taxes: taxes.collect(),
    }
}

/// The totals, BT-106 to BT-115.
pub(super) fn sum_up(
    document: Priced<'_>,
    terms: PriceTerms,
    discounted: Option<&Discounted>,
    (borne, groups): (&[Borne], &[Group<'_>]),
) -> Result<Totals, PriceError> {
    let currency = terms.currency;
    let zero = Money::zero(currency);
    let taxed = Taxed::of(document, discounted, borne)?;
    let sum_line_net = net_of(&taxed.lines, currency)?;
    let allowance_total = net_of(&taxed.allowances, currency)?.checked_neg()?;
    let charge_total = net_of(&taxed.charges, currency)?;
    let less = sum_line_net.checked_sub(allowance_total)?;
    let tax_exclusive = less.checked_add(charge_total)?;
    let taxes = printed(groups, terms)?;
    let tax_total = Money::sum(currency, taxes.iter().map(|it| it.tax))?;
    let tax_inclusive = tax_exclusive.checked_add(tax_total)?;
    let prepaid = document.prepaid.unwrap_or(zero);
    let due = tax_inclusive.checked_sub(prepaid)?;
    let rounding = match terms.cash {
        CashRounding::None => zero,
        CashRounding::By(amount) => amount,
        CashRounding::ToCoin(coin) if coin <= 0 => return Err(PriceError::Coin { coin }),
        CashRounding::ToCoin(coin) => {
            cash_rounding(due, coin, terms.rounding).ok_or(PriceError::Overflow)?
        }
    };
    Ok(Totals {
        inclusive: terms.inclusive,
        step: terms.scale.step(currency),
        lines: taxed.lines,
        allowances: taxed.allowances,
        charges: taxed.charges,
        taxes,
        discount: discounted.map_or(zero, |it| it.total),
        sum_line_net,
        allowance_total,
        charge_total,
        tax_exclusive,
        tax_total,
        tax_inclusive,
        prepaid,
        rounding,
        payable: due.checked_add(rounding)?,
    })
}

fn net_of(lines: &[TaxedLine], currency: Currency) -> Result<Money, MoneyError> {
    Money::sum(currency, lines.iter().map(|it| it.net))
}

fn printed(groups: &[Group<'_>], terms: PriceTerms) -> Result<Vec<TaxGroup>, PriceError> {
    let step = terms.scale.step(terms.currency);
    let print = |it: &Group<'_>| {
        let taxable = it.taxable.of(1, step, terms.rounding);
        let taxable = taxable.ok_or(PriceError::Overflow)?;
        Ok(TaxGroup {
            rule: it.rule.clone(),
            taxable: Money::from_minor(taxable, terms.currency),
            precise: it.precise,
            tax: Money::from_minor(it.tax, terms.currency),
        })
    };
    groups.iter().map(print).collect()
}
