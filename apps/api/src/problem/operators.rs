//! What a refusal by operators means to a client.

use operators::{
    CannotHash, ChangePasswordError, HireOperatorError, MoveOperatorError, OperatorRefusal,
    RefreshSessionError, SessionRefusal, SignInError, WeakPassword,
};

use super::{Problem, catalog, duplicate};

impl From<SignInError> for Problem {
    fn from(err: SignInError) -> Self {
        match err {
            SignInError::Refused => Self::of(&catalog::BAD_CREDENTIALS).detail(err.to_string()),
            SignInError::Hasher(err) => err.into(),
            SignInError::Signer(err) => Self::internal(&err),
            SignInError::Store(err) => err.into(),
        }
    }
}

impl From<RefreshSessionError> for Problem {
    fn from(err: RefreshSessionError) -> Self {
        match err {
            RefreshSessionError::Refused(refusal) => refused_refresh(refusal),
            RefreshSessionError::Signer(err) => Self::internal(&err),
            RefreshSessionError::Store(err) => err.into(),
        }
    }
}

impl From<HireOperatorError> for Problem {
    fn from(err: HireOperatorError) -> Self {
        match err {
            HireOperatorError::LoginTaken(_) => duplicate("login", &err),
            HireOperatorError::Hasher(err) => err.into(),
            HireOperatorError::Store(err) => err.into(),
        }
    }
}

impl From<MoveOperatorError> for Problem {
    fn from(err: MoveOperatorError) -> Self {
        match err {
            MoveOperatorError::NotFound(id) => Self::not_found("operator", id),
            MoveOperatorError::Refused(refusal) => refused_operator(refusal),
            MoveOperatorError::Store(err) => err.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(err: ChangePasswordError) -> Self {
        match err {
            ChangePasswordError::NotFound(id) => Self::not_found("operator", id),
            ChangePasswordError::WrongPassword => {
                Self::invalid("current_password", "wrong", err.to_string())
            }
            ChangePasswordError::Refused(refusal) => refused_operator(refusal),
            ChangePasswordError::Hasher(err) => err.into(),
            ChangePasswordError::Store(err) => err.into(),
        }
    }
}

impl From<CannotHash> for Problem {
    fn from(err: CannotHash) -> Self {
        tracing::warn!(error = %err.0, "a password cannot be checked");
        Self::of(&catalog::OVERLOADED)
            .detail(err.to_string())
            .retry_after(2)
    }
}

/// A password that is too weak, named by the field it came in.
pub(crate) fn weak_password(field: &str, err: WeakPassword) -> Problem {
    let rule = match err {
        WeakPassword::TooShort | WeakPassword::TooLong => "length",
        WeakPassword::Control => "characters",
        WeakPassword::Repeated => "guessable",
    };
    Problem::invalid(field, rule, err.to_string())
}

fn refused_refresh(refusal: SessionRefusal) -> Problem {
    let kind = match refusal {
        SessionRefusal::Unknown => &catalog::INVALID_TOKEN,
        SessionRefusal::Expired => &catalog::EXPIRED_TOKEN,
        SessionRefusal::Ended | SessionRefusal::Reused => &catalog::SESSION_ENDED,
    };
    Problem::of(kind).detail(format!("{refusal}; sign in again"))
}

fn refused_operator(refusal: OperatorRefusal) -> Problem {
    let rule = match refusal {
        OperatorRefusal::Disabled => "disabled",
        OperatorRefusal::Locked { .. } => "locked",
        OperatorRefusal::Yourself => "yourself",
    };
    Problem::wrong_state(rule, refusal)
}
