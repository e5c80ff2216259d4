//! A day's dunning of an entity: how many customers it cuts off, and a person's word where that would be too many.

use kernel::{DunningRunId, EntityId, LocalDate};

use crate::events::BillingEvent;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DunningRunState {
    /// It cuts off no more than it may.
    Going,
    /// It would cut off more, and waits for a person.
    Waiting,
    /// A person lets it go on.
    Approved,
    /// A person has said no: nobody is cut off by it. The next day is another run.
    Refused,
}

impl DunningRunState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Going, Self::Waiting, Self::Approved, Self::Refused];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Going => "going",
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// The stored form of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DunningRunSnapshot {
    /// The run.
    pub id: DunningRunId,
    /// Whose accounts.
    pub entity: EntityId,
    /// The day, in the entity's zone; one run of an entity a day.
    pub run_on: LocalDate,
    /// Where it stands.
    pub state: DunningRunState,
    /// How many accounts it has cut off or would.
    pub cuts: u64,
    /// How many accounts had access then.
    pub active: u64,
    /// Why it was approved or refused.
    pub reason: Option<String>,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A day's dunning of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DunningRun {
    data: DunningRunSnapshot,
    events: Vec<BillingEvent>,
}

/// Why a run was not decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunRefusal {
    /// It does not wait.
    #[error("the run does not wait: it is {0}")]
    NotWaiting(&'static str),
    /// An unusable reason.
    #[error("a reason must be 1 to 300 characters without control characters, not {0}")]
    Reason(usize),
}

impl DunningRun {
    /// A run that has cut off nobody yet.
    #[must_use]
    pub const fn begin(id: DunningRunId, entity: EntityId, run_on: LocalDate) -> Self {
        Self::restore(DunningRunSnapshot {
            id,
            entity,
            run_on,
            state: DunningRunState::Going,
            cuts: 0,
            active: 0,
            reason: None,
            version: 0,
        })
    }

    /// Brings a stored run back.
    #[must_use]
    pub const fn restore(data: DunningRunSnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> DunningRunSnapshot {
        self.data.clone()
    }

    /// The run.
    #[must_use]
    pub const fn id(&self) -> DunningRunId {
        self.data.id
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> DunningRunState {
        self.data.state
    }

    /// Plans to cut off so many accounts in a day, those that were cut off already among them, of so many that have access;
    /// waits for a person if that is more than `most_percent` of them. Rounded down: of 3 accounts, 50 percent is one.
    /// Planning the same again changes nothing.
    pub fn plan(&mut self, cuts: usize, active: u64, most_percent: u8) {
        let planned = u64::try_from(cuts).unwrap_or(u64::MAX);
        self.data.active = self.data.active.max(active);
        let most = self.data.active.saturating_mul(u64::from(most_percent)) / 100;
        self.data.cuts = planned;
        if self.data.state == DunningRunState::Going && planned > most {
            self.data.state = DunningRunState::Waiting;
            self.events.push(BillingEvent::DunningRunHeld {
                entity: self.data.entity,
                run_on: self.data.run_on,
                cuts: planned,
                active: self.data.active,
            });
        }
    }

    /// Whether it may cut anybody off.
    #[must_use]
    pub const fn may_cut(&self) -> bool {
        matches!(
            self.data.state,
            DunningRunState::Going | DunningRunState::Approved
        )
    }

    /// Takes a person's word, with the reason. The same word again changes nothing; returns whether it is news.
    ///
    /// # Errors
    /// [`RunRefusal`] for a run that does not wait, and an unusable reason.
    pub fn decide(&mut self, word: RunDecision, reason: &str) -> Result<bool, RunRefusal> {
        let reason = reason.trim();
        let length = reason.chars().count();
        if !(1..=300).contains(&length) || reason.chars().any(char::is_control) {
            return Err(RunRefusal::Reason(length));
        }
        if self.data.state == word.state() {
            return Ok(false);
        }
        if self.data.state != DunningRunState::Waiting {
            return Err(RunRefusal::NotWaiting(self.data.state.as_str()));
        }
        self.data.state = word.state();
        self.data.reason = Some(reason.to_owned());
        self.events.push(BillingEvent::DunningRunDecided {
            entity: self.data.entity,
            run_on: self.data.run_on,
            approved: word == RunDecision::Approve,
            reason: reason.to_owned(),
        });
        Ok(true)
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }
}

/// A person's word about a run that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunDecision {
    /// It may cut off everybody it would.
    Approve,
    /// It may cut off nobody.
    Refuse,
}

impl RunDecision {
    const fn state(self) -> DunningRunState {
        match self {
            Self::Approve => DunningRunState::Approved,
            Self::Refuse => DunningRunState::Refused,
        }
    }
}

#[cfg(test)]
mod tests;
