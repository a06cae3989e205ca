//! Explaining, in the turn of what is to be explained and after a load.

use super::*;

impl Rig {
    async fn chosen(&self, id: &serde_json::Value) -> Vec<serde_json::Value> {
        let explained = self.read(Question::Explain(id.as_str().unwrap().to_owned())).await;
        let decisions = explained["decisions"].as_array().unwrap().iter();
        decisions.map(|decision| decision["chosen_agent_id"].clone()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_in_a_turn_is_explained_in_it() {
    let rig = Rig::new().await;
    let mut ann = rig.agent("ann").await;
    let id = rig.open_for("v").await["id"].clone();
    assert_eq!(rig.chosen(&id).await, [serde_json::Value::Null]);
    // Both are in the mailbox before either is carried out.
    let availability = model::Availability::Online;
    ann.say(ClientBody::AvailabilitySet { availability });
    assert_eq!(rig.chosen(&id).await, [serde_json::Value::Null, "ann".into()]);
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_is_known_after_a_load() {
    let rig = Rig::new().await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let id = rig.open_for("v").await["id"].clone();
    let broken = Socket::default();
    broken.breaks.store(true, Ordering::SeqCst);
    let claims = Claims::Agent {
        agent_id: "bob".into(),
        expires_at: u64::MAX,
        proof: crate::auth::Proof::Host { issued_at: 0 },
    };
    assert!(rig.hello("w", claims, None, broken).await.is_none(), "a panic, and a load");
    assert_eq!(ann.closed(), Some(CloseCode::WorkspaceMoved));
    assert_eq!(rig.chosen(&id).await, ["ann"]);
}
