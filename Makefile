# SPDX-License-Identifier: MIT
# docker-autoheal: `make` builds build/docker-autoheal, `make help` lists the rest.
#
#   DEV=1        warnings are errors
#   VARIANT=san  AddressSanitizer and UndefinedBehaviorSanitizer (what `make check` tests)
#   CC=clang     builds without a warning too

VERSION := 0.1.0

CC ?= cc
VARIANT ?= release
OUT := build/$(VARIANT)
prefix ?= /usr/local
PLUGIN_DIR ?= $(prefix)/lib/docker/cli-plugins
MAN_DIR ?= $(prefix)/share/man/man1

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wvla
STD := -std=c17 -D_GNU_SOURCE
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection
LINK_HARDEN := -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed

# Small: a pass waits for the engine, not for its own instructions. Unwind tables are for exceptions, which C has not; debuggers
# read those in the debug information.
OPT_release := -Os -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fno-asynchronous-unwind-tables -fno-unwind-tables -ffunction-sections \
  -fdata-sections
LINK_release := -Wl,--gc-sections -Wl,-z,pack-relative-relocs
OPT_san := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_san := -fsanitize=address,undefined

CFLAGS ?= -g
ALL_CFLAGS := $(STD) $(WARN) $(HARDEN) $(OPT_$(VARIANT)) $(CFLAGS) $(if $(DEV),-Werror)
ALL_CPPFLAGS := -Iinclude -Isrc -I$(OUT)/gen $(CPPFLAGS)
ALL_LDFLAGS := $(LINK_HARDEN) $(LINK_$(VARIANT)) $(LDFLAGS)
LIBS := -lcurl

SRC := $(sort $(wildcard src/*/*.c))
OBJ := $(SRC:src/%.c=$(OUT)/%.o)
LIB := $(OUT)/libautoheal.a
BIN := $(OUT)/docker-autoheal
GEN := $(OUT)/gen/metadata_json.h

UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT := $(UNIT_SRC:tests/unit/%.c=$(OUT)/unit/%)
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
SUPPORT_OBJ := $(SUPPORT_SRC:tests/support/%.c=$(OUT)/support/%.o)
SYSTEM_SRC := $(sort $(wildcard tests/system/test_*.c))
SYSTEM := $(SYSTEM_SRC:tests/system/%.c=$(OUT)/system/%)
TORTURE_SRC := $(sort $(wildcard tests/torture/test_*.c))
TORTURE := $(TORTURE_SRC:tests/torture/%.c=$(OUT)/torture/%)
E2E_SRC := $(sort $(wildcard tests/e2e/test_*.c))
E2E := $(E2E_SRC:tests/e2e/%.c=$(OUT)/e2e/%)
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/%)
FAKE := $(OUT)/fake_engine
FAULT_SHIM := $(OUT)/torture/fault_shim.so
FUZZ_SECONDS ?= 60

.PHONY: all
all: build/docker-autoheal build/docker-autoheal.1

build/docker-autoheal: $(BIN)
	@mkdir -p $(@D)
	@cp -f $< $@

build/docker-autoheal.1: $(OUT)/docker-autoheal.1
	@mkdir -p $(@D)
	@cp -f $< $@

$(GEN): plugin-metadata/metadata.json Makefile
	@mkdir -p $(@D)
	{ printf '#define AUTOHEAL_VERSION "%s"\n#define AUTOHEAL_METADATA_JSON \\\n' '$(VERSION)'; \
	  sed -e 's/@VERSION@/$(VERSION)/' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/  "&\\n" \\/' $<; echo; } > $@

# The page, gzipped into the binary. The directory itself stands for files that are gone.
WEB_GEN := $(OUT)/gen/web_files.h
$(WEB_GEN): tools/web_files.sh tools/web_join.awk src/serve/web $(sort $(wildcard src/serve/web/*))
	@mkdir -p $(@D)
	tools/web_files.sh src/serve/web >$@.new
	@mv -f $@.new $@

# Without this line make would take web.c for the source of the directory of that name.
src/serve/web: ;

$(OUT)/serve/web.o build/fuzz/obj/serve/web.o: $(WEB_GEN)

$(OUT)/%.o: src/%.c $(GEN)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BIN): $(OUT)/main.o $(LIB)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/man_page: tools/man_page.c $(LIB)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(LIB) $(LIBS)

$(OUT)/docker-autoheal.1: $(OUT)/man_page
	@$< >$@.new
	@mv -f $@.new $@

$(OUT)/support/%.o: tests/support/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(FAKE): $(sort $(wildcard tests/fake_engine/*.c)) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(OUT)/unit/%: tests/unit/%.c $(SUPPORT_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(SUPPORT_OBJ) $(LIB) $(LIBS) -lcmocka

$(OUT)/system/%: tests/system/%.c $(SUPPORT_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(SUPPORT_OBJ) $(LIB) $(LIBS) -lcmocka

$(OUT)/torture/%: tests/torture/%.c $(SUPPORT_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(SUPPORT_OBJ) $(LIB) $(LIBS) -lcmocka

# Stands in front of libc: it must not be fortified itself.
$(FAULT_SHIM): tests/torture/fault_shim.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(WARN) -O2 -U_FORTIFY_SOURCE $(CFLAGS) $(if $(DEV),-Werror) -fPIC -shared -o $@ $<

$(OUT)/e2e/%: tests/e2e/%.c $(SUPPORT_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(SUPPORT_OBJ) $(LIB) $(LIBS) -lcmocka

FUZZ_FLAGS := $(STD) -g -O1 -fno-sanitize-recover=all
build/fuzz/obj/%.o: src/%.c $(GEN)
	@mkdir -p $(@D)
	clang $(ALL_CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

FUZZ_LIB := build/fuzz/libautoheal.a
$(FUZZ_LIB): $(SRC:src/%.c=build/fuzz/obj/%.o)
	@rm -f $@
	ar rcs $@ $^

build/fuzz/%: tests/fuzz/%.c $(FUZZ_LIB)
	@mkdir -p $(@D)
	clang $(ALL_CPPFLAGS) -Itests $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -MMD -MP -o $@ $< $(FUZZ_LIB) $(LIBS) -Wl,--as-needed -lcmocka

.SECONDARY: $(SUPPORT_OBJ)

.PHONY: unit system torture e2e
unit: $(UNIT)
	@tests/run-tests.sh $(UNIT)

system: $(BIN) $(FAKE) $(SYSTEM)
	@AUTOHEAL_BIN=$(abspath $(BIN)) FAKE_ENGINE=$(abspath $(FAKE)) tests/run-tests.sh $(SYSTEM)

# What a person sees, anew from what is seen now: to be read before it is committed.
.PHONY: golden
golden: $(BIN) $(FAKE) $(OUT)/system/test_golden
	@rm -f tests/golden/*.80 tests/golden/*.200 tests/golden/*.pipe
	@GOLDEN_UPDATE=1 AUTOHEAL_BIN=$(abspath $(BIN)) FAKE_ENGINE=$(abspath $(FAKE)) tests/run-tests.sh $(OUT)/system/test_golden

# The release build: what is killed must be what people run, and the shim cannot stand in front of a sanitizer.
torture: $(BIN) $(FAKE) $(FAULT_SHIM) $(TORTURE)
	@AUTOHEAL_BIN=$(abspath $(BIN)) FAKE_ENGINE=$(abspath $(FAKE)) FAULT_SHIM=$(abspath $(FAULT_SHIM)) tests/run-tests.sh $(TORTURE)

e2e: $(BIN) $(E2E)
	@AUTOHEAL_BIN=$(abspath $(BIN)) tests/run-tests.sh $(E2E)

# install.sh and the timer (as root). The scripts are copied, so that their logs stay out of the sources.
$(OUT)/install/%: tests/install/%.sh
	@mkdir -p $(@D)
	@cp $< $@

INSTALL_SRC := $(sort $(wildcard tests/install/test_*.sh))
INSTALL_TESTS := $(INSTALL_SRC:tests/install/%.sh=$(OUT)/install/%)
.PHONY: install-tests
install-tests: $(BIN) $(INSTALL_TESTS)
	@AUTOHEAL_BIN=$(abspath $(BIN)) tests/run-tests.sh $(INSTALL_TESTS)

# The image, and the Compose and Swarm files (as root). It is built by the Dockerfile, not here.
$(OUT)/image/%: tests/image/%.sh
	@mkdir -p $(@D)
	@cp $< $@

IMAGE_SRC := $(sort $(wildcard tests/image/test_*.sh))
IMAGE_TESTS := $(IMAGE_SRC:tests/image/%.sh=$(OUT)/image/%)
.PHONY: image-tests
image-tests: $(IMAGE_TESTS)
	@tests/run-tests.sh $(IMAGE_TESTS)

# The page in Chromium (as root), each program with an engine of its own. What npm gives is what package-lock.json names, byte for byte.
$(OUT)/page/node_modules: tests/page/package.json tests/page/package-lock.json tests/page/.npmrc
	@mkdir -p $(@D)
	@cp $^ $(@D)
	@cd $(@D) && { npm ci --loglevel=error >/dev/null && touch node_modules || { rm -rf node_modules; exit 1; }; }

$(OUT)/page/%: tests/page/%.mjs
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec node %s\n' '$<' >$@
	@chmod +x $@

PAGE_SRC := $(sort $(wildcard tests/page/test_*.mjs))
PAGE_TESTS := $(PAGE_SRC:tests/page/%.mjs=$(OUT)/page/%)
PAGE_ENV = AUTOHEAL_BIN=$(abspath $(BIN)) FAKE_ENGINE=$(abspath $(FAKE)) PAGE_MODULES=$(abspath $(OUT)/page) PAGE_SHOTS=$(abspath $(OUT)/page/shots)
.PHONY: page-tests bench-page
page-tests: $(BIN) $(FAKE) $(OUT)/page/node_modules $(PAGE_TESTS)
	@rm -rf $(OUT)/page/shots
	@$(PAGE_ENV) tests/run-tests.sh $(PAGE_TESTS)

bench-page: $(BIN) $(FAKE) $(OUT)/page/node_modules
	@$(PAGE_ENV) node tests/page/bench.mjs

# The same tests with the plugin under valgrind: a plain build, for valgrind and the sanitizers exclude each other. Without
# those that race against the engine on purpose, which would test how slow valgrind is, and those that start many programs.
E2E_UNHURRIED := $(filter-out %/test_brakes %/test_completion %/test_conformance %/test_dependents %/test_evidence_engine %/test_signals %/test_ssh %/test_wont_do,$(E2E))
.PHONY: e2e-valgrind
e2e-valgrind: $(BIN) $(E2E_UNHURRIED)
	@TEST_VALGRIND=1 AUTOHEAL_BIN=$(abspath $(BIN)) tests/run-tests.sh $(E2E_UNHURRIED)

.PHONY: fuzz
fuzz: $(FUZZ)
	@tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)

.PHONY: check lint format smoke bench cover clean help install
check:
	@MAKE='$(MAKE)' FUZZ_SECONDS=$(FUZZ_SECONDS) tests/check.sh

lint: $(OBJ) $(OUT)/docker-autoheal.1
	@tests/lint/lint.sh $(OUT)
	@groff -ww -man -Tutf8 $(OUT)/docker-autoheal.1 2>&1 >/dev/null | { ! grep .; }
	@cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem --error-exitcode=1 \
	  -Iinclude -Isrc -I$(OUT)/gen src

format:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

# Does the binary start, and is its metadata what docker accepts?
smoke: build/docker-autoheal
	@build/docker-autoheal docker-cli-plugin-metadata | grep -q '"SchemaVersion": "0.1.0"'
	@build/docker-autoheal version

bench: build/docker-autoheal $(FAKE) $(OUT)/bench/bench $(OUT)/bench/only_libcurl bench-serve
	@tests/bench/bench.sh build/docker-autoheal $(FAKE) $(OUT)/bench/bench $(OUT)/bench/only_libcurl $(BENCH_ARGS)

.PHONY: bench-serve
bench-serve: build/docker-autoheal $(FAKE) $(OUT)/bench/load
	@tests/bench/serve.sh build/docker-autoheal $(FAKE) $(OUT)/bench/load $(BENCH_SERVE_ARGS)

$(OUT)/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIBS)

cover:
	$(MAKE) OUT=build/cover CFLAGS='-g --coverage' LDFLAGS=--coverage unit
	@cd build/cover && find . -name '*.gcda' -exec gcov -n {} + 2>/dev/null | awk '/^File .src/ {f=$$2} /^Lines/ && f {print f, $$0; f=""}' | sort

install: build/docker-autoheal build/docker-autoheal.1
	install -D -m 755 -s build/docker-autoheal $(DESTDIR)$(PLUGIN_DIR)/docker-autoheal
	install -D -m 644 build/docker-autoheal.1 $(DESTDIR)$(MAN_DIR)/docker-autoheal.1

clean:
	rm -rf build

help:
	@echo 'all           build/docker-autoheal and its manual page'
	@echo 'check         all tests, lint and fuzzing, as CI runs them'
	@echo 'unit system e2e   one level of tests (VARIANT=san: under the sanitizers)'
	@echo 'golden        the screens in tests/golden, anew from what is seen now'
	@echo 'torture       kill -9, faults at each system call, crowds, full disks (TORTURE_KILLS=1000, TORTURE_SEED)'
	@echo 'image-tests   the image, and the Compose and Swarm files, on a real engine (as root)'
	@echo 'page-tests    the page in Chromium, on a real engine (as root); screenshots in OUT/page/shots'
	@echo 'e2e-valgrind  the end-to-end tests with the plugin under valgrind'
	@echo 'fuzz          each target for FUZZ_SECONDS (60)'
	@echo 'lint format   the house rules; clang-format'
	@echo 'bench         requests, time, CPU and memory beside curl (BENCH_ARGS="--peer COMMAND" adds another tool), and bench-serve'
	@echo 'bench-serve   figures of serve beside their targets (BENCH_SERVE_ARGS="--engine" adds a real engine)'
	@echo 'bench-page    how fast the page is with 1,000 containers, beside its targets'
	@echo 'cover         line coverage of the unit tests'
	@echo 'install       into PLUGIN_DIR ($(PLUGIN_DIR)) and MAN_DIR ($(MAN_DIR))'

-include $(shell find $(OUT) build/fuzz -name '*.d' 2>/dev/null)
