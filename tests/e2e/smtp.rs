//! A mail server for one test: ESMTP over real sockets, with STARTTLS, TLS from the first byte and
//! sign-in. It hands over what it was sent, remembers what it was told in the clear, and can be told
//! to refuse, to hang or to break off, at any command.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, LazyLock},
    time::Duration,
};

use data_encoding::BASE64;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

use crate::mime::Message;

/// Whoever waits longer waits for nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// What it takes at most.
const SIZE: usize = 100_000;

/// What a client says, and what it hears before it says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    Connect,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The line with a dot alone.
    End,
}

/// What the server does instead of what is usual.
#[derive(Clone)]
pub enum Reaction {
    Says(String),
    Hangs,
    BreaksOff,
    /// What is usual, but not before this is true.
    Waits(watch::Receiver<bool>),
}

/// What a server can do, and who may sign in.
#[derive(Clone)]
pub struct Manners {
    pub starttls: bool,
    pub implicit_tls: bool,
    pub smtputf8: bool,
    pub mechanisms: &'static str,
    /// Nobody else may send; none: everybody may.
    pub account: Option<(&'static str, &'static str)>,
    /// So many mails, then 421.
    pub mails_per_connection: usize,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            starttls: false,
            implicit_tls: false,
            smtputf8: false,
            mechanisms: "PLAIN LOGIN",
            account: None,
            mails_per_connection: usize::MAX,
        }
    }
}

/// A mail that was taken.
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// What followed the address in MAIL.
    pub parameters: String,
    pub encrypted: bool,
    /// Who signed in.
    pub user: Option<String>,
    pub message: Message,
}

/// See the module.
pub struct MailServer {
    pub addr: SocketAddr,
    inbox: mpsc::Receiver<Received>,
    world: Arc<World>,
    accepting: tokio::task::JoinHandle<()>,
}

struct World {
    manners: Manners,
    reactions: Mutex<HashMap<Verb, VecDeque<Reaction>>>,
    always: Mutex<HashMap<Verb, Reaction>>,
    outbox: mpsc::Sender<Received>,
    in_the_clear: Mutex<Vec<String>>,
    /// Every mail that came to its end, refused or not.
    ended: Mutex<Vec<String>>,
    connections: watch::Sender<usize>,
    /// How many wait at a [`Reaction::Waits`].
    held: watch::Sender<usize>,
}

impl MailServer {
    pub async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (outbox, inbox) = mpsc::channel(20_000);
        let world = Arc::new(World {
            manners,
            reactions: Mutex::default(),
            always: Mutex::default(),
            outbox,
            in_the_clear: Mutex::default(),
            ended: Mutex::default(),
            connections: watch::Sender::new(0),
            held: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&world)));
        Self { addr, inbox, world, accepting }
    }

    /// Does this at the next such command; several times: one after the other.
    pub fn next(&self, verb: Verb, reaction: Reaction) {
        self.world.reactions.lock().entry(verb).or_default().push_back(reaction);
    }

    pub fn next_says(&self, verb: Verb, line: &str) {
        self.next(verb, Reaction::Says(line.to_owned()));
    }

    /// Does this at every such command.
    pub fn always(&self, verb: Verb, reaction: Reaction) {
        self.world.always.lock().insert(verb, reaction);
    }

    /// The next mail.
    pub async fn received(&mut self) -> Received {
        timeout(PATIENCE, self.inbox.recv()).await.expect("a mail in time").unwrap()
    }

    pub fn received_no_more(&mut self) -> bool {
        self.inbox.try_recv().is_err()
    }

    /// Every line that anybody could have read on its way here.
    pub fn in_the_clear(&self) -> Vec<String> {
        self.world.in_the_clear.lock().clone()
    }

    /// Every mail that came to its end, refused or not.
    pub fn ended(&self) -> Vec<Message> {
        self.world.ended.lock().iter().map(|raw| Message::parse(raw)).collect()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        *self.world.connections.borrow()
    }

    pub async fn connected(&self, times: usize) {
        reaches(&self.world.connections, times).await;
    }

    /// Waits until so many wait at a [`Reaction::Waits`].
    pub async fn held(&self, so_many: usize) {
        reaches(&self.world.held, so_many).await;
    }

    pub fn held_now(&self) -> usize {
        *self.world.held.borrow()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn reaches(count: &watch::Sender<usize>, least: usize) {
    let mut count = count.subscribe();
    let reached = count.wait_for(|count| *count >= least);
    timeout(PATIENCE, reached).await.expect("in time").unwrap();
}

/// Self-signed, for `localhost` and `127.0.0.1`: the certificate, and its key.
static CERTIFICATE: LazyLock<(CertificateDer<'static>, Vec<u8>)> = LazyLock::new(|| {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    (made.cert.der().clone(), made.signing_key.serialize_der())
});

/// The certificate in PEM.
pub fn certificate() -> Vec<u8> {
    let base64 = BASE64.encode(&CERTIFICATE.0);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")).into()
}

fn acceptor() -> TlsAcceptor {
    let (certificate, key) = &*CERTIFICATE;
    let key = PrivatePkcs8KeyDer::from(key.clone());
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.clone()], key.into()).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn accept(listener: TcpListener, world: Arc<World>) {
    while let Ok((stream, _)) = listener.accept().await {
        world.connections.send_modify(|count| *count += 1);
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            // A client that breaks off is no fault of the server's.
            let _ = serve(stream, world).await;
        });
    }
}

async fn serve(stream: TcpStream, world: Arc<World>) -> io::Result<()> {
    let implicit = world.manners.implicit_tls;
    let stream: Box<dyn Stream> =
        if implicit { Box::new(acceptor().accept(stream).await?) } else { Box::new(stream) };
    let session = Session {
        stream: BufReader::new(stream),
        world,
        encrypted: implicit,
        user: None,
        mails: 0,
        from: String::new(),
        parameters: String::new(),
        to: Vec::new(),
    };
    session.run().await
}

struct Session {
    stream: BufReader<Box<dyn Stream>>,
    world: Arc<World>,
    encrypted: bool,
    user: Option<String>,
    mails: usize,
    from: String,
    parameters: String,
    to: Vec<String>,
}

impl Session {
    async fn run(mut self) -> io::Result<()> {
        self.answer(Verb::Connect, "220 mail.test ESMTP").await?;
        while let Some(line) = self.line().await? {
            let upper = line.to_uppercase();
            match upper.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => self.ehlo().await?,
                "STARTTLS" => self = self.start_tls().await?,
                "AUTH" => self.auth(&line).await?,
                "MAIL" => self.mail(&line).await?,
                "RCPT" => {
                    self.to.push(path(&line).0);
                    self.answer(Verb::Rcpt, "250 2.1.5 Ok").await?;
                }
                "DATA" => self.data().await?,
                "QUIT" => return self.say("221 2.0.0 Bye").await,
                _ => self.say("500 5.5.2 Unknown command").await?,
            }
        }
        Ok(())
    }

    /// Says what is usual, or does what was asked for. Whether it said the usual.
    async fn answer(&mut self, verb: Verb, usual: &str) -> io::Result<bool> {
        let next = self.world.reactions.lock().get_mut(&verb).and_then(VecDeque::pop_front);
        match next.or_else(|| self.world.always.lock().get(&verb).cloned()) {
            None => self.say(usual).await.map(|()| true),
            Some(Reaction::Says(line)) => self.say(&line).await.map(|()| false),
            Some(Reaction::BreaksOff) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Reaction::Hangs) => {
                // Until the client goes.
                let mut rest = Vec::new();
                self.stream.read_to_end(&mut rest).await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(Reaction::Waits(mut gate)) => {
                self.world.held.send_modify(|count| *count += 1);
                let _ = gate.wait_for(|open| *open).await;
                self.world.held.send_modify(|count| *count -= 1);
                self.say(usual).await.map(|()| true)
            }
        }
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&bytes).into_owned();
        let line = line.strip_suffix("\r\n").expect("lines end with CR LF").to_owned();
        if !self.encrypted {
            self.world.in_the_clear.lock().push(line.clone());
        }
        Ok(Some(line))
    }

    async fn ehlo(&mut self) -> io::Result<()> {
        let manners = self.world.manners.clone();
        let mut can = vec!["mail.test".to_owned(), format!("SIZE {SIZE}"), "8BITMIME".to_owned()];
        if manners.starttls && !self.encrypted {
            can.push("STARTTLS".to_owned());
        }
        if manners.account.is_some() {
            can.push(format!("AUTH {}", manners.mechanisms));
        }
        if manners.smtputf8 {
            can.push("SMTPUTF8".to_owned());
        }
        let (last, others) = can.split_last().unwrap();
        let others: String = others.iter().map(|line| format!("250-{line}\r\n")).collect();
        self.answer(Verb::Ehlo, &format!("{others}250 {last}")).await.map(drop)
    }

    async fn start_tls(mut self) -> io::Result<Self> {
        if !self.answer(Verb::StartTls, "220 2.0.0 Go ahead").await? {
            return Ok(self);
        }
        assert!(self.stream.buffer().is_empty(), "nothing is said between STARTTLS and TLS");
        let stream = acceptor().accept(self.stream.into_inner()).await?;
        let stream: Box<dyn Stream> = Box::new(stream);
        Ok(Self { stream: BufReader::new(stream), encrypted: true, ..self })
    }

    async fn auth(&mut self, line: &str) -> io::Result<()> {
        let (user, password) = match line.split(' ').collect::<Vec<_>>()[..] {
            [_, "PLAIN", response] => {
                let response = decoded(response);
                let mut parts = response.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap(), parts.next().unwrap())
            }
            [_, "LOGIN"] => {
                let user = self.challenge("Username:").await?;
                (user, self.challenge("Password:").await?)
            }
            _ => return self.say("504 5.5.4 Unknown mechanism").await,
        };
        if self.world.manners.account != Some((user.as_str(), password.as_str())) {
            // As talkative as a server can be.
            let refusal = format!("535 5.7.8 {user} is not let in with {password}");
            return self.answer(Verb::Auth, &refusal).await.map(drop);
        }
        if self.answer(Verb::Auth, "235 2.7.0 Welcome").await? {
            self.user = Some(user);
        }
        Ok(())
    }

    async fn challenge(&mut self, challenge: &str) -> io::Result<String> {
        self.say(&format!("334 {}", BASE64.encode(challenge.as_bytes()))).await?;
        Ok(decoded(&self.line().await?.unwrap_or_default()))
    }

    async fn mail(&mut self, line: &str) -> io::Result<()> {
        if self.world.manners.account.is_some() && self.user.is_none() {
            return self.say("530 5.7.0 Sign in first").await;
        }
        self.mails += 1;
        if self.mails > self.world.manners.mails_per_connection {
            self.say("421 4.7.0 Too many mails on one connection").await?;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        (self.from, self.parameters) = path(line);
        self.to.clear();
        self.answer(Verb::Mail, "250 2.1.0 Ok").await.map(drop)
    }

    async fn data(&mut self) -> io::Result<()> {
        if !self.answer(Verb::Data, "354 End with a dot").await? {
            return Ok(());
        }
        let mut raw = String::new();
        loop {
            let Some(line) = self.line().await? else { return Ok(()) };
            if line == "." {
                break;
            }
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            raw.push_str("\r\n");
        }
        self.world.ended.lock().push(raw.clone());
        if raw.len() > SIZE {
            return self.say("552 5.3.4 Too large").await;
        }
        if self.answer(Verb::End, "250 2.0.0 Queued").await? {
            let received = Received {
                from: self.from.clone(),
                to: self.to.clone(),
                parameters: self.parameters.clone(),
                encrypted: self.encrypted,
                user: self.user.clone(),
                message: Message::parse(&raw),
            };
            let _ = self.world.outbox.try_send(received);
        }
        Ok(())
    }
}

/// The address in angle brackets, and what follows it.
fn path(line: &str) -> (String, String) {
    let (_, rest) = line.split_once('<').expect("an address in angle brackets");
    let (address, parameters) = rest.split_once('>').expect("an address in angle brackets");
    (address.to_owned(), parameters.trim().to_owned())
}

fn decoded(base64: &str) -> String {
    String::from_utf8(BASE64.decode(base64.as_bytes()).unwrap()).unwrap()
}
