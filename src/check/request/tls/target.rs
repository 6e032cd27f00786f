//! What a client connects to: the address in the statement of its switch, in requests that use its name, or the
//! nearest one.

use memchr::memmem;

use super::super::API;
use super::addresses::{Address, is_client, is_file, within};
use super::clients::{clients_are_independent, is_request};
use super::connection::connects_elsewhere;
use super::groups::{of_group, of_item, of_options, of_proxy, of_references};
use super::reach::receiver;
use super::scope::{bound, is_visible, only_decides, visible};
use super::switch::is_command;
use super::uses::of_uses;
use super::wrapper::of_wrapper;
use crate::check::{Input, fixed};
use crate::fact::command::command_end_in;
use crate::fact::place::{in_comment, is_code, is_yaml, list_item};
use crate::fact::statement::{chain, folded, function, statement};
use crate::fact::words::is_word;
use crate::literals::contains;
use crate::span::Span;

/// Returns the address that the connections of the switch go to: one in its statement or chain of calls, one that its
/// name or function is used for, or the nearest.
pub(super) fn target(input: &Input<'_>, switch: Span, addresses: &[Address]) -> Option<Address> {
    fixed! {
        static OTHER_CLIENT = r"(?i)\b(?:new\s+pool|createpool|postgres\w*|pg|mysql\w*|redis|ioredis|mongo\w*|sequelize|knex|typeorm|datasource|amqp\w*|ldap\w*|smtp\w*|nodemailer|createTransport|imap\w*|mqtt|kafka\w*|database_url|connectionString)\b";
    }
    // A switch for the whole process affects all requests.
    let process = is_code(input.path) && is_for_all(input, switch);
    if let Some(found) = addresses.iter().find(|address| process && address.is_cloudflare) {
        return Some(*found);
    }
    // A proxy and an item of a collection say what they ask.
    if let Some(found) = of_proxy(input, switch, addresses).or_else(|| of_item(input, switch, addresses)) {
        return Some(found);
    }
    // Two commands on one line have switches of their own.
    if is_command(input.text.get(switch)) {
        let command = Span::new(switch.start, command_end_in(input.text, switch.start, input.path).0);
        if memmem::find(input.text.get(command), b"://").is_some() {
            return within(addresses, command).min_by_key(|address| !address.is_cloudflare).copied();
        }
        if let Some(found) = of_wrapper(input, switch, addresses) {
            return Some(found);
        }
    }
    let own = statement(input.text, switch);
    // Clients of databases and mail servers do not talk to the API.
    let asks =
        API.is_match(input.text.get(own)) || within(addresses, own).any(|address| address.is_cloudflare);
    if !asks && OTHER_CLIENT.is_match(input.text.get(own)) {
        return None;
    }
    // A command in a folded YAML block continues on the next line without a backslash.
    let own = folded(input.text, switch, input.path).map_or(own, |block| own.cover(block));
    let whole = chain(input.text.bytes(), switch);
    for part in [own, whole] {
        let mut inside: Vec<&Address> = visible(input, part, addresses).collect();
        if inside.iter().any(|found| !found.is_cloudflare)
            && let Some(found) = of_options(input, switch, addresses)
        {
            return Some(found);
        }
        let all = inside.len();
        inside.retain(|found| {
            !(found.is_cloudflare && is_client_beside(input.text.bytes(), switch, found.place))
        });
        inside.sort_by_key(|address| !address.is_cloudflare);
        if let Some(found) = inside.first() {
            return Some(**found);
        }
        if inside.len() < all {
            return None;
        }
    }
    if !input.text.get(switch).starts_with(b"-")
        && [own, whole].iter().any(|part| is_of_another(input.text.get(*part)))
    {
        return None;
    }
    let before = input.text.get(Span::new(own.start, switch.start));
    let attribute = || ATTRIBUTE.captures(before)?.name("name").map(|name| name.as_bytes());
    let set = receiver(before).or_else(attribute);
    if connects_elsewhere(input, own, set, addresses) {
        return bound(input, own, addresses).filter(|address| address.is_cloudflare);
    }
    // A flag affects only its own command; the address may be in a table that is passed to it: `@params`.
    let flag = input.text.get(switch);
    if flag.starts_with(b"-") || flag.starts_with(b"mc ") || flag.starts_with(b"http ") {
        if let Some(groups) = SPLAT.captures(input.text.get(own)) {
            return of_settings(input, groups.name("name")?.as_bytes(), addresses);
        }
        return of_environment(input, own, addresses);
    }
    // A request itself, whose address is in a variable.
    let asks = is_request(input, switch, own);
    if asks && let Some(found) = bound(input, own, addresses) {
        return Some(found);
    }
    // A client that is assigned to a name: look at the uses of the name.
    if !asks
        && let Some(name) = set
        && let Some(found) = of_uses(input, name, own, addresses)
    {
        return Some(found);
    }
    if !asks && only_decides(input, own) {
        return None;
    }
    // A client in a function: look at the requests of the function, then at the uses of its result.
    if let Some((body, name)) = function(input.text, switch) {
        let mut inside: Vec<&Address> = within(addresses, body).collect();
        inside.sort_by_key(|found| found.place.start.abs_diff(switch.start));
        let nearest =
            inside.into_iter().take(USES).find(|found| is_visible(input, found, addresses)).copied();
        // What the caller asks for is more than what stands beside the request.
        let called = || of_uses(input, name, body, addresses);
        let is_cloudflare = |found: &Address| found.is_cloudflare;
        if let Some(found) = if asks { called().filter(is_cloudflare) } else { None } {
            return Some(found);
        }
        if let Some(found) = nearest.or_else(called) {
            return Some(found).filter(|found| {
                !found.is_cloudflare || !clients_are_independent(input, switch, own, found.place, addresses)
            });
        }
    }
    if let Some(found) = of_group(input, switch, addresses) {
        return Some(found);
    }
    if is_yaml(input.path)
        && let Some(found) = of_references(input, switch, addresses)
    {
        return Some(found);
    }
    if is_yaml(input.path)
        && let Some(item) = list_item(input.text, switch.start)
    {
        return within(addresses, item).next().copied();
    }
    // A client is configured before it is used, so an address after the switch is more likely.
    let distance = |span: &Span| {
        if span.start >= switch.end {
            span.start - switch.end
        } else {
            (switch.start - span.end.min(switch.start)) * 2
        }
    };
    let next = addresses.partition_point(|address| address.place.start < switch.end);
    // File names look like hosts, and names like those of others.
    let address = |found: &&Address| {
        !is_file(input.text.get(found.place))
            && is_visible(input, found, addresses)
            && !in_comment(input.text, found.place.start, input.path)
    };
    let (before, after) = addresses.split_at(next);
    let before = before.iter().rev().take(USES).find(address);
    let beside = before.into_iter().chain(after.iter().take(USES).find(address));
    let found = beside.min_by_key(|found| distance(&found.place)).copied();
    found.filter(|found| {
        !found.is_cloudflare || !clients_are_independent(input, switch, own, found.place, addresses)
    })
}

/// Whether the switch is for all requests of the process.
fn is_for_all(input: &Input<'_>, switch: Span) -> bool {
    let line = input.text.line_near(switch.start);
    let before = input.text.get(Span::new(line.start.min(switch.start), switch.end));
    input.text.get(switch).starts_with(b"NODE_TLS") || contains(before, b"servicepointmanager")
}

/// How many addresses and references beside a switch are looked at.
const USES: usize = 50;

/// Whether an SDK client is constructed in another field of the object that contains the switch:
/// `{ probe: …, cf: cloudflare.New(…) }`.
fn is_client_beside(bytes: &[u8], switch: Span, client: Span) -> bool {
    let (between, later) = if switch.end <= client.start {
        (&bytes[switch.end..client.start], client)
    } else if client.end <= switch.start {
        (&bytes[client.end..switch.start], switch)
    } else {
        return false;
    };
    let call = &bytes[client.start..client.end];
    let given = [&b"httpclient"[..], b"http_client", b"transport", b"agent"];
    if !is_client(call) || given.iter().any(|word| contains(call, word)) {
        return false;
    }
    // The last comma at the level that both have in common, and the nesting depth after it.
    let (mut depth, mut level, mut comma) = (0_i32, 0_i32, None);
    for (at, byte) in between.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth <= level => comma = Some(at),
            _ => {}
        }
        if depth < level {
            (level, comma) = (depth, None);
        }
    }
    // The switch is nested in a separate field, and another field starts after the comma.
    let nested = if later == client { level < 0 } else { depth > level };
    let named = |at: usize| {
        let field = between[at + 1..].trim_ascii_start();
        let name = field.iter().take_while(|b| is_word(**b)).count();
        name > 0 && field[name..].trim_ascii_start().first() == Some(&b':')
    };
    nested && comma.is_some_and(named)
}

/// Whether the client has a name, or an address that is known only at run time, and it does not say Cloudflare:
/// `AddHttpClient("idrac", …)`, `baseURL: process.env.PROXMOX_URL`; or the request goes to the site itself:
/// `wp_remote_get(home_url('/'), …)`.
fn is_of_another(text: &[u8]) -> bool {
    fixed! {
        static OWN = concat!(
            r#"\bAdd(?:Http|Refit|Grpc)Client(?:<(?P<type>[^>]*)>)?\(\s*"(?P<name>[^"\n]+)""#,
            r#"|(?i:\bbase_?-?(?:address|ur[li])|\.baseUrl|\bprefix_?url|\bserver_?url)["']?\s*(?:=>|[:=(,])\s*(?P<value>[^\n]{1,120})"#,
            r"|\(\s*(?:\w*esc_url\w*\(\s*)?(?P<site>(?:get_|network_)?(?:site|home|admin|rest)_url|url_for|\w+\.build_absolute_uri)\(",
        );
        static CLOUDFLARE = r"(?i)cloudflare|(?:^|[^a-z])cf|api_?(?:base|root|url)\b|\bbase\b";
    }
    let said: Vec<&[u8]> = OWN
        .captures_iter(text)
        .flat_map(|groups| ["type", "name", "value", "site"].map(|group| groups.name(group)))
        .flatten()
        .map(|said| said.as_bytes())
        .collect();
    !said.is_empty() && !said.iter().any(|said| CLOUDFLARE.is_match(said))
}

fixed! {
    static SPLAT = r"\s@(?P<name>[A-Za-z_]\w*)";

    /// A module attribute in Elixir: `@options [ssl: […]]`.
    static ATTRIBUTE = r"^\s*@(?P<name>[a-z_]\w*)\s+[\[%{(]";
}

/// Returns the address in the PowerShell parameter table with the name.
fn of_settings(input: &Input<'_>, name: &[u8], addresses: &[Address]) -> Option<Address> {
    let bytes = input.text.bytes();
    let places = memmem::find_iter(bytes, name).filter(|at| *at > 0 && bytes[at - 1] == b'$');
    let table = places.map(|at| Span::new(at, at + name.len())).find(|place| {
        bytes[place.end..]
            .trim_ascii_start()
            .strip_prefix(b"=")
            .is_some_and(|rest| rest.trim_ascii_start().starts_with(b"@{"))
    })?;
    within(addresses, statement(input.text, table)).next().copied()
}

/// Returns the address that an environment variable sets for every command of a tool.
fn of_environment(input: &Input<'_>, command: Span, addresses: &[Address]) -> Option<Address> {
    const VARIABLES: [(&[u8], &[u8]); 2] =
        [(b"aws ", b"AWS_ENDPOINT_URL"), (b"restic ", b"RESTIC_REPOSITORY")];
    let command = input.text.get(command);
    let (_, name) = VARIABLES.iter().find(|(tool, _)| memmem::find(command, tool).is_some())?;
    let at = memmem::find(input.text.bytes(), name)?;
    let line = input.text.line_near(at);
    within(addresses, Span::new(at, line.end.max(at))).next().copied()
}

#[cfg(test)]
mod tests;
