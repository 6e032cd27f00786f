//! The switches that turn certificate checks off, in the words of every language and tool.

use std::cmp::Reverse;
use std::sync::LazyLock;

use memchr::memmem;

use super::super::API;
use super::addresses::is_whole;
use super::wrapper::{calls, wrappers};
use crate::check::{Input, fixed, spans_around};
use crate::fact::command::{command_end_in, may_have_option};
use crate::fact::statement::function;
use crate::fact::words::is_word;
use crate::literals::{Hit, Literals, contains};
use crate::span::Span;

/// How long a command may be up to its switch, in bytes.
const COMMAND: usize = 1500;

/// What separates the name of a setting from its value.
const IS: &str = r#"["'`)\]]*\s*(?::\s*\w+\s*)?(?:=>|:=|[:=(,]|[ \t])\s*["'`:]?"#;
/// The type of a constant that is a value: `Boolean.TRUE`, `java.lang.Boolean.TRUE`, `Mode::None`.
const TYPE: &str = r"(?:(?-i:[a-z]+\.){0,3}(?-i:[A-Z])\w{0,60}(?:\.|::))?";
const FALSE: &str = r"(?:\$?(?:false|no|off|none|never|disabled?|nil|0L?)|!1)\b";
const TRUE: &str = r"(?:\$?(?:true|yes|on|always|enabled?|1L?)|!0)\b";

fixed! {
    /// The value of a setting, after its name, or the brackets of a call without arguments.
    static VALUE = format!(r"(?i)^(?:{IS}{TYPE}(?:(?P<no>{FALSE})|{TRUE})|(?P<call>\(\s*\)))");

    /// Settings with names that say what they check only in context, or with other values.
    static SHORT = concat!(
        r#"(?i)(?P<span>\bverify["']?\]?\s*(?:=>|[:=])\s*["']?(?:False|0|no|none)\b|\bverify\s+none\b|--verify[= ]no\b|\bssl\s*=\s*False\b|\binsecure\s*[:=]\s*true|\binsecure\(\s*(?:1|true)\s*\)|\bskip[-_]?verify["']?\s*[:=]\s*["']?true"#,
        r#"|rejectUnauthorized["']?\s*[:=]\s*(?:false|0|!1)\b|NODE_TLS_REJECT_UNAUTHORIZED["']?\]?\s*[:=]\s*["']?0|(?:PYTHONHTTPSVERIFY|PERL_LWP_SSL_VERIFY_HOSTNAME)["']?[\]}]?\s*=\s*["']?0"#,
        r#"|GIT_SSL_NO_VERIFY\s*=\s*["']?(?:1|true)|tlsSkipVerify["']?\s*[:=]\s*true|validate_certs["']?\s*[:=]\s*["']?(?:no|false)\b|disable_verification\(\s*true)"#,
    );

    /// Switches that are no settings: options without a value, callbacks, types, in every language.
    static OTHERS = concat!(
        r#"(?i)(?P<span>--no-check-certificate|--no-verify-ssl|--insecure-tls|--no-verify-peer|--unsafely-ignore-certificate-errors|--insecure-skip-tls-verify|-SkipCertificateCheck\b|\bSkipCertificateCheck\s*=\s*\$true|(?m:^[ \t]*insecure[ \t]*\r?$)"#,
        r#"|:insecure\?\s+true|[\[,]\s*:insecure\b\s*[\],]|\b(?:mc|http\s+(?:get|post|put|patch|delete|head|options))\b[^\n|;&]{0,60}?\s--insecure\b|(?:(?:CURL|REQUESTS)_CA_BUNDLE|CertificateFilename)["']?\]?\s*[=:,]\s*["']{2}|cacert\s+'IGNORE'|tls_insecure_skip_verify"#,
        // Constants, types and calls.
        r#"|_create_unverified_context|CERT_NONE|VERIFY_NONE|\b(?:Ssl)?VerifyMode::NONE\b|(?:\bverifyMode\s*=\s*)?\bCVerifyNone\b|verify:\s*:?verify_none|\{verify,\s*verify_none\}|(?-i:DANGER_ACCEPT_INVALID_CERTS)|tls_danger_accept|\.dangerous\(\)|withoutVerifying\(\)|\bsetInsecure\(\s*\)|insecure[-_]?skip[-_]?verify\(\s*\)"#,
        r#"|\bclient_unsafe\(|\bTLSSettingsSimple\s+True\b"#,
        // The flags of WinHTTP for all errors of a certificate: `Option[4] := 13056`, `setOption 2, &H3300`.
        r#"|\b(?:set)?Option\b[^\n]{0,60}?[=,]\s*(?:13056|(?:&H|0x)3300)\b"#,
        // A policy of one's own replaces the check.
        r#"|\bCertificatePolicy\s*=\s*(?:\(?\s*new(?:-object)?\s|\[[\w.]+\]::new\b)"#,
        r#"|NoopHostnameVerifier|ALLOW_ALL_HOSTNAME_VERIFIER|TrustAllStrategy|TrustSelfSignedStrategy|InsecureTrustManagerFactory\.INSTANCE|(?:new\s+|implements\s+|object\s*:\s*)X509(?:Extended)?TrustManager|DangerousAcceptAnyServerCertificateValidator"#,
        // Callbacks that accept everything: `URLCredential(trust: …)` is the answer that the server is to be trusted.
        r#"|(?:\.useCredential\s*,\s*)?(?:\bURLCredential\(\s*trust:|\bcredentialForTrust:)[^\n)\]]*[)\]]?"#,
        r#"|HostnameVerifier\(\s*\(?[^()\n]*\)?\s*->\s*\{?\s*(?:return\s+)?true|hostnameVerifier\s*\{\s*_,\s*_\s*->\s*true|(?:\w{0,20}Certificate(?:Custom)?ValidationCallback|badCertificateCallback|onBadCertificate)\s*(?:(?:\+?=|:)[^\n]{0,80}true|\([^\n]{0,80}(?:=>|->|return|\{)\s*true))"#,
    );

    /// The same for the options of curl, one of which most scripts use.
    static OPTION = r#"(?i)[\s,(\[]["']?(?P<option>(?-i:-[a-zA-Z]*k[a-zA-Z]*)|--insecure|--proxy-insecure|--doh-insecure)(?:[\s"'\\,\])]|$)"#;

    /// Options of `curl`, or a whole command, that a script or a makefile stores in a variable or a list.
    pub(super) static STORED = r#"(?m)^[ \t]*(?:(?:export|local|readonly|declare|typeset|set)[ \t]+(?:-\w+[ \t]+)*"?)?(?P<name>[A-Za-z_]\w*)[ \t]*[:?+]?=[ \t]*(?:\(?["']?(?:[^\n#"'$`|;&]*[ \t(])?|\([^()#;]*\s)(?P<span>--insecure|--proxy-insecure|-[a-zA-Z]*k[a-zA-Z]*)(?:[ \t"')]|\r?$)"#;

    /// The same in fish: `set -l options --silent -k`.
    pub(super) static SET = r#"(?m)^[ \t]*set[ \t]+(?:--?[a-z]+[ \t]+)*(?P<name>[A-Za-z_]\w*)[ \t]+(?:[^\n#|;&=]*[ \t])?["']?(?P<span>--insecure|--proxy-insecure|-[a-zA-Z]*k[a-zA-Z]*)(?:[ \t"')]|\r?$)"#;
}

/// Settings are recognized by the words of their names, so that unknown tools are understood as well. The names are in
/// lower case, without the marks between their words.
fn names(endings: &[String]) -> String {
    format!("(?:{})$", endings.join("|"))
}

const TLS: &str = "(?:ssl|tls|https)";
const CERTIFICATE: &str = "(?:certs?|certificates?)";
const CHECK: &str = "(?:verif(?:y|ication|ying)|validat(?:e|ion|ing)|check(?:s|ing)?)";

/// The names of settings that turn a check off by a value that means no.
fn checks() -> String {
    names(&[
        // verify_ssl: no, SSL_VERIFYPEER => 0, setCheckHostname(false), strict-ssl=false, validateHttpsCertificates: false
        format!(
            "(?:{CHECK}|strict)(?:remote|host|server)?(?:{TLS}|{TLS}?{CERTIFICATE}|peer(?:names?)?|host(?:names?)?)"
        ),
        // ssl_verify_host = FALSE, tls-verification: off, certificateValidation=disabled
        format!("(?:{TLS}|{CERTIFICATE}|peer|hostname){CHECK}(?:mode|peer|host|{CERTIFICATE}|enabled)?"),
    ])
}

/// The names of settings that permit faults by a value that means yes.
fn permissions() -> String {
    const TROUBLE: &str = "(?:errors?|issues?|warnings?|problems?)";
    const BAD: &str = "(?:all|any|every|invalid|bad|selfsigned|untrusted|unauthori[sz]ed|insecure|expired)";
    names(&[
        // ignoreSslErrors: true, skip-cert-check = on, disable_verify_ssl=1
        format!(
            "(?:ignore|skip|disable|bypass|without|no|relaxed){CHECK}?{BAD}?(?:{TLS}(?:{CERTIFICATE}|peer|host(?:name)?)?(?:{CHECK}|{TROUBLE})|(?:hostname|peer){CHECK}|{CERTIFICATE}(?:{CHECK}|{TROUBLE})?)"
        ),
        // allowUnauthorizedCerts: true, accept_invalid_certs(true), trustAll = true
        format!("(?:allow|accept|permit){BAD}(?:server)?{TLS}?(?:{CERTIFICATE}|{TLS})"),
        format!("trust{BAD}(?:{CERTIFICATE}|hosts?|servers?)?"),
        format!("insecureskip{TLS}?verify"),
        String::from("dangeracceptinvalid(?:certs|hostnames)"),
    ])
}

/// Returns the switches of a text, in order.
pub(super) fn switches(bytes: &[u8]) -> Vec<Span> {
    /// How far before one of its hints a switch may begin, and how far after it, in bytes.
    const BEFORE: usize = 80;
    const AFTER: usize = 250;
    let hints = HINTS.all(bytes);
    let kept = |keep: fn(&[u8], &Hit) -> bool| -> Vec<Hit> {
        hints.iter().filter(|hint| keep(bytes, hint)).copied().collect()
    };
    let (settings, others) = (kept(is_set), kept(is_near_word));
    let mut out: Vec<Span> = settings.iter().filter_map(|hint| setting(bytes, hint)).collect();
    out.extend(spans_around(&SHORT, &settings, bytes, BEFORE, |_| AFTER));
    out.extend(spans_around(&OTHERS, &others, bytes, BEFORE, |_| AFTER));
    out.sort_unstable_by_key(|switch| (switch.start, Reverse(switch.end)));
    out.dedup_by(|later, earlier| later.overlaps(*earlier));
    out
}

/// Returns the setting whose name has a hint in it, if it is a switch.
fn setting(bytes: &[u8], hint: &Hit) -> Option<Span> {
    /// How long the parts of the name before and after the hint may be, in bytes.
    const PART: usize = 60;
    /// How long the value may be, with what is before it.
    const LONGEST: usize = 120;
    fixed! {
        static CHECKS = checks();
        static PERMISSIONS = permissions();
    }
    let part = |b: &&u8| is_word(**b) || **b == b'-';
    let before = &bytes[hint.start.saturating_sub(PART)..hint.start];
    let start = hint.start - before.iter().rev().take_while(part).count();
    let end = hint.end + bytes[hint.end..].iter().take(PART).take_while(part).count();
    let value = VALUE.captures(&bytes[end..bytes.len().min(end + LONGEST)])?;
    if value.name("call").is_some() && !is_done_to(&bytes[hint.start.saturating_sub(2 * PART)..start]) {
        return None;
    }
    let name = &bytes[start..end];
    let name: Vec<u8> =
        name.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    // `https_local_ssl_verify` is about connections of a site to itself.
    let local = || [&b"local"[..], b"loopback"].iter().any(|word| memmem::find(&name, word).is_some());
    let names = if value.name("no").is_some() { &CHECKS } else { &PERMISSIONS };
    (names.is_match(&name) && !local()).then(|| Span::new(start, end + value.get_match().end()))
}

/// Whether a method, called after the text, is one that does something to an object, as a statement of its own or in a
/// chain of calls: `reply->`, `builder()\n  .`. Otherwise it is a definition, or asks for a setting: `if config.`. The
/// methods of `this` are defined nearby, by other switches.
fn is_done_to(before: &[u8]) -> bool {
    let Some(object) = [&b"."[..], b"->", b"::"]
        .iter()
        .find_map(|mark| before.strip_suffix(*mark))
        .map(<[u8]>::trim_ascii_end)
    else {
        return false;
    };
    let object = object.strip_suffix(b"?").or(object.strip_suffix(b"!")).unwrap_or(object);
    let part = |b: &u8| is_word(*b) || matches!(b, b'.' | b'$' | b'@' | b'>' | b'-' | b':');
    let length = object.iter().rev().take_while(|b| part(b)).count();
    let (outside, name) = object.split_at(object.len() - length);
    let own = [&b"this"[..], b"self", b"$this"].contains(&name);
    let last = outside.iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
    !own && matches!(last, None | Some(b'\n' | b';' | b'{' | b'}' | b')'))
}

/// Whether the switch is a setting of git, which does not talk to the API: `git config http.sslVerify false`.
pub(super) fn is_of_git(input: &Input<'_>, switch: Span) -> bool {
    let own = input.text.get(switch);
    let line = input.text.line_near(switch.start);
    let before = input.text.get(Span::new(line.start.min(switch.start), switch.start));
    let starts = |word: &[u8]| own.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let section = || input.path.file_name().ends_with(b"gitconfig");
    starts(b"git_ssl")
        || starts(b"sslverify")
            && (before.ends_with(b"http.") || contains(before, b"git config") || section())
}

/// Whether the function that answers with the server's own certificate looks at it first: it evaluates or compares it, or
/// does so only for certain hosts, which are not the API's.
pub(super) fn is_evaluated(input: &Input<'_>, switch: Span) -> bool {
    fixed! {
        static LOOKS = r"SecTrust(?:Evaluate|SetAnchor|SetPolicies|Copy|Get)|SecCertificateCopy|SecKeyCopy|(?i:pinned|pinner|\bpins\b|sha256|fingerprint|thumbprint)";
        static HOST = r"\bhost\s*(?:[=!]=|\.has|\s(?:isEqual|has))|contains\([^)\n]*\bhost\)";
    }
    let own = input.text.get(switch);
    if !contains(own, b"urlcredential") && !contains(own, b"credentialfortrust") {
        return false;
    }
    function(input.text, switch)
        .map(|(body, _)| input.text.get(body))
        .is_some_and(|body| LOOKS.is_match(body) || HOST.is_match(body) && !API.is_match(body))
}

/// The command in lower case, as it is nearly always written.
static CURL_HINTS: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["curl"]));

/// Returns the commands of curl, and of what stands for it, that check no certificate, each up to the option that says so.
pub(super) fn lax_commands(input: &Input<'_>) -> Vec<Span> {
    let bytes = input.text.bytes();
    let mut out: Vec<Span> = Vec::new();
    let has_option = |text: &[u8]| may_have_option(text, b'k') || contains(text, b"insecure");
    if !has_option(bytes) {
        return out;
    }
    let mut places: Vec<Span> =
        CURL_HINTS.all(bytes).iter().map(|hit| Span::new(hit.start, hit.end)).collect();
    places.retain(|place| is_whole(bytes, *place));
    places.extend(calls(input, &wrappers(input, &places)));
    places.sort_unstable_by_key(|place| (place.start, place.end));
    // Up to where the last command was read, as far as another one in it can say nothing new.
    let mut done = 0;
    for hit in places {
        if hit.start < done {
            continue;
        }
        let end = command_end_in(input.text, hit.start, input.path).0.min(hit.end + COMMAND).max(hit.end);
        let own = &bytes[hit.end..end];
        if !has_option(own) {
            done = end;
            continue;
        }
        let options: Vec<_> = OPTION.captures_iter(own).filter_map(|groups| groups.name("option")).collect();
        let starts: Vec<usize> = options.iter().map(|option| option.start()).collect();
        let option = first_unquoted(own, &starts).map(|number| options[number]);
        let lax = option.map(|option| Span::new(hit.start, hit.end + option.end()));
        // A quoted option may be one of a command inside the quotes.
        done = lax.map_or(if options.is_empty() { end } else { hit.end }, |lax| lax.end);
        out.extend(lax);
    }
    out
}

/// Whether a switch is a whole command up to its option: of curl, or of what stands for it.
pub(super) fn is_command(switch: &[u8]) -> bool {
    let option = switch.iter().rposition(u8::is_ascii_whitespace).map(|at| &switch[at + 1..]);
    let other = [&b"-"[..], b"mc ", b"http "].iter().any(|tool| switch.starts_with(tool));
    switch.starts_with(b"curl") || !other && option.is_some_and(|option| option.starts_with(b"-"))
}

/// Returns the first of some places, which are in order, that is not inside a quoted text, or at the start of one. A quote
/// that follows the command's name closes what the name stands in: `["curl", "-k"]`.
fn first_unquoted(bytes: &[u8], places: &[usize]) -> Option<usize> {
    let (mut quote, mut at) = (None, 0);
    for (number, place) in places.iter().enumerate() {
        while at < *place {
            match (bytes[at], quote) {
                (b'\\', _) => at += 1,
                (byte, Some((open, _))) if byte == open => quote = None,
                (byte @ (b'"' | b'\''), None) => quote = Some((byte, at)),
                _ => {}
            }
            at += 1;
        }
        if quote.is_none_or(|(_, open)| open + 1 == *place) {
            return Some(number);
        }
    }
    None
}

/// The hints for [`switches`]: every switch contains at least one of these.
static HINTS: LazyLock<Literals> = LazyLock::new(|| {
    Literals::caseless(&[
        "erif",
        "alidat",
        "heck",
        "trict",
        "nsecure",
        "cert",
        "ssl",
        "tls",
        "nauthori",
        "nsafely",
        "trustall",
        "trust_all",
        "trustself",
        "trustmanager",
        "danger",
        "'ignore'",
        "ca_bundle",
        "urlcredential",
        "credentialfortrust",
        "13056",
        "h3300",
        "0x3300",
    ])
});

/// Whether the name that a hint is in has a value that means yes or no. Most hints are in other names and in comments.
fn is_set(bytes: &[u8], hint: &Hit) -> bool {
    const NAME: usize = 60;
    const AFTER: usize = 200;
    let rest = &bytes[hint.end..bytes.len().min(hint.end + AFTER)];
    let name = rest.iter().take(NAME).take_while(|b| is_word(**b) || **b == b'-').count();
    VALUE.is_match(&rest[name..])
}

/// Whether a word of a switch that is no setting is near a hint.
fn is_near_word(bytes: &[u8], hint: &Hit) -> bool {
    static WORDS: LazyLock<Literals> = LazyLock::new(|| {
        Literals::caseless(&[
            "check-cert",
            "no-verify",
            "no_verify",
            "insecure",
            "unsafely",
            "skipcert",
            "tls_reject",
            "pythonhttps",
            "perl_lwp",
            "ca_bundle",
            "'ignore'",
            "unverified",
            "cert_none",
            "verify_none",
            "verifymode",
            "cverifynone",
            "urlcredential",
            "credentialfortrust",
            "danger",
            "withoutverif",
            "hostnameverif",
            "hostname_verif",
            "trustall",
            "trustself",
            "trustmanager",
            "validationcallback",
            "certificatecallback",
            "badcertificate",
            "certificatepolicy",
            "certificatefilename",
            "client_unsafe",
            "tlssettingssimple",
            "13056",
            "3300",
        ])
    });
    const NEAR: usize = 40;
    let near = &bytes[hint.start.saturating_sub(NEAR)..bytes.len().min(hint.end + NEAR)];
    WORDS.find(near, 0).is_some()
}

#[cfg(test)]
mod tests;
