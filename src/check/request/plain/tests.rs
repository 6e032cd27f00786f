//! Which calls go over plain HTTP: tables for the decisions of `plain`.

// flaresec: allow-start(tls-verification-disabled) texts that tests look at

use super::call::host_of_call;
use super::{
    JOINED, PLAIN, SPLIT, bare_hosts, defined_host, first_word, has_https_beside, has_longer_host,
    has_open_host, in_message, in_other_item, is_link, is_namespace, is_of_another_host, other_host_closer,
};
use crate::check::Input;
use crate::check::tests::{asked, marked};
use crate::fact::place::around;
use crate::span::Span;

/// Returns what `decide` says about the marked place of a file.
#[track_caller]
fn of(path: &str, text: &str, decide: impl Fn(&Input<'_>, Span) -> bool) -> bool {
    let (text, span) = marked(text);
    asked(path, &text, |input| decide(input, span))
}

#[test]
fn an_address_that_is_mended_or_quoted_is_no_call() {
    for text in [
        "s/«http://api.cloudflare.com»/https://api.cloudflare.com/",
        "u.replace('«http://api.cloudflare.com»', 'https://api.cloudflare.com')",
        "{ \"https://api.cloudflare.com\": 1, \"«http://api.cloudflare.com»\": 0 }",
    ] {
        assert!(of("a.sh", text, has_https_beside), "{text}");
    }
    for text in [
        "curl «http://api.cloudflare.com»",
        "curl «http://api.cloudflare.com»\ncurl https://api.cloudflare.com",
        "curl «http://api.cloudflare.com» -e https://www.cloudflare.com",
        "f(«scheme='http'», 'https://api.cloudflare.com')",
    ] {
        assert!(!of("a.sh", text, has_https_beside), "{text}");
    }
    assert!(of("a.sh", "warn '«http://api.cloudflare.com» is not encrypted'", in_message));
    assert!(!of("a.sh", "curl «http://api.cloudflare.com» -H 'a: b'", in_message));
    assert!(!of("a.sh", "curl «http://api.cloudflare.com» && echo done", in_message));
}

#[test]
fn links_namespaces_and_longer_hosts_only_look_like_addresses() {
    let http = "«http://api.cloudflare.com/x»";
    for before in ["<a href=\"", "<a href='", "<a href=", "<Link href={\""] {
        assert!(of("a.html", &format!("{before}{http}"), is_link), "{before}");
    }
    for before in ["<a href=\"x\">", "<form action=\"", "url=\"", ""] {
        assert!(!of("a.html", &format!("{before}{http}"), is_link), "{before}");
    }
    for before in ["<a xmlns:cf=\"", "\"$schema\": \"", "\"@context\": \"", "{\"$id\": \"", "  XMLNS=\""] {
        assert!(of("a.xml", &format!("{before}{http}"), is_namespace), "{before}");
    }
    for before in ["\"schema\": \"", "\"id\": \"", "xmlns=\"a\"\nurl=\"", ""] {
        assert!(!of("a.xml", &format!("{before}{http}"), is_namespace), "{before}");
    }
    assert!(of("a.sh", "«http://api.cloudflare.com.example.org/x»", has_longer_host));
    assert!(!of("a.sh", "«http://api.cloudflare.com/x.example.org»", has_longer_host));
    assert!(!of("a.sh", "«http://api.cloudflare.com./x»", has_longer_host));
}

#[test]
fn a_switch_belongs_to_the_host_beside_it() {
    for text in [
        "f({ host: 'db.example.net', «ssl: false» }, 'api.cloudflare.com')",
        "f(hostname=\"db.example.net\", «port=80»)",
    ] {
        assert!(of("a.py", text, is_of_another_host), "{text}");
    }
    for text in [
        "f({ host: 'api.cloudflare.com', «ssl: false» })",
        "f({ host: host, «ssl: false» })",
        "host = 'db.example.net'\nf({ «ssl: false» })",
        "host = 'db.example.net', «ssl = false»",
    ] {
        assert!(!of("a.py", text, is_of_another_host), "{text}");
    }
    let closer = |input: &Input<'_>, span| other_host_closer(input, span, around(input.text, span, 400));
    for text in [
        "a('https://api.cloudflare.com')\nb('https://db.example.net', «ssl=False»)",
        "a('db.example.net', «ssl=False»)\nb('https://api.cloudflare.com')",
    ] {
        assert!(of("a.py", text, closer), "{text}");
    }
    for text in [
        "a('https://db.example.net')\nb('https://api.cloudflare.com', «ssl=False»)",
        "a('api.cloudflare.com', «ssl=False»)\nb('https://db.example.net')",
        "a(«ssl=False»)",
    ] {
        assert!(!of("a.py", text, closer), "{text}");
    }
    let text = "- a: api.cloudflare.com\n  b: 1\n- c: db\n  «ssl: no»\n- d: 1\n";
    assert!(of("a.yml", text, in_other_item));
    assert!(!of("a.toml", text, in_other_item));
    assert!(!of("a.yml", "- a: db\n  b: 1\n- c: api.cloudflare.com\n  «ssl: no»\n- d: 1\n", in_other_item));
}

#[test]
fn a_scheme_has_a_say_where_the_host_has_none() {
    let open = |text: &str| {
        asked("a.py", text, |input| has_open_host(input, Span::new(0, input.text.bytes().len())))
    };
    for text in [
        "host = 'api.cloudflare.com'",
        "http://api.cloudflare.com",
        "https://api.cloudflare.com\nhost = 'api.cloudflare.com'",
        "https://a.example.net\napi.cloudflare.com",
    ] {
        assert!(open(text), "{text}");
    }
    for text in [
        "https://api.cloudflare.com",
        "HTTPS://api.cloudflare.com",
        "https://${ACCOUNT}.r2.cloudflarestorage.com",
        "www.cloudflare.com",
    ] {
        assert!(!open(text), "{text}");
    }
    for text in ["curl api.cloudflare.com/a", "u=\"api.cloudflare.com/a\"", "\tapi.cloudflare.com/"] {
        assert!(!bare_hosts(text.as_bytes()).is_empty(), "{text}");
    }
    for text in ["https://api.cloudflare.com/a", "curl api.cloudflare.com", "api.cloudflare.com/a"] {
        assert!(bare_hosts(text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn a_scheme_and_a_host_may_be_written_apart() {
    let split = |text: &str| !SPLIT.spans(text.as_bytes()).is_empty();
    for text in [
        "protocol = URLProtocol.HTTP\nhost = a",
        "scheme: Scheme::HTTP, host: a",
        "scheme(http::uri::Scheme::HTTP)",
        "scheme: :http, host: a",
        "req GET (http \"api.cloudflare.com\" /: \"client\")",
        "new URI(\"http\", \"api.cloudflare.com\", path, null)",
        "Mint.HTTP.connect(:http, \"api.cloudflare.com\", port)",
        "HTTP::Client.new(\"api.cloudflare.com\", tls: false)",
        "HTTP::Client.new \"api.cloudflare.com\", tls: nil",
        "{ host: 'api.cloudflare.com', ssl: false }",
    ] {
        assert!(split(text), "{text}");
    }
    for text in [
        "protocol = URLProtocol.HTTPS\nhost = a",
        "scheme = config.http.scheme",
        "req GET (https \"api.cloudflare.com\" /: \"client\")",
        "new URI(\"https\", \"api.cloudflare.com\", path, null)",
        "HTTP::Client.new(\"api.cloudflare.com\", tls: true)",
    ] {
        assert!(!split(text), "{text}");
    }
    for (text, joined) in [
        ("urlunsplit((\"http\", HOST, path, '', ''))", true),
        ("URI::build('http', $host)", true),
        ("urlunsplit((\"https\", HOST, path, '', ''))", false),
        ("[\"http\", \"https\"]", false),
    ] {
        assert_eq!(JOINED.is_match(text.as_bytes()), joined, "{text}");
    }
    for (text, plain) in [
        ("url=http\\://api.cloudflare.com/client/v4", true),
        ("url=http\\:\\/\\/api.cloudflare.com", true),
        ("url=https\\://api.cloudflare.com/client/v4", false),
    ] {
        assert_eq!(PLAIN.is_match(text.as_bytes()), plain, "{text}");
    }
}

#[test]
fn parts_of_an_address_are_joined() {
    for text in [
        "'http://' . env('R2_ACCOUNT') . '.r2.cloudflarestorage.com'",
        "'http://' . $this->account . '.eu.r2.cloudflarestorage.com'",
        "\"http://\" + os.environ[\"R2_ACCOUNT\"] + \".r2.cloudflarestorage.com\"",
        "'http://' + process.env.R2_ACCOUNT + '.r2.cloudflarestorage.com'",
        "\"http://\" .. os.getenv(\"A\") .. \".r2.cloudflarestorage.com\"",
        "\"http://\" <> System.get_env(\"A\") <> \".r2.cloudflarestorage.com\"",
        "\"http://\" ++ account ++ \".r2.cloudflarestorage.com\"",
        "join(\"\", [\"http://\", var.account, \".r2.cloudflarestorage.com\"])",
    ] {
        assert!(PLAIN.is_match(text.as_bytes()), "{text}");
    }
    for text in [
        "'https://' . env('R2_ACCOUNT') . '.r2.cloudflarestorage.com'",
        "'http://' . env('MINIO') . '.minio.lan'",
        "\"http://\" + host + \"/x\", \"a.r2.cloudflarestorage.com\"",
        "['http://', 'https://'].map(f), a + '.r2.cloudflarestorage.com'",
    ] {
        assert!(!PLAIN.is_match(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_call_may_be_given_the_host_before_its_options() {
    let host = |text: &str| {
        let (text, switch) = marked(text);
        asked("a.go", &text, |input| host_of_call(input, switch))
            .map(|span| text[span.start..span.end].to_owned())
    };
    for text in [
        "minio.New(fmt.Sprintf(\"%s.r2.cloudflarestorage.com\", id), &minio.Options{\n\tCreds: f(a, b),\n\t«Secure: false»,\n})",
        "endpoint := id + \".r2.cloudflarestorage.com\"\nminio.New(endpoint, &minio.Options{«Secure: false»})",
        "Minio(f\"{id}.r2.cloudflarestorage.com\", key, «secure=False»)",
        "HOST = \"{}.r2.cloudflarestorage.com\".format(ID)\n\nMinio(HOST, «secure=False»)",
    ] {
        assert_eq!(host(text).as_deref(), Some(".r2.cloudflarestorage.com"), "{text}");
    }
    for text in [
        "minio.New(\"minio:9000\", &minio.Options{«Secure: false»})\nf(\"a.r2.cloudflarestorage.com\")",
        "all({ host: \"a.r2.cloudflarestorage.com\" }, { host: \"minio\", «secure: false» })",
        "endpoint := id + \".r2.cloudflarestorage.com\"\nendpoint = \"minio:9000\"\nminio.New(endpoint, &minio.Options{«Secure: false»})",
        "f(\"a.r2.cloudflarestorage.com\"); cookie({ «secure: false» })",
        "f(\"a.r2.cloudflarestorage.com\", g({ cookie: { «secure: false» } }))",
    ] {
        assert_eq!(host(text), None, "{text}");
    }
}

#[test]
fn a_name_may_hold_the_host() {
    let host = |text: &str, name: &str| {
        defined_host(text.as_bytes(), name.as_bytes()).map(|span| text[span.start..span.end].to_owned())
    };
    for (text, name) in [
        ("HOST = \"api.cloudflare.com\"", "HOST"),
        ("host: 'api.cloudflare.com/client'", "cfg.host"),
        ("'host' => 'api.cloudflare.com'", "host"),
        ("HOST = a\nHOST := `api.cloudflare.com`", "HOST"),
        ("set('host', 'api.cloudflare.com')", "host"),
    ] {
        assert_eq!(host(text, name).as_deref(), Some("api.cloudflare.com"), "{text}");
    }
    for (text, name) in [
        ("HOST = \"https://api.cloudflare.com\"", "HOST"),
        ("HOST = \"www.cloudflare.com\"", "HOST"),
        ("HOST = f(\"api.cloudflare.com\")", "HOST"),
        ("HOSTapi.cloudflare.com", "HOST"),
        ("HOST = \"api.cloudflare.com\"", "HOST."),
        ("HOST = \"api.cloudflare.com\"", "cfg.BASE"),
    ] {
        assert_eq!(host(text, name), None, "{text}, {name}");
    }
    for (text, word) in [("port = 80", "port"), ("use_https=0", "use_https"), ("-x", ""), ("", "")] {
        assert_eq!(first_word(text.as_bytes()), word.as_bytes(), "{text}");
    }
}

// flaresec: allow-end
