//! Who sells and who buys (BG-4, BG-7).

use super::CannotExport;
use super::breakdown::Breakdown;
use super::xml::Xml;
use crate::document::{Document, Party};

/// How the tax office knows a party.
enum TaxId<'a> {
    /// By an id that begins with its country (BR-CO-09): BT-31, BT-48.
    Vat(&'a str),
    /// By another one: BT-32.
    Local(&'a str),
    /// Nothing may be said about it, or nothing is known.
    None,
}

pub(super) fn seller(xml: &mut Xml, it: &Document, taxes: &Breakdown) -> Result<(), CannotExport> {
    let country = it.seller.country.as_deref();
    let country = country.ok_or(CannotExport::SellerCountry)?;
    let id = it.seller.tax_id.as_deref();
    let id = id.ok_or(CannotExport::SellerTaxId)?;
    let shown = match taxes.is_untaxed() {
        true => TaxId::None,
        false => tax_id(id, country),
    };
    xml.inside("cac:AccountingSupplierParty", |xml| {
        party(xml, &it.seller, country, &shown, Some(id));
    });
    Ok(())
}

/// A customer without a country lives where the seller is.
pub(super) fn buyer(xml: &mut Xml, it: &Document, taxes: &Breakdown) -> Result<(), CannotExport> {
    let country = it.buyer.country.as_deref().or(it.seller.country.as_deref());
    let country = country.ok_or(CannotExport::SellerCountry)?;
    let id = it.buyer.tax_id.as_deref();
    if taxes.is_reversed() && id.is_none() {
        return Err(CannotExport::BuyerTaxId);
    }
    let shown = match id
        .filter(|_| !taxes.is_untaxed())
        .map(|it| tax_id(it, country))
    {
        Some(TaxId::Vat(id)) => TaxId::Vat(id),
        // A buyer has no place for another id but that of its register (BT-47).
        Some(TaxId::Local(_) | TaxId::None) | None => TaxId::None,
    };
    xml.inside("cac:AccountingCustomerParty", |xml| {
        party(xml, &it.buyer, country, &shown, id);
    });
    Ok(())
}

fn tax_id<'a>(id: &'a str, country: &str) -> TaxId<'a> {
    match id.starts_with(country) {
        true => TaxId::Vat(id),
        false => TaxId::Local(id),
    }
}

fn party(xml: &mut Xml, it: &Party, country: &str, tax_id: &TaxId<'_>, register: Option<&str>) {
    xml.inside("cac:Party", |xml| {
        xml.inside("cac:PostalAddress", |xml| address(xml, it, country));
        let scheme = match tax_id {
            TaxId::Vat(id) => Some((id, "VAT")),
            TaxId::Local(id) => Some((id, "TAX")),
            TaxId::None => None,
        };
        if let Some((id, scheme)) = scheme {
            xml.inside("cac:PartyTaxScheme", |xml| {
                xml.value("cbc:CompanyID", id);
                xml.inside("cac:TaxScheme", |xml| xml.value("cbc:ID", scheme));
            });
        }
        xml.inside("cac:PartyLegalEntity", |xml| {
            xml.value("cbc:RegistrationName", &it.name);
            if let Some(id) = register {
                xml.value("cbc:CompanyID", id);
            }
        });
        contact(xml, it);
    });
}

/// Two lines have names of their own, and what is left is the third (BT-35, BT-36, BT-162).
fn address(xml: &mut Xml, it: &Party, country: &str) {
    let mut lines = it.address.iter();
    for name in ["cbc:StreetName", "cbc:AdditionalStreetName"] {
        if let Some(line) = lines.next() {
            xml.value(name, line);
        }
    }
    let rest: Vec<_> = lines.map(String::as_str).collect();
    if !rest.is_empty() {
        xml.inside("cac:AddressLine", |xml| {
            xml.value("cbc:Line", &rest.join(", "));
        });
    }
    xml.inside("cac:Country", |xml| {
        xml.value("cbc:IdentificationCode", country);
    });
}

fn contact(xml: &mut Xml, it: &Party) {
    let ways = [
        ("cbc:Telephone", &it.phone),
        ("cbc:ElectronicMail", &it.email),
    ];
    if ways.iter().all(|it| it.1.is_none()) {
        return;
    }
    xml.inside("cac:Contact", |xml| {
        for (name, value) in ways {
            if let Some(value) = value {
                xml.value(name, value);
            }
        }
    });
}
