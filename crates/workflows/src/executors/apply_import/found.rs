//! What a second look has found of the rows that become customers or vouchers.

use std::collections::BTreeMap;

use access::adoption::{Place, Raw, Survey};
use access::{Menu, RowId};
use kernel::Secret;

/// A row of the router, as far as taking it over needs it.
pub(super) struct Found {
    /// Its menu.
    pub(super) menu: Menu,
    /// Its own name there.
    pub(super) row: RowId,
    /// Its key, as changes name it.
    pub(super) name: String,
    /// Its comment.
    pub(super) comment: Raw,
    /// Its password; `None` if the router does not tell, or there is none.
    pub(super) secret: Option<Secret>,
}

impl Found {
    fn place(&self) -> Place {
        Place {
            menu: self.menu.path().to_owned(),
            row: self.row.as_str().to_owned(),
        }
    }
}

/// Every such row, by its place.
pub(super) fn by_place(survey: Survey) -> BTreeMap<Place, Found> {
    let logins = survey.logins.into_iter().map(|it| Found {
        menu: it.menu(),
        name: it.name.lossy(),
        secret: it.secret(),
        row: it.row,
        comment: it.comment,
    });
    let queues = survey.queues.into_iter().map(|it| Found {
        menu: Menu::SimpleQueue,
        name: it.name.lossy(),
        secret: None,
        row: it.row,
        comment: it.comment,
    });
    let leases = survey.leases.into_iter().map(|it| Found {
        menu: Menu::DhcpLease,
        name: it.device.to_ascii_uppercase(),
        secret: None,
        row: it.row,
        comment: it.comment,
    });
    let all = logins.chain(queues).chain(leases);
    all.map(|it| (it.place(), it)).collect()
}
