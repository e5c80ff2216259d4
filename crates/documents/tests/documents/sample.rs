//! An invoice with everything on it, in every language.

use std::collections::BTreeMap;

use billing::{
    ChargeKind, Discount, InvoiceScale, InvoiceSnapshot, InvoiceView, Line, Period, PriceTerms,
    Priced, TaxRule, Taxable, price,
};
use documents::{Document, Frame, Logo, Paper, Party};
use kernel::testing::CountingIds;
use kernel::{Ids, LocalDate, Locale, Money};

/// What differs from country to country.
pub(crate) struct Country {
    pub(crate) locale: Locale,
    pub(crate) currency: &'static str,
    pub(crate) digits: u8,
    pub(crate) seller: &'static str,
    pub(crate) address: [&'static str; 2],
    pub(crate) country: &'static str,
    pub(crate) tax_id: &'static str,
    pub(crate) buyer: &'static str,
    pub(crate) home: &'static str,
    pub(crate) plans: [&'static str; 2],
    pub(crate) taxes: &'static [(&'static str, &'static str)],
    pub(crate) note: &'static str,
}

pub(crate) const COUNTRIES: [Country; 6] = [
    Country {
        locale: Locale::En,
        currency: "KES",
        digits: 2,
        seller: "Savanna Networks Ltd",
        address: ["14 Moi Avenue", "00100 Nairobi"],
        country: "KE",
        tax_id: "KEP051234567X",
        buyer: "Achieng & Sons <Hardware>",
        home: "Kimathi Street 7\nNyeri",
        plans: ["Fibre 50 Mbit/s", "Static IP address"],
        taxes: &[("Excise", "15%"), ("VAT", "16%")],
        note: "Paybill 400200, account 1234. Thank you.",
    },
    Country {
        locale: Locale::Id,
        currency: "IDR",
        digits: 0,
        seller: "PT Jaringan Nusantara",
        address: ["Jl. Diponegoro No. 21", "Bandung 40115"],
        country: "ID",
        tax_id: "ID012345678901000",
        buyer: "Siti Rahayu",
        home: "Kp. Cibogo RT 03/RW 07\nLembang",
        plans: ["Rumah 20 Mbps", "Sewa perangkat"],
        taxes: &[("PPN", "11%")],
        note: "Transfer ke BCA 123 456 7890 a.n. PT Jaringan Nusantara.",
    },
    Country {
        locale: Locale::Es,
        currency: "PEN",
        digits: 2,
        seller: "Redes del Sur S.A.C.",
        address: ["Av. Arequipa 1234", "Lima 15046"],
        country: "PE",
        tax_id: "PE20123456789",
        buyer: "José Ñáñez Quispe",
        home: "Jirón Junín 55\nArequipa",
        plans: ["Internet Hogar 100 Mbps", "IP fija"],
        taxes: &[("IGV", "18%")],
        note: "Cuenta BCP 191-1234567-0-12.",
    },
    Country {
        locale: Locale::Pt,
        currency: "BRL",
        digits: 2,
        seller: "Conexão Interior Ltda.",
        address: ["Rua São João, 300", "13010-000 Campinas – SP"],
        country: "BR",
        tax_id: "BR12345678000195",
        buyer: "Antônia Gonçalves",
        home: "Travessa da Fé, 12\nValinhos",
        plans: ["Banda larga 200 Mega", "Locação de roteador"],
        taxes: &[("ICMS", "18%")],
        note: "Pix: financeiro@conexao.example",
    },
    Country {
        locale: Locale::Sw,
        currency: "TZS",
        digits: 2,
        seller: "Mtandao wa Pwani Ltd",
        address: ["Barabara ya Uhuru 9", "Dar es Salaam"],
        country: "TZ",
        tax_id: "TZ123456789",
        buyer: "Mwanaisha Juma",
        home: "Mtaa wa Livingstone\nBagamoyo",
        plans: ["Intaneti ya nyumbani 10 Mbps", "Kodi ya kipanga njia"],
        taxes: &[("VAT", "18%")],
        note: "Lipa kwa namba 555 123. Asante.",
    },
    Country {
        locale: Locale::Hi,
        currency: "INR",
        digits: 2,
        seller: "ग्रामीण ब्रॉडबैंड प्राइवेट लिमिटेड",
        address: ["१२ महात्मा गांधी मार्ग", "इंदौर 452001, मध्य प्रदेश"],
        country: "IN",
        tax_id: "IN23AABCU9603R1ZM",
        buyer: "श्रीमती लक्ष्मी द्विवेदी",
        home: "स्टेशन रोड, वार्ड क्रमांक 4\nउज्जैन",
        plans: ["असीमित 100 Mbps मासिक", "स्थिर आईपी पता"],
        taxes: &[("CGST", "9%"), ("SGST", "9%")],
        note: "यूपीआई: bijli@okbank। समय पर भुगतान के लिए धन्यवाद।",
    },
];

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

/// Two lines, a discount, the taxes of the country, and a part that is paid.
pub(crate) fn invoice(country: &Country, lines: usize) -> InvoiceView {
    let ids = CountingIds::from(1);
    let ids: &dyn Ids = &ids;
    let plans = [ids.next(), ids.next()];
    let currency = country.currency.parse().unwrap();
    let money = |minor: i64| Money::from_minor(minor, currency);
    let scale = InvoiceScale::new(country.digits, currency).unwrap();
    let taxes = country.taxes.iter();
    let taxes = taxes.map(|it| TaxRule::new(it.0, it.1.parse().unwrap()).unwrap());
    let taxes: Vec<_> = taxes.collect();
    let subscription = ids.next();
    let lines = (0..lines).map(|place| Line {
        subscription,
        component: u16::try_from(place).unwrap(),
        kind: ChargeKind::Recurring,
        plan: plans[place % 2],
        quantity: 1 + u32::try_from(place % 3).unwrap(),
        period: period(),
        cycle: period(),
        price: money(123_456_700),
        amount: money([249_900_000, 123_456_700][place % 2]),
        repairs: None,
    });
    let lines: Vec<_> = lines.collect();
    let priced = lines.iter().map(|it| Taxable {
        amount: it.amount,
        taxes: &taxes,
    });
    let priced: Vec<_> = priced.collect();
    let discounts = [Discount::percent("10%".parse().unwrap()).unwrap()];
    let document = Priced {
        lines: &priced,
        discounts: &discounts,
        ..Priced::default()
    };
    let totals = price(document, PriceTerms::of(currency, scale)).unwrap();
    let snapshot = InvoiceSnapshot {
        id: ids.next(),
        account: ids.next(),
        entity: ids.next(),
        series: "INV".to_owned(),
        number: 42,
        fees: Vec::new(),
        lines,
        total: totals.payable,
        figures: Some(Box::new(totals)),
        issued_on: day("2026-11-01"),
        due_on: day("2026-11-15"),
        allocated: money(50_000_000),
        credited: money(0),
        written_off: money(0),
        voided: None,
        version: 1,
    };
    InvoiceView::of(snapshot).unwrap()
}

fn period() -> Period {
    Period {
        start: day("2026-11-01"),
        end: day("2026-12-01"),
    }
}

/// Everything around it.
pub(crate) fn frame(country: &Country, view: &InvoiceView) -> Frame {
    let names = view.lines.iter().zip(country.plans.iter().cycle());
    let plans: BTreeMap<_, _> = names
        .map(|(it, name)| (it.plan, (*name).to_owned()))
        .collect();
    Frame {
        seller: Party {
            name: country.seller.to_owned(),
            address: country.address.map(str::to_owned).to_vec(),
            country: Some(country.country.to_owned()),
            tax_id: Some(country.tax_id.to_owned()),
            phone: Some("+254 20 123 4567".to_owned()),
            email: Some("billing@example.net".to_owned()),
        },
        buyer: Party {
            name: country.buyer.to_owned(),
            address: country.home.lines().map(str::to_owned).collect(),
            ..Party::default()
        },
        paper: Paper {
            locale: country.locale,
            digits: country.digits,
            pay_link: Some("https://pay.example.net/inv/INV-000042".to_owned()),
            note: Some(country.note.to_owned()),
            logo: Some(Logo::read(logo()).unwrap()),
        },
        plans,
    }
}

/// The sample of a country.
pub(crate) fn document(country: &Country) -> Document {
    let view = invoice(country, 2);
    let frame = frame(country, &view);
    Document::of_invoice(&view, frame)
}

/// The sample with these lines, to see several pages.
pub(crate) fn long_document(country: &Country, lines: usize) -> Document {
    let view = invoice(country, lines);
    let frame = frame(country, &view);
    Document::of_invoice(&view, frame)
}

/// A small picture: 64 by 32 pixels of two colours.
fn logo() -> Vec<u8> {
    include_bytes!("logo.png").to_vec()
}
