//! A department, as the log has it.

use switchboard_routing::Policy;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Department {
    /// It was created, and not deleted.
    pub exists: bool,
    /// Its opening hours run.
    pub open: bool,
    /// How it routes.
    pub policy: Policy,
    /// Everybody who ever joined, in order; none: left since. The place of the one assigned last
    /// stands, whoever leaves.
    pub joined: Vec<Option<usize>>,
    /// One more than the place in `joined` of whoever was assigned last.
    pub turn: usize,
    /// Who waits and is asked for by nobody, first to be served first.
    pub line: Vec<((i64, u64), usize)>,
}

impl Department {
    /// Its members, in joining order.
    pub fn members(&self) -> impl Iterator<Item = usize> {
        self.joined.iter().flatten().copied()
    }

    pub(super) fn enter(&mut self, order: (i64, u64), conversation: usize) {
        let at = self.line.partition_point(|(other, _)| *other < order);
        self.line.insert(at, (order, conversation));
    }

    pub(super) fn leave(&mut self, order: (i64, u64), conversation: usize) {
        let at = self.line.partition_point(|(other, _)| *other < order);
        if self.line.get(at).is_some_and(|(_, at)| *at == conversation) {
            self.line.remove(at);
        }
    }
}
