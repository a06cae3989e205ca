//! Forgetting: once the archive no longer has a conversation, nothing else keeps its visitor's
//! name, or, after a day, its idempotency key. So nothing here only grows.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use switchboard_journal::{Archive, ArchiveFilter, Ended, PersonalChange, Profiles};
use switchboard_routing::{
    Command, Conversation, ConversationId, Timestamp, VisitorId, Workspace, WorkspaceId,
};

use super::worker::Worker;

/// A key holds for so long at least.
const KEY_MS: u64 = 24 * 3_600_000;
/// So many conversations of the archive are looked at in one go.
const PAGE: usize = 1_000;

/// What is to be forgotten one day, in the order in which it ended.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    /// Whether what was there when the workspace was loaded is in it.
    recalled: bool,
    /// Visitors of whom nothing is kept but what is known of them.
    strays: Vec<VisitorId>,
    ended: VecDeque<(Ending, VisitorId)>,
    keys: VecDeque<(Timestamp, Ending, VisitorId, Arc<str>)>,
}

/// A conversation that ended, and at which revision: reopened, it ends another time at another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    id: ConversationId,
    revision: u64,
}

/// What became of a conversation since it was noted.
enum Since {
    /// The archive has it.
    Kept,
    /// It was reopened: once it has ended again, it is noted again.
    Reopened,
    /// The archive dropped it.
    Dropped,
}

impl Retention {
    /// Notes a conversation that ended.
    pub(crate) fn note(&mut self, conversation: &Conversation) {
        let ending = Ending { id: conversation.id.clone(), revision: conversation.revision };
        let visitor = conversation.visitor_id.clone();
        if let (Some(key), Some(at)) = (&conversation.key, conversation.closed_at) {
            self.keys.push_back((at, ending.clone(), visitor.clone(), key.key.clone()));
        }
        self.ended.push_back((ending, visitor));
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
        archived.iter().for_each(|ended| self.note(&ended.conversation));
        self.ended.extend(since.ended);
        let ended: HashSet<_> = self.ended.iter().map(|(ending, _)| &ending.id).collect();
        let kept =
            |id: &ConversationId| ended.contains(id) || core.conversation(id.as_str()).is_some();
        let lost = core.keys().filter(|(.., id)| !kept(id));
        let gone = |id: &ConversationId| Ending { id: id.clone(), revision: 0 };
        let lost = lost.map(|(visitor, key, id)| (now, gone(id), visitor.clone(), key.clone()));
        self.keys.extend(since.keys);
        self.keys.extend(lost);
        let theirs: HashSet<_> = self.ended.iter().map(|(_, visitor)| visitor).collect();
        let strays = profiles.visitors.keys().filter(|visitor| {
            !theirs.contains(visitor) && core.opened_by(visitor.as_str()).next().is_none()
        });
        self.strays = strays.cloned().collect();
    }
}

/// The whole archive of a workspace, in the order of ending.
fn archived(archive: &dyn Archive, workspace: &WorkspaceId) -> Vec<Arc<Ended>> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = archive.list(workspace, &ArchiveFilter::default(), after, PAGE);
        let Some(last) = page.last() else { break };
        after = last.conversation.number;
        all.extend(page);
    }
    let ending = |ended: &Arc<Ended>| ended.history.last().map_or(0, |record| record.position);
    all.sort_by_key(|ended| (ended.conversation.closed_at, ending(ended)));
    all
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
        let (ending, _) = self.retention.ended.front()?;
        match self.since(ending) {
            Since::Kept => None,
            // Of a visitor who has something open nothing is forgotten.
            Since::Reopened | Since::Dropped => {
                self.retention.ended.pop_front().map(|(_, visitor)| visitor)
            }
        }
    }

    fn next_stale_key(&mut self) -> Option<(VisitorId, Arc<str>)> {
        loop {
            let (ended_at, ending, ..) = self.retention.keys.front()?;
            if self.now().since_ms(*ended_at) < KEY_MS {
                return None;
            }
            match self.since(ending) {
                Since::Kept => return None,
                Since::Reopened => {
                    self.retention.keys.pop_front();
                }
                Since::Dropped => {
                    let (.., visitor, key) = self.retention.keys.pop_front()?;
                    return Some((visitor, key));
                }
            }
        }
    }

    fn since(&self, ending: &Ending) -> Since {
        if self.core.conversation(ending.id.as_str()).is_some() {
            return Since::Reopened;
        }
        match self.ended(&ending.id) {
            Some(ended) if ended.conversation.revision == ending.revision => Since::Kept,
            Some(_) => Since::Reopened,
            None => Since::Dropped,
        }
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
                        let conversation = *conversation;
                        let ended = Ended { conversation, details: None, history: vec![] };
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
        retention.note(&unwritten.first().unwrap().conversation);
        retention.recall(&archived(&store, &id), &core, &profiles, Timestamp(60_000));
        let ended: Vec<_> = retention.ended.iter().map(|(ending, _)| ending.id.as_str()).collect();
        // In the order of ending; the third is open still.
        assert_eq!(ended, ["c2", "c1", "c4"]);
        let keys: Vec<_> = retention.keys.iter().map(|(at, .., key)| (at.0, &**key)).collect();
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
