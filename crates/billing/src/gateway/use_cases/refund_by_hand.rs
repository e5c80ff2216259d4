//! Money that is given back by hand: what a provider gives back at the same time leaves nothing for it.

use kernel::{MayConflict, Money, Scope, StoreError};

use super::provider_refund::{Free, free_of};
use crate::gateway::desk::GatewayDesk;
use crate::use_cases::give_back::{GiveBackError, RefundPayment, refund_in};
use crate::use_cases::paid::Spoken;

/// Why nothing was given back by hand.
#[derive(Debug, thiserror::Error)]
pub enum RefundByHandError {
    /// A provider is giving back so much that not enough is left.
    #[error("{under_way} is on its way back through the provider, which leaves {left}")]
    UnderWay {
        /// What is asked for there, or is back and not in the books.
        under_way: Money,
        /// What may go back by hand, zero or more.
        left: Money,
    },
    /// The books refuse it.
    #[error(transparent)]
    NotGiven(#[from] GiveBackError),
}

impl From<StoreError> for RefundByHandError {
    fn from(err: StoreError) -> Self {
        Self::NotGiven(err.into())
    }
}

impl MayConflict for RefundByHandError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::NotGiven(err) if err.is_conflict())
    }
}

/// Gives back money otherwise than through a provider, however it came: it is in the books at once. Nobody else gives back the
/// same money meanwhile: what is on its way through a provider is counted under the lock of the account. The same id again
/// changes nothing.
///
/// # Errors
/// [`RefundByHandError`]; nothing is changed then.
pub async fn refund_by_hand(
    desk: GatewayDesk<'_>,
    scope: &Scope,
    command: RefundPayment,
) -> Result<(), RefundByHandError> {
    let mut tx = desk.store.begin(scope).await?;
    let free = free_of(&mut *tx, command.payment, None).await?;
    let free = free.ok_or(GiveBackError::NotFound(Spoken::Payment(command.payment)))?;
    let command = within(&free, command)?;
    let found = (free.account, free.payment);
    if refund_in(tx.books(), scope, found, &command, desk.clock.now()).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// The refund, of what is on its way nothing.
fn within(free: &Free, command: RefundPayment) -> Result<RefundPayment, RefundByHandError> {
    if free.under_way.is_zero() || free.payment.knows_refund(command.id) {
        return Ok(command);
    }
    let asked = command.amount.unwrap_or(free.amount);
    let rest = free.amount.checked_sub(asked);
    let is_there = free.amount.is_positive() && rest.is_ok_and(|it| !it.is_negative());
    match is_there {
        true => Ok(RefundPayment {
            amount: Some(asked),
            ..command
        }),
        false => Err(RefundByHandError::UnderWay {
            under_way: free.under_way,
            left: free.amount,
        }),
    }
}
