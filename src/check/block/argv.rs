//! Credentials as arguments of commands, which every process on the machine can see and shell histories keep.

use std::sync::LazyLock;

use memchr::{memmem, memrchr};
use regex::bytes::{Match, Regex};

use super::{Detection, is_comment};
use crate::check::assignment::is_sent_elsewhere;
use crate::check::{Candidate, Input, Sign, captures_around, fixed, named, value};
use crate::fact::command::{Next, command_end_in, expansions};
use crate::fact::credential::{is_credential, is_secret};
use crate::fact::place::{is_compiled, is_prose, is_test};
use crate::fact::words::words;
use crate::literals::{Literals, contains};
use crate::rule::{Confidence, Randomness};
use crate::span::Span;

mod formatted;
mod joined;
mod lists;
mod texts;
mod tunnel;

use tunnel::{services, tunnels};

/// How far after the name of a tool its options may be, in bytes.
const REACH: usize = 3000;
/// How far before an option its tool may be, and how far after it its value may reach, in bytes.
const BEFORE: usize = 1000;
const AFTER: usize = 400;

/// The options of [`DATABASE`].
static DATABASE_OPTIONS: LazyLock<Literals> =
    LazyLock::new(|| Literals::new(&["--connection-string", "--origin-password"]));

fixed! {
    /// The name of a tool that is often given credentials, at the beginning of a command.
    static TOOL = r#"(?mx)(?:^|[\s;&|("'`$@=/>])(?:echo|printf|curl|wget|https?|xh|httpie|cloudflared|wrangler|npx|pnpm|yarn|bunx|terraform|tofu|pulumi|docker|podman|kubectl|helm|flarectl|
        cf-terraforming|gh|ansible-playbook|ansible|node|deno|bun|python3?|go\ run|certbot|lego|acme\.sh|octodns-sync|dnscontrol|rclone|aws|az|gcloud|cf|
        Invoke-RestMethod|Invoke-WebRequest|irm|iwr|systemd-run|ssh|make|cmd|\./\S+|flyctl|fly|heroku|vercel|netlify|vault|git|op|sops|cscli|lexicon|ddclient|caddy|traefik|inadyn|doppler|bws|setx|nomad|consul|skaffold|kustomize|flux|restic|s3cmd|mc|[\w.-]*(?:ddns|cloudflare|cf-)[\w.-]*\.(?:sh|py|ps1|pl|rb)|\$[({][A-Z_]+[)}])(?:\.exe)?[\ \t]"#;

    /// A credential, by its prefix or by the name before it.
    static LITERAL = r#"(?x)(?<token>\bcf(?:ut|at|k|ast)_[0-9A-Za-z]{40}[0-9a-f]{8}\b|\bcfoat_[\w-]{43}\.[\w-]{43})
        | (?:(?i:bearer|token)[\ =:]+|(?i:x-auth-key|x-auth-user-service-key|cf-access-client-secret)\s*[:=]\s*|--[\w-]*(?:token|key|secret|password)[\w-]*[\ =]+|
            \b(?:[A-Za-z_][\w.-]*)?(?i:token|key|secret|password)=|setx[\ ]+\w*(?i:token|key|secret|password)[\ ]+|--body[\ =]+|(?:^|\s)-[pbt][\ ]+|(?:^|\s)-u[\ ]+["']?[\w.@+-]+:
            # A name of several words.
            |\b[A-Za-z]\w*[_.-](?i:token|key|secret|password)["']?[\ ]+)
          ["']?(?<value>[A-Za-z0-9_\-.+/=]{32,})
        # An id beside its secret.
        | \b[0-9a-f]{32}["']?[\ :]+["']?(?<secret>[0-9a-f]{64})\b"#;

    static PREFIXED = r"^cf(?:ut|at|k|ast)_[0-9A-Za-z]{40}[0-9a-f]{8}$";

    static PREFIX = r"cf(?:ut|at|k|ast)_[0-9A-Za-z]{40}";

    /// A prefixed credential after an option is an argument, whatever the command is.
    static OPTION = r#"(?m)(?:^|[\s"'\[,])--?[A-Za-z][\w-]*(?:=|["',]*[ \t]+)["']?(?:[A-Za-z_][\w.-]*=)?(?<token>cf(?:ut|at|k|ast)_[0-9A-Za-z]{40}[0-9a-f]{8})\b"#;

    /// `wrangler deploy --var NAME:VALUE`.
    static WORKER_VARIABLE = r#"\s(?<variable>--var[ =]["']?(?<name>[A-Za-z_]\w*):["']?(?:\$\{?\{?[^\s"';|&]+|[^\s"';|&$]{8,}))"#;

    /// The password of a database in an option of `wrangler hyperdrive`.
    static DATABASE = r#"--(?:connection-string["']?[\s,=]+["'`]?[a-z][a-z0-9+.-]*://[^\s:/@"'`]*:|origin-password["']?[\s,=]+["'`]?)(?<password>[^\s@"'`$<>{}]{6,})"#;

    /// An option for a secret with a variable as its value.
    static PASSWORD_OPTION = r#"(?x)\s(?:-p|--password|--pass|--token|--api-token|--api_token|--apitoken|--cloudflare[\w-]*(?:token|key|secret)|--cf[\w-]*(?:token|key|secret)|--secret|--api-key|--key
          |--from-literal[\ =]["']?[\w.-]+|-var[\ =]["']?\w+|--set(?:-string)?[\ =]["']?[^\s=]+|--body|--secret-string|--secret-value|--value)
        (?:[\ =]+)["']?(?<value>\$\{?\{?[^\s"';|&]+(?:[^\n"';|&]*?\}\})?)"#;
}

/// `variant = "credential-in-argv"`.
pub(in crate::check) fn check(detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let bytes = input.text.bytes();
    let mut found: Vec<(Span, &'static str)> = Vec::new();
    let installs = || {
        let words = [&b"service"[..], b"install"];
        words.iter().all(|word| memmem::find(bytes, word).is_some())
    };
    if input.signs.has(Sign::Tunnel) && (input.signs.has(Sign::TunnelToken) || installs()) {
        tunnels(input, &mut found);
        services(input, &mut found);
        joined::joined(input, &mut found);
    }
    formatted::formatted(input, &mut found);
    let stores = || input.signs.has(Sign::Api) && memmem::find(bytes, b"r2.cloudflarestorage").is_some();
    let api = |value: &[u8]| input.signs.has(Sign::ApiHost) || is_r2_secret(value) && stores();
    let prefixed = input.signs.has(Sign::Prefix) && PREFIX.is_match(bytes);
    // An argument follows its tool, so tools are searched for only before possible arguments.
    let values = input.runs.iter().filter(|run| may_be_argument(bytes, **run));
    let mut places: Vec<usize> = values.map(|run| run.start).collect();
    lists::lists(bytes, &zones_before(&places), &api, &mut found);
    if !is_compiled(input.path) {
        if input.signs.has(Sign::Wrangler) {
            places.extend(memmem::find_iter(bytes, b"--var"));
        }
        // Only a variable is replaced by its value; the mere name is harmless.
        let variable =
            |name: &&Span| lines_before(bytes, name.start).is_none_or(|before| before.contains(&b'$'));
        places.extend(input.mentions().iter().filter(variable).map(|name| name.start));
        places.sort_unstable();
        literals(input, &zones_before(&places), &api, &mut found);
    }
    let hyperdrive = || memmem::find(bytes, b"hyperdrive").is_some();
    if input.signs.has(Sign::Wrangler) && hyperdrive() && !is_test(input.path) {
        let hits = DATABASE_OPTIONS.all(bytes);
        let passwords = captures_around(&DATABASE, &hits, bytes, BEFORE, |_| AFTER);
        let passwords = passwords.iter().map(|groups| Span::from(named(groups, "password")));
        let passwords = passwords.filter(|place| !value::is_placeholder(&bytes[place.start..place.end]));
        found.extend(passwords.map(|place| (place, "password of a database on a command line")));
    }
    if prefixed && bytes.contains(&b'-') {
        options(bytes, &mut found);
    }
    let mut done: Vec<Span> = Vec::new();
    for (span, message) in found {
        // The same argument may be found in a list and in the command around it.
        if done.iter().any(|other| other.overlaps(span))
            || is_comment(input.text.get(input.text.line_near(span.start)))
        {
            continue;
        }
        done.push(span);
        let mut candidate = Candidate::new(detection.rule, span, Confidence::High);
        candidate.message = Some(message.to_owned());
        if !is_expression(&bytes[span.start..span.end]) {
            candidate.secrets.push(span);
        }
        out.push(candidate);
    }
}

/// Returns the zones within [`REACH`] before the places, which are in order; overlapping ones are merged.
fn zones_before(places: &[usize]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for place in places {
        let start = place.saturating_sub(REACH);
        match out.last_mut() {
            Some(last) if start <= last.end => last.end = *place,
            _ => out.push(Span::new(start, *place)),
        }
    }
    out
}

/// Whether a run of value characters may be a credential that is passed as an argument: it contains `cf`, or an
/// option or name before it says so.
fn may_be_argument(bytes: &[u8], run: Span) -> bool {
    static SAYS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::caseless(&["tok", "key", "sec", "pas", "bea", "-p ", "-u ", "-t ", "-b "])
    });
    let text = &bytes[run.start..run.end];
    // Most other runs have no digit, or are the hashes of commits.
    text.iter().any(u8::is_ascii_digit)
        && may_be_random(text)
        && (memmem::find(text, b"cf").is_some()
            || lines_before(bytes, run.start).is_none_or(|before| SAYS.find(before, 0).is_some())
            || is_r2_secret(text) && follows_id(bytes, run))
        && may_be_credential(text)
}

/// Returns the line of a place up to it. If there is nothing but a quote, the last non-blank line before is included.
/// Returns `None` if the line is too long.
fn lines_before(bytes: &[u8], at: usize) -> Option<&[u8]> {
    const LONGEST: usize = 400;
    let floor = at.saturating_sub(LONGEST);
    let near = &bytes[floor..at];
    let line_start = |text: &[u8]| memrchr(b'\n', text).map_or(0, |n| n + 1);
    let own = line_start(near);
    let alone = near[own..].iter().all(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`'));
    let start = if alone { line_start(near[..own].trim_ascii_end()) } else { own };
    (start > 0 || floor == 0).then(|| &near[start..])
}

/// Whether a run has the kinds of characters that [`may_be_credential`] asks for; a cheap test.
fn may_be_random(run: &[u8]) -> bool {
    let mixed = run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase);
    mixed || run.len() != 40 && run.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a value has the shape of a secret access key of R2.
fn is_r2_secret(value: &[u8]) -> bool {
    value.len() == 64 && is_hex(value)
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a value stands beside an id of 32 digits: `ID SECRET`, `ID:SECRET`, `"ID" "SECRET"`.
fn follows_id(bytes: &[u8], value: Span) -> bool {
    const ID: usize = 32;
    let before = &bytes[value.start.saturating_sub(ID + 4)..value.start];
    let mark = |b: &u8| matches!(b, b' ' | b':' | b'"' | b'\'');
    let end = before.iter().rposition(|b| !mark(b)).map_or(0, |at| at + 1);
    end < before.len() && end >= ID && is_hex(&before[end - ID..end])
}

/// Whether a run of value characters looks like a credential rather than a long name.
fn may_be_credential(run: &[u8]) -> bool {
    // Forty hex digits are a commit id.
    let hex = || run.len() != 40 && run.iter().all(u8::is_ascii_hexdigit);
    value::looks_random(Randomness::Token, value::body(run))
        || hex() && value::looks_random(Randomness::Hex, run)
        || run.starts_with(b"eyJ")
}

/// Whether an argument is a variable, or is put into a text or joined to it, rather than a literal.
fn is_expression(text: &[u8]) -> bool {
    text.contains(&b'$') || matches!(text.first(), Some(b'{' | b'#' | b'%' | b'"' | b'\'' | b'`'))
}

/// Whether an argument is a variable or a literal token, as opposed to a placeholder, an option, or prose.
fn is_argument(text: &[u8]) -> bool {
    if text.starts_with(b"$") || text.starts_with(b"{{") || text.starts_with(b"%") {
        return text.len() > 1;
    }
    text.starts_with(b"eyJ") && text.len() > 60 && !value::is_placeholder(text)
}

/// Finds credentials in the commands of the zones.
fn literals(
    input: &Input<'_>,
    zones: &[Span],
    api: &dyn Fn(&[u8]) -> bool,
    out: &mut Vec<(Span, &'static str)>,
) {
    let bytes = input.text.bytes();
    let mut done = 0;
    for hit in zones.iter().flat_map(|zone| find_in(&TOOL, bytes, *zone)) {
        // `cf = Cloudflare(…)` is a variable.
        let rest = bytes[hit.end()..].trim_ascii_start();
        if hit.start() < done || rest.starts_with(b"=") || rest.starts_with(b":=") {
            continue;
        }
        let (end, next) = command_end_in(input.text, hit.start() + 1, input.path);
        let end = end.min(hit.start() + REACH);
        done = end;
        let body = &bytes[hit.start()..end];
        // `echo` and `printf` count only if another command reads their output.
        let prints =
            [&b"echo"[..], b"printf"].iter().any(|word| hit.as_bytes().trim_ascii_end().ends_with(word));
        if prints && !matches!(next, Next::Pipe(_)) {
            continue;
        }
        let literals = may_hold_literal(body).then(|| LITERAL.captures_iter(body));
        for groups in literals.into_iter().flatten() {
            let mut names = ["token", "value", "secret"].iter();
            let place = names.find_map(|name| groups.name(name)).expect("one takes part");
            let prefixed = groups.name("token").is_some() || PREFIXED.is_match(place.as_bytes());
            let elsewhere = || {
                let place = Span::from(place).shift(hit.start());
                is_sent_elsewhere(bytes, place) || texts::is_linked(bytes, place)
            };
            if prefixed && value::is_placeholder(&place.as_bytes()[5..])
                || !prefixed && !is_literal(place, body, api, &elsewhere)
            {
                continue;
            }
            out.push((Span::from(place).shift(hit.start()), "credential on a command line"));
        }
        let deploys = contains(body, b"wrangler") && memmem::find(body, b"--var").is_some();
        for groups in deploys.then(|| WORKER_VARIABLE.captures_iter(body)).into_iter().flatten() {
            let place = named(&groups, "variable");
            let name = groups.name("name").map_or(&b""[..], |name| name.as_bytes());
            if is_secret(name) {
                out.push((
                    Span::from(place).shift(hit.start()),
                    "a secret as a plain variable of the Worker: use `wrangler secret put`",
                ));
            }
        }
        // Those who read a document set the variable by themselves.
        let handed = (!is_prose(input.path)).then(|| PASSWORD_OPTION.captures_iter(body));
        for groups in handed.into_iter().flatten() {
            let place = named(&groups, "value");
            let span = Span::from(place).shift(hit.start());
            if expansions(bytes, span).iter().any(|e| is_credential(e.name)) {
                out.push((span, "credential handed over on a command line"));
            }
        }
    }
}

/// Whether a command may hold a literal credential: in 32 random characters, dots and slashes leave some in a row, one
/// of them a digit.
fn may_hold_literal(command: &[u8]) -> bool {
    const LEAST: usize = 12;
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'=');
    let mut runs = command.split(|b| !inside(b));
    runs.any(|run| run.len() >= LEAST && run.iter().any(u8::is_ascii_digit))
}

/// Returns the matches inside a zone. The expression may look at what precedes the zone.
fn find_in<'b>(pattern: &Regex, bytes: &'b [u8], zone: Span) -> impl Iterator<Item = Match<'b>> {
    let mut at = zone.start;
    std::iter::from_fn(move || {
        let hit = (at <= zone.end).then(|| pattern.find_at(&bytes[..zone.end], at)).flatten()?;
        at = hit.end().max(at + 1);
        Some(hit)
    })
}

/// Finds prefixed credentials after options.
fn options(bytes: &[u8], out: &mut Vec<(Span, &'static str)>) {
    for groups in OPTION.captures_iter(bytes) {
        let place = named(&groups, "token");
        let body = place.as_bytes().splitn(2, |b| *b == b'_').nth(1).unwrap_or_default();
        if !value::is_placeholder(body) {
            out.push((Span::from(place), "credential on a command line"));
        }
    }
}

/// Whether the value is a Cloudflare credential: it looks random, and the option says so, or the command names Cloudflare
/// and does not go `elsewhere`. If the command has no literal address, it is enough that the file calls the API, which
/// `api` tells for the value.
fn is_literal(
    place: Match<'_>,
    command: &[u8],
    api: &dyn Fn(&[u8]) -> bool,
    elsewhere: &dyn Fn() -> bool,
) -> bool {
    let text = place.as_bytes();
    fixed! {
        static ADDRESS = r"(?i)https?://[a-z0-9]";
    }
    // A tunnel token is JSON in Base64 that begins with the account.
    if text.starts_with(b"eyJhIjoi") {
        return is_argument(text);
    }
    let hex = is_hex(text);
    // Ids have 32 digits; credentials of that length say what they are.
    let is_id = hex && text.len() == 32;
    // `--r2-secret-access-key VALUE`
    let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let before = &command[..place.start()];
    let before = &before[..before.iter().rposition(word).map_or(0, |at| at + 1)];
    let option = &before[before.iter().rposition(|b| !word(b)).map_or(0, |at| at + 1)..];
    let is_cloudflare = is_credential(option)
        || contains(command, b"cloudflare")
        || crate::fact::credential::mentions_any(command)
        || contains(command, b"x-auth-")
        || contains(command, b"cf-")
        || is_r2_secret(text) && words(command).split(' ').any(|word| word == "r2")
        || api(text) && !ADDRESS.is_match(command);
    let random = if hex && text.len() != 40 {
        value::looks_random(Randomness::Hex, text)
    } else {
        value::looks_random(Randomness::Token, value::body(text))
    };
    is_cloudflare && random && (is_credential(option) || !is_id && !elsewhere())
}

#[cfg(test)]
mod tests;
