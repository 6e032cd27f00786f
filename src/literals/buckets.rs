//! Decides which literals share a bucket of the packed search. The search looks at the next few bytes in two halves
//! of four bits each, and stops wherever every half occurs, at its place, in some literal of one bucket. Most of
//! those stops are for nothing; how many there are depends on which literals share a bucket.

use memchr::memmem;

use super::packed::{BUCKETS, DEPTH};

/// With more literals than this, a second set of buckets is worth its cost.
const FEW: usize = 24;

/// Frequency of the bytes from 0x20 to 0x3F and from 0x60 to 0x7F in programs, scripts and their comments, ignoring
/// case, in thousandths. Counted in the sources of Linux, two repositories of Cloudflare's and a folder of npm
/// packages.
const COMMON: [u8; 64] = [
    124, 1, 11, 2, 1, 1, 2, 3, 9, 44, 34, 1, 14, 9, 13, 8, 11, 6, 6, 4, 4, 3, 4, 3, 4, 3, 7, 9, 2, 8, 3,
    1, //
    4, 45, 11, 31, 23, 68, 15, 13, 14, 39, 2, 7, 25, 17, 38, 37, 22, 2, 41, 39, 51, 20, 8, 7, 7, 7, 1, 7, 3,
    7, 1, 14,
];

const fn common(byte: u8) -> f32 {
    match byte {
        0x20..0x40 => COMMON[(byte - 0x20) as usize] as f32,
        0x60..0x80 => COMMON[(byte - 0x40) as usize] as f32,
        // Upper case, for searches that do not ignore case.
        0x40..0x60 => COMMON[(byte - 0x20) as usize] as f32 / 8.0,
        _ => 1.0,
    }
}

/// The most common sequences of three letters in the same sources.
const THREES: &str = "ion con the tio ing ons ent ect com ate res str ter ame sta ati int nst ype typ ers def pro exp ort ine nam for \
    est ode por ret tur are and ble tri wor cti pat rea thi etu err urn dat his nte ork reg fin ker ess val equ per ith tor onf rin \
    tat all nfi nde par age abl fig req set ind lin che ver pec nct ser rom ult pti rke clo use tru end tes ted men get ock que unc \
    ran ile tch mod htt jec ttp fla loc fun lar ext ins fil pin ist opt ang omp ite rat mes out pre nod rro ler fro ead ror ace eve \
    ath ata obj alu lue ase ope cal ire inc ore key und ues han ice ned not imp add aut uth ima mag pub tex ema mai log";

/// Returns how rare a sequence of bytes is; more is rarer.
pub(super) fn rarity(bytes: &[u8]) -> u32 {
    // In eighths of a power of two, because whole numbers can be compared.
    let alone: u32 = bytes.iter().map(|b| ((1000.0 / common(*b)).log2() * 8.0) as u32).sum();
    let common = bytes.windows(3).filter(|three| memmem::find(THREES.as_bytes(), three).is_some()).count();
    alone.saturating_sub(48 * common as u32)
}

/// Returns the indices of the literals, arranged in eight buckets, or in sixteen if there are many literals.
pub(super) fn sorted(literals: &[&[u8]]) -> Vec<Vec<usize>> {
    let count = if literals.len() > FEW { 2 * BUCKETS } else { BUCKETS };
    let mut order: Vec<usize> = (0..literals.len()).collect();
    // Short literals go first: any byte may follow them, so they are best put into buckets of their own.
    order.sort_by_key(|at| (literals[*at].len().min(DEPTH), literals[*at]));
    let mut buckets = vec![Bucket::default(); count];
    for at in order {
        let literal = literals[at];
        let more = buckets.iter().map(|bucket| bucket.more(literal));
        let least = more.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(number, _)| number);
        buckets[least].add(at, literal);
    }
    buckets.into_iter().map(|bucket| bucket.members).collect()
}

/// Some literals with the halves of their bytes: for each place, a bit for each value that occurs there.
#[derive(Clone, Default)]
struct Bucket {
    members: Vec<usize>,
    low: [u16; DEPTH],
    high: [u16; DEPTH],
}

impl Bucket {
    fn add(&mut self, at: usize, literal: &[u8]) {
        self.members.push(at);
        (self.low, self.high) = self.with(literal);
    }

    /// Returns the halves with those of another literal added.
    fn with(&self, literal: &[u8]) -> ([u16; DEPTH], [u16; DEPTH]) {
        let (mut low, mut high) = (self.low, self.high);
        for place in 0..DEPTH {
            // After its end a literal matches any byte.
            let halves = literal.get(place).map_or((!0, !0), |b| (1 << (b & 15), 1 << (b >> 4)));
            low[place] |= halves.0;
            high[place] |= halves.1;
        }
        (low, high)
    }

    /// Returns how much more often the search stops for the bucket with another literal in it.
    fn more(&self, literal: &[u8]) -> f32 {
        let (low, high) = self.with(literal);
        stops(&low, &high) - stops(&self.low, &self.high)
    }
}

/// How many high halves letters, digits and signs have: those from 2 to 7.
const HALVES: usize = 6;

/// For each of these high halves, and each set of the lower or the upper eight low halves, the frequency of such bytes.
static SUMS: [[[f32; 256]; 2]; HALVES] = sums();

const fn sums() -> [[[f32; 256]; 2]; HALVES] {
    let mut sums = [[[0.0; 256]; 2]; HALVES];
    let mut at = 0;
    while at < HALVES * 2 * 256 {
        let (high, part, set) = (at / 512, at / 256 % 2, at % 256);
        // What the set without its lowest member has, and that member.
        if set > 0 {
            let bit = set.trailing_zeros() as usize;
            let byte = (high + 2) * 16 + part * 8 + bit;
            sums[high][part][set] = sums[high][part][set & (set - 1)] + common(byte as u8) / 1000.0;
        }
        at += 1;
    }
    sums
}

/// Returns how often bytes have such halves at each of the places, as if bytes were independent of each other.
fn stops(low: &[u16; DEPTH], high: &[u16; DEPTH]) -> f32 {
    low.iter().zip(high).map(|(low, high)| share(*low, *high)).product()
}

/// Returns how often a byte has one of the halves each.
fn share(low: u16, high: u16) -> f32 {
    let [lower, upper] = low.to_le_bytes().map(usize::from);
    let halves = SUMS.iter().enumerate().filter(|(at, _)| high >> (at + 2) & 1 == 1);
    halves.map(|(_, [first, second])| first[lower] + second[upper]).sum()
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn every_literal_is_in_one_bucket() {
        for count in 0..70_usize {
            let words: Vec<String> = (0..count).map(|n| format!("{:04}", n * 7919 % 10_000)).collect();
            let literals: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
            let mut order = sorted(&literals).concat();
            order.sort_unstable();
            assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
    }
}
