//! The id of something of a kind that is known only at run time: `inv_…` as a person pastes it.

use std::fmt;
use std::str::FromStr;

use kernel::{Id, Kind};

/// Any kind of aggregate; [`AggregateRef`] carries the real prefix.
#[derive(Debug)]
pub enum AnyKind {}

impl Kind for AnyKind {
    const PREFIX: &'static str = "any";
    const NAME: &'static str = "prefixed";
}

/// An aggregate named by the prefix of its kind and its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AggregateRef {
    kind: String,
    id: Id<AnyKind>,
}

/// The text is not a prefixed id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a prefix of three letters, _ and 26 characters of a-z2-7")]
pub struct BadAggregateRef;

impl AggregateRef {
    /// Names an aggregate whose kind is known.
    #[must_use]
    pub fn of<K: Kind>(id: Id<K>) -> Self {
        Self {
            kind: K::PREFIX.to_owned(),
            id: Id::from_uuid(id.uuid()),
        }
    }

    /// The prefix of its kind: `inv`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its id; [`Id::uuid`] gives what the store keeps.
    #[must_use]
    pub const fn id(&self) -> Id<AnyKind> {
        self.id
    }
}

impl FromStr for AggregateRef {
    type Err = BadAggregateRef;

    fn from_str(text: &str) -> Result<Self, BadAggregateRef> {
        let (kind, rest) = text.split_once('_').ok_or(BadAggregateRef)?;
        if kind.len() != 3 || !kind.bytes().all(|it| it.is_ascii_lowercase()) {
            return Err(BadAggregateRef);
        }
        let id = format!("{}_{rest}", AnyKind::PREFIX)
            .parse()
            .map_err(|_| BadAggregateRef)?;
        Ok(Self {
            kind: kind.to_owned(),
            id,
        })
    }
}

impl fmt::Display for AggregateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.to_string();
        let rest = id.trim_start_matches(AnyKind::PREFIX);
        write!(f, "{}{rest}", self.kind)
    }
}

#[cfg(test)]
mod tests {
    //! What people paste is understood or refused.
    #![allow(clippy::unwrap_used)]

    use super::{AggregateRef, BadAggregateRef};
    use kernel::testing::CountingIds;
    use kernel::{Ids, InvoiceId};

    #[test]
    fn the_text_of_any_id_names_its_aggregate() {
        let invoice: InvoiceId = (&CountingIds::from(7) as &dyn Ids).next();
        let named: AggregateRef = invoice.to_string().parse().unwrap();
        assert_eq!(named, AggregateRef::of(invoice));
        assert_eq!(named.kind(), "inv");
        assert_eq!(named.id().uuid(), invoice.uuid());
        assert_eq!(named.to_string(), invoice.to_string());
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in [
            "",
            "inv",
            "inv_",
            "INV_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "invoice_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "inv_a",
        ] {
            assert_eq!(bad.parse::<AggregateRef>(), Err(BadAggregateRef), "{bad}");
        }
    }
}
