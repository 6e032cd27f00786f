//! What a scan costs per byte: `cargo bench`. `gate` is what almost every file costs, `scan` what a file costs that
//! passes it, `cliff` what must not grow with the square of its size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flaresec::blob::{Blob, BlobPath, Origin};
use flaresec::collect::Collector;
use flaresec::prefilter::Gate;
use flaresec::rule::RuleSet;
use flaresec::scan::Scanner;
use flaresec::source::Visitor as _;
use flaresec::synthetic::expand;

/// Code without a word of interest.
const CODE: &str = "static int read_block(struct file *f, size_t n)\n{\n\tif (n > f->size)\n\t\treturn -EINVAL;\n\treturn f->ops->read(f, n);\n}\n\n";
/// Code that talks to the API, without a fault.
const CLIENT: &str = "func (api *API) Zone(ctx context.Context, id string) (Zone, error) {\n\turi := \"https://api.cloudflare.com/client/v4/zones/\" + id\n\tres, err := api.get(ctx, uri, os.Getenv(\"CLOUDFLARE_API_TOKEN\"))\n\treturn decode(res), err\n}\n\n";
/// A look-alike: a commit under a name that could be a token's.
const CANDIDATE: &str = "cloudflare_token_ref: 4b825dc642cb6eb9a060e54bf8d69288fbee4904, ";

fn repeated(text: &str, bytes: usize) -> Vec<u8> {
    text.bytes().cycle().take(bytes).collect()
}

fn gate(c: &mut Criterion) {
    let text = repeated(CODE, 8 << 20);
    let gate = Gate::new(&[]);
    let mut group = c.benchmark_group("gate");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("8 MiB of code", |b| {
        b.iter(|| text.chunks(128 * 1024).any(|chunk| gate.passes(black_box(chunk))))
    });
    group.finish();
}

fn scan(c: &mut Criterion) {
    let scanner = Scanner::new(RuleSet::embedded());
    let text = repeated(CLIENT, 1 << 20);
    let mut group = c.benchmark_group("scan");
    group.sample_size(20).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("1 MiB of an API client", |b| {
        b.iter(|| scanner.scan(&BlobPath::new("client.go"), black_box(&text)).len())
    });
    group.finish();
}

/// What is written over and over, most of it on one line, under a name that has it looked at.
const LINES: &[(&str, &str, &str)] = &[
    ("candidates", "one-line.yaml", CANDIDATE),
    ("names without end", "one-line.json", "cloudflare_key_"),
    ("addresses", "urls.txt", "http://api.cloudflare.com/x, "),
    ("switches", "one-line.js", "f(\"https://api.cloudflare.com/x\", {rejectUnauthorized: false}); "),
    ("clients", "one-line.js", "const a = new Agent({rejectUnauthorized: false}); cloudflare(a); "),
    ("headers", "one-line.sh", "curl https://api.cloudflare.com/x -H \"X-Auth-Key: $K\" "),
    ("settings", "one-line.json", "\"cf_api_key\": \"$K\", \"cf_email\": \"$E\", "),
    ("equal keys", "keys.txt", "CF_KEY=@@hex37@@\n"),
    ("prints", "log.js", "console.log(process.env.CLOUDFLARE_API_TOKEN);\n"),
    ("prints of a dialect", "log.ml", "let () = Printf.printf \"token %s\\n\" cf_token\n"),
    (
        "environments",
        "deploy.yml",
        "env:\n  NODE_TLS_REJECT_UNAUTHORIZED: \"0\"\nrun: curl https://api.cloudflare.com\n",
    ),
    ("echoes", "echo.sh", "echo $CLOUDFLARE_API_TOKEN; "),
    (
        "requests",
        "curl.sh",
        "curl -k https://api.cloudflare.com/client/v4/zones -H \"X-Auth-Key: $K\" -H \"X-Auth-Email: $E\"; ",
    ),
    (
        "options of curl",
        "options.php",
        "$o[CURLOPT_HTTPHEADER] = $h; $o[CURLOPT_SSL_VERIFYPEER] = false; $h[] = \"X-Auth-Key: \".$k; ",
    ),
    ("repeated secrets", "keys.json", "\"a#\": \"@@cfut:#@@\", \"b#\": \"@@cfut:#@@\",\n"),
];

/// The text over and over, with a number in place of each `#`.
fn numbered(text: &str, bytes: usize) -> Vec<u8> {
    let mut out = String::new();
    for number in 0.. {
        if out.len() >= bytes {
            break;
        }
        out += &expand(&text.replace('#', &number.to_string())).expect("known markers").text;
    }
    out.truncate(bytes);
    out.into_bytes()
}

/// How much is found in one file by a whole scan, with what follows from its findings.
fn collected(scanner: &Scanner, path: &str, mut content: &[u8]) -> usize {
    let collector = Collector::new(scanner, None);
    let (path, origin) = (BlobPath::new(path), Origin::Worktree);
    collector.blob(Blob { path, origin, touched: None, content: &mut content });
    collector.finish().findings.len()
}

/// Four times the bytes may take four times the time, not sixteen times.
fn cliff(c: &mut Criterion) {
    let scanner = Scanner::new(RuleSet::embedded());
    let mut group = c.benchmark_group("cliff");
    group.sample_size(10);
    for (name, path, text) in LINES {
        for size in [32 << 10, 128 << 10, 512 << 10] {
            let line = numbered(text, size);
            group.throughput(Throughput::Bytes(line.len() as u64));
            group.bench_with_input(BenchmarkId::new(*name, size), &line, |b, line| {
                b.iter(|| collected(&scanner, path, black_box(line)))
            });
        }
    }
    group.finish();
}

criterion_group!(benches, gate, scan, cliff);
criterion_main!(benches);
