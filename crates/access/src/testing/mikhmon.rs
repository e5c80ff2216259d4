//! A router as Mikhmon leaves it: both date formats, every kind of user, and what cannot be imported.

use kernel::Secret;

use crate::adoption::{
    Raw, Survey, SurveyedLease, SurveyedLogin, SurveyedPassword, SurveyedProfile, SurveyedQueue,
    SurveyedRate, SurveyedScript,
};
use crate::login::Service;
use crate::rate_limit::RateLimit;
use crate::row::RowId;

/// A profile as fast as 2 Mbit/s up and 8 Mbit/s down.
#[must_use]
pub fn surveyed_profile(
    service: Service,
    row: &str,
    name: &str,
    on_login: &str,
) -> SurveyedProfile {
    SurveyedProfile {
        service,
        row: RowId::new(row),
        name: Raw::from(name),
        rate: SurveyedRate::Known(RateLimit::steady(2_000_000, 8_000_000)),
        pool: None,
        address_list: None,
        local_address: None,
        shared_users: None,
        session_timeout_s: None,
        idle_timeout_s: None,
        on_login: Raw::from(on_login),
    }
}

/// An unused login on a profile, its password `pw-<name>`.
#[must_use]
pub fn surveyed_login(
    service: Service,
    row: &str,
    name: &str,
    profile: &str,
    comment: impl AsRef<[u8]>,
) -> SurveyedLogin {
    SurveyedLogin {
        service,
        row: RowId::new(row),
        name: Raw::from(name),
        profile: Raw::from(profile),
        server: None,
        ppp_service: None,
        password: SurveyedPassword::Shown(Secret::new(format!("pw-{name}"))),
        comment: Raw::new(comment.as_ref()),
        is_disabled: false,
        is_dynamic: false,
        limit_uptime_s: None,
        limit_bytes: None,
        uptime_s: 0,
        bytes: 0,
    }
}

/// The whole router. Its clock is in Jakarta.
#[must_use]
pub fn mikhmon_survey() -> Survey {
    let (spot, line) = (Service::Hotspot, Service::Pppoe);
    let day = r#":put (",remc,3000,1d,5000,,Enable,"); {:local comment [ /ip hotspot user get $user comment]}"#;
    let user = |row, name, comment: &[u8]| surveyed_login(spot, row, name, "1day", comment);
    let logins = vec![
        surveyed_login(line, "*1", "budi", "home", "Budi Santoso"),
        surveyed_login(line, "*2", "wati", "home", b"caf\xe9 Wati"),
        SurveyedLogin {
            is_disabled: true,
            ..surveyed_login(line, "*3", "joko", "home", "")
        },
        user("*10", "ab23", b"vc-123-08.14.26-kiosk"),
        user("*11", "cd45", b"vc-123-08.14.26-kiosk"),
        SurveyedLogin {
            uptime_s: 60,
            ..user("*12", "ef67", b"nov/22/2026 10:00:00")
        },
        SurveyedLogin {
            uptime_s: 90,
            ..user("*13", "gh89", b"2026-11-20 10:00:00")
        },
        SurveyedLogin {
            limit_uptime_s: Some(3_600),
            uptime_s: 3_600,
            ..user("*14", "jk23", b"")
        },
        SurveyedLogin {
            server: Some(Raw::from("hs1")),
            ..user("*15", "mn45", b"up-200-08.15.26-")
        },
        SurveyedLogin {
            is_dynamic: true,
            ..user("*16", "default-trial", b"")
        },
        user("*17", "pq67", b"jan/02/1970 00:10:00"),
        surveyed_login(spot, "*18", "member", "1day", "Pak Harto, monthly"),
    ];
    let sale = "aug/14/2026-|-10:11:12-|-zz99-|-5000-|-10.5.50.9-|-AA:BB:CC:00:00:01-|-1d-|-1day-|-vc-99-08.01.26-x";
    let script = |row, name: &str| SurveyedScript {
        row: RowId::new(row),
        name: Raw::from(name),
    };
    Survey {
        zone: Some("Asia/Jakarta".to_owned()),
        profiles: vec![
            surveyed_profile(line, "*0", "default", ""),
            surveyed_profile(line, "*5", "home", ""),
            surveyed_profile(spot, "*6", "1day", day),
        ],
        logins,
        queues: vec![SurveyedQueue {
            row: RowId::new("*7"),
            name: Raw::from("office"),
            target: "10.0.0.7/32".to_owned(),
            max_limit: "5000000/20000000".to_owned(),
            rate: SurveyedRate::Known(RateLimit::steady(5_000_000, 20_000_000)),
            parent: None,
            is_narrow: false,
            is_disabled: false,
            comment: Raw::default(),
        }],
        leases: vec![SurveyedLease {
            row: RowId::new("*8"),
            address: "10.0.0.8".to_owned(),
            device: "AA:BB:CC:00:00:08".to_owned(),
            server: "dhcp1".to_owned(),
            rate: SurveyedRate::Unlimited,
            address_lists: String::new(),
            is_blocked: false,
            is_disabled: false,
            comment: Raw::default(),
        }],
        sales: vec![
            script("*20", sale),
            script("*21", &sale.replace("aug/14/2026", "2026-08-15")),
            script("*22", "mikhmon-backup"),
        ],
        unread: Vec::new(),
    }
}
