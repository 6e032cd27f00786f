//! Method and path of an API call → the permission groups that a token needs for it. A pure look-up in
//! `rules/endpoints.tsv`.

/// What an operation needs.
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
    /// The word for it in the dashboard.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Zone => "Zone",
            Scope::Account => "Account",
            Scope::User => "User",
        }
    }
}

const TABLE: &str = include_str!("../rules/endpoints.tsv");

/// Looks up an operation. The path may hold placeholders of any language and may start with a host or `/client/v4`.
/// `None` if no documented path is a prefix of it.
pub fn needs(method: &str, path: &str) -> Option<Needs> {
    let segments = segments(path);
    let method = method.to_ascii_uppercase();
    let read = matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS");
    let mut best: Option<(usize, &'static str, bool)> = None;
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let key = line.split('\t').next().unwrap_or_default();
        let (only, key) = key.split_once(' ').map_or(("", key), |(only, key)| (only, key));
        if !only.is_empty() && only != method {
            continue;
        }
        let exact = !only.is_empty();
        let Some(length) = matched(key, &segments, exact) else { continue };
        if best.is_none_or(|(longest, _, was_exact)| (length, exact) > (longest, was_exact)) {
            best = Some((length, line, exact));
        }
    }
    let (_, line, _) = best?;
    let fields: Vec<&'static str> = line.split('\t').collect();
    let column = if read { 1 } else { 2 };
    let groups = fields.get(column).copied().unwrap_or("-");
    let groups = if groups == "-" { Vec::new() } else { groups.split('|').collect() };
    let scope = match segments.first().map(String::as_str) {
        Some("zones") | Some("certificates") => Scope::Zone,
        Some("accounts") | Some("organizations") => Scope::Account,
        _ => Scope::User,
    };
    let accepted = fields.get(3).copied().unwrap_or("TK");
    Some(Needs { groups, scope, token: accepted.contains('T') || accepted == "public" || accepted == "JWT" })
}

/// In words for a finding: `Zone › DNS Write`, or that no token works.
pub fn advice(method: &str, path: &str) -> Option<String> {
    let needs = needs(method, path)?;
    if !needs.token {
        return Some(String::from("cannot use a token: this operation takes the Global API Key only"));
    }
    let group = needs.groups.first()?;
    Some(format!("{} › {group}", needs.scope.name()))
}

/// The segments of the path after the version, without query; a placeholder stays one segment.
fn segments(path: &str) -> Vec<String> {
    let path = path.split('?').next().unwrap_or_default();
    // Slashes inside a placeholder do not separate.
    let mut out = vec![String::new()];
    let mut depth = 0_usize;
    for c in path.chars() {
        match c {
            '{' | '(' | '<' | '[' => depth += 1,
            '}' | ')' | '>' | ']' => depth = depth.saturating_sub(1),
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

const ROOTS: &[&str] = &[
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

/// Number of segments of `key` if it is a prefix of the path.
fn matched(key: &str, segments: &[String], exact: bool) -> Option<usize> {
    let parts: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).collect();
    let fits = parts.len() <= segments.len() && (!exact || parts.len() == segments.len());
    let all = parts.iter().zip(segments).all(|(part, segment)| *part == "{}" || part == segment);
    (fits && all).then_some(parts.len())
}

#[cfg(test)]
mod tests {
    use super::{Scope, TABLE, needs};

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
    ];

    #[test]
    fn every_operation_of_the_table_is_found_however_its_placeholders_are_written() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let (method, path) = fields[0].split_once(' ').unwrap_or(("PUT", fields[0]));
            for placeholder in PLACEHOLDERS {
                let path = format!("https://api.cloudflare.com/client/v4{}", path.replace("{}", placeholder));
                let found = needs(method, &path).unwrap();
                let expected: Vec<&str> =
                    if fields[2] == "-" { Vec::new() } else { fields[2].split('|').collect() };
                // A path with a method of its own hides the general one for that method.
                if found.token || fields[3] == "K" {
                    assert_eq!(found.groups, expected, "{method} {path}");
                    assert_eq!(found.token, fields[3] != "K" && fields[3] != "?", "{method} {path}");
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
        assert!(needs("GET", "/accounts").unwrap().token);
        assert!(needs("GET", "/nothing/known").is_none());
    }
}
