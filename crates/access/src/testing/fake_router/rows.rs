//! How one row of a fake router is matched and changed.

use std::collections::BTreeSet;

use kernel::Secret;

use crate::change::Edit;
use crate::desired::ACTIVE_LIST;
use crate::login::{LoginRef, Service};
use crate::menu::Menu;
use crate::row::{ActualRow, Attribute};

/// Queues are also known by whom they limit: one that was taken over has a name of its own.
pub(super) fn targets_of(menu: Menu, logins: &[LoginRef]) -> BTreeSet<&str> {
    let here = logins
        .iter()
        .filter(|it| menu == Menu::SimpleQueue && it.service == Service::StaticIp);
    here.map(|it| it.name.as_str()).collect()
}

/// Whether a new row would be on the same list as an old one; rows that are on no list all are.
pub(super) fn shares_list(row: &ActualRow, edits: &[Edit]) -> bool {
    let wanted = edits.iter().find_map(|it| match it {
        Edit::Set {
            attribute: Attribute::List,
            to,
            ..
        } => Some(to.as_ref()),
        _ => None,
    });
    wanted.is_none_or(|it| it == row.values.get(&Attribute::List))
}

/// Whether a row of a service without passwords lets its customer through.
pub(super) fn passes(menu: Menu, row: &ActualRow) -> bool {
    let value = |attribute| row.values.get(&attribute).map(String::as_str);
    match menu {
        Menu::DhcpLease => value(Attribute::BlockAccess).is_none(),
        Menu::IpBinding => value(Attribute::BindingType) == Some("bypassed"),
        Menu::AddressList => value(Attribute::List) == Some(ACTIVE_LIST),
        _ => true,
    }
}

pub(super) fn edit(row: &mut ActualRow, edits: &[Edit]) {
    for it in edits {
        match it {
            Edit::Set {
                attribute,
                to: Some(value),
                ..
            } => {
                row.values.insert(*attribute, value.clone());
            }
            Edit::Set {
                attribute,
                to: None,
                ..
            } => {
                row.values.remove(attribute);
            }
            Edit::Password(secret) => row.password = Some(Secret::new(secret.expose())),
            Edit::Comment(text) => row.comment.clone_from(text),
        }
    }
}
