//! The difference between what a router should hold and what it holds, as changes in order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kernel::GrantId;

use crate::change::{Action, Change, Edit};
use crate::desired::{Desired, DesiredRow};
use crate::login::LoginRef;
use crate::menu::Menu;
use crate::router::DriftCounts;
use crate::row::{Actual, ActualRow, Attribute, RowId};
use crate::tag::{Mark, TagId};

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
    /// The changes in order of dependence: pools, profiles, logins, everything else; then removals backwards.
    pub changes: Vec<Change>,
    /// Rows by other hands under names that are needed; the grants behind those names cannot be served.
    pub conflicts: Vec<Conflict>,
    /// Rows of ours that no grant explains: made by a lost installation state, copied or renamed by hand. They are
    /// removed, unless held back.
    pub orphans: Vec<RowRef>,
    /// Orphans that stay because there are suspiciously many: more than the larger of 5 and a tenth of our rows.
    pub held_back: Vec<RowRef>,
    /// How many rows are none of our business.
    pub foreign: u64,
    /// How many rows that are not profiles are ours.
    pub owned: u64,
    /// Menus that could not be read, with the reason: nothing is concluded about them and nothing written to them.
    pub unknown: Vec<(Menu, String)>,
    /// Grants that have rows in such menus.
    pub unserved: BTreeSet<GrantId>,
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
///
/// A menu that could not be read is left out: unknown is not empty. The cost grows linearly with the rows.
#[must_use]
pub fn diff(desired: &Desired, actual: &Actual, reach: Reach) -> Plan {
    let mut plan = Plan::default();
    let mut claimed = HashSet::new();
    for menu in Menu::ALL {
        if let Some(reason) = actual.unknown(menu) {
            plan.postpone(menu, reason, desired);
            continue;
        }
        let by_name = Index::of(menu, actual, &desired.mark);
        for row in desired.rows(menu) {
            claimed.extend(plan.settle(menu, row, desired, &by_name));
        }
    }
    for menu in Menu::ALL.into_iter().rev() {
        if !menu.is_profiles() && actual.unknown(menu).is_none() {
            plan.sweep(menu, desired, actual, reach, &claimed);
        }
    }
    plan.hold_back();
    plan
}

/// A row, by its menu and its own name there.
type Claim<'a> = (Menu, &'a RowId);

/// The rows of a menu by name. Queues also by what they stand for: one that was taken over keeps its own name.
struct Index<'a> {
    by_name: HashMap<&'a str, Vec<&'a ActualRow>>,
    by_tag: HashMap<TagId, &'a ActualRow>,
}

impl<'a> Index<'a> {
    fn of(menu: Menu, actual: &'a Actual, mark: &Mark) -> Self {
        let rows = actual.rows(menu);
        let mut by_name: HashMap<&str, Vec<&ActualRow>> = HashMap::with_capacity(rows.len());
        for row in rows {
            by_name.entry(&row.name).or_default().push(row);
        }
        let is_ours = |it: &&ActualRow| menu == Menu::SimpleQueue && it.is_owned(menu, mark);
        let ours = rows.iter().filter(is_ours);
        let by_tag = ours.filter_map(|it| Some((it.tag()?.id, it))).collect();
        Self { by_name, by_tag }
    }

    /// The row that stands where a wanted one belongs: one of ours if there is one, best on the list it should be on;
    /// else one by another hand that is in the way.
    fn occupant(&self, menu: Menu, want: &DesiredRow, desired: &Desired) -> Option<&'a ActualRow> {
        let rows = self.by_name.get(want.name.as_str());
        let here = || {
            let rows = rows.into_iter().flatten().copied();
            rows.filter(|it| it.occupies(menu, &want.name, want.server()))
        };
        let ours = || here().filter(|it| it.is_owned(menu, &desired.mark));
        let same_list = |it: &&ActualRow| is_on_list_of(it, want);
        ours()
            .find(same_list)
            .or_else(|| ours().next())
            .or_else(|| self.by_tag.get(&want.tag.id).copied())
            .or_else(|| self.moved(menu, want, desired))
            .or_else(|| here().find(same_list))
    }
}

impl<'a> Index<'a> {
    /// Our own login that somebody has bound to another hotspot server.
    fn moved(&self, menu: Menu, want: &DesiredRow, desired: &Desired) -> Option<&'a ActualRow> {
        let rows = self.by_name.get(want.name.as_str())?.iter().copied();
        let is_it = |row: &&ActualRow| {
            let is_ours = row.is_owned(menu, &desired.mark);
            is_ours && row.tag().is_some_and(|it| it.id == want.tag.id)
        };
        rows.filter(|_| menu == Menu::HotspotUser).find(is_it)
    }
}

/// Entries of different address lists are in nobody's way; rows of other menus are on no list.
fn is_on_list_of(have: &ActualRow, want: &DesiredRow) -> bool {
    let wanted = want.owned.get(&Attribute::List).map(Option::as_ref);
    wanted.is_none_or(|it| it == have.values.get(&Attribute::List))
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
            owned: self.owned,
        }
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    fn postpone(&mut self, menu: Menu, reason: &str, desired: &Desired) {
        self.unknown.push((menu, reason.to_owned()));
        self.unserved
            .extend(desired.rows(menu).filter_map(|it| it.grant));
    }

    /// Plans what makes one row right. Returns the row of ours that it is about.
    fn settle<'a>(
        &mut self,
        menu: Menu,
        row: &DesiredRow,
        desired: &Desired,
        by_name: &Index<'a>,
    ) -> Option<Claim<'a>> {
        match by_name.occupant(menu, row, desired) {
            None => {
                self.changes.push(creation(menu, row));
                None
            }
            Some(it) if it.is_owned(menu, &desired.mark) => {
                self.changes.extend(update(menu, row, it));
                Some((menu, &it.id))
            }
            Some(it) => {
                self.conflicts.push(Conflict {
                    row: row_ref(menu, it),
                    grant: row.grant,
                });
                None
            }
        }
    }

    /// Finds what should not be there.
    fn sweep(
        &mut self,
        menu: Menu,
        desired: &Desired,
        actual: &Actual,
        reach: Reach,
        claimed: &HashSet<Claim<'_>>,
    ) {
        for row in actual.rows(menu).iter().filter(|it| !it.is_dynamic) {
            let Some(tag) = row.tag().filter(|_| row.is_owned(menu, &desired.mark)) else {
                self.foreign += 1;
                continue;
            };
            self.owned += 1;
            if claimed.contains(&(menu, &row.id)) {
                continue;
            }
            // What has ended goes even if an operator has taken the row over: access is not his to give.
            if let Some(grant) = desired.ended(&tag.id) {
                self.changes.push(removal(menu, row, Some(grant)));
            } else if desired.is_left_alone(menu, &row.name) {
                continue;
            } else if reach == Reach::Whole && !is_needed(menu, row, actual) {
                self.orphans.push(row_ref(menu, row));
            }
        }
    }

    fn hold_back(&mut self) {
        let tenth = usize::try_from(self.owned / 10).unwrap_or(usize::MAX);
        if self.orphans.len() > FEW_ORPHANS.max(tenth) {
            self.held_back = std::mem::take(&mut self.orphans);
            return;
        }
        self.changes.extend(self.orphans.iter().map(orphan_removal));
    }
}

/// Whether a profile draws from a pool: without it the profile would be broken.
fn is_needed(menu: Menu, row: &ActualRow, actual: &Actual) -> bool {
    let draws = |it: &ActualRow| it.values.get(&Attribute::Pool) == Some(&row.name);
    menu == Menu::Pool
        && [Menu::PppProfile, Menu::HotspotProfile]
            .into_iter()
            .any(|profiles| actual.rows(profiles).iter().any(draws))
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
        cuts: row.cut_owed || menu.takes_hold_anew(),
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
        name: have.name.clone(),
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

/// Running sessions keep what they began with: a refusal, another profile, another binding or another list only work
/// from the next login on.
fn ends_sessions(edit: &Edit) -> bool {
    let Edit::Set { attribute, to, .. } = edit else {
        return false;
    };
    match attribute {
        Attribute::Disabled | Attribute::BlockAccess => to.is_some(),
        Attribute::Profile | Attribute::BindingType | Attribute::AddressLists => true,
        _ => false,
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
mod kept_tests;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod tests;
