//! Logging in: plainly, by challenge, wrongly, too early, too often.

use routeros_proto::{Command, ReplyKind, challenge_response};
use routeros_sim::{SimConfig, SimUser, Simulator, VersionProfile};

use crate::client::{Answer, Client};
use crate::{connected, router};

async fn legacy() -> Simulator {
    let version = VersionProfile::V6_40;
    Simulator::start(SimConfig {
        version,
        ..SimConfig::new("old")
    })
    .await
    .unwrap()
}

async fn answer_challenge(client: &mut Client, password: &str) -> Answer {
    let challenge = client.run(Command::new("/login")).await.ret.unwrap();
    let response = challenge_response(password.as_bytes(), &challenge).unwrap();
    client
        .run(
            Command::new("/login")
                .attr("name", "admin")
                .attr("response", response),
        )
        .await
}

#[tokio::test]
async fn name_and_password_let_in() {
    let (router, mut client) = connected().await;
    let identity = client.run(Command::new("/system/identity/print")).await;
    assert_eq!(identity.column("name"), ["tower-1"]);
    assert_eq!(
        (router.stats().logins, router.stats().failed_logins),
        (1, 0)
    );
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_the_next_try_may_pass() {
    let router = router().await;
    let mut client = Client::connect(&router).await;
    let login = |password| {
        Command::new("/login")
            .attr("name", "admin")
            .attr("password", password)
    };
    assert_eq!(
        client.run(login("x")).await.trap(),
        "invalid user name or password (6)"
    );
    assert!(client.run(login("password")).await.traps.is_empty());
    assert_eq!(router.stats().failed_logins, 1);
}

#[tokio::test]
async fn an_old_router_wants_its_challenge_answered() {
    let router = legacy().await;
    let mut client = Client::connect(&router).await;
    assert_eq!(
        answer_challenge(&mut client, "wrong").await.trap(),
        "cannot log in"
    );
    assert!(
        answer_challenge(&mut client, "password")
            .await
            .traps
            .is_empty()
    );
    let resource = client.run(Command::new("/system/resource/print")).await;
    assert_eq!(resource.column("version"), ["6.40.9 (bugfix)"]);
}

#[tokio::test]
async fn an_old_router_ignores_a_plain_password_and_sends_a_challenge() {
    let router = legacy().await;
    let mut client = Client::connect(&router).await;
    let login = Command::new("/login")
        .attr("name", "admin")
        .attr("password", "password");
    let challenge = client.run(login).await.ret.unwrap();
    assert_eq!(challenge.len(), 32);
    let response = challenge_response(b"password", &challenge).unwrap();
    let login = Command::new("/login")
        .attr("name", "admin")
        .attr("response", response);
    assert!(client.run(login).await.traps.is_empty());
}

#[tokio::test]
async fn a_challenge_is_good_for_one_answer() {
    let router = legacy().await;
    let mut client = Client::connect(&router).await;
    let challenge = client.run(Command::new("/login")).await.ret.unwrap();
    let login = |password: &str| {
        let response = challenge_response(password.as_bytes(), &challenge).unwrap();
        Command::new("/login")
            .attr("name", "admin")
            .attr("response", response)
    };
    assert_eq!(client.run(login("wrong")).await.trap(), "cannot log in");
    assert_eq!(client.run(login("password")).await.trap(), "cannot log in");
}

#[tokio::test]
async fn a_new_router_refuses_challenge_responses() {
    let router = router().await;
    let mut client = Client::connect(&router).await;
    let refused = answer_challenge(&mut client, "password").await;
    assert_eq!(refused.trap(), "invalid user name or password (6)");
}

#[tokio::test]
async fn nothing_but_login_is_answered_before_login() {
    let router = router().await;
    let mut client = Client::connect(&router).await;
    client.send(&Command::new("/system/identity/print")).await;
    let fatal = client.next().await.unwrap();
    assert_eq!(fatal.kind(), &ReplyKind::Fatal);
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_flood_before_login_is_cut_off() {
    let router = router().await;
    let mut client = Client::connect(&router).await;
    client
        .send(&Command::new("/login").attr("name", "x".repeat(70_000)))
        .await;
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn bytes_that_are_not_the_api_are_cut_off() {
    use tokio::io::AsyncWriteExt;
    let router = router().await;
    let mut client = Client::connect(&router).await;
    client.stream.write_all(&[0xFF, 0x00, 0x01]).await.unwrap();
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn sessions_beyond_the_limit_are_closed() {
    let config = SimConfig {
        max_sessions: 2,
        ..SimConfig::new("small")
    };
    let router = Simulator::start(config).await.unwrap();
    let _first = Client::login(&router).await;
    let _second = Client::login(&router).await;
    let mut third = Client::connect(&router).await;
    assert!(third.is_closed().await);
}

#[tokio::test]
async fn an_account_without_the_api_policy_cannot_log_in() {
    let users = vec![SimUser::new("reader", "pw", &["read"])];
    let router = Simulator::start(SimConfig {
        users,
        ..SimConfig::new("strict")
    })
    .await
    .unwrap();
    let mut client = Client::connect(&router).await;
    let login = Command::new("/login")
        .attr("name", "reader")
        .attr("password", "pw");
    assert_eq!(
        client.run(login).await.trap(),
        "invalid user name or password (6)"
    );
}

#[tokio::test]
async fn policies_decide_what_an_account_may_do_and_see() {
    let users = vec![SimUser::new("reader", "pw", &["api", "read"])];
    let router = Simulator::start(SimConfig {
        users,
        ..SimConfig::new("strict")
    })
    .await
    .unwrap();
    router
        .insert("/ppp/secret", &[("name", "siti"), ("password", "geheim")])
        .unwrap();
    let mut client = Client::login_as(&router, "reader", "pw").await;
    let secrets = client.run(Command::new("/ppp/secret/print")).await;
    assert_eq!(secrets.column("name"), ["siti"]);
    assert_eq!(secrets.column("password"), [""]);
    let add = client
        .run(Command::new("/ppp/secret/add").attr("name", "x"))
        .await;
    assert_eq!(add.trap(), "not enough permissions (9)");

    router
        .update(
            "/user/group",
            "reader-group",
            &[("policy", "api,read,write")],
        )
        .unwrap();
    let add = client
        .run(Command::new("/ppp/secret/add").attr("name", "x"))
        .await;
    assert!(add.traps.is_empty());
    let account = Command::new("/user/add")
        .attr("name", "y")
        .attr("group", "full");
    assert_eq!(
        client.run(account).await.trap(),
        "not enough permissions (9)"
    );
}

#[tokio::test]
async fn newer_routers_show_passwords_only_when_asked() {
    let (router, mut client) = crate::router_of(VersionProfile::V7_21).await;
    router
        .insert("/ppp/secret", &[("name", "siti"), ("password", "geheim")])
        .unwrap();
    let print = Command::new("/ppp/secret/print");
    assert_eq!(client.run(print.clone()).await.column("password"), [""]);
    let shown = client.run(print.attr("show-sensitive", "")).await;
    assert_eq!(shown.column("password"), ["geheim"]);
}

#[tokio::test]
async fn each_version_takes_its_own_ways_to_log_in() {
    use VersionProfile as V;
    // Version, takes name and password, takes the answer of a challenge.
    let table = [
        (V::V6_40, false, true),
        (V::V6_42, false, true),
        (V::V6_43, true, true),
        (V::V6_49, true, false),
        (V::V7_9, true, false),
        (V::V7_16, true, false),
        (V::V7_18, true, false),
        (V::V7_21, true, false),
    ];
    assert_eq!(table.map(|(version, ..)| version), V::ALL);
    for (version, plain, challenge) in table {
        let config = SimConfig {
            version,
            ..SimConfig::new("any")
        };
        let router = Simulator::start(config).await.unwrap();
        let mut client = Client::connect(&router).await;
        let passed = answer_challenge(&mut client, "password")
            .await
            .traps
            .is_empty();
        assert_eq!(passed, challenge, "challenge on {version}");
        let mut client = Client::connect(&router).await;
        let login = Command::new("/login")
            .attr("name", "admin")
            .attr("password", "password");
        // A router that wants a challenge answers with one, not with a trap.
        let answer = client.run(login).await;
        assert_eq!(answer.ret.is_none(), plain, "password on {version}");
    }
}

#[tokio::test]
async fn the_service_itself_may_say_how_many_sessions_it_takes() {
    let router = router().await;
    router
        .update("/ip/service", "api", &[("max-sessions", "1")])
        .unwrap();
    let _only = Client::login(&router).await;
    assert!(Client::connect(&router).await.is_closed().await);
    router
        .update("/ip/service", "api", &[("max-sessions", "2")])
        .unwrap();
    Client::login(&router).await;
}
