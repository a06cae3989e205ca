//! Waiting: a conversation's place in its department's line, the part of it that it stands in while
//! nobody is asked to take it, and since when it waits.

use std::collections::BTreeSet;

use crate::{
    State, Workspace,
    department::Since,
    slab::{ConversationIx, DepartmentIx},
};

impl Workspace {
    /// Puts a conversation into its department's queue, from now.
    pub(super) fn wait(&mut self, ix: ConversationIx) {
        let now = self.clock;
        let active = &mut self.conversations[ix];
        active.arriving = false;
        active.conversation.state = State::Queued;
        active.conversation.revision += 1;
        active.conversation.queued_at = Some(now);
        let id = active.conversation.id.clone();
        self.unplaced.push((id, self.position));
        self.enter_queue(ix);
    }

    /// Puts a waiting conversation into its department's queue.
    pub(crate) fn enter_queue(&mut self, ix: ConversationIx) {
        self.join_line(ix);
        self.enter_wait(ix);
        self.stand(ix);
    }

    /// Gives a waiting conversation its place in the line.
    pub(crate) fn join_line(&mut self, ix: ConversationIx) {
        let active = &self.conversations[ix];
        let key = active.conversation.queue_key();
        self.departments[active.department].line.insert(key, ix);
    }

    /// Lets a conversation that nobody is asked to take be taken.
    pub(super) fn stand(&mut self, ix: ConversationIx) {
        let active = &self.conversations[ix];
        let department = active.department;
        let (part, key) = (active.part(), active.conversation.queue_key());
        self.departments[department].stand(part, key, ix);
        self.waiting.queued += 1;
        self.stir(department);
    }

    /// Lets it no longer be taken: it keeps its place in the line.
    pub(super) fn unstand(&mut self, ix: ConversationIx) {
        let active = &self.conversations[ix];
        let (part, key) = (active.part(), active.conversation.queue_key());
        self.departments[active.department].unstand(&part, key);
        self.waiting.queued -= 1;
    }

    /// Takes a waiting conversation out of the line, and its offer from whom it was made to.
    pub(super) fn leave_queue(&mut self, ix: ConversationIx) {
        self.leave_wait(ix);
        let active = &self.conversations[ix];
        if active.arriving || !active.conversation.is_waiting() {
            return;
        }
        let (department, key) = (active.department, active.conversation.queue_key());
        match active.conversation.state {
            State::Offered => {
                self.end_offer(ix);
            }
            _ => self.unstand(ix),
        }
        self.departments[department].line.remove(key);
    }

    /// Notes the wait of a queued conversation, and that its visitor is gone if so.
    pub(crate) fn enter_wait(&mut self, ix: ConversationIx) {
        let Some((department, waiting, left)) = self.waits(ix) else { return };
        self.waits_of(ix, department).insert(waiting);
        if let Some(left) = left {
            self.departments[department].left.insert(left);
        }
        self.note_wait(department);
    }

    pub(super) fn leave_wait(&mut self, ix: ConversationIx) {
        let Some((department, waiting, left)) = self.waits(ix) else { return };
        self.waits_of(ix, department).remove(&waiting);
        if let Some(left) = left {
            self.departments[department].left.remove(&left);
        }
        self.note_wait(department);
    }

    /// Those of a department who wait as this conversation does: asked for, or not.
    fn waits_of(&mut self, ix: ConversationIx, department: DepartmentIx) -> &mut BTreeSet<Since> {
        let department = &mut self.departments[department];
        match self.conversations[ix].conversation.state {
            State::Offered => &mut department.offered,
            _ => &mut department.waiting,
        }
    }

    /// Brings what follows from who waits in a department in line with it.
    fn note_wait(&mut self, ix: DepartmentIx) {
        self.waiting.set(ix, self.departments[ix].waiting_since());
        self.rearm(ix);
    }

    /// Where a conversation waits, since when, and since when that counts against its visitor:
    /// from the visitor's leaving, but not from before the wait began.
    fn waits(&self, ix: ConversationIx) -> Option<(DepartmentIx, Since, Option<Since>)> {
        let active = &self.conversations[ix];
        let conversation = &active.conversation;
        let since = conversation.queued_at.filter(|_| conversation.is_waiting())?;
        let left = self.visitors.get(&conversation.visitor_id).and_then(|v| v.left_at);
        let entry = |at| (at, conversation.place, ix);
        Some((active.department, entry(since), left.map(|left| entry(left.max(since)))))
    }
}
