//! What providers' answers have in common.

use kernel::Money;

use billing::gateway::{ProviderError, Refusal};

/// The provider answers something that it never should.
pub(crate) fn nonsense(what: &str) -> ProviderError {
    ProviderError::refused(Refusal::Other, format!("it answered nonsense: {what}"))
}

/// The amount cannot be asked for.
pub(crate) fn unpayable(amount: Money, why: &str) -> ProviderError {
    ProviderError::refused(Refusal::Amount, format!("{amount} cannot be paid: {why}"))
}
