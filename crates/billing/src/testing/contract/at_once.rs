//! Promises about two transactions at once: the lock of an account lets one of them go first.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use kernel::testing::FixedClock;
use kernel::{PageRequest, rerun_on_conflict};

use super::{World, kes, noon};
use crate::payment::PaymentMethod;
use crate::use_cases::bill_account::bill_account;
use crate::use_cases::receive_unmatched::{ReceiveUnmatched, receive_unmatched};
use crate::use_cases::record_payment::{RecordPayment, record_payment};
use crate::views::InvoiceFilter;

impl World<'_> {
    pub(super) async fn two_at_once_promises(&self) {
        self.two_runs_at_once_bill_once().await;
        self.two_invoices_at_once_leave_no_gap().await;
        self.money_told_of_twice_at_once_is_booked_once().await;
    }

    /// A cashier types in what somebody else takes for nobody's: one of them is refused, whoever is faster.
    async fn money_told_of_twice_at_once_is_booked_once(&self) {
        let account = self.account().await;
        let clock = FixedClock::at(noon());
        for turn in 0..5 {
            let reference = Some(format!("AT-ONCE-{turn}"));
            let typed = RecordPayment {
                id: self.ids.next(),
                account,
                amount: kes(5),
                method: PaymentMethod::MobileMoney,
                reference: reference.clone(),
                received_at: None,
            };
            let stray = ReceiveUnmatched {
                id: self.ids.next(),
                amount: kes(5),
                method: PaymentMethod::MobileMoney,
                reference,
                payer: None,
                note: None,
                received_at: None,
            };
            let type_in = || record_payment(self.store, &clock, &self.scope, typed.clone());
            let take = || receive_unmatched(self.store, &clock, &self.scope, stray.clone());
            let (typed_in, taken) = both(rerun_on_conflict(type_in), rerun_on_conflict(take)).await;
            assert_ne!(
                typed_in.is_ok(),
                taken.is_ok(),
                "{typed_in:?} and {taken:?}"
            );
        }
    }

    async fn two_runs_at_once_bill_once(&self) {
        let account = self.account().await;
        self.sell(account, "2026-11-21", "2026-11-21").await;
        let clock = FixedClock::at(noon());
        let run = || {
            rerun_on_conflict(|| bill_account(self.store, self.ids, &clock, &self.scope, account))
        };
        let (left, right) = both(run(), run()).await;
        let issued: Vec<_> = [left.unwrap(), right.unwrap()]
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(issued.len(), 1);
        let filter = InvoiceFilter {
            account: Some(account),
            settlement: None,
        };
        let page = PageRequest::default();
        let invoices = self.queries.invoices(self.tenant(), filter, page).await;
        let invoices = invoices.unwrap().items;
        assert_eq!((invoices.len(), invoices[0].id), (1, issued[0]));
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        assert_eq!(view.unwrap().due, kes(300_000));
    }

    async fn two_invoices_at_once_leave_no_gap(&self) {
        let (first, second) = (self.account().await, self.account().await);
        self.sell(first, "2026-11-21", "2026-11-21").await;
        self.sell(second, "2026-11-21", "2026-11-21").await;
        let clock = FixedClock::at(noon());
        let run = |account| {
            let clock = &clock;
            rerun_on_conflict(move || {
                bill_account(self.store, self.ids, clock, &self.scope, account)
            })
        };
        let (left, right) = both(run(first), run(second)).await;
        let mut numbers = Vec::new();
        for id in [left.unwrap().unwrap(), right.unwrap().unwrap()] {
            let mut tx = self.tx().await;
            numbers.push(tx.invoices().find(id).await.unwrap().unwrap().number());
        }
        assert_eq!(numbers[0].abs_diff(numbers[1]), 1, "{numbers:?}");
    }
}

/// Runs two futures side by side in this task.
pub(super) async fn both<A, B>(
    left: impl Future<Output = A>,
    right: impl Future<Output = B>,
) -> (A, B) {
    let (mut left, mut right) = (pin!(left), pin!(right));
    let (mut a, mut b) = (None, None);
    poll_fn(move |context| {
        if a.is_none()
            && let Poll::Ready(it) = left.as_mut().poll(context)
        {
            a = Some(it);
        }
        if b.is_none()
            && let Poll::Ready(it) = right.as_mut().poll(context)
        {
            b = Some(it);
        }
        match (a.take(), b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (left, right) => {
                (a, b) = (left, right);
                Poll::Pending
            }
        }
    })
    .await
}
