# A static binary, git, and no root; scan with: docker run --rm -v "$PWD:/src:ro" flaresec
FROM rust:1.88-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /build
COPY Cargo.toml Cargo.lock build.rs ./
COPY rules rules
COPY src src
COPY fixtures fixtures
COPY tests tests
RUN cargo build --release --locked --bin flaresec

FROM alpine:3.22
# The sources that read a repository talk to git. The mounted folder belongs to another user.
RUN apk add --no-cache git && git config --system --add safe.directory '*' && adduser -D -u 10001 flaresec
COPY --from=build /build/target/release/flaresec /usr/local/bin/flaresec
USER 10001
WORKDIR /src
ENTRYPOINT ["flaresec"]
