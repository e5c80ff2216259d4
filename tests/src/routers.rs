//! Three simulated routers in the test process.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use routeros_sim::{SimConfig, Simulator};
use serde_json::{Value, json};

/// A row of a router's table.
pub(crate) type Row = BTreeMap<String, String>;

/// Menus in which somebody else has rows too, and the names of those rows.
const FOREIGN: [(&str, &str); 3] = [
    ("/ppp/secret", "made-by-hand"),
    ("/ip/hotspot/user", "front-desk"),
    ("/ppp/profile", "hand-profile"),
];

/// Router A and router B, each with rows that somebody made by hand.
#[derive(Debug, Clone)]
pub struct Routers {
    /// For PPPoE customers in the story.
    pub a: Simulator,
    /// For hotspot customers in the story.
    pub b: Simulator,
    /// One that Mikhmon ran so far, to be taken over.
    pub c: Simulator,
    foreign: Vec<Vec<Row>>,
}

impl Routers {
    /// Starts all three.
    ///
    /// # Errors
    /// When one cannot listen, or refuses the foreign rows.
    pub async fn start() -> Result<Self> {
        let a = Simulator::start(SimConfig::new("tower-a")).await?;
        let b = Simulator::start(SimConfig::new("tower-b")).await?;
        let c = Simulator::start(SimConfig::new("kiosk-c")).await?;
        add_mikhmon_rows(&c).map_err(anyhow::Error::msg)?;
        for router in [&a, &b] {
            add_foreign_rows(router).map_err(anyhow::Error::msg)?;
        }
        let foreign = [&a, &b].map(foreign_rows).into();
        Ok(Self { a, b, c, foreign })
    }

    /// Fails unless the rows that were made by hand are exactly as they were.
    ///
    /// # Errors
    /// When one has changed or is gone.
    pub fn check_foreign_rows(&self) -> Result<()> {
        for (router, before) in [&self.a, &self.b].into_iter().zip(&self.foreign) {
            let now = foreign_rows(router);
            ensure!(
                now == *before,
                "rows made by hand were {before:?} and are {now:?}"
            );
        }
        Ok(())
    }

    /// How a router is enrolled.
    #[must_use]
    pub fn enrolment(name: &str, router: &Simulator) -> Value {
        json!({
            "name": name,
            "host": router.addr().ip().to_string(),
            "port": router.addr().port(),
            "transport": "plain",
            "username": "admin",
            "password": "password",
        })
    }
}

fn add_foreign_rows(router: &Simulator) -> Result<(), String> {
    router.insert(
        "/ppp/profile",
        &[("name", "hand-profile"), ("rate-limit", "1M/1M")],
    )?;
    let secret = [
        ("name", "made-by-hand"),
        ("password", "x"),
        ("comment", "Pak Budi, do not touch"),
    ];
    router.insert("/ppp/secret", &secret)?;
    router.insert(
        "/ip/hotspot/user",
        &[("name", "front-desk"), ("password", "y")],
    )?;
    Ok(())
}

/// Two PPPoE customers, a profile that Mikhmon sells vouchers of, and three of those.
fn add_mikhmon_rows(router: &Simulator) -> Result<(), String> {
    let home = [("name", "home"), ("rate-limit", "5M/20M")];
    router.insert("/ppp/profile", &home)?;
    for (name, words) in [("budi", "Budi Santoso"), ("wati", "Wati, blue roof")] {
        let secret = [
            ("name", name),
            ("password", "pw"),
            ("profile", "home"),
            ("comment", words),
        ];
        router.insert("/ppp/secret", &secret)?;
    }
    let day = [
        ("name", "1day"),
        ("rate-limit", "2M/8M"),
        ("on-login", r#":put (",remc,3000,1d,5000,,Enable,");"#),
    ];
    router.insert("/ip/hotspot/user/profile", &day)?;
    for code in ["ab23", "cd45", "ef67"] {
        let user = [
            ("name", code),
            ("password", code),
            ("profile", "1day"),
            ("comment", "vc-123-08.14.26-kiosk"),
        ];
        router.insert("/ip/hotspot/user", &user)?;
    }
    Ok(())
}

fn foreign_rows(router: &Simulator) -> Vec<Row> {
    let rows = FOREIGN
        .iter()
        .filter_map(|(menu, name)| router.row(menu, "name", name));
    rows.collect()
}
