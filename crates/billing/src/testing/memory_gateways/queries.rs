//! Reads of gateway accounts, payment links, webhooks, collections, refunds and comparisons, in maps.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{
    Cursor, GatewayAccountId, LocalDate, Page, PageRequest, PaymentId, StoreError, TenantId,
    Timestamp,
};

use super::MemoryGateways;
use crate::gateway::{
    CollectionSnapshot, GatewayAccountSnapshot, GatewayQueries, ListSpan, PaymentLinkSnapshot,
    ProviderRefundFilter, ProviderRefundSnapshot, ProviderRefundStatus, ReconciliationSnapshot,
    ReconciliationStatus, RefundsSince, WebhookSnapshot, WebhookStatus,
};

/// The page of rows that pass a filter, newest first.
fn page_of<K: Copy + Ord, R: Clone>(
    rows: &BTreeMap<(TenantId, K), R>,
    tenant: TenantId,
    page: PageRequest,
    place: impl Fn(&R) -> Cursor,
    passes: impl Fn(&R) -> bool,
) -> Page<R> {
    let mine = rows.iter().rev().filter(|it| it.0.0 == tenant);
    let wanted = mine
        .map(|it| it.1)
        .filter(|it| passes(it) && page.after().is_none_or(|after| place(it) < after));
    let wanted = wanted
        .take(usize::from(page.limit()) + 1)
        .cloned()
        .collect();
    Page::from_overfetch(wanted, page, place)
}

#[async_trait]
impl GatewayQueries for MemoryGateways {
    async fn gateway_accounts(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<GatewayAccountSnapshot>, StoreError> {
        let place = |it: &GatewayAccountSnapshot| Cursor::after(it.id);
        Ok(page_of(&self.lock().accounts, tenant, page, place, |_| {
            true
        }))
    }

    async fn payment_links(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError> {
        let place = |it: &PaymentLinkSnapshot| Cursor::after(it.id);
        Ok(page_of(&self.lock().links, tenant, page, place, |_| true))
    }

    async fn links_to_ask_about(
        &self,
        tenant: TenantId,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let rows = self.lock();
        let mine = rows.links.iter().filter(|it| it.0.0 == tenant);
        let mut due: Vec<_> = mine
            .filter_map(|it| it.1.next_poll_at.map(|at| (at, it.1.id)))
            .filter(|it| it.0 <= now)
            .collect();
        due.sort_unstable();
        Ok(due
            .into_iter()
            .take(usize::from(limit))
            .map(|it| it.1)
            .collect())
    }

    async fn webhooks(
        &self,
        tenant: TenantId,
        status: Option<WebhookStatus>,
        page: PageRequest,
    ) -> Result<Page<WebhookSnapshot>, StoreError> {
        let place = |it: &WebhookSnapshot| Cursor::after(it.id);
        let passes = |it: &WebhookSnapshot| status.is_none_or(|wanted| it.status == wanted);
        Ok(page_of(&self.lock().webhooks, tenant, page, place, passes))
    }

    async fn links_with_a_note(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError> {
        let place = |it: &PaymentLinkSnapshot| Cursor::after(it.id);
        let passes = |it: &PaymentLinkSnapshot| it.note.is_some();
        Ok(page_of(&self.lock().links, tenant, page, place, passes))
    }

    async fn collections_to_ask_about(
        &self,
        tenant: TenantId,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let rows = self.lock();
        let mine = rows.collections.iter().filter(|it| it.0.0 == tenant);
        let mut due: Vec<_> = mine
            .filter_map(|it| it.1.next_poll_at.map(|at| (at, it.1.payment)))
            .filter(|it| it.0 <= now)
            .collect();
        due.sort_unstable();
        let first = due.into_iter().take(usize::from(limit));
        Ok(first.map(|it| it.1).collect())
    }

    async fn provider_refunds(
        &self,
        tenant: TenantId,
        filter: ProviderRefundFilter,
        page: PageRequest,
    ) -> Result<Page<ProviderRefundSnapshot>, StoreError> {
        let place = |it: &ProviderRefundSnapshot| Cursor::after(it.id);
        let passes = |it: &ProviderRefundSnapshot| {
            filter.payment.is_none_or(|wanted| it.payment == wanted)
                && filter.status.is_none_or(|wanted| it.status == wanted)
        };
        Ok(page_of(&self.lock().refunds, tenant, page, place, passes))
    }

    async fn refunds_to_look_at(
        &self,
        tenant: TenantId,
        since: RefundsSince,
        page: PageRequest,
    ) -> Result<Page<ProviderRefundSnapshot>, StoreError> {
        let rows = self.lock();
        let place = |it: &ProviderRefundSnapshot| Cursor::after(it.id);
        let mine = || rows.refunds.iter().filter(|row| row.0.0 == tenant);
        let is_last = |it: &ProviderRefundSnapshot| {
            mine().all(|row| row.1.payment != it.payment || row.1.id <= it.id)
        };
        let passes = |it: &ProviderRefundSnapshot| match it.status {
            ProviderRefundStatus::Unbooked => true,
            ProviderRefundStatus::Waiting => it.asked_at < since.waiting,
            ProviderRefundStatus::Failed => {
                let given_since = |at| self.books.gave_back_by_hand(tenant, it.payment, at);
                it.ended_at
                    .is_some_and(|at| at >= since.failed && !given_since(at))
                    && is_last(it)
            }
            ProviderRefundStatus::Done => false,
        };
        Ok(page_of(&rows.refunds, tenant, page, place, passes))
    }

    async fn links_opened(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        span: ListSpan,
        page: PageRequest,
    ) -> Result<Page<PaymentLinkSnapshot>, StoreError> {
        let place = |it: &PaymentLinkSnapshot| Cursor::after(it.id);
        let passes = |it: &PaymentLinkSnapshot| {
            it.gateway_account == account && (span.since..span.until).contains(&it.opened_at)
        };
        Ok(page_of(&self.lock().links, tenant, page, place, passes))
    }

    async fn collected(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        span: ListSpan,
        page: PageRequest,
    ) -> Result<Page<CollectionSnapshot>, StoreError> {
        let place = |it: &CollectionSnapshot| Cursor::after(it.payment);
        let passes = |it: &CollectionSnapshot| {
            it.gateway_account == account && (span.since..span.until).contains(&it.received_at)
        };
        let rows = self.lock();
        Ok(page_of(&rows.collections, tenant, page, place, passes))
    }

    async fn reconciliations(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
        page: PageRequest,
    ) -> Result<Page<ReconciliationSnapshot>, StoreError> {
        let place = |it: &ReconciliationSnapshot| Cursor::after(it.id);
        let passes = |it: &ReconciliationSnapshot| it.gateway_account == account;
        let rows = self.lock();
        Ok(page_of(&rows.reconciliations, tenant, page, place, passes))
    }

    async fn reconciliations_to_look_at(
        &self,
        tenant: TenantId,
        page: PageRequest,
    ) -> Result<Page<ReconciliationSnapshot>, StoreError> {
        let rows = self.lock();
        let place = |it: &ReconciliationSnapshot| Cursor::after(it.id);
        let mine = || rows.reconciliations.iter().filter(|row| row.0.0 == tenant);
        let is_repeated = |it: &ReconciliationSnapshot| {
            let mut later = mine().map(|row| row.1).filter(|row| row.id > it.id);
            later.any(|row| {
                row.status == ReconciliationStatus::Done
                    && row.gateway_account == it.gateway_account
                    && row.first_on <= it.first_on
                    && row.last_on >= it.last_on
            })
        };
        let passes = |it: &ReconciliationSnapshot| match it.status {
            ReconciliationStatus::Waiting => false,
            ReconciliationStatus::Done => !it.differences.is_empty() && !is_repeated(it),
            ReconciliationStatus::Failed => !is_repeated(it),
        };
        Ok(page_of(&rows.reconciliations, tenant, page, place, passes))
    }

    async fn reconciled_until(
        &self,
        tenant: TenantId,
        account: GatewayAccountId,
    ) -> Result<Option<LocalDate>, StoreError> {
        let rows = self.lock();
        let mine = rows.reconciliations.iter().filter(|it| it.0.0 == tenant);
        let mine = mine.filter(|it| it.1.gateway_account == account);
        let mine = mine.filter(|it| it.1.status != ReconciliationStatus::Failed);
        Ok(mine.map(|it| it.1.last_on).max())
    }
}
