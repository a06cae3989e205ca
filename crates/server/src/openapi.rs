//! `/openapi.json`, made from the table of routes and the wire's types: a call that is served is
//! in it, and a field that is renamed is renamed here too.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::http::Method;
use switchboard_protocol::{
    ErrorCode,
    http::{PROBLEM_MEDIA_TYPE, Problem},
};
use utoipa::{
    ToSchema,
    openapi::{
        Components, Content, ContentBuilder, HttpMethod, Info, OpenApi, Paths, Ref, RefOr,
        Required,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        response::{Response, ResponseBuilder},
        schema::{
            Array, ComponentsBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
        },
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::http::{Access, Gives, Route, Shape, routes};

const JSON_MEDIA_TYPE: &str = "application/json";
const SCHEME: &str = "bearer";
/// What the credentials are, in the document.
const CREDENTIAL: &str = "The root key, or an agent token.";

/// The document, as JSON.
pub(crate) static JSON: LazyLock<String> = LazyLock::new(|| {
    document().to_json().unwrap_or_else(|error| {
        tracing::error!(%error, "the OpenAPI document has no JSON form");
        "{}".to_owned()
    })
});

fn document() -> OpenApi {
    let mut paths = Paths::new();
    for route in routes() {
        if let Some(method) = method(&route.method) {
            paths.add_path_operation(route.path, vec![method], operation(route));
        }
    }
    paths.add_path_operation("/v1/ws", vec![HttpMethod::Get], socket());
    let mut info = Info::new("Switchboard", env!("CARGO_PKG_VERSION"));
    info.description = Some("Decides who takes a conversation, and tells everyone.".to_owned());
    let mut document = OpenApi::new(info, paths);
    document.components = Some(components());
    document
}

/// The way to the sockets, which the listener takes before any route.
fn socket() -> Operation {
    let subprotocol = "One of `switchboard.v1.json` and `switchboard.v1.msgpack`.";
    let name = "Sec-WebSocket-Protocol";
    OperationBuilder::new()
        .operation_id(Some("open_socket"))
        .summary(Some("Upgrade to a WebSocket; credentials come in its first message"))
        .tag("ws")
        .parameter(parameter(name, ParameterIn::Header, Some(subprotocol), Type::String))
        .response("101", Response::new("The connection is a WebSocket from here on."))
        .response("400", failure(&[ErrorCode::BadRequest]))
        .response("429", failure(&[ErrorCode::RateLimited]))
        .response("503", failure(&[ErrorCode::Overloaded]))
        .security(SecurityRequirement::default())
        .build()
}

fn method(method: &Method) -> Option<HttpMethod> {
    match *method {
        Method::GET => Some(HttpMethod::Get),
        Method::POST => Some(HttpMethod::Post),
        Method::PUT => Some(HttpMethod::Put),
        Method::PATCH => Some(HttpMethod::Patch),
        Method::DELETE => Some(HttpMethod::Delete),
        _ => None,
    }
}

fn components() -> Components {
    let mut schemas = Vec::new();
    (Shape::of::<Problem>().collect)(&mut schemas);
    for route in routes() {
        for shape in shapes(route) {
            (shape.collect)(&mut schemas);
        }
    }
    let scheme =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(CREDENTIAL)).build();
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(SCHEME, SecurityScheme::Http(scheme))
        .build()
}

fn shapes(route: &Route) -> Vec<Shape> {
    let gives = match route.gives {
        Gives::Nothing | Gives::Other(_) => [None, None],
        Gives::One(shape, other) | Gives::Page(shape, other) => [Some(shape), other],
    };
    route.takes.into_iter().chain(gives.into_iter().flatten()).collect()
}

fn operation(route: &Route) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.name))
        .summary(Some(route.summary))
        .tag(tag(route.path));
    if let Some(shape) = route.takes {
        let body = RequestBodyBuilder::new()
            .content(JSON_MEDIA_TYPE, content(reference(shape)))
            .required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    for parameter in parameters(route) {
        operation = operation.parameter(parameter);
    }
    operation = operation.response(route.status.to_string(), success(route));
    for (status, codes) in failures(route) {
        operation = operation.response(status.to_string(), failure(&codes));
    }
    let security = match route.access {
        Access::Public => SecurityRequirement::default(),
        Access::Bearer | Access::Root => SecurityRequirement::new::<_, [&str; 0], &str>(SCHEME, []),
    };
    operation.security(security).build()
}

/// What a path is about: its first segment that is neither the version nor the workspace.
fn tag(path: &str) -> &str {
    let rest = path.strip_prefix("/v1/").unwrap_or(path);
    let rest = rest.strip_prefix("workspaces/{ws}/").unwrap_or(rest);
    let first = rest.trim_start_matches('/').split(['/', '.']).next().unwrap_or("node");
    match first {
        "healthz" | "readyz" | "metrics" | "openapi" => "node",
        first => first,
    }
}

fn parameters(route: &Route) -> Vec<Parameter> {
    let in_path = route.path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(parameter(name, ParameterIn::Path, None, Type::String))
    });
    let in_query = route.query.iter().map(|query| {
        let kind = if query.integer { Type::Integer } else { Type::String };
        parameter(query.name, ParameterIn::Query, Some(query.help), kind)
    });
    let mut parameters: Vec<Parameter> = in_path.chain(in_query).collect();
    if route.method == Method::POST && route.access != Access::Public {
        let help = "A repeat with the same key gets the first answer and does nothing twice.";
        let key = parameter("Idempotency-Key", ParameterIn::Header, Some(help), Type::String);
        parameters.push(key);
    }
    parameters
}

fn parameter(name: &str, place: ParameterIn, help: Option<&str>, kind: Type) -> Parameter {
    let required = match place {
        ParameterIn::Path => Required::True,
        _ => Required::False,
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(help)
        .schema(Some(Object::with_type(SchemaType::Type(kind))))
        .build()
}

fn success(route: &Route) -> Response {
    let response = ResponseBuilder::new().description(match route.status {
        201 => "Made.",
        204 => "Done.",
        _ => "The answer.",
    });
    match route.gives {
        Gives::Nothing => response.build(),
        Gives::One(shape, other) => {
            response.content(JSON_MEDIA_TYPE, content(either(shape, other))).build()
        }
        Gives::Page(shape, other) => {
            response.content(JSON_MEDIA_TYPE, content(page(shape, other).into())).build()
        }
        Gives::Other(media_type) => {
            response.content(media_type, ContentBuilder::new().build()).build()
        }
    }
}

/// One thing or another.
fn either(shape: Shape, other: Option<Shape>) -> RefOr<Schema> {
    let Some(other) = other else { return reference(shape) };
    let either = OneOfBuilder::new().item(reference(shape)).item(reference(other));
    RefOr::T(Schema::OneOf(either.build()))
}

fn page(shape: Shape, other: Option<Shape>) -> Schema {
    let item = either(shape, other);
    let cursor = SchemaType::from_iter([Type::String, Type::Null]);
    let page = ObjectBuilder::new()
        .property("items", Array::new(item))
        .required("items")
        .property("next_cursor", Object::with_type(cursor))
        .required("next_cursor");
    Schema::Object(page.build())
}

/// What may go wrong, by status.
fn failures(route: &Route) -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut codes = route.fails.to_vec();
    let node = matches!(route.gives, Gives::Other("text/plain")) || tag(route.path) == "node";
    if !node {
        codes.extend([ErrorCode::Internal, ErrorCode::Overloaded, ErrorCode::NotFound]);
        codes.extend([ErrorCode::BadRequest, ErrorCode::RateLimited]);
    }
    if route.access != Access::Public {
        codes.extend([ErrorCode::Unauthenticated, ErrorCode::Forbidden]);
    }
    if route.takes.is_some() {
        codes.push(ErrorCode::TooLarge);
    }
    if route.method == Method::POST {
        codes.push(ErrorCode::Conflict);
    }
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in codes {
        let same = by_status.entry(code.status()).or_default();
        if !same.contains(&code) {
            same.push(code);
        }
    }
    by_status
}

fn failure(codes: &[ErrorCode]) -> Response {
    let names: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let problem = Ref::from_schema_name(Problem::name().into_owned());
    ResponseBuilder::new()
        .description(names.join(", "))
        .content(PROBLEM_MEDIA_TYPE, content(problem.into()))
        .build()
}

fn reference(shape: Shape) -> RefOr<Schema> {
    Ref::from_schema_name((shape.name)().into_owned()).into()
}

fn content(schema: RefOr<Schema>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}
