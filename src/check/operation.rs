//! The API operations that a text performs, found by their paths and by method calls of the SDKs.

use super::fixed;
use crate::endpoint::{ROOTS, sdk};
use crate::fact::request::member::member_calls;
use crate::fact::request::{Call, calls};
use crate::literals::contains;

fixed! {
    /// Variables that hold an SDK client: assigned from a constructor, or declared with the client's type.
    static CLIENT = concat!(
        r"\b(?P<made>[A-Za-z_]\w*)(?:\s*,\s*\w+)?\s*(?::\s*[\w.*<>]+\s*)?(?::=|=)\s*(?:await\s+)?(?:new\s+)?",
        r"(?:cloudflare\.(?:New\w*|Cloudflare|AsyncCloudflare|Client|CloudFlare)|(?:Async)?Cloudflare|CloudFlare(?:\.CloudFlare)?)\s*\(",
        r"|\b(?P<declared>[A-Za-z_]\w*)\??\s*:\s*(?:Async)?Cloudflare\b|\b(?P<typed>[A-Za-z_]\w*)\s+\*cloudflare\.(?:Client|API)\b",
    );
}

/// Returns all operations in a text, those found by path first.
pub fn operations(bytes: &[u8]) -> Vec<Call> {
    let mut out = calls(bytes, ROOTS);
    let mut clients: Vec<&[u8]> = CLIENT
        .captures_iter(bytes)
        .filter_map(|groups| ["made", "declared", "typed"].iter().find_map(|name| groups.name(name)))
        .map(|name| name.as_bytes())
        .collect();
    clients.sort_unstable();
    clients.dedup();
    if clients.is_empty() {
        return out;
    }
    for call in member_calls(bytes, &clients) {
        let arguments = &bytes[call.arguments.start..call.arguments.end];
        let end = arguments.iter().position(|b| matches!(b, b')' | b';')).unwrap_or(arguments.len());
        let of_account = contains(&arguments[..end], b"account");
        if let Some((method, path)) = sdk::operation(&call.names, &call.method, of_account) {
            out.push(Call { method: method.to_owned(), path, span: call.span });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::operations;

    #[test]
    fn methods_of_the_clients_are_operations() {
        for text in [
            "const cf = new Cloudflare({ apiToken });\nawait cf.dns.records.create({ zone_id: z });\n",
            "client = Cloudflare(api_token=t)\nclient.dns.records.create(zone_id=z)\n",
            "class A:\n    def __init__(self, cf: Cloudflare):\n        self.cf = cf\n    def b(self):\n        self.cf.dns.records.create(zone_id=z)\n",
            "client := cloudflare.NewClient(option.WithAPIToken(t))\nclient.DNS.Records.New(ctx, p)\n",
            "api, err := cloudflare.NewWithAPIToken(t)\napi.CreateDNSRecord(ctx, rc, p)\n",
            "cf = CloudFlare.CloudFlare(token=t)\ncf.zones.dns_records.post(z, data=d)\n",
        ] {
            let found = operations(text.as_bytes());
            let found: Vec<(&str, &str)> =
                found.iter().map(|c| (c.method.as_str(), c.path.as_str())).collect();
            assert_eq!(found, [("POST", "/zones/{}/dns_records")], "{text}");
        }
        assert!(operations(b"client = boto3.client('s3')\nclient.dns.records.create()\n").is_empty());
    }
}
