//! How long tokens live and how many wrong passwords are too many.

use chrono::Duration;

/// The numbers of signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInPolicy {
    /// How long an access token is good for; it cannot be taken back before.
    pub access_for: Duration,
    /// How long a session lasts without being refreshed.
    pub refresh_for: Duration,
    /// How many wrong passwords in a row lock an operator out.
    pub max_failures: u16,
    /// For how long.
    pub locked_for: Duration,
}

impl SignInPolicy {
    /// 15 minutes of access, 30 days of session, 5 tries, 15 minutes of lockout.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            access_for: Duration::minutes(15),
            refresh_for: Duration::days(30),
            max_failures: 5,
            locked_for: Duration::minutes(15),
        }
    }
}
