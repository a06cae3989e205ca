//! A socket whose person is known: what it says goes to its workspace; what the workspace need
//! not know is answered here.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use switchboard_protocol::{
    ClientBody, ClientMessage, ErrorCode, OkAnswer, PersonLimits, Secret, ServerMessage,
};
use switchboard_routing::WorkspaceId;

use super::{
    conduct::Conduct,
    ending::Ending,
    gateway::{Gateway, Kind},
    message::{self, Rejection},
    outbox::{Attachment, Outbox},
    pump::Pump,
    socket::{Incoming, Stream},
    tenure::Tenure,
};
use crate::{rate_limit::RateExceeded, registry::Refused, seam::ToWorkspace};

/// When to come back to a workspace whose mailbox is full.
const OVERLOADED_RETRY_MS: u64 = 1_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) kind: Kind,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) tenure: Tenure,
    pub(crate) attachment: Attachment,
    pub(crate) conduct: Conduct,
}

impl Session {
    /// Carries messages until the socket ends.
    pub(crate) fn poll<S: Stream>(
        &mut self,
        pump: &mut Pump<S>,
        cx: &mut Context<'_>,
    ) -> Poll<Ending> {
        loop {
            let ending = match ready!(pump.poll_next(cx)) {
                Ok(incoming) => self.hear(&pump.outbox, incoming),
                Err(ending) => Some(ending),
            };
            if let Some(ending) = ending {
                return Poll::Ready(ending);
            }
        }
    }

    /// One frame: rates first, before it costs anything.
    fn hear(&mut self, outbox: &Outbox, frame: Incoming) -> Option<Ending> {
        let now_ms = self.gateway.node.clock.now_ms();
        let rate = self.person().messages;
        match frame {
            Incoming::Close(code) => Some(Ending::Left(code)),
            Incoming::Control => match self.conduct.control(rate.as_ref(), now_ms) {
                Ok(()) => None,
                Err(_) => self.strike(now_ms),
            },
            message => match self.conduct.message(rate.as_ref(), now_ms) {
                Ok(()) => self.read(outbox, message, now_ms),
                Err(exceeded) => self.refuse(outbox, message, exceeded, now_ms),
            },
        }
    }

    fn read(&mut self, outbox: &Outbox, frame: Incoming, now_ms: u64) -> Option<Ending> {
        match message::read(frame, outbox.encoding()) {
            Ok(message) => {
                self.conduct.good();
                self.obey(outbox, message, now_ms)
            }
            Err(rejection) => self.reject(outbox, &rejection),
        }
    }

    /// One too many. Few are read for their `ref`: a peer that goes on is closed.
    fn refuse(
        &mut self,
        outbox: &Outbox,
        frame: Incoming,
        exceeded: RateExceeded,
        now_ms: u64,
    ) -> Option<Ending> {
        let reference = message::reference(frame, outbox.encoding());
        outbox.answer(&message::rate_limited(reference, exceeded));
        self.strike(now_ms)
    }

    fn strike(&mut self, now_ms: u64) -> Option<Ending> {
        self.conduct.refused(&self.gateway.node.limits, now_ms).map(Ending::Close)
    }

    fn reject(&mut self, outbox: &Outbox, rejection: &Rejection) -> Option<Ending> {
        outbox.answer(&rejection.answer());
        self.conduct.bad(&self.gateway.node.limits).map(Ending::Close)
    }

    fn obey(&mut self, outbox: &Outbox, message: ClientMessage, now_ms: u64) -> Option<Ending> {
        let ClientMessage { body, reference } = message;
        match body {
            // With a `ref` it has a place among the kept answers, as every request.
            ClientBody::Ping if reference.is_none() => {
                let pong = OkAnswer { reference, now: Some(now_ms), ..OkAnswer::default() };
                outbox.answer(&ServerMessage::Ok(pong));
                None
            }
            ClientBody::Hello(_) => {
                let said = "hello was said already";
                outbox.answer(&ServerMessage::error(reference, ErrorCode::Conflict, said));
                None
            }
            ClientBody::TokenRenew { token } => self.renew(outbox, reference, &token),
            body => {
                let Attachment { session_id, generation } = self.attachment.clone();
                let request = ToWorkspace::Request { session_id, generation, reference, body };
                self.send(outbox, reference, request)
            }
        }
    }

    /// Checked here, where the keys are; whether it is the same person's, the workspace knows.
    fn renew(&mut self, outbox: &Outbox, reference: Option<i64>, token: &Secret) -> Option<Ending> {
        match self.gateway.authenticator.renewal(&self.workspace_id, token) {
            Ok(claims) => {
                let Attachment { session_id, generation } = self.attachment.clone();
                let renewed = ToWorkspace::Renewed { session_id, generation, reference, claims };
                self.send(outbox, reference, renewed)
            }
            Err(refusal) => {
                let code = ErrorCode::Unauthenticated;
                outbox.answer(&ServerMessage::error(reference, code, refusal.to_string()));
                None
            }
        }
    }

    fn send(
        &mut self,
        outbox: &Outbox,
        reference: Option<i64>,
        message: ToWorkspace,
    ) -> Option<Ending> {
        match self.tenure.mailbox().send(message, None) {
            Ok(()) => None,
            Err(Refused::Overloaded) => {
                outbox.answer(&message::overloaded(reference, OVERLOADED_RETRY_MS));
                None
            }
            Err(Refused::Unknown) => {
                Some(Ending::Close(self.gateway.without_mailbox(self.workspace_id.as_str())))
            }
        }
    }

    fn person(&self) -> &PersonLimits {
        self.kind.limits(&self.gateway.node.limits)
    }
}
