//! Code that grants all permission groups: it turns the list of all groups into a policy, by a comprehension, a map
//! or a loop, without selecting some.

use std::cell::OnceCell;

use memchr::memmem;

use crate::check::fixed;

fixed! {
    /// A name that the list of all groups is assigned to: `groups = client.user.tokens.permission_groups.list()`.
    static SOURCE = concat!(
        r"(?i)(?P<name>[a-z_]\w*)(?:,\s*\w+)?\s*(?::\s*[\w\[\]<>., ]+?\s*)?:?=\s*(?P<value>[^\n=][^\n]{0,160}?permission_?groups",
        r#"(?:\w*\(|\.\w+\(|["'`?)])[^\n]{0,160})"#
    );

    /// A list is made from each member of another.
    static EACH = r"\bfor\s+\w+\s+in\b|\.(?:map|flatMap|collect|Select|flat_map)\b|\blist\(|\barray_map\(|\barray_column\(|\.\.\.\w";

    /// Some members are selected.
    static CHOICE = r"(?i)\b(?:if|filter|find|select|where|array_filter|reject|detect|grep|includes|contains|startswith|starts_with|first|slice|take)\b|==|=>\s*\w+\.name\b|(?-i:\bin\s+[A-Z][A-Z_]{2,}\b)|\[:\d|\bname\s*[=:]|name[=:]";

    /// `pgs = append(pgs, …)` or `pgs.push(…)` in a loop over a list.
    static FILLED = r"\bfor(?:each)?\b[^\n]{0,80}?(?:\brange|\bof|\bin|:|\bas)\s+\$?(?P<source>\w+)(?P<body>[^\n]*\n(?:[^\n]*\n){0,4}?[^\n]*?)\b(?P<name>\w+)(?:\s*=\s*append\(|\.(?:push|append|add|Add)\(|\[\]\s*=)";
}

/// The maximum number of loops, and of names, that are examined.
const MOST: usize = 100;

/// The names in a text that hold all groups; computed when first asked for.
pub(super) struct Every<'i> {
    bytes: &'i [u8],
    sources: OnceCell<Vec<&'i [u8]>>,
    filled: OnceCell<Vec<(&'i [u8], &'i [u8])>>,
}

impl<'i> Every<'i> {
    pub(super) fn new(bytes: &'i [u8]) -> Every<'i> {
        Every { bytes, sources: OnceCell::new(), filled: OnceCell::new() }
    }

    /// Whether an expression takes the values of a name that holds all groups, without selecting some:
    /// `values(groups)` after `groups = get_api_token_permission_groups()`.
    pub(super) fn takes_values(&self, text: &str) -> bool {
        let chooses = words(text).any(|word| matches!(word, "if" | "filter" | "var" | "local"));
        !chooses && self.names_source(text)
    }

    /// Whether a list of groups is made from all that exist.
    pub(super) fn makes(&self, text: &str) -> bool {
        fixed! {
            /// The call that lists all groups, directly in the list.
            static LISTED = r"(?i)permission_?groups(?:\.(?:list|get|all|auto\w*)|\w*\()";
            /// The same as a data source of Terraform.
            static DATA = r"permission_groups_list\.(?P<label>[\w-]+)(?:\[\w+\])?\.result\b";
        }
        let text_bytes = text.as_bytes();
        if CHOICE.is_match(text_bytes) {
            return false;
        }
        if EACH.is_match(text_bytes)
            && let Some(label) = DATA.captures(text_bytes).and_then(|groups| groups.name("label"))
        {
            return !self.is_filtered(label.as_bytes());
        }
        if EACH.is_match(text_bytes) && (LISTED.is_match(text_bytes) || self.names_source(text)) {
            return true;
        }
        // The list may be filled by a loop.
        words(text).count() <= 6
            && words(text).any(|word| {
                let filled = self.filled().iter().filter(|(name, _)| *name == word.as_bytes());
                filled.into_iter().any(|(_, source)| self.sources().contains(source))
            })
    }

    /// Whether the data source with the label asks for some of the groups: by name or by scope.
    fn is_filtered(&self, label: &[u8]) -> bool {
        let head = [b"permission_groups_list\" \"", label, b"\""].concat();
        memmem::find(self.bytes, &head).is_some_and(|at| {
            let body = &self.bytes[at + head.len()..];
            let body = &body[..memmem::find(body, b"}").unwrap_or(body.len())];
            body.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_start).any(|line| {
                [&b"name"[..], b"scope", b"max_items"].iter().any(|filter| line.starts_with(filter))
            })
        })
    }

    fn names_source(&self, text: &str) -> bool {
        words(text).any(|word| self.sources().contains(&word.as_bytes()))
    }

    /// Returns the names that hold all groups.
    fn sources(&self) -> &[&'i [u8]] {
        self.sources.get_or_init(|| {
            let all = SOURCE.captures_iter(self.bytes).take(MOST);
            let whole = all.filter(|groups| {
                groups.name("value").is_some_and(|value| !CHOICE.is_match(value.as_bytes()))
            });
            whole.filter_map(|groups| groups.name("name")).map(|name| name.as_bytes()).collect()
        })
    }

    /// Returns the names of lists that a loop fills without selecting some, each with the name that the loop iterates
    /// over.
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

#[cfg(test)]
mod tests {
    use super::Every;

    #[test]
    fn a_comprehension_without_a_condition_grants_everything() {
        const ALL: &str = "data \"cloudflare_account_api_token_permission_groups_list\" \"all\" {\n  account_id = var.id\n}\n";
        let makes = |data: &str, list: &str| Every::new(data.as_bytes()).makes(list);
        let list =
            "[for g in data.cloudflare_account_api_token_permission_groups_list.all.result : { id = g.id }]";
        assert!(makes(ALL, list));
        assert!(makes(ALL, &list.replace("account_api_token", "api_token")));
        assert!(makes("", &list.replace("all.result", "all[0].result")));
        for (data, list) in [
            (ALL.to_owned(), list.replace(" }]", " } if g.name == \"DNS Write\"]")),
            (ALL.to_owned(), list.replace(" }]", " } if contains(var.names, g.name)]")),
            (ALL.replace("  account_id", "  name = \"DNS Write\"\n  account_id"), list.to_owned()),
            (
                ALL.replace("  account_id", "  scope = \"com.cloudflare.api.account.zone\"\n  account_id"),
                list.to_owned(),
            ),
            (
                ALL.to_owned(),
                "[{ id = data.cloudflare_account_api_token_permission_groups_list.all.result[0].id }]"
                    .to_owned(),
            ),
        ] {
            assert!(!makes(&data, &list), "{list}");
        }
    }
}
