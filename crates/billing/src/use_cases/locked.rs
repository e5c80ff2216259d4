//! A subscription with everything around it, its account locked: what every change of a subscription begins with.

use kernel::{AccountId, Ids, LocalDate, StoreError, SubscriptionId, Timestamp};

use super::SubscriptionError;
use super::bill_account::{Issued, bill_within, papers_of};
use super::standing::restate;
use crate::account::Account;
use crate::bill::AccountFacts;
use crate::entity::LegalEntity;
use crate::ports::BillingTx;
use crate::subscription::Subscription;

/// A subscription with everything around it.
#[derive(Clone)]
pub(super) struct Locked {
    pub(super) entity: LegalEntity,
    pub(super) account: Account,
    pub(super) subscriptions: Vec<Subscription>,
    wanted: Option<SubscriptionId>,
}

/// Locks the account of a subscription, and only then reads what is to be changed.
pub(super) async fn load(
    tx: &mut dyn BillingTx,
    id: SubscriptionId,
) -> Result<Locked, SubscriptionError> {
    let found = tx.subscriptions().find(id).await?;
    let account = found.ok_or(SubscriptionError::NotFound(id))?.account();
    let locked = load_account(tx, account).await?;
    let locked = locked.ok_or_else(|| StoreError::corrupt("a subscription without its account"))?;
    Ok(Locked {
        wanted: Some(id),
        ..locked
    })
}

/// The same for an account with all its subscriptions; `None` if there is none.
pub(super) async fn load_account(
    tx: &mut dyn BillingTx,
    id: AccountId,
) -> Result<Option<Locked>, StoreError> {
    let Some(account) = tx.accounts().lock(id).await? else {
        return Ok(None);
    };
    let entity = tx.entities().find(account.entity()).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let subscriptions = tx.subscriptions().of_account(account.id()).await?;
    Ok(Some(Locked {
        entity,
        account,
        subscriptions,
        wanted: None,
    }))
}

impl Locked {
    /// The subscription that is to be changed.
    pub(super) fn subscription(&mut self) -> Result<&mut Subscription, SubscriptionError> {
        let wanted = self
            .wanted
            .ok_or_else(|| StoreError::corrupt("no subscription was asked for"))?;
        self.of(wanted)
    }

    /// One of the subscriptions of the account.
    pub(super) fn of(
        &mut self,
        id: SubscriptionId,
    ) -> Result<&mut Subscription, SubscriptionError> {
        let found = self.subscriptions.iter_mut().find(|it| it.id() == id);
        found.ok_or(SubscriptionError::NotFound(id))
    }

    /// The account with everything that billing it needs, by what is decided.
    pub(super) async fn facts(
        &self,
        tx: &mut dyn BillingTx,
        now: Timestamp,
    ) -> Result<AccountFacts, StoreError> {
        let (account, subscriptions) = (self.account.clone(), self.subscriptions.clone());
        let papers = papers_of(tx, &self.entity, account.id(), &subscriptions, now).await?;
        Ok(AccountFacts {
            account,
            subscriptions,
            papers,
        })
    }

    /// Bills the account, which also derives access and saves every subscription.
    pub(super) async fn bill(
        &mut self,
        tx: &mut dyn BillingTx,
        ids: &dyn Ids,
        now: Timestamp,
    ) -> Result<Issued, SubscriptionError> {
        let (entity, account) = (&self.entity, &mut self.account);
        Ok(bill_within(tx, ids, now, entity, account, &mut self.subscriptions).await?)
    }

    /// The same for a decision that takes effect on a day: what waits for later, or for a person, is not billed now.
    pub(super) async fn settle(
        &mut self,
        tx: &mut dyn BillingTx,
        ids: &dyn Ids,
        now: Timestamp,
        from: LocalDate,
    ) -> Result<Issued, SubscriptionError> {
        let today = self.entity.today(now);
        if from <= today && !self.account.is_parked() {
            return self.bill(tx, ids, now).await;
        }
        self.restate(tx, today).await?;
        Ok(Issued::default())
    }

    /// Derives access and saves what changed.
    pub(super) async fn restate(
        &mut self,
        tx: &mut dyn BillingTx,
        today: LocalDate,
    ) -> Result<(), StoreError> {
        let open = tx.invoices().open_of(self.account.id()).await?;
        let (entity, account) = (&self.entity, &mut self.account);
        restate(tx, entity, account, &mut self.subscriptions, &open, today).await
    }
}
