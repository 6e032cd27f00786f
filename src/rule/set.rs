//! All rules of a run: the embedded ones, in the order of their ids, plus those of the user.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::load::RuleFile;
use super::{CheckKind, Detect, Proof, Rule};

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

/// What rules measure against; the configuration may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A token that lives longer than this is long-lived; days.
    pub token_lifetime_days: u32,
    /// A token with more permission groups than this has too many.
    pub permission_groups: u32,
    /// A credential first committed longer ago than this is stale; days.
    pub credential_age_days: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { token_lifetime_days: 365, permission_groups: 20, credential_age_days: 90 }
    }
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
    /// Words that the gate lets through besides its own: those of the user's rules and names.
    pub words: Vec<String>,
    /// What rules measure against.
    pub limits: Limits,
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
        RuleSet { rules, practices, samples, words: Vec::new(), limits: Limits::default() }
    }

    /// The rule of that id.
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Adds a rule, in its place.
    pub fn add(&mut self, rule: Rule) {
        self.words.extend(rule.detects.iter().flat_map(|detect| detect.keywords.iter().cloned()));
        let at = self.rules.partition_point(|other| other.id < rule.id);
        self.rules.insert(at, Arc::new(rule));
    }

    /// Lets a rule look at values that go by a name of the user's, whatever stands around them: lower-case words
    /// joined by spaces. False if the rule finds nothing by names.
    pub fn name(&mut self, id: &str, words: &str) -> bool {
        let Some(rule) = self.rules.iter_mut().find(|rule| rule.id == id) else { return false };
        let named = |detect: &&Detect| {
            detect.check == CheckKind::Assignment && detect.proof != Some(Proof::Crc32Required)
        };
        let together = words.replace(' ', "");
        let own: Vec<Detect> = rule
            .detects
            .iter()
            .filter(named)
            .map(|detect| Detect {
                keywords: Vec::new(),
                name: Some(format!("(^| )({words}|{together})( |$)")),
                not_name: None,
                near: Some(String::from(".*")),
                file: None,
                ..detect.clone()
            })
            .collect();
        let found = !own.is_empty();
        Arc::make_mut(rule).detects.extend(own);
        self.words.extend(["_", "-", " ", ""].map(|mark| words.replace(' ', mark)));
        found
    }

    /// The rule whose findings come from a check that needs no expression, if it is on.
    pub fn by_check(&self, check: CheckKind) -> Option<usize> {
        self.rules.iter().position(|rule| rule.detects.iter().any(|detect| detect.check == check))
    }

    /// Every detection of a check, with the index of its rule.
    pub fn detections(&self, check: CheckKind) -> impl Iterator<Item = (usize, &Detect)> {
        let all = self.rules.iter().enumerate();
        all.flat_map(|(index, rule)| rule.detects.iter().map(move |detect| (index, detect)))
            .filter(move |(_, detect)| detect.check == check)
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
