//! Hotspot customers as the benches of routers make them up.

use access::{
    Allowance, Grant, Limits, NewGrant, OpenGrant, RateLimit, Service, ServiceProfile, Subject,
    Terms, secret_owner,
};
use anyhow::{Context, Result};
use crypto_adapter::SystemClock;
use kernel::{Clock, Ids, RouterId, Secret, Vault};

/// What they all are allowed: one device, 3 Mbit/s down and 1 up.
pub(super) fn terms() -> Terms {
    Terms {
        rate: RateLimit::steady(1_000_000, 3_000_000),
        pool: None,
        local_address: None,
        address_list: None,
        shared_users: 1,
        session_timeout_s: None,
        idle_timeout_s: None,
    }
}

/// The profile with those terms.
pub(super) fn profile(ids: &dyn Ids) -> Result<ServiceProfile> {
    Ok(ServiceProfile::define(
        ids.next(),
        "pass".parse()?,
        Service::Hotspot,
        terms(),
    )?)
}

/// The customer of this number, with the password in the open.
pub(super) fn open(
    ids: &dyn Ids,
    vault: &dyn Vault,
    router: RouterId,
    profile: &ServiceProfile,
    number: u32,
) -> Result<OpenGrant> {
    let id = ids.next();
    let password = Secret::new(format!("password-{number}"));
    let grant = Grant::make(NewGrant {
        id,
        router,
        subject: Subject::Voucher(ids.next()),
        service: Service::Hotspot,
        login: format!("user-{number}").parse().context("a login")?,
        address: None,
        secret: vault.seal(&secret_owner(id), &password),
        profile: profile.id(),
        allowance: Allowance::Active { until: None },
        limits: Limits::NONE,
        access_version: 0,
        at: SystemClock.now(),
    })?;
    Ok(OpenGrant { grant, password })
}
