//! Pages for browsers.

use documents::{Document, Width};
use roxmltree::Document as Xml;

use crate::sample::{COUNTRIES, document};

/// The text of a page, and proof that its elements are closed in order.
fn text(page: &str) -> String {
    let body = page.split_once("<body").unwrap().1;
    let body = format!("<body{}", body.replace("</html>", ""));
    let xml = Xml::parse(&body).unwrap_or_else(|err| panic!("{err}: {body}"));
    let texts = xml.descendants().filter(|it| it.is_text());
    texts
        .filter_map(|it| it.text())
        .collect::<Vec<_>>()
        .join("|")
}

#[test]
fn every_language_has_its_words_amounts_and_dates() {
    for (country, words) in COUNTRIES.iter().zip([
        [
            "Invoice",
            "KES\u{a0}",
            "1\u{a0}Nov\u{a0}2026",
            "Amount due",
            "VAT 16% on ",
        ],
        [
            "Faktur",
            "Rp\u{a0}",
            "15\u{a0}Nov\u{a0}2026",
            "Sisa tagihan",
            "PPN 11% dari ",
        ],
        [
            "Factura",
            "\u{a0}PEN",
            "1\u{a0}nov\u{a0}2026",
            "Saldo pendiente",
            "IGV 18\u{a0}% sobre ",
        ],
        [
            "Fatura",
            "R$\u{a0}",
            "1\u{a0}de\u{a0}nov.\u{a0}de\u{a0}2026",
            "Valor em aberto",
            "ICMS 18% sobre ",
        ],
        [
            "Ankara",
            "TSh\u{a0}",
            "30\u{a0}Nov\u{a0}2026",
            "Kiasi kinachodaiwa",
            "VAT 18% ya ",
        ],
        [
            "बीजक",
            "₹",
            "15\u{a0}नव॰\u{a0}2026",
            "देय राशि",
            "CGST 9% पर ",
        ],
    ]) {
        let page = text(&document(country).html(Width::A4));
        for word in words {
            assert!(
                page.contains(word),
                "{}: no {word} in {page}",
                country.locale
            );
        }
    }
}

#[test]
fn what_customers_are_called_is_never_markup() {
    let page = document(&COUNTRIES[0]).html(Width::A4);
    assert!(page.contains("Achieng &amp; Sons &lt;Hardware&gt;"));
    assert!(!page.contains("<Hardware>"));
    assert!(!page.contains("<script"));
}

#[test]
fn a_page_fetches_nothing() {
    for width in [Width::A4, Width::Roll58, Width::Roll80] {
        let page = document(&COUNTRIES[0]).html(width);
        let sources = page.matches("src=").count() + page.matches("href=").count();
        assert_eq!(
            sources,
            page.matches("src=\"data:image/png;base64,").count()
        );
        assert!(!page.contains("url(") && !page.contains("@import"));
    }
}

#[test]
fn a_roll_is_as_wide_as_its_paper() {
    for (width, paper) in [
        (Width::A4, "size: A4"),
        (Width::Roll58, "size: 58mm auto"),
        (Width::Roll80, "size: 80mm auto"),
    ] {
        assert!(document(&COUNTRIES[4]).html(width).contains(paper));
    }
}

#[test]
fn nobody_is_sent_to_pay_what_is_paid_or_void() {
    let shown = |change: fn(&mut Document)| {
        let mut it = document(&COUNTRIES[0]);
        change(&mut it);
        let page = it.html(Width::A4);
        let stamp = ["PAID", "VOID"].into_iter().find(|it| page.contains(it));
        (page.contains("<svg"), stamp)
    };
    assert_eq!(shown(|_| ()), (true, None));
    let paid = shown(|it| {
        let standing = it.standing.as_mut().unwrap();
        standing.due = kernel::Money::zero(standing.due.currency());
    });
    assert_eq!(paid, (false, Some("PAID")));
    let void = shown(|it| it.standing.as_mut().unwrap().voided_on = Some(it.issued_on));
    assert_eq!(void, (false, Some("VOID")));
}
