//! Where a variable stands says that it holds a credential, whatever it is called: in a header of Cloudflare's, in a
//! request to its API, in a client for R2.

use memchr::memmem;

use crate::check::assignment::is_sent_elsewhere;
use crate::check::{Input, Sign, fixed};
use crate::fact::statement::{function, statement};
use crate::fact::words::{is_word, words};
use crate::literals::contains;
use crate::span::Span;

/// How much of the text before a variable is looked at, in bytes.
const BEFORE: usize = 200;
/// How many uses of a name that the variable is bound to are looked at.
const USES: usize = 20;

fixed! {
    /// What takes a credential, up to the variable that it is given: a header, a field, an option of the SDK.
    static TAKES = {
        // `import.meta.env.`, `process.env["`, `config.public.`, `${`
        const VALUE: &str = r#"["'`$\{(\s]*(?:[A-Za-z_]\w*[?!]?\.){0,4}(?:\w+\[["'`])?$"#;
        const IS: &str = r#"["'`\\]*\]?\s*(?:=>|[:=,])\s*"#;
        format!(
            r#"(?i)(?:\b(?:(?P<access>cf-access-client-secret)|(?P<key>x-auth-key)|(?P<r2>secret_?access_?key)|(?P<secret>secret)){IS}|(?P<bearer>\bbearer)[\s"'`+,]*|(?P<sdk>\bnew\s+cloudflare\(\s*\{{[^{{}}]*\bapi_?(?:token|key)\s*:\s*)){VALUE}"#
        )
    };

    /// The name that the variable is bound to.
    static BOUND = r"\b(?:const|let|var)\s+(?P<name>[A-Za-z_$][\w$]*)\s*(?::\s*[\w| ]+)?=\s*(?:[A-Za-z_]\w*[?!]?\.){0,4}$";
}

/// Whether the text has any place that takes a credential.
pub(super) fn may_be_taken(input: &Input<'_>) -> bool {
    input.signs.any(&[Sign::Api, Sign::KeyHeader, Sign::AccessSecret])
}

/// Whether a variable, or the name that it is bound to, stands where Cloudflare takes a credential.
pub(super) fn is_taken(input: &Input<'_>, variable: Span) -> bool {
    // The site key is public, even where the secret should be.
    let said = words(input.text.get(variable));
    if said.split(' ').any(|word| matches!(word, "site" | "sitekey" | "id")) {
        return false;
    }
    takes(input, variable) || bound(input, variable).into_iter().any(|place| takes(input, place))
}

/// Whether a place is given to what takes a credential.
fn takes(input: &Input<'_>, place: Span) -> bool {
    let bytes = input.text.bytes();
    let before = &bytes[place.start.saturating_sub(BEFORE)..place.start];
    let Some(groups) = TAKES.captures(before) else { return false };
    let has = |name: &str| groups.name(name).is_some();
    let own = function(input.text, place).map(|(body, _)| input.text.get(body));
    if has("access") || has("sdk") {
        true
    } else if has("key") {
        input.signs.any(&[Sign::Vendor, Sign::Api]) && !is_sent_elsewhere(bytes, place)
    } else if has("bearer") {
        input.signs.has(Sign::ApiHost) && !is_sent_elsewhere(bytes, place) && goes_to_api(input, place)
    } else if has("r2") {
        contains(bytes, b".r2.cloudflarestorage.com") && !is_sent_elsewhere(bytes, place)
    } else {
        input.signs.has(Sign::Api) && contains(own.unwrap_or(bytes), b"siteverify")
    }
}

/// Whether the request that a place is in goes to the API: it has the address, or that is kept under a name and the file
/// knows no other address.
fn goes_to_api(input: &Input<'_>, place: Span) -> bool {
    fixed! {
        static OTHER = r#"(?i)https?://[a-z0-9][\w-]*\.[\w.-]+"#;
    }
    let own = input.text.get(statement(input.text, place));
    let other = |address: &[u8]| !contains(address, b"cloudflare.com") && !contains(address, b"w3.org");
    contains(own, b"api.cloudflare.com")
        || !OTHER.find_iter(input.text.bytes()).any(|address| other(address.as_bytes()))
}

/// Returns the uses of the name that a variable is bound to.
fn bound(input: &Input<'_>, variable: Span) -> Vec<Span> {
    let bytes = input.text.bytes();
    let before = &bytes[variable.start.saturating_sub(BEFORE)..variable.start];
    let Some(name) = BOUND.captures(before).and_then(|groups| groups.name("name")) else {
        return Vec::new();
    };
    let name = name.as_bytes();
    let places = memmem::find_iter(&bytes[variable.end..], name);
    let places = places.map(|at| Span::new(at, at + name.len()).shift(variable.end));
    let apart =
        |place: &Span| !is_word(bytes[place.start - 1]) && !bytes.get(place.end).is_some_and(|b| is_word(*b));
    places.filter(apart).take(USES).collect()
}

#[cfg(test)]
mod tests {
    use super::is_taken;
    use crate::check::tests::{asked, marked};

    fn taken(text: &str) -> bool {
        let (text, span) = marked(text);
        asked("a.ts", &text, |input| is_taken(input, span))
    }

    #[test]
    fn a_place_tells_what_a_variable_holds() {
        for text in [
            "fetch(U, { headers: { 'CF-Access-Client-Secret': process.env.«REACT_APP_SVC» } })",
            "headers.set('Cf-Access-Client-Secret', import.meta.env.«VITE_SVC»)",
            "h['CF-Access-Client-Secret'] = `${import.meta.env[\"«VITE_SVC»\"]}`",
            "fetch(`https://api.cloudflare.com/client/v4/zones`, { headers: { 'X-Auth-Key': process.env.«REACT_APP_K» } })",
            "fetch('https://api.cloudflare.com/client/v4/zones', {\n  headers: { Authorization: `Bearer ${import.meta.env.«VITE_T»}` },\n})",
            "fetch('https://api.cloudflare.com/client/v4/zones', { headers: { Authorization: 'Bearer ' + process.env.«VUE_APP_T» } })",
            "const API = 'https://api.cloudflare.com/client/v4';\nfetch(`${API}/zones`, { headers: { Authorization: `Bearer ${import.meta.env.«VITE_T»}` } })",
            "const t = import.meta.env.«VITE_T»;\nfetch('https://api.cloudflare.com/client/v4/zones', { headers: { Authorization: `Bearer ${t}` } })",
            "new S3Client({\n  endpoint: 'https://a.r2.cloudflarestorage.com',\n  credentials: { accessKeyId: import.meta.env.VITE_A, secretAccessKey: import.meta.env.«VITE_S» },\n})",
            "fetch('https://challenges.cloudflare.com/turnstile/v0/siteverify', { body: new URLSearchParams({ secret: process.env.«NEXT_PUBLIC_C», response: r }) })",
            "const f = new FormData();\nf.append('secret', import.meta.env.«VITE_C»);\nfetch('https://challenges.cloudflare.com/turnstile/v0/siteverify', { body: f });",
            "import Cloudflare from 'cloudflare';\nconst c = new Cloudflare({ apiToken: process.env.«NEXT_PUBLIC_T» });",
        ] {
            assert!(taken(text), "{text}");
        }
    }

    #[test]
    fn other_places_do_not() {
        for text in [
            "fetch(U, { headers: { 'CF-Access-Client-Id': import.meta.env.«VITE_SVC», 'CF-Access-Client-Secret': s } })",
            "fetch('https://api.corp.example/a', { headers: { Authorization: `Bearer ${import.meta.env.«VITE_T»}` } })\nfetch('https://api.cloudflare.com/client/v4')",
            "const B = 'https://api.corp.example';\nfetch(`${B}/a`, { headers: { Authorization: `Bearer ${import.meta.env.«VITE_T»}` } })\nfetch('https://api.cloudflare.com/client/v4')",
            "new S3Client({ endpoint: 'https://s3.corp.example', credentials: { secretAccessKey: import.meta.env.«VITE_S» } })",
            "new S3Client({ endpoint: 'https://a.r2.cloudflarestorage.com', credentials: { accessKeyId: import.meta.env.«VITE_A», secretAccessKey: s } })",
            "turnstile.render('#a', { sitekey: import.meta.env.«VITE_C» })",
            "const zone = import.meta.env.«VITE_Z»;\nfetch(`https://api.cloudflare.com/client/v4/zones/${zone}`)",
            "session({ secret: process.env.«NEXT_PUBLIC_C» })",
            "fetch('https://challenges.cloudflare.com/turnstile/v0/siteverify', { body: { secret: process.env.«NEXT_PUBLIC_SITE_KEY» } })",
        ] {
            assert!(!taken(text), "{text}");
        }
    }
}
