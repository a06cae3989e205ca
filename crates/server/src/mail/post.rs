//! The post office: a task for each mail that was taken, of which a few have their turn at once.
//! How many there may be is bounded by [`MAILS_WAITING`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch},
    time::{sleep, timeout},
};

use super::{
    MAILS_AT_ONCE, MAILS_WAITING, Mail, MailSettings, Outcome, Report, TooManyMails,
    carry::Carrier, compose::Sender, trouble::Trouble,
};
use crate::metrics::{MailCounts, MailOutcome};

/// How far the end is. The order is that of time.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Phase {
    Open,
    /// Whoever has its turn goes on; nobody else gets one.
    Closing,
    /// Nobody goes on.
    Closed,
}

pub(super) struct Post {
    runtime: Handle,
    sender: Sender,
    carrier: Carrier,
    retry: Vec<Duration>,
    counts: MailCounts,
    /// One permit for each mail that was taken.
    room: Arc<Semaphore>,
    /// One permit for each that is being sent.
    turns: Semaphore,
    waiting: AtomicUsize,
    phase: watch::Sender<Phase>,
}

impl Post {
    pub(super) fn open(settings: MailSettings, counts: MailCounts) -> Option<Arc<Self>> {
        let sender = Sender::of(&settings.from);
        let carrier = Carrier::of(&settings)?;
        Some(Arc::new(Self {
            runtime: Handle::current(),
            sender,
            carrier,
            retry: settings.retry,
            counts,
            room: Arc::new(Semaphore::new(MAILS_WAITING)),
            turns: Semaphore::new(MAILS_AT_ONCE),
            waiting: AtomicUsize::new(0),
            phase: watch::Sender::new(Phase::Open),
        }))
    }

    pub(super) fn take(self: &Arc<Self>, mail: Mail, report: Report) -> Result<(), TooManyMails> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| TooManyMails)?;
        self.runtime.spawn(Arc::clone(self).see_to(mail, report, room));
        Ok(())
    }

    pub(super) async fn close(&self, at_most: Duration) {
        self.phase.send_if_modified(|phase| advance(phase, Phase::Closing));
        // The whole room is there again once every task has ended.
        let all = u32::try_from(MAILS_WAITING).unwrap_or(u32::MAX);
        if timeout(at_most, self.room.acquire_many(all)).await.is_err() {
            tracing::warn!("some mails were still being sent; whoever wants them sends them again");
        }
        self.close_now();
    }

    pub(super) fn close_now(&self) {
        self.phase.send_if_modified(|phase| advance(phase, Phase::Closed));
        self.room.close();
    }

    async fn see_to(self: Arc<Self>, mail: Mail, report: Report, room: OwnedSemaphorePermit) {
        tokio::select! {
            biased;
            () = self.reaches(Phase::Closed) => {}
            () = self.send(mail, &report) => {}
        }
        drop(room);
    }

    async fn send(&self, mail: Mail, report: &Report) {
        let letter = match self.sender.write(mail) {
            Ok(letter) => letter,
            Err(trouble) => return self.tell(report, failed(&trouble, 1)),
        };
        let mut delays = self.retry.iter();
        let mut attempt = 1;
        while let Some(turn) = self.turn().await {
            let Err(trouble) = self.carrier.carry(&letter).await else {
                self.tell(report, Outcome::Sent);
                return self.end_turn(turn).await;
            };
            let delay = delays.next().filter(|_| !trouble.lasts);
            trouble.log(attempt, delay.copied());
            let Some(delay) = delay else {
                self.tell(report, failed(&trouble, attempt));
                return self.end_turn(turn).await;
            };
            self.tell(report, Outcome::Retrying { reason: trouble.reason });
            self.end_turn(turn).await;
            if !self.pause(*delay).await {
                return;
            }
            attempt += 1;
        }
    }

    /// A turn to send; none once the office closes.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let turn = tokio::select! {
            biased;
            () = self.reaches(Phase::Closing) => None,
            turn = self.turns.acquire() => turn.ok(),
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        turn
    }

    /// The connections are for whoever comes next; if nobody does, they are not kept.
    async fn end_turn(&self, turn: SemaphorePermit<'_>) {
        if self.waiting.load(Ordering::Relaxed) == 0 {
            self.carrier.rest().await;
        }
        drop(turn);
    }

    /// Whether the office is open still after so long.
    async fn pause(&self, delay: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.reaches(Phase::Closing) => false,
            () = sleep(delay) => true,
        }
    }

    async fn reaches(&self, phase: Phase) {
        // Fails where the sender is gone, which is in `self`.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    fn tell(&self, report: &Report, outcome: Outcome) {
        self.counts.count(match outcome {
            Outcome::Sent => MailOutcome::Sent,
            Outcome::Retrying { .. } => MailOutcome::Retried,
            Outcome::Failed { .. } => MailOutcome::Failed,
        });
        report(outcome);
    }
}

fn advance(phase: &mut Phase, to: Phase) -> bool {
    let later = *phase < to;
    if later {
        *phase = to;
    }
    later
}

fn failed(trouble: &Trouble, attempts: u32) -> Outcome {
    let reason = match attempts {
        1 => trouble.reason.clone(),
        _ => format!("{}; tried {attempts} times", trouble.reason),
    };
    Outcome::Failed { reason }
}
