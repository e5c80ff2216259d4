//! A payment that cases talk about: asked for at a provider, settled, taken back, given again.

use anyhow::Result;
use billing::{Ask, NewRequest, Payment, PaymentMethod, ProviderPaid};
use kernel::{AccountId, Money, PaymentId, Timestamp};

const REASON: &str = "the case says so";

fn noon() -> Result<Timestamp> {
    Ok(Timestamp::from_utc("2026-01-01T12:00:00Z".parse()?))
}

/// Asked for, nobody knows yet.
pub(super) fn asked_for(id: PaymentId, account: AccountId, amount: Money) -> Result<Payment> {
    let ask = Ask {
        provider: "provider".to_owned(),
        asked_as: id.to_string(),
        amount,
        expires_at: None,
        meant_for: None,
    };
    let new = NewRequest {
        id,
        account,
        method: PaymentMethod::Card,
        ask,
    };
    Ok(Payment::request(new, noon()?)?)
}

/// What the provider says when the money is here.
pub(super) fn paid(amount: Money) -> Result<ProviderPaid> {
    Ok(ProviderPaid {
        reference: "reference".to_owned(),
        amount,
        settled_as: None,
        at: noon()?,
    })
}

/// The provider takes it back. Returns whether that was news.
pub(super) fn reverse(payment: &mut Payment) -> Result<bool> {
    let known = payment.is_reversed();
    payment.reverse(REASON, noon()?)?;
    Ok(!known)
}

/// The provider gives it again. Returns whether that was news.
pub(super) fn undo_reversal(payment: &mut Payment) -> Result<bool> {
    let reversed = payment.is_reversed();
    payment.undo_reversal(REASON, noon()?)?;
    Ok(reversed)
}
