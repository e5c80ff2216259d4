//! Promises about money that a provider is asked for.

use chrono::Duration;
use kernel::{AccountId, Money, PageRequest};

use super::{World, kes, noon, outcome};
use crate::payment::{Ask, NewRequest, Payment, PaymentMethod, PaymentStatus, ProviderPaid};
use crate::ports::PAYMENT_ASKED_UNIQUE;
use crate::views::PaymentFilter;

impl World<'_> {
    pub(super) async fn request_promises(&self) {
        self.a_request_reads_back_and_is_no_credit().await;
        self.what_a_provider_told_reads_back().await;
        self.a_provider_is_asked_once_under_a_name().await;
        self.payments_are_found_by_how_far_they_have_come().await;
        self.late_payments_are_found_by_id().await;
    }

    fn requested(&self, account: AccountId, provider: &str, asked_as: &str) -> Payment {
        let new = NewRequest {
            id: self.ids.next(),
            account,
            method: PaymentMethod::Card,
            ask: Ask {
                provider: provider.to_owned(),
                asked_as: asked_as.to_owned(),
                amount: kes(700),
                expires_at: Some(noon().plus(Duration::hours(1))),
                meant_for: Some(self.ids.next()),
            },
        };
        Payment::request(new, noon()).unwrap()
    }

    fn paid(reference: &str, minor: i64) -> ProviderPaid {
        ProviderPaid {
            reference: reference.to_owned(),
            amount: kes(minor),
            settled_as: Some(Money::from_minor(4, "USD".parse().unwrap())),
            at: noon().plus(Duration::minutes(3)),
        }
    }

    async fn reads_back(&self, payment: &Payment) {
        let mut tx = self.tx().await;
        let stored = tx.payments().find(payment.id()).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), payment.snapshot());
        drop(tx);
        let view = self.queries.payment(self.tenant(), payment.id()).await;
        let shown = crate::PaymentView::of(payment).unwrap();
        assert_eq!(view.unwrap(), Some(shown));
    }

    async fn a_request_reads_back_and_is_no_credit(&self) {
        let account = self.account().await;
        let mut payment = self.requested(account, "contract", "A-1");
        self.save_payment(&mut payment).await;
        self.reads_back(&payment).await;
        let mut tx = self.tx().await;
        assert!(tx.payments().with_credit(account).await.unwrap().is_empty());
        let asked = tx.payments().find_asked("contract", "A-1").await.unwrap();
        assert_eq!(asked.map(|it| it.id()), Some(payment.id()));
        assert!(
            tx.payments()
                .find_asked("other", "A-1")
                .await
                .unwrap()
                .is_none()
        );
        drop(tx);
        let view = self.queries.account(self.tenant(), account).await.unwrap();
        assert_eq!(view.unwrap().credit, kes(0));
    }

    async fn what_a_provider_told_reads_back(&self) {
        let account = self.account().await;
        let mut failed = self.requested(account, "contract", "B-1");
        failed.fail("no funds").unwrap();
        self.save_payment(&mut failed).await;
        self.reads_back(&failed).await;
        let mut late = self.requested(account, "contract", "B-2");
        late.expire();
        self.save_payment(&mut late).await;
        self.reads_back(&late).await;
        late.settle(Self::paid("ch-B-2", 900)).unwrap();
        self.save_payment(&mut late).await;
        self.reads_back(&late).await;
        let mut tx = self.tx().await;
        let credit = tx.payments().with_credit(account).await.unwrap();
        let left: Vec<_> = credit.iter().map(|it| it.unallocated().unwrap()).collect();
        assert_eq!(left, [kes(900)]);
        let by = |reference| (PaymentMethod::Card, reference);
        for ((method, reference), found) in [
            (by("ch-B-2"), Some(late.id())),
            (by("ch-B-3"), None),
            ((PaymentMethod::Cash, "ch-B-2"), None),
        ] {
            let known = tx.payments().find_by_reference(method, reference).await;
            assert_eq!(known.unwrap().map(|it| it.id()), found);
        }
    }

    async fn a_provider_is_asked_once_under_a_name(&self) {
        let account = self.account().await;
        self.save_payment(&mut self.requested(account, "contract", "C-1"))
            .await;
        let mut again = self.requested(account, "contract", "C-1");
        let mut tx = self.tx().await;
        let written = tx.payments().save(&mut again).await;
        let refused = outcome(tx, written).await.unwrap_err();
        assert!(refused.is_duplicate_of(PAYMENT_ASKED_UNIQUE), "{refused:?}");
        self.save_payment(&mut self.requested(account, "elsewhere", "C-1"))
            .await;
    }

    async fn late_payments_are_found_by_id(&self) {
        let account = self.account().await;
        let mut made = Vec::new();
        for name in ["E-1", "E-2", "E-3"] {
            let mut payment = self.requested(account, "late", name);
            self.save_payment(&mut payment).await;
            made.push(payment);
        }
        made[1].expire();
        self.save_payment(&mut made[1]).await;
        let ids = [made[0].id(), made[2].id()];
        let end = noon().plus(Duration::hours(1));
        // Others of this contract may be late too, but none of them was made after these.
        for (now, after, found) in [
            (end.minus(Duration::seconds(1)), None, vec![]),
            (end, Some(made[0].id()), vec![ids[1]]),
            (end, Some(ids[1]), vec![]),
        ] {
            let late = self
                .queries
                .payments_to_expire(self.tenant(), now, after, 9);
            assert_eq!(late.await.unwrap(), found, "{after:?}");
        }
        let late = self
            .queries
            .payments_to_expire(self.tenant(), end, None, 100);
        let late = late.await.unwrap();
        assert!(ids.iter().all(|it| late.contains(it)), "{late:?}");
        assert!(late.is_sorted() && !late.contains(&made[1].id()));
        let first = self.queries.payments_to_expire(self.tenant(), end, None, 1);
        assert_eq!(first.await.unwrap(), late[..1]);
    }

    async fn payments_are_found_by_how_far_they_have_come(&self) {
        let account = self.account().await;
        let mut pending = self.requested(account, "filters", "D-1");
        let mut settled = self.requested(account, "filters", "D-2");
        settled.settle(Self::paid("ch-D-2", 700)).unwrap();
        let mut reversed = self.payment(account, 5, Some("QK7-D"));
        reversed.use_for(&[]).unwrap();
        self.save_payment(&mut reversed).await;
        reversed.reverse("a chargeback", noon()).unwrap();
        for payment in [&mut pending, &mut settled, &mut reversed] {
            self.save_payment(payment).await;
        }
        let own = PaymentFilter {
            account: Some(account),
            ..PaymentFilter::default()
        };
        let of = |status| PaymentFilter {
            status: Some(status),
            ..own.clone()
        };
        for (filter, found) in [
            (of(PaymentStatus::Pending), vec![pending.id()]),
            (of(PaymentStatus::Settled), vec![settled.id()]),
            (of(PaymentStatus::Reversed), vec![reversed.id()]),
            (of(PaymentStatus::Failed), vec![]),
            (
                PaymentFilter {
                    method: Some(PaymentMethod::MobileMoney),
                    ..own.clone()
                },
                vec![reversed.id()],
            ),
            (
                PaymentFilter {
                    reference: Some("ch-D-2".to_owned()),
                    ..PaymentFilter::default()
                },
                vec![settled.id()],
            ),
            (
                PaymentFilter {
                    provider: Some("filters".to_owned()),
                    ..PaymentFilter::default()
                },
                vec![settled.id(), pending.id()],
            ),
        ] {
            let page = PageRequest::new(9, None);
            let page = self.queries.payments(self.tenant(), filter.clone(), page);
            let ids: Vec<_> = page.await.unwrap().items.iter().map(|it| it.id).collect();
            assert_eq!(ids, found, "{filter:?}");
        }
    }
}
