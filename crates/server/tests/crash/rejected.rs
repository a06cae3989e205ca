//! A conversation that is rejected in the step that opens it keeps what was attached to it.

use serde_json::json;

use crate::{
    http::{Call, Caller},
    process::{Place, ROOT},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_attached_to_one_that_is_rejected_at_once_is_kept() {
    let place = Place::new(&[]);
    let mut process = place.start().await;
    let mut root = Caller::new(process.addr, ROOT);
    let policy = json!({"on_unstaffed": "reject"});
    let open = json!({"external_id": "order-7", "attributes": {"cart": 3}});
    let mut made = Vec::new();
    for (path, body) in [
        ("/v1/workspaces", json!({"id": "acme", "name": "Acme", "plan": "free"})),
        ("/v1/workspaces/acme/departments", json!({"id": "d", "name": "D", "policy": policy})),
        ("/v1/workspaces/acme/conversations", open.clone()),
    ] {
        let answer = root.call(Call::new("POST", path, body)).await.unwrap();
        assert_eq!(answer.status, 201, "{path}: {}", answer.json);
        made.push(answer.json);
    }
    let opened = &made[2];
    assert_eq!(
        (&opened["state"], &opened["attributes"]),
        (&json!("rejected"), &json!({"cart": 3}))
    );
    let path = format!("/v1/workspaces/acme/conversations/{}", opened["id"].as_str().unwrap());
    for killed in [false, true] {
        if killed {
            process.kill();
            process = place.start().await;
            root = Caller::new(process.addr, ROOT);
        }
        let is = root.read(&path).await;
        for field in ["external_id", "attributes"] {
            assert_eq!(is[field], open[field], "killed: {killed}");
        }
    }
    drop(process);
    place.remove();
}
