//! Amounts and dates, language by language.

use kernel::{LocalDate, Locale, Money};

use super::{Hand, exact, percent};

fn money(minor: i64, currency: &str) -> Money {
    Money::from_minor(minor, currency.parse().unwrap())
}

#[test]
fn each_language_groups_and_places_the_currency_in_its_way() {
    for (locale, digits, minor, currency, written) in [
        (Locale::En, 2, 123_456_789, "KES", "KES\u{a0}1,234,567.89"),
        (Locale::Id, 0, 1_500_000_000, "IDR", "Rp\u{a0}15.000.000"),
        (Locale::Id, 0, 1_500_050, "IDR", "Rp\u{a0}15.000,5"),
        (Locale::Es, 2, 123_450, "PEN", "1234,50\u{a0}PEN"),
        (Locale::Es, 2, 1_234_500, "PEN", "12.345,00\u{a0}PEN"),
        (Locale::Pt, 2, -123_450, "BRL", "-R$\u{a0}1.234,50"),
        (Locale::Sw, 2, 250_000, "KES", "Ksh\u{a0}2,500.00"),
        (Locale::Sw, 0, 250_000, "UGX", "UGX\u{a0}250,000"),
        (Locale::Hi, 2, 1_234_567_890, "INR", "₹1,23,45,678.90"),
        (Locale::Hi, 2, 99_900, "INR", "₹999.00"),
        (Locale::En, 3, 1_234, "KWD", "KWD\u{a0}1.234"),
        (Locale::En, 2, -5, "KES", "-KES\u{a0}0.05"),
    ] {
        let hand = Hand::new(locale, digits);
        assert_eq!(hand.money(money(minor, currency)), written, "{locale}");
    }
}

#[test]
fn each_language_names_the_months() {
    let day = LocalDate::from_ymd_opt(2026, 8, 5).unwrap();
    for (locale, written) in [
        (Locale::En, "5 Aug 2026"),
        (Locale::Id, "5 Agu 2026"),
        (Locale::Es, "5 ago 2026"),
        (Locale::Pt, "5 de ago. de 2026"),
        (Locale::Sw, "5 Ago 2026"),
        (Locale::Hi, "5 अग॰ 2026"),
    ] {
        let date = Hand::new(locale, 2).date(day).replace('\u{a0}', " ");
        assert_eq!(date, written);
    }
}

#[test]
fn rates_keep_their_decimals() {
    for (rate, english, spanish) in [
        ("16%", "16%", "16\u{a0}%"),
        ("9.5%", "9.5%", "9,5\u{a0}%"),
        ("1/3", "33.333333%", "33,333333\u{a0}%"),
        ("0", "0%", "0\u{a0}%"),
    ] {
        let rate = rate.parse().unwrap();
        assert_eq!(Hand::new(Locale::En, 2).rate(rate), english);
        assert_eq!(Hand::new(Locale::Es, 2).rate(rate), spanish);
    }
    assert_eq!(percent("11/100".parse().unwrap()), "11");
}

#[test]
fn machines_read_all_decimals_of_the_currency() {
    assert_eq!(exact(money(-1, "KES")), "-0.01");
    assert_eq!(exact(money(1_500_000, "IDR")), "15000.00");
    assert_eq!(exact(money(7, "UGX")), "7");
    assert_eq!(exact(money(i64::MIN, "KWD")), "-9223372036854775.808");
}
