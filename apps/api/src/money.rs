//! Money as JSON.

use kernel::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount in minor units of its ISO 4217 currency (cents, sen): never a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub(crate) struct MoneyBody {
    /// The amount; IDR and KES have two digits below the unit, UGX none.
    #[schema(example = 15_000_000)]
    pub(crate) amount_minor: i64,
    /// Three capital letters.
    #[schema(value_type = String, example = "IDR")]
    pub(crate) currency: Currency,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self {
            amount_minor: money.minor(),
            currency: money.currency(),
        }
    }
}

impl From<MoneyBody> for Money {
    fn from(body: MoneyBody) -> Self {
        Self::from_minor(body.amount_minor, body.currency)
    }
}
