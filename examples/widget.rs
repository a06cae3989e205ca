//! A visitor's widget: asks for somebody, and tells how it goes until the conversation is over.
//!
//! ```text
//! cargo run --example widget -- ws://127.0.0.1:8080/v1/ws pk_… [department]
//! ```
//!
//! `SWITCHBOARD_URL`, `SWITCHBOARD_SITE_KEY` and `SWITCHBOARD_DEPARTMENT` stand in for arguments
//! that are not given. Ctrl-C closes the conversation.

use std::{env, error::Error};

use switchboard_client::{Client, Options, Push};
use switchboard_protocol::{ConversationOpen, ServerMessage, model::ConversationState};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut setting = |name: &str| arguments.next().or_else(|| env::var(name).ok());
    let url = setting("SWITCHBOARD_URL").unwrap_or("ws://127.0.0.1:8080/v1/ws".into());
    let site_key = setting("SWITCHBOARD_SITE_KEY").ok_or("which site key?")?;
    let department_id = setting("SWITCHBOARD_DEPARTMENT");

    let mut client = Client::connect(Options::visitor(url, &site_key)).await?;
    for department in client.welcome().departments.iter().flat_map(|all| all.iter()) {
        let staffed = if department.staffed { "staffed" } else { "nobody there" };
        println!("department {} ({}): {staffed}", department.id, department.name);
    }

    let open = ConversationOpen { department_id, ..ConversationOpen::default() };
    let conversation = client.open(open).await?;
    println!("opened {}: {}", conversation.id, conversation.state);
    match (conversation.state, conversation.position, &conversation.agent) {
        (ConversationState::Rejected, ..) => return Ok(()),
        (_, Some(position), _) => println!("you are number {position}"),
        (_, _, Some(agent)) => println!("{} is with you", agent.name),
        _ => {}
    }

    loop {
        let push = tokio::select! {
            push = client.next_push() => push,
            _ = tokio::signal::ctrl_c() => {
                client.close(&conversation.id).await?;
                println!("closed by you");
                return Ok(());
            }
        };
        match push {
            Some(Push::Message(ServerMessage::ConversationQueued(queued))) => {
                println!("you are number {}", queued.position.unwrap_or(1));
            }
            Some(Push::Message(ServerMessage::ConversationAssigned(push))) => {
                let name = push.conversation.agent.as_ref().map_or("somebody", |agent| &agent.name);
                println!("{name} is with you");
            }
            Some(Push::Message(ServerMessage::ConversationClosed(closed))) => {
                println!("closed by {}", closed.by);
                return Ok(());
            }
            Some(Push::Message(ServerMessage::ConversationRejected(rejected))) => {
                println!("rejected: {}", rejected.reason);
                return Ok(());
            }
            Some(Push::Disconnected(end)) => println!("lost ({end}), coming back"),
            Some(Push::Resumed { resumed, .. }) => println!("back, resumed: {resumed}"),
            Some(Push::Ended(end)) => return Err(end.into()),
            Some(Push::Message(_)) => {}
            None => return Ok(()),
        }
    }
}
