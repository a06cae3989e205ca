//! Forgetting: what the archive keeps no longer goes, its visitor's name with it; and a day after
//! its conversation ended, an idempotency key is the archive's to know. So nothing here only grows.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use switchboard_journal::{KeptKey, PersonalChange};
use switchboard_routing::{Command, Conversation, ConversationId, Timestamp, VisitorId, Workspace};

use super::worker::Worker;

/// The core holds a key for so long after its conversation ended.
const KEY_MS: u64 = 24 * 3_600_000;
/// The archive is looked through so often for what it keeps no longer.
const SWEEP_MS: u64 = 3_600_000;
/// Or so soon again, where there is more.
const SWEEP_ON_MS: u64 = 1_000;
/// So many conversations are dropped in one go.
const SWEPT: usize = 500;

/// Which keys are to be forgotten, and when the archive was last looked through.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    /// Whether what was there when the workspace was loaded is in it.
    recalled: bool,
    keys: BTreeSet<(Timestamp, ConversationId, VisitorId, Arc<str>)>,
    sweep_at: Timestamp,
}

impl Retention {
    /// Notes a conversation that ended.
    pub(crate) fn note(&mut self, ended: &Conversation) {
        self.keys.extend(key_of(ended));
    }

    /// Notes that it was reopened: its key holds until it has ended again.
    pub(crate) fn reopened(&mut self, ended: &Conversation) {
        if let Some(key) = key_of(ended) {
            self.keys.remove(&key);
        }
    }

    /// Notes what there was when the workspace was loaded. How old a key is whose conversation
    /// nobody has any more, or has had for long, is not known: it counts from now.
    fn recall(&mut self, archived: Vec<KeptKey>, core: &Workspace, now: Timestamp) {
        self.recalled = true;
        let is_over = |id: &ConversationId| core.conversation(id.as_str()).is_none();
        let archived = archived.into_iter().filter(|kept| {
            is_over(&kept.conversation_id) && core.knows_key(&kept.visitor_id, &kept.key)
        });
        self.keys.extend(archived.map(|k| (k.ended_at, k.conversation_id, k.visitor_id, k.key)));
        let noted: HashSet<_> = self.keys.iter().map(|(_, id, ..)| id.clone()).collect();
        let lost = core.keys().filter(|(.., id)| is_over(id) && !noted.contains(*id));
        self.keys
            .extend(lost.map(|(visitor, key, id)| (now, id.clone(), visitor.clone(), key.clone())));
    }
}

/// Its idempotency key, where it came with one.
fn key_of(ended: &Conversation) -> Option<(Timestamp, ConversationId, VisitorId, Arc<str>)> {
    let key = ended.key.as_ref()?.key.clone();
    Some((ended.closed_at?, ended.id.clone(), ended.visitor_id.clone(), key))
}

impl Worker {
    /// Forgets what is kept no longer.
    pub(crate) fn forget_old(&mut self) {
        let now = self.now();
        if !self.retention.recalled {
            let since = Timestamp(now.0.saturating_sub(KEY_MS));
            let archived = self.read(self.store.keys_since(&self.id, since));
            self.retention.recall(archived, &self.core, now);
        }
        while let Some((visitor_id, key)) = self.next_stale_key(now) {
            self.step_as_engine(Command::Forget { visitor_id, key });
        }
        if self.retention.sweep_at <= now {
            self.sweep(now);
        }
    }

    fn next_stale_key(&mut self, now: Timestamp) -> Option<(VisitorId, Arc<str>)> {
        let (ended_at, ..) = self.retention.keys.first()?;
        if now.since_ms(*ended_at) < KEY_MS {
            return None;
        }
        let (_, _, visitor, key) = self.retention.keys.pop_first()?;
        Some((visitor, key))
    }

    /// Drops what is kept no longer, and of whom nothing is left.
    fn sweep(&mut self, now: Timestamp) {
        let expired = self.read(self.store.expired(&self.id, now, SWEPT));
        let more = expired.len() == SWEPT;
        self.retention.sweep_at = now.plus_ms(if more { SWEEP_ON_MS } else { SWEEP_MS });
        if expired.is_empty() {
            return;
        }
        let visitors: BTreeSet<VisitorId> =
            expired.iter().map(|ended| ended.conversation.visitor_id.clone()).collect();
        let gone: HashSet<ConversationId> =
            expired.iter().map(|ended| ended.conversation.id.clone()).collect();
        for visitor in visitors {
            let last = self.last_ended(&visitor);
            let remembered = last.is_some_and(|last| !gone.contains(&last.conversation.id));
            if !remembered && self.core.opened_by(visitor.as_str()).next().is_none() {
                self.change(PersonalChange::VisitorForgotten(visitor));
            }
        }
        let open = self.histories.values().filter_map(|history| history.first());
        let first = open.map(|record| record.position).min();
        self.batch.keep_from = Some(first.unwrap_or_else(|| self.core.position() + 1));
        self.batch.dropped = expired;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use switchboard_routing::{Input, Key, OpenConversation, Origin};

    use super::*;

    fn kept(id: &str, visitor: &str, key: &str, second: u64) -> KeptKey {
        KeptKey {
            ended_at: Timestamp(second * 1_000),
            conversation_id: id.into(),
            visitor_id: visitor.into(),
            key: key.into(),
        }
    }

    fn core() -> Workspace {
        let mut core = Workspace::new(1);
        let (department_id, name) = ("d".into(), "D".into());
        let mut commands =
            vec![Command::CreateDepartment { department_id, name, policy: Box::default() }];
        commands.extend((0..4).map(|number| {
            let key = Key { key: format!("k{number}").into(), fingerprint: 1 };
            Command::OpenConversation(OpenConversation {
                conversation_id: format!("c{number}").into(),
                visitor_id: format!("v{number}").into(),
                department_id: None,
                priority: 0,
                skills: vec![],
                key: Some(key),
            })
        }));
        commands.extend((0..3).map(|number| Command::CloseConversation {
            conversation_id: format!("c{number}").into(),
        }));
        for command in commands {
            core.handle(Timestamp(1), Input::new(Origin::ROOT, command), &mut Vec::new()).unwrap();
        }
        core
    }

    #[test]
    fn which_keys_are_to_be_forgotten_is_known_again_after_a_load() {
        let core = core();
        let mut retention = Retention::default();
        // The archive has two, one of which the core never knew; of the third nobody knows when
        // it ended; the fourth is open still.
        let archived =
            vec![kept("c1", "v1", "k1", 8), kept("c2", "v2", "k2", 9), kept("x", "v9", "k9", 9)];
        retention.recall(archived, &core, Timestamp(60_000));
        let keys: Vec<_> = retention.keys.iter().map(|(at, .., key)| (at.0, &**key)).collect();
        assert_eq!(keys, [(8_000, "k1"), (9_000, "k2"), (60_000, "k0")]);
    }
}
