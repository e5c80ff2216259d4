//! Tenants, operators, roles, sessions and lockout.
//!
//! A tenant is an internet provider; operators work for it with a role that says what they may do. They sign in with a
//! password, are locked out after too many wrong ones, and stay signed in with refresh tokens that are good once. How
//! passwords are hashed and tokens signed is not known here.
//!
//! ```
//! use kernel::testing::{CountingIds, FixedClock};
//! use kernel::{Ids, Scope, Secret, Timestamp};
//! use operators::testing::{MemoryOperators, PlainHasher};
//! use operators::{FoundTenant, Password, Permission, Role, found_tenant};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryOperators::new();
//! let clock = FixedClock::at(Timestamp::from_utc("2026-11-21T12:00:00Z".parse()?));
//! let ids: &dyn Ids = &CountingIds::from(1);
//! let scope = Scope::system(ids.next(), "example", ids.fresh());
//!
//! let command = FoundTenant {
//!     slug: "kampung-net".parse()?,
//!     name: "Kampung Net".parse()?,
//!     admin: ids.next(),
//!     login: "siti".parse()?,
//!     admin_name: "Siti Rahma".parse()?,
//!     password: Password::choose(Secret::new("correct horse battery"))?,
//! };
//! let admin = found_tenant(&store, &PlainHasher::new(), &clock, &scope, command).await?;
//!
//! assert!(admin.role.allows(Permission::WriteOperators));
//! assert!(!Role::Cashier.allows(Permission::WriteOperators));
//! # Ok(())
//! # }
//! ```

mod events;
mod login;
mod operator;
mod password;
mod policy;
mod ports;
mod refresh_token;
mod role;
mod session;
mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
mod use_cases;

pub use events::OperatorsEvent;
pub use login::{BadLogin, Login};
pub use operator::{
    ImpossibleOperator, NewOperator, Operator, OperatorRefusal, OperatorSnapshot, OperatorStatus,
    OperatorStatusName,
};
pub use password::{BadPasswordHash, Password, PasswordHash, WeakPassword};
pub use policy::SignInPolicy;
pub use ports::credentials::{
    BadToken, CannotHash, CannotSign, Claims, PasswordHasher, TokenSigner,
};
pub use ports::reads::{
    OperatorFilter, OperatorQueries, OperatorView, TenantDirectory, TenantView,
};
pub use ports::store::{
    OperatorRepository, OperatorsStore, OperatorsTx, SessionRepository, TenantRepository,
};
pub use refresh_token::{BadRefreshToken, RefreshToken};
pub use role::{Permission, Role};
pub use session::{
    EndReason, ImpossibleSession, Session, SessionRefusal, SessionSnapshot, SessionStatus,
};
pub use tenant::{ImpossibleTenant, Tenant, TenantSnapshot};
pub use use_cases::change_password::{ChangePassword, ChangePasswordError, change_password};
pub use use_cases::found_tenant::{FoundTenant, FoundTenantError, found_tenant};
pub use use_cases::hire_operator::{HireOperator, HireOperatorError, hire_operator};
pub use use_cases::move_operator::{MoveOperatorError, disable_operator, enable_operator};
pub use use_cases::refresh_session::{RefreshSession, RefreshSessionError, refresh_session};
pub use use_cases::reset_password::{ResetPassword, ResetPasswordError, reset_password};
pub use use_cases::sign_in::{SignIn, SignInError, SignInPorts, sign_in};
pub use use_cases::sign_out::sign_out;
pub use use_cases::signed_in::SignedIn;
