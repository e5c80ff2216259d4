//! Weak passwords are refused; nothing prints a password.
#![allow(clippy::unwrap_used)]

use super::{BadPasswordHash, Password, PasswordHash, WeakPassword};
use kernel::Secret;
use kernel::testing::SeededRandomness;

fn chosen(text: &str) -> Result<Password, WeakPassword> {
    Password::choose(Secret::new(text))
}

#[test]
fn length_is_the_only_demand() {
    assert!(chosen("ten chars.").is_ok());
    assert!(chosen("sandi rahasia ñ").is_ok());
    assert_eq!(chosen("nine char"), Err(WeakPassword::TooShort));
    assert_eq!(chosen(&"ab".repeat(65)), Err(WeakPassword::TooLong));
    assert_eq!(chosen("with\0a null"), Err(WeakPassword::Control));
    assert_eq!(chosen("aaaaaaaaaaaa"), Err(WeakPassword::Repeated));
}

#[test]
fn generated_passwords_are_acceptable_and_differ() {
    let randomness = SeededRandomness::from(7);
    let first = Password::generate(&randomness);
    let second = Password::generate(&randomness);
    assert_ne!(first, second);
    assert!(Password::choose(first.secret().clone()).is_ok());
    assert_eq!(first.secret().expose().len(), 20);
}

#[test]
fn neither_passwords_nor_hashes_print_themselves() {
    let password = chosen("correct horse").unwrap();
    let hash = PasswordHash::from_phc("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA").unwrap();
    assert!(!format!("{password:?} {hash:?}").contains("horse"));
    assert!(!format!("{hash:?}").contains("argon2"));
}

#[test]
fn only_phc_texts_are_hashes() {
    for bad in ["", "plain", "$with space", &format!("${}", "x".repeat(512))] {
        assert_eq!(PasswordHash::from_phc(bad), Err(BadPasswordHash), "{bad}");
    }
}
