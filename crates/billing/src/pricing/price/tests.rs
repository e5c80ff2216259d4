//! Documents keep their identities, whatever is priced.

use kernel::{Currency, Money};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};

use super::{PriceError, PriceTerms, Priced, TaxRounding, Taxable, line_amount, price};
use crate::pricing::cash::CashRounding;
use crate::pricing::discount::Discount;
use crate::pricing::identities::{Identity, check_totals};
use crate::pricing::tax::{TaxBase, TaxCategory, TaxRule};
use crate::pricing::totals::Totals;
use crate::ratio::Ratio;
use crate::rounding::InvoiceScale;

fn kes() -> Currency {
    "KES".parse().unwrap()
}

fn terms() -> PriceTerms {
    PriceTerms::of(kes(), InvoiceScale::new(2, kes()).unwrap())
}

fn money(minor: i64) -> Money {
    Money::from_minor(minor, kes())
}

fn tax(name: &str, rate: &str) -> TaxRule {
    TaxRule::new(name, rate.parse().unwrap()).unwrap()
}

fn priced(lines: &[(i64, &[TaxRule])], terms: PriceTerms) -> Result<Totals, PriceError> {
    let lines: Vec<Taxable<'_>> = lines
        .iter()
        .map(|(minor, taxes)| Taxable {
            amount: money(*minor),
            taxes,
        })
        .collect();
    price(
        Priced {
            lines: &lines,
            ..Priced::default()
        },
        terms,
    )
}

#[test]
fn excise_then_vat_on_top() {
    let rules = [
        tax("excise", "15%"),
        tax("VAT", "16%").on(TaxBase::NetAndEarlier),
    ];
    let totals = priced(&[(1000, &rules), (333, &rules)], terms()).unwrap();
    let taxes: Vec<_> = totals
        .taxes
        .iter()
        .map(|it| (it.taxable.minor(), it.tax.minor()))
        .collect();
    assert_eq!(taxes, [(1333, 200), (1533, 245)]);
    assert_eq!(totals.payable, money(1778));
}

#[test]
fn the_advertised_price_is_what_is_paid() {
    let inclusive = PriceTerms {
        inclusive: true,
        ..terms()
    };
    let rules = [tax("CGST", "9%"), tax("SGST", "9%")];
    let totals = priced(&[(49_900, &rules), (101, &rules)], inclusive).unwrap();
    assert_eq!(totals.payable, money(50_001));
    assert_eq!(totals.sum_line_net, money(42_374));
    for line in &totals.lines {
        assert_eq!(line.total().unwrap(), line.amount);
    }
    let taxes: Vec<_> = totals.taxes.iter().map(|it| it.tax.minor()).collect();
    assert_eq!(taxes, [3814, 3813]);
}

#[test]
fn a_tax_inside_of_its_own_base() {
    let rules = [tax("ICMS", "18%").on(TaxBase::Gross)];
    let totals = priced(&[(8200, &rules)], terms()).unwrap();
    assert_eq!(
        (totals.tax_total, totals.payable),
        (money(1800), money(10_000))
    );
}

#[test]
fn coins_are_a_line_of_their_own() {
    let coins = PriceTerms {
        cash: CashRounding::ToCoin(100),
        ..terms()
    };
    let totals = priced(&[(1049, &[tax("VAT", "16%")])], coins).unwrap();
    assert_eq!(totals.tax_inclusive, money(1217));
    assert_eq!((totals.rounding, totals.payable), (money(-17), money(1200)));
    assert_eq!(check_totals(&totals.stated()), Ok(()));
}

#[test]
fn what_cannot_be_priced_is_named() {
    let vat = [tax("VAT", "16%")];
    let whole = PriceTerms::of(kes(), InvoiceScale::new(0, kes()).unwrap());
    let off = PriceError::OffScale {
        amount: money(150),
        step: 100,
    };
    assert_eq!(priced(&[(150, &vat)], whole), Err(off));
    let twice = [tax("VAT", "16%"), tax("VAT", "16%")];
    let name = "VAT".to_owned();
    assert_eq!(
        priced(&[(1, &twice)], terms()),
        Err(PriceError::TaxTwice { name })
    );
    let (a, b) = (tax("A", "1%"), tax("B", "2%"));
    let turned = priced(&[(1, &[a.clone(), b.clone()]), (1, &[b, a])], terms());
    assert!(matches!(turned, Err(PriceError::TaxOrder { .. })));
    let all = [tax("X", "100%").on(TaxBase::Gross)];
    let name = "X".to_owned();
    assert_eq!(
        priced(&[(1, &all)], terms()),
        Err(PriceError::NothingLeft { name })
    );
    let cash = CashRounding::ToCoin(0);
    let coin = priced(&[(1, &vat)], PriceTerms { cash, ..terms() });
    assert_eq!(coin, Err(PriceError::Coin { coin: 0 }));
    let (quantity, per) = (Ratio::whole(-1), Ratio::ONE);
    let refused = line_amount(Ratio::ONE, quantity, per, terms());
    assert_eq!(refused, Err(PriceError::Quantity { quantity, per }));
    let huge = priced(&[(i64::MAX, &vat), (i64::MAX, &vat)], terms());
    assert!(huge.is_err());
}

fn lists() -> Vec<Vec<TaxRule>> {
    let exempt = TaxRule::of_category("VAT", TaxCategory::Exempt, Ratio::ZERO).unwrap();
    let excise = tax("excise", "15%");
    vec![
        vec![],
        vec![exempt],
        vec![tax("VAT", "16%")],
        vec![tax("VAT", "7.25%")],
        vec![excise, tax("VAT", "16%").on(TaxBase::NetAndEarlier)],
        vec![
            tax("VAT", "12%")
                .with_factor("11/12".parse().unwrap())
                .unwrap(),
        ],
    ]
}

fn any_lines() -> impl Strategy<Value = Vec<(i64, usize)>> {
    vec((-50_000_i64..500_000, 0_usize..6), 1..12)
}

fn picked<'a>(lists: &'a [Vec<TaxRule>], lines: &[(i64, usize)]) -> Vec<Taxable<'a>> {
    let of = |(minor, list): &(i64, usize)| Taxable {
        amount: money(*minor),
        taxes: lists.get(*list).unwrap(),
    };
    lines.iter().map(of).collect()
}

proptest! {
    /// Invariant 24, for all that a document can consist of.
    #[test]
    fn the_identities_hold(lines in any_lines(), less in 0_i64..900, more in 0_i64..900, percent in 0_i64..100, coin in any::<bool>()) {
        let lists = lists();
        let lines = picked(&lists, &lines);
        let discount = [Discount::percent(Ratio::percent(percent, 0).unwrap()).unwrap()];
        let document = Priced {
            lines: &lines,
            discounts: &discount,
            allowances: &picked(&lists, &[(less, 2)]),
            charges: &picked(&lists, &[(more, 3)]),
            prepaid: Some(money(50)),
        };
        let cash = if coin { CashRounding::ToCoin(500) } else { CashRounding::None };
        let totals = price(document, PriceTerms { cash, ..terms() }).unwrap();
        // A factor is not in the standard: only its own group is out of the breakdown's reach.
        let mut stated = totals.stated();
        for total in &mut stated.taxes {
            total.breakdown.retain(|it| it.rate != Some("12%".parse().unwrap()));
        }
        let broken = check_totals(&stated).err().unwrap_or_default();
        let broken: Vec<_> = broken
            .into_iter()
            .filter(|it| !matches!(it.rule, Identity::TaxSum | Identity::StandardBase))
            .collect();
        prop_assert_eq!(broken, vec![]);
        for (index, group) in totals.taxes.iter().enumerate() {
            let parts = totals.entries().flat_map(|it| &it.taxes).filter(|it| it.group == index);
            let parts: i64 = parts.map(|it| it.amount.minor()).sum();
            prop_assert_eq!(parts, group.tax.minor(), "line taxes sum to the tax");
        }
    }

    /// Invariant 4: a document of everything taken back mirrors the first.
    #[test]
    fn a_credit_of_the_whole_mirrors_it(lines in any_lines(), inclusive in any::<bool>(), mode in 0_usize..3) {
        let lists = lists();
        let tax_rounding = [TaxRounding::PerRate, TaxRounding::PerLine, TaxRounding::Document][mode];
        let terms = PriceTerms { inclusive, tax_rounding, ..terms() };
        let turned: Vec<_> = lines.iter().map(|(minor, list)| (-minor, *list)).collect();
        let of = |lines: &[(i64, usize)]| price(Priced { lines: &picked(&lists, lines), ..Priced::default() }, terms).unwrap();
        let (there, back) = (of(&lines), of(&turned));
        prop_assert_eq!(there.payable.minor(), -back.payable.minor());
        for (line, mirror) in there.lines.iter().zip(&back.lines) {
            prop_assert_eq!(line.tax().unwrap().minor(), -mirror.tax().unwrap().minor());
        }
    }

    /// Whatever does not fit is an error, never a wrong figure or a panic.
    #[test]
    fn the_largest_amounts_are_priced_or_refused(lines in vec((any::<i64>(), 0_usize..6), 1..5), off in any::<i64>(), inclusive in any::<bool>()) {
        let lists = lists();
        let lines = picked(&lists, &lines);
        let discounts: Vec<_> = Discount::fixed(money(off)).into_iter().collect();
        let document = Priced { lines: &lines, discounts: &discounts, ..Priced::default() };
        if let Ok(totals) = price(document, PriceTerms { inclusive, ..terms() }) {
            let due = totals.tax_exclusive.checked_add(totals.tax_total);
            prop_assert_eq!(due, Ok(totals.payable));
        }
    }

    /// Tax-inclusive prices: net and taxes of each line are the price.
    #[test]
    fn inclusive_prices_are_kept(lines in any_lines()) {
        let lists = lists();
        let terms = PriceTerms { inclusive: true, ..terms() };
        let totals = price(Priced { lines: &picked(&lists, &lines), ..Priced::default() }, terms).unwrap();
        for line in &totals.lines {
            prop_assert_eq!(line.total().unwrap(), line.amount);
        }
        let listed: i64 = lines.iter().map(|it| it.0).sum();
        prop_assert_eq!(totals.payable.minor(), listed);
        for (index, group) in totals.taxes.iter().enumerate() {
            let parts = totals.lines.iter().flat_map(|it| &it.taxes).filter(|it| it.group == index);
            let parts: i64 = parts.map(|it| it.amount.minor()).sum();
            prop_assert_eq!(parts, group.tax.minor());
        }
    }
}
