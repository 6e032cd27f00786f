//! Other products whose names people shorten to `CF`: a name such as `CF_API_KEY` means Cloudflare only if the text is
//! not about one of them, and files that concern another vendor altogether.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::fixed;
use crate::blob::BlobPath;
use crate::literals::{Hit, Literals, contains};
use crate::span::Span;

/// Words that show that a text is about Cloudflare.
const CLOUDFLARE: &[&[u8]] = &[b"cloudflare", b"wrangler", b"workers.dev", b"cfargotunnel", b"pages.dev"];

/// Products that are shortened to `CF`, and words from their context.
const OTHER_PRODUCTS: &[&[u8]] = &[
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

static NAMES: LazyLock<Literals> =
    LazyLock::new(|| Literals::caseless(&[CLOUDFLARE, OTHER_PRODUCTS].concat()));

/// Whether the words that a text contains are Cloudflare's, and whether they are other products'.
#[derive(Clone, Copy, Default)]
struct Named {
    cloudflare: bool,
    other: bool,
}

impl Named {
    fn by(bytes: &[u8]) -> Named {
        let mut out = Named::default();
        let _ = NAMES.each(bytes, 0, |hit| {
            out.add(hit);
            if out.cloudflare && out.other { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        out
    }

    fn add(&mut self, hit: Hit) {
        let own = hit.index < CLOUDFLARE.len();
        self.cloudflare |= own;
        self.other |= !own;
    }

    fn any(self) -> bool {
        self.cloudflare || self.other
    }
}

/// How far from a place a product name tells what `CF` means there, in bytes.
const REACH: usize = 600;

/// Whether `CF` means another product in a text: the text or its path names one, and does not name Cloudflare.
pub fn cf_means_other_product(bytes: &[u8], path: &BlobPath) -> bool {
    let (of_path, of_text) = (Named::by(path.as_bytes()), Named::by(bytes));
    !(of_path.cloudflare || of_text.cloudflare) && (of_path.other || of_text.other)
}

/// Like [`cf_means_other_product`], for a place in a text that may name both: the last name before the place decides.
pub fn cf_means_other_product_at(bytes: &[u8], place: Span) -> bool {
    let before = &bytes[place.start.saturating_sub(REACH)..place.start];
    NAMES.all(before).last().is_some_and(|last| last.index >= CLOUDFLARE.len())
}

/// Like [`cf_means_other_product_at`], but if there is no name before the place, names after it decide, and then the
/// path.
pub fn cf_means_other_product_near(bytes: &[u8], path: &BlobPath, place: Span) -> bool {
    let before = &bytes[place.start.saturating_sub(REACH)..place.start];
    let after = &bytes[place.end..bytes.len().min(place.end + REACH)];
    if NAMES.is_match(before) {
        return cf_means_other_product_at(bytes, place);
    }
    let of_text = Named::by(after);
    let names = if of_text.any() { of_text } else { Named::by(path.as_bytes()) };
    names.other && !names.cloudflare
}

/// Whether a file concerns another vendor: it has addresses, and neither it nor its path mentions Cloudflare. Others use
/// header names such as `X-Auth-Key` as well.
pub(crate) fn is_file_of_other_vendor(bytes: &[u8], path: &BlobPath) -> bool {
    fixed! {
        static ADDRESS = r"(?i)https?://[a-z][\w-]*\.[a-z]";
    }
    !contains(bytes, b"cloudflare")
        && !contains(path.as_bytes(), b"cloudflare")
        && !contains(bytes, b"cf_")
        && ADDRESS.is_match(bytes)
}

#[cfg(test)]
mod tests {
    use super::{cf_means_other_product, cf_means_other_product_at};
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
        assert!(!cf_means_other_product_at(text.as_bytes(), place("CF_A")));
        assert!(cf_means_other_product_at(text.as_bytes(), place("CF_B")));
        assert!(cf_means_other_product(b"cf push -f a.yml # with $CF_PASSWORD", &path));
        assert!(!cf_means_other_product(b"CF_API_KEY=1", &path));
    }
}
