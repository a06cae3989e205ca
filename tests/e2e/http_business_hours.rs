//! `business_hours`: closed is unstaffed, and changes nothing that anybody said.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    people::{assigned, on_duty},
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, in_both},
};

in_both![visitors_hear_of_closing_and_opening];

const DAY_MS: u64 = 86_400_000;
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    now.as_millis() as u64
}

fn hours(days: &[&str], from: &str, to: &str) -> Value {
    let opening = |day: &&str| json!({"day": day, "from": from, "to": to});
    let weekly: Vec<Value> = days.iter().map(opening).collect();
    json!({"time_zone": "UTC", "weekly": weekly, "holidays": []})
}

/// The day of the week, today being the first. Near midnight, the day that it is about to be.
fn day_in(days: u64) -> &'static str {
    // The first of 1970 was a Thursday.
    let today = (now_ms() + 5 * 60_000) / DAY_MS;
    WEEK[((today + days + 3) % 7) as usize]
}

/// Open the day after tomorrow alone, all day.
pub fn closed_today() -> Value {
    hours(&[day_in(2)], "00:00", "24:00")
}

fn always() -> Value {
    hours(&WEEK, "00:00", "24:00")
}

async fn keep(workspace: &Workspace, hours: Value) -> Value {
    let patch = json!({"policy": {"business_hours": hours}});
    workspace.patch("/departments/help", patch).await.json
}

async fn site(workspace: &Workspace) -> Reply {
    let path = format!("/v1/site?site_key={}", workspace.site_key);
    workspace.http.call("GET", &path, "", Value::Null).await.expect(200)
}

async fn public(workspace: &Workspace) -> Value {
    site(workspace).await.json["departments"][0].clone()
}

#[tokio::test]
async fn a_department_that_is_closed_is_unstaffed_whoever_is_there() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let policy = json!({"on_unstaffed": "reject", "business_hours": closed_today()});
    workspace.department_with("help", policy).await;
    let token = workspace.agent("ann", &["help"]).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let rejected = workspace.open("help").await.json;
    assert_eq!(rejected["state"], "rejected");
    assert_eq!(rejected["reason"], "no_agents_online");
    let agent = workspace.get("/agents/ann").await.json;
    assert_eq!((&agent["availability"], &agent["present"]), (&json!("online"), &json!(true)));
    let department = workspace.get("/departments/help").await.json;
    assert_eq!(department["staffed"], false);
    assert_eq!(department["policy"]["business_hours"], closed_today());

    assert_eq!(keep(&workspace, always()).await["staffed"], true);
    let taken = workspace.open("help").await;
    assert_eq!(assigned(&mut ann).await, taken.text_of("id"));
    // What an agent holds stays, whatever the hour.
    keep(&workspace, closed_today()).await;
    let held = workspace.conversation(&taken.text_of("id")).await;
    assert_eq!((&held["state"], &held["agent"]["id"]), (&json!("assigned"), &json!("ann")));
}

#[tokio::test]
async fn what_waited_is_given_out_when_it_opens() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"business_hours": closed_today()})).await;
    let token = workspace.agent("ann", &["help"]).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let first = workspace.open("help").await;
    let second = workspace.open("help").await;
    assert_eq!((&first.json["state"], &second.json["position"]), (&json!("queued"), &json!(2)));
    let opened = keep(&workspace, Value::Null).await;
    assert_eq!((&opened["staffed"], &opened["queued"]), (&json!(true), &json!(0)));
    assert_eq!(assigned(&mut ann).await, first.text_of("id"));
    assert_eq!(assigned(&mut ann).await, second.text_of("id"));
    let events = workspace.get("/events?limit=100").await.json;
    let happened = events["items"].as_array().unwrap().iter().map(|event| &event["type"]);
    let departments = happened.filter_map(Value::as_str).filter(|t| t.starts_with("department."));
    let expected =
        ["department.created", "department.closed", "department.updated", "department.opened"];
    assert_eq!(departments.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_fallback_takes_those_who_come_while_it_is_closed() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("night").await;
    let policy = json!({
        "on_unstaffed": "fallback", "fallback_department_id": "night",
        "business_hours": closed_today(),
    });
    workspace.department_with("help", policy).await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    assert_eq!(workspace.open("help").await.json["department_id"], "night");
}

#[tokio::test]
async fn the_next_opening_is_shown_while_it_is_closed() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let open = json!({"id": "help", "name": "help", "staffed": true});
    assert_eq!(public(&workspace).await, open);

    keep(&workspace, closed_today()).await;
    let closed = public(&workspace).await;
    assert_eq!(closed["staffed"], false);
    let opens_at = closed["opens_at"].as_u64().unwrap();
    assert_eq!(opens_at % DAY_MS, 0, "at midnight");
    assert!((DAY_MS..=2 * DAY_MS + 5 * 60_000).contains(&(opens_at - now_ms())), "{opens_at}");

    keep(&workspace, always()).await;
    assert_eq!(public(&workspace).await, open);
    keep(&workspace, hours(&[], "", "")).await;
    assert_eq!(public(&workspace).await, json!({"id": "help", "name": "help", "staffed": false}));
}

#[tokio::test]
async fn what_a_page_keeps_of_it_is_soon_asked_again() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let before = site(&workspace).await;
    let max_age = before.header("cache-control").split("max-age=").nth(1).unwrap().to_owned();
    assert!(max_age.parse::<u64>().unwrap() <= 10, "{max_age}");
    keep(&workspace, closed_today()).await;
    assert_ne!(site(&workspace).await.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn a_zone_nobody_knows_is_refused() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let before = workspace.get("/departments/help").await.json;
    for zone in ["Europe/Atlantis", "Etc/Unknown", "CEST", "", "../../etc/passwd"] {
        let mut hours = always();
        hours["time_zone"] = json!(zone);
        let body = json!({"name": "Changed", "policy": {"business_hours": hours}});
        for (method, path) in [("POST", "/departments"), ("PATCH", "/departments/help")] {
            let refused = workspace.root(method, path, body.clone()).await;
            let refused = refused.refused(400, "bad_request");
            assert!(refused.text_of("detail").contains("time_zone"), "{zone}: {}", refused.text);
        }
    }
    assert_eq!(workspace.get("/departments/help").await.json, before);
    assert_eq!(workspace.get("").await.json["usage"]["departments"], 1);
}

#[tokio::test]
async fn a_patch_changes_of_the_hours_what_it_names() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    for patch in [json!({}), json!({"weekly": []}), json!({"holidays": ["2030-01-01"]})] {
        let body = json!({"name": "Changed", "policy": {"business_hours": patch}});
        let refused = workspace.root("PATCH", "/departments/help", body).await;
        let refused = refused.refused(400, "bad_request");
        let detail = refused.text_of("detail");
        assert!(detail.contains("policy.business_hours.time_zone"), "{patch}: {detail}");
    }
    let mut expected = always();
    keep(&workspace, expected.clone()).await;
    for (field, given, then) in [
        ("holidays", json!(["2030-01-01", "2030-12-24"]), json!(["2030-01-01", "2030-12-24"])),
        ("time_zone", json!("Europe/Berlin"), json!("Europe/Berlin")),
        ("holidays", json!(["2031-01-01"]), json!(["2031-01-01"])),
        ("holidays", Value::Null, json!([])),
        ("weekly", closed_today()["weekly"].clone(), closed_today()["weekly"].clone()),
        ("weekly", Value::Null, json!([])),
        ("weekly", always()["weekly"].clone(), always()["weekly"].clone()),
    ] {
        expected[field] = then;
        let shown = keep(&workspace, json!({field: given})).await;
        assert_eq!(shown["policy"]["business_hours"], expected, "{field}");
    }
    for patch in [json!({"time_zone": null}), json!({"time_zone": "Europe/Atlantis"})] {
        let body = json!({"policy": {"business_hours": patch}});
        workspace.root("PATCH", "/departments/help", body).await.refused(400, "bad_request");
    }
    let other = workspace.patch("/departments/help", json!({"policy": {"max_queue": 3}})).await;
    assert_eq!(other.json["policy"]["business_hours"], expected);
    let cleared = keep(&workspace, Value::Null).await;
    assert_eq!(cleared["policy"]["business_hours"], Value::Null);
}

#[tokio::test]
async fn an_opening_may_be_over_midnight_and_must_not_be_none() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    // Every day from noon to noon: always.
    keep(&workspace, hours(&WEEK, "12:00", "12:01")).await;
    keep(&workspace, hours(&WEEK, "12:01", "12:00")).await;
    for (from, to) in [("12:00", "12:00"), ("24:00", "00:00")] {
        let patch = json!({"policy": {"business_hours": hours(&["mon"], from, to)}});
        let refused = workspace.root("PATCH", "/departments/help", patch).await;
        let refused = refused.refused(400, "bad_request");
        assert!(refused.text_of("detail").contains("business_hours.weekly"), "{}", refused.text);
    }
}

async fn visitors_hear_of_closing_and_opening(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    keep(&workspace, closed_today()).await;
    let closed = visitor.push("departments.changed").await["departments"][0].clone();
    assert_eq!(closed["staffed"], false);
    assert_eq!(closed, public(&workspace).await);
    // One that comes now is told in its welcome.
    let late = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    assert_eq!(late.welcome["departments"][0], closed);
    keep(&workspace, Value::Null).await;
    let open = visitor.push("departments.changed").await["departments"][0].clone();
    assert_eq!(open, json!({"id": "help", "name": "help", "staffed": true}));
}
