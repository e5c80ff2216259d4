//! The meter of a login: what its own totals on the router showed last.

use kernel::GrantId;

use crate::grant::Subject;
use crate::login::{LoginRef, Service};
use crate::row::RowId;
use crate::usage::load::Load;
use crate::usage::reading::UserCounters;

/// The totals of a hotspot user or a queue, as they were read last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSeen {
    /// The row they were in.
    pub row: RowId,
    /// What it had counted.
    pub load: Load,
    /// The start of the router since which it was so: [`crate::usage::PollState::boot`].
    pub boot: u32,
}

/// Where the counting of one login on one router stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// The login.
    pub login: LoginRef,
    /// The grant that its use is recorded for.
    pub grant: GrantId,
    /// Who that grant is for.
    pub subject: Subject,
    /// The user's totals, if they were read yet. PPP has none.
    pub user: Option<UserSeen>,
    /// What was recorded from sessions that have ended since, and will show in the user's totals once more.
    pub owed: Load,
}

impl Meter {
    /// A meter that has read nothing.
    #[must_use]
    pub const fn new(login: LoginRef, grant: GrantId, subject: Subject) -> Self {
        Self {
            login,
            grant,
            subject,
            user: None,
            owed: Load::ZERO,
        }
    }

    /// Notes what was recorded from sessions that have ended.
    pub(super) fn owe(&mut self, ended: Load) {
        self.owed = self.owed.plus(ended);
    }

    /// Takes a reading of the user's totals and returns what was not recorded yet.
    ///
    /// `ended` is what was recorded from sessions that were found ended after these totals were read: whether they are
    /// in them already is open, so as much as can be is taken as theirs, and the rest stays owed. Everything owed
    /// before is in these totals or was lost with the router's power, and is forgotten either way.
    pub(super) fn read(&mut self, now: &UserCounters, boot: u32, ended: Load) -> Load {
        let fresh = self.grown(now, boot).minus(self.owed);
        let taken = fresh.least(ended);
        self.owed = ended.minus(taken);
        self.user = Some(UserSeen {
            row: now.row.clone(),
            load: now.load,
            boot,
        });
        fresh.minus(taken)
    }

    /// By how much the totals have grown. A row made anew and counters reset by hand start from zero; after a start of
    /// the router lower numbers of a user may also be an older state brought back, which must not count twice; queues
    /// keep nothing, so lower numbers are all new.
    fn grown(&self, now: &UserCounters, boot: u32) -> Load {
        let Some(seen) = &self.user else {
            return now.load;
        };
        let has_restarted = seen.boot != boot;
        let is_same_row = seen.row == now.row || has_restarted;
        match (is_same_row && now.load.covers(seen.load), has_restarted) {
            (true, _) => now.load.minus(seen.load),
            (false, true) if self.login.service == Service::Hotspot => Load::ZERO,
            (false, true) => now.load,
            (false, false) => now.load,
        }
    }
}
