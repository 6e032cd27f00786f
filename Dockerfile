# A static binary, git, and no root; scan with: docker run --rm -v "$PWD:/src:ro" flaresec
FROM rust:1.89-alpine AS build
# hadolint ignore=DL3018
RUN apk add --no-cache musl-dev
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs ./
# The program embeds rules, fixtures and schemas; Cargo.toml names files in tests and benches.
COPY rules rules
COPY src src
COPY fixtures fixtures
COPY docs/schema docs/schema
COPY tests tests
COPY benches benches
RUN cargo build --release --locked --bin flaresec

FROM alpine:3.22
# The sources that read a repository talk to git. The mounted folder belongs to another user. No versions are pinned: Alpine
# takes a package away as soon as there is a fixed one.
# hadolint ignore=DL3018
RUN apk add --no-cache git && git config --system --add safe.directory '*' && adduser -D -u 10001 flaresec
COPY --from=build /build/target/release/flaresec /usr/local/bin/flaresec
USER 10001
WORKDIR /src
ENTRYPOINT ["flaresec"]
