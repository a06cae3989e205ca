//! Seats where they run out: many asked at once, two for the last one, limits below what is in
//! use. All or nothing, and exactly one.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    people::until,
    server::{TestServer, Workspace},
};

/// A workspace with so many seats, an admin in one and another in the next.
async fn with_seats(server: &TestServer, seats: u32) -> (Workspace, [String; 2]) {
    let workspace = server.workspace().await;
    workspace.patch("", json!({"limits": {"seats": seats, "departments": 2}})).await;
    let admins = [workspace.admin("ada").await, workspace.admin("abe").await];
    workspace.department("sales").await;
    (workspace, admins)
}

async fn usage(workspace: &Workspace) -> Value {
    workspace.get("").await.json["usage"].clone()
}

#[tokio::test]
async fn of_many_invites_all_are_made_or_none() {
    let server = TestServer::start().await;
    let (workspace, [ada, _]) = with_seats(&server, 6).await;
    workspace.post("/invites", json!({"email": "ida@example.org"})).await;
    until("the mail is sent", async || {
        workspace.get("/invites").await.items()[0]["state"] == "sent"
    })
    .await;
    let (invites, audit) =
        (workspace.get("/invites").await.json, workspace.get("/audit").await.json);
    let good = |number: usize| json!({"email": format!("good{number}@example.org")});
    let among = |bad: Value| json!({"invites": [good(1), bad, good(2)]});
    for (body, status, code, detail) in [
        (among(json!({"email": "none"})), 400, "bad_request", "invites.1.email"),
        (among(json!({})), 400, "bad_request", "email"),
        (among(json!({"email": "x@y", "role": "owner"})), 400, "bad_request", "role"),
        (
            among(json!({"email": "x@y", "department_ids": ["a b"]})),
            400,
            "bad_request",
            "invites.1.department_ids",
        ),
        (among(json!({"email": "x@y", "department_ids": ["none"]})), 404, "not_found", "invites.1"),
        (among(json!({"email": "ADA@example.org"})), 409, "already_member", "invites.1"),
        (among(json!({"email": "Ida@example.org"})), 409, "already_invited", "invites.1"),
        (among(json!({"email": "GOOD1@example.org"})), 409, "already_invited", "invites.1"),
        (json!({"invites": (0..4).map(good).collect::<Vec<_>>()}), 402, "seat_limit", ""),
        (json!({"invites": (0..100).map(good).collect::<Vec<_>>()}), 402, "seat_limit", ""),
        (json!({"invites": (0..101).map(good).collect::<Vec<_>>()}), 400, "bad_request", "invites"),
        (json!({"invites": []}), 400, "bad_request", "invites"),
        (json!({"invites": [good(1)], "email": "x@example.org"}), 400, "bad_request", "invites"),
        (json!({"invites": {"email": "x@example.org"}}), 400, "bad_request", "invites"),
        (json!({}), 400, "bad_request", "email"),
    ] {
        let shown: String = body.to_string().chars().take(200).collect();
        let refused = workspace.call("POST", "/invites", &ada, body).await;
        assert_eq!(refused.status, status, "{shown}: {}", refused.text);
        let refused = refused.refused(status, code);
        assert!(refused.text_of("detail").contains(detail), "{shown}: {}", refused.text);
        assert_eq!(workspace.get("/invites").await.json, invites, "{shown}");
    }
    assert_eq!(workspace.get("/audit").await.json, audit);
    assert_eq!(usage(&workspace).await["seats"], 3);
    let mails = std::fs::read_dir(server.data_dir().join("outbox")).unwrap().count();
    assert_eq!(mails, 1, "nobody was written to");
    // What fits, fits: to the last seat.
    let fits = json!({"invites": (0..3).map(good).collect::<Vec<_>>()});
    let made = workspace.call("POST", "/invites", &ada, fits).await.expect(201);
    assert_eq!(made.items().len(), 3);
    assert_eq!(usage(&workspace).await["seats"], 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_admins_race_for_the_last_seat_and_one_wins() {
    let server = TestServer::start().await;
    let (workspace, admins) = with_seats(&server, 3).await;
    let agent = |n: u32| ("/agents", json!({"name": "x", "email": format!("a{n}@example.org")}));
    let invite = |n: u32| ("/invites", json!({"email": format!("i{n}@example.org")}));
    for round in 0..30 {
        let asked = match round % 3 {
            0 => [agent(2 * round), agent(2 * round + 1)],
            1 => [invite(2 * round), invite(2 * round + 1)],
            _ => [agent(2 * round), invite(2 * round + 1)],
        };
        let tries: Vec<_> = admins
            .iter()
            .zip(asked)
            .map(|(admin, (path, body))| {
                let (workspace, admin) = (workspace.clone(), admin.clone());
                tokio::spawn(
                    async move { (path, workspace.call("POST", path, &admin, body).await) },
                )
            })
            .collect();
        let mut answers: Vec<(&str, Reply)> = Vec::new();
        for attempt in tries {
            answers.push(attempt.await.unwrap());
        }
        answers.sort_by_key(|(_, reply)| reply.status);
        let [(path, won), (_, lost)] = &answers[..] else { panic!("two answers") };
        lost.clone().refused(402, "seat_limit");
        let id = won.clone().expect(201).text_of("id");
        assert_eq!(usage(&workspace).await["seats"], 3);
        workspace.root("DELETE", &format!("{path}/{id}"), Value::Null).await.expect(204);
        assert_eq!(usage(&workspace).await["seats"], 2);
    }
}

#[tokio::test]
async fn limits_below_what_is_in_use_say_both_and_change_nothing() {
    let server = TestServer::start().await;
    let (workspace, _) = with_seats(&server, 4).await;
    workspace.department("support").await;
    workspace.post("/invites", json!({"email": "ida@example.org"})).await;
    let before = workspace.get("").await.json;
    for (patch, limits) in [
        (json!({"limits": {"seats": 2}}), json!({"seats": 2, "departments": 2})),
        (json!({"limits": {"seats": 0}}), json!({"seats": 0, "departments": 2})),
        (json!({"limits": {"departments": 1}}), json!({"seats": 4, "departments": 1})),
        (json!({"plan": "free"}), json!({"seats": 1, "departments": 1})),
        (json!({"plan": "starter", "name": "Other"}), json!({"seats": 3, "departments": 1})),
    ] {
        let refused = workspace.root("PATCH", "", patch.clone()).await;
        let refused = refused.refused(409, "plan_too_small");
        assert_eq!(refused.json["limits"], limits, "{patch}: {}", refused.text);
        assert_eq!(refused.json["usage"], json!({"seats": 3, "departments": 2}), "{patch}");
        assert_eq!(workspace.get("").await.json, before, "{patch}");
    }
    for limits in [json!({"seats": -1}), json!({"seats": "3"}), json!({"seats": 1.5}), json!(3)] {
        let refused = workspace.root("PATCH", "", json!({"limits": limits})).await;
        refused.refused(400, "bad_request");
    }
    let fits = json!({"limits": {"seats": 3}});
    workspace.patch("", fits).await;
    let full = workspace.root("POST", "/invites", json!({"email": "x@example.org"})).await;
    full.refused(402, "seat_limit");
    // Raised, it counts at once; and without limits there is none.
    workspace.patch("", json!({"limits": {"seats": 4}})).await;
    workspace.post("/invites", json!({"email": "x@example.org"})).await;
    workspace.patch("", json!({"limits": {"seats": null}})).await;
    workspace.post("/invites", json!({"email": "y@example.org"})).await;
}
