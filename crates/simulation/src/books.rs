//! What the product says about one account, read through its queries: the material that the rules judge.

use anyhow::{Context, Result, ensure};
use billing::{
    AccountView, InvoiceFilter, InvoiceView, LineView, NoteFilter, NoteView, PaymentFilter,
    PaymentView, Period, SubscriptionFilter, SubscriptionView,
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
    /// Credit notes, oldest first.
    pub(crate) notes: Vec<NoteView>,
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
        // Most have none, and need not be asked.
        let mut notes = Vec::new();
        if invoices.iter().any(|it| !it.credited.is_zero()) {
            let filter = NoteFilter {
                account: Some(account),
                invoice: None,
            };
            notes = store.credit_notes(tenant, filter, page).await?.items;
            notes.reverse();
        }
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
            notes,
            payments,
            subscriptions: subscriptions.await?.items,
            postings: provider.backend.postings_of(tenant, account).await?,
        })
    }
}

impl Books {
    /// An invoice that a note is for.
    pub(crate) fn credited(&self, note: &NoteView) -> Option<&InvoiceView> {
        self.invoices.iter().find(|it| it.id == note.invoice)
    }

    /// The days that credit notes gave back, with the lines that charged them.
    pub(crate) fn days_given_back(&self) -> impl Iterator<Item = (&LineView, Period)> {
        self.notes.iter().flat_map(|note| {
            let lines = self.credited(note).map_or(&[][..], |it| &it.lines);
            note.lines.iter().flat_map(move |it| {
                let line = lines.get(it.line);
                line.into_iter()
                    .flat_map(|line| it.days.iter().map(move |days| (line, *days)))
            })
        })
    }
}
