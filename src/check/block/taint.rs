//! Names that hold a Cloudflare credential because it is assigned to them in the same file:
//! `token = os.environ["CF_API_TOKEN"]`, `const headers = { Authorization: `Bearer ${…}` }`.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use memchr::{memchr, memchr_iter, memmem, memrchr, memrchr_iter};

use super::matches;
use crate::check::{fixed, named};
use crate::fact::brackets::{self, arguments};
use crate::fact::credential::{BEGINNINGS, is_credential, is_secret, may_be_secret, mentions_any};
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::literals::{Literals, contains};
use crate::span::Span;

/// The maximum number of names in one file.
const MOST: usize = 200;

fixed! {
    /// The start of an assignment, up to the end of its line.
    static ASSIGNMENT = r#"(?m)^[ \t>-]*(?:run:[ \t]*)?(?:[A-Za-z_][\w<>.:\[\]]*[ \t]+){0,4}\$?[ \t]*(?:self\.|this\.|this->|@)?(?<name>[A-Za-z_]\w*)[ \t]*(?::[ \t]*[\w<>, .|]+)?(?::=|=|<-)[ \t]*(?<value>[^\n=][^\n]*)"#;

    /// A field or a key with a value: `apiToken: process.env.CF_API_TOKEN`, `token => $ENV{CF_TOKEN}`.
    static FIELD = r#"["']?\b(?<name>[A-Za-z_]\w*(?i:token|key|secret|password)|(?i:token|secret|password)|[A-Z][A-Z0-9_]{2,40})["']?[ \t]*(?::|=>|=|\{[^{}\n]{1,40}\}\s*=)\s*(?<value>[^\s=:>][^\n]*)"#;
}

/// The maximum number of lines of an assigned value.
const LINES: usize = 8;

fixed! {
    /// A value that is a credential unchanged: a variable, or a look-up in the environment or the configuration.
    static DIRECT = r#"(?x)^(?:await\s+)?(?:\([A-Za-z]+\??\)\s*|(?:str|String|string|to_string)\()?(?:[\w.]+\s*(?:\bor\b|\|\||\?\?)\s*)?(?:
            (?:[\w$]+(?:\.|::|->|/|:))*\w*(?i:env|get|require|fetch|read|lookup|load|param|secret|config|var|variable|option|property|input)\w{0,20}!?(?:\s*\(\s*|\x20)["'](?<b>[\w.-]+)
          | (?:process\.env|import\.meta\.env|os\.environ|ENV|env|Deno\.env|Bun\.env|secrets|config|settings|args|c\.env|context\.env)
                (?:\.get\(|\.fetch\(|\.|\[|\?\.)\s*["'`]?(?<a>[A-Za-z_]\w*)
          | \$_(?:ENV|SERVER)\[\s*["'](?<p>\w+) | \$ENV\{["']?(?<n>\w+) | ["']?\{\{\s*lookup\(\s*['"](?:ansible\.builtin\.)?env['"]\s*,\s*['"](?<o>\w+)
          | Platform\.environment\[\s*["'](?<q>\w+)
          | \$env:(?<g>\w+) | "?\$\{?(?<h>[A-Za-z_]\w*)\}?"?\s*(?:$|\n|;) | "?\$\{\{\s*(?:secrets|env)\.(?<i>\w+)
        )"#;
}

fixed! {
    /// A name that a Lisp binds to a variable of the environment: `(def token (System/getenv "CF_API_TOKEN"))`.
    static LIST = r#"[\[(\s](?<name>[A-Za-z][\w*-]*)\s+\((?:System/getenv|getenv|posix-getenv|env|uiop:getenv|get-environment-variable)\s+[":](?<value>[\w-]+)"#;
}

fixed! {
    /// Several names that are assigned to at once: `id, secret := os.Getenv("R2_ID"), os.Getenv("R2_SECRET")`.
    static PARALLEL = r"(?m)^[ \t]*(?:(?:local|var|my|const|let)[ \t]+)?[(\[]?(?<names>[$A-Za-z_]\w*(?:[ \t]*,[ \t]*[$A-Za-z_]\w*)+)[)\]]?[ \t]*:?=[ \t]*(?<values>[^\n=][^\n]*)";

    /// A field or a parameter that a framework sets: `@Value("${cloudflare.api-token}") private String token;`.
    static INJECTED = r#"@[A-Z]\w*\(\s*(?:\w+\s*=\s*)?"\\?(?:[$\#]\{)?'?(?<value>[\w.-]+)(?::[^"]{0,40})?'?\}?"[^()]{0,80}\)\s*(?:(?:private|protected|public|internal|static|final|lateinit|readonly|va[rl])\s+){0,4}(?:[A-Z][\w<>.?]*\s+)?(?<name>[a-zA-Z_]\w*)\s*[;:=,)]"#;
}

/// Returns the names in the file that hold a credential.
pub(super) fn tainted(bytes: &[u8]) -> HashSet<Vec<u8>> {
    let mut out = HashSet::new();
    let mut zones = zones(bytes);
    let has = |zone: &Span, mark: &[u8]| memmem::find(&bytes[zone.start..zone.end], mark).is_some();
    zones.retain(|zone| [&b"="[..], b":", b"<-", b"getenv", b"env"].iter().any(|mark| has(zone, mark)));
    let assigned: Vec<Span> =
        zones.iter().filter(|zone| has(zone, b"=") || has(zone, b"<-")).copied().collect();
    for groups in matches(&ASSIGNMENT, bytes, &assigned).take(5000) {
        let (Some(name), Some(value)) = (groups.name("name"), groups.name("value")) else { continue };
        let (name, rest) = (name.as_bytes(), &bytes[value.start()..]);
        if out.len() >= MOST {
            break;
        }
        if is_credential(name) || name.len() > 60 || (name.len() < 2 && name != b"t" && name != b"k") {
            continue;
        }
        let value = &rest[..memchr_iter(b'\n', rest).nth(LINES).unwrap_or(rest.len())];
        if forwards_credential(value) || wraps(value, &out) || collects(value) {
            out.insert(name.to_vec());
        }
    }
    for groups in matches(&PARALLEL, bytes, &assigned).take(5000) {
        let names = named(&groups, "names").as_bytes().split(|b| *b == b',').map(<[u8]>::trim_ascii);
        let values = named(&groups, "values").as_bytes();
        // `const [a, b] = [x, y]`
        let list = values
            .strip_prefix(b"[")
            .and_then(|list| Some(&list[..brackets::closing(values)?.checked_sub(1)?]));
        let values = list.unwrap_or(values);
        for (name, value) in names.zip(arguments(values)) {
            let value = values[value.start..value.end].trim_ascii();
            if out.len() < MOST && forwards_credential(value) {
                out.insert(name.strip_prefix(b"$").unwrap_or(name).to_vec());
            }
        }
    }
    for groups in injects(bytes).then(|| INJECTED.captures_iter(bytes).take(5000)).into_iter().flatten() {
        if out.len() < MOST && names_credential(named(&groups, "value").as_bytes()) {
            out.insert(named(&groups, "name").as_bytes().to_vec());
        }
    }
    for groups in matches(&FIELD, bytes, &zones).take(5000) {
        let (Some(name), Some(value)) = (groups.name("name"), groups.name("value")) else { continue };
        // A workflow sets its environment with names of all kinds.
        let named = is_secret(name.as_bytes()) || value.as_bytes().starts_with(b"${{");
        if out.len() < MOST && named && forwards_credential(value.as_bytes()) {
            out.insert(name.as_bytes().to_vec());
        }
    }
    let in_lisp = [&b"getenv \""[..], b"(env :", b"(env \"", b"get-environment-variable"];
    let in_lisp = in_lisp.iter().any(|word| memmem::find(bytes, word).is_some());
    for groups in in_lisp.then(|| matches(&LIST, bytes, &zones).take(5000)).into_iter().flatten() {
        if out.len() < MOST && is_credential(named(&groups, "value").as_bytes()) {
            out.insert(named(&groups, "name").as_bytes().to_vec());
        }
    }
    out
}

/// Whether a framework may set fields of the file to properties for Cloudflare.
pub(super) fn injects(bytes: &[u8]) -> bool {
    static MARKS: LazyLock<Literals> = LazyLock::new(|| Literals::new(&["@Value(", "Property(", "@Named("]));
    let named = || [&b"cloudf"[..], b"cf", b"r2"].iter().any(|word| contains(bytes, word));
    MARKS.is_match(bytes) && named()
}

/// Whether a property names a credential: `cloudflare.api-token`.
fn names_credential(property: &[u8]) -> bool {
    is_credential(&property.iter().map(|b| if *b == b'-' { b'_' } else { *b }).collect::<Vec<_>>())
}

/// Returns the lines that may hold a credential or its header, with those before them where its assignment may begin.
fn zones(bytes: &[u8]) -> Vec<Span> {
    static HINTS: LazyLock<Literals> =
        LazyLock::new(|| Literals::caseless(&[BEGINNINGS, &["bearer", "x-auth"]].concat()));
    let mut out: Vec<Span> = Vec::new();
    // Lines up to `done` are in a zone; those up to `harmless` name no secret, which is asked once for each line.
    let (mut done, mut harmless) = (0, 0);
    let _ = HINTS.each(bytes, 0, |hit| {
        let names = hit.index < BEGINNINGS.len();
        if hit.start < done || names && hit.start < harmless {
            return ControlFlow::Continue(());
        }
        let start = memrchr(b'\n', &bytes[..hit.start]).map_or(0, |at| at + 1);
        let end = memchr(b'\n', &bytes[hit.end..]).map_or(bytes.len(), |at| hit.end + at + 1);
        if names && !may_be_secret(&bytes[start..end]) {
            harmless = end;
            return ControlFlow::Continue(());
        }
        done = end;
        let above = memrchr_iter(b'\n', &bytes[..start]).nth(LINES).map_or(0, |at| at + 1);
        match out.last_mut() {
            Some(last) if above <= last.end => last.end = end,
            _ => out.push(Span::new(above, end)),
        }
        ControlFlow::Continue(())
    });
    out
}

/// Whether the value is a credential under another name, unchanged.
fn forwards_credential(value: &[u8]) -> bool {
    let first_line = lines::first(value);
    DIRECT.captures(value).is_some_and(|groups| {
        let rest = &first_line[groups.get_match().end().min(first_line.len())..];
        // What follows reduces the value to something harmless.
        const CHANGED: [&[u8]; 16] = [
            b".length",
            b".size",
            b".substr",
            b".slice",
            b".hash",
            b".digest",
            b".take(",
            b".chars",
            b"[:",
            b"[-",
            b"[0..",
            b"[..",
            b" is not none",
            b" !=",
            b" ==",
            b" ? ",
        ];
        // What a person has just typed into a page.
        const TYPED: [&[u8]; 2] = [b"getelement", b"queryselector"];
        !CHANGED.iter().any(|part| contains(rest, part))
            && !TYPED.iter().any(|part| contains(first_line, part))
            && groups.iter().skip(1).flatten().any(|m| is_credential(m.as_bytes()))
    })
}

/// Whether the value is a literal object or list with a credential in it: printing it prints the credential.
fn collects(value: &[u8]) -> bool {
    // A composite literal in Go, or a pointer to one: `&Config{Token: …}`.
    let named = value.iter().position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'&' | b'.' | b'_'));
    let value = named.filter(|at| value[*at] == b'{').map_or(value, |at| &value[at..]);
    let open = [&b"{"[..], b"[", b"array(", b"dict(", b"@{"].into_iter().find(|open| value.starts_with(open));
    let Some(open) = open else { return false };
    let Some(end) = brackets::closing(&value[open.len() - 1..]) else { return false };
    let pairs = value[open.len()..open.len() - 1 + end].split(|b| matches!(b, b',' | b'\n'));
    pairs.into_iter().any(|pair| {
        let separator = memmem::find(pair, b"=>").map(|at| at + 2);
        let separator =
            separator.or_else(|| pair.iter().position(|b| matches!(b, b':' | b'=')).map(|at| at + 1));
        // The items of a list have no names.
        let at = separator.or_else(|| (open == b"[").then_some(0));
        at.is_some_and(|at| forwards_credential(pair[at..].trim_ascii()))
    })
}

/// Whether the value is an object of headers or a string that contains a credential, or a name that holds one.
fn wraps(value: &[u8], known: &HashSet<Vec<u8>>) -> bool {
    let literal = value.starts_with(b"{") || value.starts_with(b"new Headers(") || value.starts_with(b"@{");
    let string = [
        &b"`Bearer "[..],
        b"f\"Bearer ",
        b"f'Bearer ",
        b"\"Bearer ",
        b"'Bearer ",
        b"f\"Authorization",
        b"\"Authorization",
    ]
    .iter()
    .any(|s| value.starts_with(s));
    let end = if string {
        lines::first(value).len()
    } else {
        value.iter().position(|b| matches!(b, b'}' | b';')).map_or(value.len(), |p| {
            // The brace may close a template inside of the object, so the rest of the line is included.
            p + lines::first(&value[p..]).len()
        })
    };
    let body = &value[..end];
    let header = contains(body, b"bearer") || contains(body, b"x-auth");
    let words = body.split(|b| !is_word(*b));
    let holds = || mentions_any(body) || words.into_iter().any(|word| known.contains(word));
    (literal || string) && header && holds()
}

#[cfg(test)]
mod tests {
    use super::tainted;

    #[test]
    fn assigned_names_stand_for_the_credential() {
        for (text, name) in [
            ("token = os.environ[\"CF_API_TOKEN\"]\n", "token"),
            ("const t2 = process.env.CLOUDFLARE_API_TOKEN;\n", "t2"),
            ("TOKEN=\"$CF_API_TOKEN\"\n", "TOKEN"),
            ("tok := os.Getenv(\"CF_API_KEY\")\n", "tok"),
            ("zone := flag.String()\n\ntok := os.Getenv(\"CF_API_KEY\")\n", "tok"),
            ("let token = Environment.GetEnvironmentVariable \"CF_API_TOKEN\"\n", "token"),
            ("  token <- getEnv \"CF_API_TOKEN\"\n", "token"),
            ("token = getEnv(\"CF_API_TOKEN\")\n", "token"),
            ("const auth = cfg.requireSecret('cfApiToken')\n", "auth"),
            ("def t = providers.environmentVariable('CF_API_TOKEN').get()\n", "t"),
            ("auth = config.get_property(\"cloudflare.api_token\")\n", "auth"),
            ("(let [my-tok (System/getenv \"CF_API_TOKEN\")])\n", "my-tok"),
            ("(def my-tok (env :cf-api-token))\n", "my-tok"),
            ("env:\n  PREVIEW: ${{ secrets.CF_PREVIEW_TOKEN }}\n", "PREVIEW"),
            ("$this->apiToken = (string) getenv('CF_API_TOKEN');\n", "apiToken"),
            ("auth = str(os.environ[\"CF_API_TOKEN\"])\n", "auth"),
            (
                "id, secret := os.Getenv(\"R2_ACCESS_KEY_ID\"), os.Getenv(\"R2_SECRET_ACCESS_KEY\")\n",
                "secret",
            ),
            ("zone, tok = os.environ[\"ZONE\"], os.environ[\"CF_API_TOKEN\"]\n", "tok"),
            ("const [zone, tok] = [process.env.ZONE, process.env.CF_API_TOKEN];\n", "tok"),
            ("@Value(\"${cloudflare.api-token}\")\nprivate String tok;\n", "tok"),
            ("class A(@Value(\"\\${cf.token:}\") private val tok: String)\n", "tok"),
            ("@ConfigProperty(name = \"cloudflare.api-token\")\nString tok;\n", "tok"),
            ("cfg := &Config{Zone: z, Token: os.Getenv(\"CF_API_TOKEN\")}\n", "cfg"),
            ("$config = ['zone' => 'a', 'token' => getenv('CF_API_TOKEN')];\n", "config"),
            (
                "self.token = token or os.environ[\"CF_API_TOKEN\"]\nself.headers = {\n  \"Authorization\": f\"Bearer {self.token}\",\n}\n",
                "headers",
            ),
            ("const headers = {\n  Authorization: `Bearer ${process.env.CF_API_TOKEN}`,\n};\n", "headers"),
        ] {
            assert!(tainted(text.as_bytes()).contains(name.as_bytes()), "{text}");
        }
        for text in [
            "PREVIEW: CF_PREVIEW_TOKEN\n",
            "secret = document.getElementById(\"cloudflareSecret\").value\n",
            "ok = check(\"CF_API_TOKEN\")\n",
            "auth = getenv(\"CF_ZONE_ID\")\n",
            "auth, err := os.Getenv(\"CF_ZONE_ID\"), os.Getenv\n",
            "@Value(\"${cloudflare.zone-id}\")\nString zone;\n",
            "n = len(os.environ[\"CF_API_TOKEN\"])\n",
            "const res = await fetch(u, { headers: { a: `Bearer ${env.CF_API_TOKEN}` } })\n",
        ] {
            assert!(tainted(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
