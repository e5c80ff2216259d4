//! Who may do what, route by route: what is not in the table is reachable by nobody.

use std::collections::BTreeMap;

use operators::Role;
use operators::Role::{Admin, Auditor, Cashier, Technician};

use crate::description::{document, operations};
use crate::exchange::Ask;
use crate::house::House;

/// Routes that need no token, and prove nothing about the caller.
const OPEN: &[&str] = &[
    "login",
    "refresh",
    "receive_webhook",
    "live",
    "ready",
    "health",
    "metrics",
];

const EVERYBODY: &[Role] = &[Admin, Cashier, Technician, Auditor];
const MONEY_READERS: &[Role] = &[Admin, Cashier, Auditor];
const CASHIERS: &[Role] = &[Admin, Cashier];
const TECHNICIANS: &[Role] = &[Admin, Technician];
const AUDITORS: &[Role] = &[Admin, Auditor];
const ADMINS: &[Role] = &[Admin];

const MATRIX: &[(&[Role], &[&str])] = &[
    (
        EVERYBODY,
        &[
            "logout",
            "me",
            "change_password",
            "list_customers",
            "get_customer",
            "list_service_profiles",
            "get_service_profile",
            "list_routers",
            "get_router",
            "get_router_drift",
            "get_router_setup",
            "list_drift_rows",
            "get_router_statistics",
            "list_grants",
            "list_router_sessions",
            "list_voucher_batches",
            "get_voucher_batch",
            "list_batch_vouchers",
            "list_vouchers",
            "get_voucher",
            "list_jobs",
            "get_job",
            "list_deliveries",
            "list_plans",
            "get_plan",
            "list_subscriptions",
            "get_subscription",
            "get_grant_usage",
            "get_subscription_usage",
            "list_sessions",
        ],
    ),
    (
        CASHIERS,
        &[
            "register_customer",
            "change_customer",
            "leave_customer",
            "return_customer",
            "subscribe",
            "change_plan",
            "preview_plan_change",
            "cancel_scheduled_change",
            "change_quantity",
            "add_add_on",
            "remove_add_on",
            "change_bill_day",
            "suspend_subscription",
            "pause_subscription",
            "resume_subscription",
            "cancel_subscription",
            "preview_cancellation",
            "renew_subscription",
            "redeem_voucher",
            "set_auto_renewal",
            "record_payment",
            "request_payment",
            "settle_payment",
            "fail_payment",
            "allocate_payment",
            "receive_unmatched_payment",
            "allocate_unmatched_payment",
            "approve_payment_proof",
            "refuse_payment_proof",
            "claim_payment",
            "promise_to_pay",
            "break_promise",
            "open_payment_link",
            "refresh_payment_link",
            "cancel_payment_link",
            "dismiss_payment_link_note",
            "requeue_webhook",
            "open_till",
            "close_till",
            "hand_in_payment_proof",
            "ask_reconciliation",
            "sell_voucher",
            "reveal_voucher_codes",
        ],
    ),
    (
        TECHNICIANS,
        &[
            "define_service_profile",
            "change_service_profile",
            "retire_service_profile",
            "enrol_router",
            "change_router",
            "retire_router",
            "test_router",
            "trust_router",
            "diagnose_router",
            "diagnose_candidate",
            "reconcile_router",
            "accept_drift",
            "restore_drift",
            "change_router_setup",
            "preview_import",
            "get_import",
            "list_import_rows",
            "cut_login",
            "cancel_job",
            "requeue_job",
            "requeue_delivery",
        ],
    ),
    (
        AUDITORS,
        &[
            "list_events",
            "list_operators",
            "get_operator",
            "report_revenue",
            "report_tax",
            "report_receivables_aging",
            "report_trial_balance",
            "report_journal",
            "report_mrr_movements",
            "report_arpu",
            "report_churn",
            "report_cohorts",
            "report_till_closes",
        ],
    ),
    (
        ADMINS,
        &[
            "define_taxes",
            "put_letterhead",
            "put_logo",
            "tax_plan",
            "credit_invoice",
            "void_invoice",
            "write_off_invoice",
            "agree_discount",
            "end_discount",
            "execute_router_command",
            "apply_import",
            "define_plan",
            "retire_plan",
            "bill_account",
            "refund_payment",
            "retry_provider_refund",
            "reverse_payment",
            "undo_reversal",
            "return_unmatched_payment",
            "release_account",
            "change_account_terms",
            "hold_account",
            "lift_account_hold",
            "define_account_dunning",
            "waive_dunning_fee",
            "drop_account_dunning",
            "define_dunning",
            "approve_dunning_run",
            "refuse_dunning_run",
            "block_customer",
            "unblock_customer",
            "order_voucher_batch",
            "void_voucher_batch",
            "void_voucher",
            "add_gateway_account",
            "replace_gateway_credentials",
            "replace_webhook_address",
            "disable_gateway_account",
            "enable_gateway_account",
            "hire_operator",
            "disable_operator",
            "enable_operator",
        ],
    ),
    (
        MONEY_READERS,
        &[
            "list_credit_notes",
            "get_credit_note",
            "get_taxes",
            "get_letterhead",
            "get_logo",
            "list_discounts",
            "list_legal_entities",
            "get_dunning",
            "list_dunning_definitions",
            "preview_dunning_run",
            "summarize_dunning_run",
            "list_dunning_runs",
            "get_account_dunning",
            "list_needs_attention",
            "list_accounts",
            "get_account",
            "get_statement",
            "list_tills",
            "get_till",
            "list_parked_accounts",
            "preview_bill",
            "preview_billing_run",
            "list_invoices",
            "get_invoice",
            "print_invoice",
            "print_credit_note",
            "list_payments",
            "get_payment",
            "print_receipt",
            "list_unmatched_payments",
            "get_unmatched_payment",
            "list_historical_sales",
            "list_gateway_accounts",
            "get_gateway_account",
            "list_payment_links",
            "get_payment_link",
            "list_webhooks",
            "list_reconciliations",
            "get_reconciliation",
            "get_reconciliation_csv",
            "list_payment_proofs",
            "get_payment_proof",
            "get_payment_proof_file",
            "list_provider_refunds",
            "get_provider_refund",
        ],
    ),
];

fn allowed() -> BTreeMap<&'static str, &'static [Role]> {
    let rows = MATRIX.iter();
    rows.flat_map(|(roles, names)| names.iter().map(|name| (*name, *roles)))
        .collect()
}

/// A request with well-formed ids and no body: whoever is let in meets a problem of another kind.
fn knock(method: &str, path: &str, operation: &serde_json::Value) -> Ask {
    let kind = [
        ("/customers", "cus"),
        ("/gateway-accounts", "gwa"),
        ("/gateway-reconciliations", "rcn"),
        ("/payment-links", "pay"),
        ("/payment-proofs", "prf"),
        ("/webhooks", "whk"),
        ("/provider-refunds", "rfd"),
        ("/routers", "rtr"),
        ("/service-profiles", "spf"),
        ("/voucher-batches", "bat"),
        ("/vouchers", "vou"),
        ("/jobs", "job"),
        ("/deliveries", "dlv"),
        ("/operators", "opr"),
        ("/plans", "pln"),
        ("/subscriptions", "sub"),
        ("/grants", "gra"),
        ("/invoices", "inv"),
        ("/credit-notes", "crn"),
        ("/payments", "pay"),
        ("/unmatched-payments", "unm"),
        ("/accounts", "acc"),
        ("/billing/accounts", "acc"),
        ("/legal-entities", "ent"),
    ]
    .iter()
    .find(|(start, _)| path.starts_with(&format!("/api/v1{start}")))
    .map_or("xxx", |(_, kind)| *kind);
    let path = path.replace("{id}", &format!("{kind}_aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    let path = path.replace("{import}", "imp_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    let path = path.replace("{discount}", "dsc_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    let path = path.replace("{gateway}/{token}", "stripe/nobodys");
    assert!(
        !path.contains('{'),
        "{path} has a parameter that this test does not know"
    );
    let ask = Ask::new(method, &path);
    if operation.get("requestBody").is_some() {
        return ask.raw("application/json", "{\"nonsense\":1}");
    }
    ask
}

#[tokio::test]
async fn without_a_token_only_the_open_routes_answer() {
    let house = House::new();
    for (method, path, operation) in operations(&document()) {
        let name = operation["operationId"].as_str().unwrap();
        let answer = knock(&method, &path, &operation).send(&house.router).await;
        if OPEN.contains(&name) {
            assert_ne!(answer.problem(), "missing-token", "{name}");
            assert_eq!(operation["security"], serde_json::json!([{}]), "{name}");
        } else {
            assert_eq!(answer.is(401).problem(), "missing-token", "{name}");
            assert!(operation.get("security").is_none(), "{name}");
        }
    }
}

#[tokio::test]
async fn each_role_reaches_exactly_what_the_table_says() {
    let allowed = allowed();
    let house = House::new();
    for (method, path, operation) in operations(&document()) {
        let name = operation["operationId"].as_str().unwrap();
        if OPEN.contains(&name) {
            continue;
        }
        let roles = allowed.get(name).copied();
        let roles = roles.unwrap_or_else(|| panic!("{name} is not in the table"));
        for role in Role::ALL {
            let answer = house.ask_as(role, knock(&method, &path, &operation)).await;
            let is_let_in = answer.status.as_u16() != 403;
            assert_eq!(
                is_let_in,
                roles.contains(&role),
                "{name} as {role}: {}",
                answer.text
            );
        }
    }
}

#[test]
fn the_table_names_only_routes_that_exist() {
    let document = document();
    let known: Vec<String> = operations(&document)
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    for name in allowed().keys() {
        assert!(known.iter().any(|it| it == name), "{name}");
    }
}
