//! Which detections apply to a text, by their keywords, and where the keywords are that a detection starts from.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::check::{Compiled, SIGNS, Signs};
use crate::literals::Words;
use crate::rule::CheckKind;
use crate::span::Span;

/// The keywords of all detections and the words of all signs, searched in any case.
pub(super) struct Keywords {
    search: Words,
    words: Vec<Word>,
    /// How many detections there are.
    detections: usize,
}

#[derive(Default)]
struct Word {
    /// Detections that start from each occurrence of the word.
    started: Vec<usize>,
    /// Detections that only ask whether the word occurs.
    asked: Vec<usize>,
    signs: Signs,
}

/// What was found in a text for each detection, by its number.
pub(super) struct Hits {
    present: Vec<bool>,
    places: Vec<Vec<usize>>,
    /// The signs that the text has.
    pub(super) signs: Signs,
}

impl Hits {
    /// Whether one of the keywords of the detection occurs.
    pub(super) fn has(&self, detection: usize) -> bool {
        self.present[detection]
    }

    /// Returns where the keywords of the detection start, ascending; empty for detections that do not start from a
    /// place.
    pub(super) fn places(&self, detection: usize) -> &[usize] {
        &self.places[detection]
    }

    /// Adds the keywords that occur elsewhere in the file: they say what the file is about. Places and signs are not
    /// added.
    pub(super) fn and_those_of(&mut self, other: &Hits) {
        self.present.iter_mut().zip(&other.present).for_each(|(mine, theirs)| *mine |= theirs);
    }
}

impl Keywords {
    pub(super) fn new(detections: &[Compiled]) -> Keywords {
        let mut spellings: Vec<&str> = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut index: HashMap<&str, usize> = HashMap::new();
        let mut word_of = |spelling| {
            *index.entry(spelling).or_insert_with(|| {
                spellings.push(spelling);
                spellings.len() - 1
            })
        };
        let mut add = |at: usize, change: &dyn Fn(&mut Word)| {
            words.resize_with(words.len().max(at + 1), Word::default);
            change(&mut words[at]);
        };
        for (number, detection) in detections.iter().enumerate() {
            let starts = detection.detect.check == CheckKind::Token;
            for keyword in &detection.detect.keywords {
                add(word_of(keyword), &|word| {
                    if starts { &mut word.started } else { &mut word.asked }.push(number);
                });
            }
        }
        for (sign, spellings) in SIGNS {
            for spelling in *spellings {
                add(word_of(spelling), &|word| word.signs.insert(*sign));
            }
        }
        Keywords { search: Words::new(&spellings), words, detections: detections.len() }
    }

    /// Finds the keywords and signs inside the zones, which are ascending and do not touch.
    pub(super) fn hits(&self, bytes: &[u8], zones: &[Span]) -> Hits {
        let mut out = Hits {
            present: vec![false; self.detections],
            places: vec![Vec::new(); self.detections],
            signs: Signs::default(),
        };
        for zone in zones {
            let text = &bytes[zone.start..zone.end];
            let _ = self.search.each(text, |word, start| {
                let word = &self.words[word];
                out.signs.join(word.signs);
                word.asked.iter().for_each(|owner| out.present[*owner] = true);
                for &owner in &word.started {
                    out.present[owner] = true;
                    out.places[owner].push(zone.start + start);
                }
                ControlFlow::Continue(())
            });
        }
        for places in &mut out.places {
            // The search reports words group by group, and two keywords of one detection may start at the same place.
            places.sort_unstable();
            places.dedup();
        }
        out
    }
}
