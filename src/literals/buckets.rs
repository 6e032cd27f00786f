//! Which literals share a bucket of the packed search. It looks at the next few bytes in two halves of four bits, and stops
//! wherever each half occurs, at its place, in some literal of one bucket; most of those places hold none of them. Which
//! literals share a bucket decides how many there are: sorted well, a search takes half the time (`cargo bench -- gate`).

use memchr::memmem;

/// The packed search hands its literals out to this many buckets, in turn.
pub const BUCKETS: usize = 8;
/// How many bytes it looks at.
const MASKS: usize = 4;

/// How often the bytes from 0x20 to 0x3F and from 0x60 to 0x7F are in programs, scripts and their comments without case,
/// in thousandths. Counted over the sources of Linux, two repositories of Cloudflare's and a folder of npm packages.
const COMMON: [u8; 64] = [
    124, 1, 11, 2, 1, 1, 2, 3, 9, 44, 34, 1, 14, 9, 13, 8, 11, 6, 6, 4, 4, 3, 4, 3, 4, 3, 7, 9, 2, 8, 3,
    1, //
    4, 45, 11, 31, 23, 68, 15, 13, 14, 39, 2, 7, 25, 17, 38, 37, 22, 2, 41, 39, 51, 20, 8, 7, 7, 7, 1, 7, 3,
    7, 1, 14,
];

fn common(byte: u8) -> f32 {
    match byte {
        0x20..0x40 => f32::from(COMMON[usize::from(byte - 0x20)]),
        0x60..0x80 => f32::from(COMMON[usize::from(byte - 0x40)]),
        // Capitals, in texts that keep their case.
        0x40..0x60 => f32::from(COMMON[usize::from(byte - 0x20)]) / 8.0,
        _ => 1.0,
    }
}

/// The most common threes of letters in the same sources.
const THREES: &str = "ion con the tio ing ons ent ect com ate res str ter ame sta ati int nst ype typ ers def pro exp ort ine nam for \
    est ode por ret tur are and ble tri wor cti pat rea thi etu err urn dat his nte ork reg fin ker ess val equ per ith tor onf rin \
    tat all nfi nde par age abl fig req set ind lin che ver pec nct ser rom ult pti rke clo use tru end tes ted men get ock que unc \
    ran ile tch mod htt jec ttp fla loc fun lar ext ins fil pin ist opt ang omp ite rat mes out pre nod rro ler fro ead ror ace eve \
    ath ata obj alu lue ase ope cal ire inc ore key und ues han ice ned not imp add aut uth ima mag pub tex ema mai log";

/// How rare bytes are; more is rarer.
pub(super) fn rarity(bytes: &[u8]) -> u32 {
    // In eighths of a power of two: whole numbers can be compared.
    let alone: u32 = bytes.iter().map(|b| ((1000.0 / common(*b)).log2() * 8.0) as u32).sum();
    let common = bytes.windows(3).filter(|three| memmem::find(THREES.as_bytes(), three).is_some()).count();
    alone.saturating_sub(48 * common as u32)
}

/// The literals in the order in which the packed search has to be given them.
pub(super) fn sorted(literals: &[&[u8]]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..literals.len()).collect();
    if literals.len() <= BUCKETS {
        return order;
    }
    order.sort_by_key(|at| literals[*at]);
    // What begins alike goes together to start with; the first buckets have one more where they do not come out even.
    let (each, more) = (literals.len() / BUCKETS, literals.len() % BUCKETS);
    let mut rest = order.as_slice();
    let mut buckets: Vec<Bucket> = (0..BUCKETS)
        .map(|number| {
            let (own, others) = rest.split_at(each + usize::from(number < more));
            rest = others;
            Bucket::new(own.to_vec(), literals)
        })
        .collect();
    let sums = Sums::new();
    let mut stops: Vec<f32> = buckets.iter().map(|bucket| bucket.stops(&sums)).collect();
    // Exchanges two literals wherever that helps, until little is gained.
    for _ in 0..ROUNDS {
        let before: f32 = stops.iter().sum();
        for one in 0..BUCKETS {
            for other in one + 1..BUCKETS {
                for (i, j) in pairs(buckets[one].members.len(), buckets[other].members.len()) {
                    let (a, b) = (buckets[one].members[i], buckets[other].members[j]);
                    let changed = (buckets[one].with(i, b, literals), buckets[other].with(j, a, literals));
                    let now = (changed.0.stops(&sums), changed.1.stops(&sums));
                    if now.0 + now.1 < stops[one] + stops[other] {
                        (buckets[one], buckets[other]) = changed;
                        (stops[one], stops[other]) = now;
                    }
                }
            }
        }
        if stops.iter().sum::<f32>() > before * 0.98 {
            break;
        }
    }
    in_turn(&std::array::from_fn(|number| buckets[number].members.as_slice()))
}

/// What is in the buckets, in the order in which the packed search hands it out to them: all are of one size, or the first
/// have one more.
pub fn in_turn<T: Copy>(buckets: &[&[T]; BUCKETS]) -> Vec<T> {
    let rows = buckets.iter().map(|bucket| bucket.len()).max().unwrap_or_default();
    (0..rows).flat_map(|row| buckets.iter().filter_map(move |bucket| bucket.get(row).copied())).collect()
}

/// After two rounds little is left to gain, and every start of the program pays for them.
const ROUNDS: usize = 2;

fn pairs(first: usize, second: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..first).flat_map(move |i| (0..second).map(move |j| (i, j)))
}

/// Literals with the halves of their bytes: a bit for each value that occurs at each place.
#[derive(Clone)]
struct Bucket {
    members: Vec<usize>,
    low: [u16; MASKS],
    high: [u16; MASKS],
}

impl Bucket {
    fn new(members: Vec<usize>, literals: &[&[u8]]) -> Bucket {
        let (mut low, mut high) = ([0; MASKS], [0; MASKS]);
        for literal in members.iter().map(|at| literals[*at]) {
            for place in 0..MASKS {
                // Beyond its end a literal takes any byte.
                let halves = literal.get(place).map_or((!0, !0), |b| (1 << (b & 15), 1 << (b >> 4)));
                low[place] |= halves.0;
                high[place] |= halves.1;
            }
        }
        Bucket { members, low, high }
    }

    /// The bucket with another literal in place of one of its own.
    fn with(&self, at: usize, literal: usize, literals: &[&[u8]]) -> Bucket {
        let mut members = self.members.clone();
        members[at] = literal;
        Bucket::new(members, literals)
    }

    /// How often the search stops for it, as far as bytes are independent of each other.
    fn stops(&self, sums: &Sums) -> f32 {
        self.low.iter().zip(&self.high).map(|(low, high)| sums.of(*low, *high)).product()
    }
}

/// For each high half, and each set of the lower or the upper eight low halves, how often such bytes are.
struct Sums(Vec<[[f32; 256]; 2]>);

impl Sums {
    fn new() -> Sums {
        let of = |high: u8, part: u8, set: usize| -> f32 {
            (0..8)
                .filter(|bit| set >> bit & 1 == 1)
                .map(|bit| common((high << 4) + part * 8 + bit) / 1000.0)
                .sum()
        };
        Sums((2..8).map(|high| [0, 1].map(|part| std::array::from_fn(|set| of(high, part, set)))).collect())
    }

    fn of(&self, low: u16, high: u16) -> f32 {
        let [lower, upper] = low.to_le_bytes().map(usize::from);
        let halves = self.0.iter().enumerate().filter(|(at, _)| high >> (at + 2) & 1 == 1);
        halves.map(|(_, [first, second])| first[lower] + second[upper]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn every_literal_is_handed_over_once() {
        for count in 0..40_usize {
            let words: Vec<String> = (0..count).map(|n| format!("{:04}", n * 7919 % 10_000)).collect();
            let literals: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
            let mut order = sorted(&literals);
            order.sort_unstable();
            assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
    }
}
