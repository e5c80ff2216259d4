//! Tokens survive the trip to the client and back.
#![allow(clippy::unwrap_used)]

use super::{BadRefreshToken, RefreshToken};
use kernel::testing::{CountingIds, OpenVault, SeededRandomness};
use kernel::{Ids, Secret};

fn drawn(seed: u64) -> RefreshToken {
    let ids: &dyn Ids = &CountingIds::from(1);
    RefreshToken::draw(ids.next(), ids.next(), &SeededRandomness::from(seed))
}

#[test]
fn a_token_comes_back_as_it_went() {
    let token = drawn(1);
    assert_eq!(RefreshToken::parse(&token.text()), Ok(token));
}

#[test]
fn tokens_differ_in_text_and_digest() {
    let (one, other) = (drawn(1), drawn(2));
    assert_ne!(one.text(), other.text());
    assert_ne!(one.digest(&OpenVault), other.digest(&OpenVault));
}

#[test]
fn other_texts_are_refused() {
    let good = drawn(1).text();
    let shorter = &good.expose()[..good.expose().len() - 1];
    let longer = format!("{}A", good.expose());
    let odd = format!("{shorter}!");
    for bad in ["", ".", "a.b.c", shorter, &longer, &odd] {
        assert_eq!(
            RefreshToken::parse(&Secret::new(bad)),
            Err(BadRefreshToken),
            "{bad}"
        );
    }
}

#[test]
fn tokens_do_not_print_themselves() {
    let token = drawn(3);
    let key = token.text().expose().rsplit('.').next().unwrap().to_owned();
    assert!(!format!("{token:?}").contains(&key));
}
