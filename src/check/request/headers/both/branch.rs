//! Branches of programs: whether one of them decides between two places, so that only one of the two is reached.

use memchr::{memchr, memmem};

use crate::check::fixed;
use crate::fact::{brackets, lines};
use crate::span::Span;

fixed! {
    /// A branch, by which code that supports both keys and tokens decides between them; `| Token t ->` is one of OCaml.
    /// `|| exit` is none: it ends the script when a command fails.
    static BRANCH = r"(?i)(?P<ends>\|\|\s*(?:exit|return|die|true|false|:|echo|fail\w*|continue|break)\b)|\b(?:if|elif|else|elsif|elseif|unless|switch|case|match|when|fi)\b|(?m:^)[ \t]*\|[ \t]*[^|\n]{1,80}->[ \t\r\n]|\?[^\n;]{1,120}(?:\n\s*)?:|\|\||&&";
}

/// How far before the first of two places their condition is searched for, in bytes.
pub(super) const CONDITION: usize = 120;

/// Whether the code contains a branch other than `|| exit` and the like.
pub(in super::super) fn has_branch(bytes: &[u8]) -> bool {
    branches(bytes).next().is_some()
}

fn branches(bytes: &[u8]) -> impl Iterator<Item = Span> {
    let found = BRANCH.captures_iter(bytes).filter(|groups| groups.name("ends").is_none());
    found.map(|groups| Span::from(groups.get_match()))
}

/// Whether a branch decides between two places. One before the first has to govern it, and not the second as well; one
/// between them has to begin the other way, or to govern the second: `if err != nil { return err }` does neither.
pub(super) fn is_between(bytes: &[u8], first: usize, last: usize) -> bool {
    let start = first.saturating_sub(CONDITION);
    let decides = |branch: Span| {
        if branch.end <= first {
            let apart = || !governs(bytes, branch, last) || has_arms(bytes, branch, first, last);
            return governs(bytes, branch, first) && apart();
        }
        // What follows on the line of the first is about it: `h[name] = value if token`.
        let of_first = branch.start < first || memchr(b'\n', &bytes[first..branch.start]).is_none();
        of_first || is_other_way(&bytes[branch.start..branch.end]) || governs(bytes, branch, last)
    };
    branches(&bytes[start..last]).any(|branch| decides(branch.shift(start))) || are_arms(bytes, first, last)
}

/// Whether a branch begins where another ends.
fn is_other_way(branch: &[u8]) -> bool {
    const OTHERS: &[&[u8]] = &[b"else", b"elif", b"elsif", b"elseif", b"case", b"when", b"fi"];
    branch.trim_ascii_start().starts_with(b"|") && branch.len() > 2
        || OTHERS.iter().any(|word| branch.eq_ignore_ascii_case(word))
}

/// Whether a branch is one of a value among any number.
fn chooses(branch: &[u8]) -> bool {
    const CHOOSE: &[&[u8]] = &[b"match", b"switch", b"case", b"when"];
    CHOOSE.iter().any(|word| branch.eq_ignore_ascii_case(word))
}

/// Whether a branch has arms, of which another begins between two places: `match a { T(t) => …, K(k) => … }`.
fn has_arms(bytes: &[u8], branch: Span, first: usize, last: usize) -> bool {
    const ARMS: &[&[u8]] = &[b"=>", b"->", b";;"];
    chooses(&bytes[branch.start..branch.end])
        && ARMS.iter().any(|mark| memmem::find(&bytes[first..last], mark).is_some())
}

/// Whether a place is reached only by a branch: it follows on the line in the same block, or all lines down to it are
/// deeper than that of the branch.
fn governs(bytes: &[u8], branch: Span, place: usize) -> bool {
    /// How far before a branch its line may begin, in bytes.
    const LONGEST: usize = 500;
    /// What begins a line that goes on with a branch.
    const GOES_ON: &[&[u8]] = &[b"{", b"}", b")", b"]", b"then", b"do", b"&&", b"||"];
    let between = &bytes[branch.end..place];
    let Some(end) = memchr(b'\n', between) else { return !is_over(between) };
    let own = lines::start(bytes, branch.start.saturating_sub(LONGEST), branch.start);
    let depth = column(&bytes[own..]);
    // The patterns of a shell may be as deep as their `case`.
    let has_patterns = chooses(&bytes[branch.start..branch.end]);
    let mut rest = between[end + 1..].split(|b| *b == b'\n').peekable();
    while let Some(line) = rest.next() {
        let code = line.trim_ascii();
        let is_last = rest.peek().is_none();
        let goes_on = GOES_ON.iter().any(|word| code.starts_with(word)) && !is_else(code)
            || has_patterns && (code.ends_with(b")") || code == b";;");
        let outside = column(line) <= depth && !goes_on;
        if outside && (is_last || !code.is_empty()) {
            return false;
        }
    }
    true
}

/// Returns the column that a line begins in. Scripts mix spaces with tabs of eight columns.
fn column(line: &[u8]) -> usize {
    let blank = line.iter().take_while(|b| matches!(b, b' ' | b'\t'));
    blank.fold(0, |at, byte| if *byte == b'\t' { (at / 8 + 1) * 8 } else { at + 1 })
}

/// Whether a line ends a block and begins the other one: `} else {`.
fn is_else(line: &[u8]) -> bool {
    let end = line.iter().position(|b| !matches!(b, b'}' | b' ')).unwrap_or(line.len());
    line[end..].starts_with(b"el")
}

/// Whether the block or the statement of a branch has ended in the text that follows it on its line.
fn is_over(text: &[u8]) -> bool {
    // For each open bracket whether it holds a block, as opposed to `${name}`.
    let mut open: Vec<bool> = Vec::new();
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' | b'[' => open.push(false),
            b'{' => open.push(!matches!(text[..at].last(), Some(b'$' | b'#'))),
            b')' | b']' | b'}' => match open.pop() {
                None => return true,
                Some(block) if block && open.is_empty() => return true,
                Some(_) => {}
            },
            b';' if open.is_empty() => {
                let next = text[at + 1..].trim_ascii_start();
                if !next.starts_with(b"then") && !next.starts_with(b"do") {
                    return true;
                }
            }
            b',' if open.is_empty() => return true,
            _ => {}
        }
    }
    false
}

/// Whether two places are in the arms of a conditional expression, however many lines it has: `t ? {…} : {…}`.
fn are_arms(bytes: &[u8], first: usize, last: usize) -> bool {
    const REACH: usize = 600;
    let floor = first.saturating_sub(REACH);
    let opens = |at: usize| brackets::around(bytes, floor, at).collect::<Vec<usize>>();
    let (of_first, of_last) = (opens(first), opens(last));
    let shared =
        of_first.iter().rev().zip(of_last.iter().rev()).take_while(|(one, other)| one == other).count();
    let mark = |opens: &[usize]| {
        let open = *opens.get(opens.len().checked_sub(shared + 1)?)?;
        brackets::before_expression(&bytes[..open]).last().copied()
    };
    mark(&of_first) == Some(b'?') && mark(&of_last) == Some(b':')
}

#[cfg(test)]
mod tests {
    use super::is_between;

    /// Whether a branch decides between the places that are called ONE and TWO.
    fn decided(text: &str) -> bool {
        let (one, two) = (text.find("ONE").unwrap(), text.find("TWO").unwrap());
        is_between(text.as_bytes(), one.min(two), one.max(two))
    }

    #[test]
    fn a_branch_between_two_places_decides() {
        for text in [
            "if t {\n\tONE\n\treturn\n}\nTWO\n",
            "if t:\n    ONE\nelse:\n    TWO\n",
            "if t: return ONE\nreturn TWO\n",
            "if (t) { return ONE; } return TWO;",
            "t && (a = ONE), b = TWO;",
            "a = t ? ONE : TWO;",
            "ONE\nif k {\n\tTWO\n}\n",
            "a = ONE if t\na = TWO unless t\n",
            "switch m {\ncase a:\n\tONE\ncase b:\n\tTWO\n}\n",
            "if [ -n \"${T}\" ]; then ONE; exit; fi\nTWO\n",
            "if [ -n \"$T\" ]\nthen\n  ONE\nelse\n  TWO\nfi\n",
            "let a = function\n  | T t -> ONE\n  | K k -> TWO\n",
            "const a = m\n  ? {\n      a: ONE\n    }\n  : {\n      b: TWO\n    }\n",
            "const a = m\n  ? new Headers({\n      a: ONE\n    })\n  : new Headers({\n      b: TWO\n    });\n",
            "$a = $m\n    ? array(\n        ONE\n    )\n    : array(\n        TWO\n    );\n",
            "val a = if (m) mapOf(\n  ONE\n) else mapOf(\n  TWO\n)\n",
            "if t then\n  ONE\nelseif k then\n  TWO\nend\n",
            "match a {\n    T(t) => vec![ONE],\n    K(k) => {\n        TWO\n    }\n}\n",
            "get a => switch (m) {\n  M.t => ONE,\n  M.k => TWO,\n};\n",
            "case $m in\n  global) ONE ;;\n  *) TWO ;;\nesac\n",
            "    case $m in\n    a)\n\tONE\n\t;;\n    *)\n\tTWO\n    esac\n",
            "when (a) {\n    is T -> ONE\n    else -> TWO\n}\n",
            "if let Some(t) = t {\n    r = ONE;\n} else {\n    r = TWO;\n}\n",
        ] {
            assert!(decided(text), "{text}");
        }
        for text in [
            "if err != nil {\n\treturn err\n}\nONE\nTWO\n",
            "ONE\nr, err := do(req)\nif err != nil {\n\treturn err\n}\nTWO\n",
            "if not z:\n    return None\nh = {\n    ONE\n}\nTWO\n",
            "if z {\n\tONE\n\tTWO\n}\n",
            "if (z) { fail(); } ONE; TWO;",
            "if (z) fail(); ONE; TWO;",
            "a = z ? b : c;\nONE\nTWO\n",
            "[ -d a ] && cd a\nONE\nTWO\n",
            "if [ $# -lt 1 ]; then usage; fi\nONE\nTWO\n",
            "a: {\n  ONE\n}\nb: {\n  TWO\n}\n",
            "f({ ONE }, { TWO })\n",
            "switch (z) {\n  ONE;\n  TWO;\n}\n",
            "a?.set({ ONE }); b = { c: { TWO } };",
        ] {
            assert!(!decided(text), "{text}");
        }
    }
}
