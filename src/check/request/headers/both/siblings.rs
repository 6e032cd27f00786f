//! Pairs of functions or classes of which one sends a token and the other the key: named alike, clauses of one function, or
//! methods of two classes that implement one interface.

use memchr::memmem;

use super::super::host::HOST;
use crate::check::assignment::names_other;
use crate::check::{Input, fixed};
use crate::fact::lines;
use crate::fact::statement::function;
use crate::fact::words::words;
use crate::literals::contains;
use crate::span::Span;

/// How far above a place its class is searched for, in bytes.
const ABOVE: usize = 3000;

/// A function that sends a credential, and the class that it is in.
struct Sender<'a> {
    body: Span,
    name: &'a [u8],
    /// The words of both names.
    class_words: String,
    words: String,
    /// What the class extends or implements.
    base: &'a [u8],
}

/// Whether the token is sent by a function or a class of its own that is named after it, beside that for the key:
/// `token_headers`, `class TokenAuth`; by another clause of the same function; or by the same method of another class for
/// authentication.
pub(super) fn is_sibling(input: &Input<'_>, key: Span, token: usize) -> bool {
    let (Some(key), Some(token)) = (sender(input, key), sender(input, Span::new(token, token))) else {
        return false;
    };
    let body = input.text.get(token.body);
    let hosts = HOST.captures_iter(body).filter_map(|groups| groups.name("host"));
    let foreign = hosts.into_iter().any(|host| !contains(host.as_bytes(), b"cloudflare.com"));
    let by_class = key.class_words != token.class_words && is_twin(&key.class_words, &token.class_words);
    let same_class = key.class_words == token.class_words;
    let by_name = same_class && is_twin(&key.words, &token.words);
    let by_clause = same_class
        && key.words == token.words
        && heads_alike(input, (key.body, key.name), (token.body, token.name));
    key.body != token.body && !foreign && (by_class || by_name || by_clause || share_interface(&key, &token))
}

/// Whether two classes implement the same method of one interface, which is called after authentication. Clients of two
/// vendors may have one interface as well.
fn share_interface(key: &Sender<'_>, token: &Sender<'_>) -> bool {
    const SAYS: &[&str] = &[
        "auth",
        "authentication",
        "authenticator",
        "authorization",
        "authorizer",
        "credential",
        "credentials",
    ];
    let base = words(key.base);
    key.base == token.base
        && key.class_words != token.class_words
        && key.words == token.words
        && base.split(' ').any(|word| SAYS.contains(&word))
        && !names_other(&token.class_words)
}

/// Returns the function that a place is in.
fn sender<'a>(input: &'a Input<'_>, place: Span) -> Option<Sender<'a>> {
    fixed! {
        static CLASS = r"(?m)^[ \t]*(?:[a-z]+[ \t]+)*(?:class|struct|record(?:[ \t]+(?:class|struct))?|object|impl|module)[ \t]+(?P<name>\w+)(?P<rest>[^\n]*)";
        // `(Auth):` of Python, `< Auth` of Ruby, `(…) : Auth`, `extends Auth`, `implements Auth`.
        static BASE = r"(?:^[ \t]*\((?P<python>[\w.]+)[^()]*\)[ \t]*:[ \t\r]*$|(?:\)|^)[ \t]*:[ \t]*(?:public[ \t]+)?(?P<colon>\w+)|^[ \t]*<[ \t]+(?P<ruby>[\w:]+)|\b(?:extends|implements)[ \t]+(?P<word>[\w\\.]+))";
        // The type that a method of Go belongs to.
        static RECEIVER = r"^[ \t]*func[ \t]*\([ \t]*(?:\w+[ \t]+)?\*?(?P<name>\w+)[^()]*\)";
    }
    let bytes = input.text.bytes();
    let (body, name) = function(input.text, place)?;
    let above = &bytes[place.start.saturating_sub(ABOVE)..place.start];
    let class = CLASS.captures_iter(above).last();
    let part = |part: &str| class.as_ref().and_then(|groups| groups.name(part)).map(|m| m.as_bytes());
    let receiver = RECEIVER.captures(lines::first(input.text.get(body)));
    let receiver = receiver.and_then(|groups| groups.name("name")).map(|m| m.as_bytes());
    let base = part("rest").and_then(|rest| {
        let groups = BASE.captures_iter(rest).last()?;
        ["python", "colon", "ruby", "word"].into_iter().find_map(|form| groups.name(form))
    });
    Some(Sender {
        body,
        name,
        class_words: words(receiver.or(part("name")).unwrap_or_default()),
        words: words(name),
        base: base.map_or(&b""[..], |base| base.as_bytes()),
    })
}

/// Whether two definitions are clauses of one function, which is defined for several kinds of arguments: the text up to
/// and including its name is the same. A call of a function of the language, `test("…", function () {`, is none.
fn heads_alike(input: &Input<'_>, one: (Span, &[u8]), other: (Span, &[u8])) -> bool {
    let head = |(body, name): (Span, &[u8])| {
        let line = lines::first(input.text.get(body));
        let end = memmem::find(line, name)? + name.len();
        let called = line[end..].starts_with(b"(\"") || line[end..].starts_with(b"('");
        (!called).then(|| line[..end].trim_ascii().to_vec())
    };
    head(one).is_some_and(|head_of_one| head(other) == Some(head_of_one))
}

/// Whether two names are the same, but for the words that say which kind of credential each is for: `verify_token` is no
/// alternative to `update_record`.
pub(super) fn is_twin(key: &str, token: &str) -> bool {
    let says =
        |names: &str| names.split(' ').any(|word| matches!(word, "token" | "bearer")) && !names_other(names);
    let rest = |names: &str| {
        let kind =
            |word: &&str| matches!(*word, "token" | "bearer" | "key" | "api" | "global" | "email" | "legacy");
        names.split(' ').filter(|word| !kind(word)).collect::<String>()
    };
    says(token) && !says(key) && rest(key) == rest(token)
}

#[cfg(test)]
mod tests {
    use super::super::supports_both;
    use crate::check::tests::{asked, marked};

    #[test]
    fn classes_for_authentication_are_a_choice() {
        let both = |path: &str, text: &str| {
            let (text, span) = marked(text);
            asked(path, &text, |input| supports_both(input, span))
        };
        for (path, text) in [
            (
                "A.cs",
                "public sealed record TokenAuthentication(string Token) : IAuthentication\n{\n    public void Apply(HttpRequestMessage request) =>\n        request.Headers.Authorization = new AuthenticationHeaderValue(\"Bearer\", Token);\n}\n\npublic sealed record KeyAuthentication(string Email, string Key) : IAuthentication\n{\n    public void Apply(HttpRequestMessage request)\n    {\n        request.Headers.Add(\"«X-Auth-Key\", Key)»;\n    }\n}\n",
            ),
            (
                "A.cs",
                "class Scoped : IAuth\n{\n    public void Apply(Request r) => r.Authorize(new AuthenticationHeaderValue(\"Bearer\", t));\n}\n\nclass Legacy : IAuth\n{\n    public void Apply(Request r) => r.Add(\"«X-Auth-Key\", k)»;\n}\n",
            ),
            (
                "a.py",
                "class Modern(AuthBase):\n    def __call__(self, r):\n        r.headers[\"Authorization\"] = f\"Bearer {t}\"\n        return r\n\nclass Legacy(AuthBase):\n    def __call__(self, r):\n        r.headers[\"«X-Auth-Key\"] = k»\n        return r\n",
            ),
            (
                "a.ts",
                "class Modern implements Credential {\n  apply(h: Headers) {\n    h.set('Authorization', `Bearer ${t}`);\n  }\n}\nclass Legacy implements Credential {\n  apply(h: Headers) {\n    h.set('«X-Auth-Key', k)»;\n  }\n}\n",
            ),
            (
                "a.go",
                "func (a tokenAuth) apply(r *http.Request) {\n\tr.Header.Set(\"Authorization\", \"Bearer \"+t)\n}\n\nfunc (a keyAuth) apply(r *http.Request) {\n\tr.Header.Set(\"«X-Auth-Key\", k)»\n}\n",
            ),
            (
                "A.kt",
                "class Modern(val t: String) : Authenticator {\n    fun apply(r: Request) {\n        r.header(\"Authorization\", \"Bearer $t\")\n    }\n}\n\nclass Legacy(val k: String) : Authenticator {\n    fun apply(r: Request) {\n        r.header(\"«X-Auth-Key\", k)»\n    }\n}\n",
            ),
        ] {
            assert!(both(path, text), "{path}: {text}");
        }
        for (path, text) in [
            (
                "a.ts",
                "class Github implements Provider {\n  headers(h: Headers) {\n    h.set('Authorization', `Bearer ${t}`);\n  }\n}\nclass Edge implements Provider {\n  headers(h: Headers) {\n    h.set('«X-Auth-Key', k)»;\n  }\n}\n",
            ),
            (
                "a.py",
                "class Modern(AuthBase):\n    def login(self, r):\n        r.headers[\"Authorization\"] = f\"Bearer {t}\"\n\nclass Legacy(AuthBase):\n    def __call__(self, r):\n        r.headers[\"«X-Auth-Key\"] = k»\n",
            ),
            (
                "a.py",
                "class A(object):\n    def headers(self, r):\n        r.headers[\"Authorization\"] = f\"Bearer {t}\"\n\nclass B(object):\n    def headers(self, r):\n        r.headers[\"«X-Auth-Key\"] = k»\n",
            ),
            (
                "a.go",
                "func (g *GitHub) apply(r *http.Request) {\n\tr.Header.Set(\"Authorization\", \"Bearer \"+t)\n}\n\nfunc (z *Zones) apply(r *http.Request) {\n\tr.Header.Set(\"«X-Auth-Key\", k)»\n}\n",
            ),
        ] {
            assert!(!both(path, text), "{path}: {text}");
        }
    }
}
