//! The rows in which a router differs from what it should be, one by one, for people.

use std::collections::BTreeSet;

use kernel::GrantId;
use serde::Serialize;

use crate::change::{Action, Change, Edit};
use crate::desired::Desired;
use crate::menu::Menu;
use crate::plan::{Plan, RowRef};
use crate::row::{Actual, Attribute};

/// In which way a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftClass {
    /// It should be there and is not.
    Missing,
    /// A hand has changed it.
    Changed,
    /// It is ours and nothing explains it.
    Orphan,
    /// A row by another hand is where one of ours belongs.
    Conflict,
    /// It is by another hand, and none of our business.
    Foreign,
}

impl DriftClass {
    /// Every class.
    pub const ALL: [Self; 5] = [
        Self::Missing,
        Self::Changed,
        Self::Orphan,
        Self::Conflict,
        Self::Foreign,
    ];
}

/// One attribute that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriftValue {
    /// What the router calls it; `password` without values.
    pub attribute: &'static str,
    /// What it should be; `None` for not set.
    pub ours: Option<String>,
    /// What it is; `None` for not set.
    pub routers: Option<String>,
    /// Whether an operator may keep the router's value.
    pub may_be_kept: bool,
    #[serde(skip)]
    pub(crate) which: Option<Attribute>,
}

/// One row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DriftRow {
    /// In which way.
    pub class: DriftClass,
    /// The menu.
    pub menu: Menu,
    /// Its own name on the router: `*1A`; `None` while it is missing.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What differs; of a missing row everything that it should be.
    pub values: Vec<DriftValue>,
    /// The grant it serves, if any.
    pub grant: Option<GrantId>,
    /// Whether an operator may leave it as it is: access is decided by what is paid, and foreign rows are anyway.
    pub may_be_accepted: bool,
}

/// Every row that differs, without those that the router was merely not told about yet; foreign ones last.
#[must_use]
pub fn drift_rows(
    desired: &Desired,
    actual: &Actual,
    plan: &Plan,
    waiting: &BTreeSet<GrantId>,
) -> Vec<DriftRow> {
    let orphans: BTreeSet<(Menu, &str)> = plan
        .orphans
        .iter()
        .map(|it| (it.menu, it.id.as_str()))
        .collect();
    let told = |it: &&Change| it.grant.is_none_or(|grant| !waiting.contains(&grant));
    let is_orphan = |it: &Change| match &it.action {
        Action::Remove { id } => orphans.contains(&(it.menu, id.as_str())),
        _ => false,
    };
    let changes = plan.changes.iter().filter(told);
    let mut rows: Vec<DriftRow> = changes.filter(|it| !is_orphan(it)).map(changed).collect();
    rows.extend(plan.orphans.iter().chain(&plan.held_back).map(orphan));
    rows.extend(plan.conflicts.iter().map(|it| DriftRow {
        class: DriftClass::Conflict,
        grant: it.grant,
        may_be_accepted: it.grant.is_none(),
        ..orphan(&it.row)
    }));
    let in_the_way: BTreeSet<(Menu, &str)> = plan
        .conflicts
        .iter()
        .map(|it| (it.row.menu, it.row.id.as_str()))
        .collect();
    for menu in Menu::ALL {
        let strangers = actual.rows(menu).iter().filter(|it| {
            !it.is_dynamic
                && !it.is_owned(menu, &desired.mark)
                && !in_the_way.contains(&(menu, it.id.as_str()))
        });
        rows.extend(strangers.map(|it| DriftRow {
            class: DriftClass::Foreign,
            menu,
            id: Some(it.id.to_string()),
            name: it.name.clone(),
            values: Vec::new(),
            grant: None,
            may_be_accepted: false,
        }));
    }
    rows
}

fn orphan(row: &RowRef) -> DriftRow {
    DriftRow {
        class: DriftClass::Orphan,
        menu: row.menu,
        id: Some(row.id.to_string()),
        name: row.name.clone(),
        values: Vec::new(),
        grant: None,
        may_be_accepted: !row.menu.decides_access(),
    }
}

fn changed(change: &Change) -> DriftRow {
    let (class, id, edits): (_, _, &[Edit]) = match &change.action {
        Action::Create { edits, .. } => (DriftClass::Missing, None, edits),
        Action::Update { id, edits } => (DriftClass::Changed, Some(id.to_string()), edits),
        Action::Remove { id } => (DriftClass::Orphan, Some(id.to_string()), &[]),
    };
    let is_missing = class == DriftClass::Missing;
    let values: Vec<DriftValue> = edits
        .iter()
        .filter_map(|it| value(it, change.menu, is_missing))
        .collect();
    let keeps = values.iter().any(|it| it.may_be_kept);
    DriftRow {
        class,
        menu: change.menu,
        id,
        name: change.name.clone(),
        may_be_accepted: match class {
            DriftClass::Changed => keeps,
            _ => change.grant.is_none(),
        },
        values,
        grant: change.grant,
    }
}

fn value(edit: &Edit, menu: Menu, is_missing: bool) -> Option<DriftValue> {
    match edit {
        Edit::Set { attribute, to, was } => Some(DriftValue {
            attribute: attribute.name_in(menu),
            ours: to.clone(),
            routers: was.clone(),
            may_be_kept: !is_missing && attribute.may_be_kept(),
            which: Some(*attribute),
        }),
        Edit::Password(_) => Some(DriftValue {
            attribute: "password",
            ours: None,
            routers: None,
            may_be_kept: false,
            which: None,
        }),
        Edit::Comment(_) => None,
    }
}
