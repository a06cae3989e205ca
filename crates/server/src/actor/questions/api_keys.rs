//! Keys of a workspace's back end: made, shown once, used, revoked.

use subtle::ConstantTimeEq;
use switchboard_journal::{ApiKey, PersonalChange, SecretDigest};
use switchboard_protocol::{CloseCode, ErrorCode, Secret, http, model};

use super::{Rights, audit::Target, departments::page_of};
use crate::{
    actor::{hello::back_end, worker::Worker},
    ask::{Answer, ApiError, PageQuery},
    auth,
    convert::ToWire,
    ids,
};

/// A workspace has so many keys at most.
const MAX_API_KEYS: usize = 100;
/// When a key was last used is noted this exactly, so that using it costs nothing.
const USE_NOTED_MS: u64 = 60_000;

impl Worker {
    pub(super) fn api_keys(&self, rights: &Rights, page: &PageQuery) -> Result<Answer, ApiError> {
        rights.admin()?;
        let mut all: Vec<_> = self.profiles.api_keys.iter().collect();
        all.sort_by_key(|(id, key)| (key.created_at, *id));
        page_of(all, page, |(id, _)| id.as_str(), |(id, key)| shown(id, key, None))
    }

    pub(super) fn create_api_key(
        &mut self,
        rights: &Rights,
        request: http::CreateApiKey,
    ) -> Result<Answer, ApiError> {
        rights.admin()?;
        if self.profiles.api_keys.len() >= MAX_API_KEYS {
            let detail = format!("a workspace has at most {MAX_API_KEYS} API keys: revoke one");
            return Err(ApiError::new(ErrorCode::Conflict, detail));
        }
        let id = ids::fresh("key");
        let secret = auth::fresh_api_key(self.id.as_str(), &self.entry.token_secret, &id);
        let key = ApiKey {
            name: request.name,
            scopes: request.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            digest: auth::digest_of(secret.expose()),
            created_by: rights.origin.clone(),
            created_at: self.now(),
            last_used_at: None,
        };
        let answer = Answer::created(shown(&id, &key, Some(secret)));
        self.change(PersonalChange::ApiKey(id.clone(), Some(Box::new(key))));
        let after = self.fields_of(Target::ApiKey, &id);
        self.note(rights, "api_key.created", Target::ApiKey, &id, None, after);
        Ok(answer)
    }

    pub(super) fn revoke_api_key(&mut self, rights: &Rights, id: &str) -> Result<Answer, ApiError> {
        rights.admin()?;
        let before = self.fields_of(Target::ApiKey, id);
        let before = before.ok_or_else(|| ApiError::not_found("API key"))?;
        self.change(PersonalChange::ApiKey(id.to_owned(), None));
        for session in self.streams.of(&back_end(id)).to_vec() {
            self.end_session(&session, Some(CloseCode::Unauthenticated));
        }
        self.note(rights, "api_key.revoked", Target::ApiKey, id, Some(before), None);
        Ok(Answer::empty())
    }

    /// Whether a key holds still.
    pub(crate) fn key_holds(&self, id: &str, digest: &SecretDigest) -> bool {
        let key = self.profiles.api_keys.get(id);
        key.is_some_and(|key| bool::from(key.digest.ct_eq(digest)))
    }

    /// Whether a key has a scope, or all.
    pub(crate) fn key_has(&self, id: &str, scope: model::Scope) -> bool {
        let key = self.profiles.api_keys.get(id);
        let has = |scope: model::Scope| {
            key.is_some_and(|key| key.scopes.iter().any(|own| own == scope.as_str()))
        };
        has(scope) || has(model::Scope::Admin)
    }

    /// Notes that a key is used.
    pub(crate) fn note_key_use(&mut self, id: &str) {
        let Some(key) = self.profiles.api_keys.get(id).cloned() else { return };
        let now = self.now();
        if key.last_used_at.is_some_and(|last| now.since_ms(last) < USE_NOTED_MS) {
            return;
        }
        let used = ApiKey { last_used_at: Some(now), ..(*key).clone() };
        self.change(PersonalChange::ApiKey(id.to_owned(), Some(Box::new(used))));
    }
}

fn shown(id: &str, key: &ApiKey, secret: Option<Secret>) -> model::ApiKey {
    let scope = |name: &String| name.parse().unwrap_or(model::Scope::Other);
    model::ApiKey {
        id: id.to_owned(),
        name: key.name.clone(),
        scopes: key.scopes.iter().map(scope).collect(),
        created_at: key.created_at.0,
        created_by: key.created_by.by.to_wire(),
        created_by_id: key.created_by.by_id.as_ref().map(ToString::to_string),
        last_used_at: key.last_used_at.map(|at| at.0),
        secret,
    }
}
