//! How payment providers are spoken to.

use serde::Deserialize;

/// How payment providers are spoken to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentSettings {
    /// Whether gateway accounts of the test mode may be configured and used: their payments move no real money.
    pub allow_test_accounts: bool,
    /// Whether providers may tell of payments; without, every payment is found by asking for it.
    pub webhooks: bool,
    /// Seconds that a call to a provider may take.
    pub timeout_s: u64,
    /// Where Stripe is; empty for Stripe itself.
    pub stripe_url: String,
    /// Where Midtrans is, for all its hosts and modes; empty for Midtrans itself.
    pub midtrans_url: String,
}

impl PaymentSettings {
    pub(super) fn rules(&self) -> [(bool, &'static str, &'static str); 1] {
        [(
            (1..=120).contains(&self.timeout_s),
            "payments.timeout_s",
            "must be 1 to 120",
        )]
    }
}
