//! Facts that aggregates record and stores keep.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::id::{Id, Kind};
use crate::ids::{EventId, TenantId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// The version of an event's body; a reader refuses versions it does not know.
pub type EventVersion = u16;

/// A fact in the past tense, recorded by an aggregate: `billing.invoice_issued`.
///
/// The serialised form is the body: small, without secrets or contact data.
pub trait DomainEvent: Serialize {
    /// The type of the event, as `context.past_tense`.
    fn name(&self) -> &'static str;

    /// The version of the body.
    fn version(&self) -> EventVersion {
        1
    }
}

/// An event on its way into the store.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The id prefix of the aggregate's kind: `inv`.
    pub aggregate_kind: &'static str,
    /// The aggregate.
    pub aggregate_id: Uuid,
    /// The type of the event.
    pub name: &'static str,
    /// The version of the body.
    pub version: EventVersion,
    /// What happened, in data.
    pub body: Value,
}

impl NewEvent {
    /// Wraps what an aggregate recorded.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if the event cannot be written as JSON.
    pub fn of<K: Kind, E: DomainEvent>(aggregate: Id<K>, event: &E) -> Result<Self, StoreError> {
        let body = serde_json::to_value(event).map_err(StoreError::corrupt)?;
        Ok(Self {
            aggregate_kind: K::PREFIX,
            aggregate_id: aggregate.uuid(),
            name: event.name(),
            version: event.version(),
            body,
        })
    }
}

/// An event as the store gives it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// Where it stands in the store; grows, with gaps. Order is promised per aggregate only.
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// The tenant it belongs to.
    pub tenant: TenantId,
    /// The id prefix of the aggregate's kind.
    pub aggregate_kind: String,
    /// The aggregate.
    pub aggregate_id: Uuid,
    /// The type of the event.
    pub name: String,
    /// The version of the body.
    pub version: EventVersion,
    /// What happened, in data.
    pub body: Value,
    /// Who did it, as text: an operator's id or the name of a sweep or handler.
    pub actor: String,
    /// Ties together everything that one request or sweep caused.
    pub correlation: Uuid,
    /// The event that caused this one, if any.
    pub causation: Option<EventId>,
    /// The W3C trace id of the request, if any.
    pub trace: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
}
