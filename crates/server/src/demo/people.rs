//! The demo's people: agents who work and take breaks, visitors who ask and wait, and one who
//! watches.

use std::{sync::Arc, time::Duration};

use switchboard_client::{Client, Handle, Options, Push};
use switchboard_protocol::{
    ConversationOpen, ConversationTransfer, Secret, ServerMessage, VisitorClaims,
    model::{Availability, By, Conversation, ConversationState},
};
use tokio::time::{Instant, sleep};

use super::{DemoError, chance::Chance, screen::Screen};

const NAMES: [&str; 16] = [
    "Amir", "Bea", "Chen", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivan", "Jo", "Kai", "Lena",
    "Mia", "Noor", "Otto", "Pia",
];

/// How long a conversation takes an agent.
const WORK: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(14));
/// How often an agent takes a break, loses its network, or works on.
const SHIFT: (Duration, Duration) = (Duration::from_secs(12), Duration::from_secs(35));
/// How long a break is.
const BREAK: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(8));
/// How long a visitor waits before giving up.
const PATIENCE: Duration = Duration::from_secs(40);

/// An agent signs in and goes online.
pub(super) async fn sign_in(url: &str, token: &Secret) -> Result<Client, DemoError> {
    let client = Client::connect(Options::agent(url, token.expose())).await?;
    client.set_availability(Availability::Online).await?;
    Ok(client)
}

/// An agent at work: closes what it gets after a while, takes a break or loses its socket now
/// and then.
pub(super) async fn agent(
    mut client: Client,
    name: String,
    screen: Arc<Screen>,
) -> Result<(), DemoError> {
    let mut chance = Chance::new();
    let mut pause = Instant::now() + chance.between(SHIFT.0, SHIFT.1);
    loop {
        tokio::select! {
            push = client.next_push() => match push {
                Some(Push::Message(ServerMessage::ConversationAssigned(push))) => {
                    let work = Work::draw(&mut chance);
                    tokio::spawn(handle(client.handle(), push.conversation, work));
                }
                Some(Push::Message(ServerMessage::ConversationOffered(push))) => {
                    let answer = Answer::draw(&mut chance);
                    let (client, name) = (client.handle(), name.clone());
                    let work = Work::draw(&mut chance);
                    let asked = asked(push.conversation, client, name, screen.clone(), answer, work);
                    tokio::spawn(asked);
                }
                Some(Push::Message(ServerMessage::AvailabilityChanged(changed)))
                    if changed.by == By::MissedOffers =>
                {
                    screen.missed(&name);
                    let client = client.handle();
                    let rest = chance.between(BREAK.0, BREAK.1);
                    tokio::spawn(come_back(client, name.clone(), screen.clone(), rest));
                }
                Some(Push::Resumed { resumed, .. }) => screen.back(&name, resumed),
                Some(Push::Ended(end)) => {
                    screen.gone(&name, &end.to_string());
                    return Ok(());
                }
                Some(_) => {}
                None => return Ok(()),
            },
            () = tokio::time::sleep_until(pause) => {
                if chance.happens(0.3) {
                    screen.lost(&name);
                    client.sever().await?;
                } else {
                    take_a_break(&client.handle(), &name, &mut chance, &screen).await?;
                }
                pause = Instant::now() + chance.between(SHIFT.0, SHIFT.1);
            }
        }
    }
}

async fn take_a_break(
    client: &Handle,
    name: &str,
    chance: &mut Chance,
    screen: &Screen,
) -> Result<(), DemoError> {
    client.set_availability(Availability::Away).await?;
    screen.away(name);
    sleep(chance.between(BREAK.0, BREAK.1)).await;
    client.set_availability(Availability::Online).await?;
    screen.online(name);
    Ok(())
}

/// What an agent does with a conversation.
struct Work {
    takes: Duration,
    /// It turns out to be for the other department.
    hands_on: bool,
}

impl Work {
    fn draw(chance: &mut Chance) -> Self {
        Self { takes: chance.between(WORK.0, WORK.1), hands_on: chance.happens(0.1) }
    }
}

/// What an agent does when it is asked.
enum Answer {
    Accepts(Duration),
    Declines(Duration),
    /// Looks elsewhere until it is too late.
    Misses,
}

impl Answer {
    fn draw(chance: &mut Chance) -> Self {
        let after = chance.between(Duration::from_millis(200), Duration::from_millis(1_500));
        if chance.happens(0.1) {
            Self::Misses
        } else if chance.happens(0.12) {
            Self::Declines(after)
        } else {
            Self::Accepts(after)
        }
    }
}

/// An agent is asked. It may be too late with its answer: then the offer is somebody else's.
async fn asked(
    conversation: Arc<Conversation>,
    client: Handle,
    name: String,
    screen: Arc<Screen>,
    answer: Answer,
    work: Work,
) {
    let Some(offer) = conversation.offer.clone().flatten() else { return };
    match answer {
        Answer::Accepts(after) => {
            sleep(after).await;
            if client.accept(&conversation.id, &offer.id).await.is_ok() {
                handle(client, conversation, work).await;
            }
        }
        Answer::Declines(after) => {
            sleep(after).await;
            if client.decline(&conversation.id, &offer.id).await.is_ok() {
                screen.declined(&name, &conversation.department_id);
            }
        }
        Answer::Misses => {}
    }
}

/// Works on a conversation, and closes it or hands it on. The visitor may have closed it first.
async fn handle(client: Handle, conversation: Arc<Conversation>, work: Work) {
    sleep(work.takes).await;
    let done = match work.hands_on {
        true => client.transfer(to_the_other_department(&conversation)).await,
        false => client.close(&conversation.id).await,
    };
    if let Err(error) = done {
        tracing::debug!(%error, "neither closed nor handed on");
    }
}

fn to_the_other_department(conversation: &Conversation) -> ConversationTransfer {
    let other = if conversation.department_id == "sales" { "support" } else { "sales" };
    ConversationTransfer {
        conversation_id: conversation.id.clone(),
        department_id: Some(other.into()),
        agent_id: None,
        comment: Some("This is for you, I think.".into()),
    }
}

/// An agent who was set away says, after a while, that it is back.
async fn come_back(client: Handle, name: String, screen: Arc<Screen>, rest: Duration) {
    sleep(rest).await;
    if client.set_availability(Availability::Online).await.is_ok() {
        screen.online(&name);
    }
}

/// Visitors, one after the other, each on a socket of its own.
pub(super) async fn visitors(
    url: String,
    site_key: Secret,
    every: Duration,
    screen: Arc<Screen>,
) -> Result<(), DemoError> {
    let mut chance = Chance::new();
    // Ends with this task: nobody is left behind when the demo stops.
    let mut here = tokio::task::JoinSet::new();
    loop {
        let name = chance.one_of(&NAMES).to_owned();
        let department = if chance.happens(0.45) { "sales" } else { "support" };
        let (url, site_key, screen) = (url.clone(), site_key.clone(), screen.clone());
        here.spawn(visitor(url, site_key, name, department, screen));
        while here.try_join_next().is_some() {}
        sleep(chance.arrival(every)).await;
    }
}

async fn visitor(
    url: String,
    site_key: Secret,
    name: String,
    department: &'static str,
    screen: Arc<Screen>,
) -> Result<(), DemoError> {
    let mut options = Options::visitor(url, site_key.expose());
    options.hello.visitor = Some(VisitorClaims { name: Some(name.clone()), ..Default::default() });
    let mut client = Client::connect(options).await?;
    let open = ConversationOpen { department_id: Some(department.into()), ..Default::default() };
    let asked = Instant::now();
    let opened = client.open(open).await?;
    let took = asked.elapsed();
    match (opened.state, &opened.agent) {
        (ConversationState::Assigned, Some(agent)) => {
            screen.routed(&name, department, &agent.name, took);
        }
        (ConversationState::Offered, _) => screen.offered(&name, department, took),
        _ => screen.waits(&name, department, opened.position),
    }
    let gives_up = sleep(PATIENCE);
    tokio::pin!(gives_up);
    let mut served = opened.agent.is_some();
    loop {
        let push = tokio::select! {
            push = client.next_push() => push,
            () = &mut gives_up, if !served => {
                client.close(&opened.id).await?;
                screen.gave_up(&name, department, asked.elapsed());
                break;
            }
        };
        match push {
            Some(Push::Message(ServerMessage::ConversationAssigned(push))) => {
                let agent = push.conversation.agent.as_ref().map_or("", |agent| &agent.name);
                match served {
                    true => screen.handed_on(&name, &push.conversation.department_id, agent),
                    false => screen.served(&name, department, agent, push.conversation.waited_ms),
                }
                served = true;
            }
            Some(Push::Message(ServerMessage::ConversationClosed(_))) => {
                screen.closed(&name, department);
                break;
            }
            Some(Push::Ended(_)) | None => return Ok(()),
            Some(_) => {}
        }
    }
    client.end().await?;
    Ok(())
}

/// Watches the live view, and shows how the departments stand.
pub(super) async fn watcher(
    url: String,
    token: Secret,
    screen: Arc<Screen>,
) -> Result<(), DemoError> {
    let mut client = Client::connect(Options::agent(url, token.expose())).await?;
    client.subscribe_live().await?;
    while let Some(push) = client.next_push().await {
        match push {
            Push::Message(ServerMessage::LiveSnapshot(live)) => {
                screen.standing(&live.departments, &live.totals);
            }
            Push::Message(ServerMessage::LiveDelta(live)) => {
                screen.standing(&live.departments, &live.totals);
            }
            Push::Resumed { .. } => client.subscribe_live().await?,
            Push::Ended(_) => return Ok(()),
            Push::Message(_) | Push::Disconnected(_) => {}
        }
    }
    Ok(())
}
