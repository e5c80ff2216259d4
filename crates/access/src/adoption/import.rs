//! An import: a stored preview, and how far it was applied.

use kernel::{DomainEvent, ImportId, ImportRowId, JobId, RouterId, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::preview::Place;
use super::proposal::{Proposal, RowKind};
use super::raw::Raw;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportStatus {
    /// Looked at; nothing was written but this.
    Previewed,
    /// A job applies it.
    Applying {
        /// Since when.
        since: Timestamp,
        /// The job.
        job: JobId,
    },
    /// Every row is settled.
    Applied {
        /// Since when.
        at: Timestamp,
    },
}

impl ImportStatus {
    /// The word it is stored and shown as.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Previewed => "previewed",
            Self::Applying { .. } => "applying",
            Self::Applied { .. } => "applied",
        }
    }
}

/// A stored preview of what a router has.
#[derive(Debug, Clone)]
pub struct Import {
    data: ImportSnapshot,
    events: Vec<ImportEvent>,
}

/// Everything about an import but its rows, for stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSnapshot {
    /// Its id.
    pub id: ImportId,
    /// The router.
    pub router: RouterId,
    /// The zone of the dates that the router wrote.
    pub zone: Zone,
    /// How far it is.
    pub status: ImportStatus,
    /// A keyed digest of everything that was seen: two previews with the same one saw the same.
    pub digest: [u8; 32],
    /// Menus that could not be read: `menu: reason`.
    pub unread: Vec<String>,
    /// When the router was looked at.
    pub made_at: Timestamp,
    /// The stored version, 0 before the first save.
    pub version: i64,
}

/// What is needed to keep a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// The id it will have.
    pub id: ImportId,
    /// The router.
    pub router: RouterId,
    /// The zone of the dates that the router wrote.
    pub zone: Zone,
    /// A keyed digest of everything that was seen.
    pub digest: [u8; 32],
    /// Menus that could not be read.
    pub unread: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
    /// When the router was looked at.
    pub at: Timestamp,
}

/// A fact about an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ImportEvent {
    /// Somebody looked at what a router has.
    Previewed {
        /// The import.
        import: ImportId,
        /// The router.
        router: RouterId,
        /// How many rows it has.
        rows: u64,
    },
    /// Somebody wants an import applied.
    Requested {
        /// The import.
        import: ImportId,
        /// The router.
        router: RouterId,
        /// The job that does it.
        job: JobId,
    },
    /// Every row of an import is settled.
    Applied {
        /// The import.
        import: ImportId,
        /// The router.
        router: RouterId,
        /// How many rows were imported, by this run and those before.
        imported: u64,
        /// How many could not be.
        refused: u64,
    },
}

impl DomainEvent for ImportEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::Previewed { .. } => "access.import_previewed",
            Self::Requested { .. } => "access.import_requested",
            Self::Applied { .. } => "access.import_applied",
        }
    }
}

impl Import {
    /// Keeps a preview.
    #[must_use]
    pub fn keep(new: NewImport) -> Self {
        let event = ImportEvent::Previewed {
            import: new.id,
            router: new.router,
            rows: new.rows,
        };
        Self {
            data: ImportSnapshot {
                id: new.id,
                router: new.router,
                zone: new.zone,
                status: ImportStatus::Previewed,
                digest: new.digest,
                unread: new.unread,
                made_at: new.at,
                version: 0,
            },
            events: vec![event],
        }
    }

    /// Has it applied by a job; gives back the job that does: an earlier one goes on, unless it is the one that has
    /// `ended` without finishing.
    pub fn begin(&mut self, job: JobId, ended: Option<JobId>, at: Timestamp) -> JobId {
        if let ImportStatus::Applying { job, .. } = self.data.status
            && ended != Some(job)
        {
            return job;
        }
        self.data.status = ImportStatus::Applying { since: at, job };
        self.events.push(ImportEvent::Requested {
            import: self.data.id,
            router: self.data.router,
            job,
        });
        job
    }

    /// Notes that every row is settled. Twice is harmless.
    pub fn finish(&mut self, imported: u64, refused: u64, at: Timestamp) {
        if matches!(self.data.status, ImportStatus::Applied { .. }) {
            return;
        }
        self.data.status = ImportStatus::Applied { at };
        self.events.push(ImportEvent::Applied {
            import: self.data.id,
            router: self.data.router,
            imported,
            refused,
        });
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> ImportId {
        self.data.id
    }

    /// The router.
    #[must_use]
    pub const fn router(&self) -> RouterId {
        self.data.router
    }

    /// How far it is.
    #[must_use]
    pub const fn status(&self) -> &ImportStatus {
        &self.data.status
    }

    /// Hands over what was recorded since the last save.
    pub fn take_events(&mut self) -> Vec<ImportEvent> {
        std::mem::take(&mut self.events)
    }

    /// Everything about it, for the store.
    #[must_use]
    pub fn snapshot(&self) -> ImportSnapshot {
        self.data.clone()
    }

    /// Takes it back from the store.
    #[must_use]
    pub const fn restore(data: ImportSnapshot) -> Self {
        Self {
            data,
            events: Vec::new(),
        }
    }

    /// Notes the version the store has given it.
    pub const fn saved_as(&mut self, version: i64) {
        self.data.version = version;
    }
}

/// Where a row of an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// To be imported.
    Pending,
    /// Half-way: its grant is stored, its tag not certainly on the router.
    Recorded,
    /// Imported.
    Imported,
    /// The product's already.
    Known,
    /// Shown, and left as it is.
    Listed,
    /// Cannot be imported.
    Refused,
}

impl RowState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Recorded,
        Self::Imported,
        Self::Known,
        Self::Listed,
        Self::Refused,
    ];

    /// The word it is stored and shown as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Recorded => "recorded",
            Self::Imported => "imported",
            Self::Known => "known",
            Self::Listed => "listed",
            Self::Refused => "refused",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether work is left.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Recorded)
    }
}

/// One row of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// Its id; rows are applied in the order of their ids.
    pub id: ImportRowId,
    /// Where it is on the router.
    pub place: Place,
    /// Its name.
    pub name: Raw,
    /// Its comment.
    pub comment: Raw,
    /// What becomes of it.
    pub proposal: Proposal,
    /// A keyed digest of what was seen: another one later means that it has changed.
    pub seen: [u8; 32],
    /// Where it stands.
    pub state: RowState,
    /// Why it is listed or refused.
    pub reason: Option<String>,
    /// What an operator should know.
    pub notes: Vec<String>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The row.
    pub row: ImportRowId,
    /// Where it stands now.
    pub state: RowState,
    /// Why, if it is refused.
    pub reason: Option<String>,
}

/// How many rows of a kind are in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RowCount {
    /// The kind.
    pub kind: RowKind,
    /// The state.
    pub state: RowState,
    /// How many.
    pub count: u64,
}

#[cfg(test)]
mod tests {
    //! An import is applied once at a time.
    #![allow(clippy::unwrap_used)]

    use super::{Import, ImportEvent, ImportStatus, NewImport};
    use crate::testing::numbered;
    use kernel::Timestamp;

    #[test]
    fn asking_twice_starts_one_job() {
        let at = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
        let mut import = Import::keep(NewImport {
            id: numbered(1),
            router: numbered(2),
            zone: "Asia/Jakarta".parse().unwrap(),
            digest: [7; 32],
            unread: Vec::new(),
            rows: 3,
            at,
        });
        assert_eq!(import.begin(numbered(10), None, at), numbered(10));
        assert_eq!(import.begin(numbered(11), None, at), numbered(10));
        import.finish(2, 1, at);
        import.finish(2, 1, at);
        assert_eq!(*import.status(), ImportStatus::Applied { at });
        assert_eq!(import.take_events().len(), 3);
        assert_eq!(
            import.begin(numbered(12), None, at),
            numbered(12),
            "what is left may be tried again"
        );
        let asked = ImportEvent::Requested {
            import: numbered(1),
            router: numbered(2),
            job: numbered(12),
        };
        assert_eq!(import.take_events(), [asked]);
    }

    #[test]
    fn only_the_job_that_has_ended_is_replaced() {
        let at = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
        let mut import = Import::keep(NewImport {
            id: numbered(1),
            router: numbered(2),
            zone: "Asia/Jakarta".parse().unwrap(),
            digest: [7; 32],
            unread: Vec::new(),
            rows: 3,
            at,
        });
        import.begin(numbered(10), None, at);
        let other = import.begin(numbered(11), Some(numbered(9)), at);
        assert_eq!(other, numbered(10), "somebody else was faster");
        let again = import.begin(numbered(11), Some(numbered(10)), at);
        assert_eq!(again, numbered(11));
    }
}
