//! `--select`, `--ignore`, `--pedantic`, `--min-confidence`: which rules report, and how sure they have to be.

use clap::Args;
use flaresec::filter::suppression::nearest;
use flaresec::rule::{Category, Confidence, Rule, RuleSet};

use super::{complain, named};

/// Which rules report.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RuleArgs {
    /// Report only what these rules find: ids or categories, separated by commas; may be given several times
    #[arg(long, value_name = "RULE|CATEGORY", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Leave out what these rules find: ids or categories, separated by commas; may be given several times
    #[arg(long, value_name = "RULE|CATEGORY", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Also run the rules that state opinions
    #[arg(long)]
    pub(crate) pedantic: bool,
    /// Lowest confidence of the findings that are reported [default: medium]
    #[arg(long, value_name = "CONFIDENCE", value_parser = named(&Confidence::ALL, Confidence::name))]
    pub(crate) min_confidence: Option<Confidence>,
}

impl RuleArgs {
    /// Whether the options leave out some of what the rules find; a scan without them may find more.
    pub(crate) fn is_part(&self) -> bool {
        let sure = self.min_confidence.is_some_and(|least| least > Confidence::Low);
        !self.select.is_empty() || !self.ignore.is_empty() || sure
    }

    /// Checks every name against all rules. Returns the exit code if one is neither a rule nor a category.
    pub(crate) fn check(&self, rules: &RuleSet) -> Result<(), u8> {
        let mut known: Vec<String> =
            Category::ALL.iter().map(|category| category.name().to_owned()).collect();
        known.extend(rules.rules.iter().map(|rule| rule.id.clone()));
        for (option, names) in [("--select", &self.select), ("--ignore", &self.ignore)] {
            if let Some(wrong) = names.iter().find(|name| !known.contains(name)) {
                let categories = Category::ALL.map(Category::name).join(", ");
                let all = format!("`flaresec rules` lists all; categories are {categories}");
                let remedy = nearest(wrong, &known).map(|near| format!("did you mean `{near}`?"));
                let what = format!("{option}: no rule or category `{wrong}`");
                return Err(complain(&what, &remedy.unwrap_or(all)));
            }
        }
        Ok(())
    }

    /// Whether a rule runs: one that states an opinion has to be asked for, by `--pedantic` or by its id.
    pub(crate) fn runs(&self, rule: &Rule) -> bool {
        !rule.pedantic || self.pedantic || self.select.contains(&rule.id)
    }

    /// Whether the findings of a rule are reported.
    pub(crate) fn reports(&self, rule: &Rule) -> bool {
        let names =
            |list: &[String]| list.iter().any(|name| *name == rule.id || name == rule.category.name());
        (self.select.is_empty() || names(&self.select)) && !names(&self.ignore)
    }

    /// Returns what a report says about the choice, one line per option.
    pub(crate) fn notices(&self) -> impl Iterator<Item = String> {
        let say = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
        };
        [say("only reported", &self.select), say("not reported", &self.ignore)].into_iter().flatten()
    }
}
