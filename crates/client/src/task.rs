//! The task that owns the socket, from one to the next.

use std::sync::Arc;
use std::time::Duration;

use switchboard_protocol::{ClientBody, ClientMessage, CloseCode, ServerMessage, Welcome};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::debug;

use crate::backoff::Backoff;
use crate::client::{Command, Push};
use crate::error::{ConnectError, End, RequestError};
use crate::options::Options;
use crate::requests::Requests;
use crate::session::{Heard, Session};
use crate::socket::{Frame, Socket, encode_frame};

/// A connection that held so long was a good one: backoff starts from the beginning.
const GOOD_AFTER: Duration = Duration::from_secs(10);
/// Room that is kept for what this side itself has to say: lost, back, ended.
const HEADROOM: usize = 16;
/// How long to wait when there is nothing to wait for.
const FAR: Duration = Duration::from_secs(3_600);

/// Everything that outlives a socket.
pub(crate) struct Task {
    options: Options,
    session: Session,
    requests: Requests,
    commands: mpsc::Receiver<Command>,
    pushes: mpsc::Sender<Push>,
    backoff: Backoff,
    /// When the server wants to see us again.
    retry_after: Option<Duration>,
}

/// A welcomed socket.
pub(crate) struct Connected {
    socket: Socket,
    pub(crate) welcome: Arc<Welcome>,
    /// Whether it is who it was on the socket before.
    same_person: bool,
}

/// When to do what on a socket.
struct Clock {
    heartbeat: Duration,
    heard: Instant,
    sent: Instant,
}

/// Serves one socket after the other, until the end.
pub(crate) async fn run(mut task: Task, mut connected: Connected) {
    loop {
        let since = Instant::now();
        let end = task.serve(&mut connected).await;
        debug!(%end, "the socket is over");
        if since.elapsed() >= GOOD_AFTER {
            task.backoff.reset();
        }
        drop(connected);
        if !task.options.reconnect || !end.should_reconnect() {
            return task.finish(end).await;
        }
        task.push(Push::Disconnected(end)).await;
        connected = match task.come_back().await {
            Ok(connected) => connected,
            Err(end) => return task.finish(end).await,
        };
    }
}

impl Task {
    pub(crate) fn new(
        options: Options,
        commands: mpsc::Receiver<Command>,
        pushes: mpsc::Sender<Push>,
    ) -> Self {
        Self {
            session: Session::new(options.hello.clone()),
            requests: Requests::new(options.encoding),
            backoff: options.backoff.clone(),
            retry_after: None,
            options,
            commands,
            pushes,
        }
    }

    /// One try.
    pub(crate) async fn connect(&mut self) -> Result<Connected, ConnectError> {
        let reference = self.requests.next_reference();
        let hello = self.session.hello();
        let (socket, welcome) = Socket::connect(&self.options, hello, reference).await?;
        let same_person = self.session.welcomed(&welcome);
        self.retry_after = None;
        Ok(Connected { socket, welcome: Arc::new(welcome), same_person })
    }

    /// Waits and tries until it is back. An error is for good.
    async fn come_back(&mut self) -> Result<Connected, End> {
        loop {
            let wait = self.wait();
            self.rest(wait).await?;
            match self.connect().await {
                Ok(connected) => {
                    self.welcomed(&connected).await;
                    return Ok(connected);
                }
                Err(error) if error.retryable() => {
                    debug!(%error, "not back yet");
                    self.retry_after = error.retry_after();
                }
                Err(ConnectError::Ended(end)) => return Err(end),
                Err(error) => return Err(End::Refused(error.to_string())),
            }
        }
    }

    fn wait(&mut self) -> Duration {
        // What the server said is jittered already, and says nothing of how often it failed.
        if let Some(said) = self.retry_after.take() {
            return said;
        }
        // Without randomness the longest wait is the kindest.
        self.backoff.wait(getrandom::u64().unwrap_or(u64::MAX))
    }

    /// Takes requests for so long, and tells those whose time is up.
    async fn rest(&mut self, wait: Duration) -> Result<(), End> {
        let until = Instant::now() + wait.min(FAR);
        while Instant::now() < until {
            let wake = self.requests.deadline().unwrap_or(until).min(until);
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Request(body, reply)) => self.add(body, reply),
                    Some(Command::Sever) => {}
                    None => return Err(End::Finished),
                },
                () = sleep_until(wake) => self.requests.expire(Instant::now()),
            }
        }
        Ok(())
    }

    async fn welcomed(&mut self, connected: &Connected) {
        let Connected { welcome, same_person, .. } = connected;
        let resumed = welcome.resumed;
        self.requests.expire(Instant::now());
        if resumed {
            self.requests.resend();
        } else {
            self.requests.session_lost(*same_person);
        }
        self.push(Push::Resumed { resumed, welcome: Arc::clone(welcome) }).await;
    }

    /// Serves a socket to its end.
    async fn serve(&mut self, connected: &mut Connected) -> End {
        let Connected { socket, welcome, .. } = connected;
        let mut clock = Clock::start(welcome.heartbeat_ms);
        let wake = sleep_until(Instant::now());
        tokio::pin!(wake);
        loop {
            let unsent = self.requests.unsent();
            if let Err(end) = clock.write(socket, unsent).await {
                return end;
            }
            // Armed again only when it rings or something is due earlier.
            let next = self.next_wake(&clock);
            if wake.is_elapsed() || next < wake.deadline() {
                wake.as_mut().reset(next);
            }
            let room = self.pushes.is_closed() || self.pushes.capacity() > HEADROOM;
            if !room {
                // Not listening, we cannot say that nothing is to be heard.
                clock.heard = Instant::now();
            }
            tokio::select! {
                message = socket.read(), if room => {
                    clock.heard = Instant::now();
                    if let Err(end) = self.take(message).await {
                        return self.ended(end, socket).await;
                    }
                }
                () = room_for(&self.pushes), if !room => {}
                command = self.commands.recv() => {
                    if let Err(end) = self.obey(command) {
                        return self.ended(end, socket).await;
                    }
                }
                () = &mut wake => {
                    let now = Instant::now();
                    self.requests.expire(now);
                    if now >= clock.silent_at() {
                        return End::Silent;
                    }
                    if let Err(end) = self.ping_if_idle(&mut clock, socket).await {
                        return end;
                    }
                }
            }
        }
    }

    /// The last word on a socket.
    async fn ended(&mut self, end: End, socket: &mut Socket) -> End {
        match &end {
            End::Finished => socket.close().await,
            End::Closed { .. } => {
                // Sent again, what was too big would be too big again.
                if end.close_code() == Some(CloseCode::TooBig) {
                    self.requests.fail_sent();
                }
                socket.close().await;
            }
            End::Broken(_) => self.session.forget(),
            _ => {}
        }
        end
    }

    fn next_wake(&self, clock: &Clock) -> Instant {
        let own = clock.silent_at().min(clock.idle_at());
        self.requests.deadline().map_or(own, |deadline| deadline.min(own))
    }

    async fn ping_if_idle(&self, clock: &mut Clock, socket: &mut Socket) -> Result<(), End> {
        if Instant::now() < clock.idle_at() {
            return Ok(());
        }
        let ping = ClientMessage { body: ClientBody::Ping, reference: None };
        match encode_frame(&ping, self.options.encoding) {
            Ok(frame) => clock.write(socket, vec![frame]).await,
            Err(error) => Err(End::Broken(error.to_string())),
        }
    }

    /// Takes a command, and all that wait behind it, so that they are written together.
    fn obey(&mut self, command: Option<Command>) -> Result<(), End> {
        let mut next = command.ok_or(End::Finished)?;
        loop {
            match next {
                Command::Request(body, reply) => self.add(body, reply),
                Command::Sever => return Err(End::Lost),
            }
            next = match self.commands.try_recv() {
                Ok(command) => command,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(End::Finished),
            };
        }
    }

    fn add(&mut self, body: ClientBody, reply: crate::requests::Reply) {
        self.requests.add(body, reply, Instant::now() + self.options.request_timeout);
    }

    /// Takes what the server said.
    async fn take(&mut self, message: Result<ServerMessage, End>) -> Result<(), End> {
        let message = message?;
        match message {
            ServerMessage::Heartbeat(_) | ServerMessage::Unknown | ServerMessage::Welcome(_) => {}
            ServerMessage::Ok(answer) => match self.requests.answer(answer.reference, Ok(answer)) {
                Some(ClientBody::TokenRenew { token }) => self.session.renewed(token),
                Some(ClientBody::SessionEnd) => return Err(End::Finished),
                _ => {}
            },
            ServerMessage::Error(answer) => {
                let reference = answer.reference;
                self.requests.answer(reference, Err(RequestError::Refused(answer)));
            }
            push => self.take_push(push).await?,
        }
        Ok(())
    }

    async fn take_push(&mut self, push: ServerMessage) -> Result<(), End> {
        if let ServerMessage::GoingAway(going) = &push {
            self.retry_after = Some(Duration::from_millis(going.retry_after_ms));
        }
        match push.seq().map(|seq| self.session.hear(seq)) {
            Some(Heard::Repeat) => return Ok(()),
            Some(Heard::Gap) => return Err(End::Broken("a push is missing".to_owned())),
            Some(Heard::New) | None => {}
        }
        self.push(Push::Message(push)).await;
        Ok(())
    }

    /// Nobody may be listening; that is their business.
    async fn push(&self, push: Push) {
        let _ = self.pushes.send(push).await;
    }

    async fn finish(mut self, end: End) {
        self.commands.close();
        self.requests.fail_all();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Request(_, reply) = command {
                let _ = reply.send(Err(RequestError::Ended));
            }
        }
        self.push(Push::Ended(end)).await;
    }
}

async fn room_for(pushes: &mpsc::Sender<Push>) {
    let _ = pushes.reserve_many(HEADROOM + 1).await;
}

impl Clock {
    fn start(heartbeat_ms: u64) -> Self {
        let now = Instant::now();
        let heartbeat = match heartbeat_ms {
            0 => FAR,
            ms => Duration::from_millis(ms).min(FAR),
        };
        Self { heartbeat, heard: now, sent: now }
    }

    /// When the server counts as gone.
    fn silent_at(&self) -> Instant {
        self.heard + self.heartbeat * 5 / 2
    }

    /// When to say something, lest we count as gone.
    fn idle_at(&self) -> Instant {
        self.sent + self.heartbeat
    }

    /// Writes; a peer that takes nothing for too long counts as gone too.
    async fn write(&mut self, socket: &mut Socket, frames: Vec<Frame>) -> Result<(), End> {
        if frames.is_empty() {
            return Ok(());
        }
        self.sent = Instant::now();
        timeout(self.heartbeat * 5 / 2, socket.write(frames)).await.unwrap_or(Err(End::Silent))
    }
}
