//! Recovery: a workspace as the latest snapshot and the events after it make it. Whatever keeps
//! them, this is how they are read.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use switchboard_routing::{ConversationId, Event, Record, VERSION, Workspace};

use crate::{Figures, LogError, Stored};

/// The events of each conversation that has not ended, in order.
pub type Histories = HashMap<ConversationId, Vec<Arc<Record>>>;

/// What a log gives.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The routing state.
    pub workspace: Workspace,
    /// The events of each conversation that has not ended. What was reopened after the snapshot
    /// has what happened since; what was before, the archive has.
    pub histories: Histories,
    /// What it comes to, for reports. Where the snapshot has none, they begin with what came after
    /// it.
    pub figures: Figures,
}

impl Recovered {
    /// The fold of a log's events onto its latest snapshot. It writes under this epoch.
    ///
    /// # Errors
    /// Where an event is missing, comes from a later release, or contradicts what was before.
    pub fn fold(
        stored: Option<Stored>,
        tail: &[Arc<Record>],
        epoch: u64,
    ) -> Result<Self, LogError> {
        let (mut workspace, mut histories, mut figures) = match stored {
            None => (Workspace::new(epoch), Histories::new(), Figures::default()),
            Some(Stored { snapshot, histories, figures, .. }) => {
                let position = snapshot.position;
                let damaged = |what| LogError::Damaged { position, what };
                if snapshot.version > VERSION {
                    return Err(damaged(format!("a snapshot of version {}", snapshot.version)));
                }
                // A snapshot that contradicts itself breaks an invariant, which is asserted.
                let restored =
                    catch_unwind(AssertUnwindSafe(|| Workspace::restore(&snapshot, &[])));
                let workspace =
                    restored.map_err(|_| damaged("the snapshot contradicts itself".into()))?;
                let figures = figures.unwrap_or_else(|| Figures::begin(&workspace, &histories));
                (workspace, histories, figures)
            }
        };
        for record in tail {
            let position = workspace.position();
            if record.position != position + 1 {
                let what = format!("event {} is followed by {}", position, record.position);
                return Err(LogError::Damaged { position, what });
            }
            let replayed = catch_unwind(AssertUnwindSafe(|| workspace.replay(record)));
            if replayed.is_err() {
                let what = format!("event {} contradicts what was before", record.position);
                return Err(LogError::Damaged { position, what });
            }
            remember(&mut histories, record);
            figures.observe(record);
        }
        // What ended has its history in the archive.
        histories.retain(|id, _| workspace.conversation(id.as_str()).is_some());
        workspace.begin_epoch(epoch);
        Ok(Self { workspace, histories, figures })
    }

    /// The conversations of whose history only the archive has the beginning.
    pub fn begun_earlier(&self) -> impl Iterator<Item = &ConversationId> {
        let cut = |history: &&Vec<Arc<Record>>| {
            let first = history.first().map(|record| &record.event);
            !matches!(first, Some(Event::ConversationOpened { .. }))
        };
        self.histories.iter().filter(move |(_, history)| cut(history)).map(|(id, _)| id)
    }
}

/// Notes an event in the history of the conversation that it is about; gives that history. That of
/// one which was taken back from the archive has what came before, in the same batch perhaps.
pub fn remember<'h>(histories: &'h mut Histories, record: &Arc<Record>) -> &'h [Arc<Record>] {
    let Some(id) = record.event.subject() else { return &[] };
    let history = histories.entry(id.clone()).or_default();
    if history.last().is_none_or(|last| last.position < record.position) {
        history.push(record.clone());
    }
    history
}
