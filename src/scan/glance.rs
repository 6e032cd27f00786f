//! Decides whether parts of a text may contain a secret, without making findings: for a history, in which the same
//! lines occur in version after version. A text in which something may be a secret is scanned as a whole afterwards;
//! whatever is passed over here would not be found by that scan either.

use crate::blob::BlobPath;
use crate::check::assignment::Shaped;
use crate::check::{Sign, Signs, View, assignment, token};
use crate::fact::decode::{DEPTH, Decoded, decode};
use crate::fact::runs::{long, runs};
use crate::span::Span;
use crate::text::Text;

use super::settle::is_sample;
use super::{Scanner, widen};

/// The result of looking at parts of a text.
#[derive(Clone, Debug, Default)]
pub struct Glance {
    /// Whether there may be a secret.
    pub found: bool,
    /// Places whose meaning depends on the rest of the text: what may be a secret, and what looks and is named like
    /// one while nothing says that it is Cloudflare's.
    pub open: Vec<Span>,
}

impl Scanner {
    /// Looks for secrets in the zones of a text, which are ascending and do not touch. Their surroundings serve as
    /// context only. Conditions of a rule on the whole file are assumed to hold.
    pub fn glance(&self, path: &BlobPath, text: &Text<'_>, zones: &[Span]) -> Glance {
        let mut out = Glance::default();
        let view = View { bytes: text.bytes(), steps: &[] };
        let shaped = Shaped::new(&self.detections, |_, _| true);
        let joins = self.glance_at(path, &view, &shaped, zones, &mut out).has(Sign::Joins);
        for zone in zones {
            let mut steps: Vec<Decoded> = Vec::new();
            let part = &text.bytes()[zone.start..zone.end];
            let mut zones = vec![Span::new(0, part.len())];
            for _ in 0..DEPTH {
                let last = steps.last().map_or(part, |last| &last.bytes);
                let runs: Vec<Span> = zones.iter().flat_map(|zone| long(last, *zone)).collect();
                let Some(step) = decode(last, &zones, &runs, joins) else { break };
                steps.push(step);
                let last = steps.last().expect("just pushed");
                let view = View { bytes: &last.bytes, steps: &steps };
                let mut inside = Glance::default();
                zones = widen(&last.zones, last.bytes.len());
                self.glance_at(path, &view, &shaped, &zones, &mut inside);
                // What decides about them may be outside the part.
                out.found |= !inside.open.is_empty();
                out.open
                    .extend(inside.open.iter().map(|s| Span::new(s.start + zone.start, s.end + zone.start)));
            }
        }
        out
    }

    fn glance_at(
        &self,
        path: &BlobPath,
        view: &View<'_>,
        shaped: &Shaped<'_>,
        zones: &[Span],
        out: &mut Glance,
    ) -> Signs {
        let mut candidates = Vec::new();
        let hits = self.keywords.hits(view.bytes, zones);
        for (number, detection) in self.detections.iter().enumerate() {
            let places = hits.places(number);
            if !places.is_empty() {
                token::check(detection, places, None, view, &mut candidates);
            }
        }
        for run in zones.iter().flat_map(|zone| runs(view.bytes, *zone)) {
            assignment::check(shaped, run, path, view, &mut candidates, &mut out.open);
        }
        candidates.retain(|candidate| !is_sample(&self.rules, candidate));
        out.found |= !candidates.is_empty();
        out.open.extend(candidates.iter().map(|candidate| candidate.span));
        hits.signs
    }
}
