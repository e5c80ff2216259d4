//! Money as JSON.

use kernel::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// An amount in minor units of its ISO 4217 currency (cents, sen): never a fraction.
///
/// What comes in is bounded far below 64 bits, so that sums of many documents still fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub(crate) struct MoneyBody {
    /// The amount; IDR and KES have two digits below the unit, UGX none.
    #[validate(range(min = -1_000_000_000_000_000_i64, max = 1_000_000_000_000_000_i64))]
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
