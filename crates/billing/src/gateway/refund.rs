//! Money on its way back through a provider: asked for here, or found to have gone back there.

use kernel::{Money, PaymentId, Timestamp};
use serde::Serialize;

use super::events::GatewayEvent;
use super::{ProviderReference, RefundOrder};
use crate::payment::{PaymentRefusal, RefundId, reason_of};

/// Who wanted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundOrigin {
    /// An operator here: the provider is asked for it.
    Here,
    /// Somebody at the provider: it is done there.
    Provider,
}

impl RefundOrigin {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Provider => "provider",
        }
    }

    /// The origin with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Here, Self::Provider]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderRefundStatus {
    /// A worker asks the provider, or the provider has not made up its mind.
    Waiting,
    /// It went back, and the books say so.
    Done,
    /// The provider did not give it back.
    Failed,
    /// It went back, and the books refuse it: a person must look.
    Unbooked,
}

impl ProviderRefundStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Done, Self::Failed, Self::Unbooked];

    /// Whether the money is on its way or back with the payer, and the books do not say so.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Waiting | Self::Unbooked)
    }

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unbooked => "unbooked",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Everything a store keeps of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefundSnapshot {
    /// Its id, at the provider and in the books.
    pub id: RefundId,
    /// The payment.
    pub payment: PaymentId,
    /// How much, above zero.
    pub amount: Money,
    /// Why, 1 to 300 characters.
    pub reason: String,
    /// Who wanted it.
    pub origin: RefundOrigin,
    /// How far it has come.
    pub status: ProviderRefundStatus,
    /// What a person should know about it.
    pub note: Option<String>,
    /// When it was asked for, or found.
    pub asked_at: Timestamp,
    /// When its provider was first told of it: from then on it may have gone back, whatever the books say.
    pub told_at: Option<Timestamp>,
    /// When it was done, or failed.
    pub ended_at: Option<Timestamp>,
    /// 0 if it was never stored.
    pub version: i64,
}

/// A refund through a provider.
#[derive(Debug, Clone)]
pub struct ProviderRefund {
    state: ProviderRefundSnapshot,
    events: Vec<GatewayEvent>,
}

impl ProviderRefund {
    /// Money is asked back, for 1 to 300 characters of reason.
    ///
    /// # Errors
    /// [`PaymentRefusal::Reason`].
    pub fn ask(
        (id, payment): (RefundId, PaymentId),
        amount: Money,
        reason: &str,
        now: Timestamp,
    ) -> Result<Self, PaymentRefusal> {
        let reason = reason_of(reason)?;
        let event = GatewayEvent::RefundAsked {
            refund: id,
            payment,
            amount,
            reason: reason.clone(),
        };
        let state = new_state((id, payment), amount, reason, RefundOrigin::Here, now);
        Ok(Self {
            state,
            events: vec![event],
        })
    }

    /// Money went back at the provider, and nobody here had asked for it.
    #[must_use]
    pub fn found((id, payment): (RefundId, PaymentId), amount: Money, now: Timestamp) -> Self {
        let reason = "given back at the provider".to_owned();
        let event = GatewayEvent::RefundFound {
            refund: id,
            payment,
            amount,
        };
        let state = new_state((id, payment), amount, reason, RefundOrigin::Provider, now);
        Self {
            state,
            events: vec![event],
        }
    }

    /// The refund that a store kept.
    #[must_use]
    pub const fn restore(state: ProviderRefundSnapshot) -> Self {
        Self {
            state,
            events: Vec::new(),
        }
    }

    /// Everything a store keeps.
    #[must_use]
    pub const fn snapshot(&self) -> &ProviderRefundSnapshot {
        &self.state
    }

    /// What the provider is asked for.
    #[must_use]
    pub fn order(&self, payment: ProviderReference) -> RefundOrder {
        RefundOrder {
            id: self.state.id,
            payment,
            amount: self.state.amount,
            reason: self.state.reason.clone(),
        }
    }

    /// Whether its provider is to hear of it and has not yet: until then it can be called off.
    #[must_use]
    pub fn is_to_be_told(&self) -> bool {
        let state = &self.state;
        state.origin == RefundOrigin::Here
            && state.status == ProviderRefundStatus::Waiting
            && state.told_at.is_none()
    }

    /// Its provider is told of it from now on.
    pub const fn told(&mut self, now: Timestamp) {
        self.state.told_at = Some(now);
    }

    /// Leaves word for a person: why it still waits.
    pub fn note(&mut self, note: impl Into<String>) {
        self.state.note = Some(note.into());
    }

    /// It went back, and the books say so.
    pub fn done(&mut self, now: Timestamp) {
        self.end(ProviderRefundStatus::Done, None, now);
    }

    /// The provider did not give it back.
    pub fn failed(&mut self, why: &str, now: Timestamp) {
        self.events.push(GatewayEvent::RefundFailed {
            refund: self.state.id,
            payment: self.state.payment,
            reason: why.to_owned(),
        });
        self.end(ProviderRefundStatus::Failed, Some(why.to_owned()), now);
    }

    /// It went back, and the books refuse it.
    pub fn unbooked(&mut self, why: &str, now: Timestamp) {
        self.events.push(GatewayEvent::RefundUnbooked {
            refund: self.state.id,
            payment: self.state.payment,
            reason: why.to_owned(),
        });
        self.end(ProviderRefundStatus::Unbooked, Some(why.to_owned()), now);
    }

    /// Somebody has changed what the books refused it for: it is tried again. Returns whether there was something to try.
    pub fn retry(&mut self) -> bool {
        if self.state.status != ProviderRefundStatus::Unbooked {
            return false;
        }
        self.state.status = ProviderRefundStatus::Waiting;
        self.state.ended_at = None;
        true
    }

    fn end(&mut self, status: ProviderRefundStatus, note: Option<String>, now: Timestamp) {
        self.state.status = status;
        self.state.note = note;
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

const fn new_state(
    (id, payment): (RefundId, PaymentId),
    amount: Money,
    reason: String,
    origin: RefundOrigin,
    now: Timestamp,
) -> ProviderRefundSnapshot {
    ProviderRefundSnapshot {
        id,
        payment,
        amount,
        reason,
        origin,
        status: ProviderRefundStatus::Waiting,
        note: None,
        asked_at: now,
        told_at: None,
        ended_at: None,
        version: 0,
    }
}
