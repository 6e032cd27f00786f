//! All rules of a run: the embedded ones, in the order of their ids, plus those of the user.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Rule;
use super::load::RuleFile;

mod embedded {
    //! Made by build.rs from `rules/`: adding a file there registers the rule.
    include!(concat!(env!("OUT_DIR"), "/rules.rs"));
}

/// A documented best practice that rules serve: one entry of `rules/practices.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    /// Key, as rules name it.
    pub id: String,
    /// The practice in a few words.
    pub title: String,
    /// Why it matters: one or two sentences.
    pub why: String,
    /// Address of the documentation that states it.
    pub source: String,
}

/// The rules and practices of a run.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Sorted by id.
    pub rules: Vec<Arc<Rule>>,
    /// The ten practices, in their documented order.
    pub practices: Vec<Practice>,
    /// SHA-256, in hex, of published sample values that are never reported.
    pub samples: HashSet<String>,
}

impl RuleSet {
    /// The rules that come with the program.
    pub fn embedded() -> RuleSet {
        let rules = embedded::RULES
            .iter()
            .map(|rule| {
                let file: RuleFile =
                    serde_json::from_str(rule.json).expect("a test loads every embedded rule from its TOML");
                Arc::new(file.into_rule())
            })
            .collect();
        let practices =
            serde_json::from_str(embedded::PRACTICES).expect("a test loads the embedded practices");
        let samples = embedded::SAMPLES.iter().map(|digest| (*digest).to_owned()).collect();
        RuleSet { rules, practices, samples }
    }

    /// The rule of that id.
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The practice of that key; every loaded rule names a known one.
    pub fn practice(&self, id: &str) -> Option<&Practice> {
        self.practices.iter().find(|practice| practice.id == id)
    }

    /// The TOML source of every embedded rule with the stem of its file.
    pub fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
        embedded::RULES.iter().map(|rule| (rule.stem, rule.toml))
    }
}
