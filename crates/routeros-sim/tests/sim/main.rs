//! The simulator over its real socket, and the people who use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod client;
mod control;
mod faults;
mod hotspot;
mod leases;
mod logins;
mod menus;
mod passing;
mod ppp;
mod refusals;
mod scale;
mod state;
mod system;
mod tables;
mod tls;
mod traces;
mod wire;

use routeros_sim::{SimConfig, Simulator, VersionProfile};

use client::Client;

/// A router with the usual rows.
async fn router() -> Simulator {
    Simulator::start(SimConfig::new("tower-1")).await.unwrap()
}

/// A router of this version, and a client that is logged in.
async fn router_of(version: VersionProfile) -> (Simulator, Client) {
    let router = Simulator::start(SimConfig {
        version,
        ..SimConfig::new("tower-1")
    })
    .await
    .unwrap();
    let client = Client::login(&router).await;
    (router, client)
}

/// A router and a client that is logged in.
async fn connected() -> (Simulator, Client) {
    router_of(VersionProfile::V7_18).await
}

/// A router with a PPP and a hotspot plan, one customer each.
async fn isp() -> Simulator {
    let router = router().await;
    let gold = [
        ("name", "gold"),
        ("rate-limit", "5M/20M"),
        ("remote-address", "pppoe-pool"),
    ];
    router.insert("/ppp/profile", &gold).unwrap();
    let siti = [("name", "siti"), ("password", "pw"), ("profile", "gold")];
    router.insert("/ppp/secret", &siti).unwrap();
    let day = [
        ("name", "day"),
        ("rate-limit", "2M/4M"),
        ("session-timeout", "12h"),
    ];
    router.insert("/ip/hotspot/user/profile", &day).unwrap();
    let code = [("name", "CODE1"), ("password", "CODE1"), ("profile", "day")];
    router.insert("/ip/hotspot/user", &code).unwrap();
    router
}
