//! What happened to each account, for the one that breaks a rule.

use std::collections::{BTreeMap, VecDeque};

use kernel::{AccountId, LocalDate};

/// Steps kept for each account: years of an ordinary one.
const MOST: usize = 400;

/// The last steps of every account.
#[derive(Debug, Default)]
pub(crate) struct Trail(BTreeMap<AccountId, VecDeque<(LocalDate, String)>>);

impl Trail {
    pub(crate) fn note(&mut self, account: AccountId, day: LocalDate, step: impl Into<String>) {
        let steps = self.0.entry(account).or_default();
        if steps.len() == MOST {
            steps.pop_front();
        }
        steps.push_back((day, step.into()));
    }

    /// The steps of an account, a line each.
    pub(crate) fn of(&self, account: AccountId) -> Vec<String> {
        let steps = self.0.get(&account).into_iter().flatten();
        steps.map(|(day, step)| format!("{day} {step}")).collect()
    }
}
