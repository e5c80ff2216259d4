//! The kinds of jobs that [`crate::run_job`] knows.

/// Makes the vouchers of a batch; payload `{"batch": "bat_…"}`.
pub const GENERATE_VOUCHERS: &str = "generate_vouchers";
/// Gives every voucher of a batch its grant; payload `{"batch": "bat_…"}`.
pub const GRANT_VOUCHERS: &str = "grant_vouchers";
/// Ends the grants of a withdrawn batch; payload `{"batch": "bat_…"}`.
pub const WITHDRAW_VOUCHERS: &str = "withdraw_vouchers";
/// Brings pending grants to a router; payload `{"router": "rtr_…"}`.
pub const SYNC_ROUTER: &str = "sync_router";
/// Compares a whole router with what it should hold, and mends it; payload `{"router": "rtr_…"}`.
pub const RECONCILE_ROUTER: &str = "reconcile_router";
/// Reads who is online on a router and what was used, and finds first logins of vouchers; payload `{"router": "rtr_…"}`.
pub const WATCH_ROUTER: &str = "watch_router";
/// Applies an import of what a router has; payload `{"import": "imp_…"}`.
pub const APPLY_IMPORT: &str = access::adoption::APPLY_IMPORT_JOB;
/// Works on a payment provider's message; payload `{"webhook": "whk_…"}`.
pub const SETTLE_WEBHOOK: &str = billing::gateway::SETTLE_WEBHOOK_JOB;
/// Gives money back through a payment provider; payload `{"refund": "rfd_…"}`.
pub const REFUND_AT_PROVIDER: &str = billing::gateway::REFUND_AT_PROVIDER_JOB;
/// Compares our books with a payment provider's; payload `{"reconciliation": "rcn_…"}`.
pub const RECONCILE_GATEWAY: &str = billing::gateway::RECONCILE_GATEWAY_JOB;
/// Sweep: has every day that is over compared with payment providers.
pub const RECONCILE_GATEWAYS: &str = "reconcile_gateways";
/// Sweep: asks providers what became of payment links.
pub const POLL_PAYMENT_LINKS: &str = "poll_payment_links";
/// The billing run of a legal entity; payload `{"entity": "ent_…"}`.
pub const BILL_ENTITY: &str = "bill_entity";
/// Sweep: starts the billing runs of entities that have something due.
pub const RAISE_INVOICES: &str = "raise_invoices";
/// Sweep: moves accounts along the dunning levels.
pub const EVALUATE_OVERDUE: &str = "evaluate_overdue";
/// Sweep: ends payments that nobody made in time.
pub const EXPIRE_PAYMENTS: &str = "expire_payments";
/// Sweep: ends vouchers whose time is over.
pub const EXPIRE_VOUCHERS: &str = "expire_vouchers";
/// Sweep: has every router watched.
pub const WATCH_SESSIONS: &str = "watch_sessions";
/// Sweep: has every router reconciled.
pub const RECONCILE_ROUTERS: &str = "reconcile_routers";
/// Sweep: forgets what is kept only for a while.
pub const PRUNE: &str = "prune";
