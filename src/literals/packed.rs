//! The search itself: where in a text may one of some literals, or of some shapes, begin? The literals are arranged
//! in buckets, one bit each. For the byte at a place of the text, two small tables, one for its lower and one for its
//! upper half, give the buckets with a literal that has such a half there. The same is done for the three bytes that
//! follow; the buckets that all eight look-ups have in common may contain a match. SIMD does this for 16 to 64 places
//! at once. The algorithm is Teddy, from Hyperscan. The version in the crate `aho-corasick` distinguishes case; here
//! the tables hold both cases, which costs nothing.

use std::array;
use std::ops::ControlFlow;

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16};

/// How many buckets share a vector.
pub(super) const BUCKETS: usize = 8;
/// How many bytes of a literal are looked at.
pub const DEPTH: usize = 4;
/// How many bytes are read after the last place of a vector.
const BEHIND: usize = DEPTH - 1;
/// The width of the widest vectors, in bytes.
const WIDEST: usize = 64;

/// The tables of eight buckets: for each place and each value of a half, a bit for each bucket.
#[derive(Clone, Copy, Default)]
pub(super) struct Tables {
    low: [[u8; 16]; DEPTH],
    high: [[u8; 16]; DEPTH],
}

impl Tables {
    /// Makes the tables for buckets of literals; with `caseless`, for any case.
    pub(super) fn new<'a>(buckets: &[impl AsRef<[&'a [u8]]>], caseless: bool) -> Tables {
        debug_assert!(buckets.len() <= BUCKETS);
        let mut tables = Tables::default();
        for (number, bucket) in buckets.iter().enumerate() {
            for literal in bucket.as_ref() {
                tables.add(1 << number, literal, caseless);
            }
        }
        tables
    }

    /// Makes the tables for sequences of byte classes, one bucket each.
    pub(super) fn of_classes(shapes: &[&[&[u8]]]) -> Tables {
        debug_assert!(shapes.len() <= BUCKETS);
        let mut tables = Tables::default();
        for (number, shape) in shapes.iter().enumerate() {
            let bucket = 1 << number;
            for (place, (low, high)) in tables.low.iter_mut().zip(&mut tables.high).enumerate() {
                let Some(class) = shape.get(place) else {
                    low.iter_mut().chain(high).for_each(|buckets| *buckets |= bucket);
                    continue;
                };
                for byte in *class {
                    low[usize::from(byte & 15)] |= bucket;
                    high[usize::from(byte >> 4)] |= bucket;
                }
            }
        }
        tables
    }

    fn add(&mut self, bucket: u8, literal: &[u8], caseless: bool) {
        for (place, (low, high)) in self.low.iter_mut().zip(&mut self.high).enumerate() {
            let Some(&byte) = literal.get(place) else {
                // After its end a literal matches any byte.
                low.iter_mut().chain(high).for_each(|buckets| *buckets |= bucket);
                continue;
            };
            let upper = usize::from(byte >> 4);
            low[usize::from(byte & 15)] |= bucket;
            high[upper] |= bucket;
            if caseless {
                // Bit 5 distinguishes lower from upper case.
                high[upper | 2] |= bucket;
                high[upper & !2] |= bucket;
            }
        }
    }
}

/// Calls `stop` for each place at or after `from` where a literal may begin, in order, with the buckets it may be in:
/// bit 0 is the first bucket of the first tables. Ends when `stop` breaks.
pub(super) fn each<const SETS: usize>(
    level: Level,
    tables: &[Tables; SETS],
    text: &[u8],
    from: usize,
    stop: &mut dyn FnMut(usize, u32) -> ControlFlow<()>,
) -> ControlFlow<()> {
    dispatch!(level, simd => search(simd, tables, text, from, stop))
}

#[inline(always)]
fn search<S: Simd, const SETS: usize>(
    simd: S,
    tables: &[Tables; SETS],
    text: &[u8],
    from: usize,
    stop: &mut dyn FnMut(usize, u32) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let search = Search::new(simd, tables);
    let width = S::u8s::LEN;
    let mut at = from;
    // Two vectors at a time: the processor has more to do at once, and half as many branches.
    while let Some(window) = text.get(at..at + 2 * width + BEHIND) {
        let first = search.look(&window[..width + BEHIND]);
        let second = search.look(&window[width..]);
        if search.any(first, second) {
            search.report(first, at, usize::MAX, stop)?;
            search.report(second, at + width, usize::MAX, stop)?;
        }
        at += 2 * width;
    }
    // The rest of the text, followed by zeros.
    let mut padded = [0; 3 * WIDEST + 2 * BEHIND];
    let rest = text.get(at..).unwrap_or_default();
    padded[..rest.len()].copy_from_slice(rest);
    for start in (0..rest.len()).step_by(width) {
        let found = search.look(&padded[start..start + width + BEHIND]);
        search.report(found, at + start, text.len(), stop)?;
    }
    ControlFlow::Continue(())
}

/// The tables in registers, repeated for each 16 places of a vector.
struct Search<S: Simd, const SETS: usize> {
    simd: S,
    low: [[S::u8s; DEPTH]; SETS],
    high: [[S::u8s; DEPTH]; SETS],
}

impl<S: Simd, const SETS: usize> Search<S, SETS> {
    #[inline(always)]
    fn new(simd: S, tables: &[Tables; SETS]) -> Search<S, SETS> {
        let empty = [[S::u8s::splat(simd, 0); DEPTH]; SETS];
        let mut search = Search { simd, low: empty, high: empty };
        for (set, tables) in tables.iter().enumerate() {
            for place in 0..DEPTH {
                let repeat = |table: &[u8; 16]| S::u8s::block_splat(u8x16::from_slice(simd, table));
                search.low[set][place] = repeat(&tables.low[place]);
                search.high[set][place] = repeat(&tables.high[place]);
            }
        }
        search
    }

    /// Returns, for each place of a vector, the buckets that may contain a match. The window is longer than the
    /// vector by [`BEHIND`].
    #[inline(always)]
    fn look(&self, window: &[u8]) -> [S::u8s; SETS] {
        let mut found = [S::u8s::splat(self.simd, !0); SETS];
        for place in 0..DEPTH {
            let bytes = S::u8s::from_slice(self.simd, &window[place..place + S::u8s::LEN]);
            let (low, high) = (bytes & S::u8s::splat(self.simd, 15), bytes >> 4);
            for (set, found) in found.iter_mut().enumerate() {
                *found = *found
                    & self.low[set][place].swizzle_dyn_within_blocks(low)
                    & self.high[set][place].swizzle_dyn_within_blocks(high);
            }
        }
        found
    }

    /// Whether any place of two vectors has a bucket that may contain a match.
    #[inline(always)]
    fn any(&self, first: [S::u8s; SETS], second: [S::u8s; SETS]) -> bool {
        let any = first.into_iter().chain(second).reduce(|all, set| all | set).expect("there are tables");
        !any.simd_eq(S::u8s::splat(self.simd, 0)).all_true()
    }

    /// Returns a bit for each place that has a bucket that may contain a match.
    #[inline(always)]
    fn lanes(&self, found: [S::u8s; SETS]) -> u64 {
        let any = found.into_iter().reduce(|all, set| all | set).expect("there are tables");
        (!any.simd_eq(S::u8s::splat(self.simd, 0))).to_bitmask()
    }

    /// Calls `stop` for the places before `end` that have a bucket; the vector starts at `base`.
    #[inline(always)]
    fn report(
        &self,
        found: [S::u8s; SETS],
        base: usize,
        end: usize,
        stop: &mut dyn FnMut(usize, u32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut lanes = self.lanes(found);
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            lanes &= lanes - 1;
            if base + lane >= end {
                break;
            }
            let of_set: [u32; SETS] =
                array::from_fn(|set| u32::from(found[set].as_slice()[lane]) << (set * BUCKETS));
            stop(base + lane, of_set.into_iter().fold(0, |all, set| all | set))?;
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use fearless_simd::Level;

    use super::{BUCKETS, Tables, each};

    /// The places that stand for literals in the tables, looked up one after the other.
    fn plainly(literals: &[&[u8]], text: &[u8], from: usize) -> Vec<usize> {
        let stands = |at: usize| literals.iter().any(|literal| text[at..].starts_with(literal));
        (from..text.len()).filter(|at| stands(*at)).collect()
    }

    #[test]
    fn no_place_is_passed_over_wherever_a_text_starts_and_ends() {
        let literals: [&[u8]; 12] = [
            b"cf_", b"flare", b"r2", b"x-au", b"tunn", b"y2z", b"0x4a", b"wran", b"zone", b"key=", b"a",
            b"stre",
        ];
        let buckets: Vec<[&[u8]; 1]> = literals.iter().map(|literal| [*literal]).collect();
        let tables = [Tables::new(&buckets[..BUCKETS], false), Tables::new(&buckets[BUCKETS..], false)];
        let text: Vec<u8> =
            (0..40).flat_map(|n| [literals[n * 7 % 12], &b"..........."[..n % 11]].concat()).collect();
        for length in 0..text.len() {
            let (text, from) = (&text[..length], length / 3);
            let mut found = Vec::new();
            let _ = each(Level::new(), &tables, text, from, &mut |at, _| {
                found.push(at);
                ControlFlow::Continue(())
            });
            assert!(found.is_sorted(), "in order");
            found.retain(|at| plainly(&literals, &text[*at..], 0).first() == Some(&0));
            assert_eq!(found, plainly(&literals, text, from), "{length} bytes");
        }
    }
}
