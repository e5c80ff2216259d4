//! What a router has, as read for an import: rows with their bytes, whoever made them.

use kernel::Secret;

use super::raw::Raw;
use crate::login::Service;
use crate::rate_limit::RateLimit;
use crate::row::RowId;

/// How many rows of one menu a survey takes at most; a router that has more is refused, not cut short.
pub const MAX_SURVEY_ROWS: usize = 100_000;

/// Everything an import may be made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// The IANA zone of the router's clock, if it names one.
    pub zone: Option<String>,
    /// Profiles of either service.
    pub profiles: Vec<SurveyedProfile>,
    /// PPP secrets and hotspot users.
    pub logins: Vec<SurveyedLogin>,
    /// Simple queues that somebody made.
    pub queues: Vec<SurveyedQueue>,
    /// DHCP leases that somebody made static.
    pub leases: Vec<SurveyedLease>,
    /// Scripts that are Mikhmon's sales: their comment is `mikhmon`.
    pub sales: Vec<SurveyedScript>,
    /// Menus that could not be read, and why; what they hold is unknown, not nothing.
    pub unread: Vec<UnreadMenu>,
}

/// A menu the router did not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadMenu {
    /// Its path.
    pub menu: &'static str,
    /// Why, in words.
    pub reason: String,
}

/// The speed of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SurveyedRate {
    /// None is set: as fast as the line.
    Unlimited,
    /// One the product can express.
    Known(RateLimit),
    /// One it cannot: the router's own words.
    Other(String),
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedProfile {
    /// Whose logins it is for.
    pub service: Service,
    /// The row's own name on the router.
    pub row: RowId,
    /// Its name.
    pub name: Raw,
    /// Its speed.
    pub rate: SurveyedRate,
    /// The pool of addresses, or for PPP also an address.
    pub pool: Option<String>,
    /// The list that addresses of connected customers are put on.
    pub address_list: Option<String>,
    /// The router's end of a PPP line: an address or a pool.
    pub local_address: Option<String>,
    /// Devices per login, a number or `unlimited`; hotspot only.
    pub shared_users: Option<String>,
    /// Seconds, if sessions end after a time.
    pub session_timeout_s: Option<u64>,
    /// Seconds, if silent sessions end.
    pub idle_timeout_s: Option<u64>,
    /// The script that runs when somebody logs in.
    pub on_login: Raw,
}

/// What a router says about a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SurveyedPassword {
    /// It shows it.
    Shown(Secret),
    /// It shows passwords, and this row has none.
    Empty,
    /// It hides it: the account lacks the policy `sensitive`, or RouterOS is 7.21 or later.
    Hidden,
    /// It is not UTF-8 text.
    NotText,
}

/// A PPP secret or a hotspot user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedLogin {
    /// Which of the two.
    pub service: Service,
    /// The row's own name on the router.
    pub row: RowId,
    /// The login.
    pub name: Raw,
    /// The profile; absent on the router for `default`.
    pub profile: Raw,
    /// The hotspot server it is bound to; `None` for all.
    pub server: Option<Raw>,
    /// The PPP service it is bound to; `None` for any, and for hotspot users.
    pub ppp_service: Option<String>,
    /// The password.
    pub password: SurveyedPassword,
    /// The comment.
    pub comment: Raw,
    /// Whether the router refuses it.
    pub is_disabled: bool,
    /// Whether the router made it itself.
    pub is_dynamic: bool,
    /// Seconds of connected time in all; `None` for no limit.
    pub limit_uptime_s: Option<u64>,
    /// Bytes in both directions in all; `None` for no limit.
    pub limit_bytes: Option<u64>,
    /// Seconds connected so far, over all sessions that have ended.
    pub uptime_s: u64,
    /// Bytes in both directions so far.
    pub bytes: u64,
}

/// A simple queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedQueue {
    /// The row's own name on the router.
    pub row: RowId,
    /// Its name.
    pub name: Raw,
    /// Whom it slows: addresses or interfaces.
    pub target: String,
    /// Upload and download in bits per second, as the router prints them.
    pub max_limit: String,
    /// The same with its burst; 0 in one direction for no limit in it.
    pub rate: SurveyedRate,
    /// The queue it hangs below, if there is one.
    pub parent: Option<String>,
    /// Whether it concerns a part of the traffic only: a destination, marked packets, some hours of the day.
    pub is_narrow: bool,
    /// Whether it limits nobody at present.
    pub is_disabled: bool,
    /// The comment.
    pub comment: Raw,
}

/// A static DHCP lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedLease {
    /// The row's own name on the router.
    pub row: RowId,
    /// The address.
    pub address: String,
    /// The device.
    pub device: String,
    /// The DHCP server; empty for all.
    pub server: String,
    /// The speed of its device; 0 in one direction for no limit in it.
    pub rate: SurveyedRate,
    /// The address lists its device is put on, separated by commas; empty for none.
    pub address_lists: String,
    /// Whether its device is kept out.
    pub is_blocked: bool,
    /// Whether it is not used at present.
    pub is_disabled: bool,
    /// The comment.
    pub comment: Raw,
}

/// A script of the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedScript {
    /// The row's own name on the router.
    pub row: RowId,
    /// Its name.
    pub name: Raw,
}

impl SurveyedLogin {
    /// Whether it was ever used, as far as the counters tell.
    #[must_use]
    pub const fn was_used(&self) -> bool {
        self.uptime_s > 0 || self.bytes > 0
    }

    /// Its profile's name on the router.
    #[must_use]
    pub fn profile_name(&self) -> Raw {
        if self.profile.is_empty() {
            return Raw::from("default");
        }
        self.profile.clone()
    }

    /// Everything an import depends on, in one text: if it is the same later, nothing has changed. Counters only
    /// count as used or not. Holds the password, so it is only ever stored as a keyed digest.
    #[must_use]
    pub fn fingerprint(&self) -> Secret {
        let password = match &self.password {
            SurveyedPassword::Shown(secret) => secret.expose(),
            SurveyedPassword::Empty => "\u{1}",
            SurveyedPassword::Hidden => "\u{2}",
            SurveyedPassword::NotText => "\u{3}",
        };
        let parts = (&self.name, &self.profile, &self.server, &self.comment);
        Secret::new(format!(
            "{:?} {parts:?} {:?} {password:?} {} {} {:?} {:?} {}",
            self.service,
            self.ppp_service,
            self.is_disabled,
            self.is_dynamic,
            self.limit_uptime_s,
            self.limit_bytes,
            self.was_used(),
        ))
    }
}
