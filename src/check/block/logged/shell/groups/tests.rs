//! Where groups send their output.

use super::is_collected;
use crate::fact::command::command_end;
use crate::span::Span;

/// Whether the output of the first command that prints `$T`, or `%T%`, is collected.
fn collected(text: &str) -> bool {
    let start = text.find("echo \"T=").or_else(|| text.find("echo T=")).expect("a command");
    let (end, _) = command_end(text.as_bytes(), start);
    is_collected(text.as_bytes(), Span::new(start, end))
}

#[test]
fn the_innermost_group_that_is_read_or_kept_collects() {
    for text in [
        "(crontab -l; echo \"T=$T\") | crontab -",
        "crontab -l | { cat; echo \"T=$T a\"; } | crontab -",
        "crontab -l | (cat; echo \"T=$T\") | crontab -",
        "{ echo \"T=$T\"; } > /etc/cf.ini",
        "( echo \"T=$T\" ) >> .env",
        "(echo \"T=$T\"; echo \"X=1\") | sudo tee f >/dev/null",
        "{ echo \"a\"; { echo \"T=$T\"; }; } > .env",
        "{ if a; then b; fi; echo \"T=$T\"; if c; then d; fi; } > .env",
        "if [ -n \"$T\" ]; then echo \"T=$T\"; fi > .env",
        "for i in a b; do echo \"T=$T\"; done > .env",
        "while read l; do echo \"T=$T\" \"$l\"; done < a > .env",
        "f() { echo \"T=$T\"; } > .env",
        "(\r\necho T=%T%\r\n) > .env\r\n",
        "(\r\necho A=1\r\nif a (\r\n  b\r\n)\r\necho T=%T%\r\n)>>.env\r\n",
        "{\necho \"T=$T\"\nif a; then {\nb\n}; fi\n} > .env\n",
        "(echo T=%T%)>.env",
        "exec > .env\necho \"T=$T\"\n",
        "set -e\nexec 3>&1\nexec >>/root/.env 2>&1\nif a; then\n  echo \"T=$T\"\nfi\n",
        "exec 1> .env\n\necho \"T=$T\"\n",
        "A=$(docker exec web sh -c 'echo \"T=$T\"')\n",
        "docker exec web sh -c 'echo T=$T' | docker login --password-stdin\n",
        "sh -c 'echo T=$T' > .env\n",
        "def a = sh(script: 'echo T=$T', returnStdout: true).trim()\n",
    ] {
        assert!(collected(text), "{text}");
    }
}

#[test]
fn other_groups_show_what_they_print() {
    for text in [
        "(echo \"T=$T\")",
        "{ echo \"T=$T\"; } >&2",
        "{ echo \"T=$T\"; exit 1; }",
        "{ echo \"T=$T\"; } | cat",
        "(echo \"T=$T\"; echo b) | tee f",
        "(echo \"T=$T\"); echo a > f",
        "(echo \"T=$T\") && (echo b) > f",
        "{ echo \"T=$T\"; { echo b; } > f; }",
        "{ echo \"T=$T\"; (echo b; echo c) | crontab -; }",
        "if a; then echo \"T=$T\"; fi; ls > f",
        "echo \"T=$T\"; for i in a; do b; done > f",
        "echo \"T=$T\"; echo '} > f'",
        "(\r\necho T=%T%\r\n)\r\ndir > x\r\n",
        "echo \"T=$T\"\n{\necho b\n} > f\n",
        "echo \"T=$T\"\n(\necho b\n) > f\n",
        "exec > >(tee log.txt) 2>&1\necho \"T=$T\"\n",
        "exec 2> err.txt\necho \"T=$T\"\n",
        "exec 3>&1\necho \"T=$T\"\n",
        "exec > .env\necho A=1\nexec > /dev/tty\necho \"T=$T\"\n",
        "exec 3>&1 > .env\necho A=1\nexec >&3\necho \"T=$T\"\n",
        "f() {\n  exec > .env\n  a\n}\necho \"T=$T\"\n",
        "[ -z \"$A\" ] && { echo \"T=$T\" >&2; exit 1; } > f",
        "{\n  echo \"T=$T\" > /dev/tty\n} > f\n",
        "exec nginx > log\necho \"T=$T\"\n",
    ] {
        assert!(!collected(text), "{text}");
    }
}
