//! Which files are looked at: tables for the decisions of `tls`.

use super::tests_own_server;
use crate::check::tests::asked;

#[test]
fn a_test_may_compare_the_address_of_the_api_with_that_of_its_server() {
    const SERVER: &str = "server = f('127.0.0.1')\n";
    for (path, call, own) in [
        ("tests/conftest.py", "assert Client().url == 'https://api.cloudflare.com/client/v4'", true),
        ("tests/a.py", "self.assertEqual(url, 'https://api.cloudflare.com/client/v4')", true),
        ("a.test.js", "expect(url).toBe('https://api.cloudflare.com/client/v4');", true),
        ("a_test.go", "require.Equal(t, \"https://api.cloudflare.com/client/v4\", url)", true),
        ("tests/a.py", "url = 'http://localhost:80'", true),
        ("tests/a.py", "session.get('https://api.cloudflare.com/client/v4')", false),
        ("tests/a.py", "assert session.get('https://api.cloudflare.com/client/v4').ok", false),
        ("a.test.js", "expect(await fetch('https://api.cloudflare.com/client/v4')).toBe(1);", false),
        ("a.py", "assert Client().url == 'https://api.cloudflare.com/client/v4'", false),
    ] {
        let text = format!("{SERVER}{call}\n");
        assert_eq!(asked(path, &text, tests_own_server), own, "{path}: {call}");
    }
}
