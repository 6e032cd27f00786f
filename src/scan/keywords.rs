//! Which detections a text concerns, by the words they ask for, and where the words stand that a detection starts from.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use crate::check::Compiled;
use crate::rule::CheckKind;
use crate::span::Span;

/// The keywords of all detections, without case.
pub(super) struct Keywords {
    search: AhoCorasick,
    words: Vec<Word>,
    /// How many detections there are.
    detections: usize,
}

struct Word {
    /// Detections that start from each place of the word.
    started: Vec<usize>,
    /// Detections that only ask whether the word is there.
    asked: Vec<usize>,
    /// How far behind its start the next keyword can start, in bytes.
    step: usize,
}

/// What a text says to the detections, by their number.
pub(super) struct Hits {
    present: Vec<bool>,
    places: Vec<Vec<usize>>,
}

impl Hits {
    /// Whether one of the detection's keywords is there.
    pub(super) fn has(&self, detection: usize) -> bool {
        self.present[detection]
    }

    /// Where its keywords stand, ascending; nothing for detections that do not start from a place.
    pub(super) fn places(&self, detection: usize) -> &[usize] {
        &self.places[detection]
    }

    /// Keywords elsewhere in the file still say what the file is about.
    pub(super) fn and_those_of(&mut self, other: &Hits) {
        self.present.iter_mut().zip(&other.present).for_each(|(mine, theirs)| *mine |= theirs);
    }
}

impl Keywords {
    pub(super) fn new(detections: &[Compiled]) -> Keywords {
        let mut spellings: Vec<&str> = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut index: HashMap<&str, usize> = HashMap::new();
        for (number, detection) in detections.iter().enumerate() {
            for keyword in &detection.detect.keywords {
                let at = *index.entry(keyword).or_insert_with(|| {
                    spellings.push(keyword);
                    words.push(Word { started: Vec::new(), asked: Vec::new(), step: keyword.len() });
                    words.len() - 1
                });
                let word = &mut words[at];
                let starts = detection.detect.check == CheckKind::Token;
                if starts { &mut word.started } else { &mut word.asked }.push(number);
            }
        }
        for (at, spelling) in spellings.iter().enumerate() {
            // Who is interested in the beginning of a keyword is interested in the keyword.
            for shorter in spellings.iter().filter(|o| o.len() < spelling.len() && spelling.starts_with(**o))
            {
                let (started, asked) = {
                    let word = &words[index[shorter]];
                    (word.started.clone(), word.asked.clone())
                };
                words[at].started.extend(started);
                words[at].asked.extend(asked);
            }
            let overlaps = |from: &usize| {
                let rest = &spelling[*from..];
                spellings.iter().any(|other| other.starts_with(rest) || rest.starts_with(*other))
            };
            words[at].step = (1..spelling.len())
                .filter(|n| spelling.is_char_boundary(*n))
                .find(overlaps)
                .unwrap_or(spelling.len());
        }
        for owners in words.iter_mut().flat_map(|word| [&mut word.started, &mut word.asked]) {
            owners.sort_unstable();
            owners.dedup();
        }
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&spellings)
            .expect("a few hundred short literal patterns");
        Keywords { search, words, detections: detections.len() }
    }

    /// The keywords inside the zones, which are in order and apart.
    pub(super) fn hits(&self, bytes: &[u8], zones: &[Span]) -> Hits {
        let mut out =
            Hits { present: vec![false; self.detections], places: vec![Vec::new(); self.detections] };
        for zone in zones {
            let text = &bytes[zone.start..zone.end];
            // The longest keyword of each place stands for those it begins with: cheaper than a search for overlaps.
            let mut from = 0;
            while let Some(hit) = self.search.find(Input::new(text).range(from..)) {
                let word = &self.words[hit.pattern().as_usize()];
                from = hit.start() + word.step;
                word.asked.iter().for_each(|owner| out.present[*owner] = true);
                for &owner in &word.started {
                    out.present[owner] = true;
                    // Two keywords of one detection may start at one place.
                    if out.places[owner].last() != Some(&(zone.start + hit.start())) {
                        out.places[owner].push(zone.start + hit.start());
                    }
                }
            }
        }
        out
    }
}
