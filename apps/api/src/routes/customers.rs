//! `/customers`: who buys access and how to reach them.

use axum::Json;
use axum::extract::State;
use customers::{
    Address, BlockCustomer, ChangeCustomer, CustomerFilter, CustomerKind as Sort, CustomerView,
    Edit, Email, NewCustomer, Note, Reason, RegisterCustomer, Search, StatusName,
};
use kernel::{CustomerId, CustomerKind, Name, Phone, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use super::KeyHeader;
use crate::answer::{Created, Listed, Versioned};
use crate::api::Api;
use crate::extract::listing::PageParams;
use crate::extract::{Granted, IfMatch, Listing, May, Once, PathId, Valid};
use crate::idempotency::{once, run};
use crate::problem::Problem;
use crate::rights::{BlockCustomers, ReadCustomers, WriteCustomers};
use crate::words;

/// A customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerBody {
    #[schema(value_type = String, pattern = "^cus_[a-z2-7]{25}[aeimquy4]$", example = "cus_agjpfimc4btqadrdlvfsmcaaai")]
    id: CustomerId,
    #[schema(value_type = words::CustomerKindWord, example = "personal")]
    kind: Sort,
    #[schema(example = "Siti Rahayu")]
    name: String,
    /// E.164.
    #[schema(example = "+628123456789")]
    phone: Option<String>,
    #[schema(example = "siti@example.org")]
    email: Option<String>,
    address: Option<String>,
    /// What colleagues should know.
    note: Option<String>,
    /// `prospect`, `active`, `blocked` or `left`.
    #[schema(value_type = words::CustomerStatusWord, example = "active")]
    status: StatusName,
    /// Since when they are blocked or gone.
    #[schema(value_type = Option<String>, format = DateTime)]
    status_since: Option<Timestamp>,
    /// Why they are blocked.
    blocked_reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    registered_at: Timestamp,
}

impl From<CustomerView> for CustomerBody {
    fn from(view: CustomerView) -> Self {
        Self {
            id: view.id,
            kind: view.kind,
            name: view.name,
            phone: view.phone,
            email: view.email,
            address: view.address,
            note: view.note,
            status: view.status,
            status_since: view.status_since,
            blocked_reason: view.blocked_reason,
            registered_at: view.registered_at,
        }
    }
}

/// Somebody new.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterCustomerBody {
    /// `personal` or `business`.
    #[schema(value_type = words::CustomerKindWord, example = "personal")]
    kind: Sort,
    #[schema(value_type = String, min_length = 1, max_length = 120, example = "Siti Rahayu")]
    name: Name,
    /// An international number.
    #[schema(value_type = Option<String>, example = "+628123456789")]
    phone: Option<Phone>,
    #[schema(value_type = Option<String>, max_length = 254, example = "siti@example.org")]
    email: Option<Email>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    address: Option<Address>,
    /// What colleagues should know.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    note: Option<Note>,
}

/// Corrected details: what is absent stays, `null` clears.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeCustomerBody {
    /// `personal` or `business`.
    #[schema(value_type = Option<words::CustomerKindWord>, example = "business")]
    kind: Option<Sort>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    name: Option<Name>,
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, example = "+628123456789")]
    phone: Edit<Phone>,
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, max_length = 254, example = "siti@example.org")]
    email: Edit<Email>,
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    address: Edit<Address>,
    #[serde(default, deserialize_with = "edit")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    note: Edit<Note>,
}

/// Why somebody is blocked.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockCustomerBody {
    #[schema(value_type = String, min_length = 1, max_length = 200, example = "sold the router")]
    reason: Reason,
}

/// Which customers are listed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomersFilter {
    /// `prospect`, `active`, `blocked` or `left`.
    #[param(value_type = Option<words::CustomerStatusWord>, inline)]
    status: Option<StatusName>,
    /// How the name or the phone number begins.
    #[param(min_length = 1, max_length = 60)]
    search: Option<String>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, register))
        .routes(routes!(get, change))
        .routes(routes!(block))
        .routes(routes!(unblock))
        .routes(routes!(leave))
        .routes(routes!(come_back))
}

/// Lists customers, newest first.
#[utoipa::path(
    get, path = "/customers", operation_id = "list_customers", tag = "customers",
    params(PageParams, CustomersFilter),
    responses((status = 200, description = "A page of customers", body = Listed<CustomerBody>))
)]
async fn list(
    State(api): State<Api>,
    caller: May<ReadCustomers>,
    listing: Listing<CustomersFilter>,
) -> Result<Json<Listed<CustomerBody>>, Problem> {
    let search = listing.filter.search.map(|it| it.parse::<Search>());
    let search = search.transpose().map_err(|err| {
        Problem::of(&crate::problem::catalog::INVALID_PARAMETER).field(
            "search",
            "format",
            err.to_string(),
        )
    })?;
    let filter = CustomerFilter {
        status: listing.filter.status,
        search,
    };
    let queries = &api.ports.customer_queries;
    let page = queries
        .customers(caller.tenant(), filter, listing.page)
        .await?;
    Ok(Listed::of(page))
}

/// Registers a customer, as a prospect until they buy something.
#[utoipa::path(
    post, path = "/customers", operation_id = "register_customer", tag = "customers",
    params(KeyHeader),
    request_body = RegisterCustomerBody,
    responses((status = 201, description = "Registered", body = CustomerBody))
)]
async fn register(
    State(api): State<Api>,
    caller: May<WriteCustomers>,
    request: Once<RegisterCustomerBody>,
) -> Result<Created<CustomerBody>, Problem> {
    let body = request.body;
    let command = RegisterCustomer {
        customer: NewCustomer {
            id: api.ports.ids.next(),
            kind: body.kind,
            name: body.name,
            phone: body.phone,
            email: body.email,
            address: body.address,
            note: body.note,
        },
    };
    let id = command.customer.id;
    let (id, turn) = once(&api, &caller, &request.attempt, id, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move {
            let ports = &api.ports;
            customers::register_customer(&*ports.customers, &*ports.clock, &scope, command).await
        }
    })
    .await?;
    Ok(Created {
        location: format!("/api/v1/customers/{id}"),
        turn,
        body: load(&api, &caller, id).await?.into(),
    })
}

/// Shows a customer.
#[utoipa::path(
    get, path = "/customers/{id}", operation_id = "get_customer", tag = "customers",
    params(("id" = String, Path, description = "A customer id", example = "cus_agjpfimc4btqadrdlvfsmcaaai")),
    responses((status = 200, description = "The customer; the version is in the ETag", body = CustomerBody))
)]
async fn get(
    State(api): State<Api>,
    caller: May<ReadCustomers>,
    PathId(id): PathId<CustomerKind>,
) -> Result<Versioned<CustomerBody>, Problem> {
    load(&api, &caller, id).await.map(versioned)
}

/// Corrects a customer's details, if nobody else has changed them since they were loaded.
#[utoipa::path(
    patch, path = "/customers/{id}", operation_id = "change_customer", tag = "customers",
    params(
        ("id" = String, Path, description = "A customer id"),
        ("If-Match" = String, Header, description = "The ETag of the version that was loaded", pattern = "^\"[0-9]{1,18}\"$", example = "\"3\"")
    ),
    request_body = ChangeCustomerBody,
    responses(
        (status = 200, description = "Changed", body = CustomerBody),
        (status = 412, description = "Changed by somebody else since", body = crate::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn change(
    State(api): State<Api>,
    caller: May<WriteCustomers>,
    PathId(id): PathId<CustomerKind>,
    IfMatch(version): IfMatch,
    Valid(body): Valid<ChangeCustomerBody>,
) -> Result<Versioned<CustomerBody>, Problem> {
    let command = ChangeCustomer {
        customer: id,
        expected_version: Some(version),
        kind: body.kind,
        name: body.name,
        phone: body.phone,
        email: body.email,
        address: body.address,
        note: body.note,
    };
    let view = run(&caller, |scope| {
        let (api, command) = (api.clone(), command.clone());
        async move { customers::change_customer(&*api.ports.customers, &scope, command).await }
    })
    .await?;
    Ok(versioned(view))
}

/// Lets nothing more be sold to a customer; what runs goes on.
#[utoipa::path(
    post, path = "/customers/{id}/block", operation_id = "block_customer", tag = "customers",
    params(("id" = String, Path, description = "A customer id")),
    request_body = BlockCustomerBody,
    responses((status = 200, description = "Blocked", body = CustomerBody))
)]
async fn block(
    State(api): State<Api>,
    caller: May<BlockCustomers>,
    PathId(customer): PathId<CustomerKind>,
    Valid(body): Valid<BlockCustomerBody>,
) -> Result<Versioned<CustomerBody>, Problem> {
    let reason = body.reason;
    let view = run(&caller, |scope| {
        let api = api.clone();
        let command = BlockCustomer {
            customer,
            reason: reason.clone(),
        };
        async move {
            let ports = &api.ports;
            customers::block_customer(&*ports.customers, &*ports.clock, &scope, command).await
        }
    })
    .await?;
    Ok(versioned(view))
}

/// Lets things be sold to a customer again.
#[utoipa::path(
    post, path = "/customers/{id}/unblock", operation_id = "unblock_customer", tag = "customers",
    params(("id" = String, Path, description = "A customer id")),
    responses((status = 200, description = "Unblocked", body = CustomerBody))
)]
async fn unblock(
    State(api): State<Api>,
    caller: May<BlockCustomers>,
    PathId(id): PathId<CustomerKind>,
) -> Result<Versioned<CustomerBody>, Problem> {
    let view = run(&caller, |scope| {
        let api = api.clone();
        async move { customers::unblock_customer(&*api.ports.customers, &scope, id).await }
    })
    .await?;
    Ok(versioned(view))
}

/// Notes that a customer buys nothing any more.
#[utoipa::path(
    post, path = "/customers/{id}/leave", operation_id = "leave_customer", tag = "customers",
    params(("id" = String, Path, description = "A customer id")),
    responses((status = 200, description = "Gone", body = CustomerBody))
)]
async fn leave(
    State(api): State<Api>,
    caller: May<WriteCustomers>,
    PathId(id): PathId<CustomerKind>,
) -> Result<Versioned<CustomerBody>, Problem> {
    let view = run(&caller, |scope| {
        let api = api.clone();
        async move {
            let ports = &api.ports;
            customers::leave_customer(&*ports.customers, &*ports.clock, &scope, id).await
        }
    })
    .await?;
    Ok(versioned(view))
}

/// Takes a customer back who left.
#[utoipa::path(
    post, path = "/customers/{id}/return", operation_id = "return_customer", tag = "customers",
    params(("id" = String, Path, description = "A customer id")),
    responses((status = 200, description = "Back", body = CustomerBody))
)]
async fn come_back(
    State(api): State<Api>,
    caller: May<WriteCustomers>,
    PathId(id): PathId<CustomerKind>,
) -> Result<Versioned<CustomerBody>, Problem> {
    let view = run(&caller, |scope| {
        let api = api.clone();
        async move { customers::return_customer(&*api.ports.customers, &scope, id).await }
    })
    .await?;
    Ok(versioned(view))
}

async fn load(api: &Api, caller: &Granted, id: CustomerId) -> Result<CustomerView, Problem> {
    let queries = &api.ports.customer_queries;
    let found = queries.customer(caller.tenant(), id).await?;
    found.ok_or_else(|| Problem::not_found("customer", id))
}

fn versioned(view: CustomerView) -> Versioned<CustomerBody> {
    Versioned {
        version: view.version,
        body: view.into(),
    }
}

/// Tells an absent field (stays) from `null` (clears).
fn edit<'de, T: Deserialize<'de>, D: Deserializer<'de>>(source: D) -> Result<Edit<T>, D::Error> {
    let value = Option::deserialize(source)?;
    Ok(value.map_or(Edit::Clear, Edit::Set))
}
