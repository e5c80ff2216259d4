//! What the product says about one account, read through its queries: the material that the rules judge.

use anyhow::{Context, Result, ensure};
use billing::{
    AccountView, InvoiceFilter, InvoiceView, PaymentFilter, PaymentView, SubscriptionFilter,
    SubscriptionView,
};
use kernel::{AccountId, PageRequest};

use crate::backend::Sides;
use crate::provider::Provider;

/// Everything of one account.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Books {
    pub(crate) account: AccountView,
    /// Oldest first.
    pub(crate) invoices: Vec<InvoiceView>,
    pub(crate) payments: Vec<PaymentView>,
    pub(crate) subscriptions: Vec<SubscriptionView>,
    /// Oldest first.
    pub(crate) postings: Vec<Sides>,
}

impl Books {
    pub(crate) async fn read(provider: &Provider, account: AccountId) -> Result<Self> {
        let (store, tenant) = (provider.billing(), provider.tenant());
        let filter = InvoiceFilter {
            account: Some(account),
            settlement: None,
        };
        let page = PageRequest::new(PageRequest::MAX_LIMIT, None);
        let mut invoices = store.invoices(tenant, filter, page).await?.items;
        ensure!(
            invoices.len() < usize::from(PageRequest::MAX_LIMIT),
            "more invoices than one page holds"
        );
        invoices.reverse();
        let filter = PaymentFilter {
            account: Some(account),
            ..PaymentFilter::default()
        };
        let payments = store.payments(tenant, filter, page).await?.items;
        ensure!(
            payments.len() < usize::from(PageRequest::MAX_LIMIT),
            "more payments than one page holds"
        );
        let filter = SubscriptionFilter {
            account: Some(account),
            ..SubscriptionFilter::default()
        };
        let subscriptions = store.subscriptions(tenant, filter, page);
        Ok(Self {
            account: store
                .account(tenant, account)
                .await?
                .context("the account is gone")?,
            invoices,
            payments,
            subscriptions: subscriptions.await?.items,
            postings: provider.backend.postings_of(tenant, account).await?,
        })
    }
}
