//! Code that tests or rejects something: what it mentions is not done.

use memchr::memmem;

use crate::fact::brackets::close;
use crate::fact::fixed;
use crate::text::Text;

/// How much of the lines before and after a place is examined, in bytes.
const LINES: usize = 2000;

/// Whether the code around a place tests something or rejects it: there is an assertion within three lines, the
/// beginning of a test, or a condition with an error on the same or a neighbouring line.
pub fn in_test(text: &Text<'_>, at: usize) -> bool {
    let lines = |reach: usize| {
        let first = text.line_index(at).saturating_sub(reach);
        let start = text.line_at(first).map_or(0, |line| line.start);
        let last = text.line_at(text.line_index(at) + reach).map_or(text.bytes().len(), |line| line.end);
        text.bytes()[start.max(at.saturating_sub(LINES))..last.min(at + LINES)].to_ascii_lowercase()
    };
    let holds = |bytes: &[u8], words: &[&[u8]]| words.iter().any(|word| memmem::find(bytes, word).is_some());
    let before = &text.bytes()[at.saturating_sub(600)..at];
    holds(&lines(3), ASSERTIONS)
        || OPENERS.iter().any(|opener| starts_word(before, opener))
        || holds(&lines(1), ERRORS) && holds(&lines(1), CONDITIONS)
        || changes(&lines(1))
}

/// Whether the text contains the opener, but not as the end of another word: `.split('` opens no test.
fn starts_word(text: &[u8], opener: &[u8]) -> bool {
    let free =
        |at: usize| at == 0 || !(text[at - 1].is_ascii_alphanumeric() || matches!(text[at - 1], b'.' | b'_'));
    memmem::find_iter(text, opener).any(free)
}

/// Words of assertions and of prohibitions.
const ASSERTIONS: &[&[u8]] = &[
    b"assert",
    b"expect(",
    b"tothrow",
    b"rejects",
    b"rejected",
    b"raises",
    b"must not",
    b"should not",
    b"should_not",
    b"refuse",
    b"not allowed",
    b"startswith(\"http:",
    b"startswith('http:",
    b"hasprefix",
    b"require.error",
    b"never ",
    b"don't ",
    b"do not ",
];

/// Words that reject a value.
const ERRORS: &[&[u8]] = &[
    b"throw ",
    b"panic(",
    b"errorf(",
    b"errors.new",
    b"raise ",
    b"invalid",
    b"reject",
    b"error(",
    b"exit 1",
    b"die(",
];

/// Words of a condition.
const CONDITIONS: &[&[u8]] = &[
    b"if ",
    b"if(",
    b"when ",
    b"case ",
    b"match",
    b"===",
    b"!==",
    b"unless ",
    b"startswith",
    b"starts_with",
    b".test(",
];

/// Whether lines in lower case replace an address by a better one, or refuse to be called without TLS. What a comment says
/// changes nothing.
fn changes(lines: &[u8]) -> bool {
    fixed! {
        static CHANGE = r"insteadof|upgrade|redirect";
        static OPTION = r#"^(?:s|ed)?["']?\s*[:=](?:[^=]|$)"#;
    }
    let code: Vec<&[u8]> = lines.split(|b| *b == b'\n').filter(|line| !is_remark(line)).collect();
    let code = code.join(&b'\n');
    // Other things than addresses are replaced as well.
    let replaces = memmem::find_iter(&code, b".replace(").any(|at| {
        let open = at + b".replace".len();
        memmem::find(&code[open..close(&code, open, code.len())], b"http").is_some()
    });
    replaces
        || CHANGE.find_iter(&code).any(|word| {
            let before = &code[..word.start()];
            // An option of a request, and an update of packages.
            let follows = [&b"follow"[..], b"follow_", b"allow_", b"max", b"max_"];
            let option =
                follows.iter().any(|verb| before.ends_with(verb)) || OPTION.is_match(&code[word.end()..]);
            let packages = [&b"-"[..], b"apt ", b"apt-get ", b"apk ", b"brew "];
            let packages = packages.iter().any(|tool| before.ends_with(tool));
            match word.as_bytes() {
                b"redirect" => !option,
                b"upgrade" => !packages,
                _ => true,
            }
        })
}

/// Whether a line is nothing but a comment.
fn is_remark(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    [&b"//"[..], b"# ", b"* ", b"/*", b"-- ", b"<!--"].iter().any(|mark| line.starts_with(mark))
}

/// What tests begin with.
const OPENERS: &[&[u8]] = &[
    b"#[test]",
    b"#[cfg(test)]",
    b"func Test",
    b"def test_",
    b"it(\"",
    b"it('",
    b"test(\"",
    b"test('",
    b"describe(",
    b"@Test",
    b"[Fact]",
    b"[TestMethod]",
    b"public function test",
];

#[cfg(test)]
mod tests {
    use super::in_test;
    use crate::text::Text;

    #[test]
    fn an_address_that_is_replaced_or_refused_is_not_called() {
        let tested = |text: &str| in_test(&Text::decode(text.as_bytes()), text.find("HERE").unwrap());
        for text in [
            "url = url.replace('http://HERE', 'https://HERE')\n",
            "const a = url.replace(/^http:/, 'https:');\nf(a, 'HERE');\n",
            "return url\n  .replace(\n    'http://HERE',\n",
            "[url \"https://a\"]\n  insteadOf = HERE\n",
            "return redirect('https://a')  if url.startswith('HERE')\n",
            "func upgrade(url string) string {\n\tif url == \"HERE\" {\n",
            "expect(call).toThrow()\nf('HERE')\n",
            "if (url === 'HERE') {\n  throw new Error(url)\n}\n",
        ] {
            assert!(tested(text), "{text}");
        }
        for text in [
            "// The gateway upgrades the connection.\nconst url = \"HERE\";\n",
            "# they redirect us\nAPI = 'HERE'\n",
            "fetch('HERE', { redirect: 'manual' })\n",
            "requests.get('HERE', allow_redirects=True)\n",
            "client.followRedirects(true).get('HERE')\n",
            "RUN pip install --upgrade pip\nRUN curl HERE\n",
            "RUN apt-get upgrade -y\nRUN curl HERE\n",
            "rewrite: (p) => p.replace(/^\\/cf/, ''),\ntarget: 'HERE'\n",
            "const id = name.replace('.', '-');\nfetch('HERE' + id);\n",
        ] {
            assert!(!tested(text), "{text}");
        }
    }
}
