//! What traces show: tables for the decisions of `trace`.

use super::super::Known;
use super::super::tests::found;
use super::{traces, verbose};
use crate::check::tests::asked;

#[test]
fn traces_and_verbose_requests_show_what_they_use() {
    let traced_in = |path: &str, text: &str| {
        found(text, |bytes, out| asked(path, text, |input| traces(input, &Known::new(bytes), out)))
    };
    let traced = |text: &str| traced_in("a.sh", text);
    for (text, place) in [
        ("set -x\ncurl -H $CF_API_TOKEN", "set -x"),
        ("set -euxo pipefail\nf $CF_API_TOKEN", "set -euxo pipefail"),
        ("#!/bin/bash -ex\nf $CF_API_TOKEN", "#!/bin/bash -ex"),
        ("set -o xtrace\nf $CF_API_TOKEN", "set -o xtrace"),
    ] {
        assert_eq!(traced(text), [place], "{text}");
    }
    for text in [
        "set -x\nls\nset +x\nf $CF_API_TOKEN",
        "set -gx CF_API_TOKEN (pass cf)\nf $CF_API_TOKEN",
        "set -e\nf $CF_API_TOKEN",
        "set -o pipefail\nf $CF_API_TOKEN",
        "#!/bin/bash -e\nf $CF_API_TOKEN",
        "f $CF_API_TOKEN\nset -x\nls",
        "set -x\n# f $CF_API_TOKEN",
    ] {
        assert_eq!(traced(text), [""; 0], "{text}");
    }
    // Each step of a workflow has a shell of its own.
    for (path, text, places) in [
        ("a.yml", "steps:\n  - run: |\n      set -x\n      ls\n  - run: |\n      f $CF_API_TOKEN\n", 0),
        ("a.yml", "steps:\n  - run: |\n      set -x\n\n      f $CF_API_TOKEN\n  - run: ls\n", 1),
        ("a.yml", "a:\n  script:\n    - set -x\n    - f $CF_API_TOKEN\n", 1),
        ("a.yml", "a:\n  script:\n    - set -x\nb:\n  script:\n    - f $CF_API_TOKEN\n", 0),
        ("a.yml", "a:\n  before_script:\n    - set -x\n  script:\n    - f $CF_API_TOKEN\n", 1),
    ] {
        assert_eq!(traced_in(path, text).len(), places, "{text}");
    }
    let shown = |text: &str| found(text, |bytes, out| verbose(bytes, &Known::new(bytes), out));
    let header = "-H \"Authorization: Bearer $CF_API_TOKEN\"";
    for (flags, flag) in
        [("-v", "-v"), ("-sSv", "-sSv"), ("--verbose", "--verbose"), ("--trace -", "--trace -")]
    {
        assert_eq!(shown(&format!("curl {flags} {header} $URL")), [flag], "{flags}");
    }
    for text in [
        &format!("curl -s {header} $URL"),
        &format!("curl --version {header} $URL"),
        &format!("curl -s {header} $URL\ngrep -v a"),
        "curl -v $URL",
        "curl -v -H \"Authorization: Bearer $OTHER\" https://api.github.com",
    ] {
        assert_eq!(shown(text), [""; 0], "{text}");
    }
}
