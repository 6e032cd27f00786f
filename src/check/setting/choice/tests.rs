//! When a file leaves the choice: tables for the decisions of `choice`.

use super::{is_alternative, supports_both};
use crate::check::tests::{asked, marked};

#[track_caller]
fn both(path: &str, text: &str) -> bool {
    let (text, span) = marked(text);
    asked(path, &text, |input| supports_both(input, span))
}

#[test]
fn a_document_that_shows_a_token_of_cloudflare_leaves_the_choice() {
    for text in [
        "    «CF_API_KEY=a»\n    CF_API_TOKEN=b\n",
        "    «CF_API_KEY=a»\n    API_TOKEN=b\n",
        "    «--cf-api-key=a»\n    --api-token=b\n",
        "    «CF_API_KEY=a»\n\nAn API token is better.\n",
        "    «CF_API_KEY=a»\n    cloudflareApiToken=b\n",
    ] {
        assert!(both("README.md", text), "{text}");
    }
    for text in [
        "    «CF_API_KEY=a»\n    DOCKER_API_TOKEN=b\n",
        "    «--cf-api-key=a» --docker-api-token=b\n\n| `docker-api-token` | use it for images |\n",
        "    «CF_API_KEY=a»\n",
        "# Global API Key (recommended)\n    «CF_API_KEY=a»\n# API token\n    CF_API_TOKEN=b\n",
    ] {
        assert!(!both("README.md", text), "{text}");
    }
}

#[test]
fn branches_of_a_conditional_decide() {
    for text in [
        "const cf = t\n  ? new Cloudflare({\n      apiToken: t,\n    })\n  : new Cloudflare({\n      «apiKey: k»,\n      apiEmail: e,\n    });",
        "const cf = t\n  ? new Cloudflare({\n      «apiKey: k»,\n      apiEmail: e,\n    })\n  : new Cloudflare({\n      apiToken: t,\n    });",
    ] {
        assert!(both("a.ts", text), "{text}");
        assert!(!both("a.ts", &text.replace('?', "=").replace("  :", "  ;")), "{text}");
    }
    assert!(both("a.php", "$a = $t ? new APIToken($t) : «new APIKey($e, $k)»;"));
    assert!(!both("a.php", "$a = new APIToken($t); $b = «new APIKey($e, $k)»;"));
}

#[test]
fn what_is_commented_out_is_no_other_way() {
    for (path, text) in [
        (
            "a.go",
            "// cf, err := cloudflare.NewWithAPIToken(t)\napi, err := «cloudflare.New(key, email)»\nif err != nil {\n",
        ),
        ("a.py", "cf = «CloudFlare(email, key)»  # or with api_token\nif cf:\n    pass\n"),
        ("a.js", "/*\n  new Cloudflare({ apiToken })\n*/\nif (a) «define('CLOUDFLARE_API_KEY', k)»;\n"),
        ("a.sh", "# export CF_API_TOKEN=a\nif true; then\n  «CF_API_KEY=b»\nfi\n"),
    ] {
        assert!(!both(path, text), "{path}: {text}");
        let live = text.replace("// ", "").replace("  # or", "; or").replace("/*", "").replace("# ", "");
        assert!(both(path, &live), "{path}: {live}");
    }
}

#[test]
fn a_branch_within_another_value_decides_nothing() {
    let dns = "- cloudflare_dns:\n    record: \"{% if r is defined %}{{ r }}{% else %}@{% endif %}\"\n    account_email: \"{{ m }}\"\n";
    let key = format!("{dns}    «account_api_key: \"{{{{ cloudflare_api_token }}}}\"»\n");
    assert!(!both("tasks/a.yml", &key));
    let erb = "name=<% if @n %><%= @n %><% else %>a<% end %>\n«password=<%= @api_token %>»\n";
    assert!(!both("a.conf.erb", erb));
    let go = "name: {{ if .N }}{{ .N }}{{ else }}a{{ end }}\n«cf_api_key: {{ .apiToken }}»\n";
    assert!(!both("a.tmpl", go));
    for (path, text) in [
        (
            "a.yml",
            "{% if api_token %}\n    api_token: \"{{ api_token }}\"\n{% else %}\n    «account_api_key: \"{{ k }}\"»\n{% endif %}\n",
        ),
        ("a.yml", "«key: \"{% if t %}{{ t }}{% else %}{{ k }}{% endif %}\"»\n# api_token\n"),
    ] {
        assert!(both(path, text), "{path}: {text}");
    }
}

#[test]
fn branches_of_configurations_and_templates_decide() {
    for (path, text) in [
        ("a.nix", "if t != null then { CF_API_TOKEN = t; } else { «CF_API_KEY = k»; }"),
        ("a.nix", "if t == null then { «CF_API_KEY = k»; } else { CF_API_TOKEN = t; }"),
        ("a.jsonnet", "env: if t then { CF_API_TOKEN: t } else { «CF_API_KEY: k» }"),
        (
            "a.nix",
            "optionalAttrs (t != null) { CF_API_TOKEN = t; } // lib.optionalAttrs (k != null) { «CF_API_KEY = k»; }",
        ),
        (
            "a.conf.j2",
            "{% if a_token is defined %}\nlogin=token\n{% else %}\nlogin={{ m }}\n«password={{ k }}»\n{% endif %}",
        ),
        ("a.erb", "<% if @token -%>\nlogin=token\n<% else -%>\n«password=<%= @k %>»\n<% end -%>"),
    ] {
        assert!(both(path, text), "{path}: {text}");
    }
    for (path, text) in [
        ("a.nix", "a = if b then { X = t; } else { «CF_API_KEY = k»; }"),
        ("a.nix", "{ «CF_API_KEY = k»; }"),
        ("a.nix", "a = lib.mkIf cfg.enable { «CF_API_KEY = k»; }"),
        (
            "a.conf.j2",
            "{% if a %}\nlogin=m\n{% else %}\nlogin={{ m }}\n{% endif %}\n«password={{ k }}»\n# token",
        ),
        ("a.conf.j2", "{% if vault_token %}\nx=1\n{% else %}\n«password={{ k }}»\n{% endif %}"),
    ] {
        assert!(!both(path, text), "{path}: {text}");
    }
}

#[test]
fn a_name_may_be_set_in_two_ways() {
    let alternative = |text: &str| {
        let (text, span) = marked(text);
        asked(".env.sample", &text, |input| is_alternative(input, span))
    };
    for text in [
        "# API token\nA_KEY=\n\n# global key\nA_MAIL=\n«A_KEY=»\n",
        "# API token\n«A_KEY=»\n\n# global key\nA_MAIL=\nA_KEY=\n",
        "# global key\nA_MAIL=\n«A_KEY=»\n\n# API token\n#A_KEY=\n",
    ] {
        assert!(alternative(text), "{text}");
    }
    for text in [
        "# API token\nB_KEY=\n\n# global key\nA_MAIL=\n«A_KEY=»\n",
        "# one\nA_KEY=\n\n# two\nA_MAIL=\n«A_KEY=»\n",
        "# API token\n\n# global key\nA_KEY=\n«A_KEY=»\n",
    ] {
        assert!(!alternative(text), "{text}");
    }
}
