//! Short names: what the steps are about, numbered from one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::step::Step;

/// The same steps about `c1`, `v1`, `a1`, `d1` and `i1`, where that makes no difference.
pub(super) fn shorter(steps: Vec<Step>, fails: &mut dyn FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut seen = Vec::new();
    for step in &steps {
        if let Step::Ask(input) = step
            && let Ok(value) = serde_json::to_value(input)
        {
            walk(&value, &mut seen);
        }
    }
    let named = named(seen);
    let renamed: Option<Vec<Step>> = steps.iter().map(|step| rename(step, &named)).collect();
    match renamed.filter(|renamed| fails(renamed)) {
        Some(renamed) => renamed,
        None => steps,
    }
}

/// The new names, in the order in which they come up; agents, departments and
/// invites, in whose order things are decided, in that of their ids.
fn named(mut seen: Vec<String>) -> BTreeMap<String, String> {
    let ordered = |name: &str| name.starts_with(['a', 'd', 'i']);
    let mut sorted: Vec<String> = seen.iter().filter(|name| ordered(name)).cloned().collect();
    sorted.sort_unstable();
    seen.retain(|name| !ordered(name));
    seen.extend(sorted);
    let mut named = BTreeMap::new();
    let mut count: BTreeMap<char, usize> = BTreeMap::new();
    for name in seen {
        let Some(kind) = name.chars().next().filter(|_| !named.contains_key(&name)) else {
            continue;
        };
        let number = count.entry(kind).or_default();
        *number += 1;
        named.insert(name, format!("{kind}{number}"));
    }
    named
}

/// The id in a text, which may be the id of one of its sessions: `a3` of `a3/17`.
fn id(text: &str) -> Option<&str> {
    let id = text.split('/').next().unwrap_or_default();
    let digits = id.strip_prefix(['a', 'c', 'd', 'i', 'v'])?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(id)
}

fn walk(value: &Value, seen: &mut Vec<String>) {
    match value {
        Value::String(text) => seen.extend(id(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, seen)),
        Value::Object(fields) => fields.values().for_each(|field| walk(field, seen)),
        _ => {}
    }
}

fn rename(step: &Step, named: &BTreeMap<String, String>) -> Option<Step> {
    let Step::Ask(input) = step else { return Some(step.clone()) };
    let mut value = serde_json::to_value(input).ok()?;
    change(&mut value, named);
    Some(Step::Ask(Box::new(serde_json::from_value(value).ok()?)))
}

fn change(value: &mut Value, named: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            let known = id(text).and_then(|id| Some((id.len(), named.get(id)?)));
            if let Some((length, name)) = known {
                text.replace_range(..length, name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| change(item, named)),
        Value::Object(fields) => fields.values_mut().for_each(|field| change(field, named)),
        _ => {}
    }
}
