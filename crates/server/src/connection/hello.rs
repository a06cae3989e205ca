//! The time before a socket's person is known: short, bounded, and gone from memory afterwards.

use std::{future::poll_fn, net::IpAddr, sync::Arc, time::Duration};

use switchboard_protocol::{ClientBody, ClientMessage, CloseCode, Hello, PersonLimits};
use switchboard_routing::WorkspaceId;
use tokio::time::timeout;

use super::{
    conduct::Conduct,
    ending::Ending,
    gateway::{Gateway, Kind},
    message,
    outbox::Outbox,
    pump::Pump,
    session::Session,
    socket::{Incoming, Stream},
    tenure::Tenure,
};
use crate::{
    registry::Refused,
    seam::{self, Claims, Link, ToWorkspace},
};

/// How long a workspace may take to answer a hello.
const ATTACH_TIME: Duration = Duration::from_secs(10);
/// Pings before `hello`: somebody plays.
const MAX_CONTROL_FRAMES: u32 = 16;

/// Who said hello, by credentials that hold.
struct Person {
    workspace_id: WorkspaceId,
    claims: Claims,
    kind: Kind,
    /// Whether nobody has seen it before.
    is_new: bool,
}

/// Waits for the hello, checks it, and brings it to its workspace.
pub(crate) async fn greet<S: Stream>(
    gateway: &Arc<Gateway>,
    pump: &mut Pump<S>,
    address: IpAddr,
    origin: Option<Box<str>>,
) -> Result<Session, Ending> {
    let limits = &gateway.node.limits;
    let (hello, reference) =
        timeout(Duration::from_millis(limits.hello_timeout_ms), first_message(pump))
            .await
            .unwrap_or(Err(Ending::Close(CloseCode::HelloTimeout)))?;
    let device = hello.device.clone();
    let resume = hello.resume.clone();
    let Person { workspace_id, claims, kind, is_new } =
        recognise(gateway, hello, origin.as_deref())?;
    let_in(gateway, &pump.outbox, reference, kind)?;
    if is_new {
        welcome_stranger(gateway, &pump.outbox, address, reference)?;
    }
    admit(gateway, pump, kind.limits(limits));
    let hello = seam::Hello { reference, claims, device, resume };
    let tenure = hand_over(gateway, &pump.outbox, &workspace_id, kind, hello)?;
    let attachment = timeout(ATTACH_TIME, poll_fn(|cx| pump.poll_attached(cx)))
        .await
        .unwrap_or_else(|_| Err(busy(gateway, &pump.outbox, reference, kind)))?;
    let gateway = Arc::clone(gateway);
    let conduct = Conduct::default();
    Ok(Session { gateway, kind, workspace_id, tenure, attachment, conduct })
}

/// The first message, which is a hello or the end.
async fn first_message<S: Stream>(pump: &mut Pump<S>) -> Result<(Hello, Option<i64>), Ending> {
    let not_ours = Ending::Close(CloseCode::BadProtocol);
    for _ in 0..MAX_CONTROL_FRAMES {
        match poll_fn(|cx| pump.poll_next(cx)).await? {
            Incoming::Control => {}
            Incoming::Close(code) => return Err(Ending::Left(code)),
            frame => {
                return match message::read(frame, pump.outbox.encoding()) {
                    Ok(ClientMessage { body: ClientBody::Hello(hello), reference }) => {
                        Ok((*hello, reference))
                    }
                    Ok(_) | Err(_) => Err(not_ours),
                };
            }
        }
    }
    Err(not_ours)
}

/// Who this is.
fn recognise(gateway: &Gateway, hello: Hello, origin: Option<&str>) -> Result<Person, Ending> {
    let authenticator = &gateway.authenticator;
    let refused = |refusal: super::AuthRefusal| Ending::Close(refusal.close_code());
    match hello {
        Hello { token: Some(token), .. } => {
            let (workspace_id, claims) = authenticator.agent(&token).map_err(refused)?;
            Ok(Person { workspace_id, claims, kind: Kind::Agent, is_new: false })
        }
        Hello { site_key: Some(site_key), visitor_identity, visitor_token, visitor, .. } => {
            let widget = super::Widget {
                site_key: &site_key,
                token: visitor_token.as_ref(),
                claims: visitor.unwrap_or_default(),
                identity: visitor_identity.as_ref(),
                origin,
            };
            let visitor = authenticator.visitor(widget).map_err(refused)?;
            let super::RecognisedVisitor { workspace_id, claims, is_new } = visitor;
            Ok(Person { workspace_id, claims, kind: Kind::Visitor, is_new })
        }
        _ => Err(Ending::Close(CloseCode::Unauthenticated)),
    }
}

/// Hellos have a rate, over the whole node. Wrong credentials were told so before: they use
/// nothing of it up, and are not sent away only to come back.
fn let_in(
    gateway: &Gateway,
    outbox: &Outbox,
    reference: Option<i64>,
    kind: Kind,
) -> Result<(), Ending> {
    gateway.let_in(kind).map_err(|exceeded| {
        outbox.answer(&message::crowded(reference, exceeded));
        Ending::Close(CloseCode::WorkspaceMoved)
    })
}

/// New visitors of one address have a rate.
fn welcome_stranger(
    gateway: &Gateway,
    outbox: &Outbox,
    address: IpAddr,
    reference: Option<i64>,
) -> Result<(), Ending> {
    let node = &gateway.node;
    gateway.addresses.new_visitor(address, &node.limits, node.clock.now_ms()).map_err(|exceeded| {
        outbox.answer(&message::rate_limited(reference, exceeded));
        Ending::Close(CloseCode::TooFast)
    })
}

/// The person's limits hold from here on, the welcome included.
fn admit<S: Stream>(gateway: &Gateway, pump: &mut Pump<S>, person: &PersonLimits) {
    pump.socket.set_max_message_bytes(person.message_bytes);
    pump.outbox.set_limits(person.outbox_bytes, gateway.wheel.pace(person));
}

/// Brings a hello to its workspace, which answers into the outbox.
fn hand_over(
    gateway: &Gateway,
    outbox: &Arc<Outbox>,
    workspace_id: &WorkspaceId,
    kind: Kind,
    hello: seam::Hello,
) -> Result<Tenure, Ending> {
    let reference = hello.reference;
    let refused = |refusal| match refusal {
        Refused::Unknown => Ending::Close(gateway.without_mailbox(workspace_id.as_str())),
        Refused::Overloaded => busy(gateway, outbox, reference, kind),
    };
    let mailbox = gateway.workspaces.mailbox(workspace_id.as_str()).map_err(refused)?;
    let losses = Arc::clone(&gateway.losses);
    let tenure = Tenure::begin(mailbox, Arc::clone(outbox), losses);
    let link: Arc<dyn Link> = Arc::clone(outbox) as _;
    match tenure.mailbox().send(ToWorkspace::Hello(Box::new(hello)), Some(link)) {
        Ok(()) => Ok(tenure),
        Err(refusal) => Err(refused(refusal)),
    }
}

fn busy(gateway: &Gateway, outbox: &Outbox, reference: Option<i64>, kind: Kind) -> Ending {
    let answer = message::overloaded(reference, gateway.come_back_after_ms(kind));
    outbox.answer(&answer);
    Ending::Close(CloseCode::WorkspaceMoved)
}
