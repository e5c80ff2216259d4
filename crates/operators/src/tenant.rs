//! A tenant: an internet provider, the owner of everything else.

use kernel::{Name, Slug, TenantId, Timestamp};

use crate::events::OperatorsEvent;
use crate::ports::reads::TenantView;

/// Everything a tenant consists of, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSnapshot {
    /// Its id.
    pub id: TenantId,
    /// The name in addresses and at sign-in; unique over all tenants.
    pub slug: Slug,
    /// The name people read.
    pub name: Name,
    /// When it was founded.
    pub founded_at: Timestamp,
    /// How often the tenant was saved; 0 for never.
    pub version: i64,
}

/// A stored tenant that cannot be: its version is below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored tenant has a version of 1 or more")]
pub struct ImpossibleTenant;

/// An internet provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    state: TenantSnapshot,
    events: Vec<OperatorsEvent>,
}

impl Tenant {
    /// Founds a tenant.
    #[must_use]
    pub fn found(id: TenantId, slug: Slug, name: Name, at: Timestamp) -> Self {
        let state = TenantSnapshot {
            id,
            slug,
            name,
            founded_at: at,
            version: 0,
        };
        Self {
            state,
            events: vec![OperatorsEvent::TenantFounded { tenant: id }],
        }
    }

    /// A tenant as a store kept it.
    ///
    /// # Errors
    /// [`ImpossibleTenant`] if it was never saved.
    pub fn restore(state: TenantSnapshot) -> Result<Self, ImpossibleTenant> {
        if state.version < 1 {
            return Err(ImpossibleTenant);
        }
        Ok(Self {
            state,
            events: Vec::new(),
        })
    }

    /// Everything it consists of.
    #[must_use]
    pub fn snapshot(&self) -> TenantSnapshot {
        self.state.clone()
    }

    /// Hands over the events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<OperatorsEvent> {
        std::mem::take(&mut self.events)
    }

    /// Takes the version a store gave it; only stores call this, after the write.
    pub const fn saved_as(&mut self, version: i64) {
        self.state.version = version;
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> TenantId {
        self.state.id
    }

    /// The tenant as people look at it.
    #[must_use]
    pub fn view(&self) -> TenantView {
        TenantView {
            id: self.state.id,
            slug: self.state.slug.to_string(),
            name: self.state.name.to_string(),
            founded_at: self.state.founded_at,
        }
    }
}
