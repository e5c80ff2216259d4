//! Simulated customers: their devices dial in whenever the router lets them, as real ones would.

use std::time::Duration;

use routeros_sim::Simulator;

use super::routers::DemoRouters;

/// How often a device that is offline tries again.
const REDIAL: Duration = Duration::from_secs(5);
/// Hotspot guests at once on each router.
const GUESTS: usize = 6;

/// Lets the customers of both routers live until the future is dropped.
pub async fn live_in(routers: &DemoRouters) {
    let mut ticks = tokio::time::interval(REDIAL);
    loop {
        ticks.tick().await;
        for router in &routers.routers {
            dial(router);
            browse(router);
        }
    }
}

/// Every enabled PPPoE customer who is offline dials in.
fn dial(router: &Simulator) {
    let online: Vec<_> = router
        .rows("/ppp/active")
        .into_iter()
        .filter_map(|mut it| it.remove("name"))
        .collect();
    for (place, secret) in router.rows("/ppp/secret").into_iter().enumerate() {
        let (Some(name), Some(password)) = (secret.get("name"), secret.get("password")) else {
            continue;
        };
        let disabled = secret
            .get("disabled")
            .is_some_and(|it| it == "true" || it == "yes");
        if disabled || online.contains(name) {
            continue;
        }
        let device = format!("02:00:00:00:{:02X}:{:02X}", place / 256, place % 256);
        // A refusal is the router's business: it is in its log, and the device tries again.
        let _ = router.ppp_dial(name, password, &device);
    }
}

/// A few guests hold vouchers and log in on the portal.
fn browse(router: &Simulator) {
    let online = router.rows("/ip/hotspot/active").len();
    let users = router.rows("/ip/hotspot/user");
    let guests = users
        .iter()
        .filter(|it| it.get("comment").is_some_and(|text| text.contains("[wb:")));
    for (place, user) in guests.take(GUESTS).enumerate().skip(online) {
        let (Some(name), Some(password)) = (user.get("name"), user.get("password")) else {
            continue;
        };
        let device = format!("02:00:00:01:00:{place:02X}");
        let _ = router.hotspot_login(name, password, &device);
    }
}
