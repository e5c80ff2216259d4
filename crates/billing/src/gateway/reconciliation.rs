//! A comparison of our books with a provider's, for some days: what is on one side only, and what differs.

use std::collections::BTreeSet;

use chrono::Days;
use kernel::{GatewayAccountId, LocalDate, Money, PaymentId, ReconciliationId, Timestamp};
use serde::{Deserialize, Serialize};

use super::events::GatewayEvent;

/// How many days one comparison has at most.
const MOST_DAYS: u64 = 31;

/// How the two sides differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The provider has money that is not in the books.
    MissingHere,
    /// The books have money that the provider does not know.
    MissingThere,
    /// Both have it, and not as much.
    AmountDiffers,
    /// Both have it, and not as much of it went back.
    RefundedDiffers,
    /// Both have it, and one of them says that it is not there, or not any more.
    StatusDiffers,
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::MissingHere,
        Self::MissingThere,
        Self::AmountDiffers,
        Self::RefundedDiffers,
        Self::StatusDiffers,
    ];

    /// The word it is shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::AmountDiffers => "amount_differs",
            Self::RefundedDiffers => "refunded_differs",
            Self::StatusDiffers => "status_differs",
        }
    }
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// How far it has come there, in a word.
    pub status: String,
    /// How much, or how much went back, whatever differs.
    pub amount: Option<Money>,
}

/// Something that is not the same here and there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// How.
    pub kind: DifferenceKind,
    /// What the provider calls it.
    pub reference: String,
    /// The provider's id of the money, where there is any.
    pub transaction: Option<String>,
    /// The payment in the books.
    pub payment: Option<PaymentId>,
    /// The link that it was asked for with.
    pub link: Option<PaymentId>,
    /// Our side; `None` where it is missing.
    pub here: Option<Side>,
    /// The provider's side; `None` where it is missing.
    pub there: Option<Side>,
}

/// How far a comparison has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconciliationStatus {
    /// A worker will compare.
    Waiting,
    /// It was compared.
    Done,
    /// The provider would not.
    Failed,
}

impl ReconciliationStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Done, Self::Failed];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why days are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDays {
    /// The last comes before the first, or there are too many.
    #[error("must be 1 to 31 days, the first before the last")]
    Count,
    /// They are not over yet.
    #[error("the last day must be over, as UTC counts days")]
    NotOver,
}

/// Everything a store keeps of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciliationSnapshot {
    /// Its id.
    pub id: ReconciliationId,
    /// Whose books at which provider.
    pub gateway_account: GatewayAccountId,
    /// The first day, of UTC.
    pub first_on: LocalDate,
    /// The last day, of UTC.
    pub last_on: LocalDate,
    /// How far it has come.
    pub status: ReconciliationStatus,
    /// How many payments with money were compared.
    pub compared: u32,
    /// Whether the provider has listed everything. Where it lists nothing, only what was asked for here could be looked up.
    pub is_complete: bool,
    /// What differs.
    pub differences: Vec<Difference>,
    /// What a person should know about it.
    pub note: Option<String>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it was done, or failed.
    pub ended_at: Option<Timestamp>,
    /// 0 if it was never stored.
    pub version: i64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many payments with money were compared.
    pub compared: u32,
    /// Whether the provider has listed everything.
    pub is_complete: bool,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// A comparison of our books with a provider's.
#[derive(Debug, Clone)]
pub struct Reconciliation {
    state: ReconciliationSnapshot,
    events: Vec<GatewayEvent>,
}

impl Reconciliation {
    /// Days are to be compared.
    ///
    /// # Errors
    /// [`BadDays`].
    pub fn ask(
        id: ReconciliationId,
        gateway_account: GatewayAccountId,
        (first_on, last_on): (LocalDate, LocalDate),
        now: Timestamp,
    ) -> Result<Self, BadDays> {
        let latest = first_on.checked_add_days(Days::new(MOST_DAYS - 1));
        if last_on < first_on || latest.is_none_or(|it| last_on > it) {
            return Err(BadDays::Count);
        }
        if last_on >= now.utc().date_naive() {
            return Err(BadDays::NotOver);
        }
        Ok(Self {
            events: vec![GatewayEvent::ReconciliationAsked {
                reconciliation: id,
                gateway_account,
            }],
            state: ReconciliationSnapshot {
                id,
                gateway_account,
                first_on,
                last_on,
                status: ReconciliationStatus::Waiting,
                compared: 0,
                is_complete: false,
                differences: Vec::new(),
                note: None,
                asked_at: now,
                ended_at: None,
                version: 0,
            },
        })
    }

    /// The comparison that a store kept.
    #[must_use]
    pub const fn restore(state: ReconciliationSnapshot) -> Self {
        Self {
            state,
            events: Vec::new(),
        }
    }

    /// Everything a store keeps.
    #[must_use]
    pub const fn snapshot(&self) -> &ReconciliationSnapshot {
        &self.state
    }

    /// It was compared.
    pub fn done(&mut self, found: Findings, now: Timestamp) {
        let kinds: BTreeSet<_> = found.differences.iter().map(|it| it.kind).collect();
        self.events.push(GatewayEvent::Reconciled {
            reconciliation: self.state.id,
            gateway_account: self.state.gateway_account,
            compared: found.compared,
            differences: found.differences.len(),
            kinds: kinds.into_iter().map(DifferenceKind::as_str).collect(),
        });
        self.state.status = ReconciliationStatus::Done;
        self.state.compared = found.compared;
        self.state.is_complete = found.is_complete;
        self.state.differences = found.differences;
        self.state.note = None;
        self.state.ended_at = Some(now);
    }

    /// The provider would not.
    pub fn failed(&mut self, why: &str, now: Timestamp) {
        self.state.status = ReconciliationStatus::Failed;
        self.state.note = Some(why.to_owned());
        self.state.ended_at = Some(now);
    }

    /// What happened since the last time.
    pub fn take_events(&mut self) -> Vec<GatewayEvent> {
        std::mem::take(&mut self.events)
    }

    /// Notes that this version is stored.
    pub const fn saved_as(&mut self, version: i64) {
        self.state.version = version;
    }
}
