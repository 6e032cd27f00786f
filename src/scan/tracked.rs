//! `check = "tracked"`: a credential in a file that is meant to stay on one machine. That it is scanned at all says that git
//! tracks it or would with the next `git add`: ignored files are not scanned.

use crate::blob::BlobPath;
use crate::check::Candidate;
use crate::rule::{Category, CheckKind, Confidence, RuleSet};

/// A finding at the first credential of such a file.
pub(super) fn within(rules: &RuleSet, path: &BlobPath, secrets: &[Candidate]) -> Option<Candidate> {
    let rule = rules.by_check(CheckKind::Tracked).filter(|_| stays_local(path))?;
    let secret = |c: &&Candidate| {
        rules.rules[c.rule].category == Category::Secret
            && c.confidence > Confidence::Low
            && c.credential.is_some()
    };
    let first = secrets.iter().filter(secret).min_by_key(|c| c.span)?;
    let mut found = Candidate::new(rule, first.span, first.confidence);
    found.message = Some(String::from("this file holds a credential and is not ignored by git"));
    found.secrets.clone_from(&first.secrets);
    Some(found)
}

/// Whether tools read a file of that name for secrets or write secrets into it, and expect it to be ignored.
fn stays_local(path: &BlobPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let whole = path.as_bytes().to_ascii_lowercase();
    let within = |part: &[u8]| whole.windows(part.len()).any(|w| w == part);
    let template = [&b"example"[..], b"sample", b"template", b"dist", b"defaults"];
    let is_template = name.split(|b| matches!(b, b'.' | b'-' | b'_')).any(|part| template.contains(&part));
    let dotenv =
        |stem: &[u8]| name == stem || name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(b"."));
    let ends = |end: &[u8]| name.ends_with(end);
    !is_template
        && (dotenv(b".env")
            || dotenv(b".dev.vars")
            || name == b".envrc"
            || ends(b".env")
            || ends(b".tfvars")
            || ends(b".tfvars.json")
            || ends(b".tfstate")
            || ends(b".tfstate.backup")
            || within(b".cloudflared/") && (ends(b".json") || ends(b".pem"))
            || within(b".wrangler/") && ends(b".toml"))
}

#[cfg(test)]
mod tests {
    use super::stays_local;
    use crate::blob::BlobPath;

    #[test]
    fn names_that_stay_on_one_machine() {
        for path in [
            ".env",
            "a/.env.production",
            "prod.env",
            ".dev.vars",
            ".dev.vars.staging",
            "x.auto.tfvars",
            "terraform.tfstate.backup",
            "home/.cloudflared/cert.pem",
            ".wrangler/config/default.toml",
        ] {
            assert!(stays_local(&BlobPath::new(path)), "{path}");
        }
        for path in [
            ".env.example",
            ".dev.vars.example",
            "env.py",
            "sample.env",
            "terraform.tf",
            "environment",
            "a.json",
        ] {
            assert!(!stays_local(&BlobPath::new(path)), "{path}");
        }
    }
}
