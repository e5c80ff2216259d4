//! Random lives of an account through every use case: the books, the documents and access agree after every step.

use std::collections::HashMap;

use chrono::Duration;
use kernel::{AccountId, Clock, CustomerId, MayConflict, PageRequest, PlanId};
use proptest::prelude::{
    Strategy, TestCaseError, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::strategy::Just;

use super::{Desk, Sold};
use crate::credit_note::CreditPart;
use crate::events::Access;
use crate::overdue::Level;
use crate::ratio::Ratio;
use crate::schedule::BillDay;
use crate::subscription::{At, Ending, Unused};
use crate::use_cases::SubscriptionError;
use crate::use_cases::bill_account::Issued;
use crate::use_cases::cancel_subscription::{
    CancelSubscription, cancel_subscription, preview_cancellation,
};
use crate::use_cases::change_plan::{ChangePlan, change_plan, preview_plan_change};
use crate::use_cases::credit_invoice::CorrectInvoiceError;
use crate::use_cases::preview::Preview;
use crate::use_cases::resume_subscription::{ResumeSubscription, resume_subscription};
use crate::use_cases::subscribe::Subscribe;
use crate::use_cases::suspend_subscription::{SuspendSubscription, suspend_subscription};
use crate::views::NoteView;
use crate::{
    BillingQueries, InvoiceFilter, InvoiceView, LedgerAccount, LineView, PaymentView,
    printed_number,
};

/// What happens next; `usize` picks a plan or a subscription.
#[derive(Debug, Clone, Copy)]
enum Act {
    Sell(usize, Option<u8>),
    Change(usize, usize, Option<At>),
    Suspend(usize),
    Resume(usize),
    Cancel(usize, At, Unused),
    /// Some minor units, or what is due.
    Pay(Option<i64>),
    Wait(i64),
    Bill,
    Evaluate,
    /// Some hundredths of the first line of an invoice are given back, or all that is left of it.
    Credit(usize, Option<u8>),
    WriteOff(usize),
    Void(usize),
}

/// How the entity prices and gives back.
#[derive(Debug, Clone, Copy)]
struct House {
    taxed: bool,
    by_note: bool,
    /// On how many invoices a tenth is off.
    off: Option<u32>,
}

fn any_act() -> impl Strategy<Value = Act> {
    let when = prop_oneof![Just(At::Now), Just(At::PeriodEnd)];
    let unused = prop_oneof![Just(Unused::Charged), Just(Unused::GivenBack)];
    prop_oneof![
        1 => (0_usize..4, proptest::option::of(1_u8..=31)).prop_map(|(plan, day)| Act::Sell(plan, day)),
        3 => (0_usize..3, 0_usize..4, proptest::option::of(when.clone())).prop_map(|(it, plan, when)| Act::Change(it, plan, when)),
        2 => (0_usize..3).prop_map(Act::Suspend),
        2 => (0_usize..3).prop_map(Act::Resume),
        1 => (0_usize..3, when, unused).prop_map(|(it, when, unused)| Act::Cancel(it, when, unused)),
        4 => proptest::option::of(1_i64..40_000).prop_map(Act::Pay),
        6 => (0_i64..12).prop_map(Act::Wait),
        6 => Just(Act::Bill),
        3 => Just(Act::Evaluate),
        1 => (0_usize..8, proptest::option::of(1_u8..=100)).prop_map(|(it, part)| Act::Credit(it, part)),
        2 => (0_usize..8).prop_map(Act::WriteOff),
        1 => (0_usize..8).prop_map(Act::Void),
    ]
}

fn any_house() -> impl Strategy<Value = House> {
    let off = proptest::option::of(1_u32..4);
    (any::<bool>(), any::<bool>(), off).prop_map(|(taxed, by_note, off)| House {
        taxed,
        by_note,
        off,
    })
}

/// One customer and everything they did.
struct Life {
    desk: Desk,
    plans: Vec<PlanId>,
    customer: CustomerId,
    account: AccountId,
    sold: Vec<Sold>,
    paid: i64,
}

impl Life {
    async fn begin(house: House) -> Self {
        let desk = Desk::opened("2026-01-20").await;
        desk.price(house.taxed, house.by_note).await;
        let mut plans = Vec::new();
        for minor in [10_000, 15_000, 15_000, 33_337] {
            plans.push(desk.plan(minor).await);
        }
        let (customer, account) = (desk.ids().next(), desk.ids().next());
        let mut life = Self {
            desk,
            plans,
            customer,
            account,
            sold: Vec::new(),
            paid: 0,
        };
        life.sell(0, None).await;
        if let Some(times) = house.off {
            life.desk.take_off(life.account, times).await;
        }
        life
    }

    async fn sell(&mut self, plan: usize, bill_day: Option<u8>) {
        let order = Subscribe {
            customer: self.customer,
            new_account: self.account,
            bill_day: bill_day.map(|it| BillDay::new(it).unwrap()),
            ..self.desk.order(self.plans[plan])
        };
        self.sold.push(self.desk.sell_as(order).await);
    }

    async fn live(&mut self, act: Act) -> Result<(), TestCaseError> {
        let pick = |it: usize| self.sold[it % self.sold.len()];
        match act {
            Act::Sell(plan, bill_day) if self.sold.len() < 3 => self.sell(plan, bill_day).await,
            Act::Change(it, plan, when) => self.change(pick(it), self.plans[plan], when).await?,
            Act::Suspend(it) => answered(self.suspend(pick(it)).await)?,
            Act::Resume(it) => answered(self.resume(pick(it)).await)?,
            Act::Cancel(it, when, unused) => {
                let ending = Ending {
                    unused,
                    ..Ending::at(when)
                };
                self.cancel(pick(it), ending).await?;
            }
            Act::Pay(minor) => self.pay(minor).await?,
            Act::Wait(days) => self.desk.clock.advance(Duration::days(days)),
            Act::Bill => self.bill_twice().await?,
            Act::Evaluate => self.desk.evaluate(self.account).await,
            Act::Credit(..) | Act::WriteOff(_) | Act::Void(_) => self.correct(act).await?,
            Act::Sell(..) => {}
        }
        Ok(())
    }

    async fn correct(&self, act: Act) -> Result<(), TestCaseError> {
        let invoices = self.desk.invoices(self.account).await;
        let pick = |it: usize| invoices.get(it).map(|it| it.id);
        let (Act::Credit(it, _) | Act::WriteOff(it) | Act::Void(it)) = act else {
            return Ok(());
        };
        let Some(invoice) = pick(it) else {
            return Ok(());
        };
        let heard = self.desk.heard();
        let done = match act {
            Act::Credit(_, part) => {
                let part = part.map(|it| CreditPart::Share(Ratio::new(it.into(), 100).unwrap()));
                let parts = part.map(|it| (0, it).into()).into_iter().collect();
                self.desk
                    .credit(self.desk.credit_order(invoice, parts))
                    .await
            }
            Act::WriteOff(_) => self.desk.write_off(invoice).await,
            _ => self.desk.void(invoice).await,
        };
        match done {
            Ok(()) => Ok(()),
            Err(CorrectInvoiceError::Refused(_) | CorrectInvoiceError::NotCredited(_)) => {
                prop_assert_eq!(self.desk.heard(), heard, "a refusal changes nothing");
                Ok(())
            }
            Err(err) => Err(TestCaseError::fail(format!("{err:?}"))),
        }
    }

    async fn suspend(&self, sold: Sold) -> Result<(), SubscriptionError> {
        let (store, clock, scope) = (&self.desk.store, &self.desk.clock, &self.desk.scope);
        let command = SuspendSubscription {
            subscription: sold.id,
            reason: "travels".to_owned(),
        };
        suspend_subscription(store, clock, scope, command).await
    }

    async fn resume(&self, sold: Sold) -> Result<(), SubscriptionError> {
        let (store, clock, scope) = (&self.desk.store, &self.desk.clock, &self.desk.scope);
        let command = ResumeSubscription {
            subscription: sold.id,
            when: At::Now,
        };
        resume_subscription(store, clock, scope, command).await
    }

    async fn change(
        &self,
        sold: Sold,
        plan: PlanId,
        when: Option<At>,
    ) -> Result<(), TestCaseError> {
        let (store, clock, scope) = (&self.desk.store, &self.desk.clock, &self.desk.scope);
        let subscription = sold.id;
        let command = ChangePlan {
            subscription,
            plan,
            when,
        };
        let ids = self.desk.ids();
        let look = preview_plan_change(store, ids, clock, scope, command).await;
        let done = change_plan(store, ids, clock, scope, command).await;
        self.as_seen(look, done.map(|it| it.issued)).await
    }

    async fn cancel(&self, sold: Sold, ending: Ending) -> Result<(), TestCaseError> {
        let (store, clock, scope) = (&self.desk.store, &self.desk.clock, &self.desk.scope);
        let subscription = sold.id;
        let command = CancelSubscription {
            subscription,
            ending,
        };
        let ids = self.desk.ids();
        let look = preview_cancellation(store, ids, clock, scope, command).await;
        let done = cancel_subscription(store, ids, clock, scope, command).await;
        self.as_seen(look, done).await
    }

    /// What a decision brings today is what was seen before it, to the last figure (billing.md, invariant 22).
    async fn as_seen(
        &self,
        look: Result<Preview, SubscriptionError>,
        done: Result<Issued, SubscriptionError>,
    ) -> Result<(), TestCaseError> {
        let (look, issued) = match (look, done) {
            (Ok(look), Ok(issued)) => (look, issued),
            (Err(SubscriptionError::Refused(seen)), Err(SubscriptionError::Refused(refused))) => {
                prop_assert_eq!(seen, refused);
                return Ok(());
            }
            (look, done) => {
                return Err(TestCaseError::fail(format!("{look:?}, {done:?}")));
            }
        };
        let today = self.desk.clock.now();
        if look.from
            > "Africa/Nairobi"
                .parse::<kernel::Zone>()
                .unwrap()
                .date_at(today)
        {
            prop_assert_eq!(issued, Issued::default());
            return Ok(());
        }
        let bill = look.bill.unwrap();
        let wanted: Vec<_> = bill.notes.iter().map(|it| it.total().unwrap()).collect();
        let mut notes = Vec::new();
        let all = self.desk.notes(None).await;
        for id in &issued.notes {
            notes.push(all.iter().find(|it| it.id == *id).unwrap().total);
        }
        prop_assert_eq!(notes, wanted);
        let account = self.desk.account(self.account).await;
        prop_assert_eq!(account.credit, look.credit);
        prop_assert_eq!(issued.invoice.is_some(), bill.draft.is_some());
        if let (Some(id), Some(draft)) = (issued.invoice, bill.draft) {
            let invoice = self.desk.invoice(id).await;
            let lines = LineView::all(&draft.lines, draft.figures.as_deref()).unwrap();
            prop_assert_eq!((invoice.lines, invoice.total), (lines, draft.total));
            let paid = bill.paid.map_or(0, kernel::Money::minor);
            prop_assert_eq!(invoice.allocated.minor(), paid);
        }
        Ok(())
    }

    async fn pay(&mut self, minor: Option<i64>) -> Result<(), TestCaseError> {
        let due = self.desk.account(self.account).await.due.minor();
        let minor = minor.unwrap_or(due).max(1);
        let payment = self.desk.payment(self.account, minor);
        self.desk.record(&payment).await.unwrap();
        self.paid += minor;
        let heard = self.desk.heard();
        self.desk.record(&payment).await.unwrap();
        prop_assert_eq!(self.desk.heard(), heard, "one id is one payment");
        Ok(())
    }

    /// What a run and everybody's payment make of today.
    async fn pay_all(&mut self) -> Result<(), TestCaseError> {
        self.desk.bill(self.account).await;
        match self.desk.account(self.account).await.due.is_positive() {
            true => self.pay(None).await,
            false => Ok(()),
        }
    }

    async fn bill_twice(&self) -> Result<(), TestCaseError> {
        self.desk.bill(self.account).await;
        let heard = self.desk.heard();
        prop_assert_eq!(self.desk.bill(self.account).await, None);
        self.desk.evaluate(self.account).await;
        prop_assert_eq!(self.desk.heard(), heard, "nothing is left to do today");
        Ok(())
    }

    async fn check(&self) -> Result<(), TestCaseError> {
        let account = self.desk.account(self.account).await;
        prop_assert_eq!(&account.parked, &None);
        let owes = account.due.is_positive();
        prop_assert!(!(owes && account.credit.is_positive()), "credit is used");
        prop_assert!(owes || account.level == Level::Clear);
        let books = self.books();
        let of = |it| books.get(&it).copied().unwrap_or(0);
        prop_assert_eq!(books.values().sum::<i64>(), 0);
        prop_assert_eq!(of(LedgerAccount::Receivable), account.due.minor());
        prop_assert_eq!(of(LedgerAccount::CustomerCredit), -account.credit.minor());
        prop_assert_eq!(of(LedgerAccount::Cash), self.paid);
        prop_assert!(
            account.credit.minor() <= self.paid,
            "credit is what was paid"
        );
        let lost = self.check_documents().await?;
        prop_assert_eq!(of(LedgerAccount::BadDebt), lost);
        for sold in &self.sold {
            self.check_access(*sold, account.level).await?;
        }
        Ok(())
    }

    fn books(&self) -> HashMap<LedgerAccount, i64> {
        let mut books = HashMap::new();
        for posting in self.desk.store.postings(self.desk.scope.tenant) {
            for entry in posting.entries() {
                *books.entry(entry.account).or_insert(0) += entry.amount.minor();
            }
        }
        books
    }

    /// Returns what is written off.
    async fn check_documents(&self) -> Result<i64, TestCaseError> {
        let (store, tenant) = (&self.desk.store, self.desk.scope.tenant);
        let page = PageRequest::new(200, None);
        let invoices = store.invoices(tenant, InvoiceFilter::default(), page);
        let invoices = invoices.await.unwrap().items;
        let payments = store
            .payments(tenant, crate::PaymentFilter::default(), page)
            .await
            .unwrap()
            .items;
        for (number, invoice) in (1_u64..).zip(invoices.iter().rev()) {
            prop_assert_eq!(&invoice.number, &printed_number("INV", number));
            check_invoice(invoice, &payments, &self.desk.notes(Some(invoice.id)).await)?;
        }
        for payment in &payments {
            let used: i64 = payment.allocations.iter().map(|it| it.amount.minor()).sum();
            let left = payment.unallocated.minor();
            prop_assert_eq!(used + left, payment.amount.minor());
            prop_assert!(left >= 0);
        }
        Ok(invoices.iter().map(|it| it.written_off.minor()).sum())
    }

    async fn check_access(&self, sold: Sold, level: Level) -> Result<(), TestCaseError> {
        let view = self.desk.subscription(sold).await;
        let expected = match (view.status, level) {
            ("ended", _) => Access::Ended,
            ("suspended", _) | (_, Level::Suspended) => Access::Suspended,
            (_, Level::Restricted) => Access::Restricted,
            (_, Level::Overdue | Level::Clear) => Access::Active,
        };
        prop_assert_eq!(view.access, expected);
        let told = self.desk.told(sold);
        for (version, (_, number)) in (2_u64..).zip(&told) {
            prop_assert_eq!(*number, version, "decisions are numbered without gaps");
        }
        let last = told.last().map_or("active", |(access, _)| access);
        prop_assert_eq!(last, view.access.as_str());
        Ok(())
    }
}

/// Done or refused: anything else is a failure.
fn answered(outcome: Result<(), SubscriptionError>) -> Result<(), TestCaseError> {
    match outcome {
        Ok(()) | Err(SubscriptionError::Refused(_)) => Ok(()),
        Err(err) => Err(TestCaseError::fail(format!(
            "{err:?}, conflict: {}",
            err.is_conflict()
        ))),
    }
}

fn check_invoice(
    invoice: &InvoiceView,
    payments: &[PaymentView],
    notes: &[NoteView],
) -> Result<(), TestCaseError> {
    let lines: i64 = invoice.lines.iter().map(|it| it.amount.minor()).sum();
    let total = invoice.total.minor();
    let figures = &invoice.figures;
    let net = lines - figures.discount.minor();
    prop_assert_eq!(net + figures.tax.minor(), total);
    prop_assert!(!invoice.lines.is_empty() && total >= 0);
    let allocations = payments.iter().flat_map(|it| &it.allocations);
    let mine = allocations.filter(|it| it.invoice == invoice.id);
    let used: i64 = mine.map(|it| it.amount.minor()).sum();
    prop_assert_eq!(used, invoice.allocated.minor());
    let credited: i64 = notes.iter().map(|it| it.total.minor()).sum();
    prop_assert_eq!(credited, invoice.credited.minor());
    let (lost, due) = (invoice.written_off.minor(), invoice.due.minor());
    prop_assert!(used >= 0 && lost >= 0 && due >= 0);
    prop_assert_eq!(used + credited + lost + due, total);
    Ok(())
}

/// A whole life; returns every posting and every document it left.
async fn lived(house: House, acts: &[Act]) -> Result<String, TestCaseError> {
    let mut life = Life::begin(house).await;
    for act in acts {
        life.live(*act).await?;
        life.check().await?;
    }
    let postings = life.desk.store.postings(life.desk.scope.tenant);
    let invoices = life.desk.invoices(life.account).await;
    Ok(format!("{postings:?}{invoices:?}"))
}

proptest! {
    #[test]
    fn books_documents_and_access_agree_after_every_step(
        house in any_house(),
        acts in proptest::collection::vec(any_act(), 1..50),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let first = lived(house, &acts).await?;
            prop_assert_eq!(first, lived(house, &acts).await?, "the same life leaves the same books");
            Ok::<(), TestCaseError>(())
        })?;
    }
}

proptest! {
    /// A look at a later day is what the run of that day brings, if everything is paid by then: with the taxes, and with
    /// what is left of the discounts by then.
    #[test]
    fn a_later_change_is_seen_as_it_is_billed(
        house in any_house(),
        (sold_after, decided_after) in (0_i64..20, 0_i64..45),
        (bill_day, is_billed) in (proptest::option::of(1_u8..=31), any::<bool>()),
        plan in 1_usize..4,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut life = Life::begin(house).await;
            let desk_days = |days| Duration::days(days);
            life.desk.clock.advance(desk_days(sold_after));
            life.sell(0, bill_day).await;
            if is_billed {
                life.pay_all().await?;
            }
            life.desk.clock.advance(desk_days(decided_after));
            let command = ChangePlan {
                subscription: life.sold[1].id,
                plan: life.plans[plan],
                when: Some(At::PeriodEnd),
            };
            let (store, clock, scope) = (&life.desk.store, &life.desk.clock, &life.desk.scope);
            let look = preview_plan_change(store, life.desk.ids(), clock, scope, command).await;
            let look = look.unwrap();
            change_plan(store, life.desk.ids(), clock, scope, command).await.unwrap();
            let zone = "Africa/Nairobi".parse::<kernel::Zone>().unwrap();
            while zone.date_at(life.desk.clock.now()) < look.from {
                life.pay_all().await?;
                life.desk.clock.advance(desk_days(1));
            }
            let billed = life.desk.bill(life.account).await;
            let draft = look.bill.unwrap().draft;
            let seen = draft.map(|it| {
                (LineView::all(&it.lines, it.figures.as_deref()).unwrap(), it.total)
            });
            prop_assert_eq!(billed.map(|it| (it.lines, it.total)), seen);
            Ok::<(), TestCaseError>(())
        })?;
    }
}
