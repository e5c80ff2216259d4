//! Day after day: what people do, what the product does about it, and whether its promises hold.

mod corrections;
mod deeds;
mod give_back;
mod month_end;
mod notes;
mod passes;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Result;
use billing::{DunningPolicy, InvoiceView, RecordPayment};
use chrono::{Datelike, Months};
use kernel::{AccountId, InvoiceId, LocalDate, PaymentId, RouterId, SubscriptionId, VoucherId};
use serde_json::Value;
use workflows::job_kinds;

use crate::Scenario;
use crate::books::Books;
use crate::calendar::next_day;
use crate::carrier::Carrier;
use crate::chance::Chance;
use crate::conduct::{self, Deed, Diary, Person};
use crate::known::Known;
use crate::provider::{Provider, first_day};
use crate::rules::Terms;
use crate::summary::Summary;
use crate::trail::Trail;
use passes::Pass;

pub(crate) use passes::PassDeed;

/// The local minutes at which sweeps run: early, and when everybody is done.
const SWEEPS_AT: [i64; 2] = [5, 1_400];
/// What runs then.
const SWEEPS: [&str; 3] = [
    job_kinds::RAISE_INVOICES,
    job_kinds::EVALUATE_OVERDUE,
    job_kinds::EXPIRE_VOUCHERS,
];
/// How often pending work is waited for before a day goes on; a router may stay away for longer.
const PATIENCE: usize = 12;

/// One history.
pub(crate) struct Life {
    scenario: Scenario,
    provider: Provider,
    carrier: Carrier,
    diary: Diary,
    chance: Chance,
    people: BTreeMap<u32, Person>,
    by_account: BTreeMap<AccountId, u32>,
    owners: BTreeMap<SubscriptionId, AccountId>,
    known: BTreeMap<AccountId, Known>,
    commands: BTreeMap<PaymentId, RecordPayment>,
    issued: BTreeMap<InvoiceId, InvoiceView>,
    /// Routers out of reach.
    away: BTreeSet<RouterId>,
    /// Passes that were sold and are not over.
    passes: BTreeMap<VoucherId, Pass>,
    touched: BTreeSet<AccountId>,
    /// How often the process had died when it was last started again.
    deaths: u64,
    terms: Terms,
    pub(crate) trail: Trail,
    pub(crate) summary: Summary,
}

impl Life {
    pub(crate) async fn begin(scenario: Scenario) -> Result<Self> {
        let provider = Provider::found(
            scenario.kept,
            scenario.seed,
            scenario.customers,
            first_day(),
        )
        .await?;
        let prices = provider.plans.iter().zip(&provider.prices);
        let prices = prices.chain([(&provider.add_on.0, &provider.add_on.1)]);
        let terms = Terms {
            dunning: DunningPolicy::STANDARD,
            prices: prices.map(|(plan, price)| (*plan, price.minor())).collect(),
        };
        let mut life = Self {
            carrier: Carrier::new(scenario.seed, scenario.faults),
            diary: Diary::default(),
            chance: Chance::of(scenario.seed, 3),
            people: BTreeMap::new(),
            by_account: BTreeMap::new(),
            owners: BTreeMap::new(),
            known: BTreeMap::new(),
            commands: BTreeMap::new(),
            issued: BTreeMap::new(),
            away: BTreeSet::new(),
            passes: BTreeMap::new(),
            touched: BTreeSet::new(),
            deaths: 0,
            trail: Trail::default(),
            summary: Summary::default(),
            scenario,
            provider,
            terms,
        };
        life.plan_sign_ups();
        life.plan_outages();
        life.plan_passes();
        Ok(life)
    }

    /// The day after the last.
    pub(crate) fn end(&self) -> LocalDate {
        let months = Months::new(self.scenario.years.saturating_mul(12));
        first_day()
            .checked_add_months(months)
            .unwrap_or(LocalDate::MAX)
    }

    /// Half of all customers are there soon, the others come over the years.
    fn plan_sign_ups(&mut self) {
        let all = (self.end() - first_day()).num_days();
        for number in 0..self.scenario.customers {
            let last = if number % 2 == 0 { 31 } else { all * 4 / 5 };
            let days = self.chance.within(0..=last);
            self.diary
                .plan_in(&self.chance, first_day(), days, Deed::SignUp(number));
        }
    }

    fn plan_outages(&mut self) {
        if !self.scenario.faults {
            return;
        }
        let all = (self.end() - first_day()).num_days();
        for router in 0..self.provider.routers.len() {
            let mut day = self.chance.within(5..=60);
            while day < all {
                let back = day + self.chance.within(0..=6);
                self.diary
                    .plan_in(&self.chance, first_day(), day, Deed::Outage(router));
                self.diary
                    .plan_in(&self.chance, first_day(), back, Deed::Repair(router));
                day = back + self.chance.within(10..=120);
            }
        }
    }

    /// Lives one day.
    ///
    /// # Errors
    /// A promise that does not hold, or work that cannot end.
    pub(crate) async fn day(&mut self, day: LocalDate) -> Result<()> {
        self.summary.days += 1;
        self.touched.clear();
        self.start_again().await?;
        if day.day() == 1 {
            self.look_ahead(day);
        }
        // A day without sweeps is one on which no worker ran: the next one catches up.
        let sweeps = !(self.scenario.faults && self.chance.permille(30));
        if sweeps {
            self.sweep(day, SWEEPS_AT[0]).await?;
        } else {
            self.summary.faults.missed_days += 1;
        }
        while let Some((minute, deed)) = self.diary.next_on(day) {
            self.provider.wait_until(day, minute);
            self.perform(deed, day).await?;
            self.settle(day).await?;
        }
        if sweeps {
            self.sweep(day, SWEEPS_AT[1]).await?;
            let month_end = next_day(day).day() == 1;
            self.judge_day(day, month_end).await?;
            self.judge_passes().await?;
        }
        Ok(())
    }

    /// A process that died the day before finds what was committed.
    async fn start_again(&mut self) -> Result<()> {
        let (before, after) = self.provider.stores.peril.deaths();
        if before + after > self.deaths {
            self.deaths = before + after;
            self.provider.reopen().await?;
        }
        Ok(())
    }

    async fn sweep(&mut self, day: LocalDate, minute: i64) -> Result<()> {
        self.provider.wait_until(day, minute);
        for kind in SWEEPS {
            self.carrier
                .add_job(&self.provider, kind, kind, Value::Null);
            if self.scenario.faults && self.chance.permille(100) {
                self.summary.faults.repeated_sweeps += 1;
                self.settle(day).await?;
                self.carrier
                    .add_job(&self.provider, kind, kind, Value::Null);
            }
        }
        self.settle(day).await
    }

    /// Lets everything that was caused run to its end; what waits for a router that is away goes on waiting.
    async fn settle(&mut self, day: LocalDate) -> Result<()> {
        for _ in 0..PATIENCE {
            self.carrier.settle(&self.provider).await?;
            self.take_note(day);
            if !self.carrier.is_soon_due(&self.provider, &self.away) {
                break;
            }
            self.wait_a_minute();
        }
        Ok(())
    }

    /// For whatever waits before it is tried again.
    fn wait_a_minute(&self) {
        self.provider.clock.advance(chrono::Duration::minutes(1));
    }

    fn look_ahead(&mut self, day: LocalDate) {
        let plans = self.provider.plans.len();
        for person in self.people.values() {
            conduct::look_ahead(&mut self.diary, &self.chance, person, plans, day);
        }
    }

    pub(crate) async fn finish(mut self) -> Result<Summary> {
        let mut hasher = DefaultHasher::new();
        for account in self.by_account.keys() {
            let books = Books::read(&self.provider, *account).await?;
            format!("{books:?}").hash(&mut hasher);
        }
        self.summary.end = hasher.finish();
        self.summary.events = self.carrier.events;
        let faults = &mut self.summary.faults;
        faults.repeated_deliveries = self.carrier.repeats;
        faults.held_up = self.carrier.held_up;
        (faults.died_before_write, faults.died_after_write) = self.provider.stores.peril.deaths();
        Ok(self.summary)
    }
}
