//! Where the output of the commands around one goes: a group, a loop, a subshell, the rest of a script after `exec`.

use memchr::memmem;

use super::{reaches_output, substitution};
use crate::check::{fixed, named};
use crate::fact::command::{Next, command_end};
use crate::fact::lines;
use crate::fact::words::is_word;
use crate::span::Span;

/// How long a line may be, in bytes.
const LINE: usize = 300;

/// Whether the output of the commands around one is written to a file or read by another: `{ echo …; } > .env`.
pub(super) fn is_collected(bytes: &[u8], command: Span) -> bool {
    fixed! {
        /// Another way out than that of the group.
        static OWN = r#">{1,2}\s*(?:&2|"?/dev/(?:stderr|tty))"#;
    }
    !OWN.is_match(lines::first(&bytes[command.start..command.end]))
        && (is_read_around(bytes, command)
            || closes_in_line(bytes, command.end)
            || closes_below(bytes, command)
            || is_redirected(bytes, command.start))
}

/// Whether a command that is an argument of another writes into the output of that one, which is collected:
/// `TOKEN=$(docker exec web sh -c 'echo …')`, `sh -c 'echo …' | tool`.
fn is_read_around(bytes: &[u8], command: Span) -> bool {
    let quote = command.start.checked_sub(1).map(|at| bytes[at]);
    if !matches!(quote, Some(b'"' | b'\'')) || bytes.get(command.end).copied() != quote {
        return false;
    }
    let before = lines::before(bytes, command.start - 1, LINE);
    let (end, next) = command_end(bytes, command.end + 1);
    let rest = &bytes[command.end + 1..end];
    // Further arguments of a call.
    let is_item = matches!(rest.trim_ascii_start().first(), Some(b',' | b']' | b'}'));
    substitution(before).is_some()
        || memmem::find(rest, b"returnStdout: true").is_some()
        || !is_item && !reaches_output(bytes, rest, next)
}

/// Whether a group that ends in the line in which the command ends is collected: `(crontab -l; echo …) | crontab -`.
fn closes_in_line(bytes: &[u8], start: usize) -> bool {
    const OPENS: &[&[u8]] = &[b"{", b"if", b"for", b"while", b"until", b"case", b"select"];
    const CLOSES: &[&[u8]] = &[b"}", b"fi", b"done", b"esac"];
    // A command follows these words.
    const GOES_ON: &[&[u8]] = &[b"{", b"if", b"while", b"until", b"then", b"do", b"else", b"elif", b"!"];
    let limit = bytes.len().min(start + 4 * LINE);
    let end = start + lines::first(&bytes[start..limit]).len();
    let (mut at, mut depth, mut quote, mut begins) = (start, 0_usize, 0_u8, false);
    while at < end {
        let byte = bytes[at];
        let mut closed = false;
        let mut length = 1;
        match byte {
            b'\\' => length = 2,
            _ if quote != 0 => quote = if byte == quote { 0 } else { quote },
            b'"' | b'\'' => (quote, begins) = (byte, false),
            b'(' => (depth, begins) = (depth + 1, true),
            b')' => closed = true,
            b';' | b'&' | b'|' => begins = true,
            b' ' | b'\t' | b'\r' => {}
            _ if begins => {
                let word = word(&bytes[at..end]);
                length = word.len().max(1);
                begins = GOES_ON.contains(&word);
                depth += usize::from(OPENS.contains(&word));
                closed = CLOSES.contains(&word);
            }
            _ => {}
        }
        at += length;
        if closed && depth > 0 {
            depth -= 1;
        } else if closed && at <= end && is_read(bytes, at) {
            return true;
        }
    }
    false
}

/// Returns the word that begins with the bytes: a bracket, or letters.
fn word(bytes: &[u8]) -> &[u8] {
    match bytes.first() {
        Some(b'{' | b'}' | b'!') => &bytes[..1],
        _ => &bytes[..bytes.iter().take_while(|b| is_word(**b)).count()],
    }
}

/// Whether what is written after the end of a group sends its output to a file or to a tool.
fn is_read(bytes: &[u8], end: usize) -> bool {
    let (length, next) = command_end(bytes, end);
    !reaches_output(bytes, &bytes[end..length], next)
}

/// Whether a group that ends in a line below the command is collected. Its end is indented less, or as much if it is a
/// bracket that nothing in between has opened.
fn closes_below(bytes: &[u8], command: Span) -> bool {
    /// How many lines below the command are looked at.
    const BELOW: usize = 60;
    const CLOSES: &[&[u8]] = &[b"}", b")", b"done", b"fi", b"esac"];
    let own = lines::start(bytes, command.start.saturating_sub(LINE), command.start);
    let mut depth = lines::indentation(&bytes[own..command.start]);
    let below = &bytes[command.end..bytes.len().min(command.end + BELOW * LINE)];
    let mut opened = 0_usize;
    for line in below.split(|b| *b == b'\n').skip(1).take(BELOW) {
        let text = line[..line.len().min(LINE)].trim_ascii();
        let indentation = lines::indentation(line);
        let bracket = matches!(text.first(), Some(b')' | b'}'));
        let unopened = indentation == depth && bracket && opened == 0;
        if indentation == depth {
            opened -= usize::from(bracket && opened > 0);
            opened += usize::from(matches!(text.last(), Some(b'(' | b'{')));
        }
        if text.is_empty() || indentation >= depth && !unopened {
            continue;
        }
        depth = indentation;
        opened = 0;
        let Some(close) = CLOSES.iter().find(|close| text.starts_with(close)) else {
            // `else` and the like belong to a block that goes on.
            if [&b"el"[..], b"then", b"do", b"*)"].iter().any(|word| text.starts_with(word)) {
                continue;
            }
            return false;
        };
        let rest = text[close.len()..].trim_ascii();
        if let Some(tool) = rest.strip_prefix(b"|") {
            return ![&b"tee"[..], b"cat"].iter().any(|shows| tool.trim_ascii_start().starts_with(shows));
        }
        if rest.contains(&b'>') {
            return !reaches_output(rest, rest, Next::Nothing);
        }
    }
    false
}

/// Whether a command above has redirected the output of the rest of the script: `exec > .env`.
fn is_redirected(bytes: &[u8], command: usize) -> bool {
    /// How far above it may stand, in bytes.
    const ABOVE: usize = 8000;
    fixed! {
        static REDIRECTED = r"(?m)^(?P<indent>[ \t]*)exec[ \t]+(?:[02-9][<>]\S*[ \t]+)*(?P<out>[1&]?>[^\n]*)";
    }
    let above = &bytes[command.saturating_sub(ABOVE)..command];
    if memmem::rfind(above, b"exec ").is_none() {
        return false;
    }
    // The last one counts, unless it belongs to a block that has ended.
    let applies = |start: usize, indentation: usize| {
        let between = above[start..].split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty());
        between.into_iter().all(|line| lines::indentation(line) >= indentation)
    };
    let all = REDIRECTED.captures_iter(above);
    let last = all.filter(|groups| applies(groups.get_match().start(), named(groups, "indent").len())).last();
    last.is_some_and(|groups| {
        let out = named(&groups, "out").as_bytes();
        // `exec > >(tee log)` shows the output, `exec >&3` mostly goes back to where it went before.
        let back = out.starts_with(b">&") || out.starts_with(b"1>&");
        !back && memmem::find(out, b">(").is_none() && !reaches_output(out, out, Next::Nothing)
    })
}

#[cfg(test)]
mod tests;
