//! Counts what the product makes, for the metrics that are about no single router.

use kernel::Probe;

/// Vouchers that were made, by order.
pub(crate) const VOUCHERS_CREATED: &str = "mikrotik_vouchers_created_total";
/// Accounts that the billing run has parked, by reason.
pub(crate) const ACCOUNTS_PARKED: &str = "mikrotik_billing_accounts_parked_total";

/// Counts what is made and ignores every point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountingProbe;

impl Probe for CountingProbe {
    fn reached(&self, _point: &'static str) {}

    fn made(&self, thing: &'static str, count: u64) {
        if thing == "vouchers" {
            metrics::counter!(VOUCHERS_CREATED).increment(count);
        }
        if let Some(reason) = thing.strip_prefix("parked_accounts.") {
            metrics::counter!(ACCOUNTS_PARKED, "reason" => reason).increment(count);
        }
    }
}

/// Shows that the counters are alive, so that they are not forgotten while nothing is made.
pub(crate) fn keep_alive() {
    metrics::counter!(VOUCHERS_CREATED).increment(0);
}
