//! What is sealed opens for its owner with its key, and for nothing else.

use std::collections::HashSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const OWNER: &str = "access_router/rtr_1";

fn secret() -> Secret {
    Secret::new("s3cret of the router")
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    (folder, path)
}

#[test]
fn a_sealed_secret_opens_for_its_owner() {
    let ring = KeyRing::generate();
    let sealed = ring.seal(OWNER, &secret());
    assert_eq!(ring.open(OWNER, &sealed), Ok(secret()));
}

#[test]
fn sealed_bytes_hold_nothing_of_the_secret() {
    let ring = KeyRing::generate();
    let sealed = ring.seal(OWNER, &secret());
    let bytes = sealed.as_bytes();
    assert_eq!(
        bytes.len(),
        PREFIX_BYTES + secret().expose().len() + TAG_BYTES
    );
    assert!(!bytes.windows(6).any(|it| it == b"s3cret"));
}

#[test]
fn the_same_secret_never_seals_to_the_same_bytes() {
    let ring = KeyRing::generate();
    let sealed: HashSet<Vec<u8>> = (0..1_000)
        .map(|_| ring.seal(OWNER, &secret()).as_bytes().to_vec())
        .collect();
    assert_eq!(sealed.len(), 1_000);
}

#[test]
fn a_sealed_secret_opens_for_nobody_else() {
    let ring = KeyRing::generate();
    let sealed = ring.seal(OWNER, &secret());
    for other in ["access_router/rtr_2", "access_router/rtr_", ""] {
        assert_eq!(ring.open(other, &sealed), Err(CannotOpen));
    }
}

#[test]
fn another_installation_cannot_open_it() {
    let sealed = KeyRing::generate().seal(OWNER, &secret());
    assert_eq!(KeyRing::generate().open(OWNER, &sealed), Err(CannotOpen));
}

#[test]
fn every_changed_bit_is_noticed() {
    let ring = KeyRing::generate();
    let sealed = ring.seal(OWNER, &secret());
    for place in 0..sealed.as_bytes().len() * 8 {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[place / 8] ^= 1 << (place % 8);
        let changed = Sealed::from_bytes(bytes);
        assert_eq!(ring.open(OWNER, &changed), Err(CannotOpen), "bit {place}");
    }
}

#[test]
fn every_shortened_text_is_noticed() {
    let ring = KeyRing::generate();
    let sealed = ring.seal(OWNER, &secret());
    for length in 0..sealed.as_bytes().len() {
        let cut = Sealed::from_bytes(sealed.as_bytes()[..length].to_vec());
        assert_eq!(ring.open(OWNER, &cut), Err(CannotOpen), "length {length}");
    }
}

#[test]
fn rotation_seals_with_the_new_key_and_opens_with_the_old() {
    let (_folder, path) = folder();
    let old = KeyRing::load_or_create(&path).unwrap();
    let sealed_before = old.seal(OWNER, &secret());
    let new = KeyRing::rotate(&path).unwrap();
    let sealed_after = new.seal(OWNER, &secret());

    assert_eq!(new.key_ids().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(new.open(OWNER, &sealed_before), Ok(secret()));
    assert_eq!(new.open(OWNER, &sealed_after), Ok(secret()));
    assert_eq!(old.open(OWNER, &sealed_after), Err(CannotOpen));
    let reloaded = KeyRing::load(&path).unwrap();
    assert_eq!(reloaded.open(OWNER, &sealed_after), Ok(secret()));
}

#[test]
fn digests_and_tokens_outlive_a_rotation() {
    let (_folder, path) = folder();
    let old = KeyRing::load_or_create(&path).unwrap();
    let new = KeyRing::rotate(&path).unwrap();
    assert_eq!(
        old.digest("vouchers.code", &secret()),
        new.digest("vouchers.code", &secret())
    );
    assert_eq!(old.token, new.token);
}

#[test]
fn a_digest_depends_on_key_domain_and_secret() {
    let (ring, other) = (KeyRing::generate(), KeyRing::generate());
    let digest = ring.digest("vouchers.code", &secret());
    assert_eq!(digest, ring.digest("vouchers.code", &secret()));
    assert_ne!(digest, other.digest("vouchers.code", &secret()));
    assert_ne!(digest, ring.digest("operators.refresh_token", &secret()));
    assert_ne!(
        ring.digest("ab", &Secret::new("c")),
        ring.digest("a", &Secret::new("bc"))
    );
}

/// A key file as an installation keeps it for years: keys of the bytes 0 to 31, 32 to 63, 64 to 95 and 96 to 127.
fn kept_for_years() -> (TempDir, KeyRing) {
    let (folder, path) = folder();
    let text = r#"{
  "format": 1,
  "sealing": [
    { "id": 1, "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" },
    { "id": 2, "key": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=" }
  ],
  "digest": "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=",
  "token": "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8="
}"#;
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let ring = KeyRing::load(&path).unwrap();
    (folder, ring)
}

#[test]
fn stored_digests_are_found_by_every_later_version() {
    // Computed with Python's hmac module: HMAC-SHA256 of "vouchers.code", a zero byte and the code.
    let (_folder, ring) = kept_for_years();
    let digest = ring.digest("vouchers.code", &Secret::new("K7WQ2MXA"));
    assert_eq!(
        HEXLOWER.encode(&digest),
        "0d528dbf2785c496fb23317047a2ab95b9c696537501be86dd7ed4e303da6ae8"
    );
}

#[test]
fn sealed_bytes_are_opened_by_every_later_version() {
    let (_folder, ring) = kept_for_years();
    // Computed with Python: HChaCha20 by hand (checked with the vector of draft-irtf-cfrg-xchacha-03 section 2.2.1), then
    // the `cryptography` package. Format 1, key 1, the nonce of the bytes 200 to 223.
    let stored = "010001c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf0a5b4bf627065c093e8b02de25\
                  e34d0c6da0a09506651b8cad89befb41da310ec940cb6a";
    let sealed = Sealed::from_bytes(HEXLOWER.decode(stored.as_bytes()).unwrap());
    assert_eq!(ring.open(OWNER, &sealed), Ok(secret()));
}

#[test]
fn debug_shows_key_ids_and_no_key() {
    let ring = KeyRing::generate();
    assert_eq!(format!("{ring:?}"), "KeyRing { key_ids: [1], .. }");
}

#[test]
fn twenty_thousand_codes_are_sealed_uniquely_and_open_again() {
    let ring = KeyRing::generate();
    let code = |number: usize| Secret::new(format!("code-{number:08}"));
    let sealed: Vec<Sealed> = (0..20_000).map(|it| ring.seal(OWNER, &code(it))).collect();
    let nonces: HashSet<&[u8]> = sealed
        .iter()
        .map(|it| &it.as_bytes()[3..PREFIX_BYTES])
        .collect();
    assert_eq!(nonces.len(), 20_000);
    let opened = sealed.iter().enumerate();
    assert!(
        opened
            .clone()
            .step_by(997)
            .all(|(it, bytes)| { ring.open(OWNER, bytes) == Ok(code(it)) })
    );
}

proptest! {
    #[test]
    fn any_text_survives_for_any_owner(text in any::<String>(), owner in any::<String>()) {
        let ring = KeyRing::generate();
        let secret = Secret::new(text);
        prop_assert_eq!(ring.open(&owner, &ring.seal(&owner, &secret)), Ok(secret));
    }

    #[test]
    fn any_bytes_are_refused_without_dying(bytes in any::<Vec<u8>>()) {
        let ring = KeyRing::generate();
        prop_assert_eq!(ring.open(OWNER, &Sealed::from_bytes(bytes)), Err(CannotOpen));
    }
}
