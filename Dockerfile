# Three images. The program `cards`, and with it the stand-in for the providers that docs/guide/testing.md tells of:
#
#   docker build --target sandbox -t cards-sandbox .
#   docker run --rm -p 18440-18448:18440-18448 cards-sandbox
#
# And an nginx with the module, as an ordinary user on a file system that is only read. By itself it shows what `make demo-nginx` shows:
#
#   docker build --target nginx -t cards-nginx .
#   docker run --rm --read-only --tmpfs /tmp cards-nginx
#
# With a configuration of your own and its Lua in a folder, in the way of examples/nginx.conf, but with `pid` and the five `…_temp_path` below /tmp:
#
#   docker run --rm --read-only --tmpfs /tmp --ulimit memlock=67108864 -p 8480:8480 -v "$PWD/conf:/etc/cards:ro" cards-nginx \
#     nginx -e stderr -c /etc/cards/nginx.conf -g 'daemon off;'
#
# Secrets live in memory that is locked, so that it is never written to swap. What each process may lock is `--ulimit memlock`, in bytes: 8 MiB, the usual
# default, is room for 200,000 card numbers that are open at the same time; the 64 KiB of some systems for 3,500. `--cap-add IPC_LOCK` lifts that limit, but only for who
# has the capability: root, not an ordinary user, to whom Docker gives none (Podman does), and not the workers of an nginx that was started by root, either.
# `cards.memory()` says what is locked and how much may be, and `cards.configure { memory = "strict" }` refuses calls where nothing is.

FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make pkg-config libcurl4-openssl-dev libcjson-dev libexpat1-dev libssl-dev zlib1g-dev liblua5.4-dev libluajit2-5.1-dev lua5.4 lua-argparse lua-cjson
COPY Makefile /src/
COPY src /src/src
COPY lua /src/lua
COPY library /src/library
COPY spec/sandbox /src/spec/sandbox
RUN make -s -C /src install LUA=5.4 DESTDIR=/installed && make -s -C /src install-module LUA=luajit DESTDIR=/installed

FROM debian:12-slim AS program
RUN apt-get update && apt-get install -y --no-install-recommends lua5.4 lua-argparse lua-cjson libcurl4 libcjson1 libexpat1 libssl3 zlib1g ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /installed/usr/local /usr/local
RUN useradd --create-home cards
USER cards
WORKDIR /home/cards
ENTRYPOINT ["cards"]

FROM program AS with-nginx
USER root
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light libnginx-mod-http-lua openssl curl && rm -rf /var/lib/apt/lists/*
USER cards

# Ctrl-C and `docker stop` end it.
FROM with-nginx AS sandbox
EXPOSE 18440-18448
ENTRYPOINT ["cards", "sandbox", "--public", "--port", "18440", "--dir", "/home/cards/sandbox"]

# Debian's nginx looks for the module where it is installed for LuaJIT.
FROM with-nginx AS nginx
COPY examples /usr/local/share/cards/examples
COPY spec/support/sandbox.lua /usr/local/share/cards/support/sandbox.lua
WORKDIR /tmp
EXPOSE 8480
STOPSIGNAL SIGQUIT
ENTRYPOINT []
CMD ln -s /usr/local/share/cards/examples examples && bash /usr/local/share/lua/5.4/cards/cli/sandbox/start /tmp/sandbox >/dev/null && \
  LUA_PATH="/usr/local/share/cards/?.lua;;" CARDS_SANDBOX=/tmp/sandbox lua5.4 examples/demo_nginx.lua
