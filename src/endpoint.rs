//! The permission groups that a token needs for an API call, by method and path: a look-up in `rules/endpoints.tsv`.

use std::sync::LazyLock;

pub mod sdk;

/// What a token needs for an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Permission groups, any one of which is enough; empty if none is documented.
    pub groups: Vec<&'static str>,
    /// What the token must be given access to.
    pub scope: Scope,
    /// Whether a token is accepted at all.
    pub token: bool,
}

/// The kind of resource an operation belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One zone.
    Zone,
    /// One account.
    Account,
    /// The user.
    User,
}

impl Scope {
    /// Returns the word for it in the dashboard.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Zone => "Zone",
            Scope::Account => "Account",
            Scope::User => "User",
        }
    }
}

const TABLE: &str = include_str!("../rules/endpoints.tsv");
const GROUPS: &str = include_str!("../rules/permission-groups.tsv");

/// Returns the name of a permission group by its id; `None` if `rules/permission-groups.tsv` does not list it.
pub fn group_name(id: &str) -> Option<&'static str> {
    let mut rows = GROUPS.lines().filter_map(|line| line.split_once('\t'));
    rows.find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, name)| name)
}

/// One line of the table.
struct Entry {
    /// Upper-case; `None` for every method.
    method: Option<&'static str>,
    /// `None` stands for any segment.
    segments: Vec<Option<&'static str>>,
    read: Vec<&'static str>,
    write: Vec<&'static str>,
    token: bool,
}

static ENTRIES: LazyLock<Vec<Entry>> =
    LazyLock::new(|| TABLE.lines().filter(|line| !line.starts_with('#')).map(entry).collect());

fn entry(line: &'static str) -> Entry {
    let fields: Vec<&'static str> = line.split('\t').collect();
    let field = |at: usize| fields.get(at).copied().unwrap_or("-");
    let groups = |at: usize| if field(at) == "-" { Vec::new() } else { field(at).split('|').collect() };
    let (method, path) = field(0).split_once(' ').map_or((None, field(0)), |(m, path)| (Some(m), path));
    let parts = path.split('/').filter(|part| !part.is_empty());
    Entry {
        method,
        segments: parts.map(|part| (part != "{}").then_some(part)).collect(),
        read: groups(1),
        write: groups(2),
        token: !matches!(field(3), "K" | "S" | "?"),
    }
}

impl Entry {
    /// Whether the entry applies to the operation. An entry with a method applies to its own path only, one without
    /// also to every path below.
    fn fits(&self, method: &str, segments: &[String]) -> bool {
        let length = match self.method {
            Some(own) => own == method && self.segments.len() == segments.len(),
            None => self.segments.len() <= segments.len(),
        };
        length && self.segments.iter().zip(segments).all(|(part, s)| part.is_none_or(|part| part == s))
    }

    /// Returns how specific the entry is: the longest wins; of equal length the one that names the method, then the
    /// one with fewer open segments.
    fn rank(&self) -> (usize, bool, usize) {
        (self.segments.len(), self.method.is_some(), self.segments.iter().flatten().count())
    }
}

/// Looks up an operation. The path may contain placeholders of any language and may start with a host or
/// `/client/v4`. Returns `None` if no documented path is a prefix of it.
pub fn needs(method: &str, path: &str) -> Option<Needs> {
    let segments = segments(path);
    let method = method.to_ascii_uppercase();
    let entry =
        ENTRIES.iter().filter(|entry| entry.fits(&method, &segments)).max_by_key(|entry| entry.rank())?;
    let reads = matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS");
    let scope = match segments.first().map(String::as_str) {
        Some("zones" | "certificates") => Scope::Zone,
        Some("accounts" | "organizations" | "graphql") => Scope::Account,
        _ => Scope::User,
    };
    Some(Needs { groups: if reads { &entry.read } else { &entry.write }.clone(), scope, token: entry.token })
}

impl Needs {
    /// Returns the group to ask for, in the words of the dashboard; `None` if none is documented.
    pub fn advice(&self) -> Option<String> {
        if !self.token {
            return Some(String::from(NO_TOKEN));
        }
        self.groups.first().map(|group| permission(self.scope, group))
    }
}

/// The advice for operations that accept only the Global API Key.
pub const NO_TOKEN: &str = "cannot use a token: this operation takes the Global API Key only";

/// Returns where the dashboard shows a group, with its name in the API: `Zone › DNS › Edit (DNS Write)`. What is not
/// a group ("any valid user token") is returned unchanged.
pub fn permission(scope: Scope, group: &str) -> String {
    if !is_group(group) {
        return group.to_owned();
    }
    let (name, level) = [(" Write", "Edit"), (" Edit", "Edit"), (" Read", "Read"), (" Revoke", "Revoke")]
        .iter()
        .find_map(|(end, level)| group.strip_suffix(end).map(|name| (name.trim_end_matches(':'), *level)))
        .or(group.strip_suffix(" Purge").map(|_| (group, "Purge")))
        .unwrap_or((group, "Edit"));
    format!("{} › {name} › {level} ({group})", granted_on(scope, group).name())
}

/// Returns what a group is granted on: some operations on a zone need a group of the account.
pub fn granted_on(scope: Scope, group: &str) -> Scope {
    if group.starts_with("Account ") || group.starts_with("Account:") { Scope::Account } else { scope }
}

/// Whether it is the name of a permission group rather than a remark.
pub fn is_group(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Returns [`Needs::advice`] for an operation, if it is documented.
pub fn advice(method: &str, path: &str) -> Option<String> {
    needs(method, path)?.advice()
}

/// Returns the path as a template, `/zones/{}/dns_records`, whatever its placeholders look like.
pub fn template(path: &str) -> String {
    let mut out = String::new();
    for segment in segments(path) {
        out.push('/');
        out.push_str(if is_open(&segment) { "{}" } else { &segment });
    }
    out
}

/// Whether a segment is a placeholder or an id: anything that is not a plain word.
fn is_open(segment: &str) -> bool {
    let id = segment.len() >= 20 && segment.bytes().filter(u8::is_ascii_digit).count() >= 4;
    id || !segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        || (segment.len() > 1 && segment.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
}

/// Returns the segments of the path after the version, without the query. Slashes inside a placeholder do not
/// separate.
fn segments(path: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut depth = 0_usize;
    for c in path.chars() {
        match c {
            '{' | '(' | '<' | '[' => depth += 1,
            '}' | ')' | '>' | ']' => depth = depth.saturating_sub(1),
            '?' if depth == 0 => break,
            '/' if depth == 0 => {
                out.push(String::new());
                continue;
            }
            _ => {}
        }
        out.last_mut().expect("never empty").push(c);
    }
    out.retain(|segment| !segment.is_empty());
    let start = out.iter().position(|segment| segment == "v4").map_or(0, |at| at + 1);
    let first = out.iter().skip(start).position(|s| ROOTS.contains(&s.as_str())).unwrap_or(0);
    out.split_off((start + first).min(out.len()))
}

/// First segments of the API's paths.
pub const ROOTS: &[&str] = &[
    "accounts",
    "zones",
    "user",
    "users",
    "certificates",
    "graphql",
    "ips",
    "memberships",
    "organizations",
    "radar",
    "tenants",
    "pages",
    "railguns",
    "internal",
    "live",
    "ready",
    "oauth",
    "signed-url",
    "system",
    "workers",
];

#[cfg(test)]
mod tests {
    use super::{ENTRIES, Entry, Scope, advice, needs, template};

    /// Ways of writing a placeholder.
    const PLACEHOLDERS: &[&str] = &[
        "$ZONE",
        "${id}",
        "{zone_id}",
        ":id",
        "%s",
        "<id>",
        "{{ zone }}",
        "$(zone_id)",
        "023e105f4ecef8ad9ca31a8372d0c353",
        "#{zone.id}",
        "\" + zone + \"",
        "{self.ids['a/b']}",
    ];

    fn path(entry: &Entry, placeholder: &str) -> String {
        let parts = entry.segments.iter().map(|part| format!("/{}", part.unwrap_or(placeholder)));
        format!("https://api.cloudflare.com/client/v4{}?page=1", parts.collect::<String>())
    }

    #[test]
    fn every_operation_of_the_table_is_found_however_its_placeholders_are_written() {
        for entry in ENTRIES.iter() {
            for placeholder in PLACEHOLDERS {
                let path = path(entry, placeholder);
                let methods = entry.method.map_or(vec!["GET", "PUT"], |method| vec![method]);
                for method in methods {
                    let found = needs(method, &path).unwrap();
                    // A line with a method of its own hides the general one for that method.
                    let hidden = entry.method.is_none()
                        && ENTRIES.iter().any(|e| e.method == Some(method) && e.segments == entry.segments);
                    if !hidden {
                        let groups = if method == "GET" { &entry.read } else { &entry.write };
                        assert_eq!(&found.groups, groups, "{method} {path}");
                        assert_eq!(found.token, entry.token, "{method} {path}");
                    }
                }
            }
        }
    }

    #[test]
    fn longest_prefix_method_and_exceptions() {
        let dns = needs("POST", "/zones/$ZONE/dns_records").unwrap();
        assert_eq!((dns.groups[0], dns.scope), ("DNS Write", Scope::Zone));
        assert_eq!(needs("GET", "/zones/x/dns_records/y").unwrap().groups[0], "DNS Read");
        assert_eq!(needs("POST", "/zones/x/purge_cache").unwrap().groups, ["Cache Purge"]);
        assert!(!needs("POST", "/accounts").unwrap().token);
        assert!(!needs("POST", "/accounts/move").unwrap().token);
        assert!(needs("GET", "/accounts").unwrap().token);
        assert!(needs("GET", "/nothing/known").is_none());
    }

    #[test]
    fn advice_names_the_group_as_the_dashboard_and_as_the_api_do() {
        let say = |method, path| advice(method, path).unwrap();
        assert_eq!(say("PUT", "/zones/z/dns_records/r"), "Zone › DNS › Edit (DNS Write)");
        assert_eq!(say("GET", "/zones"), "Zone › Zone › Read (Zone Read)");
        assert_eq!(say("POST", "/zones/z/purge_cache"), "Zone › Cache Purge › Purge (Cache Purge)");
        assert_eq!(
            say("PUT", "/accounts/a/rules/lists/l"),
            "Account › Account Filter Lists › Edit (Account Filter Lists Edit)"
        );
        assert_eq!(
            say("GET", "/accounts/a/email-security/x"),
            "Account › Cloud Email Security › Read (Cloud Email Security: Read)"
        );
        assert_eq!(
            say("GET", "/zones/z/firewall/access_rules/rules"),
            "Account › Account Firewall Access Rules › Read (Account Firewall Access Rules Read)"
        );
        assert!(say("POST", "/tenants/t/accounts").starts_with("cannot use a token"));
        assert_eq!(say("GET", "/user/tokens/verify"), "any valid user token");
    }

    #[test]
    fn templates_are_the_same_for_all_placeholders() {
        for placeholder in PLACEHOLDERS {
            let path = format!("/client/v4/zones/{placeholder}/dns_records/{placeholder}?x=1");
            assert_eq!(template(&path), "/zones/{}/dns_records/{}", "{placeholder}");
        }
        assert_eq!(template("/zones/ZONE_ID/purge_cache"), "/zones/{}/purge_cache");
    }
}
