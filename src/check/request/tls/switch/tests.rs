//! Switches of many languages and tools, and what only looks like one.

use super::{SET, STORED, is_command, is_of_git, lax_commands, switches};
use crate::check::tests::asked;
use crate::check::tests::marked;

/// The commands that check no certificate, up to the option.
fn lax(path: &str, text: &str) -> Vec<String> {
    let found = asked(path, text, lax_commands);
    found.iter().map(|span| text[span.start..span.end].to_owned()).collect()
}

#[test]
fn commands_are_lax_by_an_option_of_their_own() {
    for (path, text, end) in [
        ("a.sh", "curl -sSk https://x", "curl -sSk"),
        ("a.sh", "curl -H \"A: b\" 'https://x?a=b&c=d' \\\n  -k", " -k"),
        ("a.cmd", "curl.exe -s ^\r\n  https://x ^\r\n  --insecure\r\n", " --insecure"),
        ("a.yml", "- run: >-\n    curl https://x\n    -k\n", " -k"),
        ("a.py", "run([\"curl\", \"--insecure\", \"-H\", a])", "\"--insecure"),
        ("a.py", "run([\"curl\",\"-k\"])", "\"-k"),
        ("a.js", "exec(\"curl -H 'A: b' -k \" + url)", " -k"),
        ("a.sh", "curl -H \"X-Note: use -k never\" https://x", ""),
        ("a.sh", "curl https://x; tar -k", ""),
        ("a.sh", "curl https://x\ntar -k", ""),
        ("a.sh", "mycurl -k https://x", ""),
        ("a.sh", "curl -K file https://x", ""),
    ] {
        let found = lax(path, text);
        assert_eq!(
            !end.is_empty(),
            found.iter().any(|lax| lax.ends_with(end)) && !found.is_empty(),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn what_stands_for_a_command_is_lax_by_its_options() {
    for (path, text, end) in [
        ("a.sh", "get() { curl -s \"$@\"; }\necho \"a: $(get -k -H \"B: c\" \"https://x\")\"\n", "get -k"),
        (
            "a.sh",
            "get() {\n  curl -s \\\n    \"${@:2}\" \"$1\"\n}\nif get https://x --insecure; then\n",
            " --insecure",
        ),
        ("a.fish", "function get\n  curl -s $argv\nend\nget -k https://x\n", "get -k"),
        ("a.ps1", "function Get-It {\n  curl.exe -s @args\n}\nGet-It -k https://x\n", "Get-It -k"),
        ("a.sh", "alias get='curl -s'\nget -k https://x\n", "get -k"),
        ("a.sh", "CURL=\"curl -s\"\n$CURL -k https://x\n", "$CURL -k"),
        ("Makefile", "CURL ?= /usr/bin/curl\n\nget:\n\t$(CURL) -sk https://x\n", "$(CURL) -sk"),
        ("a.sh", "cmd=(curl -s)\n\"${cmd[@]}\" -k https://x\n", " -k"),
        ("a.sh", "get() { curl -s \"$1\"; }\nget -k https://x\n", ""),
        ("a.sh", "get() { wget -q \"$@\"; }\nget -k https://x\n", ""),
        ("a.sh", "get() { curl -s \"$@\"; }\napt-get -k x\necho get -k\n", ""),
        ("a.sh", "get() { curl -s \"$@\"; }\nget https://x; tar -k\n", ""),
    ] {
        let found = lax(path, text);
        assert_eq!(
            !end.is_empty(),
            found.iter().any(|lax| lax.ends_with(end)) && !found.is_empty(),
            "{text}: {found:?}"
        );
    }
    for (switch, command) in [
        ("curl -k", true),
        ("get -k", true),
        ("$CURL https://x --insecure", true),
        ("-k", false),
        ("mc --insecure", false),
        ("verify = False", false),
        ("ssl verify none", false),
    ] {
        assert_eq!(is_command(switch.as_bytes()), command, "{switch}");
    }
}

#[test]
fn options_are_stored_in_variables_and_lists() {
    for (text, name) in [
        ("set -l opts --silent --insecure --request $method\n", "opts"),
        ("  set -gx CURL_OPTS -sk\n", "CURL_OPTS"),
        ("set opts '-k'\n", "opts"),
    ] {
        let groups = SET.captures(text.as_bytes()).expect(text);
        assert_eq!(groups.name("name").map(|name| name.as_bytes()), Some(name.as_bytes()), "{text}");
    }
    for text in ["set -l opts --silent\ncurl -k x\n", "set -k\n", "unset opts -k\n"] {
        assert!(!SET.is_match(text.as_bytes()), "{text}");
    }
    for (text, name) in [
        ("opts=\"-s -k\"\n", "opts"),
        ("export OPTS=(-s --insecure)\n", "OPTS"),
        ("set \"OPTS=-s -k\"\r\n", "OPTS"),
        ("set OPTS=-s -k\r\n", "OPTS"),
        ("opts=(\n  --silent\n  --insecure\n  -H \"A: ${B:?}\"\n)\n", "opts"),
        ("opts=(\n  --header \"A: ${B:?}\"\n  -k\n)\n", "opts"),
    ] {
        let groups = STORED.captures(text.as_bytes()).expect(text);
        assert_eq!(groups.name("name").map(|name| name.as_bytes()), Some(name.as_bytes()), "{text}");
    }
    for text in ["opts=(\n  --silent\n)\ncurl -k x\n", "f(\n  -k\n)\n", "opts=$(ls -k)\n"] {
        assert!(!STORED.is_match(text.as_bytes()), "{text}");
    }
}

#[test]
fn git_has_settings_of_its_own() {
    for (path, text, expected) in [
        ("a.sh", "git config --global http.«sslVerify false»\n", true),
        ("a.sh", "git -c http.«sslVerify=false» clone x\n", true),
        ("a.sh", "«GIT_SSL_NO_VERIFY=1» git clone x\n", true),
        (".gitconfig", "[http]\n\t«sslVerify = false»\n", true),
        ("a.js", "const o = { «sslVerify: false» };\n", false),
    ] {
        let (text, switch) = marked(text);
        assert_eq!(asked(path, &text, |input| is_of_git(input, switch)), expected, "{text}");
    }
}

#[test]
fn every_switch_is_found_by_a_hint() {
    for text in [
        "curl -k https://x",
        "curl --insecure https://x",
        " --no-check-certificate",
        "check_certificate = off",
        "--check-certificate=false",
        "--no-verify-ssl",
        "--insecure-tls",
        "--no-verify-peer",
        "--verify=no",
        "verify=False",
        "verify_ssl: 0",
        "ssl=False",
        "ssl_verify = false",
        "_create_unverified_context",
        "CERT_NONE",
        "check_hostname = False",
        "PYTHONHTTPSVERIFY=0",
        "SSL_VERIFYPEER, 0",
        "CURL_CA_BUNDLE=''",
        "rejectUnauthorized: false",
        "NODE_TLS_REJECT_UNAUTHORIZED=0",
        "strict-ssl=false",
        "strictSSL: false",
        "--unsafely-ignore-certificate-errors",
        "InsecureSkipVerify: true",
        "danger_accept_invalid_certs(true",
        "disable_verification(true",
        "SslVerifyMode::NONE",
        "DANGER_ACCEPT_INVALID_CERTS",
        ".dangerous()",
        "tls_danger_accept",
        "CURLOPT_SSL_VERIFYPEER => false",
        "verify_peer => false",
        "sslverify => false",
        "withoutVerifying()",
        "VERIFY_NONE",
        "verify_hostname => 0",
        "SSL_verify_mode => 0",
        "PERL_LWP_SSL_VERIFY_HOSTNAME=0",
        "verify: :verify_none",
        "verify = \"none\"",
        "insecure: true",
        "NoopHostnameVerifier",
        "ALLOW_ALL_HOSTNAME_VERIFIER",
        "TrustAllStrategy",
        "TrustSelfSignedStrategy",
        "setHostnameVerifier((h, s) -> true",
        ".hostnameVerifier((hostname, session) -> { return true; })",
        "hostnameVerifier { _, _ -> true",
        "ServerCertificateCustomValidationCallback = (a, b, c, d) => true",
        "DangerousAcceptAnyServerCertificateValidator",
        "ServerCertificateValidationCallback += (a, b, c, d) => true",
        "-SkipCertificateCheck",
        "validate_certs: no",
        "insecure = true",
        "insecure_skip_verify = true",
        "insecureSkipTLSVerify: true",
        "--insecure-skip-tls-verify",
        "proxy_ssl_verify off",
        "tlsSkipVerify: true",
        "ssl_verifypeer = FALSE",
        ":insecure? true",
        "hackney: [:insecure]",
        "insecure",
        "GIT_SSL_NO_VERIFY=1",
        "sslVerify = false",
        "validateSSL: false",
        "verifyHostCertificate: false",
        "cacert 'IGNORE'",
        "check-certificate=no",
        "ignoreSslErrors: true",
        "\"allowUnauthorizedCerts\": true",
        "ssl_verifypeer = 0L",
        "setTrustAll(true)",
        "SSL_VERIFICATION=off",
        "certificate-validation: disabled",
        "skip_cert_check = yes",
        "net.setInsecure()",
        "SkipCertificateCheck = $true",
        "badCertificateCallback = (a, b, c) => true",
        "new X509TrustManager()",
        "server a b:443 ssl verify none",
        "skip-verify: true",
        "mc --insecure alias set r2 https://x",
        "EnableInsecureSkipVerify()",
        "$ua->insecure(1)",
        "validateHttpsCertificates: false",
        "[System.Net.ServicePointManager]::CertificatePolicy = New-Object TrustAllCertsPolicy",
        "CertificatePolicy = [TrustAll]::new()",
        "SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true }",
        "new RemoteCertificateValidationCallback((s, c, h, e) => true)",
        "new RemoteCertificateValidationCallback(delegate { return true; })",
        "put(TRUST_ALL_CERTIFICATES, java.lang.Boolean.TRUE)",
        "trustAll = Boolean.TRUE",
        "CertificateValidationMode = X509CertificateValidationMode.None",
        "http.ignoreSSLIssues()",
        "reply->ignoreSslErrors();",
        "Client.builder()\n    .disableSslVerification()\n",
        "given().relaxedHTTPSValidation()",
        "if (lax) client.trustAllCertificates()",
        "weboptions('CertificateFilename', '')",
        "weboptions(CertificateFilename=\"\")",
        "env: { REQUESTS_CA_BUNDLE: '' }",
        "req.Option[4] := 13056",
        "req.Option(4) = &H3300",
        "xml.setOption 2, 13056",
        "mkManagerSettings (TLSSettingsSimple True False False) Nothing",
        "request.set_tls_options(TLSOptions.client_unsafe())",
    ] {
        if !lax("a.sh", text).is_empty() {
            continue;
        }
        let text = text.as_bytes();
        assert!(!switches(text).is_empty(), "no switch: {}", text.escape_ascii());
    }
}

#[test]
fn what_only_looks_like_a_switch() {
    for text in [
        "verify_ssl = true",
        "ssl_verify_client off;",
        "StrictHostKeyChecking no",
        "host_key_checking = False",
        "allow_all = true",
        "AUTH_TRUST_HOST=true",
        "check_interval: 0",
        "always_use_https = \"off\"",
        "import javax.net.ssl.X509TrustManager;",
        "certificate_authority: none_of_yours",
        "insecure()",
        "[System.Net.ServicePointManager]::CertificatePolicy = $before",
        "new RemoteCertificateValidationCallback(Validate), true)",
        "ServerCertificateValidationCallback = Validate",
        "put(TRUST_ALL_CERTIFICATES, java.lang.Boolean.FALSE)",
        "void Api::ignoreSslErrors() {",
        "private void trustAllCertificates() {",
        "if (config.ignoreSslErrors()) {",
        "let lax = config.trustAll();",
        "this.disableSslVerification();",
        "weboptions('CertificateFilename', 'ca.pem')",
        "env: { REQUESTS_CA_BUNDLE: '/etc/ssl/ca.pem' }",
        "req.Option[4] := 0",
        "TLSSettingsSimple False False False",
        "TLSOptions.client()",
    ] {
        assert!(switches(text.as_bytes()).is_empty(), "a switch: {text}");
    }
}
