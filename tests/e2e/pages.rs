//! The pages that mails lead to: whole, self-contained, and closed to what is not theirs.

use crate::server::TestServer;

/// What stands between two marks.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to}")).0
}

#[tokio::test]
async fn each_has_what_it_needs_and_lets_in_nothing_else() {
    let server = TestServer::start().await;
    for (path, title) in [("/join", "Join your team"), ("/reset", "Choose a new password")] {
        let page = server.anyone("GET", path).await.expect(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert!(page.text.contains(&format!("<title>{title}</title>")), "{}", page.text);
        for foreign in ["src=", "href=", "http:", "https:", "@import", "url(", "{title}"] {
            assert!(!page.text.contains(foreign), "{path} refers to something: {foreign}");
        }
        let policy = page.header("content-security-policy");
        for part in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, from, to) in
            [("script-src", "<script>", "</script>"), ("style-src", "<style>", "</style>")]
        {
            let digest = switchboard_server::auth::digest_of(between(&page.text, from, to));
            let source = format!("{name} 'sha256-{}'", data_encoding::BASE64.encode(&digest));
            assert!(policy.contains(&source), "{path}: {policy} is without {source}");
        }
        let other = server.http().call("POST", path, "", serde_json::Value::Null).await;
        other.refused(405, "method_not_allowed");
    }
}
