# The program `cards`, and with it the stand-in for the providers that docs/guide/testing.md tells of:
#
#   docker build --target sandbox -t cards-sandbox .
#   docker run --rm -p 18440-18448:18440-18448 cards-sandbox

FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config libcurl4-openssl-dev libcjson-dev libexpat1-dev libssl-dev zlib1g-dev liblua5.4-dev lua5.4 lua-argparse lua-cjson
COPY Makefile /src/
COPY src /src/src
COPY lua /src/lua
COPY spec/sandbox /src/spec/sandbox
RUN make -s -C /src install LUA=5.4 DESTDIR=/installed

FROM debian:12-slim AS program
RUN apt-get update && apt-get install -y --no-install-recommends lua5.4 lua-argparse lua-cjson libcurl4 libcjson1 libexpat1 libssl3 zlib1g ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /installed/usr/local /usr/local
RUN useradd --create-home cards
USER cards
WORKDIR /home/cards
ENTRYPOINT ["cards"]

# Ctrl-C and `docker stop` end it.
FROM program AS sandbox
USER root
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light libnginx-mod-http-lua openssl && rm -rf /var/lib/apt/lists/*
USER cards
EXPOSE 18440-18448
ENTRYPOINT ["cards", "sandbox", "--public", "--port", "18440", "--dir", "/home/cards/sandbox"]
