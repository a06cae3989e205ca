//! `…/visitors/{id}`: what is known of a visitor.

use futures::future::BoxFuture;

use super::{App, dispatch::asking, failure::Failure, request::Request, route::Route};
use crate::ask::{Answer, Question};

pub(super) fn routes() -> Vec<Route> {
    let path = "/v1/workspaces/{ws}/visitors/{id}";
    let summary = "Erase a visitor's personal data; what it has open is closed";
    vec![Route::delete("erase_visitor", path, summary).calls(erase)]
}

/// Answered once it is gone from the files too.
fn erase<'a>(app: &'a App, request: &'a Request) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let workspace = request.parameter("ws");
        let question = Question::EraseVisitor(request.parameter("id"));
        let answer = app.workspaces.ask_as(&workspace, asking(request)?, question).await?;
        app.workspaces.scrub().await;
        Ok(answer)
    })
}
