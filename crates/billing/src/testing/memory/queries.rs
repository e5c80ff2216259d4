//! Lists and sweeps over the rows in memory.

use async_trait::async_trait;
use kernel::{
    AccountId, CreditNoteId, Cursor, CustomerId, EntityId, Id, InvoiceId, Page, PageRequest,
    PaymentId, PlanId, StoreError, SubscriptionId, TenantId, Timestamp,
};

use super::MemoryBilling;
use super::rows::Rows;
use super::views::{
    account_view, entity_view, invoice_view, payment_view, plan_view, settlement, subscription_view,
};
use crate::account::{AccountSnapshot, AgreedDiscount};
use crate::credit_note::IssuedNote;
use crate::invoice::InvoiceSnapshot;
use crate::payment::{PaymentMethod, PaymentSnapshot, PaymentState};
use crate::ports::{BillingQueries, SweepPage};
use crate::proof::{ProofStatus, ProofView};
use crate::subscription::Subscription;
use crate::unmatched::{UnmatchedId, UnmatchedStatus};
use crate::views::{
    AccountView, EntityView, InvoiceFilter, InvoiceView, NoteFilter, NoteView, PaymentFilter,
    PaymentView, PlanView, SubscriptionFilter, SubscriptionView, UnmatchedView,
};

fn is_wanted(it: &PaymentView, filter: &PaymentFilter) -> bool {
    filter.status.is_none_or(|status| it.status == status)
        && filter.method.is_none_or(|method| it.method == method)
        && (filter.reference.is_none() || it.reference == filter.reference)
        && (filter.provider.is_none() || it.provider == filter.provider)
}

#[async_trait]
impl BillingQueries for MemoryBilling {
    async fn entities(&self, tenant: TenantId) -> Result<Vec<EntityView>, StoreError> {
        let rows = self.lock();
        Ok(rows.entities.of_tenant(tenant).map(entity_view).collect())
    }

    async fn plan(&self, tenant: TenantId, id: PlanId) -> Result<Option<PlanView>, StoreError> {
        Ok(self.lock().plans.get(&(tenant, id)).map(plan_view))
    }

    async fn plans(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PlanView>, StoreError> {
        let rows = self.lock();
        let newest = rows.plans.of_tenant(tenant).rev().map(plan_view).map(Ok);
        page_of(newest, page, |it| it.id)
    }

    async fn account(
        &self,
        tenant: TenantId,
        id: AccountId,
    ) -> Result<Option<AccountView>, StoreError> {
        let rows = self.lock();
        let row = rows.accounts.get(&(tenant, id));
        row.map(|it| account_view(&rows, tenant, it)).transpose()
    }

    async fn discounts(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<Vec<AgreedDiscount>>, StoreError> {
        let rows = self.lock();
        let row = rows.accounts.get(&(tenant, account));
        Ok(row.map(|it| it.discounts.clone()))
    }

    async fn accounts_of(
        &self,
        tenant: TenantId,
        customer: CustomerId,
    ) -> Result<Vec<AccountView>, StoreError> {
        let rows = self.lock();
        rows.accounts
            .of_tenant(tenant)
            .filter(|it| it.customer == customer)
            .map(|it| account_view(&rows, tenant, it))
            .collect()
    }

    async fn subscription(
        &self,
        tenant: TenantId,
        id: SubscriptionId,
    ) -> Result<Option<SubscriptionView>, StoreError> {
        let rows = self.lock();
        let row = rows.subscriptions.get(&(tenant, id));
        row.map(|it| subscription_view(&rows, tenant, it))
            .transpose()
    }

    async fn subscriptions(
        &self,
        tenant: TenantId,
        filter: SubscriptionFilter,
        page: PageRequest,
    ) -> Result<Page<SubscriptionView>, StoreError> {
        let rows = self.lock();
        let newest = rows
            .subscriptions
            .newest(tenant, filter.account)
            .map(|it| subscription_view(&rows, tenant, it))
            .filter(|it| it.as_ref().map_or(true, |it| passes(it, filter)));
        page_of(newest, page, |it| it.id)
    }

    async fn invoice(
        &self,
        tenant: TenantId,
        id: InvoiceId,
    ) -> Result<Option<InvoiceView>, StoreError> {
        let rows = self.lock();
        let row = rows.invoices.get(&(tenant, id));
        row.map(invoice_view).transpose()
    }

    async fn invoices(
        &self,
        tenant: TenantId,
        filter: InvoiceFilter,
        page: PageRequest,
    ) -> Result<Page<InvoiceView>, StoreError> {
        let rows = self.lock();
        let wanted =
            |it: &&InvoiceSnapshot| filter.settlement.is_none_or(|kind| settlement(it) == kind);
        let newest = rows.invoices.newest(tenant, filter.account);
        page_of(newest.filter(wanted).map(invoice_view), page, |it| it.id)
    }

    async fn credit_note(
        &self,
        tenant: TenantId,
        id: CreditNoteId,
    ) -> Result<Option<NoteView>, StoreError> {
        let row = self.lock().notes.get(&(tenant, id)).cloned();
        let view = row.map(NoteView::of).transpose();
        view.map_err(StoreError::corrupt)
    }

    async fn credit_notes(
        &self,
        tenant: TenantId,
        filter: NoteFilter,
        page: PageRequest,
    ) -> Result<Page<NoteView>, StoreError> {
        let rows = self.lock();
        let wanted = |it: &&IssuedNote| filter.invoice.is_none_or(|id| it.draft.invoice == id);
        let newest = rows.notes.newest(tenant, filter.account).filter(wanted);
        let views = newest.map(|it| NoteView::of(it.clone()).map_err(StoreError::corrupt));
        page_of(views, page, |it| it.id)
    }

    async fn payment(
        &self,
        tenant: TenantId,
        id: PaymentId,
    ) -> Result<Option<PaymentView>, StoreError> {
        let rows = self.lock();
        let row = rows.payments.get(&(tenant, id));
        row.map(payment_view).transpose()
    }

    async fn payment_by_reference(
        &self,
        tenant: TenantId,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<PaymentView>, StoreError> {
        let rows = self.lock();
        rows.payments
            .of_tenant(tenant)
            .find(|it| it.method == method && it.reference.as_deref() == Some(reference))
            .map(payment_view)
            .transpose()
    }

    async fn payments(
        &self,
        tenant: TenantId,
        filter: PaymentFilter,
        page: PageRequest,
    ) -> Result<Page<PaymentView>, StoreError> {
        let rows = self.lock();
        let newest = rows.payments.newest(tenant, filter.account);
        let wanted = newest.map(payment_view).filter(|it| match it {
            Ok(view) => is_wanted(view, &filter),
            Err(_) => true,
        });
        page_of(wanted, page, |it| it.id)
    }

    async fn payments_to_expire(
        &self,
        tenant: TenantId,
        now: Timestamp,
        after: Option<PaymentId>,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let rows = self.lock();
        let is_late = |it: &&PaymentSnapshot| {
            let end = it.ask.as_ref().and_then(|ask| ask.expires_at);
            it.state == PaymentState::Pending && end.is_some_and(|end| end <= now)
        };
        let late = rows.payments.of_tenant(tenant).filter(is_late);
        let late = late
            .map(|it| it.id)
            .filter(|it| after.is_none_or(|after| *it > after));
        Ok(late.take(usize::from(limit)).collect())
    }

    async fn unmatched_payment(
        &self,
        tenant: TenantId,
        id: UnmatchedId,
    ) -> Result<Option<UnmatchedView>, StoreError> {
        let row = self.lock().unmatched.get(&(tenant, id)).cloned();
        Ok(row.map(UnmatchedView::from))
    }

    async fn unmatched_payments(
        &self,
        tenant: TenantId,
        status: Option<UnmatchedStatus>,
        page: PageRequest,
    ) -> Result<Page<UnmatchedView>, StoreError> {
        let rows = self.lock();
        let newest = rows.unmatched.of_tenant(tenant).rev();
        let wanted = newest.filter(|it| status.is_none_or(|status| it.state.status() == status));
        let views = wanted.cloned().map(UnmatchedView::from);
        page_of(views.map(Ok), page, |it| it.id)
    }

    async fn proofs(
        &self,
        tenant: TenantId,
        status: Option<ProofStatus>,
        page: PageRequest,
    ) -> Result<Page<ProofView>, StoreError> {
        let rows = self.lock();
        let newest = rows.proofs.of_tenant(tenant).rev().map(|it| &it.view);
        let wanted = newest.filter(|it| status.is_none_or(|status| it.state.status() == status));
        page_of(wanted.cloned().map(Ok), page, |it| it.id)
    }

    async fn accounts_to_bill(
        &self,
        tenant: TenantId,
        entity: EntityId,
        page: SweepPage,
    ) -> Result<Vec<AccountId>, StoreError> {
        let rows = self.lock();
        let due = |it: Subscription| it.is_due(page.today);
        let brings_a_bill = |it: Subscription| it.next_bill_on().is_some();
        sweep(&rows, tenant, entity, page, |it| {
            let mut fees = rows.charges_of(tenant, it.id).filter(|fee| fee.waits());
            Ok(it.parked.is_none()
                && (any_subscription(&rows, tenant, it, due)?
                    || fees.next().is_some()
                        && !any_subscription(&rows, tenant, it, brings_a_bill)?))
        })
    }

    async fn parked_accounts(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<AccountView>, StoreError> {
        let rows = self.lock();
        let accounts = rows.accounts.of_tenant(tenant).rev();
        let parked = accounts.filter(|it| it.parked.is_some());
        let views = parked.map(|it| account_view(&rows, tenant, it));
        page_of(views, page, |it| it.id)
    }
}

/// One page of views that run from the newest to the oldest.
pub(super) fn page_of<K, V>(
    newest: impl Iterator<Item = Result<V, StoreError>>,
    page: PageRequest,
    id: impl Fn(&V) -> Id<K>,
) -> Result<Page<V>, StoreError> {
    let beyond = |it: &V| {
        page.after()
            .is_none_or(|place| id(it).uuid() < place.uuid())
    };
    let items = newest
        .filter(|it| it.as_ref().map_or(true, beyond))
        .take(usize::from(page.limit()) + 1)
        .collect::<Result<_, _>>()?;
    Ok(Page::from_overfetch(items, page, |it| {
        Cursor::after(id(it))
    }))
}

fn passes(view: &SubscriptionView, filter: SubscriptionFilter) -> bool {
    filter.customer.is_none_or(|it| view.customer == it)
        && filter.account.is_none_or(|it| view.account == it)
        && filter.status.is_none_or(|it| view.status == it)
}

/// The accounts of an entity that are wanted, by id.
fn sweep(
    rows: &Rows,
    tenant: TenantId,
    entity: EntityId,
    page: SweepPage,
    wanted: impl Fn(&AccountSnapshot) -> Result<bool, StoreError>,
) -> Result<Vec<AccountId>, StoreError> {
    let mut found = Vec::new();
    let next = rows
        .accounts
        .of_tenant(tenant)
        .filter(|it| it.entity == entity && page.after.is_none_or(|place| it.id > place));
    for account in next {
        if found.len() == usize::from(page.limit) {
            break;
        }
        if wanted(account)? {
            found.push(account.id);
        }
    }
    Ok(found)
}

fn any_subscription(
    rows: &Rows,
    tenant: TenantId,
    account: &AccountSnapshot,
    is_wanted: impl Fn(Subscription) -> bool,
) -> Result<bool, StoreError> {
    for row in rows.subscriptions.of_account(tenant, account.id) {
        let subscription = Subscription::restore(row.clone()).map_err(StoreError::corrupt)?;
        if is_wanted(subscription) {
            return Ok(true);
        }
    }
    Ok(false)
}
