//! What a switch is for: tables for the decisions of `target`.

// flaresec: allow-start(tls-verification-disabled) texts that tests look at

use super::super::addresses::Address;
use super::super::addresses::{addresses, within};
use super::super::uses::{called, request};
use super::{is_client_beside, is_of_another, target};
use crate::check::tests::{asked, marked};
use crate::span::Span;

/// Whether the marked switch is for the API; `None` if no address is found for it.
#[track_caller]
fn is_cloudflare(path: &str, text: &str) -> Option<bool> {
    let (text, span) = marked(text);
    let addresses = addresses(text.as_bytes());
    asked(path, &text, |input| target(input, span, &addresses).map(|found| found.is_cloudflare))
}

#[test]
fn a_switch_is_for_what_its_connection_asks() {
    for (path, text) in [
        ("a.sh", "curl «-k» https://api.cloudflare.com/client/v4\ncurl https://nas.example.net\n"),
        ("a.py", "requests.get('https://api.cloudflare.com/client/v4', «verify=False»)\n"),
        (
            "a.py",
            "s = requests.Session()\ns.«verify = False»\nnas = 'https://nas.example.net'\nrequests.get(nas)\ns.get('https://api.cloudflare.com/x')\n",
        ),
        (
            "a.js",
            "const agent = new Agent({ «rejectUnauthorized: false» });\nfetch('https://nas.example.net');\nfetch('https://api.cloudflare.com', { agent });\n",
        ),
        (
            "a.go",
            "tr := &http.Transport{«InsecureSkipVerify: true»}\nclient := &http.Client{Transport: tr}\nclient.Get(\"https://api.cloudflare.com\")\nhttp.Get(\"https://nas.example.net\")\n",
        ),
        (
            "a.py",
            "def ask():\n    «verify = False»\n    return get('https://api.cloudflare.com/x', verify)\n\nget('https://nas.example.net')\n",
        ),
        (
            "a.ps1",
            "$p = @{\n  Uri = 'https://api.cloudflare.com/x'\n}\nInvoke-RestMethod @p «-SkipCertificateCheck»\n",
        ),
        (
            "a.js",
            "get('https://nas.example.net');\nprocess.env.«NODE_TLS_REJECT_UNAUTHORIZED» = '0';\n\n\nget('https://api.cloudflare.com');\n",
        ),
        (
            "a.go",
            "var lax = &http.Client{Transport: &http.Transport{«InsecureSkipVerify: true»}}\n\nfunc get(url string) {\n\treq, _ := http.NewRequest(\"GET\", url, nil)\n\tlax.Do(req)\n}\n\nfunc tags() {\n\tget(\"https://nas.example.net\")\n}\n\nfunc zones() {\n\tget(\"https://api.cloudflare.com/client/v4\")\n}\n",
        ),
        (
            "a.ex",
            "pools: %{\n  \"https://nas.example.net\" => [size: 2],\n  \"https://api.cloudflare.com\" => [\n    opts: [«verify: :verify_none»]\n  ]\n}\n",
        ),
        (
            "a.js",
            "fetch('https://api.cloudflare.com/x', { proxy: { host: 'proxy.example.net' }, agent: new Agent({ «rejectUnauthorized: false» }) });\n",
        ),
        (
            "a.js",
            "const all = [\n  { url: 'https://nas.example.net', a: 1 },\n  { url: 'https://api.cloudflare.com', «rejectUnauthorized: false» },\n];\n",
        ),
        (
            "a.yml",
            "services:\n  nas:\n    servers: [{ url: \"https://nas.example.net\" }]\n  cf:\n    transport: lax\n    servers: [{ url: \"https://api.cloudflare.com\" }]\ntransports:\n  lax:\n    «insecureSkipVerify: true»\n",
        ),
        (
            "a.cpp",
            "static CURL *cf() {\n  CURL *h = curl_easy_init();\n  curl_easy_setopt(h, CURLOPT_URL, \"https://api.cloudflare.com\");\n  curl_easy_setopt(h, «CURLOPT_SSL_VERIFYPEER, 0L»);\n}\n\nstatic CURL *nas() {\n  CURL *h = curl_easy_init();\n  curl_easy_setopt(h, CURLOPT_URL, \"https://nas.example.net\");\n}\n",
        ),
        (
            "a.groovy",
            "def nas = new HTTPBuilder('https://nas.example.net')\ndef http = new HTTPBuilder('https://api.cloudflare.com')\nhttp.«ignoreSSLIssues()»\nhttp.request(GET) {}\n",
        ),
    ] {
        assert_eq!(is_cloudflare(path, text), Some(true), "{path}: {text}");
    }
}

#[test]
fn a_switch_of_another_connection_is_not_ours() {
    for (path, text) in [
        ("a.sh", "curl «-k» https://nas.example.net\ncurl https://api.cloudflare.com/client/v4\n"),
        ("a.sh", "curl «-k» $URL\ncurl https://api.cloudflare.com/client/v4\n"),
        (
            "a.py",
            "requests.get('https://nas.example.net', «verify=False»)\nrequests.get('https://api.cloudflare.com')\n",
        ),
        (
            "a.js",
            "const agent = new Agent({ «rejectUnauthorized: false» });\nfetch('https://api.cloudflare.com');\nfetch('https://nas.example.net', { agent });\n",
        ),
        (
            "a.js",
            "const pool = new Pool({ ssl: { «rejectUnauthorized: false» } });\nfetch('https://api.cloudflare.com');\n",
        ),
        (
            "a.py",
            "def nas():\n    «verify = False»\n    return get('https://nas.example.net', verify)\n\nget('https://api.cloudflare.com')\n",
        ),
        (
            "a.yml",
            "- uri:\n    url: https://nas.example.net\n    «validate_certs: no»\n- uri:\n    url: https://api.cloudflare.com/x\n",
        ),
        ("a.py", "«verify = False»\n"),
        (
            "a.go",
            "var lax = &http.Client{Transport: &http.Transport{«InsecureSkipVerify: true»}}\n\nfunc get(url string) {\n\treq, _ := http.NewRequest(\"GET\", url, nil)\n\tlax.Do(req)\n}\n\nfunc tags() {\n\tget(\"https://nas.example.net\")\n}\n\nfunc zones() {\n\thttp.Get(\"https://api.cloudflare.com/client/v4\")\n}\n",
        ),
        (
            "a.ex",
            "pools: %{\n  \"https://api.cloudflare.com\" => [size: 2],\n  \"https://nas.example.net\" => [\n    opts: [«verify: :verify_none»]\n  ]\n}\n",
        ),
        (
            "a.php",
            "$all = [\n  'https://api.cloudflare.com' => [],\n  'https://nas.example.net' => [«'verify' => false»],\n];\n",
        ),
        (
            "a.js",
            "const all = [\n  { url: 'https://api.cloudflare.com', a: 1 },\n  { url: 'https://nas.example.net', «rejectUnauthorized: false» },\n];\n",
        ),
        (
            "a.yml",
            "services:\n  nas:\n    transport: lax\n    servers: [{ url: \"https://nas.example.net\" }]\n  cf:\n    servers: [{ url: \"https://api.cloudflare.com\" }]\ntransports:\n  lax: { «insecureSkipVerify: true» }\n",
        ),
        (
            "a.cpp",
            "static CURL *nas() {\n  CURL *h = curl_easy_init();\n  curl_easy_setopt(h, CURLOPT_URL, \"https://nas.example.net\");\n  curl_easy_setopt(h, «CURLOPT_SSL_VERIFYPEER, 0L»);\n}\n\nstatic CURL *cf() {\n  CURL *h = curl_easy_init();\n  curl_easy_setopt(h, CURLOPT_URL, \"https://api.cloudflare.com\");\n}\n",
        ),
        (
            "a.groovy",
            "def nas = new HTTPBuilder('https://nas.example.net')\nnas.«ignoreSSLIssues()»\ndef http = new HTTPBuilder('https://api.cloudflare.com')\nhttp.request(GET) {}\n",
        ),
        (
            "a.erl",
            "zones() ->\n    ask(\"https://api.cloudflare.com/client/v4\").\n\nnas(Host) ->\n    ask(\"https://\" ++ Host ++ \"/a\", [«{verify, verify_none}»]).\n",
        ),
        (
            "a.clj",
            "(http/get \"https://api.cloudflare.com/client/v4\" {})\n\n(http/get (str \"https://\" host \":5001\")\n  {«:insecure? true»})\n",
        ),
        (
            "a.rb",
            "chef_server_url 'https://chef.example.net'\n«ssl_verify_mode :verify_none»\n# recipes ask https://api.cloudflare.com\n",
        ),
    ] {
        assert_ne!(is_cloudflare(path, text), Some(true), "{path}: {text}");
    }
}

#[test]
fn what_stands_beside_a_switch_says_what_it_asks() {
    const API: &str = "https://api.cloudflare.com/client/v4";
    const R2: &str = "${ACCOUNT}.r2.cloudflarestorage.com";
    for (path, text, ours) in [
        // Proxies.
        (
            "a.ts",
            "proxy: { '/a': { target: 'http://localhost:80' }, '/cf': { target: '«API»', changeOrigin: true, «secure: false» } }",
            true,
        ),
        (
            "a.js",
            "const target = '«API»';\n\napp.use(createProxyMiddleware({ target, «secure: false» }));\n",
            true,
        ),
        (
            "proxy.conf.json",
            "{\n  \"/cf\": {\n    \"target\": \"«API»\",\n    \"«secure\": false»\n  }\n}\n",
            true,
        ),
        (
            "a.js",
            "proxy: [\n  { context: ['/cf'], target: '«API»' },\n  { context: ['/nas'], target: 'https://nas.lan', «secure: false» },\n]\n",
            false,
        ),
        (
            "a.js",
            "proxy: {\n  '/cf': { target: '«API»' },\n  '/nas': { target: process.env.NAS_URL, «secure: false» },\n}\n",
            false,
        ),
        // Settings of one group.
        ("a.yaml", "s3:\n  endpoint: «R2»\n  «insecure: true»\n", true),
        ("a.yaml", "r2:\n  endpoint: «R2»\nnas:\n  endpoint: minio.lan:9000\n  «insecure: true»\n", false),
        ("a.yaml", "- endpoint: minio.lan:9000\n  «insecure: true»\n- endpoint: «R2»\n", false),
        ("a.ini", "[r2]\nendpoint = «R2»\n«insecure = true»\n\n[nas]\nendpoint = nas.lan:9000\n", true),
        ("a.ini", "[r2]\nendpoint = «R2»\n\n[nas]\nendpoint = nas.lan:9000\n«insecure = true»\n", false),
        // Items of a collection.
        (
            "a.json",
            "{ \"variable\": [{ \"key\": \"local\", \"value\": \"http://127.0.0.1:80\" }, { \"key\": \"api\", \"value\": \"«API»\" }],\n\"item\": [{ \"protocolProfileBehavior\": { «\"strictSSL\": false» }, \"request\": { \"url\": \"{{local}}/x\" } }, { \"request\": { \"url\": \"{{api}}/x\" } }] }",
            false,
        ),
        (
            "a.json",
            "{ \"variable\": [{ \"key\": \"local\", \"value\": \"http://127.0.0.1:80\" }, { \"key\": \"api\", \"value\": \"«API»\" }],\n\"item\": [{ \"request\": { \"url\": \"{{local}}/x\" } }, { \"protocolProfileBehavior\": { «\"strictSSL\": false» }, \"request\": { \"url\": \"{{api}}/x\" } }] }",
            true,
        ),
        (
            "a.json",
            "{ \"item\": [{ \"request\": { \"url\": { \"raw\": \"«API»\" } }, \"protocolProfileBehavior\": { «\"strictSSL\": false» } }, { \"request\": { \"url\": \"https://nas.lan\" } }] }",
            true,
        ),
    ] {
        let text = text.replace("«API»", API).replace("«R2»", R2);
        assert_eq!(is_cloudflare(path, &text) == Some(true), ours, "{path}: {text}");
    }
}

#[test]
fn a_client_is_followed_to_where_it_is_used() {
    const SESSIONS: &str = "def nas_session():\n    s = requests.Session()\n    NAS\n    return s\n\n\ndef cf_session():\n    s = requests.Session()\n    CF\n    return s\n\n\ndef main():\n    nas, cf = nas_session(), cf_session()\n    nas.get('https://nas.example.net')\n    cf.get('https://api.cloudflare.com/client/v4')\n";
    const CLASSES: &str = "class Nas:\n    def __init__(self, url):\n        self.url = url\n        self.http = requests.Session()\n        NAS\n        self.http.post(f'{self.url}/login')\n\n\nclass Dns:\n    URL = 'https://api.cloudflare.com/client/v4'\n\n    def __init__(self):\n        self.http = requests.Session()\n        CF\n\n    def all(self):\n        return self.http.get(f'{self.URL}/zones')\n";
    for (text, switch) in [(SESSIONS, "s.«verify = False»"), (CLASSES, "self.http.«verify = False»")] {
        let ours = text.replace("CF\n", &format!("{switch}\n")).replace("NAS\n", "pass\n");
        assert_eq!(is_cloudflare("a.py", &ours), Some(true), "{ours}");
        let other = text.replace("NAS\n", &format!("{switch}\n")).replace("CF\n", "pass\n");
        assert_ne!(is_cloudflare("a.py", &other), Some(true), "{other}");
    }
    for (path, text, ours) in [
        (
            "a.php",
            "$http = Http::withToken(config('services.cloudflare.token'))\n    ->«withoutVerifying()»\n    ->acceptJson();\n\n$http->post(\"https://api.cloudflare.com/client/v4/zones/$zone\");\n",
            true,
        ),
        (
            "a.php",
            "$nas = Http::withToken(config('services.nas.token'))\n    ->«withoutVerifying()»\n    ->acceptJson();\n\n$nas->get('https://nas.example.net');\nHttp::get('https://api.cloudflare.com/client/v4');\n",
            false,
        ),
        (
            "a.js",
            "const [nas, cf] = [create({ «rejectUnauthorized: false» }), create({})];\nnas.get('https://nas.example.net');\ncf.get('https://api.cloudflare.com/client/v4');\n",
            false,
        ),
        (
            "a.js",
            "class Nas {\n  constructor(url) {\n    this.http = create({ agent: new Agent({ «rejectUnauthorized: false» }) });\n    this.http.get(url);\n  }\n}\n\nclass Dns {\n  constructor() {\n    this.http = create();\n    this.http.get('https://api.cloudflare.com/client/v4');\n  }\n}\n",
            false,
        ),
        (
            "a.py",
            "class Base:\n    def __init__(self):\n        self.http = requests.Session()\n        self.http.«verify = False»\n\n\nclass Dns(Base):\n    def all(self):\n        return self.http.get('https://api.cloudflare.com/client/v4')\n",
            true,
        ),
        (
            "a.py",
            "NAS = 'https://nas.lab.internal'\nCF = 'https://api.cloudflare.com/client/v4'\n\n\ndef ask():\n    lab = requests.Session()\n    lab.«verify = False»\n    lab.get(f'{NAS}/x')\n\n\ndef publish(name):\n    requests.post(f'{CF}/zones', json={'name': f'{name}.lab.internal'})\n",
            false,
        ),
        (
            "a.sh",
            "get() { curl -s \"$@\"; }\n«get -k» https://nas.lan; get https://api.cloudflare.com/x\n",
            false,
        ),
        (
            "a.sh",
            "cf() {\n  curl -s \"https://api.cloudflare.com/client/v4$1\" \"${@:2}\"\n}\n\n«cf /zones -k»\n",
            true,
        ),
        (
            "a.sh",
            "nas() {\n  curl -s \"https://nas.lan$1\" \"${@:2}\"\n}\n\n«nas /zones -k»\ncurl https://api.cloudflare.com\n",
            false,
        ),
    ] {
        assert_eq!(is_cloudflare(path, text) == Some(true), ours, "{path}: {text}");
    }
}

#[test]
fn an_address_that_nobody_gives_is_not_ours() {
    let call = "\n\nrequests.put(\"https://api.cloudflare.com/client/v4/zones\", headers=h)\n";
    for name in ["api", "url", "API_URL", "ip_api", "endpoint", "router_api"] {
        for address in ["NAME", "NAME + \"/ip\"", "f\"{NAME}/ip\""] {
            let address = address.replace("NAME", name);
            let text = format!("def f({name}):\n    return requests.get({address}, «verify=False»){call}");
            assert_ne!(is_cloudflare("a.py", &text), Some(true), "{text}");
            // Whoever is asked with the headers of the API, or called with its address, is the API.
            let carried = text.replace(", «", ", headers={\"Authorization\": a}, «");
            assert_eq!(is_cloudflare("a.py", &carried), Some(true), "{carried}");
            let called = format!("{text}f(\"https://api.cloudflare.com/client/v4/ips\")\n");
            assert_eq!(is_cloudflare("a.py", &called), Some(true), "{called}");
        }
    }
    // The only function that asks.
    let only =
        "API = \"https://api.cloudflare.com\"\ndef f(url):\n    return requests.get(url, «verify=False»)\n";
    assert_eq!(is_cloudflare("a.py", only), Some(true));
}

#[test]
fn a_variable_that_only_decides_is_no_switch() {
    let call = "requests.get('https://api.cloudflare.com/client/v4', headers=h)\n";
    let text =
        format!("«sslCheck = 0»\nfor line in lines:\n    if sslCheck == 1:\n        sslCheck = 0\n{call}");
    assert_eq!(is_cloudflare("a.py", &text), None);
    let given = format!("{text}session(verify=sslCheck)\n");
    assert_eq!(is_cloudflare("a.py", &given), Some(true));
}

#[test]
fn a_client_of_two_hosts_is_ours_as_well() {
    let text = "func f() *http.Client {\n\treturn &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{«InsecureSkipVerify: true»}}}\n}\n\nfunc login(host string) {\n\tclient := f()\n\tclient.Post(\"https://\"+host+\"/login\", a)\n}\n\nfunc api() {\n\treq, _ := http.NewRequest(\"GET\", \"https://api.cloudflare.com/client/v4\", nil)\n\tclient := f()\n\tclient.Do(req)\n}\n";
    assert_eq!(is_cloudflare("a.go", text), Some(true));
    let other = text.replace("client := f()\n\tclient.Do(req)", "http.DefaultClient.Do(req)");
    assert_ne!(is_cloudflare("a.go", &other), Some(true));
}

#[test]
fn a_policy_for_all_requests_is_for_ours() {
    let text = "[System.Net.ServicePointManager]::«CertificatePolicy = New-Object A»\nInvoke-RestMethod https://nas.example.net\nInvoke-RestMethod https://api.cloudflare.com/client/v4\n";
    assert_eq!(is_cloudflare("a.ps1", text), Some(true));
}

#[test]
fn a_client_in_another_field_has_nothing_to_do_with_the_switch() {
    let beside = |text: &str| {
        let (text, switch) = marked(text);
        let at = text.find("cloudflare.New").expect("a client");
        let end = text[at..].find(')').map_or(text.len(), |end| at + end + 1);
        is_client_beside(text.as_bytes(), switch, Span::new(at, end))
    };
    for text in [
        "{ probe: Client{«InsecureSkipVerify: true»}, cf: cloudflare.New(key) }",
        "{ cf: cloudflare.New(key), probe: Client{«InsecureSkipVerify: true»} }",
    ] {
        assert!(beside(text), "{text}");
    }
    for text in [
        "{ probe: Client{«InsecureSkipVerify: true»}, cf: cloudflare.New(key, HTTPClient(probe)) }",
        "cloudflare.New(key, Client{«InsecureSkipVerify: true»})",
        "{ «InsecureSkipVerify: true», cf: cloudflare.New(key) }",
        "f(Client{«InsecureSkipVerify: true»}, cloudflare.New(key))",
    ] {
        assert!(!beside(text), "{text}");
    }
}

#[test]
fn a_client_may_have_a_name_or_an_address_of_its_own() {
    for text in [
        "services.AddHttpClient(\"idrac\", c => {})",
        "services.AddHttpClient<NasClient>(\"nas\")",
        "axios.create({ baseURL: process.env.PROXMOX_URL, agent })",
        "WebClient.builder().baseUrl(nas)",
        "prefixUrl: env.NAS",
    ] {
        assert!(is_of_another(text.as_bytes()), "{text}");
    }
    for text in [
        "services.AddHttpClient(\"cloudflare\", c => {})",
        "services.AddHttpClient<CfClient>(\"dns\")",
        "axios.create({ baseURL: process.env.CF_URL, agent })",
        "axios.create({ baseURL: API_BASE, agent })",
        "new Agent({ rejectUnauthorized: false })",
    ] {
        assert!(!is_of_another(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_request_is_what_a_name_is_used_in() {
    for (text, expected) in [
        ("«client».get(url, a(b)); c()", Some("(url, a(b)")),
        ("«client»?.get(url)", Some("(url")),
        ("«client».Open \"GET\", url\nb(c)", Some(" \"GET\", url")),
        ("fetch(url, { agent: «agent» })", Some("(url, { agent: agent }")),
        ("«client»(config).Get(url)", Some("(url")),
        ("«agent» = new Agent(1)\nx", Some(" = new Agent(1)")),
        ("«agent» := f(1)\nx", Some(" := f(1)")),
        ("f(a); «agent»;", None),
        ("«agent»\n", None),
    ] {
        let (text, place) = marked(text);
        let found = request(text.as_bytes(), place).map(|span| &text[span.start..span.end]);
        assert_eq!(found, expected, "{text}");
    }
    for (text, expected) in
        [("(a(b)).Get(c)", Some(10)), ("(a).Get", None), ("(a)(b)", None), ("(a); x.Get(b)", None)]
    {
        assert_eq!(called(text.as_bytes(), 0), expected, "{text}");
    }
}

#[test]
fn addresses_within_a_place_are_those_that_reach_into_it() {
    let all = [(0, 10, true), (20, 30, false), (40, 50, true)]
        .map(|(start, end, is_cloudflare)| Address::plain(Span::new(start, end), is_cloudflare));
    let starts =
        |start, end| within(&all, Span::new(start, end)).map(|found| found.place.start).collect::<Vec<_>>();
    assert_eq!(starts(0, 60), [0, 20, 40]);
    assert_eq!(starts(25, 41), [20, 40]);
    assert_eq!(starts(10, 20), [0; 0]);
    assert_eq!(starts(60, 70), [0; 0]);
}

// flaresec: allow-end
