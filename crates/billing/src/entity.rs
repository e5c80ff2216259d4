//! A legal entity: whose invoices these are, in which currency and zone, and how it treats who does not pay.

mod pricing;

use kernel::{Currency, EntityId, LocalDate, Name, Timestamp, Zone};

use crate::dunning::{BadProcedure, NewProcedure, Procedure, ProcedureId};
use crate::events::BillingEvent;
use crate::overdue::{BadPolicy, DunningPolicy};
use crate::rounding::{BadScale, InvoiceScale};

pub use pricing::{BadPricing, BadTaxCode, EntityPricing, LARGEST_COIN, TaxCode};

/// What is needed to found an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntity {
    /// The id it will have.
    pub id: EntityId,
    /// What people call it.
    pub name: Name,
    /// What it invoices in.
    pub currency: Currency,
    /// Where its days begin and end.
    pub zone: Zone,
    /// Decimal digits on its invoices.
    pub scale_digits: u8,
    /// What stands before its invoice numbers, 1 to 12 of A-Z, 0-9 and -.
    pub series: String,
    /// Days from issue to due, 0 to 365.
    pub terms_days: u16,
    /// What happens to whoever does not pay.
    pub dunning: DunningPolicy,
}

/// The stored form of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntitySnapshot {
    /// What it was founded with.
    pub founded: NewEntity,
    /// The dunning procedure it has defined since, if any.
    pub procedure: Option<NewProcedure>,
    /// How many procedures it has defined.
    pub procedures: u64,
    /// How its documents are priced.
    pub pricing: EntityPricing,
    /// The stored version; 0 for one that was never saved.
    pub version: i64,
}

/// A legal entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalEntity {
    data: EntitySnapshot,
    scale: InvoiceScale,
    procedure: Procedure,
    events: Vec<BillingEvent>,
}

/// An entity that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEntity {
    /// More digits than the currency has.
    #[error(transparent)]
    Scale(#[from] BadScale),
    /// An unusable series.
    #[error("number series must be 1 to 12 of A-Z, 0-9 and -")]
    Series,
    /// Terms out of range.
    #[error("payment terms must be 0 to 365 days")]
    Terms,
    /// A policy that contradicts itself.
    #[error(transparent)]
    Policy(#[from] BadPolicy),
    /// A dunning procedure that contradicts itself.
    #[error(transparent)]
    Procedure(#[from] BadProcedure),
    /// A pricing that contradicts itself.
    #[error(transparent)]
    Pricing(#[from] Box<BadPricing>),
}

impl LegalEntity {
    /// Founds an entity.
    ///
    /// # Errors
    /// [`BadEntity`] names the rule that is broken.
    pub fn found(new: NewEntity) -> Result<Self, BadEntity> {
        let founded = BillingEvent::EntityFounded {
            entity: new.id,
            currency: new.currency,
        };
        let mut entity = Self::restore(EntitySnapshot {
            founded: new,
            procedure: None,
            procedures: 0,
            pricing: EntityPricing::PLAIN,
            version: 0,
        })?;
        entity.events.push(founded);
        Ok(entity)
    }

    /// Brings a stored entity back.
    ///
    /// # Errors
    /// [`BadEntity`] for one that could not have been founded.
    pub fn restore(data: EntitySnapshot) -> Result<Self, BadEntity> {
        let new = &data.founded;
        let scale = InvoiceScale::new(new.scale_digits, new.currency)?;
        let plain = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'-';
        if !(1..=12).contains(&new.series.len()) || !new.series.bytes().all(plain) {
            return Err(BadEntity::Series);
        }
        if new.terms_days > 365 {
            return Err(BadEntity::Terms);
        }
        new.dunning.check()?;
        let procedure = match data.procedure.clone() {
            Some(defined) => Procedure::new(defined, ProcedureId::Entity(data.procedures))?,
            None => Procedure::of_policy(new.dunning).map_err(BadProcedure::from)?,
        };
        let priced = data.pricing.check(new.currency, scale);
        priced.map_err(Box::new)?;
        Ok(Self {
            data,
            scale,
            procedure,
            events: Vec::new(),
        })
    }

    /// The form to store.
    #[must_use]
    pub fn snapshot(&self) -> EntitySnapshot {
        self.data.clone()
    }

    /// The entity.
    #[must_use]
    pub const fn id(&self) -> EntityId {
        self.data.founded.id
    }

    /// What it invoices in.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.data.founded.currency
    }

    /// How its invoices are rounded.
    #[must_use]
    pub const fn scale(&self) -> InvoiceScale {
        self.scale
    }

    /// How its documents are priced.
    #[must_use]
    pub const fn pricing(&self) -> &EntityPricing {
        &self.data.pricing
    }

    /// Prices documents like this from now on; what was issued stays as it is. Returns whether that is news.
    ///
    /// # Errors
    /// [`BadPricing`] names what no document could be priced with, or a category that would be gone.
    pub fn price_with(&mut self, pricing: EntityPricing) -> Result<bool, BadPricing> {
        pricing.check(self.currency(), self.scale)?;
        pricing.follows(&self.data.pricing)?;
        if pricing == self.data.pricing {
            return Ok(false);
        }
        self.events.push(BillingEvent::TaxesDefined {
            entity: self.id(),
            inclusive: pricing.inclusive,
            categories: pricing.taxes.keys().map(ToString::to_string).collect(),
        });
        self.data.pricing = pricing;
        Ok(true)
    }

    /// Its documents have another head from a day on.
    pub fn headed(&mut self, from: LocalDate) {
        let entity = self.id();
        let headed = BillingEvent::LetterheadChanged { entity, from };
        self.events.push(headed);
    }

    /// Its documents have a logo of so many bytes, or none any more.
    pub fn logo_changed(&mut self, bytes: Option<usize>) {
        let entity = self.id();
        self.events
            .push(BillingEvent::LogoChanged { entity, bytes });
    }

    /// What stands before its invoice numbers.
    #[must_use]
    pub fn series(&self) -> &str {
        &self.data.founded.series
    }

    /// Days from issue to due.
    #[must_use]
    pub const fn terms_days(&self) -> u16 {
        self.data.founded.terms_days
    }

    /// What is done about debts: the procedure it has defined, or what its three numbers come to.
    #[must_use]
    pub const fn procedure(&self) -> &Procedure {
        &self.procedure
    }

    /// Treats debts by another procedure from now on. What was done about a debt stays done; the same one again changes
    /// nothing. Returns whether that is news.
    ///
    /// # Errors
    /// [`BadProcedure`] names what contradicts what.
    pub fn define_procedure(&mut self, new: NewProcedure) -> Result<bool, BadProcedure> {
        if self.data.procedure.as_ref() == Some(&new) {
            return Ok(false);
        }
        new.must_fit(self.scale().step(self.currency()))?;
        let version = self.data.procedures + 1;
        self.procedure = Procedure::new(new.clone(), ProcedureId::Entity(version))?;
        self.data.procedures = version;
        self.events.push(BillingEvent::ProcedureDefined {
            entity: self.id(),
            version,
            procedure: Box::new(new.clone()),
        });
        self.data.procedure = Some(new);
        Ok(true)
    }

    /// Where its days begin and end.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.data.founded.zone
    }

    /// The local date at an instant.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> LocalDate {
        self.data.founded.zone.date_at(now)
    }

    /// The events recorded since the last call.
    pub fn take_events(&mut self) -> Vec<BillingEvent> {
        std::mem::take(&mut self.events)
    }

    /// For the store: the version that was written.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }
}

#[cfg(test)]
mod tests;
