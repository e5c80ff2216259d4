//! Promises about the billing run: read by the page, written account by account, every number on an invoice.

use kernel::testing::FixedClock;
use kernel::{AccountId, EntityId, Money, PageRequest, StoreError, SubscriptionId, Timestamp};

use super::{World, day, kes, must_conflict, noon};
use crate::account::Account;
use crate::bill::{AccountFacts, BillLimits, BillOrder, Unbillable};
use crate::entity::LegalEntity;
use crate::invoice::Line;
use crate::run::{BillingRunStore, FoundAccount, PreparedBill, RunPage, prepare_bill};
use crate::segment::ChargeKind;
use crate::subscription::At;
use crate::use_cases::release_account::{ReleaseAccountError, release_account};
use crate::views::InvoiceFilter;

impl World<'_> {
    pub(super) async fn run_promises(&self, run: &dyn BillingRunStore) {
        self.a_page_brings_what_billing_needs(run).await;
        self.a_prepared_bill_is_written_as_it_was_seen(run).await;
        self.a_plain_bill_has_lines_of_every_kind(run).await;
        self.a_bill_of_the_run_carries_the_fees_that_wait(run).await;
        self.a_bill_of_yesterday_s_facts_is_a_conflict(run).await;
        self.a_bill_of_many_changes_is_written_whole(run).await;
        self.days_that_cost_nothing_stand_in_nobody_s_way(run).await;
        self.numbers_set_aside_are_used_or_given_back(run).await;
        self.many_bills_at_once_have_a_number_each(run).await;
        self.a_broken_run_goes_on_without_a_gap(run).await;
        self.two_runs_bill_each_account_once(run).await;
        self.parked_accounts_are_listed_until_they_are_released(run)
            .await;
    }

    async fn entity_of(&self, id: EntityId) -> LegalEntity {
        let mut tx = self.tx().await;
        tx.entities().find(id).await.unwrap().unwrap()
    }

    fn order(&self) -> BillOrder {
        BillOrder {
            invoice: self.ids.next(),
            now: noon(),
            limits: BillLimits::STANDARD,
        }
    }

    /// An account of an entity with a subscription that is due, and both ids.
    async fn due(&self, entity: EntityId) -> (AccountId, SubscriptionId) {
        let account = self.account_with(entity).await.id();
        let sold = self.sell(account, "2026-11-21", "2026-11-21").await;
        (account, sold.id())
    }

    async fn page(&self, run: &dyn BillingRunStore, entity: EntityId) -> Vec<AccountFacts> {
        let page = RunPage {
            now: noon(),
            after: None,
            limit: 10,
        };
        let found = run.facts_to_bill(self.tenant(), entity, page).await;
        let (of, facts) = found.unwrap().unwrap();
        assert_eq!(of.id(), entity);
        let count = run.count_to_bill(self.tenant(), entity, noon()).await;
        assert_eq!(count.unwrap(), facts.len() as u64);
        let sound = |(id, facts): FoundAccount| {
            let facts = facts.unwrap();
            assert_eq!(facts.account.id(), id);
            facts
        };
        facts.into_iter().map(sound).collect()
    }

    async fn numbers(&self, account: AccountId) -> Vec<String> {
        let filter = InvoiceFilter {
            account: Some(account),
            settlement: None,
        };
        let found = self
            .queries
            .invoices(self.tenant(), filter, PageRequest::default());
        found
            .await
            .unwrap()
            .items
            .into_iter()
            .map(|it| it.number)
            .collect()
    }

    async fn a_page_brings_what_billing_needs(&self, run: &dyn BillingRunStore) {
        let entity = self.found().await;
        let books = self.of_entity(entity);
        let (account, sold) = self.due(entity).await;
        books.bill(account, 500, "2026-11-05").await;
        let mut payment = self.payment(account, 200, None);
        let mut tx = self.tx().await;
        tx.payments().save(&mut payment).await.unwrap();
        tx.commit().await.unwrap();
        let (second, _) = self.due(entity).await;
        let page = self.page(run, entity).await;
        let accounts: Vec<_> = page.iter().map(|it| it.account.id()).collect();
        assert_eq!(accounts, [account, second]);
        let facts = &page[0];
        assert_eq!(facts.subscriptions.len(), 2);
        assert_eq!(facts.subscriptions[0].id(), sold);
        let other = facts.subscriptions[1].id();
        assert_eq!(facts.papers.billed[&other].len(), 1);
        assert_eq!(facts.papers.open.len(), 1);
        assert_eq!(facts.papers.open[0].due().unwrap(), kes(500));
        assert_eq!(facts.papers.credits.len(), 1);
        assert_eq!(facts.papers.credits[0].id(), payment.id());
        assert!(page[1].papers.open.is_empty() && page[1].papers.credits.is_empty());
        let one = run.facts_of(self.tenant(), account, noon()).await.unwrap();
        let (of, mut one) = one.unwrap();
        let billed = one.papers.billed.values().flatten();
        let mut invoices = billed.map(|it| it.line.invoice);
        assert!(
            invoices.all(|it| one.papers.has_read(it)),
            "one account comes with everything that could be corrected"
        );
        let mut facts = facts.clone();
        one.papers.originals.clear();
        facts.papers.originals.clear();
        assert_eq!((of.id(), &one), (entity, &facts));
        let none = run.facts_of(self.tenant(), self.ids.next(), noon()).await;
        assert!(none.unwrap().is_none());
    }

    async fn prepared(&self, run: &dyn BillingRunStore, account: AccountId) -> PreparedBill {
        let found = run.facts_of(self.tenant(), account, noon()).await.unwrap();
        let (entity, facts) = found.unwrap();
        prepare_bill(&entity, facts, self.order()).unwrap()
    }

    async fn write(
        &self,
        run: &dyn BillingRunStore,
        prepared: PreparedBill,
        number: Option<u64>,
    ) -> Result<(), StoreError> {
        let written = run.write_bills(&self.scope, vec![(prepared, number)]).await;
        written.into_iter().next().unwrap()
    }

    async fn a_prepared_bill_is_written_as_it_was_seen(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let (account, sold) = self.due(entity.id()).await;
        let second = self.sell(account, "2026-11-20", "2026-11-20").await.id();
        let prepared = self.prepared(run, account).await;
        assert!(prepared.is_plain);
        let draft = prepared.bill.draft.clone().unwrap();
        let numbers = run.reserve_numbers(&self.scope, &entity, 1).await.unwrap();
        let number = numbers.first().copied();
        self.write(run, prepared, number).await.unwrap();
        let mut tx = self.tx().await;
        let stored = tx.invoices().find(draft.id).await.unwrap().unwrap();
        let kept = stored.snapshot();
        assert_eq!((kept.lines, kept.total), (draft.lines.clone(), draft.total));
        assert_eq!((kept.number, kept.version), (1, 1));
        for (id, line) in [sold, second].into_iter().zip(&draft.lines) {
            let horizon = day("2026-11-01");
            let billed = tx.invoices().billed(id, horizon).await.unwrap();
            assert_eq!((billed.len(), billed[0].period), (1, line.period));
            let it = tx.subscriptions().find(id).await.unwrap().unwrap();
            assert_eq!(it.snapshot().billed_through, Some(line.period.end));
            assert!(!it.is_due(day("2026-11-21")));
        }
        // Dunning looks at it on the first day it could be overdue.
        let stored = tx.accounts().lock(account).await.unwrap().unwrap();
        let late = entity.zone().end_of(draft.due_on);
        assert_eq!(stored.look_at(), Some(late));
        drop(tx);
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        assert_eq!(view.unwrap().due, draft.total);
        assert!(self.page(run, entity.id()).await.is_empty());
    }

    /// A fee goes the long way, and is on one invoice.
    async fn a_bill_of_the_run_carries_the_fees_that_wait(&self, run: &dyn BillingRunStore) {
        let (account, fee) = self.charged_late().await;
        let of = self.tx().await.accounts().lock(account).await;
        let entity = of.unwrap().unwrap().entity();
        // Nothing else will ever bring a bill for it.
        assert_eq!(self.page(run, entity).await[0].papers.fees, [fee]);
        self.sell(account, "2026-11-21", "2026-11-21").await;
        assert_eq!(self.page(run, entity).await[0].papers.fees, [fee]);
        let prepared = self.prepared(run, account).await;
        assert!(!prepared.is_plain);
        let draft = prepared.bill.draft.clone().unwrap();
        assert_eq!(draft.fees, [fee]);
        let twin = prepared.clone();
        self.write(run, prepared, None).await.unwrap();
        must_conflict(&self.write(run, twin, None).await);
        let stored = self.tx().await.invoices().find(draft.id).await;
        let stored = stored.unwrap().unwrap();
        assert_eq!((stored.fees(), stored.total()), (&[fee][..], draft.total));
        assert!(self.prepared(run, account).await.bill.draft.is_none());
    }

    /// The short way writes add-ons and one-time charges like any other, and what is charged once stands for no days.
    async fn a_plain_bill_has_lines_of_every_kind(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let (account, sold) = self.due(entity.id()).await;
        let mut prepared = self.prepared(run, account).await;
        let draft = prepared.bill.draft.as_mut().unwrap();
        let base = draft.lines[0].clone();
        let add_on = Line {
            component: 1,
            quantity: 2,
            ..base.clone()
        };
        let fee = Line {
            kind: ChargeKind::Once,
            ..base.clone()
        };
        let free = Line {
            price: kes(0),
            amount: kes(0),
            ..base.clone()
        };
        draft
            .lines
            .extend([add_on.clone(), fee.clone(), free.clone()]);
        draft.total = Money::sum(
            base.amount.currency(),
            draft.lines.iter().map(|it| it.amount),
        )
        .unwrap();
        let (id, lines) = (draft.id, draft.lines.clone());
        let numbers = run.reserve_numbers(&self.scope, &entity, 1).await.unwrap();
        let number = numbers.first().copied();
        self.write(run, prepared, number).await.unwrap();
        let mut tx = self.tx().await;
        let stored = tx.invoices().find(id).await.unwrap().unwrap();
        assert_eq!(stored.lines(), lines);
        let billed = tx.invoices().billed(sold, day("2026-11-01")).await.unwrap();
        let terms: Vec<_> = billed.iter().map(|it| it.terms).collect();
        let all = [base, add_on, fee, free];
        assert_eq!(terms, all.map(|it| it.terms()));
    }

    async fn a_bill_of_yesterday_s_facts_is_a_conflict(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let (account, _) = self.due(entity.id()).await;
        let prepared = self.prepared(run, account).await;
        let again = prepared.clone();
        let mut tx = self.tx().await;
        tx.accounts().lock(account).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let number = run.reserve_numbers(&self.scope, &entity, 1).await.unwrap();
        for number in [number.first().copied(), None] {
            must_conflict(&self.write(run, again.clone(), number).await);
        }
        assert!(self.numbers(account).await.is_empty());
        // Once written, it is never written again: no second debit.
        let prepared = self.prepared(run, account).await;
        let number = number.first().copied();
        self.write(run, prepared.clone(), number).await.unwrap();
        must_conflict(&self.write(run, prepared, number).await);
        assert_eq!(self.numbers(account).await, ["INV-000001"]);
    }

    /// A dearer plan, a day that was pushed back, and credit that pays for it.
    async fn a_bill_of_many_changes_is_written_whole(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let (account, sold) = self.due(entity.id()).await;
        let first = self.prepared(run, account).await;
        self.write(run, first, None).await.unwrap();
        let dearer = self.plan(900_000).await;
        let mut payment = self.payment(account, 400_000, None);
        let mut tx = self.tx().await;
        tx.accounts().lock(account).await.unwrap();
        let mut it = tx.subscriptions().find(sold).await.unwrap().unwrap();
        it.change_plan(&dearer, At::Now, day("2026-11-21")).unwrap();
        tx.subscriptions().save(&mut it).await.unwrap();
        tx.payments().save(&mut payment).await.unwrap();
        tx.commit().await.unwrap();
        let prepared = self.prepared(run, account).await;
        assert!(!prepared.is_plain);
        self.write(run, prepared, None).await.unwrap();
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.due, view.credit), (kes(500_000), kes(0)));
        assert_eq!(self.numbers(account).await, ["INV-000002", "INV-000001"]);
    }

    /// A month of one minor unit, and its last day on a dearer plan: nothing is given back for a day of it, so its line
    /// keeps that day, but nobody paid for it twice.
    async fn days_that_cost_nothing_stand_in_nobody_s_way(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let account = self.account_with(entity.id()).await.id();
        let sold = self.sell_for(1, account, "2026-11-21", "2026-11-21").await;
        let first = self.prepared(run, account).await;
        self.write(run, first, None).await.unwrap();
        let dearer = self.plan(900_000).await;
        let mut tx = self.tx().await;
        tx.accounts().lock(account).await.unwrap();
        let mut it = tx.subscriptions().find(sold.id()).await.unwrap().unwrap();
        it.change_plan(&dearer, At::Now, day("2026-12-20")).unwrap();
        tx.subscriptions().save(&mut it).await.unwrap();
        tx.commit().await.unwrap();
        let now = Timestamp::from_utc("2026-12-20T09:00:00Z".parse().unwrap());
        let found = run.facts_of(self.tenant(), account, now).await.unwrap();
        let (entity, facts) = found.unwrap();
        let order = BillOrder {
            now,
            ..self.order()
        };
        let prepared = prepare_bill(&entity, facts, order).unwrap();
        let lines = &prepared.bill.draft.as_ref().unwrap().lines;
        assert!(lines.iter().all(|it| it.repairs.is_none()), "{lines:?}");
        assert!(!prepared.is_plain);
        self.write(run, prepared, None).await.unwrap();
        assert_eq!(self.numbers(account).await, ["INV-000002", "INV-000001"]);
    }

    async fn numbers_set_aside_are_used_or_given_back(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let numbers = run.reserve_numbers(&self.scope, &entity, 3).await.unwrap();
        let same = run.reserve_numbers(&self.scope, &entity, 3).await.unwrap();
        assert_eq!(numbers, same, "what a run has left is used by the next");
        let books = self.of_entity(entity.id());
        let account: Account = self.account_with(entity.id()).await;
        for _ in 0..2 {
            books.bill(account.id(), 100, "2026-11-21").await;
        }
        run.give_numbers_back(&self.scope, &entity).await.unwrap();
        books.bill(account.id(), 100, "2026-11-21").await;
        books.bill(account.id(), 100, "2026-11-21").await;
        let mut numbers = self.numbers(account.id()).await;
        numbers.sort();
        let all = ["INV-000001", "INV-000002", "INV-000003", "INV-000004"];
        assert_eq!(numbers, all);
    }

    async fn many_bills_at_once_have_a_number_each(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let mut accounts = Vec::new();
        for _ in 0..20 {
            accounts.push(self.due(entity.id()).await.0);
        }
        let stranger = RunPage {
            now: noon(),
            after: None,
            limit: 10,
        };
        let nowhere = run.facts_to_bill(self.tenant(), self.ids.next(), stranger);
        assert!(nowhere.await.unwrap().is_none());
        let nobody = run.count_to_bill(self.tenant(), self.ids.next(), noon());
        assert_eq!(nobody.await.unwrap(), 0);
        let numbers = run.reserve_numbers(&self.scope, &entity, 20).await.unwrap();
        let mut numbers = numbers.into_iter();
        let mut bills = Vec::new();
        for account in &accounts {
            bills.push((self.prepared(run, *account).await, numbers.next()));
        }
        // The third is out of date by now; the others do not mind.
        let mut tx = self.tx().await;
        tx.accounts().lock(accounts[2]).await.unwrap();
        tx.commit().await.unwrap();
        let written = run.write_bills(&self.scope, bills).await;
        for (place, written) in written.iter().enumerate() {
            assert_eq!(written.is_ok(), place != 2, "{place}: {written:?}");
        }
        let late = self.prepared(run, accounts[2]).await;
        self.write(run, late, None).await.unwrap();
        let mut given = Vec::new();
        for account in accounts {
            given.extend(self.numbers(account).await);
        }
        given.sort();
        let all: Vec<String> = (1..=20).map(|it| format!("INV-{it:06}")).collect();
        assert_eq!(given, all);
    }

    async fn parked_accounts_are_listed_until_they_are_released(&self, run: &dyn BillingRunStore) {
        let entity = self.found().await;
        let mut parked = Vec::new();
        for reason in ["days were billed twice", "more was taken back"] {
            let (id, _) = self.due(entity).await;
            let mut tx = self.tx().await;
            let mut account = tx.accounts().lock(id).await.unwrap().unwrap();
            assert!(account.park(reason));
            tx.accounts().save(&mut account).await.unwrap();
            tx.commit().await.unwrap();
            parked.push((id, Some(reason.to_owned())));
        }
        assert!(self.page(run, entity).await.is_empty());
        let listed = async |limit, after| {
            let page = PageRequest::new(limit, after);
            let found = self.queries.parked_accounts(self.tenant(), page).await;
            let found = found.unwrap();
            let items: Vec<_> = found
                .items
                .into_iter()
                .map(|it| (it.id, it.parked))
                .collect();
            (items, found.next)
        };
        let (newest, next) = listed(1, None).await;
        assert_eq!(newest, parked[1..]);
        let (rest, _) = listed(1, next.map(|it| it.parse().unwrap())).await;
        assert_eq!(rest, parked[..1]);
        let clock = FixedClock::at(noon());
        let release = async |id| release_account(self.store, &clock, &self.scope, id).await;
        release(parked[0].0).await.unwrap();
        release(parked[0].0).await.unwrap();
        assert_eq!(listed(10, None).await.0, parked[1..]);
        let due = self.page(run, entity).await;
        assert_eq!(due[0].account.id(), parked[0].0);
        let stranger = self.ids.next();
        let nobody = release(stranger).await;
        assert!(matches!(nobody, Err(ReleaseAccountError::NotFound(id)) if id == stranger));
    }

    /// The bills of a page, each with a number if the store sets any aside; but for those that correct an invoice which the
    /// page did not bring: a run bills them alone.
    async fn bills(
        &self,
        run: &dyn BillingRunStore,
        entity: &LegalEntity,
    ) -> Vec<(PreparedBill, Option<u64>)> {
        let page = self.page(run, entity.id()).await;
        let count = u16::try_from(page.len()).unwrap();
        let numbers = run
            .reserve_numbers(&self.scope, entity, count)
            .await
            .unwrap();
        let mut numbers = numbers.into_iter();
        page.into_iter()
            .filter_map(|facts| match prepare_bill(entity, facts, self.order()) {
                Err(Unbillable::Unread { .. }) => None,
                prepared => Some((prepared.unwrap(), numbers.next())),
            })
            .collect()
    }

    async fn due_accounts(&self, entity: EntityId, count: usize) -> Vec<AccountId> {
        let mut accounts = Vec::new();
        for _ in 0..count {
            accounts.push(self.due(entity).await.0);
        }
        accounts
    }

    async fn all_numbers(&self, accounts: &[AccountId]) -> Vec<String> {
        let mut given = Vec::new();
        for account in accounts {
            given.extend(self.numbers(*account).await);
        }
        given.sort();
        given
    }

    /// Numbers were set aside and half the page is written when the worker dies; somebody else is billed meanwhile.
    async fn a_broken_run_goes_on_without_a_gap(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let mut accounts = self.due_accounts(entity.id(), 8).await;
        let mut bills = self.bills(run, &entity).await;
        bills.truncate(4);
        for written in run.write_bills(&self.scope, bills).await {
            written.unwrap();
        }
        let other = self.account_with(entity.id()).await.id();
        self.of_entity(entity.id())
            .bill(other, 100, "2026-11-21")
            .await;
        // The other account has a subscription that was never billed by a run: it is due, too, but for a run of its own.
        let rest = self.bills(run, &entity).await.into_iter();
        let rest: Vec<_> = rest.filter(|(it, _)| it.account.id() != other).collect();
        assert_eq!(rest.len(), 4);
        for written in run.write_bills(&self.scope, rest).await {
            written.unwrap();
        }
        run.give_numbers_back(&self.scope, &entity).await.unwrap();
        accounts.push(other);
        let all: Vec<String> = (1..=9).map(|it| format!("INV-{it:06}")).collect();
        assert_eq!(self.all_numbers(&accounts).await, all);
    }

    async fn two_runs_bill_each_account_once(&self, run: &dyn BillingRunStore) {
        let entity = self.entity_of(self.found().await).await;
        let accounts = self.due_accounts(entity.id(), 8).await;
        let (left, right) = (
            self.bills(run, &entity).await,
            self.bills(run, &entity).await,
        );
        let (left, right) = super::at_once::both(
            run.write_bills(&self.scope, left),
            run.write_bills(&self.scope, right),
        )
        .await;
        for (left, right) in left.iter().zip(&right) {
            assert!(left.is_ok() != right.is_ok(), "{left:?} {right:?}");
        }
        run.give_numbers_back(&self.scope, &entity).await.unwrap();
        let all: Vec<String> = (1..=8).map(|it| format!("INV-{it:06}")).collect();
        assert_eq!(self.all_numbers(&accounts).await, all);
    }
}
