//! What happened to customers, without their names or contacts, so that erasing a person stays possible.

use kernel::{CustomerId, DomainEvent};
use serde::Serialize;

/// A fact about a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum CustomersEvent {
    /// Somebody new is known.
    CustomerRegistered {
        /// Who.
        customer: CustomerId,
    },
    /// Details were corrected.
    CustomerChanged {
        /// Who.
        customer: CustomerId,
        /// Which fields, by name: `phone`.
        fields: Vec<&'static str>,
    },
    /// A prospect became a customer.
    CustomerActivated {
        /// Who.
        customer: CustomerId,
    },
    /// Nothing may be sold to them.
    CustomerBlocked {
        /// Who.
        customer: CustomerId,
    },
    /// Things may be sold to them again.
    CustomerUnblocked {
        /// Who.
        customer: CustomerId,
    },
    /// They buy nothing any more.
    CustomerLeft {
        /// Who.
        customer: CustomerId,
    },
    /// They came back.
    CustomerReturned {
        /// Who.
        customer: CustomerId,
    },
}

impl DomainEvent for CustomersEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::CustomerRegistered { .. } => "customers.customer_registered",
            Self::CustomerChanged { .. } => "customers.customer_changed",
            Self::CustomerActivated { .. } => "customers.customer_activated",
            Self::CustomerBlocked { .. } => "customers.customer_blocked",
            Self::CustomerUnblocked { .. } => "customers.customer_unblocked",
            Self::CustomerLeft { .. } => "customers.customer_left",
            Self::CustomerReturned { .. } => "customers.customer_returned",
        }
    }
}
