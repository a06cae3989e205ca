//! What an actor is told.

use std::sync::Arc;

use tokio::{sync::oneshot, time::Instant};

use crate::{
    ask::{Answer, ApiError, Asking, Question},
    seam::{Link, ToWorkspace},
};

/// Where an answer goes.
pub(crate) type ReplyTo = oneshot::Sender<Result<Answer, ApiError>>;

/// Everything that can wake an actor but the time.
#[derive(Debug)]
pub(crate) enum Message {
    /// A socket says something.
    Socket {
        /// What.
        message: ToWorkspace,
        /// Where answers go, with a hello.
        link: Option<Arc<dyn Link>>,
        /// When it arrived here.
        arrived: Instant,
    },
    /// HTTP asks something.
    Ask {
        /// Who.
        asking: Box<Asking>,
        /// What.
        question: Question,
        /// Where the answer goes.
        reply: ReplyTo,
        /// When it arrived here.
        arrived: Instant,
    },
    /// Save everything and stop.
    Stop {
        /// Why.
        stop: Stop,
        /// Told when it is done.
        done: oneshot::Sender<()>,
    },
}

/// Why an actor stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The server drains.
    Drain,
    /// The workspace is erased: its sockets are closed for good.
    Erased,
}
