//! What a provider sends on its own: a request that proves its sender, and the payments that it is about.

use kernel::Secret;

use super::reference::{OrderReference, ProviderReference};

/// The largest delivery that is looked at (messaging-payments.md, 2.13: 64 KB).
pub const MAX_WEBHOOK_BYTES: usize = 64 * 1024;

/// A delivery as it came in, byte for byte: a signature is one of exactly these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRequest {
    /// Names in lower case, and their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WebhookRequest {
    /// The value of a header, by its name in lower case. A header that came twice proves nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|it| it.0 == name);
        let value = values.next()?;
        values.next().is_none().then_some(value.1.as_str())
    }
}

/// A provider says that there is something new about a payment. What it is, only a query tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's name for this message, 1 to 128 characters: the same again is a repetition.
    pub event: String,
    /// The payment.
    pub payment: ProviderReference,
    /// Our name for it, if the message says it. It may be unsigned: only the query's answer counts.
    pub order: Option<OrderReference>,
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum WebhookRefusal {
    /// There is no secret to check it with.
    #[error("no webhook secret is configured")]
    NoSecret,
    /// It carries no signature.
    #[error("the delivery is not signed")]
    Unsigned,
    /// The signature is of something else, or made with another secret.
    #[error("the signature does not fit")]
    WrongSignature,
    /// It was signed too long ago, or in the future.
    #[error("the signature is too old")]
    Stale,
    /// The body is not what this provider sends.
    #[error("the delivery cannot be read")]
    Unreadable,
    /// It plays, and the account is live; or the other way round.
    #[error("the delivery is of the other mode")]
    WrongMode,
    /// It has more than [`MAX_WEBHOOK_BYTES`].
    #[error("the delivery is too large")]
    TooLarge,
}

/// What a provider wants to hear once its delivery is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: &'static str,
}

impl WebhookAnswer {
    /// Status 200 is enough.
    pub const PLAIN: Self = Self {
        content_type: "text/plain",
        body: "",
    };
}

/// Whether a text is the secret. It takes as long for a wrong text as for the right one of its length.
#[must_use]
pub fn same_secret(secret: &Secret, text: &str) -> bool {
    let (ours, theirs) = (secret.expose().as_bytes(), text.as_bytes());
    let pairs = ours.iter().zip(theirs);
    let difference = pairs.fold(0_u8, |so_far, (a, b)| so_far | (a ^ b));
    std::hint::black_box(difference) == 0 && ours.len() == theirs.len() && !ours.is_empty()
}
