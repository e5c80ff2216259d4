//! What a dunning run would do to an account, without doing it: the same function as the run's own.

use kernel::{AccountId, MoneyError, Timestamp};

use crate::dunning::TakenStep;
use crate::dunning_ports::DebtFacts;
use crate::entity::LegalEntity;
use crate::overdue::Level;
use crate::use_cases::standing::{Cutting, Look, evaluate};

/// What a dunning run would do to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The account.
    pub account: AccountId,
    /// How far behind it is.
    pub before: Level,
    /// How far behind it would be.
    pub after: Level,
    /// The steps that would be taken, in order.
    pub steps: Vec<TakenStep>,
    /// Whether its subscriptions would end.
    pub terminates: bool,
    /// Whether the customer could do less afterwards.
    pub cuts: bool,
}

/// What a run at a moment would do, if it may cut off whom it would.
///
/// # Errors
/// [`MoneyError`] if the open amounts cannot be summed.
pub fn outlook(
    entity: &LegalEntity,
    facts: &DebtFacts,
    now: Timestamp,
) -> Result<Outlook, MoneyError> {
    let mut account = facts.account.clone();
    let before = account.level();
    let look = Look::At(now, Cutting::Allowed);
    let (verdict, _) = evaluate(entity, &mut account, &facts.open, look)?;
    Ok(Outlook {
        account: account.id(),
        before,
        after: account.level(),
        steps: account.take_steps(),
        terminates: verdict.terminates,
        cuts: verdict.cuts,
    })
}
