//! What names stand for, in small programs.

use super::sent::bound_again;
use super::{Known, is_known};
use crate::text::Text;

#[test]
fn loops_and_prompts_give_a_name_another_value() {
    for text in [
        "for key in keys:",
        "for i, key in enumerate(keys):",
        "for key := range keys {",
        "for (const key of keys) {",
        "foreach ($keys as $key => $v) {",
        "foreach (var key in keys)",
        "for (String key : keys) {",
        "keys.each do |key, v|",
        "while read -r key v; do",
        "keys.map(key => f(key))",
    ] {
        assert!(bound_again(text.as_bytes(), b"key").is_some(), "{text}");
    }
    for text in ["def zones(key, email):", "key = read()", "for i in f(key):", "get(key)", "monkey in keys"] {
        assert!(bound_again(text.as_bytes(), b"key").is_none(), "{text}");
    }
}

#[test]
fn what_is_sent_is_known_where_it_means_the_credential() {
    let text = "def a(key):\n    HERE(key)\n    get('https://api.cloudflare.com', headers={'X-Auth-Key': key})\n\ndef b(key):\n    THERE(key)\n";
    let decoded = Text::decode(text.as_bytes());
    let known = Known::of(&decoded);
    let at = |word: &str| text.find(word).unwrap();
    assert!(is_known(b"key", at("HERE"), &known, b""));
    assert!(!is_known(b"key", at("THERE"), &known, b""));
    assert!(!is_known(b"other", at("HERE"), &known, b""));
}

#[test]
fn what_is_sent_may_be_a_member() {
    for sent in [
        "\"Authorization: Bearer {$this->apiKey}\"",
        "'Authorization' => 'Bearer ' . $this->apiKey",
        "\"Bearer #{@apiKey}\"",
        "'Bearer ' . $apiKey",
    ] {
        let text = format!("get('https://api.cloudflare.com', {sent})\n");
        assert!(is_known(b"apiKey", 0, &Known::new(text.as_bytes()), b""), "{sent}");
        assert!(!is_known(b"this", 0, &Known::new(text.as_bytes()), b""), "{sent}");
    }
}

#[test]
fn a_token_is_rolled_whatever_its_id_is() {
    for path in [
        "/user/tokens/$ID/value",
        "/user/tokens/${{ vars.TOKEN_ID }}/value",
        "/user/tokens/#{id}/value",
        "/tokens/' + id + '/value",
        "/tokens/' . $id . '/value",
        "/tokens/\"$ID\"/value",
    ] {
        assert!(is_known(b"NEW_TOKEN", 0, &Known::new(path.as_bytes()), b""), "{path}");
    }
    for path in ["/tokens/", "/tokens/a 'b' /value", "/tokens/ is not\n'x'/value"] {
        assert!(!is_known(b"NEW_TOKEN", 0, &Known::new(path.as_bytes()), b""), "{path}");
    }
}

#[test]
fn a_token_that_was_made_is_known() {
    let text = b"t = client.user.tokens.create(name='a')\nu = get()\n";
    let known = Known::new(text);
    assert!(is_known(b"t.value", 0, &known, b""));
    assert!(!is_known(b"u.value", 0, &known, b""));
    assert!(!is_known(b"t.id", 0, &known, b""));
    // flaresec: allow(credential-logged) what a test looks at
    let made = b"post('/user/tokens', { policies })\nprint(a.result.value)\n";
    assert!(is_known(b"a.result.value", 0, &Known::new(made), b""));
    assert!(!is_known(b"a.result.value", 0, &Known::new(b"print(a.result.value)"), b""));
}
