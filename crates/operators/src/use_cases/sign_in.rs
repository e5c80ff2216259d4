//! Somebody signs in with the slug of their tenant, a login and a password.
//!
//! Unknown tenants, unknown logins, wrong passwords, disabled and locked operators get the same answer after the same
//! work, so that nobody learns which logins exist. The password is checked outside any transaction.

use kernel::{MayConflict, OperatorId, Scope, Secret, SessionId, Slug, StoreError, TenantId};

pub use super::signed_in::SignInPorts;
use super::signed_in::SignedIn;
use crate::login::Login;
use crate::operator::Operator;
use crate::password::{Password, PasswordHash};
use crate::ports::credentials::{CannotHash, CannotSign};
use crate::refresh_token::RefreshToken;
use crate::session::Session;

/// Sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The tenant's name at sign-in.
    pub tenant: Slug,
    /// Who, allegedly.
    pub login: Login,
    /// The proof.
    pub password: Secret,
    /// The id the session will have; it also correlates what is recorded.
    pub session: SessionId,
    /// The W3C trace id of the request, if any.
    pub trace: Option<String>,
}

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// One answer for every reason that lies with the caller.
    #[error(
        "wrong tenant, login or password, or too many tries; wait a quarter of an hour after five"
    )]
    Refused,
    /// Passwords cannot be checked now.
    #[error("passwords cannot be checked now")]
    Hasher(#[from] CannotHash),
    /// Tokens cannot be signed.
    #[error("tokens cannot be signed")]
    Signer(#[from] CannotSign),
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl MayConflict for SignInError {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(err) if err.is_conflict())
    }
}

/// Signs an operator in and begins a session.
///
/// # Errors
/// [`SignInError::Refused`] without saying why; the other variants are failures of the product.
pub async fn sign_in(ports: SignInPorts<'_>, command: SignIn) -> Result<SignedIn, SignInError> {
    let known = find_operator(ports, &command).await?;
    let hash = known.as_ref().map(|it| it.hash.clone());
    let offered = checkable(&command.password);
    let matches = ports.hasher.verify(&offered, hash.as_ref()).await?;
    let Some(known) = known else {
        return Err(SignInError::Refused);
    };
    if !matches || offered != command.password {
        return refuse(ports, &command, &known).await;
    }
    let stronger = stronger_hash(ports, &command.password, &known.hash).await?;
    admit(ports, &command, &known, stronger).await
}

/// What the first look at the store found.
struct Known {
    tenant: TenantId,
    operator: OperatorId,
    hash: PasswordHash,
}

async fn find_operator(
    ports: SignInPorts<'_>,
    command: &SignIn,
) -> Result<Option<Known>, StoreError> {
    let Some(tenant) = ports.tenants.by_slug(&command.tenant).await? else {
        return Ok(None);
    };
    let mut tx = ports.store.begin(&anonymous(tenant, command)).await?;
    let operator = tx.operators().find_by_login(&command.login).await?;
    tx.commit().await?;
    Ok(operator.map(|it| Known {
        tenant,
        operator: it.id(),
        hash: it.password().clone(),
    }))
}

/// Nobody has a password longer than the longest, so a longer text is not worth hashing.
fn checkable(offered: &Secret) -> Secret {
    let bytes = Password::MAX_CHARS * 4;
    if offered.expose().len() > bytes {
        return Secret::new("");
    }
    offered.clone()
}

async fn stronger_hash(
    ports: SignInPorts<'_>,
    offered: &Secret,
    hash: &PasswordHash,
) -> Result<Option<PasswordHash>, CannotHash> {
    if !ports.hasher.is_outdated(hash) {
        return Ok(None);
    }
    match Password::choose(offered.clone()) {
        Ok(password) => ports.hasher.hash(&password).await.map(Some),
        Err(_) => Ok(None),
    }
}

async fn refuse(
    ports: SignInPorts<'_>,
    command: &SignIn,
    known: &Known,
) -> Result<SignedIn, SignInError> {
    let mut tx = ports.store.begin(&anonymous(known.tenant, command)).await?;
    if let Some(mut operator) = tx.operators().find(known.operator).await? {
        operator.fail_sign_in(ports.policy, ports.clock.now());
        tx.operators().save(&mut operator).await?;
        tx.commit().await?;
    }
    Err(SignInError::Refused)
}

async fn admit(
    ports: SignInPorts<'_>,
    command: &SignIn,
    known: &Known,
    stronger: Option<PasswordHash>,
) -> Result<SignedIn, SignInError> {
    let now = ports.clock.now();
    let mut scope = Scope::operator(known.tenant, known.operator, command.session.uuid());
    scope.trace.clone_from(&command.trace);
    let mut tx = ports.store.begin(&scope).await?;
    let Some(mut operator) = tx.operators().find(known.operator).await? else {
        return Err(SignInError::Refused);
    };
    if *operator.password() != known.hash {
        // Changed since it was checked: check again.
        return Err(StoreError::Conflict.into());
    }
    if operator.sign_in(command.session, now).is_err() {
        return Err(SignInError::Refused);
    }
    if let Some(hash) = stronger {
        operator.strengthen_hash(hash);
    }
    let (refresh, mut session) = begin_session(ports, &scope, &operator, command.session);
    tx.operators().save(&mut operator).await?;
    tx.sessions().save(&mut session).await?;
    let signed_in = ports.issue(&operator, &session, &refresh, now)?;
    tx.commit().await?;
    Ok(signed_in)
}

fn begin_session(
    ports: SignInPorts<'_>,
    scope: &Scope,
    operator: &Operator,
    id: SessionId,
) -> (RefreshToken, Session) {
    let now = ports.clock.now();
    let refresh = RefreshToken::draw(scope.tenant, id, ports.randomness);
    let digest = refresh.digest(ports.vault);
    let expires_at = now.plus(ports.policy.refresh_for);
    let session = Session::begin(id, operator.id(), digest, expires_at, now);
    (refresh, session)
}

fn anonymous(tenant: TenantId, command: &SignIn) -> Scope {
    let mut scope = Scope::system(tenant, "sign_in", command.session.uuid());
    scope.trace.clone_from(&command.trace);
    scope
}
