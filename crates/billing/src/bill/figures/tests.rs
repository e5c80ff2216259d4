//! Invoices with taxes keep the identities of EN 16931 and balance in the books, whatever is on them.

use std::collections::BTreeMap;

use kernel::testing::CountingIds;
use kernel::{Ids, LocalDate, Money, PlanId};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{entries, figures};
use crate::entity::{EntityPricing, LegalEntity, NewEntity, TaxCode};
use crate::invoice::Line;
use crate::ledger::check_balanced;
use crate::overdue::DunningPolicy;
use crate::pricing::{DatedTaxes, Discount, TaxRounding, TaxRule, TaxTable, Totals, check_totals};
use crate::schedule::Period;
use crate::segment::ChargeKind;

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn entity(ids: &dyn Ids, pricing: EntityPricing) -> LegalEntity {
    let mut entity = LegalEntity::found(NewEntity {
        id: ids.next(),
        name: "Harbour Net".parse().unwrap(),
        currency: "KES".parse().unwrap(),
        zone: "Africa/Nairobi".parse().unwrap(),
        scale_digits: 2,
        series: "INV".to_owned(),
        terms_days: 7,
        dunning: DunningPolicy::STANDARD,
    })
    .unwrap();
    entity.price_with(pricing).unwrap();
    entity
}

fn table(rates: &[&str]) -> TaxTable {
    let rule = |(place, rate): (usize, &&str)| {
        TaxRule::new(&format!("tax {place}"), rate.parse().unwrap()).unwrap()
    };
    let list = DatedTaxes {
        from: day("2026-01-01"),
        until: None,
        rules: rates.iter().enumerate().map(rule).collect(),
    };
    TaxTable::new(vec![list]).unwrap()
}

fn line(ids: &dyn Ids, plan: PlanId, minor: i64) -> Line {
    let amount = Money::from_minor(minor, "KES".parse().unwrap());
    let month = Period {
        start: day("2026-11-01"),
        end: day("2026-12-01"),
    };
    Line {
        subscription: ids.next(),
        component: 0,
        kind: ChargeKind::Recurring,
        plan,
        quantity: 1,
        period: month,
        cycle: month,
        price: amount,
        amount,
        repairs: None,
    }
}

fn kinds(ids: &dyn Ids) -> (BTreeMap<PlanId, TaxCode>, BTreeMap<TaxCode, TaxTable>) {
    let rates: [(&str, &[&str]); 4] = [
        ("standard", &["16%"]),
        ("split", &["9%", "8.75%"]),
        ("reduced", &["5%"]),
        ("exempt", &[]),
    ];
    let code = |it: &str| -> TaxCode { it.parse().unwrap() };
    let plans = rates.iter().map(|(it, _)| (ids.next(), code(it)));
    let tables = rates.iter().map(|(it, rates)| (code(it), table(rates)));
    (plans.collect(), tables.collect())
}

fn priced(
    amounts: &[(i64, usize)],
    discount: Option<u8>,
    pricing: impl FnOnce(EntityPricing) -> EntityPricing,
) -> (Option<Box<Totals>>, Money) {
    let ids: &dyn Ids = &CountingIds::from(1);
    let (codes, taxes) = kinds(ids);
    let usual = Some("standard".parse().unwrap());
    let plans: Vec<PlanId> = codes.keys().copied().collect();
    let entity = entity(
        ids,
        pricing(EntityPricing {
            usual,
            taxes,
            ..EntityPricing::PLAIN
        }),
    );
    let lines: Vec<Line> = amounts
        .iter()
        .map(|(minor, plan)| line(ids, plans[plan % plans.len()], *minor))
        .collect();
    let discount = discount.map(|it| {
        let percent = crate::ratio::Ratio::percent(i64::from(it % 101), 0).unwrap();
        Discount::percent(percent).unwrap()
    });
    let discounts: Vec<Discount> = discount.into_iter().collect();
    let figures = figures(
        &entity,
        &codes,
        &discounts,
        (&lines, &[]),
        day("2026-11-21"),
    )
    .unwrap();
    let listed = Money::sum(entity.currency(), lines.iter().map(|it| it.amount)).unwrap();
    (figures, listed)
}

proptest! {
    #[test]
    fn the_rules_of_en_16931_hold_for_prices_without_tax(
        amounts in vec((1_i64..10_000_000, any::<usize>()), 1..12),
        discount in any::<Option<u8>>(),
        coin in 1_i64..500,
    ) {
        let (figures, _) = priced(&amounts, discount, |it| EntityPricing { coin: Some(coin), ..it });
        let totals = figures.unwrap();
        // A split rate is two taxes on one base, which the standard does not know: its sums hold, its base is shown twice.
        let plain = totals.lines.iter().all(|it| it.taxes.len() == 1);
        if plain {
            prop_assert_eq!(check_totals(&totals.stated()), Ok(()));
        }
        prop_assert_eq!(totals.payable.minor() % coin, 0);
    }

    #[test]
    fn books_balance_and_shares_sum(
        amounts in vec((1_i64..10_000_000, any::<usize>()), 1..12),
        discount in any::<Option<u8>>(),
        inclusive in any::<bool>(),
        per_line in any::<bool>(),
    ) {
        let tax_rounding = if per_line { TaxRounding::PerLine } else { TaxRounding::PerRate };
        let (figures, listed) = priced(&amounts, discount, |it| EntityPricing { inclusive, tax_rounding, ..it });
        let totals = figures.unwrap();
        let sum = |of: &dyn Fn(&crate::pricing::TaxedLine) -> Money| {
            Money::sum(totals.currency(), totals.lines.iter().map(of)).unwrap()
        };
        prop_assert_eq!(sum(&|it| it.tax().unwrap()), totals.tax_total);
        prop_assert_eq!(sum(&|it| it.discount), totals.discount);
        if inclusive {
            prop_assert_eq!(totals.payable, listed.checked_sub(totals.discount).unwrap(), "the price is the truth");
        }
        if let Some(entries) = entries(Some(&totals), totals.payable).unwrap() {
            prop_assert!(check_balanced(&entries).is_ok());
        } else {
            prop_assert!(totals.payable.is_zero());
        }
    }
}

#[test]
fn an_entity_without_taxes_has_no_figures() {
    let ids: &dyn Ids = &CountingIds::from(1);
    let entity = entity(ids, EntityPricing::PLAIN);
    let line = line(ids, ids.next(), 300_000);
    let on = day("2026-11-21");
    let figures = figures(&entity, &BTreeMap::new(), &[], (&[line], &[]), on).unwrap();
    assert_eq!(figures, None);
}
