//! `check = "setting"`: how a tool or an SDK is configured to authenticate. A key next to an e-mail address is the
//! Global API Key, whatever the names say; an API token needs no e-mail address.

use super::request::permissions_of_file;
use super::{Candidate, Detection, Input, Sign, fixed};
use crate::fact::lines;
use crate::fact::place::{
    around, in_comment, in_prose, in_test_module, is_api_description, is_program, is_prose, is_shell, is_test,
};
use crate::fact::search::{in_search, is_rules};
use crate::fact::setting::same_group;
use crate::literals::contains;
use crate::span::Span;

mod role;
mod sdk;
mod sheet;
mod tools;

use role::{Role, role};
use sheet::{BYTES, Sheet};

/// Runs the variant that the detection names; an unknown one finds nothing.
pub(crate) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    match detection.detect.variant.as_deref() {
        Some("global-key") => global_key(detection, input, out),
        Some("shadowed-token") => shadowed(detection, input, out),
        _ => {}
    }
}

/// `variant = "global-key"`: the Global API Key in SDK calls and in settings.
fn global_key(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    if is_test(input.path) || is_api_description(input.text, input.path) || is_rules(input.text, input.path) {
        return;
    }
    let calls = sdk::calls(input);
    for span in &calls {
        if !skipped(input, *span) && !supports_both(input, *span) {
            let mut found = Candidate::new(detection.rule, *span, detection.detect.confidence);
            advise(input, *span, &mut found);
            out.push(found);
        }
    }
    let sends = is_program(input.text, input.path)
        && input.signs.has(Sign::KeyHeader)
        && contains(input.text.bytes(), b"x-auth-key");
    let sheet = Sheet::new(input);
    let pairs = sheet.pairs();
    // A secret may be declared in one place and passed to a service in another: then only the use is reported.
    let used = pairs.iter().any(|pair| !sheet.is_declared(pair.key));
    for pair in pairs.into_iter().filter(|pair| !used || !sheet.is_declared(pair.key)) {
        let place = pair.key.span;
        let configured = role(&pair.key.words) == Role::Method;
        // The header of the request is reported already.
        if !configured && sends {
            continue;
        }
        if calls.iter().any(|call| call.overlaps(place)) || (!configured && supports_both(input, place)) {
            continue;
        }
        let mut found =
            Candidate::new(detection.rule, place, detection.detect.confidence.min(pair.confidence));
        let words = String::from("the e-mail address that goes with it");
        found.labels.extend(pair.email.map(|email| (email.span, words)));
        found.evidence.push(pair.evidence);
        advise(input, place, &mut found);
        out.push(found);
    }
}

/// Adds how the tool is configured with a token instead, and the permissions that the token needs: those of the tool,
/// or else those of the API calls in the file.
fn advise(input: &Input<'_>, place: Span, found: &mut Candidate) {
    (found.help, found.permissions) = tools::token_setup(input, place);
    if found.permissions.is_empty() {
        found.permissions = permissions_of_file(input);
    }
}

/// `variant = "shadowed-token"`: a token that is ignored because the tool prefers the key and e-mail address beside it.
fn shadowed(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    fixed! {
        static WINS = "(?i)wrangler|traefik|lego|python|CloudFlare|workers?\\b|CF_DNS_API|CLOUDFLARE_DNS_API|pages deploy";
    }
    let script = is_shell(input.text, input.path);
    if is_prose(input.path)
        || is_test(input.path)
        || is_api_description(input.text, input.path)
        || (is_program(input.text, input.path) && !script)
        || !(WINS.is_match(input.text.bytes()) || WINS.is_match(input.path.as_bytes()))
    {
        return;
    }
    let sheet = Sheet::new(input);
    if !sheet.all.iter().any(|(_, role)| *role == Role::ApiToken) {
        return;
    }
    for pair in sheet.pairs() {
        let Some(email) = pair.email else { continue };
        let token = sheet.around(pair.key.span).iter().find(|(other, role)| {
            *role == Role::ApiToken
                && (sheet.named(other) || other.words == "api token")
                && other.span.start.abs_diff(pair.key.span.start) < BYTES
                && same_group(input.text.bytes(), other.span, pair.key.span)
        });
        // A template leaves open which of them will be set.
        let token = token.filter(|(token, _)| !sheet.is_unset(token) && !sheet.is_unset(pair.key));
        let Some((token, _)) = token.filter(|_| !is_alternative(input, pair.key.span)) else { continue };
        let mut found = Candidate::new(detection.rule, token.span, detection.detect.confidence);
        found.labels.push((pair.key.span, String::from("this key is used in its place")));
        found.labels.push((email.span, String::from("together with this address")));
        out.push(found);
    }
}

/// Whether the place is in a comment, in prose, or in code that searches for what the rule finds.
fn skipped(input: &Input<'_>, span: Span) -> bool {
    in_comment(input.text, span.start, input.path)
        || in_test_module(input.text, span.start, input.path)
        || is_label(input.text.bytes(), span.start)
        || in_prose(input.text, span.start, input.path)
        || in_search(input.text, span.start, input.path)
}

/// Whether the name is the label of a branch, `case "CLOUDFLARE_API_KEY":`, in a prompt, or in an expansion.
fn is_label(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].trim_ascii_end();
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before).trim_ascii_end();
    // `read -p "API key: " KEY` asks for it.
    let line = lines::last(before).trim_ascii_start();
    // `${CF_KEY: -8}` is a part of the value.
    bytes[..at].ends_with(b"${")
        || before.ends_with(b"case")
        || before.ends_with(b"when")
        || line.starts_with(b"read -")
}

/// Whether code accepts a token as well and decides between them, or declares options for both, or documentation shows
/// both.
fn supports_both(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        /// Authentication with an API token. Other vendors have tokens as well, so a name must say what it is for.
        static TOKEN_WAY = r"(?i)api[ _-]?token|bearer|(?:cf|cloudflare)\w*_token\b|\b(?:auth|access|dns|zone|cf|cloudflare|flare)_token\b|tokenSecretRef|UserAuthToken|ApiTokenAuthentication";
        static DECIDES = r"(?i)\bif\b|\belse\b|\belif\b|\bcase\b|\bswitch\b|\bmatch\b|\|\||\?\?|add_argument|\.option\(|description|Optional\[|conflicts|:\s*(?:this|base)\(|os\.environ\.get|Getenv\(";
        /// A template that leaves the choice to its user.
        static BRANCH = r"(?:\{\{|\{%)[-~]?\s*(?:else|elif|elsif)\b";
    }
    if is_prose(input.path) {
        let bytes = input.text.bytes();
        return TOKEN_WAY
            .find_iter(bytes)
            .any(|way| !is_page(bytes, way.start()) && is_advice(input, Span::from(way)));
    }
    if is_alternative(input, span) {
        return true;
    }
    if !is_program(input.text, input.path) {
        let near = input.text.get(around(input.text, span, BYTES));
        return BRANCH.is_match(near) && TOKEN_WAY.is_match(near);
    }
    let script = is_shell(input.text, input.path);
    let near = around(input.text, span, if script { 1500 } else { 20_000 });
    // The place itself is left out: some tools call the key a token.
    let others = [Span::new(near.start, span.start), Span::new(span.end, near.end)];
    let decides = |place: Span| DECIDES.is_match(input.text.get(around(input.text, place, DECISION)));
    let mentioned = others.iter().flat_map(|part| {
        TOKEN_WAY.find_iter(input.text.get(*part)).map(|way| Span::from(way).shift(part.start))
    });
    let mut ways = mentioned.filter(|way| {
        let line = lines::before(input.text.bytes(), way.start, LINE).trim_ascii_start();
        !script || !line.starts_with(b"#")
    });
    ways.next().is_some_and(|first| decides(span) || decides(first) || ways.take(WAYS).any(decides))
}

/// How far from the key or the token the decision between them is, in bytes.
const DECISION: usize = 600;
/// How much of a line before a mention is looked at, in bytes.
const LINE: usize = 400;
/// How many mentions of tokens are looked at.
const WAYS: usize = 40;

/// Whether a document shows how to use a token, or recommends it, rather than only mentions it.
fn is_advice(input: &Input<'_>, way: Span) -> bool {
    fixed! {
        static PRAISE = r"(?i)recommend|prefer|instead|better|rather|should|secure|safe|scoped|least|limited|restrict|create|generate|either|alternativ|new\b|use\b|recomend|recomand|empf|推荐|建议|或者|推奨|рекоменд";
        static REFUSAL = r"(?i)(?:do not|don't|never|cannot|can't|not)\s+(?:\w+\s+){0,3}$|(?i)not\s+(?:supported|work|enough)";
    }
    let line = input.text.line_near(way.start);
    let text = input.text.get(line);
    let before = &input.text.bytes()[line.start..way.start];
    let shown = input.text.is_fenced(line.start) || text.contains(&b'=') || text.contains(&b'`');
    !REFUSAL.is_match(before) && (shown || PRAISE.is_match(text))
}

/// Whether the mention of tokens is the dashboard page that also shows the key: `My Profile → API Tokens`,
/// `/profile/api-tokens`.
fn is_page(bytes: &[u8], at: usize) -> bool {
    let before = bytes[at.saturating_sub(24)..at].trim_ascii_end();
    let before = before.strip_suffix(b"**").or(before.strip_suffix(b"`")).unwrap_or(before).trim_ascii_end();
    let quoted = |rest: &[u8]| rest.trim_ascii_end().is_empty() || rest.ends_with(b"\n");
    before.ends_with(b"profile/")
        // The text of a link to the page: `[API Tokens](https://dash.cloudflare.com/profile/api-tokens)`.
        || before.ends_with(b"[") && bytes[at..].iter().take(120).position(|b| *b == b')').is_some_and(|end| contains(&bytes[at..at + end], b"profile/api-tokens"))
        || ["→", "›", "»"].iter().any(|arrow| before.ends_with(arrow.as_bytes()))
        || before.strip_suffix(b">").is_some_and(|rest| !quoted(rest))
}

/// Whether a comment after the setting says "or", and a token follows: the file shows two alternatives.
fn is_alternative(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static OR = r"(?im)^[ \t]*(?:#|//|;|--)[^\n]{0,60}\b(?:or|alternatively)\b[^\n]*\n(?:[ \t]*[#\n][^\n]*\n?){0,3}[^\n#]*token[^\n]*[=:]";
    }
    OR.is_match(input.text.get(Span::new(span.end, around(input.text, span, 500).end)))
}
