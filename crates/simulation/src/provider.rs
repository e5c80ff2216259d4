//! The simulated internet provider: its stores, routers, plans and clock, and the ports its work needs.

use std::sync::Arc;

use access::testing::{FakeRouter, sample_profile, sample_router};
use access::{AccessStore, GatewayError, GatewayErrorKind, HostRules, Service};
use anyhow::{Context, Result, anyhow};
use billing::{
    BillLimits, BillingQueries, Charging, CreditBy, DatedTaxes, DunningPolicy, EntityPricing,
    Interval, IntervalUnit, NewEntity, NewPlan, SoldAs, TaxCode, TaxRule, TaxTable, define_plan,
    define_taxes, found_entity,
};
use chrono::{Duration, NaiveDate, NaiveTime};
use jobs::testing::MemoryJobs;
use kernel::testing::{CountingIds, FixedClock, OpenVault, SeededRandomness};
use kernel::{
    Clock, IdempotencyKey, Ids, LocalDate, Money, NoProbe, PlanId, ProfileId, Receipts, RouterId,
    Scope, StoreError, StoredReceipt, TenantId, Timestamp, Zone,
};
use workflows::{Keeping, Workbench};

use crate::Kept;
use crate::backend::{self, Backend};
use crate::chance::Chance;
use crate::stores::Stores;

/// Where a provider may be, and what it is paid in. Some of the zones have summer time, one lies at a quarter of an hour.
const PLACES: [(&str, &str, u8); 7] = [
    ("Asia/Jakarta", "IDR", 0),
    ("Africa/Nairobi", "KES", 2),
    ("America/Sao_Paulo", "BRL", 2),
    ("Asia/Kathmandu", "NPR", 2),
    ("America/New_York", "USD", 2),
    ("Europe/London", "GBP", 2),
    ("Africa/Tunis", "TND", 3),
];
/// Minor units of the monthly plans, the cheapest first.
const PRICES: [i64; 4] = [150_000, 199_900, 310_300, 499_700];
/// Minor units a month of what is sold beside a plan, and once.
const ADD_ON: i64 = 45_100;
const ADD_ON_FEE: i64 = 20_000;
/// Days that passes last.
const PASS_DAYS: [u16; 2] = [1, 7];
/// Customers for each router.
const ON_A_ROUTER: u32 = 250;

/// What the provider is.
pub(crate) struct Provider {
    pub(crate) stores: Stores,
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) routers: Vec<RouterId>,
    pub(crate) gateway: Arc<FakeRouter>,
    pub(crate) plans: Vec<PlanId>,
    pub(crate) prices: Vec<Money>,
    /// What is sold beside a plan, with a fee when it begins, and its price.
    pub(crate) add_on: (PlanId, Money),
    /// Prepaid passes, and how many days each lasts.
    pub(crate) passes: Vec<(PlanId, i64)>,
    pub(crate) zone: Zone,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) scope: Scope,
    pub(crate) bench: Workbench,
    ids: Arc<CountingIds>,
}

impl Provider {
    /// Founds a provider on the first day, in a place that the seed chooses.
    pub(crate) async fn found(
        kept: Kept,
        seed: u64,
        customers: u32,
        first: LocalDate,
    ) -> Result<Self> {
        let (zone, currency, digits) = *Chance::of(seed, 1).one_of(&PLACES);
        let zone: Zone = zone.parse().map_err(|err| anyhow!("{zone}: {err}"))?;
        let currency = currency.parse()?;
        let ids = Arc::new(CountingIds::from(1));
        let next: &dyn Ids = &*ids;
        let clock = Arc::new(FixedClock::at(zone.start_of(first)));
        let scope = Scope::system(next.next(), "simulation", next.fresh());
        let backend = backend::found(kept, &clock).await?;
        let stores = Stores::of(backend.ports());
        let gateway = Arc::new(FakeRouter::new());
        let entity = NewEntity {
            id: next.next(),
            name: "Simulated Net".parse()?,
            currency,
            zone,
            scale_digits: digits,
            series: "INV".to_owned(),
            terms_days: 7,
            dunning: DunningPolicy::STANDARD,
        };
        let id = entity.id;
        found_entity(&stores, &scope, entity).await?;
        define_taxes(&stores, &scope, id, pricing_of(seed)?).await?;
        let routers = (0..customers.div_ceil(ON_A_ROUTER)).map(|_| next.next());
        let routers: Vec<RouterId> = routers.collect();
        let (profile, hotspot) = enrol(&stores, &scope, next, &routers).await?;
        let prices: Vec<_> = PRICES.map(|it| Money::from_minor(it, currency)).into();
        let mut plans = Vec::new();
        for price in &prices {
            let plan = NewPlan {
                id: next.next(),
                name: format!("Home {}", price.minor()).parse()?,
                price: *price,
                interval: Interval::MONTH,
                profile,
                sold_as: SoldAs::Subscription,
                charging: Charging::AHEAD,
            };
            plans.push(offer(&stores, &scope, plan).await?);
        }
        let price = Money::from_minor(ADD_ON, currency);
        let add_on = NewPlan {
            id: next.next(),
            name: "Fixed address".parse()?,
            price,
            interval: Interval::MONTH,
            profile,
            sold_as: SoldAs::AddOn,
            charging: Charging {
                fee: Some(Money::from_minor(ADD_ON_FEE, currency)),
                ..Charging::AHEAD
            },
        };
        let add_on = (offer(&stores, &scope, add_on).await?, price);
        let mut passes = Vec::new();
        for days in PASS_DAYS {
            let plan = NewPlan {
                id: next.next(),
                name: format!("Pass {days}").parse()?,
                price: Money::from_minor(i64::from(days) * 5_000, currency),
                interval: Interval::new(IntervalUnit::Days, days)?,
                profile: hotspot,
                sold_as: SoldAs::Voucher,
                charging: Charging::AHEAD,
            };
            passes.push((offer(&stores, &scope, plan).await?, i64::from(days)));
        }
        let bench = bench(seed, &stores, &gateway, &clock, &ids);
        Ok(Self {
            stores,
            backend,
            routers,
            gateway,
            plans,
            prices,
            add_on,
            passes,
            zone,
            clock,
            scope,
            bench,
            ids,
        })
    }

    pub(crate) fn ids(&self) -> &dyn Ids {
        &*self.ids
    }

    /// The process that died is started again.
    pub(crate) async fn reopen(&mut self) -> Result<()> {
        self.backend.reopen().await?;
        self.stores.ports = self.backend.ports();
        self.bench = on_stores(&self.stores, self.bench.clone());
        Ok(())
    }

    pub(crate) fn billing(&self) -> &dyn BillingQueries {
        &*self.stores.ports.billing_queries
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.scope.tenant
    }

    /// Lets the clock go on to a time of a local day; it never goes back.
    pub(crate) fn wait_until(&self, day: LocalDate, minute: i64) {
        let time = NaiveTime::MIN + Duration::minutes(minute);
        let wanted = self.zone.instant_of(day.and_time(time));
        let ahead = wanted.since(self.clock.now());
        self.clock.advance(ahead.max(Duration::zero()));
    }

    /// A router is out of reach from now on, or back.
    pub(crate) fn reach(&self, router: RouterId, reachable: bool) {
        let failure = GatewayError::new(GatewayErrorKind::Unreachable, "out of reach");
        self.gateway
            .fail_with(router, (!reachable).then_some(failure));
    }
}

/// Of three providers one gives back by negative lines, one by credit notes, and one has taxes, which every other of them
/// has in its prices.
fn pricing_of(seed: u64) -> Result<EntityPricing> {
    let mut pricing = EntityPricing::PLAIN;
    match seed % 3 {
        1 => {}
        0 => pricing.give_back = CreditBy::CreditNote,
        _ => {
            let standard: TaxCode = "standard".parse()?;
            let taxes = DatedTaxes {
                from: first_day(),
                until: None,
                rules: vec![TaxRule::new("VAT", "11%".parse()?)?],
            };
            pricing.inclusive = seed % 2 == 1;
            pricing.usual = Some(standard.clone());
            pricing.taxes = [(standard, TaxTable::new(vec![taxes])?)].into();
        }
    }
    Ok(pricing)
}

async fn enrol(
    stores: &Stores,
    scope: &Scope,
    ids: &dyn Ids,
    routers: &[RouterId],
) -> Result<(ProfileId, ProfileId)> {
    let (profile, hotspot) = (ids.next(), ids.next());
    let mut tx = AccessStore::begin(stores, scope).await?;
    for id in routers {
        let mut router = sample_router(*id).map_err(|err| anyhow!("{err}"))?;
        tx.routers().save(&mut router).await?;
    }
    for (id, name, service) in [
        (profile, "home", Service::Pppoe),
        (hotspot, "pass", Service::Hotspot),
    ] {
        let mut profile = sample_profile(id, name, service).map_err(|err| anyhow!("{err}"))?;
        tx.profiles().save(&mut profile).await?;
    }
    tx.commit().await?;
    Ok((profile, hotspot))
}

async fn offer(stores: &Stores, scope: &Scope, plan: NewPlan) -> Result<PlanId> {
    let id = plan.id;
    define_plan(stores, scope, plan)
        .await
        .context("the plan is refused")?;
    Ok(id)
}

fn bench(
    seed: u64,
    stores: &Stores,
    gateway: &Arc<FakeRouter>,
    clock: &Arc<FixedClock>,
    ids: &Arc<CountingIds>,
) -> Workbench {
    let ports = stores.ports.clone();
    let bench = Workbench {
        clock: Arc::<FixedClock>::clone(clock),
        ids: Arc::<CountingIds>::clone(ids),
        randomness: Arc::new(SeededRandomness::from(seed)),
        vault: Arc::new(OpenVault),
        gateway: Arc::<FakeRouter>::clone(gateway),
        host_rules: HostRules {
            allow_loopback: false,
        },
        bill_limits: BillLimits::STANDARD,
        payment_gateways: billing::testing::MemoryGateways::beside(
            billing::testing::MemoryBilling::new(),
        )
        .ports(billing::gateway::Gateways::live([])),
        receipts: Arc::new(NoReceipts),
        probe: Arc::new(NoProbe),
        housekeeping: Arc::new(MemoryJobs::new()),
        keeping: Keeping::standard(),
        customers: ports.customers,
        access: ports.access,
        access_queries: ports.access_queries,
        vouchers: ports.vouchers,
        voucher_queries: ports.voucher_queries,
        billing: ports.billing,
        billing_queries: ports.billing_queries,
        billing_run: ports.run,
        jobs_store: ports.jobs,
        usage: ports.usage,
    };
    on_stores(stores, bench)
}

/// The same bench with its work kept in the stores of a process that may die.
fn on_stores(stores: &Stores, bench: Workbench) -> Workbench {
    let ports = stores.ports.clone();
    Workbench {
        customers: ports.customers,
        access: Arc::new(stores.clone()),
        access_queries: ports.access_queries,
        vouchers: Arc::new(stores.clone()),
        voucher_queries: ports.voucher_queries,
        billing: Arc::new(stores.clone()),
        billing_queries: ports.billing_queries,
        billing_run: Arc::new(stores.clone()),
        jobs_store: Arc::new(stores.clone()),
        usage: ports.usage,
        ..bench
    }
}

/// Nobody asks twice over HTTP here.
struct NoReceipts;

#[async_trait::async_trait]
impl Receipts for NoReceipts {
    async fn find(
        &self,
        _tenant: TenantId,
        _key: &IdempotencyKey,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        Ok(None)
    }

    async fn prune(&self, _before: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// The first simulated day: a summer time change, a leap day and a turn of the year all follow within fourteen months.
pub(crate) fn first_day() -> LocalDate {
    NaiveDate::from_ymd_opt(2027, 1, 1).unwrap_or_default()
}
