//! `check = "assignment"`: a value of some shape that goes by a name which says what it is. The shape finds the value;
//! its names, what encloses it, the path and the addresses near it decide.

use std::cell::{Cell, OnceCell};

use memchr::memmem;

use super::{Candidate, Compiled, View, fixed, token, value};

use crate::blob::BlobPath;
use crate::fact::namesake::is_other_near;
use crate::fact::naming::{Name, Naming, enclosing, naming, parent};
use crate::fact::setting::same_group;
use crate::fact::words;
use crate::literals::contains;
use crate::rule::{CheckKind, Confidence, Detect, Randomness};
use crate::span::Span;

mod uses;

use uses::{Given, Next, body, follows_scheme, given, next, uses, whole};

/// How far back the statement of a value is followed, in bytes.
const STATEMENT: usize = 200;
/// Around a value, in bytes: where an address of the API belongs to the same call.
const SAME_CALL: usize = 700;
/// How often what a value is given to is followed, from how many places each time, and how many names in one text.
const HOPS: usize = 2;
const PLACES: usize = 8;
const NAMES: usize = 500;
/// Around a use of a value, in bytes: where an address is that of its call.
const SAME_STATEMENT: usize = 200;
/// Around a value, in bytes: where the vendor's name makes a general name mean the vendor's.
const SAME_TOPIC: usize = 2500;

fixed! {
    /// Names of other vendors and of things that are no secrets: the name says otherwise.
    static FOREIGN = "(^| )(github|gh|gitlab|bitbucket|gcp|google|azure|npm|node auth|docker|dockerhub|ghcr|slack|stripe|sentry|\
         datadog|discord|telegram|heroku|vercel|netlify|digitalocean|do|hetzner|linode|openai|anthropic|twilio|sendgrid|mailgun|\
         mailchimp|algolia|firebase|supabase|auth0|okta|codecov|sonar|snyk|circleci|travis|pypi|twine|rubygems|cargo registry|crates|\
         session|csrf|cookie|redis|mysql|postgres|pg|mongo|mongodb|rabbitmq|facebook|twitter|shopify|paypal|grafana|pagerduty|newrelic|\
         bugsnag|fastly|akamai|bunny|godaddy|namecheap|route53|ovh|gandi|porkbun|vultr|dnspod|aliyun|alibaba|tencent|huggingface|hf|\
         replicate|notion|airtable|linear|jira|atlassian|confluence|vault|consul|nomad|hubspot|zendesk|intercom|segment|mixpanel|amplitude|\
         posthog|launchdarkly|minio|garage|ceph|wasabi|backblaze|scaleway|seaweedfs|rustfs|pusher|mapbox|plaid|square|resend|postmark|clerk|neon|planetscale|turso|upstash|railway|fly|render|buildkite|\
         jenkins|artifactory|nexus|jfrog|terraform cloud|tfe|pulumi access|sops|age|commit|sha|sha1|sha256|md5|hash|checksum|digest|integrity|\
         revision|rev|etag|nonce|ray|build id|cache key|fingerprint|uuid|guid|kid|aud|resolved|signature|thumbprint|serial)( |$)";

    /// Names that say what a value is but not whose: only taken where the vendor is close by.
    static GENERAL = "^((api|token|tkn|tokens|auth|key|keys|secret|secrets|bearer|authorization|access|global|my|our|default|prod|production|dev|\
         development|staging|stage|test|testing|const|let|var|val|static|final|public|private|export|env|environ|environment|os|process|self|\
         this|config|cfg|conf|settings|header|headers|x|h|new|with|set|add|get|string|str|value|client|user|password|passwd|pass|pw|pwd|\
         credential|credentials|zone|dns|account|read|write|edit|only|admin|main|ci|deploy|deployment|def|request|req|http|option|options|authentication|provider|bearer|\
         from|to|is|the|a|your|for|old|live|curl|v1|v2|v3|[0-9]+|params|param|args|data|body|app|service|login|input|type|raw|and|run|arg|\
         setenv|putenv|getenv|define|field|name|id|site|root|super|full|scoped|ttl|generated|created|here|this|legacy|current|backup|tmp) )+$";

    static HOSTS = r"(?i)api\.cloudflare\.com|gateway\.ai\.cloudflare\.com|cf-aig-authorization|api\.fed\.cloudflare\.com|smtp\.mx\.cloudflare\.net|\.r2\.cloudflarestorage\.com|rtc\.live\.cloudflare\.com|cloudflare-api|mcp\.cloudflare\.com|cloudflareaccess\.com|dash\.cloudflare\.com/profile|dash\.cloudflare\.com/api";
}

/// Detections of values by their shape and their names.
pub(crate) struct Shaped<'d> {
    all: Vec<&'d Compiled>,
    /// Those whose values need not have a digit.
    without_digits: Vec<&'d Compiled>,
    /// How many names are still followed in this text: each is looked for in the whole of it.
    follow: Cell<usize>,
    /// Whether the text holds an address of the API.
    hosts: OnceCell<bool>,
}

impl<'d> Shaped<'d> {
    /// Those that are of this kind and wanted; they are told by their number.
    pub(crate) fn new(detections: &'d [Compiled], wanted: impl Fn(usize, &Compiled) -> bool) -> Shaped<'d> {
        let of_kind = detections.iter().enumerate().filter(|(_, d)| d.detect.check == CheckKind::Assignment);
        let all: Vec<&Compiled> = of_kind.filter(|(number, d)| wanted(*number, d)).map(|(_, d)| d).collect();
        let random = |of: &Detect| matches!(of.random, Some(Randomness::Token | Randomness::Hex));
        let needs_digits = |of: &Detect| of.proof.is_none() && random(of);
        let without_digits = all.iter().copied().filter(|d| !needs_digits(&d.detect)).collect();
        Shaped { all, without_digits, follow: Cell::new(NAMES), hosts: OnceCell::new() }
    }
}

/// Looks at one run of value characters. `undecided` gets those that look and are named like a credential while nothing
/// says whose.
pub(crate) fn check(
    detections: &Shaped<'_>,
    run: Span,
    path: &BlobPath,
    view: &View<'_>,
    out: &mut Vec<Candidate>,
    undecided: &mut Vec<Span>,
) {
    let mut names: Option<Naming> = None;
    // Most runs are long names, which have no digits; what is random has.
    let digits = view.bytes[run.start..run.end].iter().any(u8::is_ascii_digit);
    for detection in if digits { &detections.all } else { &detections.without_digits } {
        if let Some(span) = shape(detection, view.bytes, run) {
            let bytes = &view.bytes[span.start..span.end];
            if is_marked_by_another(bytes) {
                continue;
            }
            // The look of the value is cheap to judge; its names are not.
            let mut found = Candidate::new(detection.rule, view.original(span), detection.detect.confidence);
            found.message = detection.detect.message.clone();
            if !token::accept(detection, bytes, &mut found) {
                continue;
            }
            let names = names.get_or_insert_with(|| naming(view.bytes, run, path));
            let named = is_named(detection, names, view, span, path);
            let own = named.then(|| whose(detection, names, view, span, path)).flatten();
            let given = given(view.bytes, span.start).filter(|_| !FOREIGN.is_match(names.own().as_bytes()));
            let used = || given.and_then(|given| used_as(detection, detections, given, view, path, HOPS));
            let Some((confidence, why)) = own.or_else(used) else {
                // What else the text says of it may change.
                undecided.extend((named || given.is_some()).then(|| view.original(span)));
                continue;
            };
            found.confidence = found.confidence.min(confidence);
            found.evidence.push(why);
            found.evidence.push(format!("{} characters", bytes.len()));
            found.evidence.push(format!("{:.1} bits per character", value::entropy(bytes)));
            found.secrets.push(view.original(span));
            found.credential = Some((detection.kind(), bytes.to_vec()));
            partner(detection, view, span, &mut found);
            out.push(found);
        }
    }
}

/// Whether the value says by its beginning that it is another vendor's.
fn is_marked_by_another(value: &[u8]) -> bool {
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

/// The run itself if the whole of it has the shape.
fn shape(detection: &Compiled, bytes: &[u8], run: Span) -> Option<Span> {
    let (shortest, longest) = detection.lengths();
    if run.len() < shortest || run.len() > longest {
        return None;
    }
    let value = detection.value()?;
    let fits = |span: Span| {
        value.find(&bytes[span.start..span.end]).is_some_and(|m| m.start() == 0 && m.end() == span.len())
    };
    if fits(run) && !continues(bytes, run) {
        return Some(run);
    }
    None
}

/// The value is a part of something longer: a path, an address, base64, a dotted name.
fn continues(bytes: &[u8], run: Span) -> bool {
    let before = run.start.checked_sub(1).map(|i| bytes[i]);
    let after = bytes.get(run.end).copied();
    let next = bytes.get(run.end + 1).copied();
    let word = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    match before {
        Some(b'/' | b'+' | b'@') => return true,
        Some(b'.') if run.start >= 2 && bytes[run.start - 2].is_ascii_alphanumeric() => return true,
        _ => {}
    }
    match after {
        Some(b'/' | b'+' | b'(') => true,
        Some(b'.') => word(next),
        Some(b'=') => !matches!(next, Some(b'=')) && !word(next) && next != Some(b'"') || next.is_none(),
        _ => false,
    }
}

/// Whether the value is called what the detection looks for.
fn is_named(detection: &Compiled, names: &Naming, view: &View<'_>, span: Span, path: &BlobPath) -> bool {
    let (own, Some(name)) = (names.own(), detection.name()) else { return false };
    if begins_statement(names, view.bytes, span) {
        return false;
    }
    let near = |n: &&Name| !FOREIGN.is_match(n.words.as_bytes()) && name.is_match(n.words.as_bytes());
    let named = name.is_match(own.as_bytes())
        || names.phrases.iter().take(4).any(|n| near(&n))
        || name.is_match(statement(names).as_bytes());
    if !named || detection.not_name().is_some_and(|n| n.is_match(own.as_bytes())) {
        return false;
    }
    // Django and Flask call the key of their sessions so; that of a storage has its id beside it.
    own.trim() != "secret key"
        || !path.file_name().ends_with(b".py")
        || detection.partner().is_none_or(|partner| partner.is_match(view.around(span, SAME_CALL)))
}

/// The phrases of the statement as one.
fn statement(names: &Naming) -> String {
    names.phrases.iter().take(4).rev().map(|n| n.words.as_str()).collect()
}

/// Confidence from the names and surroundings, or `None` where nothing says that the value is Cloudflare's.
fn whose(
    detection: &Compiled,
    names: &Naming,
    view: &View<'_>,
    span: Span,
    path: &BlobPath,
) -> Option<(Confidence, String)> {
    let own = names.own();
    let shown = own.trim();
    let near = detection.near();
    let ours = |text: &str| near.is_some_and(|n| n.is_match(text.as_bytes()));
    if ours(own) {
        // `CF_TOKEN` is CurseForge's and Contentful's as well.
        let short = own.split(' ').any(|word| word == "cf") && !own.contains("cloudflare");
        if short && is_other_near(view.bytes, path, span) {
            return None;
        }
        // Others send a header of that name as well.
        let header = own.contains("x auth") && !own.contains("cloudflare");
        if header && is_other_api(view.bytes, path) {
            return None;
        }
        return Some((detection.detect.confidence, format!("named `{shown}`")));
    }
    if FOREIGN.is_match(own.as_bytes()) {
        return None;
    }
    if ours(&statement(names)) || ours(&enclosing(view.bytes, span.start)) {
        return Some((detection.detect.confidence, format!("named `{shown}` inside Cloudflare settings")));
    }
    if is_elsewhere(view.bytes, span) {
        return None;
    }
    if HOSTS.is_match(view.around(span, SAME_CALL)) {
        return Some((detection.detect.confidence, format!("`{shown}` beside a Cloudflare address")));
    }
    let general = GENERAL.is_match(own.as_bytes());
    if general && ours(&words::words(path.as_bytes())) {
        return Some((
            detection.detect.confidence.min(Confidence::Medium),
            format!("`{shown}` in a file named after Cloudflare"),
        ));
    }
    let topic = || match detection.topic() {
        Some(topic) => topic.is_match(view.around(span, SAME_TOPIC)),
        None => contains(view.around(span, SAME_TOPIC), b"cloudflare"),
    };
    (general && detection.detect.confidence > Confidence::Low && topic())
        .then(|| (Confidence::Medium, format!("`{shown}` near the word Cloudflare")))
}

/// The same for a value whose name says nothing, from what the name is given to: a header of a call of the API, an argument of
/// a client. What is only near the vendor's name is not enough.
fn used_as(
    detection: &Compiled,
    detections: &Shaped<'_>,
    given: Given<'_>,
    view: &View<'_>,
    path: &BlobPath,
    hops: usize,
) -> Option<(Confidence, String)> {
    fixed! {
        /// What sends a credential to the API, where a function takes it.
        static SENDS = "(?i)bearer";
    }
    detections.follow.set(detections.follow.get().checked_sub(1)?);
    let hosts = || *detections.hosts.get_or_init(|| HOSTS.is_match(view.bytes));
    let places: Vec<Span> = uses(view.bytes, given).collect();
    let bearer = || detection.name().is_some_and(|name| name.is_match(b"authorization bearer "));
    // The scheme is an argument of its own: `paste("Bearer", k)`, `["Bearer", k].join(" ")`.
    let behind_scheme = |place: &Span| follows_scheme(view.bytes, whole(view.bytes, *place).start);
    if bearer() && hosts() && places.iter().any(behind_scheme) {
        return Some((detection.detect.confidence, String::from("used as a bearer")));
    }
    let spans = places.iter().flat_map(|place| [*place, whole(view.bytes, *place)]);
    let direct = spans.into_iter().find_map(|place| {
        let names = naming(view.bytes, place, path);
        // The key of a header is not enough: others call theirs the same.
        let vendor = || {
            [names.own(), &statement(&names), &enclosing(view.bytes, place.start)]
                .iter()
                .any(|words| words.contains("cloudflare"))
                || hosts()
        };
        // The call that it is for has an address of its own.
        let call = view.around(place, SAME_STATEMENT);
        let elsewhere = || memmem::find(call, b"://").is_some() && !HOSTS.is_match(call);
        let named = is_named(detection, &names, view, place, path) && vendor() && !elsewhere();
        let (confidence, _) = named.then(|| whose(detection, &names, view, place, path)).flatten()?;
        (confidence == detection.detect.confidence)
            .then(|| (confidence, format!("used as `{}`", names.own().trim())))
    });
    if direct.is_some() || hops == 0 {
        return direct;
    }
    places.into_iter().take(PLACES).find_map(|place| match next(view.bytes, place)? {
        Next::Name(other)
            if other.name != given.name && !FOREIGN.is_match(words::words(other.name).as_bytes()) =>
        {
            used_as(detection, detections, other, view, path, hops - 1)
        }
        Next::Function(function) if bearer() && hosts() => {
            let sends = SENDS.is_match(body(view.bytes, function)?);
            let why = format!("handed to `{}`", String::from_utf8_lossy(function));
            sends.then_some((detection.detect.confidence, why))
        }
        _ => None,
    })
}

/// The settings that the value stands among have an address, and it is somebody else's; or they are called after another
/// storage.
fn is_elsewhere(bytes: &[u8], span: Span) -> bool {
    fixed! {
        static ADDRESS = r#"(?i)\b\w*(?:end_?-?point\w*|api_?url|base_?url)["']?\s*(?:=>|[:=(,])\s*["'`]?(?P<host>https?://[^\s"'`,;)}]+|[a-z0-9][\w-]*\.[\w.-]+[a-z](?::\d+)?\b)"#;
        static STORAGE = "(^| )(minio|garage|ceph|wasabi|backblaze|b2|scaleway|spaces|idrive|storj|seaweedfs|rustfs|radosgw|exoscale)( |$)";
    }
    let from = span.start.saturating_sub(SAME_CALL);
    let near = &bytes[from..bytes.len().min(span.end + SAME_CALL)];
    let hosts: Vec<&[u8]> = ADDRESS
        .captures_iter(near)
        .filter_map(|groups| groups.name("host"))
        .filter(|host| same_group(bytes, Span::from(*host).shift(from), span))
        .map(|host| host.as_bytes())
        .collect();
    if hosts.iter().any(|host| contains(host, b"cloudflare")) {
        return false;
    }
    // An address of which a part is filled in may be anybody's.
    hosts.iter().any(|host| !host.iter().any(|b| matches!(b, b'$' | b'{' | b'%' | b'<')))
        || parent(bytes, span.start).is_some_and(|name| STORAGE.is_match(name.words.as_bytes()))
}

/// Whether the file has addresses, and neither it nor its path names Cloudflare.
fn is_other_api(bytes: &[u8], path: &BlobPath) -> bool {
    fixed! {
        static ADDRESS = r"(?i)https?://[a-z][\w-]*\.[a-z]";
    }
    !contains(bytes, b"cloudflare")
        && !contains(path.as_bytes(), b"cloudflare")
        && !contains(bytes, b"cf_")
        && ADDRESS.is_match(bytes)
}

/// The value is the first word of a line and more words follow, while its name stands on a line above: an identifier.
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

/// Labels the other half of a pair, the nearest match of `partner`.
fn partner(detection: &Compiled, view: &View<'_>, span: Span, found: &mut Candidate) {
    let Some(partner) = detection.partner() else { return };
    let start = span.start.saturating_sub(SAME_CALL);
    let end = view.bytes.len().min(span.end + SAME_CALL);
    let nearest = partner
        .captures_iter(&view.bytes[start..end])
        .filter_map(|groups| groups.name("label").map(|m| Span::from(m).shift(start)))
        .filter(|place| !place.overlaps(span))
        .min_by_key(
            |place| if place.start < span.start { span.start - place.end } else { place.start - span.end },
        );
    if let Some(place) = nearest {
        found.labels.push((view.original(place), detection.detect.partner_label.clone().unwrap_or_default()));
    }
}
