//! Who calls, and what their role lets them do: nothing is reachable without having asked for a right.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use kernel::{OperatorId, Scope, TenantId};
use operators::{BadToken, Claims};

use crate::api::Api;
use crate::problem::{Problem, catalog};
use crate::request::RequestContext;
use crate::rights::Right;

/// A caller whose role grants something. Handlers get tenant and scope from here and nowhere else, so a route that
/// asks for no right reaches no data.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    claims: Claims,
    context: RequestContext,
}

/// A caller who may do `R`.
#[derive(Debug)]
pub(crate) struct May<R> {
    granted: Granted,
    right: PhantomData<fn() -> R>,
}

impl Granted {
    /// The caller's tenant.
    #[must_use]
    pub(crate) const fn tenant(&self) -> TenantId {
        self.claims.tenant
    }

    /// The caller.
    #[must_use]
    pub(crate) const fn operator(&self) -> OperatorId {
        self.claims.operator
    }

    /// What the token says.
    #[must_use]
    pub(crate) const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// A scope for a transaction on the caller's behalf.
    #[must_use]
    pub(crate) fn scope(&self) -> Scope {
        let context = &self.context;
        Scope {
            trace: context.trace.clone(),
            ..Scope::operator(self.tenant(), self.operator(), context.correlation)
        }
    }
}

impl<R> std::ops::Deref for May<R> {
    type Target = Granted;

    fn deref(&self) -> &Granted {
        &self.granted
    }
}

impl<R: Right> FromRequestParts<Api> for May<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let claims = authenticate(&parts.headers, api)?;
        if !R::is_granted_to(claims.role) {
            return Err(Problem::of(&catalog::FORBIDDEN)
                .detail(format!("the role {} does not allow this", claims.role)));
        }
        let Some(context) = parts.extensions.get::<RequestContext>().cloned() else {
            return Err(Problem::of(&catalog::INTERNAL));
        };
        Ok(Self {
            granted: Granted { claims, context },
            right: PhantomData,
        })
    }
}

/// Reads the token. No statement is sent to the database: a token is valid until it expires, which is soon.
fn authenticate(headers: &HeaderMap, api: &Api) -> Result<Claims, Problem> {
    let Some(token) = bearer(headers) else {
        return Err(Problem::of(&catalog::MISSING_TOKEN)
            .detail("send the header Authorization: Bearer <access token>"));
    };
    let now = api.ports.clock.now();
    api.ports.signer.verify(token, now).map_err(Problem::from)
}

/// The scheme is case-insensitive (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

impl From<BadToken> for Problem {
    fn from(err: BadToken) -> Self {
        match err {
            BadToken::Expired => {
                Self::of(&catalog::EXPIRED_TOKEN).detail("get a new one from /api/v1/auth/refresh")
            }
            BadToken::Invalid => Self::of(&catalog::INVALID_TOKEN),
        }
    }
}
