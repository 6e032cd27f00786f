//! Which headers are a use of the key: tables for the decisions of `headers`.

use super::both::has_branch;
use super::lisp::is_in_pair;
use super::{
    address, constants, first_header, forms, has_other_hosts, in_sentence, is_file_of_other_vendor,
    is_for_other_host, is_listed, is_not_sent, is_of_other_vendor, trimmed_len, zip,
};
use crate::blob::BlobPath;
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
fn lists_of_names_are_told_from_pairs() {
    for text in [
        "hidden = [\"X-Auth-Email\", \"«X-Auth-Key\", \"Content-Type\"»]",
        "hidden = [\"«X-Auth-Key\", \"X-Auth-Email\"»]",
        "var hidden = []string{\"«X-Auth-Key\", \"Authorization\"»}",
        "hidden = [\n  'X-Auth-Email',\n  '«X-Auth-Key',\n»]",
        "    \"«X-Auth-Key\",\n    \"Cookie\"»",
    ] {
        assert!(of("a.py", text, is_listed), "{text}");
    }
    for text in [
        "h.set(\"«X-Auth-Key\", key)»",
        "h = {\"«X-Auth-Key\", key»}",
        "h = [(\"X-Auth-Email\", email), (\"«X-Auth-Key\", key)»]",
        "h = [\"«X-Auth-Key\", key»]",
        "h = [\"«X-Auth-Key\", \"${KEY}\"»]",
        "call(url, \"«X-Auth-Key\", $key)»",
        "h.set(\n    \"«X-Auth-Key\", key)»",
        "h = {\"«X-Auth-Key\": key, \"Accept\": \"a\"»}",
        "h = {key: \"«X-Auth-Key\", value: key»}",
    ] {
        assert!(!of("a.py", text, is_listed), "{text}");
    }
}

#[test]
fn sentences_are_told_from_what_takes_a_header() {
    for before in ["Unknown ", "throw new Error('Missing ", "# the ", "  needs "] {
        assert!(in_sentence(before.as_bytes()), "{before}");
    }
    for before in [
        "curl -H ",
        "curl --header ",
        "  header ",
        "proxy_set_header ",
        "more_set_headers ",
        "  set ",
        "const ",
        "X-Auth-Email:$CF_USER ",
        "[X-Auth-Email ${mail} ",
        "$creds.email ",
        "[request ",
        "  \"",
        "unknown\"",
        "",
        "  ",
    ] {
        assert!(!in_sentence(before.as_bytes()), "{before}");
    }
}

#[test]
fn the_host_of_a_request_says_whose_header_it_is() {
    for text in [
        "fetch(\"https://api.example.net/firm\", { headers: { \"«X-Auth-Key\": env.KEY» } })",
        "fetch(`https://api.example.net/firm?q=${q}`, { headers: { \"«X-Auth-Key\": key» } })",
        "curl https://api.example.net/firm -H '«X-Auth-Key: $K»'",
    ] {
        assert!(of("a.js", text, is_for_other_host), "{text}");
    }
    for text in [
        "fetch(\"https://api.cloudflare.com/client/v4\", { headers: { \"«X-Auth-Key\": env.KEY» } })",
        "fetch(\"https://relay.example.net/client/v4/zones\", { headers: { \"«X-Auth-Key\": env.KEY» } })",
        "fetch(\"https://relay.example.net/zones\", { headers: { \"«X-Auth-Key\": env.CF_KEY» } })",
        "fetch(`https://${host}/zones`, { headers: { \"«X-Auth-Key\": env.KEY» } })",
        "fetch(url, { headers: { \"«X-Auth-Key\": env.KEY» } }); fetch(\"https://api.example.net\")",
    ] {
        assert!(!of("a.js", text, is_for_other_host), "{text}");
    }
}

#[test]
fn what_ends_a_script_decides_nothing() {
    for text in ["if a", "a ? b : c", "a || b", "a && b", "elif", "} else {", "case a in"] {
        assert!(has_branch(text.as_bytes()), "{text}");
    }
    for text in ["a || exit 1", "a || true", "a || return", "notify", "elsewhere", "what? yes", ""] {
        assert!(!has_branch(text.as_bytes()), "{text}");
    }
}

#[test]
fn pairs_of_lisps_are_told_from_sets_and_lists() {
    for text in [
        "{:a 1 \"«X-Auth-Key\" (:key cfg)»}",
        "{\"«X-Auth-Key\" key»}",
        "'((\"a\" . b) (\"«X-Auth-Key\" . key»))",
        "(list (cons \"«X-Auth-Key\" key»))",
    ] {
        let (text, span) = marked(text);
        assert!(is_in_pair(text.as_bytes(), span), "{text}");
    }
    for text in [
        "#{\"«X-Auth-Key\" \"Cookie\"»}",
        "[\"«X-Auth-Key\" \"Cookie\"»]",
        "'(\"«X-Auth-Key\" \"Cookie\"»)",
        "(list \"«X-Auth-Key\" \"Cookie\"»)",
        "{:a 1} \"«X-Auth-Key\" key»",
    ] {
        let (text, span) = marked(text);
        assert!(!is_in_pair(text.as_bytes(), span), "{text}");
    }
}

#[test]
fn a_file_or_a_value_may_be_somebody_elses() {
    let other = |path: &str, text: &str| is_file_of_other_vendor(text.as_bytes(), &BlobPath::new(path));
    assert!(other("a.py", "get('https://api.zilore.com', 'X-Auth-Key')"));
    for (path, text) in [
        ("a.py", "get(BASE, 'X-Auth-Key')"),
        ("a.py", "get('https://api.cloudflare.com', 'X-Auth-Key')"),
        ("a.py", "get('https://proxy.example.net', CF_KEY)"),
        ("cloudflare/a.py", "get('https://proxy.example.net', key)"),
    ] {
        assert!(!other(path, text), "{path}: {text}");
    }
    let text = "get('https://api.zilore.com')\nh = {'«X-Auth-Key': env['ZILORE_KEY']»}";
    assert!(of("a.py", text, is_of_other_vendor));
    for text in [
        "get('https://api.cloudflare.com')\nh = {'«X-Auth-Key': env['CLOUDFLARE_KEY']»}",
        "get('https://api.cloudflare.com')\nh = {'«X-Auth-Key': env['ZILORE_KEY']»}",
        "get('https://admin.example.net')\nh = {'«X-Auth-Key': env['ADMIN_KEY']»}",
        "get('https://api.zilore.com')\nh = {'«X-Auth-Key': env['KEY']»}",
    ] {
        assert!(!of("a.py", text, is_of_other_vendor), "{text}");
    }
}

#[test]
fn comments_messages_and_readers_send_nothing() {
    for (path, text) in [
        ("a.py", "# «X-Auth-Key: key»"),
        ("a.js", "throw new Error(\"Unknown «X-Auth-Key: key»\")"),
        ("a.js", "allowHeaders: 'Authorization, «X-Auth-Key: a»'"),
        ("a.js", "redact({ \"«X-Auth-Key\": value» })"),
        ("a.js", "h = { \"«X-Auth-Key\": \"***\"» }"),
        ("a.js", "h = { '«X-Auth-Key', 'X-Auth-Email'» }"),
        ("a.js", "h = { \"X-Auth-User\": user, \"«X-Auth-Key\": key» }"),
        ("a.js", "const A = '«X-Auth-Key', B = 'X-Auth-Key'»"),
        ("a.vb", "If request.Headers(\"«X-Auth-Key\") = key» Then"),
        ("a.vb", "Return request.Headers(\"«X-Auth-Key\") = key»"),
        ("a.cs", "public Client(string «xAuthKey, string xAuthEmail, string zone)»"),
        ("a.cs", "var c = new Client(«XAuthKey, XAuthEmail, zone)»;"),
        ("a.cs", "«XAuthKey = xAuthKey»;"),
        ("a.ts", "constructor(private «xAuthKey, private xAuthEmail)»"),
    ] {
        assert!(of(path, text, is_not_sent), "{path}: {text}");
    }
    for (path, text) in [
        ("a.py", "h = {\"«X-Auth-Key\": key»}"),
        ("a.sh", "curl -H \"«X-Auth-Key: $KEY»\""),
        ("a.js", "h.set(\"«X-Auth-Key\", key)»"),
        ("a.vb", "    client.Headers(\"«X-Auth-Key\") = key»"),
        ("a.rs", "headers.insert(«X_AUTH_KEY, value)»"),
        ("a.py", "«X_AUTH_KEY = config[\"key\"]»"),
        ("a.yml", "HEADER_«X-Auth-Key: '{{ key }}'»"),
        ("a.vbs", "    .Headers(\"«X-Auth-Key\") = key»"),
        ("a.js", "h = { \"X-Auth-User-Id\": user, \"«X-Auth-Key\": key» }"),
    ] {
        assert!(!of(path, text, is_not_sent), "{path}: {text}");
    }
}

#[test]
fn a_constant_stands_for_the_header_it_names() {
    let places = |text: &str| {
        let found = asked("a.js", text, constants);
        found.iter().map(|used| text[used.place.start..used.place.end].to_owned()).collect::<Vec<_>>()
    };
    let text = "const KEY_HEADER = \"X-Auth-Key\";\nfetch(u, { headers: { [KEY_HEADER]: env.KEY } });";
    assert_eq!(places(text), ["KEY_HEADER]: env.KEY "]);
    let text = "define('AUTH_KEY', 'X-Auth-Key');\n$h = [AUTH_KEY => $key];";
    assert_eq!(places(text), ["AUTH_KEY => $key"]);
    let text = "#define HDR_KEY \"X-Auth-Key\"\nhttp.addHeader(HDR_KEY, key);";
    assert_eq!(places(text), ["HDR_KEY, key"]);
    for text in [
        "const names = [\"ZONE\", \"X-Auth-Key\"];\nf(ZONE, key)",
        "r.setValue(KEY, forHTTPHeaderField: \"X-Auth-Key\")\nf(KEY, a)",
        "const KEY_HEADER = \"X-Auth-Email\";\nf({ [KEY_HEADER]: env.KEY })",
        "const KEY_HEADER = \"X-Auth-Key\";\nf(MY_KEY_HEADER_NAME)",
    ] {
        assert_eq!(places(text), [""; 0], "{text}");
    }
}

#[test]
fn names_and_values_may_be_in_two_lists() {
    let count = |text: &str| asked("a.py", text, |input| zip::names(input).len());
    for text in [
        "NAMES = (\"X-Auth-Email\", \"X-Auth-Key\")\nh = dict(zip(NAMES, values))",
        "h = dict(zip([\"X-Auth-Key\", \"X-Auth-Email\"], [k, e]))",
        "$names = ['X-Auth-Email', 'X-Auth-Key'];\n$h = array_combine($names, $values);",
        "h = ['X-Auth-Email', 'X-Auth-Key'].zip([e, k]).to_h",
        "names := []string{\"X-Auth-Email\", \"X-Auth-Key\"}\nh := zip(names, values)",
        "NAMES: list[str] = [\"X-Auth-Key\"]\nh = dict(zip(NAMES, values, strict=True))",
        "request_headers = zipmap([\"X-Auth-Email\", \"X-Auth-Key\"], [var.mail, var.key])",
    ] {
        assert_eq!(count(text), 1, "{text}");
    }
    for text in [
        "HIDDEN = (\"X-Auth-Email\", \"X-Auth-Key\")\nh = dict(zip(NAMES, values))",
        "HIDDEN = (\"X-Auth-Email\", \"X-Auth-Key\")\nh = unzip(file)",
        "hide([\"X-Auth-Email\", \"X-Auth-Key\"])\nzip(a, b)",
    ] {
        assert_eq!(count(text), 0, "{text}");
    }
}

#[test]
fn settings_of_another_host_are_no_use() {
    let text = "- url: https://api.cloudflare.com\n  h: Bearer $A\n- url: https://metrics.example.org\n  «httpHeaderName1: X-Auth-Key»\n";
    assert!(of("a.yml", text, has_other_hosts));
    for text in [
        "- url: https://metrics.example.org\n  h: Bearer $A\n- url: https://api.cloudflare.com\n  «httpHeaderName1: X-Auth-Key»\n",
        "- url: $URL\n  «httpHeaderName1: X-Auth-Key»\n",
    ] {
        assert!(!of("a.yml", text, has_other_hosts), "{text}");
    }
}

#[test]
fn the_nearest_address_is_taken_whole() {
    let found = |text: &str| {
        let (text, span) = marked(text);
        asked("a.sh", &text, |input| {
            let place = address(input, span, around(input.text, span, 600))?;
            Some(String::from_utf8_lossy(input.text.get(place)).into_owned())
        })
    };
    let text = "curl https://api.cloudflare.com/client/v4/zones -H '«X-Auth-Key: $K»'";
    assert_eq!(found(text).as_deref(), Some("https://api.cloudflare.com/client/v4/zones"));
    let text =
        "a(\"api.cloudflare.com\", {\"«X-Auth-Key\": k»}); b(\"https://api.cloudflare.com/client/v4\", 1, 2)";
    assert_eq!(found(text).as_deref(), Some("api.cloudflare.com"));
    assert_eq!(found("curl https://www.cloudflare.com -H '«X-Auth-Key: $K»'"), None);
}

#[test]
fn values_end_before_their_quotes() {
    for (text, length) in [("a: b\" \\", 4), ("a: b';", 4), ("a: b", 4), ("a: ${B}\"", 7), ("\"'", 2)] {
        assert_eq!(trimmed_len(text.as_bytes()), length, "{text}");
    }
}

#[test]
fn headers_are_read_in_every_syntax() {
    for (text, found) in [
        ("h.Set(\"X-Auth-Key\", *key)", "X-Auth-Key\", *key)"),
        ("http.setRequestHeader \"X-Auth-Key\", sKey", "setRequestHeader \"X-Auth-Key\", sKey"),
        ("h(\"X-Auth-Key\") = My.Key", "X-Auth-Key\") = My.Key"),
        ("h[\"X-Auth-Key\"] <- key", "X-Auth-Key\"] <- key"),
        ("defaults & header \"X-Auth-Key\" .~ [key]", "header \"X-Auth-Key\" .~ [key]"),
        ("setRequestHeader \"X-Auth-Key\" [key] req", "setRequestHeader \"X-Auth-Key\" [key]"),
        ("Http.header \"X-Auth-Key\" model.key\n", "header \"X-Auth-Key\" model.key"),
        ("print(\"\\r\\nX-Auth-Key: \" + KEY + \"\\r\\n\")", "\\nX-Auth-Key: \" + KEY + \"\\r\\n\""),
    ] {
        let places = asked("a.x", text, forms::places);
        let places: Vec<&str> = places.iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(places, [found], "{text}");
    }
    for (path, text, found) in [
        ("a.kt", "mapOf(\"X-Auth-Key\" to key, \"X-Auth-Email\" to mail)", "X-Auth-Key\" to key"),
        ("a.scala", "Map(\"X-Auth-Email\" -> mail, \"X-Auth-Key\" -> key)", "X-Auth-Key\" -> key"),
    ] {
        let places = asked(path, text, forms::places);
        let places: Vec<&str> = places.iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(places, [found], "{text}");
    }
    let told = "error(\"set \\\"X-Auth-Key\\\" to your key\")";
    assert_eq!(asked("a.py", told, forms::places), []);
    let text = "for name in \"X-Auth-Key\", \"X-Auth-Email\"";
    assert_eq!(asked("a.x", text, forms::places), []);
    let text = "X-Auth-Key: \" + K + \"\\r\\nX-Auth-Email: \" + E";
    let own = first_header(text.as_bytes(), Span::new(0, text.len()));
    assert_eq!(&text[..own.end], "X-Auth-Key: \" + K + ");
}

#[test]
fn a_header_is_sent_to_the_address_of_its_own_request() {
    let text = "curl https://api.cloudflare.com/client/v4/zones?a \\\n  -H \"X-Auth-Email: $M\" \\\n  -H \"«X-Auth-Key: $K»\"\n\
                curl https://api.cloudflare.com/client/v4/accounts -H \"X-Auth-Key: $K\"\n";
    let (text, span) = marked(text);
    let own = asked("a.sh", &text, |input| address(input, span, Span::new(0, text.len()))).unwrap();
    assert_eq!(&text[own.start..own.end], "https://api.cloudflare.com/client/v4/zones?a");
}
