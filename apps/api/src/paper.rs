//! Gathers what a printed document shows beside its figures, and answers with it in the form that was asked for.

use std::collections::BTreeMap;

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use billing::{AccountView, EntityView, Letterhead, letterhead_on};
use customers::{Addressee, IssuedDocument};
use documents::{CannotExport, CannotPrint, Document, Frame, Logo, Paper, Party, Receipt, Width};
use kernel::{AccountId, LocalDate, Locale, PlanId, TenantId};
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::problem::Problem;
use crate::words;

/// The form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// A file to keep and to send.
    #[default]
    Pdf,
    /// A page to look at and to print.
    Html,
    /// A page for the roll of a thermal printer.
    Receipt,
    /// For machines: UBL 2.1 by EN 16931.
    Ubl,
}

impl Format {
    /// Every form.
    pub(crate) const ALL: [Self; 4] = [Self::Pdf, Self::Html, Self::Receipt, Self::Ubl];
}

/// The form of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatementFormat {
    /// For programs.
    #[default]
    Json,
    /// A page to look at and to print.
    Html,
    /// A file to keep and to send.
    Pdf,
}

impl StatementFormat {
    /// Every form.
    pub(crate) const ALL: [Self; 3] = [Self::Json, Self::Html, Self::Pdf];
}

/// How a document is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `pdf`, `html`, `receipt` or `ubl`.
    #[serde(default)]
    #[param(value_type = Option<words::FormatWord>, inline)]
    format: Format,
    /// The language; that of the letterhead if left out.
    #[param(value_type = Option<words::LocaleWord>, inline)]
    locale: Option<Locale>,
    /// The width of the roll in millimetres: 58 or 80.
    #[param(value_type = Option<u8>, example = 80)]
    roll_mm: Option<u8>,
}

impl Wanted {
    pub(crate) const fn locale(&self) -> Option<Locale> {
        self.locale
    }

    fn width(&self) -> Result<Width, Problem> {
        match (self.format, self.roll_mm) {
            (Format::Receipt, Some(58)) => Ok(Width::Roll58),
            (Format::Receipt, Some(80) | None) => Ok(Width::Roll80),
            (_, None) => Ok(Width::A4),
            (_, Some(_)) => {
                let text = "must be 58 or 80, and for receipts only";
                Err(Problem::of(&crate::problem::catalog::INVALID_PARAMETER)
                    .field("roll_mm", "range", text))
            }
        }
    }
}

/// Whose document it is, of which day, and what is on it.
pub(crate) struct About<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    /// What was issued, if it is that.
    pub(crate) document: Option<IssuedDocument>,
    pub(crate) issued_on: LocalDate,
    /// The number that a payment link names, if something is paid by it.
    pub(crate) number: Option<&'a str>,
    pub(crate) plans: Vec<PlanId>,
    pub(crate) locale: Option<Locale>,
}

/// What stands around the figures of a document.
pub(crate) async fn frame(api: &Api, about: About<'_>) -> Result<Frame, Problem> {
    let queries = &api.ports.billing_queries;
    let account = queries.account(about.tenant, about.account).await?;
    let account = account.ok_or_else(|| Problem::not_found("account", about.account))?;
    let buyer = buyer(api, &about, &account).await?;
    let entities = queries.entities(about.tenant).await?;
    let entity = entities.into_iter().find(|it| it.id == account.entity);
    let entity = entity.ok_or_else(|| Problem::not_found("legal entity", account.entity))?;
    let heads = queries.letterheads(about.tenant, entity.id).await?;
    let head = letterhead_on(&heads, about.issued_on).map(|it| &it.letterhead);
    let logo = queries
        .logo(about.tenant, entity.id, about.issued_on)
        .await?;
    // A file that cannot be read any more is no reason to withhold an invoice.
    let logo = logo.and_then(|it| Logo::kept(it).ok());
    let locale = about.locale.or(head.map(|it| it.locale));
    Ok(Frame {
        seller: seller(&entity, head),
        buyer,
        paper: Paper {
            locale: locale.unwrap_or_default(),
            digits: entity.scale_digits,
            pay_link: head
                .zip(about.number)
                .and_then(|(it, number)| it.pay_link(number)),
            note: head.and_then(|it| it.note.clone()),
            logo,
        },
        plans: names(api, about.tenant, about.plans).await?,
    })
}

/// Who stands on a document is who they were when it was issued; on anything else, who they are.
async fn buyer(api: &Api, about: &About<'_>, account: &AccountView) -> Result<Party, Problem> {
    let queries = &api.ports.customer_queries;
    // First who they are: a change between both reads has noted by the second whom the document shows.
    let found = queries.customer(about.tenant, account.customer).await?;
    let it = found.ok_or_else(|| Problem::not_found("customer", account.customer))?;
    if let Some(document) = about.document
        && let Some(noted) = queries.addressee_of(about.tenant, document).await?
    {
        return Ok(party(noted));
    }
    Ok(party(Addressee {
        name: it.name,
        phone: it.phone,
        email: it.email,
        address: it.address,
    }))
}

/// What each plan is called, asked for once.
async fn names(
    api: &Api,
    tenant: TenantId,
    mut plans: Vec<PlanId>,
) -> Result<BTreeMap<PlanId, String>, Problem> {
    plans.sort_unstable();
    plans.dedup();
    let mut names = BTreeMap::new();
    for id in plans {
        let found = api.ports.billing_queries.plan(tenant, id).await?;
        names.extend(found.map(|it| (id, it.name.to_string())));
    }
    Ok(names)
}

/// An entity without a letterhead shows its name.
fn seller(entity: &EntityView, head: Option<&Letterhead>) -> Party {
    let Some(head) = head else {
        return Party {
            name: entity.name.to_string(),
            ..Party::default()
        };
    };
    Party {
        name: head.name.to_string(),
        address: head.address.lines().map(str::to_owned).collect(),
        country: Some(head.country.clone()),
        tax_id: head.tax_id.clone(),
        phone: head.phone.as_ref().map(ToString::to_string),
        email: head.email.clone(),
    }
}

fn party(it: Addressee) -> Party {
    let address = it.address.unwrap_or_default();
    Party {
        name: it.name,
        address: address.lines().map(str::to_owned).collect(),
        country: None,
        tax_id: None,
        phone: it.phone,
        email: it.email,
    }
}

/// The document in the form that was asked for.
pub(crate) async fn answer(document: Document, wanted: &Wanted) -> Result<Response, Problem> {
    let width = wanted.width()?;
    let name = document.number.clone();
    match wanted.format {
        Format::Pdf => pdf(&name, move || document.pdf()).await,
        Format::Html | Format::Receipt => Ok(html(document.html(width))),
        Format::Ubl => {
            let file = document.ubl().map_err(cannot_export)?;
            Ok(file_answer(
                "application/xml",
                &format!("{name}.xml"),
                file.into_bytes(),
            ))
        }
    }
}

/// The receipt of a payment in the form that was asked for.
pub(crate) async fn receipt(receipt: Receipt, wanted: &Wanted) -> Result<Response, Problem> {
    let width = wanted.width()?;
    match wanted.format {
        Format::Pdf => {
            let name = receipt.number.clone();
            pdf(&name, move || receipt.pdf()).await
        }
        Format::Html | Format::Receipt => Ok(html(receipt.html(width))),
        Format::Ubl => {
            let text = "a receipt of a payment is printed as pdf, html or receipt";
            Err(Problem::of(&crate::problem::catalog::INVALID_PARAMETER)
                .field("format", "unknown", text))
        }
    }
}

/// A PDF file takes milliseconds of a processor: other requests do not wait for it.
pub(crate) async fn pdf<F>(name: &str, print: F) -> Result<Response, Problem>
where
    F: FnOnce() -> Result<Vec<u8>, CannotPrint> + Send + 'static,
{
    let printed = tokio::task::spawn_blocking(print).await;
    let printed = printed.map_err(|err| Problem::internal(&err))?;
    let file = printed.map_err(|err| Problem::internal(&err))?;
    Ok(file_answer("application/pdf", &format!("{name}.pdf"), file))
}

/// A page brings its own style and its own pictures, and nothing of it may run.
pub(crate) fn html(page: String) -> Response {
    const POLICY: &str =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, page).into_response()
}

/// A file with a name; numbers of documents are plain ASCII.
fn file_answer(kind: &'static str, name: &str, file: Vec<u8>) -> Response {
    let named: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{name}\""),
        ),
    ];
    (named, file).into_response()
}

/// What EN 16931 wants, and where it is set.
fn cannot_export(err: CannotExport) -> Problem {
    let (field, rule) = match err {
        CannotExport::SellerCountry => ("letterhead.country", "required"),
        CannotExport::SellerTaxId => ("letterhead.tax_id", "required"),
        CannotExport::BuyerTaxId => ("customer.tax_id", "required"),
        CannotExport::IntraCommunity => ("taxes.category", "unsupported"),
        CannotExport::Taxes { .. } | CannotExport::Money(_) => return Problem::internal(&err),
    };
    Problem::refused(field, rule, err.to_string())
}
