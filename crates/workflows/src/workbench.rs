//! The ports that reactions, jobs and sweeps work with.

use std::sync::Arc;

use access::{AccessQueries, AccessStore, HostRules, RouterGateway, UsageStore};
use billing::gateway::{GatewayDesk, GatewayPorts};
use billing::{BillLimits, BillingQueries, BillingRunStore, BillingStore};
use customers::CustomersStore;
use jobs::{Housekeeping, JobsStore};
use kernel::{Clock, Ids, Probe, Randomness, Receipts, Vault};
use vouchers::{VoucherQueries, VouchersStore};

use crate::keeping::Keeping;

/// Handles to everything a reaction, job or sweep may need.
#[derive(Clone)]
pub struct Workbench {
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Unpredictable bytes.
    pub randomness: Arc<dyn Randomness>,
    /// Seals secrets.
    pub vault: Arc<dyn Vault>,
    /// Changes to customers.
    pub customers: Arc<dyn CustomersStore>,
    /// Changes to profiles, routers and grants.
    pub access: Arc<dyn AccessStore>,
    /// Reads of profiles, routers and grants.
    pub access_queries: Arc<dyn AccessQueries>,
    /// The routers themselves.
    pub gateway: Arc<dyn RouterGateway>,
    /// Which router addresses are acceptable.
    pub host_rules: HostRules,
    /// Changes to vouchers.
    pub vouchers: Arc<dyn VouchersStore>,
    /// Reads of vouchers.
    pub voucher_queries: Arc<dyn VoucherQueries>,
    /// Changes to money and what is sold.
    pub billing: Arc<dyn BillingStore>,
    /// Reads of money and what is sold.
    pub billing_queries: Arc<dyn BillingQueries>,
    /// What the billing run needs beyond that.
    pub billing_run: Arc<dyn BillingRunStore>,
    /// How far a bill may reach before it is an alarm.
    pub bill_limits: BillLimits,
    /// The payment providers, and what is kept of them.
    pub payment_gateways: GatewayPorts,
    /// Enqueues work that no change causes.
    pub jobs_store: Arc<dyn JobsStore>,
    /// Answers to idempotent requests.
    pub receipts: Arc<dyn Receipts>,
    /// Told of named points.
    pub probe: Arc<dyn Probe>,
    /// What customers have used.
    pub usage: Arc<dyn UsageStore>,
    /// Forgets old work.
    pub housekeeping: Arc<dyn Housekeeping>,
    /// How long things are kept.
    pub keeping: Keeping,
}

impl Workbench {
    /// What the use cases with payment providers need.
    #[must_use]
    pub fn gateway_desk(&self) -> GatewayDesk<'_> {
        GatewayDesk {
            gateways: &self.payment_gateways.gateways,
            store: &*self.payment_gateways.store,
            billing: &*self.billing,
            billing_queries: &*self.billing_queries,
            vault: &*self.vault,
            clock: &*self.clock,
            ids: &*self.ids,
        }
    }
}
