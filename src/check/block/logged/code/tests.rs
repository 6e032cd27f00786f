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
fn answers_show_what_requests_only_use() {
    let answers = |text: &str| found(text, responses);
    for (text, place) in [
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
    ] {
        assert_eq!(answers(text), [""; 0], "{text}");
    }
}

// flaresec: allow-end
