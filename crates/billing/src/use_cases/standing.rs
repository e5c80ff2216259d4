//! The account's standing: its level and what follows from it for each subscription, in the caller's transaction.

use kernel::{LocalDate, Money, MoneyError, StoreError};

use crate::account::Account;
use crate::entity::LegalEntity;
use crate::invoice::Invoice;
use crate::overdue::{OpenAmount, overdue};
use crate::ports::BillingTx;
use crate::subscription::Subscription;

/// Re-evaluates an account after anything that may have changed its standing: time, money, or a subscription.
///
/// Saves the account and the subscriptions that changed. `subscriptions` are those of the account, loaded after it was
/// locked.
pub(super) async fn restate(
    tx: &mut dyn BillingTx,
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    open: &[Invoice],
    today: LocalDate,
) -> Result<(), StoreError> {
    judge(entity, account, subscriptions, open, today).map_err(StoreError::corrupt)?;
    save_news(tx, account, subscriptions).await
}

/// The same without saving anything.
pub(crate) fn judge(
    entity: &LegalEntity,
    account: &mut Account,
    subscriptions: &mut [Subscription],
    open: &[Invoice],
    today: LocalDate,
) -> Result<(), MoneyError> {
    let mut amounts = Vec::new();
    for invoice in open {
        amounts.push(open_amount(invoice)?);
    }
    // What credit has settled by now is no debt.
    amounts.retain(|it| it.due.is_positive());
    let level = overdue(&amounts, today, entity.dunning(), account.is_held())?;
    account.reach(level);
    for subscription in subscriptions {
        subscription.catch_up(today);
        subscription.derive_access(level, today);
    }
    Ok(())
}

/// Saves an account and those of its subscriptions that have changed.
pub(super) async fn save_news(
    tx: &mut dyn BillingTx,
    account: &mut Account,
    subscriptions: &mut [Subscription],
) -> Result<(), StoreError> {
    if account.has_news() {
        tx.accounts().save(account).await?;
    }
    for subscription in subscriptions.iter_mut().filter(|it| it.has_news()) {
        tx.subscriptions().save(subscription).await?;
    }
    Ok(())
}

fn open_amount(invoice: &Invoice) -> Result<OpenAmount, MoneyError> {
    let due: Money = invoice.due()?;
    Ok(OpenAmount {
        due_on: invoice.due_on(),
        due,
    })
}
