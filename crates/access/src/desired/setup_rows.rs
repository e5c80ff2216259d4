//! The rows of a router's setup: pools and the walled garden.

use std::collections::BTreeMap;

use super::{DesiredRow, shared_row, tag};
use crate::menu::Menu;
use crate::row::Attribute;
use crate::setup::{Destination, Pool, RouterSetup};
use crate::tag::{Mark, TagId};

/// Every row of a setup, with its menu.
pub(super) fn setup_rows<'a>(
    mark: &'a Mark,
    setup: &'a RouterSetup,
) -> impl Iterator<Item = (Menu, DesiredRow)> + 'a {
    let pools = setup.pools().iter().map(|it| (Menu::Pool, pool(mark, it)));
    let garden = setup.walled_garden().iter().map(|it| garden(mark, it));
    pools.chain(garden)
}

fn pool(mark: &Mark, pool: &Pool) -> DesiredRow {
    let name = pool.name.to_string();
    let owned = BTreeMap::from([(Attribute::Ranges, Some(pool.ranges.to_string()))]);
    let tag = tag(mark, TagId::pool(&name), 1);
    shared_row(name, tag, owned)
}

fn garden(mark: &Mark, destination: &Destination) -> (Menu, DesiredRow) {
    let menu = match destination {
        Destination::Host(_) => Menu::WalledGarden,
        Destination::Net(_) => Menu::WalledGardenIp,
    };
    let name = destination.to_string();
    let owned = BTreeMap::from([(Attribute::Action, None), (Attribute::Disabled, None)]);
    let tag = tag(mark, TagId::garden(&name), 1);
    (menu, shared_row(name, tag, owned))
}
