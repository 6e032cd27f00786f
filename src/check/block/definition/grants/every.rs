//! Permission groups that are taken from the list of all there are, without a choice: by a comprehension, a map, a loop.

use std::cell::OnceCell;

use memchr::memmem;

use crate::check::fixed;

fixed! {
    /// A name that is given what lists the groups: `groups = client.user.tokens.permission_groups.list()`.
    static SOURCE = concat!(
        r"(?i)(?P<name>[a-z_]\w*)(?:,\s*\w+)?\s*(?::\s*[\w\[\]<>., ]+?\s*)?:?=\s*(?P<value>[^\n=][^\n]{0,160}?permission_?groups",
        r#"(?:\w*\(|\.\w+\(|["'`?)])[^\n]{0,160})"#
    );

    /// Something is made of each member of a list.
    static EACH = r"\bfor\s+\w+\s+in\b|\.(?:map|flatMap|collect|Select|flat_map)\b|\blist\(|\barray_map\(|\barray_column\(|\.\.\.\w";

    /// Words of a choice among them.
    static CHOICE = r"(?i)\b(?:if|filter|find|select|where|array_filter|reject|detect|grep|includes|contains|startswith|starts_with|first|slice|take)\b|==|=>\s*\w+\.name\b|(?-i:\bin\s+[A-Z][A-Z_]{2,}\b)|\[:\d|\bname\s*[=:]|name[=:]";

    /// `pgs = append(pgs, …)` or `pgs.push(…)` in a loop over a list.
    static FILLED = r"\bfor(?:each)?\b[^\n]{0,80}?(?:\brange|\bof|\bin|:|\bas)\s+\$?(?P<source>\w+)(?P<body>[^\n]*\n(?:[^\n]*\n){0,4}?[^\n]*?)\b(?P<name>\w+)(?:\s*=\s*append\(|\.(?:push|append|add|Add)\(|\[\]\s*=)";
}

/// At most this many loops and names are looked at.
const MOST: usize = 100;

/// What a text says about the list of all groups; read once, when first asked for.
pub(super) struct Every<'i> {
    bytes: &'i [u8],
    sources: OnceCell<Vec<&'i [u8]>>,
    filled: OnceCell<Vec<(&'i [u8], &'i [u8])>>,
}

impl<'i> Every<'i> {
    pub(super) fn new(bytes: &'i [u8]) -> Every<'i> {
        Every { bytes, sources: OnceCell::new(), filled: OnceCell::new() }
    }

    /// Whether the values of a name are taken that holds all groups: `groups = get_api_token_permission_groups()`.
    pub(super) fn takes_values(&self, text: &str) -> bool {
        let chooses = words(text).any(|word| matches!(word, "if" | "filter" | "var" | "local"));
        !chooses && self.names_source(text)
    }

    /// Whether a list of groups is made of all there are.
    pub(super) fn makes(&self, text: &str) -> bool {
        fixed! {
            /// The call that lists them, in the list itself.
            static LISTED = r"(?i)permission_?groups(?:\.(?:list|get|all|auto\w*)|\w*\()";
        }
        let text_bytes = text.as_bytes();
        if CHOICE.is_match(text_bytes) {
            return false;
        }
        if EACH.is_match(text_bytes) && (LISTED.is_match(text_bytes) || self.names_source(text)) {
            return true;
        }
        // A list that a loop fills.
        words(text).count() <= 6
            && words(text).any(|word| {
                let filled = self.filled().iter().filter(|(name, _)| *name == word.as_bytes());
                filled.into_iter().any(|(_, source)| self.sources().contains(source))
            })
    }

    fn names_source(&self, text: &str) -> bool {
        words(text).any(|word| self.sources().contains(&word.as_bytes()))
    }

    /// The names that hold all groups.
    fn sources(&self) -> &[&'i [u8]] {
        self.sources.get_or_init(|| {
            let all = SOURCE.captures_iter(self.bytes).take(MOST);
            let whole = all.filter(|groups| {
                groups.name("value").is_some_and(|value| !CHOICE.is_match(value.as_bytes()))
            });
            whole.filter_map(|groups| groups.name("name")).map(|name| name.as_bytes()).collect()
        })
    }

    /// The names of lists that loops fill without a choice, each with what the loop goes over.
    fn filled(&self) -> &[(&'i [u8], &'i [u8])] {
        self.filled.get_or_init(|| {
            let loops = FILLED.captures_iter(self.bytes).take(MOST).filter(|groups| {
                let body = groups.name("body").map_or(&b""[..], |body| body.as_bytes());
                !CHOICE.is_match(body) && memmem::find(body, b"switch").is_none()
            });
            let names = loops.filter_map(|groups| Some((groups.name("name")?, groups.name("source")?)));
            names.map(|(name, source)| (name.as_bytes(), source.as_bytes())).collect()
        })
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
