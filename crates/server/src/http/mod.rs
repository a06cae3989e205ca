//! HTTP: one table of routes, each a few lines of data, and one way through them.
//!
//! Handlers turn a request into a [`crate::ask::Question`] and the answer into a response. What a
//! caller may do is decided in the workspace; here only who it is, and whether a path is its own.

mod accounts;
mod agents;
mod attempts;
mod conversations;
mod departments;
mod dispatch;
mod failure;
mod feeds;
mod node;
mod pages;
mod repeat;
mod request;
mod route;
mod site;
mod team;
#[cfg(test)]
mod tests;
mod visitors;
mod workspaces;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    http::Method,
    response::Response,
    routing::{MethodFilter, MethodRouter},
};
use switchboard_protocol::ErrorCode;

pub(crate) use route::{Access, Gives, Route, Shape};

use attempts::Attempts;
use dispatch::finished;
use failure::{Failure, respond};
use route::{QueryParameter, integer, text};

use crate::{
    auth::{Gate, Passwords},
    idempotency::Idempotency,
    node::Node,
    readiness::Readiness,
    registry::Workspaces,
};

/// The query of a list.
const PAGE: &[QueryParameter] = &[
    integer("limit", "How many at most: 1 … 100, by default 50."),
    text("cursor", "Where the page before ended: its `next_cursor`."),
];

/// Which calls live on an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// All: there is one address.
    Whole,
    /// All but root's and the metrics: those live on the other one.
    Public,
    /// All, for the operator's network.
    Admin,
}

impl Surface {
    /// Whether the root key opens anything here.
    pub(crate) fn takes_root(self) -> bool {
        self != Self::Public
    }

    fn has(self, route: &Route) -> bool {
        let operators = route.access == Access::Root || route.path == node::METRICS_PATH;
        self != Self::Public || !operators
    }
}

/// What handlers share.
#[derive(Debug)]
pub struct App {
    node: Arc<Node>,
    workspaces: Workspaces,
    gate: Gate,
    readiness: Arc<Readiness>,
    idempotency: Arc<Idempotency>,
    attempts: Arc<Attempts>,
    passwords: Passwords,
    surface: Surface,
}

impl App {
    /// Of this node, on an address with these calls.
    pub fn new(
        node: Arc<Node>,
        workspaces: Workspaces,
        gate: Gate,
        readiness: Arc<Readiness>,
        surface: Surface,
    ) -> Self {
        let idempotency = Arc::new(Idempotency::new(workspaces.store().clone()));
        let (attempts, passwords) = (Arc::default(), Passwords::default());
        Self { node, workspaces, gate, readiness, idempotency, attempts, passwords, surface }
    }

    /// The same on another address; a repeat is known on both.
    #[must_use]
    pub fn on(&self, surface: Surface) -> Self {
        Self {
            node: Arc::clone(&self.node),
            workspaces: self.workspaces.clone(),
            gate: self.gate.clone(),
            readiness: Arc::clone(&self.readiness),
            idempotency: Arc::clone(&self.idempotency),
            attempts: Arc::clone(&self.attempts),
            passwords: self.passwords.clone(),
            surface,
        }
    }
}

/// Every call there is.
pub(crate) fn routes() -> &'static [Route] {
    static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
        [
            workspaces::routes(),
            departments::routes(),
            agents::routes(),
            conversations::routes(),
            feeds::routes(),
            accounts::routes(),
            team::routes(),
            visitors::routes(),
            site::routes(),
            pages::routes(),
            node::routes(),
        ]
        .concat()
    });
    &ROUTES
}

/// The router of an address.
pub fn router(app: App) -> Router {
    let app = Arc::new(app);
    let mut paths: Vec<&'static str> = Vec::new();
    let served: Vec<&'static Route> = routes().iter().filter(|r| app.surface.has(r)).collect();
    for route in &served {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    let mut router = Router::new();
    for path in paths {
        let of_path = served.iter().filter(|route| route.path == path);
        router = router.route(path, methods(&app, of_path.copied(), path));
    }
    router.fallback(|| async { finished(respond(Failure::not_found("path"))) })
}

fn methods(
    app: &Arc<App>,
    routes: impl Iterator<Item = &'static Route>,
    path: &'static str,
) -> MethodRouter {
    let mut methods = MethodRouter::new();
    for route in routes {
        let Ok(filter) = MethodFilter::try_from(route.method.clone()) else { continue };
        let app = Arc::clone(app);
        methods = methods.on(filter, move |request: axum::extract::Request| {
            dispatch::dispatch(Arc::clone(&app), route, request)
        });
    }
    methods.fallback(move |method: Method| async move { finished(other_method(&method, path)) })
}

fn other_method(method: &Method, path: &str) -> Response {
    if path == site::PATH && method == Method::OPTIONS {
        return site::preflight();
    }
    let mut response = respond(Failure::new(
        ErrorCode::MethodNotAllowed,
        format!("{method} is not a method of this path"),
    ));
    if path == site::PATH {
        site::allow_any_origin(&mut response);
    }
    response
}
