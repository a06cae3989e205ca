//! What a call is, as data: the router and the OpenAPI document are both made from it.

use std::borrow::Cow;

use axum::http::Method;
use futures::future::{BoxFuture, ready};
use switchboard_protocol::ErrorCode;
use utoipa::{
    ToSchema,
    openapi::{RefOr, schema::Schema},
};

use super::{App, failure::Failure, request::Request};
use crate::ask::{Answer, Question};

/// Turns a request into what its workspace is asked.
pub(crate) type Ask = fn(&Request) -> Result<Question, Failure>;
/// Answers a request that is not one workspace's.
pub(crate) type Call = for<'a> fn(&'a App, &'a Request) -> BoxFuture<'a, Result<Answer, Failure>>;
/// Answers a request in a form of its own.
pub(crate) type Raw = for<'a> fn(&'a App, &'a Request) -> BoxFuture<'a, axum::response::Response>;

/// Who answers a call.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// The workspace in the path.
    Ask(Ask),
    /// The registry, or the caller's own workspace.
    Call(Call),
    /// The node itself; errors are its own too.
    Raw(Raw),
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone.
    Public,
    /// Whoever has a bearer token; what they may do, the workspace says.
    Bearer,
    /// The operator alone.
    Root,
}

/// The form of a body.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Its name among the schemas.
    pub(crate) name: fn() -> Cow<'static, str>,
    /// Its schema, and those that it refers to.
    pub(crate) collect: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Shape {
    /// Of a type of the wire.
    pub(crate) fn of<T: ToSchema>() -> Self {
        fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            schemas.push((T::name().into_owned(), T::schema()));
            T::schemas(schemas);
        }
        Self { name: T::name, collect: collect::<T> }
    }
}

/// What a call answers when all goes well.
#[derive(Clone, Copy)]
pub(crate) enum Gives {
    /// Nothing: 204.
    Nothing,
    /// One thing; where there are two, which one depends on what was asked.
    One(Shape, Option<Shape>),
    /// A page of things; where there are two, which one depends on who asks.
    Page(Shape, Option<Shape>),
    /// Something that is not JSON of ours.
    Other(&'static str),
}

/// A parameter in the query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryParameter {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
    /// Whether it is an integer.
    pub(crate) integer: bool,
}

/// A text in the query.
pub(crate) const fn text(name: &'static str, help: &'static str) -> QueryParameter {
    QueryParameter { name, help, integer: false }
}

/// An integer in the query.
pub(crate) const fn integer(name: &'static str, help: &'static str) -> QueryParameter {
    QueryParameter { name, help, integer: true }
}

/// One call.
#[derive(Clone)]
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Method,
    /// The path, its parameters in braces.
    pub(crate) path: &'static str,
    /// Its name in the document.
    pub(crate) name: &'static str,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// Who may call.
    pub(crate) access: Access,
    /// The body it takes.
    pub(crate) takes: Option<Shape>,
    /// The status when all goes well.
    pub(crate) status: u16,
    /// The body then.
    pub(crate) gives: Gives,
    /// The parameters in the query.
    pub(crate) query: &'static [QueryParameter],
    /// What may go wrong besides what may go wrong everywhere.
    pub(crate) fails: &'static [ErrorCode],
    /// A field of the answer that is shown once, and left out of a replay.
    pub(crate) once: Option<&'static str>,
    /// Whether the answer to an `Idempotency-Key` is kept. Not where a password decides about it:
    /// whoever asks again has to know that again.
    pub(crate) keeps: bool,
    /// Who answers.
    pub(crate) action: Action,
}

impl Route {
    /// Until it is said who answers, nobody does.
    fn new(method: Method, name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            name,
            summary,
            access: Access::Bearer,
            takes: None,
            status: 200,
            gives: Gives::Nothing,
            query: &[],
            fails: &[],
            once: None,
            keeps: true,
            action: Action::Call(nobody),
        }
    }

    /// A call that reads.
    pub(crate) fn get(name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, name, path, summary)
    }

    /// A call that does something; once, with an `Idempotency-Key`.
    pub(crate) fn post(name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, name, path, summary)
    }

    /// A call that sets something.
    pub(crate) fn put(name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PUT, name, path, summary)
    }

    /// A call that changes something.
    pub(crate) fn patch(name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PATCH, name, path, summary)
    }

    /// A call that removes something.
    pub(crate) fn delete(name: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::DELETE, name, path, summary).gives_nothing()
    }

    /// Root's alone.
    pub(crate) fn for_root(mut self) -> Self {
        self.access = Access::Root;
        self
    }

    /// Without a credential.
    pub(crate) fn for_anyone(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    /// Takes a body.
    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        self.takes = Some(Shape::of::<T>());
        self
    }

    /// Answers 200 with a thing.
    pub(crate) fn gives<T: ToSchema>(mut self) -> Self {
        self.gives = Gives::One(Shape::of::<T>(), None);
        self
    }

    /// Answers with another thing, where that was asked for.
    pub(crate) fn or_gives<T: ToSchema>(mut self) -> Self {
        if let Gives::One(first, _) = self.gives {
            self.gives = Gives::One(first, Some(Shape::of::<T>()));
        }
        self
    }

    /// Answers 201 with a thing.
    pub(crate) fn makes<T: ToSchema>(mut self) -> Self {
        self.status = 201;
        self.gives::<T>()
    }

    /// Answers 200 with a page.
    pub(crate) fn gives_page<T: ToSchema>(mut self) -> Self {
        self.gives = Gives::Page(Shape::of::<T>(), None);
        self
    }

    /// Answers a page of other things to those who may see less.
    pub(crate) fn or_page<T: ToSchema>(mut self) -> Self {
        if let Gives::Page(first, _) = self.gives {
            self.gives = Gives::Page(first, Some(Shape::of::<T>()));
        }
        self
    }

    /// Answers 204.
    pub(crate) fn gives_nothing(mut self) -> Self {
        self.status = 204;
        self.gives = Gives::Nothing;
        self
    }

    /// Answers in a media type of its own.
    pub(crate) fn gives_other(mut self, media_type: &'static str) -> Self {
        self.gives = Gives::Other(media_type);
        self
    }

    /// Reads the query.
    pub(crate) fn query(mut self, query: &'static [QueryParameter]) -> Self {
        self.query = query;
        self
    }

    /// May also fail so.
    pub(crate) fn fails(mut self, codes: &'static [ErrorCode]) -> Self {
        self.fails = codes;
        self
    }

    /// Shows a field once.
    pub(crate) fn shows_once(mut self, field: &'static str) -> Self {
        self.once = Some(field);
        self
    }

    /// Answers anew every time.
    pub(crate) fn keeps_nothing(mut self) -> Self {
        self.keeps = false;
        self
    }

    /// Is answered by the workspace in the path.
    pub(crate) fn asks(mut self, ask: Ask) -> Self {
        self.action = Action::Ask(ask);
        self
    }

    /// Is answered by the registry.
    pub(crate) fn calls(mut self, call: Call) -> Self {
        self.action = Action::Call(call);
        self
    }

    /// Is answered by the node.
    pub(crate) fn raw(mut self, raw: Raw) -> Self {
        self.action = Action::Raw(raw);
        self
    }
}

fn nobody<'a>(_: &'a App, _: &'a Request) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(ready(Err(Failure::new(ErrorCode::Unsupported, "nobody answers this call"))))
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
