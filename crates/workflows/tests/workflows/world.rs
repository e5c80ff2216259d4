//! An internet provider on fakes: one router, a PPPoE and a hotspot profile, a plan on each.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use access::testing::{FakeRouter, MemoryAccess, MemoryUsage, sample_profile, sample_router};
use access::{AccessStore, Allowance, Grant, HostRules, LoginRef, Service, Subject};
use billing::gateway::{Gateways, PaymentGateway, SandboxGateway};
use billing::testing::{MemoryBilling, MemoryGateways};
use billing::{
    BillLimits, Charging, DunningPolicy, Interval, IntervalUnit, NewEntity, NewPlan, SoldAs,
    define_plan, found_entity,
};
use chrono::Duration;
use customers::testing::MemoryCustomers;
use customers::{CustomerKind, NewCustomer, RegisterCustomer, register_customer};
use jobs::testing::MemoryJobs;
use jobs::{ClaimedDelivery, ClaimedJob};
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{
    BatchId, Clock, CustomerId, EventRow, Ids, Lane, Money, NewEvent, PlanId, Priority, ProfileId,
    RouterId, Scope, StoreError, SubscriptionId, TenantId, Timestamp, VoucherId,
};
use serde_json::Value;
use vouchers::testing::MemoryVouchers;
use vouchers::{Alphabet, Voucher, VouchersStore};
use workflows::testing::MemorySales;
use workflows::{
    Failure, Keeping, OrderVouchers, OrderVouchersError, OrderVouchersPorts, SellSubscription,
    SellSubscriptionError, Workbench, order_vouchers, sell_subscription,
};

use crate::fakes::{
    FlakyBilling, RouterWithHistory, Steps, VouchersMade, WatchedAccess, WatchedReceipts,
};

pub(crate) struct World {
    pub(crate) access: MemoryAccess,
    pub(crate) watched: Arc<WatchedAccess>,
    pub(crate) billing: MemoryBilling,
    pub(crate) sandbox: Arc<SandboxGateway>,
    pub(crate) gateways: MemoryGateways,
    pub(crate) flaky: Arc<FlakyBilling>,
    pub(crate) customers: MemoryCustomers,
    pub(crate) vouchers: MemoryVouchers,
    pub(crate) jobs: MemoryJobs,
    pub(crate) usage: MemoryUsage,
    pub(crate) gateway: Arc<RouterWithHistory>,
    pub(crate) receipts: Arc<WatchedReceipts>,
    pub(crate) made: Arc<VouchersMade>,
    pub(crate) clock: Arc<FixedClock>,
    ids: Arc<CountingIds>,
    randomness: Arc<SeededRandomness>,
    pub(crate) scope: Scope,
    pub(crate) router: RouterId,
    pub(crate) pppoe: ProfileId,
    pub(crate) hotspot: ProfileId,
    pub(crate) monthly: PlanId,
    pub(crate) pass: PlanId,
}

impl World {
    pub(crate) async fn open() -> Self {
        let ids = Arc::new(CountingIds::from(1));
        let next: &dyn Ids = &*ids;
        let noon = Timestamp::from_utc("2026-11-01T12:00:00Z".parse().unwrap());
        let (access, billing) = (MemoryAccess::new(), MemoryBilling::new());
        let world = Self {
            watched: Arc::new(WatchedAccess {
                inner: access.clone(),
                deliveries: Mutex::default(),
            }),
            flaky: Arc::new(FlakyBilling {
                inner: billing.clone(),
                failures: Mutex::default(),
                unreadable: Mutex::default(),
                given_back: AtomicU64::default(),
            }),
            usage: MemoryUsage::beside(access.clone()),
            access,
            gateways: MemoryGateways::beside(billing.clone()),
            billing,
            sandbox: Arc::new(SandboxGateway::new(Arc::new(FixedClock::at(noon)))),
            customers: MemoryCustomers::new(),
            vouchers: MemoryVouchers::new(),
            jobs: MemoryJobs::delivering(workflows::subscriptions()),
            gateway: Arc::new(RouterWithHistory {
                router: FakeRouter::new(),
                uptime_s: AtomicU64::new(0),
            }),
            receipts: Arc::default(),
            made: Arc::default(),
            randomness: Arc::new(SeededRandomness::from(11)),
            clock: Arc::new(FixedClock::at(noon)),
            scope: Scope::system(next.next(), "test", next.fresh()),
            router: next.next(),
            pppoe: next.next(),
            hotspot: next.next(),
            monthly: next.next(),
            pass: next.next(),
            ids,
        };
        world.enrol().await;
        world.offer().await;
        world
    }

    async fn enrol(&self) {
        let mut tx = self.access.begin(&self.scope).await.unwrap();
        let mut router = sample_router(self.router).unwrap();
        tx.routers().save(&mut router).await.unwrap();
        for (id, name, service) in [
            (self.pppoe, "home", Service::Pppoe),
            (self.hotspot, "pass", Service::Hotspot),
        ] {
            let mut profile = sample_profile(id, name, service).unwrap();
            tx.profiles().save(&mut profile).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn offer(&self) {
        let entity = NewEntity {
            id: self.ids().next(),
            name: "Harbour Net".parse().unwrap(),
            currency: kes(0).currency(),
            zone: "Africa/Nairobi".parse().unwrap(),
            scale_digits: 2,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        };
        found_entity(&self.billing, &self.scope, entity)
            .await
            .unwrap();
        let day = Interval::new(IntervalUnit::Days, 1).unwrap();
        for (id, name, interval, profile, sold_as) in [
            (
                self.monthly,
                "Home",
                Interval::MONTH,
                self.pppoe,
                SoldAs::Subscription,
            ),
            (self.pass, "Day pass", day, self.hotspot, SoldAs::Voucher),
        ] {
            let plan = NewPlan {
                id,
                name: name.parse().unwrap(),
                price: kes(150_000),
                interval,
                profile,
                sold_as,
                charging: Charging::AHEAD,
            };
            define_plan(&self.billing, &self.scope, plan).await.unwrap();
        }
    }

    pub(crate) fn bench(&self) -> Workbench {
        Workbench {
            clock: Arc::<FixedClock>::clone(&self.clock),
            ids: Arc::<CountingIds>::clone(&self.ids),
            randomness: Arc::<SeededRandomness>::clone(&self.randomness),
            vault: Arc::new(OpenVault),
            customers: Arc::new(self.customers.clone()),
            access: Arc::<WatchedAccess>::clone(&self.watched),
            access_queries: Arc::new(self.access.clone()),
            gateway: Arc::<RouterWithHistory>::clone(&self.gateway),
            host_rules: HostRules {
                allow_loopback: false,
            },
            vouchers: Arc::new(self.vouchers.clone()),
            voucher_queries: Arc::new(self.vouchers.clone()),
            billing: Arc::<FlakyBilling>::clone(&self.flaky),
            billing_queries: Arc::new(self.billing.clone()),
            billing_run: Arc::<FlakyBilling>::clone(&self.flaky),
            bill_limits: BillLimits::STANDARD,
            payment_gateways: self.gateways.ports(Gateways::with_test_accounts([
                Arc::<SandboxGateway>::clone(&self.sandbox) as Arc<dyn PaymentGateway>,
            ])),
            jobs_store: Arc::new(self.jobs.clone()),
            receipts: Arc::<WatchedReceipts>::clone(&self.receipts),
            probe: Arc::<VouchersMade>::clone(&self.made),
            usage: Arc::new(self.usage.clone()),
            housekeeping: Arc::new(self.jobs.clone()),
            keeping: Keeping::standard(),
        }
    }

    pub(crate) fn ids(&self) -> &dyn Ids {
        &*self.ids
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.scope.tenant
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn days_pass(&self, days: i64) {
        self.clock.advance(Duration::days(days));
    }

    /// Billing cannot begin so many transactions.
    pub(crate) fn billing_fails(&self, failures: impl IntoIterator<Item = StoreError>) {
        *self.flaky.failures.lock().unwrap() = failures.into_iter().collect::<VecDeque<_>>();
    }

    pub(crate) async fn customer(&self) -> CustomerId {
        let id = self.ids().next();
        let customer = NewCustomer {
            id,
            kind: CustomerKind::Personal,
            name: "Siti Rahma".parse().unwrap(),
            phone: None,
            email: None,
            address: None,
            note: None,
        };
        let command = RegisterCustomer { customer };
        register_customer(&self.customers, &*self.clock, &self.scope, command)
            .await
            .unwrap();
        id
    }

    pub(crate) async fn sell(
        &self,
        customer: CustomerId,
        login: &str,
    ) -> Result<SubscriptionId, SellSubscriptionError> {
        let command = SellSubscription {
            subscription: self.ids().next(),
            new_account: self.ids().next(),
            grant: self.ids().next(),
            customer,
            plan: self.monthly,
            router: self.router,
            login: login.parse().unwrap(),
            address: None,
            password: kernel::Secret::new("pw"),
            quantity: 1,
            bill_day: None,
            starts_on: None,
        };
        let subscription = command.subscription;
        let store = MemorySales::of(self.access.clone(), self.billing.clone());
        let (customers, clock) = (&self.customers, &*self.clock);
        sell_subscription(
            &store,
            customers,
            &OpenVault,
            self.ids(),
            clock,
            &self.scope,
            command,
        )
        .await?;
        Ok(subscription)
    }

    pub(crate) async fn order(&self, count: u32) -> Result<BatchId, OrderVouchersError> {
        self.order_of(self.pass, self.router, count).await
    }

    pub(crate) async fn order_of(
        &self,
        plan: PlanId,
        router: RouterId,
        count: u32,
    ) -> Result<BatchId, OrderVouchersError> {
        let id = self.ids().next();
        let command = OrderVouchers {
            id,
            job: self.ids().next(),
            name: "Kiosk".parse().unwrap(),
            plan,
            router,
            count,
            alphabet: Alphabet::Mix,
            length: 10,
            prefix: String::new(),
            shelf_days: Some(30),
            online_s: None,
            data_bytes: None,
        };
        let ports = OrderVouchersPorts {
            vouchers: &self.vouchers,
            billing: &self.billing,
            access: &self.access,
            clock: &*self.clock,
        };
        order_vouchers(ports, &self.scope, command).await?;
        Ok(id)
    }

    /// A batch whose vouchers are made and granted, with the first few of them.
    pub(crate) async fn granted_batch(&self, count: u32) -> (BatchId, Vec<Voucher>) {
        let batch = self.order(count).await.unwrap();
        for kind in [
            workflows::job_kinds::GENERATE_VOUCHERS,
            workflows::job_kinds::GRANT_VOUCHERS,
        ] {
            self.run(kind, batch_payload(batch)).await.unwrap();
        }
        (batch, self.vouchers_of(batch).await)
    }

    pub(crate) async fn vouchers_of(&self, batch: BatchId) -> Vec<Voucher> {
        let mut tx = VouchersStore::begin(&self.vouchers, &self.scope)
            .await
            .unwrap();
        tx.vouchers().page_of_batch(batch, None, 500).await.unwrap()
    }

    pub(crate) async fn grant_of(&self, subject: Subject) -> Option<Grant> {
        let mut tx = self.access.begin(&self.scope).await.unwrap();
        tx.grants().find_by_subject(subject).await.unwrap()
    }

    pub(crate) async fn allowance_of(&self, subject: Subject) -> Allowance {
        self.grant_of(subject).await.expect("a grant").allowance()
    }

    pub(crate) async fn code_of(&self, voucher: VoucherId) -> LoginRef {
        let grant = self.grant_of(Subject::Voucher(voucher)).await;
        let grant = grant.expect("a grant");
        LoginRef::new(grant.service(), grant.login().as_str())
    }

    pub(crate) async fn run(&self, kind: &str, payload: Value) -> Result<(), Failure> {
        self.run_watched(kind, payload, &Steps::default()).await
    }

    pub(crate) async fn run_watched(
        &self,
        kind: &str,
        payload: Value,
        steps: &Steps,
    ) -> Result<(), Failure> {
        let job = ClaimedJob {
            id: self.ids().next(),
            tenant: self.tenant(),
            kind: kind.to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            payload,
            attempt: 1,
            max_attempts: 5,
            done: 0,
            total: None,
            worker: "worker-1".to_owned(),
        };
        workflows::run_job(&self.bench(), &job, steps).await
    }

    pub(crate) async fn sync(&self) -> Result<(), Failure> {
        let payload = router_payload(self.router);
        self.run(workflows::job_kinds::SYNC_ROUTER, payload).await
    }

    /// An event on its way to a handler.
    pub(crate) fn delivery(&self, handler: &str, event: NewEvent) -> ClaimedDelivery {
        ClaimedDelivery {
            id: self.ids().next(),
            tenant: self.tenant(),
            handler: handler.to_owned(),
            event: EventRow {
                position: 1,
                id: self.ids().next(),
                tenant: self.tenant(),
                aggregate_kind: event.aggregate_kind.to_owned(),
                aggregate_id: event.aggregate_id,
                name: event.name.to_owned(),
                version: event.version,
                body: event.body,
                actor: "system:test".to_owned(),
                correlation: self.ids().fresh(),
                causation: None,
                trace: None,
                occurred_at: self.now(),
            },
            attempt: 1,
            worker: "worker-1".to_owned(),
        }
    }

    /// Hands an event to everybody who listens to it.
    pub(crate) async fn hand_out(&self, event: &NewEvent) -> Result<(), Failure> {
        let listeners = workflows::subscriptions().iter();
        for (_, handler) in listeners.filter(|(name, _)| *name == event.name) {
            let delivery = self.delivery(handler, event.clone());
            workflows::deliver(&self.bench(), &delivery).await?;
        }
        Ok(())
    }

    /// The last event of this name that any context recorded.
    pub(crate) fn last_event(&self, name: &str) -> NewEvent {
        let every = [
            self.billing.events(),
            self.vouchers.events(),
            self.access.events(self.tenant()),
        ];
        let found = every.concat().into_iter().rfind(|it| it.name == name);
        found.unwrap_or_else(|| panic!("nobody recorded {name}"))
    }
}

pub(crate) fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

pub(crate) fn batch_payload(batch: BatchId) -> Value {
    serde_json::json!({ "batch": batch })
}

pub(crate) fn router_payload(router: RouterId) -> Value {
    serde_json::json!({ "router": router })
}
