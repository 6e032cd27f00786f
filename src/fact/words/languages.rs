//! Words of other languages for what names a secret, in English: `トークン`, `密钥`, `токен`, `clé`, `Schlüssel`. Names
//! are read as English words everywhere else.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Words of scripts that are written without spaces, or with endings: they count wherever they stand in an identifier,
/// except for those of alphabets, which count at the start of a word. Longer ones come before those that they contain.
const STEMS: &[(&str, &str)] = &[
    // Chinese, simplified and traditional.
    ("令牌", "token"),
    ("權杖", "token"),
    ("公钥", "public key"),
    ("公鑰", "public key"),
    ("私钥", "private key"),
    ("私鑰", "private key"),
    ("密钥", "key"),
    ("密鑰", "key"),
    ("金钥", "key"),
    ("金鑰", "key"),
    ("秘钥", "key"),
    ("秘鑰", "key"),
    ("密匙", "key"),
    ("机密", "secret"),
    ("機密", "secret"),
    ("密码", "password"),
    ("密碼", "password"),
    ("凭证", "credential"),
    ("凭据", "credential"),
    ("憑證", "credential"),
    ("证书", "certificate"),
    ("證書", "certificate"),
    ("授权", "authorization"),
    ("授權", "authorization"),
    ("认证", "auth"),
    ("認證", "auth"),
    ("访问", "access"),
    ("訪問", "access"),
    ("存取", "access"),
    ("全局", "global"),
    ("全域", "global"),
    ("全球", "global"),
    ("站点", "site"),
    ("網站", "site"),
    ("区域", "zone"),
    ("區域", "zone"),
    ("账户", "account"),
    ("账号", "account"),
    ("帐户", "account"),
    ("帐号", "account"),
    ("帳戶", "account"),
    ("帳號", "account"),
    ("客户端", "client"),
    ("客戶端", "client"),
    ("邮箱", "email"),
    ("標識", "id"),
    ("标识", "id"),
    ("識別碼", "id"),
    ("哈希", "hash"),
    ("雜湊", "hash"),
    ("摘要", "digest"),
    ("指纹", "fingerprint"),
    ("指紋", "fingerprint"),
    ("缓存", "cache"),
    ("快取", "cache"),
    ("校验", "checksum"),
    ("提交", "commit"),
    ("版本", "version"),
    ("签名", "signature"),
    ("簽章", "signature"),
    ("微信", "wechat"),
    ("支付宝", "alipay"),
    ("阿里", "aliyun"),
    ("腾讯", "tencent"),
    // Japanese.
    ("トークン", "token"),
    ("クッキー", "cookie"),
    ("キャッシュ", "cache"),
    ("フィンガープリント", "fingerprint"),
    ("キーワード", "keyword"),
    ("キーボード", "keyboard"),
    ("キー", "key"),
    ("秘密鍵", "private key"),
    ("公開鍵", "public key"),
    ("鍵", "key"),
    ("シークレット", "secret"),
    ("秘密", "secret"),
    ("パスワード", "password"),
    ("グローバル", "global"),
    ("アクセス", "access"),
    ("アカウント", "account"),
    ("ゾーン", "zone"),
    ("サイト", "site"),
    ("ハッシュ", "hash"),
    ("コミット", "commit"),
    ("認証", "auth"),
    ("証明書", "certificate"),
    ("署名", "signature"),
    // Korean.
    ("토큰", "token"),
    ("캐시", "cache"),
    ("지문", "fingerprint"),
    ("쿠키", "cookie"),
    ("위키", "wiki"),
    ("키워드", "keyword"),
    ("키보드", "keyboard"),
    ("키", "key"),
    ("시크릿", "secret"),
    ("비밀번호", "password"),
    ("암호", "password"),
    ("비밀", "secret"),
    ("글로벌", "global"),
    ("전역", "global"),
    ("액세스", "access"),
    ("계정", "account"),
    ("영역", "zone"),
    ("해시", "hash"),
    ("커밋", "commit"),
    ("인증", "auth"),
    // Russian and Ukrainian.
    ("токен", "token"),
    ("ключ", "key"),
    ("секрет", "secret"),
    ("парол", "password"),
    ("глобал", "global"),
    ("доступ", "access"),
    ("аккаунт", "account"),
    ("зон", "zone"),
    ("сайт", "site"),
    ("публичн", "public"),
    ("открыт", "public"),
    ("идентификатор", "id"),
    ("кеш", "cache"),
    ("кэш", "cache"),
    ("отпечат", "fingerprint"),
    ("хеш", "hash"),
    ("хэш", "hash"),
    ("коммит", "commit"),
    ("верси", "version"),
    ("сертификат", "certificate"),
    ("подпис", "signature"),
];

/// The stems by their first letter: a text may consist of such letters.
static BY_LETTER: LazyLock<HashMap<char, Vec<&'static (&'static str, &'static str)>>> = LazyLock::new(|| {
    let mut out: HashMap<char, Vec<_>> = HashMap::new();
    for stem in STEMS {
        out.entry(stem.0.chars().next().unwrap_or_default()).or_default().push(stem);
    }
    out
});

/// Whole words with letters beyond ASCII. An empty one says nothing.
const WORDS: &[(&str, &str)] = &[
    ("clé", "key"),
    ("clés", "key"),
    ("secrète", "secret"),
    ("schlüssel", "key"),
    ("geheimschlüssel", "secret key"),
    ("zugriffsschlüssel", "access key"),
    ("zugangsschlüssel", "access key"),
    ("contraseña", "password"),
    ("khóa", "key"),
    ("khoá", "key"),
    ("mã", ""),
    ("cục", ""),
    ("toàn", "global"),
    ("klíč", "key"),
    ("anahtarı", "key"),
    ("cuộc", ""),
];

/// Returns the English word for one in lower case that has no letters beyond ASCII.
pub(super) fn english(word: &str) -> Option<&'static str> {
    Some(match word {
        "jeton" => "token",
        "zugangstoken" | "zugriffstoken" => "access token",
        "clave" | "chave" | "chiave" | "klucz" | "nyckel" | "sleutel" | "anahtar" => "key",
        "fingerabdruck" | "huella" | "empreinte" => "fingerprint",
        "segreto" | "segreta" | "secreto" | "secreta" | "segredo" | "geheim" | "geheimnis" => "secret",
        "passwort" | "kennwort" | "senha" | "wachtwoord" => "password",
        "globaler" | "globale" | "globaal" | "globalny" => "global",
        _ => return None,
    })
}

/// Returns an identifier with its words of other languages in English and without other letters beyond ASCII. Those
/// separate words.
pub(super) fn translated(identifier: &[u8]) -> String {
    let text = String::from_utf8_lossy(identifier);
    let mut out = String::with_capacity(identifier.len());
    for word in text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()) {
        if !out.is_empty() {
            out.push('_');
        }
        if word.is_ascii() {
            out.push_str(word);
        } else {
            translate(word, &mut out);
        }
    }
    out
}

/// Appends a word with letters beyond ASCII.
fn translate(word: &str, out: &mut String) {
    let lower = word.to_lowercase();
    if let Some((_, english)) = WORDS.iter().find(|(known, _)| *known == lower) {
        out.push_str(english);
        return;
    }
    // The case of other letters tells where words start.
    let lower: String = word
        .chars()
        .flat_map(|c| {
            let other = (!c.is_ascii()).then(|| c.to_lowercase());
            c.is_ascii().then_some(c).into_iter().chain(other.into_iter().flatten())
        })
        .collect();
    let (mut rest, mut before) = (&*lower, None);
    while let Some(first) = rest.chars().next() {
        // `включить` has nothing to do with `ключ`.
        let starts = !before.is_some_and(is_cyrillic);
        let stems = BY_LETTER.get(&first).filter(|_| starts);
        let stem = stems.and_then(|stems| stems.iter().find(|(stem, _)| rest.starts_with(stem)));
        if let Some((stem, english)) = stem {
            out.push('_');
            out.push_str(english);
            out.push('_');
            before = stem.chars().next_back();
            rest = &rest[stem.len()..];
        } else {
            out.push(if first.is_ascii() { first } else { '_' });
            before = Some(first);
            rest = &rest[first.len_utf8()..];
        }
    }
}

fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{4ff}')
}

#[cfg(test)]
mod tests {
    use super::super::words;

    #[test]
    fn labels_of_other_languages_read_as_english() {
        for (label, expected) in [
            ("APIトークン", "api token"),
            ("グローバルAPIキー", "global api key"),
            ("クッキー", "cookie"),
            ("API密钥", "api key"),
            ("全局密钥", "global key"),
            ("机密访问密钥", "secret access key"),
            ("访问密钥ID", "access key id"),
            ("区域ID", "zone id"),
            ("账户ID", "account id"),
            ("微信密钥", "wechat key"),
            ("權杖", "token"),
            ("您的API令牌：", "api token"),
            ("API-токен", "api token"),
            ("Токена", "token"),
            ("Глобальный", "global"),
            ("ключом", "key"),
            ("включить", ""),
            ("хеш", "hash"),
            ("API-Schlüssel", "api key"),
            ("Schlüssel", "key"),
            ("Zugangstoken", "access token"),
            ("Jeton", "token"),
            ("Clé", "key"),
            ("CLÉ", "key"),
            ("Chave", "key"),
            ("Khóa", "key"),
            ("토큰", "token"),
            ("쿠키", "cookie"),
            ("Größe", "gr e"),
            ("CFトークン", "cf token"),
            ("cfApiToken令牌", "cf api token token"),
        ] {
            assert_eq!(words(label.as_bytes()), expected, "{label}");
        }
    }
}
