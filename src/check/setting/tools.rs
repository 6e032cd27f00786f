//! How each tool is configured with an API token, and which permissions the token needs. Sources: the documentation of
//! the tools.

use super::super::Input;
use crate::endpoint::{Scope, permission};
use crate::fact::place::{around, is_program, is_shell};
use crate::literals::contains;
use crate::span::Span;

/// A tool, SDK or plugin.
struct Tool {
    /// Lower-case words, any of which identifies the tool in the path or around the setting.
    signs: &'static [&'static str],
    /// What to write instead.
    instead: &'static str,
    /// The permission groups that its token needs.
    groups: &'static [(Scope, &'static str)],
}

const DNS: &[(Scope, &str)] = &[(Scope::Zone, "DNS Write"), (Scope::Zone, "Zone Read")];
const PURGE: &[(Scope, &str)] = &[(Scope::Zone, "Cache Purge")];
const METRICS: &[(Scope, &str)] = &[(Scope::Zone, "Analytics Read"), (Scope::Zone, "Zone Read")];
const WORKERS: &[(Scope, &str)] = &[
    (Scope::Account, "Workers Scripts Write"),
    (Scope::Account, "Workers KV Storage Write"),
    (Scope::Account, "Account Settings Read"),
    (Scope::Zone, "Workers Routes Write"),
];
/// The permissions depend on what the tool is used for.
const OPEN: &[(Scope, &str)] = &[];

const fn tool(
    signs: &'static [&'static str],
    instead: &'static str,
    groups: &'static [(Scope, &'static str)],
) -> Tool {
    Tool { signs, instead, groups }
}

/// The tools, specific ones first: the first with a matching sign wins.
#[rustfmt::skip]
const TOOLS: &[Tool] = &[
    tool(&["apikeysecretref"], "Use `apiTokenSecretRef` and remove `email`.", DNS),
    tool(&["dns_cloudflare_"], "Set `dns_cloudflare_api_token` alone (certbot-dns-cloudflare 1.2.0 or later).", DNS),
    tool(&["account_api_key", "account_api_token", "cloudflare_dns:"], "Set `api_token` in place of `account_email` and `account_api_key`.", DNS),
    tool(&["cloudflare-purge-action"], "Set `CLOUDFLARE_TOKEN` in place of `CLOUDFLARE_EMAIL` and `CLOUDFLARE_KEY`.", PURGE),
    tool(&["wrangler-action"], "Use cloudflare/wrangler-action v3 with `apiToken`; it takes no key.", WORKERS),
    tool(&["external-dns", "external_dns"], "Set `CF_API_TOKEN` alone.", DNS),
    tool(&["traefik", "lego"], "Set `CF_DNS_API_TOKEN` and remove `CF_API_EMAIL` and `CF_API_KEY`: the pair wins over a token.", DNS),
    tool(&["acme.sh", "dns_cf", "saved_cf_"], "Set `CF_Token` and `CF_Account_ID`; acme.sh 2.8.2 or later.", DNS),
    tool(&["posh-acme", "cfauthkey", "new-pacertificate"], "Pass `CFToken` in place of `CFAuthEmail` and `CFAuthKey`.", DNS),
    tool(&["ddclient"], "Write `login=token` and `password=<token>`; ddclient 3.10.0 or later.", DNS),
    tool(&["option service_name", "ddns-scripts"], "Set `option username 'Bearer'` and the token as `option password`.", DNS),
    tool(&["octodns"], "Remove `email`: with `token` alone the value is taken for an API token.", DNS),
    tool(&["cloudflareapi", "dnscontrol"], "Set `apitoken` in place of `apikey` and `apiuser`.", DNS),
    tool(&["lexicon"], "Pass the token as `--auth-token` (or `LEXICON_CLOUDFLARE_TOKEN`) without a user name.", DNS),
    tool(&["fail2ban", "cfuser", "cfapikey", "cfemail"], "Use the action `cloudflare-token` with `cftoken` and `cfzone` (fail2ban 1.0.1 or later).", &[(Scope::Zone, "Firewall Services Write")]),
    tool(&["cf-terraforming"], "Pass `--token` (or set `CLOUDFLARE_API_TOKEN`).", OPEN),
    tool(&["flarectl"], "Set `CF_API_TOKEN` alone.", OPEN),
    tool(&["exporter"], "Set `CF_API_TOKEN` alone.", METRICS),
    tool(&["auth_method"], "Set `auth_method=\"token\"` and a token as `auth_key`.", DNS),
    tool(&["oznu/cloudflare-ddns"], "Remove `EMAIL`: `API_KEY` alone is taken for an API token.", DNS),
    tool(&["zone_identifier\":", "ddns-updater"], "Set `\"token\"` in place of `\"email\"` and `\"key\"`.", DNS),
    tool(&["\"authentication\""], "Set `\"authentication\": {\"api_token\": …}`.", DNS),
    tool(&["caddy"], "Use Caddy 2 with `dns cloudflare {env.CF_API_TOKEN}`.", DNS),
    tool(&["wp-config", "define("], "Put a token of the template \"WordPress\" in place of the key.", OPEN),
    tool(&["cloudflare:apikey"], "Run `pulumi config set --secret cloudflare:apiToken` and remove key and e-mail.", OPEN),
    tool(&["provider \"cloudflare\"", "provider\":{\"cloudflare", "cloudflare.provider(", "cloudflareprovider"], "Set `api_token` (`apiToken`) in place of key and e-mail, or `CLOUDFLARE_API_TOKEN` in the environment.", OPEN),
    tool(&["cloudflare.new("], "Use `cloudflare.NewWithAPIToken(token)`.", OPEN),
    tool(&["withapikey("], "Use `option.WithAPIToken(token)` alone.", OPEN),
    tool(&["userauthkey"], "Use `Credentials::UserAuthToken { token }`.", OPEN),
    tool(&["new apikey(", "auth\\apikey("], "Use `new APIToken($token)`.", OPEN),
    tool(&["apikeyauthentication("], "Use `new ApiTokenAuthentication(token)`.", OPEN),
    tool(&["cloudflareaccess(", "cloudflareclient("], "Pass the token as the only argument.", OPEN),
    tool(&["rubyflare"], "Use `Rubyflare.connect_with_token(token)`.", OPEN),
    tool(&["cloudflare.connect"], "Use `Cloudflare.connect(token: …)`.", OPEN),
    tool(&["cloudflare.cloudflare("], "Use `CloudFlare.CloudFlare(token=…)` without e-mail and key.", OPEN),
    tool(&["cloudflare(api_"], "Use `Cloudflare(api_token=…)` alone.", OPEN),
    tool(&["new cloudflare("], "Use `new Cloudflare({ apiToken })` alone.", OPEN),
    tool(&["wrangler", "workers"], "Set `CLOUDFLARE_API_TOKEN` and remove `CLOUDFLARE_API_KEY` and `CLOUDFLARE_EMAIL`: the pair wins over a token.", WORKERS),
    tool(&["purge"], "Use a token that may only purge the cache.", PURGE),
    tool(&["certbot", "letsencrypt", "acme", "ddns"], "Use the tool's token setting, with a token for the zones it needs.", DNS),
];

/// The settings of fail2ban among the signs.
const OF_FAIL2BAN: &[&str] = &["cfuser", "cfapikey", "cfemail"];

/// How far from the place a sign counts, in bytes.
const REACH: usize = 600;

/// Returns help in the terms of the tool, if the tool is known, and the permissions that its token needs.
pub(super) fn token_setup(input: &Input<'_>, place: Span) -> (Option<String>, Vec<String>) {
    let (near, path) = (input.text.get(around(input.text, place, REACH)), input.path.as_bytes());
    let program = is_program(input.text, input.path) && !is_shell(input.text, input.path);
    let shows = |sign: &&str| {
        // In a program, these are names of its own.
        !(program && OF_FAIL2BAN.contains(sign))
            && (contains(near, sign.as_bytes()) || contains(path, sign.as_bytes()))
    };
    let tool = TOOLS.iter().find(|tool| tool.signs.iter().any(shows));
    let Some(tool) = tool else { return (None, Vec::new()) };
    let groups = tool.groups.iter().map(|(scope, group)| permission(*scope, group));
    (Some(tool.instead.to_owned()), groups.collect())
}
