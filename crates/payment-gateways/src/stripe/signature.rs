//! How Stripe signs: HMAC-SHA256 of the timestamp, a dot and the raw body; several signatures while a secret changes.

use billing::gateway::{MAX_WEBHOOK_BYTES, WebhookRefusal, WebhookRequest};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Secret, Timestamp};
use sha2::Sha256;

const HEADER: &str = "stripe-signature";

/// How far the timestamp may lie from now, in seconds; that of Stripe's own libraries.
const TOLERANCE_S: i64 = 300;

/// How many signatures of a header are looked at: one for each secret of a rotation, and some to spare.
const MOST_SIGNATURES: usize = 8;

/// Says whether one of the secrets signed the request lately.
///
/// # Errors
/// [`WebhookRefusal`].
pub(super) fn check(
    secrets: &[Secret],
    request: &WebhookRequest,
    now: Timestamp,
) -> Result<(), WebhookRefusal> {
    if request.body.len() > MAX_WEBHOOK_BYTES {
        return Err(WebhookRefusal::TooLarge);
    }
    if secrets.is_empty() || secrets.iter().any(|it| it.expose().is_empty()) {
        return Err(WebhookRefusal::NoSecret);
    }
    let header = request.header(HEADER).ok_or(WebhookRefusal::Unsigned)?;
    let (at, signatures) = parts(header).ok_or(WebhookRefusal::WrongSignature)?;
    if !is_signed(secrets, at, &request.body, &signatures) {
        return Err(WebhookRefusal::WrongSignature);
    }
    let at: i64 = at.parse().map_err(|_| WebhookRefusal::WrongSignature)?;
    let age_s = now.utc().timestamp().checked_sub(at);
    match age_s {
        Some(age_s) if age_s.abs() <= TOLERANCE_S => Ok(()),
        _ => Err(WebhookRefusal::Stale),
    }
}

/// The timestamp as it was signed, and the signatures of the scheme `v1`.
fn parts(header: &str) -> Option<(&str, Vec<Vec<u8>>)> {
    let pairs: Vec<_> = header
        .split(',')
        .filter_map(|it| it.split_once('='))
        .collect();
    let mut times = pairs.iter().filter(|it| it.0 == "t");
    let at = times.next()?.1;
    if times.next().is_some() {
        return None;
    }
    let signatures = pairs.iter().filter(|it| it.0 == "v1");
    let signatures = signatures.take(MOST_SIGNATURES);
    let signatures = signatures.filter_map(|it| hex::decode(it.1).ok()).collect();
    Some((at, signatures))
}

fn is_signed(secrets: &[Secret], at: &str, body: &[u8], signatures: &[Vec<u8>]) -> bool {
    secrets.iter().any(|secret| {
        // HMAC takes keys of every length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else {
            return false;
        };
        let mac = mac.chain_update(at).chain_update(".").chain_update(body);
        // `verify_slice` compares in constant time.
        signatures
            .iter()
            .any(|signature| mac.clone().verify_slice(signature).is_ok())
    })
}

#[cfg(test)]
mod tests {
    //! The vector that Stripe's own library accepted, and everything that differs from it by a little.

    use billing::gateway::{MAX_WEBHOOK_BYTES, WebhookRefusal, WebhookRequest};
    use kernel::{Secret, Timestamp};

    use super::check;

    const BODY: &str = r#"{"id":"evt_1","amount":150000}"#;
    const AT: i64 = 1_795_235_501;
    const GOOD: &str =
        "t=1795235501,v1=43f5d0d8c430a949126ef9823339cd66d23d7392ed2d9c6880bfd2f9d0dda253";

    fn told(secrets: &[&str], header: &str, body: &str, at: i64) -> Result<(), WebhookRefusal> {
        let secrets: Vec<_> = secrets.iter().map(|it| Secret::new(*it)).collect();
        let request = WebhookRequest {
            headers: vec![("stripe-signature".to_owned(), header.to_owned())],
            body: body.as_bytes().to_vec(),
        };
        check(
            &secrets,
            &request,
            Timestamp::from_micros(at * 1_000_000).unwrap(),
        )
    }

    #[test]
    fn the_vector_of_the_official_library_is_believed() {
        assert_eq!(told(&["whsec_test"], GOOD, BODY, AT), Ok(()));
        let rotating = ["whsec_next", "whsec_test"];
        assert_eq!(told(&rotating, GOOD, BODY, AT), Ok(()));
        let both = format!("{GOOD},v1={},v0=00", "0".repeat(64));
        assert_eq!(told(&["whsec_test"], &both, BODY, AT + 300), Ok(()));
    }

    #[test]
    fn anything_else_is_not() {
        use WebhookRefusal::{NoSecret, Stale, WrongSignature};
        let secret = ["whsec_test"];
        let other_time = GOOD.replace("1795235501", "1795235502");
        let other_scheme = GOOD.replace("v1", "v0");
        let twice = format!("t=1,{GOOD}");
        let bare = GOOD.replace("t=1795235501,", "");
        for (secrets, header, body, at, why) in [
            (&secret[..], GOOD, "{}", AT, WrongSignature),
            (&["whsec_tesu"], GOOD, BODY, AT, WrongSignature),
            (&[], GOOD, BODY, AT, NoSecret),
            (&[""], GOOD, BODY, AT, NoSecret),
            (&["whsec_test", ""], GOOD, BODY, AT, NoSecret),
            (&secret, GOOD, BODY, AT + 301, Stale),
            (&secret, GOOD, BODY, AT - 301, Stale),
            (&secret, &other_time, BODY, AT, WrongSignature),
            (&secret, &other_scheme, BODY, AT, WrongSignature),
            (&secret, &twice, BODY, AT, WrongSignature),
            (&secret, &bare, BODY, AT, WrongSignature),
            (&secret, &GOOD[..60], BODY, AT, WrongSignature),
            (&secret, "t=,v1=", BODY, AT, WrongSignature),
            (&secret, "", BODY, AT, WrongSignature),
        ] {
            assert_eq!(told(secrets, header, body, at), Err(why), "{header}");
        }
        let huge = "x".repeat(MAX_WEBHOOK_BYTES + 1);
        let refused = told(&secret, GOOD, &huge, AT);
        assert_eq!(refused, Err(WebhookRefusal::TooLarge));
    }
}
