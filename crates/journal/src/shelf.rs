//! The ended conversations of one workspace in memory: the last so many, by when they ended.

use std::{
    collections::{BTreeMap, HashMap},
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
    last_of: HashMap<VisitorId, u64>,
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
        self.last_ending += 1;
        self.endings.insert(self.last_ending, place);
        self.places.insert(conversation.id.clone(), place);
        self.last_of.insert(conversation.visitor_id.clone(), place);
        let kept = Kept { ending: self.last_ending, ended: ended.clone() };
        if let Some(earlier) = self.by_place.insert(place, kept) {
            // It had ended before: what counts is its last ending.
            self.endings.remove(&earlier.ending);
        }
        while self.by_place.len() > retained {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((_, place)) = self.endings.pop_first() else { return };
        let Some(oldest) = self.by_place.remove(&place) else { return };
        let conversation = &oldest.ended.conversation;
        self.places.remove(&conversation.id);
        if self.last_of.get(&conversation.visitor_id) == Some(&place) {
            self.last_of.remove(&conversation.visitor_id);
        }
    }

    /// One of them.
    pub(crate) fn find(&self, id: &ConversationId) -> Option<Arc<Ended>> {
        self.at(*self.places.get(id)?)
    }

    /// The one of a visitor that ended last.
    pub(crate) fn last_of(&self, visitor: &VisitorId) -> Option<Arc<Ended>> {
        self.at(*self.last_of.get(visitor)?)
    }

    /// Those after a place, in the order of arrival.
    pub(crate) fn after(&self, place: u64) -> impl Iterator<Item = &Arc<Ended>> {
        self.by_place.range(place.saturating_add(1)..).map(|(_, kept)| &kept.ended)
    }

    fn at(&self, place: u64) -> Option<Arc<Ended>> {
        self.by_place.get(&place).map(|kept| kept.ended.clone())
    }
}
