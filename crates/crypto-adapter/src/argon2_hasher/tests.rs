//! Hashes match their password alone, cost what they should, and never run more than two at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::os_randomness::OsRandomness;

/// The least that Argon2 accepts, so that tests are quick.
fn cheap() -> Argon2Cost {
    Argon2Cost::of(8, 1, 1).unwrap()
}

fn hasher(cost: Argon2Cost) -> Argon2Hasher {
    Argon2Hasher::new(cost, Arc::new(OsRandomness))
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn chosen() -> Password {
    Password::choose(secret("correct horse battery")).unwrap()
}

fn phc(text: &str) -> PasswordHash {
    PasswordHash::from_phc(text).unwrap()
}

#[tokio::test]
async fn a_hash_matches_its_password_and_no_other() {
    let hasher = hasher(cheap());
    let hash = hasher.hash(&chosen()).await.unwrap();
    assert!(hasher.verify(chosen().secret(), Some(&hash)).await.unwrap());
    for wrong in ["", "Correct horse battery", "correct horse battery "] {
        assert!(!hasher.verify(&secret(wrong), Some(&hash)).await.unwrap());
    }
}

#[tokio::test]
async fn the_same_password_hashes_differently_each_time() {
    let hasher = hasher(cheap());
    let one = hasher.hash(&chosen()).await.unwrap();
    assert_ne!(one, hasher.hash(&chosen()).await.unwrap());
}

#[tokio::test]
async fn the_standard_hash_is_argon2id_with_19_mib_and_two_passes() {
    let hasher = hasher(Argon2Cost::standard());
    let hash = hasher.hash(&chosen()).await.unwrap();
    assert!(
        hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{}",
        hash.as_phc()
    );
    assert!(!hasher.is_outdated(&hash));
}

#[tokio::test]
async fn no_hash_matches_nothing() {
    let hasher = hasher(cheap());
    assert!(!hasher.verify(chosen().secret(), None).await.unwrap());
}

#[tokio::test]
async fn a_cheaper_hash_still_matches_and_is_outdated() {
    let old = hasher(cheap()).hash(&chosen()).await.unwrap();
    let today = hasher(Argon2Cost::of(16, 1, 1).unwrap());
    assert!(today.verify(chosen().secret(), Some(&old)).await.unwrap());
    assert!(today.is_outdated(&old));
    let strong = today.hash(&chosen()).await.unwrap();
    assert!(!hasher(cheap()).is_outdated(&strong));
    assert!(!hasher(cheap()).is_outdated(&old));
}

#[tokio::test]
async fn a_damaged_or_planted_hash_is_an_error_and_not_a_no() {
    let hasher = hasher(cheap());
    let salt_and_hash = "c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for broken in [
        "$argon2id$".to_owned(),
        "$plain$correct".to_owned(),
        format!("$argon2i$v=19$m=8,t=1,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=4194304,t=1,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=8,t=4000000,p=1${salt_and_hash}"),
        format!("$argon2id$v=19$m=8,t=0,p=1${salt_and_hash}"),
    ] {
        let hash = phc(&broken);
        let verdict = hasher.verify(chosen().secret(), Some(&hash)).await;
        assert!(verdict.is_err(), "{broken}");
        assert!(!hasher.is_outdated(&hash), "{broken}");
    }
}

#[test]
fn an_impossible_cost_is_refused() {
    assert_eq!(Argon2Cost::of(7, 1, 1), Err(BadCost));
    assert_eq!(Argon2Cost::of(8, 0, 1), Err(BadCost));
    assert_eq!(Argon2Cost::of(8, 1, 2), Err(BadCost));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_than_two_run_at_once() {
    let hasher = hasher(cheap());
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..24)
        .map(|_| {
            let (hasher, running, most) = (hasher.clone(), Arc::clone(&running), Arc::clone(&most));
            tokio::spawn(async move {
                let work = move || {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    let wasted = waste_the_same_time(
                        &Argon2Cost::of(1024, 1, 1).unwrap().argon2(),
                        &secret("x"),
                    );
                    running.fetch_sub(1, Ordering::SeqCst);
                    wasted
                };
                hasher.in_a_place(work).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!((1..=AT_ONCE).contains(&most.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn work_that_dies_is_an_error_and_frees_its_place() {
    let hasher = hasher(cheap());
    for _ in 0..AT_ONCE + 1 {
        let died = hasher.in_a_place::<bool>(|| panic!("as if out of memory"));
        assert!(died.await.is_err());
    }
    assert!(hasher.hash(&chosen()).await.is_ok());
}

#[test]
fn debug_shows_cost_only() {
    let shown = format!("{:?}", hasher(cheap()));
    assert!(shown.starts_with("Argon2Hasher { cost: "), "{shown}");
}
