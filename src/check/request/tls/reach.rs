//! How far a name reaches that a client is assigned to, and which name that is.

use memchr::memmem;

use super::addresses::is_whole;
use super::scope::{NAME, is_member};
use crate::check::{Input, fixed};
use crate::fact::brackets::arguments;
use crate::fact::statement::function;
use crate::span::Span;

/// The maximum number of uses of a name that are examined.
const USES: usize = 50;

fixed! {
    /// The beginning of a class.
    static CLASS = r"(?m)^[ \t]*(?:(?:public|private|internal|final|abstract|sealed|open|data|export|default|pub)\s+)*(?:class|struct|object|module|defmodule|impl|trait|interface)\b";
}

/// How far another class is searched for, in bytes.
const NEAR: usize = 16 * 1024;

/// Returns the part of the file where a name refers to what the statement `own` assigns to it. Other functions and
/// classes may assign something else to the same name.
pub(super) fn scope(input: &Input<'_>, name: &[u8], own: Span) -> Span {
    let bytes = input.text.bytes();
    let body = function(input.text, own).map(|(body, _)| body);
    let mut out = Span::new(0, bytes.len());
    let places = memmem::find_iter(bytes, name).map(|at| Span::new(at, at + name.len()));
    for place in places.filter(|place| is_whole(bytes, *place) && !own.overlaps(*place)).take(USES) {
        let line = input.text.line_near(place.start);
        let text = input.text.get(Span::new(line.start.min(place.start), line.end.max(place.end)));
        let given = NAME.captures(text).and_then(|groups| groups.name("name"));
        let rest = bytes[place.end..].trim_ascii_start();
        let defines = given.is_some_and(|given| line.start + given.start() == place.start)
            && (rest.starts_with(b"=") || rest.starts_with(b":"));
        let between = Span::new(own.end.min(place.end), own.start.max(place.start));
        // Other methods of a class mean the same member.
        let elsewhere = || {
            body.is_some_and(|body| !body.contains(place)) && !is_member(bytes, place)
                || between.len() > NEAR
                || CLASS.is_match(input.text.get(between))
        };
        if !defines || !elsewhere() {
            continue;
        }
        if place.start > own.start {
            out.end = out.end.min(line.start.max(own.end));
        } else {
            let near = own.start.saturating_sub(NEAR);
            let class = CLASS.find_iter(&bytes[near..own.start]).last().map(|class| near + class.start());
            let start = class.filter(|class| *class > place.end).or(body.map(|body| body.start));
            out.start = out.start.max(start.unwrap_or(place.end).min(own.start));
        }
    }
    out
}

/// Returns the name that what follows the text is assigned to, which may be one of several: `b` of `a, b = f(), `.
pub(super) fn receiver(text: &[u8]) -> Option<&[u8]> {
    fixed! {
        static SEVERAL = concat!(
            r"^\s*(?:(?:const|let|var|local|my)\s+)?[\[(]?(?P<names>\s*[$@]?[A-Za-z_]\w*(?:\s*,\s*[$@]?[A-Za-z_]\w*)+)\s*[\])]?",
            r"\s*:?=\s*(?:await\s+)?(?:\w+(?:\.|::)(?:all|gather)\()?\s*[\[(]?",
        );
    }
    if let Some(name) = NAME.captures(text).and_then(|groups| groups.name("name")) {
        return Some(name.as_bytes());
    }
    let groups = SEVERAL.captures(text)?;
    let values = &text[groups.get_match().end()..];
    let name = groups.name("names")?.as_bytes().split(|b| *b == b',').nth(arguments(values).len() - 1)?;
    Some(name.trim_ascii()).map(|name| name.strip_prefix(b"$").or(name.strip_prefix(b"@")).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::{receiver, scope};
    use crate::check::tests::{asked, marked};

    #[test]
    fn what_is_assigned_has_one_of_several_names() {
        for (text, name) in [
            ("fw, cf = firewall(a, b), ", Some("cf")),
            ("    fw, cf = ", Some("fw")),
            ("\tclient, err := ", Some("client")),
            ("const [nas, cf] = [f(a), ", Some("cf")),
            ("const [nas, cf] = await Promise.all([f(a), ", Some("cf")),
            ("[$nas, $cf] = [", Some("nas")),
            ("s = ", Some("s")),
            ("f(a, b, ", None),
            ("if a, b == ", None),
            ("return a, ", None),
        ] {
            assert_eq!(receiver(text.as_bytes()), name.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn a_member_is_that_of_its_class() {
        let reaches = |path: &str, name: &str, text: &str| {
            let (text, own) = marked(text);
            let found = asked(path, &text, |input| scope(input, name.as_bytes(), own));
            text[found.start..found.end].contains("HERE")
        };
        for (path, name, text) in [
            (
                "a.py",
                "http",
                "class A:\n    def __init__(self):\n        «self.http.verify = False»\n\n    def get(self):\n        self.http.get(HERE)\n\n\nclass B:\n    def __init__(self):\n        self.http = Session()\n",
            ),
            (
                "a.py",
                "http",
                "class A:\n    def a(self):\n        «self.http.verify = False»\n\n    def b(self):\n        self.http = None\n\n    def c(self):\n        self.http.get(HERE)\n",
            ),
            // A class that has no such member of its own has the one of another.
            (
                "a.py",
                "http",
                "class A:\n    def __init__(self):\n        «self.http.verify = False»\n\n\nclass B(A):\n    def get(self):\n        self.http.get(HERE)\n",
            ),
        ] {
            assert!(reaches(path, name, text), "{text}");
        }
        for (path, name, text) in [
            (
                "a.py",
                "http",
                "class A:\n    def __init__(self):\n        «self.http.verify = False»\n\n\nclass B:\n    def __init__(self):\n        self.http = Session()\n        self.http.get(HERE)\n",
            ),
            (
                "a.rb",
                "http",
                "class A\n  def a\n    «@http.verify_mode = lax»\n  end\nend\n\nclass B\n  def b\n    @http = Http.new\n    @http.get(HERE)\n  end\nend\n",
            ),
            (
                "a.js",
                "http",
                "class A {\n  constructor() {\n    this.http = create();\n    this.http.get(HERE);\n  }\n}\n\nclass B {\n  constructor() {\n    «this.http = create(lax)»;\n  }\n}\n",
            ),
        ] {
            assert!(!reaches(path, name, text), "{text}");
        }
    }
}
