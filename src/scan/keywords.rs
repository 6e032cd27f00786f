//! Which detections a text concerns, by the words they ask for, and where the words stand that a detection starts from.

use std::collections::HashMap;
use std::ops::ControlFlow;

use crate::check::{Compiled, SIGNS, Signs};
use crate::literals::Words;
use crate::rule::CheckKind;
use crate::span::Span;

/// The keywords of all detections and the signs that checks ask for, without case.
pub(super) struct Keywords {
    search: Words,
    words: Vec<Word>,
    /// How many detections there are.
    detections: usize,
}

#[derive(Default)]
struct Word {
    /// Detections that start from each place of the word.
    started: Vec<usize>,
    /// Detections that only ask whether the word is there.
    asked: Vec<usize>,
    signs: Signs,
}

/// What a text says to the detections, by their number.
pub(super) struct Hits {
    present: Vec<bool>,
    places: Vec<Vec<usize>>,
    /// The signs that are there.
    pub(super) signs: Signs,
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

    /// The keywords inside the zones, which are in order and apart.
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
            // Words come in groups, and two keywords of one detection may start at one place.
            places.sort_unstable();
            places.dedup();
        }
        out
    }
}
