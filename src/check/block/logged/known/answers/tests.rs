//! Which names hold an answer of the API, and what of it is printed.

use super::super::super::passage::Style;
use super::super::Known;
use crate::fact::command::expansions;
use crate::span::Span;
use crate::text::Text;

const HOST: &str = "https://api.cloudflare.com/client/v4";

/// Returns whether the name `X` holds the credential at `HERE`.
fn holds(text: &str) -> bool {
    let text = text.replace("API", HOST);
    let decoded = Text::decode(text.as_bytes());
    Known::of(&decoded).answers.is_secret(b"X", text.find("HERE").unwrap())
}

/// Returns what is printed by the call `P(…)` in a program.
fn called(text: &str) -> Option<String> {
    let text = text.replace("API", HOST);
    let decoded = Text::decode(text.as_bytes());
    let start = text.find("P(").unwrap() + 2;
    let end = start + text[start..].find(")\n").unwrap();
    let found = Known::of(&decoded).answers.in_call(Span::new(start, end), Style::default());
    found.map(|span| text[span.start..span.end].to_owned())
}

/// Whether the first command `echo` of a shell prints an answer.
fn echoed(text: &str) -> bool {
    let text = text.replace("API", HOST);
    let decoded = Text::decode(text.as_bytes());
    let start = text.find("echo").unwrap();
    let start = text.find("echo HERE ").unwrap_or(start);
    let zone = Span::new(start, crate::fact::command::command_end(text.as_bytes(), start).0);
    let variables = expansions(text.as_bytes(), zone);
    Known::of(&decoded).answers.in_command(zone, &variables).is_some()
}

#[test]
fn names_hold_the_credential_that_was_read_from_an_answer() {
    for text in [
        "X=$(curl -X POST -d \"$B\" API/user/tokens | jq -r .result.value)\nHERE",
        "R=$(curl -X POST -d \"$B\" API/user/tokens)\nX=$(echo \"$R\" | jq -r '.result.value')\nHERE",
        "R=$(curl -X POST \\\n  -d \"{\\\"name\\\": \\\"$N\\\"}\" \\\n  \"API/accounts/$A/cfd_tunnel\")\nX=$(jq -r .result.token <<< \"$R\")\nHERE",
        "X=$(curl API/accounts/$A/cfd_tunnel/$T/token | jq -r .result)\nHERE",
        "X=`curl -X POST API/accounts/$A/access/service_tokens -d \"$B\" | jq -r .result.client_secret`\nHERE",
        "X=$(curl -X PUT API/user/tokens/$ID/value | jq -r '.result')\nHERE",
        "URL=\"API/user/tokens\"\nR=$(curl -X POST \"$URL\" -d \"$B\")\nX=$(echo $R | jq -r .result.value)\nHERE",
        "R=$(curl -d @b API/user/tokens)\nX=$(echo \"$R\" | grep -o '\"value\":\"[^\"]*\"' | cut -d'\"' -f4)\nHERE",
        "r = requests.post(f\"API/accounts/{acc}/access/service_tokens\", json=b)\nX = r.json()[\"result\"][\"client_secret\"]\nHERE",
        "X = requests.post('API/user/tokens', json=b).json()['result']['value']\nHERE",
        "r = requests.post('API/user/tokens', json=b)\nd = json.loads(r.text)\nX = d.get('result').get('value')\nHERE",
        "url = 'API/user/tokens'\nr = requests.post(url, json=b)\nX = r.json()['result']['value']\nHERE",
        "const res = await fetch(`API/accounts/${a}/cfd_tunnel`, {\n  method: 'POST',\n  body,\n});\nconst d = await res.json();\nconst X = d.result.token;\nHERE",
        "const r = await axios.post('API/user/tokens', b);\nconst { value: X } = r.data.result;\nHERE",
        "const r = await fetch('API/user/tokens', { method: 'POST', body });\nconst { result } = await r.json();\nconst X = result.value;\nHERE",
        "$r = $http->post('API/user/tokens', $b);\n$X = json_decode($r->body, true)['result']['value'];\nHERE",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "X=$(curl -X POST -d \"$B\" API/user/tokens | jq -r .result.id)\nHERE",
        "X=$(curl -X POST -d \"$B\" API/user/tokens | jq -r '.result.value | length')\nHERE",
        "X=$(curl API/user/tokens | jq -r .result.value)\nHERE",
        "X=$(curl API/user/tokens/verify | jq -r .result.value)\nHERE",
        "X=$(curl API/user/tokens/$ID | jq -r .result.value)\nHERE",
        "X=$(curl -G -d name=a API/accounts/$A/cfd_tunnel | jq -r .result.token)\nHERE",
        "X=$(curl -X POST -d \"$B\" API/zones/$Z/dns_records | jq -r .result.value)\nHERE",
        "R=$(curl -X POST -d \"$B\" API/user/tokens)\nX=$(echo \"$R\" | jq -r .success)\nHERE",
        "R=$(curl -X POST -d \"$B\" API/user/tokens)\nR=$(curl API/zones)\nX=$(echo \"$R\" | jq -r .result.value)\nHERE",
        "X=$(curl -X POST -d \"$B\" API/user/tokens | jq -r .result.value)\necho \"::add-mask::$X\"\nHERE",
        "X=$(curl -s -o out.json -w '%{http_code}' -X POST -d \"$B\" API/user/tokens)\nHERE",
        "r = requests.post('API/user/tokens', json=b)\nX = r.json()['result']['id']\nHERE",
        "r = requests.get('API/user/tokens')\nX = r.json()['result']['value']\nHERE",
        "r = requests.post('API/user/tokens', json=b)\n\ndef other(r):\n    X = r.json()['result']['value']\n    HERE\n",
        "const X = await fetch('API/user/tokens', { method: 'POST', body });\nHERE",
        "const r = await axios.post('API/user/tokens', b);\nconst { id: X } = r.data.result;\nHERE",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn calls_print_an_answer_or_the_credential_in_it() {
    const MADE: &str = "r = requests.post('API/user/tokens', json=b)\n";
    for (text, shown) in [
        ("P(r.json()['result']['value'])\n", "r.json()['result']['value']"),
        ("P(r.json())\n", "r.json()"),
        ("P(f\"made {r.text}\")\n", "r.text"),
        ("P(json.dumps(r.json(), indent=2))\n", "r.json()"),
        ("if r.ok:\n    P(r.json())\n", "r.json()"),
        ("d = r.json()\nP(d)\n", "d"),
        ("d = r.json()\nP('a', d['result'])\n", "d['result']"),
        ("d = r.json()['result']\nP(d['value'])\n", "d['value']"),
    ] {
        assert_eq!(called(&format!("{MADE}{text}")).as_deref(), Some(shown), "{text}");
    }
    for text in [
        "P(r)\n",
        "P(r.status_code)\n",
        "P(r.json()['success'])\n",
        "P(r.json()['result']['id'])\n",
        "P(len(r.text))\n",
        "P(r.headers)\n",
        "P(f\"error: {r.text}\")\n",
        "if not r.ok:\n    P(r.text)\n",
        "if r.status_code != 200:\n    P(r.text)\n",
        "if r.ok:\n    pass\nelse:\n    P(r.text)\n",
        "r = requests.get('API/zones')\nP(r.text)\n",
        "d = r.json()['errors']\nP(d)\n",
        "for r in rows:\n    P(r.text)\n",
    ] {
        assert_eq!(called(&format!("{MADE}{text}")), None, "{text}");
    }
}

#[test]
fn commands_print_an_answer_or_the_credential_in_it() {
    const MADE: &str = "R=$(curl -X POST -d \"$B\" API/accounts/$A/cfd_tunnel)\n";
    for text in [
        "echo \"answer: $R\"\n",
        "echo \"$R\" | jq .\n",
        "echo \"$R\" | jq -r .result.token\n",
        "echo \"$R\" | jq '.result'\n",
        "echo \"token: $(echo \"$R\" | jq -r .result.token)\"\n",
        "if [ \"$DEBUG\" = 1 ]; then\n  echo \"$R\"\nfi\n",
    ] {
        assert!(echoed(&format!("{MADE}{text}")), "{text}");
    }
    for text in [
        "echo \"$R\" | jq -r .result.id\n",
        "echo \"$R\" | jq .errors\n",
        "echo \"id: $(echo \"$R\" | jq -r .result.id)\"\n",
        "echo \"failed: $R\"\n",
        "if [ \"$OK\" != true ]; then\n  echo \"$R\"\nfi\n",
        "[ \"$OK\" = true ] || { echo \"$R\"; exit 1; }\n",
        "echo \"$R\"\nexit 1\n",
        "R=$(curl API/zones)\necho HERE \"$R\"\n",
    ] {
        assert!(!echoed(&format!("{MADE}{text}")), "{text}");
    }
}
