//! What stands for a command of curl in a script, and is called with further options: functions that pass on their
//! arguments, aliases and variables.

use memchr::memmem;

use super::addresses::{Address, is_whole, within};
use crate::check::{Input, fixed};
use crate::fact::command::command_end_in;
use crate::fact::place::is_compiled;
use crate::fact::statement::function;
use crate::span::Span;

/// The maximum number of commands that are examined, and of calls of one name.
const COMMANDS: usize = 50;
const CALLS: usize = 50;

/// A name that stands for a command.
pub(super) struct Wrapper<'i> {
    name: &'i [u8],
    /// The function, or the line that gives the name its value.
    body: Span,
    /// Whether it is called as a variable: `$CURL`.
    variable: bool,
}

fixed! {
    /// The arguments of a function as a whole, in any shell.
    static PASSED = r"\$\{?[@*]|\$argv\b|@(?i:args)\b";

    static NAMED = r#"(?m)^[ \t]*(?:alias[ \t]+(?P<alias>[\w-]+)=["']?|(?:(?:export|readonly|local|declare)[ \t]+(?:-\w+[ \t]+)*)?(?P<variable>[A-Za-z_]\w*)[ \t]*[:?]?=[ \t]*\(?["']?)(?:/[\w/.-]*/)?curl\b[^\n]*"#;
}

/// Returns what stands for one of the commands, of which the places of the tool's name are given.
pub(super) fn wrappers<'i>(input: &'i Input<'_>, commands: &[Span]) -> Vec<Wrapper<'i>> {
    if commands.is_empty() || is_compiled(input.path) {
        return Vec::new();
    }
    let functions = commands.iter().take(COMMANDS).filter_map(|command| {
        let end = command_end_in(input.text, command.end, input.path).0.max(command.end);
        PASSED.is_match(input.text.get(Span::new(command.end, end))).then_some(())?;
        let (body, name) = function(input.text, *command)?;
        Some(Wrapper { name, body, variable: false })
    });
    let mut out: Vec<Wrapper<'_>> = functions.collect();
    out.extend(NAMED.captures_iter(input.text.bytes()).take(COMMANDS).filter_map(|groups| {
        let (alias, variable) = (groups.name("alias"), groups.name("variable"));
        let name = alias.or(variable)?.as_bytes();
        Some(Wrapper { name, body: Span::from(groups.get_match()), variable: variable.is_some() })
    }));
    out
}

/// Returns the names in the calls of what stands for a command, with what expands them.
pub(super) fn calls(input: &Input<'_>, wrappers: &[Wrapper<'_>]) -> Vec<Span> {
    let bytes = input.text.bytes();
    let mut out = Vec::new();
    for wrapper in wrappers {
        let places = memmem::find_iter(bytes, wrapper.name).map(|at| Span::new(at, at + wrapper.name.len()));
        let places =
            places.filter(|place| is_whole(bytes, *place) && !wrapper.body.contains(*place)).take(CALLS);
        if wrapper.variable {
            out.extend(places.filter_map(|place| expanded(bytes, place)));
        } else {
            out.extend(places.filter(|place| is_called(input, *place)));
        }
    }
    out
}

/// Returns the expansion of the variable at the place: `$CURL`, `${CURL}`, `$(CURL)`, `"${CURL[@]}"`.
fn expanded(bytes: &[u8], place: Span) -> Option<Span> {
    let before = &bytes[..place.start];
    let start = [&b"${"[..], b"$(", b"$"].iter().find(|mark| before.ends_with(mark))?.len();
    let rest = &bytes[place.end..];
    let rest = rest.strip_prefix(b"[@]").unwrap_or(rest);
    let rest = rest.strip_prefix(b"}").or(rest.strip_prefix(b")")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    Some(Span::new(place.start - start, bytes.len() - rest.len()))
}

/// Whether the name at the place is a command: at the start of a line, or after what separates commands.
fn is_called(input: &Input<'_>, name: Span) -> bool {
    const WORDS: &[&[u8]] = &[
        b"if", b"then", b"do", b"else", b"elif", b"while", b"until", b"time", b"exec", b"!", b"-", b"run:",
        b"return",
    ];
    let bytes = input.text.bytes();
    let line = input.text.line_near(name.start);
    let before = bytes[line.start.min(name.start)..name.start].trim_ascii_end();
    let word = before.rsplit(u8::is_ascii_whitespace).next().unwrap_or(before);
    let separated = matches!(before.last(), None | Some(b'(' | b'|' | b';' | b'&' | b'{' | b'`'));
    let goes_on = bytes.get(name.end).is_some_and(|b| matches!(b, b' ' | b'\t' | b'\\'));
    goes_on && (separated || WORDS.contains(&word))
}

/// Returns the address in what the command of a switch stands for: of `cf -k /zones`, that in the function `cf`.
pub(super) fn of_wrapper(input: &Input<'_>, switch: Span, addresses: &[Address]) -> Option<Address> {
    let bytes = input.text.bytes();
    let curls: Vec<Span> = memmem::find_iter(bytes, b"curl").map(|at| Span::new(at, at + 4)).collect();
    let all = wrappers(input, &curls);
    let called = all.iter().filter(|wrapper| {
        let own = std::slice::from_ref(*wrapper);
        calls(input, own).iter().any(|call| call.start == switch.start)
    });
    let found = called.flat_map(|wrapper| within(addresses, wrapper.body));
    found.min_by_key(|address| !address.is_cloudflare).copied()
}
