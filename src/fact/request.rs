//! Calls of a web API: the path with placeholders, and the method, from commands, clients in all languages and request
//! collections, even if they are written over several lines and strings. Knows syntax only; the caller decides which
//! first segments make a path relevant.

use regex::bytes::Match;

use super::fixed;
use crate::span::Span;

pub mod member;

/// An API call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method in upper case; `GET` if nothing says otherwise.
    pub method: String,
    /// The path from the relevant segment on; pieces from variables are `{}`.
    pub path: String,
    /// The first piece of the path in the text.
    pub span: Span,
}

/// How far from a path its method is searched for, in bytes.
const REACH: usize = 400;
/// The maximum length of a path, in bytes.
const LONGEST: usize = 300;

/// Returns the calls in a text: paths after `/client/v4`, after a base address in a variable, or at the start of a
/// string, whose first segment is in `roots`.
pub fn calls(bytes: &[u8], roots: &[&str]) -> Vec<Call> {
    let paths: Vec<(Span, String)> = STARTS
        .captures_iter(bytes)
        .filter_map(|groups| {
            let root = groups.name("root")?;
            let sure = groups.name("version").is_some() || groups.name("base").is_some();
            let name = std::str::from_utf8(root.as_bytes()).ok()?;
            let (path, end) = path(bytes, root.start());
            // At the start of a string, a word is a path only if it continues.
            let slash = bytes[..root.start()].ends_with(b"/");
            let known = name == "zones" || name == "accounts";
            let long = if slash {
                known || path[1..].contains('/')
            } else {
                known && path[1..].contains(['/', '?'])
            };
            (roots.contains(&name) && (sure || long)).then(|| (Span::new(root.start(), end), path))
        })
        .collect();
    let mut out = Vec::new();
    for (at, (span, path)) in paths.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| paths.get(at)).map_or(0, |(span, _)| span.end);
        let after = paths.get(at + 1).map_or(bytes.len(), |(span, _)| span.start);
        let method = method(bytes, *span, before.min(span.start), after.max(span.end));
        out.push(Call { method, path: path.clone(), span: *span });
    }
    out
}

fixed! {
    /// Where a path can begin: after a version, after a variable, or at the start of a string.
    static STARTS = r#"(?:(?P<version>/client/v4(?:\\?/|["'`]\s*[+.,]\s*["'`]/?))|(?P<base>(?:[A-Za-z_]\w*|\}|%s|\))\\?/)|["'`](?:\\?/)?)(?P<root>[a-z][a-z-]+)(?:[\\/?"'`\s$]|$)"#;
}

/// Returns the path that starts at `at`, including pieces that are joined to it, and where its first piece ends.
fn path(bytes: &[u8], at: usize) -> (String, usize) {
    let mut out = String::from("/");
    let mut i = at;
    let mut first = None;
    let stop = bytes.len().min(at + LONGEST);
    let mut depth = 0_usize;
    while i < stop {
        match bytes[i] {
            b'\\' if bytes.get(i + 1) == Some(&b'/') => {}
            b'"' | b'\'' | b'`' if depth == 0 => {
                first.get_or_insert(i);
                let Some((next, more)) = joined(&bytes[i..stop]) else { break };
                out.push_str("{}");
                i += next;
                if !more {
                    break;
                }
                continue;
            }
            b'{' | b'(' => depth += 1,
            b'}' | b')' if depth == 0 => break,
            b'}' | b')' => depth -= 1,
            b'\n' | b'\r' => break,
            byte if depth == 0
                && (byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'|' | b'\\')) =>
            {
                break;
            }
            _ => {}
        }
        if bytes[i] != b'\\' {
            out.push(bytes[i] as char);
        }
        i += 1;
    }
    (out, first.unwrap_or(i))
}

/// Reads what is joined to a string, from its closing quote on: `+ expression + "` joins another piece, `+ expression`
/// ends the path with a variable. Returns the number of bytes, and whether another piece follows.
fn joined(rest: &[u8]) -> Option<(usize, bool)> {
    fixed! {
        static JOIN = r#"^["'`]\s*(?:\+|\.\.?|<>|&|~)\s*(?P<value>[\w$@][\w.$@\[\]>()'"?!:-]*?)\s*(?:(?P<more>(?:\+|\.\.?|<>|&|~)\s*["'`])|[\s,;)])"#;
    }
    let groups = JOIN.captures(rest)?;
    let end = groups.name("more").map_or_else(|| groups.name("value").map_or(0, |m| m.end()), |m| m.end());
    Some((end, groups.name("more").is_some()))
}

fixed! {
    /// What starts a call: anything beyond it belongs to another call.
    static OPENERS = r"(?i)\b(?:curl|wget|http|https|xh|fetch|invoke-restmethod|invoke-webrequest|irm|iwr)\b[ (]|\brequests\.\w+\(|\baxios[.(]|\bgot[.(]|\.NewRequest\w*\(|\bcurl_init\(|\n[ \t]*\n";

    /// `-X PUT`, `requests.put(`, `method: "PUT"`, `NewRequest("PUT"`, `Method::PUT`, `HttpMethod.Put`, `PUT https://`.
    static METHOD = concat!(
        r#"(?i)(?:\s-s?X\s*["']?|\s-[a-z]*X\s+["']?|--request[ =]["']?|--method[ =]["']?|-Method\s+["']?|\bmethod["']?\s*(?:=>|[:=(,])+\s*["'`]?"#,
        r#"|CUSTOMREQUEST["']?\s*(?:,|=>)\s*["']|NewRequest\w*\(\s*(?:ctx,\s*|context\.\w+\(\),\s*)?(?:http\.Method|["'])|Method::|HttpMethod\.|http\.Method"#,
        r#"|\.(?:request|open|create|fetch|call|api|_request|raw)\w*\(\s*["']|(?:^|[\s"'`({,])(?:xh|http)\s+"#,
        r#"|\b(?:requests|session|client|axios|http|got|superagent|ky|self|this|Http|agent|conn|api|\w+)(?:\.|->|::)_?(?:do|http|send)?_?|Net::HTTP::|\bwp_remote_)"#,
        r#"(?P<verb>GET|HEAD|POST|PUT|PATCH|DELETE)(?:As\w+|Async|Json)?\b|(?:^|\n|["'`>]|\w\s)\s*(?P<line>GET|HEAD|POST|PUT|PATCH|DELETE)["'`]?[,\s]"#
    );

    /// Options with data, which make curl send a POST.
    static DATA = r"(?:\s-d\b|\s-d['\x22]|\s--data\b|\s--data-\w+|\s--json\b|\s-F\s|\s--form\b|\s--post-data\b|CURLOPT_POST\b)";
}

/// Returns the method of the call with the path, from the text between `before` and `after`.
fn method(bytes: &[u8], path: Span, before: usize, after: usize) -> String {
    let start = before.max(path.start.saturating_sub(REACH));
    let head = &bytes[start..path.start];
    // The call starts at the last opener before the path.
    let start = OPENERS.find_iter(head).last().map_or(start, |m| start + m.start());
    let end = after.min(path.end + REACH).min(bytes.len());
    let end = OPENERS.find(&bytes[path.end..end]).map_or(end, |m| path.end + m.start());
    let near = &bytes[start..end];
    let distance = |m: &Match<'_>| {
        let (from, to) = (start + m.start(), start + m.end());
        if to <= path.start { path.start - to } else { from.saturating_sub(path.end) }
    };
    let verbs = METHOD.captures_iter(near).filter_map(|g| g.name("verb").or(g.name("line")));
    if let Some(verb) = verbs.min_by_key(distance) {
        return String::from_utf8_lossy(verb.as_bytes()).to_ascii_uppercase();
    }
    String::from(if DATA.is_match(near) { "POST" } else { "GET" })
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[track_caller]
    fn one(text: &str, method: &str, path: &str) {
        let found = calls(text.as_bytes(), &["zones", "accounts", "user", "graphql"]);
        let found: Vec<(&str, &str)> = found.iter().map(|c| (c.method.as_str(), c.path.as_str())).collect();
        assert_eq!(found, [(method, path)], "{text}");
    }

    #[test]
    fn one_reading_serves_every_client() {
        one(
            "curl -X DELETE \"https://h/client/v4/zones/$Z/dns_records/$R\"",
            "DELETE",
            "/zones/$Z/dns_records/$R",
        );
        one("curl https://h/client/v4/zones/$Z/purge_cache \\\n  -d '{}'", "POST", "/zones/$Z/purge_cache");
        one("curl -sXPUT https://h/client/v4/zones/$Z", "PUT", "/zones/$Z");
        one("wget --method=PATCH https://h/client/v4/zones/z", "PATCH", "/zones/z");
        one("http POST h/client/v4/zones name=x", "POST", "/zones");
        one(
            "requests.put(f\"https://h/client/v4/zones/{zone}/settings\", json=d)",
            "PUT",
            "/zones/{zone}/settings",
        );
        one(
            "requests.post(API + \"/zones/\" + zone + \"/dns_records\", json=d)",
            "POST",
            "/zones/{}/dns_records",
        );
        one("requests.delete(API + '/zones/' + zone_id)", "DELETE", "/zones/{}");
        one(
            "fetch(`${base}/zones/${zone}/purge_cache`, {\n  method: 'POST' })",
            "POST",
            "/zones/${zone}/purge_cache",
        );
        one("axios.patch(`https://h/client/v4/zones/${z.id}`)", "PATCH", "/zones/${z.id}");
        one(
            "http.NewRequest(\"DELETE\", fmt.Sprintf(\"https://h/client/v4/zones/%s/x\", z), nil)",
            "DELETE",
            "/zones/%s/x",
        );
        one("http.NewRequest(http.MethodPut, base+\"/zones/\"+z+\"/x\", nil)", "PUT", "/zones/{}/x");
        one(
            "client.request(Method::PATCH, format!(\"https://h/client/v4/zones/{}/x\", z))",
            "PATCH",
            "/zones/{}/x",
        );
        one(
            "curl_init(\"https://h/client/v4/zones/$zone/x\");\ncurl_setopt($c, CURLOPT_CUSTOMREQUEST, 'DELETE');",
            "DELETE",
            "/zones/$zone/x",
        );
        one(
            "wp_remote_post('https://h/client/v4/zones/' . $zone . '/purge_cache', [])",
            "POST",
            "/zones/{}/purge_cache",
        );
        one("Net::HTTP::Post.new(URI(\"https://h/client/v4/zones/#{z}/x\"))", "POST", "/zones/#{z}/x");
        one("Invoke-RestMethod -Method Put -Uri \"https://h/client/v4/zones/$z\"", "PUT", "/zones/$z");
        one("POST https://h/client/v4/zones/{{zone}}/purge_cache", "POST", "/zones/{{zone}}/purge_cache");
        one("\"method\": \"PUT\", \"url\": \"https://h/client/v4/zones/:id\"", "PUT", "/zones/:id");
        one("self._request('GET', '/zones', params=p)", "GET", "/zones");
        one(
            "_rest POST \"zones/$_domain_id/dns_records\" \"$data\"",
            "POST",
            "/zones/$_domain_id/dns_records",
        );
        one("\"https:\\/\\/h\\/client\\/v4/zones\\/z\\/x\"", "GET", "/zones/z/x");
    }

    #[test]
    fn neighbours_keep_their_methods() {
        let text = "requests.get(B + '/zones')\nrequests.post(B + '/zones/' + z + '/dns_records')\nfetch(`${b}/user`)\n";
        let found = calls(text.as_bytes(), &["zones", "user"]);
        let methods: Vec<&str> = found.iter().map(|c| c.method.as_str()).collect();
        assert_eq!(methods, ["GET", "POST", "GET"]);
    }

    #[test]
    fn words_and_other_paths_are_no_calls() {
        for text in ["'user'", "from zones import x", "\"/settings/x\"", "https://h.test/other/zone"] {
            assert!(calls(text.as_bytes(), &["zones", "user"]).is_empty(), "{text}");
        }
    }
}
