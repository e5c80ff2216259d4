//! A hundred thousand users: finding one does not look at the others.

use routeros_proto::{Command, Query};

use crate::connected;

const USERS: u32 = 100_000;

#[tokio::test]
async fn one_of_a_hundred_thousand_users_is_found_without_looking_at_the_others() {
    let (router, mut client) = connected().await;
    let mut ids = Vec::new();
    for number in 0..USERS {
        let name = format!("user-{number}");
        ids.push(
            router
                .insert("/ip/hotspot/user", &[("name", &name)])
                .unwrap(),
        );
    }
    let print = || Command::new("/ip/hotspot/user/print").proplist(["name"]);
    let named = |name: &str| print().query(Query::equals("name", name));
    let cost = |router: &routeros_sim::Simulator| router.stats().rows_examined;
    for (query, looked_at) in [
        (named("user-499"), 1),
        (named("user-499").query(Query::equals("disabled", "no")), 1),
        (print().query(Query::equals(".id", ids[499].as_str())), 1),
        (named("nobody"), 0),
        (
            named("user-499")
                .query(Query::equals("name", "no"))
                .query(Query::any_of(2)),
            1,
        ),
        (
            print().query(Query::equals("disabled", "yes")),
            u64::from(USERS) + 1,
        ),
    ] {
        let before = cost(&router);
        let answer = client.run(query.clone()).await;
        assert_eq!(cost(&router) - before, looked_at, "{query:?}");
        if looked_at == 1 {
            assert_eq!(answer.column("name"), ["user-499"]);
        }
    }
    let spelled = Query::parse(b"?=name=user-499").unwrap();
    assert_eq!(spelled, Query::equals("name", "user-499"));

    let count = client
        .run(Command::new("/ip/hotspot/user/print").flag("count-only"))
        .await;
    assert_eq!(count.ret, Some((USERS + 1).to_string()));
}

#[tokio::test]
async fn sessions_of_a_user_are_found_without_looking_at_the_others() {
    let (router, mut client) = connected().await;
    for number in 0..50 {
        let user = format!("u{number}");
        router
            .insert("/ip/hotspot/user", &[("name", &user), ("password", "p")])
            .unwrap();
        let mac = format!("02:00:00:00:01:{number:02X}");
        router.hotspot_login(&user, "p", &mac).unwrap();
    }
    let before = router.stats().rows_examined;
    let print = Command::new("/ip/hotspot/active/print").query(Query::equals("user", "u7"));
    assert_eq!(client.run(print).await.rows.len(), 1);
    assert_eq!(router.stats().rows_examined - before, 1);
}
