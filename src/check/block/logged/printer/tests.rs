//! What functions print: tables for the decisions of `printer`.

use super::super::{Known, code, shell};
use crate::check::tests::asked;
use crate::fact::place::is_compiled;
use crate::span::Span;

/// The messages for what functions of a text print.
fn printed(path: &str, text: &str) -> Vec<String> {
    asked(path, text, |input| {
        let bytes = input.text.bytes();
        let (known, mut leaks, mut sinks) = (Known::new(bytes), Vec::new(), Vec::new());
        code::calls(input, &known, &mut leaks, &mut sinks);
        if !is_compiled(input.path) {
            shell::shell(input, &known, &mut leaks, &mut sinks);
        }
        leaks.clear();
        super::calls(bytes, &sinks, &known, &mut leaks);
        leaks.into_iter().map(|leak| leak.message).collect()
    })
}

#[test]
fn functions_print_what_they_are_given() {
    for (path, text) in [
        ("a.sh", "out() { echo \"$(date) $*\"; }\nout \"is $CF_API_TOKEN\"\n"),
        (
            "a.sh",
            "function out {\n  local text=\"$1\"\n  printf '%s' \"$text\" >&2\n}\n[ -n \"$A\" ] && out $CF_API_TOKEN\n",
        ),
        (
            "a.sh",
            "out() {\n  echo \"+ $*\"\n  \"$@\"\n}\nout curl -H \"Authorization: Bearer $CF_API_TOKEN\" $URL\n",
        ),
        (
            "a.ps1",
            "function out { param([string]$m)\n  Write-Host \"$(Get-Date) $m\"\n}\nout \"is $env:CF_API_TOKEN\"\n",
        ),
        (
            "a.py",
            "def out(level, *parts):\n    if level:\n        print(*parts)\nout(1, 'is', os.environ['CF_API_TOKEN'])\n",
        ),
        (
            "a.py",
            "class A:\n    def out(self, m):\n        self.logger.info(m)\n    def b(self):\n        self.out(f\"is {CF_API_TOKEN}\")\n",
        ),
        (
            "a.js",
            "const out = (...parts) => console.log('a', ...parts);\nout('is', process.env.CF_API_TOKEN);\n",
        ),
        (
            "a.cs",
            "class A {\n    static void out(string m)\n    {\n        Console.WriteLine(m);\n    }\n    void B() { out(\"is \" + CF_API_TOKEN); }\n}\n",
        ),
        (
            "a.go",
            "func out(f string, a ...any) {\n\tlog.Printf(f, a...)\n}\nfunc main() {\n\tout(\"is %s\", os.Getenv(\"CF_API_TOKEN\"))\n}\n",
        ),
        (
            "a.rs",
            "fn out(m: &str) {\n    eprintln!(\"{m}\");\n}\nfn main() {\n    out(&format!(\"is {}\", CF_API_TOKEN));\n}\n",
        ),
    ] {
        let found = printed(path, text);
        assert!(found.len() == 1 && found[0].ends_with("` through `out`"), "{text}: {found:?}");
    }
}

#[test]
fn functions_of_shells_give_back_what_they_print() {
    let returned = |text: &str| {
        let at = text.find("echo").unwrap();
        super::is_returned(text.as_bytes(), Span::new(at, at + 4))
    };
    for text in [
        "a() { echo $T; }\nb \"$(a)\"\n",
        "a() {\n  if c; then\n    echo $T\n  fi\n}\nb `a`\na | d\na > f\n",
        "function a {\n\techo $T\n}\nb=$(a x)\n",
    ] {
        assert!(returned(text), "{text}");
    }
    for text in [
        "a() { echo $T; }\na\n",
        "a() { echo $T; }\nb=$(a)\na\n",
        "a() { echo $T; }\n",
        "a() { b; }\nc=$(a)\necho $T\n",
        "a() {\n  b\n}\nif c; then\n  echo $T\nfi\nd=$(a)\n",
    ] {
        assert!(!returned(text), "{text}");
    }
}

#[test]
fn other_arguments_and_other_functions_are_not_printed() {
    for (path, text) in [
        ("a.sh", "out() { echo \"no $1\"; }\nout CF_API_TOKEN \"$CF_API_TOKEN\"\n"),
        ("a.sh", "out() { echo \"$1=$2\" >> .env; }\nout a \"$CF_API_TOKEN\"\n"),
        (
            "a.sh",
            "out() { echo \"$1\"; }\nb=\"$(out \"$CF_API_TOKEN\")\"\nout \"$CF_API_TOKEN\" | wrangler secret put A\n",
        ),
        (
            "a.sh",
            "out() { echo \"$1\"; }\nout \"${CF_API_TOKEN:0:4}\"\nout '$CF_API_TOKEN'\nlogout $CF_API_TOKEN\n",
        ),
        ("a.sh", "out() { echo \"${1:0:4}...\"; }\nout \"$CF_API_TOKEN\"\n"),
        (
            "a.js",
            // flaresec: allow(credential-logged) what a test looks at
            "export default {\n  async out(req, env) {\n    console.log(env);\n    await out(u, { a: CF_API_TOKEN });\n  }\n};\n",
        ),
        ("a.sh", "out() { echo done; }\nout \"$CF_API_TOKEN\"\n"),
        ("a.ps1", "function out { param($A)\n  Write-Host \"a: $($A.Length)\"\n}\nout -A $env:CF_API_TOKEN"),
        (
            "a.ps1",
            "function out { param([string]$A,\n  [string]$M)\n  Write-Host $A\n}\nout B -M $env:CF_API_TOKEN\nout B $env:CF_API_TOKEN",
        ),
        ("a.py", "def out(m):\n    print(mask(m))\nout(CF_API_TOKEN)\n"),
        ("a.py", "def out(level, m, key=None):\n    print(level, m)\nout(1, 'a', CF_API_TOKEN)\n"),
        ("a.py", "def out(m):\n    print(m)\nout(len(CF_API_TOKEN))\nother.out(CF_API_TOKEN)\n"),
        ("a.js", "function out(m) {\n  send(m);\n}\nconsole.log('a');\nout(process.env.CF_API_TOKEN);\n"),
    ] {
        let found = printed(path, text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}
