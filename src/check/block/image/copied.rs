//! Files of credentials that `COPY` and `ADD` put into a layer of an image. They are known by their names.

use memchr::memmem;

use crate::check::{fixed, named};
use crate::fact::credential::{is_credential, is_secret};
use crate::literals::contains;
use crate::span::Span;

/// Returns the files of credentials that the instructions copy.
pub(super) fn files(bytes: &[u8]) -> Vec<Span> {
    fixed! {
        /// An instruction with its continuation lines.
        static COPY = r"(?mi)^[ \t]*(?:COPY|ADD)[ \t]+(?P<rest>(?:[^\n\\]|\\[ \t]*\r?\n|\\)*)";
        /// A word of it, also as an item of a list.
        static WORD = r#"[^\s"'\[\],\\]+"#;
    }
    let of_tunnel = contains(bytes, b"cloudflared");
    let mut out = Vec::new();
    for groups in COPY.captures_iter(bytes) {
        let rest = named(&groups, "rest");
        let words: Vec<Span> = WORD
            .find_iter(rest.as_bytes())
            .filter(|word| !word.as_bytes().starts_with(b"--"))
            .map(|word| Span::from(word).shift(rest.start()))
            .collect();
        let Some((to, from)) = words.split_last() else { continue };
        let to = &bytes[to.start..to.end];
        out.extend(from.iter().filter(|file| holds(&bytes[file.start..file.end], to, of_tunnel)));
    }
    out
}

/// Whether a file by its name holds a credential; where it is copied to may say that it is one of `cloudflared`.
fn holds(file: &[u8], to: &[u8], of_tunnel: bool) -> bool {
    const TWINS: &[&[u8]] = &[b"example", b"sample", b"template", b"dist", b"tpl", b"tmpl", b"j2"];
    let (folder, name) = file.split_at(file.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1));
    if TWINS.iter().any(|end| name.ends_with(end)) || memmem::find(file, b"://").is_some() {
        return false;
    }
    let tunnel = contains(folder, b"cloudflare") || contains(to, b"cloudflared");
    contains(name, b".dev.vars")
        || memmem::find(file, b".cloudflared").is_some()
        || memmem::find(file, b".wrangler/config").is_some()
        // Other certificates are public.
        || name == b"cert.pem" && (tunnel || of_tunnel && folder.is_empty())
        || name.ends_with(b".json") && (tunnel && is_of_tunnel(name) || folder.ends_with(b"cloudflared/"))
        || name.ends_with(b".ini") && contains(name, b"cloudflare")
        || is_named(name)
}

/// Whether a file is called like the credentials of a tunnel: `credentials.json`, or by its id.
fn is_of_tunnel(name: &[u8]) -> bool {
    fixed! {
        static TUNNEL = r"(?i)cred|^tunnel\.|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.json$|\$";
    }
    TUNNEL.is_match(name)
}

/// Whether a file of data is named after a credential: `cloudflare_api_token`, `cf-api-token.txt`.
fn is_named(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".txt").unwrap_or(name);
    let words: Vec<u8> = name.iter().map(|b| if matches!(b, b'-' | b'.') { b'_' } else { *b }).collect();
    // A program has another word at its end.
    words.rsplit(|b| *b == b'_').next().is_some_and(is_secret) && is_credential(&words)
}

#[cfg(test)]
mod tests {
    use super::files;

    #[test]
    fn files_of_credentials_are_known_by_their_names() {
        for (line, file) in [
            ("COPY cloudflare.ini /secrets/cloudflare.ini", "cloudflare.ini"),
            ("COPY credentials.json /etc/cloudflared/credentials.json", "credentials.json"),
            ("COPY --chown=1:1 a.txt \\\n  conf/cloudflare-dns.ini /etc/", "conf/cloudflare-dns.ini"),
            ("COPY [\"cert.pem\", \"/root/.cloudflared/cert.pem\"]", "cert.pem"),
            ("COPY .cloudflared/ /root/.cloudflared/", ".cloudflared/"),
            (
                "ADD 01234567-89ab-cdef-0123-456789abcdef.json /home/nonroot/.cloudflared/",
                "01234567-89ab-cdef-0123-456789abcdef.json",
            ),
            ("copy .dev.vars ./", ".dev.vars"),
            ("COPY cloudflared/creds.json /a", "cloudflared/creds.json"),
            ("COPY secrets/cloudflare_api_token /run/", "secrets/cloudflare_api_token"),
            ("COPY .cf-api-token /run/", ".cf-api-token"),
            ("COPY cf-token.txt /run/", "cf-token.txt"),
        ] {
            let found = files(line.as_bytes());
            let found: Vec<&str> = found.iter().map(|file| &line[file.start..file.end]).collect();
            assert_eq!(found, [file], "{line}");
        }
        for line in [
            "COPY .env .",
            "COPY cloudflare.ini.example /cloudflare.ini",
            "COPY .dev.vars.example .dev.vars",
            "COPY cloudflare.conf /etc/nginx/conf.d/",
            "COPY package.json /etc/cloudflared/",
            "COPY packages/cloudflare/package.json /app/",
            "ADD https://example.test/cloudflared/a.json /app/",
            "COPY config.yml /etc/cloudflared/config.yml",
            "COPY certs/cert.pem /etc/nginx/cert.pem",
            "COPY cacert.pem /etc/cloudflared/",
            "COPY credentials.json /app/",
            "COPY src/cloudflare_api_token.py /x",
            "COPY create-cf-token.sh /x",
            "COPY cloudflare-token-reader /x",
            "# COPY is not ADD",
            "COPY .cloudflared",
        ] {
            assert_eq!(files(line.as_bytes()).len(), 0, "{line}");
        }
    }
}
