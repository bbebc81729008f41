# One image with the three binaries. Build: docker build -t feedgate .
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist -p feedgate -p feedgate-admin -p hubspot-sim

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/feedgate --create-home feedgate
COPY --from=build /src/target/dist/feedgate /src/target/dist/feedgate-admin /src/target/dist/hubspot-sim /usr/local/bin/
USER feedgate
VOLUME /var/lib/feedgate
WORKDIR /var/lib/feedgate
ENV FEEDGATE_LISTEN=0.0.0.0:8080 \
    FEEDGATE_STORE=sqlite:/var/lib/feedgate/feedgate.db \
    FEEDGATE_LOG_FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["feedgate"]
CMD ["serve"]
