//! Forgetting: once the archive no longer has a conversation, nothing else keeps its visitor's
//! name, or, after a day, its idempotency key. So nothing here only grows.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use switchboard_journal::{Archive, ArchiveFilter, Ended, PersonalChange, Profiles};
use switchboard_routing::{Command, ConversationId, Timestamp, VisitorId, Workspace, WorkspaceId};

use super::worker::Worker;

/// A key holds for so long at least.
const KEY_MS: u64 = 24 * 3_600_000;
/// So many conversations of the archive are looked at in one go.
const PAGE: usize = 1_000;

/// What is to be forgotten one day, in the order in which it ended. Nothing of what is open.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    /// Whether what was there when the workspace was loaded is in it.
    recalled: bool,
    /// Visitors of whom nothing is kept but what is known of them.
    strays: Vec<VisitorId>,
    ended: BTreeSet<Ending>,
    keys: BTreeSet<(Timestamp, Ending, Arc<str>)>,
}

/// By the position at which it ended, a conversation and its visitor.
type Ending = (u64, ConversationId, VisitorId);

impl Retention {
    /// Notes a conversation that ended.
    pub(crate) fn note(&mut self, ended: &Ended) {
        let ending = ending_of(ended);
        self.keys.extend(key_of(ended, &ending));
        self.ended.insert(ending);
    }

    /// Notes that it was reopened: what is its own holds until it has ended again.
    pub(crate) fn reopened(&mut self, ended: &Ended) {
        let ending = ending_of(ended);
        if let Some(key) = key_of(ended, &ending) {
            self.keys.remove(&key);
        }
        self.ended.remove(&ending);
    }

    /// Notes what there was when the workspace was loaded, before whatever ended since. How old a
    /// key is whose conversation nobody has any more is not known: it counts from now.
    fn recall(
        &mut self,
        archived: &[Arc<Ended>],
        core: &Workspace,
        profiles: &Profiles,
        now: Timestamp,
    ) {
        let since = std::mem::take(self);
        self.recalled = true;
        // What was reopened since is in the archive still, until that is written.
        let is_over =
            |ended: &&Arc<Ended>| core.conversation(ended.conversation.id.as_str()).is_none();
        archived.iter().filter(is_over).for_each(|ended| self.note(ended));
        self.ended.extend(since.ended);
        let ended: HashSet<_> = self.ended.iter().map(|(_, id, _)| id).collect();
        let kept =
            |id: &ConversationId| ended.contains(id) || core.conversation(id.as_str()).is_some();
        let lost = core.keys().filter(|(.., id)| !kept(id));
        let lost =
            lost.map(|(visitor, key, id)| (now, (0, id.clone(), visitor.clone()), key.clone()));
        self.keys.extend(since.keys);
        self.keys.extend(lost);
        let theirs: HashSet<_> = self.ended.iter().map(|(.., visitor)| visitor).collect();
        let strays = profiles.visitors.keys().filter(|visitor| {
            !theirs.contains(visitor) && core.opened_by(visitor.as_str()).next().is_none()
        });
        self.strays = strays.cloned().collect();
    }
}

/// The position of a conversation's last event is that of its end.
fn ending_of(ended: &Ended) -> Ending {
    let position = ended.history.last().map_or(0, |record| record.position);
    let of = &ended.conversation;
    (position, of.id.clone(), of.visitor_id.clone())
}

/// Its idempotency key, where it came with one.
fn key_of(ended: &Ended, ending: &Ending) -> Option<(Timestamp, Ending, Arc<str>)> {
    let of = &ended.conversation;
    Some((of.closed_at?, ending.clone(), of.key.as_ref()?.key.clone()))
}

/// The whole archive of a workspace.
fn archived(archive: &dyn Archive, workspace: &WorkspaceId) -> Vec<Arc<Ended>> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = archive.list(workspace, &ArchiveFilter::default(), after, PAGE);
        let Some(last) = page.last() else { return all };
        after = last.conversation.number;
        all.extend(page);
    }
}

impl Worker {
    /// Forgets what belongs to conversations that the archive has dropped.
    pub(crate) fn forget_old(&mut self) {
        if !self.retention.recalled {
            self.recall_old();
        }
        while let Some(visitor) = self.next_dropped() {
            let remembered = self.last_ended(&visitor).is_some()
                || self.core.opened_by(visitor.as_str()).next().is_some();
            if !remembered && self.profiles.visitors.contains_key(&visitor) {
                self.change(PersonalChange::VisitorForgotten(visitor));
            }
        }
        while let Some((visitor_id, key)) = self.next_stale_key() {
            self.step_as_engine(Command::Forget { visitor_id, key });
        }
    }

    /// What was noted before the workspace was loaded is found again.
    fn recall_old(&mut self) {
        let archived = archived(&*self.store, &self.id);
        let now = self.now();
        self.retention.recall(&archived, &self.core, &self.profiles, now);
    }

    fn next_dropped(&mut self) -> Option<VisitorId> {
        if let Some(stray) = self.retention.strays.pop() {
            return Some(stray);
        }
        let (_, id, _) = self.retention.ended.first()?;
        if self.ended(id).is_some() {
            return None;
        }
        self.retention.ended.pop_first().map(|(.., visitor)| visitor)
    }

    fn next_stale_key(&mut self) -> Option<(VisitorId, Arc<str>)> {
        let (ended_at, (_, id, _), _) = self.retention.keys.first()?;
        if self.now().since_ms(*ended_at) < KEY_MS || self.ended(id).is_some() {
            return None;
        }
        let (_, (.., visitor), key) = self.retention.keys.pop_first()?;
        Some((visitor, key))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use switchboard_journal::{Batch, Directory, Entry, Log, Memory, VisitorProfile};
    use switchboard_routing::{Input, Key, OpenConversation, Origin, Output};

    use super::*;

    fn entry(id: &WorkspaceId) -> Entry {
        let (site_key, token_secret) = (String::new(), [0; 32]);
        Entry { id: id.clone(), site_key, token_secret, number: 0 }
    }

    fn open(number: u64) -> Command {
        let key = Key { key: format!("k{number}").into(), fingerprint: 1 };
        Command::OpenConversation(OpenConversation {
            conversation_id: format!("c{number}").into(),
            visitor_id: format!("v{number}").into(),
            department_id: None,
            priority: 0,
            skills: vec![],
            key: Some(key),
        })
    }

    fn close(number: u64) -> Command {
        Command::CloseConversation { conversation_id: format!("c{number}").into() }
    }

    /// Carries commands out, a second each, in a store that keeps two that ended.
    fn store(id: &WorkspaceId, core: &mut Workspace) -> (Memory, Vec<Arc<Ended>>) {
        let store = Memory::keeping(1_000, 2);
        store.create(entry(id)).unwrap();
        let mut writer = store.claim(id, Arc::new(|_, _| {})).unwrap().writer;
        let (department_id, name) = ("d".into(), "D".into());
        let mut commands =
            vec![Command::CreateDepartment { department_id, name, policy: Box::default() }];
        commands.extend((0..5).map(open));
        commands.extend([close(0), close(2), close(1), close(4)]);
        let (mut batches, mut out) = (Vec::new(), Vec::new());
        for (second, command) in (1..).zip(commands) {
            let input = Input::new(Origin::ROOT, command);
            core.handle(Timestamp(second * 1_000), input, &mut out).unwrap();
            let mut batch = Batch::default();
            for output in out.drain(..) {
                match output {
                    Output::Decided(_) => {}
                    Output::Event(record) => batch.events.push(record),
                    Output::Ended(conversation) => {
                        let (conversation, history) = (*conversation, batch.events.clone());
                        let ended = Ended { conversation, details: None, history };
                        batch.ended.push(Arc::new(ended));
                    }
                    Output::Notice { .. } => {}
                }
            }
            batches.push(batch);
        }
        // The last one ended, and is not written yet.
        let unwritten = batches.pop().unwrap().ended;
        for batch in batches {
            writer.append(batch);
        }
        (store, unwritten)
    }

    #[test]
    fn what_is_to_be_forgotten_is_known_again_after_a_load() {
        let (id, mut core) = (WorkspaceId::from("w"), Workspace::new(1));
        let (store, unwritten) = store(&id, &mut core);
        let mut profiles = Profiles::default();
        for number in 0..5 {
            let visitor = format!("v{number}").into();
            profiles.apply(&PersonalChange::Visitor(visitor, VisitorProfile::default()));
        }
        let mut retention = Retention::default();
        retention.note(unwritten.first().unwrap());
        retention.recall(&archived(&store, &id), &core, &profiles, Timestamp(60_000));
        let ended: Vec<_> = retention.ended.iter().map(|(_, id, _)| id.as_str()).collect();
        // In the order of ending; the third is open still.
        assert_eq!(ended, ["c2", "c1", "c4"]);
        let keys: Vec<_> = retention.keys.iter().map(|(at, _, key)| (at.0, &**key)).collect();
        // Of the first, nobody knows when it ended: its key goes a day after the load.
        assert_eq!(keys, [(8_000, "k2"), (9_000, "k1"), (10_000, "k4"), (60_000, "k0")]);
        assert_eq!(retention.strays, ["v0".into()]);
    }

    #[test]
    fn a_whole_archive_is_read_page_by_page() {
        let (id, mut core) = (WorkspaceId::from("w"), Workspace::new(1));
        let store = Memory::keeping(10, 3 * PAGE);
        store.create(entry(&id)).unwrap();
        let mut writer = store.claim(&id, Arc::new(|_, _| {})).unwrap().writer;
        let (department_id, name) = ("d".into(), "D".into());
        let create = Command::CreateDepartment { department_id, name, policy: Box::default() };
        core.handle(Timestamp(1), Input::new(Origin::ROOT, create), &mut Vec::new()).unwrap();
        let (count, mut out) = (2 * PAGE as u64 + 1, Vec::new());
        for number in 0..count {
            for command in [open(number), close(number)] {
                core.handle(Timestamp(1), Input::new(Origin::ROOT, command), &mut out).unwrap();
            }
        }
        let mut batch = Batch::default();
        for output in out {
            if let Output::Ended(conversation) = output {
                let ended = Ended { conversation: *conversation, details: None, history: vec![] };
                batch.ended.push(Arc::new(ended));
            }
        }
        writer.append(batch);
        assert_eq!(archived(&store, &id).len() as u64, count);
    }
}
