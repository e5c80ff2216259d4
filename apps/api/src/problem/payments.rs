//! What a refusal about payments means to a client.

use billing::{
    AllocatePaymentError, AllocateUnmatchedError, BadPayment, GiveBackError, PaymentRefusal,
    ProofError, ProofRefusal, RecordPaymentError, RefundRefusal, RequestPaymentError,
    SettleRefusal, TellPaymentError, UnmatchedError, UnmatchedRefusal,
};

use super::billing::currency_mismatch;
use super::{Problem, catalog, duplicate};

impl From<RecordPaymentError> for Problem {
    fn from(err: RecordPaymentError) -> Self {
        match err {
            RecordPaymentError::NotFound(_) => Self::unknown_reference("account", err),
            RecordPaymentError::Refused(rule) => bad_payment(rule),
            RecordPaymentError::OtherContent(_) => duplicate("id", &err),
            RecordPaymentError::DuplicateReference => duplicate("reference", &err),
            RecordPaymentError::Unmatched(_) => duplicate("reference", &err),
            RecordPaymentError::Store(err) => err.into(),
        }
    }
}

impl From<GiveBackError> for Problem {
    fn from(err: GiveBackError) -> Self {
        match err {
            GiveBackError::NotFound(of) => Self::not_found("payment", of),
            GiveBackError::Refused(refusal) => refusal.into(),
            GiveBackError::Store(err) => err.into(),
        }
    }
}

impl From<RequestPaymentError> for Problem {
    fn from(err: RequestPaymentError) -> Self {
        match err {
            RequestPaymentError::NotFound(_) => Self::unknown_reference("account", err),
            RequestPaymentError::NoInvoice(_) => Self::unknown_reference("invoice", err),
            RequestPaymentError::NoEarlierTry(_) => Self::unknown_reference("retry_of", err),
            RequestPaymentError::Bad(rule) => bad_payment(rule),
            RequestPaymentError::Refused(refusal) => refusal.into(),
            RequestPaymentError::OtherContent(_) => duplicate("id", &err),
            RequestPaymentError::DuplicateAsk => duplicate("asked_as", &err),
            RequestPaymentError::Store(err) => err.into(),
        }
    }
}

impl From<TellPaymentError> for Problem {
    fn from(err: TellPaymentError) -> Self {
        match err {
            TellPaymentError::NotFound(of) => Self::not_found("payment", of),
            TellPaymentError::Refused(refusal) => refusal.into(),
            TellPaymentError::Unmatched(_) => duplicate("reference", &err),
            TellPaymentError::Store(err) => err.into(),
        }
    }
}

impl From<AllocatePaymentError> for Problem {
    fn from(err: AllocatePaymentError) -> Self {
        match err {
            AllocatePaymentError::NotFound(id) => Self::not_found("payment", id),
            AllocatePaymentError::NoInvoice(_) => Self::unknown_reference("invoice", err),
            AllocatePaymentError::Refused(refusal) => refusal.into(),
            AllocatePaymentError::NotDue(refusal) => not_due(refusal),
            AllocatePaymentError::Store(err) => err.into(),
        }
    }
}

impl From<UnmatchedError> for Problem {
    fn from(err: UnmatchedError) -> Self {
        match err {
            UnmatchedError::NotFound(id) => Self::not_found("unmatched payment", id),
            UnmatchedError::NoEntity => Self::wrong_state("no_legal_entity", err),
            UnmatchedError::Bad(rule) => bad_payment(rule),
            UnmatchedError::Refused(refusal) => refusal.into(),
            UnmatchedError::OtherContent(_) => duplicate("id", &err),
            UnmatchedError::DuplicateReference => duplicate("reference", &err),
            UnmatchedError::NoTill => Self::wrong_state("no_open_till", err),
            UnmatchedError::Store(err) => err.into(),
        }
    }
}

impl From<AllocateUnmatchedError> for Problem {
    fn from(err: AllocateUnmatchedError) -> Self {
        match err {
            AllocateUnmatchedError::NotFound => {
                Self::of(&catalog::NOT_FOUND).detail(err.to_string())
            }
            AllocateUnmatchedError::NoAccount(_) => Self::unknown_reference("account", err),
            AllocateUnmatchedError::Refused(refusal) => refusal.into(),
            AllocateUnmatchedError::Bad(rule) => bad_payment(rule),
            AllocateUnmatchedError::Taken => duplicate("reference", &err),
            AllocateUnmatchedError::Store(err) => err.into(),
        }
    }
}

impl From<ProofError> for Problem {
    fn from(err: ProofError) -> Self {
        match err {
            ProofError::NotFound(id) => Self::not_found("proof", id),
            ProofError::NoAccount(_) => Self::unknown_reference("account", err),
            ProofError::Refused(refusal) => refused_proof(refusal),
            ProofError::SameFile => duplicate("file", &err),
            ProofError::NotRecorded(err) => err.into(),
            ProofError::Store(err) => err.into(),
        }
    }
}

fn refused_proof(refusal: ProofRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        ProofRefusal::Size => Problem::invalid("file", "length", text),
        ProofRefusal::Media => Problem::invalid("file", "media_type", text),
        ProofRefusal::Bad(rule) => bad_payment(rule),
        ProofRefusal::Decided(status) => Problem::wrong_state(status.as_str(), text),
        ProofRefusal::Reason(refusal) => refusal.into(),
    }
}

impl From<PaymentRefusal> for Problem {
    fn from(refusal: PaymentRefusal) -> Self {
        let text = refusal.to_string();
        match refusal {
            PaymentRefusal::StillPending => Self::refused("retry_of", "still_pending", text),
            PaymentRefusal::Status { status, .. } => Self::wrong_state(status, refusal),
            PaymentRefusal::OtherReference { .. } => {
                Self::refused("reference", "other_reference", text)
            }
            PaymentRefusal::Bad(rule) => bad_payment(rule),
            PaymentRefusal::OtherContent(_) => duplicate("id", &refusal),
            PaymentRefusal::Reason => Self::invalid("reason", "length", text),
            PaymentRefusal::NotLeft { .. } => Self::refused("amount", "above_payment", text),
            PaymentRefusal::CashIsRefunded => Self::wrong_state("cash", refusal),
            PaymentRefusal::Refund(refusal) => bad_refund(refusal),
        }
    }
}

impl From<UnmatchedRefusal> for Problem {
    fn from(refusal: UnmatchedRefusal) -> Self {
        match refusal {
            UnmatchedRefusal::NotOpen(status) => Self::wrong_state(status.as_str(), refusal),
            UnmatchedRefusal::Currency { .. } => currency_mismatch("account", &refusal),
            UnmatchedRefusal::Reason(refusal) => refusal.into(),
        }
    }
}

fn bad_refund(refusal: RefundRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        RefundRefusal::TooLarge { .. } => Problem::refused("amount", "above_received", text),
        RefundRefusal::Mismatch { .. } => Problem::refused("amount", "other_sum", text),
        RefundRefusal::NotPositive { .. } => Problem::invalid("amount.amount_minor", "range", text),
        RefundRefusal::Money(_) => currency_mismatch("amount.currency", &refusal),
    }
}

fn not_due(refusal: SettleRefusal) -> Problem {
    let text = refusal.to_string();
    match refusal {
        SettleRefusal::TooMuch { .. } => Problem::refused("amount", "above_due", text),
        SettleRefusal::NotPaid { .. } => Problem::refused("amount", "above_paid", text),
        SettleRefusal::NotPositive => Problem::invalid("amount.amount_minor", "range", text),
        SettleRefusal::Money(_) => currency_mismatch("amount.currency", &refusal),
    }
}

fn bad_payment(rule: BadPayment) -> Problem {
    let (field, code) = match rule {
        BadPayment::Amount => ("amount.amount_minor", "range"),
        BadPayment::Currency => return currency_mismatch("amount.currency", &rule),
        BadPayment::Reference => ("reference", "length"),
        BadPayment::ReceivedAt => ("received_at", "range"),
        BadPayment::Provider => ("provider", "length"),
        BadPayment::Payer => ("payer", "length"),
        BadPayment::Note => ("note", "length"),
        BadPayment::ExpiresAt => ("expires_at", "range"),
    };
    Problem::invalid(field, code, rule.to_string())
}
