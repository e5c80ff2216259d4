//! The API on the contexts' fakes, with a token for every role.

use std::sync::Arc;
use std::time::Duration;

use access::HostRules;
use access::testing::{FakeRouter, MemoryAccess, MemoryUsage};
use axum::Router;
use billing::gateway::{GatewayPorts, Gateways, PaymentGateway, SandboxGateway};
use billing::testing::{MemoryBilling, MemoryGateways};
use billing::{DunningPolicy, NewEntity, found_entity};
use customers::testing::MemoryCustomers;
use jobs::testing::MemoryJobs;
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{Clock, Id, NoProbe, OperatorId, Scope, Secret, TenantId, Timestamp};
use mikrotik_billing_api::{ApiSettings, Ports, router};
use operators::testing::{MemoryOperators, PlainHasher, PlainSigner};
use operators::{Claims, FoundTenant, Password, Role, SignInPolicy, TokenSigner, found_tenant};
use uuid::Uuid;
use vouchers::testing::MemoryVouchers;
use workflows::Keeping;
use workflows::testing::MemoryRedemptions;

use crate::exchange::{Answer, Ask};
use crate::receipts::{MemoryReceipts, WithReceipts};
use crate::sale::MemorySales;

/// The tenant that everybody in the house works for.
pub const TENANT: TenantId = Id::from_uuid(Uuid::from_u128(0x71));
/// Another provider, whose data must never show.
pub const STRANGER: TenantId = Id::from_uuid(Uuid::from_u128(0x72));

/// The operator that tokens of the house are made out to.
pub const ADMIN: OperatorId = Id::from_uuid(Uuid::from_u128(0x0b));
/// The first admin's password.
pub const PASSWORD: &str = "correct horse battery";

/// The API and the fakes behind it.
pub struct House {
    pub router: Router,
    pub ports: Ports,
    pub clock: Arc<FixedClock>,
    pub jobs: MemoryJobs,
    /// The provider that the house's ports talk to.
    pub sandbox: Arc<SandboxGateway>,
    /// What is kept of it.
    pub gateways: MemoryGateways,
}

impl House {
    pub fn new() -> Self {
        Self::with(|ports| ports, settings())
    }

    pub fn with(change: impl FnOnce(Ports) -> Ports, settings: ApiSettings) -> Self {
        let clock = Arc::new(FixedClock::at(noon()));
        let jobs = MemoryJobs::new();
        let sandbox = Arc::new(SandboxGateway::new(Arc::new(FixedClock::at(noon()))));
        let billing = MemoryBilling::new();
        let gateways = MemoryGateways::beside(billing.clone());
        let ports = change(ports(&clock, &jobs, billing, (&sandbox, &gateways)));
        Self {
            router: router(ports.clone(), settings),
            ports,
            clock,
            jobs,
            sandbox,
            gateways,
        }
    }

    /// A token of an operator with this role.
    pub fn token(&self, role: Role) -> String {
        self.token_of(TENANT, role)
    }

    pub fn token_of(&self, tenant: TenantId, role: Role) -> String {
        let now = self.clock.now();
        let claims = Claims {
            tenant,
            operator: ADMIN,
            session: Id::from_uuid(Uuid::from_u128(0x5e)),
            role,
            issued_at: now,
            expires_at: now.plus(chrono::Duration::minutes(15)),
        };
        let token = PlainSigner.sign(&claims).unwrap();
        token.expose().to_owned()
    }

    /// Founds the tenant `demo` with the operator `admin` and an Indonesian legal entity.
    pub async fn found(&self) {
        let it = &self.ports;
        let command = FoundTenant {
            slug: "demo".parse().unwrap(),
            name: "Demo Net".parse().unwrap(),
            admin: ADMIN,
            login: "admin".parse().unwrap(),
            admin_name: "Admin".parse().unwrap(),
            password: Password::choose(Secret::new(PASSWORD)).unwrap(),
        };
        let scope = Scope::system(TENANT, "test", Uuid::nil());
        let (store, hasher, clock) = (&*it.operators, &*it.hasher, &*it.clock);
        found_tenant(store, hasher, clock, &scope, command)
            .await
            .unwrap();
        let entity = NewEntity {
            id: Id::from_uuid(TENANT.uuid()),
            name: "Demo Net".parse().unwrap(),
            currency: "IDR".parse().unwrap(),
            zone: "Asia/Jakarta".parse().unwrap(),
            scale_digits: 0,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        };
        found_entity(&*it.billing, &scope, entity).await.unwrap();
    }

    /// Sends a request as an operator with this role.
    pub async fn ask_as(&self, role: Role, ask: Ask) -> Answer {
        ask.token(&self.token(role)).send(&self.router).await
    }

    /// Sends a request as an admin.
    pub async fn ask(&self, ask: Ask) -> Answer {
        self.ask_as(Role::Admin, ask).await
    }
}

pub fn noon() -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000).unwrap()
}

pub fn settings() -> ApiSettings {
    ApiSettings {
        body_limit_bytes: ApiSettings::BODY_LIMIT_BYTES,
        request_timeout: Duration::from_secs(30),
        max_in_flight: 64,
        sign_in: SignInPolicy::standard(),
        takes_webhooks: true,
        worker_ready: None,
        metrics: None,
    }
}

fn ports(
    clock: &Arc<FixedClock>,
    jobs: &MemoryJobs,
    billing: MemoryBilling,
    (sandbox, store): (&Arc<SandboxGateway>, &MemoryGateways),
) -> Ports {
    let access = MemoryAccess::new();
    let usage = MemoryUsage::beside(access.clone());
    let receipts = MemoryReceipts::default();
    let customers = MemoryCustomers::new();
    let operators = MemoryOperators::new();
    let vouchers = MemoryVouchers::new();
    Ports {
        clock: Arc::<FixedClock>::clone(clock),
        ids: Arc::new(CountingIds::from(1)),
        randomness: Arc::new(SeededRandomness::from(7)),
        vault: Arc::new(OpenVault),
        hasher: Arc::new(PlainHasher::new()),
        signer: Arc::new(PlainSigner),
        customers: Arc::new(WithReceipts {
            inner: customers.clone(),
            receipts: receipts.clone(),
        }),
        customer_queries: Arc::new(customers),
        operators: Arc::new(WithReceipts {
            inner: operators.clone(),
            receipts: receipts.clone(),
        }),
        operator_queries: Arc::new(operators.clone()),
        tenants: Arc::new(operators),
        access: Arc::new(access.clone()),
        access_queries: Arc::new(access.clone()),
        import_queries: Arc::new(access.clone()),
        gateway: Arc::new(FakeRouter::new()),
        host_rules: HostRules {
            allow_loopback: false,
        },
        vouchers: Arc::new(vouchers.clone()),
        voucher_queries: Arc::new(vouchers.clone()),
        billing: Arc::new(WithReceipts {
            inner: billing.clone(),
            receipts: receipts.clone(),
        }),
        billing_queries: Arc::new(billing.clone()),
        billing_run: Arc::new(billing.clone()),
        bill_limits: billing::BillLimits::STANDARD,
        redemption_store: Arc::new(WithReceipts {
            inner: MemoryRedemptions::of(vouchers, billing.clone()),
            receipts: receipts.clone(),
        }),
        subscription_store: Arc::new(WithReceipts {
            inner: MemorySales { billing, access },
            receipts: receipts.clone(),
        }),
        payment_gateways: gateways(&receipts, sandbox, store),
        jobs_store: Arc::new(jobs.clone()),
        jobs: Arc::new(jobs.clone()),
        job_control: Arc::new(jobs.clone()),
        work_signal: Arc::new(jobs.clone()),
        receipts: Arc::new(receipts),
        probe: Arc::new(NoProbe),
        usage: Arc::new(usage.clone()),
        usage_queries: Arc::new(usage),
        housekeeping: Arc::new(jobs.clone()),
        keeping: Keeping::standard(),
    }
}

/// The sandbox takes payments; nobody else does.
fn gateways(
    receipts: &MemoryReceipts,
    sandbox: &Arc<SandboxGateway>,
    store: &MemoryGateways,
) -> GatewayPorts {
    let sandbox: Arc<dyn PaymentGateway> = Arc::<SandboxGateway>::clone(sandbox);
    GatewayPorts {
        store: Arc::new(WithReceipts {
            inner: store.clone(),
            receipts: receipts.clone(),
        }),
        ..store.ports(Gateways::with_test_accounts([sandbox]))
    }
}
