//! A customer: first a prospect, then active; blocked or gone, and perhaps back.

use kernel::{CustomerId, Name, Phone, Timestamp};
use serde::{Deserialize, Serialize};

use crate::contact::{Address, Email, Note, Reason};
use crate::events::CustomersEvent;
use crate::ports::{Addressee, CustomerView};

/// Who buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    /// A private person or household.
    Personal,
    /// A company, school or office.
    Business,
}

impl CustomerKind {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Business => "business",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Personal, Self::Business]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// Where the relation with a customer stands, with what belongs to that state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerStatus {
    /// Known, but has never bought anything.
    Prospect,
    /// Buys.
    Active,
    /// May buy nothing more.
    Blocked {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Buys nothing any more.
    Left {
        /// Since when.
        since: Timestamp,
    },
}

/// The status in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusName {
    /// Never bought anything.
    Prospect,
    /// Buys.
    Active,
    /// May buy nothing more.
    Blocked,
    /// Gone.
    Left,
}

impl StatusName {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Prospect, Self::Active, Self::Blocked, Self::Left];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prospect => "prospect",
            Self::Active => "active",
            Self::Blocked => "blocked",
            Self::Left => "left",
        }
    }

    /// Whether something may be sold to a customer in this status.
    #[must_use]
    pub const fn may_buy(self) -> bool {
        matches!(self, Self::Prospect | Self::Active)
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl CustomerStatus {
    /// The status in one word.
    #[must_use]
    pub const fn name(&self) -> StatusName {
        match self {
            Self::Prospect => StatusName::Prospect,
            Self::Active => StatusName::Active,
            Self::Blocked { .. } => StatusName::Blocked,
            Self::Left { .. } => StatusName::Left,
        }
    }
}

/// Why a customer's status does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CustomerRefusal {
    /// A blocked customer must be unblocked first.
    #[error("the customer is blocked; unblock them first")]
    Blocked,
    /// A customer who left must return first.
    #[error("the customer has left; let them return first")]
    Left,
}

/// What is known when somebody is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// The id they will have.
    pub id: CustomerId,
    /// Person or business.
    pub kind: CustomerKind,
    /// What they are called.
    pub name: Name,
    /// Where to call or text.
    pub phone: Option<Phone>,
    /// Where to write.
    pub email: Option<Email>,
    /// Where they live.
    pub address: Option<Address>,
    /// What colleagues should know.
    pub note: Option<Note>,
}

/// Everything a customer consists of, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerSnapshot {
    /// Their id.
    pub id: CustomerId,
    /// Person or business.
    pub kind: CustomerKind,
    /// What they are called.
    pub name: Name,
    /// Where to call or text.
    pub phone: Option<Phone>,
    /// Where to write.
    pub email: Option<Email>,
    /// Where they live.
    pub address: Option<Address>,
    /// What colleagues should know.
    pub note: Option<Note>,
    /// Where the relation stands.
    pub status: CustomerStatus,
    /// When they were registered.
    pub registered_at: Timestamp,
    /// How often the customer was saved; 0 for never.
    pub version: i64,
}

/// A stored customer that cannot be: the version is below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored customer has a version of 1 or more")]
pub struct ImpossibleCustomer;

/// A person or business that buys access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    state: CustomerSnapshot,
    events: Vec<CustomersEvent>,
}

impl Customer {
    /// Registers a prospect.
    #[must_use]
    pub fn register(new: NewCustomer, at: Timestamp) -> Self {
        let state = CustomerSnapshot {
            id: new.id,
            kind: new.kind,
            name: new.name,
            phone: new.phone,
            email: new.email,
            address: new.address,
            note: new.note,
            status: CustomerStatus::Prospect,
            registered_at: at,
            version: 0,
        };
        let events = vec![CustomersEvent::CustomerRegistered { customer: new.id }];
        Self { state, events }
    }

    /// A customer as a store kept them.
    ///
    /// # Errors
    /// [`ImpossibleCustomer`] if they were never saved.
    pub fn restore(state: CustomerSnapshot) -> Result<Self, ImpossibleCustomer> {
        if state.version < 1 {
            return Err(ImpossibleCustomer);
        }
        Ok(Self {
            state,
            events: Vec::new(),
        })
    }

    /// Everything they consist of.
    #[must_use]
    pub fn snapshot(&self) -> CustomerSnapshot {
        self.state.clone()
    }

    /// Hands over the events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<CustomersEvent> {
        std::mem::take(&mut self.events)
    }

    /// Takes the version a store gave it; only stores call this, after the write.
    pub const fn saved_as(&mut self, version: i64) {
        self.state.version = version;
    }

    /// Their id.
    #[must_use]
    pub const fn id(&self) -> CustomerId {
        self.state.id
    }

    /// Where the relation stands.
    #[must_use]
    pub const fn status(&self) -> &CustomerStatus {
        &self.state.status
    }

    /// How often the customer was saved; 0 for never.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.state.version
    }

    /// Whether something happened that is not saved yet.
    #[must_use]
    pub const fn is_changed(&self) -> bool {
        !self.events.is_empty()
    }

    /// Corrects their name.
    pub fn rename(&mut self, name: Name) {
        self.edit("name", |it| &mut it.name, name);
    }

    /// Corrects whether they are a person or a business.
    pub fn reclassify(&mut self, kind: CustomerKind) {
        self.edit("kind", |it| &mut it.kind, kind);
    }

    /// Corrects where to call or text.
    pub fn set_phone(&mut self, phone: Option<Phone>) {
        self.edit("phone", |it| &mut it.phone, phone);
    }

    /// Corrects where to write.
    pub fn set_email(&mut self, email: Option<Email>) {
        self.edit("email", |it| &mut it.email, email);
    }

    /// Corrects where they live.
    pub fn set_address(&mut self, address: Option<Address>) {
        self.edit("address", |it| &mut it.address, address);
    }

    /// Corrects what colleagues should know.
    pub fn set_note(&mut self, note: Option<Note>) {
        self.edit("note", |it| &mut it.note, note);
    }

    /// Makes a prospect a customer; harmless for an active one.
    ///
    /// # Errors
    /// [`CustomerRefusal`] if they are blocked or gone.
    pub fn activate(&mut self) -> Result<(), CustomerRefusal> {
        match self.state.status {
            CustomerStatus::Active => Ok(()),
            CustomerStatus::Blocked { .. } => Err(CustomerRefusal::Blocked),
            CustomerStatus::Left { .. } => Err(CustomerRefusal::Left),
            CustomerStatus::Prospect => {
                let customer = self.id();
                let event = CustomersEvent::CustomerActivated { customer };
                self.turn(CustomerStatus::Active, event);
                Ok(())
            }
        }
    }

    /// Lets nothing more be sold to them; blocking again keeps the first reason.
    ///
    /// # Errors
    /// [`CustomerRefusal::Left`] if they are gone.
    pub fn block(&mut self, reason: Reason, at: Timestamp) -> Result<(), CustomerRefusal> {
        match self.state.status {
            CustomerStatus::Blocked { .. } => Ok(()),
            CustomerStatus::Left { .. } => Err(CustomerRefusal::Left),
            CustomerStatus::Prospect | CustomerStatus::Active => {
                let customer = self.id();
                let status = CustomerStatus::Blocked { since: at, reason };
                self.turn(status, CustomersEvent::CustomerBlocked { customer });
                Ok(())
            }
        }
    }

    /// Lets things be sold to them again; harmless for somebody who is not blocked.
    ///
    /// # Errors
    /// [`CustomerRefusal::Left`] if they are gone.
    pub fn unblock(&mut self) -> Result<(), CustomerRefusal> {
        match self.state.status {
            CustomerStatus::Prospect | CustomerStatus::Active => Ok(()),
            CustomerStatus::Left { .. } => Err(CustomerRefusal::Left),
            CustomerStatus::Blocked { .. } => {
                let customer = self.id();
                let event = CustomersEvent::CustomerUnblocked { customer };
                self.turn(CustomerStatus::Active, event);
                Ok(())
            }
        }
    }

    /// Notes that they buy nothing any more; twice is harmless.
    ///
    /// # Errors
    /// [`CustomerRefusal::Blocked`] while they are blocked: a block must not end by leaving and coming back.
    pub fn leave(&mut self, at: Timestamp) -> Result<(), CustomerRefusal> {
        match self.state.status {
            CustomerStatus::Left { .. } => Ok(()),
            CustomerStatus::Blocked { .. } => Err(CustomerRefusal::Blocked),
            CustomerStatus::Prospect | CustomerStatus::Active => {
                let customer = self.id();
                let status = CustomerStatus::Left { since: at };
                self.turn(status, CustomersEvent::CustomerLeft { customer });
                Ok(())
            }
        }
    }

    /// Takes somebody back who left; harmless for somebody who did not.
    ///
    /// # Errors
    /// [`CustomerRefusal::Blocked`] while they are blocked.
    pub fn come_back(&mut self) -> Result<(), CustomerRefusal> {
        match self.state.status {
            CustomerStatus::Prospect | CustomerStatus::Active => Ok(()),
            CustomerStatus::Blocked { .. } => Err(CustomerRefusal::Blocked),
            CustomerStatus::Left { .. } => {
                let customer = self.id();
                let event = CustomersEvent::CustomerReturned { customer };
                self.turn(CustomerStatus::Active, event);
                Ok(())
            }
        }
    }

    /// The customer as people look at them.
    #[must_use]
    pub fn view(&self) -> CustomerView {
        let it = &self.state;
        let (status_since, blocked_reason) = match &it.status {
            CustomerStatus::Prospect | CustomerStatus::Active => (None, None),
            CustomerStatus::Blocked { since, reason } => (Some(*since), Some(reason.to_string())),
            CustomerStatus::Left { since } => (Some(*since), None),
        };
        CustomerView {
            id: it.id,
            kind: it.kind,
            name: it.name.to_string(),
            phone: it.phone.as_ref().map(ToString::to_string),
            email: it.email.as_ref().map(ToString::to_string),
            address: it.address.as_ref().map(ToString::to_string),
            note: it.note.as_ref().map(ToString::to_string),
            status: it.status.name(),
            status_since,
            blocked_reason,
            registered_at: it.registered_at,
            version: it.version,
        }
    }

    /// The customer as a document shows them that is issued now.
    #[must_use]
    pub fn addressee(&self) -> Addressee {
        let it = &self.state;
        Addressee {
            name: it.name.to_string(),
            phone: it.phone.as_ref().map(ToString::to_string),
            email: it.email.as_ref().map(ToString::to_string),
            address: it.address.as_ref().map(ToString::to_string),
        }
    }

    fn turn(&mut self, status: CustomerStatus, event: CustomersEvent) {
        self.state.status = status;
        self.events.push(event);
    }

    fn edit<T: PartialEq>(
        &mut self,
        field: &'static str,
        place: impl Fn(&mut CustomerSnapshot) -> &mut T,
        value: T,
    ) {
        let current = place(&mut self.state);
        if *current == value {
            return;
        }
        *current = value;
        self.note_edit(field);
    }

    /// One event per change of details, however many fields it touches.
    fn note_edit(&mut self, field: &'static str) {
        if let Some(CustomersEvent::CustomerChanged { fields, .. }) = self.events.last_mut() {
            fields.push(field);
            return;
        }
        self.events.push(CustomersEvent::CustomerChanged {
            customer: self.state.id,
            fields: vec![field],
        });
    }
}

#[cfg(test)]
mod tests;
