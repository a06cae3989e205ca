//! The ended conversations of one workspace in memory: the last so many, by when they ended.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use switchboard_routing::{ConversationId, Timestamp, VisitorId};

use crate::{Ended, KeptKey, Keyed};

/// See the module. Read in the order of arrival, emptied in the order of ending.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    by_place: BTreeMap<u64, Kept>,
    /// Places in the order of ending.
    endings: BTreeMap<u64, u64>,
    last_ending: u64,
    places: HashMap<ConversationId, u64>,
    /// The endings of each visitor's, in order.
    of: BTreeSet<(VisitorId, u64)>,
}

#[derive(Debug)]
struct Kept {
    ending: u64,
    ended: Arc<Ended>,
}

impl Shelf {
    /// Keeps a conversation that ended now, and of all of them the last so many; says whose went.
    pub(crate) fn put(&mut self, ended: &Arc<Ended>, retained: usize) -> Vec<VisitorId> {
        let conversation = &ended.conversation;
        let place = conversation.number;
        // Had it ended before, what counts is its last ending.
        self.remove(place);
        self.last_ending += 1;
        self.endings.insert(self.last_ending, place);
        self.places.insert(conversation.id.clone(), place);
        self.of.insert((conversation.visitor_id.clone(), self.last_ending));
        self.by_place.insert(place, Kept { ending: self.last_ending, ended: ended.clone() });
        let mut whose = Vec::new();
        while self.by_place.len() > retained {
            let Some((_, oldest)) = self.endings.first_key_value() else { break };
            let gone = self.remove(*oldest);
            whose.extend(gone.map(|ended| ended.conversation.visitor_id.clone()));
        }
        whose
    }

    /// Forgets what was attached to the conversations of a visitor.
    pub(crate) fn forget_details(&mut self, visitor: &VisitorId) {
        let own = (visitor.clone(), 0)..=(visitor.clone(), u64::MAX);
        for (_, ending) in self.of.range(own) {
            let place = self.endings.get(ending);
            if let Some(kept) = place.and_then(|place| self.by_place.get_mut(place)) {
                Arc::make_mut(&mut kept.ended).details = None;
            }
        }
    }

    /// What a visitor's key opened.
    pub(crate) fn keyed(&self, visitor: &VisitorId, key: &str) -> Option<Keyed> {
        let own = (visitor.clone(), 0)..=(visitor.clone(), u64::MAX);
        let theirs = self.of.range(own).filter_map(|(_, ending)| self.endings.get(ending));
        let mut ended = theirs.filter_map(|place| self.by_place.get(place)).map(|kept| &kept.ended);
        ended.find_map(|ended| {
            let of = &ended.conversation;
            let own = of.key.as_ref().filter(|own| *own.key == *key)?;
            Some(Keyed { conversation_id: of.id.clone(), fingerprint: own.fingerprint })
        })
    }

    /// The keys of what ended after a time.
    pub(crate) fn keys_since(&self, after: Timestamp) -> Vec<KeptKey> {
        let later = self.by_place.values().map(|kept| &kept.ended.conversation);
        let keyed = later.filter_map(|of| {
            let (ended_at, key) = (of.closed_at?, of.key.as_ref()?.key.clone());
            let (conversation_id, visitor_id) = (of.id.clone(), of.visitor_id.clone());
            Some(KeptKey { ended_at, conversation_id, visitor_id, key })
        });
        keyed.filter(|key| key.ended_at > after).collect()
    }

    /// Gives a conversation up: it was reopened. Whether it was here.
    pub(crate) fn take(&mut self, id: &ConversationId) -> bool {
        self.places.get(id).copied().is_some_and(|place| self.remove(place).is_some())
    }

    fn remove(&mut self, place: u64) -> Option<Arc<Ended>> {
        let Kept { ending, ended } = self.by_place.remove(&place)?;
        self.endings.remove(&ending);
        self.places.remove(&ended.conversation.id);
        self.of.remove(&(ended.conversation.visitor_id.clone(), ending));
        Some(ended)
    }

    /// One of them.
    pub(crate) fn find(&self, id: &ConversationId) -> Option<Arc<Ended>> {
        self.at(*self.places.get(id)?)
    }

    /// The one of a visitor that ended last.
    pub(crate) fn last_of(&self, visitor: &VisitorId) -> Option<Arc<Ended>> {
        let own = (visitor.clone(), 0)..=(visitor.clone(), u64::MAX);
        let (_, ending) = self.of.range(own).next_back()?;
        self.at(*self.endings.get(ending)?)
    }

    /// Those after a place, in the order of arrival.
    pub(crate) fn after(&self, place: u64) -> impl Iterator<Item = &Arc<Ended>> {
        self.by_place.range(place.saturating_add(1)..).map(|(_, kept)| &kept.ended)
    }

    fn at(&self, place: u64) -> Option<Arc<Ended>> {
        self.by_place.get(&place).map(|kept| kept.ended.clone())
    }
}
