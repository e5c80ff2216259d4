//! Pages of the rows in which a router differs: the router is read for each, and rows that come and go in between do not
//! move the others.

use kernel::{Cursor, Page, PageRequest};

use crate::drift_rows::{DriftClass, DriftRow};
use crate::menu::Menu;
use crate::use_cases::review_drift::DriftReview;

/// How many bytes of a place say how a name begins, so that rows come about in the order of their names.
const NAME_BYTES: usize = 6;

impl DriftRow {
    /// Its place in a list: by class, strangers last, then by menu and name. Made of what is shown of it: who may see a
    /// name cut down only gets a place that says no more.
    #[must_use]
    pub fn place(&self) -> Cursor {
        let class = DriftClass::ALL.iter().position(|it| *it == self.class);
        let menu = Menu::ALL.iter().position(|it| *it == self.menu);
        let byte = |it: Option<usize>| it.and_then(|it| u8::try_from(it).ok()).unwrap_or(u8::MAX);
        let mut place = [0; 16];
        let begin = self.name.bytes().chain(std::iter::repeat(0));
        let hash = self.hash().to_be_bytes();
        let bytes = [byte(class), byte(menu)].into_iter();
        let bytes = bytes.chain(begin.take(NAME_BYTES)).chain(hash);
        for (at, it) in place.iter_mut().zip(bytes) {
            *at = it;
        }
        Cursor::at(place)
    }

    /// What tells it from others that begin alike: FNV-1a over 64 bits (Fowler, Noll, Vo).
    fn hash(&self) -> u64 {
        let grant = self.grant.map(|it| it.to_string()).unwrap_or_default();
        let id = self.id.as_deref().unwrap_or_default();
        let text = [self.name.as_str(), id, &grant];
        let bytes = text.iter().flat_map(|it| it.bytes().chain([0]));
        let step = |hash: u64, it: u8| (hash ^ u64::from(it)).wrapping_mul(0x0100_0000_01b3);
        bytes.fold(0xcbf2_9ce4_8422_2325, step)
    }
}

impl DriftReview {
    /// One page of the rows, of one class or of all, and how many there are in all.
    #[must_use]
    pub fn page(self, class: Option<DriftClass>, page: PageRequest) -> (Page<DriftRow>, u64) {
        let mut rows = self.rows;
        rows.retain(|it| class.is_none_or(|wanted| it.class == wanted));
        let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let mut placed: Vec<(Cursor, DriftRow)> =
            rows.into_iter().map(|it| (it.place(), it)).collect();
        placed.retain(|it| page.after().is_none_or(|after| it.0 > after));
        placed.sort_by_key(|it| it.0);
        let rows = placed.into_iter().map(|it| it.1);
        let some = rows.take(usize::from(page.limit()) + 1).collect();
        (Page::from_overfetch(some, page, DriftRow::place), total)
    }
}

#[cfg(test)]
mod tests {
    //! Every row is on one page, whatever changes in between.
    #![allow(clippy::unwrap_used)]

    use kernel::{Cursor, PageRequest};

    use super::{DriftClass, DriftReview, DriftRow, Menu};

    fn row(class: DriftClass, menu: Menu, name: &str) -> DriftRow {
        DriftRow {
            class,
            menu,
            id: None,
            name: name.to_owned(),
            values: Vec::new(),
            grant: None,
            may_be_accepted: false,
        }
    }

    fn rows() -> Vec<DriftRow> {
        let logins = (0..25).map(|it| {
            let class = DriftClass::ALL[it % 5];
            row(class, Menu::PppSecret, &format!("customer-{it}"))
        });
        let others = ["a", "b"].map(|it| row(DriftClass::Missing, Menu::Pool, it));
        logins.chain(others).collect()
    }

    fn next(shown: &kernel::Page<DriftRow>) -> Option<Cursor> {
        shown.next.as_ref().map(|it| it.parse().unwrap())
    }

    #[test]
    fn pages_show_every_row_once_and_strangers_last() {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let review = DriftReview::of_rows(rows());
            let (page, total) = review.page(None, PageRequest::new(4, after));
            assert_eq!(total, 27);
            after = next(&page);
            seen.extend(page.items);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 27);
        assert!(seen.windows(2).all(|it| it[0].place() < it[1].place()));
        assert_eq!(seen[0].name, "a");
        assert!(seen[22..].iter().all(|it| it.class == DriftClass::Foreign));
    }

    #[test]
    fn rows_that_go_in_between_take_no_others_with_them() {
        let (first, _) = DriftReview::of_rows(rows()).page(None, PageRequest::new(4, None));
        let left: Vec<DriftRow> = rows()
            .into_iter()
            .filter(|it| !first.items.contains(it))
            .collect();
        let after = PageRequest::new(200, next(&first));
        let (rest, total) = DriftReview::of_rows(left).page(None, after);
        assert_eq!((rest.items.len(), total), (23, 23));
        let only = Some(DriftClass::Foreign);
        let (some, total) = DriftReview::of_rows(rows()).page(only, PageRequest::new(200, None));
        assert_eq!((some.items.len(), total), (5, 5));
    }
}
