//! What kind of file it is: by its name, or by its first line.

use std::sync::LazyLock;

use memchr::memmem;

use crate::blob::BlobPath;
use crate::fact::lines;
use crate::literals::Literals;
use crate::text::Text;

/// Whether the file is prose, judging by its name: Markdown, reStructuredText, AsciiDoc, plain text.
pub fn is_prose(path: &BlobPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    [
        &b".md"[..],
        b".mdx",
        b".markdown",
        b".rst",
        b".adoc",
        b".txt",
        b"pkg-info",
        b"metadata",
        b"readme",
        b"changelog",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}

/// Whether the file is in YAML, or a template of such a file.
pub fn is_yaml(path: &BlobPath) -> bool {
    let name = path.file_name();
    let name = [&b".j2"[..], b".erb", b".tmpl", b".tpl", b".gotmpl"]
        .into_iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    [&b".yml"[..], b".yaml", b".sls"].into_iter().any(|end| name.ends_with(end))
}

/// Whether the file is a patch.
pub fn is_patch(path: &BlobPath) -> bool {
    [&b".patch"[..], b".diff"].iter().any(|end| path.file_name().ends_with(end))
}

/// Whether the file maps generated code to its sources, of which it may hold copies: `index.js.map`.
pub fn is_source_map(path: &BlobPath) -> bool {
    let generated = path.file_name().strip_suffix(b".map").unwrap_or_default();
    let end = generated.rsplit(|b| *b == b'.').next().unwrap_or_default();
    matches!(end, b"js" | b"mjs" | b"cjs" | b"jsx" | b"ts" | b"tsx" | b"css" | b"wasm")
}

/// Whether the file is a Dockerfile or the like.
pub fn is_image(path: &BlobPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    [&b"dockerfile"[..], b"containerfile"].iter().any(|word| memmem::find(&name, word).is_some())
}

/// Whether the file tells `docker buildx bake` what to build.
pub fn is_bake(path: &BlobPath) -> bool {
    let name = path.file_name();
    let end = [&b".hcl"[..], b".json"].into_iter().any(|end| name.ends_with(end));
    end && [&b"docker-bake"[..], b".bake."].into_iter().any(|part| memmem::find(name, part).is_some())
}

/// Whether the file is a test, judging by its name or folder.
pub fn is_test(path: &BlobPath) -> bool {
    static MARKS: LazyLock<Literals> =
        LazyLock::new(|| Literals::caseless(&["_test.", ".test.", ".spec.", "_spec.", "-test.", ".cy."]));
    const FOLDERS: [&[u8]; 8] =
        [b"test", b"tests", b"__tests__", b"spec", b"specs", b"testdata", b"cypress", b"e2e"];
    /// `Client.Tests`, `UnitTests`, `api-test`, `ClientTest.php`.
    fn names_tests(name: &[u8]) -> bool {
        const WORDS: [(&[u8], &[u8]); 4] =
            [(b"Test", b"test"), (b"Tests", b"tests"), (b"Spec", b"spec"), (b"Specs", b"specs")];
        // Nearly all names end otherwise.
        if !matches!(name.last(), Some(b't' | b's' | b'c')) {
            return false;
        }
        WORDS.iter().any(|(capital, lower)| {
            let free = |rest: &[u8]| rest.last().is_none_or(|b| matches!(b, b'.' | b'-' | b'_'));
            let joined = |rest: &[u8]| rest.last().is_none_or(|b| b.is_ascii_alphanumeric() || *b == b'.');
            name.strip_suffix(*capital).is_some_and(joined) || name.strip_suffix(*lower).is_some_and(free)
        })
    }
    /// `test3.json`, `testdata.yml`: what a test reads. `test.json` may be the settings of an environment.
    fn names_data(stem: &[u8], end: &[u8]) -> bool {
        const ENDS: &[&[u8]] = &[
            b".json", b".yml", b".yaml", b".toml", b".xml", b".ini", b".conf", b".cfg", b".txt", b".csv",
            b".hcl",
        ];
        let Some((b"test", number)) = stem.split_at_checked(4) else { return false };
        let is_data = number == b"data" || !number.is_empty() && number.iter().all(u8::is_ascii_digit);
        is_data && ENDS.contains(&end)
    }
    let name = path.file_name();
    let mut folders = path.as_bytes().split(|b| *b == b'/').rev().skip(1);
    let stem = name.iter().rposition(|b| *b == b'.').map(|dot| &name[..dot]);
    // Those of Perl are `t/*.t`, those of Bats may be anywhere.
    let perl = || name.ends_with(b".t") && folders.clone().any(|own| matches!(own, b"t" | b"xt"));
    if name.ends_with(b".bats") || perl() {
        return true;
    }
    folders.any(|own| FOLDERS.iter().any(|folder| own.eq_ignore_ascii_case(folder)) || names_tests(own))
        || name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"test_"))
        || MARKS.find(name, 0).is_some()
        || is_code(path) && stem.is_some_and(names_tests)
        || stem.is_some_and(|stem| names_data(stem, &name[stem.len()..]))
}

/// Whether the file is a program, judging by its name. Programs make decisions, configuration does not.
pub fn is_code(path: &BlobPath) -> bool {
    let end = path.file_name().rsplit(|b| *b == b'.').next().unwrap_or_default();
    let code: &[&[u8]] = &[
        b"py", b"js", b"ts", b"mjs", b"cjs", b"mts", b"cts", b"tsx", b"jsx", b"go", b"rs", b"php", b"rb",
        b"java", b"kt", b"cs", b"sh", b"bash", b"ps1", b"pl", b"lua", b"ex", b"exs", b"swift", b"c", b"cpp",
        b"h", b"dart", b"scala", b"vue", b"svelte", b"astro", b"kts", b"vb", b"fs", b"fsx", b"cc", b"cxx",
        b"hpp", b"ino", b"m", b"mm", b"d", b"zig", b"nim", b"cr", b"hs", b"ml", b"erl", b"clj", b"cljs",
        b"jl", b"r", b"R", b"groovy", b"tcl", b"ahk", b"pm", b"psm1", b"pas",
    ];
    code.contains(&end)
}

/// Whether the file is a program, by its name or because its first line names an interpreter.
pub fn is_program(text: &Text<'_>, path: &BlobPath) -> bool {
    is_code(path) || text.bytes().starts_with(b"#!")
}

/// Whether the file is a shell script, by its name or its first line.
pub fn is_shell(text: &Text<'_>, path: &BlobPath) -> bool {
    let first = lines::first(&text.bytes()[..text.bytes().len().min(100)]).trim_ascii_end();
    path.file_name().ends_with(b"sh") || first.starts_with(b"#!") && first.ends_with(b"sh")
}

/// Whether the file is a program in a compiled language, which contains no shell commands.
pub fn is_compiled(path: &BlobPath) -> bool {
    let end = path.file_name().rsplit(|b| *b == b'.').next().unwrap_or_default();
    let compiled: &[&[u8]] = &[
        b"go", b"rs", b"java", b"kt", b"cs", b"swift", b"c", b"cpp", b"cc", b"h", b"hpp", b"dart", b"scala",
        b"cxx", b"ino", b"mm", b"vb", b"fs", b"hs", b"ml", b"zig", b"d", b"nim", b"erl",
    ];
    compiled.contains(&end)
}

/// Whether the file is in C or a language with the same preprocessor, where `#` starts no comment.
pub fn is_preprocessed(path: &BlobPath) -> bool {
    let end = path.file_name().rsplit(|b| *b == b'.').next().unwrap_or_default();
    matches!(
        end,
        b"c" | b"h" | b"cc" | b"cpp" | b"cxx" | b"hh" | b"hpp" | b"hxx" | b"ino" | b"m" | b"mm" | b"cs"
    )
}

#[cfg(test)]
mod tests {
    use super::{is_source_map, is_test};
    use crate::blob::BlobPath;

    #[test]
    fn source_maps_are_told_by_their_names() {
        for (path, wanted) in
            [("dist/a.js.map", true), ("a.min.css.map", true), ("dist/a.js", false), ("hosts.map", false)]
        {
            assert_eq!(is_source_map(&BlobPath::new(path)), wanted, "{path}");
        }
    }

    #[test]
    fn tests_are_told_by_file_and_folder() {
        for path in [
            "tests/a.py",
            "src/Client.Test/Zones.cs",
            "Foo.UnitTests/a.cs",
            "a/IntegrationTests/b.java",
            "api-tests/a.ts",
            "src/ZoneTests.cs",
            "ZoneTest.php",
            "a_test.go",
            "tests.py",
            "test_a.py",
            "t/01-main.t",
            "Net-DNS/t/api/zones.t",
            "purge.bats",
            "cypress/support/a.js",
            "web/e2e/a.ts",
            "purge.cy.js",
            "test3.json",
            "cfg/test12.yml",
            "testdata.toml",
        ] {
            assert!(is_test(&BlobPath::new(path)), "{path}");
        }
        for path in [
            "src/latest.py",
            "contest/a.py",
            "src/attest/a.go",
            "request.ts",
            "test.env",
            "manifests/a.yaml",
            "src/main.t",
            "t/main.pl",
            "legacy.js",
            "cypress.env",
            "config/test.json",
            "test1.env",
            "testing.yml",
            "latest3.json",
        ] {
            assert!(!is_test(&BlobPath::new(path)), "{path}");
        }
    }
}
