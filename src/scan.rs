//! Turns bytes into findings, without I/O and without failing. Secrets end here: what leaves the module is masked,
//! unless [`Scanner::reveal`] is set.

use std::borrow::Cow;
use std::hash::RandomState;

use crate::blob::BlobPath;
use crate::check::assignment::Shaped;
use crate::check::{Candidate, Compiled, Detection, Input, Sign, View, assignment, fixed, run, token};
use crate::fact::decode::{DEPTH, Decoded, decode};
use crate::fact::place::{is_patch, is_removed};
use crate::fact::runs;
use crate::fact::tree::ParseFault;
use crate::finding::{Excerpt, Finding, day};
use crate::prefilter::{by_name, of_a_tool};
use crate::rule::{Category, RuleSet};
use crate::span::Span;
use crate::text::Text;

mod anchor;
mod excerpt;
mod glance;
mod hidden;
mod keywords;
mod mask;
mod settle;
pub(crate) mod shared;
mod stale;
mod tracked;

use keywords::{Hits, Keywords};

pub use anchor::Anchor;
pub use excerpt::Secrets;
pub use glance::Glance;
pub use stale::stale;

/// How much of the text around a decoded piece is looked at again, in bytes on each side.
const AROUND_DECODED: usize = 128;

/// The result of scanning a text.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// The findings, sorted by place, those about findings not yet among them.
    pub findings: Vec<Finding>,
    /// Why a structured file could not be parsed, if that may have hidden findings; it was searched for secrets all
    /// the same.
    pub fault: Option<ParseFault>,
}

/// The rules, compiled. Immutable; shared by all threads.
pub struct Scanner {
    rules: RuleSet,
    detections: Vec<Compiled>,
    keywords: Keywords,
    /// The day that dates are compared with, in days since 1970: the day on which the scanner was made.
    pub today: i64,
    /// Key of the hashes by which equal secrets are recognised; new for every process.
    key: RandomState,
    /// Whether findings keep the secret in clear, because the user asked to see it.
    pub reveal: bool,
    /// What fingerprints call a file, if not by its name in the scan.
    pub anchor: Option<Anchor>,
}

impl Scanner {
    /// Prepares the rules. Their expressions are compiled when first needed.
    pub fn new(rules: RuleSet) -> Scanner {
        let mut detections = Vec::new();
        for (index, rule) in rules.rules.iter().enumerate() {
            detections.extend(rule.detects.iter().map(|detect| Compiled::new(index, rule, detect)));
        }
        let keywords = Keywords::new(&detections);
        let (today, key) = (day::today(), RandomState::new());
        Scanner { detections, keywords, rules, today, key, reveal: false, anchor: None }
    }

    /// Returns the rules that it was made from.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Returns the name by which fingerprints know a file.
    pub fn known_as<'a>(&self, path: &'a BlobPath) -> Cow<'a, BlobPath> {
        self.anchor.as_ref().map_or(Cow::Borrowed(path), |anchor| Cow::Owned(anchor.name(path)))
    }

    /// Returns everything found in a whole blob, sorted by place.
    pub fn scan(&self, path: &BlobPath, blob: &[u8]) -> Vec<Finding> {
        let mut findings = self.scan_text(path, &Text::decode(blob)).findings;
        self.complete(path, &mut findings);
        findings
    }

    /// Adds to what was found in all parts of a blob what follows from several findings, sorts it by place, and gives
    /// equal findings fingerprints of their own.
    pub fn complete(&self, path: &BlobPath, findings: &mut Vec<Finding>) {
        if !findings.is_empty() {
            settle::complete(&self.rules, path, findings);
        }
    }

    /// Returns what is found in a text that is a part of a blob, or all of it; [`Scanner::complete`] has to follow when
    /// all parts were scanned.
    pub fn scan_text(&self, path: &BlobPath, text: &Text<'_>) -> Scanned {
        let mut candidates = Vec::new();
        let whole = Span::new(0, text.bytes().len());
        let hits = self.keywords.hits(text.bytes(), &[whole]);
        let long = runs::long(text.bytes(), whole);
        let runs = runs::values(text.bytes(), &long);
        self.values(path, &View { bytes: text.bytes(), steps: &[] }, &runs, &hits, &mut candidates);
        self.decoded(path, text.bytes(), long, &hits, &mut candidates);
        let input = Input::new(path, text, &runs, hits.signs, self.today, self.rules.limits);
        self.structures(&input, &hits, &mut candidates);
        if is_patch(path) {
            // What a patch removes is no longer a fault in the code; a secret in it is exposed all the same.
            let removed = |place: Span| is_removed(text, place.start);
            candidates.retain(|c| {
                self.rules.rules[c.rule].category == Category::Secret
                    || !removed(c.span) && !c.labels.iter().any(|(label, _)| removed(*label))
            });
        }
        // If nothing was found, it makes no difference whether the file could be parsed.
        let fault = (!candidates.is_empty()).then(|| input.fault().cloned()).flatten();
        let keeping = settle::Keeping { key: &self.key, reveal: self.reveal, known_as: &self.known_as(path) };
        let findings = settle::settle(&self.rules, keeping, path, text, candidates);
        Scanned { findings, fault }
    }

    /// Runs the checks that look for values: `token` and `assignment`.
    fn values(&self, path: &BlobPath, view: &View<'_>, runs: &[Span], hits: &Hits, out: &mut Vec<Candidate>) {
        // In a decoded text, only the runs beside of decoded pieces are known.
        let known = view.steps.is_empty().then_some(runs);
        let applies = |d: &Compiled| {
            d.file().is_none_or(|file| file.is_match(view.bytes) || file.is_match(path.as_bytes()))
        };
        for (number, detection) in self.detections.iter().enumerate() {
            let places = hits.places(number);
            if !places.is_empty() && applies(detection) {
                token::check(detection, places, known, view, out);
            }
        }
        if runs.is_empty() {
            return;
        }
        let shaped = Shaped::new(&self.detections, |number, detection| {
            (detection.detect.keywords.is_empty() || hits.has(number)) && applies(detection)
        });
        for run in runs {
            assignment::check(&shaped, *run, path, view, out, &mut Vec::new());
        }
    }

    /// Runs the same checks around every encoded piece, with the decoded text in its place.
    fn decoded(
        &self,
        path: &BlobPath,
        text: &[u8],
        mut long: Vec<Span>,
        known: &Hits,
        out: &mut Vec<Candidate>,
    ) {
        let mut steps: Vec<Decoded> = Vec::new();
        let mut joins = known.signs.has(Sign::Joins);
        // What was decoded may contain more encoded text, or form it together with its surroundings.
        let mut zones = vec![Span::new(0, text.len())];
        for _ in 0..DEPTH {
            let bytes = steps.last().map_or(text, |last| last.bytes.as_slice());
            let Some(step) = decode(bytes, &zones, &long, joins) else { break };
            steps.push(step);
            let last = steps.last().expect("just pushed");
            zones = widen(&last.zones, last.bytes.len());
            let mut hits = self.keywords.hits(&last.bytes, &zones);
            joins |= hits.signs.has(Sign::Joins);
            hits.and_those_of(known);
            long = zones.iter().flat_map(|zone| runs::long(&last.bytes, *zone)).collect();
            let runs: Vec<Span> = zones.iter().flat_map(|zone| runs::runs(&last.bytes, *zone)).collect();
            self.values(path, &View { bytes: &last.bytes, steps: &steps }, &runs, &hits, out);
        }
    }

    /// Runs the checks `request`, `setting` and `block`, once per detection whose keywords the text contains.
    fn structures(&self, input: &Input<'_>, hits: &Hits, out: &mut Vec<Candidate>) {
        // Many files pass the gate because another word contains a gate word, and are about something else.
        let named = input.signs.any(&[Sign::Vendor, Sign::Wrangler, Sign::KeyHeader, Sign::Prefix]);
        if !named && !by_name(input.path) && !TOPIC.is_match(input.text.bytes()) {
            return;
        }
        let tool = of_a_tool(input.path);
        for (number, compiled) in self.detections.iter().enumerate() {
            if !tool && !compiled.detect.keywords.is_empty() && !hits.has(number) {
                continue;
            }
            let detection = Detection { detect: &compiled.detect, rule: compiled.rule };
            if let Some(variant) = compiled.detect.variant {
                run(variant, &detection, input, out);
            }
        }
    }
}

fixed! {
    /// Words that show that a file may be about Cloudflare, if none of its signs does.
    static TOPIC = concat!(
        r"(?i)tunnel_?-?token|turnstile|cf(?:key|token|api|user|auth)",
        r"|(?:^|[^a-z]|cf)cf[._-](?:api|auth|acc|dns|email|glob|key|secr|tok|tun|zone|r2|user|pass|ddns|management|write|read|deploy|prod|stag)",
        r"|(?:^|[^a-z])r2[_-]?(?:acc|sec)"
    );
}

/// Returns the lines around places of a text, with everything masked that is in `secrets` or looks like a secret.
pub fn show(text: &Text<'_>, places: &[(Span, String)], secrets: &Secrets) -> Excerpt {
    excerpt::excerpt(text, places, secrets)
}

/// Returns the zones extended by their surroundings, joined where they touch.
fn widen(zones: &[Span], length: usize) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for zone in zones {
        let wide =
            Span::new(zone.start.saturating_sub(AROUND_DECODED), (zone.end + AROUND_DECODED).min(length));
        match out.last_mut() {
            Some(last) if wide.start <= last.end => last.end = wide.end.max(last.end),
            _ => out.push(wide),
        }
    }
    out
}
