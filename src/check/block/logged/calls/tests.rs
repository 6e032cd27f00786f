//! Which calls print.

use super::logs_in_ruby;

#[test]
fn ruby_logs_without_brackets() {
    for (name, rest, expected) in [
        ("logger.info", "\"a\"", true),
        ("Rails.logger.info", "'a'", true),
        ("logger.info", "a", false),
        ("catalogger.info", "\"a\"", false),
        ("log.info", "\"a\"", false),
    ] {
        assert_eq!(logs_in_ruby(name.as_bytes(), rest.as_bytes()), expected, "{name} {rest}");
    }
}
