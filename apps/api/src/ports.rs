//! temporary
#![allow(missing_docs)]
use std::sync::Arc;
use kernel::{Clock, Ids, Randomness, Receipts, Vault};
use jobs::{JobControl, JobQueries, JobsStore, WorkSignal};
use access::{AccessQueries, AccessStore, HostRules, RouterGateway};
use operators::{OperatorQueries, OperatorsStore, PasswordHasher, TenantDirectory, TokenSigner};
use customers::{CustomerQueries, CustomersStore};
use vouchers::{VoucherQueries, VouchersStore};
#[derive(Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub randomness: Arc<dyn Randomness>,
    pub vault: Arc<dyn Vault>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub signer: Arc<dyn TokenSigner>,
    pub operators: Arc<dyn OperatorsStore>,
    pub operator_queries: Arc<dyn OperatorQueries>,
    pub tenants: Arc<dyn TenantDirectory>,
    pub customers: Arc<dyn CustomersStore>,
    pub customer_queries: Arc<dyn CustomerQueries>,
    pub access: Arc<dyn AccessStore>,
    pub access_queries: Arc<dyn AccessQueries>,
    pub gateway: Arc<dyn RouterGateway>,
    pub host_rules: HostRules,
    pub vouchers: Arc<dyn VouchersStore>,
    pub voucher_queries: Arc<dyn VoucherQueries>,
    pub jobs_store: Arc<dyn JobsStore>,
    pub jobs: Arc<dyn JobQueries>,
    pub job_control: Arc<dyn JobControl>,
    pub work_signal: Arc<dyn WorkSignal>,
    pub receipts: Arc<dyn Receipts>,
}
