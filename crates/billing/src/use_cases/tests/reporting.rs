//! Statements, revenue, recurring revenue and tills, by figures that a person has added up.

use kernel::{Actor, Money, OperatorId, Scope};

use super::{Desk, Sold, day, kes};
use crate::payment::PaymentRefusal;
use crate::payment::{PaymentMethod, RefundId};
use crate::plan::{Charging, NewPlan};
use crate::ports::BillingQueries;
use crate::report_ports::{AccountPage, DayPage, ReportQueries, TimePage};
use crate::reports::{NoReceipt, NoStatement, Recurrence, Revenue, payment_receipt, statement};
use crate::subscription::At;
use crate::till::{TillDayId, TillRefusal};
use crate::till_ports::TillQueries;
use crate::use_cases::give_back::{
    GiveBackError, RefundPayment, ReversePayment, refund_payment, reverse_payment,
};
use crate::use_cases::keep_till::{CloseTill, OpenTill, TillError, close_till, open_till};
use crate::use_cases::paid::Spoken;
use crate::use_cases::receive_unmatched::{
    ReceiveUnmatched, ReturnUnmatched, UnmatchedError, receive_unmatched, return_unmatched,
};
use crate::use_cases::record_payment::{RecordPayment, record_payment};
use crate::use_cases::subscribe::Subscribe;
use crate::use_cases::void_invoice::{VoidInvoice, void_invoice};

/// A line of a statement: day, word, amount, balance.
type Line = (String, &'static str, i64, i64);

impl Desk {
    async fn entity(&self) -> kernel::EntityId {
        let all = self.store.entities(self.scope.tenant).await.unwrap();
        all[0].id
    }

    async fn statement(
        &self,
        sold: Sold,
        from: &str,
        to: &str,
    ) -> Result<(i64, Vec<Line>, i64), NoStatement> {
        let days = (day(from), day(to));
        let tenant = self.scope.tenant;
        let it = statement(&self.store, tenant, sold.account, days).await?;
        let lines = it.entries.iter().map(|it| {
            let (amount, balance) = (it.amount.minor(), it.balance.minor());
            (it.on.to_string(), it.what.as_str(), amount, balance)
        });
        Ok((it.opening.minor(), lines.collect(), it.closing.minor()))
    }

    async fn recurrence(&self, from: &str, months: usize, today: &str) -> Recurrence {
        let page = AccountPage {
            entity: self.entity().await,
            after: None,
            limit: 100,
        };
        let currency = kes(0).currency();
        let mut found = Recurrence::new(currency, day(from), months, day(today)).unwrap();
        let tenant = self.scope.tenant;
        for (account, all) in self.store.subscribers(tenant, page).await.unwrap() {
            found.add(account, &all).unwrap();
        }
        found
    }

    fn cashier(&self) -> (OperatorId, Scope) {
        let operator = self.ids().next();
        let scope = Scope {
            actor: Actor::Operator(operator),
            ..self.scope.clone()
        };
        (operator, scope)
    }

    async fn open(&self, operator: OperatorId, minor: i64) -> Result<TillDayId, TillError> {
        let command = OpenTill {
            id: self.ids().next(),
            entity: None,
            operator,
            opening: kes(minor),
        };
        open_till(&self.store, &self.clock, &self.scope, command).await?;
        Ok(command.id)
    }

    async fn close(
        &self,
        day: TillDayId,
        by: OperatorId,
        counted: i64,
        note: Option<&str>,
    ) -> Result<(), TillError> {
        let command = CloseTill {
            day,
            by,
            counted: kes(counted),
            note: note.map(str::to_owned),
        };
        close_till(&self.store, &self.clock, &self.scope, command).await
    }

    async fn take(
        &self,
        scope: &Scope,
        sold: Sold,
        minor: i64,
        method: PaymentMethod,
    ) -> RecordPayment {
        let payment = RecordPayment {
            method,
            ..self.payment(sold.account, minor)
        };
        record_payment(&self.store, &self.clock, scope, payment.clone())
            .await
            .unwrap();
        payment
    }
}

fn entry(on: &str, what: &'static str, amount: i64, balance: i64) -> Line {
    (on.to_owned(), what, amount, balance)
}

#[tokio::test]
async fn a_statement_is_what_the_books_say() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(3_000).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-25");
    let paid = desk.pay(sold.account, 3_500).await;
    desk.go_to("2026-11-28");
    let refund: RefundId = desk.ids().next();
    let command = RefundPayment {
        id: refund,
        payment: paid,
        amount: Some(kes(200)),
        reason: "too much".to_owned(),
        paid_out_as: None,
    };
    refund_payment(&desk.store, &desk.clock, &desk.scope, command)
        .await
        .unwrap();
    let (opening, lines, closing) = desk
        .statement(sold, "2026-11-22", "2026-11-30")
        .await
        .unwrap();
    assert_eq!((opening, closing), (3_000, -300));
    let wanted = [
        entry("2026-11-25", "payment", -3_500, -500),
        entry("2026-11-28", "refund", 200, -300),
    ];
    assert_eq!(lines, wanted);
    let whole = desk
        .statement(sold, "2026-11-21", "2026-11-21")
        .await
        .unwrap();
    assert_eq!(
        whole,
        (0, vec![entry("2026-11-21", "invoice", 3_000, 3_000)], 3_000)
    );
    let tenant = desk.scope.tenant;
    let days = (day("2026-11-21"), day("2026-11-21"));
    let named = statement(&desk.store, tenant, sold.account, days).await;
    let named = named.unwrap();
    assert_eq!(named.entries[0].number.as_deref(), Some(&*invoice.number));
    assert_eq!(named.customer, sold.customer);
    for (from, to) in [("2026-11-22", "2026-11-21"), ("2025-11-21", "2026-11-22")] {
        let refused = desk.statement(sold, from, to).await;
        assert!(matches!(refused, Err(NoStatement::Days { .. })), "{from}");
    }
}

#[tokio::test]
async fn revenue_is_what_was_charged_less_what_was_given_back() {
    let desk = Desk::opened("2026-11-21").await;
    let first = desk.sell(3_000).await;
    let second = desk.sell(5_000).await;
    desk.bill(first.account).await.unwrap();
    desk.go_to("2026-11-22");
    let voided = desk.bill(second.account).await.unwrap();
    let command = VoidInvoice {
        id: desk.ids().next(),
        invoice: voided.id,
        reason: "wrong customer".to_owned(),
    };
    desk.go_to("2026-11-23");
    void_invoice(&desk.store, &desk.clock, &desk.scope, command)
        .await
        .unwrap();
    let tenant = desk.scope.tenant;
    let mut revenue = Revenue::new(kes(0).currency());
    let days = DayPage {
        entity: desk.entity().await,
        from: day("2026-11-01"),
        until: day("2026-12-01"),
        after: None,
        limit: 100,
    };
    for it in desk.store.invoices_issued(tenant, days).await.unwrap() {
        revenue.charge(&it, |on, _| on).unwrap();
    }
    let days = DayPage {
        entity: days.entity,
        from: days.from,
        until: days.until,
        after: None,
        limit: 100,
    };
    for (note, invoice) in desk.store.notes_issued(tenant, days).await.unwrap() {
        revenue.give_back(&note, &invoice, |on, _| on).unwrap();
    }
    let rows: Vec<_> = revenue
        .rows()
        .map(|(on, it)| {
            let net = it.net().unwrap().minor();
            (
                on.to_string(),
                it.count,
                it.gross.minor(),
                it.back.minor(),
                net,
            )
        })
        .collect();
    let wanted = [
        ("2026-11-21".to_owned(), 1, 3_000, 0, 3_000),
        ("2026-11-22".to_owned(), 1, 5_000, 0, 5_000),
        ("2026-11-23".to_owned(), 0, 0, 5_000, -5_000),
    ];
    assert_eq!(rows, wanted);
    let whole = revenue.regrouped(|_| ()).unwrap();
    let (_, whole) = whole.rows().next().unwrap();
    assert_eq!((whole.count, whole.net()), (2, Ok(kes(3_000))));
}

#[tokio::test]
async fn recurring_revenue_moves_by_what_accounts_do() {
    let desk = Desk::opened("2026-01-15").await;
    let stays = desk.sell(1_000).await;
    let grows = desk.sell(2_000).await;
    let leaves = desk.sell_weekly(1_200).await;
    for it in [stays, grows, leaves] {
        desk.bill_and_pay(it).await;
    }
    desk.go_to("2026-02-20");
    let dearer = desk.plan(5_000).await;
    desk.change(grows, dearer, Some(At::Now)).await.unwrap();
    let ending = crate::subscription::Ending::at(At::Now);
    let command = crate::CancelSubscription {
        subscription: leaves.id,
        ending,
    };
    crate::cancel_subscription(&desk.store, &desk.ids, &desk.clock, &desk.scope, command)
        .await
        .unwrap();
    // Its last weeks, or what is sold next would begin suspended.
    desk.pay(leaves.account, 6 * 1_200).await;
    desk.go_to("2026-03-10");
    let again = desk.plan(700).await;
    let order = Subscribe {
        customer: leaves.customer,
        ..desk.order(again)
    };
    desk.sell_as(order).await;
    let found = desk.recurrence("2026-01-20", 3, "2026-04-01").await;
    let months: Vec<_> = found
        .months()
        .iter()
        .map(|it| {
            let moved = &it.movement;
            let parts = [
                moved.start,
                moved.new,
                moved.expansion,
                moved.reactivation,
                moved.churn,
                moved.end().unwrap(),
            ];
            (parts.map(|it| it.minor()), it.at_start, it.lost, it.at_end)
        })
        .collect();
    // 1,200 a week are 5,200 a month.
    let wanted = [
        ([0, 8_200, 0, 0, 0, 8_200], 0, 0, 3),
        ([8_200, 0, 3_000, 0, 5_200, 6_000], 3, 1, 2),
        ([6_000, 0, 0, 700, 0, 6_700], 2, 0, 3),
    ];
    assert_eq!(months, wanted);
    let cohorts: Vec<_> = found
        .cohorts()
        .map(|(month, it)| {
            let later = it.iter().map(|it| (it.accounts, it.revenue.minor()));
            (month.to_string(), later.collect::<Vec<_>>())
        })
        .collect();
    let january = vec![(3, 8_200), (2, 6_000), (3, 6_700)];
    assert_eq!(cohorts, [("2026-01-01".to_owned(), january)]);
    let currency = kes(0).currency();
    let (from, today) = (day("2026-01-20"), day("2026-04-01"));
    assert!(Recurrence::new(currency, from, 37, today).is_none());
}

/// Start, new, reactivation, churn, accounts lost and at the end of every month.
fn moves(of: &Recurrence) -> Vec<([i64; 4], u64, u64)> {
    let months = of.months().iter().map(|it| {
        let moved = &it.movement;
        let parts = [moved.start, moved.new, moved.reactivation, moved.churn];
        (parts.map(|it| it.minor()), it.lost, it.at_end)
    });
    months.collect()
}

#[tokio::test]
async fn a_month_that_is_not_over_is_told_up_to_today() {
    let desk = Desk::opened("2026-01-15").await;
    let sold = desk.sell_prepaid(3_000).await;
    desk.pay(sold.account, 9_000).await;
    desk.renew(sold).await.unwrap();
    let found = desk.recurrence("2026-01-01", 12, "2026-01-20").await;
    let january = ([0, 3_000, 0, 0], 0, 1);
    assert_eq!(moves(&found), [january], "it is paid for until 15 February");
    let cohorts: Vec<_> = found.cohorts().map(|(_, it)| it.len()).collect();
    assert_eq!(cohorts, [1]);
    let found = desk.recurrence("2026-01-01", 12, "2026-02-14").await;
    assert_eq!(moves(&found), [january, ([3_000, 0, 0, 0], 0, 1)]);
    let found = desk.recurrence("2026-01-01", 12, "2026-02-16").await;
    let gone = ([3_000, 0, 0, 3_000], 1, 0);
    assert_eq!(moves(&found), [january, gone], "nobody renewed it");
    let ahead = desk.recurrence("2026-03-01", 2, "2026-02-16").await;
    assert!(ahead.months().is_empty());
}

#[tokio::test]
async fn who_had_nothing_but_a_trial_is_new() {
    let desk = Desk::opened("2026-01-25").await;
    let plan = NewPlan {
        charging: Charging {
            trial_days: 14,
            ..Charging::AHEAD
        },
        ..desk.new_plan(3_000)
    };
    let plan = desk.offer(plan).await;
    desk.sell_as(desk.order(plan)).await;
    let found = desk.recurrence("2026-01-01", 3, "2026-04-01").await;
    let february = ([0, 3_000, 0, 0], 0, 1);
    let wanted = [([0; 4], 0, 0), february, ([3_000, 0, 0, 0], 0, 1)];
    assert_eq!(moves(&found), wanted);
}

#[tokio::test]
async fn what_was_given_up_and_is_credited_belongs_to_its_note() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(3_000).await;
    let invoice = desk.bill(sold.account).await.unwrap();
    desk.write_off(invoice.id).await.unwrap();
    desk.go_to("2026-11-22");
    let order = desk.credit_order(invoice.id, Vec::new());
    desk.credit(order).await.unwrap();
    let note = desk.notes(Some(invoice.id)).await.remove(0);
    let (tenant, days) = (desk.scope.tenant, (day("2026-11-21"), day("2026-11-22")));
    let found = statement(&desk.store, tenant, sold.account, days).await;
    let found = found.unwrap();
    let lines: Vec<_> = found
        .entries
        .iter()
        .map(|it| (it.what.as_str(), it.number.as_deref(), it.amount.minor()))
        .collect();
    let wanted = [
        ("invoice", Some(&*invoice.number), 3_000),
        ("write_off", Some(&*invoice.number), -3_000),
        ("credit_note", Some(&*note.number), -3_000),
        ("write_off_reversed", Some(&*note.number), 3_000),
    ];
    assert_eq!(lines, wanted);
    assert_eq!(found.closing, kes(0));
}

/// What a receipt says: invoices paid, credit left then, what went back since.
type Said = (Vec<(String, i64)>, i64, Vec<i64>);

#[tokio::test]
async fn a_receipt_says_what_the_money_did_when_it_came_in() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(3_000).await;
    let first = desk.bill(sold.account).await.unwrap();
    desk.go_to("2026-11-22");
    let paid = desk.pay(sold.account, 4_500).await;
    let receipt = async || -> Said {
        let found = payment_receipt(&desk.store, desk.scope.tenant, paid).await;
        let found = found.unwrap();
        assert_eq!(found.received_on, day("2026-11-22"));
        let lines = found.paid.iter();
        let lines = lines.map(|it| (it.number.clone(), it.amount.minor()));
        let returns = found.returns.iter().map(|it| it.amount.minor());
        (lines.collect(), found.credit.minor(), returns.collect())
    };
    let mut wanted = (vec![(first.number.clone(), 3_000)], 1_500, vec![]);
    assert_eq!(receipt().await, wanted);
    desk.go_to("2026-12-21");
    desk.bill(sold.account).await.unwrap();
    assert_eq!(desk.account(sold.account).await.credit, kes(0));
    assert_eq!(
        receipt().await,
        wanted,
        "what its credit paid later is no matter"
    );
    let order = desk.credit_order(first.id, Vec::new());
    desk.credit(order).await.unwrap();
    assert_eq!(receipt().await, wanted, "nor what was taken off again");
    let command = RefundPayment {
        id: desk.ids().next(),
        payment: paid,
        amount: Some(kes(200)),
        reason: "too much".to_owned(),
        paid_out_as: None,
    };
    refund_payment(&desk.store, &desk.clock, &desk.scope, command)
        .await
        .unwrap();
    wanted.2 = vec![200];
    assert_eq!(receipt().await, wanted);
    let nobody = payment_receipt(&desk.store, desk.scope.tenant, desk.ids().next()).await;
    assert!(matches!(nobody, Err(NoReceipt::NotFound(_))));
}

#[tokio::test]
async fn cash_belongs_to_the_open_day_of_who_took_it() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(3_000).await;
    let (ann, as_ann) = desk.cashier();
    let (bob, as_bob) = desk.cashier();
    let before = desk.take(&as_ann, sold, 100, PaymentMethod::Cash).await;
    let day = desk.open(ann, 1_000).await.unwrap();
    assert!(matches!(desk.open(ann, 0).await, Err(TillError::Open)));
    let others = desk.open(bob, 0).await.unwrap();
    let taken = desk.take(&as_ann, sold, 700, PaymentMethod::Cash).await;
    desk.take(&as_ann, sold, 9_000, PaymentMethod::Cash).await;
    desk.take(&as_ann, sold, 50, PaymentMethod::BankTransfer)
        .await;
    desk.take(&as_bob, sold, 20, PaymentMethod::Cash).await;
    desk.pay(sold.account, 30).await;
    let refund = |payment, minor| RefundPayment {
        id: desk.ids().next(),
        payment,
        amount: Some(kes(minor)),
        reason: "too much".to_owned(),
        paid_out_as: None,
    };
    let command = refund(taken.id, 200);
    for _ in 0..2 {
        refund_payment(&desk.store, &desk.clock, &as_ann, command.clone())
            .await
            .unwrap();
    }
    let refused = desk.close(day, ann, 10_400, None).await;
    let Err(TillError::Refused(TillRefusal::Unexplained { expected, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(expected, kes(10_500), "1,000 + 700 + 9,000 - 200");
    desk.close(day, ann, 10_400, Some("a torn note"))
        .await
        .unwrap();
    desk.close(day, ann, 10_400, Some("a torn note"))
        .await
        .unwrap();
    let changed = desk.close(day, ann, 10_500, None).await;
    assert!(matches!(
        changed,
        Err(TillError::Refused(TillRefusal::Closed { .. }))
    ));
    let view = desk.store.till_day(desk.scope.tenant, day).await;
    let close = view.unwrap().unwrap().day.close.unwrap();
    assert_eq!(close.difference(), Ok(kes(-100)));
    desk.take(&as_ann, sold, 5, PaymentMethod::Cash).await;
    desk.close(others, bob, 20, None).await.unwrap();
    assert_eq!(desk.events_named("billing.till_closed").len(), 2);
    let time = TimePage {
        entity: desk.entity().await,
        since: super::noon("2026-11-20"),
        before: super::noon("2026-11-22"),
        after: None,
        limit: 100,
    };
    let payments = desk.store.payments_received(desk.scope.tenant, time).await;
    let payments = payments.unwrap();
    let of = |id| payments.iter().find(|it| it.payment.id == id).unwrap();
    assert_eq!(of(before.id).taken_by, Some(ann), "a day or none");
    let unknown = payments.iter().filter(|it| it.taken_by.is_none());
    assert_eq!(unknown.count(), 1);
    let next = desk.open(ann, 0).await.unwrap();
    desk.close(next, ann, 0, None).await.unwrap();
}

#[tokio::test]
async fn a_till_knows_the_cash_that_leaves_it_whatever_came_in() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(3_000).await;
    let (ann, as_ann) = desk.cashier();
    let day = desk.open(ann, 1_000).await.unwrap();
    let card = desk.take(&as_ann, sold, 700, PaymentMethod::Card).await;
    let cash = desk.take(&as_ann, sold, 90, PaymentMethod::Cash).await;
    let refund = async |payment, minor, paid_out_as| {
        let command = RefundPayment {
            id: desk.ids().next(),
            payment,
            amount: Some(kes(minor)),
            reason: "moved away".to_owned(),
            paid_out_as,
        };
        refund_payment(&desk.store, &desk.clock, &as_ann, command)
            .await
            .unwrap();
    };
    refund(card.id, 200, Some(PaymentMethod::Cash)).await;
    refund(card.id, 100, None).await;
    refund(cash.id, 40, Some(PaymentMethod::BankTransfer)).await;
    let view = desk.store.till_day(desk.scope.tenant, day).await;
    let taken = view.unwrap().unwrap().taken;
    assert_eq!(taken, kes(-110), "90 came in, 200 of the card's went out");
}

#[tokio::test]
async fn cash_of_a_stranger_is_in_the_till_of_whoever_takes_it() {
    let desk = Desk::opened("2026-11-21").await;
    desk.sell(3_000).await;
    let (ann, as_ann) = desk.cashier();
    let stray = |minor, method| ReceiveUnmatched {
        id: desk.ids().next(),
        amount: kes(minor),
        method,
        reference: None,
        payer: None,
        note: None,
        received_at: None,
    };
    let receive = async |money: &ReceiveUnmatched| {
        receive_unmatched(&desk.store, &desk.clock, &as_ann, money.clone()).await
    };
    let give_back = async |money: &ReceiveUnmatched, paid_out_as| {
        let command = ReturnUnmatched {
            id: money.id,
            reason: "a stranger".to_owned(),
            paid_out_as,
        };
        return_unmatched(&desk.store, &desk.clock, &as_ann, command).await
    };
    let first = stray(700, PaymentMethod::Cash);
    let refused = receive(&first).await;
    assert!(matches!(refused, Err(UnmatchedError::NoTill)));
    let day = desk.open(ann, 1_000).await.unwrap();
    let mut dollars = stray(700, PaymentMethod::Cash);
    dollars.amount = Money::from_minor(700, "USD".parse().unwrap());
    let refused = receive(&dollars).await;
    assert!(
        matches!(refused, Err(UnmatchedError::NoTill)),
        "a till counts one currency: {refused:?}"
    );
    let (second, sent) = (
        stray(50, PaymentMethod::Cash),
        stray(20, PaymentMethod::MobileMoney),
    );
    for _ in 0..2 {
        for money in [&first, &second, &sent] {
            receive(money).await.unwrap();
        }
    }
    for _ in 0..2 {
        give_back(&second, None).await.unwrap();
        give_back(&sent, Some(PaymentMethod::Cash)).await.unwrap();
    }
    let refused = desk.close(day, ann, 1_750, None).await;
    let Err(TillError::Refused(TillRefusal::Unexplained { expected, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(expected, kes(1_680), "1,000 + 700 + 50 - 50 - 20");
    desk.close(day, ann, 1_680, None).await.unwrap();
}

#[tokio::test]
async fn cash_is_refunded_and_not_reversed() {
    let desk = Desk::opened("2026-11-21").await;
    let sold = desk.sell(3_000).await;
    let (_, as_ann) = desk.cashier();
    let cash = desk.take(&as_ann, sold, 90, PaymentMethod::Cash).await;
    let command = ReversePayment {
        of: Spoken::Payment(cash.id),
        reason: "a false note".to_owned(),
    };
    let refused = reverse_payment(&desk.store, &desk.clock, &as_ann, command).await;
    assert!(matches!(
        refused,
        Err(GiveBackError::Refused(PaymentRefusal::CashIsRefunded))
    ));
}
