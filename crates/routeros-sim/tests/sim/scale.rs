//! A hundred thousand users: finding one does not look at the others.

use std::time::Duration;

use routeros_proto::{Command, Query};
use tokio::time::Instant;

use crate::connected;

const USERS: u32 = 100_000;

#[tokio::test]
async fn one_of_a_hundred_thousand_users_is_found_at_once() {
    let (router, mut client) = connected().await;
    for number in 0..USERS {
        router
            .insert("/ip/hotspot/user", &[("name", &format!("user-{number}"))])
            .unwrap();
    }
    let begin = Instant::now();
    for number in 0..200 {
        let name = format!("user-{}", number * 499);
        let print =
            Command::new("/ip/hotspot/user/print").query(Query::equals("name", name.as_str()));
        assert_eq!(client.run(print).await.column("name"), [name]);
    }
    let took = begin.elapsed();
    // A scan of the table takes longer than this for a single one.
    assert!(took < Duration::from_secs(5), "200 look-ups took {took:?}");
    let count = client
        .run(Command::new("/ip/hotspot/user/print").flag("count-only"))
        .await;
    assert_eq!(count.ret, Some((USERS + 1).to_string()));
}
