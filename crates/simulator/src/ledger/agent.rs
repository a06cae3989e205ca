//! An agent, as the log has it.

use super::DEPARTMENTS;

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionIs {
    /// On a socket.
    Live,
    /// Asleep with leave, until then.
    Held(u64),
    /// Without a socket.
    Lost,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Agent {
    /// It was added once.
    pub was_added: bool,
    /// It was removed since.
    pub removed: bool,
    /// It is an admin.
    pub admin: bool,
    /// It says it is online.
    pub online: bool,
    /// The most it holds at once.
    pub capacity: u32,
    /// What it is skilled in, as a set.
    pub skills: u32,
    /// Its departments, as a set.
    pub departments: u32,
    /// Its sessions by number, in the order in which they first came.
    pub sessions: Vec<(usize, SessionIs)>,
    /// What it holds, is asked to take and rests from.
    pub load: u32,
    /// How many it holds.
    pub held: u32,
    /// How many it is asked to take.
    pub offers: u32,
    /// The load, by department.
    pub load_in: [u32; DEPARTMENTS],
    /// What it rests from: the conversation, its department, and until when.
    pub rests: Vec<(usize, usize, u64)>,
    /// Since when it is absent, while it is.
    pub absent_since: u64,
    /// It is absent because it ended its last session itself.
    pub left_on_purpose: bool,
    /// Offers missed in a row.
    pub misses: u32,
    /// Position of its last assignment; 0: never.
    pub last_assigned: u64,
    /// Position of its last assignment or close; 0: never.
    pub last_active: u64,
}

impl Agent {
    /// It was added, and not removed.
    pub fn is_active(&self) -> bool {
        self.was_added && !self.removed
    }

    /// It has a session on a socket.
    pub fn is_awake(&self) -> bool {
        self.sessions.iter().any(|(_, is)| *is == SessionIs::Live)
    }

    /// It has a session on a socket, or one that sleeps with leave.
    pub fn is_present(&self) -> bool {
        self.sessions.iter().any(|(_, is)| *is != SessionIs::Lost)
    }

    /// It may be asked, as far as it is itself concerned.
    pub fn is_reachable(&self) -> bool {
        self.is_active() && self.online && self.is_present()
    }

    /// Whether it is a member of a department.
    pub fn is_member(&self, department: usize) -> bool {
        self.departments & 1 << department != 0
    }

    /// A session of its own.
    pub fn session(&self, number: usize) -> Option<SessionIs> {
        self.sessions.iter().find(|(own, _)| *own == number).map(|(_, is)| *is)
    }

    /// A session of it went; it may be absent for that, which it was not before.
    pub(super) fn goes(&mut self, was_present: bool, at: u64, on_purpose: bool) {
        if was_present && !self.is_present() {
            (self.absent_since, self.left_on_purpose) = (at, on_purpose);
        }
    }

    pub(super) fn set_session(&mut self, number: usize, is: SessionIs) {
        match self.sessions.iter_mut().find(|(own, _)| *own == number) {
            Some((_, was)) => *was = is,
            None => self.sessions.push((number, is)),
        }
    }

    pub(super) fn count(&mut self, department: usize, more: bool) {
        let step = |count: &mut u32| {
            *count = if more { count.saturating_add(1) } else { count.saturating_sub(1) };
        };
        step(&mut self.load);
        if let Some(count) = self.load_in.get_mut(department) {
            step(count);
        }
    }
}
