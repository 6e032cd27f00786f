//! The checks: each decides whether something in a text is a problem. There is one file for each kind of check
//! (`check = "token"`, …), which rule files refer to by name.
//!
//! A check sees one text and pushes [`Candidate`]s. It does no I/O, cannot fail, and knows nothing about reports.

use std::cell::OnceCell;

use memchr::memmem;

use crate::blob::BlobPath;
use crate::fact::credential::mentions;
use crate::fact::decode::Decoded;
use crate::fact::request::Call;
use crate::fact::setting::{Setting, settings};
use crate::fact::tree::{Node, ParseFault, parse};
use crate::rule::{CheckKind, Detect, Limits, Variant};
use crate::span::Span;
use crate::text::Text;

mod advice;
mod around;
pub(crate) mod assignment;
mod block;
mod candidate;
mod compiled;
pub mod operation;
mod proof;
mod request;
mod setting;
mod signs;
pub(crate) mod token;
pub(crate) mod value;

pub(crate) use crate::fact::{expression, fixed, named};
pub(crate) use around::{captures_around, spans_around};
pub use candidate::Candidate;
pub(crate) use compiled::Compiled;
pub(crate) use signs::{API_HOSTS, SIGNS, Sign, Signs};

/// The input of a check: one text, and facts about it that are computed when first asked for.
pub struct Input<'a> {
    /// Path of the file.
    pub path: &'a BlobPath,
    /// Its text.
    pub text: &'a Text<'a>,
    /// The day of the scan, in days since 1970-01-01: some rules compare dates.
    pub today: i64,
    /// The limits that some rules compare with, such as the longest lifetime of a token.
    pub limits: Limits,
    /// The runs of value characters that are long enough to be a credential.
    pub runs: &'a [Span],
    /// The signs found in the text.
    pub(crate) signs: Signs,
    /// Its syntax tree, or why it could not be parsed; `None` if the file is not structured.
    tree: OnceCell<Option<Result<Vec<Node>, ParseFault>>>,
    mentions: OnceCell<Vec<Span>>,
    settings: OnceCell<Vec<Setting>>,
    calls: OnceCell<Vec<Call>>,
    token_definitions: OnceCell<Vec<block::Definition>>,
    token_ways: OnceCell<Vec<Span>>,
    advises_token: OnceCell<bool>,
    takes_a_token: OnceCell<bool>,
}

impl<'a> Input<'a> {
    /// Creates the input for a text, its [`runs`](crate::fact::runs::runs), and the signs found by the keyword search.
    pub(crate) fn new(
        path: &'a BlobPath,
        text: &'a Text<'a>,
        runs: &'a [Span],
        signs: Signs,
        today: i64,
        limits: Limits,
    ) -> Input<'a> {
        Input {
            path,
            text,
            runs,
            signs,
            today,
            limits,
            tree: OnceCell::new(),
            mentions: OnceCell::new(),
            settings: OnceCell::new(),
            calls: OnceCell::new(),
            token_definitions: OnceCell::new(),
            token_ways: OnceCell::new(),
            advises_token: OnceCell::new(),
            takes_a_token: OnceCell::new(),
        }
    }

    /// Whether any identifier in the text names a Cloudflare credential.
    pub fn names_credential(&self) -> bool {
        !self.mentions().is_empty()
    }

    /// Returns the identifiers, and the chains of them, that name a Cloudflare credential, in order.
    pub(crate) fn mentions(&self) -> &[Span] {
        self.mentions.get_or_init(|| mentions(self.text.bytes()))
    }

    /// Returns the settings whose names end like those of credentials or of their owners (e-mail addresses, users).
    pub fn settings(&self) -> &[Setting] {
        self.settings.get_or_init(|| settings(self.text.bytes()))
    }

    /// Returns the API calls in the text.
    pub fn calls(&self) -> &[Call] {
        self.calls.get_or_init(|| operation::operations(self.text.bytes()))
    }

    /// Returns the API tokens that the text defines.
    pub(crate) fn token_definitions(&self) -> &[block::Definition] {
        self.token_definitions.get_or_init(|| block::tokens(self))
    }

    /// Returns the places that speak of authentication with an API token.
    pub(crate) fn token_ways(&self) -> &[Span] {
        self.token_ways.get_or_init(|| setting::token_ways(self.text.bytes()))
    }

    /// Whether the place is in a step whose condition excludes that of a step with a token.
    pub(crate) fn has_opposite_step(&self, place: Span) -> bool {
        setting::has_opposite_step(self, place)
    }

    /// Whether a document shows or recommends a token, as opposed to the key.
    pub(crate) fn advises_token(&self) -> bool {
        *self.advises_token.get_or_init(|| setting::advises_token(self))
    }

    /// Whether a program sends a token instead if one is configured, or a document shows how to send one.
    pub(crate) fn takes_a_token(&self) -> bool {
        *self.takes_a_token.get_or_init(|| request::takes_a_token(self))
    }

    /// Returns the documents of a structured file; empty if the file is not structured or cannot be parsed.
    pub fn trees(&self) -> &[Node] {
        match self.parsed() {
            Some(Ok(roots)) => roots,
            _ => &[],
        }
    }

    /// Whether the file has a structured format, judging by its name.
    pub fn is_structured(&self) -> bool {
        self.parsed().is_some()
    }

    /// Returns why a structured file could not be parsed. Templates are exempt: they need not be valid before they are
    /// filled in.
    pub fn fault(&self) -> Option<&ParseFault> {
        let bytes = self.text.bytes();
        let template = || [&b"{{"[..], b"{%", b"<%"].iter().any(|mark| memmem::find(bytes, mark).is_some());
        self.parsed()?.as_ref().err().filter(|_| !template())
    }

    fn parsed(&self) -> Option<&Result<Vec<Node>, ParseFault>> {
        self.tree.get_or_init(|| parse(self.path.as_bytes(), self.text.bytes())).as_ref()
    }
}

/// The bytes that value checks look at: the text itself, or the text with encoded pieces decoded.
pub(crate) struct View<'a> {
    /// The bytes.
    pub(crate) bytes: &'a [u8],
    /// The decoding steps that produced the bytes from the text, in order; empty for the text itself.
    pub(crate) steps: &'a [Decoded],
}

impl View<'_> {
    /// Maps a span of the view back to the text.
    pub(crate) fn original(&self, span: Span) -> Span {
        self.steps.iter().rev().fold(span, |span, step| step.original(span))
    }

    /// Returns the bytes of the span and up to `reach` bytes on each side.
    pub(crate) fn around(&self, span: Span, reach: usize) -> &[u8] {
        &self.bytes[span.start.saturating_sub(reach)..self.bytes.len().min(span.end + reach)]
    }
}

/// A detection to run, and the rule it belongs to.
pub struct Detection<'a> {
    /// The detection as written in the rule.
    pub detect: &'a Detect,
    /// Index of the rule in the scanner's rule set.
    pub rule: usize,
}

/// Runs the check of a variant on a text. Those of [`CheckKind::Tracked`] look at findings instead and find nothing here.
pub(crate) fn run(variant: Variant, detection: &Detection<'_>, input: &Input<'_>, out: &mut Vec<Candidate>) {
    let first = out.len();
    let check: fn(&Detection<'_>, &Input<'_>, &mut Vec<Candidate>) = match variant {
        Variant::PlainHttp => request::plain_http,
        Variant::TlsOff => request::tls_off,
        Variant::KeyHeaders => request::key_headers,
        Variant::LegacyV1 => request::legacy_v1,
        Variant::ServiceKey => request::service_key,
        Variant::BearerKey => request::bearer_key,
        Variant::GlobalKey => setting::global_key,
        Variant::ShadowedToken => setting::shadowed_token,
        Variant::CredentialLogged => block::credential_logged,
        Variant::CredentialInArgv => block::credential_in_argv,
        Variant::CredentialInUrl => block::credential_in_url,
        Variant::ExposedToClient => block::exposed_to_client,
        Variant::SecretInImage => block::secret_in_image,
        Variant::SecretWithoutMasking => block::secret_without_masking,
        Variant::SecretExposedToFork => block::secret_exposed_to_fork,
        Variant::PlaintextWorkerSecret => block::plaintext_worker_secret,
        Variant::OverbroadResources => block::overbroad_resources,
        Variant::OverbroadPermissions => block::overbroad_permissions,
        Variant::WithoutIpFilter => block::without_ip_filter,
        Variant::OpenToAnyAddress => block::open_to_any_address,
        Variant::WithoutExpiry => block::without_expiry,
        Variant::LongLived => block::long_lived,
        Variant::MfaNotEnforced => block::mfa_not_enforced,
        Variant::AuditLogsNotExported => block::audit_logs_not_exported,
        Variant::VariableNotSensitive => block::variable_not_sensitive,
        Variant::Local | Variant::Bundle => return,
    };
    check(detection, input, out);
    if variant.check() == CheckKind::Block {
        block::drop_other_products(input, out, first);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Input, SIGNS, Signs};
    use crate::blob::BlobPath;
    use crate::fact::runs::runs;
    use crate::literals::contains;
    use crate::rule::Limits;
    use crate::span::Span;
    use crate::synthetic::expand;
    use crate::text::Text;

    /// Returns a made-up secret of a kind such as `token40` or `hex37`.
    pub(crate) fn made(kind: &str) -> String {
        expand(&format!("@@{kind}@@")).expect("a kind of marker").text
    }

    /// Removes the marks `«` and `»` from a text and returns it with the span between them.
    #[track_caller]
    pub(crate) fn marked(text: &str) -> (String, Span) {
        let (before, rest) = text.split_once('«').expect("a place is marked");
        let (inside, after) = rest.split_once('»').expect("the place ends");
        (format!("{before}{inside}{after}"), Span::new(before.len(), before.len() + inside.len()))
    }

    /// Calls `ask` with the input that the scanner would make of a file.
    pub(crate) fn asked<T>(path: &str, text: &str, ask: impl FnOnce(&Input<'_>) -> T) -> T {
        let (path, text) = (BlobPath::new(path), Text::decode(text.as_bytes()));
        let runs = runs(text.bytes(), Span::new(0, text.bytes().len()));
        let mut signs = Signs::default();
        for (sign, words) in SIGNS {
            if words.iter().any(|word| contains(text.bytes(), word.as_bytes())) {
                signs.insert(*sign);
            }
        }
        ask(&Input::new(&path, &text, &runs, signs, 0, Limits::default()))
    }
}
