//! Suppression comments: marks what they accept, and reports those that are wrong, expired or of no use. Knows nothing
//! of texts but what [`Placed`] holds.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::blob::BlobPath;
use crate::fact::directive::{Directive, Scope};
use crate::finding::{Excerpt, Finding, Fingerprint, SuppressedBy, Suppression};
use crate::rule::{CheckKind, Confidence, Rule, RuleSet};
use crate::span::Location;

/// A directive with its place as a person sees it; everything that shows text is masked.
#[derive(Clone, Debug)]
pub struct Placed {
    /// What the comment says.
    pub directive: Directive,
    /// Where it is.
    pub location: Location,
    /// Its line, masked.
    pub excerpt: Excerpt,
    /// The reason as far as it is shown, masked. Whether there is one is up to the directive: what is shown of it depends
    /// on the room that it has.
    pub reason: String,
}

/// Id of the rule about suppressions that accept nothing.
const UNUSED: &str = "unused-suppression";
/// Id of the rule about suppressions that say something wrong.
const INVALID: &str = "invalid-suppression";

/// Marks the findings of one file that its directives accept, and adds findings about the directives themselves.
/// `paths` are the name of the file and the one by which fingerprints know it. `rules` are those that were looked for,
/// `known` all ids there are; `today` is `YYYY-MM-DD`.
pub fn apply(
    paths: (&BlobPath, &BlobPath),
    findings: &mut Vec<Finding>,
    placed: Vec<Placed>,
    rules: &RuleSet,
    known: &[String],
    today: &str,
) {
    let mut about = Vec::new();
    // Equal complaints are told apart by their number among themselves; others come and go.
    let mut equal: HashMap<(String, String), usize> = HashMap::new();
    let mut complain = |id: &str, place: &Placed, message: &str| {
        if let Some(rule) = rules.get(id) {
            let before = equal.entry((id.to_owned(), message.to_owned())).or_default();
            about.push(report(rule, paths, place, message, *before));
            *before += 1;
        }
    };
    for (index, place) in placed.iter().enumerate() {
        let directive = &place.directive;
        let lines = match lines(&placed, index) {
            Ok(lines) => lines,
            Err(Some(message)) => {
                complain(INVALID, place, &message);
                continue;
            }
            Err(None) => continue,
        };
        if let Some(message) = fault(place, today) {
            complain(INVALID, place, &message);
            continue;
        }
        for id in &directive.rules {
            if !known.iter().any(|k| k == id) {
                let message = match nearest(id, known) {
                    Some(near) => {
                        format!("suppression of `{}`, which is not a rule; did you mean `{near}`?", shown(id))
                    }
                    None if shown(id).is_empty() => String::from("suppression of what is no rule: name each"),
                    None => format!("suppression of `{}`, which is not a rule", shown(id)),
                };
                complain(INVALID, place, &message);
                continue;
            }
            let mut used = false;
            for finding in findings.iter_mut().filter(|f| f.rule.id == *id) {
                let (start, end) = (finding.location.start.line, finding.location.end.line);
                if start <= lines.1 && lines.0 <= end {
                    used = true;
                    finding.suppressed.get_or_insert_with(|| Suppression {
                        by: SuppressedBy::Inline,
                        reason: place.reason.clone(),
                    });
                }
            }
            // A rule that was not looked for, or is settled only over all files or commits, may still need its comment.
            let later = |r: &Arc<Rule>| {
                r.detects
                    .iter()
                    .any(|d| matches!(d.check, CheckKind::Duplicate | CheckKind::Age | CheckKind::Comment))
            };
            let judged = |r: &Arc<Rule>| r.id == *id && !later(r);
            if !used && rules.rules.iter().any(judged) {
                let message = format!("suppression of `{id}` accepts nothing here");
                complain(UNUSED, place, &message);
            }
        }
    }
    findings.append(&mut about);
}

/// Marks the findings on lines that comments of other scanners accept.
pub fn apply_foreign(lines: &[(usize, &'static str)], findings: &mut [Finding]) {
    for finding in findings {
        let own = finding.location.start.line..=finding.location.end.line;
        if let Some((_, word)) = lines.iter().find(|(line, _)| own.contains(line)) {
            finding.suppressed = Some(Suppression { by: SuppressedBy::Inline, reason: (*word).to_owned() });
        }
    }
}

/// Returns the first and last line that a directive covers, or what is wrong with it; `Err(None)` for one that covers
/// nothing by itself.
fn lines(placed: &[Placed], index: usize) -> Result<(usize, usize), Option<String>> {
    let place = &placed[index];
    let own = place.location.start.line;
    match place.directive.scope {
        Scope::File => Ok((1, usize::MAX)),
        Scope::Line if place.directive.alone => {
            // Several directives may stand above the line they all speak of.
            let mut next = own + 1;
            for later in &placed[index + 1..] {
                if later.directive.alone && later.location.start.line == next {
                    next += 1;
                }
            }
            Ok((own, next))
        }
        Scope::Line => Ok((own, own)),
        Scope::Start => placed[index + 1..]
            .iter()
            .find(|p| p.directive.scope == Scope::End)
            .map(|end| (own, end.location.start.line))
            .ok_or_else(|| Some(String::from("`allow-start` without `allow-end`: it accepts nothing"))),
        Scope::End => {
            if placed[..index].iter().any(|p| p.directive.scope == Scope::Start) {
                Err(None)
            } else {
                Err(Some(String::from("`allow-end` without `allow-start`")))
            }
        }
        Scope::Unknown => {
            let verb = shown(&place.directive.verb);
            let what = if verb.starts_with("allow") && place.directive.rules.is_empty() {
                format!("`{verb}` without brackets")
            } else {
                format!("`{verb}` is no word of flaresec")
            };
            Err(Some(format!(
                "{what}: write allow(rule) with a reason, allow-file(rule), allow-start(rule) or allow-end"
            )))
        }
    }
}

fn fault(place: &Placed, today: &str) -> Option<String> {
    let directive = &place.directive;
    if directive.rules.is_empty() {
        return Some(String::from("suppression that names no rule: it accepts nothing"));
    }
    if directive.reason.is_empty() {
        return Some(String::from("suppression without a reason: it accepts nothing"));
    }
    match &directive.until {
        Some(until) if !is_date(until) => {
            Some(String::from("suppression whose `until` is not a date: write until=YYYY-MM-DD"))
        }
        Some(until) if until.as_str() < today => Some(format!("suppression that expired on {until}")),
        _ => None,
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes.iter().enumerate().all(|(i, b)| match i {
        4 | 7 => *b == b'-',
        _ => b.is_ascii_digit(),
    });
    bytes.len() == 10
        && digits
        && matches!(text[5..7].parse(), Ok(1..=12))
        && matches!(text[8..10].parse(), Ok(1..=31))
}

/// Returns what may be shown of a name that is not a rule: it could be a secret.
fn shown(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(24).collect()
}

/// Returns the name that is most similar to `wrong`, or `None` if none is similar.
pub fn nearest<'a>(wrong: &str, names: &'a [String]) -> Option<&'a str> {
    if wrong.len() > 64 {
        return None;
    }
    names
        .iter()
        .map(|name| (distance(wrong.as_bytes(), name.as_bytes()), name.as_str()))
        .filter(|(steps, name)| *steps <= 2.max(name.len() / 4))
        .min()
        .map(|(_, name)| name)
}

fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn report(
    rule: &Arc<Rule>,
    (path, known_as): (&BlobPath, &BlobPath),
    place: &Placed,
    message: &str,
    number: usize,
) -> Finding {
    let digest = Sha256::digest(format!("{}\0{}\0{message}\0{number}", rule.id, known_as.to_text()));
    Finding {
        rule: rule.clone(),
        severity: rule.severity,
        confidence: Confidence::High,
        message: message.to_owned(),
        path: path.clone(),
        location: place.location,
        labels: Vec::new(),
        excerpt: place.excerpt.clone(),
        evidence: Vec::new(),
        help: rule.docs.instead.clone(),
        permissions: Vec::new(),
        fingerprint: Fingerprint::new(&digest),
        credential: None,
        suppressed: None,
        fix: None,
        provenance: None,
        identity: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_date, nearest};

    #[test]
    fn dates() {
        assert!(is_date("2026-11-23") && !is_date("2026-13-01") && !is_date("soon") && !is_date("2026-1-1"));
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let names = [String::from("hardcoded-api-token"), String::from("hardcoded-global-key")];
        assert_eq!(nearest("hardcode-api-token", &names), Some("hardcoded-api-token"));
        assert_eq!(nearest("everything", &names), None);
    }
}
