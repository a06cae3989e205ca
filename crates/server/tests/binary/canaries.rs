//! Secrets that cannot be mistaken, used in every way, well and badly, with the log at its loudest:
//! and then looked for in whatever the server says and keeps. A name that may be there is found the
//! same way, so that the search is known to find.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};
use switchboard_client::{Client, Options};

use crate::process::{Scratch, Switchboard, call_with};

const ROOT: &str = "canary-root-key-7Qm2vXr9Kd";
const CONTROL: &str = "Canary of the name 5Tz8";
const PASSWORD: &str = "canary-password-1Wc6bNfY3h";
const OWN_PASSWORD: &str = "canary-password-2Gs4jLpR8u";
const WRONG_PASSWORD: &str = "canary-password-3Vk9xDmZ5e";
const JOINING_PASSWORD: &str = "canary-password-4Ht7qBwC2a";
const RESET_PASSWORD: &str = "canary-password-5Yn3fSgJ6o";
const SMTP_PASSWORD: &str = "canary-password-6Pr8kTvX4i";
const DEADLINE: Duration = Duration::from_secs(20);

/// Somebody who calls, once without and twice with an idempotency key, and keeps what was refused.
struct Caller {
    server: Switchboard,
    /// What was told that is told many: refusals, replays, lists.
    told: String,
    calls: u32,
}

impl Caller {
    fn new(server: Switchboard) -> Self {
        Self { server, told: String::new(), calls: 0 }
    }

    fn send(
        &mut self,
        method: &str,
        path: &str,
        bearer: &str,
        key: &str,
        body: &str,
    ) -> (u16, Value) {
        let head =
            if key.is_empty() { String::new() } else { format!("idempotency-key: {key}\r\n") };
        let (status, body) = call_with(self.server.addr, method, path, bearer, &head, body);
        if status >= 400 {
            self.told += &body;
        }
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Calls; a POST under a key, and once more.
    fn call(&mut self, method: &str, path: &str, bearer: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if method != "POST" {
            return self.send(method, path, bearer, "", &body);
        }
        self.calls += 1;
        let key = format!("key-{}", self.calls);
        let first = self.send(method, path, bearer, &key, &body);
        let again = self.send(method, path, bearer, &key, &body);
        // Whoever signs in with a password shows it again, and gets another token.
        if path != "/v1/sign-in" {
            self.told += &again.1.to_string();
        }
        first
    }

    #[track_caller]
    fn done(&mut self, method: &str, path: &str, bearer: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, bearer, body);
        assert!((200..300).contains(&status), "{method} {path}: {answer}");
        answer
    }

    #[track_caller]
    fn refused(&mut self, status: u16, method: &str, path: &str, bearer: &str, body: Value) {
        let (seen, answer) = self.call(method, path, bearer, body);
        assert_eq!(seen, status, "{method} {path}: {answer}");
    }

    /// What is told of a workspace and of the node.
    fn read(&mut self, workspace: &str) {
        for rest in [
            "",
            "/audit?limit=100",
            "/events?limit=100",
            "/invites",
            "/api_keys",
            "/public_keys",
            "/agents",
            "/conversations",
        ] {
            let told = self.done("GET", &format!("{workspace}{rest}"), ROOT, Value::Null);
            self.told += &told.to_string();
        }
        self.told += &call_with(self.server.addr, "GET", "/metrics", "", "", "").1;
    }
}

fn text(from: &Value, field: &str) -> String {
    from[field].as_str().unwrap_or_else(|| panic!("no {field}: {from}")).to_owned()
}

/// The same with its last character but one changed.
fn flipped(secret: &str) -> String {
    let (at, other) = (secret.len() - 2, if secret.contains("A") { "B" } else { "A" });
    let other = if &secret[at..=at] == other { "C" } else { other };
    format!("{}{other}{}", &secret[..at], &secret[at + 1..])
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

/// Whether bytes have this text of ASCII in them.
fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

/// Every form in which a secret would still be one: itself, what of it is not public, and both as
/// base64 and hex.
fn forms(secret: &str) -> Vec<String> {
    let own = secret.rsplit('.').next().unwrap();
    let mut forms = vec![secret.to_owned(), own.to_owned()];
    for bytes in [secret.as_bytes(), own.as_bytes()] {
        let base64 = BASE64.encode(bytes);
        // Whatever comes after it has a part in its last characters.
        forms.push(base64[..bytes.len() / 3 * 4].to_owned());
        forms.push(HEXLOWER.encode(bytes));
    }
    if let Ok(raw) = BASE64URL_NOPAD.decode(own.as_bytes()) {
        forms.push(HEXLOWER.encode(&raw));
    }
    forms
}

/// Where one of the secrets is, in a text or a file.
fn found(secrets: &[(&'static str, String)], bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(bytes);
    let is_in = |secret: &str| forms(secret).iter().any(|form| text.contains(form));
    secrets.iter().filter(|(_, secret)| is_in(secret)).map(|(name, _)| *name).collect()
}

/// The token at the end of the link in the newest mail with such a link.
fn mailed(data: &str, kind: &str) -> String {
    let begun = Instant::now();
    loop {
        let folder = Path::new(data).join("outbox");
        let mut mails = if folder.exists() { files(&folder) } else { Vec::new() };
        mails.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        mails.sort();
        for mail in mails.iter().rev() {
            // Lines that are too long are folded in a mail.
            let mail = fs::read_to_string(mail).unwrap().replace("=\r\n", "");
            if let Some((_, link)) = mail.split_once(&format!("/{kind}#")) {
                let end = |c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c));
                return link.split(end).next().unwrap().to_owned();
            }
        }
        assert!(begun.elapsed() < DEADLINE, "no mail came");
        std::thread::yield_now();
    }
}

/// A token that a host signs for bob, and what registers its key.
fn signed(workspace: &str) -> (String, Value) {
    let pair = Ed25519KeyPair::generate().unwrap();
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({"kind": "agent", "aud": workspace, "sub": "bob", "exp": now + 600});
    let header = r#"{"alg":"EdDSA","kid":"host"}"#;
    let message =
        format!("{}.{}", encode(header.as_bytes()), encode(claims.to_string().as_bytes()));
    let token = format!("{message}.{}", encode(pair.sign(message.as_bytes()).as_ref()));
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())});
    (token, json!({"id": "host", "algorithm": "EdDSA", "key": key.to_string()}))
}

/// Bodies that are none, with a secret in each.
fn broken(secret: &str) -> [String; 4] {
    [
        format!("{{\"password\":\"{secret}\",\"token\":\"{secret}\""),
        format!("{{\"password\":[\"{secret}\"],\"token\":{{\"{secret}\":1}}}}"),
        format!("{{\"{secret}\":1,\"{secret}\":2}}"),
        format!("\"{secret}\""),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_a_log_a_file_or_an_answer() {
    let scratch = Scratch::new();
    let data = scratch.path("data");
    let flags = ["--log-level", "trace", "--limits", "off", "--data-dir", &data];
    let environment = [("SWITCHBOARD_ROOT_KEY", ROOT)];
    let mut caller = Caller::new(Switchboard::start_bare(&scratch, &flags, &environment));
    let mut secrets: Vec<(&'static str, String)> = [
        ("the root key", ROOT),
        ("a password", PASSWORD),
        ("one's own password", OWN_PASSWORD),
        ("a wrong password", WRONG_PASSWORD),
        ("the password of who joins", JOINING_PASSWORD),
        ("the password that was set by a link", RESET_PASSWORD),
        ("the mail server's password", SMTP_PASSWORD),
    ]
    .map(|(name, secret)| (name, secret.to_owned()))
    .into();

    let made =
        caller.done("POST", "/v1/workspaces", ROOT, json!({"name": CONTROL, "plan": "custom"}));
    let (id, site_key) = (text(&made, "id"), text(&made, "site_key"));
    let workspace = format!("/v1/workspaces/{id}");
    let of = |rest: &str| format!("{workspace}{rest}");
    caller.done("POST", &of("/departments"), ROOT, json!({"id": "help", "name": "Help"}));
    let ann = json!({"id": "ann", "name": "Ann", "email": "ann@example.org", "role": "admin"});
    caller.done("POST", &of("/agents"), ROOT, ann);
    let bob = json!({"id": "bob", "name": "Bob", "email": "bob@example.org"});
    caller.done("POST", &of("/agents"), ROOT, bob);

    // Passwords: set by an admin, by oneself, and in bodies that are none.
    caller.done("PATCH", &of("/agents/ann"), ROOT, json!({"password": PASSWORD}));
    let minted = text(&caller.done("POST", &of("/agents/ann/tokens"), ROOT, json!({})), "token");
    caller.done("PATCH", &of("/agents/ann"), &minted, json!({"password": OWN_PASSWORD}));
    let long = json!({"password": PASSWORD.repeat(50)});
    caller.refused(400, "PATCH", &of("/agents/ann"), &minted, long);
    let account = |email: &str, password: &str| json!({"workspace_id": id, "email": email, "password": password});
    let signed_in =
        caller.done("POST", "/v1/sign-in", "", account("ann@example.org", OWN_PASSWORD));
    let signed_in = text(&signed_in, "token");
    for (email, password) in [
        ("ann@example.org", WRONG_PASSWORD),
        ("ann@example.org", PASSWORD),
        ("nobody@example.org", WRONG_PASSWORD),
        (WRONG_PASSWORD, WRONG_PASSWORD),
    ] {
        caller.refused(401, "POST", "/v1/sign-in", "", account(email, password));
    }
    let (jwt, registration) = signed(&id);
    caller.done("POST", &of("/public_keys"), ROOT, registration);

    // Invites and links: taken, and not.
    caller.done("POST", &of("/invites"), &minted, json!({"email": "ida@example.org"}));
    let invite = mailed(&data, "join");
    let accept = |token: &str, name: &str| json!({"token": token, "name": name, "password": JOINING_PASSWORD});
    let join = "/v1/invites/accept";
    caller.refused(400, "POST", join, "", accept(&invite, "a\nb"));
    caller.refused(401, "POST", join, "", accept(&flipped(&invite), "Ida"));
    let joined = text(&caller.done("POST", join, "", accept(&invite, "Ida")), "token");
    caller.refused(401, "POST", join, "", accept(&invite, "Ida again"));
    let forgot = json!({"workspace_id": id, "email": "ann@example.org"});
    // Once: a second link would take the place of the first.
    let asked = caller.send("POST", "/v1/password/forgot", "", "key", &forgot.to_string());
    assert_eq!(asked.0, 200);
    let reset = mailed(&data, "reset");
    let set = |token: &str, password: &str| json!({"token": token, "password": password});
    let path = "/v1/password/reset";
    caller.refused(401, "POST", path, "", set(&flipped(&reset), RESET_PASSWORD));
    caller.refused(400, "POST", path, "", set(&reset, "short"));
    let after = text(&caller.done("POST", path, "", set(&reset, RESET_PASSWORD)), "token");
    caller.refused(401, "POST", path, "", set(&reset, WRONG_PASSWORD));

    // Keys and tokens: used well, badly, and where they do not belong.
    let key = json!({"name": "Back end", "scopes": ["live:read"]});
    let key = text(&caller.done("POST", &of("/api_keys"), &after, key), "secret");
    caller.done("GET", &of("/live"), &key, Value::Null);
    caller.refused(403, "GET", &of("/audit"), &key, Value::Null);
    // A repeat is told the visitor's token again, the same; what is kept of it is when it ends.
    let body = json!({"department_id": "help"}).to_string();
    let (_, opened) = caller.send("POST", &of("/conversations"), ROOT, "key-of-visitor", &body);
    let visitor = text(&opened, "visitor_token");
    let (_, again) = caller.send("POST", &of("/conversations"), ROOT, "key-of-visitor", &body);
    assert_eq!(again, opened);
    caller.done("GET", "/v1/me", &jwt, Value::Null);
    for wrong in [&key, &after, &jwt, &visitor, &invite, &reset].map(|good| flipped(good)) {
        caller.refused(401, "GET", "/v1/me", &wrong, Value::Null);
        caller.refused(401, "POST", &of("/departments"), &wrong, json!({"name": "x"}));
    }
    for misplaced in [&key, &after, &jwt, &visitor] {
        let cursor = format!("/agents?cursor={misplaced}");
        caller.refused(400, "GET", &of(&cursor), ROOT, Value::Null);
        caller.refused(404, "GET", &format!("/v1/site?site_key={misplaced}"), "", Value::Null);
        caller.refused(404, "GET", &of(&format!("/agents/{misplaced}")), ROOT, Value::Null);
    }
    let all = [PASSWORD, &invite, &reset, &key, &after, &jwt, &visitor];
    for body in all.into_iter().flat_map(broken) {
        for path in [join, path, "/v1/sign-in", &of("/agents"), &of("/api_keys"), &of("/invites")] {
            let (status, _) = caller.send("POST", path, ROOT, "", &body);
            assert_eq!(status, 400, "{path} {body}");
        }
    }

    // Sockets.
    let url = caller.server.socket_url();
    for token in [&after, &jwt, &joined] {
        Client::connect(Options::agent(url.clone(), token).once()).await.unwrap();
        Client::connect(Options::agent(url.clone(), &flipped(token)).once()).await.unwrap_err();
    }
    let widget = Client::connect(Options::visitor(url.clone(), &site_key).once()).await.unwrap();
    let welcomed = widget.welcome().visitor_token.clone().unwrap().expose().to_owned();
    widget.open(switchboard_protocol::ConversationOpen::default()).await.unwrap();
    let renewed = text(&caller.done("POST", "/v1/me/tokens", &after, json!({})), "token");
    caller.done("POST", "/v1/sign-out", &renewed, json!({"everywhere": true}));

    let tokens = [
        ("a token that was minted", minted),
        ("the token of who signed in", signed_in),
        ("the token of who joined", joined),
        ("the token of who set a password", after),
        ("a token that was renewed", renewed),
        ("an API key", key),
        ("a host's token", jwt),
        ("a visitor's token", visitor),
        ("a visitor's token of a welcome", welcomed),
    ];
    secrets.extend(tokens);
    let links = [("an invite's token", invite), ("a token to set a password", reset)];
    let kept = |secrets: &[(&'static str, String)]| {
        let mut control = false;
        for file in files(Path::new(&data)) {
            let bytes = fs::read(&file).unwrap();
            assert_eq!(found(secrets, &bytes), [""; 0], "in {}", file.display());
            // Who can read the folder of mails can read the links in them, and nobody else.
            if file.extension().is_none_or(|extension| extension != "eml") {
                assert_eq!(found(&links, &bytes), [""; 0], "in {}", file.display());
                control |= holds(&bytes, CONTROL);
            }
        }
        assert!(control, "what may be there is found");
    };
    caller.read(&workspace);
    kept(&secrets);
    let Caller { server, mut told, calls } = caller;
    let (code, log) = server.terminate();
    assert_eq!(code, 0);
    kept(&secrets);

    // The same files, with a mail server that is not there.
    let smtp = format!("smtp://me:{SMTP_PASSWORD}@127.0.0.1:1?tls=none");
    let environment = [("SWITCHBOARD_ROOT_KEY", ROOT), ("SWITCHBOARD_SMTP_URL", smtp.as_str())];
    let server = Switchboard::start_bare(&scratch, &flags, &environment);
    let mut caller = Caller { server, told: String::new(), calls };
    caller.done("POST", &of("/invites"), ROOT, json!({"email": "eve@example.org"}));
    caller.server.wait_for("a mail could not be sent");
    caller.read(&workspace);
    kept(&secrets);
    told += &caller.told;
    let (code, second) = caller.server.terminate();
    assert_eq!(code, 0);
    kept(&secrets);

    secrets.extend(links.clone());
    let log = log + &second;
    assert!(log.contains("DEBUG"), "the log is at its loudest");
    assert!(holds(told.as_bytes(), CONTROL), "what may be told is found");
    assert_eq!(found(&secrets, log.as_bytes()), [""; 0], "in the log");
    assert_eq!(found(&secrets, told.as_bytes()), [""; 0], "in what is told");
}
