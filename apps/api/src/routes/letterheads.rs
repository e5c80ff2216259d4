//! `/legal-entities/{id}/letterhead` and `/logo`: what stands at the head and the foot of documents.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use billing::{DatedLetterhead, Letterhead, letterhead_on};
use data_encoding::BASE64;
use documents::Logo;
use kernel::{EntityId, EntityKind, LocalDate, Locale, Name, Phone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use crate::api::Api;
use crate::extract::{Granted, May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{ReadEntities, WriteEntities};
use crate::words;

/// What stands on every document of a legal entity.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Letterhead)]
pub(crate) struct LetterheadBody {
    /// What the seller is called in law.
    #[schema(value_type = String, min_length = 1, max_length = 120, example = "Savanna Networks Ltd")]
    name: Name,
    /// 1 to 6 lines.
    #[validate(length(max = 300))]
    #[schema(
        min_length = 1,
        max_length = 300,
        example = "14 Moi Avenue\n00100 Nairobi"
    )]
    address: String,
    /// Two capital letters of ISO 3166-1.
    #[validate(length(max = 2))]
    #[schema(pattern = "^[A-Z]{2}$", example = "KE")]
    country: String,
    /// What the tax office knows the seller by. An EN 16931 export takes it for a VAT id if it begins with the country.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "P051234567X")]
    tax_id: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "+254201234567")]
    phone: Option<Phone>,
    #[serde(default)]
    #[validate(length(max = 254))]
    #[schema(max_length = 254, example = "billing@example.net")]
    email: Option<String>,
    /// What stands at the foot: a bank account, opening hours.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(min_length = 1, max_length = 500, example = "Paybill 400200")]
    note: Option<String>,
    /// Where invoices are paid, with `{invoice}` where the number goes: documents show it as a QR code.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(max_length = 300, example = "https://pay.example.net/{invoice}")]
    pay_url: Option<String>,
    /// The language of documents: `en`, `id`, `es`, `pt`, `sw` or `hi`.
    #[schema(value_type = words::LocaleWord, example = "sw")]
    locale: Locale,
}

/// A letterhead and the first day it counts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DatedLetterhead)]
pub(crate) struct DatedLetterheadBody {
    /// Documents from this day on show it.
    #[schema(value_type = String, format = Date, example = "2026-11-21")]
    from: LocalDate,
    #[serde(flatten)]
    letterhead: LetterheadBody,
}

/// A logo.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLogo)]
pub(crate) struct LogoBody {
    /// A PNG or JPEG file of at most 131,072 bytes and 2,000 pixels a side, as base64; null takes the logo away.
    #[validate(length(max = 174_764))]
    #[schema(max_length = 174_764, content_encoding = "base64")]
    file: Option<String>,
}

impl From<LetterheadBody> for Letterhead {
    fn from(body: LetterheadBody) -> Self {
        Self {
            name: body.name,
            address: body.address,
            country: body.country,
            tax_id: body.tax_id,
            phone: body.phone,
            email: body.email,
            note: body.note,
            pay_url: body.pay_url,
            locale: body.locale,
        }
    }
}

impl From<DatedLetterhead> for DatedLetterheadBody {
    fn from(it: DatedLetterhead) -> Self {
        let head = it.letterhead;
        Self {
            from: it.from,
            letterhead: LetterheadBody {
                name: head.name,
                address: head.address,
                country: head.country,
                tax_id: head.tax_id,
                phone: head.phone,
                email: head.email,
                note: head.note,
                pay_url: head.pay_url,
                locale: head.locale,
            },
        }
    }
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get, head))
        .routes(routes!(logo, change_logo))
}

/// Shows the letterhead of documents that are issued today.
#[utoipa::path(
    get, path = "/legal-entities/{id}/letterhead", operation_id = "get_letterhead", tag = "legal entities",
    params(("id" = String, Path, description = "A legal entity id")),
    responses((status = 200, description = "The letterhead", body = DatedLetterheadBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadEntities>,
    PathId(id): PathId<EntityKind>,
) -> Result<Json<DatedLetterheadBody>, Problem> {
    load(&api, &caller, id).await.map(Json)
}

/// Heads the documents that are issued from today on; those of before keep their own letterhead, however late they are
/// printed.
#[utoipa::path(
    put, path = "/legal-entities/{id}/letterhead", operation_id = "put_letterhead", tag = "legal entities",
    params(("id" = String, Path, description = "A legal entity id")),
    request_body = LetterheadBody,
    responses(
        (status = 200, description = "The letterhead", body = DatedLetterheadBody),
        (status = 422, description = "Something that cannot be printed", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn head(
    State(api): State<Api>,
    caller: May<WriteEntities>,
    PathId(id): PathId<EntityKind>,
    Valid(body): Valid<LetterheadBody>,
) -> Result<Json<DatedLetterheadBody>, Problem> {
    let letterhead = Letterhead::from(body);
    run(&caller, |scope| {
        let (api, letterhead) = (api.clone(), letterhead.clone());
        async move {
            let (store, clock) = (&*api.ports.billing, &*api.ports.clock);
            billing::head_documents(store, clock, &scope, id, letterhead).await
        }
    })
    .await?;
    load(&api, &caller, id).await.map(Json)
}

/// Shows the logo of documents that are issued today.
#[utoipa::path(
    get, path = "/legal-entities/{id}/logo", operation_id = "get_logo", tag = "legal entities",
    params(("id" = String, Path, description = "A legal entity id")),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "image/png"))
)]
async fn logo(
    State(api): State<Api>,
    caller: May<ReadEntities>,
    PathId(id): PathId<EntityKind>,
) -> Result<Response, Problem> {
    let today = today(&api, &caller, id).await?;
    let queries = &api.ports.billing_queries;
    let file = queries.logo(caller.tenant(), id, today).await?;
    let file = file.ok_or_else(|| Problem::not_found("logo of", id))?;
    let logo = Logo::kept(file).map_err(|err| Problem::internal(&err))?;
    let kind = logo.format().media_type();
    Ok(([(header::CONTENT_TYPE, kind)], logo.bytes().to_vec()).into_response())
}

/// Puts a logo on the documents that are issued from today on, or none; those of before keep theirs, however late they are
/// printed.
#[utoipa::path(
    put, path = "/legal-entities/{id}/logo", operation_id = "put_logo", tag = "legal entities",
    params(("id" = String, Path, description = "A legal entity id")),
    request_body = LogoBody,
    responses(
        (status = 204, description = "It is on every document from today on"),
        (status = 422, description = "A file that cannot be printed", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn change_logo(
    State(api): State<Api>,
    caller: May<WriteEntities>,
    PathId(id): PathId<EntityKind>,
    Valid(body): Valid<LogoBody>,
) -> Result<axum::http::StatusCode, Problem> {
    let file = read_logo(body.file).await?;
    run(&caller, |scope| {
        let (api, file) = (api.clone(), file.clone());
        async move {
            let (store, clock) = (&*api.ports.billing, &*api.ports.clock);
            billing::change_logo(store, clock, &scope, id, file).await
        }
    })
    .await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// What is stored has been printed once: that takes milliseconds of a processor, and other requests do not wait for it.
async fn read_logo(text: Option<String>) -> Result<Option<Vec<u8>>, Problem> {
    let refused = |rule, text: String| Problem::refused("file", rule, text);
    let Some(text) = text else {
        return Ok(None);
    };
    let file = BASE64.decode(text.as_bytes());
    let file = file.map_err(|_| refused("format", "must be base64".to_owned()))?;
    let read = tokio::task::spawn_blocking(move || Logo::read(file)).await;
    let read = read.map_err(|err| Problem::internal(&err))?;
    let logo = read.map_err(|err| refused("logo", err.to_string()))?;
    Ok(Some(logo.bytes().to_vec()))
}

async fn load(api: &Api, caller: &Granted, id: EntityId) -> Result<DatedLetterheadBody, Problem> {
    let today = today(api, caller, id).await?;
    let dated = api.ports.billing_queries.letterheads(caller.tenant(), id);
    let dated = dated.await?;
    let found = letterhead_on(&dated, today);
    let found = found.ok_or_else(|| Problem::not_found("letterhead of", id))?;
    Ok(found.clone().into())
}

/// The day that it is for a legal entity.
async fn today(api: &Api, caller: &Granted, id: EntityId) -> Result<LocalDate, Problem> {
    let entities = api.ports.billing_queries.entities(caller.tenant()).await?;
    let entity = entities.into_iter().find(|it| it.id == id);
    let entity = entity.ok_or_else(|| Problem::not_found("legal entity", id))?;
    Ok(entity.zone.date_at(api.ports.clock.now()))
}
