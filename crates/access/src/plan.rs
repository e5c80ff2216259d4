//! The difference between what a router should hold and what it holds, as changes in order.

use std::collections::{BTreeMap, BTreeSet};

use kernel::GrantId;

use crate::change::{Action, Change, Edit};
use crate::desired::{Desired, DesiredRow};
use crate::login::LoginRef;
use crate::router::DriftCounts;
use crate::row::{Actual, ActualRow, Attribute, Menu, RowId};

/// How much of the router was read, and so how much may be concluded from what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Some logins: nothing is concluded about rows that no given grant explains.
    Selected,
    /// Everything, compared with every grant: rows of ours that no grant explains are surplus.
    Whole,
}

/// A row, by where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowRef {
    /// The menu.
    pub menu: Menu,
    /// Its own name on the router.
    pub id: RowId,
    /// Its name.
    pub name: String,
}

/// What to do, and what to leave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The changes in order of dependence: profiles, then logins, then removals.
    pub changes: Vec<Change>,
    /// Rows by other hands under names that are needed; the grants behind those names cannot be served.
    pub conflicts: Vec<Conflict>,
    /// Rows of ours that no grant explains: made by a lost installation state, copied or renamed by hand. They are
    /// removed, unless held back.
    pub orphans: Vec<RowRef>,
    /// Orphans that stay because there are suspiciously many: more than the larger of 5 and a tenth of our rows.
    pub held_back: Vec<RowRef>,
    /// How many logins are none of our business.
    pub foreign: u64,
}

/// A row by another hand under a name that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The row that is in the way.
    pub row: RowRef,
    /// The grant that cannot be served; `None` for a profile.
    pub grant: Option<GrantId>,
}

/// Fewer orphans than this are always removed.
const FEW_ORPHANS: usize = 5;

/// What has to be done so that the router holds what it should.
///
/// Only owned attributes of owned rows are compared; the revision in a comment is rewritten only along with something
/// else, to spare the router's flash. Profiles are never removed: a row that refers to one would break.
#[must_use]
pub fn diff(desired: &Desired, actual: &Actual, reach: Reach) -> Plan {
    let mut plan = Plan::default();
    for menu in Menu::ALL {
        for row in desired.rows(menu) {
            plan.settle(menu, row, desired, actual);
        }
    }
    let mut owned = 0;
    for menu in [Menu::PppSecret, Menu::HotspotUser] {
        owned += plan.sweep(menu, desired, actual, reach);
    }
    plan.hold_back(owned);
    plan
}

impl Plan {
    /// The logins whose sessions must end once the changes are made, each once.
    #[must_use]
    pub fn cuts(&self) -> Vec<LoginRef> {
        let cutting = self.changes.iter().filter(|it| it.cuts);
        let logins: BTreeSet<LoginRef> = cutting.filter_map(Change::login).collect();
        logins.into_iter().collect()
    }

    /// Also removes what was held back.
    pub fn release_held_back(&mut self) {
        for it in std::mem::take(&mut self.held_back) {
            self.changes.push(orphan_removal(&it));
            self.orphans.push(it);
        }
    }

    /// How far the router was from what it should be, not counting changes that serve `waiting` grants: the router
    /// was merely not told yet.
    #[must_use]
    pub fn drift(&self, waiting: &BTreeSet<GrantId>) -> DriftCounts {
        let drifted = |it: &&Change| it.grant.is_none_or(|grant| !waiting.contains(&grant));
        let count = |of: fn(&Action) -> bool| {
            let changes = self.changes.iter().filter(drifted);
            u64::try_from(changes.filter(|it| of(&it.action)).count()).unwrap_or(u64::MAX)
        };
        let len = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
        DriftCounts {
            missing: count(|it| matches!(it, Action::Create { .. })),
            differing: count(|it| matches!(it, Action::Update { .. })),
            surplus: count(|it| matches!(it, Action::Remove { .. })),
            conflicts: len(self.conflicts.len()),
            held_back: len(self.held_back.len()),
            foreign: self.foreign,
        }
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn settle(&mut self, menu: Menu, row: &DesiredRow, desired: &Desired, actual: &Actual) {
        let occupant = actual
            .rows(menu)
            .iter()
            .find(|it| it.occupies(menu, &row.name));
        let change = match occupant {
            None => Some(creation(menu, row)),
            Some(it) if it.is_owned(menu, &desired.mark) => update(menu, row, it),
            Some(it) => {
                self.conflicts.push(Conflict {
                    row: row_ref(menu, it),
                    grant: row.grant,
                });
                None
            }
        };
        self.changes.extend(change);
    }

    /// Finds what should not be there. Returns how many logins of the menu are ours.
    fn sweep(&mut self, menu: Menu, desired: &Desired, actual: &Actual, reach: Reach) -> usize {
        let mut owned = 0;
        for row in actual.rows(menu).iter().filter(|it| !it.is_dynamic) {
            let Some(tag) = row.tag().filter(|_| row.is_owned(menu, &desired.mark)) else {
                self.foreign += 1;
                continue;
            };
            owned += 1;
            if row_is_wanted(menu, row, desired) {
                continue;
            }
            if let Some(grant) = desired.ended(&tag.id) {
                self.changes.push(removal(menu, row, Some(grant)));
            } else if reach == Reach::Whole {
                self.orphans.push(row_ref(menu, row));
            }
        }
        owned
    }

    fn hold_back(&mut self, owned: usize) {
        let allowed = FEW_ORPHANS.max(owned / 10);
        if self.orphans.len() > allowed {
            self.held_back = std::mem::take(&mut self.orphans);
            return;
        }
        self.changes.extend(self.orphans.iter().map(orphan_removal));
    }
}

fn row_is_wanted(menu: Menu, row: &ActualRow, desired: &Desired) -> bool {
    desired.row(menu, &row.name).is_some() && row.occupies(menu, &row.name)
}

fn row_ref(menu: Menu, row: &ActualRow) -> RowRef {
    RowRef {
        menu,
        id: row.id.clone(),
        name: row.name.clone(),
    }
}

fn orphan_removal(row: &RowRef) -> Change {
    let action = Action::Remove { id: row.id.clone() };
    Change {
        menu: row.menu,
        name: row.name.clone(),
        action,
        grant: None,
        cuts: true,
    }
}

fn removal(menu: Menu, row: &ActualRow, grant: Option<GrantId>) -> Change {
    let action = Action::Remove { id: row.id.clone() };
    Change {
        menu,
        name: row.name.clone(),
        action,
        grant,
        cuts: true,
    }
}

fn creation(menu: Menu, row: &DesiredRow) -> Change {
    let mut edits: Vec<Edit> = row.password.iter().cloned().map(Edit::Password).collect();
    for (attribute, to) in row.owned.iter().filter(|(_, to)| to.is_some()) {
        edits.push(Edit::Set {
            attribute: *attribute,
            to: to.clone(),
            was: None,
        });
    }
    if menu.has_comment() {
        edits.push(Edit::Comment(row.tag.to_string()));
    }
    let action = Action::Create {
        edits,
        tag: row.tag.clone(),
    };
    Change {
        menu,
        name: row.name.clone(),
        action,
        grant: row.grant,
        cuts: row.cut_owed,
    }
}

fn update(menu: Menu, want: &DesiredRow, have: &ActualRow) -> Option<Change> {
    let mut edits = differing(&want.owned, &have.values);
    let mut cuts = edits.iter().any(ends_sessions);
    if let Some(password) = changed_password(want, have) {
        // Sent blindly to a router that hides it, it ends sessions only if its grant says that it changed.
        cuts = cuts || want.cut_owed || have.password.is_some();
        edits.push(password);
    }
    if edits.is_empty() && have.tag().is_none_or(|it| it.id == want.tag.id) {
        return None;
    }
    edits.extend(retagged(menu, want, have));
    if edits.is_empty() {
        return None;
    }
    let action = Action::Update {
        id: have.id.clone(),
        edits,
    };
    Some(Change {
        menu,
        name: want.name.clone(),
        action,
        grant: want.grant,
        cuts,
    })
}

fn differing(
    want: &BTreeMap<Attribute, Option<String>>,
    have: &BTreeMap<Attribute, String>,
) -> Vec<Edit> {
    // A secret that is open to any PPP service serves PPPoE too: adopted ones stay so.
    let serves_any = |it: &Attribute| *it == Attribute::Service && !have.contains_key(it);
    let differs =
        |it: &(&Attribute, &Option<String>)| it.1.as_ref() != have.get(it.0) && !serves_any(it.0);
    let edit = |(attribute, to): (&Attribute, &Option<String>)| Edit::Set {
        attribute: *attribute,
        to: to.clone(),
        was: have.get(attribute).cloned(),
    };
    want.iter().filter(differs).map(edit).collect()
}

/// Running sessions keep what they began with: a refusal, and another profile, only work from the next login on.
fn ends_sessions(edit: &Edit) -> bool {
    match edit {
        Edit::Set {
            attribute: Attribute::Disabled,
            to,
            ..
        } => to.is_some(),
        Edit::Set {
            attribute: Attribute::Profile,
            ..
        } => true,
        Edit::Set { .. } | Edit::Password(_) | Edit::Comment(_) => false,
    }
}

/// A password that the router shows is compared. One that it hides is sent with every new revision, and only then.
fn changed_password(want: &DesiredRow, have: &ActualRow) -> Option<Edit> {
    let password = want.password.as_ref()?;
    let differs = match &have.password {
        Some(shown) => shown != password,
        None => have.tag().is_none_or(|it| it != want.tag),
    };
    differs.then(|| Edit::Password(password.clone()))
}

fn retagged(menu: Menu, want: &DesiredRow, have: &ActualRow) -> Option<Edit> {
    if !menu.has_comment() {
        return None;
    }
    let written = want.tag.written_into(&have.comment)?;
    (written != have.comment).then_some(Edit::Comment(written))
}

#[cfg(test)]
mod tests;
