//! `Idempotency-Key`.

use futures::future::join_all;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn a_repeat_with_a_key_does_nothing_twice() {
    let site = Site::furnished().await;
    let path = "/v1/workspaces/acme/departments";
    let bearer = format!("Bearer {}", site.root);
    let keyed = [("authorization", bearer.as_str()), ("idempotency-key", "k1")];
    let first = site.send("POST", path, &keyed, json!({"name": "Sales"})).await;
    let again = site.send("POST", path, &keyed, json!({"name": "Sales"})).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = site.send("POST", path, &keyed, json!({"name": "Support"})).await;
    other.is_problem(409, "conflict");
    let agents = "/v1/workspaces/acme/agents";
    site.send("POST", agents, &keyed, json!({"name": "Sales"})).await.is_problem(409, "conflict");
    let admin = format!("Bearer {}", site.token("acme", "ada").await);
    let theirs = [("authorization", admin.as_str()), ("idempotency-key", "k1")];
    let theirs = site.send("POST", path, &theirs, json!({"name": "Sales"})).await;
    assert_eq!(theirs.status, 201);
    assert_ne!(theirs.json()["id"], first.json()["id"]);
    let all = site.root("GET", path, Value::Null).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_repeated_too_even_that_of_a_bad_body() {
    let site = Site::furnished().await;
    let path = "/v1/workspaces/acme/agents";
    let bearer = format!("Bearer {}", site.root);
    let keyed = [("authorization", bearer.as_str()), ("idempotency-key", "k1")];
    for replayed in [false, true] {
        let bad = site.send("POST", path, &keyed, json!({"name": 1})).await;
        bad.is_problem(400, "bad_request");
        assert_eq!(bad.headers.contains_key("idempotent-replayed"), replayed);
    }
    let taken = json!({"id": "ann", "name": "x", "email": "other@x"});
    site.send("POST", path, &keyed, taken.clone()).await.is_problem(409, "conflict");
    let keyed = [("authorization", bearer.as_str()), ("idempotency-key", "k2")];
    site.send("POST", path, &keyed, taken.clone()).await.is_problem(409, "id_taken");
    let again = site.send("POST", path, &keyed, taken).await;
    again.is_problem(409, "id_taken");
    assert_eq!(again.headers["idempotent-replayed"], "true");
}

#[tokio::test]
async fn a_token_is_shown_once() {
    let site = Site::furnished().await;
    let path = "/v1/workspaces/acme/agents/ann/tokens";
    let bearer = format!("Bearer {}", site.root);
    let keyed = [("authorization", bearer.as_str()), ("idempotency-key", "k1")];
    let first = site.send("POST", path, &keyed, Value::Null).await.json();
    let again = site.send("POST", path, &keyed, Value::Null).await;
    assert_eq!(again.status, 201);
    assert!(first["token"].is_string());
    assert_eq!(again.json(), json!({"expires_at": first["expires_at"]}));
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one() {
    let site = Site::furnished().await;
    let bearer = format!("Bearer {}", site.root);
    let keyed = [("authorization", bearer.as_str()), ("idempotency-key", "k1")];
    let path = "/v1/workspaces/acme/departments";
    let sent = (0..20).map(|_| site.send("POST", path, &keyed, json!({"name": "Sales"})));
    let statuses: Vec<u16> =
        join_all(sent).await.iter().map(|answered| answered.status.as_u16()).collect();
    assert!(statuses.contains(&201) && statuses.iter().all(|s| [201, 409].contains(s)));
    let all = site.root("GET", path, Value::Null).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_has_a_longest_size() {
    let site = Site::new();
    let bearer = format!("Bearer {}", site.root);
    for key in ["", &"k".repeat(129)] {
        let keyed = [("authorization", bearer.as_str()), ("idempotency-key", key)];
        let answered = site.send("POST", "/v1/workspaces", &keyed, json!({})).await;
        answered.is_problem(400, "bad_request");
    }
}
