//! `check = "tracked"`: a credential in a file that must not hold one because of what the file is. A file that is
//! scanned at all is tracked by git, or would be after the next `git add`: ignored files are not scanned.

use memchr::memmem;

use super::excerpt::joined;
use crate::blob::BlobPath;
use crate::finding::Finding;
use crate::rule::{Category, CheckKind, Confidence, RuleSet, Variant};

/// Returns, for each rule about such files, a finding at the first credential of the file. The findings are sorted, and
/// not numbered yet.
pub(super) fn within(rules: &RuleSet, path: &BlobPath, findings: &[Finding]) -> Vec<Finding> {
    let is_secret = |f: &&Finding| {
        f.rule.category == Category::Secret && f.confidence > Confidence::Low && f.credential.is_some()
    };
    let Some(first) = findings.iter().find(is_secret) else { return Vec::new() };
    let found = rules.detections(CheckKind::Tracked).filter_map(|(rule, detect)| {
        let message = match detect.variant {
            Some(Variant::Bundle) if is_bundle(path) => "this credential is in code that browsers download",
            Some(Variant::Local) if stays_local(path) => {
                "this file holds a credential and is not ignored by git"
            }
            _ => return None,
        };
        Some(Finding {
            confidence: first.confidence,
            excerpt: joined(&[(&first.excerpt, message)]),
            permissions: Vec::new(),
            credential: None,
            suppressed: None,
            ..first.derived(&rules.rules[rule], String::from(message), Vec::new())
        })
    });
    found.collect()
}

/// Whether a build tool made the file for browsers.
fn is_bundle(path: &BlobPath) -> bool {
    let lower = path.as_bytes().to_ascii_lowercase();
    let code = [&b".js"[..], b".mjs", b".css", b".html", b".js.map"].iter().any(|end| lower.ends_with(end));
    let whole = [&b"/"[..], &lower].concat();
    let within = |part: &[u8]| memmem::find(&whole, part).is_some();
    let client = [
        &b"/_next/static/"[..],
        b"/dist/assets/",
        b"/public/build/",
        b"/build/static/",
        b"/.output/public/",
        b"/www/",
        b"/static/js/",
    ];
    code && (client.iter().any(|part| within(part))
        || lower.ends_with(b".min.js")
        || within(b"/dist/") && within(b"/assets/"))
}

/// Whether tools keep secrets in a file of that name and expect git to ignore it.
fn stays_local(path: &BlobPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let whole = path.as_bytes().to_ascii_lowercase();
    let within = |part: &[u8]| memmem::find(&whole, part).is_some();
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
    use super::{is_bundle, stays_local};
    use crate::blob::BlobPath;

    #[test]
    fn what_browsers_download() {
        for path in [
            "dist/assets/index-4f.js",
            "app/.next/static/../_next/static/a.js",
            "public/app.min.js",
            "build/static/js/main.js",
        ] {
            assert!(is_bundle(&BlobPath::new(path)), "{path}");
        }
        for path in ["src/index.js", "dist/server.js", "assets/logo.svg", "www/config.php"] {
            assert!(!is_bundle(&BlobPath::new(path)), "{path}");
        }
    }

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
