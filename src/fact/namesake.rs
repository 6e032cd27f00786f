//! Other products whose names people shorten to `CF`: a name such as `CF_API_KEY` says Cloudflare only where none of
//! them is what the text is about.

use memchr::memmem;

use crate::blob::BlobPath;
use crate::literals::contains;
use crate::span::Span;

const OURS: &[&[u8]] = &[b"cloudflare", b"wrangler", b"workers.dev", b"cfargotunnel", b"pages.dev"];

const OTHERS: &[&[u8]] = &[
    b"curseforge",
    b"curse forge",
    b"cloudfoundry",
    b"cloud foundry",
    b"cloud-foundry",
    b"hana.ondemand",
    b"cf push",
    b"cf login",
    b"cf auth",
    b"cf-cli",
    b"vcap_",
    b"cloudfront",
    b"cloudformation",
    b"coldfusion",
    b"cfscript",
    b"cfcomponent",
    b"lucee",
    b"contentful",
    b"codefresh",
    b"codeforces",
    b"cashfree",
    b"clickfunnels",
    b"cfengine",
    b"minecraft",
    b"modpack",
];

/// How far before a place the word may stand that says what `CF` is there, in bytes.
const REACH: usize = 600;

/// Whether `CF` in a text stands for another product: one is named, in the text or its path, and Cloudflare is not.
pub fn is_elsewhere(bytes: &[u8], path: &BlobPath) -> bool {
    let any =
        |words: &[&[u8]]| words.iter().any(|word| contains(path.as_bytes(), word) || contains(bytes, word));
    !any(OURS) && any(OTHERS)
}

/// The same for one place of a text that may name both: what is named last before the place decides.
pub fn is_other(bytes: &[u8], place: Span) -> bool {
    let before = bytes[place.start.saturating_sub(REACH)..place.start].to_ascii_lowercase();
    let last = |words: &[&[u8]]| words.iter().filter_map(|word| memmem::rfind(&before, word)).max();
    last(OTHERS) > last(OURS)
}

/// The same for one place of a text of any length: what is named last before it decides, else what is named behind
/// it, else the path.
pub fn is_other_near(bytes: &[u8], path: &BlobPath, place: Span) -> bool {
    let before = &bytes[place.start.saturating_sub(REACH)..place.start];
    let behind = &bytes[place.end..bytes.len().min(place.end + REACH)];
    let any = |text: &[u8], words: &[&[u8]]| words.iter().any(|word| contains(text, word));
    if any(before, OURS) || any(before, OTHERS) {
        return is_other(bytes, place);
    }
    if any(behind, OURS) || any(behind, OTHERS) {
        return !any(behind, OURS);
    }
    any(path.as_bytes(), OTHERS) && !any(path.as_bytes(), OURS)
}

#[cfg(test)]
mod tests {
    use super::{is_elsewhere, is_other};
    use crate::blob::BlobPath;
    use crate::span::Span;

    #[test]
    fn what_is_named_last_decides() {
        let path = BlobPath::new("compose.yaml");
        let text = "image: oznu/cloudflare-ddns\nCF_A: 1\ntype: AUTO_CURSEFORGE\nCF_B: 2\n";
        let place = |name: &str| {
            let at = text.find(name).unwrap();
            Span::new(at, at + 4)
        };
        assert!(!is_other(text.as_bytes(), place("CF_A")));
        assert!(is_other(text.as_bytes(), place("CF_B")));
        assert!(is_elsewhere(b"cf push -f a.yml # with $CF_PASSWORD", &path));
        assert!(!is_elsewhere(b"CF_API_KEY=1", &path));
    }
}
