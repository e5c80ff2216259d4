//! Midtrans' answer about a transaction, and what it means here.

use billing::gateway::{
    ProviderError, ProviderPayment, ProviderReference, ProviderStatus, Received, Refusal,
};
use chrono::{FixedOffset, NaiveDateTime};
use kernel::{Money, Timestamp};
use serde::Deserialize;

use super::amount::from_text;
use crate::json::nonsense;

/// Midtrans' clocks show western Indonesian time, seven hours ahead of UTC.
const WIB_S: i32 = 7 * 3600;

/// The answer. HTTP 200 may carry another status code inside: both count (messaging-payments.md, 2.2).
#[derive(Debug, Deserialize)]
pub(super) struct Status {
    status_code: String,
    #[serde(default)]
    status_message: String,
    order_id: Option<String>,
    transaction_id: Option<String>,
    transaction_status: Option<String>,
    fraud_status: Option<String>,
    gross_amount: Option<String>,
    currency: Option<String>,
    transaction_time: Option<String>,
    settlement_time: Option<String>,
    refund_amount: Option<String>,
    #[serde(default)]
    refunds: Vec<RefundMade>,
}

#[derive(Debug, Deserialize)]
struct RefundMade {
    refund_key: Option<String>,
}

impl Status {
    /// The answer, if it is no refusal and speaks of the payment that was asked about.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub(super) fn accepted(self, payment: &ProviderReference) -> Result<Self, ProviderError> {
        let code: u16 = self
            .status_code
            .parse()
            .map_err(|_| nonsense("a status code that is no number"))?;
        // 407 is no refusal: it says that the transaction has expired.
        if code >= 400 && code != 407 {
            return Err(self.refused(code));
        }
        let names = [self.order_id.as_deref(), self.transaction_id.as_deref()];
        if !names.contains(&Some(payment.as_str())) {
            return Err(nonsense("another transaction than was asked about"));
        }
        Ok(self)
    }

    fn refused(self, code: u16) -> ProviderError {
        let refusal = match code {
            401 | 403 => Refusal::Credentials,
            404 => Refusal::NotFound,
            406 => Refusal::Duplicate,
            412 | 414 | 415 => Refusal::State,
            429 | 500.. => {
                return ProviderError::Retry {
                    after_s: None,
                    reason: self.status_message,
                };
            }
            _ => Refusal::Other,
        };
        ProviderError::refused(refusal, self.status_message)
    }

    /// Whether a refund of this name was made.
    pub(super) fn has_refund(&self, key: &str) -> bool {
        let mut made = self.refunds.iter();
        made.any(|it| it.refund_key.as_deref() == Some(key))
    }

    pub(super) fn into_payment(self) -> Result<ProviderPayment, ProviderError> {
        let order = self.order_id.as_deref().unwrap_or_default();
        Ok(ProviderPayment {
            reference: order.parse().map_err(|_| nonsense("an impossible order"))?,
            order: order.parse().ok(),
            asked: self.gross()?,
            status: self.status()?,
        })
    }

    fn status(&self) -> Result<ProviderStatus, ProviderError> {
        let status = self.transaction_status.as_deref().unwrap_or_default();
        Ok(match status {
            "settlement" | "capture" => self.paid(status == "capture")?,
            "refund" => {
                let mut received = self.received()?;
                if self.refund_amount.is_none() {
                    received.refunded = received.amount;
                }
                ProviderStatus::Paid(received)
            }
            "partial_refund" => ProviderStatus::Paid(self.received()?),
            "chargeback" => ProviderStatus::ChargedBack(self.received()?),
            // No field is known that says how much of it (messaging-payments.md, 2.2): a person looks.
            "partial_chargeback" => ProviderStatus::PartlyChargedBack(self.received()?),
            "deny" | "failure" => ProviderStatus::Failed {
                reason: self.status_message.clone(),
            },
            "cancel" => ProviderStatus::Cancelled,
            "expire" => ProviderStatus::Expired,
            "pending" | "authorize" => ProviderStatus::Pending,
            _ => return Err(nonsense("an unknown status")),
        })
    }

    /// A card that was charged says that nobody suspects fraud; other methods say it or nothing.
    fn paid(&self, is_card: bool) -> Result<ProviderStatus, ProviderError> {
        let is_trusted = match self.fraud_status.as_deref() {
            Some("accept") => true,
            None => !is_card,
            Some(_) => false,
        };
        if self.status_code == "200" && is_trusted {
            return Ok(ProviderStatus::Paid(self.received()?));
        }
        Ok(match self.fraud_status.as_deref() {
            Some("deny") => ProviderStatus::Failed {
                reason: "suspected of fraud".to_owned(),
            },
            _ => ProviderStatus::Review,
        })
    }

    fn received(&self) -> Result<Received, ProviderError> {
        let amount = self.gross()?;
        let refunded = match &self.refund_amount {
            None => Money::zero(amount.currency()),
            Some(text) => from_text(text, self.currency())?,
        };
        let transaction = self.transaction_id.clone().filter(|it| !it.is_empty());
        let at = self
            .settlement_time
            .as_ref()
            .or(self.transaction_time.as_ref());
        Ok(Received {
            transaction: transaction.ok_or_else(|| nonsense("money without a name"))?,
            amount,
            refunded,
            at: at.and_then(|it| instant(it)),
        })
    }

    fn gross(&self) -> Result<Money, ProviderError> {
        let text = self.gross_amount.as_deref().unwrap_or_default();
        from_text(text, self.currency())
    }

    /// Older methods do not say it: there is only one.
    fn currency(&self) -> &str {
        self.currency.as_deref().unwrap_or("IDR")
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    let zone = FixedOffset::east_opt(WIB_S)?;
    let at = local.and_local_timezone(zone).single()?;
    Some(Timestamp::from_utc(at.to_utc()))
}

#[cfg(test)]
mod tests {
    //! What each status means, and that nothing counts as paid by one word alone.

    use billing::gateway::{ProviderStatus, Refusal};
    use serde_json::{Value, json};

    use super::Status;

    fn answer(status: &str) -> Value {
        json!({
            "status_code": "200", "status_message": "Success", "order_id": "INV-1",
            "transaction_id": "249fc620", "transaction_status": status, "gross_amount": "150000.00",
            "currency": "IDR", "transaction_time": "2026-11-21 14:39:33",
        })
    }

    fn meaning(answer: Value) -> ProviderStatus {
        let status: Status = serde_json::from_value(answer).unwrap();
        let status = status.accepted(&"INV-1".parse().unwrap()).unwrap();
        status.into_payment().unwrap().status
    }

    fn with(status: &str, field: &str, value: &str) -> Value {
        let mut answer = answer(status);
        answer[field] = json!(value);
        answer
    }

    #[test]
    fn each_status_has_a_meaning() {
        let paid = |it| matches!(it, ProviderStatus::Paid(_));
        assert!(paid(meaning(answer("settlement"))));
        assert!(paid(meaning(with("settlement", "fraud_status", "accept"))));
        assert!(paid(meaning(with("capture", "fraud_status", "accept"))));
        for (answer, expected) in [
            (
                with("pending", "status_code", "201"),
                ProviderStatus::Pending,
            ),
            (answer("authorize"), ProviderStatus::Pending),
            (answer("cancel"), ProviderStatus::Cancelled),
            (
                with("expire", "status_code", "407"),
                ProviderStatus::Expired,
            ),
            // Nobody has said that it is no fraud.
            (answer("capture"), ProviderStatus::Review),
            (
                with("capture", "fraud_status", "challenge"),
                ProviderStatus::Review,
            ),
            (
                with("settlement", "status_code", "201"),
                ProviderStatus::Review,
            ),
            (
                with("settlement", "status_code", "407"),
                ProviderStatus::Review,
            ),
        ] {
            assert_eq!(meaning(answer.clone()), expected, "{answer}");
        }
        for failed in [
            answer("deny"),
            answer("failure"),
            with("capture", "fraud_status", "deny"),
        ] {
            assert!(matches!(meaning(failed), ProviderStatus::Failed { .. }));
        }
        let back = meaning(answer("chargeback"));
        assert!(matches!(back, ProviderStatus::ChargedBack(_)));
        let part = meaning(answer("partial_chargeback"));
        assert!(matches!(part, ProviderStatus::PartlyChargedBack(_)));
    }

    #[test]
    fn what_was_given_back_is_counted() {
        let refunded = |answer| match meaning(answer) {
            ProviderStatus::Paid(received) => (received.amount.minor(), received.refunded.minor()),
            other => panic!("{other:?}"),
        };
        assert_eq!(refunded(answer("settlement")), (15_000_000, 0));
        let part = with("partial_refund", "refund_amount", "12000.00");
        assert_eq!(refunded(part), (15_000_000, 1_200_000));
        assert_eq!(refunded(answer("refund")), (15_000_000, 15_000_000));
    }

    #[test]
    fn times_are_western_indonesian() {
        let ProviderStatus::Paid(received) = meaning(answer("settlement")) else {
            panic!("it is paid");
        };
        let at = received.at.unwrap().to_string();
        assert_eq!(at, "2026-11-21T07:39:33.000000Z");
    }

    #[test]
    fn a_refusal_inside_a_good_answer_is_one() {
        for (code, expected) in [
            ("401", Some(Refusal::Credentials)),
            ("404", Some(Refusal::NotFound)),
            ("412", Some(Refusal::State)),
            ("406", Some(Refusal::Duplicate)),
            ("500", None),
        ] {
            let status: Status =
                serde_json::from_value(with("pending", "status_code", code)).unwrap();
            let refused = status.accepted(&"INV-1".parse().unwrap()).unwrap_err();
            assert_eq!(refused.refusal(), expected, "{code}");
        }
        let other: Status = serde_json::from_value(answer("settlement")).unwrap();
        assert!(other.accepted(&"INV-2".parse().unwrap()).is_err());
    }
}
