//! Every port of the product, wired to its adapter: what an app plugs into.

use std::sync::Arc;

use access::adoption::ImportQueries;
use access::{AccessQueries, AccessStore, HostRules, RouterGateway, UsageQueries, UsageStore};
use billing::gateway::{GatewayDesk, GatewayPorts};
use billing::{BillLimits, BillingQueries, BillingRunStore, BillingStore};
use customers::{CustomerQueries, CustomersStore};
use jobs::{Housekeeping, JobControl, JobQueries, JobsStore, WorkSignal};
use kernel::{Clock, Ids, Probe, Randomness, Receipts, Vault};
use operators::{OperatorQueries, OperatorsStore, PasswordHasher, TenantDirectory, TokenSigner};
use vouchers::{VoucherQueries, VouchersStore};
use workflows::{Keeping, RedemptionStore, SubscriptionStore, Workbench};

/// The wired product. Cloning it clones handles, not state.
#[derive(Clone)]
pub struct Ports {
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Unpredictable bytes.
    pub randomness: Arc<dyn Randomness>,
    /// Seals secrets.
    pub vault: Arc<dyn Vault>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Signs access tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// Changes to customers.
    pub customers: Arc<dyn CustomersStore>,
    /// Reads of customers.
    pub customer_queries: Arc<dyn CustomerQueries>,
    /// Changes to operators and sessions.
    pub operators: Arc<dyn OperatorsStore>,
    /// Reads of operators.
    pub operator_queries: Arc<dyn OperatorQueries>,
    /// Finds a tenant before there is one.
    pub tenants: Arc<dyn TenantDirectory>,
    /// Changes to profiles, routers and grants.
    pub access: Arc<dyn AccessStore>,
    /// Reads of profiles, routers and grants.
    pub access_queries: Arc<dyn AccessQueries>,
    /// Reads of imports and historical sales.
    pub import_queries: Arc<dyn ImportQueries>,
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
    /// Sells a subscription together with its grant.
    pub subscription_store: Arc<dyn SubscriptionStore>,
    /// Spends a voucher together with giving its days.
    pub redemption_store: Arc<dyn RedemptionStore>,
    /// The payment providers, and what is kept of them.
    pub payment_gateways: GatewayPorts,
    /// Enqueues work that no change causes.
    pub jobs_store: Arc<dyn JobsStore>,
    /// Reads of jobs, deliveries and events.
    pub jobs: Arc<dyn JobQueries>,
    /// Cancels and requeues.
    pub job_control: Arc<dyn JobControl>,
    /// Wakes workers.
    pub work_signal: Arc<dyn WorkSignal>,
    /// Answers to idempotent requests.
    pub receipts: Arc<dyn Receipts>,
    /// Told of named points.
    pub probe: Arc<dyn Probe>,
    /// What customers have used.
    pub usage: Arc<dyn UsageStore>,
    /// Reads of use and sessions.
    pub usage_queries: Arc<dyn UsageQueries>,
    /// Forgets old work.
    pub housekeeping: Arc<dyn Housekeeping>,
    /// How long things are kept.
    pub keeping: Keeping,
}

impl Ports {
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

    /// What reactions, jobs and sweeps need.
    #[must_use]
    pub fn workbench(&self) -> Workbench {
        Workbench {
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            randomness: Arc::clone(&self.randomness),
            vault: Arc::clone(&self.vault),
            customers: Arc::clone(&self.customers),
            access: Arc::clone(&self.access),
            access_queries: Arc::clone(&self.access_queries),
            gateway: Arc::clone(&self.gateway),
            host_rules: self.host_rules,
            vouchers: Arc::clone(&self.vouchers),
            voucher_queries: Arc::clone(&self.voucher_queries),
            billing: Arc::clone(&self.billing),
            billing_queries: Arc::clone(&self.billing_queries),
            billing_run: Arc::clone(&self.billing_run),
            bill_limits: self.bill_limits,
            payment_gateways: self.payment_gateways.clone(),
            jobs_store: Arc::clone(&self.jobs_store),
            receipts: Arc::clone(&self.receipts),
            probe: Arc::clone(&self.probe),
            usage: Arc::clone(&self.usage),
            housekeeping: Arc::clone(&self.housekeeping),
            keeping: self.keeping,
        }
    }
}
