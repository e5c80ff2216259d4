//! Addresses where no router should be looked for, and ports where something else lives.

use std::time::Duration;

use access::{GatewayErrorKind as Kind, HostRules, RouterGateway, Target};
use routeros_adapter::GatewaySettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::site::{gateway, impatient, target};

/// A service that greets everybody with these bytes and then keeps the connection, or closes it.
pub(crate) async fn stranger(greeting: &'static [u8], closes: bool) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = [0; 64];
            let _heard = stream.read(&mut heard).await;
            let _sent = stream.write_all(greeting).await;
            if !closes {
                kept.push(stream);
            }
        }
    });
    port
}

async fn kind_of(target: &Target, settings: GatewaySettings) -> Kind {
    gateway(settings).inspect(target).await.unwrap_err().kind
}

#[tokio::test]
async fn what_is_no_router_is_recognised() {
    let greetings: [&[u8]; 5] = [
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"\xf8\xff\xff\xff",
        b"\x05hello\x00",
    ];
    for greeting in greetings {
        for closes in [true, false] {
            let port = stranger(greeting, closes).await;
            let start = Instant::now();
            let kind = kind_of(&target("127.0.0.1", port), impatient()).await;
            assert_eq!(kind, Kind::NotRouterOs, "{greeting:?}");
            assert!(start.elapsed() < Duration::from_millis(1_200), "at once");
        }
    }
}

#[tokio::test]
async fn a_silent_port_is_no_router_unless_one_was_known_there() {
    let port = stranger(b"", false).await;
    let unknown = target("127.0.0.1", port);
    assert_eq!(kind_of(&unknown, impatient()).await, Kind::NotRouterOs);
    let known = Target {
        expected_serial: Some("HEX".to_owned()),
        ..unknown
    };
    assert_eq!(kind_of(&known, impatient()).await, Kind::Timeout);
    let port = stranger(b"", true).await;
    assert_eq!(
        kind_of(&target("127.0.0.1", port), impatient()).await,
        Kind::Unreachable
    );
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let err = gateway(impatient())
        .inspect(&target("127.0.0.1", port))
        .await
        .unwrap_err();
    assert_eq!(err.kind, Kind::Unreachable);
    assert_eq!(err.message, format!("127.0.0.1:{port}: connection refused"));
}

#[tokio::test]
async fn forbidden_addresses_are_refused_after_names_are_resolved() {
    let strict = GatewaySettings::recommended(HostRules {
        allow_loopback: false,
    });
    for host in [
        "localhost",
        "127.0.0.1",
        "169.254.169.254",
        "::1",
        "0.0.0.0",
        "224.0.0.1",
    ] {
        let err = gateway(strict.clone())
            .inspect(&target(host, 8728))
            .await
            .unwrap_err();
        assert_eq!(err.kind, Kind::BadHost, "{host}: {err}");
    }
    let kind = kind_of(&target("169.254.169.254", 8728), impatient()).await;
    assert_eq!(
        kind,
        Kind::BadHost,
        "the demo may reach itself and nothing more"
    );
    let nowhere = kind_of(&target("no-such-router.invalid", 8728), impatient()).await;
    assert_eq!(nowhere, Kind::Unreachable);
}
