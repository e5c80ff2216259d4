//! Promises about tenants: what belongs to one does not exist for another.

use kernel::{PageRequest, Scope, TenantId};

use super::{World, day, noon};
use crate::dunning_ports::DuePage;
use crate::payment::PaymentMethod;
use crate::ports::SweepPage;
use crate::views::{InvoiceFilter, SubscriptionFilter};

impl World<'_> {
    pub(super) async fn tenant_promises(&self) {
        self.another_tenant_finds_nothing().await;
        self.another_tenant_lists_nothing().await;
        self.names_and_references_are_free_for_another_tenant()
            .await;
    }

    fn stranger(&self) -> World<'_> {
        let tenant: TenantId = self.ids.next();
        World {
            scope: Scope::system(tenant, "contract", self.ids.fresh()),
            ..self.of_entity(self.entity)
        }
    }

    async fn another_tenant_finds_nothing(&self) {
        let account = self.account_with(self.entity).await.snapshot();
        let sold = self.sell(account.id, "2026-11-01", "2026-11-01").await;
        let invoice = self.bill(account.id, 100, "2026-11-01").await;
        let mut payment = self.payment(account.id, 50, Some("QK7-MINE"));
        let mut tx = self.tx().await;
        tx.payments().save(&mut payment).await.unwrap();
        tx.commit().await.unwrap();
        let plan = sold.agreement().unwrap().plan;
        let stranger = self.stranger();
        let mut tx = stranger.tx().await;
        assert!(tx.entities().first().await.unwrap().is_none());
        assert!(tx.entities().find(self.entity).await.unwrap().is_none());
        assert!(tx.plans().find(plan).await.unwrap().is_none());
        assert!(tx.accounts().lock(account.id).await.unwrap().is_none());
        let mine = tx
            .accounts()
            .lock_of(account.customer, account.entity)
            .await;
        assert!(mine.unwrap().is_none());
        assert!(tx.subscriptions().find(sold.id()).await.unwrap().is_none());
        let mine = tx.subscriptions().of_account(account.id).await.unwrap();
        assert!(mine.is_empty());
        assert!(tx.invoices().find(invoice.id()).await.unwrap().is_none());
        assert!(tx.invoices().open_of(account.id).await.unwrap().is_empty());
        let billed = tx.invoices().billed(sold.id(), day("2020-01-01")).await;
        assert!(billed.unwrap().is_empty());
        assert!(tx.payments().find(payment.id()).await.unwrap().is_none());
        let credit = tx.payments().with_credit(account.id).await.unwrap();
        assert!(credit.is_empty());
        drop(tx);
        let (queries, tenant) = (stranger.queries, stranger.tenant());
        assert!(queries.plan(tenant, plan).await.unwrap().is_none());
        assert!(queries.account(tenant, account.id).await.unwrap().is_none());
        let mine = queries.accounts_of(tenant, account.customer).await.unwrap();
        assert!(mine.is_empty());
        let mine = queries.subscription(tenant, sold.id()).await.unwrap();
        assert!(mine.is_none());
        assert!(
            queries
                .invoice(tenant, invoice.id())
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            queries
                .payment(tenant, payment.id())
                .await
                .unwrap()
                .is_none()
        );
        let method = PaymentMethod::MobileMoney;
        let mine = queries.payment_by_reference(tenant, method, "QK7-MINE");
        assert!(mine.await.unwrap().is_none());
    }

    async fn another_tenant_lists_nothing(&self) {
        let stranger = self.stranger();
        let (queries, tenant) = (stranger.queries, stranger.tenant());
        let page = PageRequest::default();
        assert!(queries.entities(tenant).await.unwrap().is_empty());
        assert!(queries.plans(tenant, page).await.unwrap().items.is_empty());
        let subscriptions = queries.subscriptions(tenant, SubscriptionFilter::default(), page);
        assert!(subscriptions.await.unwrap().items.is_empty());
        let invoices = queries.invoices(tenant, InvoiceFilter::default(), page);
        assert!(invoices.await.unwrap().items.is_empty());
        let payments = queries
            .payments(tenant, crate::PaymentFilter::default(), page)
            .await
            .unwrap();
        assert!(payments.items.is_empty());
        let unmatched = queries.unmatched_payments(tenant, None, page);
        assert!(unmatched.await.unwrap().items.is_empty());
        let sweep = SweepPage {
            today: day("2027-01-01"),
            after: None,
            limit: 10,
        };
        let due = queries.accounts_to_bill(tenant, self.entity, sweep).await;
        assert!(due.unwrap().is_empty());
        let due = DuePage {
            now: noon(),
            after: None,
            limit: 10,
        };
        let due = queries.accounts_to_evaluate(tenant, self.entity, due);
        assert!(due.await.unwrap().is_none());
        let account = self.account().await;
        let steps = queries.dunning_steps(tenant, account).await.unwrap();
        assert!(steps.is_empty());
        let charges = queries.dunning_charges(tenant, account).await.unwrap();
        assert!(charges.is_empty());
        let reasons = queries.parked_reasons(tenant).await.unwrap();
        assert!(reasons.is_empty());
    }

    async fn names_and_references_are_free_for_another_tenant(&self) {
        let stranger = self.stranger();
        let stranger = stranger.of_entity(stranger.found().await);
        let account = stranger.account().await;
        let mut payment = stranger.payment(account, 50, Some("QK7-MINE"));
        let mut tx = stranger.tx().await;
        tx.payments().save(&mut payment).await.unwrap();
        tx.commit().await.unwrap();
        let invoice = stranger.bill(account, 100, "2026-11-01").await;
        assert_eq!(invoice.number(), 1, "every tenant counts for itself");
        assert_eq!(payment.snapshot().received_at, noon());
    }
}
