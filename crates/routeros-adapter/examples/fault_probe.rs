//! Our gateway and one faulty router: what it says, and what its next command gets (`cargo xtask peers --faults`).
//!
//! Usage: `fault_probe FAULT PORT`. The router is a simulator that was started with that fault and three PPP secrets,
//! seed-1 to seed-3. Prints one line of JSON, as xtask/peers/faults.py does for other people's libraries.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use access::testing::{numbered, sample_grant, sample_profile};
use access::{
    Action, Attribute, Change, Edit, GatewayError, GatewayErrorKind as Kind, HostRules,
    LoginMethod, Mark, Menu, OpenGrant, Priority, Reach, RouterGateway as _, RowId, Selection,
    Service, Subject, Target, Transport, desired, diff,
};
use kernel::testing::SeededRandomness;
use kernel::{RouterId, Secret, Timestamp};
use routeros_adapter::{GatewaySettings, RouterOsGateway};
use tokio::time::{Instant, sleep};

/// What an answer is worth, and words about it.
type Finding = (&'static str, String);

const SEEDED: [&str; 3] = ["seed-1", "seed-2", "seed-3"];

/// As patient as the libraries it is compared with are by default.
const PATIENCE: Duration = Duration::from_secs(10);

/// For how long the next command is tried again while it gets an error.
const PERSISTENCE: Duration = Duration::from_secs(4);

/// How long to wait after a late answer was given up, until it has come.
const LATE: Duration = Duration::from_secs(8);

struct Probe {
    gateway: RouterOsGateway,
    target: Target,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let fault = arguments.next().ok_or("which fault?")?;
    let port = arguments.next().ok_or("which port?")?.parse()?;
    let probe = Probe::new(port)?;
    // A connection in use: two commands have been answered.
    let operation = match probe.next_command().await {
        ("right", _) => probe.operation(&fault).await,
        failed => failed,
    };
    if fault == "late" {
        sleep(LATE).await;
    }
    let next = probe.persist().await;
    let text = |(worth, words): Finding| format!("[{worth:?}, {words:?}]");
    writeln!(
        std::io::stdout(),
        "{{\"operation\": {}, \"next\": {}}}",
        text(operation),
        text(next)
    )?;
    Ok(())
}

impl Probe {
    fn new(port: u16) -> Result<Self, Box<dyn std::error::Error>> {
        let rules = HostRules {
            allow_loopback: true,
        };
        let settings = GatewaySettings {
            command_timeout: PATIENCE,
            table_timeout: PATIENCE,
            ..GatewaySettings::recommended(rules)
        };
        Ok(Self {
            gateway: RouterOsGateway::new(settings, Arc::new(SeededRandomness::from(7))),
            target: Target {
                router: router(),
                host: rules.parse("127.0.0.1")?,
                port,
                transport: Transport::Plain,
                method: LoginMethod::Plain,
                username: "admin".to_owned(),
                password: Secret::new("password"),
                expected_serial: None,
                priority: Priority::Normal,
            },
        })
    }

    async fn operation(&self, fault: &str) -> Finding {
        match fault {
            "cut-after-apply" => self.write().await,
            "empty" => self.nothing().await,
            "extra-trap-attribute" => self.refused().await,
            _ => self.read().await,
        }
    }

    /// Every secret, or an error.
    async fn read(&self) -> Finding {
        let all = Selection::All;
        let actual = match self.gateway.read(&self.target, &all).await {
            Ok(actual) => actual,
            Err(err) => return honest(&err),
        };
        let rows = actual.rows(Menu::PppSecret);
        let names: Vec<&str> = rows.iter().map(|it| it.name.as_str()).collect();
        if names != SEEDED {
            return ("wrong", format!("rows {names:?}"));
        }
        let foreign = rows.iter().find(|it| !it.comment.is_empty());
        let foreign =
            foreign.map(|it| format!("comment read as {}, never written back", it.comment));
        ("right", foreign.unwrap_or_default())
    }

    /// A customer's login, added once whatever happens.
    async fn write(&self) -> Finding {
        let changes = match additions() {
            Ok(changes) => changes,
            Err(words) => return ("wrong", words),
        };
        let results = self.gateway.apply(&self.target, &changes).await;
        if let Some(err) = results.into_iter().find_map(Result::err) {
            return honest(&err);
        }
        let actual = match self.gateway.read(&self.target, &Selection::All).await {
            Ok(actual) => actual,
            Err(err) => return honest(&err),
        };
        let here = actual.rows(Menu::PppSecret).iter();
        match here.filter(|it| it.name == "probe").count() {
            1 => ("right", "found its own row again, added once".to_owned()),
            count => ("wrong", format!("{count} rows after one add")),
        }
    }

    /// Reads with nothing in them, and a change.
    async fn nothing(&self) -> Finding {
        let found = self.gateway.sessions(&self.target).await;
        match found {
            Ok(found) if found.is_empty() => self.write().await,
            Ok(found) => ("wrong", format!("{} sessions", found.len())),
            Err(err) => honest(&err),
        }
    }

    async fn refused(&self) -> Finding {
        let edit = Edit::Set {
            attribute: Attribute::Disabled,
            to: Some("yes".to_owned()),
            was: None,
        };
        let change = Change {
            menu: Menu::PppSecret,
            name: "probe".to_owned(),
            action: Action::Update {
                id: RowId::new("*FFFF"),
                edits: vec![edit],
            },
            grant: None,
            cuts: false,
        };
        let results = self.gateway.apply(&self.target, &[change]).await;
        match results.first() {
            Some(Err(err)) if err.kind == Kind::NotFound => ("right", err.to_string()),
            Some(Err(err)) => ("wrong", err.to_string()),
            Some(Ok(())) | None => ("wrong", "a refused change passed for done".to_owned()),
        }
    }

    /// The next command, tried for a few seconds: a client may mend itself.
    async fn persist(&self) -> Finding {
        let until = Instant::now() + PERSISTENCE;
        loop {
            let next = self.next_command().await;
            if next.0 != "error" || Instant::now() > until {
                return next;
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// Something else, on the same gateway.
    async fn next_command(&self) -> Finding {
        match self.gateway.sessions(&self.target).await {
            Ok(sessions) if sessions.is_empty() => ("right", String::new()),
            Ok(sessions) => ("wrong", format!("the next command got {sessions:?}")),
            Err(err) => honest(&err),
        }
    }
}

fn honest(err: &GatewayError) -> Finding {
    ("error", format!("{:?}: {err}", err.kind))
}

fn router() -> RouterId {
    numbered(7)
}

/// What adds one login and its profile to a router without any.
fn additions() -> Result<Vec<Change>, String> {
    let start = Timestamp::from_micros(1_800_000_000_000_000).ok_or("the time does not fit")?;
    let profile =
        sample_profile(numbered(5), "probe", Service::Pppoe).map_err(|it| it.to_string())?;
    let (id, subject) = (numbered(9), Subject::Voucher(numbered(8)));
    let grant = sample_grant(id, router(), subject, &profile, "probe", start);
    let grant = OpenGrant {
        grant: grant.map_err(|it| it.to_string())?,
        password: Secret::new("pw"),
    };
    let wanted = desired(&Mark::of(router()), &[profile], &[grant], start);
    let wanted = wanted.map_err(|it| it.to_string())?;
    Ok(diff(&wanted, &access::Actual::default(), Reach::Whole).changes)
}
