//! Whether a file leaves its user the choice between the key and a token: code that decides, templates with branches,
//! documents that show both.

use super::super::advice::recommends_key;
use super::super::assignment::{is_general, names_other};
use super::super::{Input, fixed};
use crate::fact::brackets;
use crate::fact::place::{around, in_comment, is_program, is_prose, is_shell};
use crate::fact::words::{is_word, words};
use crate::literals::contains;
use crate::span::Span;

use super::role::{GENERIC_WORDS, names_cloudflare};
use super::sheet::BYTES;

mod condition;

pub(in crate::check) use condition::has_opposite_step;

fixed! {
    /// Authentication with an API token. Other vendors have tokens as well, so a name must say what it is for.
    static TOKEN_WAY = r"(?i)api[ _-]?token|bearer|(?:cf|cloudflare)\w*_token\b|\b(?:auth|access|dns|zone|cf|cloudflare|flare)_token\b|tokenSecretRef|UserAuthToken|ApiTokenAuthentication";
}

fixed! {
    /// Another branch of a template: Jinja, Go, ERB, Terraform.
    static BRANCH = r"(?:\{\{|\{%|<%|%\{)[-~]?\s*(?:else|elif|elsif|elseif)\b";
}

/// Whether two settings are in different branches of a template, so that they are never set together.
pub(super) fn in_two_branches(input: &Input<'_>, one: Span, other: Span) -> bool {
    let (from, to) = (one.end.min(other.end), one.start.max(other.start));
    from < to && BRANCH.is_match(input.text.get(Span::new(from, to)))
}

/// Whether code accepts a token as well and decides between them, or declares options for both, or documentation shows
/// both.
pub(super) fn supports_both(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static DECIDES = r"(?i)\bif\b|\belse\b|\belif\b|\bcase\b|\bswitch\b|\bmatch\b|\|\||\?\?|add_argument|\.option\(|description|Optional\[|conflicts|:\s*(?:this|base)\(|os\.environ\.get|Getenv\(|\s\?\s[^\n;?]{1,120}\n?[^\n;?]{0,80}\s:\s";
    }
    if is_prose(input.path) {
        return input.advises_token();
    }
    if is_alternative(input, span) {
        return true;
    }
    if !is_program(input.text, input.path) {
        return has_opposite_step(input, span) || is_branch_of_template(input, span);
    }
    let script = is_shell(input.text, input.path);
    let near = around(input.text, span, if script { 1500 } else { 20_000 });
    // The place itself is left out: some tools call the key a token.
    let others = [Span::new(near.start, span.start), Span::new(span.end, near.end)];
    let decides = |place: Span| DECIDES.is_match(input.text.get(around(input.text, place, DECISION)));
    let ways = input.token_ways();
    let mentioned = others.iter().flat_map(|part| {
        let first = ways.partition_point(|way| way.start < part.start);
        ways[first..].iter().copied().take_while(|way| way.end <= part.end)
    });
    // A second way in a comment is none.
    let mentioned = mentioned.take(MENTIONS);
    let mut ways = mentioned.filter(|way| !in_comment(input.text, way.start, input.path));
    ways.next().is_some_and(|first| decides(span) || decides(first) || ways.take(WAYS).any(decides))
}

/// Whether a template has branches around the setting, of which one is for a token. What the setting itself refers to is no
/// other way, whatever it is called.
fn is_branch_of_template(input: &Input<'_>, span: Span) -> bool {
    let near = around(input.text, span, BYTES);
    let text = input.text.get(near);
    let mut branches = BRANCH.find_iter(text).map(|branch| Span::from(branch).shift(near.start));
    let mut ways = TOKEN_WAY.find_iter(text).map(|way| Span::from(way).shift(near.start));
    branches.any(|branch| !is_in_other_value(input, branch, span))
        && (ways.any(|way| !way.overlaps(span)) || has_token_in_other_branch(input, near, span))
}

/// Whether a branch belongs to a condition on one line that the setting is not on: it chooses the value of another setting.
fn is_in_other_value(input: &Input<'_>, branch: Span, span: Span) -> bool {
    fixed! {
        static WHOLE = r"(?:\{\{|\{%|<%|%\{)[-~]?\s*(?:if|unless)\b.*(?:\{\{|\{%|<%|%\{)[-~]?\s*end";
    }
    let line = input.text.line_near(branch.start);
    !line.overlaps(span) && WHOLE.is_match(input.text.get(line))
}

/// Whether a template speaks of any token in another branch of the condition that the place is in.
fn has_token_in_other_branch(input: &Input<'_>, near: Span, span: Span) -> bool {
    fixed! {
        static TOKEN = r"(?i)\b\w*_?token\b";
        static END = r"(?:\{\{|\{%|<%|%\{)[-~]?\s*end";
    }
    TOKEN.find_iter(input.text.get(near)).any(|token| {
        let place = Span::from(token).shift(near.start);
        if place.overlaps(span) {
            return false;
        }
        let between = Span::new(place.end.min(span.end), place.start.max(span.start));
        in_two_branches(input, place, span)
            && !END.is_match(input.text.get(between))
            && !names_other(&words(token.as_bytes()))
    })
}

/// Returns the places that speak of authentication with an API token. That of a tunnel is none.
pub(in crate::check) fn token_ways(bytes: &[u8]) -> Vec<Span> {
    let ways = TOKEN_WAY.find_iter(bytes).filter(|way| !contains(way.as_bytes(), b"tunnel"));
    ways.map(Span::from).collect()
}

/// Whether a document shows or recommends a token, as opposed to the key.
pub(in crate::check) fn advises_token(input: &Input<'_>) -> bool {
    let bytes = input.text.bytes();
    let advice = |way: &Span| {
        !is_page(bytes, way.start)
            && !is_of_other_vendor(bytes, *way)
            && !is_of_other_section(input, *way)
            && is_advice(input, *way)
    };
    input.token_ways().iter().any(advice) && !recommends_key(bytes)
}

/// Whether the mention of a token is about another vendor: its line names one, or it is in a section whose heading does
/// not name Cloudflare while that of another section does.
fn is_of_other_section(input: &Input<'_>, way: Span) -> bool {
    fixed! {
        static HEADING = r"(?m)^[ \t]*(?P<marks>#{1,6}|={2,6})[ \t]+(?P<title>[^\n]{1,200})$";
        static NOUN = r"\b[A-Z][A-Za-z0-9]{3,}\b";
    }
    /// How many headings are looked at.
    const MOST: usize = 200;
    let bytes = input.text.bytes();
    let line = input.text.get(input.text.line_near(way.start));
    if contains(line, b"cloudflare") {
        return false;
    }
    if NOUN.find_iter(line).any(|noun| names_other(&String::from_utf8_lossy(noun.as_bytes()).to_lowercase()))
    {
        return true;
    }
    // A comment of a script in a block of code is no heading.
    let headings = HEADING.captures_iter(bytes).filter_map(|groups| {
        Some((groups.get_match().start(), groups.name("marks")?.len(), groups.name("title")?.as_bytes()))
    });
    let headings = headings.filter(|(start, ..)| !input.text.is_fenced(*start));
    // The headings above, outermost first, and whether one elsewhere names Cloudflare.
    let (mut above, mut elsewhere): (Vec<(usize, &[u8])>, bool) = (Vec::new(), false);
    for (start, level, title) in headings.take(MOST) {
        if start > way.start {
            elsewhere |= contains(title, b"cloudflare");
            continue;
        }
        while above.last().is_some_and(|(outer, _)| *outer >= level) {
            elsewhere |= above.pop().is_some_and(|(_, title)| contains(title, b"cloudflare"));
        }
        above.push((level, title));
    }
    let named = above.iter().any(|(_, title)| contains(title, b"cloudflare"));
    let says_whose = |title: &[u8]| {
        NOUN.find_iter(title).any(|noun| {
            let noun = String::from_utf8_lossy(noun.as_bytes()).to_lowercase();
            !is_general(&format!("{noun} ")) && !OF_DOCUMENTS.contains(&noun.as_str())
        })
    };
    elsewhere && !named && above.last().is_some_and(|(_, title)| says_whose(title))
}

/// Words of headings that do not say whose something is.
#[rustfmt::skip]
const OF_DOCUMENTS: &[&str] = &[
    "getting", "started", "setup", "install", "installation", "installing", "configuration", "configure", "configuring",
    "usage", "using", "example", "examples", "requirements", "prerequisites", "quick", "quickstart", "start", "notes",
    "security", "variables", "variable", "create", "creating", "step", "preparation", "permissions", "required", "tokens",
    "recommended", "method", "credentials", "docker", "compose", "deployment", "guide", "features", "parameters",
];

/// Whether the mention of a token is in the name of a variable or an option that names another vendor:
/// `DOCKER_API_TOKEN`, `--docker-api-token`.
fn is_of_other_vendor(bytes: &[u8], way: Span) -> bool {
    const LONGEST: usize = 80;
    let in_name = |b: &&u8| is_word(**b) || **b == b'-';
    let before = bytes[..way.start].iter().rev().take(LONGEST).take_while(in_name).count();
    let after = bytes[way.end..].iter().take(LONGEST).take_while(in_name).count();
    let start = way.start - before;
    let name = &bytes[start..way.end + after];
    let of_environment = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    let is_option = name.starts_with(b"--") || bytes[..start].ends_with(b"`") && name.contains(&b'-');
    let said = words(name);
    (is_option || name.iter().all(of_environment))
        && !names_cloudflare(&said)
        && said.split(' ').any(|word| word != "token" && !GENERIC_WORDS.contains(&word))
}

/// How far from the key or the token the decision between them is, in bytes.
const DECISION: usize = 600;
/// How much of a line before a mention is looked at, in bytes.
const LINE: usize = 400;
/// How many mentions of tokens are looked at.
const WAYS: usize = 40;
/// How many of them may be in comments.
const MENTIONS: usize = 200;

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

/// Whether the file shows two alternatives: a comment after the setting says "or" and a token follows, the name is
/// set twice and a comment says that it may hold a token, or a condition chooses between two blocks.
pub(super) fn is_alternative(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static OR = r"(?im)^[ \t]*(?:#|//|;|--)[^\n]{0,60}\b(?:or|alternatively)\b[^\n]*\n(?:[ \t]*[#\n][^\n]*\n?){0,3}[^\n#]*token[^\n]*[=:]";
    }
    let after = input.text.get(Span::new(span.end, around(input.text, span, 500).end));
    contains(after, b"token") && OR.is_match(after)
        || is_set_in_two_ways(input, span)
        || is_chosen(input.text.bytes(), span)
}

/// Whether the place is in one of two blocks that a condition chooses between, and the other, or the condition, has a
/// token: `var.token != null ? { TOKEN = var.token } : { KEY = var.key }`, `if … then { TOKEN = … } else { KEY = … }`.
fn is_chosen(bytes: &[u8], span: Span) -> bool {
    /// How long the condition and each of the blocks may be, in bytes.
    const CONDITION: usize = 400;
    fixed! {
        static ASKED = r"(?s)\s\?\s(?:.*\s:)?$";
        static ELSE = r"(?s)\bif\b.*\belse$";
        // Nix: `lib.optionalAttrs (token != null) { TOKEN = token; } // lib.optionalAttrs (key != null) { KEY = key; }`.
        static GUARD = r"\b(?:mkIf|optionalAttrs)\s+(?:\([^()]*\)|[\w.]+)$";
    }
    let mut blocks = brackets::around(bytes, span.start.saturating_sub(BYTES), span.start);
    blocks.any(|open| {
        let before = bytes[open.saturating_sub(CONDITION)..open].trim_ascii_end();
        let end = brackets::close(bytes, open, open + BYTES).min(bytes.len());
        let after = &bytes[end..bytes.len().min(end + CONDITION)];
        // The other block follows a colon.
        let other = after.get(1..).unwrap_or_default().trim_ascii_start().strip_prefix(b":");
        let arm = brackets::before_expression(before);
        let spaced = [arm, b" "].concat();
        let alternative = after.get(1..).unwrap_or_default().trim_ascii_start().strip_prefix(b"else");
        let alternative = alternative.map(<[u8]>::trim_ascii_start).unwrap_or_default();
        let alternative = &alternative[..brackets::closing(alternative).unwrap_or(0)];
        let guarded = || GUARD.is_match(before) && (TOKEN_WAY.is_match(before) || TOKEN_WAY.is_match(after));
        match before.last() {
            _ if TOKEN_WAY.is_match(alternative) => true,
            Some(b'e') if ELSE.is_match(before) => TOKEN_WAY.is_match(before),
            Some(_) if guarded() => true,
            _ => match arm.last() {
                Some(b':') => ASKED.is_match(arm) && TOKEN_WAY.is_match(arm),
                Some(b'?') if ASKED.is_match(&spaced) => {
                    other.is_some_and(|other| TOKEN_WAY.is_match(other) || TOKEN_WAY.is_match(arm))
                }
                _ => false,
            },
        }
    })
}

/// Whether a sample sets the name of a setting twice, once under a comment about tokens.
fn is_set_in_two_ways(input: &Input<'_>, span: Span) -> bool {
    let bytes = input.text.bytes();
    let name = &bytes[span.start..];
    let name = &name[..name.iter().take_while(|b| is_word(**b)).count()];
    if name.is_empty() || is_program(input.text, input.path) {
        return false;
    }
    let (mut count, mut as_token) = (0, false);
    // Whether the comments above say token, and whether the line above is a comment.
    let (mut token, mut commented) = (false, false);
    for line in input.text.get(around(input.text, span, BYTES)).split(|b| *b == b'\n') {
        let line = line.trim_ascii();
        let marks = line.iter().take_while(|b| matches!(b, b'#' | b'/' | b';' | b' ')).count();
        let own = &line[marks..];
        let sets = own.strip_prefix(name).is_some_and(|rest| {
            matches!(rest.trim_ascii_start().first(), Some(b'=' | b':')) && rest.len() < LINE
        });
        if sets {
            count += 1;
            as_token |= token;
        }
        let comment = !sets && own.len() < line.len();
        if line.is_empty() || comment && !commented {
            token = false;
        }
        token |= comment && contains(line, b"token");
        commented = comment;
    }
    count > 1 && as_token
}

#[cfg(test)]
mod tests;
