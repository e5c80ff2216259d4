//! Any invoice that billing can price.

use billing::{
    CashRounding, ChargeKind, Discount, InvoiceScale, InvoiceSnapshot, InvoiceView, Line, Period,
    PriceTerms, Priced, TaxBase, TaxCategory, TaxRule, Taxable, Totals, price,
};
use documents::Document;
use kernel::testing::CountingIds;
use kernel::{Currency, Ids, LocalDate, Money};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use crate::sample;

/// Where it is issued: the currency, its digits on documents, the taxes in use there, and what coins there are.
#[derive(Debug, Clone, Copy)]
struct Custom {
    currency: &'static str,
    digits: u8,
    taxes: fn() -> Vec<Vec<TaxRule>>,
    coin: i64,
}

fn rule(name: &str, rate: &str) -> TaxRule {
    TaxRule::new(name, rate.parse().unwrap()).unwrap()
}

fn free(category: TaxCategory) -> Vec<TaxRule> {
    let none = "0".parse().unwrap();
    vec![TaxRule::of_category("none", category, none).unwrap()]
}

const CUSTOMS: [Custom; 6] = [
    Custom {
        currency: "KES",
        digits: 2,
        taxes: || {
            let excise = rule("Excise", "15%");
            let on_top = rule("VAT", "16%").on(TaxBase::NetAndEarlier);
            vec![vec![excise, on_top], free(TaxCategory::Exempt)]
        },
        coin: 100,
    },
    Custom {
        currency: "IDR",
        digits: 0,
        taxes: || {
            let part = "11/12".parse().unwrap();
            vec![vec![rule("PPN", "12%").with_factor(part).unwrap()]]
        },
        coin: 10_000,
    },
    Custom {
        currency: "INR",
        digits: 2,
        taxes: || {
            let gst = |rate| vec![rule("CGST", rate), rule("SGST", rate)];
            vec![gst("9%"), gst("2.5%"), free(TaxCategory::OutOfScope)]
        },
        coin: 100,
    },
    Custom {
        currency: "BRL",
        digits: 2,
        taxes: || vec![vec![rule("ICMS", "18%").on(TaxBase::Gross)]],
        coin: 5,
    },
    Custom {
        currency: "UGX",
        digits: 0,
        taxes: || vec![vec![rule("VAT", "18%")], free(TaxCategory::ZeroRated)],
        coin: 50,
    },
    Custom {
        currency: "EUR",
        digits: 2,
        taxes: || vec![Vec::new()],
        coin: 5,
    },
];

/// Invoices from everywhere, with and without discounts, coins, and taxes in the price.
pub(crate) fn invoices() -> impl Strategy<Value = Document> {
    // A listed amount, its units, which of the taxes it bears, and whether it takes something back.
    let item = (1_i64..900_000, 1_u32..5, any::<usize>(), any::<bool>());
    let items = vec(item, 1..9);
    let custom = (0..CUSTOMS.len()).prop_map(|it| CUSTOMS[it]);
    let percent = prop_oneof![Just(None), (1_i64..=100).prop_map(Some)];
    let facts = (custom, items, percent, any::<bool>(), any::<bool>());
    facts.prop_map(|(custom, items, percent, inclusive, coins)| {
        let currency: Currency = custom.currency.parse().unwrap();
        let scale = InvoiceScale::new(custom.digits, currency).unwrap();
        let mut terms = PriceTerms::of(currency, scale);
        terms.inclusive = inclusive;
        if coins {
            terms.cash = CashRounding::ToCoin(custom.coin);
        }
        let taxes = (custom.taxes)();
        let step = scale.step(currency);
        let mut lines = Vec::new();
        let mut rules = Vec::new();
        for (place, (amount, quantity, tax, back)) in items.into_iter().enumerate() {
            let amount = amount * step;
            // What is taken back was charged before: no more than half of the line before it.
            let sign = if back && place % 2 == 1 { -1 } else { 1 };
            let amount = if sign < 0 {
                -(amount.min(previous(&lines) / 2))
            } else {
                amount
            };
            let amount = amount - amount % step;
            lines.push(line(place, Money::from_minor(amount, currency), quantity));
            rules.push(taxes[tax % taxes.len()].clone());
        }
        let discounts =
            percent.map(|it| Discount::percent(format!("{it}%").parse().unwrap()).unwrap());
        let totals = totals(&lines, &rules, discounts.as_slice(), terms);
        document(lines, totals)
    })
}

fn previous(lines: &[Line]) -> i64 {
    lines.last().map_or(0, |it| it.amount.minor().max(0))
}

fn totals(
    lines: &[Line],
    rules: &[Vec<TaxRule>],
    discounts: &[Discount],
    terms: PriceTerms,
) -> Totals {
    let each = lines.iter().zip(rules);
    let each: Vec<_> = each
        .map(|(it, taxes)| Taxable {
            amount: it.amount,
            taxes,
        })
        .collect();
    let document = Priced {
        lines: &each,
        discounts,
        ..Priced::default()
    };
    price(document, terms).unwrap()
}

fn line(place: usize, amount: Money, quantity: u32) -> Line {
    let start = LocalDate::from_ymd_opt(2026, 1, 31).unwrap();
    let end = LocalDate::from_ymd_opt(2026, 2, 28).unwrap();
    let period = Period { start, end };
    let ids = CountingIds::from(u64::try_from(place).unwrap() + 1);
    let ids: &dyn Ids = &ids;
    Line {
        subscription: ids.next(),
        component: 0,
        kind: ChargeKind::Recurring,
        plan: ids.next(),
        quantity,
        period,
        cycle: period,
        price: amount,
        amount,
        repairs: None,
    }
}

fn document(lines: Vec<Line>, totals: Totals) -> Document {
    let ids = CountingIds::from(1_000);
    let ids: &dyn Ids = &ids;
    let none = Money::zero(totals.currency());
    let day = |text: &str| text.parse().unwrap();
    let view = InvoiceView::of(InvoiceSnapshot {
        id: ids.next(),
        account: ids.next(),
        entity: ids.next(),
        series: "INV".to_owned(),
        number: 7,
        fees: Vec::new(),
        lines,
        total: totals.payable,
        figures: Some(Box::new(totals)),
        issued_on: day("2026-02-01"),
        due_on: day("2026-02-08"),
        allocated: none,
        credited: none,
        written_off: none,
        voided: None,
        version: 1,
    });
    let view = view.unwrap();
    let frame = sample::frame(&sample::COUNTRIES[0], &view);
    Document::of_invoice(&view, frame)
}
