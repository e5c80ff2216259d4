//! A client exchanges its refresh token for the next pair of tokens.

use kernel::{MayConflict, Scope, Secret, StoreError, Timestamp};

use super::signed_in::{SignInPorts, SignedIn};
use crate::operator::Operator;
use crate::ports::credentials::CannotSign;
use crate::ports::store::OperatorsTx;
use crate::refresh_token::RefreshToken;
use crate::session::{EndReason, Session, SessionRefusal};

/// Refresh a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshSession {
    /// The token as the client sent it.
    pub token: Secret,
    /// The W3C trace id of the request, if any.
    pub trace: Option<String>,
}

/// Why there are no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshSessionError {
    /// The token is of no use: sign in again.
    #[error("the refresh token is refused")]
    Refused(#[source] SessionRefusal),
    /// Tokens cannot be signed.
    #[error("tokens cannot be signed")]
    Signer(#[from] CannotSign),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for RefreshSessionError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Exchanges a refresh token, once, with the operator's role of today.
///
/// # Errors
/// [`RefreshSessionError`]; a token that comes back a second time ends the session.
pub async fn refresh_session(
    ports: SignInPorts<'_>,
    command: RefreshSession,
) -> Result<SignedIn, RefreshSessionError> {
    let unknown = RefreshSessionError::Refused(SessionRefusal::Unknown);
    let Ok(offered) = RefreshToken::parse(&command.token) else {
        return Err(unknown);
    };
    let mut tx = ports
        .store
        .begin(&scope_of(&offered, command.trace))
        .await?;
    let Some(mut session) = tx.sessions().find(offered.session()).await? else {
        return Err(unknown);
    };
    let Some(operator) = tx.operators().find(session.operator()).await? else {
        return Err(unknown);
    };
    let now = ports.clock.now();
    let next = RefreshToken::draw(offered.tenant(), offered.session(), ports.randomness);
    let outcome = rotate(ports, &mut session, &operator, (&offered, &next), now);
    save(tx, &mut session).await?;
    outcome.map_err(RefreshSessionError::Refused)?;
    Ok(ports.issue(&operator, &session, &next, now)?)
}

/// The session's answer, and the end of a session whose operator does not keep it.
fn rotate(
    ports: SignInPorts<'_>,
    session: &mut Session,
    operator: &Operator,
    (offered, next): (&RefreshToken, &RefreshToken),
    now: Timestamp,
) -> Result<(), SessionRefusal> {
    let lasts = ports.policy.refresh_for;
    session.rotate(
        offered.digest(ports.vault),
        next.digest(ports.vault),
        lasts,
        now,
    )?;
    if operator.keeps_session_of(session.started_at()) {
        return Ok(());
    }
    session.end(EndReason::OperatorChanged, now);
    Err(SessionRefusal::Ended)
}

async fn save(mut tx: Box<dyn OperatorsTx>, session: &mut Session) -> Result<(), StoreError> {
    if session.is_changed() {
        tx.sessions().save(session).await?;
    }
    tx.commit().await
}

fn scope_of(offered: &RefreshToken, trace: Option<String>) -> Scope {
    let correlation = offered.session().uuid();
    let mut scope = Scope::system(offered.tenant(), "refresh_session", correlation);
    scope.trace = trace;
    scope
}
