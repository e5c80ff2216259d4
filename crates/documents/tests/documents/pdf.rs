//! PDF files: their text can be read back, in every language.

use std::collections::BTreeMap;

use lopdf::content::Operation;
use lopdf::{Document as Pdf, Object, ObjectId};

use crate::sample::{COUNTRIES, document, long_document};

/// The text of each page; white space is not told apart.
pub(crate) fn texts(file: &[u8]) -> Vec<String> {
    let pdf = Pdf::load_mem(file).unwrap();
    let pages = pdf.get_pages();
    pages.values().map(|it| text(&pdf, *it)).collect()
}

/// What a reader copies: the text that a span says it stands for, and elsewhere what the font says of each glyph.
fn text(pdf: &Pdf, page: ObjectId) -> String {
    let fonts = pdf.get_page_fonts(page).unwrap();
    let encodings: BTreeMap<_, _> = fonts
        .iter()
        .map(|(name, font)| (name.clone(), font.get_font_encoding(pdf).unwrap()))
        .collect();
    let mut font = Vec::new();
    let mut said = String::new();
    let mut spans = Vec::new();
    for Operation { operator, operands } in
        pdf.get_and_decode_page_content(page).unwrap().operations
    {
        match operator.as_str() {
            "Tf" => font = operands[0].as_name().unwrap().to_vec(),
            "BDC" => {
                let actual = actual_text(&operands[1]);
                said.extend(actual.iter().map(String::as_str));
                spans.push(actual.is_some());
            }
            "BMC" => spans.push(false),
            "EMC" => spans.pop().map(|_| ()).unwrap(),
            "Tj" | "TJ" if !spans.contains(&true) => {
                for bytes in operands.iter().flat_map(strings) {
                    said += &Pdf::decode_text(&encodings[&font], bytes).unwrap();
                }
            }
            _ => {}
        }
    }
    squeezed(&said)
}

fn strings(of: &Object) -> Vec<&[u8]> {
    match of {
        Object::String(bytes, _) => vec![bytes],
        Object::Array(all) => all.iter().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

fn actual_text(of: &Object) -> Option<String> {
    let bytes = of.as_dict().ok()?.get(b"ActualText").ok()?.as_str().ok()?;
    Some(lopdf::decode_text_string(&Object::string_literal(bytes.to_vec())).unwrap())
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|it| !it.is_whitespace()).collect()
}

#[test]
fn text_can_be_selected_in_every_latin_language() {
    for country in COUNTRIES.iter().take(5) {
        let file = document(country).pdf().unwrap();
        let pages = texts(&file);
        assert_eq!(pages.len(), 1, "{}", country.locale);
        for wanted in [
            country.seller,
            country.buyer,
            country.plans[0],
            "INV-000042",
            country.note,
        ] {
            let found = pages[0].contains(&squeezed(wanted));
            assert!(found, "{}: no {wanted} in {}", country.locale, pages[0]);
        }
    }
}

#[test]
fn hindi_can_be_searched() {
    let file = document(&COUNTRIES[5]).pdf().unwrap();
    let text = texts(&file).concat();
    let country = &COUNTRIES[5];
    for wanted in [
        "बीजक",
        "देय तिथि",
        "CGST 9% पर",
        country.seller,
        country.buyer,
        country.plans[1],
    ] {
        let found = text.contains(&squeezed(wanted));
        assert!(found, "no {wanted} in {text}");
    }
}

#[test]
fn a_long_invoice_repeats_the_head_of_its_table_and_counts_its_pages() {
    let pages = texts(&long_document(&COUNTRIES[0], 50).pdf().unwrap());
    assert_eq!(pages.len(), 3);
    for (place, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page{}/3", place + 1)), "{page}");
    }
    for page in &pages[..2] {
        assert!(page.contains("Description"), "{page}");
    }
    assert!(pages[2].contains("Total"));
}

#[test]
fn the_same_document_is_the_same_file() {
    let it = document(&COUNTRIES[4]);
    assert_eq!(it.pdf().unwrap(), it.pdf().unwrap());
}
