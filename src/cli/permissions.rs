//! `flaresec permissions`: what a token must be allowed to do, for one operation or for all calls in a tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Mutex;

use clap::Args;
use flaresec::blob::{Blob, BlobPath};
use flaresec::check::operation::operations;
use flaresec::endpoint::{self, NO_TOKEN, Needs, Scope, granted_on, needs, permission, template};
use flaresec::literals::contains;
use flaresec::source::{Failure, SkipReason, Visitor, worktree};
use flaresec::text::Text;

use super::{INCOMPLETE, complain, print};

/// Arguments of `flaresec permissions`.
#[derive(Debug, Args)]
pub(crate) struct PermissionsArgs {
    /// HTTP method and path of an operation: `PUT /zones/$ZONE/dns_records/$ID`
    #[arg(value_names = ["METHOD", "PATH"], num_args = 2, required_unless_present = "scan")]
    operation: Vec<String>,
    /// Print the least privilege that a token needs for all calls found in the given files and folders
    #[arg(long, value_name = "PATHS", num_args = 1.., conflicts_with = "operation")]
    scan: Vec<PathBuf>,
}

/// The size up to which files are read, in bytes: larger ones hold data, not calls.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Carries out the command and returns the exit code.
pub(crate) fn run(args: &PermissionsArgs) -> u8 {
    match args.operation.as_slice() {
        [method, path] => one(method, path),
        _ => scan(&args.scan),
    }
}

/// The methods of HTTP that the API uses, and those that ask about one.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

fn one(method: &str, path: &str) -> u8 {
    if !METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)) {
        let known = format!("write one of {}, then the path", METHODS.join(", "));
        return complain(&format!("`{method}` is no HTTP method"), &known);
    }
    let Some(needs) = needs(method, path) else {
        return complain(
            &format!("no documented operation `{method} {path}`"),
            "write the path as the API documentation does: /zones/{zone_id}/dns_records",
        );
    };
    let mut out = String::new();
    if !needs.token {
        let _ = writeln!(out, "{NO_TOKEN}");
    } else if needs.groups.is_empty() {
        let _ = writeln!(out, "no permission group is documented for this operation");
    }
    for (at, group) in needs.groups.iter().enumerate().filter(|_| needs.token) {
        let or = if at > 0 { "or     " } else { "needs: " };
        let _ = writeln!(out, "{or}{}", permission(needs.scope, group));
    }
    print(out.as_bytes())
}

/// Collects the calls of many files.
#[derive(Default)]
struct Calls {
    found: Mutex<BTreeMap<(String, String), BTreeSet<BlobPath>>>,
    failures: Mutex<Vec<Failure>>,
}

impl Calls {
    fn add(&self, path: &BlobPath, bytes: &[u8]) {
        let text = Text::decode(bytes);
        let about = contains(text.bytes(), b"cloudflare");
        if !about {
            return;
        }
        let mut found = self.found.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for call in operations(text.bytes()) {
            found.entry((template(&call.path), call.method)).or_default().insert(path.clone());
        }
    }
}

impl Visitor for Calls {
    fn blob(&self, blob: Blob<'_>) {
        let mut bytes = Vec::new();
        match blob.content.take(LARGEST).read_to_end(&mut bytes) {
            Ok(_) => self.add(&blob.path, &bytes),
            Err(error) => self.failed(Failure {
                what: blob.path.to_text(),
                cause: format!("cannot be read: {error}"),
                remedy: String::from("make it readable, or leave it out"),
            }),
        }
    }

    fn skipped(&self, _: BlobPath, _: SkipReason) {}

    fn failed(&self, failure: Failure) {
        self.failures.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(failure);
    }
}

fn scan(paths: &[PathBuf]) -> u8 {
    let calls = Calls::default();
    worktree::walk(&worktree::Options { paths: paths.to_vec(), ..Default::default() }, &calls);
    let found = calls.found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    let known: Vec<Operation> = found.iter().filter_map(Operation::new).collect();
    let code = print(
        if known.is_empty() { String::from("no calls of the Cloudflare API found\n") } else { table(&known) }
            .as_bytes(),
    );
    let failures = calls.failures.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    for failure in &failures {
        complain(&format!("{}: {}", failure.what, failure.cause), &failure.remedy);
    }
    if failures.is_empty() { code } else { INCOMPLETE }
}

/// A call that the endpoint table knows.
struct Operation {
    method: String,
    path: String,
    files: Vec<String>,
    needs: Needs,
}

impl Operation {
    fn new((key, files): (&(String, String), &BTreeSet<BlobPath>)) -> Option<Operation> {
        let (path, method) = key;
        let files = files.iter().map(BlobPath::to_text).collect();
        Some(Operation { method: method.clone(), path: path.clone(), files, needs: needs(method, path)? })
    }

    fn line(&self, out: &mut String) {
        let more = self.files.len() - 1;
        let files = self.files.first().map_or("", String::as_str);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(out, "      {:<6} {:<44} {files}{more}", self.method, self.path);
    }
}

/// Returns the permission groups by scope with the calls that need them, then the calls that need none, then the body of
/// the request that creates the token.
fn table(known: &[Operation]) -> String {
    let mut groups: BTreeMap<(Scope, &str), Vec<&Operation>> = BTreeMap::new();
    let (mut none, mut open) = (Vec::new(), Vec::new());
    for operation in known {
        let first = operation.needs.groups.first().filter(|group| endpoint::is_group(group));
        match first {
            _ if !operation.needs.token => none.push(operation),
            Some(group) => {
                let scope = granted_on(operation.needs.scope, group);
                groups.entry((scope, group)).or_default().push(operation);
            }
            None => open.push(operation),
        }
    }
    // Write includes read.
    let writes: BTreeSet<(Scope, String)> = groups
        .keys()
        .filter_map(|(scope, group)| Some((*scope, format!("{} Read", group.strip_suffix(" Write")?))))
        .collect();
    let covered = |key: &(Scope, &str)| writes.contains(&(key.0, key.1.to_owned()));
    let mut out = String::new();
    for (key, operations) in &groups {
        let note = if covered(key) { " (included in Edit)" } else { "" };
        let _ = writeln!(out, "{}{note}", permission(key.0, key.1));
        operations.iter().for_each(|operation| operation.line(&mut out));
    }
    for (title, operations) in
        [(NO_TOKEN, none), ("no particular permission needed, or none documented", open)]
    {
        if !operations.is_empty() {
            let _ = writeln!(out, "{title}");
            operations.iter().for_each(|operation| operation.line(&mut out));
        }
    }
    groups.retain(|key, _| !covered(key));
    if !groups.is_empty() {
        let keys: Vec<(Scope, &str)> = groups.into_keys().collect();
        let _ = writeln!(out, "\nPOST /user/tokens\n{}", body(&keys));
    }
    out
}

/// Returns the body of the request that creates the token, with placeholders in angle brackets for ids.
fn body(groups: &[(Scope, &str)]) -> String {
    let policies: Vec<serde_json::Value> = [
        (Scope::Zone, "com.cloudflare.api.account.zone.<zone id>"),
        (Scope::Account, "com.cloudflare.api.account.<account id>"),
        (Scope::User, "com.cloudflare.api.user.<user id>"),
    ]
    .into_iter()
    .filter_map(|(scope, resource)| {
        let names: Vec<serde_json::Value> = groups
            .iter()
            .filter(|(of, _)| *of == scope)
            .map(|(_, name)| serde_json::json!({"id": "<id from GET /user/tokens/permission_groups>", "name": name}))
            .collect();
        let policy = serde_json::json!({"effect": "allow", "resources": {resource: "*"}, "permission_groups": names});
        (!names.is_empty()).then_some(policy)
    })
    .collect();
    let token = serde_json::json!({"name": "<what it is for>", "policies": policies});
    serde_json::to_string_pretty(&token).expect("plain values can be written")
}
