//! What a router should allow, what it does allow, and the difference.
//!
//! Profiles say what is sold, grants say who may log in where, and [`desired`] turns both into the rows a router
//! should hold. [`diff`] compares them with the rows it does hold. All of that is pure: only use cases talk to the
//! store and to routers, through the ports [`AccessStore`] and [`RouterGateway`].
//!
//! ```
//! use access::testing::{MemoryAccess, FakeRouter, numbered, sample_profile, sample_router};
//! use access::{AccessStore, Allowance, GrantAccess, Limits, Menu, Service, Subject, SyncRouter};
//! use kernel::testing::{CountingIds, FixedClock, OpenVault};
//! use kernel::{Scope, Secret, Timestamp};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let (store, gateway) = (MemoryAccess::new(), FakeRouter::new());
//! let ids = CountingIds::from(100);
//! let clock = FixedClock::at(Timestamp::from_micros(0).ok_or("a valid instant")?);
//! let scope = Scope::system(numbered(1), "example", numbered::<kernel::JobKind>(1).uuid());
//!
//! // A router and a profile.
//! let mut tx = store.begin(&scope).await?;
//! tx.routers().save(&mut sample_router(numbered(2))?).await?;
//! tx.profiles().save(&mut sample_profile(numbered(3), "home", Service::Pppoe)?).await?;
//! tx.commit().await?;
//!
//! // A customer's login, brought to the router.
//! let command = GrantAccess {
//!     id: numbered(4),
//!     router: numbered(2),
//!     subject: Subject::Subscription(numbered(5)),
//!     login: "siti".parse()?,
//!     address: None,
//!     secret: Secret::new("open sesame"),
//!     profile: numbered(3),
//!     allowance: Allowance::Active { until: None },
//!     limits: Limits::NONE,
//!     access_version: 1,
//! };
//! access::grant_access(&store, &OpenVault, &ids, &clock, &scope, command).await?;
//! let sync = SyncRouter { router: numbered(2), page: 500 };
//! let report = access::sync_router(&store, &gateway, &OpenVault, &clock, &scope, sync).await?;
//! assert_eq!(report.confirmed, 1);
//! assert!(gateway.row(numbered(2), Menu::PppSecret, "siti").is_some());
//! # Ok(())
//! # }
//! ```

pub mod adoption;
mod capabilities;
mod change;
mod desired;
mod diagnosis;
mod drift_page;
mod drift_rows;
mod events;
mod execution;
mod gateway;
mod grant;
mod host;
mod identity;
mod listening;
mod login;
mod menu;
mod outcome;
mod plan;
mod ports;
mod profile;
mod rate_limit;
mod reachability;
mod router;
mod row;
mod setup;
mod statistics;
mod sync_request;
mod tag;
mod taxonomy;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;
mod usage;
mod use_cases;

pub use capabilities::{Absence, BadVersion, Capabilities, Feature, RouterOsVersion};
pub use change::{Action, Change, Edit, RouterCommand, Value};
pub use desired::{
    ACTIVE_LIST, BLOCKED_LIST, Desired, DesiredRow, OWN_LISTS, OpenGrant, RESTRICTED_LIST,
    RESTRICTED_RATE, Undesirable, desired,
};
pub use diagnosis::{
    Account, ApiService, ClockReading, Connected, DeviceMode, Diagnosis, Encrypted, Expected,
    Finding, Findings, Identity, Licence, Online, Resource, Step, StepName, Verdict, diagnose,
};
pub use drift_rows::{DriftClass, DriftRow, DriftValue, drift_rows};
pub use events::{
    AccessEvent, SessionRef, confirmation_events, ending_event, insertion_event, session_events,
};
pub use execution::{
    BadExecution, Execution, ExecutionAnswer, Freshness, MAX_EXECUTION_ROWS, MAX_EXECUTION_SECONDS,
    NewExecution, is_secret_attribute,
};
pub use gateway::{
    CutReport, GatewayError, GatewayErrorKind, LiveSession, Pulse, RouterGateway, Selection, Target,
};
pub use grant::{
    Allowance, Applied, Grant, GrantRefusal, GrantSnapshot, ImpossibleGrant, Limits, NewGrant,
    STILL_ONLINE, Subject, secret_owner,
};
pub use host::{BadHost, Host, HostRules};
pub use identity::{BadIdentity, Mac, Prefix, canonical_login};
pub use kernel::Priority;
pub use listening::SessionFeed;
pub use login::{BadLogin, BadService, Login, LoginRef, Service};
pub use menu::Menu;
pub use plan::{Conflict, Plan, Reach, RowRef, diff};
pub use ports::{
    AccessQueries, AccessStore, AccessTx, Confirmation, Failure, GRANT_LOGIN_UNIQUE,
    GRANT_SUBJECT_UNIQUE, GrantFilter, GrantRepository, GrantView, NotApplied, PROFILE_NAME_UNIQUE,
    ProfileRepository, ProfileView, ROUTER_NAME_UNIQUE, ROUTER_SERIAL_UNIQUE, RouterRepository,
    RouterView, SetupRepository,
};
pub use profile::{
    AdoptedRow, BadListName, BadProfile, ListName, ProfileStatus, ServiceProfile,
    ServiceProfileSnapshot, Terms,
};
pub use rate_limit::{BadRateLimit, Burst, MAX_BURST_SECONDS, MAX_RATE_BPS, RateLimit};
pub use reachability::{Reachability, ReachabilityChange};
pub use router::{
    ApiUser, BadApiUser, DriftCounts, Endpoint, LoginMethod, Reconciled, Router, RouterFacts,
    RouterRefusal, RouterSnapshot, RouterStatus,
};
pub use row::{Actual, ActualRow, Attribute, RowId};
pub use setup::{
    BadDestination, BadRanges, BadSetup, Destination, Exception, Kept, MAX_EXCEPTIONS,
    MAX_SETUP_ROWS, Pool, Ranges, RouterSetup, RouterSetupSnapshot,
};
pub use statistics::{
    BreakerFigures, CacheFigures, GatewayStatistics, LatencyFigures, LimiterFigures, PoolFigures,
    SessionLimit,
};
pub use sync_request::{
    RECONCILE_ROUTER_JOB, SYNC_ROUTER_JOB, request_reconcile, request_sync, router_lane,
};
pub use tag::{BadMark, MAX_COMMENT_CHARS, Mark, PROFILE_PREFIX, Tag, TagId};
pub use taxonomy::Severity;
pub use transport::{
    BadCaCertificate, BadFingerprint, CaCertificate, Fingerprint, Transport, Trust,
};

pub use usage::{
    Books, DayUsage, EndCause, FirstUse, GrantUsage, Load, LoginChange, LoginSeen, Meter, Owner,
    PollClock, PollState, RouterOnline, SessionCounters, SessionEnd, SessionFilter, SessionView,
    TrackedSession, Traffic, UsageQueries, UsageReading, UsageScope, UsageStore, UserCounters,
    UserSeen, account,
};
pub use use_cases::change_profile::{ChangeProfile, ChangeProfileError, change_profile};
pub use use_cases::change_router::{ChangeRouter, ChangeRouterError, change_router};
pub use use_cases::change_setup::{ChangeSetup, ChangeSetupError, change_setup, show_setup};
pub use use_cases::cut_login::{CutLogin, cut_login};
pub use use_cases::define_profile::{DefineProfile, DefineProfileError, define_profile};
pub use use_cases::diagnose_router::{diagnose_candidate, diagnose_router};
pub use use_cases::end_access::end_access;
pub use use_cases::enrol_router::{EnrolRouter, EnrolRouterError, Enrolment, enrol_router};
pub use use_cases::execute_command::{ExecuteCommand, execute_command};
pub use use_cases::follow_access::{FollowAccess, follow_access, follow_within};
pub use use_cases::grant_access::{GrantAccess, GrantError, grant_access, grant_within};
pub use use_cases::grant_many::{GrantEntry, GrantMany, grant_many, grant_many_within};
pub use use_cases::list_sessions::list_sessions;
pub use use_cases::listen_to_sessions::listen_to_sessions;
pub use use_cases::note_reachability::note_reachability;
pub use use_cases::read_usage::{ReadUsage, read_usage};
pub use use_cases::reconcile_router::{
    ReconcileMode, ReconcileReport, ReconcileRouter, RowShown, reconcile_router,
};
pub use use_cases::record_usage::{UsagePage, UsageRun};
pub use use_cases::retire_profile::retire_profile;
pub use use_cases::retire_router::retire_router;
pub use use_cases::review_drift::{
    DriftError, DriftReview, DriftRowRef, accept_drift, restore_drift, review_drift,
};
pub use use_cases::router_task::{RouterTaskError, password_owner, target_of};
pub use use_cases::sync_router::{SyncReport, SyncRouter, sync_router};
pub use use_cases::test_router::test_router;
pub use use_cases::trust_router::{TrustRouter, trust_router};
