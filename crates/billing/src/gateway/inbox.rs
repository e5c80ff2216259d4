//! What providers have sent: kept before it is answered, worked on afterwards, each message once.

use kernel::{GatewayAccountId, Timestamp, WebhookId};

use serde::Serialize;

use super::events::GatewayEvent;
use super::reference::{OrderReference, ProviderReference};
use super::webhook::Notice;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStatus {
    /// A worker will look at it.
    Waiting,
    /// It was acted on, or said nothing new.
    Done,
    /// A person must look at it.
    Parked,
}

impl WebhookStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Done, Self::Parked];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Parked => "parked",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Everything a store keeps of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSnapshot {
    /// Its id.
    pub id: WebhookId,
    /// Whose message it is.
    pub gateway_account: GatewayAccountId,
    /// The provider's name for it; unique in an account.
    pub event: String,
    /// The payment that it is about.
    pub payment: ProviderReference,
    /// Our name for it, if the message says it.
    pub order: Option<OrderReference>,
    /// As it came in, byte for byte; empty once it was done and has been kept long enough.
    pub body: Vec<u8>,
    /// When it came in.
    pub received_at: Timestamp,
    /// What became of it.
    pub status: WebhookStatus,
    /// What a person should know about it.
    pub note: Option<String>,
    /// 0 if it was never stored.
    pub version: i64,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Webhook {
    state: WebhookSnapshot,
    events: Vec<GatewayEvent>,
}

impl Webhook {
    /// Takes a message in.
    #[must_use]
    pub fn receive(
        id: WebhookId,
        gateway_account: GatewayAccountId,
        notice: Notice,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Self {
        Self {
            events: Vec::new(),
            state: WebhookSnapshot {
                id,
                gateway_account,
                event: notice.event,
                payment: notice.payment,
                order: notice.order,
                body,
                received_at: now,
                status: WebhookStatus::Waiting,
                note: None,
                version: 0,
            },
        }
    }

    /// The message that a store kept.
    #[must_use]
    pub const fn restore(state: WebhookSnapshot) -> Self {
        Self {
            state,
            events: Vec::new(),
        }
    }

    /// Everything a store keeps.
    #[must_use]
    pub const fn snapshot(&self) -> &WebhookSnapshot {
        &self.state
    }

    /// It was acted on, or said nothing new.
    pub fn done(&mut self) {
        self.state.status = WebhookStatus::Done;
        self.state.note = None;
    }

    /// A person must look at it.
    pub fn park(&mut self, why: impl Into<String>) {
        self.state.status = WebhookStatus::Parked;
        self.state.note = Some(why.into());
    }

    /// A worker looks at it again, because somebody has changed what it was parked for. Returns whether it was parked.
    pub fn requeue(&mut self) -> bool {
        if self.state.status != WebhookStatus::Parked {
            return false;
        }
        self.state.status = WebhookStatus::Waiting;
        self.events.push(GatewayEvent::WebhookRequeued {
            webhook: self.state.id,
        });
        true
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
