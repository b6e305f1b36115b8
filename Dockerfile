# Two stages: one builds, one runs. The second holds the binary, certificates of authorities, and no
# compiler, no shell script and no root.
#
#     docker build -t lakewire .
#     docker run -p 5432:5432 -v lake:/lake -e LAKEWIRE_SUPERUSER_PASSWORD=… lakewire

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin lakewire \
    && cp target/release/lakewire /usr/local/bin/lakewire

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /lake --shell /usr/sbin/nologin lakewire \
    && install -d -o lakewire -g lakewire -m 0700 /lake
COPY --from=build /usr/local/bin/lakewire /usr/local/bin/lakewire

# In a container the port is mapped from outside: it must be this one, on every interface.
ENV LAKEWIRE_LAKE=/lake \
    LAKEWIRE_LISTEN=0.0.0.0:5432 \
    LAKEWIRE_SERVER_NEXT_FREE_PORT=false
USER lakewire
WORKDIR /lake
VOLUME /lake
EXPOSE 5432
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["lakewire", "ping", "127.0.0.1:5432"]
ENTRYPOINT ["lakewire"]
CMD ["serve"]
