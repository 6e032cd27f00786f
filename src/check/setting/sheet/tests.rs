//! Which settings are the key: tables for the decisions of `sheet`.

use super::address::alike;
use super::{Sheet, is_option, tail};
use crate::check::tests::{asked, made};
use crate::fact::setting::Setting;
use crate::rule::Confidence;
use crate::span::Span;

/// Returns the settings of a file that are taken for the Global API Key.
fn pairs(path: &str, text: &str) -> Vec<(String, Confidence)> {
    asked(path, text, |input| {
        Sheet::new(input).pairs().iter().map(|pair| (pair.key.words.clone(), pair.confidence)).collect()
    })
}

#[test]
fn a_key_with_an_address_is_the_global_one() {
    for (path, text, key) in [
        (".env", "CF_API_EMAIL=a@b.co\nCF_API_KEY=$K\n", "cf api key"),
        (".env", "CF_API_KEY=$K\nCF_API_EMAIL=a@b.co\n", "cf api key"),
        (".env", "CLOUDFLARE_GLOBAL_API_KEY=$K\n", "cloudflare global api key"),
        ("a.toml", "[cloudflare]\nemail = \"a@b.co\"\napi_key = \"$K\"\n", "api key"),
        ("a.yml", "cloudflare:\n  email: a@b.co\n  key: $K\n", "key"),
        ("a.yml", "octodns_cloudflare:\n  email: a@b.co\n  token: $K\n", "token"),
        (".cloudflare/cloudflare.cfg", "[CloudFlare]\nemail = a@b.co\ntoken = $K\n", "token"),
        ("ddclient.conf", "protocol=cloudflare, \\\nlogin=a@b.co, \\\npassword=$K\n", "password"),
        (
            "a.sh",
            "export TF_VAR_cloudflare_email=a@b.co\nexport TF_VAR_cloudflare_api_key=$K\n",
            "tf var cloudflare api key",
        ),
        (".env", "CF_AUTH_METHOD=global\nCF_EMAIL=a@b.co\nCF_KEY=$K\n", "cf auth method"),
        ("a.yml", "cloudflare:\n  email: a@b.co\n  apiKeySecretRef:\n    name: a\n", "api key"),
        // A token of another vendor leaves no choice, nor do secrets of the workflow itself.
        (
            "a.toml",
            "OP_SERVICE_ACCOUNT_TOKEN = \"REPLACE_ME\"\nCF_API_KEY = \"REPLACE_ME\"\nCF_EMAIL = \"REPLACE_ME\"\n",
            "cf api key",
        ),
        (
            "a.yml",
            "env:\n  CF_API_TOKEN: ${{ secrets.T }}\n  CF_EMAIL: ${{ secrets.E }}\n  CF_API_KEY: ${{ secrets.K }}\n",
            "cf api key",
        ),
        ("a.yml", "cloudflare:\n  email: a@b.co\n  apiKey: ENC[AES256_GCM,data:b]\n", "api key"),
        ("action.yml", "env:\n  CF_EMAIL: ${{ inputs.e }}\n  CF_API_KEY: ${{ inputs.k }}\n", "cf api key"),
        (
            "a.sh",
            "cf_email=a@b.co\ncf_key=$K\ncurl -H \"X-Auth-Key: $cf_key\" || curl -H \"Authorization: Bearer $cf_key\"\n",
            "cf key",
        ),
    ] {
        let found = pairs(path, text);
        assert!(found.contains(&(key.to_owned(), Confidence::High)), "{path}: {text}: {found:?}");
    }
}

#[test]
fn what_is_handed_over_together_belongs_together() {
    for (path, text, keys) in [
        ("a.py", "email = c['mail']\ncf = CloudFlare(token=c['cdn'])\n", &[][..]),
        ("a.py", "email = c['mail']\ncf = CloudFlare(email=email, token=c['cdn'])\n", &["token"]),
        ("a.py", "email = c['mail']\ncf = CloudFlare(email, token=c['cdn'])\n", &["token"]),
        ("a.rb", "Cloudflare.connect(email: m, key: k)\n", &["key"]),
        (
            "a.ps1",
            "$key = Read-Host 'Cloudflare key'\n$a = @{\n  CFAuthEmail = 'a@b.co'\n  CFAuthKeySecure = $key\n}\n",
            &["cf auth key"],
        ),
        (
            ".env",
            "PROVIDER=cloudflare\nLEXICON_CLOUDFLARE_TOKEN=$C\nLEXICON_ZONOMI_USERNAME=a@b.co\nLEXICON_ZONOMI_TOKEN=$T\n",
            &[],
        ),
        (".env", "LEXICON_PROVIDER=cloudflare\nLEXICON_GANDI_USERNAME=a@b.co\nLEXICON_GANDI_TOKEN=$T\n", &[]),
    ] {
        let found: Vec<String> = pairs(path, text).into_iter().map(|(words, _)| words).collect();
        assert_eq!(found, keys, "{path}: {text}");
    }
}

#[test]
fn an_address_that_may_be_missing_leaves_the_choice() {
    let rust = |mail: &str| {
        format!("let cf_api_key = required_string(args, \"api_key\")?;\nlet cf_email = {mail};\n")
    };
    for (path, text) in [
        ("a.rs", rust("get_optional_string(args, \"email\")")),
        ("a.rs", rust("args.email.unwrap_or_default()")),
        ("a.py", String::from("cf_api_key = c[\"key\"]\ncf_email = c.get(\"mail\", None)\n")),
        ("a.js", String::from("const cfApiKey = env.CF_KEY;\nconst cfEmail = env.CF_EMAIL || '';\n")),
        ("a.ts", String::from("const cfApiKey = env.CF_KEY!;\nconst cfEmail = env.CF_EMAIL ?? undefined;\n")),
        ("a.php", String::from("$cf_api_key = $c['key'];\n$cf_email = $c['mail'] ?: '';\n")),
        ("a.sh", String::from("CF_API_KEY=${CF_API_KEY:?missing}\nCF_EMAIL=${CF_EMAIL:-}\n")),
    ] {
        assert_eq!(pairs(path, &text), [], "{path}: {text}");
    }
    for (path, text) in [
        ("a.rs", rust("required_string(args, \"email\")?")),
        ("a.py", String::from("cf_api_key = c.get(\"key\", None)\ncf_email = c.get(\"mail\", None)\n")),
        ("a.js", String::from("const cfApiKey = env.CF_KEY || '';\nconst cfEmail = env.CF_EMAIL || '';\n")),
        ("a.js", String::from("const cfApiKey = env.CF_KEY;\nconst cfEmail = env.CF_EMAIL || 'a@b.co';\n")),
        (".env", String::from("CF_API_KEY=${CF_API_KEY}\nCF_EMAIL=${CF_EMAIL:-}\n")),
        ("a.sh", String::from("CF_API_KEY=$(pass cf)\n\n# for reports\nCF_EMAIL=${CF_EMAIL:-}\n")),
    ] {
        assert_eq!(pairs(path, &text).len(), 1, "{path}: {text}");
    }
}

#[test]
fn what_goes_into_authorization_is_a_token() {
    let email = "CF_EMAIL=a@b.co\nCF_API_KEY=b\n";
    for (path, request) in [
        ("a.sh", "curl -H \"Authorization: $CF_API_KEY\""),
        ("a.sh", "curl -H \"Authorization: Bearer ${CF_API_KEY}\""),
        ("a.py", "h = {\"Authorization\": CF_API_KEY}"),
        ("a.py", "h[\"Authorization\"] = f\"Bearer {config.CF_API_KEY}\""),
        ("a.js", "h.set('Authorization', env.CF_API_KEY)"),
        ("a.js", "h.Authorization = `Bearer ${this.env.CF_API_KEY}`"),
        ("a.php", "$h = ['Authorization' => $this->CF_API_KEY];"),
    ] {
        assert_eq!(pairs(path, &format!("{email}{request}\n")), [], "{path}: {request}");
    }
    for (path, request) in [
        ("a.sh", "curl -H \"Authorization: $CF_API_TOKEN\""),
        ("a.sh", "curl -H \"Authorization: $CF_API_KEY\" || curl -H \"X-Auth-Key: $CF_API_KEY\""),
        ("a.py", "# authorization of the owner of\ncall(CF_API_KEY)"),
    ] {
        assert_eq!(pairs(path, &format!("{email}{request}\n")).len(), 1, "{path}: {request}");
    }
}

#[test]
fn scope_decides_however_far_an_address_is() {
    let far = |before: &str, indent: &str, line: &str, after: &str| {
        format!("{before}\n{}{after}\n", format!("{indent}{line}\n").repeat(40))
    };
    let key = [(String::from("cf api key"), Confidence::High)];
    for (path, text) in [
        (".env", far("CF_EMAIL=a@b.co", "", "A=1", "CF_API_KEY=$K")),
        (".env", far("CF_API_KEY=$K", "", "# a", "CF_EMAIL=a@b.co")),
        ("a.yml", far("env:\n  CF_EMAIL: a@b.co\njobs:", "  ", "a: 1", "  env:\n    CF_API_KEY: k")),
        ("a.py", far("CF_EMAIL = env[\"CF_EMAIL\"]", "", "a = 1", "CF_API_KEY = env[\"CF_API_KEY\"]")),
    ] {
        assert_eq!(pairs(path, &text), key, "{path}: {text}");
    }
    for (path, text) in [
        (".env", far("SMTP_EMAIL=a@b.co", "", "A=1", "CF_API_KEY=$K")),
        (".env", far("CLOUDFLARE_EMAIL=a@b.co", "", "A=1", "CF_API_KEY=$K")),
        ("a.ini", far("[a]\nCF_EMAIL=a@b.co\n[b]", "", "A=1", "CF_API_KEY=$K")),
        ("a.yml", far("a:\n  CF_EMAIL: a@b.co\nb:", "  ", "a: 1", "  CF_API_KEY: k")),
        ("a.yml", far("CF_EMAIL: a@b.co\n---", "", "a: 1", "CF_API_KEY: k")),
        (".env", far("CF_EMAIL=a@b.co", "", &"A".repeat(300), "CF_API_KEY=$K")),
    ] {
        assert!(pairs(path, &text).iter().all(|(_, sure)| *sure == Confidence::Low), "{path}: {text}");
    }
}

#[test]
fn what_may_be_a_token_is_less_sure() {
    for (path, text) in [
        (".env", "CF_API_KEY=$K\n"),
        (".env", "MY_GLOBAL_API_KEY=$K\n"),
        ("a.py", "cloudflare_dns(x)\nemail = e\napi_key = k\n"),
        // A setting of no known tool is what it is called.
        ("a.yml", "cloudflare:\n  email: a@b.co\n  token: $K\n"),
        ("a.toml", "[cloudflare]\nemail = \"a@b.co\"\ntoken = \"REPLACE\"\n"),
        (
            "a.nix",
            "options.services.cf-ddns = {\n  email = mkOption { type = str; };\n  token = mkOption { type = str; };\n};\n",
        ),
    ] {
        let found = pairs(path, text);
        assert_eq!(found.len(), 1, "{path}: {text}");
        assert_eq!(found[0].1, Confidence::Low, "{path}: {text}");
    }
}

#[test]
fn tokens_other_services_and_choices_are_no_keys() {
    for (path, text) in [
        (".env", "CF_API_TOKEN=$T\nCF_API_EMAIL=a@b.co\n"),
        (".env", "SENDGRID_API_KEY=$K\nMAIL_USER=a@b.co\n"),
        (".env", "CF_API_KEY=cfut_$T\nCF_API_EMAIL=a@b.co\n"),
        (".env", "# CurseForge\nCF_API_KEY=$K\nCF_API_EMAIL=a@b.co\n"),
        ("a.yml", "cloudflare:\n  email: a@b.co\nmailgun:\n  key: $K\n"),
        ("a.yml", "# cloudflare\nemail: a@b.co\napi_key: ${env.SENDGRID_API_KEY}\n"),
        ("a.tf", "email = var.email\napi_key = var.token == null ? var.cloudflare_key : null\n"),
        ("a.go", "// cloudflare\nc.email = email\nc.authKey = authKey\n"),
        ("a.yml", "cloudflare:\n  token: $T\n"),
        // Names that the author of a module has chosen, and a login to somebody else.
        ("a.sh", "export TF_VAR_cloudflare_email=a@b.co\nexport TF_VAR_cloudflare_token=$T\n"),
        ("a.sh", "terraform apply -var \"cloudflare_email=$E\" -var \"cloudflare_token=$T\"\n"),
        ("a.html", "fetch('https://a.example.net/cloudflare', { email: 'a@b.co', password: 'b' })\n"),
        (
            "a.dart",
            "// Cloudflare\nconst r2Email = 'your_email';\nconst r2GlobalKey = 'your_key';\nconst r2ApiToken = 'your_token';\n",
        ),
        // What SOPS has encrypted, what a caller chooses, and what is sent as a token.
        (
            "a.json",
            "{\"cloudflare\": {\"email\": \"ENC[AES256_GCM,data:a]\", \"api_key\": \"ENC[AES256_GCM,data:b]\", \"api_token\": \"ENC[AES256_GCM,data:c]\"}}",
        ),
        (
            "action.yml",
            "env:\n  CF_API_TOKEN: ${{ inputs.t }}\n  CF_EMAIL: ${{ inputs.e }}\n  CF_API_KEY: ${{ inputs.k }}\n",
        ),
        (
            "a.yml",
            "on:\n  workflow_call:\nenv:\n  CF_API_TOKEN: ${{ secrets.T }}\n  CF_EMAIL: ${{ secrets.E }}\n  CF_API_KEY: ${{ secrets.K }}\n",
        ),
        (
            "a.sh",
            "# cloudflare\nauth_email=a@b.co\nauth_token=$T\ncurl -H \"Authorization: Bearer ${auth_token}\"\n",
        ),
        ("a.yaml", "cloudflare_email: ENC[AES256_GCM,data:a]\ncloudflare_api_key: ENC[AES256_GCM,data:b]\n"),
        ("action.yml", "inputs:\n  email: {required: true}\n  cf_api_key: {required: true}\n"),
        ("a.toml", "CF_API_TOKEN = \"REPLACE_ME\"\nCF_API_KEY = \"REPLACE_ME\"\nCF_EMAIL = \"REPLACE_ME\"\n"),
    ] {
        assert_eq!(pairs(path, text), [], "{path}: {text}");
    }
}

/// Returns what `decide` says about the setting whose name has these words.
fn decided(path: &str, text: &str, words: &str, decide: impl Fn(&Sheet<'_>, &Setting) -> bool) -> bool {
    asked(path, text, |input| {
        let sheet = Sheet::new(input);
        let setting = sheet.all.iter().map(|(setting, _)| *setting).find(|s| s.words == words);
        decide(&sheet, setting.unwrap_or_else(|| panic!("no `{words}` in {text}")))
    })
}

#[test]
fn values_say_what_they_hold() {
    let (hex, token) = (&made("hex37"), &made("token40"));
    let mixed = &token[..20];
    let key = |value: &str| format!("CF_API_KEY={value}\n");
    let of =
        |text: &str, decide: fn(&Sheet<'_>, &Setting) -> bool| decided(".env", text, "cf api key", decide);
    let another: fn(&Sheet<'_>, &Setting) -> bool = |sheet, key| sheet.holds_another(key);
    assert!(of(&key(mixed), another));
    for value in [hex, "$KEY", "short", &format!("cfk_{mixed}"), "\"${{ secrets.THE_KEY_OF_IT }}\""] {
        assert!(!of(&key(value), another), "{value}");
    }
    let one: fn(&Sheet<'_>, &Setting) -> bool = |sheet, key| sheet.holds_token(key);
    for value in ["cfut_a", "'cfat_a'", token] {
        assert!(of(&key(value), one), "{value}");
    }
    for value in [hex, mixed, "cfk_a", "$TOKEN"] {
        assert!(!of(&key(value), one), "{value}");
    }
    let choice: fn(&Sheet<'_>, &Setting) -> bool = |sheet, key| sheet.is_choice(key);
    for value in
        ["t.token == null ? k : null", "k if not token else None", "\"${var.token == \"\" ? var.k : null}\""]
    {
        assert!(of(&key(value), choice), "{value}");
    }
    for value in ["k ? k : null", "token", "var.token_key", "k if a else b"] {
        assert!(!of(&key(value), choice), "{value}");
    }
}

#[test]
fn values_say_whose_they_are() {
    let others = |value: &str| {
        let text = format!("email: a@b.co\napi_key: {value}\n");
        decided("a.yml", &text, "api key", |sheet, key| sheet.is_of_other_vendor(key))
    };
    for value in ["env.SENDGRID_API_KEY", "${MAILGUN_KEY}", "process.env.STRIPE_KEY"] {
        assert!(others(value), "{value}");
    }
    for value in ["env.CF_API_KEY", "${API_KEY}", "process.env.CLOUDFLARE_KEY", "$K", "secrets.key", "abc"] {
        assert!(!others(value), "{value}");
    }
}

#[test]
fn names_that_a_program_lists_registers_or_reads_from_a_request_hold_nothing() {
    let decide = |sheet: &Sheet<'_>, key: &Setting| {
        sheet.is_listed(key)
            || sheet.is_registered(key)
            || sheet.is_of_request(key)
            || sheet.is_collection(key)
            || sheet.is_object_of_form(key)
            || sheet.is_name_to_copy(key)
    };
    for (path, text, words) in [
        ("a.php", "$p = array('email', 'key', 'domain', 'id');", "key"),
        ("a.js", "const FIELDS = [\"email\", \"api_key\", \"zone\"];", "api key"),
        ("a.php", "register_setting('cf', 'cloudflare_api_key', 'trim');", "cloudflare api key"),
        ("a.php", "$db = ['CloudflareAuthKey' => 'VarChar(255)'];", "cloudflare auth key"),
        ("a.go", "apiKey := c.Locals(\"user_api_key\").(string)", "api key"),
        ("a.php", "$api_key = $_POST['cf_api_key'];", "api key"),
        ("a.py", "api_key = session['cf_api_key']", "api key"),
        ("a.js", "const cfApiKey = req.body.cfApiKey;", "cf api key"),
        ("a.cs", "ApiKey = new ConcurrentDictionary<string, string>();", "api key"),
        ("a.php", "$api_key = TextField::create('CloudflareAuthKey', 'Auth Key');", "api key"),
        ("a.php", "$api_key = new \\Form\\PasswordField('key');", "api key"),
        ("a.js", "const apiKey = new FormControl('');", "api key"),
        ("a.py", "cf_api_key = forms.CharField(max_length=80)", "cf api key"),
        ("Makefile", "A = cloudflareApiKey:CLOUDFLARE_API_KEY \\\n", "cloudflare api key"),
        ("a.sh", "for p in \"cfApiKey:CF_API_KEY\"; do", "cf api key"),
    ] {
        assert!(decided(path, text, words, decide), "{path}: {text}");
    }
    for (path, text, words) in [
        ("a.php", "$p = array('email' => $e, 'key' => $k);", "key"),
        ("a.js", "login([\"email\", \"api_key\", process.env.KEY]);", "api key"),
        ("a.php", "update_option('cloudflare_api_key', $key);", "cloudflare api key"),
        ("a.py", "api_key = args.api_key", "api key"),
        ("a.py", "api_key = os.environ['CF_API_KEY']", "api key"),
        ("a.js", "const cfApiKey = settings.cfApiKey;", "cf api key"),
        ("a.js", "const apiKey = keyInput.value(0);", "api key"),
        ("a.php", "$api_key = getField('cf_api_key');", "api key"),
        ("a.js", "f({cfApiKey:CF_API_KEY})", "cf api key"),
        ("a.yml", "cfApiKey: CF_API_KEY\n", "cf api key"),
    ] {
        assert!(!decided(path, text, words, decide), "{path}: {text}");
    }
}

#[test]
fn settings_are_declared_and_referred_to() {
    let declared =
        |text: &str, words: &str| decided("compose.yml", text, words, |sheet, key| sheet.is_declared(key));
    assert!(declared("secrets:\n  cf_api_key:\n    file: a\n", "cf api key"));
    assert!(declared("secrets:\n  cf_api_key:\n    external: true\n", "cf api key"));
    assert!(!declared("environment:\n  cf_api_key: a\n", "cf api key"));
    assert!(!declared("environment:\n  cf_api_key: external\n", "cf api key"));
    let text = "cf_email: a\nkey: X-Auth\n";
    assert!(decided("a.yml", text, "key", |sheet, key| sheet.in_reference(key)));
    let text = "cf_email: a\nsecretKeyRef:\n  name: b\n  key: c\n";
    assert!(decided("a.yml", text, "key", |sheet, key| sheet.in_reference(key)));
    let text = "cf_email: a\nsecret:\n  name: b\n  key: c\n";
    assert!(!decided("a.yml", text, "key", |sheet, key| sheet.in_reference(key)));
}

#[test]
fn names_of_one_family_go_together() {
    let named =
        |words: &str| Setting { span: Span::new(0, 0), words: words.to_owned(), value: Span::new(0, 0) };
    for (key, email) in [
        ("cf api key", "cf email"),
        ("cf api key", "email"),
        ("api key", "user name"),
        ("dns api key", "dns email"),
        ("api key", "cloudflare email"),
    ] {
        assert!(alike(&named(key), &named(email)), "{key}, {email}");
    }
    for (key, email) in
        [("cf api key", "smtp email"), ("api key", "github user"), ("my api key", "my smtp email")]
    {
        assert!(!alike(&named(key), &named(email)), "{key}, {email}");
    }
}

#[test]
fn three_parts_of_a_path_say_what_a_file_is() {
    for (path, end) in [
        (".wrangler/config/default.toml", ".wrangler/config/default.toml"),
        ("home/a/.wrangler/config/default.toml", ".wrangler/config/default.toml"),
        ("a.toml", "a.toml"),
        ("", ""),
    ] {
        assert_eq!(tail(path.as_bytes()), end.as_bytes(), "{path}");
    }
    assert!(is_option(b"a --key b", Span::new(2, 9)));
    assert!(!is_option(b"a -key b", Span::new(2, 8)));
}

#[test]
fn options_of_the_sdk_are_its_own_wherever_they_stand() {
    let key = [(String::from("api key"), Confidence::High)];
    for (path, text) in [
        (
            "a.ts",
            "import Cloudflare from 'cloudflare';\n\nfunction options(s: Secret) {\n  return {\n    apiEmail: s.email,\n    apiKey: s.key,\n  };\n}\n",
        ),
        (
            "a.js",
            "const { Cloudflare } = require('cloudflare');\n\nconst o = { apiKey: s.key, apiEmail: s.email };\n",
        ),
        ("a.ts", "import Edge from 'npm:cloudflare@4';\n\nconst o = { apiKey: s.key, apiEmail: s.email };\n"),
        (
            "a.py",
            "from cloudflare import Cloudflare\n\n\ndef options(s):\n    return {\"api_email\": s.mail, \"api_key\": s.key}\n",
        ),
        ("a.py", "import cloudflare\n\n\no = dict(api_email=s.mail, api_key=s.key)\n"),
    ] {
        assert_eq!(pairs(path, text), key, "{path}: {text}");
    }
    for (path, text) in [
        (
            "a.ts",
            "import Help from 'helpdesk';\n\nconst o = { apiKey: s.key, apiEmail: s.email };\n// cloudflare\n",
        ),
        (
            "a.ts",
            "import Cloudflare from 'cloudflare';\n\nconst o = { apiToken: s.t, apiKey: s.k, apiEmail: s.e };\n",
        ),
        (
            "a.ts",
            "import Cloudflare from 'cloudflare';\n\ninterface O {\n  apiKey: string;\n  apiEmail: string;\n}\n",
        ),
        ("a.ts", "import Cloudflare from 'cloudflare';\n\nconst o = { key: s.k, login: s.e };\n"),
    ] {
        assert!(pairs(path, text).iter().all(|(_, sure)| *sure == Confidence::Low), "{path}: {text}");
    }
}

#[test]
fn names_of_a_tool_count_in_its_files() {
    for (path, text) in [
        ("jail.local", "[DEFAULT]\nbanaction = cloudflare\n[x]\ncfuser = a@b.co\ncftoken = abc\n"),
        ("action.d/cloudflare.conf", "[Init]\ncftoken = abc\ncfuser = a@b.co\n"),
    ] {
        assert!(pairs(path, text).iter().any(|(_, sure)| *sure == Confidence::High), "{path}: {text}");
    }
    for (path, text) in [
        ("cfAccess.js", "const token = read(req);\nif (d) req.cfUser = { email: d.email };\n"),
        ("cloudflare/access.go", "token := r.Header.Get(\"A\")\ncfUser := claims.Email\n"),
        ("cloudflare.php", "$cfToken = getenv('CF_TOKEN');\n$cfUser = getenv('CF_USER');\n"),
        (
            "cfAccess.py",
            "token = request.headers[\"Cf-Access-Jwt-Assertion\"]\ncf_email = claims[\"email\"]\n",
        ),
        ("cloudflare.sh", "email=$E\ntoken=$(get CF_Authorization)\n"),
    ] {
        assert_eq!(pairs(path, text), [], "{path}: {text}");
    }
}

#[test]
fn an_option_pairs_with_those_of_its_own_command() {
    for (path, text) in [
        ("a.sh", "lexicon cloudflare --auth-username a@b.co --auth-token $T\n"),
        ("a.sh", "cloudflare-cli --email \"$E\" --password \"$P\"\n"),
        ("a.sh", "cloudflare-cli --email a@b.co \\\n  --key \"$K\"\n"),
    ] {
        assert_eq!(pairs(path, text).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("a.sh", "acme.sh --issue --email a@b.co --dns dns_cf && cloudflare --password $P\n"),
        (
            "a.yml",
            "- shell: acme.sh --issue --email a@b.co --dns dns_cf --post-hook \"acme.sh --toPkcs --password {{ p }}\" # cloudflare\n",
        ),
        (
            "a.sh",
            "certbot --email a@b.co --dns-cloudflare --dns-cloudflare-credentials /x --deploy-hook \"openssl --password $P\"\n",
        ),
        ("a.sh", "lego --email a@b.co --dns cloudflare --password $P\n"),
        ("a.sh", "cloudflare-cli --email a@b.co; other --password $P\n"),
    ] {
        assert_eq!(pairs(path, text), [], "{path}: {text}");
    }
}

#[test]
fn a_key_beside_the_token_that_a_tool_uses_is_left_over() {
    let text = |token: &str| {
        format!(
            "{{\"cloudflare\": [{{\"authentication\": {{\"api_token\": \"{token}\", \"api_key\": {{\"api_key\": \"k1\", \"account_email\": \"a@b.co\"}}}}, \"zone_id\": \"z\"}}]}}"
        )
    };
    for token in ["", "api_token_here"] {
        assert!(!pairs("config.json", &text(token)).is_empty(), "{token}");
    }
    for token in ["my-Api-Token", "xxx", "${CF_DDNS_API_TOKEN}"] {
        assert_eq!(pairs("config.json", &text(token)), [], "{token}");
    }
}

#[test]
fn a_word_that_stands_for_a_value_is_no_setting() {
    for text in [
        "export CLOUDFLARE_EMAIL=\"a@b.co\"\nexport CLOUDFLARE_AUTH_KEY=\"<API_KEY>\"\n",
        "export CLOUDFLARE_EMAIL='a@b.co'\nexport CLOUDFLARE_API_KEY='<API_KEY>'\n",
        "export CF_API_EMAIL=a@b.co\nexport CF_API_KEY=\"<GLOBAL_API_KEY>\"\n",
        "    CF_API_EMAIL=a@b.co\n    CF_API_KEY=<API_KEY>\n",
    ] {
        let found = pairs("README.md", text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
}

#[test]
fn blocks_of_routers_set_by_a_space() {
    let block =
        |entries: &str| format!("service custom-cloudflare {{\n    host-name a.example\n{entries}\n}}\n");
    let text = block("    login a@b.co\n    password abc\n    protocol cloudflare");
    assert_eq!(pairs("config.boot", &text), [(String::from("password"), Confidence::High)], "{text}");
    for text in [
        block("    login token\n    password abc\n    protocol cloudflare"),
        block("    login a@b.co;\n    password abc;\n    protocol cloudflare;"),
        block("    login a@b.co\n    password abc\n    protocol dyndns2")
            .replace("custom-cloudflare", "dyndns"),
    ] {
        assert_eq!(pairs("config.boot", &text), [], "{text}");
    }
}
