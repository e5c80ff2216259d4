//! Ordinary profiles, routers and grants, for tests that care about something else.

use kernel::testing::{CountingIds, OpenVault};
use kernel::{BadText, GrantId, Id, Ids, ProfileId, RouterId, Secret, Timestamp, Vault};

use crate::grant::{Allowance, Grant, Limits, NewGrant, Subject, secret_owner};
use crate::login::Service;
use crate::profile::{ServiceProfile, Terms};
use crate::rate_limit::RateLimit;
use crate::router::{Endpoint, LoginMethod, Router, RouterFacts};
use crate::transport::Transport;
use crate::use_cases::router_task::password_owner;

type Sample<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The id made from a number: greater numbers make later ids, at least below 2^48.
#[must_use]
pub fn numbered<K>(number: u64) -> Id<K> {
    let ids = CountingIds::from(number);
    let ids: &dyn Ids = &ids;
    ids.next()
}

/// 5 Mbit/s up, 20 Mbit/s down, nothing else.
#[must_use]
pub const fn sample_terms() -> Terms {
    Terms {
        rate: RateLimit::steady(5_000_000, 20_000_000),
        pool: None,
        local_address: None,
        address_list: None,
        shared_users: 1,
        session_timeout_s: None,
        idle_timeout_s: None,
    }
}

/// A profile with [`sample_terms`].
///
/// # Errors
/// If the name is no slug.
pub fn sample_profile(id: ProfileId, name: &str, service: Service) -> Sample<ServiceProfile> {
    let name = name.parse().map_err(|err: BadText| err.to_string())?;
    Ok(ServiceProfile::define(id, name, service, sample_terms())?)
}

/// What a router says about itself; the serial is made from the id.
#[must_use]
pub fn sample_facts(id: RouterId) -> RouterFacts {
    RouterFacts {
        identity: "tower-7".to_owned(),
        serial: Some(id.to_string()),
        version: "7.18.2 (stable)".to_owned(),
        board: "CHR".to_owned(),
        uptime_s: 3_600,
    }
}

/// A router at `10.0.0.1`, its name made from its id, its password `api-password` sealed by [`OpenVault`].
///
/// # Errors
/// Never with the texts used here.
pub fn sample_router(id: RouterId) -> Sample<Router> {
    let name = format!("tower {id}")
        .parse()
        .map_err(|err: BadText| err.to_string())?;
    let endpoint = Endpoint {
        host: "10.0.0.1".parse()?,
        port: 8728,
        transport: Transport::Plain,
        method: LoginMethod::Plain,
        username: "billing".parse()?,
        password: OpenVault.seal(&password_owner(id), &Secret::new("api-password")),
    };
    Ok(Router::enrol(id, name, endpoint, sample_facts(id)))
}

/// An active grant for a login, its password `password-of-<login>` sealed by [`OpenVault`].
///
/// # Errors
/// If the login is none.
pub fn sample_grant(
    id: GrantId,
    router: RouterId,
    subject: Subject,
    profile: &ServiceProfile,
    login: &str,
    at: Timestamp,
) -> Sample<Grant> {
    let secret = Secret::new(format!("password-of-{login}"));
    Ok(Grant::make(NewGrant {
        id,
        router,
        subject,
        service: profile.service(),
        login: login.parse()?,
        address: None,
        secret: OpenVault.seal(&secret_owner(id), &secret),
        profile: profile.id(),
        allowance: Allowance::Active { until: None },
        limits: Limits::NONE,
        access_version: 0,
        at,
    })?)
}
