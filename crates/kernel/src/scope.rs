//! On whose behalf a transaction runs: the tenant, the actor and what caused it.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;
use uuid::Uuid;

use crate::ids::{DeliveryId, EventId, OperatorId, TenantId};

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in operator.
    Operator(OperatorId),
    /// The product itself: the name of a sweep, job or handler.
    System(Cow<'static, str>),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(id) => write!(f, "{id}"),
            Self::System(name) => write!(f, "system:{name}"),
        }
    }
}

/// The identity of a client's request that must act once: unique per tenant, operator and route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Who sent it.
    pub operator: OperatorId,
    /// The route it was sent to: `POST /api/v1/payments`.
    pub route: String,
    /// The key the client chose.
    pub key: String,
}

/// The answer to an idempotent request, written in the same transaction as its effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The request's identity.
    pub key: IdempotencyKey,
    /// SHA-256 of the request's body: the same key with another body is refused.
    pub digest: [u8; 32],
    /// What is needed to answer again.
    pub answer: Value,
}

/// Everything a transaction carries besides its statements. The tenant enters here and nowhere else.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// Every statement is confined to this tenant.
    pub tenant: TenantId,
    /// Who acts.
    pub actor: Actor,
    /// Ties together everything that one request or sweep causes.
    pub correlation: Uuid,
    /// The event being reacted to, if any.
    pub causation: Option<EventId>,
    /// The W3C trace id, if any.
    pub trace: Option<String>,
    /// The delivery that commits with the transaction, so that a repeat is harmless.
    pub delivery: Option<DeliveryId>,
    /// The receipt that commits with the transaction.
    pub receipt: Option<Receipt>,
}

impl Scope {
    /// A scope of the product's own work.
    #[must_use]
    pub fn system(tenant: TenantId, name: impl Into<Cow<'static, str>>, correlation: Uuid) -> Self {
        Self::of(tenant, Actor::System(name.into()), correlation)
    }

    /// A scope of an operator's request.
    #[must_use]
    pub fn operator(tenant: TenantId, operator: OperatorId, correlation: Uuid) -> Self {
        Self::of(tenant, Actor::Operator(operator), correlation)
    }

    /// The same scope, whose transaction leaves delivery and receipt for a later one.
    #[must_use]
    pub fn preliminary(&self) -> Self {
        Self {
            delivery: None,
            receipt: None,
            ..self.clone()
        }
    }

    fn of(tenant: TenantId, actor: Actor, correlation: Uuid) -> Self {
        Self {
            tenant,
            actor,
            correlation,
            causation: None,
            trace: None,
            delivery: None,
            receipt: None,
        }
    }
}
