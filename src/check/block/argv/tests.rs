//! What is handed to commands: tables for the decisions of `argv`.

// flaresec: allow-start(credential-in-argv) texts that tests look at

use super::{
    LITERAL, follows_id, is_argument, is_literal, lines_before, may_be_argument, may_be_credential, options,
    services, texts, tunnels, zones_before,
};
use crate::check::tests::{asked, made, marked};
use crate::span::Span;

#[test]
fn arguments_are_told_from_placeholders_and_prose() {
    let token = made("token40");
    let credentials = format!("eyJhIjoi{token}{token}");
    for text in ["$TOKEN", "${{ secrets.T }}", "%TOKEN%", "{{ token }}", &credentials] {
        assert!(is_argument(text.as_bytes()), "{text}");
    }
    for text in ["$", "<token>", "eyJhIjoi", "TOKEN", "your-token", "--url", ""] {
        assert!(!is_argument(text.as_bytes()), "{text}");
    }
    let placeholder = format!("eyJhIjoi{}", "x".repeat(80));
    assert!(!is_argument(placeholder.as_bytes()));
}

#[test]
fn credentials_are_told_from_long_names_and_commits() {
    let (token, hex) = (made("token40"), made("hex37"));
    let (header, commit) = (format!("eyJ{token}"), format!("{hex}abc"));
    assert_eq!(commit.len(), 40);
    for run in [&token, &hex, &header] {
        assert!(may_be_credential(run.as_bytes()), "{run}");
    }
    for run in [&commit, "my-very-long-name-of-a-service-account-1", "0000000000000000000000000000000000000"]
    {
        assert!(!may_be_credential(run.as_bytes()), "{run}");
    }
    for (before, expected) in [
        ("curl -H 'Authorization: Bearer ", true),
        ("tool --api-key ", true),
        ("mysql -p ", true),
        ("key:\n  ", true),
        ("  echo ", false),
        ("token=a\necho ", false),
        ("git checkout ", false),
        ("mc alias set r2 https://a.example.net 0123456789abcdef0123456789abcdef ", false),
    ] {
        let (text, span) = marked(&format!("{before}«{token}»\n"));
        assert_eq!(may_be_argument(text.as_bytes(), span), expected, "{before}");
    }
}

#[test]
fn secrets_of_storage_stand_beside_their_id() {
    let (id, secret) = (made("hex32"), made("hex64"));
    for (before, expected) in [
        (format!("mc alias set r2 a {id} "), true),
        (format!("curl --user \"{id}:"), true),
        (format!("\"{id}\" \""), true),
        (id.clone(), false),
        (format!("a{id}/"), false),
        (String::from("sum "), false),
    ] {
        let (text, span) = marked(&format!("{before}«{secret}»\n"));
        assert_eq!(follows_id(text.as_bytes(), span), expected, "{before}");
    }
}

#[test]
fn a_line_before_counts_where_nothing_else_stands_on_the_own_one() {
    for (text, expected) in [
        ("a\nb --key ", "b --key "),
        ("a \\\n\n  ", "a \\\n\n  "),
        ("x\na\n  \"", "a\n  \""),
        ("--key ", "--key "),
        ("", ""),
    ] {
        let found = lines_before(text.as_bytes(), text.len());
        assert_eq!(found, Some(expected.as_bytes()), "{text:?}");
    }
    let long = format!("a\n{}", "b".repeat(500));
    assert_eq!(lines_before(long.as_bytes(), long.len()), None);
}

#[test]
fn a_literal_is_ours_by_its_command() {
    let (token, hex, id, secret) = (made("token40"), made("hex37"), made("hex32"), made("hex64"));
    let literal = |command: &str, api: bool| {
        let groups = LITERAL.captures(command.as_bytes()).expect("a value");
        let place = groups.name("value").or_else(|| groups.name("secret")).expect("a value");
        is_literal(place, command.as_bytes(), &|_| api, &|| false)
    };
    for command in [
        format!("curl https://api.cloudflare.com -H 'Authorization: Bearer {token}'"),
        format!("curl $URL -H 'X-Auth-Key: {hex}'"),
        format!("tool --cf-api-token {token}"),
        format!("docker run -e CF_API_TOKEN={token} image"),
        format!("aws configure set aws_secret_access_key {secret} --profile r2"),
        format!("mc alias set r2 \"$R2_URL\" {id} \"{secret}\""),
        format!("kubectl create secret generic r2 --from-literal=secret-key={secret}"),
        format!("git config http.extraHeader \"CF-Access-Client-Secret: {secret}\""),
    ] {
        assert!(literal(&command, false), "{command}");
    }
    for command in [
        format!("curl https://api.github.com -H 'Authorization: Bearer {token}'"),
        format!("curl $URL -H 'Authorization: Bearer {token}'"),
        format!("cloudflare --token={}", "a".repeat(40)),
        format!("cloudflare --key={hex}abc"),
        format!("aws configure set aws_secret_access_key {secret} --profile minio"),
        format!("mc alias set minio \"$URL\" {id} {secret}"),
    ] {
        assert!(!literal(&command, false), "{command}");
    }
    // If the address is not known, it counts whether the file calls the API.
    assert!(literal(&format!("curl $URL -H 'Authorization: Bearer {token}'"), true));
    assert!(!literal(&format!("curl https://api.github.com -H 'Authorization: Bearer {token}'"), true));
}

#[test]
fn tunnels_are_given_tokens() {
    let found = |text: &str| {
        let mut out = Vec::new();
        asked("a.sh", text, |input| tunnels(input, &mut out));
        out.iter().map(|(span, _)| text[span.start..span.end].to_owned()).collect::<Vec<_>>()
    };
    for (text, place) in [
        ("cloudflared tunnel run --token $TOKEN", "$TOKEN"),
        ("cloudflared tunnel --no-autoupdate run --token ${{ secrets.T }}", "${{ secrets.T }}"),
        ("cloudflared service install $(TOKEN)", "$(TOKEN)"),
        ("command: [\"cloudflared\", \"tunnel\", \"run\", \"--token\", \"$TOKEN\"]", "$TOKEN"),
        ("warp-cli connector new $TOKEN", "$TOKEN"),
    ] {
        assert!(found(text).contains(&place.to_owned()), "{text}: {:?}", found(text));
    }
    for text in [
        "cloudflared tunnel run --token-file /run/token",
        "cloudflared tunnel run --token <TOKEN>",
        "cloudflared tunnel run NAME",
        "cloudflared service install",
        "cloudflared service install \"$(cat /run/token)\"",
        "cloudflared service install $(get_token)",
        "cloudflared service install `cat /run/token`",
        "cloudflared tunnel run; other --token $TOKEN",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn pages_show_commands() {
    let found = |path: &str, text: &str| {
        let mut out = Vec::new();
        asked(path, text, |input| tunnels(input, &mut out));
        out.len()
    };
    for (path, text) in [
        ("a.vue", "<code>cloudflared service install {{ token }}</code>"),
        ("a.vue", "const cmd = `cloudflared tunnel run --token ${token}`"),
        ("a.svelte", "<pre>cloudflared tunnel run --token {token}</pre>"),
        ("a.html", "<code>cloudflared tunnel run --token {{ .Token }}</code>"),
        ("a.html.erb", "<code>cloudflared tunnel run --token $TOKEN</code>"),
        ("a.tsx", "const A = <code>cloudflared tunnel run --token $T</code>;"),
    ] {
        assert_eq!(found(path, text), 0, "{path} {text}");
    }
    let token = format!("eyJhIjoi{}{}", made("token40"), made("token40"));
    for (path, text) in [
        ("a.html", format!("<code>cloudflared tunnel run --token {token}</code>")),
        ("a.yaml", String::from("command: cloudflared tunnel run --token {{ .Values.token }}")),
        ("a.js", String::from("exec(`cloudflared tunnel run --token ${token}`)")),
    ] {
        assert_eq!(found(path, &text), 1, "{path} {text}");
    }
}

#[test]
fn services_start_the_tunnel_with_a_token() {
    let found = |path: &str, text: &str| {
        let mut out = Vec::new();
        asked(path, text, |input| services(input, &mut out));
        out.len()
    };
    for text in [
        "procname=cloudflared\ncommand_args=\"--metrics localhost:2000 ${mode} --token ${token}\"\n",
        "name=cloudflared\ncommand_args=\"tunnel run --token $TUNNEL_TOKEN\"\n",
        "# cloudflared\nDAEMON_OPTS=\"--token $CLOUDFLARED_TOKEN\"\n",
    ] {
        assert_eq!(found("rc.d/cloudflared", text), 1, "{text}");
    }
    for text in [
        "procname=agent\ncommand_args=\"--token ${token}\"\n",
        "name=cloudflared\ncommand_args=\"--token-file ${token_file}\"\n",
        "name=cloudflared\ncommand_args=\"tunnel run ${name}\"\n",
        "# cloudflared and more\nagent_args=\"--token $GITHUB_TOKEN\"\n",
    ] {
        assert_eq!(found("rc.d/cloudflared", text), 0, "{text}");
    }
}

#[test]
fn the_address_of_an_image_is_no_command() {
    let linked = |text: &str| {
        let (text, span) = marked(text);
        texts::is_linked(text.as_bytes(), span)
    };
    for text in [
        "<img hidden src=\"https://a.example.net/v2?key=«value»&image=1\"/>",
        "<a href='https://a.example.net/?token=«value»'>",
        "![a](https://a.example.net/badge?key=«value»)",
    ] {
        assert!(linked(text), "{text}");
    }
    for text in [
        "<img src=\"https://api.cloudflare.com/v2?key=«value»\"/>",
        "curl \"https://a.example.net/v2?key=«value»\"",
        "curl -H \"Authorization: Bearer «value»\"",
    ] {
        assert!(!linked(text), "{text}");
    }
}

#[test]
fn options_are_given_what_names_itself() {
    let found = |text: &str| {
        let mut out = Vec::new();
        options(text.as_bytes(), &mut out);
        out.len()
    };
    let token = made("cfut");
    assert_eq!(found(&format!("tool --token {token}")), 1);
    assert_eq!(found(&format!("[\"tool\", \"--token={token}\"]")), 1);
    assert_eq!(found(&format!("token {token}")), 0);
    assert_eq!(found(&format!("tool --token cfut_{}", "a".repeat(48))), 0);
}

#[test]
fn zones_before_places_are_joined() {
    assert_eq!(zones_before(&[10, 20, 2000]), [Span::new(0, 2000)]);
    assert_eq!(zones_before(&[10, 5000]), [Span::new(0, 10), Span::new(2000, 5000)]);
    assert_eq!(zones_before(&[]), []);
}

// flaresec: allow-end
