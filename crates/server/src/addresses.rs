//! Counts and rates of each address: sockets, plain connections, handshakes, new visitors.
//!
//! IPv6 counts by /64, which is what one customer of a network gets. The table forgets an address
//! once nothing of it is open and its rates are at rest, and has a bound for the worst case.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use parking_lot::Mutex;
use switchboard_protocol::{Limits, Rate};

use crate::rate_limit::{Bucket, RateExceeded};

/// How many addresses are told apart. Beyond it, newcomers share one entry.
const MAX_ADDRESSES: usize = 1 << 18;
/// Below so many entries it is not worth looking for some to forget.
const PRUNE_FROM: usize = 1_024;
/// Looking through a table that is full of what cannot be forgotten must not be what newcomers pay.
const PRUNE_EVERY_MS: u64 = 1_000;
/// Plain connections of one address: its web pages, its back end's pool. A setting for sockets
/// alone would be too narrow for them.
const CONNECTIONS_PER_ADDRESS: u32 = 1_024;
/// When to come back where a count, not a rate, was at its bound.
const COUNT_RETRY_MS: u64 = 5_000;

/// What is known of all addresses.
#[derive(Debug, Default)]
pub struct Addresses {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    entries: HashMap<Key, Entry>,
    prune_at: usize,
    pruned_at_ms: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    sockets: u32,
    connections: u32,
    handshakes: Bucket,
    visitors: Bucket,
}

/// An IPv4 address, or the first half of an IPv6 one: the ranges don't meet, as no IPv6 address
/// in use begins with 32 zero bits but the loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key(u64);

impl Key {
    /// What newcomers share while the table is full.
    const CROWD: Self = Self(u64::MAX);

    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u32::from(address).into()),
            IpAddr::V6(address) => Self((u128::from(address) >> 64) as u64),
        }
    }
}

/// What an address is counted as: itself, or its /64.
pub(crate) fn network_of(address: IpAddr) -> u64 {
    Key::of(address).0
}

/// What a [`Slot`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Socket,
    Connection,
}

/// One socket or connection of an address; given back when dropped.
#[derive(Debug)]
pub struct Slot(Option<(Arc<Addresses>, Key, Counted)>);

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some((addresses, key, counted)) = self.0.take() {
            addresses.release(key, counted);
        }
    }
}

impl Addresses {
    /// Counts a connection that may become anything.
    ///
    /// # Errors
    /// Where the address has too many.
    pub fn connection(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &Limits,
        now_ms: u64,
    ) -> Result<Slot, RateExceeded> {
        let limit = limits.sockets_per_address.map(|sockets| sockets.max(CONNECTIONS_PER_ADDRESS));
        self.hold(Counted::Connection, address, limit, None, now_ms)
    }

    /// Counts a handshake, and the socket that it makes.
    ///
    /// # Errors
    /// Where the address has too many, or shakes hands too often.
    pub fn socket(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &Limits,
        now_ms: u64,
    ) -> Result<Slot, RateExceeded> {
        let rate = limits.handshakes_per_address.as_ref();
        self.hold(Counted::Socket, address, limits.sockets_per_address, rate, now_ms)
    }

    /// Counts a visitor that nobody has seen before.
    ///
    /// # Errors
    /// Where too many come from the address.
    pub fn new_visitor(
        &self,
        address: IpAddr,
        limits: &Limits,
        now_ms: u64,
    ) -> Result<(), RateExceeded> {
        let Some(rate) = &limits.visitors_per_address else { return Ok(()) };
        let mut table = self.table.lock();
        let (_, entry) = table.entry(Key::of(address), now_ms);
        entry.visitors.take(rate, now_ms)
    }

    /// How many addresses are known now.
    pub fn len(&self) -> usize {
        self.table.lock().entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn hold(
        self: &Arc<Self>,
        counted: Counted,
        address: IpAddr,
        limit: Option<u32>,
        rate: Option<&Rate>,
        now_ms: u64,
    ) -> Result<Slot, RateExceeded> {
        if limit.is_none() && rate.is_none() {
            return Ok(Slot(None));
        }
        let mut table = self.table.lock();
        let (key, entry) = table.entry(Key::of(address), now_ms);
        entry.handshakes.take_of(rate, now_ms)?;
        let count = entry.count(counted);
        if limit.is_some_and(|limit| *count >= limit) {
            return Err(RateExceeded { retry_after_ms: COUNT_RETRY_MS });
        }
        *count += 1;
        Ok(Slot(Some((Arc::clone(self), key, counted))))
    }

    fn release(&self, key: Key, counted: Counted) {
        if let Some(entry) = self.table.lock().entries.get_mut(&key) {
            let count = entry.count(counted);
            *count = count.saturating_sub(1);
        }
    }
}

impl Entry {
    fn count(&mut self, counted: Counted) -> &mut u32 {
        match counted {
            Counted::Socket => &mut self.sockets,
            Counted::Connection => &mut self.connections,
        }
    }

    /// Whether forgetting it changes nothing.
    fn idle(&self, now_ms: u64) -> bool {
        self.sockets == 0
            && self.connections == 0
            && self.handshakes.at_rest(now_ms)
            && self.visitors.at_rest(now_ms)
    }
}

impl Table {
    /// The entry to count by, made where there is none yet.
    fn entry(&mut self, key: Key, now_ms: u64) -> (Key, &mut Entry) {
        let known = self.entries.contains_key(&key);
        let crowded = self.entries.len() >= self.prune_at.max(PRUNE_FROM);
        if !known && crowded && now_ms.saturating_sub(self.pruned_at_ms) >= PRUNE_EVERY_MS {
            self.prune(now_ms);
        }
        let full = !known && self.entries.len() >= MAX_ADDRESSES;
        let key = if full { Key::CROWD } else { key };
        (key, self.entries.entry(key).or_default())
    }

    /// Forgets what is idle; looks again once there are twice as many as were left.
    fn prune(&mut self, now_ms: u64) {
        self.entries.retain(|_, entry| !entry.idle(now_ms));
        self.entries.shrink_to(2 * self.entries.len());
        self.prune_at = (2 * self.entries.len()).min(MAX_ADDRESSES);
        self.pruned_at_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn limits() -> Limits {
        Limits {
            sockets_per_address: Some(3),
            handshakes_per_address: Some(Rate::per_minute(60, 5)),
            visitors_per_address: Some(Rate::per_minute(60, 2)),
            ..Limits::default()
        }
    }

    fn v4(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    fn v6(text: &str) -> IpAddr {
        text.parse::<Ipv6Addr>().unwrap().into()
    }

    #[test]
    fn sockets_are_counted_and_given_back() {
        let addresses = Arc::new(Addresses::default());
        let mut held: Vec<Slot> =
            (0..3).map(|_| addresses.socket(v4(1), &limits(), 0).unwrap()).collect();
        let refused = addresses.socket(v4(1), &limits(), 0).unwrap_err();
        assert_eq!(refused.retry_after_ms, COUNT_RETRY_MS);
        assert!(addresses.socket(v4(2), &limits(), 0).is_ok(), "a neighbour notices nothing");
        held.pop();
        assert!(addresses.socket(v4(1), &limits(), 0).is_ok());
    }

    #[test]
    fn handshakes_have_a_rate_of_their_own() {
        let addresses = Arc::new(Addresses::default());
        for _ in 0..5 {
            addresses.socket(v4(1), &limits(), 0).unwrap();
        }
        assert_eq!(addresses.socket(v4(1), &limits(), 0).unwrap_err().retry_after_ms, 1_000);
        assert!(addresses.socket(v4(1), &limits(), 1_000).is_ok());
    }

    #[test]
    fn new_visitors_have_too() {
        let addresses = Arc::new(Addresses::default());
        addresses.new_visitor(v4(1), &limits(), 0).unwrap();
        addresses.new_visitor(v4(1), &limits(), 0).unwrap();
        assert!(addresses.new_visitor(v4(1), &limits(), 0).is_err());
        assert!(addresses.new_visitor(v4(2), &limits(), 0).is_ok());
        assert!(addresses.socket(v4(1), &limits(), 0).is_ok());
    }

    #[test]
    fn a_sixty_four_is_one_address() {
        let addresses = Arc::new(Addresses::default());
        let near = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:3"];
        let _held = near.map(|text| addresses.socket(v6(text), &limits(), 0).unwrap());
        assert!(addresses.socket(v6("2001:db8::4"), &limits(), 0).is_err());
        assert!(addresses.socket(v6("2001:db8:0:1::1"), &limits(), 0).is_ok());
        assert_eq!(Key::of(v6("::ffff:192.0.2.1")), Key::of(v4(1)));
    }

    #[test]
    fn without_limits_nothing_is_kept() {
        let addresses = Arc::new(Addresses::default());
        let off = Limits::off();
        let held: Vec<_> = (0..1_000)
            .map(|_| {
                addresses.new_visitor(v4(1), &off, 0).unwrap();
                let connection = addresses.connection(v4(1), &off, 0).unwrap();
                (addresses.socket(v4(1), &off, 0).unwrap(), connection)
            })
            .collect();
        assert!(addresses.is_empty());
        drop(held);
    }

    #[test]
    fn what_is_idle_is_forgotten_and_what_is_held_is_not() {
        let addresses = Arc::new(Addresses::default());
        let held = addresses.socket(v4(1), &limits(), 0).unwrap();
        for minute in 0..200_u64 {
            for host in 0..256_u64 {
                let address = Ipv4Addr::from(0x0a00_0000 + (minute * 256 + host) as u32);
                let _ = addresses.socket(address.into(), &limits(), minute * 60_000);
            }
        }
        assert!(addresses.len() <= 2 * PRUNE_FROM, "{}", addresses.len());
        assert_eq!(addresses.table.lock().entries[&Key::of(v4(1))].sockets, 1);
        drop(held);
    }

    #[test]
    fn a_full_table_puts_newcomers_together() {
        let addresses = Arc::new(Addresses::default());
        let limits = limits();
        let held: Vec<_> = (0..MAX_ADDRESSES)
            .map(|host| {
                let address = Ipv4Addr::from(0x0a00_0000 + host as u32);
                addresses.socket(address.into(), &limits, 0).unwrap()
            })
            .collect();
        let crowd: Vec<_> =
            (0..10).filter_map(|host| addresses.socket(v4(host), &limits, 0).ok()).collect();
        assert_eq!(crowd.len(), 3, "they share one entry's count");
        assert_eq!(addresses.len(), MAX_ADDRESSES + 1);
        drop(crowd);
        drop(held);
        assert!(addresses.socket(v4(1), &limits, 600_000).is_ok());
        assert!(addresses.len() <= PRUNE_FROM);
    }
}
