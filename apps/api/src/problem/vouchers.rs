//! What a refusal by vouchers means to a client.

use vouchers::{
    BadBatch, BadCodeStyle, BadValidity, BatchRefusal, OrderBatchError, RedeemVoucherError,
    RevealCodesError, VoidBatchError, VoucherError, VoucherRefusal,
};
use workflows::RedeemOnSubscriptionError;

use super::Problem;

impl From<OrderBatchError> for Problem {
    fn from(err: OrderBatchError) -> Self {
        match err {
            OrderBatchError::Refused(rule) => bad_batch(rule),
            OrderBatchError::Store(err) => err.into(),
        }
    }
}

impl From<RedeemVoucherError> for Problem {
    fn from(err: RedeemVoucherError) -> Self {
        let text = err.to_string();
        match err {
            RedeemVoucherError::Unusable => Self::refused("code", "unusable", text),
            RedeemVoucherError::NoDays => Self::refused("code", "no_days", text),
            RedeemVoucherError::Store(err) => err.into(),
        }
    }
}

impl From<RedeemOnSubscriptionError> for Problem {
    fn from(err: RedeemOnSubscriptionError) -> Self {
        match err {
            RedeemOnSubscriptionError::NotTaken(err) => err.into(),
            RedeemOnSubscriptionError::NotRedeemed(err) => err.into(),
            RedeemOnSubscriptionError::Store(err) => err.into(),
        }
    }
}

impl From<RevealCodesError> for Problem {
    fn from(err: RevealCodesError) -> Self {
        match err {
            RevealCodesError::NotFound(id) => Self::not_found("voucher batch", id),
            RevealCodesError::Sealed(err) => Self::internal(&err),
            RevealCodesError::Store(err) => err.into(),
        }
    }
}

impl From<VoidBatchError> for Problem {
    fn from(err: VoidBatchError) -> Self {
        match err {
            VoidBatchError::NotFound(id) => Self::not_found("voucher batch", id),
            VoidBatchError::Refused(refusal) => batch_refusal(refusal),
            VoidBatchError::Store(err) => err.into(),
        }
    }
}

impl From<VoucherError> for Problem {
    fn from(err: VoucherError) -> Self {
        match err {
            VoucherError::NotFound(id) => Self::not_found("voucher", id),
            VoucherError::Refused(refusal) => voucher_refusal(refusal),
            VoucherError::Store(err) => err.into(),
        }
    }
}

fn bad_batch(rule: BadBatch) -> Problem {
    let (field, code) = match rule {
        BadBatch::Count => ("count", "range"),
        BadBatch::Price => ("plan", "price"),
        BadBatch::Style(BadCodeStyle::Length) => ("code.length", "range"),
        BadBatch::Style(BadCodeStyle::Guessable { .. }) => ("code.length", "guessable"),
        BadBatch::Style(BadCodeStyle::Prefix) => ("code.prefix", "format"),
        BadBatch::Validity(BadValidity::Shelf) => ("shelf_days", "range"),
        BadBatch::Validity(BadValidity::FromFirstLogin | BadValidity::Endless) => {
            ("plan", "interval")
        }
        BadBatch::Validity(BadValidity::Online) => ("online_s", "range"),
        BadBatch::Validity(BadValidity::Data) => ("data_bytes", "range"),
    };
    Problem::invalid(field, code, rule.to_string())
}

fn batch_refusal(refusal: BatchRefusal) -> Problem {
    match refusal {
        BatchRefusal::Voided => Problem::wrong_state("voided", refusal),
        BatchRefusal::Full { .. } => Problem::wrong_state("full", refusal),
        BatchRefusal::Reason => Problem::invalid("reason", "length", refusal.to_string()),
    }
}

fn voucher_refusal(refusal: VoucherRefusal) -> Problem {
    match refusal {
        VoucherRefusal::NotForSale { state } | VoucherRefusal::Ended { state } => {
            Problem::wrong_state(state, refusal)
        }
        VoucherRefusal::Reason => Problem::invalid("reason", "length", refusal.to_string()),
    }
}
