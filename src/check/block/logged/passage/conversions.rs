//! Names of functions and members that give back a value as it is, or a text with it.

/// Whether a function with this name gives back its argument, or a text with it: conversions, formats, colours.
pub(super) fn hands_on(name: &[u8]) -> bool {
    const EXACT: &[&str] = &[
        "text",
        "html",
        "escape",
        "quote",
        "btoa",
        "encode",
        "from",
        "of",
        "some",
        "ok",
        "just",
        "list",
        "array",
        "tuple",
        "map",
        "dict",
        "object",
        "entries",
        "assign",
        "join",
        "concat",
        "implode",
        "bytes",
        "byte",
        "field",
        "fields",
        "group",
        "error",
        "errorf",
        "exception",
        "message",
        "chalk",
        "color",
        "colored",
        "style",
        "red",
        "green",
        "yellow",
        "blue",
        "cyan",
        "magenta",
        "white",
        "gray",
        "grey",
        "dim",
        "bold",
        "underline",
        "t",
        "_",
        "__",
        "gettext",
        "panel",
        "headers",
        "echo",
        "add",
        "append",
        "push",
        "put",
        "with",
        "await",
        "return",
        "paste",
        "paste0",
        "glue",
        "fmt",
        "strcat",
        "str_c",
    ];
    const PARTS: &[&str] = &[
        "print",
        "format",
        "dump",
        "json",
        "serialize",
        "valueof",
        "base64",
        "b64",
        "urlencode",
        "uricomponent",
    ];
    // `any(…)` of Python tells less.
    let field = name == b"Any";
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    // A fingerprint does not tell the value.
    let cut = ["fingerprint", "thumbprint"].iter().any(|word| name.contains(word));
    !cut && (field
        || EXACT.contains(&name.as_str())
        || PARTS.iter().any(|part| name.contains(part))
        || converts(&name))
}

/// Whether a member with this name is the value itself, or a text with it.
pub(super) fn is_whole(name: &[u8]) -> bool {
    const EXACT: &[&str] = &[
        "value", "get", "expect", "clone", "into", "reveal", "read", "upper", "lower", "encode", "decode",
        "text", "dup", "freeze", "await", "iter", "join",
    ];
    const PARTS: &[&str] =
        &["secret", "expose", "as_", "asstr", "orelse", "ornull", "orthrow", "touppercase", "tolowercase"];
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    EXACT.contains(&name.as_str()) || PARTS.iter().any(|part| name.contains(part)) || converts(&name)
}

/// Whether a name, in lower case, says that something becomes a text, or is taken out of what wraps it.
fn converts(name: &str) -> bool {
    const EXACT: &[&str] = &["str", "string", "repr", "strip", "chomp", "inspect"];
    const PARTS: &[&str] =
        &["to_s", "tostr", "stringify", "trim", "unwrap", "getstring", "to_owned", "var_export"];
    EXACT.contains(&name) || PARTS.iter().any(|part| name.contains(part))
}
