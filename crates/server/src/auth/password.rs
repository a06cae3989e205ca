//! Passwords: hashed with argon2id and checked, off the async threads, a few at once.
//!
//! A hash costs some twenty milliseconds of a core and 19 MiB, on purpose. So how many are at work
//! is bounded, and how many wait for that; one more is told to come back. Whose password it is,
//! how good it must be and how often one may try is not known here.
//!
//! A password is the bytes of its text as they come. Nothing is normalised: a "é" that was typed as
//! one character is another password than an "e" with an accent. Keyboards and browsers give the
//! same one each time, and what was accepted once never changes its meaning with a table of Unicode.

use std::{fmt, sync::Arc};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash as Phc,
};
use data_encoding::BASE64_NOPAD;
use serde::{Deserialize, Serialize};
use switchboard_protocol::Secret;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::ids;

/// How much memory a hash fills, how often, and in how many lanes: what OWASP recommends.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// The most that a stored hash may ask for: one that comes with an import must not be able to
/// fill the memory or hold a core for long.
const MAX_MEMORY_KIB: u32 = 131_072;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 8;
/// The longest text of a hash; ours have 97 bytes.
const MAX_HASH_BYTES: usize = 256;

/// The longest password that is taken.
pub const MAX_PASSWORD_BYTES: usize = 1_024;
/// How many may wait while others are at work, if nothing else is said.
pub const WAITING_PASSWORDS: usize = 64;
/// When one that was too many shall come back. The longest queue is through by then, on two cores.
const RETRY_AFTER_MS: u64 = 2_000;

/// How many are at work at once, if nothing else is said: half of the cores, one at least.
#[must_use]
pub fn passwords_at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1)
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait already.
    #[error("too many passwords wait to be checked")]
    Busy {
        /// When to come back.
        retry_after_ms: u64,
    },
    /// No such password is taken.
    #[error("a password has at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// There was no memory for it, or it panicked.
    #[error("the password could not be hashed")]
    Failed,
}

/// A stored text that is no hash of a password, or of a kind that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an argon2id hash, or one that asks for too much")]
pub struct NoPasswordHash;

/// A hash, in the PHC string format: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The text to store.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it was made with other parameters than are used now: hash the password again when
    /// it is at hand, which is at a sign-in.
    #[must_use]
    pub fn needs_rehash(&self) -> bool {
        let Ok((phc, params)) = read(&self.0) else { return true };
        let output = phc.hash.map(|output| output.len());
        let now = (MEMORY_KIB, PASSES, LANES, Some(u32::from(Version::V0x13)), Some(OUTPUT_BYTES));
        (params.m_cost(), params.t_cost(), params.p_cost(), phc.version, output) != now
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl From<PasswordHash> for String {
    fn from(hash: PasswordHash) -> Self {
        hash.0
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = NoPasswordHash;

    fn try_from(text: String) -> Result<Self, NoPasswordHash> {
        read(&text)?;
        Ok(Self(text))
    }
}

/// Hashes and checks passwords off the async threads, a few at once. Clones share the bound.
#[derive(Clone)]
pub struct Passwords {
    /// One for each that is at work or waits.
    places: Arc<Semaphore>,
    /// One for each that is at work.
    at_work: Arc<Semaphore>,
    /// What no password has as its hash.
    nobodys: PasswordHash,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.places.available_permits();
        f.debug_struct("Passwords").field("free", &free).finish_non_exhaustive()
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new(passwords_at_once(), WAITING_PASSWORDS)
    }
}

impl Passwords {
    /// At most `at_once` are at work, one at least, and `waiting` more wait.
    #[must_use]
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS);
        let places = at_once.saturating_add(waiting).min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
            at_work: Arc::new(Semaphore::new(at_once)),
            nobodys: nobodys_hash(),
        }
    }

    /// Hashes a password, with a fresh salt.
    ///
    /// # Errors
    /// Where it is too long, too many wait, or it failed.
    pub async fn hash(&self, password: Secret) -> Result<PasswordHash, PasswordError> {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        self.run(move || {
            hash(&password, Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT_BYTES)))
        })
        .await?
    }

    /// Whether it is the one. `None` is nobody's: that takes as long, and is never the one.
    ///
    /// # Errors
    /// Where too many wait, or it failed.
    pub async fn verify(
        &self,
        password: Secret,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobodys.clone());
        let right = self.run(move || verify(&password, &hash)).await??;
        Ok(known && right)
    }

    /// Does some work when it is its turn. Whoever stops waiting for it gives up its place, but
    /// what is at work already counts until it has ended.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let busy = |_| PasswordError::Busy { retry_after_ms: RETRY_AFTER_MS };
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(busy)?;
        let turn = Arc::clone(&self.at_work).acquire_owned().await;
        let turn = turn.map_err(|_| PasswordError::Failed)?;
        let worked = spawn_blocking(move || {
            let _held = (place, turn);
            work()
        });
        worked.await.map_err(|_| PasswordError::Failed)
    }
}

fn hash(password: &Secret, params: argon2::Result<Params>) -> Result<PasswordHash, PasswordError> {
    let params = params.map_err(|_| PasswordError::Failed)?;
    let salt = ids::random::<SALT_BYTES>();
    let hashed: Result<Phc, _> =
        argon2id(params).hash_password_with_salt(password.expose().as_bytes(), &salt);
    hashed.map(|phc| PasswordHash(phc.to_string())).map_err(|_| PasswordError::Failed)
}

fn verify(password: &Secret, hash: &PasswordHash) -> Result<bool, PasswordError> {
    let (phc, params) = read(&hash.0).map_err(|_| PasswordError::Failed)?;
    match argon2id(params).verify_password(password.expose().as_bytes(), &phc) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(_) => Err(PasswordError::Failed),
    }
}

fn argon2id(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A hash with what it asks for.
fn read(text: &str) -> Result<(Phc, Params), NoPasswordHash> {
    if text.len() > MAX_HASH_BYTES {
        return Err(NoPasswordHash);
    }
    let phc = Phc::new(text).map_err(|_| NoPasswordHash)?;
    let params = Params::try_from(&phc).map_err(|_| NoPasswordHash)?;
    let modest = params.m_cost() <= MAX_MEMORY_KIB
        && params.t_cost() <= MAX_PASSES
        && params.p_cost() <= MAX_LANES;
    let whole = phc.salt.is_some() && phc.hash.is_some();
    if phc.algorithm != argon2::ARGON2ID_IDENT || !modest || !whole {
        return Err(NoPasswordHash);
    }
    Ok((phc, params))
}

/// Random bytes where a hash would be: as much work to compare with, and no password is known that
/// gives them.
fn nobodys_hash() -> PasswordHash {
    let salt = BASE64_NOPAD.encode(&ids::random::<SALT_BYTES>());
    let output = BASE64_NOPAD.encode(&ids::random::<OUTPUT_BYTES>());
    let params = format!("m={MEMORY_KIB},t={PASSES},p={LANES}");
    PasswordHash(format!("$argon2id$v=19${params}${salt}${output}"))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        time::Instant,
    };

    use futures::FutureExt;

    use super::*;

    const PASSWORD: &str = "correct horse battery staple";

    fn secret(text: &str) -> Secret {
        Secret::from(text)
    }

    async fn is(passwords: &Passwords, password: &str, hash: &PasswordHash) -> bool {
        passwords.verify(secret(password), Some(hash.clone())).await.unwrap()
    }

    /// Of an earlier time, when less was asked for.
    fn hashed_with(memory_kib: u32, passes: u32) -> PasswordHash {
        hash(&secret(PASSWORD), Params::new(memory_kib, passes, 1, Some(OUTPUT_BYTES))).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_is_told_from_every_other() {
        let passwords = Passwords::default();
        let hash = passwords.hash(secret(PASSWORD)).await.unwrap();
        assert!(is(&passwords, PASSWORD, &hash).await);
        for wrong in ["", "correct horse battery stapl", "Correct horse battery staple"] {
            assert!(!is(&passwords, wrong, &hash).await, "{wrong}");
        }
        assert!(!passwords.verify(secret(PASSWORD), None).await.unwrap());
        let with_space = format!("{PASSWORD} ");
        assert!(!is(&passwords, &with_space, &hash).await);
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let passwords = Passwords::default();
        let one = passwords.hash(secret(PASSWORD)).await.unwrap();
        let other = passwords.hash(secret(PASSWORD)).await.unwrap();
        assert_ne!(one, other);
        assert!(one.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.expose());
        assert!(!one.needs_rehash());
    }

    #[tokio::test]
    async fn an_older_hash_still_holds_and_asks_to_be_made_again() {
        let passwords = Passwords::default();
        for older in [hashed_with(8_192, 2), hashed_with(19_456, 1)] {
            assert!(older.needs_rehash());
            assert!(is(&passwords, PASSWORD, &older).await);
            assert!(!is(&passwords, "another", &older).await);
        }
    }

    #[tokio::test]
    async fn passwords_of_a_thousand_bytes_are_taken_to_the_last_of_them() {
        let passwords = Passwords::default();
        let long = "ä".repeat(MAX_PASSWORD_BYTES / 2);
        let hash = passwords.hash(secret(&long)).await.unwrap();
        assert!(is(&passwords, &long, &hash).await);
        let nearly = format!("{}a", "ä".repeat(MAX_PASSWORD_BYTES / 2 - 1));
        assert!(!is(&passwords, &nearly, &hash).await);
        let longer = passwords.hash(secret(&format!("{long}a"))).await;
        assert_eq!(longer, Err(PasswordError::TooLong));
        assert!(!is(&passwords, &format!("{long}a"), &hash).await);
    }

    #[tokio::test]
    async fn what_looks_alike_is_another_password() {
        let passwords = Passwords::default();
        let hash = passwords.hash(secret("caf\u{e9} noir")).await.unwrap();
        assert!(is(&passwords, "caf\u{e9} noir", &hash).await);
        assert!(!is(&passwords, "cafe\u{301} noir", &hash).await);
    }

    #[test]
    fn nobodys_hash_asks_for_the_same_work() {
        let nobodys = Passwords::default().nobodys;
        assert!(read(&nobodys.0).is_ok());
        assert!(!nobodys.needs_rehash());
    }

    #[tokio::test]
    async fn nobody_takes_as_long_as_somebody() {
        let passwords = Passwords::default();
        let hash = passwords.hash(secret(PASSWORD)).await.unwrap();
        let median = async |hash: Option<PasswordHash>| {
            let mut took = Vec::new();
            for _ in 0..7 {
                let began = Instant::now();
                assert!(!passwords.verify(secret("wrong"), hash.clone()).await.unwrap());
                took.push(began.elapsed());
            }
            took.sort();
            took[3]
        };
        let (somebody, nobody) = (median(Some(hash)).await, median(None).await);
        assert!(nobody < somebody * 3 && somebody < nobody * 3, "{somebody:?} {nobody:?}");
    }

    #[tokio::test]
    async fn no_more_are_at_work_than_may_be_and_no_more_wait() {
        let passwords = Passwords::new(2, 3);
        let (began, beginnings) = mpsc::channel();
        let at_work = Arc::new(AtomicUsize::new(0));
        let mut releases = Vec::new();
        let mut tasks = Vec::new();
        for _ in 0..5 {
            let (release, released) = mpsc::channel::<()>();
            let (passwords, began, at_work) = (passwords.clone(), began.clone(), at_work.clone());
            releases.push(release);
            tasks.push(tokio::spawn(async move {
                let work = move || {
                    let now = at_work.fetch_add(1, Ordering::SeqCst) + 1;
                    began.send(now).unwrap();
                    released.recv().unwrap();
                    at_work.fetch_sub(1, Ordering::SeqCst);
                };
                passwords.run(work).await
            }));
        }
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = passwords.verify(secret(PASSWORD), None).await;
        assert_eq!(refused, Err(PasswordError::Busy { retry_after_ms: RETRY_AFTER_MS }));
        for release in &releases {
            release.send(()).unwrap();
        }
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
        drop(began);
        let most = beginnings.iter().max();
        assert!(most.is_some_and(|most| most <= 2), "{most:?}");
        assert_eq!(passwords.verify(secret(PASSWORD), None).await, Ok(false));
    }

    #[tokio::test]
    async fn whoever_stops_waiting_frees_a_place_but_not_a_core() {
        let passwords = Passwords::new(1, 1);
        let (release, released) = mpsc::channel::<()>();
        let (began, beginning) = tokio::sync::oneshot::channel();
        let worker = passwords.clone();
        let working = tokio::spawn(async move {
            let work = move || {
                began.send(()).unwrap();
                released.recv().unwrap();
            };
            worker.run(work).await
        });
        beginning.await.unwrap();
        working.abort();
        assert!(working.await.is_err());
        assert_eq!(passwords.at_work.available_permits(), 0, "it is at work still");
        let waits = passwords.verify(secret(PASSWORD), None);
        assert_eq!(waits.now_or_never(), None, "it waits, and then no longer");
        assert_eq!(passwords.places.available_permits(), 1);
        release.send(()).unwrap();
        assert_eq!(passwords.verify(secret(PASSWORD), None).await, Ok(false));
    }

    #[tokio::test]
    async fn what_panics_is_a_failure_and_gives_its_place_back() {
        let passwords = Passwords::new(1, 0);
        let failed: Result<(), _> = passwords.run(|| panic!("on purpose")).await;
        assert_eq!(failed, Err(PasswordError::Failed));
        assert_eq!(passwords.places.available_permits(), 1);
    }

    #[test]
    fn a_hash_is_stored_as_its_text_and_nothing_else_is_read_as_one() {
        let hash = hashed_with(64, 1);
        let stored = serde_json::to_string(&hash).unwrap();
        assert_eq!(stored, format!("\"{}\"", hash.expose()));
        assert_eq!(serde_json::from_str::<PasswordHash>(&stored).unwrap(), hash);
        let text = hash.expose();
        let others = [
            String::new(),
            PASSWORD.to_owned(),
            text.replace("argon2id", "argon2i"),
            text.replace("m=64", "m=4000000"),
            text.replace("t=1", "t=4000000"),
            text.replace("p=1", "p=9").replace("m=64", "m=128"),
            text.rsplit_once('$').unwrap().0.to_owned(),
            format!("{text}{}", "A".repeat(MAX_HASH_BYTES)),
        ];
        for other in others {
            assert_eq!(PasswordHash::try_from(other.clone()), Err(NoPasswordHash), "{other}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let hash = hashed_with(64, 1);
        let shown = format!("{hash:?} {:?} {:?}", Passwords::default(), secret(PASSWORD));
        assert!(!shown.contains("argon2") && !shown.contains("horse"), "{shown}");
    }
}
