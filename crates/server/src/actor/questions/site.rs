//! What a workspace's widgets and its host may come in with: site keys, origins, public keys; and
//! the order in which its departments are shown. All of it is known outside of the workspace too.

use std::sync::Arc;

use switchboard_journal::{HostKey, PersonalChange, Site};
use switchboard_protocol::{CloseCode, ErrorCode, model};
use switchboard_routing::DepartmentId;

use super::{Answered, Rights, audit::Target, departments::page_of};
use crate::{
    actor::{commit::Effect, stream::Stream, worker::Worker},
    ask::{Answer, ApiError, PageQuery},
    auth::{self, Proof},
};

/// A workspace registers so many public keys at most.
const MAX_PUBLIC_KEYS: usize = 10;
/// So many old site keys hold at once at most.
const MAX_OLD_SITE_KEYS: usize = 5;

impl Worker {
    /// Changes the site, which is known outside once it is written.
    pub(crate) fn set_site(&mut self, site: Site) {
        self.change(PersonalChange::Site(Box::new(site)));
        self.effect(Effect::Publish(Arc::clone(&self.profiles.site)));
        self.departments_stirred = true;
        self.stir_summary();
    }

    pub(super) fn own_site(&self) -> Site {
        (*self.profiles.site).clone()
    }

    pub(super) fn rotate_site_key(&mut self, rights: &Rights, old_valid_ms: u64) -> Answered {
        rights.admin()?;
        let now = self.now();
        let mut site = self.own_site();
        let old = site.site_key.replace(auth::fresh_site_key(self.id.as_str()).expose().to_owned());
        let old = old.unwrap_or_else(|| self.entry.site_key.clone());
        site.old_site_keys.retain(|(_, until)| *until > now);
        if old_valid_ms > 0 {
            site.old_site_keys.insert(0, (old, now.plus_ms(old_valid_ms)));
            site.old_site_keys.truncate(MAX_OLD_SITE_KEYS);
        }
        self.set_site(site);
        Ok((Answer::ok(self.own_view()), None))
    }

    pub(super) fn public_keys(
        &self,
        rights: &Rights,
        page: &PageQuery,
    ) -> Result<Answer, ApiError> {
        rights.admin()?;
        let all = self.profiles.site.public_keys.iter().collect();
        page_of(all, page, |key| key.id.as_str(), shown)
    }

    pub(super) fn create_public_key(
        &mut self,
        rights: &Rights,
        key: HostKey,
    ) -> Result<Answer, ApiError> {
        rights.admin()?;
        let mut site = self.own_site();
        if site.public_keys.iter().any(|own| own.id == key.id) {
            return Err(ApiError::new(ErrorCode::IdTaken, "a public key has this id"));
        }
        if site.public_keys.len() >= MAX_PUBLIC_KEYS {
            let detail = format!("a workspace has at most {MAX_PUBLIC_KEYS} public keys");
            return Err(ApiError::new(ErrorCode::Conflict, detail));
        }
        let key = HostKey { created_at: self.now(), ..key };
        let (id, answer) = (key.id.clone(), Answer::created(shown(&key)));
        site.public_keys.push(key);
        self.set_site(site);
        let after = self.fields_of(Target::PublicKey, &id);
        self.note(rights, "public_key.created", Target::PublicKey, &id, None, after);
        Ok(answer)
    }

    pub(super) fn remove_public_key(
        &mut self,
        rights: &Rights,
        id: &str,
    ) -> Result<Answer, ApiError> {
        rights.admin()?;
        let before = self.fields_of(Target::PublicKey, id);
        let before = before.ok_or_else(|| ApiError::not_found("public key"))?;
        let mut site = self.own_site();
        site.public_keys.retain(|key| key.id != id);
        self.set_site(site);
        self.note(rights, "public_key.removed", Target::PublicKey, id, Some(before), None);
        // With which key they were let in is not known: who has something signed with another one
        // comes back with that, and nobody else does.
        let signed = |stream: &Stream| {
            matches!(stream.proof, Some(Proof::Host { .. })) || stream.identity.is_some()
        };
        self.put_out(CloseCode::TokenExpired, signed);
        Ok(Answer::empty())
    }

    /// Puts a department at a place among the others, from 1; none: the last.
    pub(super) fn place_department(&mut self, id: &str, position: Option<u32>) {
        let view = self.view();
        let departments = view.departments();
        let before: Vec<DepartmentId> = departments.iter().map(|of| of.id.clone()).collect();
        let mut ordered = before.clone();
        let Some(from) = ordered.iter().position(|other| other.as_str() == id) else { return };
        let moved = ordered.remove(from);
        let last = ordered.len();
        let to = position.map_or(last, |position| (position as usize).saturating_sub(1).min(last));
        ordered.insert(to, moved);
        if ordered != before {
            self.set_site(Site { department_order: ordered, ..self.own_site() });
        }
    }
}

fn shown(key: &HostKey) -> model::PublicKey {
    model::PublicKey {
        id: key.id.clone(),
        algorithm: key.algorithm.clone(),
        key: key.pem.clone(),
        fingerprint: fingerprint(key).unwrap_or_default(),
        created_at: key.created_at.0,
    }
}

/// What tells a key from others at a glance.
fn fingerprint(key: &HostKey) -> Option<String> {
    let algorithm = auth::jwt::Algorithm::named(&key.algorithm)?;
    Some(auth::jwt::PublicKey::parse(algorithm, &key.pem).ok()?.fingerprint())
}
