//! `/routers/{id}/drift/rows`: the rows in which a router differs, and what an operator decides about one of them.

use access::{DriftClass, DriftReview, DriftRow, DriftRowRef, DriftValue, Menu, RouterTaskError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{GrantId, Page, RouterId, RouterKind};
use operators::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, Listing, May, PathId, Valid};
use crate::idempotency::run;
use crate::problem::Problem;
use crate::rights::{ReadRouters, ReconcileRouters};
use crate::words;

/// One attribute that differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DriftValue)]
pub(crate) struct ValueBody {
    /// What the router calls it.
    #[schema(example = "rate-limit")]
    attribute: &'static str,
    /// What it should be; null for not set.
    #[schema(example = "5M/20M")]
    ours: Option<String>,
    /// What it is; null for not set.
    #[schema(example = "1G/1G")]
    routers: Option<String>,
    /// Whether the router's value may be kept.
    may_be_kept: bool,
}

impl From<DriftValue> for ValueBody {
    fn from(value: DriftValue) -> Self {
        Self {
            attribute: value.attribute,
            ours: value.ours,
            routers: value.routers,
            may_be_kept: value.may_be_kept,
        }
    }
}

/// One row that differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DriftRow)]
pub(crate) struct DriftRowBody {
    /// In which way.
    #[schema(value_type = words::DriftClassWord, example = "changed")]
    class: DriftClass,
    #[schema(example = "/ppp/profile")]
    menu: &'static str,
    /// Its own name on the router; null while it is missing.
    #[schema(example = "*1A")]
    id: Option<String>,
    /// Its name; a voucher's is masked unless the caller may reveal codes.
    #[schema(example = "wb-home-20m")]
    name: String,
    /// What differs; of a missing row everything that it should be.
    values: Vec<ValueBody>,
    /// The grant it serves, if any.
    #[schema(value_type = Option<String>, pattern = "^gra_[a-z2-7]{25}[aeimquy4]$")]
    grant: Option<GrantId>,
    /// Whether it may be left as it is.
    may_be_accepted: bool,
}

impl From<DriftRow> for DriftRowBody {
    fn from(row: DriftRow) -> Self {
        Self {
            class: row.class,
            menu: row.menu.path(),
            id: row.id,
            name: row.name,
            values: row.values.into_iter().map(ValueBody::from).collect(),
            grant: row.grant,
            may_be_accepted: row.may_be_accepted,
        }
    }
}

/// The rows in which a router differs right now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DriftRows)]
pub(crate) struct DriftRowsBody {
    items: Vec<DriftRowBody>,
    /// The `after` of the next page; null on the last one.
    #[schema(example = "cagjpfimc4btqadrdlvfsmcaaai")]
    next: Option<String>,
    /// How many rows there are of the wanted class, shown or not.
    total: u64,
    /// Menus that could not be read, with the reason: they are unknown, not empty.
    unknown: Vec<String>,
}

/// Which rows are shown.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowsFilter {
    /// Only rows that differ in this way.
    #[param(value_type = Option<words::DriftClassWord>)]
    class: Option<ClassName>,
}

/// The word of a class.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClassName {
    Missing,
    Changed,
    Orphan,
    Conflict,
    Foreign,
}

impl From<ClassName> for DriftClass {
    fn from(name: ClassName) -> Self {
        match name {
            ClassName::Missing => Self::Missing,
            ClassName::Changed => Self::Changed,
            ClassName::Orphan => Self::Orphan,
            ClassName::Conflict => Self::Conflict,
            ClassName::Foreign => Self::Foreign,
        }
    }
}

/// A row of a router.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriftRowRefBody {
    /// The path of its menu.
    #[schema(example = "/ppp/profile")]
    menu: String,
    /// Its name.
    #[validate(length(min = 1, max = 255))]
    #[schema(min_length = 1, max_length = 255, example = "wb-home-20m")]
    name: String,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(rows))
        .routes(routes!(accept))
        .routes(routes!(restore))
}

/// Whether somebody may see codes that are worth money.
pub(super) fn sees_codes(caller: &Granted) -> bool {
    caller.claims().role.allows(Permission::RevealCodes)
}

/// Reads a whole router now and lists the rows in which it differs from what it should be, strangers last. Each page is a
/// new reading; rows that were mended in between do not move the others.
#[utoipa::path(
    get, path = "/routers/{id}/drift/rows", operation_id = "list_drift_rows", tag = "routers",
    params(("id" = String, Path, description = "A router id"), PageParams, RowsFilter),
    responses(
        (status = 200, description = "What differs", body = DriftRowsBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn rows(
    State(api): State<Api>,
    caller: May<ReadRouters>,
    PathId(router): PathId<RouterKind>,
    listing: Listing<RowsFilter>,
) -> Result<Json<DriftRowsBody>, Problem> {
    let review = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let it = &api.ports;
            let (store, gateway, vault) = (&*it.access, &*it.gateway, &*it.vault);
            access::review_drift(store, gateway, vault, &*it.clock, &scope, router).await
        }
    });
    let review: DriftReview = review.await?;
    let review = match sees_codes(&caller) {
        true => review,
        false => review.without_codes(),
    };
    let class = listing.filter.class.map(DriftClass::from);
    let unknown = review.unknown.clone();
    let (page, total) = review.page(class, listing.page);
    let Page { items, next } = page.map(DriftRowBody::from);
    Ok(Json(DriftRowsBody {
        items,
        next,
        total,
        unknown,
    }))
}

/// Leaves a row as the router has it: its values become what is wanted, a missing or unexplained row is the operator's
/// from now on. What decides who may connect cannot be left.
#[utoipa::path(
    post, path = "/routers/{id}/drift/accept", operation_id = "accept_drift", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = DriftRowRefBody,
    responses((status = 204, description = "Left as it is"))
)]
async fn accept(
    State(api): State<Api>,
    caller: May<ReconcileRouters>,
    PathId(router): PathId<RouterKind>,
    Valid(body): Valid<DriftRowRefBody>,
) -> Result<StatusCode, Problem> {
    let row = row(router, body)?;
    run(&caller, |scope| {
        let (api, row) = (api.clone(), row.clone());
        async move {
            let it = &api.ports;
            let (store, gateway, vault) = (&*it.access, &*it.gateway, &*it.vault);
            access::accept_drift(store, gateway, vault, &*it.clock, &scope, row).await
        }
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a row back: makes it on the router what it should be, and forgets that it was ever left.
#[utoipa::path(
    post, path = "/routers/{id}/drift/restore", operation_id = "restore_drift", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = DriftRowRefBody,
    responses((status = 204, description = "As it should be"))
)]
async fn restore(
    State(api): State<Api>,
    caller: May<ReconcileRouters>,
    PathId(router): PathId<RouterKind>,
    Valid(body): Valid<DriftRowRefBody>,
) -> Result<StatusCode, Problem> {
    let row = row(router, body)?;
    run(&caller, |scope| {
        let (api, row) = (api.clone(), row.clone());
        async move {
            let it = &api.ports;
            let (store, gateway, vault) = (&*it.access, &*it.gateway, &*it.vault);
            access::restore_drift(store, gateway, vault, &*it.clock, &scope, row).await
        }
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn row(router: RouterId, body: DriftRowRefBody) -> Result<DriftRowRef, Problem> {
    let menu = Menu::at(&body.menu);
    let menu = menu.ok_or_else(|| {
        let known: Vec<&str> = Menu::ALL.into_iter().map(Menu::path).collect();
        Problem::invalid(
            "menu",
            "one_of",
            format!("must be one of {}", known.join(", ")),
        )
    })?;
    Ok(DriftRowRef {
        router,
        menu,
        name: body.name,
    })
}

/// Named here so that the description of errors stays in one place.
impl From<access::DriftError> for Problem {
    fn from(err: access::DriftError) -> Self {
        use access::DriftError as E;
        let text = err.to_string();
        match err {
            E::Task(err) => RouterTaskError::into(err),
            E::NoSuchRow => Self::not_found("difference in a row", "of this name in this menu"),
            E::NotAcceptable => Self::refused("name", "decides_access", text),
            E::Foreign => Self::refused("name", "foreign", text),
            E::Setup(rule) => Self::refused("name", "too_many", rule.to_string()),
            E::RouterRefused(_) => Self::of(&crate::problem::catalog::ROUTER_REFUSED).detail(text),
        }
    }
}
