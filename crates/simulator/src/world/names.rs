//! The ids of a simulated workspace, made once: people are asked for by number.

use switchboard_routing::{AgentId, By, ConversationId, DepartmentId, Origin, VisitorId};

use crate::ledger::{AGENTS, DEPARTMENTS};

/// The most visitors of one workspace.
pub(super) const VISITORS: usize = 32;

/// See the module. What is out of bounds is named as the first.
#[derive(Debug)]
pub(super) struct Names {
    agents: Vec<(AgentId, Origin)>,
    visitors: Vec<(VisitorId, Origin)>,
    departments: Vec<DepartmentId>,
    conversations: Vec<ConversationId>,
}

impl Default for Names {
    fn default() -> Self {
        let agent = |number| {
            let id = format!("a{number}");
            (AgentId::from(id.as_str()), Origin::new(By::Agent, id))
        };
        let visitor = |number| {
            let id = format!("v{number}");
            (VisitorId::from(id.as_str()), Origin::new(By::Visitor, id))
        };
        Self {
            agents: (0..AGENTS).map(agent).collect(),
            visitors: (0..VISITORS).map(visitor).collect(),
            departments: (0..DEPARTMENTS).map(|number| format!("d{number}").into()).collect(),
            conversations: Vec::new(),
        }
    }
}

// Every list is made with something in it, and numbers are brought into its bounds.
#[allow(clippy::indexing_slicing)]
impl Names {
    pub(super) fn agent(&self, number: usize) -> AgentId {
        self.agents[number % AGENTS].0.clone()
    }

    pub(super) fn as_agent(&self, number: usize) -> Origin {
        self.agents[number % AGENTS].1.clone()
    }

    pub(super) fn visitor(&self, number: usize) -> VisitorId {
        self.visitors[number % VISITORS].0.clone()
    }

    pub(super) fn as_visitor(&self, number: usize) -> Origin {
        self.visitors[number % VISITORS].1.clone()
    }

    pub(super) fn department(&self, number: usize) -> DepartmentId {
        self.departments[number % DEPARTMENTS].clone()
    }

    pub(super) fn conversation(&mut self, number: usize) -> ConversationId {
        while self.conversations.len() <= number {
            let id = conversation_id(self.conversations.len());
            self.conversations.push(id);
        }
        self.conversations[number].clone()
    }
}

/// `c17`, without the machinery of formatting: one is made for every conversation.
fn conversation_id(number: usize) -> ConversationId {
    let mut digits = [0_u8; 21];
    let (mut first, mut rest) = (digits.len(), number);
    for digit in digits.iter_mut().rev() {
        (*digit, rest) = (b'0' + (rest % 10) as u8, rest / 10);
        first -= 1;
        if rest == 0 {
            break;
        }
    }
    if let Some(letter) = digits.get_mut(first - 1) {
        *letter = b'c';
    }
    let text = digits.get(first - 1..).and_then(|text| std::str::from_utf8(text).ok());
    text.unwrap_or("c").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_are_numbered() {
        for number in [0, 7, 10, 1_234_567, usize::MAX] {
            assert_eq!(conversation_id(number).as_str(), format!("c{number}"));
        }
    }
}
