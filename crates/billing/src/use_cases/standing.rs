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
    let amounts = open.iter().map(open_amount).collect::<Result<Vec<_>, _>>();
    let level = amounts
        .and_then(|it| overdue(&it, today, entity.dunning(), account.is_held()))
        .map_err(StoreError::corrupt)?;
    if account.reach(level) {
        tx.accounts().save(account).await?;
    }
    for subscription in subscriptions {
        subscription.catch_up(today);
        subscription.derive_access(level, today);
        if subscription.has_news() {
            tx.subscriptions().save(subscription).await?;
        }
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
