//! Promises about dunning: what is due is found, what was done is done once.

use std::collections::BTreeSet;

use chrono::{Duration, Weekday};
use kernel::testing::FixedClock;
use kernel::{AccountId, EntityId, PageRequest, StoreError, Timestamp, rerun_on_conflict};

use super::at_once::both;
use super::{World, day, kes, must_conflict, noon, outcome};
use crate::account::{Account, AccountSnapshot, ChargeReason};
use crate::dunning::{
    DunningRun, DunningRunState, Episode, Hold, NewProcedure, RunDecision, Step, StepKind,
};
use crate::dunning_ports::{DUNNING_RUN_DAY_UNIQUE, DUNNING_STEP_ONCE, DuePage};
use crate::overdue::Level;
use crate::use_cases::define_procedure::define_procedure;
use crate::use_cases::evaluate_account::evaluate_account;
use crate::use_cases::promise_to_pay::promise_to_pay;

pub(super) fn hours(count: i64) -> Timestamp {
    noon().plus(Duration::hours(count))
}

fn step(day: i64, kind: StepKind) -> Step {
    Step { day, kind }
}

/// A reminder before the due date, a fee, and access taken on weekdays in office hours.
pub(super) fn procedure() -> NewProcedure {
    NewProcedure {
        grace_days: 2,
        tolerance_minor: 5,
        steps: vec![
            step(-3, StepKind::Reminder),
            step(3, StepKind::Fee { minor: 500 }),
            step(4, StepKind::Reminder),
            step(7, StepKind::Restriction),
            step(14, StepKind::Suspension),
            step(90, StepKind::Termination),
        ],
        weekdays: vec![Weekday::Mon, Weekday::Fri],
        from_hour: 9,
        to_hour: 16,
        holidays: BTreeSet::from([day("2026-12-25")]),
        promise_days: 10,
        promises: 2,
        reconnection_fee_minor: 700,
        most_cut_percent: Some(30),
    }
}

impl World<'_> {
    pub(super) async fn dunning_promises(&self) {
        self.accounts_are_looked_at_when_they_are_due().await;
        self.what_an_account_remembers_is_kept().await;
        self.procedures_are_kept_with_those_before().await;
        self.a_step_is_taken_once().await;
        self.two_runs_at_once_take_each_step_once().await;
        self.charges_wait_and_are_shown().await;
        self.an_entity_has_one_run_a_day().await;
        self.whom_a_day_has_cut_off_is_counted_once().await;
        self.a_new_procedure_has_its_accounts_looked_at().await;
        self.one_that_is_set_aside_is_parked_and_comes_later().await;
        self.access_and_reasons_are_counted().await;
    }

    async fn looked_up(&self, entity: EntityId, page: DuePage) -> Vec<AccountId> {
        let found = self
            .queries
            .accounts_to_evaluate(self.tenant(), entity, page);
        let (_, facts) = found.await.unwrap().unwrap();
        facts.iter().map(|it| it.place.1).collect()
    }

    async fn looked_at(&self, entity: EntityId, at: Option<Timestamp>) -> AccountId {
        let mut account = self.account_with(entity).await;
        account.look_again(at);
        self.keep_account(&mut account).await.unwrap();
        account.id()
    }

    async fn keep_account(&self, account: &mut Account) -> Result<(), StoreError> {
        let mut tx = self.tx().await;
        let written = tx.accounts().save(account).await;
        outcome(tx, written).await
    }

    async fn accounts_are_looked_at_when_they_are_due(&self) {
        let entity = self.found().await;
        let second = self.looked_at(entity, Some(hours(-1))).await;
        let first = self.looked_at(entity, Some(hours(-2))).await;
        let third = self.looked_at(entity, Some(hours(-1))).await;
        let now = self.looked_at(entity, Some(noon())).await;
        self.looked_at(entity, Some(hours(1))).await;
        self.looked_at(entity, None).await;
        let page = |after, limit| DuePage {
            now: noon(),
            after,
            limit,
        };
        let all = self.looked_up(entity, page(None, 10)).await;
        assert_eq!(all, [first, second, third, now]);
        assert_eq!(self.looked_up(entity, page(None, 2)).await, [first, second]);
        let rest = self
            .looked_up(entity, page(Some((hours(-1), second)), 10))
            .await;
        assert_eq!(rest, [third, now]);
        let end = self.looked_up(entity, page(Some((noon(), now)), 10)).await;
        assert!(end.is_empty());
        let none =
            self.queries
                .accounts_to_evaluate(self.tenant(), self.ids.next(), page(None, 10));
        assert!(none.await.unwrap().is_none());
        self.facts_are_those_of_the_account(entity, first).await;
    }

    async fn facts_are_those_of_the_account(&self, entity: EntityId, account: AccountId) {
        let books = self.of_entity(entity);
        let mut invoice = books.bill(account, 100, "2026-11-01").await;
        self.pay(&mut invoice, 30).await;
        let mut paid = books.bill(account, 7, "2026-11-02").await;
        self.pay(&mut paid, 7).await;
        let page = DuePage {
            now: noon(),
            after: None,
            limit: 1,
        };
        let found = self
            .queries
            .accounts_to_evaluate(self.tenant(), entity, page);
        let (found, facts) = found.await.unwrap().unwrap();
        assert_eq!(found.id(), entity);
        assert_eq!(facts[0].place, (hours(-2), account));
        let known = facts[0].facts.as_ref().unwrap();
        assert_eq!(known.account.id(), account);
        assert_eq!(known.open.len(), 1);
        assert_eq!(known.open[0].due, kes(70));
        assert_eq!(known.open[0].due_on, day("2026-11-08"));
    }

    async fn what_an_account_remembers_is_kept(&self) {
        let entity = self.found().await;
        let account = self.account_with(entity).await.id();
        self.of_entity(entity)
            .bill(account, 100, "2026-11-01")
            .await;
        let clock = FixedClock::at(noon());
        self.evaluate(account, &clock).await;
        let until = day("2026-11-30");
        let promised = promise_to_pay(self.store, &clock, &self.scope, account, until);
        promised.await.unwrap();
        let mut tx = self.tx().await;
        let mut stored = tx.accounts().lock(account).await.unwrap().unwrap();
        stored.change_terms(Some(30)).unwrap();
        stored.define_procedure(Some(procedure())).unwrap();
        let hold = Hold {
            reason: "a hospital".to_owned(),
            until: Some(day("2026-12-24")),
        };
        stored.place_hold(hold.clone(), day("2026-11-21")).unwrap();
        tx.accounts().save(&mut stored).await.unwrap();
        tx.commit().await.unwrap();
        let kept = stored.snapshot();
        let mut tx = self.tx().await;
        let again = tx.accounts().lock(account).await.unwrap().unwrap();
        drop(tx);
        let version = kept.version + 1;
        assert_eq!(again.snapshot(), AccountSnapshot { version, ..kept });
        assert_eq!(again.episode().promises(), 1);
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.terms_days, view.hold), (Some(30), Some(hold)));
        assert_eq!(view.promise.map(|it| it.until), Some(until));
        assert_eq!(view.procedure, Some(procedure()));
    }

    async fn procedures_are_kept_with_those_before(&self) {
        let entity = self.found().await;
        let changed = NewProcedure {
            grace_days: 1,
            ..procedure()
        };
        for new in [procedure(), procedure(), changed.clone()] {
            define_procedure(
                self.store,
                &FixedClock::at(noon()),
                &self.scope,
                entity,
                new,
            )
            .await
            .unwrap();
        }
        let mut tx = self.tx().await;
        let stored = tx.entities().find(entity).await.unwrap().unwrap();
        drop(tx);
        assert_eq!(stored.procedure().defined(), &changed);
        assert_eq!(stored.procedure().version(), 2);
        let all = self
            .queries
            .procedures(self.tenant(), entity)
            .await
            .unwrap();
        let all: Vec<_> = all
            .into_iter()
            .map(|it| (it.version, it.procedure))
            .collect();
        assert_eq!(all, [(2, changed), (1, procedure())]);
        let views = self.queries.entities(self.tenant()).await.unwrap();
        let view = views.into_iter().find(|it| it.id == entity).unwrap();
        assert_eq!(view.procedure_version, 2);
    }

    pub(super) async fn evaluate(&self, account: AccountId, clock: &FixedClock) {
        let run = || evaluate_account(self.store, clock, &self.scope, account);
        rerun_on_conflict(run).await.unwrap();
    }

    async fn kinds(&self, account: AccountId) -> Vec<(u64, u16, String)> {
        let steps = self.queries.dunning_steps(self.tenant(), account).await;
        let steps = steps.unwrap().into_iter();
        steps.map(|it| (it.episode, it.step, it.kind)).collect()
    }

    async fn a_step_is_taken_once(&self) {
        let entity = self.found().await;
        let account = self.account_with(entity).await.id();
        self.of_entity(entity)
            .bill(account, 100, "2026-11-01")
            .await;
        let clock = FixedClock::at(noon());
        self.evaluate(account, &clock).await;
        self.evaluate(account, &clock).await;
        let taken = [
            (1, 1, "suspension".to_owned()),
            (1, 0, "restriction".to_owned()),
        ];
        assert_eq!(self.kinds(account).await, taken);
        // As if the account had forgotten what was done.
        let mut tx = self.tx().await;
        let stored = tx.accounts().lock(account).await.unwrap().unwrap();
        let mut forgetful = Account::restore(AccountSnapshot {
            episode: Episode::default(),
            ..stored.snapshot()
        });
        tx.accounts().save(&mut forgetful).await.unwrap();
        tx.commit().await.unwrap();
        let again = evaluate_account(self.store, &clock, &self.scope, account);
        let refused = again.await.unwrap_err();
        let crate::AccountError::Store(refused) = refused else {
            panic!("{refused:?}");
        };
        assert!(refused.is_duplicate_of(DUNNING_STEP_ONCE), "{refused:?}");
        assert_eq!(self.kinds(account).await, taken);
    }

    async fn two_runs_at_once_take_each_step_once(&self) {
        let entity = self.found().await;
        let account = self.account_with(entity).await.id();
        self.of_entity(entity)
            .bill(account, 100, "2026-11-01")
            .await;
        let clock = FixedClock::at(noon());
        both(
            self.evaluate(account, &clock),
            self.evaluate(account, &clock),
        )
        .await;
        assert_eq!(self.kinds(account).await.len(), 2);
    }

    async fn charges_wait_and_are_shown(&self) {
        let entity = self.found().await;
        let account = self.account_with(entity).await.id();
        define_procedure(
            self.store,
            &FixedClock::at(noon()),
            &self.scope,
            entity,
            procedure(),
        )
        .await
        .unwrap();
        self.of_entity(entity)
            .bill(account, 100, "2026-11-08")
            .await;
        // Due on the 15th, five days late on the 20th, a Friday.
        let clock = FixedClock::at(hours(-24));
        self.evaluate(account, &clock).await;
        let charges = self.queries.dunning_charges(self.tenant(), account).await;
        let charges = charges.unwrap();
        assert_eq!(charges.len(), 1);
        assert_eq!((charges[0].episode, charges[0].step), (1, 1));
        assert_eq!(charges[0].reason, ChargeReason::LateFee);
        assert_eq!((charges[0].amount, charges[0].invoice), (kes(500), None));
        assert_eq!(charges[0].charged_on, day("2026-11-20"));
        let steps = self.queries.dunning_steps(self.tenant(), account).await;
        let merged: Vec<_> = steps
            .unwrap()
            .iter()
            .map(|it| (it.day, it.merged))
            .collect();
        assert_eq!(merged, [(4, false), (3, false), (-3, true)]);
    }

    async fn an_entity_has_one_run_a_day(&self) {
        let (entity, other) = (self.found().await, self.found().await);
        let today = day("2026-11-21");
        let mut run = DunningRun::begin(self.ids.next(), entity, today);
        run.plan(3, 4, 50);
        self.keep_run(&mut run).await.unwrap();
        let mut twin = DunningRun::begin(self.ids.next(), entity, today);
        let refused = self.keep_run(&mut twin).await.unwrap_err();
        assert!(
            refused.is_duplicate_of(DUNNING_RUN_DAY_UNIQUE),
            "{refused:?}"
        );
        let mut elsewhere = DunningRun::begin(self.ids.next(), other, today);
        self.keep_run(&mut elsewhere).await.unwrap();
        let mut tx = self.tx().await;
        let of_day = tx.dunning_runs().of_day(entity, today).await.unwrap();
        let none = tx.dunning_runs().of_day(entity, day("2026-11-22")).await;
        assert!(none.unwrap().is_none());
        let mut found = tx.dunning_runs().find(run.id()).await.unwrap().unwrap();
        drop(tx);
        assert_eq!(of_day.unwrap().snapshot(), found.snapshot());
        assert_eq!(found.snapshot(), run.snapshot());
        found.decide(RunDecision::Approve, "they owe").unwrap();
        self.keep_run(&mut found).await.unwrap();
        run.decide(RunDecision::Refuse, "no").unwrap();
        must_conflict(&self.keep_run(&mut run).await);
        let runs = |state| {
            let page = PageRequest::new(10, None);
            self.queries.dunning_runs(self.tenant(), state, page)
        };
        let approved = runs(Some(DunningRunState::Approved)).await.unwrap().items;
        assert_eq!(approved.len(), 1);
        assert_eq!((approved[0].cuts, approved[0].active), (3, 4));
        assert_eq!(approved[0].reason.as_deref(), Some("they owe"));
        let all: Vec<_> = runs(None).await.unwrap().items;
        let all: Vec<_> = all.iter().map(|it| it.id).collect();
        assert_eq!(all, [elsewhere.id(), found.id()]);
        assert!(
            runs(Some(DunningRunState::Waiting))
                .await
                .unwrap()
                .items
                .is_empty()
        );
    }

    async fn keep_run(&self, run: &mut DunningRun) -> Result<(), StoreError> {
        let mut tx = self.tx().await;
        let written = tx.dunning_runs().save(run).await;
        outcome(tx, written).await
    }

    async fn whom_a_day_has_cut_off_is_counted_once(&self) {
        let (entity, other) = (self.found().await, self.found().await);
        let today = (entity, day("2026-11-21"));
        let (one, two): (AccountId, AccountId) = (self.ids.next(), self.ids.next());
        for account in [one, two, one] {
            let mut tx = self.tx().await;
            let counted = tx.dunning_runs().count_cut(today, account).await;
            outcome(tx, counted).await.unwrap();
        }
        let mut tx = self.tx().await;
        assert_eq!(tx.dunning_runs().cuts_of(today).await.unwrap().len(), 2);
        for none in [(other, today.1), (entity, day("2026-11-22"))] {
            assert!(tx.dunning_runs().cuts_of(none).await.unwrap().is_empty());
        }
    }

    async fn look_at(&self, account: AccountId) -> Option<Timestamp> {
        let mut tx = self.tx().await;
        let stored = tx.accounts().lock(account).await.unwrap().unwrap();
        stored.look_at()
    }

    async fn a_new_procedure_has_its_accounts_looked_at(&self) {
        let (entity, other) = (self.found().await, self.found().await);
        let later = self.looked_at(entity, Some(hours(9))).await;
        let due = self.looked_at(entity, Some(hours(-9))).await;
        let idle = self.looked_at(entity, None).await;
        let owing = self.looked_at(entity, None).await;
        self.of_entity(entity).bill(owing, 5, "2026-11-20").await;
        let elsewhere = self.looked_at(other, Some(hours(9))).await;
        let mut own = self.account_with(entity).await;
        own.define_procedure(Some(procedure())).unwrap();
        own.look_again(Some(hours(9)));
        self.keep_account(&mut own).await.unwrap();
        let clock = FixedClock::at(noon());
        define_procedure(self.store, &clock, &self.scope, entity, procedure())
            .await
            .unwrap();
        assert_eq!(self.look_at(later).await, Some(noon()));
        assert_eq!(
            self.look_at(due).await,
            Some(hours(-9)),
            "it is due already"
        );
        assert_eq!(self.look_at(idle).await, None, "nothing can come of it");
        assert_eq!(self.look_at(owing).await, Some(noon()));
        assert_eq!(self.look_at(elsewhere).await, Some(hours(9)));
        assert_eq!(self.look_at(own.id()).await, Some(hours(9)));
    }

    async fn one_that_is_set_aside_is_parked_and_comes_later(&self) {
        let entity = self.found().await;
        let account = self.looked_at(entity, Some(hours(-1))).await;
        let mut tx = self.tx().await;
        let aside = tx
            .accounts()
            .set_aside(account, "no sense", hours(24))
            .await;
        outcome(tx, aside).await.unwrap();
        assert_eq!(self.look_at(account).await, Some(hours(24)));
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        assert_eq!(view.unwrap().parked.as_deref(), Some("no sense"));
        let mut tx = self.tx().await;
        let again = tx.accounts().set_aside(account, "other", hours(48)).await;
        outcome(tx, again).await.unwrap();
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        assert_eq!(
            view.unwrap().parked.as_deref(),
            Some("no sense"),
            "the first"
        );
    }

    async fn access_and_reasons_are_counted(&self) {
        let entity = self.found().await;
        let with = self.account_with(entity).await.id();
        self.sell(with, "2026-11-01", "2026-11-01").await;
        self.sell(with, "2026-11-01", "2026-11-01").await;
        let without = self.account_with(entity).await.id();
        let mut cut = self.sell(without, "2026-11-01", "2026-11-01").await;
        cut.derive_access(Level::Suspended, day("2026-11-20"));
        self.keep(&mut cut).await;
        self.account_with(entity).await;
        let count = self.queries.accounts_with_access(self.tenant(), entity);
        assert_eq!(count.await.unwrap(), 1);
        let reason = format!("counted {}", self.ids.fresh());
        for _ in 0..2 {
            let mut account = self.account_with(entity).await;
            account.park(&reason);
            self.keep_account(&mut account).await.unwrap();
        }
        let reasons = self.queries.parked_reasons(self.tenant()).await.unwrap();
        let mine = reasons.iter().find(|it| it.reason == reason).unwrap();
        assert_eq!(mine.accounts, 2);
        let most = reasons.iter().map(|it| it.accounts).max();
        assert_eq!(reasons.first().map(|it| it.accounts), most);
    }
}
