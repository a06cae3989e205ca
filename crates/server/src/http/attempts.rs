//! Attempts to come in: so many from an address, so many at an account. Nobody is told whether an
//! account is there: one that is not has the same rate.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
};

use parking_lot::Mutex;
use switchboard_protocol::{ErrorCode, Limits, Rate};

use super::failure::Failure;
use crate::{
    addresses::network_of,
    ask::ApiError,
    rate_limit::{Bucket, RateExceeded},
};

/// How many addresses, and how many accounts, are told apart. Beyond it, newcomers share one entry.
const MAX_ENTRIES: usize = 1 << 16;
/// What newcomers share.
const CROWD: u64 = 0;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    addresses: Mutex<HashMap<u64, Bucket>>,
    accounts: Mutex<HashMap<u64, Bucket>>,
    hasher: RandomState,
}

impl Attempts {
    /// One more from an address.
    pub(super) fn of_address(
        &self,
        address: Option<IpAddr>,
        limits: &Limits,
        now_ms: u64,
    ) -> Result<(), Failure> {
        let Some(address) = address else { return Ok(()) };
        let rate = limits.sign_ins_per_address.as_ref();
        take(&self.addresses, network_of(address), rate, now_ms)
    }

    /// One more at an account.
    pub(super) fn at_account(
        &self,
        workspace: &str,
        email: &str,
        limits: &Limits,
        now_ms: u64,
    ) -> Result<(), Failure> {
        let account = self.hasher.hash_one((workspace, email.to_lowercase()));
        take(&self.accounts, account, limits.sign_ins_per_account.as_ref(), now_ms)
    }
}

fn take(
    table: &Mutex<HashMap<u64, Bucket>>,
    key: u64,
    rate: Option<&Rate>,
    now_ms: u64,
) -> Result<(), Failure> {
    let Some(rate) = rate else { return Ok(()) };
    let mut table = table.lock();
    if table.len() >= MAX_ENTRIES && !table.contains_key(&key) {
        table.retain(|_, bucket| !bucket.at_rest(now_ms));
    }
    let key = if table.len() >= MAX_ENTRIES && !table.contains_key(&key) { CROWD } else { key };
    table.entry(key).or_default().take(rate, now_ms).map_err(too_many)
}

fn too_many(exceeded: RateExceeded) -> Failure {
    let detail = "too many attempts in too short a time";
    let retry_after_ms = Some(exceeded.retry_after_ms);
    let error = ApiError::new(ErrorCode::RateLimited, detail);
    Failure::from(ApiError { retry_after_ms, ..error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            sign_ins_per_address: Some(Rate::per_minute(60, 3)),
            sign_ins_per_account: Some(Rate::per_minute(60, 2)),
            ..Limits::default()
        }
    }

    #[test]
    fn addresses_and_accounts_have_rates_of_their_own() {
        let (attempts, limits) = (Attempts::default(), limits());
        let from = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        for _ in 0..3 {
            attempts.of_address(from(1), &limits, 0).unwrap();
        }
        assert!(attempts.of_address(from(1), &limits, 0).is_err());
        assert!(attempts.of_address(from(2), &limits, 0).is_ok());
        assert!(attempts.of_address(from(1), &limits, 1_000).is_ok());
        for _ in 0..2 {
            attempts.at_account("acme", "Ann@example.org", &limits, 0).unwrap();
        }
        assert!(attempts.at_account("acme", "ann@EXAMPLE.org", &limits, 0).is_err());
        assert!(attempts.at_account("other", "ann@example.org", &limits, 0).is_ok());
    }

    #[test]
    fn a_full_table_lets_nobody_through_for_free() {
        let (attempts, limits) = (Attempts::default(), limits());
        for nth in 0..MAX_ENTRIES {
            attempts.at_account("acme", &format!("{nth}@example.org"), &limits, 0).unwrap();
        }
        let refused = (0..5).filter(|nth| {
            attempts.at_account("acme", &format!("new{nth}@example.org"), &limits, 0).is_err()
        });
        assert!(refused.count() >= 3, "newcomers share one entry");
    }
}
