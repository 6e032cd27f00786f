//! Format strings of many languages.

use std::cell::LazyCell;
use std::collections::HashSet;

use super::super::parameter_places;
use super::formats;

#[test]
fn the_argument_of_the_same_number_decides() {
    for (text, expected) in [
        ("sprintf('%s?u=%s&tkn=%s&e=%s', URL, $mail, $cloudflare_api_key, 'x')", "tkn=%s"),
        ("fmt.Sprintf(\"https://a.b/?token=%s\", cfToken)", "token=%s"),
        ("\"https://a.b/?token=%s\" % CF_API_TOKEN", "token=%s"),
        ("\"https://a.b/?x=%d&token=%s\" % (1, CF_API_TOKEN)", "token=%s"),
        ("\"https://a.b/?token={}\".format(CF_API_TOKEN)", "token={}"),
        ("\"https://a.b/?secret={1}\".format(1, os.environ[\"CF_TOKEN\"])", "secret={1}"),
        ("format!(\"https://a.b/?token={}\", cf_token)", "token={}"),
        ("String.format(\"https://a.b/?token=%2$s\", 1, System.getenv(\"CF_TOKEN\"))", "token=%2$s"),
        ("string.Format(\"https://a.b/?a={0}&token={1}\", 1, cfToken)", "token={1}"),
        ("fmt.Sprintf(\"https://a.b/?token=%s\", id)", ""),
        ("fmt.Sprintf(\"https://a.b/?token=%s&z=%s\", id, cfToken)", ""),
        ("fmt.Sprintf(\"https://a.b/?token=%s\", sha256(cfToken))", ""),
        ("\"https://a.b/?page_token={}\".format(CF_API_TOKEN)", ""),
        ("\"https://a.b/?token={}\" + CF_API_TOKEN", ""),
    ] {
        let known = LazyCell::new(HashSet::new);
        let marks = parameter_places(text.as_bytes());
        let found = formats(text.as_bytes(), marks, &known);
        let found: Vec<&str> = found.iter().map(|span| &text[span.start..span.end]).collect();
        let expected: Vec<&str> = [expected].into_iter().filter(|text| !text.is_empty()).collect();
        assert_eq!(found, expected, "{text}");
    }
}
