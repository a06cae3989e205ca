//! The workspace itself.

use std::sync::Arc;

use switchboard_journal::Site;
use switchboard_protocol::{CloseCode, ErrorCode, http, model};
use switchboard_routing::{Command, Config, PlanLimits, Refusal, Status};

use super::{Answered, Rights};
use crate::{
    actor::{stream::Stream, worker::Worker},
    ask::{Answer, ApiError},
    convert::{ToCore, refused},
    seam::ToConnection,
};

impl Worker {
    pub(super) fn create_workspace(
        &mut self,
        rights: &Rights,
        request: http::CreateWorkspace,
    ) -> Answered {
        let settings = model::Settings::default();
        let limits = request.plan.limits();
        let config = Config {
            name: request.name,
            plan: request.plan.as_str().to_owned(),
            limits: PlanLimits { seats: limits.seats, departments: limits.departments },
            absent_away_ms: settings.absent_away_ms,
            idle_away_ms: settings.idle_away_ms,
            mobile_hold_ms: settings.mobile_hold_ms,
            ..Config::default()
        };
        let configure = Command::Configure(Box::new(config));
        let step = self.carry_out_for(rights.origin.clone(), configure)?;
        Ok((Answer::created(self.own_view()), Some(step)))
    }

    pub(super) fn own_view(&self) -> model::Workspace {
        self.view().workspace(self.id.as_str(), &self.entry.site_key)
    }

    pub(super) fn workspace(&self, rights: &Rights) -> Result<Answer, ApiError> {
        rights.admin()?;
        Ok(Answer::ok(self.own_view()))
    }

    pub(super) fn site(&self) -> Answer {
        Answer::ok(http::Site { departments: self.view().public_departments() })
    }

    pub(super) fn patch_workspace(
        &mut self,
        rights: &Rights,
        patch: http::PatchWorkspace,
    ) -> Answered {
        rights.admin()?;
        let operators = patch.plan.is_some() || !patch.limits.is_keep() || patch.status.is_some();
        if operators && !rights.root {
            let detail = "plan, limits and status are the operator's to change";
            return Err(ApiError::new(ErrorCode::Forbidden, detail));
        }
        let (config, site) = self.patched(patch)?;
        let asked = model::PlanLimits {
            seats: config.limits.seats,
            departments: config.limits.departments,
        };
        let suspends = config.status == Status::Suspended;
        self.count_status(-1.0);
        let step = self.step(rights.origin.clone(), None, Command::Configure(Box::new(config)));
        self.count_status(1.0);
        let step = step.map_err(|refusal| self.too_small(refusal, asked))?;
        if site != *self.profiles.site {
            self.set_site(site);
        }
        if suspends {
            self.put_out(CloseCode::Removed, |_| true);
        }
        Ok((Answer::ok(self.own_view()), Some(step)))
    }

    fn patched(&self, patch: http::PatchWorkspace) -> Result<(Config, Site), ApiError> {
        let mut config = self.core.config().clone();
        if let Some(name) = patch.name {
            config.name = name;
        }
        let mut limits = model::PlanLimits {
            seats: config.limits.seats,
            departments: config.limits.departments,
        };
        if let Some(plan) = patch.plan {
            config.plan = plan.as_str().to_owned();
            limits = plan.limits();
        }
        match patch.limits {
            http::Patch::Keep => {}
            // Without an override, the plan's.
            http::Patch::Clear => limits = crate::convert::plan_of(&config.plan).limits(),
            http::Patch::Set(patch) => patch.apply(&mut limits),
        }
        config.limits = PlanLimits { seats: limits.seats, departments: limits.departments };
        if let Some(status) = patch.status {
            config.status = status.to_core().unwrap_or(config.status);
        }
        let mut settings = self.own_view().settings;
        match patch.settings {
            http::Patch::Keep => {}
            http::Patch::Clear => settings = model::Settings::default(),
            http::Patch::Set(patch) => patch.apply(&mut settings),
        }
        config.absent_away_ms = settings.absent_away_ms;
        config.idle_away_ms = settings.idle_away_ms;
        config.mobile_hold_ms = settings.mobile_hold_ms;
        config.default_department_id = settings.default_department_id.map(Into::into);
        let missing_origin_allowed = settings.missing_origin != model::MissingOrigin::Refuse;
        let allowed_origins = settings.allowed_origins;
        let site = Site { allowed_origins, missing_origin_allowed, ..self.own_site() };
        Ok((config, site))
    }

    fn too_small(&self, refusal: Refusal, asked: model::PlanLimits) -> ApiError {
        let error = refused(refusal);
        match refusal {
            Refusal::PlanTooSmall => {
                ApiError { plan: Some((asked, self.own_view().usage)), ..error }
            }
            _ => error,
        }
    }

    /// Closes sockets, all or some. Nothing is lost: to the core their people have lost them, and
    /// may come back where they are let in.
    pub(super) fn put_out(&mut self, code: CloseCode, whom: impl Fn(&Stream) -> bool) {
        let live = self.streams.live().filter(|(_, stream)| whom(stream));
        let live = live.map(|(id, stream)| (id.clone(), stream.generation));
        for (session, generation) in live.collect::<Vec<_>>() {
            if let Some(link) = self.streams.find(&session).and_then(|s| s.link.clone()) {
                self.deliver(&link, ToConnection::Close(code));
            }
            self.lost(&session, generation);
        }
    }

    pub(super) fn live_view(&self, rights: &Rights) -> Result<Answer, ApiError> {
        rights.admin()?;
        Ok(Answer::ok(Arc::new(self.live_snapshot(&None))))
    }
}
