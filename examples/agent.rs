//! An agent: goes online, takes what it is given or offered, and closes each conversation after a
//! while.
//!
//! ```text
//! cargo run --example agent -- ws://127.0.0.1:8080/v1/ws TOKEN [seconds per conversation]
//! ```
//!
//! `SWITCHBOARD_URL`, `SWITCHBOARD_TOKEN` and `SWITCHBOARD_SECONDS` stand in for arguments that
//! are not given. Ctrl-C goes away first, so that nothing new arrives.

use std::{env, error::Error, sync::Arc, time::Duration};

use switchboard_client::{Client, Handle, Options, Push};
use switchboard_protocol::ServerMessage;
use switchboard_protocol::model::{Availability, Conversation, ConversationState};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut setting = |name: &str| arguments.next().or_else(|| env::var(name).ok());
    let url = setting("SWITCHBOARD_URL").unwrap_or("ws://127.0.0.1:8080/v1/ws".into());
    let token = setting("SWITCHBOARD_TOKEN").ok_or("which token?")?;
    let seconds = setting("SWITCHBOARD_SECONDS").map_or(Ok(3.0), |text| text.parse())?;
    let work = Duration::try_from_secs_f64(seconds)?;

    let mut client = Client::connect(Options::agent(url, &token)).await?;
    let name = client.welcome().agent.as_ref().map_or("nobody", |agent| &agent.name).to_owned();
    for conversation in &client.welcome().conversations {
        if conversation.state == ConversationState::Assigned {
            println!("{name} still holds {}", conversation.id);
            tokio::spawn(handle(client.handle(), conversation.id.clone(), work));
        } else {
            tokio::spawn(accept(client.handle(), conversation.clone(), work));
        }
    }
    let availability = client.set_availability(Availability::Online).await?;
    println!("{name} is {availability}");

    loop {
        let push = tokio::select! {
            push = client.next_push() => push,
            _ = tokio::signal::ctrl_c() => {
                client.set_availability(Availability::Away).await?;
                println!("{name} is away");
                return Ok(());
            }
        };
        match push {
            Some(Push::Message(ServerMessage::ConversationAssigned(push))) => {
                let conversation = &push.conversation;
                println!("{} arrived after {} ms", conversation.id, conversation.waited_ms);
                tokio::spawn(handle(client.handle(), conversation.id.clone(), work));
            }
            Some(Push::Message(ServerMessage::ConversationOffered(push))) => {
                tokio::spawn(accept(client.handle(), push.conversation, work));
            }
            Some(Push::Message(ServerMessage::OfferWithdrawn(gone))) => {
                println!("{} is not offered to me any more: {}", gone.conversation_id, gone.reason);
            }
            Some(Push::Message(ServerMessage::ConversationReleased(released))) => {
                println!("{} is no longer mine: {}", released.conversation_id, released.reason);
            }
            Some(Push::Message(ServerMessage::ConversationClosed(closed))) => {
                println!("{} was closed by {}", closed.conversation_id, closed.by);
            }
            Some(Push::Message(ServerMessage::AvailabilityChanged(changed))) => {
                println!("{name} is {} by {}", changed.availability, changed.by);
            }
            Some(Push::Disconnected(end)) => println!("lost ({end}), coming back"),
            Some(Push::Resumed { resumed, .. }) => println!("back, resumed: {resumed}"),
            Some(Push::Ended(end)) => return Err(end.into()),
            Some(Push::Message(_)) => {}
            None => return Ok(()),
        }
    }
}

/// Takes what is offered. A person would be asked here.
async fn accept(client: Handle, conversation: Arc<Conversation>, work: Duration) {
    let Some(offer) = conversation.offer.clone().flatten() else { return };
    match client.accept(&conversation.id, &offer.id).await {
        Ok(taken) => {
            println!("{} accepted after {} ms", taken.id, taken.waited_ms);
            handle(client, taken.id.clone(), work).await;
        }
        // The time to answer was over, or the visitor left.
        Err(error) => println!("{} is not mine to take: {error}", conversation.id),
    }
}

/// Does the work that a conversation is.
async fn handle(client: Handle, conversation_id: String, work: Duration) {
    tokio::time::sleep(work).await;
    match client.close(&conversation_id).await {
        Ok(_) => println!("{conversation_id} is done"),
        // The visitor may have closed it first.
        Err(error) => println!("{conversation_id} is not mine to close: {error}"),
    }
}
