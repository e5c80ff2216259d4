//! Promises about subscriptions.

use kernel::{AccountId, PageRequest};

use super::{World, day, kes, must_conflict, outcome};
use crate::overdue::Level;
use crate::plan::{Charging, NewPlan, Plan, SoldAs};
use crate::schedule::BillDay;
use crate::subscription::{At, Ending, NewSubscription, Subscription};
use crate::timeline::{PausePolicy, Timing};
use crate::views::SubscriptionFilter;

impl World<'_> {
    pub(super) async fn subscription_promises(&self) {
        self.a_subscription_reads_back_through_its_whole_life()
            .await;
        self.every_decision_reads_back().await;
        self.what_is_paid_ahead_reads_back().await;
        self.a_stale_subscription_is_a_conflict().await;
        self.subscriptions_of_an_account_come_by_id().await;
        self.subscriptions_are_found_by_customer_account_and_status()
            .await;
    }

    async fn a_subscription_reads_back_through_its_whole_life(&self) {
        let account = self.account().await;
        let (small, big) = (self.plan(100_000).await, self.plan(200_000).await);
        let new = NewSubscription {
            id: self.ids.next(),
            account,
            customer: self.ids.next(),
            quantity: 1,
            bill_day: Some(BillDay::new(5).unwrap()),
            starts_on: day("2026-11-21"),
        };
        let mut it = Subscription::start(new, &small, day("2026-11-21")).unwrap();
        self.keeps(&mut it).await;
        it.billed(day("2026-11-21"));
        it.suspend("moved house", day("2026-11-22")).unwrap();
        it.derive_access(Level::Clear, day("2026-11-22"));
        self.keeps(&mut it).await;
        let view = self.queries.subscription(self.tenant(), it.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!(view.status, "suspended");
        assert_eq!(view.suspended_reason.as_deref(), Some("moved house"));
        assert_eq!((view.access, view.access_version), it.access());
        assert_eq!(view.billed_through, Some(day("2026-12-05")));
        assert_eq!(view.next_bill_on, None);
        it.resume(At::Now, day("2026-12-08")).unwrap();
        it.derive_access(Level::Clear, day("2026-12-08"));
        it.change_plan(&big, At::Now, day("2026-12-09")).unwrap();
        self.keeps(&mut it).await;
        it.change_plan(&small, At::PeriodEnd, day("2026-12-10"))
            .unwrap();
        it.derive_access(Level::Restricted, day("2026-12-10"));
        self.keeps(&mut it).await;
        let view = self.queries.subscription(self.tenant(), it.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!(view.agreement.price, kes(200_000));
        assert_eq!(view.scheduled.unwrap().price, kes(100_000));
        assert_eq!(view.next_bill_on, it.next_bill_on());
        assert_eq!(view.bill_day, Some(BillDay::new(5).unwrap()));
        it.cancel(Ending::at(At::Now), day("2026-12-11")).unwrap();
        it.catch_up(day("2026-12-11"));
        it.derive_access(Level::Clear, day("2026-12-11"));
        self.keeps(&mut it).await;
        let view = self.queries.subscription(self.tenant(), it.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!(
            (view.status, view.ends_on),
            ("ended", Some(day("2026-12-11")))
        );
    }

    async fn every_decision_reads_back(&self) {
        let account = self.account().await;
        let mut it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let today = day("2026-11-11");
        let defined = NewPlan {
            sold_as: SoldAs::AddOn,
            charging: Charging {
                fee: Some(kes(700)),
                ..Charging::AHEAD
            },
            ..self.new_plan(&self.ids.fresh().to_string(), 50_000)
        };
        let box_rent = Plan::define(defined).unwrap();
        let dearer = self.plan(900_000).await;
        it.billed(day("2026-11-01"));
        it.change_quantity(0, 3, At::Now, today).unwrap();
        let (added, _) = it.add(&box_rent, 2, At::Now, today).unwrap();
        it.remove(added, At::On(day("2027-03-01")), today).unwrap();
        let until = Some(day("2027-01-20"));
        let from = At::On(day("2027-01-05"));
        it.pause(from, until, PausePolicy::CreditDays, today)
            .unwrap();
        it.change_bill_day(BillDay::new(9).unwrap(), At::PeriodEnd, today)
            .unwrap();
        it.change_plan(&dearer, At::PeriodEnd, today).unwrap();
        self.keeps(&mut it).await;
        let view = self.queries.subscription(self.tenant(), it.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!(view.agreement.quantity, 3);
        let scheduled = view.scheduled.unwrap();
        assert_eq!((scheduled.price, scheduled.quantity), (kes(900_000), 3));
        assert_eq!(view.add_ons, it.add_ons());
        assert_eq!(view.pauses, it.pauses());
        assert_eq!((view.add_ons.len(), view.pauses.len()), (1, 1));
        assert_eq!(view.next_bill_on, it.next_bill_on());
        it.cancel_scheduled_change(today).unwrap();
        it.catch_up(day("2026-12-01"));
        self.keeps(&mut it).await;
        let view = self.queries.subscription(self.tenant(), it.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!(view.bill_day, Some(BillDay::new(9).unwrap()));
        assert_eq!(view.scheduled, None);
    }

    async fn keeps(&self, subscription: &mut Subscription) {
        self.keep(subscription).await;
        let stored = self.stored(subscription.id()).await;
        assert_eq!(stored.snapshot(), subscription.snapshot());
    }

    async fn what_is_paid_ahead_reads_back(&self) {
        let plan = NewPlan {
            charging: Charging {
                timing: Timing::Prepaid,
                ..Charging::AHEAD
            },
            ..self.new_plan("Prepaid", 3_000)
        };
        let mut plan = Plan::define(plan).unwrap();
        let mut tx = self.tx().await;
        tx.plans().save(&mut plan).await.unwrap();
        tx.commit().await.unwrap();
        let new = NewSubscription {
            id: self.ids.next(),
            account: self.account().await,
            customer: self.ids.next(),
            quantity: 1,
            bill_day: None,
            starts_on: day("2026-11-21"),
        };
        let mut it = Subscription::start(new, &plan, day("2026-11-21")).unwrap();
        self.keeps(&mut it).await;
        it.extend(day("2026-11-25")).unwrap();
        it.warn_of_balance(kes(3_000), kes(1));
        it.give_days(3, "a voucher", day("2026-11-25")).unwrap();
        self.keeps(&mut it).await;
        let view = self.queries.subscription(self.tenant(), it.id()).await;
        let paid = view.unwrap().unwrap().prepaid.unwrap();
        assert_eq!(paid.paid_until, day("2026-12-28"));
        assert!(paid.auto_renew);
        assert_eq!(self.stored(it.id()).await.timeline(), it.timeline());
    }

    async fn a_stale_subscription_is_a_conflict(&self) {
        let account = self.account().await;
        let mut it = self.sell(account, "2026-11-01", "2026-11-01").await;
        let mut stale = it.clone();
        it.suspend("first", day("2026-11-02")).unwrap();
        self.keep(&mut it).await;
        stale.suspend("second", day("2026-11-02")).unwrap();
        let mut tx = self.tx().await;
        let written = tx.subscriptions().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
        let mut tx = self.tx().await;
        let nothing = self.ids.next();
        assert!(tx.subscriptions().find(nothing).await.unwrap().is_none());
    }

    async fn subscriptions_of_an_account_come_by_id(&self) {
        let (account, other) = (self.account().await, self.account().await);
        let first = self.sell(account, "2026-11-01", "2026-11-01").await;
        self.sell(other, "2026-11-01", "2026-11-01").await;
        let second = self.sell(account, "2026-11-01", "2026-11-01").await;
        let mut tx = self.tx().await;
        let mine = tx.subscriptions().of_account(account).await.unwrap();
        let mine: Vec<_> = mine.iter().map(Subscription::id).collect();
        assert_eq!(mine, [first.id(), second.id()]);
    }

    async fn subscriptions_are_found_by_customer_account_and_status(&self) {
        let account = self.account_with(self.entity).await.snapshot();
        let first = self.sell(account.id, "2026-11-01", "2026-11-01").await;
        let mut second = self.sell(account.id, "2026-11-01", "2026-11-01").await;
        let third = self.sell(account.id, "2026-11-01", "2026-11-01").await;
        second.suspend("away", day("2026-11-02")).unwrap();
        self.keep(&mut second).await;
        let of_customer = SubscriptionFilter {
            customer: Some(account.customer),
            ..SubscriptionFilter::default()
        };
        let page = PageRequest::new(2, None);
        let found = self
            .queries
            .subscriptions(self.tenant(), of_customer, page)
            .await
            .unwrap();
        let order: Vec<_> = found.items.iter().map(|it| it.id).collect();
        assert_eq!(order, [third.id(), second.id()]);
        assert_eq!(found.items[0].customer, account.customer);
        let next = PageRequest::new(2, Some(found.next.unwrap().parse().unwrap()));
        let rest = self
            .queries
            .subscriptions(self.tenant(), of_customer, next)
            .await
            .unwrap();
        assert_eq!((rest.items.len(), rest.items[0].id), (1, first.id()));
        assert_eq!(rest.next, None);
        assert_eq!(self.with_status(account.id, "suspended").await, 1);
        assert_eq!(self.with_status(account.id, "active").await, 2);
        assert_eq!(self.with_status(account.id, "ended").await, 0);
    }

    async fn with_status(&self, account: AccountId, status: &'static str) -> usize {
        let filter = SubscriptionFilter {
            account: Some(account),
            status: Some(status),
            ..SubscriptionFilter::default()
        };
        let found = self
            .queries
            .subscriptions(self.tenant(), filter, PageRequest::default())
            .await
            .unwrap();
        found.items.len()
    }
}
