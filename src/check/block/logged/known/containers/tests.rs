//! Settings that hold a credential.

// flaresec: allow-start(credential-logged) texts that tests look at

use super::super::{Known, is_known};
use crate::text::Text;

/// Whether the name that stands between `«` and `»` is known where it stands.
fn known(marked: &str) -> bool {
    let start = marked.find('«').expect("a mark");
    let name = &marked[start + '«'.len_utf8()..marked.find('»').expect("a mark")];
    let text = marked.replace(['«', '»'], "");
    let decoded = Text::decode(text.as_bytes());
    is_known(name.as_bytes(), start, &Known::of(&decoded), b"")
}

const API: &str = "https://api.cloudflare.com/client/v4/zones";

#[test]
fn who_prints_the_settings_prints_the_credential() {
    for text in [
        format!(
            "c = load()\nprint(«c1»)\n\ndef f():\n    get('{API}', h={{'Authorization': 'Bearer ' + c1['t']}})\n"
        ),
        format!(
            "def f():\n    get('{API}', h={{'X-Auth-Key': config['k']}})\n\nconfig = load()\nprint(«config»)\n"
        ),
        format!(
            "def f():\n    global c1\n    c1 = load()\n    get('{API}', h={{'X-Auth-Key': c1['k']}})\n\nprint(«c1»)\n"
        ),
        format!(
            "def f(config):\n    get('{API}', h={{'X-Auth-Key': config['k']}})\n\ndef main():\n    config = load()\n    print(«config»)\n    f(config)\n"
        ),
        format!(
            "print(«args»)\ndef f():\n    get('{API}', h={{'Authorization': f'Bearer {{args.token}}'}})\n"
        ),
        format!(
            "console.log(«cfg»);\nfunction f() {{\n  fetch('{API}', {{ h: {{ Authorization: `Bearer ${{cfg.token}}` }} }});\n}}\n"
        ),
        format!(
            "console.log({{ ...«cfg», zone: 'a' }});\nfetch('{API}', {{ h: {{ Authorization: 'Bearer ' + cfg.cloudflare.token }} }});\n"
        ),
        format!(
            "func main() {{\n\tcfg := load()\n\tfmt.Printf(\"%+v\", «cfg»)\n\tr(\"{API}\")\n\th.Set(\"Authorization\", \"Bearer \"+cfg.Token)\n}}\n"
        ),
        format!(
            "fn main() {{\n    println!(\"{{:?}}\", «cfg»);\n    c.get(\"{API}\").bearer_auth(&cfg.token);\n}}\n"
        ),
        format!(
            "fn main() {{\n    dbg!(&«cfg»);\n    c.get(\"{API}\").header(\"Authorization\", format!(\"Bearer {{}}\", cfg.token));\n}}\n"
        ),
        format!(
            "$config = Read\nWrite-Host $«config»\nInvoke \"{API}\" -Headers @{{ Authorization = \"Bearer $($config.token)\" }}\n"
        ),
        format!(
            "Console.WriteLine(Serialize(«options»));\nnew Header(\"Bearer\", options.Token); // {API}\n"
        ),
        "log.Println(«cfg»)\nfunc f() {\n\tuse(cfg.CloudflareAPIToken)\n}\n".to_owned(),
        "print(«config»)\ndef f():\n    use(config['cf_api_token'])\n".to_owned(),
        "print(«self.config»)\ndef f(self):\n    use(self.config.get('cf_api_token'))\n".to_owned(),
    ] {
        assert!(known(&text), "{text}");
    }
}

#[test]
fn others_of_that_name_and_less_than_all_of_them_do_not() {
    for text in [
        format!("print(list(«c1»))\nget('{API}', h={{'Authorization': 'Bearer ' + c1['t']}})\n"),
        format!("print(sorted(«c1»), len(c1))\nget('{API}', h={{'Authorization': 'Bearer ' + c1['t']}})\n"),
        format!("print(«c1»['zone'])\nget('{API}', h={{'Authorization': 'Bearer ' + c1['t']}})\n"),
        format!("def a(c1):\n    get('{API}', h={{'Authorization': 'Bearer ' + c1['t']}})\n\ndef b():\n    c1 = {{}}\n    print(«c1»)\n"),
        format!("def f():\n    get('{API}', h={{'Authorization': 'Bearer ' + c1['t']}})\n\ndef b(c1):\n    print(«c1»)\n"),
        format!("for row in rows:\n    get('{API}', h={{'Authorization': 'Bearer ' + row['t']}})\nfor row in others:\n    print(«row»)\n"),
        format!("print(«client»)\nget('{API}', h={{'Authorization': 'Bearer ' + client.token}})\n"),
        format!("print(«self»)\nget('{API}', h={{'Authorization': 'Bearer ' + self.token}})\n"),
        format!("console.log({{ ...«cfg», token: '***' }});\nfetch('{API}', {{ h: {{ Authorization: 'Bearer ' + cfg.token }} }});\n"),
        format!("print(dict(«c1», t='***'))\nget('{API}', h={{'Authorization': 'Bearer ' + c1['t']}})\n"),
        format!("token: SecretStr\nprint(«settings»)\nget('{API}', h={{'Authorization': 'Bearer ' + settings.token}})\n"),
        "console.log(«cfg»);\nfetch('https://api.github.com', { h: { Authorization: 'Bearer ' + cfg.token } });\n// api.cloudflare.com\n// a\n".to_owned(),
        "print(«config»)\nuse(config['cf_zone_id'])\n".to_owned(),
        "log.Println(«server»)\nuse(server.CloudflareAPIToken)\n".to_owned(),
    ] {
        assert!(!known(&text), "{text}");
    }
}

// flaresec: allow-end
