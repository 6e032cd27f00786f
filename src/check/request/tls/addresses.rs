//! The addresses of a text, and the names and clients that stand for one, with whether they are the API's.

use std::collections::HashMap;

use memchr::memmem;

use super::super::API;
use super::super::plain::defined_host;
use crate::check::fixed;
use crate::fact::brackets::close;
use crate::fact::words::{is_word, words};
use crate::span::Span;

fixed! {
    /// Any address or host name, also one whose host is only known at run time.
    static ADDRESS = concat!(
        // A name in the marks of a template: `https://${{ vars.ACCOUNT }}.r2.…`.
        r#"(?i)https?://\$?\{\{\s*(?P<filled>[A-Za-z_][\w.]*)[^\n{}]{0,100}\}\}[^\s"'`<>)\\]*"#,
        r#"|https?://(?:[$#%]?\{+\s*|\$)?(?P<inside>[A-Za-z_][\w.]*)\b[^\s"'`<>)\\]*"#,
        r#"|https?://["'`]\s*(?:\.\.|[+.,&])\s*(?P<behind>[A-Za-z_][\w.]*)"#,
        r#"|https?://[^\s"'`<>)\\]+"#,
        r#"|["'`](?:\$?\{|#\{)\$?(?P<base>[A-Za-z_][\w.]*)\}(?P<path>/[^\s"'`]*)"#,
        r#"|["'][a-z0-9-]+(?:\.[a-z0-9-]+)+\.?(?:/[^"']*)?["']|\b\d{1,3}(?:\.\d{1,3}){3}\b|api(?:\.fed)?\.cloudflare\.com"#,
    );

    /// A name that is given an address, in a call or not.
    static NAMED = r#"(?i)\b(?P<name>[A-Za-z_]\w*)["']?\s*(?::\s*[\w&]+\s*)?(?:=>|:=|[:=])\s*(?:(?:new\s+)?[\w.:<>]{1,40}\(\s*)?(?:["'][\w.]+["']\s*,\s*)?[&fbru]?["'`]?(?P<url>https?://[^\s"'`]+|api\.cloudflare\.com[^\s"'`]*)"#;

    /// The client of an SDK: it talks to the API, whatever its address.
    static SDK = r"\b(?:cloudflare|cf|cfgo)\.New(?:WithAPIToken|Client)?\(|(?P<class>class\s+)?\b(?:Cloudflare|CloudFlare|AsyncCloudflare)\(|\bcloudflare\.Client\(|\bCloudflare::Client\.new\(";
}

/// Whether what stands for an address is the making of a client of an SDK.
pub(super) fn is_client(text: &[u8]) -> bool {
    SDK.find(text).is_some_and(|call| call.start() == 0)
}

fixed! {
    /// An address that is read from the environment or the configuration, under the name of whose it is: `env.PROXMOX_URL`,
    /// `os.environ["NAS_HOST"]`, `cfg.KubeURL`.
    static READ = concat!(
        r#"\b(?:\w*(?:[eE]nv|ENV|environ|[cC]onfig|cfg|[cC]onf|[sS]ettings|[pP]rops|Configuration))(?:\.\w+)?[.\[("'`]{1,3}(?:get(?:[("'`]{0,2}))?"#,
        r"(?P<owner>[A-Za-z][A-Za-z0-9_]{1,30}?)(?:_?URL|Url|_url|:Url|_?HOST|Host|_host|_?ADDR|_addr|_?ENDPOINT|Endpoint|_endpoint|_?URI|Uri|_uri)\b",
    );

    /// The same in a shell: `$NAS_URL/status`, `https://${PVE_HOST}:8006`.
    static VARIABLE = r"\$\{?(?P<name>(?P<owner>[A-Za-z][A-Za-z0-9_]{1,30}?)_?(?:URL|HOST|ADDR|ENDPOINT|URI|FQDN|IP|url|host|addr|endpoint|uri|ip))\b";
}

/// Words in the name of an address that do not say whose it is.
const OF_ANYBODY: &[&str] = &[
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

/// At most this many addresses, definitions of names and clients are looked at.
const MOST: usize = 2000;
const DEFINITIONS: usize = 50;

/// An address, or what stands for one: a name that holds it, a client of it.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub(super) place: Span,
    /// It is the API's.
    pub(super) ours: bool,
}

/// All addresses and uses of names that hold one, in order.
pub(super) fn addresses(bytes: &[u8]) -> Vec<Address> {
    let mut names: HashMap<&[u8], Vec<Address>> = HashMap::new();
    for groups in NAMED.captures_iter(bytes).take(DEFINITIONS) {
        let (Some(name), Some(url)) = (groups.name("name"), groups.name("url")) else { continue };
        if name.len() >= 3 {
            let (place, ours) = (Span::from(name), API.is_match(url.as_bytes()));
            names.entry(name.as_bytes()).or_default().push(Address { place, ours });
        }
    }
    let mut out: Vec<Address> = Vec::new();
    let mut hosts = 0;
    for groups in ADDRESS.captures_iter(bytes).take(MOST) {
        let whole = groups.get_match();
        let mut ours = API.is_match(whole.as_bytes());
        // The scheme that an adapter of a session is for: `session.mount("https://", adapter)`.
        let before = &bytes[..whole.start()];
        if groups.name("behind").is_some()
            && [&b"mount(\""[..], b"mount('"].iter().any(|call| before.ends_with(call))
        {
            continue;
        }
        let host = groups.name("behind").or(groups.name("filled")).or(groups.name("inside"));
        if let Some(host) = host.filter(|_| !ours && hosts < DEFINITIONS) {
            hosts += 1;
            ours = defined_host(bytes, host.as_bytes()).is_some();
        }
        if let (Some(base), Some(path)) = (groups.name("base"), groups.name("path")) {
            // What has the address of something else by its name; the rest may be anything, or is among the names.
            if names.contains_key(base.as_bytes()) || is_open(base.as_bytes(), path.as_bytes()) {
                continue;
            }
        }
        out.push(Address { place: Span::from(whole), ours });
    }
    let read = READ.captures_iter(bytes).take(MOST);
    let expanded = VARIABLE.captures_iter(bytes).take(MOST).filter(|groups| {
        // What the text itself gives an address is among the names.
        groups.name("name").is_some_and(|name| !names.contains_key(name.as_bytes()))
    });
    for owner in read.chain(expanded).filter_map(|groups| groups.name("owner")) {
        let said = words(owner.as_bytes());
        let ours = said.split(' ').any(|word| matches!(word, "cloudflare" | "cf" | "flare"));
        if !ours && said.split(' ').any(|word| word.len() > 1 && !OF_ANYBODY.contains(&word)) {
            out.push(Address { place: Span::from(owner), ours: false });
        }
    }
    for groups in SDK.captures_iter(bytes).take(DEFINITIONS) {
        if groups.name("class").is_none() {
            let call = groups.get_match();
            let end = close(bytes, call.end() - 1, call.end() + SETUP);
            out.push(Address { place: Span::new(call.start(), end), ours: true });
        }
    }
    for (name, definitions) in &names {
        for at in memmem::find_iter(bytes, *name) {
            let place = Span::new(at, at + name.len());
            // A place that gives the name another value is no use of the first.
            if out.len() >= MOST
                || !is_whole(bytes, place)
                || definitions.iter().any(|own| own.place == place)
                || is_given(&bytes[place.end..])
            {
                continue;
            }
            let before = definitions.iter().rfind(|own| own.place.end <= at);
            out.extend(before.or(definitions.first()).map(|own| Address { place, ..*own }));
        }
    }
    out.sort_by_key(|address| (address.place.start, address.place.end, address.ours));
    out
}

/// Whether what looks like a host is the name of a file: `'redirects.json'`.
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

/// How long the setting up of a client may be, in bytes.
const SETUP: usize = 1500;

/// Whether an address that is made of a name and a path may be the API's: by the path, or because the name does not say.
fn is_open(base: &[u8], path: &[u8]) -> bool {
    fixed! {
        static PATH = r"^/(?:client/v4|zones|accounts|user|ips|graphql|memberships|certificates|radar)\b";
        static NAME = r"(?i)cf|cloudflare|base|api|endpoint|host|url|prefix|root";
    }
    PATH.is_match(path) || NAME.is_match(base)
}

/// Whether a name is given a value: `baseURL: process.env.URL` has nothing to do with another `baseURL`.
fn is_given(behind: &[u8]) -> bool {
    let behind = behind.strip_prefix(b"\"").or(behind.strip_prefix(b"'")).unwrap_or(behind);
    let value = behind.trim_ascii_start();
    // With a space before it a colon is that of a choice between two.
    behind.starts_with(b":") && !behind.starts_with(b":-") && !behind.starts_with(b"::")
        || value.starts_with(b":=")
        || value.starts_with(b"=") && !value.starts_with(b"==")
}

/// Whether the place is not a part of a longer word.
pub(super) fn is_whole(bytes: &[u8], place: Span) -> bool {
    let word = |at: usize| bytes.get(at).is_some_and(|b| is_word(*b));
    !word(place.end) && !place.start.checked_sub(1).is_some_and(word)
}
