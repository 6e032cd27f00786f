//! Which calls print, and in which languages.

// flaresec: allow-start(credential-logged) texts that tests look at

use super::logs_in_ruby;
use crate::check::block::logged::code::calls;
use crate::check::block::logged::known::Known;
use crate::check::tests::asked;

/// Returns the credentials that a program prints.
fn printed(path: &str, text: &str) -> Vec<String> {
    let text = format!("{text}\n");
    asked(path, &text, |input| {
        let (mut found, mut harmless) = (Vec::new(), Vec::new());
        calls(input, &Known::of(input.text), &mut found, &mut harmless);
        found.iter().map(|leak| text[leak.span.start..leak.span.end].to_owned()).collect()
    })
}

#[test]
fn languages_print_in_their_own_ways() {
    for (path, text) in [
        ("a.cpp", "std::cout << \"token \" << cfToken << std::endl;"),
        ("a.cpp", "std::cerr\n    << \"token \"\n    << cfToken;"),
        ("a.cpp", "qDebug() << cfToken;"),
        ("a.cc", "LOG(INFO) << \"token \" << cf_token;"),
        ("a.cpp", "spdlog::info(\"token {}\", cfToken);"),
        ("a.ino", "Serial.println(CF_API_TOKEN);"),
        ("a.ino", "ESP_LOGI(TAG, \"token %s\", CF_API_TOKEN);"),
        ("a.clj", "(println \"token:\" cf-token)"),
        ("a.clj", "(log/info \"token:\"\n  cf-token)"),
        ("a.clj", "(println (str \"token: \" cf-token))"),
        ("a.el", "(message \"token %s\" cf-token)"),
        ("a.rkt", "(displayln (string-append \"token \" cf-token))"),
        ("a.lisp", "(format t \"~a~%\" cf-token)"),
        ("a.hs", "  putStrLn $ \"token = \" ++ cfApiToken"),
        ("a.hs", "  hPutStrLn stderr (\"token = \" <> cfApiToken)"),
        ("a.hs", "  T.putStrLn cfApiToken"),
        ("a.fs", "printfn \"purging %s with %s\" zone cfToken"),
        ("a.fsx", "eprintfn $\"token {cfToken}\""),
        ("a.ml", "let () = Printf.printf \"token %s\\n\" cf_token"),
        ("a.ml", "  print_endline (\"token \" ^ cf_token)"),
        ("a.erl", "    io:format(\"token ~s~n\", [CfApiToken]),"),
        ("a.erl", "    logger:info(\"token ~p\", [CfApiToken]),"),
        ("a.nim", "echo \"token \", cfToken"),
        ("a.nim", "echo fmt\"token {cfToken}\""),
        ("a.jl", "@info \"starting\" zone=ZONE token=CF_TOKEN"),
        ("a.jl", "@show CF_TOKEN"),
        ("a.R", "message(\"Using token \", cf_token)"),
        ("a.r", "cat(\"token:\", cf_token, \"\\n\")"),
        ("a.m", "disp(['token: ' cfToken])"),
        ("a.m", "fprintf('token: %s\\n', cfToken);"),
        ("a.ahk", "OutputDebug(\"purging with \" CfToken)"),
        ("a.ahk", "MsgBox, Token %CfToken%"),
        ("a.vb", "MsgBox(\"token \" & cfToken)"),
        ("a.bas", "Debug.Print \"token \" & cfToken"),
        ("a.vbs", "WScript.Echo \"token \" & cfToken"),
        ("a.zig", "std.debug.print(\"token={s}\\n\", .{cf_token});"),
        ("a.zig", "std.log.info(\"token={s}\", .{cf_token});"),
        ("a.d", "writeln(\"token \", cfToken);"),
        ("a.pas", "WriteLn('token ' + CfToken);"),
        ("a.pl", "say \"token $cf_token\";"),
        ("a.pl", "warn \"token $cf_token\\n\";"),
        ("a.pm", "printf STDERR \"token %s\\n\", $cf_token;"),
        ("a.pl", "say {*STDERR} \"token $cf_token\";"),
        ("a.lua", "io.stderr:write(\"token \" .. cf_token)"),
        ("a.swift", "debugPrint(cfToken)"),
        ("a.swift", "os_log(\"%{public}@\", cfToken)"),
        ("a.dart", "import 'dart:io';\ndebugPrint('token $cfToken');"),
        ("a.dart", "stdout.writeln(cfToken);"),
        ("a.nu", "print $\"token ($env.CLOUDFLARE_API_TOKEN)\""),
        ("a.nu", "print $env.CLOUDFLARE_API_TOKEN"),
        ("a.cs", "AnsiConsole.MarkupLine($\"token {cfToken}\");"),
        ("a.cs", "Console.Out.WriteLine(cfToken);"),
        ("a.kt", "Timber.d(\"token $cfToken\")"),
        ("build.gradle", "logger.lifecycle(\"purging, token=${cfToken}\")"),
        ("a.rs", "panic!(\"token {cf_token}\");"),
        ("a.py", "rprint(f\"[red]refused[/red] {cf_token}\")"),
        ("a.py", "console.print(f\"token {cf_token}\")"),
    ] {
        assert_eq!(printed(path, text).len(), 1, "{path} {text}: {:?}", printed(path, text));
    }
}

#[test]
fn other_calls_and_less_than_the_value_are_not_printed() {
    for (path, text) in [
        ("a.cpp", "std::cout << \"token has \" << cfToken.size() << \" characters\";"),
        ("a.cpp", "std::cout << (cfToken.empty() ? \"unset\" : \"set\");"),
        ("a.cpp", "std::cout << zone;\nheaders << cfToken;"),
        ("a.cpp", "request << cfToken;"),
        ("a.ino", "Serial.println(strlen(CF_API_TOKEN));"),
        ("a.ino", "http.addHeader(\"Authorization\", CF_API_TOKEN);"),
        ("a.clj", "(println \"token has\" (count cf-token) \"characters\")"),
        ("a.clj", "(println (if cf-token \"set\" \"unset\"))"),
        ("a.clj", "(println (subs cf-token 0 4))"),
        ("a.clj", "(println (fetch-zones cf-token))"),
        ("a.clj", "(println \"no cf-token is set\")"),
        ("a.hs", "  putStrLn $ \"length \" ++ show (length cfApiToken)"),
        ("a.hs", "  putStrLn \"cfApiToken is not set\""),
        ("a.fs", "printfn \"%d\" (String.length cfToken)"),
        ("a.fs", "printfn \"%s\" (if isNull cfToken then \"unset\" else \"set\")"),
        ("a.ml", "  Printf.printf \"%d\\n\" (String.length cf_token)"),
        ("a.erl", "    io:format(\"token of ~p bytes~n\", [byte_size(CfApiToken)]),"),
        ("a.nim", "echo \"token has \", cfToken.len, \" characters\""),
        ("a.jl", "@info \"starting\" length=length(CF_TOKEN)"),
        ("a.R", "message(\"length \", nchar(cf_token))"),
        ("a.R", "if (cf_token == \"\") stop(\"cf_token is not set\")"),
        ("a.m", "disp(length(cfToken))"),
        ("a.ahk", "MsgBox(StrLen(CfToken))"),
        ("a.zig", "std.debug.print(\"{d}\\n\", .{cf_token.len});"),
        ("a.d", "writeln(cfToken.length);"),
        ("a.pl", "warn \"no token\\n\" unless $cf_token;"),
        ("a.pl", "say length $cf_token;"),
        ("a.js", "message(cfToken);\nsay(cfToken);\nwriteln(cfToken);"),
        ("a.py", "blueprint(cf_token)\nfingerprint(cf_token)\nsprint(cf_token)"),
    ] {
        assert_eq!(printed(path, text), [""; 0], "{path} {text}");
    }
}

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
