//! What becomes a query: tables for the decisions of `parameters`.

use std::cell::LazyCell;
use std::collections::HashSet;

use super::{assigned, holds_credential, is_joined, is_query, is_table, parameters, value_at};

#[test]
fn tables_that_become_a_query_are_told_from_forms() {
    for text in [
        "table := u.Query()\ntable.Set(\"a\", b)",
        "table = u.searchParams",
        "var table = HttpUtility.ParseQueryString(\"\")",
        "requests.get(u, params=table)",
        "axios.get(u, { params: table })",
        "got(u, { searchParams: table })",
        "fetch(`${u}?${table}`)",
        "get(u + \"?\" + table)",
        "open(\"https://a/b?\" + urllib.parse.quote(a) + \"&\" + table)",
        "u.search = table",
        "u.RawQuery = table.Encode()",
        "open(base + \"?\" + urllib.parse.urlencode(table))",
        "fetch(`${u}?${new URLSearchParams(table)}`)",
        "mytable(1); $fetch(u, { query: table })",
    ] {
        assert!(is_query(text.as_bytes(), b"table"), "{text}");
    }
    for text in [
        "requests.post(u, data=table)",
        "fetch(u, { body: table })",
        "fetch(u, { method: 'POST', body: new URLSearchParams(table) })",
        "requests.get(u, params=my_table)",
        "requests.get(u, params=tables)",
        "get(u + \"/\" + table)",
        "table.append(u.searchParams)",
        "table = {}",
        "if (table == u.searchParams)",
        "body = ok ? new URLSearchParams(table) : null",
        "",
    ] {
        assert!(!is_query(text.as_bytes(), b"table"), "{text}");
    }
}

#[test]
fn an_address_goes_on_behind_its_question_mark() {
    for before in [
        "'https://a/b?' . ",
        "\"/b?\" + ",
        "`${u}?${",
        "f\"{u}?{",
        "\"#{u}?#{",
        "u + \"?\" + urllib.parse.",
        "u + \"?a=b&\" + ",
        "uri.query = URI.",
        "url.search = ",
    ] {
        assert!(is_joined(before.as_bytes()), "{before}");
    }
    for before in ["body = ", "\"https://a/b\" + ", "`${u}/${", "data: ", "query, ", ""] {
        assert!(!is_joined(before.as_bytes()), "{before}");
    }
}

#[test]
fn credentials_are_told_from_names_and_from_what_is_made_of_them() {
    let known = HashSet::from([b"tok".to_vec()]);
    for text in [
        "process.env.CF_API_TOKEN",
        "os.environ[\"CF_API_TOKEN\"]",
        "`${env.CF_API_TOKEN}`",
        "tok",
        " &tok ",
        "self.tok",
        "$tok",
    ] {
        assert!(holds_credential(text.as_bytes(), &known), "{text}");
    }
    for text in [
        "\"CF_API_TOKEN\"",
        "'tok'",
        "sha256(CF_API_TOKEN)",
        "mask(tok)",
        "CF_API_TOKEN.length",
        "token",
        "f(tok)",
        "tokens",
        "CF_ZONE_ID",
        "",
    ] {
        assert!(!holds_credential(text.as_bytes(), &known), "{text}");
    }
}

#[test]
fn values_end_outside_of_brackets() {
    for (text, value) in [
        ("a, b", "a"),
        ("f(a, b), c", "f(a, b)"),
        ("a)", "a"),
        ("{ a: [b, c] } }", "{ a: [b, c] } "),
        ("a; b", "a"),
        ("a\nb", "a"),
        ("f(\na)\nb", "f(\na)"),
        ("a", "a"),
    ] {
        let span = value_at(text.as_bytes(), 0);
        assert_eq!(&text[span.start..span.end], value, "{text}");
    }
}

#[test]
fn a_statement_gives_its_value_to_a_name() {
    for (before, name) in [
        ("const query = ", Some("query")),
        ("let query: Map<string, any> = ", Some("query")),
        ("query := ", Some("query")),
        ("a = 1\n  self.query = urllib.parse.", Some("query")),
        ("return ", None),
        ("send(", None),
        ("query == ", None),
        ("query = 1\n", None),
    ] {
        let found = assigned(before.as_bytes(), before.len());
        assert_eq!(found, name.map(str::as_bytes), "{before}");
    }
    for (before, itself) in [("", true), ("x\n  ", true), ("const ", true), ("f(", false), ("a, ", false)] {
        assert_eq!(is_table(before.as_bytes(), before.len()), itself, "{before}");
    }
}

#[test]
fn parameters_are_found_with_their_values() {
    let found = |text: &str| {
        let known = LazyCell::new(|| HashSet::from([b"tok".to_vec()]));
        let found = parameters(text.as_bytes(), &known);
        found.iter().map(|span| text[span.start..span.end].to_owned()).collect::<Vec<_>>()
    };
    for (text, place) in [
        ("u.searchParams.set('api_key', tok);", "api_key', tok"),
        ("q := u.Query()\nq.Set(\"token\", tok)\n", "token\", tok"),
        ("requests.get(u, params={\"token\": CF_API_TOKEN})", "token\": CF_API_TOKEN"),
        ("open(u + \"?\" + urlencode({\"token\": tok}))", "token\": tok"),
        ("URLQueryItem(name: \"token\", value: tok)", "token\", value: tok"),
        ("curl -G $URL -d token=$CF_API_TOKEN\n", "token=$CF_API_TOKEN"),
        ("http GET $URL token==$CF_API_TOKEN\n", "token==$CF_API_TOKEN"),
    ] {
        assert_eq!(found(text), [place], "{text}");
    }
    for text in [
        "u.searchParams.set('page_token', tok);",
        "u.searchParams.set('api_key', 'tok');",
        "f := url.Values{}\nf.Set(\"token\", tok)\nhttp.PostForm(u, f)\n",
        "requests.post(u, data={\"token\": CF_API_TOKEN})",
        "fetch(u, { body: new URLSearchParams({ token: tok }) })",
        "curl $URL -d token=$CF_API_TOKEN\n",
        "http POST $URL token=$CF_API_TOKEN\n",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}
