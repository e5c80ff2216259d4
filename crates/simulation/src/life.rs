//! Day after day: what people do, what the product does about it, and whether its promises hold.

mod deeds;
mod month_end;
mod notes;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use billing::{DunningPolicy, InvoiceView, RecordPayment};
use chrono::{Datelike, Months};
use kernel::{AccountId, InvoiceId, LocalDate, PaymentId, RouterId, SubscriptionId};
use workflows::job_kinds;

use crate::Scenario;
use crate::backend::Memory;
use crate::calendar::next_day;
use crate::carrier::Carrier;
use crate::chance::Chance;
use crate::conduct::{self, Deed, Diary, Person};
use crate::known::Known;
use crate::provider::{Provider, first_day};
use crate::rules::Terms;
use crate::trail::Trail;

/// The local minutes at which sweeps run: early, and when everybody is done.
const SWEEPS_AT: [i64; 2] = [5, 1_400];
/// How often pending work is waited for before a day goes on; a router may stay away for longer.
const PATIENCE: usize = 12;

/// What a history came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Who signed up.
    pub customers: u64,
    /// Simulated days.
    pub days: u64,
    /// Documents issued.
    pub invoices: u64,
    /// Payments accepted.
    pub payments: u64,
    /// Events of every context.
    pub events: u64,
    /// Deliveries, payments and sweeps that came twice.
    pub repeats: u64,
    /// Times the process died at a write.
    pub deaths: u64,
    /// Routers that went out of reach.
    pub outages: u64,
    /// Accounts judged, each time counted.
    pub judged: u64,
}

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
    touched: BTreeSet<AccountId>,
    terms: Terms,
    pub(crate) trail: Trail,
    pub(crate) summary: Summary,
}

impl Life {
    pub(crate) async fn begin(scenario: Scenario) -> Result<Self> {
        let backend = Box::new(Memory::new());
        let provider =
            Provider::found(backend, scenario.seed, scenario.customers, first_day()).await?;
        let prices = provider.plans.iter().zip(&provider.prices);
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
            touched: BTreeSet::new(),
            trail: Trail::default(),
            summary: Summary::default(),
            scenario,
            provider,
            terms,
        };
        life.plan_sign_ups();
        life.plan_outages();
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
        if day.day() == 1 {
            self.look_ahead(day);
        }
        // A day without sweeps is one on which no worker ran: the next one catches up.
        let sweeps = !(self.scenario.faults && self.chance.permille(30));
        if sweeps {
            self.sweep(day, SWEEPS_AT[0]).await?;
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
        }
        Ok(())
    }

    async fn sweep(&mut self, day: LocalDate, minute: i64) -> Result<()> {
        self.provider.wait_until(day, minute);
        for kind in [job_kinds::RAISE_INVOICES, job_kinds::EVALUATE_OVERDUE] {
            self.carrier.add_job(&self.provider, kind);
            if self.scenario.faults && self.chance.permille(100) {
                self.carrier.repeats += 1;
                self.settle(day).await?;
                self.carrier.add_job(&self.provider, kind);
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

    pub(crate) fn finish(mut self) -> Summary {
        self.summary.events = self.carrier.events;
        self.summary.repeats = self.carrier.repeats;
        self.summary.deaths = self.provider.stores.peril.deaths();
        self.summary
    }
}
