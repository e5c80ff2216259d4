//! The forty customers of the demonstration, and what became of each.

/// What became of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Asked, never bought.
    Prospect,
    /// Pays on time.
    Pays,
    /// Has an invoice that is not due yet.
    Due,
    /// A few days late: nothing happens yet.
    Late,
    /// Later: slow.
    Restricted,
    /// Far too late: cut off.
    CutOff,
    /// Stopped by an operator for now.
    OnHoliday,
    /// Will end with the period.
    Leaving,
    /// Is gone.
    Gone,
    /// Nothing is sold to them any more.
    Blocked,
}

impl Fate {
    /// How many days ago the subscription began, if there is one.
    pub(super) const fn began_days_ago(self) -> Option<i64> {
        match self {
            Self::Prospect | Self::Blocked => None,
            Self::Pays | Self::Leaving => Some(20),
            Self::Due => Some(3),
            Self::Late => Some(9),
            Self::Restricted => Some(12),
            Self::CutOff => Some(25),
            Self::OnHoliday => Some(15),
            Self::Gone => Some(28),
        }
    }

    /// Whether the first invoice was paid.
    pub(super) const fn has_paid(self) -> bool {
        matches!(
            self,
            Self::Pays | Self::OnHoliday | Self::Leaving | Self::Gone
        )
    }
}

/// First and last names are combined so that nobody is named twice.
const FIRST: [&str; 8] = [
    "Siti", "Budi", "Ayu", "Agus", "Dewi", "Joko", "Rina", "Made",
];
const LAST: [&str; 5] = ["Wijaya", "Santoso", "Lestari", "Pratama", "Hartono"];

/// The fates of eight neighbours; each street of the five repeats them with one difference.
const FATES: [[Fate; 8]; 5] = [
    [
        Fate::Pays,
        Fate::Pays,
        Fate::Pays,
        Fate::Due,
        Fate::Late,
        Fate::Restricted,
        Fate::CutOff,
        Fate::Prospect,
    ],
    [
        Fate::Pays,
        Fate::Pays,
        Fate::Pays,
        Fate::Due,
        Fate::Pays,
        Fate::CutOff,
        Fate::OnHoliday,
        Fate::Prospect,
    ],
    [
        Fate::Pays,
        Fate::Pays,
        Fate::Pays,
        Fate::Due,
        Fate::Late,
        Fate::Restricted,
        Fate::Gone,
        Fate::Blocked,
    ],
    [
        Fate::Pays,
        Fate::Pays,
        Fate::Pays,
        Fate::Due,
        Fate::Pays,
        Fate::CutOff,
        Fate::Leaving,
        Fate::Prospect,
    ],
    [
        Fate::Pays,
        Fate::Pays,
        Fate::Pays,
        Fate::Due,
        Fate::Late,
        Fate::Restricted,
        Fate::Gone,
        Fate::Prospect,
    ],
];

/// One customer.
pub(super) struct Person {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) login: String,
    pub(super) phone: String,
    pub(super) fate: Fate,
}

/// All forty.
pub(super) fn everybody() -> impl Iterator<Item = Person> {
    let streets = FATES.iter().zip(LAST).enumerate();
    streets.flat_map(|(street, (fates, last))| {
        fates
            .iter()
            .zip(FIRST)
            .enumerate()
            .map(move |(house, (fate, first))| {
                let number = street * FIRST.len() + house;
                Person {
                    number,
                    name: format!("{first} {last}"),
                    login: format!("{}.{}", first.to_lowercase(), last.to_lowercase()),
                    phone: format!("+62812{:07}", 3_450_000 + number),
                    fate: *fate,
                }
            })
    })
}

#[cfg(test)]
mod tests {
    //! The demonstration shows what was promised.

    use std::collections::HashSet;

    use super::{Fate, everybody};

    #[test]
    fn forty_people_show_every_fate_under_forty_names() {
        let names: HashSet<_> = everybody().map(|it| it.name).collect();
        let logins: HashSet<_> = everybody().map(|it| it.login).collect();
        assert_eq!((names.len(), logins.len()), (40, 40));
        for fate in [
            Fate::Prospect,
            Fate::Pays,
            Fate::Due,
            Fate::Late,
            Fate::Restricted,
            Fate::CutOff,
            Fate::OnHoliday,
            Fate::Leaving,
            Fate::Gone,
            Fate::Blocked,
        ] {
            assert!(everybody().any(|it| it.fate == fate), "{fate:?}");
        }
    }
}
