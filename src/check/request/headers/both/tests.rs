//! When code that sends the key leaves the choice: tables for the decisions of `both`.

use super::supports_both;
use crate::check::tests::{asked, marked};

#[track_caller]
fn both(path: &str, text: &str) -> bool {
    let (text, span) = marked(text);
    asked(path, &text, |input| supports_both(input, span))
}

#[test]
fn a_client_that_decides_has_both_ways() {
    for (path, text) in [
        (
            "a.py",
            "if token:\n    h[\"Authorization\"] = f\"Bearer {token}\"\nelse:\n    h[\"«X-Auth-Key\"] = key»\n",
        ),
        ("a.ts", "const h = token ? { Authorization: `Bearer ${token}` } : { \"«X-Auth-Key\": key» };\n"),
        (
            "a.sh",
            "if [ -n \"$T\" ]; then\n  a=(-H \"Authorization: Bearer $T\")\nelse\n  a=(-H \"«X-Auth-Key: $K»\")\nfi\n",
        ),
        (
            "a.js",
            "const h = mail\n  ? {\n      '«X-Auth-Key': key»,\n      'X-Auth-Email': mail\n    }\n  : {\n      Authorization: `Bearer ${key}`\n    }\n",
        ),
        (
            "a.php",
            "$h = $mail\n    ? array(\n        '«X-Auth-Key: ' . $key»,\n    )\n    : array(\n        'Authorization: Bearer ' . $key,\n    );\n",
        ),
        (
            "a.py",
            "h = (\n    {\"«X-Auth-Key\": key»}\n    if mail\n    else {\"Authorization\": f\"Bearer {key}\"}\n)\n",
        ),
        ("a.md", "Send `Authorization: Bearer TOKEN`.\n\nOr the old way:\n\n    «X-Auth-Key: KEY»\n"),
        (
            "a.ts",
            &format!(
                "h.set(\"«X-Auth-Key\", this.apiKey»);\n{}if (t) h.set(\"Authorization\", `Bearer ${{t}}`);\n",
                "// more\n".repeat(1000)
            ),
        ),
        (
            "a.ml",
            "let headers = function\n  | Token t -> [ (\"Authorization\", \"Bearer \" ^ t) ]\n  | Key k -> [ (\"«X-Auth-Key\", k)» ]\n",
        ),
        (
            "a.ex",
            "def headers({:token, t}), do: [{\"authorization\", \"Bearer \" <> t}]\n\ndef headers({:key, k}) do\n  [{\"«x-auth-key\", k}»]\nend\n",
        ),
        (
            "a.hs",
            "headers (Token t) = [(\"Authorization\", \"Bearer \" <> t)]\nheaders (Key k) = [(\"«X-Auth-Key\", k)»]\n",
        ),
        (
            "A.kt",
            "fun headers(a: Token) = mapOf(\"Authorization\" to \"Bearer $a\")\nfun headers(a: Key) = mapOf(\"«X-Auth-Key\" to a.k»)\n",
        ),
        (
            "a.py",
            "M = {\n    \"token\": lambda c: {\"Authorization\": f\"Bearer {c}\"},\n    \"global\": lambda c: {\"«X-Auth-Key\": c»},\n}\n",
        ),
        (
            "a.ts",
            "const m = {\n  legacy: (c) => ({ \"«X-Auth-Key\": c.k» }),\n  bearer: (c) => ({ Authorization: `Bearer ${c}` }),\n};\n",
        ),
        (
            "a.rb",
            "M = {\n  token: ->(c) { { \"Authorization\" => \"Bearer #{c}\" } },\n  key: ->(c) { { \"«X-Auth-Key\" => c» } },\n}\n",
        ),
    ] {
        assert!(both(path, text), "{path}: {text}");
    }
    for (path, text) in [
        (
            "a.ex",
            "def list(t), do: get(\"/a\", [{\"authorization\", \"Bearer \" <> t}])\n\ndef purge(k) do\n  [{\"«x-auth-key\", k}»]\nend\n",
        ),
        (
            "a.go",
            "func (g *GitHub) headers() {\n\th.Set(\"Authorization\", \"Bearer \"+g.t)\n}\n\nfunc (z *Zones) headers() {\n\th.Set(\"«X-Auth-Key\", apiKey)»\n}\n",
        ),
        (
            "a.py",
            "M = {\n    \"github\": {\"Authorization\": f\"Bearer {t}\"},\n    \"zones\": {\"«X-Auth-Key\": k»},\n}\n",
        ),
        (
            "a.py",
            "M = {\n    \"github_token\": {\"Authorization\": f\"Bearer {t}\"},\n    \"zones\": {\"«X-Auth-Key\": k»},\n}\n",
        ),
        ("a.py", "if key:\n    h[\"«X-Auth-Key\"] = key»\n"),
        ("a.py", "h[\"Authorization\"] = f\"Bearer {token}\"\nh[\"«X-Auth-Key\"] = key»\n"),
        (
            "a.py",
            "get(\"https://api.github.com\", h={\"Authorization\": f\"Bearer {t}\"})\nif zone:\n    h[\"«X-Auth-Key\"] = key»\n",
        ),
        (
            "a.sh",
            "curl -H \"Authorization: Bearer $T\" $URL\ncd /srv || exit 1\ncurl -H \"«X-Auth-Key: $K»\" $URL\n",
        ),
        ("a.md", "Send the key:\n\n    «X-Auth-Key: KEY»\n"),
        (
            "a.ts",
            &format!(
                "h.set(\"«X-Auth-Key\", apiKey»);\n{}if (t) h.set(\"Authorization\", `Bearer ${{t}}`);\n",
                "// more\n".repeat(1000)
            ),
        ),
    ] {
        assert!(!both(path, text), "{path}: {text}");
    }
}

#[test]
fn a_token_in_a_comment_is_no_other_way() {
    for (path, text) in [
        (
            "a.go",
            "if err != nil {\n\treturn err\n}\n// h.Set(\"Authorization\", \"Bearer \"+t)\nh.Set(\"«X-Auth-Key\", key)»\n",
        ),
        (
            "a.ts",
            "const h = {\n  // Authorization: `Bearer ${this.t}`,\n  \"«X-Auth-Key\": this.key»,\n};\nif (a) b();\n",
        ),
        (
            "a.java",
            "/*\n * h.put(\"Authorization\", \"Bearer \" + t);\n */\nif (z) h.put(\"«X-Auth-Key\", key)»;\n",
        ),
        (
            "a.sh",
            "# with -H \"Authorization: Bearer $CF_TOKEN\"\nif [ -n \"$1\" ]; then\ncurl -H \"«X-Auth-Key: $K»\" $URL\nfi\n",
        ),
        ("a.py", "# h[\"Authorization\"] = f\"Bearer {t}\"\nif z:\n    h[\"«X-Auth-Key\"] = key»\n"),
        ("a.rb", "if z\n  # h['Authorization'] = \"Bearer #{t}\"\n  h['«X-Auth-Key'] = key»\nend\n"),
        (
            "a.php",
            "if ($z) {\n  // $h[] = 'Authorization: Bearer ' . $t;\n  $h[] = '«X-Auth-Key: ' . $key»;\n}\n",
        ),
    ] {
        assert!(!both(path, text), "{path}: {text}");
    }
}

#[test]
fn two_calls_with_different_credentials_are_no_choice() {
    for (path, text) in [
        (
            "a.py",
            "def zones():\n    h = {'«X-Auth-Key': KEY»}\n    response = requests.get(BASE, headers=h)\n    if response.ok:\n        return response.json()\n    return None\n\ndef add():\n    h = {'Authorization': f'Bearer {T}'}\n    return requests.post(BASE, headers=h)\n",
        ),
        (
            "a.js",
            "async function zones() {\n  const r = await fetch(`${BASE}/zones`, { headers: { '«X-Auth-Key': KEY» } });\n  if (!r.ok) return null;\n  return r.json();\n}\n\nasync function add() {\n  return fetch(BASE, { headers: { Authorization: `Bearer ${T}` } });\n}\n",
        ),
        (
            "a.go",
            "func run() {\n\tr1.Header.Set(\"Authorization\", \"Bearer \"+t)\n\tif err := do(r1); err != nil {\n\t\treturn\n\t}\n\tr2.Header.Set(\"«X-Auth-Key\", key)»\n}\n",
        ),
    ] {
        assert!(!both(path, text), "{path}: {text}");
    }
}

#[test]
fn a_test_decides_if_a_branch_goes_on_with_the_token() {
    let call = "curl -H \"«X-Auth-Key: $K»\" $URL\n";
    for test in [
        "if [ -z \"$CF_API_TOKEN\" ] && [ -z \"$K\" ]; then\n  exit 1\nfi\n",
        "if [ -n \"$CF_API_TOKEN\" ]; then\n  wrangler deploy\n  exit 0\nfi\n",
        "if [ -n \"$CF_API_TOKEN\" ]; then\n  echo token\nelse\n",
        "[ -n \"$CF_API_TOKEN\" ] && exec wrangler deploy\n",
        "run() {\n  [ -n \"$CF_API_TOKEN\" ] && exec wrangler deploy\n  echo key\n}\n",
    ] {
        assert!(both("a.sh", &format!("{test}{call}")), "{test}");
    }
    let before = "if [ -z \"$CF_API_TOKEN\" ]; then\n  curl -H \"«X-Auth-Key: $K»\" $URL\n  exit\nfi\nwrangler deploy\n";
    assert!(both("a.sh", before));
    for test in [
        "[ -z \"$CF_API_TOKEN\" ] && exit 1\n",
        "[ -n \"$CF_API_TOKEN\" ] || {\n  echo missing\n  exit 1\n}\n",
        "if [ -z \"$CF_API_TOKEN\" ]; then\n  usage\n  exit 1\nfi\n",
        "if [[ -z $CF_API_TOKEN || -z $CF_ZONE ]]; then\n  exit 1\nfi\n",
        "if test -z \"$CF_API_TOKEN\"\n  exit 1\nend\n",
        "if [ -n \"$CF_API_TOKEN\" ]; then\n  echo set\nfi\n",
        "if [ -n \"$CF_TUNNEL_TOKEN\" ]; then\n  cloudflared tunnel run\nfi\n",
        "read -p \"Store CLOUDFLARE_API_TOKEN? (y/N): \" yes\n",
    ] {
        assert!(!both("a.sh", &format!("{test}{call}")), "{test}");
    }
    let same = "if [ -n \"$CF_API_TOKEN\" ]; then\n  curl -H \"«X-Auth-Key: $CF_API_TOKEN»\" $URL\nfi\n";
    assert!(!both("a.sh", same));
}

#[test]
fn a_bearer_for_somebody_else_is_no_other_way() {
    for (path, text) in [
        (
            "a.rb",
            "return head 401 unless request.headers['Authorization'] == \"Bearer #{ADMIN}\"\nh['«X-Auth-Key'] = key»\n",
        ),
        ("A.java", "if (!auth.startsWith(\"Bearer \")) return;\nc.header(\"«X-Auth-Key\", key»);\n"),
        (
            "a.go",
            "if !strings.HasPrefix(r.Header.Get(\"Authorization\"), \"Bearer \") { return }\nq.Header.Set(\"«X-Auth-Key\", key»)\n",
        ),
        ("a.php", "if ($h !== 'Bearer ' . $admin) { exit; }\n$o = ['«X-Auth-Key: ' . $key»];\n"),
        (
            "a.js",
            "if (req.headers.authorization !== `Bearer ${env.ADMIN}`) return no;\nfetch(u, { headers: { \"«X-Auth-Key\": env.KEY» } });\n",
        ),
        (
            "a.ts",
            "if (env.T) await fetch(\"https://api.example.net/v1\", { headers: { Authorization: `Bearer ${env.T}` } });\nfetch(u, { headers: { \"«X-Auth-Key\": env.KEY» } });\n",
        ),
    ] {
        assert!(!both(path, text), "{path}: {text}");
    }
    for (path, text) in [
        (
            "a.lua",
            "if auth:sub(1, 7) == \"Bearer \" then\n  set(\"Authorization\", auth)\nelse\n  set(\"«X-Auth-Key\", key»)\nend\n",
        ),
        (
            "a.js",
            "if (t) h.Authorization = t.startsWith('Bearer ') ? t : `Bearer ${t}`;\nelse h['«X-Auth-Key'] = key»;\n",
        ),
        (
            "a.ts",
            "if (t) fetch(\"https://api.cloudflare.com/client/v4\", { headers: { Authorization: `Bearer ${t}` } });\nelse fetch(u, { headers: { \"«X-Auth-Key\": env.KEY» } });\n",
        ),
    ] {
        assert!(both(path, text), "{path}: {text}");
    }
}
