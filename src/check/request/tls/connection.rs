//! Connections that a program makes by itself: a socket, or a request by host, for one server only. They probe the
//! certificate of a server, and no later request uses them.

use memchr::memmem;

use super::addresses::{Address, is_whole, within};
use super::clients::count_requests;
use crate::check::{Input, Sign, fixed};
use crate::fact::credential::mentions_any;
use crate::fact::statement::{function, statement};
use crate::literals::contains;
use crate::span::Span;

fixed! {
    /// A call that connects to the server it names.
    static CONNECTS = r"(?i)\btls\.(?:connect|dial\w*)\(|\bhttps?\.(?:request|get)\(\s*\{|\bSSLSocket(?:\.new|\()|\bTLSSocket\(|\bwrap_socket\(|\bstream_socket_client\(|\bcreate_connection\(|\bopen_connection\(|\bTlsStream::connect\(|\bTlsConnector::(?:from|new)\(|\bconnect\(\s*(?:&?(?:domain|host|hostname|server_?name)\b)";
}

/// Returns where a client whose address is in another file sends a credential of the API: in the statement of the switch,
/// in another about the same object, or in a function that makes a single request.
pub(super) fn sends_key(input: &Input<'_>, switch: Span) -> Option<Span> {
    fixed! {
        static OBJECT = r"^\s*(?:\w+\(\s*)?(?P<name>\$?[A-Za-z_]\w*)\s*(?:[,\[.]|->)";
        // `$options[CURLOPT_HTTPHEADER] = $headers`: the variable of the headers carries it.
        static HEADERS = r#"(?i)(?:\bCURLOPT_HTTPHEADER|\bheaders?)["'\])]*\s*(?:=>|[=,:])\s*(?P<name>\$?[A-Za-z_]\w*)\s*(?:[,;)\]}]|$)"#;
    }
    let bytes = input.text.bytes();
    if input.signs.has(Sign::Api) || !input.signs.has(Sign::KeyHeader) && !bears_credential(input) {
        return None;
    }
    let own = statement(input.text, switch);
    if carries(input, own).is_some() {
        return Some(own);
    }
    let uses = |name: &[u8], zone: Span| {
        let places = memmem::find_iter(input.text.get(zone), name).map(|at| zone.start + at);
        let places = places.map(|start| Span::new(start, start + name.len()));
        let whole = places.filter(|place| is_whole(bytes, *place)).take(USES);
        whole.map(|place| statement(input.text, place)).collect::<Vec<Span>>()
    };
    let headers = |part: Span| Some(HEADERS.captures(input.text.get(part))?.name("name")?.as_bytes());
    let by_name = |name: &[u8], zone: Span| {
        uses(name, zone).into_iter().find(|statement| carries(input, *statement).is_some())
    };
    let body = function(input.text, own).map(|(body, _)| body);
    if let Some(found) = body.and_then(|body| of_single_request(input, body)) {
        return Some(found);
    }
    let zone = body.unwrap_or(Span::new(0, bytes.len()));
    if let Some(found) = headers(own).and_then(|name| by_name(name, zone)) {
        return Some(found);
    }
    let name = OBJECT.captures(input.text.get(own))?.name("name")?.as_bytes();
    let statements = uses(name, zone);
    let direct = statements.iter().find(|statement| carries(input, **statement).is_some()).copied();
    direct.or_else(|| {
        // Statements on one line have the same variable.
        let mut names: Vec<&[u8]> = statements.into_iter().filter_map(headers).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().take(NAMES).find_map(|name| by_name(name, zone))
    })
}

/// Whether a text may send a token of the API: it names one, and makes a header for one.
pub(super) fn bears_credential(input: &Input<'_>) -> bool {
    input.signs.has(Sign::Bearer) && input.names_credential()
}

/// Returns the header in a part of the file that carries a credential of the API: the key, or a token by its name.
fn carries(input: &Input<'_>, part: Span) -> Option<Span> {
    fixed! {
        static KEY = r"(?i)\bx-auth-key\b";
        static BEARER = r#"(?i)\bbearer["'`\s+.{$(,%]*(?P<name>[a-z_][\w.>-]*)"#;
    }
    let text = input.text.get(part);
    // Others have headers of the one name, but not of both.
    let pair = input.signs.has(Sign::EmailHeader);
    let key = KEY.find(text).filter(|_| pair).map(Span::from);
    let token = || {
        let mut names = BEARER.captures_iter(text).filter_map(|groups| groups.name("name"));
        names.find(|name| mentions_any(name.as_bytes())).map(Span::from)
    };
    key.or_else(token).map(|place| place.shift(part.start))
}

/// Returns the header in a function that makes a single request and names no address.
fn of_single_request(input: &Input<'_>, body: Span) -> Option<Span> {
    let text = input.text.get(body);
    let single = memmem::find(text, b"://").is_none() && count_requests(text) == 1;
    if single { carries(input, body) } else { None }
}

/// How many uses of a name are looked at, and how many variables of headers are followed.
const USES: usize = 50;
const NAMES: usize = 3;

/// Whether the statement of a switch connects to a server by itself, or sets up what only does that, and the server is
/// not Cloudflare's as far as the program says.
pub(super) fn connects_elsewhere(
    input: &Input<'_>,
    own: Span,
    name: Option<&[u8]>,
    addresses: &[Address],
) -> bool {
    let elsewhere = |statement: Span| {
        let text = input.text.get(statement);
        CONNECTS.is_match(text)
            && !contains(text, b"/client/v4")
            && !mentions_any(text)
            && !within(addresses, statement).any(|address| address.is_cloudflare)
    };
    if elsewhere(own) {
        return true;
    }
    let Some(name) = name.filter(|name| name.len() > 1) else { return false };
    let bytes = input.text.bytes();
    let zone = function(input.text, own).map_or(Span::new(0, bytes.len()), |(body, _)| body);
    let places = memmem::find_iter(&bytes[own.end..zone.end.max(own.end)], name).map(|at| own.end + at);
    let places = places.map(|start| Span::new(start, start + name.len()));
    let mut used = places.filter(|place| is_whole(bytes, *place)).take(USES);
    // Further settings of the same object are neither.
    let sets = |place: &Span| {
        let rest = bytes[place.end..].trim_ascii_start();
        rest.starts_with(b".") && memmem::find(&rest[..rest.len().min(40)], b"=").is_some() && {
            let member = rest.iter().position(|b| matches!(b, b'(' | b'=' | b'\n'));
            member.is_some_and(|at| rest[at] == b'=')
        }
    };
    let mut found = false;
    used.all(|place| {
        let connects = elsewhere(statement(input.text, place));
        found |= connects;
        connects || sets(&place)
    }) && found
}

#[cfg(test)]
mod tests {
    use super::sends_key;
    use crate::check::tests::{asked, marked};

    // flaresec: allow-start(tls-verification-disabled) texts that tests look at

    fn sends(path: &str, text: &str) -> bool {
        let (text, switch) = marked(text);
        asked(path, &text, |input| sends_key(input, switch).is_some())
    }

    #[test]
    fn headers_of_the_api_say_where_a_request_goes() {
        for (path, text) in [
            (
                "a.php",
                "class A {\n  public function ask($url) {\n    $h = array(\"X-Auth-Email: $e\", \"X-Auth-Key: $k\");\n    $o = array(CURLOPT_HTTPHEADER => $h);\n    $o += array(«CURLOPT_SSL_VERIFYPEER => 0»);\n    curl_setopt_array($ch, $o);\n    return curl_exec($ch);\n  }\n}\n",
            ),
            (
                "a.php",
                "$h = array();\n$h[] = 'X-Auth-Email: '.$e;\n$h[] = 'X-Auth-Key: '.$k;\n\n$o = array();\n$o[«CURLOPT_SSL_VERIFYPEER] = false»;\n$o[CURLOPT_TIMEOUT] = 9;\n$o[CURLOPT_HTTPHEADER] = $h;\n",
            ),
            (
                "a.php",
                "$h = ['X-Auth-Email: '.$e, 'X-Auth-Key: '.$k];\n$o = [CURLOPT_HTTPHEADER => $h, «CURLOPT_SSL_VERIFYPEER => false»];\n",
            ),
            (
                "a.py",
                "def ask(url):\n    h = {'Authorization': f'Bearer {CF_API_TOKEN}'}\n    return requests.get(url, headers=h, «verify=False»)\n\n",
            ),
            (
                "a.js",
                "async function ask(url) {\n  const h = { Authorization: `Bearer ${env.CLOUDFLARE_API_TOKEN}` };\n  const agent = new https.Agent({ «rejectUnauthorized: false» });\n  return fetch(url, { agent, headers: h });\n}\n\n",
            ),
        ] {
            assert!(sends(path, text), "{text}");
        }
    }

    #[test]
    fn other_headers_and_other_requests_do_not() {
        for (path, text) in [
            (
                "a.py",
                "def ask(url):\n    h = {'Authorization': f'Bearer {NAS_TOKEN}'}\n    return requests.get(url, headers=h, «verify=False»)\n\nCF_API_TOKEN = a\n",
            ),
            (
                "a.py",
                "def ask(url):\n    requests.get(url, headers={'Authorization': f'Bearer {CF_API_TOKEN}'})\n    s = Session()\n    s.verify = «False»\n    return s.get(nas)\n\n",
            ),
            (
                "a.py",
                "def ask(url):\n    h = {'Authorization': f'Bearer {CF_API_TOKEN}'}\n    return requests.get('https://nas.example.net', headers=h2, «verify=False»)\n\n",
            ),
            (
                "a.php",
                "$h = ['X-Auth-Email: '.$e, 'X-Auth-Key: '.$k];\n$o[CURLOPT_HTTPHEADER] = $h;\n$nas[«CURLOPT_SSL_VERIFYPEER] = false»;\n$nas[CURLOPT_HTTPHEADER] = $other;\n",
            ),
            (
                "a.php",
                "function ask($url) {\n  $h = array(\"X-Auth-Key: $k\");\n  $o = array(«CURLOPT_SSL_VERIFYPEER => 0»);\n  return curl_exec($ch);\n}\n\n",
            ),
        ] {
            assert!(!sends(path, text), "{text}");
        }
    }

    // flaresec: allow-end
}
