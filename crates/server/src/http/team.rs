//! Asking people to join, the keys of back ends and hosts, and the site key: what an admin does.

use switchboard_journal::HostKey;
use switchboard_protocol::{
    ErrorCode, FieldError,
    http::{CreateApiKey, CreateInvites, CreatePublicKey, Invites, NoFields, RotateSiteKey},
    model::{ApiKey, Invite, PublicKey, Workspace},
};

use super::{PAGE, failure::Failure, request::Request, route::Route};
use crate::{ask::Question, auth::jwt, ids};

const API_KEYS: &str = "/v1/workspaces/{ws}/api_keys";
const API_KEY: &str = "/v1/workspaces/{ws}/api_keys/{id}";
const INVITES: &str = "/v1/workspaces/{ws}/invites";
const INVITE: &str = "/v1/workspaces/{ws}/invites/{id}";
const RESEND: &str = "/v1/workspaces/{ws}/invites/{id}/resend";
const PUBLIC_KEYS: &str = "/v1/workspaces/{ws}/public_keys";
const PUBLIC_KEY: &str = "/v1/workspaces/{ws}/public_keys/{id}";
const ROTATE: &str = "/v1/workspaces/{ws}/site_key/rotate";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_invites", INVITES, "List the invites")
            .gives_page::<Invite>()
            .query(PAGE)
            .asks(|request| Ok(Question::Invites(request.page()?))),
        Route::post("create_invite", INVITES, "Ask people to join: one, or all of many or none")
            .takes::<CreateInvites>()
            .makes::<Invite>()
            .or_gives::<Invites>()
            .fails(&[ErrorCode::SeatLimit, ErrorCode::AlreadyMember, ErrorCode::AlreadyInvited])
            .asks(|request| {
                let (invites, many) = request.body::<CreateInvites>()?.into_list();
                Ok(Question::CreateInvites { invites, many })
            }),
        Route::delete("revoke_invite", INVITE, "Take an invite back; its seat is free again")
            .asks(|request| Ok(Question::RevokeInvite(request.parameter("id")))),
        Route::post("resend_invite", RESEND, "Send an invite again, with a new link")
            .gives::<Invite>()
            .fails(&[ErrorCode::SeatLimit, ErrorCode::AlreadyMember, ErrorCode::Conflict])
            .asks(|request| {
                request.body::<NoFields>()?;
                Ok(Question::ResendInvite(request.parameter("id")))
            }),
        Route::get("list_api_keys", API_KEYS, "List the API keys")
            .gives_page::<ApiKey>()
            .query(PAGE)
            .asks(|request| Ok(Question::ApiKeys(request.page()?))),
        Route::post("create_api_key", API_KEYS, "Create an API key, shown this once")
            .takes::<CreateApiKey>()
            .makes::<ApiKey>()
            .shows_once("secret")
            .asks(|request| Ok(Question::CreateApiKey(request.body()?))),
        Route::delete("revoke_api_key", API_KEY, "Revoke an API key, at once")
            .asks(|request| Ok(Question::RevokeApiKey(request.parameter("id")))),
        Route::get("list_public_keys", PUBLIC_KEYS, "List the host's public keys")
            .gives_page::<PublicKey>()
            .query(PAGE)
            .asks(|request| Ok(Question::PublicKeys(request.page()?))),
        Route::post("create_public_key", PUBLIC_KEYS, "Register a public key of the host's")
            .takes::<CreatePublicKey>()
            .makes::<PublicKey>()
            .fails(&[ErrorCode::IdTaken, ErrorCode::Conflict])
            .asks(create_public_key),
        Route::delete("remove_public_key", PUBLIC_KEY, "Remove a public key, at once")
            .asks(|request| Ok(Question::RemovePublicKey(request.parameter("id")))),
        Route::post(
            "rotate_site_key",
            ROTATE,
            "Make a new site key; the old one holds for a while",
        )
        .takes::<RotateSiteKey>()
        .gives::<Workspace>()
        .asks(|request| {
            let RotateSiteKey { old_valid_ms } = request.body()?;
            Ok(Question::RotateSiteKey { old_valid_ms })
        }),
    ]
}

fn create_public_key(request: &Request) -> Result<Question, Failure> {
    let CreatePublicKey { id, algorithm, key } = request.body()?;
    let known = jwt::Algorithm::named(&algorithm);
    let algorithm =
        known.ok_or_else(|| FieldError::new("algorithm", "not one of EdDSA, ES256 or RS256"))?;
    let key = jwt::PublicKey::parse(algorithm, &key);
    let key = key.map_err(|error| FieldError::new("key", error.to_string()))?;
    let key = HostKey {
        id: id.unwrap_or_else(|| ids::fresh("pub")),
        algorithm: algorithm.name().to_owned(),
        pem: key.pem(),
        created_at: Default::default(),
    };
    Ok(Question::CreatePublicKey(key))
}
