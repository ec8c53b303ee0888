# `make help` lists what can be made: the comments behind the targets here.

LUA      ?= 5.4
LUAS     := 5.1 5.3 5.4 luajit
# `rock` builds for whichever Lua it is given the headers of.
ifneq ($(words $(LUA)) $(filter-out $(LUAS) $(LUA_INCDIR:%=any),$(LUA)),1 )
$(error LUA=$(LUA) is none of $(LUAS))
endif
PREFIX   ?= /usr/local
# The program has it in it, and runs anywhere.
ifeq ($(filter /%,$(firstword $(PREFIX))),)
override PREFIX := $(CURDIR)/$(PREFIX)
endif
BUILD    ?= build
CC       ?= cc

# A compiler or library that is newer than those of the tests and warns of more does not stop an installation: `make test` and `make check` set WERROR.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes $(WERROR)
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Isrc -fPIC -fvisibility=hidden -fno-plt -pthread $(WARNINGS) $(HARDEN) $(CFLAGS)
# Never unloaded (a thread or a fork handler may outlive the VM), no lazy binding (it spills vector registers).
ALL_LDFLAGS = -shared -pthread -Wl,-z,relro,-z,now,-z,nodelete -Wl,--as-needed $(LDFLAGS)
LIBS     := -lcurl -lcjson -lexpat -lcrypto -lssl -lz -lm

# Lua 5.4's files are in …/lua/5.4, LuaJIT's in …/lua/5.1.
LUA_ABI   = $(if $(filter luajit,$(LUA)),5.1,$(LUA))
LUA_INC   = $(if $(LUA_INCDIR),-I$(LUA_INCDIR),$(shell pkg-config --cflags $(if $(filter luajit,$(1)),luajit,lua$(1))))
LIBDIR   ?= $(PREFIX)/lib/lua/$(LUA_ABI)
LUADIR   ?= $(PREFIX)/share/lua/$(LUA_ABI)
BINDIR   ?= $(PREFIX)/bin
MANDIR   ?= $(PREFIX)/share/man

CORE_SRC := $(sort $(shell find src -name '*.c' ! -path 'src/lua/*'))
BIND_SRC := $(sort $(shell find src/lua -name "*.c"))
SRC      := $(CORE_SRC) $(BIND_SRC)
LUA_SRC  := $(sort $(shell cd lua && find cards -name '*.lua' ! -path 'cards/cli/*'))
CLI_SRC  := $(sort $(shell cd lua && find cards/cli -type f ! -path cards/cli/cards))
# What editors read, which is installed beside the module.
LIBRARY  := $(sort $(wildcard library/*.lua library/*/*.lua))
# Of the stand-in, all but what only tests need: proxies, and what needs Node. It is installed beside cards/cli/sandbox.lua.
SANDBOX_SRC := $(addprefix spec/sandbox/,certs nginx.conf.in show start stop) $(filter-out $(addprefix spec/sandbox/,proxy.lua socks.lua tunnel.lua),$(sort $(wildcard spec/sandbox/*.lua)))
OUT       = $(BUILD)/$(LUA)

.PHONY: all help demo test check bench sandbox playground install uninstall dist clean

all: $(OUT)/cards/core.so ## the C module for one Lua: LUA=5.1, 5.3, 5.4 or luajit

help: ## this list
	@awk -F ' *## ' '/^[a-z-]+:.* ## / { sub(/:.*/, "", $$1); printf "make %-14s %s\n", $$1, $$2 }' Makefile

# A tree of objects: $(call objects,FOLDER,COMPILER,FLAGS). Each has flags of its own: what knows no Lua, what each Lua sees, the sanitizers of units and storm, fuzzers.
define objects
$(1)/%.o: src/%.c $(MAKEFILE_LIST)
	@mkdir -p $$(@D)
	$(2) $(3) -MMD -MP -c -o $$@ $$<
-include $(SRC:src/%.c=$(1)/%.d)
.PRECIOUS: $(1)/%.o
endef
# What sanitizers and fuzzers are built with: malloc in the place of the pool, and without the hardening that hides an overflow from them.
SANITIZED = $(filter-out $(HARDEN),$(ALL_CFLAGS)) -O1 -fno-omit-frame-pointer -DPOOL_IS_MALLOC

# What knows no Lua is the same for all of them, and what the units test.
$(eval $(call objects,$(BUILD)/core,$$(CC),$$(ALL_CFLAGS)))
CORE_OBJ := $(CORE_SRC:src/%.c=$(BUILD)/core/%.o)

define module
$(call objects,$(BUILD)/$(1),$$(CC),$$(ALL_CFLAGS) $$(call LUA_INC,$(1)))
$(BUILD)/$(1)/cards/core.so: $(CORE_OBJ) $(BIND_SRC:src/%.c=$(BUILD)/$(1)/%.o)
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach lua,$(sort $(LUAS) $(LUA)),$(eval $(call module,$(lua))))

# --- running Lua ---

# The tests' own: `make sandbox` has another one, and each demo.
SANDBOX    = $(BUILD)/tests-sandbox

# LuaJIT's program is not a package beside nginx's libluajit2: a small host takes its place.
LUA_BIN    = $(if $(filter luajit,$(LUA)),$(BUILD)/luajit/host,lua$(LUA))
LUA_ENV    = LUA_PATH="lua/?.lua;lua/?/init.lua;spec/?.lua;;" LUA_CPATH="$(OUT)/?.so;$${LUA_CPATH:-;}" CARDS_SANDBOX="$(SANDBOX)" LUA_BIN="$(LUA_BIN)" LUA_NAME="$(LUA)"
BUSTED    := /usr/bin/busted --helper=spec/support/forget.lua

ALL_SPECS := $(sort $(shell find spec -name '*_spec.lua' ! -path 'spec/packaging/*' ! -path 'spec/nginx/*' ! -path 'spec/jobs/*'))
# What no Lua can change runs on 5.4: what library declares, how pages are read; the wire, which is C's alone, but for the signals that a VM handles and the calls that use it all; and the runs of
# the program, which are processes that are killed, and its stand-in; what other programs say of a JWE, which C has made; the stand-ins of issuers, which are Node. The contract of the providers runs on all.
ONE_LUA   := $(filter spec/library/% spec/docs/%,$(ALL_SPECS)) $(filter-out %/signal_spec.lua %/exchange_spec.lua,$(filter spec/http/%,$(ALL_SPECS))) $(addprefix spec/cards/cli/,$(addsuffix _spec.lua,run run_limits run_retry work collect sandbox report/report)) spec/cards/reveal/interop_spec.lua spec/cards/redis/user_spec.lua spec/cards/provider/issuers_spec.lua
# The program is tried on 5.1, 5.4 and LuaJIT: nothing in it is special to 5.3.
SPECS     ?= $(if $(filter 5.4,$(LUA)),$(ALL_SPECS),$(filter-out $(ONE_LUA) $(if $(filter 5.3,$(LUA)),spec/cards/cli/%),$(ALL_SPECS)))
TITLE      = specs on $(LUA)

# $(call run_specs,NAME): the report is build/LUA/NAME.tap.
define run_specs
@spec/sandbox/start $(SANDBOX)
@echo "== $(TITLE)"
@$(LUA_ENV) $(LUA_BIN) $(BUSTED) -o TAP $(SPECS) > $(OUT)/$(1).tap; status=$$?; spec/support/tally "$(TITLE)" $(OUT)/$(1).tap $$status
endef

$(BUILD)/luajit/host: spec/luajit.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(shell pkg-config --cflags luajit) -Wl,-E -o $@ $< $(shell pkg-config --libs luajit)

.PHONY: specs $(LUAS:%=specs-%) nginx packaging jobs
specs: all $(if $(filter luajit,$(LUA)),$(BUILD)/luajit/host) ## the specs of one Lua: LUA=5.4 [SPECS=spec/cards/client/call_spec.lua]
	$(call run_specs,specs)

$(foreach lua,$(LUAS),$(eval specs-$(lua): override LUA = $(lua)))
specs-luajit: $(BUILD)/luajit/host
$(LUAS:%=specs-%): specs-%: $(BUILD)/%/cards/core.so
	$(call run_specs,specs)

# They are driven from Lua 5.4.
GIVEN_SPECS := $(if $(filter command,$(origin SPECS)),$(SPECS))
nginx packaging jobs: override LUA = 5.4
nginx packaging jobs: override SPECS = $(or $(GIVEN_SPECS),$(sort $(wildcard spec/$@/*_spec.lua)))
nginx packaging jobs: override TITLE = specs of $@
nginx packaging jobs: $(BUILD)/5.4/cards/core.so
nginx: $(BUILD)/luajit/cards/core.so ## the specs in a real nginx with LuaJIT [SPECS=…]
	$(call run_specs,nginx)
packaging: $(BUILD)/5.1/cards/core.so $(BUILD)/5.3/cards/core.so $(BUILD)/luajit/cards/core.so ## the specs of what others install
	$(call run_specs,packaging)
jobs: ## the specs of jobs whose processes, or whose Redis, are killed, cut off or full [SPECS=…]
	$(call run_specs,jobs)

# --- pages in a real browser: Chromium without a window, driven by Node; screenshots go into build/browser ---

.PHONY: test-browser
test-browser: BROWSER_SPECS = $(if $(filter file,$(origin SPECS)),$(sort $(wildcard spec/browser/*_spec.mjs)),$(SPECS))
test-browser: deps-browser ## the pages of the project in a real browser, screenshots in build/browser: [SPECS=spec/browser/harness_spec.mjs]
	@$(MAKE) -s all LUA=luajit
	@$(MAKE) -s all LUA=5.4
	@spec/sandbox/start $(SANDBOX)
	@mkdir -p $(BUILD)/browser && rm -rf $(BUILD)/browser/*.png $(BUILD)/browser/profile-*
	@echo "== pages in a browser"
	@CARDS_BUILD=$(BUILD) CARDS_SANDBOX="$(SANDBOX)" node --test-reporter=tap spec/browser/run.mjs $(BROWSER_SPECS) > $(BUILD)/browser/browser.tap 2>&1; \
	  status=$$?; spec/support/tally "pages in a browser" $(BUILD)/browser/browser.tap $$status

# --- C units: each spec twice, with the pool as it is and, for the sanitizers, with malloc in its place ---

UNITS     := $(patsubst spec/%_spec.c,%,$(sort $(shell find spec -name '*_spec.c')))
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_LIBS := -lcmocka $(LIBS)
# Those that start threads of their own, a third time under ThreadSanitizer.
THREADED  := crypto/key_cache http/counts
UNIT_RUNS := $(UNITS:%=$(BUILD)/units/%.tap) $(UNITS:%=$(BUILD)/units-asan/%.tap) $(THREADED:%=$(BUILD)/units-tsan/%.tap)

define units
$(BUILD)/$(1)/%_spec: spec/%_spec.c $(CORE_SRC:src/%.c=$(BUILD)/$(2)/%.o)
	@mkdir -p $$(@D)
	$$(CC) $(3) -Ispec/support/c -MMD -MP -o $$@ $$(filter %.c %.o,$$^) $$(UNIT_LIBS)
-include $(UNITS:%=$(BUILD)/$(1)/%_spec.d)
.PRECIOUS: $(BUILD)/$(1)/%_spec
endef
$(eval $(call objects,$(BUILD)/units-asan,$$(CC),$$(SANITIZED) $$(SANITIZE)))
$(eval $(call units,units,core,$$(ALL_CFLAGS)))
$(eval $(call units,units-asan,units-asan,$$(SANITIZED) $$(SANITIZE)))
$(eval $(call units,units-tsan,units-tsan,$$(SANITIZED) -fsanitize=thread))

# In these units each allocation fails once: spec/support/c/failing.h takes the allocator's place.
FAILING := malloc pool_alloc pool_calloc pool_realloc pool_strdup pool_free pool_free_malloced
$(BUILD)/units/%alloc_spec $(BUILD)/units-asan/%alloc_spec: UNIT_LIBS += $(FAILING:%=-Wl,--wrap=%)

# And in this one each page of the arena of secrets.
$(BUILD)/units/secret/secret_refused_spec $(BUILD)/units-asan/secret/secret_refused_spec: UNIT_LIBS += -Wl,--wrap=mmap -Wl,--wrap=mprotect -Wl,--wrap=mlock -Wl,--wrap=madvise

$(BUILD)/%.tap: $(BUILD)/%_spec FORCE
	@CMOCKA_MESSAGE_OUTPUT=TAP $(EMULATOR) $< > $@ 2> $@.err; status=$$?; cat $@.err >> $@; spec/support/tally "$*" $@ $$status

.PHONY: FORCE units
FORCE:

units: ## C units, as they are built and under sanitizers
	@echo "== C units"
	+@$(MAKE) -s -k -j2 $(UNIT_RUNS)

# Sanitizers do not run there. CONTRIBUTING.md says which packages it needs.
.PHONY: arm64
arm64: ## the modules for Lua 5.4 and LuaJIT and the C units for another processor, which qemu plays
	@echo "== arm64"
	+@PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig $(MAKE) -s -k BUILD=$(BUILD)/arm64 CC=aarch64-linux-gnu-gcc EMULATOR=qemu-aarch64-static \
	  $(addprefix $(BUILD)/arm64/,5.4/cards/core.so luajit/cards/core.so $(UNITS:%=units/%.tap))

# --- the I/O thread in a storm: under ThreadSanitizer for STORM seconds, then, as that one knows no threads in a forked child, for a third of them as it is built to be used ---

STORM ?= 60

$(eval $(call objects,$(BUILD)/units-tsan,$$(CC),$$(SANITIZED) -fsanitize=thread))

$(BUILD)/units-tsan/storm: spec/storm/storm.c $(CORE_SRC:src/%.c=$(BUILD)/units-tsan/%.o)
	$(CC) $(SANITIZED) -fsanitize=thread -Ispec/support/c -o $@ $^ $(LIBS)

$(BUILD)/units/storm: spec/storm/storm.c $(CORE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Ispec/support/c -o $@ $^ $(LIBS)

.PHONY: storm
storm: $(BUILD)/units-tsan/storm $(BUILD)/units/storm ## the I/O thread: submits, cancels, forks and ends at random for STORM=60 seconds
	@echo "== the I/O thread in a storm"
	@spec/sandbox/start $(SANDBOX)
	@BUILD=$(BUILD) SANDBOX=$(SANDBOX) spec/storm/run units-tsan $(STORM)
	@BUILD=$(BUILD) SANDBOX=$(SANDBOX) spec/storm/run units $$(($(STORM) / 3))

# --- no copy of a secret: targets are scanned from outside; SHORT=yes takes some seconds, ONLY=text the cases with it in their name ---

MEMCHECK := $(BUILD)/memcheck
$(MEMCHECK)/scan: $(filter-out %/other.c %/host.c,$(wildcard spec/memcheck/*.[ch]))
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -g -o $@ $(filter %.c,$^)

MEMCHECK_LUA ?= 5.4
$(MEMCHECK)/%/other.so: spec/memcheck/other.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) -O2 -g -shared -fPIC $(call LUA_INC,$*) -o $@ $< -lcurl -lcjson

$(MEMCHECK)/host-%: spec/memcheck/host.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) -O2 -g -D_GNU_SOURCE $(call LUA_INC,$*) -o $@ $< $(shell pkg-config --libs $(if $(filter luajit,$*),luajit,lua$*))

.PHONY: memcheck
memcheck: deps-test ## no copy of a secret stays in memory: processes are scanned from outside; SHORT=yes some of it, ONLY=text the cases with it in their name, MEMCHECK_LUA=5.1
	@$(MAKE) -s all LUA=luajit
	@$(MAKE) -s all LUA=5.4
	@$(MAKE) -s all $(BUILD)/luajit/host LUA=$(MEMCHECK_LUA)
	@$(MAKE) -s $(MEMCHECK)/scan $(MEMCHECK)/$(MEMCHECK_LUA)/other.so $(MEMCHECK)/host-5.4 $(MEMCHECK)/host-luajit
	@$(MEMCHECK)/scan --selftest
	@spec/sandbox/start $(SANDBOX)
	@echo "== copies of secrets in memory"
	@$(LUA_ENV) MEMCHECK_LUA=$(MEMCHECK_LUA) lua5.4 spec/memcheck/memcheck.lua "$(CURDIR)/$(MEMCHECK)" $(MEMCHECK)/memcheck.tap $(if $(filter yes,$(SHORT)),short,"$(ONLY)"); \
	  status=$$?; spec/support/tally "memory" $(MEMCHECK)/memcheck.tap $$status

# --- fuzzers: libFuzzer under AddressSanitizer and UBSan; TARGET is one of them, or all ---

FUZZ_TARGETS := $(patsubst spec/fuzz/%_fuzz.c,%,$(wildcard spec/fuzz/*_fuzz.c))
TARGET       ?= $(FUZZ_TARGETS)
SECONDS      ?= 60
FUZZ_CC      ?= clang
FUZZ_FLAGS    = $(SANITIZED) $(SANITIZE) -fsanitize=fuzzer-no-link $(shell pkg-config --cflags lua5.4)

$(eval $(call objects,$(BUILD)/fuzz,$$(FUZZ_CC),$$(FUZZ_FLAGS)))

$(BUILD)/fuzz/%_fuzz: spec/fuzz/%_fuzz.c $(SRC:src/%.c=$(BUILD)/fuzz/%.o)
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -Ispec/support/c -MMD -MP -o $@ $(filter %.c %.o,$^) $(LIBS) $(FUZZ_LIBS) -llua5.4

# Others that read HTTP, to compare with.
$(BUILD)/fuzz/reader_peers_fuzz: FUZZ_LIBS := -lhttp_parser

-include $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%_fuzz.d)
.PRECIOUS: $(BUILD)/fuzz/%_fuzz

.PHONY: fuzz fuzz-merge
fuzz: deps-check ## SECONDS=60 [TARGET=response]: random answers, parameters, texts and scripts against what must always hold
	@$(MAKE) -s -j2 $(TARGET:%=$(BUILD)/fuzz/%_fuzz)
	@BUILD=$(BUILD) spec/fuzz/run $(SECONDS) $(TARGET)

fuzz-merge: $(TARGET:%=$(BUILD)/fuzz/%_fuzz) ## keeps in the corpus what `make fuzz` has found
	@BUILD=$(BUILD) spec/fuzz/merge $(TARGET)
# --- a server that misbehaves at random for SECONDS, a third of them for each of three hosts; with SEED once more as before ---

SECONDS ?= 60
SEED    ?= $(shell date +%s)
.PHONY: soak soak-on
soak: deps-test ## calls to a server that misbehaves at random, for SECONDS=60
	@$(MAKE) -s all LUA=luajit
	@$(MAKE) -s all LUA=5.4
	@spec/sandbox/start $(SANDBOX)
	@$(MAKE) -s soak-on LUA=5.4 SECONDS=$(SECONDS) SEED=$(SEED)
soak-on:
	@$(LUA_ENV) $(LUA_BIN) spec/soak/soak.lua $(SECONDS) $(SEED)

# --- the binding where each allocation fails once: a Lua of its own, with the sanitizers ---

FAULT_LUA = $(shell pkg-config --cflags lua5.4)
$(BUILD)/units-asan/lua/%.o: ALL_CFLAGS += $(FAULT_LUA)
$(BUILD)/units-asan/vm: spec/fault/vm.c spec/fault/server.c spec/fault/server.h spec/support/c/failing.h $(SRC:src/%.c=$(BUILD)/units-asan/%.o)
	$(CC) $(SANITIZED) $(SANITIZE) $(FAULT_LUA) -Ispec/support/c -o $@ $(filter %.c %.o,$^) $(LIBS) $(shell pkg-config --libs lua5.4) $(FAILING:%=-Wl,--wrap=%)

$(BUILD)/units-asan/vm.pem:
	@mkdir -p $(@D)
	@openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
	  -keyout $@.key -out $@.crt 2>/dev/null && cat $@.key $@.crt > $@

.PHONY: fault
fault: $(BUILD)/units-asan/vm $(BUILD)/units-asan/vm.pem ## a Lua whose allocations fail, each of them once
	@echo "== a Lua whose allocations fail"
	@LUA_PATH="lua/?.lua;lua/?/init.lua" $< spec/fault/scenarios.lua $(BUILD)/units-asan/vm.pem > $(BUILD)/units-asan/vm.tap 2>&1; status=$$?; spec/support/tally fault $(BUILD)/units-asan/vm.tap $$status

# --- the two commands ---

# What every target here needs; demo, test, check and bench install their own part by themselves. DEPS=no installs nothing.
DEPS ?= yes
.PHONY: deps
deps: deps-check deps-bench
deps-%:
	@$(if $(filter yes,$(DEPS)),spec/support/deps $*,true)

demo demo-nginx: SANDBOX = $(BUILD)/$@-sandbox
demo: deps-demo ## five providers called over HTTPS, in one table; installs what is missing
	@$(MAKE) -s all
	@spec/sandbox/start $(SANDBOX) >/dev/null
	@$(LUA_ENV) $(LUA_BIN) examples/demo.lua; status=$$?; spec/sandbox/stop $(SANDBOX) >/dev/null; exit $$status

.PHONY: demo-nginx
demo-nginx: deps-nginx ## the five behind an nginx, asked with curl
	@$(MAKE) -s all LUA=luajit
	@spec/sandbox/start $(SANDBOX) >/dev/null
	@$(LUA_ENV) lua5.4 examples/demo_nginx.lua; status=$$?; spec/sandbox/stop $(SANDBOX) >/dev/null; exit $$status

.PHONY: demo-redis
demo-redis: deps-demo ## a job of 20,000 rows over three workers, one of which is killed, and its report
	@$(MAKE) -s all
	@$(LUA_ENV) examples/job/run $(BUILD)

.PHONY: reveal
reveal: deps-nginx ## a page that shows a card's number to its holder, in the foreground: http://localhost:8483
	@$(MAKE) -s all LUA=luajit
	@examples/reveal/run $(BUILD)

sandbox: deps-demo ## the providers' stand-in, in the foreground, to try scripts against
	@spec/sandbox/start --foreground --by-id $(BUILD)/sandbox

# Its nginx has LuaJIT, the program another Lua.
playground: deps-playground ## calls, mappings and policies in a browser, with the stand-in behind them, in the foreground
	@$(MAKE) -s all LUA=luajit
	@$(MAKE) -s all LUA=5.4
	@LUA_CPATH_5_1="$(BUILD)/luajit/?.so" $(LUA_ENV) lua5.4 lua/cards/cli/cards playground --dir $(BUILD)/playground

# One pool of jobs, of which the longest begin first; specs mostly wait, so that there is one more than cores. The storm is shorter than by itself.
# Everything runs even when something fails; what counts is the tally at the end. What could not even be built counts as a failure, too.
JOBS ?= $(shell echo $$(($$(nproc) + 1)))
test check: export WERROR := -Werror
.PHONY: pool
pool: nginx fault specs-5.4 jobs $(addprefix specs-,luajit 5.1 5.3) storm packaging $(UNIT_RUNS)

test: deps-test ## everything is built and tested on Lua 5.1, 5.3, 5.4 and LuaJIT; installs what is missing
	@mkdir -p $(BUILD) && : > $(BUILD)/tally
	+@$(MAKE) -s -k -j$(JOBS) -O pool $(if $(filter file,$(origin STORM)),STORM=15) || \
	  grep -qE '^[0-9]+ [1-9]' $(BUILD)/tally || echo "0 1 0 something could not be built" >> $(BUILD)/tally
	@spec/sandbox/stop $(SANDBOX) >/dev/null
	@spec/support/total $(BUILD)/tally

check: deps-check ## the rest of the gate: linters, compilers, valgrind, rooms
	@rm -f $(BUILD)/tally
	@spec/support/check
	@spec/support/total $(BUILD)/tally

$(BUILD)/bench/response: spec/bench/response.c $(CORE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bench/crypto $(BUILD)/bench/seal $(BUILD)/bench/counts: $(BUILD)/bench/%: spec/bench/%.c spec/bench/timed.h $(CORE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c %.o,$^) $(LIBS)

# For the Lua that runs the benchmark.
$(BUILD)/bench/bare.so: spec/bench/bare.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -D_GNU_SOURCE $(WARNINGS) -shared -fPIC $(call LUA_INC,$(LUA)) -o $@ $< -lcrypto

RAW := $(patsubst %,$(BUILD)/bench/%,raw raw_multi connect_only)
$(RAW): $(BUILD)/bench/%: spec/bench/%.c spec/bench/raw.h
	@mkdir -p $(@D)
	$(CC) -O2 -D_GNU_SOURCE $(WARNINGS) -o $@ $< -Wl,--as-needed -lcurl -lcjson -lhttp_parser

# ROUNDS=9 of each comparison.
# RESTY_HTTP=<folder of lua-resty-http>:<folder of lua-resty-string> to measure against them in nginx; LUA_CPATH to where Lua-cURL's lcurl.so is.
BENCH  := $(BUILD)/bench/servers
ROUNDS ?= 9
bench: deps-bench ## speed, against other programs in the same run; ROUNDS=9
	@$(MAKE) -s all LUA=luajit
	@$(MAKE) -s all $(RAW) $(BUILD)/bench/crypto $(BUILD)/bench/seal $(BUILD)/bench/counts $(BUILD)/bench/bare.so
	@spec/bench/named $(BENCH) $(MAKE) -s bench-named

.PHONY: bench-named
bench-named:
	@echo "$$(nproc) cores"
	@spec/sandbox/start $(SANDBOX) >/dev/null
	@BUILD=$(BUILD) RESTY_HTTP="$(RESTY_HTTP)" spec/bench/servers start $(BENCH) $(SANDBOX)
	@status=0; \
	  $(LUA_ENV) $(LUA_BIN) spec/bench/plain.lua $(BUILD)/bench $(BENCH) $(ROUNDS) || status=1; \
	  $(LUA_ENV) $(LUA_BIN) spec/bench/cold.lua $(BENCH) $(ROUNDS) || status=1; \
	  RESTY_HTTP="$(RESTY_HTTP)" $(LUA_ENV) $(LUA_BIN) spec/bench/nginx.lua $(BENCH) $(SANDBOX) $(ROUNDS) || status=1; \
	  RESTY_HTTP="$(RESTY_HTTP)" $(LUA_ENV) $(LUA_BIN) spec/bench/nginx_cold.lua $(BENCH) $(ROUNDS) || status=1; \
	  $(LUA_ENV) $(LUA_BIN) spec/bench/metrics.lua $(BUILD)/bench $(BENCH) $(ROUNDS) || status=1; \
	  $(LUA_ENV) $(LUA_BIN) spec/bench/run.lua $(BENCH) || status=1; \
	  $(LUA_ENV) $(LUA_BIN) spec/bench/job.lua $(BENCH) || status=1; \
	  $(LUA_ENV) $(LUA_BIN) spec/bench/limits.lua $(ROUNDS) || status=1; \
	  $(LUA_ENV) $(LUA_BIN) spec/bench/crypto.lua $(BUILD)/bench $(BENCH) $(BUILD)/node $(ROUNDS) || status=1; \
	  echo; for scheme in http https; do $(LUA_ENV) $(LUA_BIN) spec/bench/memory.lua $(BENCH) $$scheme || status=1; done; \
	  for lua in 5.4 luajit; do $(MAKE) -s bench-records LUA=$$lua || status=1; done; \
	  BUILD=$(BUILD) spec/bench/instructions || status=1; \
	  spec/bench/servers stop $(BENCH); spec/sandbox/stop $(SANDBOX) >/dev/null; exit $$status

# Mapping and masking of one record, which need no server.
.PHONY: bench-records
bench-records: all $(if $(filter luajit,$(LUA)),$(BUILD)/luajit/host) ## speed of mapping and masking
	@$(LUA_ENV) $(LUA_BIN) spec/bench/records.lua

# --- the code of the pages, run as it stands there ---

PAGES ?= README.md $(sort $(wildcard docs/*/*.md))
.PHONY: docs-run
docs-run: deps-test ## the code of the pages runs, and prints what they show; PAGES=docs/guide/xml.md
	@$(MAKE) -s all LUA=luajit
	@$(MAKE) -s all LUA=5.4
	@spec/sandbox/start $(SANDBOX)
	@mkdir -p $(BUILD)/docs
	@spec/docs/pages $(BUILD) $(SANDBOX) $(PAGES) > $(BUILD)/docs/pages.tap; status=$$?; spec/support/tally "code of pages" $(BUILD)/docs/pages.tap $$status

.PHONY: picture
picture: ## docs/demo.svg, which the README shows: what `make demo` prints
	@$(MAKE) -s demo > $(BUILD)/demo.txt
	@lua5.4 spec/docs/terminal.lua "make demo" < $(BUILD)/demo.txt > docs/demo.svg

# --- the site ---

SITE_LUA  = LUA_PATH="docs/site/?.lua;docs/site/reference/?.lua;lua/?.lua;lua/?/init.lua;;" LUA_CPATH="$(BUILD)/5.4/?.so;;" lua5.4
REFERENCE = $(BUILD)/reference

.PHONY: docs
docs: deps-docs ## build/site: guide, reference and design, with a search
	@$(MAKE) -s all LUA=5.4
	@rm -rf $(BUILD)/site $(REFERENCE) && mkdir -p $(REFERENCE)/source
	@$(SITE_LUA) docs/site/reference/sources.lua $(REFERENCE)/source $(LIBRARY)
	@ldoc --quiet --fatalwarnings --config $(REFERENCE)/source/config.ld --template docs/site/reference --dir $(REFERENCE) --ext page $(REFERENCE)/source >/dev/null
	@$(SITE_LUA) docs/site/program.lua > $(REFERENCE)/program.md
	@$(SITE_LUA) docs/site/build.lua $(BUILD)/site $(addprefix $(REFERENCE)/modules/,$(addsuffix .page,$(subst /,.,$(LIBRARY:library/%.lua=%)))) $(REFERENCE)/program.md
	@$(SITE_LUA) docs/site/check.lua $(BUILD)/site
	@echo "$(BUILD)/site/index.html"

install: install-module install-cli ## PREFIX=/usr/local LUA=5.4: the module and the program `cards`

# A path as a word of the shell, whatever is in it, and as a string of Lua.
quote      = '$(subst ','\'',$(1))'
lua_string = "$(subst ",\",$(subst \,\\,$(1)))"

.PHONY: install-module install-cli
install-module: all
	install -D -m 755 "$(OUT)/cards/core.so" $(call quote,$(DESTDIR)$(LIBDIR)/cards/core.so)
	for f in $(LUA_SRC); do install -D -m 644 lua/$$f $(call quote,$(DESTDIR)$(LUADIR))/$$f || exit 1; done
	for f in $(LIBRARY); do install -D -m 644 $$f $(call quote,$(DESTDIR)$(LUADIR)/cards)/$$f || exit 1; done

# The program finds the module wherever PREFIX is.
SHEBANG = \#!/usr/bin/env $(if $(filter luajit,$(LUA)),luajit,lua$(LUA))
PATHS   = package.path, package.cpath = $(call lua_string,$(LUADIR)/?.lua;$(LUADIR)/?/init.lua;) .. package.path, $(call lua_string,$(LIBDIR)/?.so;) .. package.cpath
HEAD    = printf '%s\n' $(call quote,$(SHEBANG)) $(call quote,$(PATHS))

# Its manual page is what its --help says, so that it needs what the program needs.
install-cli: all $(filter $(BUILD)/luajit/%,$(LUA_BIN))
	for f in $(CLI_SRC); do install -D -m 644 lua/$$f $(call quote,$(DESTDIR)$(LUADIR))/$$f || exit 1; done
	install -d $(call quote,$(DESTDIR)$(LUADIR)/cards/cli/sandbox)
	install -m 644 $(SANDBOX_SRC) $(call quote,$(DESTDIR)$(LUADIR)/cards/cli/sandbox)
	{ $(HEAD); tail -n +2 lua/cards/cli/cards; } > "$(OUT)/program"
	install -D -m 755 "$(OUT)/program" $(call quote,$(DESTDIR)$(BINDIR)/cards)
	if { echo 'package.path, package.cpath = "lua/?.lua;lua/?/init.lua;" .. package.path, "$(OUT)/?.so;" .. package.cpath'; \
	  echo 'io.write(require "cards.cli.program.man".page())'; } | $(LUA_BIN) /dev/stdin > "$(OUT)/cards.1" 2>/dev/null; then \
	  install -D -m 644 "$(OUT)/cards.1" $(call quote,$(DESTDIR)$(MANDIR)/man1/cards.1); \
	else echo "cards(1) is left out: it is made with $(LUA_BIN), lua-argparse and lua-cjson"; fi

# What is behind a symbolic link was not put there by an installation: a link to a checkout, say. The program and its manual page stay where they are another Lua's
# by now. Of folders, those of ours that are empty then.
INSTALLED = $(LUA_SRC) $(LIBRARY:%=cards/%) $(CLI_SRC) $(addprefix cards/cli/sandbox/,$(notdir $(SANDBOX_SRC)))
uninstall: ## removes what `make install` has put there, with the same PREFIX and LUA
	remove() { cd "$$1" 2>/dev/null || return 0; shift; here=$$(pwd -P); \
	  for f; do test "$$(realpath "$$f" 2>/dev/null)" != "$$here/$$f" || rm -f "$$f" || exit 1; done; \
	  for f; do dirname "$$f"; done | sort -ru | while read -r d; do test "$$(realpath "$$d" 2>/dev/null)" != "$$here/$$d" || rmdir "$$d" 2>/dev/null || true; done; }; \
	(remove $(call quote,$(DESTDIR)$(LIBDIR)) cards/core.so) && (remove $(call quote,$(DESTDIR)$(LUADIR)) $(INSTALLED))
	test "$$(head -n 2 $(call quote,$(DESTDIR)$(BINDIR)/cards) 2>/dev/null)" != "$$($(HEAD))" || \
	  rm -f $(call quote,$(DESTDIR)$(BINDIR)/cards) $(call quote,$(DESTDIR)$(MANDIR)/man1/cards.1)

# For LuaRocks, which says where Lua's headers are and where the files go. The Lua version may be another one than last time.
.PHONY: rock rock-install
rock:
	rm -rf $(BUILD)/any
	$(MAKE) LUA=any LUA_INCDIR="$(LUA_INCDIR)" all
rock-install:
	$(MAKE) LUA=any LUA_INCDIR=unused LIBDIR=$(call quote,$(LIBDIR)) LUADIR=$(call quote,$(LUADIR)) install-module

# --- a release: what is published, made of the last commit alone, so that it is the same bytes wherever and whenever it is made ---

VERSION = $(shell sed -n 's/^  _VERSION = "\([^"]*\)".*/\1/p' lua/cards/init.lua)
TARBALL = $(BUILD)/dist/cards-$(VERSION).tar.gz
# Where the tarball will be: the rockspecs in build/dist have it.
URL    ?= file://$(CURDIR)/$(BUILD)/dist

dist: ## the tarball of a release, its checksum and its rockspecs, in build/dist; URL=https://… is the folder where they will be
	@test -e .git || { echo "A release is made of the last commit of a clone, and this is none." >&2; exit 1; }
	@git diff --quiet HEAD || { echo "What is not committed would not be in the release: commit it, or put it away." >&2; exit 1; }
	rm -rf $(BUILD)/dist
	mkdir -p $(BUILD)/dist
	git -c tar.umask=0022 -c core.autocrlf=false -c core.eol=lf -c core.attributesFile=/dev/null archive --format=tar --prefix=cards-$(VERSION)/ -o $(TARBALL:.gz=) HEAD
	gzip -9n $(TARBALL:.gz=)
	cd $(BUILD)/dist && sha256sum cards-$(VERSION).tar.gz > cards-$(VERSION).tar.gz.sha256
	for f in rockspec/*; do sed 's|"git+file://\."|"'$(call quote,$(subst |,\|,$(subst &,\&,$(URL))))'/cards-$(VERSION).tar.gz"|' $$f > $(BUILD)/dist/$${f#rockspec/} || exit 1; done

clean: ## removes what was built
	for folder in $(BUILD)/*sandbox; do test ! -d "$$folder" || spec/sandbox/stop "$$folder"; done
	rm -rf $(BUILD)
