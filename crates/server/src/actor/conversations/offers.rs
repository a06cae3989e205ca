//! What agents alone can do: take what they are asked to, refuse it, or take what waits.

use switchboard_routing::{AgentId, Command, ConversationId, Ineligible, Refusal};

use super::{Asked, Asker, not_found};
use crate::{actor::worker::Worker, ask::ApiError, convert::refused};

impl Worker {
    /// Takes what is offered.
    pub(in crate::actor) fn accept(
        &mut self,
        asker: &Asker,
        id: &ConversationId,
        offer_id: &str,
    ) -> Asked {
        let agent_id = asker.as_agent()?;
        let offer = self.number_of(asker, &agent_id, id, offer_id)?;
        let accept = Command::AcceptOffer { conversation_id: id.clone(), agent_id, offer };
        self.answer_offer(asker, id, accept)
    }

    /// Refuses what is offered.
    pub(in crate::actor) fn decline(
        &mut self,
        asker: &Asker,
        id: &ConversationId,
        offer_id: &str,
    ) -> Asked {
        let agent_id = asker.as_agent()?;
        let offer = self.number_of(asker, &agent_id, id, offer_id)?;
        let decline = Command::DeclineOffer { conversation_id: id.clone(), agent_id, offer };
        self.answer_offer(asker, id, decline)
    }

    /// The number of the offer that is meant; 0, which none has, where that is over. Somebody
    /// else's is not this agent's to answer.
    fn number_of(
        &self,
        asker: &Asker,
        agent: &AgentId,
        id: &ConversationId,
        offer_id: &str,
    ) -> Result<u64, ApiError> {
        let open = self.core.conversation(id.as_str());
        let Some(offer) = open.and_then(|open| open.offer.as_ref()) else { return Ok(0) };
        if self.public_ids().offer(offer.number) != offer_id {
            return Ok(0);
        }
        if offer.agent_id == *agent {
            Ok(offer.number)
        } else if self.sees_any(asker, id) {
            Err(refused(Refusal::Forbidden))
        } else {
            Err(not_found())
        }
    }

    /// An offer ends with its conversation, too: whoever sees that one hears that it is over.
    fn answer_offer(&mut self, asker: &Asker, id: &ConversationId, command: Command) -> Asked {
        let origin = asker.as_itself();
        self.step(origin, asker.session.as_ref(), command).map_err(|refusal| match refusal {
            Refusal::NotFound(_) if self.sees_any(asker, id) => refused(Refusal::OfferExpired),
            refusal => refused(refusal),
        })
    }

    /// Takes a conversation that waits, or is offered to somebody else.
    pub(in crate::actor) fn claim(&mut self, asker: &Asker, id: &ConversationId) -> Asked {
        let agent_id = asker.as_agent()?;
        let origin = asker.as_itself();
        let claim = Command::ClaimConversation { conversation_id: id.clone(), agent_id };
        self.step(origin, asker.session.as_ref(), claim).map_err(|refusal| {
            let open = self.core.conversation(id.as_str());
            match refusal {
                // An admin sees it without being a member.
                Refusal::NotFound(_) if open.is_some_and(|open| self.sees(asker, open)) => {
                    refused(Refusal::NotEligible(Ineligible::NotAMember))
                }
                refusal => self.refused_unless_ended(refusal, id, asker, |_| true),
            }
        })
    }
}
