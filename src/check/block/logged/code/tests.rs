//! What programs print: tables for the decisions of `code`.

// flaresec: allow-start(credential-logged) texts that tests look at

use super::super::calls::End;
use super::super::passage::Style;
use super::super::tests::found;
use super::super::{Known, is_known};
use super::{arguments_end, calls, printed, responses};
use crate::check::tests::asked;

#[test]
fn arguments_end_where_their_call_does() {
    for (text, end, body) in [
        ("a, f(b)) c", End::Bracket, "a, f(b)"),
        ("\")\", a) c", End::Bracket, "\")\", a"),
        ("\"\\\")\", a) c", End::Bracket, "\"\\\")\", a"),
        ("a,\nb) c", End::Bracket, "a,\nb"),
        ("a, b\nc", End::Line, "a, b"),
        ("a; b", End::Line, "a"),
        ("it's\na) b", End::Bracket, "it's\na"),
    ] {
        assert_eq!(&text[..arguments_end(text.as_bytes(), 0, end)], body, "{text}");
    }
}

#[test]
fn guards_give_away_less_than_the_value() {
    let shown = |body: &str| {
        let known = Known::new(b"");
        printed(body.as_bytes(), Style::default(), &known, &|name, at| {
            is_known(name, at, &known, body.as_bytes())
        })
        .map(|span| body[span.start..span.end].to_owned())
    };
    for (body, name) in [
        ("CF_API_TOKEN", "CF_API_TOKEN"),
        ("\"a\", cfApiToken", "cfApiToken"),
        ("env.CF_API_TOKEN", "env.CF_API_TOKEN"),
        ("`a ${env.CF_API_TOKEN}`", "env.CF_API_TOKEN"),
        ("f\"{cf_zone} {cf_token}\"", "cf_token"),
        ("str(cf_token)", "cf_token"),
        ("cf_token or 'none'", "cf_token"),
        ("cf_tokens[0]", "cf_tokens"),
    ] {
        assert_eq!(shown(body).as_deref(), Some(name), "{body}");
    }
    for body in [
        "mask(cf_token)",
        "len(cf_token)",
        "!!cfToken",
        "typeof cfToken",
        "cfToken ? 'set' : 'unset'",
        "cfToken.length",
        "cf_token[:4]",
        "cf_token is not None",
        "cfToken.slice(0, 4)",
        "\"cf_token\"",
        "cf_zone_id",
        "cf_token=1",
    ] {
        assert_eq!(shown(body), None, "{body}");
    }
}

#[test]
fn calls_that_print_are_told_from_others() {
    let printed = |text: &str| {
        found(text, |bytes, out| {
            asked("a", text, |input| calls(input, &Known::new(bytes), out, &mut Vec::new()))
        })
    };
    for text in [
        "console.log(cfToken)",
        "logger.info('a', cfToken)",
        "fmt.Println(cfToken)",
        "fmt.Fprintf(os.Stderr, \"%s\", cfToken)",
        "println!(\"{}\", cf_token)",
        "puts cf_token",
        "$stderr.puts \"a #{cf_token}\"",
        "STDERR.puts cf_token",
        "fprintf(stderr, \"%s\", cf_token);",
        "NSLog(\"a %@\", cfToken)",
        "io.write(cf_token)",
        "logger.info \"a #{cf_token}\"",
        "log.Info().Str(\"token\", cfToken).Msg(\"a\")",
        "<?php echo $cf_token;",
        "logger.debug { \"a $cfToken\" }",
        "cf_token |> IO.inspect()",
        "cf_token\n|> IO.inspect(label: \"a\")",
    ] {
        assert_eq!(printed(text).len(), 1, "{text}");
    }
    for text in [
        "console.login(cfToken)",
        "cf_token\n|> String.length()\n|> IO.inspect()",
        "fmt.Sprintf(\"%s\", cfToken)",
        "fmt.Fprintf(w, \"%s\", cfToken)",
        "echo cf_token",
        "blueprint(cfToken)",
        "fetch(u, { headers: { a: cfToken } })",
        "print { cfToken }",
        "console.log(zone); send(cfToken)",
        "#!/bin/sh\nT=$(cat f | python3 -c \"print(cf_token)\")",
    ] {
        assert_eq!(printed(text), [""; 0], "{text}");
    }
}

#[test]
fn the_environment_is_printed_as_a_whole() {
    for (text, place) in [
        ("console.log('all:', process.env)", "process.env"),
        ("console.log(JSON.stringify(process.env, null, 2))", "process.env"),
        ("console.log({ ...process.env })", "process.env"),
        ("print(dict(os.environ))", "dict(os.environ)"),
        ("logger.debug(\"env %s\", os.environ)", "os.environ"),
        ("fmt.Println(os.Environ())", "os.Environ()"),
        ("System.out.println(System.getenv())", "System.getenv()"),
        ("puts ENV.to_h", "ENV.to_h"),
        ("print_r($_ENV);", "$_ENV"),
        ("console.log(Deno.env.toObject());", "Deno.env.toObject()"),
        ("fetch(request, env) { console.log(env) } // CF_API_TOKEN", "env"),
    ] {
        assert_eq!(printed_by("a", text), [place], "{text}");
    }
    for text in [
        "console.log(process.env.NODE_ENV)",
        "console.log(Object.keys(process.env))",
        "console.log(process.env['PORT'])",
        "print(os.environ['HOME'])",
        "print(len(os.environ))",
        "console.log(env) // CF_API_TOKEN",
        "spawn('a', { env: process.env })",
    ] {
        assert_eq!(printed_by("a", text), [""; 0], "{text}");
    }
}

#[test]
fn answers_show_what_requests_only_use() {
    let answers = |text: &str| found(text, |_, out| asked("a", text, |input| responses(input, out)));
    for (text, place) in [
        ("type A = { CF_API_TOKEN: string }\n(c: Context<{ Bindings: A }>) => c.json(c.env)", "c.env"),
        ("fetch(request, env, ctx) { return Response.json({ env }) }\n// CF_API_TOKEN", "env"),
        ("res.json(process.env)", "process.env"),
        ("return Response.json({ a: env.CF_API_TOKEN })", "env.CF_API_TOKEN"),
        ("res.send(process.env.CF_API_TOKEN)", "process.env.CF_API_TOKEN"),
        ("return jsonify(t=os.environ['CF_API_TOKEN'])", "os.environ['CF_API_TOKEN"),
    ] {
        assert_eq!(answers(text), [place], "{text}");
    }
    for text in [
        "return Response.json({ ok: !!env.CF_API_TOKEN })",
        "return new Response(await fetch(u, { h: env.CF_API_TOKEN }))",
        "return Response.json({ a: env.CF_ZONE_ID })",
        "send(env.CF_API_TOKEN)",
        "fetch(request, env, ctx) { return Response.json({ env: 'a' }) }\n// CF_API_TOKEN",
        "const env = 'prod'; res.json({ env }) // CF_API_TOKEN",
    ] {
        assert_eq!(answers(text), [""; 0], "{text}");
    }
}

/// Returns the credentials that a program prints.
fn printed_by(path: &str, text: &str) -> Vec<String> {
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
        ("a.php", "$this->info(\"token \" . $cfToken);"),
        ("a.php", "$output->writeln($cfToken);"),
        ("a.php", "WP_CLI::log(\"token $cfToken\");"),
        ("a.py", "logger.success(\"new {}\", cf_token)"),
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
        assert_eq!(printed_by(path, text).len(), 1, "{path} {text}: {:?}", printed_by(path, text));
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
        assert_eq!(printed_by(path, text), [""; 0], "{path} {text}");
    }
}

/// Returns what a text prints by calls.
fn shown(path: &str, text: &str) -> Vec<String> {
    asked(path, text, |input| {
        let (known, mut out) = (Known::of(input.text), Vec::new());
        calls(input, &known, &mut out, &mut Vec::new());
        out.iter().map(|leak| text[leak.span.start..leak.span.end].to_owned()).collect()
    })
}

#[test]
fn fields_of_forms_are_shown_to_their_owner() {
    const HEAD: &str = "<?php $token = get_option('cloudflare_api_token');";
    for text in [
        "?>\n<input name=\"a\" value=\"<?php echo $token; ?>\">\n",
        "?>\n<input value='<?php echo $token ?>'/>\n",
        "?>\n<textarea name=\"a\"><?php echo $token; ?></textarea>\n",
        "\necho '<input type=\"text\" value=\"' . $token . '\">';\n",
        "\necho \"<input value='{$token}'>\";\n",
    ] {
        assert_eq!(shown("a.php", &format!("{HEAD}{text}")), [""; 0], "{text}");
    }
    for text in [
        "?>\n<p>token: <?php echo $token; ?></p>\n",
        "\necho '<p>' . $token . '</p>';\n",
        "\necho '<input name=\"a\">' . $token;\n",
        "\n$value = 1; echo $token;\n",
    ] {
        assert_eq!(shown("a.php", &format!("{HEAD}{text}")), ["token"], "{text}");
    }
}

#[test]
fn headers_of_the_request_that_was_sent_hold_the_token() {
    const SENDS: &str = "URL = 'https://api.cloudflare.com/client/v4/zones'\nr = requests.get(URL, headers={'Authorization': f'Bearer {t}'})\n";
    for (text, name) in [
        ("print(r.request.headers)\n", "r.request.headers"),
        ("print(json.dumps(dict(r.request.headers)))\n", "r.request.headers"),
        ("zones = session.get(URL)\nprint(zones.request.headers)\n", "zones.request.headers"),
        ("h = {'Authorization': f'Bearer {t}'}\nprint(h)\n", "h"),
        ("h = {'Authorization': f'Bearer {t}'}\nprint(f\"headers {h}\")\n", "h"),
    ] {
        assert_eq!(shown("a.py", &format!("{SENDS}{text}")), [name], "{text}");
    }
    for text in [
        "print(r.headers)\n",
        "print(ctx.request.headers)\n",
        "print(self.request.headers)\n",
        "print(r.request.url)\n",
        "h = {'Accept': 'a'}\nprint(h)\n",
        "h = {'Authorization': f'Bearer {t}'}\nh = hash(a)\nprint(h)\n",
        "h = {'Authorization': f'Bearer {t}'}\nfor h in hosts:\n    print(h)\n",
        "r = get({'Authorization': f'Bearer {t}'})\nprint(r)\n",
        "a = 1\nget({'Authorization': f'Bearer {t}'})\nprint(a)\n",
        "print(h)\nh = {'Authorization': f'Bearer {t}'}\n",
    ] {
        assert_eq!(shown("a.py", &format!("{SENDS}{text}")), [""; 0], "{text}");
    }
}

// flaresec: allow-end
