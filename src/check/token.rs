//! `check = "token"`: matches an expression around a keyword. For credentials that can be recognized by a prefix, a
//! structure, or words inside the same expression.

use regex::bytes::Regex;

use super::{Candidate, Compiled, View, proof, value};
use crate::fact::runs::SHORTEST_VALUE;
use crate::rule::Confidence;
use crate::span::Span;

/// How far before a keyword a match may start, and how long a match may be, in bytes.
const BEFORE: usize = 256;
const AFTER: usize = 8 * 1024;
/// How far after its keyword a match may start, in bytes: the keyword may be in the name of the value.
const BESIDE: usize = 400;

/// Matches the detection's pattern around every hit of one of its keywords, and pushes what it finds.
///
/// `runs` are all [`runs`](crate::fact::runs::values) of the text, if they are known.
pub(crate) fn check(
    detection: &Compiled,
    hits: &[usize],
    runs: Option<&[Span]>,
    view: &View<'_>,
    out: &mut Vec<Candidate>,
) {
    let shape = detection.shape();
    let least = shape.value_run;
    // Whether a part of the text touches a run that is long enough for the value.
    let has_run = |part: Span| {
        runs.filter(|_| least >= SHORTEST_VALUE).is_none_or(|runs| {
            let first = runs.partition_point(|run| run.end < part.start);
            runs[first..].iter().take_while(|run| run.start < part.end).any(|run| run.len() >= least)
        })
    };
    if !has_run(Span::new(0, view.bytes.len())) {
        return;
    }
    let reach = shape.reach.min(AFTER);
    let (mut done, mut clear) = (0, 0);
    for &hit in hits {
        // Skip what an earlier hit already matched, or already found to hold no match.
        if hit < done || hit + BESIDE < clear {
            continue;
        }
        let start = hit.saturating_sub(BEFORE);
        let end = view.bytes.len().min(hit + BESIDE + reach);
        let window = &view.bytes[start..end];
        // A match that starts near the end of the window may continue after it.
        let open = if end == view.bytes.len() { 0 } else { reach.min((end - start) / 2) };
        if !has_run(Span::new(start, end)) || !shape.may_match(window) {
            clear = end - open;
            continue;
        }
        if let Some(head) = detection.head() {
            let first = head.find(window).map(|found| start + found.start());
            if first.is_none_or(|first| first > hit + BESIDE) {
                clear = first.unwrap_or(end - open);
                continue;
            }
        }
        let Some(pattern) = detection.pattern() else { return };
        let mut matches = pattern.captures_iter(window).peekable();
        if matches.peek().is_none() {
            clear = end - open;
        }
        for groups in matches {
            let whole = groups.get_match();
            if whole.start() + start > hit + BESIDE {
                break;
            }
            if whole.end() + start <= hit {
                continue;
            }
            done = whole.end() + start;
            report(detection, pattern, &groups, start, view, out);
            break;
        }
    }
}

/// Pushes a candidate for one match, unless the value is rejected.
fn report(
    detection: &Compiled,
    pattern: &Regex,
    groups: &regex::bytes::Captures<'_>,
    offset: usize,
    view: &View<'_>,
    out: &mut Vec<Candidate>,
) {
    debug_assert!(pattern.captures_len() > 1);
    let place = |name: &str| groups.name(name).map(|m| Span::from(m).shift(offset));
    let secret = place("secret");
    let Some(span) = place("span").or(secret) else { return };
    let mut found = Candidate::new(detection.rule, view.original(span), detection.detect.confidence);
    found.message = detection.detect.message.clone();
    if let Some(secret) = secret {
        if !stands_alone(view.bytes, secret) {
            return;
        }
        let bytes = &view.bytes[secret.start..secret.end];
        if !accept(detection, bytes, &mut found) {
            return;
        }
        found.secrets.push(view.original(secret));
        found.credential = Some((detection.kind(), bytes.to_vec()));
    }
    if let Some(label) = place("label") {
        found.labels.push((view.original(label), detection.detect.partner_label.clone().unwrap_or_default()));
    }
    out.push(found);
}

/// Whether the value passes the detection's proof and randomness test. Adds what the proof says to the candidate.
pub(super) fn accept(detection: &Compiled, bytes: &[u8], found: &mut Candidate) -> bool {
    let mut proven = false;
    if let Some(proof) = detection.detect.proof {
        match proof::prove(proof, bytes) {
            proof::Verdict::Refuted => return false,
            proof::Verdict::Confidence(confidence, why) => {
                proven = confidence == Confidence::High;
                found.confidence = found.confidence.min(confidence);
                found.evidence.push(why.to_owned());
                if !proven {
                    found.message = Some(format!("{} ({why})", detection.message()));
                }
            }
        }
    }
    let body = value::body(bytes);
    if !proven && (detection.detect.proof.is_some() && value::is_placeholder(body)) {
        return false;
    }
    detection.detect.random.is_none_or(|random| proven || value::looks_random(random, body))
}

/// Whether no letter or digit touches the value, except that of an escape such as `\n` or of an option such as `-t`.
fn stands_alone(bytes: &[u8], span: Span) -> bool {
    let before = span.start.checked_sub(1).map(|i| bytes[i]);
    let escape =
        span.start >= 2 && bytes[span.start - 2] == b'\\' && matches!(before, Some(b'n' | b't' | b'r'));
    let touches = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    // `-tVALUE`: an option of one letter.
    let option = span.start >= 3
        && matches!(&bytes[span.start - 3..span.start], [b' ' | b'\n' | b'"' | b'\'', b'-', letter] if letter.is_ascii_alphabetic());
    (escape || option || !touches(before)) && !touches(bytes.get(span.end).copied())
}
