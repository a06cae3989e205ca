//! Plans and seats: what each allows, and what the operator may say beside it.

use futures::future::join;
use serde_json::{Value, json};

use crate::{server::TestServer, team::Office};

#[tokio::test]
async fn every_plan_has_its_limits() {
    let server = TestServer::start().await;
    for (plan, seats, departments) in [
        ("free", json!(1), json!(1)),
        ("starter", json!(3), json!(1)),
        ("pro", json!(5), json!(5)),
        ("enterprise", json!(20), json!(20)),
        ("custom", Value::Null, Value::Null),
    ] {
        let workspace = server.workspace_on(plan).await;
        let limits = json!({"seats": seats, "departments": departments});
        assert_eq!(workspace.get("").await.json["limits"], limits, "{plan}");
        let (seats, departments) =
            (seats.as_u64().unwrap_or(25), departments.as_u64().unwrap_or(25));
        for nth in 0..seats {
            let body = json!({"name": "x", "email": format!("a{nth}@example.org")});
            workspace.post("/agents", body).await;
        }
        for nth in 0..departments {
            workspace.department(&format!("d{nth}")).await;
        }
        if plan != "custom" {
            let body = json!({"email": "more@example.org"});
            workspace.root("POST", "/invites", body).await.refused(402, "seat_limit");
            let body = json!({"name": "more"});
            workspace.root("POST", "/departments", body).await.refused(402, "department_limit");
        }
        let usage = json!({"seats": seats, "departments": departments});
        assert_eq!(workspace.get("").await.json["usage"], usage, "{plan}");
    }
}

#[tokio::test]
async fn the_operator_raises_limits_at_once_and_lowers_none_below_what_is_in_use() {
    let mut office = Office::on("free").await;
    let ada = office.joins("ada", json!({"role": "admin"})).await;
    let invite = json!({"email": "ann@example.org"});
    let ask = |body: Value| {
        let workspace = office.workspace.clone();
        let token = ada.token.clone();
        async move { workspace.call("POST", "/invites", &token, body).await }
    };
    ask(invite.clone()).await.refused(402, "seat_limit");
    let two = json!({"limits": {"seats": 2}});
    office.workspace.call("PATCH", "", &ada.token, two.clone()).await.refused(403, "forbidden");
    let raised = office.workspace.patch("", two).await.json;
    assert_eq!(raised["limits"], json!({"seats": 2, "departments": 1}));
    ask(invite).await.expect(201);
    let small = office.workspace.root("PATCH", "", json!({"limits": {"seats": 1}})).await;
    let small = small.refused(409, "plan_too_small");
    assert_eq!(small.json["limits"]["seats"], 1, "{}", small.text);
    assert_eq!(small.json["usage"]["seats"], 2, "{}", small.text);
    // Back to the plan's own: the same.
    let own = office.workspace.root("PATCH", "", json!({"limits": null})).await;
    own.refused(409, "plan_too_small");
    office.workspace.patch("", json!({"plan": "starter"})).await;
    ask(json!({"email": "bob@example.org"})).await.expect(201);
    ask(json!({"email": "cai@example.org"})).await.refused(402, "seat_limit");
    office.workspace.patch("", json!({"limits": {"seats": null}})).await;
    ask(json!({"email": "cai@example.org"})).await.expect(201);
}

#[tokio::test]
async fn of_two_admins_one_gets_the_last_seat() {
    for round in 0..5 {
        let mut office = Office::on("starter").await;
        let ada = office.joins("ada", json!({"role": "admin"})).await;
        let bea = office.joins("bea", json!({"role": "admin"})).await;
        let ask = |token: String, name: &str| {
            let workspace = office.workspace.clone();
            let body = json!({"email": format!("{name}@example.org")});
            async move { workspace.call("POST", "/invites", &token, body).await.status }
        };
        let seen = join(ask(ada.token.clone(), "x"), ask(bea.token.clone(), "y")).await;
        assert!(matches!(seen, (201, 402) | (402, 201)), "{round}: {seen:?}");
        assert_eq!(office.seats().await, 3);
    }
}

#[tokio::test]
async fn a_suspended_workspace_loses_nothing() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({"role": "admin"})).await;
    let (_, link) = office.invite("bob@example.org", json!({})).await;
    let mut socket = office.device(&ann.token).await;
    office.workspace.patch("", json!({"status": "suspended"})).await;
    socket.expect_close(4503).await;
    office.me(&ann.token).await.refused(403, "forbidden");
    office.accept(&link, "Bob").await.refused(403, "forbidden");
    office.workspace.patch("", json!({"status": "active"})).await;
    office.me(&ann.token).await.expect(200);
    office.accept(&link, "Bob").await.expect(201);
    office.sign_in(&ann).await;
}
