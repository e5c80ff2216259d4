//! `documents`: a hundred invoices as PDF, as pages and as UBL, in all six languages.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use billing::TaxCategory;
use documents::{Document, Kind, Line, Paper, Party, Standing, Sums, Tax, Vat, Width};
use kernel::{Currency, LocalDate, Locale, Money};

use super::Extent;
use super::report::{Figure, Report};

/// Invoices in one round; a smoke run has fewer.
const INVOICES: u32 = 100;

/// Lines of each.
const LINES: u32 = 5;

/// Measures the three forms of a hundred invoices one after the other on one thread.
///
/// # Errors
/// When one of them cannot be made, or is not what was asked for.
pub fn documents(extent: Extent) -> Result<Report> {
    let count = extent.pick(INVOICES, 6);
    let invoices = (0..count).map(invoice).collect::<Result<Vec<_>>>()?;
    let mut rounds: [Vec<f64>; 3] = Default::default();
    for _ in 0..extent.rounds {
        let times = [
            millis(&invoices, |it| Ok(it.pdf()?.starts_with(b"%PDF")))?,
            millis(&invoices, |it| Ok(it.html(Width::A4).contains("<svg")))?,
            millis(&invoices, |it| Ok(it.ubl()?.contains("PayableAmount")))?,
        ];
        for (round, time) in rounds.iter_mut().zip(times) {
            round.push(time);
        }
    }
    let [pdf, html, ubl] = rounds;
    let what = format!("{count} invoices of {LINES} lines in six languages, one after the other");
    let figure = |id, rounds| Figure::alone(id, "ms", rounds).note(what.clone());
    Ok(Report {
        bench: "documents",
        figures: vec![
            figure("documents/pdf-100", pdf),
            figure("documents/html-100", html),
            figure("documents/ubl-100", ubl),
        ],
    })
}

fn millis(invoices: &[Document], make: impl Fn(&Document) -> Result<bool>) -> Result<f64> {
    let begun = Instant::now();
    for it in invoices {
        ensure!(
            black_box(make(black_box(it))?),
            "{} came out empty",
            it.number
        );
    }
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

fn invoice(number: u32) -> Result<Document> {
    let currency: Currency = "INR".parse()?;
    let money = |minor: i64| Money::from_minor(minor, currency);
    let day: LocalDate = "2026-11-01".parse()?;
    let places = [
        Locale::En,
        Locale::Id,
        Locale::Es,
        Locale::Pt,
        Locale::Sw,
        Locale::Hi,
    ];
    let locale = places[usize::try_from(number)? % places.len()];
    let each = i64::from(100_000 + number);
    let (net, tax) = (each * i64::from(LINES), each * i64::from(LINES) / 5);
    let rate = "20%".parse()?;
    let line = |place: u32| Line {
        text: format!("असीमित Fibre {} Mbit/s", 10 * (place + 1)),
        days: Some((day, day)),
        quantity: 1,
        amount: money(each),
        discount: money(0),
        net: money(each),
        tax: money(each / 5 + i64::from(place == 0) * (tax - i64::from(LINES) * (each / 5))),
        vat: Vat {
            category: TaxCategory::Standard,
            rate,
        },
    };
    let sums = Sums {
        discount: money(0),
        net: money(net),
        tax: money(tax),
        prepaid: money(0),
        rounding: money(0),
        total: money(net + tax),
    };
    Ok(Document {
        kind: Kind::Invoice,
        number: format!("INV-{number:06}"),
        issued_on: day,
        due_on: Some(day),
        corrects: None,
        reason: None,
        seller: party("ग्रामीण ब्रॉडबैंड", Some("IN23AABCU9603R1ZM")),
        buyer: party("José Gonçalves & Sons", None),
        lines: (0..LINES).map(line).collect(),
        extras: Vec::new(),
        taxes: vec![Tax {
            name: "GST".to_owned(),
            rate,
            taxable: money(net),
            tax: money(tax),
        }],
        sums,
        standing: Some(Standing {
            paid: money(0),
            credited: money(0),
            written_off: money(0),
            due: money(net + tax),
            voided_on: None,
        }),
        paper: Paper {
            locale,
            digits: 2,
            pay_link: Some(format!("https://pay.example.net/inv/INV-{number:06}")),
            note: Some("यूपीआई: isp@okbank. Thank you.".to_owned()),
            logo: None,
        },
    })
}

fn party(name: &str, tax_id: Option<&str>) -> Party {
    Party {
        name: name.to_owned(),
        address: vec!["12 Station Road".to_owned(), "Indore 452001".to_owned()],
        country: Some("IN".to_owned()),
        tax_id: tax_id.map(str::to_owned),
        phone: Some("+917312345678".to_owned()),
        email: Some("billing@example.net".to_owned()),
    }
}
