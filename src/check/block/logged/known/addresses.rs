//! Where the requests of a program go.

use std::cell::OnceCell;

use crate::check::fixed;
use crate::literals::contains;

/// The addresses in a program, and which of them are the API's.
pub(super) struct Addresses<'a> {
    bytes: &'a [u8],
    /// Where each starts, in order, and whether it is of the API.
    all: Vec<(usize, bool)>,
    /// Where lines end that a shell does not continue, once there is a choice of addresses.
    ends: OnceCell<Vec<usize>>,
}

/// Returns the addresses in a program.
pub(super) fn api_addresses(bytes: &[u8]) -> Addresses<'_> {
    fixed! {
        static HOST = r"(?i)https?://(?P<host>[a-z0-9][a-z0-9.-]*\.[a-z]{2,})|\b(?P<bare>api\.cloudflare\.com)\b";
    }
    /// How many addresses are compared with each place.
    const MOST: usize = 200;
    /// Addresses of documents and schemas are no targets of requests.
    const DOCUMENTS: &[&[u8]] = &[b"developers.", b"docs.", b"dash.", b"www.w3.org", b"example."];
    let all = HOST.captures_iter(bytes).filter_map(|groups| {
        let host = groups.name("host").or_else(|| groups.name("bare"))?;
        // Unlike `api.github.com`.
        let document =
            host.as_bytes() == b"github.com" || DOCUMENTS.iter().any(|part| contains(host.as_bytes(), part));
        (!document).then(|| (host.start(), contains(host.as_bytes(), b"api.cloudflare.com")))
    });
    Addresses { bytes, all: all.take(MOST).collect(), ends: OnceCell::new() }
}

impl Addresses<'_> {
    /// Whether a request at a place goes to the API: no other address is in the file, or none is nearer.
    pub(super) fn near(&self, at: usize) -> bool {
        let of_api = |(_, api): &(usize, bool)| *api;
        if self.all.iter().all(of_api) || !self.all.iter().any(of_api) {
            return !self.all.is_empty() && of_api(&self.all[0]);
        }
        let distance = |own: bool| {
            let places = self.all.iter().filter(|(_, api)| *api == own).map(|(start, _)| *start);
            let nearest = |near: usize| (self.line(near).abs_diff(self.line(at)), near.abs_diff(at));
            places.map(nearest).min()
        };
        distance(true) < distance(false)
    }

    /// Returns the number of the line of a place.
    fn line(&self, at: usize) -> usize {
        let ends = || {
            let all = memchr::memchr_iter(b'\n', self.bytes);
            all.filter(|end| !self.bytes[..*end].ends_with(b"\\")).collect()
        };
        self.ends.get_or_init(ends).partition_point(|end| *end < at)
    }
}
