//! The ended conversations of one workspace in memory: the last so many, by when they ended.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use switchboard_routing::{ConversationId, VisitorId};

use crate::Ended;

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
    /// Keeps a conversation that ended now, and of all of them the last so many.
    pub(crate) fn put(&mut self, ended: &Arc<Ended>, retained: usize) {
        let conversation = &ended.conversation;
        let place = conversation.number;
        // Had it ended before, what counts is its last ending.
        self.remove(place);
        self.last_ending += 1;
        self.endings.insert(self.last_ending, place);
        self.places.insert(conversation.id.clone(), place);
        self.of.insert((conversation.visitor_id.clone(), self.last_ending));
        self.by_place.insert(place, Kept { ending: self.last_ending, ended: ended.clone() });
        while self.by_place.len() > retained {
            let Some((_, oldest)) = self.endings.first_key_value() else { return };
            self.remove(*oldest);
        }
    }

    /// Gives a conversation up: it was reopened.
    pub(crate) fn take(&mut self, id: &ConversationId) {
        if let Some(place) = self.places.get(id) {
            self.remove(*place);
        }
    }

    fn remove(&mut self, place: u64) {
        let Some(Kept { ending, ended }) = self.by_place.remove(&place) else { return };
        self.endings.remove(&ending);
        self.places.remove(&ended.conversation.id);
        self.of.remove(&(ended.conversation.visitor_id.clone(), ending));
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
