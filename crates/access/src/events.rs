//! What happened to profiles, routers and grants, as facts without secrets.

use kernel::{
    AccessSessionId, DomainEvent, GrantId, NewEvent, ProfileId, RouterId, StoreError, Timestamp,
};
use serde::Serialize;

use crate::grant::{Allowance, Subject};
use crate::login::Service;
use crate::ports::Confirmation;
use crate::router::DriftCounts;
use crate::transport::Fingerprint;
use crate::usage::{LoginChange, TrackedSession};

/// A fact of the access context.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AccessEvent {
    /// A service profile was defined.
    ProfileDefined {
        /// The profile.
        profile: ProfileId,
        /// Its name.
        name: String,
        /// The service it is for.
        service: Service,
    },
    /// What a profile allows was changed.
    ProfileChanged {
        /// The profile.
        profile: ProfileId,
        /// Its new revision.
        revision: u32,
    },
    /// A profile is no longer offered; who has it keeps it.
    ProfileRetired {
        /// The profile.
        profile: ProfileId,
    },
    /// A router was enrolled after it answered.
    RouterEnrolled {
        /// The router.
        router: RouterId,
        /// Its name.
        name: String,
        /// Its serial number, if it has one.
        serial: Option<String>,
        /// Its RouterOS version.
        version: String,
    },
    /// A router's name, address or credentials were changed.
    RouterChanged {
        /// The router.
        router: RouterId,
    },
    /// A router was taken out of service.
    RouterRetired {
        /// The router.
        router: RouterId,
    },
    /// A router that was out of reach answers again.
    RouterOnline {
        /// The router.
        router: RouterId,
        /// How long it was out of reach, in seconds, if it ever was in reach.
        out_s: Option<i64>,
    },
    /// A router stopped answering.
    RouterUnreachable {
        /// The router.
        router: RouterId,
        /// Why, in words.
        reason: String,
    },
    /// A router showed a certificate that nobody has confirmed yet.
    RouterAwaitsConfirmation {
        /// The router.
        router: RouterId,
        /// The certificate.
        seen: Fingerprint,
    },
    /// An operator confirmed a router's certificate.
    RouterTrusted {
        /// The router.
        router: RouterId,
        /// The certificate.
        certificate: Fingerprint,
    },
    /// A router showed another certificate than the confirmed one, and was not talked to.
    RouterCertificateChanged {
        /// The router.
        router: RouterId,
        /// The certificate that was confirmed.
        expected: Fingerprint,
        /// The certificate that was seen.
        seen: Fingerprint,
    },
    /// A router was compared with what it should be, and differed.
    DriftFound {
        /// The router.
        router: RouterId,
        /// By how much.
        drift: DriftCounts,
        /// Whether the differences were mended (`false` for a dry run).
        mended: bool,
    },
    /// Somebody's sessions were ended by an operator.
    LoginCut {
        /// The router.
        router: RouterId,
        /// The service.
        service: Service,
        /// How many sessions ended.
        removed: u64,
    },
    /// A router's pools or walled garden were changed.
    RouterSetupChanged {
        /// The router.
        router: RouterId,
        /// How many pools it has now.
        pools: u64,
        /// How many destinations are open to who has not paid.
        destinations: u64,
    },
    /// An operator left a row, or some of its values, as a hand has made them.
    DriftAccepted {
        /// The router.
        router: RouterId,
        /// The path of the menu.
        menu: &'static str,
        /// The row; of a hotspot login only the first two characters.
        row: String,
        /// The attributes that stay as they are; none if the whole row does.
        attributes: Vec<&'static str>,
    },
    /// An operator took a row back.
    DriftRestored {
        /// The router.
        router: RouterId,
        /// The path of the menu.
        menu: &'static str,
        /// The row; of a hotspot login only the first two characters.
        row: String,
    },
    /// A router has started anew since it was last compared: sessions and passing rows are gone.
    RouterRebooted {
        /// The router.
        router: RouterId,
        /// How long it has been up, in seconds.
        uptime_s: u64,
    },
    /// Customers are online still after everything was done to end that. Raised once for each of them.
    CutFailed {
        /// The router.
        router: RouterId,
        /// Who.
        grants: Vec<GrantId>,
    },
    /// Customers who were online still are gone at last.
    CutSettled {
        /// The router.
        router: RouterId,
        /// Who.
        grants: Vec<GrantId>,
    },
    /// An operator had a command of their own executed. What it said beyond names is nobody's business.
    RouterCommandExecuted {
        /// The router.
        router: RouterId,
        /// The command's path.
        command: String,
        /// The names of its arguments; never their values.
        arguments: Vec<String>,
        /// `done`, or the word of the error.
        outcome: &'static str,
    },
    /// Vouchers' grants were brought to a router: one fact for all of them.
    GrantsApplied {
        /// The router.
        router: RouterId,
        /// How many.
        count: u64,
    },
    /// A subject may log in on a router.
    Granted {
        /// The grant.
        grant: GrantId,
        /// The router.
        router: RouterId,
        /// Who it is for.
        subject: Subject,
        /// The service.
        service: Service,
        /// The profile.
        profile: ProfileId,
    },
    /// Many subjects may log in on a router: one fact for all of them.
    ManyGranted {
        /// The router.
        router: RouterId,
        /// How many.
        count: u64,
    },
    /// Many grants on a router have ended for good: one fact for all of them.
    ManyEnded {
        /// The router.
        router: RouterId,
        /// How many.
        count: u64,
    },
    /// What a grant allows was changed.
    AllowanceChanged {
        /// The grant.
        grant: GrantId,
        /// What it allows now.
        allowance: Allowance,
        /// The desired version that was followed.
        version: u64,
    },
    /// A grant was moved to another profile.
    ProfileMoved {
        /// The grant.
        grant: GrantId,
        /// The new profile.
        profile: ProfileId,
        /// The desired version that was followed.
        version: u64,
    },
    /// A grant's password was changed.
    SecretChanged {
        /// The grant.
        grant: GrantId,
    },
    /// A grant has ended for good.
    GrantEnded {
        /// The grant.
        grant: GrantId,
    },
    /// Sessions on a router were found to have begun.
    SessionsStarted {
        /// The router.
        router: RouterId,
        /// Which ones, up to a few hundred.
        sessions: Vec<SessionRef>,
    },
    /// Sessions on a router were found to have ended.
    SessionsEnded {
        /// The router.
        router: RouterId,
        /// Which ones, up to a few hundred.
        sessions: Vec<SessionRef>,
    },
    /// A grant reached its router.
    GrantApplied {
        /// The grant.
        grant: GrantId,
        /// The revision that is on the router now.
        revision: u32,
        /// When the router had it.
        at: Timestamp,
    },
}

/// A session, and whose it is. No login: a voucher's is its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SessionRef {
    /// The session.
    pub session: AccessSessionId,
    /// The grant it runs or ran on.
    pub grant: GrantId,
}

impl DomainEvent for AccessEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::ProfileDefined { .. } => "access.profile_defined",
            Self::ProfileChanged { .. } => "access.profile_changed",
            Self::ProfileRetired { .. } => "access.profile_retired",
            Self::RouterEnrolled { .. } => "access.router_enrolled",
            Self::RouterChanged { .. } => "access.router_changed",
            Self::RouterRetired { .. } => "access.router_retired",
            Self::RouterOnline { .. } => "access.router_online",
            Self::RouterUnreachable { .. } => "access.router_unreachable",
            Self::RouterAwaitsConfirmation { .. } => "access.router_awaits_confirmation",
            Self::RouterTrusted { .. } => "access.router_trusted",
            Self::RouterCertificateChanged { .. } => "access.router_certificate_changed",
            Self::DriftFound { .. } => "access.drift_found",
            Self::LoginCut { .. } => "access.login_cut",
            Self::RouterSetupChanged { .. } => "access.router_setup_changed",
            Self::DriftAccepted { .. } => "access.drift_accepted",
            Self::DriftRestored { .. } => "access.drift_restored",
            Self::RouterRebooted { .. } => "access.router_rebooted",
            Self::CutFailed { .. } => "access.cut_failed",
            Self::CutSettled { .. } => "access.cut_settled",
            Self::RouterCommandExecuted { .. } => "access.router_command_executed",
            Self::GrantsApplied { .. } => "access.grants_applied",
            Self::Granted { .. } => "access.granted",
            Self::ManyGranted { .. } => "access.many_granted",
            Self::ManyEnded { .. } => "access.many_ended",
            Self::AllowanceChanged { .. } => "access.allowance_changed",
            Self::ProfileMoved { .. } => "access.profile_moved",
            Self::SecretChanged { .. } => "access.secret_changed",
            Self::GrantEnded { .. } => "access.grant_ended",
            Self::GrantApplied { .. } => "access.grant_applied",
            Self::SessionsStarted { .. } => "access.sessions_started",
            Self::SessionsEnded { .. } => "access.sessions_ended",
        }
    }
}

/// The facts of a bulk confirmation: one for each subscription, because each is somebody's story, and one for all
/// vouchers together.
///
/// # Errors
/// [`StoreError::Corrupt`] if a fact cannot be written as JSON.
pub fn confirmation_events(
    router: RouterId,
    confirmations: &[Confirmation],
    at: Timestamp,
) -> Result<Vec<NewEvent>, StoreError> {
    let mut events = Vec::new();
    let mut count = 0;
    for it in confirmations {
        if matches!(it.subject, Subject::Voucher(_)) {
            count += 1;
            continue;
        }
        let Confirmation {
            grant, revision, ..
        } = *it;
        events.push(NewEvent::of(
            grant,
            &AccessEvent::GrantApplied {
                grant,
                revision,
                at,
            },
        )?);
    }
    if count > 0 {
        events.push(NewEvent::of(
            router,
            &AccessEvent::GrantsApplied { router, count },
        )?);
    }
    Ok(events)
}

/// The fact of a bulk insertion; none if nothing was new.
///
/// # Errors
/// [`StoreError::Corrupt`] if the fact cannot be written as JSON.
pub fn insertion_event(router: RouterId, count: u64) -> Result<Option<NewEvent>, StoreError> {
    if count == 0 {
        return Ok(None);
    }
    NewEvent::of(router, &AccessEvent::ManyGranted { router, count }).map(Some)
}

/// The fact of many endings on one router; none if nothing ended.
///
/// # Errors
/// [`StoreError::Corrupt`] if the fact cannot be written as JSON.
pub fn ending_event(router: RouterId, count: u64) -> Result<Option<NewEvent>, StoreError> {
    if count == 0 {
        return Ok(None);
    }
    NewEvent::of(router, &AccessEvent::ManyEnded { router, count }).map(Some)
}

/// The facts of a page of use: which sessions have begun and which have ended, however many, in two events at most.
///
/// # Errors
/// [`StoreError::Corrupt`] if a fact cannot be written as JSON.
pub fn session_events(
    router: RouterId,
    changes: &[LoginChange],
) -> Result<Vec<NewEvent>, StoreError> {
    let named = |it: &TrackedSession| SessionRef {
        session: it.id,
        grant: it.grant,
    };
    let (mut begun, mut ended) = (Vec::new(), Vec::new());
    for change in changes {
        let is_new = |it: &&TrackedSession| change.begun.contains(&it.id);
        begun.extend(change.sessions.iter().filter(is_new).map(named));
        let is_over = |it: &&TrackedSession| it.end.is_some();
        ended.extend(change.sessions.iter().filter(is_over).map(named));
    }
    let mut events = Vec::new();
    if !begun.is_empty() {
        let sessions = begun;
        let fact = AccessEvent::SessionsStarted { router, sessions };
        events.push(NewEvent::of(router, &fact)?);
    }
    if !ended.is_empty() {
        let sessions = ended;
        let fact = AccessEvent::SessionsEnded { router, sessions };
        events.push(NewEvent::of(router, &fact)?);
    }
    Ok(events)
}
