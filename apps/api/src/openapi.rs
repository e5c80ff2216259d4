//! The API's description: what the code says, completed with the problems that every route shares.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as Describe};

use crate::problem::{FieldError, ProblemBody, catalog};

/// The head of the description; routes add themselves.
#[derive(Debug, Describe)]
#[openapi(
    info(
        title = "MikroTik Billing",
        description = "Billing for internet providers whose customers come in through MikroTik routers."
    ),
    components(schemas(ProblemBody, FieldError)),
    modifiers(&Bearer),
    security(("bearer" = [])),
    tags(
        (name = "auth", description = "Sign in, stay signed in, sign out"),
        (name = "customers", description = "Who buys access and how to reach them"),
        (name = "subscriptions", description = "Plans sold to customers, with their PPPoE or hotspot login"),
        (name = "legal entities", description = "Whose invoices these are: currency, zone, number series and terms"),
        (name = "plans", description = "What is sold: a price, an interval and a service profile"),
        (name = "invoices", description = "Demands for money"),
        (name = "payments", description = "Money received"),
        (name = "accounts", description = "What customers owe"),
        (name = "vouchers", description = "Batches of codes and single vouchers"),
        (name = "routers", description = "MikroTik routers: enrolment, drift, live sessions"),
        (name = "service profiles", description = "The technical side of a plan"),
        (name = "jobs", description = "Background work, deliveries and the record of events"),
        (name = "operators", description = "Who works here"),
        (name = "monitoring", description = "Health of this process")
    )
)]
pub(crate) struct Head;

/// The scheme that every route but sign-in asks for.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The access_token of /api/v1/auth/login"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Adds to every operation the problems that follow from its shape, and the table of problems to the head.
pub(crate) fn complete(document: &mut OpenApi) {
    let head = document.info.description.get_or_insert_default();
    head.push_str(&table_of_problems());
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            add_problems(path, operation);
        }
    }
}

/// Every operation of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

fn add_problems(path: &str, operation: &mut Operation) {
    let is_open = operation.security.as_ref().is_some_and(|it| {
        it.iter()
            .all(|scheme| *scheme == utoipa::openapi::SecurityRequirement::default())
    });
    let mut add = |status: &str, description: &str| {
        let known = &mut operation.responses.responses;
        known
            .entry(status.to_owned())
            .or_insert_with(|| problem(description).into());
    };
    add("500", "Something is wrong on our side");
    add(
        "503",
        "The database is unavailable or the load too high; see Retry-After",
    );
    add("504", "It took too long");
    if !path.starts_with("/api/v1") {
        return;
    }
    add(
        "400",
        "The body is not JSON, or a parameter or header breaks a rule",
    );
    if !is_open {
        add(
            "401",
            "The access token is missing, expired or not one of ours",
        );
        add("403", "The role does not allow this");
    }
    if path.contains('{') {
        add("404", "There is no such thing");
    }
    if operation.request_body.is_some() {
        let known = &mut operation.responses.responses;
        for (status, description) in [
            ("409", "Its state does not allow this, or it exists already"),
            ("413", "The body is too large"),
            ("415", "The body must be application/json"),
            ("422", "A field or a business rule refuses this"),
        ] {
            known
                .entry(status.to_owned())
                .or_insert_with(|| problem(description).into());
        }
    }
}

fn problem(description: &str) -> Response {
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", body)
        .build()
}

fn table_of_problems() -> String {
    let mut table = String::from(
        "\n\nAnswers that are not a success are RFC 9457 problems with one of these types:\n\n\
         | type | status | meaning |\n|---|---|---|\n",
    );
    for kind in catalog::ALL {
        let row = format!(
            "| `{}` | {} | {} |\n",
            kind.urn(),
            kind.status.as_u16(),
            kind.title
        );
        table.push_str(&row);
    }
    table
}
