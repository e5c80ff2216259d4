//! How Midtrans signs a notification: SHA-512 of three of its fields and the server key.

use billing::gateway::{MAX_WEBHOOK_BYTES, Notice, WebhookRefusal, WebhookRequest};
use kernel::Secret;
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

/// The signed fields. What else a notification says is anybody's word.
#[derive(Deserialize)]
struct Notification {
    order_id: String,
    status_code: String,
    gross_amount: String,
    signature_key: Option<String>,
}

/// Whose payment a notification is about, if the server key signed it.
///
/// # Errors
/// [`WebhookRefusal`].
pub(super) fn read(
    server_key: &Secret,
    request: &WebhookRequest,
) -> Result<Notice, WebhookRefusal> {
    if request.body.len() > MAX_WEBHOOK_BYTES {
        return Err(WebhookRefusal::TooLarge);
    }
    if server_key.expose().is_empty() {
        return Err(WebhookRefusal::NoSecret);
    }
    let told: Notification =
        serde_json::from_slice(&request.body).map_err(|_| WebhookRefusal::Unreadable)?;
    let signature = told.signature_key.as_deref();
    let signature = signature.ok_or(WebhookRefusal::Unsigned)?;
    if !is_signed(server_key, &told, signature) {
        return Err(WebhookRefusal::WrongSignature);
    }
    Ok(Notice {
        // Midtrans numbers no messages. The same bytes are the same message.
        event: hex::encode(Sha256::digest(&request.body)),
        order: told.order_id.parse().ok(),
        payment: told
            .order_id
            .parse()
            .map_err(|_| WebhookRefusal::Unreadable)?,
    })
}

fn is_signed(server_key: &Secret, told: &Notification, signature: &str) -> bool {
    let digest = Sha512::new()
        .chain_update(&told.order_id)
        .chain_update(&told.status_code)
        .chain_update(&told.gross_amount)
        .chain_update(server_key.expose())
        .finalize();
    hex::decode(signature).is_ok_and(|it| it.as_slice().ct_eq(digest.as_slice()).into())
}

#[cfg(test)]
mod tests {
    //! The vector of the specification, and what differs from it in a signed field.

    use billing::gateway::{MAX_WEBHOOK_BYTES, Notice, WebhookRefusal, WebhookRequest};
    use kernel::Secret;
    use serde_json::{Value, json};

    use super::read;

    const KEY: &str = "SB-Mid-server-TEST";
    const SIGNATURE: &str = "fde12a0f4b02785b473aa0e73008693d3bdaae926b3453bf2c32be47ebab338ec62f7a9797c1bb495992a1a765d0fb897ddca2e1539586da787b849d0c511406";

    fn genuine() -> Value {
        json!({
            "order_id": "INV-1", "status_code": "200", "gross_amount": "150000.00",
            "transaction_status": "settlement", "signature_key": SIGNATURE,
        })
    }

    fn told(key: &str, body: &[u8]) -> Result<Notice, WebhookRefusal> {
        let request = WebhookRequest {
            headers: Vec::new(),
            body: body.to_vec(),
        };
        read(&Secret::new(key), &request)
    }

    #[test]
    fn the_vector_is_believed() {
        let notice = told(KEY, genuine().to_string().as_bytes()).unwrap();
        assert_eq!(notice.payment.as_str(), "INV-1");
        assert_eq!(notice.event.len(), 64);
    }

    #[test]
    fn a_signed_field_cannot_be_changed() {
        for (field, value) in [
            ("order_id", "INV-2"),
            ("status_code", "201"),
            ("gross_amount", "150000.0"),
            ("signature_key", ""),
            ("signature_key", &SIGNATURE[..126]),
        ] {
            let mut body = genuine();
            body[field] = json!(value);
            let refused = told(KEY, body.to_string().as_bytes());
            assert_eq!(refused, Err(WebhookRefusal::WrongSignature), "{field}");
        }
    }

    #[test]
    fn what_proves_nothing_is_refused() {
        let body = genuine().to_string();
        let refused = |key: &str, body: &[u8]| told(key, body).unwrap_err();
        assert_eq!(refused("", body.as_bytes()), WebhookRefusal::NoSecret);
        let other = refused("SB-Mid-server-TESU", body.as_bytes());
        assert_eq!(other, WebhookRefusal::WrongSignature);
        let mut unsigned = genuine();
        unsigned.as_object_mut().unwrap().remove("signature_key");
        let unsigned = refused(KEY, unsigned.to_string().as_bytes());
        assert_eq!(unsigned, WebhookRefusal::Unsigned);
        for bad in [&b""[..], b"[]", b"\xff", b"{\"order_id\":1}"] {
            assert_eq!(refused(KEY, bad), WebhookRefusal::Unreadable);
        }
        let huge = vec![b' '; MAX_WEBHOOK_BYTES + 1];
        assert_eq!(refused(KEY, &huge), WebhookRefusal::TooLarge);
    }

    #[test]
    fn an_edited_status_still_verifies_and_says_nothing_more() {
        let mut edited = genuine();
        edited["transaction_status"] = json!("refund");
        let notice = told(KEY, edited.to_string().as_bytes()).unwrap();
        let genuine = told(KEY, genuine().to_string().as_bytes()).unwrap();
        assert_eq!(notice.payment, genuine.payment);
        assert_ne!(notice.event, genuine.event);
    }
}
