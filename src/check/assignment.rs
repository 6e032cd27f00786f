//! `check = "assignment"`: a value of a certain shape whose name says that it is a credential. The shape finds the
//! value; then its names, the blocks around it, the path of the file and nearby addresses decide.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ptr;
use std::sync::LazyLock;

use memchr::memmem;

use super::{Candidate, Compiled, View, fixed, token, value};

use crate::blob::BlobPath;
use crate::fact::namesake::{cf_means_other_product_near, is_file_of_other_vendor};
use crate::fact::naming::{Name, Naming, enclosing, naming};
use crate::fact::{lines, words};
use crate::literals::{Literals, contains};
use crate::rule::{CheckKind, Confidence, Detect, Randomness};
use crate::span::Span;

mod partner;
mod recipient;
mod script;
mod uses;
mod vendors;

pub(super) use recipient::is_sent_elsewhere;
use recipient::{in_other_provider, is_given_to_other_library};
use script::argument_of_script;
use uses::{
    Assignee, Destination, access_path, assignee, destination, follows_scheme, function_start, is_target,
    uses,
};
use vendors::{in_foreign_settings, is_general_for_storage, is_of_other_service};
pub(super) use vendors::{is_general, names_other};

/// How far back the statement of a value is read, in bytes.
const STATEMENT: usize = 200;
/// Distance from a value within which an address of the API counts as part of the same call, in bytes.
const SAME_CALL: usize = 700;
/// How many further names a value is followed through, from how many uses of each, and how many names are followed in
/// one text.
const HOPS: usize = 2;
const PLACES: usize = 8;
const NAMES: usize = 500;
/// Distance from a use of a value within which an address belongs to the same call, in bytes.
const SAME_STATEMENT: usize = 200;
/// Distance from a value within which a mention of Cloudflare counts for a generic name, in bytes.
const SAME_TOPIC: usize = 2500;

/// Addresses and headers that show that a nearby value is used with Cloudflare.
static HOSTS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::caseless(&[
        "api.cloudflare.com",
        "api.fed.cloudflare.com",
        "gateway.ai.cloudflare.com",
        "cf-aig-authorization",
        "smtp.mx.cloudflare.net",
        ".r2.cloudflarestorage.com",
        "rtc.live.cloudflare.com",
        "cloudflare-api",
        "mcp.cloudflare.com",
        "cloudflareaccess.com",
        "dash.cloudflare.com/profile",
        "dash.cloudflare.com/api",
    ])
});

/// Whose a value is, and why; `None` if nothing says so.
type Verdict = Option<(Confidence, String)>;

/// What the answer of [`confidence_from_uses`] depends on within one text.
#[derive(PartialEq, Eq, Hash)]
struct Question {
    detection: *const Compiled,
    name: Vec<u8>,
    key: bool,
    hops: usize,
}

/// The detections of this kind that apply to one text, and what they share.
pub(crate) struct Shaped<'d> {
    all: Vec<&'d Compiled>,
    /// Those whose values may lack digits.
    without_digits: Vec<&'d Compiled>,
    /// How many more names may be followed: each takes a search of the whole text.
    names_left: Cell<usize>,
    /// What the uses of a name said: many values of a text stand under the same name.
    said: RefCell<HashMap<Question, Verdict>>,
    /// Whether the text contains an address of the API.
    has_api_host: OnceCell<bool>,
}

impl<'d> Shaped<'d> {
    /// Selects the assignment detections for which `wanted`, called with their index, returns true.
    pub(crate) fn new(detections: &'d [Compiled], wanted: impl Fn(usize, &Compiled) -> bool) -> Shaped<'d> {
        let of_kind = detections.iter().enumerate().filter(|(_, d)| d.detect.check == CheckKind::Assignment);
        let all: Vec<&Compiled> = of_kind.filter(|(number, d)| wanted(*number, d)).map(|(_, d)| d).collect();
        let random = |of: &Detect| matches!(of.random, Some(Randomness::Token | Randomness::Hex));
        let needs_digits = |of: &Detect| of.proof.is_none() && random(of);
        let without_digits = all.iter().copied().filter(|d| !needs_digits(&d.detect)).collect();
        Shaped {
            all,
            without_digits,
            names_left: Cell::new(NAMES),
            said: RefCell::default(),
            has_api_host: OnceCell::new(),
        }
    }
}

/// Checks one run of value characters. If it looks like a credential and is named like one, but nothing says whether it
/// is Cloudflare's, its span is pushed to `undecided`.
pub(crate) fn check(
    detections: &Shaped<'_>,
    run: Span,
    path: &BlobPath,
    view: &View<'_>,
    out: &mut Vec<Candidate>,
    undecided: &mut Vec<Span>,
) {
    let mut names: Option<Naming> = None;
    // Most runs are long names without digits; random values have digits.
    let digits = view.bytes[run.start..run.end].iter().any(u8::is_ascii_digit);
    for detection in if digits { &detections.all } else { &detections.without_digits } {
        if let Some(span) = matching_run(detection, view.bytes, run) {
            let bytes = &view.bytes[span.start..span.end];
            if has_foreign_prefix(bytes) {
                continue;
            }
            // Judging the value is cheap, reading its names is not.
            let mut found = Candidate::new(detection.rule, view.original(span), detection.detect.confidence);
            found.message = detection.detect.message.clone();
            if !token::accept(detection, bytes, &mut found) {
                continue;
            }
            let names = names.get_or_insert_with(|| naming(view.bytes, run, path));
            let named = is_named(detection, names, view, span, path);
            let own = named.then(|| vendor_confidence(detection, names, view, span, path)).flatten();
            let own = own.or_else(|| argument_of_script(detection, names, view, span, path));
            let name = assignee(view.bytes, span.start).filter(|_| !names_other(names.own()));
            let used =
                || name.and_then(|name| confidence_from_uses(detection, detections, name, view, path, HOPS));
            let Some((confidence, why)) = own.or_else(used) else {
                // In another version of the file, other lines may say whose it is.
                undecided.extend((named || name.is_some()).then(|| view.original(span)));
                continue;
            };
            found.confidence = found.confidence.min(confidence);
            found.evidence.push(why);
            found.evidence.push(format!("{} characters", bytes.len()));
            found.evidence.push(format!("{:.1} bits per character", value::entropy(bytes)));
            found.secrets.push(view.original(span));
            found.credential = Some((detection.kind(), bytes.to_vec()));
            partner::label(detection, view, span, &mut found);
            out.push(found);
        }
    }
}

/// Whether the value starts with the prefix of another vendor's credentials.
fn has_foreign_prefix(value: &[u8]) -> bool {
    const MARKS: &[&[u8]] = &[
        b"ghp_",
        b"gho_",
        b"ghu_",
        b"ghs_",
        b"ghr_",
        b"github_pat_",
        b"glpat-",
        b"npm_",
        b"sk_live_",
        b"sk_test_",
        b"rk_live_",
        b"whsec_",
        b"xoxb-",
        b"xoxp-",
        b"dop_v1_",
        b"hf_",
        b"pypi-",
        b"shpat_",
        b"lin_api_",
        b"dckr_pat_",
        b"nvapi-",
        b"gsk_",
        b"sk-ant-",
        b"sk-proj-",
        b"AIza",
    ];
    MARKS.iter().any(|mark| value.starts_with(mark))
}

/// Returns the run if all of it has the shape that the detection looks for.
fn matching_run(detection: &Compiled, bytes: &[u8], run: Span) -> Option<Span> {
    let (shortest, longest) = detection.lengths();
    if run.len() < shortest || run.len() > longest {
        return None;
    }
    let fits = detection.value().fits(&bytes[run.start..run.end]);
    (fits && !is_part_of_longer(bytes, run)).then_some(run)
}

/// Whether the run is part of something longer: a path, an address, base64, a dotted name.
fn is_part_of_longer(bytes: &[u8], run: Span) -> bool {
    let before = run.start.checked_sub(1).map(|i| bytes[i]);
    let after = bytes.get(run.end).copied();
    let next = bytes.get(run.end + 1).copied();
    let word = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    match before {
        Some(b'/' | b'+' | b'@') => return true,
        Some(b'.') if run.start >= 2 && bytes[run.start - 2].is_ascii_alphanumeric() => return true,
        _ => {}
    }
    // Org mode: `=VALUE=`.
    let verbatim =
        before == Some(b'=') && run.start >= 2 && bytes[run.start - 2].is_ascii_whitespace() && !word(next);
    match after {
        Some(b'=') if verbatim => false,
        Some(b'/' | b'+' | b'(') => true,
        Some(b'.') => word(next),
        Some(b'=') => !matches!(next, Some(b'=')) && !word(next) && next != Some(b'"') || next.is_none(),
        _ => false,
    }
}

/// Whether the value has a name that the detection looks for.
fn is_named(detection: &Compiled, names: &Naming, view: &View<'_>, span: Span, path: &BlobPath) -> bool {
    let (own, Some(name)) = (names.own(), detection.name()) else { return false };
    if begins_statement(names, view.bytes, span) {
        return false;
    }
    let near = |n: &&Name| !names_other(&n.words) && name.is_match(n.words.as_bytes());
    let named = name.is_match(own.as_bytes())
        || names.phrases.iter().take(4).any(|n| near(&n))
        || name.is_match(statement(names).as_bytes());
    let refused = || detection.not_name().is_some_and(|n| n.is_match(own.as_bytes()));
    if !named || refused() && !is_named_by_one_word(detection, view.bytes, span) {
        return false;
    }
    // Django and Flask use this name for the key that signs sessions. A storage key has its id nearby.
    own.trim() != "secret key"
        || !path.file_name().ends_with(b".py")
        || detection.partner().is_none_or(|partner| partner.is_match(view.around(span, SAME_CALL)))
}

/// Whether the word before the value is its name, and what precedes that word is about something else: the word is an
/// option, or follows the value of another name. `access_key_id ID secret_access_key VALUE`, `--id ID --secret-key VALUE`
fn is_named_by_one_word(detection: &Compiled, bytes: &[u8], span: Span) -> bool {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let line = lines::before(bytes, span.start, STATEMENT);
    let between = |b: &u8| blank(b) || matches!(b, b'"' | b'\'' | b'=' | b',');
    let line = &line[..line.iter().rposition(|b| !between(b)).map_or(0, |at| at + 1)];
    let start = line.iter().rposition(|b| !word(b)).map_or(0, |at| at + 1);
    let name = &line[start..];
    let before = line[..start].trim_ascii_end();
    let other = &before[before.iter().rposition(blank).map_or(0, |at| at + 1)..];
    let is_value = before.len() < start
        && (other.iter().filter(|b| b.is_ascii_digit()).count() >= 4 && other.len() >= 20
            || matches!(other.first(), Some(b'$' | b'"' | b'\'' | b'<')));
    let words = words::words(name);
    (name.starts_with(b"--") || is_value)
        && detection.name().is_some_and(|n| n.is_match(words.as_bytes()))
        && detection.not_name().is_none_or(|n| !n.is_match(words.as_bytes()))
}

/// Joins the phrases of the statement, outermost first.
fn statement(names: &Naming) -> String {
    names.phrases.iter().take(4).rev().map(|n| n.words.as_str()).collect()
}

/// Returns the confidence that the value is Cloudflare's, judged by its names and surroundings, and the evidence.
/// Returns `None` if nothing says so.
fn vendor_confidence(
    detection: &Compiled,
    names: &Naming,
    view: &View<'_>,
    span: Span,
    path: &BlobPath,
) -> Verdict {
    let own = names.own();
    let shown = own.trim();
    let near = detection.near();
    let is_cloudflare = |text: &str| near.is_some_and(|n| n.is_match(text.as_bytes()));
    if is_cloudflare(own) {
        // CurseForge and Contentful use `CF_TOKEN` as well.
        let short = own.split(' ').any(|word| word == "cf") && !own.contains("cloudflare");
        if short && cf_means_other_product_near(view.bytes, path, span) {
            return None;
        }
        // Others send a header of that name as well.
        let header = own.contains("x auth") && !own.contains("cloudflare");
        if header && is_file_of_other_vendor(view.bytes, path) {
            return None;
        }
        return Some((detection.detect.confidence, format!("named `{shown}`")));
    }
    if names_other(own) {
        return None;
    }
    if is_of_other_service(view.bytes, span) {
        return None;
    }
    if is_cloudflare(&statement(names)) || is_cloudflare(&enclosing(view.bytes, span.start)) {
        return Some((detection.detect.confidence, format!("named `{shown}` inside Cloudflare settings")));
    }
    if in_foreign_settings(view.bytes, span)
        || is_sent_elsewhere(view.bytes, span)
        || in_other_provider(view.bytes, span)
    {
        return None;
    }
    if HOSTS.is_match(view.around(span, SAME_CALL)) {
        return Some((detection.detect.confidence, format!("`{shown}` beside a Cloudflare address")));
    }
    // The names of the tools of AWS say nothing about whose storage it is, if the id is not one of AWS.
    let borrowed = || {
        detection.partner().is_some_and(|partner| {
            is_general_for_storage(own) && partner.is_match(view.around(span, SAME_CALL))
        })
    };
    let general = is_general(own) || borrowed();
    if general && is_cloudflare(&words::words(path.as_bytes())) {
        return Some((
            detection.detect.confidence.min(Confidence::Medium),
            format!("`{shown}` in a file named after Cloudflare"),
        ));
    }
    let topic = || match detection.topic() {
        Some(topic) => topic.is_match(view.around(span, SAME_TOPIC)),
        None => contains(view.around(span, SAME_TOPIC), b"cloudflare"),
    };
    (general
        && detection.detect.confidence > Confidence::Low
        && topic()
        && !is_given_to_other_library(view.bytes, span))
    .then(|| (Confidence::Medium, format!("`{shown}` near the word Cloudflare")))
}

/// Like [`vendor_confidence`], for a value whose own name says nothing: judges by how the name is used, for instance as
/// a header of an API call or as an argument of a client. A mention of Cloudflare nearby is not enough.
fn confidence_from_uses(
    detection: &Compiled,
    detections: &Shaped<'_>,
    name: Assignee<'_>,
    view: &View<'_>,
    path: &BlobPath,
    hops: usize,
) -> Verdict {
    let question =
        Question { detection: ptr::from_ref(detection), name: name.name.to_vec(), key: name.key, hops };
    if let Some(answer) = detections.said.borrow().get(&question) {
        return answer.clone();
    }
    let answer = verdict_of_uses(detection, detections, name, view, path, hops);
    detections.said.borrow_mut().insert(question, answer.clone());
    answer
}

/// Answers [`confidence_from_uses`] by looking at every use of the name.
fn verdict_of_uses(
    detection: &Compiled,
    detections: &Shaped<'_>,
    name: Assignee<'_>,
    view: &View<'_>,
    path: &BlobPath,
    hops: usize,
) -> Verdict {
    fixed! {
        /// Marks the body of a function that sends its argument as a bearer token.
        static SENDS = "(?i)bearer";
    }
    detections.names_left.set(detections.names_left.get().checked_sub(1)?);
    let hosts = || *detections.has_api_host.get_or_init(|| HOSTS.is_match(view.bytes));
    // Where something is assigned to the name it is not used.
    let places: Vec<Span> = uses(view.bytes, name).filter(|place| !is_target(view.bytes, *place)).collect();
    let bearer = || detection.name().is_some_and(|name| name.is_match(b"authorization bearer "));
    // The scheme may be a separate argument: `paste("Bearer", k)`, `["Bearer", k].join(" ")`.
    let after_scheme = |place: &Span| follows_scheme(view.bytes, access_path(view.bytes, *place).start);
    if bearer() && hosts() && places.iter().any(after_scheme) {
        return Some((detection.detect.confidence, String::from("used as a bearer")));
    }
    let spans = places.iter().flat_map(|place| [*place, access_path(view.bytes, *place)]);
    let direct = spans.into_iter().find_map(|place| {
        let names = naming(view.bytes, place, path);
        // The name of a header is not enough: other vendors use the same one.
        let vendor = || {
            [names.own(), &statement(&names), &enclosing(view.bytes, place.start)]
                .iter()
                .any(|words| words.contains("cloudflare"))
                || hosts()
        };
        // The call may go to an address of another vendor.
        let call = view.around(place, SAME_STATEMENT);
        let foreign = || memmem::find(call, b"://").is_some() && !HOSTS.is_match(call);
        let named = is_named(detection, &names, view, place, path) && vendor() && !foreign();
        let (confidence, _) =
            named.then(|| vendor_confidence(detection, &names, view, place, path)).flatten()?;
        (confidence == detection.detect.confidence)
            .then(|| (confidence, format!("used as `{}`", names.own().trim())))
    });
    if direct.is_some() || hops == 0 {
        return direct;
    }
    places.into_iter().take(PLACES).find_map(|place| match destination(view.bytes, place)? {
        Destination::Name(other) if other.name != name.name && !names_other(&words::words(other.name)) => {
            confidence_from_uses(detection, detections, other, view, path, hops - 1)
        }
        Destination::Function(function) if bearer() && hosts() => {
            let sends = SENDS.is_match(function_start(view.bytes, function)?);
            let why = format!("handed to `{}`", String::from_utf8_lossy(function));
            sends.then_some((detection.detect.confidence, why))
        }
        _ => None,
    })
}

/// Whether the value is the first of several words on its line while its name is on a line above. Then it is an
/// identifier that begins a statement.
fn begins_statement(names: &Naming, bytes: &[u8], span: Span) -> bool {
    let Some(name) = names.phrases.first().and_then(|name| name.span).filter(|name| name.end <= span.start)
    else {
        return false;
    };
    let between = &bytes[name.end..span.start];
    let alone = between.iter().rev().take_while(|b| **b != b'\n').all(|b| matches!(b, b' ' | b'\t'));
    let mut rest = bytes[span.end..].iter().take(80).take_while(|b| **b != b'\n');
    let follows = rest.find(|b| !matches!(b, b' ' | b'\t'));
    let spaced = bytes.get(span.end).is_some_and(|b| matches!(b, b' ' | b'\t'));
    between.contains(&b'\n')
        && alone
        && spaced
        && follows.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'=')
}
