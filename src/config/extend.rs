//! What the configuration adds to the rules: names, rules and samples of the user's own, limits.

use super::{Config, Fault};
use crate::fact::words::words;
use crate::rule::RuleSet;

/// The shortest name, in letters and digits: shorter ones occur everywhere and slow the search down.
const LEAST_NAME: usize = 4;

impl Config {
    /// Returns the rules with everything the configuration adds, or the first fault in that.
    pub(super) fn extend(&self, mut rules: RuleSet) -> Result<RuleSet, Fault> {
        let practices: Vec<String> = rules.practices.iter().map(|practice| practice.id.clone()).collect();
        let fault = |anchor: &str, what: String, remedy: &str| Fault {
            anchor: anchor.to_owned(),
            what,
            remedy: remedy.to_owned(),
        };
        for file in &self.custom_rule {
            let how = concat!(
                env!("CARGO_PKG_REPOSITORY"),
                "/blob/main/docs/configuration.md#rules-of-your-own shows how rules are written"
            );
            if rules.get(file.id()).is_some() {
                let what = format!("a rule `{}` already exists", file.id());
                return Err(fault(file.id(), what, "give it another id"));
            }
            rules.add(file.clone().custom(&practices).map_err(|(what, anchor)| fault(&anchor, what, how))?);
        }
        for (name, id) in &self.names {
            let words = words(name.as_bytes());
            if words.replace(' ', "").len() < LEAST_NAME {
                let what = format!("the name `{name}` is too short");
                return Err(fault(name, what, "use a longer one, such as `EDGE_TOKEN`"));
            }
            if !rules.name(id, &words) {
                let what = format!("`{id}` does not find values by their names");
                return Err(fault(id, what, "name a rule that does, such as `hardcoded-api-token`"));
            }
        }
        rules.samples.extend(self.samples.iter().map(|digest| digest.to_ascii_lowercase()));
        let limits = &mut rules.limits;
        limits.token_lifetime_days = self.limits.token_lifetime_days.unwrap_or(limits.token_lifetime_days);
        limits.permission_groups = self.limits.permission_groups.unwrap_or(limits.permission_groups);
        limits.credential_age_days = self.limits.credential_age_days.unwrap_or(limits.credential_age_days);
        Ok(rules)
    }

    /// Returns the rules with everything the configuration adds, which [`read`](super::read) has checked.
    pub fn extended(&self, rules: RuleSet) -> RuleSet {
        let unchanged = rules.clone();
        self.extend(rules).unwrap_or(unchanged)
    }
}
