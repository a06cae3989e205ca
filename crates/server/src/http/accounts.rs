//! Signing in and out, passwords, and joining by an invite: what is asked without a credential, or
//! of one's own.
//!
//! Passwords are hashed and compared here, between two questions to the workspace: the second looks
//! again at what the first had found.

use futures::future::BoxFuture;
use switchboard_protocol::{
    ErrorCode, Secret,
    http::{
        AcceptInvite, ForgotPassword, Joined, PatchAgent, ResetPassword, SignIn, SignOut, SignedIn,
        SignedOut, Taken, Token,
    },
    model::Agent,
    text,
};

use super::{App, dispatch::asking, failure::Failure, request::Request, route::Route};
use crate::{
    ask::{Answer, ApiError, Asking, Caller, Found, Question},
    auth::{LinkKind, PasswordError, digest_of, workspace_of_link},
};

type Answering<'a> = BoxFuture<'a, Result<Answer, Failure>>;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("accept_invite", "/v1/invites/accept", "Join by an invite")
            .for_anyone()
            .takes::<AcceptInvite>()
            .makes::<Joined>()
            .fails(&[ErrorCode::Unauthenticated, ErrorCode::AlreadyMember, ErrorCode::RateLimited])
            .shows_once("token")
            .calls(accept_invite),
        Route::post("sign_in", "/v1/sign-in", "Sign in with a password")
            .for_anyone()
            .takes::<SignIn>()
            .gives::<SignedIn>()
            .fails(&[ErrorCode::InvalidCredentials, ErrorCode::RateLimited])
            .keeps_nothing()
            .calls(sign_in),
        Route::post("sign_out", "/v1/sign-out", "Give a token back; or all of one's tokens")
            .takes::<SignOut>()
            .gives::<SignedOut>()
            .calls(sign_out),
        Route::post("renew_token", "/v1/me/tokens", "Mint a token in place of one's own")
            .makes::<Token>()
            .shows_once("token")
            .calls(renew_token),
        Route::get("read_me", "/v1/me", "Read the agent whose token it is")
            .gives::<Agent>()
            .calls(|app, request| own(app, request, |_| Ok(Question::Me))),
        Route::delete("leave", "/v1/me", "Leave the workspace; what one holds waits again")
            .fails(&[ErrorCode::LastAdmin])
            .calls(|app, request| own(app, request, |_| Ok(Question::Leave))),
        Route::post("forgot_password", "/v1/password/forgot", "Be sent a link to set a password")
            .for_anyone()
            .takes::<ForgotPassword>()
            .gives::<Taken>()
            .fails(&[ErrorCode::RateLimited])
            .keeps_nothing()
            .calls(forgot_password),
        Route::post("reset_password", "/v1/password/reset", "Set a password by a link")
            .for_anyone()
            .takes::<ResetPassword>()
            .gives::<SignedIn>()
            .fails(&[ErrorCode::Unauthenticated, ErrorCode::RateLimited])
            .shows_once("token")
            .calls(reset_password),
    ]
}

/// What an agent asks of itself. The root key is nobody's, and neither is a back end's.
fn own<'a>(
    app: &'a App,
    request: &'a Request,
    question: fn(&Request) -> Result<Question, Failure>,
) -> Answering<'a> {
    Box::pin(async move {
        let workspace = request.caller.as_ref().and_then(|caller| caller.workspace());
        let workspace = workspace.ok_or_else(|| Failure::not_found("agent"))?;
        Ok(app.workspaces.ask_as(workspace, asking(request)?, question(request)?).await?)
    })
}

fn sign_out<'a>(app: &'a App, request: &'a Request) -> Answering<'a> {
    own(app, request, |request| {
        Ok(Question::SignOut { everywhere: request.body::<SignOut>()?.everywhere })
    })
}

fn renew_token<'a>(app: &'a App, request: &'a Request) -> Answering<'a> {
    own(app, request, |request| {
        request.body::<switchboard_protocol::http::NoFields>()?;
        Ok(Question::RenewToken)
    })
}

/// Somebody without a credential, who may not try too often.
fn stranger(app: &App, request: &Request) -> Result<Asking, Failure> {
    let now_ms = app.node.clock.now_ms();
    app.attempts.of_address(request.address, &app.node.limits, now_ms)?;
    Ok(Asking { caller: Caller::Anyone, address: request.address, keep: request.keep })
}

fn sign_in<'a>(app: &'a App, request: &'a Request) -> Answering<'a> {
    Box::pin(async move {
        let SignIn { workspace_id, email, password } = request.body()?;
        let asking = stranger(app, request)?;
        let now_ms = app.node.clock.now_ms();
        app.attempts.at_account(&workspace_id, &email, &app.node.limits, now_ms)?;
        let found = password_of(app, &workspace_id, email).await?;
        let hash = found.as_ref().map(|Found::Password(_, hash)| hash.clone());
        let is_right = app.passwords.verify(password.clone(), hash).await.map_err(hashing)?;
        let Some(Found::Password(agent_id, hash)) = found.filter(|_| is_right) else {
            return Err(wrong());
        };
        let rehashed = match hash.needs_rehash() {
            true => Some(app.passwords.hash(password).await.map_err(hashing)?),
            false => None,
        };
        let question = Question::SignIn { agent_id, password: hash, rehashed };
        Ok(app.workspaces.ask_as(&workspace_id, asking, question).await?)
    })
}

/// What an address signs in with; nothing where there is no such address, no such workspace, or
/// that is not served: nobody is told which.
async fn password_of(app: &App, workspace: &str, email: String) -> Result<Option<Found>, Failure> {
    if !text::valid_id(workspace) {
        return Ok(None);
    }
    let asked = app.workspaces.ask(workspace, Caller::Anyone, Question::PasswordOf(email)).await;
    match asked {
        Ok(answer) => Ok(answer.found),
        Err(error) if matches!(error.code, ErrorCode::NotFound | ErrorCode::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn wrong() -> Failure {
    Failure::new(ErrorCode::InvalidCredentials, "the address or the password is wrong")
}

fn hashing(error: PasswordError) -> Failure {
    let detail = error.to_string();
    match error {
        PasswordError::Busy { retry_after_ms } => {
            let error = ApiError::new(ErrorCode::Overloaded, detail);
            ApiError { retry_after_ms: Some(retry_after_ms), ..error }.into()
        }
        PasswordError::TooLong => Failure::new(ErrorCode::BadRequest, detail),
        PasswordError::Failed => Failure::new(ErrorCode::Internal, detail),
    }
}

/// Answers at once, whoever it is: who is known has more done, and must not take longer.
fn forgot_password<'a>(app: &'a App, request: &'a Request) -> Answering<'a> {
    Box::pin(async move {
        let ForgotPassword { workspace_id, email } = request.body()?;
        let asking = stranger(app, request)?;
        let now_ms = app.node.clock.now_ms();
        app.attempts.at_account(&workspace_id, &email, &app.node.limits, now_ms)?;
        if text::valid_id(&workspace_id) {
            let workspaces = app.workspaces.clone();
            tokio::spawn(async move {
                let question = Question::ForgotPassword(email);
                if let Err(error) = workspaces.ask_as(&workspace_id, asking, question).await {
                    tracing::debug!(%error, "no link to set a password is sent");
                }
            });
        }
        Ok(Answer::ok(Taken {}))
    })
}

/// The workspace that a link's token names.
fn workspace_of(token: &Secret, kind: LinkKind) -> Result<&str, Failure> {
    workspace_of_link(token.expose(), kind).ok_or_else(no_link)
}

fn no_link() -> Failure {
    Failure::new(ErrorCode::Unauthenticated, "the link holds no longer")
}

/// What a link's workspace says; one that there is not has no links.
fn as_link(error: ApiError) -> Failure {
    if error.code == ErrorCode::NotFound { no_link() } else { error.into() }
}

fn reset_password<'a>(app: &'a App, request: &'a Request) -> Answering<'a> {
    Box::pin(async move {
        let ResetPassword { token, password } = request.body()?;
        let asking = stranger(app, request)?;
        let workspace = workspace_of(&token, LinkKind::Reset)?;
        let token = digest_of(token.expose());
        // Hashing costs: only for who has a link.
        let check = Question::CheckReset(token);
        app.workspaces.ask(workspace, Caller::Anyone, check).await.map_err(as_link)?;
        let password = app.passwords.hash(password).await.map_err(hashing)?;
        let question = Question::ResetPassword { token, password };
        app.workspaces.ask_as(workspace, asking, question).await.map_err(as_link)
    })
}

fn accept_invite<'a>(app: &'a App, request: &'a Request) -> Answering<'a> {
    Box::pin(async move {
        let AcceptInvite { token, name, password } = request.body()?;
        let asking = stranger(app, request)?;
        let workspace = workspace_of(&token, LinkKind::Invite)?;
        let token = digest_of(token.expose());
        let check = Question::CheckInvite(token);
        app.workspaces.ask(workspace, Caller::Anyone, check).await.map_err(as_link)?;
        let password = app.passwords.hash(password).await.map_err(hashing)?;
        let question = Question::AcceptInvite { token, name, password };
        app.workspaces.ask_as(workspace, asking, question).await.map_err(as_link)
    })
}

/// A change of an agent; a password in it is hashed before the workspace hears of it, once that
/// has said that there is such an agent for who asks to see.
pub(super) fn change_agent<'a>(app: &'a App, request: &'a Request) -> Answering<'a> {
    Box::pin(async move {
        let (workspace, id) = (request.parameter("ws"), request.parameter("id"));
        let mut patch = request.body::<PatchAgent>()?;
        let password = match patch.password.take() {
            None => None,
            Some(password) => {
                let known = Asking { keep: None, ..asking(request)? };
                app.workspaces.ask_as(&workspace, known, Question::Agent(id.clone())).await?;
                Some(app.passwords.hash(password).await.map_err(hashing)?)
            }
        };
        let question = Question::PatchAgent(id, Box::new(patch), password);
        Ok(app.workspaces.ask_as(&workspace, asking(request)?, question).await?)
    })
}
