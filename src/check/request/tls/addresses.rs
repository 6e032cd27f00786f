//! The addresses in a text, the names that hold one, and API clients, each with whether it is the API's.

use std::collections::HashMap;

use memchr::memmem;

use super::super::API;
use super::super::plain::defined_host;
use crate::check::fixed;
use crate::fact::brackets::close;
use crate::fact::statement::REACH;
use crate::fact::words::{is_word, words};
use crate::span::Span;

fixed! {
    /// Any address or host name, including one whose host is known only at run time.
    static ADDRESS = concat!(
        // A host that begins with a template placeholder: `https://${{ vars.ACCOUNT }}.r2.…`.
        r#"(?i)https?://\$?\{\{\s*(?P<filled>[A-Za-z_][\w.]*)[^\n{}]{0,100}\}\}[^\s"'`<>)\\]*"#,
        // An item of a collection in braces: `https://{os.environ['ACCOUNT']}.r2.…`.
        r#"|https?://[$#]?\{(?P<item>[A-Za-z_][\w.]*)[\[(]["'][^\n"'{}]{1,60}["'][\])]\}[^\s"'`<>)\\]*"#,
        r#"|https?://(?:[$#%]?\{+\s*|\$)?(?P<inside>[A-Za-z_][\w.]*)\b[^\s"'`<>)\\]*"#,
        // `"https://" + host`, in a Lisp only `"https://" host`.
        r#"|https?://["'`](?:\s*(?:\.\.|\+\+|<>|\|\||[+.,&^~])\s*|[ \t]+)(?P<behind>[A-Za-z_][\w.]*)"#,
        r#"|https?://[^\s"'`<>)\\]+"#,
        r#"|["'`](?:\$?\{|#\{)\$?(?P<base>[A-Za-z_][\w.]*)\}(?P<path>/[^\s"'`]*)"#,
        r#"|["'][a-z0-9-]+(?:\.[a-z0-9-]+)+\.?(?::\d+)?(?:/[^"']*)?["']|\b\d{1,3}(?:\.\d{1,3}){3}\b|api(?:\.fed)?\.cloudflare\.com|\.r2\.cloudflarestorage\.com|gateway\.ai\.cloudflare\.com"#,
    );

    /// A name that an address is assigned to, directly or as an argument of a call; an attribute of an Elixir module; or a variable
    /// of a collection of requests: `{ "key": "api", "value": "https://…" }`.
    static NAMED = r#"(?i)\b(?P<name>[A-Za-z_]\w*)["']?\s*(?::\s*[\w&]+\s*)?(?:=>|:=|[:=])\s*(?:(?:new\s+)?[\w<][\w.:<>]{0,39}\(\s*)?(?:["'][\w.]+["']\s*,\s*)?[&fbru]?["'`]?(?P<url>https?://[^\s"'`]+|api\.cloudflare\.com[^\s"'`]*)|(?m:^)[ \t]*@(?P<attribute>[a-z_]\w*)\s+"(?P<value>https?://[^\s"]+|api\.cloudflare\.com[^\s"]*)|"key"\s*:\s*"(?P<variable>[\w.-]+)"\s*,[^{}]{0,80}?"value"\s*:\s*"(?P<filled>https?://[^\s"]+)"#;

    /// The construction of an SDK client, which talks to the API.
    static SDK = r"\b(?:cloudflare|cf|cfgo)\.New(?:WithAPIToken|Client)?\(|(?P<class>class\s+)?\b(?:Cloudflare|CloudFlare|AsyncCloudflare)\(|\bcloudflare\.Client\(|\bCloudflare::Client\.new\(";
}

/// Whether the text of an [`Address`] starts with the construction of an SDK client.
pub(super) fn is_client(text: &[u8]) -> bool {
    SDK.find(text).is_some_and(|call| call.start() == 0)
}

fixed! {
    /// An address that is read from the environment or the configuration, under a name that says whose it is:
    /// `env.PROXMOX_URL`, `os.environ["NAS_HOST"]`, `cfg.KubeURL`.
    static READ = concat!(
        r#"\b(?:\w*(?:[eE]nv|ENV|environ|[cC]onfig|cfg|[cC]onf|[sS]ettings|[pP]rops|Configuration))(?:\.\w+)?[.\[("'`]{1,3}(?:get(?:[("'`]{0,2}))?"#,
        r"(?P<owner>[A-Za-z][A-Za-z0-9_]{1,30}?)(?:_?URL|Url|_url|:Url|_?HOST|Host|_host|_?ADDR|_addr|_?ENDPOINT|Endpoint|_endpoint|_?URI|Uri|_uri)\b",
    );

    /// The same in a shell: `$NAS_URL/status`, `https://${PVE_HOST}:8006`.
    static VARIABLE = r"\$\{?(?P<name>(?P<owner>[A-Za-z][A-Za-z0-9_]{1,30}?)_?(?:URL|HOST|ADDR|ENDPOINT|URI|FQDN|IP|url|host|addr|endpoint|uri|ip))\b";
}

/// Words in the name of an address that do not tell whose it is.
const GENERIC_WORDS: &[&str] = &[
    "api",
    "base",
    "root",
    "server",
    "service",
    "backend",
    "target",
    "request",
    "http",
    "https",
    "rest",
    "my",
    "default",
    "zone",
    "zones",
    "dns",
    "graphql",
    "client",
    "app",
    "public",
    "remote",
    "upstream",
    "endpoint",
    "the",
    "purge",
    "r2",
    "s3",
    "gateway",
    "turnstile",
    "siteverify",
    "verify",
    "account",
    "edge",
    "cdn",
    "waf",
    "v4",
    "main",
];

/// Words of languages, which are no names.
const WORDS: &[&[u8]] =
    &[b"in", b"if", b"and", b"or", b"is", b"as", b"do", b"then", b"else", b"unless", b"when", b"not", b"end"];

/// The maximum number of addresses, and of definitions, that are examined.
const MOST: usize = 2000;
const DEFINITIONS: usize = 50;

/// An address, a name that holds one, or the construction of an SDK client.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub(super) place: Span,
    /// Whether it is the API's.
    pub(super) is_cloudflare: bool,
    /// Where the name that stands for it is defined.
    pub(super) definition: Option<Span>,
}

impl Address {
    /// An address that is written out where it is used.
    pub(super) fn plain(place: Span, is_cloudflare: bool) -> Address {
        Address { place, is_cloudflare, definition: None }
    }
}

/// Returns all addresses in a text, including the uses of names that hold one, in order.
pub(super) fn addresses(bytes: &[u8]) -> Vec<Address> {
    let mut names: HashMap<&[u8], Vec<Address>> = HashMap::new();
    for groups in NAMED.captures_iter(bytes).take(DEFINITIONS) {
        let name = groups.name("name").or(groups.name("attribute")).or(groups.name("variable"));
        let url = groups.name("url").or(groups.name("value")).or(groups.name("filled"));
        let (Some(name), Some(url)) = (name, url) else { continue };
        if name.len() >= 3 || is_short(name.as_bytes()) {
            let address = Address::plain(Span::from(name), API.is_match(url.as_bytes()));
            names.entry(name.as_bytes()).or_default().push(address);
        }
    }
    let mut out: Vec<Address> = Vec::new();
    let mut hosts = 0;
    for groups in ADDRESS.captures_iter(bytes).take(MOST) {
        let whole = groups.get_match();
        let mut is_cloudflare = API.is_match(whole.as_bytes());
        // No address but the scheme that a session uses an adapter for: `session.mount("https://", adapter)`, or that
        // something is asked for: `"https://" in url`.
        let before = &bytes[..whole.start()];
        if is_setting(before, whole.as_bytes()) {
            continue;
        }
        if groups.name("behind").is_some_and(|behind| {
            WORDS.contains(&behind.as_bytes())
                || [&b"mount(\""[..], b"mount('"].iter().any(|call| before.ends_with(call))
        }) {
            continue;
        }
        let host = groups.name("behind").or(groups.name("filled")).or(groups.name("inside"));
        if let Some(host) = host.filter(|_| !is_cloudflare && hosts < DEFINITIONS) {
            hosts += 1;
            is_cloudflare = defined_host(bytes, host.as_bytes()).is_some();
        }
        if let (Some(base), Some(path)) = (groups.name("base"), groups.name("path")) {
            // Counts only if name and path say that it is another vendor's; names with a known address are added below.
            if names.contains_key(base.as_bytes()) || may_be_api(base.as_bytes(), path.as_bytes()) {
                continue;
            }
        }
        out.push(Address::plain(Span::from(whole), is_cloudflare));
    }
    let read = READ.captures_iter(bytes).take(MOST);
    let expanded = VARIABLE.captures_iter(bytes).take(MOST).filter(|groups| {
        // Variables that the text itself assigns an address to are added below.
        groups.name("name").is_some_and(|name| !names.contains_key(name.as_bytes()))
    });
    for owner in read.chain(expanded).filter_map(|groups| groups.name("owner")) {
        let said = words(owner.as_bytes());
        if !is_ours(&said) && said.split(' ').any(|word| word.len() > 1 && !GENERIC_WORDS.contains(&word)) {
            out.push(Address::plain(Span::from(owner), false));
        }
    }
    for groups in SDK.captures_iter(bytes).take(DEFINITIONS) {
        if groups.name("class").is_none() {
            let call = groups.get_match();
            let end = close(bytes, call.end() - 1, call.end() + SETUP);
            out.push(Address::plain(Span::new(call.start(), end), true));
        }
    }
    for (name, definitions) in &names {
        for at in memmem::find_iter(bytes, *name) {
            let place = Span::new(at, at + name.len());
            // A place that assigns another value to the name is no use of the address.
            if out.len() >= MOST
                || !is_whole(bytes, place)
                || is_short(name) && !is_expanded(bytes, place)
                || definitions.iter().any(|own| own.place == place)
                || is_assigned(&bytes[place.end..])
                || is_value(bytes, place)
            {
                continue;
            }
            // A key means one that is defined as a key: `config["url"]` is no variable.
            let key = is_quoted(bytes, place);
            let mut definitions = definitions.iter().filter(|own| !key || is_quoted(bytes, own.place));
            let first = definitions.clone().next();
            let before = definitions.rfind(|own| own.place.end <= at);
            out.extend(before.or(first).map(|own| Address { place, definition: Some(own.place), ..*own }));
        }
    }
    out.sort_by_key(|address| (address.place.start, address.place.end, address.is_cloudflare));
    out
}

/// Returns the addresses that overlap the span. `addresses` must be in order.
pub(super) fn within(addresses: &[Address], span: Span) -> impl Iterator<Item = &Address> {
    let from = addresses.partition_point(|address| address.place.start + REACH < span.start);
    let to = addresses.partition_point(|address| address.place.start < span.end);
    addresses[from..to.max(from)].iter().filter(move |address| address.place.overlaps(span))
}

/// Whether a quoted string that looks like a host is the name of a file: `'redirects.json'`.
pub(super) fn is_file(quoted: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b"json", b"js", b"mjs", b"cjs", b"ts", b"py", b"rb", b"php", b"sh", b"yml", b"yaml", b"toml", b"ini",
        b"conf", b"cfg", b"env", b"txt", b"csv", b"md", b"html", b"css", b"xml", b"log", b"sql", b"db",
        b"pem", b"crt", b"key", b"gz", b"zip", b"tar", b"lock", b"tf", b"png", b"svg",
    ];
    let [b'"' | b'\'', name @ .., b'"' | b'\''] = quoted else { return false };
    let end = name.rsplit(|b| *b == b'.').next().unwrap_or_default();
    !name.contains(&b'/') && ENDS.contains(&end)
}

/// Whether the name of a constant is so short that it is also a word: `CF`.
fn is_short(name: &[u8]) -> bool {
    name.len() == 2 && name.iter().all(u8::is_ascii_uppercase)
}

/// Whether the name at the place is put into a text or joined with one: `f"{CF}/zones"`, `"$CF/zones"`, `CF + path`.
fn is_expanded(bytes: &[u8], name: Span) -> bool {
    let before = &bytes[..name.start];
    before.ends_with(b"{") || before.ends_with(b"$") || bytes[name.end..].trim_ascii_start().starts_with(b"+")
}

/// Whether the words of a name say Cloudflare.
fn is_ours(said: &str) -> bool {
    said.split(' ').any(|word| matches!(word, "cloudflare" | "cf" | "flare"))
}

/// Whether a quoted string is the name of a setting that the configuration is asked for, other than an address:
/// `config('services.nas.token')`.
fn is_setting(before: &[u8], quoted: &[u8]) -> bool {
    fixed! {
        static ASKED = r"(?i)(?:conf(?:ig)?\w*|cfg|settings?|prop(?:s|erty|erties)|options?|secrets?)(?:(?:\.|->|::)\w+)?\s*[(\[]\s*$";
        static ADDRESS = r#"(?i)(?:ur[li]|host(?:name)?|endpoint|addr(?:ess)?|server|domain|ip|base)["']$"#;
    }
    /// How much before the string is examined, in bytes.
    const CALL: usize = 60;
    matches!(quoted, [b'"' | b'\'', ..])
        && ASKED.is_match(&before[before.len().saturating_sub(CALL)..])
        && (!ADDRESS.is_match(quoted) || is_ours(&words(quoted)))
}

/// How long the construction of a client may be, in bytes.
const SETUP: usize = 1500;

/// Whether an address that is made of a name and a path may be the API's: because of the path, or because the name does
/// not say otherwise.
fn may_be_api(base: &[u8], path: &[u8]) -> bool {
    fixed! {
        static PATH = r"^/(?:client/v4|zones|accounts|user|ips|graphql|memberships|certificates|radar)\b";
        static NAME = r"(?i)cf|cloudflare|base|api|endpoint|host|url|prefix|root";
    }
    PATH.is_match(path) || NAME.is_match(base)
}

/// Whether a name in quotes is a value rather than a key, so that it stands for nothing: `mode = 'client'`.
fn is_value(bytes: &[u8], name: Span) -> bool {
    is_quoted(bytes, name) && bytes[..name.start - 1].trim_ascii_end().ends_with(b"=")
}

/// Whether a value is assigned to the name before this text: `baseURL: process.env.URL` has nothing to do with another
/// `baseURL`.
fn is_assigned(after: &[u8]) -> bool {
    let after = after.strip_prefix(b"\"").or(after.strip_prefix(b"'")).unwrap_or(after);
    let value = after.trim_ascii_start();
    // A colon after a space is that of a conditional expression.
    after.starts_with(b":") && !after.starts_with(b":-") && !after.starts_with(b"::")
        || value.starts_with(b":=")
        || value.starts_with(b"=") && !value.starts_with(b"==")
}

/// Whether the name stands in quotes.
fn is_quoted(bytes: &[u8], name: Span) -> bool {
    let quote = |at: usize| bytes.get(at).filter(|b| matches!(b, b'"' | b'\''));
    quote(name.end).is_some() && name.start.checked_sub(1).and_then(quote) == quote(name.end)
}

/// Whether the word at the place is a part of a host, and no name: `https://nas.lab.internal`, `f"{name}.lab.internal"`.
pub(super) fn is_in_host(bytes: &[u8], word: Span) -> bool {
    /// The maximum length of a host.
    const HOST: usize = 253;
    let before = &bytes[word.start.saturating_sub(HOST)..word.start];
    let part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let host = before.iter().rev().take_while(part).count();
    before[..before.len() - host].ends_with(b"://") || before.ends_with(b"}.")
}

/// Whether the place is a whole word.
pub(super) fn is_whole(bytes: &[u8], place: Span) -> bool {
    let word = |at: usize| bytes.get(at).is_some_and(|b| is_word(*b));
    !word(place.end) && !place.start.checked_sub(1).is_some_and(word)
}

#[cfg(test)]
mod tests {
    use super::{addresses, is_in_host};
    use crate::check::tests::marked;

    #[test]
    fn a_part_of_a_host_is_no_name() {
        for (text, expected) in [
            ("get('https://a.«lab».internal')", true),
            ("get('https://«lab»/x')", true),
            ("f\"{name}.«lab».internal\"", true),
            ("get(f'https://{«lab»}/x')", false),
            ("get(\"https://$«lab»/x\")", false),
            ("get('https://a/' + «lab»)", false),
            ("self.«lab».get('https://a')", false),
            ("«lab».get('https://a')", false),
        ] {
            let (text, word) = marked(text);
            assert_eq!(is_in_host(text.as_bytes(), word), expected, "{text}");
        }
    }

    #[test]
    fn what_the_configuration_is_asked_for_is_no_host() {
        for (text, expected) in [
            ("config('services.cloudflare.token')", None),
            ("config('services.cloudflare.url')", None),
            ("Config::get('services.nas.token')", None),
            ("config.get(\"nas.api.token\")", None),
            ("env.getProperty(\"dns.zone\")", None),
            ("settings[\"dns.zone\"]", None),
            ("config('services.nas.url')", Some(false)),
            ("get('nas.example.net')", Some(false)),
            ("connect(\"nas.example.net\")", Some(false)),
            ("endpoint: ${ACCOUNT}.r2.cloudflarestorage.com", Some(true)),
            ("endpoint = gateway.ai.cloudflare.com/v1", Some(true)),
            ("endpoint: nas.example.net", None),
            ("Http::get(url)", None),
        ] {
            let found = addresses(text.as_bytes());
            assert_eq!(found.first().map(|found| found.is_cloudflare), expected, "{text}");
        }
    }

    #[test]
    fn a_name_stands_for_the_address_it_is_given() {
        const API: &str = "https://api.cloudflare.com/client/v4";
        for (text, uses) in [
            ("API = '«»'\nget(API)\n", 1),
            ("CF = '«»'\nget(f'{CF}/zones')\nget(CF + path)\n", 2),
            ("CF='«»'\ncurl \"$CF/zones\" \"${CF}/zones\"\n", 2),
            ("{ \"key\": \"api\", \"type\": \"text\", \"value\": \"«»\" }\n\"{{api}}/zones\"", 1),
            // Two letters are a word, too.
            ("CF = '«»'\nprint('the CF API')\n", 0),
            ("cf = '«»'\nget(f'{cf}/zones')\n", 0),
            // The class of a method has no address.
            ("Http::get('«»');\nHttp::withToken(a);\n", 0),
            ("reqwest::get(\"«»\");\nreqwest::Client::new();\n", 0),
        ] {
            let found = addresses(text.replace("«»", API).as_bytes());
            let found = found.iter().filter(|found| found.definition.is_some());
            // The word in the address itself does not count.
            let found =
                found.filter(|found| found.place.start > text.find("»").map_or(0, |at| at + API.len()));
            assert_eq!(found.filter(|found| found.is_cloudflare).count(), uses, "{text}");
        }
    }
}
