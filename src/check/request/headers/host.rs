//! Whose header it is: the host that the request goes to, and what the value is named after.

use crate::check::assignment::is_sent_elsewhere;
use crate::check::{Input, expression, fixed};
use crate::fact::place::{around, is_program, is_prose, list_item};
use crate::fact::setting::same_group;
use crate::fact::statement::{function, statement};
use crate::fact::{brackets, lines};
use crate::literals::contains;
use crate::span::Span;

fixed! {
    /// An address. If another vendor's is between a key and a token, they are not two options of one client.
    pub(super) static HOST = r"(?i)https?://(?P<host>[a-z][\w.-]*\.[a-z]+)";
}

/// Whether the value is named after another vendor whose address is nearby: `os.environ["ZILORE_KEY"]`.
pub(super) fn is_of_other_vendor(input: &Input<'_>, span: Span) -> bool {
    fixed! {
        static VALUE = r"(?i)\b(?P<who>[a-z][a-z0-9]{3,30})_(?:api_)?(?:auth_)?(?:key|token|secret)\b";
    }
    const GENERIC_NAMES: &[&[u8]] = &[
        b"cloudflare",
        b"auth",
        b"global",
        b"user",
        b"account",
        b"admin",
        b"zone",
        b"prod",
        b"staging",
        b"edge",
        b"secret",
    ];
    // The value may be as long as a line, and a line as long as the file.
    let span = Span::new(span.start, span.end.min(span.start + 200));
    let near = input.text.get(around(input.text, span, 4000));
    let who = VALUE.captures_iter(input.text.get(span)).filter_map(|groups| groups.name("who"));
    who.take(3).map(|who| who.as_bytes().to_ascii_lowercase()).any(|who| {
        let mut hosts = HOST.captures_iter(near).filter_map(|groups| groups.name("host"));
        !GENERIC_NAMES.contains(&who.as_slice()) && hosts.any(|host| contains(host.as_bytes(), &who))
    })
}

/// Whether the settings that the header belongs to are for another host: in a configuration, their group has addresses,
/// none of them Cloudflare's.
pub(super) fn has_other_hosts(input: &Input<'_>, span: Span) -> bool {
    if is_program(input.text, input.path) || is_prose(input.path) {
        return false;
    }
    let near = around(input.text, span, 600);
    let hosts = HOST.captures_iter(input.text.get(near)).filter_map(|groups| groups.name("host"));
    let item = list_item(input.text, span.start);
    let own = |host: &Span| {
        item.is_none_or(|item| item.contains(*host)) && same_group(input.text.bytes(), *host, span)
    };
    let mut own = hosts.map(|host| Span::from(host).shift(near.start)).filter(own).peekable();
    own.peek().is_some() && !own.any(|host| contains(input.text.get(host), b"cloudflare"))
}

/// Whether the request goes to another host than Cloudflare's, and neither the value nor the path says that this one
/// hands it on to the API.
pub(super) fn is_for_other_host(input: &Input<'_>, span: Span) -> bool {
    let own = input.text.get(Span::new(span.start, span.end.min(span.start + 200)));
    let elsewhere = |place| {
        is_sent_elsewhere(input.text.bytes(), place)
            && !contains(input.text.get(statement(input.text, place)), b"client/v4")
    };
    !contains(own, b"cf")
        && !contains(own, b"cloudflare")
        && (elsewhere(span) || {
            let handed_on = handed_on(input, span);
            !handed_on.is_empty() && handed_on.into_iter().all(elsewhere)
        })
}

/// Returns where the headers that the place is among are handed to a request, by the name that they are kept under:
/// `$headers = @{ 'X-Auth-Key' = $key }` above `-Headers $headers`. Only the function of the place is looked at, up to
/// where the name is given something else.
fn handed_on(input: &Input<'_>, span: Span) -> Vec<Span> {
    fixed! {
        static KEPT = r"(?P<name>[$@]?[A-Za-z_]\w*)(?:[ \t]*:[^=\n;]{1,60})?[ \t]*:?=[ \t]*(?:new[ \t]+)?[\w.<>@&\[\], ]*$";
        // `headers["X-Auth-Key"] = key`, `$headers.Add("X-Auth-Key", $key)`
        static RECEIVER = r#"(?P<name>[$@]?[A-Za-z_]\w*)(?:\[|\.(?:[Aa]dd|[Ss]et|put|append|insert)\()["']$"#;
        static GIVEN = r"^[ \t]*(?:const |let |var |local |my )?[ \t]*$";
    }
    /// How far before a name the map that holds it may begin, in bytes.
    const MAP: usize = 600;
    /// How much of a line is looked at, in bytes.
    const LINE: usize = 200;
    /// How many places are looked at.
    const MOST: usize = 20;
    let bytes = input.text.bytes();
    let receiver = RECEIVER.captures(lines::before(bytes, span.start, LINE));
    let open = brackets::around(bytes, span.start.saturating_sub(MAP), span.start).next();
    let kept = open.and_then(|open| KEPT.captures(lines::before(bytes, open, LINE)));
    let Some(name) = receiver.or(kept).and_then(|groups| groups.name("name")) else { return Vec::new() };
    let bare = name.as_bytes().strip_prefix(b"$").unwrap_or(name.as_bytes());
    let used = format!(r"\b{}\b(?P<given>[ \t]*:?=(?:[^=>]|$))?", String::from_utf8_lossy(bare));
    let Ok(used) = expression(&used) else { return Vec::new() };
    let end = function(input.text, span).map_or(bytes.len(), |(body, _)| body.end.max(span.end));
    let mut out = Vec::new();
    for groups in used.captures_iter(&bytes[span.end..end]).take(MOST) {
        let place = Span::from(groups.get_match()).shift(span.end);
        let before = lines::before(bytes, place.start, LINE);
        let before = before.strip_suffix(b"$").unwrap_or(before);
        if GIVEN.is_match(before) {
            if groups.name("given").is_some() {
                break;
            }
            // `headers["Accept"] = a` adds to them.
            continue;
        }
        out.push(place);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::is_for_other_host;
    use crate::check::tests::{asked, marked};

    #[test]
    fn headers_go_where_the_name_that_they_are_kept_under_is_handed_to() {
        let other = |path: &str, text: &str| {
            let (text, span) = marked(text);
            asked(path, &text, |input| is_for_other_host(input, span))
        };
        for (path, text) in [
            (
                "a.psm1",
                "function Get-A {\n    $headers = @{ '«X-Auth-Key' = (Get-Secret A)» }\n    Invoke-RestMethod -Uri \"https://gw.corp.example/v2/$A\" -Headers $headers\n}\n\nfunction Set-B {\n    $headers = @{}\n    Invoke-RestMethod -Uri \"https://api.cloudflare.com/client/v4\" -Headers $headers\n}\n",
            ),
            (
                "a.py",
                "def a():\n    headers = {\"«X-Auth-Key\": KEY»}\n    return requests.get(\"https://gw.corp.example/a\", headers=headers)\n\ndef b():\n    return api(headers)\n",
            ),
            (
                "a.js",
                "const headers = { '«X-Auth-Key': key» };\nawait fetch('https://gw.corp.example/a', { headers });\n",
            ),
            (
                "a.rb",
                "headers['«X-Auth-Key'] = key»\nheaders['Accept'] = 'a/b'\nHTTParty.get('https://gw.corp.example/a', headers: headers)\n",
            ),
        ] {
            assert!(other(path, text), "{path}: {text}");
        }
        for (path, text) in [
            (
                "a.py",
                "def a():\n    headers = {\"«X-Auth-Key\": KEY»}\n    return requests.get(f\"{API}/zones\", headers=headers)\n",
            ),
            (
                "a.py",
                "headers = {\"«X-Auth-Key\": KEY»}\nrequests.get(\"https://gw.corp.example/a\", headers=headers)\nrequests.get(API, headers=headers)\n",
            ),
            (
                "a.py",
                "ip = requests.get(\"https://ip.example.net\").text\nheaders = {\"«X-Auth-Key\": KEY»}\nrequests.get(API, headers=headers)\n",
            ),
            (
                "a.js",
                "const headers = { '«X-Auth-Key': key» };\nawait fetch('https://relay.example.net/client/v4/zones', { headers });\n",
            ),
            ("a.js", "const headers = { '«X-Auth-Key': key» };\nexport default headers;\n"),
            (
                "a.js",
                "const headers = { '«X-Auth-Key': cf.key» };\nawait fetch('https://gw.corp.example/a', { headers });\n",
            ),
        ] {
            assert!(!other(path, text), "{path}: {text}");
        }
    }
}
