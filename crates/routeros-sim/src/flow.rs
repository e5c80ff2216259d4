//! Time on the router: what happens while it passes, each thing at its own moment.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::hotspot::KEEPALIVE_TIMEOUT;
use crate::outside::Return;
use crate::ppp::millis;
use crate::router::Router;
use crate::schema::MenuId;

/// Something that is due at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A row with an end has reached it.
    End(MenuId, u64),
    /// A session may have used up its traffic.
    Limit(MenuId, u64),
    /// A session has been silent too long.
    Idle(MenuId, u64),
    /// A hotspot device has been out of reach too long.
    Gone(u64),
}

/// One stretch of time that passes.
struct Passage {
    begin_ms: u64,
    end_ms: u64,
    due: BTreeSet<(u64, Event)>,
    /// Up to when the traffic of a session is counted; from the beginning when it is not here.
    counted: HashMap<(MenuId, u64), u64>,
}

impl Passage {
    /// Expects something, if its moment comes within the stretch.
    fn expect(&mut self, at: u64, event: Event) {
        if at <= self.end_ms {
            self.due.insert((at, event));
        }
    }
}

impl Router {
    /// Lets time pass. What ends on the way ends at its own moment, in order.
    pub(crate) fn elapse(&mut self, span: Duration) {
        let end_ms = self.now_ms.saturating_add(millis(span));
        let mut passage = Passage {
            begin_ms: self.now_ms,
            end_ms,
            due: BTreeSet::new(),
            counted: HashMap::new(),
        };
        for (at, menu, id) in self.endings(end_ms) {
            passage.expect(at, Event::End(menu, id));
        }
        self.expect_sessions(&mut passage);
        while self.next_event(&mut passage) {}
        self.now_ms = end_ms;
        for (menu, id) in self.flowing() {
            self.count_flow(&mut passage, menu, id, end_ms);
        }
    }

    /// Lets the earliest thing happen; `false` when nothing is left.
    fn next_event(&mut self, passage: &mut Passage) -> bool {
        let event = passage.due.first().copied();
        let back = self.outside.returns.first().map(|(at, _)| *at);
        let back = back.filter(|at| *at <= passage.end_ms);
        match (event, back) {
            (event, Some(at)) if event.is_none_or(|(other, _)| at < other) => {
                self.now_ms = self.now_ms.max(at);
                self.let_return(passage);
            }
            (Some((at, event)), _) => {
                passage.due.remove(&(at, event));
                self.now_ms = self.now_ms.max(at);
                self.happen(passage, at, event);
            }
            _ => return false,
        }
        true
    }

    fn happen(&mut self, passage: &mut Passage, at: u64, event: Event) {
        match event {
            Event::End(menu, id) => {
                self.count_flow(passage, menu, id, at);
                self.end_row(menu, id, at);
            }
            Event::Limit(menu, id) => {
                self.count_flow(passage, menu, id, at);
                // A byte may be missing, by rounding.
                self.expect_limit(passage, menu, id, at.saturating_add(1));
            }
            Event::Idle(menu, id) if menu == self.menus.ppp_active => {
                self.end_ppp(id, at, "idle-timeout");
            }
            Event::Idle(_, id) => self.end_hotspot(id, at, "idle timeout"),
            Event::Gone(id) => self.end_hotspot(id, at, KEEPALIVE_TIMEOUT),
        }
    }

    fn let_return(&mut self, passage: &mut Passage) {
        let menus = self.menus;
        let (menu, key, who) = match self.first_returns() {
            Some(Return::Dial(name)) => (menus.ppp_active, "name", name),
            Some(Return::Cookie(mac)) => (menus.hotspot_active, "mac-address", mac),
            None => return,
        };
        let now = self.now_ms;
        for id in self[menu].find(key, &who.as_str().into()) {
            let row = self[menu].get(id);
            // Other sessions of the name are expected already.
            let Some(row) = row.filter(|row| row.since_ms == Some(now)) else {
                continue;
            };
            passage.counted.insert((menu, id), now);
            if let Some(until) = row.until_ms {
                passage.expect(until, Event::End(menu, id));
            }
            self.expect_session(passage, menu, id);
        }
    }

    /// Everything that sessions of the moment will reach by themselves.
    fn expect_sessions(&self, passage: &mut Passage) {
        let menus = self.menus;
        for id in self.outside.ppp.keys() {
            self.expect_session(passage, menus.ppp_active, *id);
        }
        for id in self.outside.hotspot.keys() {
            self.expect_session(passage, menus.hotspot_active, *id);
        }
    }

    fn expect_session(&self, passage: &mut Passage, menu: MenuId, id: u64) {
        let habits = match menu == self.menus.ppp_active {
            true => &self.outside.ppp,
            false => &self.outside.hotspot,
        };
        let Some(habit) = habits.get(&id) else {
            return;
        };
        if let Some(at) = habit.gone_until() {
            passage.expect(at, Event::Gone(id));
        }
        match self.session_rate(menu, id) {
            Some(_) => self.expect_limit(passage, menu, id, self.now_ms),
            None => {
                if let Some(at) = habit.idle_until() {
                    passage.expect(at, Event::Idle(menu, id));
                }
            }
        }
    }

    /// Expects the moment, from `from` on, at which the session reaches a limit of its traffic.
    fn expect_limit(&self, passage: &mut Passage, menu: MenuId, id: u64, from: u64) {
        let Some(rate) = self.session_rate(menu, id) else {
            return;
        };
        if let Some(milliseconds) = self.time_to_limit(menu, id, rate) {
            let counted = passage.counted.get(&(menu, id)).copied();
            let counted = counted.unwrap_or(passage.begin_ms);
            let at = counted.saturating_add(milliseconds).max(from);
            passage.expect(at, Event::Limit(menu, id));
        }
    }

    /// Milliseconds until the nearest limit, rounded up.
    fn time_to_limit(&self, menu: MenuId, id: u64, (up, down): (u64, u64)) -> Option<u64> {
        let limits = ["limit-bytes-in", "limit-bytes-out", "limit-bytes-total"];
        let (used_up, used_down) = self.session_bytes(menu, id);
        let flows = [
            (up, used_up),
            (down, used_down),
            (up.saturating_add(down), used_up.saturating_add(used_down)),
        ];
        let times = limits.into_iter().zip(flows).filter_map(|(limit, flow)| {
            let (rate, used) = flow;
            let limit = self.number(menu, id, limit).filter(|limit| *limit > 0)?;
            let left = u128::from(limit.saturating_sub(used)) * 1_000;
            let time = left.checked_add(u128::from(rate))?.checked_sub(1)?;
            u64::try_from(time.checked_div(u128::from(rate))?).ok()
        });
        times.min()
    }

    /// What a session has used: PPP counts on the interface.
    fn session_bytes(&self, menu: MenuId, id: u64) -> (u64, u64) {
        let bytes = |menu, id, name| self.number(menu, id, name).unwrap_or(0);
        if menu != self.menus.ppp_active {
            return (bytes(menu, id, "bytes-in"), bytes(menu, id, "bytes-out"));
        }
        let interface = self.ppp.get(&id).and_then(|parts| parts.interface);
        let interfaces = self.menus.interfaces;
        interface.map_or((0, 0), |row| {
            (
                bytes(interfaces, row, "rx-byte"),
                bytes(interfaces, row, "tx-byte"),
            )
        })
    }

    /// What its customer uses in a second, if the device is there.
    fn session_rate(&self, menu: MenuId, id: u64) -> Option<(u64, u64)> {
        if self.outside.rates.is_empty() {
            return None;
        }
        let is_ppp = menu == self.menus.ppp_active;
        let habit = self.outside.hotspot.get(&id).filter(|_| !is_ppp);
        if habit.is_some_and(|habit| habit.gone_ms.is_some()) {
            return None;
        }
        let row = self[menu].get(id)?;
        let name = self[menu].text(row, if is_ppp { "name" } else { "user" });
        self.outside.rates.get(&*name).copied()
    }

    /// The sessions whose customers use something.
    fn flowing(&self) -> Vec<(MenuId, u64)> {
        let menus = [
            (self.menus.ppp_active, "name"),
            (self.menus.hotspot_active, "user"),
        ];
        let names = self.outside.rates.keys();
        let sessions = names.flat_map(|name| {
            let of_name = move |(menu, property): (MenuId, &str)| {
                let ids = self[menu].find(property, &name.as_str().into());
                ids.into_iter().map(move |id| (menu, id))
            };
            menus.into_iter().flat_map(of_name)
        });
        sessions.collect()
    }

    /// Counts what a session used up to a moment. A limit that is reached ends it.
    fn count_flow(&mut self, passage: &mut Passage, menu: MenuId, id: u64, until: u64) {
        if menu != self.menus.ppp_active && menu != self.menus.hotspot_active {
            return;
        }
        let Some((up, down)) = self.session_rate(menu, id) else {
            return;
        };
        let counted = passage.counted.insert((menu, id), until);
        let from = counted.unwrap_or(passage.begin_ms);
        let (up, down) = (used(up, from, until), used(down, from, until));
        if menu == self.menus.ppp_active {
            self.ppp_traffic(id, up, down);
        } else {
            self.hotspot_traffic(id, up, down);
        }
    }
}

/// The bytes of a rate between two moments: the same in one stretch or in many.
fn used(rate: u64, from_ms: u64, until_ms: u64) -> u64 {
    let by = |at: u64| u128::from(rate) * u128::from(at) / 1_000;
    u64::try_from(by(until_ms).saturating_sub(by(from_ms))).unwrap_or(u64::MAX)
}
