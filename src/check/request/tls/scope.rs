//! What a name means at a place: a parameter hides what the file says elsewhere, and a variable of one function is not
//! that of another.

use memchr::memmem;

use super::addresses::{Address, is_whole, within};
use crate::check::{Input, fixed};
use crate::fact::brackets::{around, close};
use crate::fact::place::is_program;
use crate::fact::statement::{function, statement};
use crate::span::Span;

/// The maximum number of uses of a name that are examined.
const USES: usize = 50;
/// How long the parameters of a function, and the arguments of a call, may be, in bytes.
const PARAMETERS: usize = 600;

fixed! {
    /// A statement that assigns to a name, or to a member or an item of it: `const agent = …`, `tls.verify = …`.
    pub(super) static NAME = r#"^\s*(?:(?:const|let|mut|var|val|final|auto|my|local|static|private|readonly)\s+)*(?:(?:self|this)\.|\$this->)?[$@]?(?P<name>[A-Za-z_]\w*)(?:(?:\.|->)\w+|\[[^\]\n]{1,60}\])*\s*(?:(?::[^=\n]{1,60})?:?=[^=>]|(?:\.|->|\[["']?)$)"#;
}

/// Returns the addresses in the span that mean there what they are defined as.
pub(super) fn visible<'a>(
    input: &'a Input<'_>,
    span: Span,
    addresses: &'a [Address],
) -> impl Iterator<Item = &'a Address> {
    within(addresses, span).filter(move |address| is_visible(input, address, addresses))
}

/// Whether the address means the same at its place as where it is defined: always, unless a name stands for it there.
pub(super) fn is_visible(input: &Input<'_>, address: &Address, addresses: &[Address]) -> bool {
    let Some(definition) = address.definition else { return true };
    let bytes = input.text.bytes();
    let name = input.text.get(address.place);
    // A member belongs to its object, wherever it is used.
    if is_member(bytes, address.place) {
        return true;
    }
    let Some((body, owner)) = function(input.text, address.place) else { return true };
    let inside = body.contains(definition);
    if !inside {
        if has_parameter(input.text.get(body), owner, name) {
            return false;
        }
        // Scripts share their variables.
        let local =
            !is_member(bytes, definition) && !is_key(bytes, definition) && !has_dollar(bytes, address.place);
        if local && function(input.text, definition).is_some_and(|(other, _)| !other.contains(address.place))
        {
            return false;
        }
    }
    // Another value that was assigned since.
    let from = if inside && definition.end <= address.place.start { definition.end } else { body.start };
    let since = Span::new(from.min(address.place.start), address.place.start);
    let places = memmem::find_iter(input.text.get(since), name).map(|at| since.start + at);
    let places = places.map(|start| Span::new(start, start + name.len()));
    let last =
        places.filter(|place| is_whole(bytes, *place) && is_set(&bytes[place.end..])).take(USES).last();
    last.is_none_or(|last| {
        let whole = statement(input.text, last);
        let value = Span::new(last.end, whole.end.min(address.place.start).max(last.end));
        within(addresses, value).any(|found| found.is_cloudflare == address.is_cloudflare)
    })
}

/// Returns the address that a name in the arguments was bound to before, in the same function: of `client.Do(request)`,
/// the one that `request` was made with.
pub(super) fn bound(input: &Input<'_>, call: Span, addresses: &[Address]) -> Option<Address> {
    let found = values(input, call).filter_map(|value| {
        let addresses = within(addresses, value).filter(|address| is_visible(input, address, addresses));
        addresses.min_by_key(|address| !address.is_cloudflare)
    });
    found.min_by_key(|address| !address.is_cloudflare).copied()
}

/// Returns the values that the names in the arguments were given before, in the same function.
fn values(input: &Input<'_>, call: Span) -> impl Iterator<Item = Span> {
    fixed! {
        static NAME = r"[A-Za-z_]\w*";
    }
    /// Names that are looked up for one call, and how far back, in bytes.
    const NAMES: usize = 12;
    const BACK: usize = 4000;
    let bytes = input.text.bytes();
    let body = function(input.text, call).map_or(0, |(body, _)| body.start);
    let floor = body.max(call.start.saturating_sub(BACK));
    let before = &bytes[floor..call.start];
    let names = NAME.find_iter(input.text.get(call)).take(NAMES).filter(|name| name.len() > 1);
    names.filter_map(move |name| {
        // A key or a method of another object.
        if is_key(bytes, Span::from(name).shift(call.start)) {
            return None;
        }
        let places = memmem::rfind_iter(before, name.as_bytes()).map(|at| floor + at);
        let places = places.map(|start| Span::new(start, start + name.len())).take(USES);
        let set = places.into_iter().find(|place| {
            is_whole(bytes, *place) && !is_member(bytes, *place) && is_set(&bytes[place.end..])
        })?;
        let whole = statement(input.text, set);
        Some(Span::new(set.end, whole.end.min(call.start).max(set.end)))
    })
}

/// Whether the statement sets a variable that only conditions ask for, `ssl_check = 0` and later `if ssl_check == 1:`,
/// or that nothing uses.
pub(super) fn only_decides(input: &Input<'_>, own: Span) -> bool {
    fixed! {
        static VARIABLE = r"^\s*(?:(?:let|var|local|my)\s+)?\$?(?P<name>[A-Za-z_]\w*)\s*:?=[^=]";
        static CONDITION = r"^[\s}]*(?:if|elif|elsif|else if|elseif|while|unless)\b";
    }
    let bytes = input.text.bytes();
    let Some(name) = VARIABLE.captures(input.text.get(own)).and_then(|groups| groups.name("name")) else {
        return false;
    };
    let set = Span::from(name).shift(own.start);
    let places = memmem::find_iter(bytes, name.as_bytes()).map(|at| Span::new(at, at + name.len()));
    let places = places.filter(|place| is_whole(bytes, *place) && *place != set).take(USES);
    let (mut decides, mut used) = (false, false);
    for place in places {
        let line = input.text.line_near(place.start);
        let before = &bytes[line.start.min(place.start)..place.start];
        let condition = CONDITION.is_match(before);
        let returned = before.trim_ascii() == b"return";
        if !condition && !returned && !is_set(&bytes[place.end..]) {
            return false;
        }
        decides |= condition || returned;
        used = true;
    }
    // A constant of a module may be used by another; what is between round brackets is an argument.
    let floor = own.start.saturating_sub(PARAMETERS);
    let argument = || around(bytes, floor, own.start).next().is_some_and(|open| bytes[open] != b'{');
    decides
        || !used
            && is_program(input.text, input.path)
            && !input.is_structured()
            && is_lower_case(name.as_bytes())
            && !argument()
}

/// Whether a name is that of a variable rather than of a constant.
fn is_lower_case(name: &[u8]) -> bool {
    !name.iter().any(u8::is_ascii_uppercase)
}

/// Whether the name at the place is that of a parameter, whatever the file calls the same.
pub(super) fn is_hidden(input: &Input<'_>, name: Span) -> bool {
    !is_member(input.text.bytes(), name)
        && function(input.text, name)
            .is_some_and(|(body, owner)| has_parameter(input.text.get(body), owner, input.text.get(name)))
}

/// Whether the function `owner`, whose text starts with its head, has a parameter with the name.
pub(super) fn has_parameter(body: &[u8], owner: &[u8], name: &[u8]) -> bool {
    parameters(body, owner).is_some_and(|list| has_word(&body[list.start..list.end], name))
}

/// Whether the arguments of a call pass on a parameter of the function that makes it, or what was made of one before.
/// Functions of a shell have no names for theirs: `$1`, `$@`.
pub(super) fn passes_parameter(input: &Input<'_>, body: Span, owner: &[u8], arguments: Span) -> bool {
    fixed! {
        static NAME = r"[A-Za-z_]\w*";
        static POSITION = r"\$\{?[1-9@*]";
    }
    let body = input.text.get(body);
    let Some(list) = parameters(body, owner).map(|list| &body[list.start..list.end]) else { return false };
    let passes = |given: Span| {
        let given = input.text.get(given);
        POSITION.is_match(given)
            || NAME.find_iter(list).take(USES).any(|name| has_word(given, name.as_bytes()))
    };
    passes(arguments) || values(input, arguments).any(passes)
}

/// Returns what is between the brackets of the parameters of a function.
fn parameters(body: &[u8], owner: &[u8]) -> Option<Span> {
    let end = memmem::find(body, owner)? + owner.len();
    let open = end + body[end..].iter().take(PARAMETERS).position(|b| matches!(b, b'(' | b'{' | b'\n'))?;
    (body[open] == b'(').then(|| Span::new(open + 1, close(body, open, open + PARAMETERS).max(open + 1)))
}

/// Whether the text contains the word as a whole.
fn has_word(text: &[u8], word: &[u8]) -> bool {
    memmem::find_iter(text, word).any(|at| is_whole(text, Span::new(at, at + word.len())))
}

/// Whether a value is assigned to the name before the text.
fn is_set(after: &[u8]) -> bool {
    fixed! {
        static SET = r"^(?:\s*,\s*\w+)*\s*(?::\s*[\w.<>\[\]| ]+)?\s*[:+?|.]?=(?:[^=>~]|$)";
    }
    SET.is_match(&after[..after.len().min(PARAMETERS)])
}

/// Whether the name is that of a member: `self.url`, `$this->url`, `@url`.
pub(super) fn is_member(bytes: &[u8], name: Span) -> bool {
    let before = &bytes[..name.start];
    [&b"."[..], b"->", b"::", b"@"].iter().any(|mark| before.ends_with(mark))
}

/// Whether the name is a key or a named argument.
fn is_key(bytes: &[u8], name: Span) -> bool {
    let rest = bytes[name.end..].strip_prefix(b"\"").or(bytes[name.end..].strip_prefix(b"'"));
    rest.unwrap_or(&bytes[name.end..]).trim_ascii_start().starts_with(b":")
        && !bytes[name.end..].trim_ascii_start().starts_with(b":=")
}

/// Whether the name is expanded as in a shell.
fn has_dollar(bytes: &[u8], name: Span) -> bool {
    bytes[..name.start].ends_with(b"$") || bytes[..name.start].ends_with(b"${")
}

#[cfg(test)]
mod tests {
    use super::{bound, has_parameter, is_visible, passes_parameter};
    use crate::check::request::tls::addresses::addresses;
    use crate::check::tests::{asked, marked};
    use crate::fact::statement::function;

    #[test]
    fn a_name_means_the_address_where_it_is_visible() {
        let visible = |path: &str, text: &str| {
            let (text, place) = marked(text);
            let all = addresses(text.as_bytes());
            let own = all.iter().find(|address| address.place == place).expect("a use of the name");
            asked(path, &text, |input| is_visible(input, own, &all))
        };
        for (path, text) in [
            ("a.py", "API = 'https://api.cloudflare.com'\ndef f(path):\n    get(«API» + path)\n"),
            ("a.py", "def f():\n    url = 'https://api.cloudflare.com'\n    get(«url»)\n"),
            ("a.py", "def f(url='https://api.cloudflare.com'):\n    get(«url»)\n"),
            (
                "a.py",
                "API = 'https://api.cloudflare.com'\ndef f(path):\n    API = API + path\n    get(«API»)\n",
            ),
            (
                "a.py",
                "class A:\n    def f(self):\n        self.url = 'https://api.cloudflare.com'\n    def g(self, url):\n        get(self.«url»)\n",
            ),
            (
                "a.js",
                "function f() {\n  const url = 'https://api.cloudflare.com';\n  g(() => {\n    get(«url»);\n  });\n}\n",
            ),
        ] {
            assert!(visible(path, text), "{text}");
        }
        for (path, text) in [
            ("a.py", "API = 'https://api.cloudflare.com'\ndef f(API):\n    get(«API»)\n"),
            ("a.py", "def f():\n    url = 'https://api.cloudflare.com'\n\ndef g():\n    get(«url»)\n"),
            (
                "a.py",
                "url = 'https://api.cloudflare.com'\ndef g():\n    url = config['url']\n    get(«url»)\n",
            ),
            ("a.go", "const api = \"https://api.cloudflare.com\"\n\nfunc f(api string) {\n\tget(«api»)\n}\n"),
        ] {
            assert!(!visible(path, text), "{text}");
        }
    }

    #[test]
    fn arguments_are_bound_to_addresses() {
        let found = |text: &str| {
            let (text, call) = marked(text);
            let all = addresses(text.as_bytes());
            asked("a.go", &text, |input| bound(input, call, &all)).map(|address| address.is_cloudflare)
        };
        let request = "func f() {\n\treq, err := http.NewRequest(\"GET\", \"https://api.cloudflare.com\"+path, nil)\n\tclient.Do«(req)»\n}\n";
        assert_eq!(found(request), Some(true));
        assert_eq!(found(&request.replace("api.cloudflare.com", "nas.example.net")), Some(false));
        assert_eq!(found("func f() {\n\treq := g()\n\tclient.Do«(req)»\n}\n"), None);
        assert_eq!(
            found(
                "func f() {\n\tu := \"https://api.cloudflare.com\"\n}\n\nfunc g() {\n\tclient.Do«(u)»\n}\n"
            ),
            None
        );
    }

    #[test]
    fn parameters_are_between_the_brackets_behind_the_name() {
        assert!(has_parameter(b"func (c *Client) get(api string) {", b"get", b"api"));
        assert!(!has_parameter(b"func (c *Client) get(api string) {", b"get", b"c"));
        assert!(!has_parameter(b"get() {\n f(api)", b"get", b"api"));
        for (path, text, expected) in [
            ("a.py", "def f(url):\n    return g«(url, 1)»\n", true),
            ("a.py", "def f(url):\n    return g«(other)»\n", false),
            ("a.sh", "f() {\n  g «\"$1\"»\n}\n", true),
            ("a.sh", "f() {\n  g «\"$other\"»\n}\n", false),
        ] {
            let (text, call) = marked(text);
            let found = asked(path, &text, |input| {
                let (body, owner) = function(input.text, call).expect("a function");
                passes_parameter(input, body, owner, call)
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
