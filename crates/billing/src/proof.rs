//! A proof of payment: a picture or paper that shows a bank transfer, until somebody has looked for the money.
//!
//! A proof is no money. Whoever approves it has found the transfer on the bank's statement and types its reference in.

use kernel::{AccountId, Money, PaymentId, ProofId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::events::BillingEvent;
use crate::payment::{BadPayment, PaymentRefusal, check_amount, reason_of, usable};

/// The largest file that is taken, in bytes: a photo of a phone, or a scan.
pub const MAX_PROOF_BYTES: usize = 5 * 1024 * 1024;

/// What a file is, judged by how it begins and never by what it calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofMedia {
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
    /// A WebP picture.
    Webp,
    /// A PDF document.
    Pdf,
}

impl ProofMedia {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::Webp, Self::Pdf];

    /// The media type it is stored and served as.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
        }
    }

    /// The kind with this media type.
    #[must_use]
    pub fn from_media_type(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.media_type() == text)
    }

    /// What a file is by its first bytes (the formats' own signatures).
    #[must_use]
    pub fn sniff(content: &[u8]) -> Option<Self> {
        let is_webp = content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP");
        match content {
            _ if content.starts_with(b"\xff\xd8\xff") => Some(Self::Jpeg),
            _ if content.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            _ if is_webp => Some(Self::Webp),
            _ if content.starts_with(b"%PDF-") => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofState {
    /// Nobody has looked yet.
    Waiting,
    /// The money was there.
    Approved {
        /// What it is in the books as.
        payment: PaymentId,
    },
    /// It was not, or the proof is none.
    Refused {
        /// Why, in somebody's words.
        reason: String,
    },
}

/// What became of it, as people look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofStatus {
    /// Nobody has looked yet.
    Waiting,
    /// The money was there.
    Approved,
    /// It was not.
    Refused,
}

impl ProofStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Approved, Self::Refused];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl ProofState {
    /// What became of it, without its data.
    #[must_use]
    pub const fn status(&self) -> ProofStatus {
        match self {
            Self::Waiting => ProofStatus::Waiting,
            Self::Approved { .. } => ProofStatus::Approved,
            Self::Refused { .. } => ProofStatus::Refused,
        }
    }
}

/// A proof as it is listed: everything but the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofView {
    /// The proof.
    pub id: ProofId,
    /// Whose debt the transfer is to pay.
    pub account: AccountId,
    /// How much was transferred, as whoever handed it in says.
    pub amount: Money,
    /// What they wrote, 1 to 80 characters.
    pub note: Option<String>,
    /// What the file is.
    pub media: ProofMedia,
    /// SHA-256 of the file; the same file is handed in once.
    pub sha256: [u8; 32],
    /// When it was handed in.
    pub uploaded_at: Timestamp,
    /// What became of it.
    pub state: ProofState,
    /// When somebody decided.
    pub decided_at: Option<Timestamp>,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// The stored form of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofSnapshot {
    /// Everything but the file.
    pub view: ProofView,
    /// The file, byte for byte.
    pub content: Vec<u8>,
}

/// What is needed to hand a proof in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProof {
    /// The id it will have.
    pub id: ProofId,
    /// Whose debt the transfer is to pay.
    pub account: AccountId,
    /// How much was transferred, above zero.
    pub amount: Money,
    /// What whoever handed it in wrote, 1 to 80 characters.
    pub note: Option<String>,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// The file, 1 byte to [`MAX_PROOF_BYTES`].
    pub content: Vec<u8>,
}

/// Why a proof is not taken, or nothing is decided about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// The file is empty or too large.
    #[error("the file must have 1 to {MAX_PROOF_BYTES} bytes")]
    Size,
    /// The file is none of these.
    #[error("the file must be a JPEG, PNG or WebP picture or a PDF document")]
    Media,
    /// What it says of the money breaks a rule.
    #[error(transparent)]
    Bad(#[from] BadPayment),
    /// It was decided otherwise.
    #[error("it was {} before", .0.as_str())]
    Decided(ProofStatus),
    /// Nobody could tell later why it was done.
    #[error(transparent)]
    Reason(PaymentRefusal),
}

/// A proof of payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    data: ProofSnapshot,
    events: Vec<BillingEvent>,
}

impl Proof {
    /// Takes a proof in.
    ///
    /// # Errors
    /// [`ProofRefusal`] names the rule that is broken.
    pub fn hand_in(new: NewProof, now: Timestamp) -> Result<Self, ProofRefusal> {
        if !(1..=MAX_PROOF_BYTES).contains(&new.content.len()) {
            return Err(ProofRefusal::Size);
        }
        let media = ProofMedia::sniff(&new.content).ok_or(ProofRefusal::Media)?;
        check_amount(new.amount)?;
        let note = new.note.map(|it| usable(&it)).transpose();
        let view = ProofView {
            id: new.id,
            account: new.account,
            amount: new.amount,
            note: note.map_err(|()| BadPayment::Note)?,
            media,
            sha256: new.sha256,
            uploaded_at: now,
            state: ProofState::Waiting,
            decided_at: None,
            version: 0,
        };
        let event = BillingEvent::ProofHandedIn {
            proof: view.id,
            account: view.account,
            amount: view.amount,
        };
        Ok(Self {
            data: ProofSnapshot {
                view,
                content: new.content,
            },
            events: vec![event],
        })
    }

    /// Brings a stored proof back.
    #[must_use]
    pub const fn restore(data: ProofSnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// The form to store.
    #[must_use]
    pub const fn snapshot(&self) -> &ProofSnapshot {
        &self.data
    }

    /// Everything but the file.
    #[must_use]
    pub const fn view(&self) -> &ProofView {
        &self.data.view
    }

    /// The money was there and is this payment. Returns whether this was news; the same payment again is none.
    ///
    /// # Errors
    /// [`ProofRefusal::Decided`] if it was decided otherwise.
    pub fn approve(&mut self, payment: PaymentId, now: Timestamp) -> Result<bool, ProofRefusal> {
        let state = ProofState::Approved { payment };
        if self.data.view.state == state {
            return Ok(false);
        }
        self.decide(state, now)?;
        self.events.push(BillingEvent::ProofApproved {
            proof: self.data.view.id,
            payment,
        });
        Ok(true)
    }

    /// The money was not there, or the proof is none, for 1 to 300 characters of reason. Returns whether this was news.
    ///
    /// # Errors
    /// [`ProofRefusal`] if it was approved before, or for a reason that is none.
    pub fn refuse(&mut self, reason: &str, now: Timestamp) -> Result<bool, ProofRefusal> {
        let reason = reason_of(reason).map_err(ProofRefusal::Reason)?;
        if self.data.view.state.status() == ProofStatus::Refused {
            return Ok(false);
        }
        self.decide(
            ProofState::Refused {
                reason: reason.clone(),
            },
            now,
        )?;
        self.events.push(BillingEvent::ProofRefused {
            proof: self.data.view.id,
            reason,
        });
        Ok(true)
    }

    fn decide(&mut self, state: ProofState, now: Timestamp) -> Result<(), ProofRefusal> {
        match self.data.view.state.status() {
            ProofStatus::Waiting => {
                self.data.view.state = state;
                self.data.view.decided_at = Some(now);
                Ok(())
            }
            other => Err(ProofRefusal::Decided(other)),
        }
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.view.version = version;
    }
}

#[cfg(test)]
mod tests;
