//! The API's description: what the code says, completed with the problems that every route shares.

use billing::{RefundKind, TillDayKind, UnmatchedKind};
use kernel::{
    AccountKind, BatchKind, CreditNoteKind, CustomerKind, DeliveryKind, DiscountKind,
    DunningRunKind, EntityKind, GatewayAccountKind, GrantKind, ImportKind, InvoiceKind, JobKind,
    Kind, OperatorKind, PaymentKind, PlanKind, ProfileKind, ProofKind, ReconciliationKind,
    RouterKind, SubscriptionKind, VoucherKind, WebhookKind,
};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema};
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
        (name = "tills", description = "The days of cashiers: opened, and closed with what was counted"),
        (name = "reports", description = "Money over time, as JSON or CSV"),
        (name = "dunning", description = "What is done about debts, and the runs that wait for a person"),
        (name = "needs attention", description = "Everything that waits for a person"),
        (name = "billing", description = "What a run would bill, and the accounts it leaves alone"),
        (name = "vouchers", description = "Batches of codes and single vouchers"),
        (name = "routers", description = "MikroTik routers: enrolment, drift, live sessions"),
        (name = "usage", description = "What customers use, and their sessions"),
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

/// Adds to every operation the problems that follow from its shape and the form of its id, and the table of problems to
/// the head.
pub(crate) fn complete(document: &mut OpenApi) {
    let head = document.info.description.get_or_insert_default();
    head.push_str(&table_of_problems());
    for (path, item) in &mut document.paths.paths {
        let changes = [
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in changes.into_iter().filter_map(Option::as_mut) {
            document_problem(
                operation,
                "409",
                "Its state does not allow this, or it exists already",
            );
            add_problems(path, operation);
        }
        if let Some(operation) = &mut item.get {
            add_problems(path, operation);
        }
    }
}

fn add_problems(path: &str, operation: &mut Operation) {
    for (status, description) in [
        ("500", "Something is wrong on our side"),
        (
            "503",
            "The database is unavailable or the load too high; see Retry-After",
        ),
        ("504", "It took too long"),
    ] {
        document_problem(operation, status, description);
    }
    if !path.starts_with("/api/v1") {
        return;
    }
    let malformed = "The body is not JSON, or a parameter or header breaks a rule";
    document_problem(operation, "400", malformed);
    if operation.security.is_none() {
        let unknown = "The access token is missing, expired or not one of ours";
        document_problem(operation, "401", unknown);
        document_problem(operation, "403", "The role does not allow this");
    }
    if path.contains("{id}") {
        document_problem(operation, "404", "There is no such thing");
        describe_id(path, operation);
    }
    if operation.request_body.is_some() {
        document_problem(operation, "413", "The body is too large");
        document_problem(operation, "415", "The body must be application/json");
        document_problem(operation, "422", "A field or a business rule refuses this");
    }
}

fn document_problem(operation: &mut Operation, status: &str, description: &str) {
    let known = &mut operation.responses.responses;
    known
        .entry(status.to_owned())
        .or_insert_with(|| problem(description).into());
}

/// Says which ids a path takes: those of the kind that its part before the id names.
fn describe_id(path: &str, operation: &mut Operation) {
    let before = path.split("/{id}").next().unwrap_or_default();
    let resource = before.rsplit('/').next();
    let kind = KINDS.iter().find(|(name, _)| Some(*name) == resource);
    let parameters = operation.parameters.iter_mut().flatten();
    for parameter in parameters {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        let prefix = match parameter.name.as_str() {
            "id" => kind.map(|(_, prefix)| *prefix),
            DiscountKind::NAME => Some(DiscountKind::PREFIX),
            ImportKind::NAME => Some(ImportKind::PREFIX),
            _ => None,
        };
        if let Some(prefix) = prefix {
            parameter.schema = Some(id_text(prefix));
        }
    }
}

/// 16 bytes are 26 characters, and the last one carries three bits only.
fn id_text(prefix: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^{prefix}_[a-z2-7]{{25}}[aeimquy4]$")))
        .into()
}

/// The part of a path before an id, and the prefix of its ids.
const KINDS: &[(&str, &str)] = &[
    ("accounts", AccountKind::PREFIX),
    ("credit-notes", CreditNoteKind::PREFIX),
    ("customers", CustomerKind::PREFIX),
    ("deliveries", DeliveryKind::PREFIX),
    ("dunning-runs", DunningRunKind::PREFIX),
    ("gateway-accounts", GatewayAccountKind::PREFIX),
    ("gateway-reconciliations", ReconciliationKind::PREFIX),
    ("grants", GrantKind::PREFIX),
    ("invoices", InvoiceKind::PREFIX),
    ("jobs", JobKind::PREFIX),
    ("legal-entities", EntityKind::PREFIX),
    ("operators", OperatorKind::PREFIX),
    ("payment-links", PaymentKind::PREFIX),
    ("payment-proofs", ProofKind::PREFIX),
    ("payments", PaymentKind::PREFIX),
    ("plans", PlanKind::PREFIX),
    ("provider-refunds", RefundKind::PREFIX),
    ("routers", RouterKind::PREFIX),
    ("service-profiles", ProfileKind::PREFIX),
    ("subscriptions", SubscriptionKind::PREFIX),
    ("tills", TillDayKind::PREFIX),
    ("unmatched-payments", UnmatchedKind::PREFIX),
    ("voucher-batches", BatchKind::PREFIX),
    ("vouchers", VoucherKind::PREFIX),
    ("webhooks", WebhookKind::PREFIX),
];

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
