//! A payment link: what a customer was asked to pay at a provider, followed until the provider says what became of it.

use chrono::Duration;
use kernel::{AccountId, GatewayAccountId, Money, PaymentId, Timestamp};

use serde::Serialize;

use super::Order;
use super::events::GatewayEvent;
use super::provider::ProviderStatus;
use super::reference::{OrderReference, ProviderReference};
use crate::payment::{PaymentRefusal, reason_of};

/// Minutes between questions while a link can be paid, and after that (messaging-payments.md, 2.13, rule 8).
const POLL_OPEN: Duration = Duration::minutes(5);
const POLL_LATE: Duration = Duration::hours(1);

/// How long after its end a link is asked about: money may come late.
const FOLLOWED_FOR: Duration = Duration::days(7);

/// How far a link has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkStatus {
    /// It can be paid, or nobody knows yet.
    Open,
    /// It was paid.
    Paid,
    /// The provider says that no money came.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// It was called off.
    Cancelled,
}

impl LinkStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Paid,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why a link cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadLink {
    /// The amount is not above zero.
    #[error("the amount must be above zero")]
    Amount,
    /// The description is empty or too long.
    #[error("the description must be 1 to 120 characters")]
    Description,
    /// The address to return to is none.
    #[error(
        "the return address must begin with https:// or http:// and have at most 500 characters"
    )]
    ReturnUrl,
    /// It ends too soon or too late.
    #[error("it must end 35 minutes to 24 hours from now")]
    ExpiresAt,
}

/// Everything a store keeps of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentLinkSnapshot {
    /// The payment that it becomes.
    pub id: PaymentId,
    /// Whose debt it pays.
    pub account: AccountId,
    /// Where it is paid.
    pub gateway_account: GatewayAccountId,
    /// How much is asked for.
    pub amount: Money,
    /// What the customer reads.
    pub description: String,
    /// Where the customer's browser goes afterwards.
    pub return_url: String,
    /// Whom the provider may write to.
    pub email: Option<String>,
    /// Which attempt to open it counts, from 1.
    pub attempt: u16,
    /// What the provider calls it, once it is open there.
    pub reference: Option<ProviderReference>,
    /// Where the customer pays, once it is open.
    pub pay_url: Option<String>,
    /// How far it has come.
    pub status: LinkStatus,
    /// What a person should know about it.
    pub note: Option<String>,
    /// When it was asked for.
    pub opened_at: Timestamp,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
    /// When it is asked about next; `None` for never again.
    pub next_poll_at: Option<Timestamp>,
    /// 0 if it was never stored.
    pub version: i64,
}

/// What a new link is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPaymentLink {
    /// The id of the payment that it becomes.
    pub id: PaymentId,
    /// Whose debt it pays.
    pub account: AccountId,
    /// Where it is paid.
    pub gateway_account: GatewayAccountId,
    /// How much is asked for, above zero.
    pub amount: Money,
    /// What the customer reads, 1 to 120 characters.
    pub description: String,
    /// Where the customer's browser goes afterwards.
    pub return_url: String,
    /// Whom the provider may write to.
    pub email: Option<String>,
    /// Until when it can be paid: 35 minutes to 24 hours ahead, which every provider takes.
    pub expires_at: Timestamp,
}

/// A payment link.
#[derive(Debug, Clone)]
pub struct PaymentLink {
    state: PaymentLinkSnapshot,
    events: Vec<GatewayEvent>,
}

impl PaymentLink {
    /// Asks for money.
    ///
    /// # Errors
    /// [`BadLink`].
    pub fn open(new: NewPaymentLink, now: Timestamp) -> Result<Self, BadLink> {
        if !new.amount.is_positive() {
            return Err(BadLink::Amount);
        }
        let description = new.description.trim().to_owned();
        if description.is_empty() || description.chars().count() > 120 {
            return Err(BadLink::Description);
        }
        let is_web =
            new.return_url.starts_with("https://") || new.return_url.starts_with("http://");
        if !is_web || new.return_url.len() > 500 {
            return Err(BadLink::ReturnUrl);
        }
        let ahead = new.expires_at.since(now);
        if ahead < Duration::minutes(35) || ahead > Duration::hours(24) {
            return Err(BadLink::ExpiresAt);
        }
        Ok(Self {
            events: vec![GatewayEvent::LinkOpened {
                payment_link: new.id,
                account: new.account,
                gateway_account: new.gateway_account,
                amount: new.amount,
            }],
            state: PaymentLinkSnapshot {
                id: new.id,
                account: new.account,
                gateway_account: new.gateway_account,
                amount: new.amount,
                description,
                return_url: new.return_url,
                email: new.email,
                attempt: 1,
                reference: None,
                pay_url: None,
                status: LinkStatus::Open,
                note: None,
                opened_at: now,
                expires_at: new.expires_at,
                next_poll_at: Some(now.plus(Duration::minutes(1))),
                version: 0,
            },
        })
    }

    /// The link that a store kept.
    #[must_use]
    pub const fn restore(state: PaymentLinkSnapshot) -> Self {
        Self {
            state,
            events: Vec::new(),
        }
    }

    /// Everything a store keeps.
    #[must_use]
    pub const fn snapshot(&self) -> &PaymentLinkSnapshot {
        &self.state
    }

    /// What the provider is to open.
    #[must_use]
    pub fn order(&self) -> Order {
        let it = &self.state;
        Order {
            reference: OrderReference {
                payment: it.id,
                attempt: it.attempt,
            },
            amount: it.amount,
            description: it.description.clone(),
            return_url: it.return_url.clone(),
            email: it.email.clone(),
            expires_at: Some(it.expires_at),
        }
    }

    /// The provider has opened it.
    pub fn opened(&mut self, page: super::Checkout) {
        self.state.reference = Some(page.reference);
        self.state.pay_url = Some(page.pay_url);
        self.state.note = None;
    }

    /// The provider had this attempt, or may have it: the next one has another name.
    pub const fn try_next(&mut self) {
        self.state.attempt = self.state.attempt.saturating_add(1);
    }

    /// Leaves word for a person.
    pub fn note(&mut self, note: impl Into<String>) {
        self.state.note = Some(note.into());
    }

    /// Somebody has seen what is noted on it, and says in 1 to 300 characters why nothing is to be done. Returns whether
    /// there was a note.
    ///
    /// # Errors
    /// [`PaymentRefusal::Reason`].
    pub fn dismiss_note(&mut self, reason: &str) -> Result<bool, PaymentRefusal> {
        let reason = reason_of(reason)?;
        let Some(note) = self.state.note.take() else {
            return Ok(false);
        };
        self.events.push(GatewayEvent::LinkNoteDismissed {
            payment_link: self.state.id,
            note,
            reason,
        });
        Ok(true)
    }

    /// Nobody can pay it any more, as far as the provider knows. What closed it first stays; money may come all the same,
    /// and it is asked about until then.
    pub fn closed(&mut self, status: LinkStatus) {
        if self.state.status != LinkStatus::Open {
            return;
        }
        self.state.status = status;
        let payment_link = self.state.id;
        self.events.push(match status {
            LinkStatus::Expired => GatewayEvent::LinkExpired { payment_link },
            LinkStatus::Open | LinkStatus::Paid | LinkStatus::Failed | LinkStatus::Cancelled => {
                GatewayEvent::LinkClosed {
                    payment_link,
                    status: status.as_str(),
                }
            }
        });
    }

    /// It was paid and the money is in the books. Asking has an end.
    pub fn paid(&mut self) {
        if self.state.status == LinkStatus::Paid {
            return;
        }
        self.state.status = LinkStatus::Paid;
        self.state.next_poll_at = None;
        self.state.note = None;
        self.events.push(GatewayEvent::LinkPaid {
            payment_link: self.state.id,
        });
    }

    /// It was asked about: the next time is later, and once there is none.
    pub fn asked(&mut self, now: Timestamp) {
        if self.state.status == LinkStatus::Paid {
            return;
        }
        let is_open = self.state.status == LinkStatus::Open && now < self.state.expires_at;
        let next = now.plus(if is_open { POLL_OPEN } else { POLL_LATE });
        let last = self.state.expires_at.plus(FOLLOWED_FOR);
        self.state.next_poll_at = Some(next).filter(|it| *it <= last);
    }

    /// The status that a provider's word means for a link; `None` while nobody knows.
    #[must_use]
    pub const fn closing(status: &ProviderStatus) -> Option<LinkStatus> {
        match status {
            ProviderStatus::Failed { .. } => Some(LinkStatus::Failed),
            ProviderStatus::Expired => Some(LinkStatus::Expired),
            ProviderStatus::Cancelled => Some(LinkStatus::Cancelled),
            ProviderStatus::Pending
            | ProviderStatus::Review
            | ProviderStatus::Paid(_)
            | ProviderStatus::ChargedBack(_)
            | ProviderStatus::PartlyChargedBack(_) => None,
        }
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
