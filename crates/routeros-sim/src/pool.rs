//! Addresses out of pools.

use std::net::Ipv4Addr;

use crate::router::Router;
use crate::table::Row;
use crate::text::Text;
use crate::value::parse_ranges;

/// How many pools a chain of `next-pool` may have, so that a loop ends.
const MAX_CHAIN: usize = 16;

impl Router {
    /// A free address of a pool or of the pools that follow it, and its row in `/ip/pool/used`.
    pub(crate) fn take_address(
        &mut self,
        pool: &str,
        owner: &str,
        info: &str,
    ) -> Option<(Ipv4Addr, u64)> {
        let mut pool = pool.to_owned();
        for _ in 0..MAX_CHAIN {
            if let Some(address) = self.free_address(&pool) {
                return Some((address, self.occupy(&pool, address, owner, info)));
            }
            let pools = &self[self.menus.pools];
            pool = pools
                .text(pools.find_one("name", &pool)?, "next-pool")
                .into_owned();
        }
        None
    }

    /// Whether somebody has this address.
    pub(crate) fn is_address_taken(&self, address: Ipv4Addr) -> bool {
        let address = Text::from(address.to_string());
        !self[self.menus.pool_used]
            .find("address", &address)
            .is_empty()
            || !self.ppp_sessions_with("address", &address).is_empty()
    }

    /// How large a pool is, how much of it is in use and how much is free.
    pub(crate) fn pool_count(&self, pool: &Row, name: &str) -> Option<String> {
        let pools = &self[self.menus.pools];
        let ranges = parse_ranges(&pools.text(pool, "ranges")).ok()?;
        let total = size_of(&ranges);
        let used = self[self.menus.pool_used].find("pool", pools.value(pool, "name")?);
        let used = u64::try_from(used.len()).unwrap_or(u64::MAX);
        let count = match name {
            "total" => total,
            "used" => used,
            _ => total.saturating_sub(used),
        };
        Some(count.to_string())
    }

    pub(crate) fn release_address(&mut self, used: Option<u64>) {
        if let Some(used) = used {
            self.delete(self.menus.pool_used, used);
        }
    }

    fn ppp_sessions_with(&self, name: &str, value: &Text) -> Vec<u64> {
        self[self.menus.ppp_active].find(name, value)
    }

    fn occupy(&mut self, pool: &str, address: Ipv4Addr, owner: &str, info: &str) -> u64 {
        let menu = self.menus.pool_used;
        let address = address.to_string();
        let values = [
            ("pool", pool),
            ("address", &address),
            ("owner", owner),
            ("info", info),
        ];
        let row = self.row(menu, values);
        self.insert(menu, row)
    }

    /// The next address after the one that was given last, around the whole pool once.
    fn free_address(&mut self, pool: &str) -> Option<Ipv4Addr> {
        let pools = &self[self.menus.pools];
        let row = pools.find_one("name", pool)?;
        let ranges = parse_ranges(&pools.text(row, "ranges")).ok()?;
        let size = size_of(&ranges);
        let start = self.pool_cursors.get(pool).copied().unwrap_or(0);
        for step in 0..size {
            let position = (start + step) % size;
            let address = nth_address(&ranges, position)?;
            let text = Text::from(address.to_string());
            if self[self.menus.pool_used].find("address", &text).is_empty() {
                self.pool_cursors.insert(pool.to_owned(), position + 1);
                return Some(address);
            }
        }
        None
    }
}

fn size_of(ranges: &[(u32, u32)]) -> u64 {
    ranges
        .iter()
        .map(|(first, last)| u64::from(last - first) + 1)
        .sum()
}

fn nth_address(ranges: &[(u32, u32)], mut position: u64) -> Option<Ipv4Addr> {
    for (first, last) in ranges {
        let size = u64::from(last - first) + 1;
        if position < size {
            return u32::try_from(u64::from(*first) + position)
                .ok()
                .map(Ipv4Addr::from);
        }
        position -= size;
    }
    None
}
