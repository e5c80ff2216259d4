//! One simulated router behind a gateway.

use std::sync::Arc;
use std::time::Duration;

use access::testing::{Bench, numbered, sample_grant, sample_profile};
use access::{
    Action, Actual, Attribute, Change, Edit, GatewayError, Host, HostRules, LoginMethod, LoginRef,
    Mark, Menu, OpenGrant, Plan, Reach, RouterGateway, Selection, Service, Subject, Target,
    Transport, desired, diff,
};
use kernel::testing::SeededRandomness;
use kernel::{RouterId, Secret, Timestamp};
use routeros_adapter::{BreakerSettings, GatewaySettings, RouterOsGateway};
use routeros_sim::{SimConfig, Simulator};
use tokio::time::Instant;

pub(crate) const DEMO: HostRules = HostRules {
    allow_loopback: true,
};

pub(crate) struct Site {
    pub(crate) router: Simulator,
    pub(crate) gateway: RouterOsGateway,
}

/// Recommended settings, made impatient so that tests are short.
pub(crate) fn impatient() -> GatewaySettings {
    GatewaySettings {
        write_gap: None,
        limiter: None,
        breaker: Some(BreakerSettings {
            threshold: 5,
            open_for: Duration::from_millis(50),
        }),
        connect_timeout: Duration::from_secs(2),
        login_timeout: Duration::from_millis(1_500),
        command_timeout: Duration::from_secs(2),
        table_timeout: Duration::from_secs(4),
        cancel_grace: Duration::from_millis(500),
        backoff_base: Duration::from_millis(1),
        backoff_cap: Duration::from_millis(20),
        refusal_pause: Duration::from_millis(50),
        ..GatewaySettings::recommended(DEMO)
    }
}

pub(crate) fn gateway(settings: GatewaySettings) -> RouterOsGateway {
    RouterOsGateway::new(settings, Arc::new(SeededRandomness::from(7)))
}

pub(crate) fn router_id() -> RouterId {
    numbered(7)
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(SimConfig::new("tower-7"), impatient()).await
    }

    pub(crate) async fn with(config: SimConfig, settings: GatewaySettings) -> Self {
        let config = SimConfig {
            assigns_missing_addresses: true,
            ..config
        };
        let router = Simulator::start(config).await.unwrap();
        Self {
            router,
            gateway: gateway(settings),
        }
    }

    pub(crate) fn at(&self) -> Target {
        target("127.0.0.1", self.router.addr().port())
    }

    pub(crate) async fn read(&self) -> Result<Actual, GatewayError> {
        self.gateway.read(&self.at(), &Selection::All).await
    }

    pub(crate) async fn apply(&self, changes: &[Change]) -> Vec<Result<(), GatewayError>> {
        self.gateway.apply(&self.at(), changes).await
    }

    /// Reads until the router answers.
    pub(crate) async fn read_when_back(&self) -> Actual {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            match self.read().await {
                Ok(actual) => return actual,
                Err(err) => assert!(Instant::now() < patience, "still away: {err:?}"),
            }
        }
    }

    pub(crate) fn users(&self) -> usize {
        self.router
            .rows("/ip/hotspot/user")
            .iter()
            .filter(|it| it.contains_key("comment"))
            .count()
    }
}

pub(crate) fn target(host: &str, port: u16) -> Target {
    Target {
        router: router_id(),
        host: host.parse::<Host>().unwrap(),
        port,
        transport: Transport::Plain,
        method: LoginMethod::Plain,
        username: "admin".to_owned(),
        password: Secret::new("password"),
        expected_serial: None,
        priority: access::Priority::Normal,
    }
}

/// What makes `count` hotspot users, and their profile, out of what the router holds.
pub(crate) fn users_plan(count: u64, actual: &Actual) -> Plan {
    let start = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
    let spot = sample_profile(numbered(5), "spot", Service::Hotspot).unwrap();
    let open = |it: u64| {
        let (id, subject) = (numbered(1_000 + it), Subject::Voucher(numbered(it)));
        let login = format!("u{it:05}");
        let grant = sample_grant(id, router_id(), subject, &spot, &login, start).unwrap();
        OpenGrant {
            grant,
            password: Secret::new(format!("p{it}")),
        }
    };
    let grants: Vec<OpenGrant> = (0..count).map(open).collect();
    let want = desired(
        &Mark::of(router_id()),
        std::slice::from_ref(&spot),
        &grants,
        start,
    );
    diff(&want.unwrap(), actual, Reach::Whole)
}

/// Disables a user.
pub(crate) fn disable(actual: &Actual, name: &str) -> Change {
    let row = actual
        .rows(Menu::HotspotUser)
        .iter()
        .find(|it| it.name == name)
        .unwrap();
    let yes = Some("yes".to_owned());
    let edits = vec![Edit::Set {
        attribute: Attribute::Disabled,
        to: yes,
        was: None,
    }];
    Change {
        menu: Menu::HotspotUser,
        name: name.to_owned(),
        action: Action::Update {
            id: row.id.clone(),
            edits,
        },
        grant: None,
        cuts: false,
    }
}

impl Bench for Site {
    fn gateway(&self) -> &dyn RouterGateway {
        &self.gateway
    }

    fn target(&self) -> Target {
        self.at()
    }

    fn insert_by_hand(&self, login: &LoginRef, comment: &str) {
        let menu = Menu::logins_of(login.service).path();
        let attributes = [("name", login.name.as_str()), ("comment", comment)];
        self.router.insert(menu, &attributes).unwrap();
    }

    fn dial(&self, login: &LoginRef, password: &str) -> bool {
        let mac = "AA:BB:CC:00:00:01";
        let number = login.name.bytes().map(u32::from).sum::<u32>();
        let own = format!(
            "AA:BB:CC:00:{:02X}:{:02X}",
            number / 256 % 256,
            number % 256
        );
        match login.service {
            Service::Pppoe => self.router.ppp_dial(&login.name, password, mac).is_ok(),
            Service::Hotspot => self
                .router
                .hotspot_login(&login.name, password, &own)
                .is_ok(),
            // Nobody logs in there.
            Service::StaticIp | Service::DhcpLease | Service::MacBypass => false,
        }
    }

    fn use_up(&self, login: &LoginRef, up: u64, down: u64) {
        self.router.add_traffic(&login.name, up, down);
    }

    fn hang_up(&self, login: &LoginRef) {
        match login.service {
            Service::Pppoe => self.router.ppp_hangup(&login.name),
            Service::Hotspot => self.router.hotspot_leave(&login.name),
            Service::StaticIp | Service::DhcpLease | Service::MacBypass => 0,
        };
    }
}
