//! Method calls on a chain of members, as on SDK clients: `client.dns.records.create(…)`.

use crate::fact::fixed;
use crate::fact::words::words;
use crate::span::Span;

/// A method call. Names are normalized to words joined by `_`: `zeroTrust` and `ZeroTrust` become `zero_trust`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCall {
    /// The members between the client and the method.
    pub names: Vec<String>,
    /// The method.
    pub method: String,
    /// From the first name of the chain to the method.
    pub span: Span,
    /// The first bytes after the opening bracket.
    pub arguments: Span,
}

/// How much of the arguments is examined, in bytes.
const ARGUMENTS: usize = 300;

/// Returns the calls on a variable or member that is one of `clients`.
pub fn member_calls(bytes: &[u8], clients: &[&[u8]]) -> Vec<MemberCall> {
    fixed! {
        static CHAIN = r"\b(?P<names>[A-Za-z_]\w*(?:(?:\??\.|->)[A-Za-z_]\w*)*)(?:\??\.|->)(?P<method>[A-Za-z_]\w*)\(";
    }
    let found = CHAIN.captures_iter(bytes).filter_map(|groups| {
        let (names, method) = (groups.name("names")?, groups.name("method")?);
        let parts = names
            .as_bytes()
            .split(|b| matches!(b, b'.' | b'-' | b'>' | b'?'))
            .filter(|part| !part.is_empty());
        let mut parts = parts.skip_while(|part| !clients.contains(part));
        parts.next()?;
        let end = groups.get_match().end();
        Some(MemberCall {
            names: parts.map(joined).collect(),
            method: joined(method.as_bytes()),
            span: Span::new(names.start(), method.end()),
            arguments: Span::new(end, bytes.len().min(end + ARGUMENTS)),
        })
    });
    found.collect()
}

fn joined(name: &[u8]) -> String {
    words(name).replace(' ', "_")
}

#[cfg(test)]
mod tests {
    use super::member_calls;

    #[test]
    fn chains_of_all_languages_read_the_same() {
        for text in [
            "client.zeroTrust.access.create({ account_id: a })",
            "self.client.zero_trust.access.create(account_id=a)",
            "client.ZeroTrust.Access.Create(ctx, p)",
            "$this->client->zeroTrust->access->create($a)",
        ] {
            let found = member_calls(text.as_bytes(), &[b"client"]);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].names, ["zero_trust", "access"], "{text}");
            assert_eq!(found[0].method, "create", "{text}");
        }
        assert!(member_calls(b"other.zones.list()", &[b"client"]).is_empty());
    }
}
