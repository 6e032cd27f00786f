//! The operation that a method of Cloudflare's SDKs calls. The SDKs are generated from the API, so most chains of
//! members are its paths; those that differ are in `RENAMED`. Sources: the `api.md` of
//! <https://github.com/cloudflare/cloudflare-typescript> and cloudflare-python, and
//! <https://pkg.go.dev/github.com/cloudflare/cloudflare-go>.

use super::{ENTRIES, segments};

/// Chains of members that differ from the path, with the path; longer chains come before their prefixes.
const RENAMED: &[(&str, &str)] = &[
    ("zero_trust/access/applications", "access/apps"),
    ("zero_trust/tunnels", "cfd_tunnel"),
    ("zero_trust/networks", "teamnet"),
    ("zero_trust", ""),
    ("access_applications", "access/apps"),
    ("tunnels", "cfd_tunnel"),
    ("dns/records", "dns_records"),
    ("dns/dnssec", "dnssec"),
    ("dns/settings", "dns_settings"),
    ("kv", "storage/kv"),
    ("page_rules", "pagerules"),
    ("turnstile/widgets", "challenges/widgets"),
    ("email_routing", "email/routing"),
    ("url_scanner", "urlscanner"),
    ("durable_objects", "workers/durable_objects"),
    ("workers_for_platforms/dispatch", "workers/dispatch"),
    ("managed_transforms", "managed_headers"),
    ("account_members", "members"),
    ("r2_buckets", "r2/buckets"),
];

/// Returns method and path of the operation, if `members` and `method` are those of an SDK. `of_account` says whether
/// the arguments name an account; it decides for resources that exist on accounts and on zones.
pub fn operation(members: &[String], method: &str, of_account: bool) -> Option<(&'static str, String)> {
    if matches!(
        (members.first().map(String::as_str), method),
        (Some("cache"), "purge") | (None, "purge_everything" | "purge_cache")
    ) {
        return Some(("POST", String::from("/zones/{}/purge_cache")));
    }
    let (word, rest) = method.split_once('_').unwrap_or((method, ""));
    // `bulk_update`, and the older `create_dns_record`.
    let (word, noun) = match word {
        "bulk" => (rest.split('_').next().unwrap_or_default(), ""),
        _ => (word, if members.is_empty() { rest } else { "" }),
    };
    let verb = verb(word)?;
    let mut members: Vec<&str> = members.iter().map(String::as_str).collect();
    let plural = if noun.ends_with('s') { noun.to_owned() } else { format!("{noun}s") };
    if members.is_empty() {
        members.push(&plural);
    }
    let collection = matches!(word, "list" | "create" | "new" | "add");
    let path = match *members.first()? {
        root @ ("zones" | "accounts") if members.len() == 1 => {
            format!("/{root}{}", if collection { "" } else { "/{}" })
        }
        root @ ("zones" | "accounts") => format!("/{root}/{{}}/{}", renamed(&members[1..].join("/"))),
        "user" | "memberships" | "ips" => format!("/{}", members.join("/")),
        "origin_ca_certificates" => String::from("/certificates"),
        _ => {
            let path = renamed(&members.join("/"));
            let places = [format!("/zones/{{}}/{path}"), format!("/accounts/{{}}/{path}")];
            let [of_zone, on_account] = places.map(|path| is_known(&path).then_some(path));
            // Zero Trust is managed on accounts; what it has on zones is older.
            if of_account || members[0] == "zero_trust" {
                on_account.or(of_zone)
            } else {
                of_zone.or(on_account)
            }?
        }
    };
    Some((verb, path))
}

fn verb(word: &str) -> Option<&'static str> {
    Some(match word {
        "get" | "list" => "GET",
        "create" | "new" | "add" | "post" => "POST",
        "update" | "put" => "PUT",
        "edit" | "patch" => "PATCH",
        "delete" | "remove" => "DELETE",
        _ => return None,
    })
}

fn renamed(path: &str) -> String {
    let whole = |rest: &str| rest.is_empty() || rest.starts_with('/');
    let found = RENAMED
        .iter()
        .find_map(|(from, to)| Some((*to, path.strip_prefix(from).filter(|rest| whole(rest))?)));
    found.map_or_else(
        || path.to_owned(),
        |(to, rest)| format!("{to}{rest}").trim_start_matches('/').to_owned(),
    )
}

/// Whether the table has an entry for the path, other than those for zones and accounts as a whole.
fn is_known(path: &str) -> bool {
    let segments = segments(path);
    ENTRIES.iter().any(|entry| entry.segments.len() > 2 && entry.fits("GET", &segments))
}

#[cfg(test)]
mod tests {
    use super::operation;
    use crate::endpoint::advice;

    #[track_caller]
    fn one(members: &str, method: &str, expected: &str) {
        let members: Vec<String> = members.split('.').filter(|m| !m.is_empty()).map(str::to_owned).collect();
        let found = operation(&members, method, false).map(|(verb, path)| format!("{verb} {path}"));
        assert_eq!(found.as_deref(), (!expected.is_empty()).then_some(expected), "{members:?}.{method}");
    }

    #[test]
    fn members_are_paths() {
        one("dns.records", "create", "POST /zones/{}/dns_records");
        one("zones", "list", "GET /zones");
        one("zones", "get", "GET /zones/{}");
        one("zones.settings", "edit", "PATCH /zones/{}/settings");
        one("zones.dns_records", "post", "POST /zones/{}/dns_records");
        one("cache", "purge", "POST /zones/{}/purge_cache");
        one("kv.namespaces.values", "update", "PUT /accounts/{}/storage/kv/namespaces/values");
        one("kv.namespaces", "bulk_update", "PUT /accounts/{}/storage/kv/namespaces");
        one("zero_trust.access.applications", "delete", "DELETE /accounts/{}/access/apps");
        one("zero_trust.tunnels.cloudflared", "create", "POST /accounts/{}/cfd_tunnel/cloudflared");
        one("r2.buckets", "list", "GET /accounts/{}/r2/buckets");
        one("pages.projects", "get", "GET /accounts/{}/pages/projects");
        one("page_rules", "list", "GET /zones/{}/pagerules");
        one("user.tokens", "create", "POST /user/tokens");
        one("", "create_dns_record", "POST /zones/{}/dns_records");
        one("", "list_zones", "GET /zones");
        one("", "purge_everything", "POST /zones/{}/purge_cache");
        one("something.else", "list", "");
        one("dns.records", "then", "");
    }

    #[test]
    fn the_arguments_say_whose_it_is() {
        let members = [String::from("rulesets")];
        assert_eq!(operation(&members, "list", true).unwrap().1, "/accounts/{}/rulesets");
        assert_eq!(operation(&members, "list", false).unwrap().1, "/zones/{}/rulesets");
        let (verb, path) = operation(&[String::from("dns"), String::from("records")], "edit", false).unwrap();
        assert_eq!(advice(verb, &path).unwrap(), "Zone › DNS › Edit (DNS Write)");
    }
}
