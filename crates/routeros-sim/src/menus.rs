//! What single menus do beyond keeping rows: values that follow from others, rules of their own,
//! rows elsewhere that come and go with a row.

mod certificates;
mod clock;
pub(crate) mod leases;
mod names;
mod queues;
mod schedules;
mod scripts;

use std::sync::Arc;

use crate::commands::{Draft, Origin, resolve};
use crate::refusal::Refusal;
use crate::router::Router;
use crate::schema::{Menu, MenuId};
use crate::table::Row;
use crate::value::network_of;

pub(crate) use certificates::sign;
pub(crate) use clock::set_clock;
pub(crate) use leases::make_static;
pub(crate) use scripts::run_script;

/// The rules that only some menus have, before a row is added or changed (`row`).
///
/// # Errors
/// The refusal of the menu.
pub(crate) fn check(
    router: &Router,
    origin: Origin<'_>,
    id: MenuId,
    draft: &Draft,
    row: Option<&Row>,
) -> Result<(), Refusal> {
    let menu = &router[id].menu;
    if id == router.menus.queues {
        return queues::check(draft, menu, row);
    }
    if id == router.menus.scripts || id == router.menus.schedules {
        return scripts::check_policies(router, origin, draft);
    }
    Ok(())
}

/// Values of a new row that follow from others, where they were not given.
pub(crate) fn complete(
    router: &Router,
    origin: Origin<'_>,
    id: MenuId,
    menu: &Menu,
    draft: &mut Draft,
) {
    let menus = router.menus;
    let derived: Vec<(&str, String)> = if id == menus.address_lists {
        vec![("creation-time", router.date())]
    } else if id == menus.addresses {
        let network = network_of(&draft.text(menu, None, "address"));
        let network = network.map(|network| ("network", network.to_string()));
        let interface = ("actual-interface", draft.text(menu, None, "interface"));
        network.into_iter().chain([interface]).collect()
    } else if id == menus.scripts {
        scripts::completed(router, origin)
    } else if id == menus.schedules {
        schedules::completed(router, origin)
    } else {
        Vec::new()
    };
    for (name, value) in derived {
        let values = &mut draft.values;
        values
            .entry(Arc::from(name))
            .or_insert_with(|| Some(value.into()));
    }
}

impl Router {
    /// Writes properties of a row as they are, without a check or a follow-up.
    pub(crate) fn overwrite(
        &mut self,
        path: &str,
        key: &str,
        attrs: &[(&str, &[u8])],
    ) -> Result<(), Refusal> {
        let (menu, spec) = self.menu(path).ok_or_else(Refusal::no_such_menu)?;
        let id = match self[menu].single().filter(|_| spec.single) {
            Some(row) => row.id,
            None => resolve(self, menu, key)?,
        };
        for (name, value) in attrs {
            if spec.property(name).is_none() {
                return Err(Refusal::unknown_parameter(name));
            }
            self.write(menu, id, name, *value);
        }
        self.touch(menu, id);
        Ok(())
    }

    /// What a row brought along by the values it is about to lose.
    pub(crate) fn row_changing(&mut self, menu: MenuId, before: &Row) {
        if menu == self.menus.address_lists {
            self.forget_names_of(before);
        }
    }

    /// Follows up on a row that was added or changed.
    pub(crate) fn row_changed(&mut self, menu: MenuId, id: u64) {
        if menu == self.menus.leases {
            self.refresh_lease(id);
        } else if menu == self.menus.address_lists {
            self.refresh_name(id);
        }
    }

    /// Follows up on a row that was removed.
    pub(crate) fn row_removed(&mut self, menu: MenuId, row: &Row) {
        if menu == self.menus.leases {
            self.forget_lease(row.id);
        } else if menu == self.menus.address_lists {
            self.forget_names_of(row);
        }
    }

    /// What a property that is not kept prints now.
    pub(crate) fn derived(&self, menu: MenuId, row: &Row, name: &str) -> Option<String> {
        if menu == self.menus.pools {
            return self.pool_count(row, name);
        }
        if menu == self.menus.schedules {
            return self.next_run(row);
        }
        None
    }
}
