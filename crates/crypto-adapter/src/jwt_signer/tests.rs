//! Tokens that were not signed here, not for here or not lately are refused.

use chrono::Duration;
use data_encoding::BASE64URL_NOPAD;
use kernel::Ids;
use kernel::testing::CountingIds;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::os_randomness::OsRandomness;

fn noon() -> Timestamp {
    Timestamp::from_micros(1_795_262_400_123_456).unwrap()
}

/// Noon without its fraction: what survives signing.
fn whole_noon() -> Timestamp {
    Timestamp::from_micros(1_795_262_400_000_000).unwrap()
}

fn claims(role: Role) -> Claims {
    let ids: &dyn Ids = &CountingIds::from(7);
    Claims {
        tenant: ids.next(),
        operator: ids.next(),
        session: ids.next(),
        role,
        issued_at: whole_noon(),
        expires_at: whole_noon().plus(Duration::minutes(15)),
    }
}

fn key() -> KeyBytes {
    KeyBytes::draw(&OsRandomness)
}

fn payload(claims: &Claims) -> Value {
    serde_json::to_value(Payload::from(claims)).unwrap()
}

/// Signs any header and payload with any key, as an attacker or another product would.
fn forge(algorithm: Algorithm, payload: &Value, key: &KeyBytes) -> String {
    let key = EncodingKey::from_secret(key.expose());
    jsonwebtoken::encode(&Header::new(algorithm), payload, &key).unwrap()
}

fn verdict(payload: &Value, key: &KeyBytes) -> Result<Claims, BadToken> {
    JwtSigner::new(key).verify(&forge(Algorithm::HS256, payload, key), noon())
}

#[test]
fn a_token_says_what_was_signed_for_every_role() {
    let signer = JwtSigner::new(&key());
    for role in Role::ALL {
        let token = signer.sign(&claims(role)).unwrap();
        assert_eq!(signer.verify(token.expose(), noon()), Ok(claims(role)));
    }
}

#[test]
fn fractions_of_a_second_are_cut_off() {
    let signer = JwtSigner::new(&key());
    let signed = Claims {
        issued_at: noon(),
        ..claims(Role::Admin)
    };
    let token = signer.sign(&signed).unwrap();
    let read = signer.verify(token.expose(), noon()).unwrap();
    assert_eq!(read.issued_at, whole_noon());
}

#[test]
fn a_token_expires_by_the_time_that_is_passed_in() {
    let signer = JwtSigner::new(&key());
    let signed = claims(Role::Cashier);
    let token = signer.sign(&signed).unwrap();
    let last = signed.expires_at.minus(Duration::microseconds(1));
    assert!(signer.verify(token.expose(), last).is_ok());
    let late = signer.verify(token.expose(), signed.expires_at);
    assert_eq!(late, Err(BadToken::Expired));
}

#[test]
fn a_token_of_another_key_is_invalid_even_if_it_has_expired() {
    let token = JwtSigner::new(&key()).sign(&claims(Role::Admin)).unwrap();
    let other = JwtSigner::new(&key());
    let late = noon().plus(Duration::days(1));
    assert_eq!(other.verify(token.expose(), noon()), Err(BadToken::Invalid));
    assert_eq!(other.verify(token.expose(), late), Err(BadToken::Invalid));
}

#[test]
fn a_token_that_claims_no_algorithm_is_invalid() {
    let key = key();
    let signer = JwtSigner::new(&key);
    let token = signer.sign(&claims(Role::Admin)).unwrap();
    let mut parts = token.expose().split('.').skip(1);
    let (body, signature) = (parts.next().unwrap(), parts.next().unwrap());
    for word in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({ "typ": "JWT", "alg": word }).to_string();
        let header = BASE64URL_NOPAD.encode(header.as_bytes());
        for forged in [
            format!("{header}.{body}."),
            format!("{header}.{body}.{signature}"),
            format!("{header}.{body}"),
        ] {
            assert_eq!(
                signer.verify(&forged, noon()),
                Err(BadToken::Invalid),
                "{word}"
            );
        }
    }
}

#[test]
fn a_token_of_another_algorithm_is_invalid_even_with_our_key() {
    let key = key();
    let signer = JwtSigner::new(&key);
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = forge(algorithm, &payload(&claims(Role::Admin)), &key);
        assert_eq!(signer.verify(&token, noon()), Err(BadToken::Invalid));
    }
}

#[test]
fn a_raised_role_breaks_the_signature() {
    let signer = JwtSigner::new(&key());
    let cashier = signer.sign(&claims(Role::Cashier)).unwrap();
    let mut parts: Vec<&str> = cashier.expose().split('.').collect();
    let body = payload(&claims(Role::Admin)).to_string();
    let body = BASE64URL_NOPAD.encode(body.as_bytes());
    parts[1] = &body;
    assert_eq!(
        signer.verify(&parts.join("."), noon()),
        Err(BadToken::Invalid)
    );
}

#[test]
fn a_token_from_elsewhere_or_for_elsewhere_is_invalid() {
    let key = key();
    assert!(verdict(&payload(&claims(Role::Admin)), &key).is_ok());
    for (name, value) in [
        ("iss", json!("somebody-else")),
        ("aud", json!("another-api")),
        ("role", json!("owner")),
        ("sub", json!("cus_00000000000000000000000000")),
        ("tid", json!(1)),
        ("exp", json!("tomorrow")),
        ("exp", json!(i64::MAX)),
    ] {
        let mut forged = payload(&claims(Role::Admin));
        forged[name] = value;
        assert_eq!(verdict(&forged, &key), Err(BadToken::Invalid), "{name}");
    }
}

#[test]
fn a_token_without_one_of_its_claims_is_invalid() {
    let key = key();
    for name in ["iss", "aud", "sub", "tid", "sid", "role", "iat", "exp"] {
        let mut forged = payload(&claims(Role::Admin));
        forged.as_object_mut().unwrap().remove(name);
        assert_eq!(verdict(&forged, &key), Err(BadToken::Invalid), "{name}");
    }
}

#[test]
fn a_text_longer_than_any_token_is_not_looked_at() {
    let signer = JwtSigner::new(&key());
    let token = signer.sign(&claims(Role::Technician)).unwrap();
    assert!(token.expose().len() < LONGEST_TOKEN / 2);
    let long = "a".repeat(LONGEST_TOKEN + 1);
    assert_eq!(signer.verify(&long, noon()), Err(BadToken::Invalid));
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", JwtSigner::new(&key())), "JwtSigner(…)");
}

proptest! {
    #[test]
    fn no_other_text_is_a_token(text in "\\PC{0,200}") {
        let signer = JwtSigner::new(&key());
        prop_assert_eq!(signer.verify(&text, noon()), Err(BadToken::Invalid));
    }

    #[test]
    fn no_changed_byte_passes(place in any::<prop::sample::Index>(), with in "[A-Za-z0-9_.-]") {
        let signer = JwtSigner::new(&key());
        let token = signer.sign(&claims(Role::Auditor)).unwrap();
        let mut changed = token.expose().to_owned();
        let place = place.index(changed.len());
        prop_assume!(changed[place..=place] != with);
        changed.replace_range(place..=place, &with);
        prop_assert_eq!(signer.verify(&changed, noon()), Err(BadToken::Invalid));
    }
}
