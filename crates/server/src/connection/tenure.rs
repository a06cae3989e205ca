//! The time that a session spends on one socket. However it ends, the workspace hears of it,
//! once: a loss that went missing would leave somebody present who is gone.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::sleep};

use super::outbox::{Attachment, Outbox};
use crate::{
    registry::{Mailbox, Refused},
    seam::ToWorkspace,
};

/// Between two attempts to tell a workspace whose mailbox is full.
const RETRY_TIME: Duration = Duration::from_millis(20);

/// Held by a socket from its hello on; tells the workspace when dropped.
#[derive(Debug)]
pub(crate) struct Tenure {
    mailbox: Mailbox,
    outbox: Arc<Outbox>,
    losses: Arc<Losses>,
}

impl Tenure {
    /// Begins before the hello is handed over, so that an answer that comes too late is not
    /// missed either.
    pub(crate) fn begin(mailbox: Mailbox, outbox: Arc<Outbox>, losses: Arc<Losses>) -> Self {
        Self { mailbox, outbox, losses }
    }

    /// The workspace.
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }
}

impl Drop for Tenure {
    fn drop(&mut self) {
        let (mailbox, losses) = (self.mailbox.clone(), Arc::clone(&self.losses));
        self.outbox.shut(Heir { mailbox, losses });
    }
}

/// Told of the session of a socket that is gone, even where the session comes after that.
#[derive(Debug)]
pub(crate) struct Heir {
    mailbox: Mailbox,
    losses: Arc<Losses>,
}

impl Heir {
    /// The session has no socket any more.
    pub(crate) fn inherit(&self, attachment: Attachment) {
        self.losses.tell(Loss { mailbox: self.mailbox.clone(), attachment });
    }
}

/// Losses that their workspaces had no room for yet.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    untold: Mutex<Vec<Loss>>,
    more: Notify,
}

#[derive(Debug)]
struct Loss {
    mailbox: Mailbox,
    attachment: Attachment,
}

impl Loss {
    /// Whether there is nothing left to do: told, or nobody left to tell.
    fn told(&self) -> bool {
        let Attachment { session_id, generation } = self.attachment.clone();
        let lost = ToWorkspace::Lost { session_id, generation };
        match self.mailbox.send(lost, None) {
            Ok(()) | Err(Refused::Unknown) => true,
            Err(Refused::Overloaded) => false,
        }
    }
}

impl Losses {
    fn tell(&self, loss: Loss) {
        if !loss.told() {
            self.untold.lock().push(loss);
            self.more.notify_one();
        }
    }

    /// Tries again what is untold.
    fn retry(&self) -> bool {
        let mut untold = std::mem::take(&mut *self.untold.lock());
        untold.retain(|loss| !loss.told());
        let mut newer = self.untold.lock();
        untold.append(&mut newer);
        *newer = untold;
        newer.is_empty()
    }
}

/// Tells what could not be told at once, until nobody else has the losses.
pub(crate) async fn keep_telling(losses: Weak<Losses>) {
    loop {
        let Some(current) = losses.upgrade() else { return };
        if current.retry() {
            let more = current.more.notified();
            // Whoever holds the losses may be gone while nothing comes.
            let _ = tokio::time::timeout(Duration::from_secs(1), more).await;
        } else {
            drop(current);
            sleep(RETRY_TIME).await;
        }
    }
}
