//! The gateway says nothing that is not in the table that is compared with real routers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use access::{Action, LoginRef, RouterGateway, Selection, Service, Target, UsageScope};
use routeros_adapter::emitted;
use routeros_proto::{Command, Limits, SentenceDecoder};
use routeros_sim::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::site::{Site, disable, users_plan};

type Said = Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>;

/// Listens in on everything that is said to the router; returns the port to speak to.
async fn listen_in(router: std::net::SocketAddr, said: Said) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(relay(client, router, Arc::clone(&said)));
        }
    });
    port
}

async fn relay(client: TcpStream, router: std::net::SocketAddr, said: Said) {
    let router = TcpStream::connect(router).await.unwrap();
    router.set_nodelay(true).unwrap();
    client.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_router, mut to_router) = router.into_split();
    let back = async {
        let _ended = tokio::io::copy(&mut from_router, &mut to_client).await;
        let _ended = to_client.shutdown().await;
    };
    let forth = async {
        let mut decoder = SentenceDecoder::new(Limits::CLIENT);
        let mut buffer = [0_u8; 4_096];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            decoder.feed(&buffer[..count]);
            while let Some(sentence) = decoder.next_sentence().unwrap() {
                let command = Command::parse(&sentence).unwrap();
                let names = command.attributes().iter().map(|(name, _)| name.clone());
                let mut said = said.lock().unwrap();
                said.entry(command.path().to_owned())
                    .or_default()
                    .extend(names);
            }
            if to_router.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
        let _ended = to_router.shutdown().await;
    };
    tokio::join!(back, forth);
}

/// Everything the gateway can do, with mishaps.
async fn a_full_day(site: &Site, at: &Target) {
    let gateway = &site.gateway;
    gateway.inspect(at).await.unwrap();
    gateway.survey(at).await.unwrap();
    let plan = users_plan(3, &gateway.read(at, &Selection::All).await.unwrap());
    assert!(
        gateway
            .apply(at, &plan.changes)
            .await
            .iter()
            .all(Result::is_ok)
    );
    let read = gateway.read(at, &Selection::All).await.unwrap();
    site.router.set_fault(Fault::DropAfterApply(1));
    gateway.apply(at, &[disable(&read, "u00001")]).await;
    site.router
        .hotspot_login("u00000", "p0", "AA:BB:CC:00:00:07")
        .unwrap();
    let logins = [
        LoginRef::new(Service::Hotspot, "u00000"),
        LoginRef::new(Service::Pppoe, "x"),
    ];
    gateway.usage(at, UsageScope::Everything).await.unwrap();
    gateway.cut(at, &logins).await.unwrap();
    site.router
        .set_fault(Fault::StallCommand("/ppp/active/print".to_owned()));
    assert!(gateway.sessions(at).await.is_err());
    site.router.clear_faults();
    gateway.sessions(at).await.unwrap();
    let mut feed = gateway.listen(at).await.unwrap();
    let listens = || {
        let asked = site.router.stats().by_command;
        asked.contains_key("/ip/hotspot/active/listen")
    };
    while !listens() {
        tokio::task::yield_now().await;
    }
    site.router
        .hotspot_login("u00000", "p0", "AA:BB:CC:00:00:08")
        .unwrap();
    feed.changed().await.unwrap();
    let mut plan = users_plan(
        0,
        &gateway
            .read(at, &Selection::Logins(logins.to_vec()))
            .await
            .unwrap(),
    );
    plan.release_held_back();
    assert!(
        plan.changes
            .iter()
            .all(|it| matches!(it.action, Action::Remove { .. }))
    );
    gateway.apply(at, &plan.changes).await;
}

#[tokio::test]
async fn nothing_is_said_that_is_not_in_the_table() {
    let site = Site::new().await;
    let said = Said::default();
    let port = listen_in(site.router.addr(), Arc::clone(&said)).await;
    let at = Target { port, ..site.at() };
    a_full_day(&site, &at).await;
    let table = emitted();
    let said = said.lock().unwrap();
    assert!(said.contains_key("/cancel") && said.contains_key("/ip/hotspot/user/set"));
    assert!(said.contains_key("/ppp/active/listen"));
    for (path, names) in said.iter() {
        let row = table.iter().find(|it| it.path() == *path);
        let row = row.unwrap_or_else(|| panic!("{path} is not in the table of emitted commands"));
        for name in names {
            assert!(
                row.arguments.contains(&name.as_str()),
                "{path} ={name}= is not in the table"
            );
        }
    }
}
