//! A subscription with everything around it, its account locked: what every change of a subscription begins with.

use kernel::{AccountId, Ids, InvoiceId, LocalDate, Money, StoreError, SubscriptionId, Timestamp};

use super::SubscriptionError;
use super::bill_account::bill_within;
use super::standing::restate;
use crate::account::Account;
use crate::difference::{Due, Inconsistent};
use crate::entity::LegalEntity;
use crate::ports::BillingTx;
use crate::subscription::{Subscription, SubscriptionRefusal};
use crate::upcoming::{due_on, total_of};

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

    /// What billing the subscription alone on a day, today or later, brings by what is decided.
    pub(super) async fn look(
        &mut self,
        tx: &mut dyn BillingTx,
        today: LocalDate,
        day: LocalDate,
    ) -> Result<Vec<Due>, SubscriptionError> {
        let scale = self.entity.scale();
        let it = self.subscription()?;
        let horizon = it.billing_horizon(today);
        let billed = tx.invoices().billed(it.id(), horizon).await?;
        due_on(it, billed, scale, today, day).map_err(SubscriptionError::Inconsistent)
    }

    /// Refuses a decision by which more would be given back on a day than charged: until there is a credit note for it,
    /// the only place that does.
    pub(super) async fn must_not_give_back(
        &mut self,
        tx: &mut dyn BillingTx,
        today: LocalDate,
        from: LocalDate,
    ) -> Result<(), SubscriptionError> {
        let on = from.max(today);
        let due = match self.look(tx, today, on).await {
            // Whoever bills it parks the account; it can be decided about all the same.
            Err(SubscriptionError::Inconsistent(_)) => return Ok(()),
            looked => looked?,
        };
        let nothing = Money::zero(self.account.currency());
        let total = total_of(&due, nothing).map_err(Inconsistent::from)?;
        if total.is_negative() {
            let amount = total.checked_neg().map_err(Inconsistent::from)?;
            return Err(SubscriptionRefusal::GivesBack { amount, on }.into());
        }
        Ok(())
    }

    /// Bills the account, which also derives access and saves every subscription.
    pub(super) async fn bill(
        &mut self,
        tx: &mut dyn BillingTx,
        ids: &dyn Ids,
        now: Timestamp,
    ) -> Result<Option<InvoiceId>, SubscriptionError> {
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
    ) -> Result<Option<InvoiceId>, SubscriptionError> {
        let today = self.entity.today(now);
        if from <= today && !self.account.is_parked() {
            return self.bill(tx, ids, now).await;
        }
        self.restate(tx, today).await?;
        Ok(None)
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
