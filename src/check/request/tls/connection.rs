//! Connections that a program makes by itself: a socket, or a request by host, for one server only. They probe the
//! certificate of a server, and no later request uses them.

use memchr::memmem;

use super::addresses::{Address, is_whole, within};
use crate::check::{Input, Sign, fixed};
use crate::fact::credential::mentions;
use crate::fact::statement::{function, statement};
use crate::literals::contains;
use crate::span::Span;

fixed! {
    /// A call that connects to the server it names.
    static CONNECTS = r"(?i)\btls\.(?:connect|dial\w*)\(|\bhttps?\.(?:request|get)\(\s*\{|\bSSLSocket(?:\.new|\()|\bTLSSocket\(|\bwrap_socket\(|\bstream_socket_client\(|\bcreate_connection\(|\bopen_connection\(|\bTlsStream::connect\(|\bTlsConnector::(?:from|new)\(|\bconnect\(\s*(?:&?(?:domain|host|hostname|server_?name)\b)";
}

/// Returns where a client whose address is in another file sends the Global API Key: in the statement of the switch, or in
/// another about the same object.
pub(super) fn sends_key(input: &Input<'_>, switch: Span) -> Option<Span> {
    fixed! {
        static OBJECT = r"^\s*(?:\w+\(\s*)?(?P<name>\$?[A-Za-z_]\w*)\s*(?:[,\[.]|->)";
    }
    const KEY: &[u8] = b"x-auth-key";
    let bytes = input.text.bytes();
    let elsewhere = input.signs.has(Sign::KeyHeader) && !input.signs.has(Sign::Api);
    // Others have headers of the one name, but not of both.
    if !elsewhere || !contains(bytes, b"x-auth-email") {
        return None;
    }
    let own = statement(input.text, switch);
    if contains(input.text.get(own), KEY) {
        return Some(own);
    }
    let name = OBJECT.captures(input.text.get(own))?.name("name")?.as_bytes();
    let zone = function(input.text, own).map_or(Span::new(0, bytes.len()), |(body, _)| body);
    let places = memmem::find_iter(input.text.get(zone), name).map(|at| zone.start + at);
    let places = places.map(|start| Span::new(start, start + name.len()));
    let mut statements =
        places.filter(|place| is_whole(bytes, *place)).take(USES).map(|place| statement(input.text, place));
    statements.find(|statement| contains(input.text.get(*statement), KEY))
}

/// How many uses of a name are looked at.
const USES: usize = 50;

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
            && !mentions(text)
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
