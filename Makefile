# mailward - make, make check, make install DESTDIR= PREFIX=; V=1 shows the commands, SANITIZE=1 builds with ASan+UBSan, SANITIZE=thread with TSan
VERSION   := 0.1.0
PREFIX    ?= /usr
SYSCONFDIR ?= /etc
SBINDIR   ?= $(PREFIX)/sbin
DATADIR   ?= $(PREFIX)/share
UNITDIR   ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
MANDIR    ?= $(PREFIX)/share/man
BASHDIR   ?= $(DATADIR)/bash-completion/completions
ZSHDIR    ?= $(DATADIR)/zsh/vendor-completions
FISHDIR   ?= $(DATADIR)/fish/vendor_completions.d

CC        ?= gcc
PKG_CONFIG ?= pkg-config
PKGS      := libpcre2-8 libnftnl libmnl inih zlib liblzma libzstd libsystemd sqlite3 libseccomp hiredis libsodium
TOP_PKGS  := ncursesw
NEEDS     := 'libpcre2-8 >= 10.40' 'libnftnl >= 1.2.0' 'libmnl >= 1.0.4' inih zlib 'liblzma >= 5.2' 'libzstd >= 1.4' 'libsystemd >= 249' 'sqlite3 >= 3.34' 'libseccomp >= 2.5' 'ncursesw >= 6.1' 'hiredis >= 0.14' 'libsodium >= 1.0.18'

BUILD     := build
ifeq ($(SANITIZE),thread)
OBJ       := $(BUILD)/tsan
EXTRA     := -fsanitize=thread -fno-omit-frame-pointer -O1
else ifdef SANITIZE
OBJ       := $(BUILD)/sanitize
EXTRA     := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
else
OBJ       := $(BUILD)/obj
EXTRA     := -O2 -D_FORTIFY_SOURCE=3
endif
ifdef WERROR
EXTRA     += -Werror
endif

CFLAGS    ?= -g
WARN      := -Wall -Wextra -Wshadow -Wformat=2 -Wformat-signedness -Wmissing-format-attribute -Wstrict-prototypes \
  -Wold-style-definition -Wmissing-prototypes -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align=strict \
  -Wwrite-strings -Wpointer-arith -Wundef -Wvla -Wswitch-enum -Wimplicit-fallthrough=5 -Wnull-dereference \
  -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wjump-misses-init
HARDEN    := -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero -fPIE
ALL_CFLAGS = -std=gnu17 $(FLAGS) $(EXTRA) $(CFLAGS) -MMD -MP -Idaemon -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
  -DMAILWARD_VERSION='"$(VERSION)"' -DMAILWARD_DATADIR='"$(DATADIR)/mailward"' $(PKG_CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(EXTRA) $(LDFLAGS)

ifeq ($(filter clean distclean uninstall deb rpm package-test,$(MAKECMDGOALS)),)
PKG_MISSING := $(shell $(PKG_CONFIG) --print-errors --exists $(NEEDS) 2>&1 || echo failed)
ifneq ($(PKG_MISSING),)
$(error $(PKG_MISSING): scripts/deps installs what the build needs)
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS)) $(shell $(PKG_CONFIG) --cflags-only-I $(TOP_PKGS))
TOP_LIBS  := $(shell $(PKG_CONFIG) --libs $(TOP_PKGS))	# of the program alone, not of its tests
# TLS of the fleet's own: hiredis has it from 1.0 on; TLS= builds without
TLS       ?= $(shell $(PKG_CONFIG) --exists 'hiredis_ssl >= 1.0' && echo 1)
ifneq ($(TLS),)
PKGS      += hiredis_ssl
PKG_CFLAGS += -DMAILWARD_TLS
endif
PKG_LIBS  := $(shell $(PKG_CONFIG) --libs $(PKGS)) -lbz2	# which has no .pc everywhere

# known - which of these the compiler takes: gcc has words that clang has not, and each architecture its own against
# jumps to where none should lead. One try of all is mostly enough.
TRY       := -Werror -x c -c -o /dev/null /dev/null 2>/dev/null
known      = $(shell try() { $(CC) $(CFLAGS) "$$@" $(TRY); }; if try $(1); then echo '$(1)'; else for flag in $(1); do \
  try $$flag && echo $$flag; done; fi)
FLAGS     := $(call known,$(WARN)) $(call known,$(HARDEN)) $(call known,-fcf-protection -mbranch-protection=standard)
endif

Q         := $(if $(V),,@)
SRC       := $(wildcard daemon/*/*.c daemon/*/*/*.c)
LIB_OBJ   := $(SRC:daemon/%.c=$(OBJ)/%.o)
FUZZERS   := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
UNIT_SRC  := $(wildcard tests/unit/*/test_*.c)
TESTS     := $(UNIT_SRC:tests/unit/%.c=$(OBJ)/tests/%) $(FUZZERS:%=$(OBJ)/tests/fuzz/%)
PROGRAM   := $(if $(SANITIZE),$(OBJ)/mailward,$(BUILD)/mailward)

.PHONY: all tests list-tests bench bench-tools sim fuzz check install uninstall deb rpm package-test clean
all: $(PROGRAM)

$(PROGRAM): $(OBJ)/main.o $(OBJ)/libmailward.a
	$(if $(Q),@echo "  LD   $@")
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) $(TOP_LIBS)

$(OBJ)/libmailward.a: $(LIB_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OBJ)/%.o: daemon/%.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC   $<")
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# these know where the patterns and the importer will be installed
$(OBJ)/match/rules_load.o $(OBJ)/cli/import.o: $(OBJ)/datadir
$(OBJ)/datadir: FORCE
	@mkdir -p $(@D); echo '$(DATADIR)' | cmp -s - $@ || echo '$(DATADIR)' >$@
.PHONY: FORCE

$(OBJ)/tests/%.o: tests/unit/%.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC   $<")
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -c -o $@ $<

$(OBJ)/tests/fuzz/%.o: tests/fuzz/%.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC   $<")
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -c -o $@ $<

$(FUZZERS:%=$(OBJ)/tests/fuzz/%): $(OBJ)/tests/fuzz/replay.o
$(OBJ)/tests/%: $(OBJ)/tests/%.o $(OBJ)/libmailward.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

tests: $(PROGRAM) $(TESTS) $(BUILD)/set_clock.so

# a clock for one program; see 14-crash.py
$(BUILD)/set_clock.so: tests/lib/set_clock.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC   $<")
	$(Q)$(CC) -std=gnu17 -O2 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(CFLAGS) $(call known,$(WARN)) $(if $(WERROR),-Werror) -shared -fPIC -o $@ $<

# build/fuzz/fuzz_NAME [OPTION...] build/fuzz/corpus-NAME tests/fuzz/seeds/NAME; the tests replay the seeds without clang
FUZZ_CFLAGS = -std=gnu17 -g -O1 -fno-omit-frame-pointer -Idaemon $(filter-out -D_FORTIFY%,$(filter -D%,$(ALL_CFLAGS))) $(PKG_CFLAGS) -MMD -MP
FUZZ_SANITIZE := address,undefined -fno-sanitize-recover=undefined
fuzz: $(FUZZERS:%=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/obj/%.o: daemon/%.c Makefile
	@mkdir -p $(@D)
	$(if $(Q),@echo "  FUZZ $<")
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE) -c -o $@ $<

$(BUILD)/fuzz/libmailward.a: $(SRC:daemon/%.c=$(BUILD)/fuzz/obj/%.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/fuzz/libmailward.a
	$(Q)mkdir -p $(BUILD)/fuzz/corpus-$*
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer,$(FUZZ_SANITIZE) -o $@ $^ $(PKG_LIBS)

list-tests:
	@echo $(TESTS)

check:
	$(Q)scripts/check

# make bench [QUICK=1]; tests/bench/README says how to read it
BENCH_TOOLS := $(BUILD)/bench/pace $(BUILD)/bench/cost $(BUILD)/bench/unowned $(BUILD)/bench/verdicts
bench-tools: $(PROGRAM) $(BENCH_TOOLS)
bench:
	$(Q)QUICK=$(QUICK) tests/bench/run

# make sim [SIM='--seed 2 WORLD...']: worlds whose truth is known, in one table; tests/sim/README.md says how to read it
sim: $(PROGRAM)
	$(Q)nice tests/sim/run $(SIM)

$(BUILD)/bench/%: tests/bench/%.c $(OBJ)/libmailward.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

INSTALL   ?= install
TO        := "$(DESTDIR)"
ETC       := $(TO)$(SYSCONFDIR)/mailward
PAGES     := $(wildcard etc/man/*)
UNITS     := $(notdir $(wildcard etc/systemd/*))
SHARE     := $(TO)$(DATADIR)/mailward

install: all
	$(INSTALL) -d $(TO)$(SBINDIR) $(SHARE)/patterns $(SHARE)/postfix $(SHARE)/import $(SHARE)/notify $(SHARE)/grafana \
	  $(SHARE)/prometheus $(ETC)/patterns $(TO)$(UNITDIR) \
	  $(TO)$(SYSUSERSDIR) $(TO)$(TMPFILESDIR) $(TO)$(MANDIR)/man5 $(TO)$(MANDIR)/man8 \
	  $(TO)$(BASHDIR) $(TO)$(ZSHDIR) $(TO)$(FISHDIR)
	$(INSTALL) -m 755 $(BUILD)/mailward $(TO)$(SBINDIR)/mailward
	$(INSTALL) -m 644 patterns/README.md $(wildcard patterns/*.pat) $(SHARE)/patterns
	$(INSTALL) -m 644 $(wildcard share/import/*.py) $(SHARE)/import
	$(INSTALL) -m 644 etc/postfix/main.cf $(SHARE)/postfix/main.cf
	$(INSTALL) -m 755 scripts/postfix-setup $(SHARE)/postfix/postfix-setup
	test -e $(ETC)/mailward.conf || $(INSTALL) -m 644 etc/mailward.conf $(ETC)/mailward.conf
	$(INSTALL) -m 644 share/notify/lib.sh $(SHARE)/notify
	$(INSTALL) -m 755 $(filter-out %.sh,$(wildcard share/notify/*)) $(SHARE)/notify
	$(INSTALL) -m 644 etc/grafana/mailward.json $(SHARE)/grafana
	$(INSTALL) -m 644 etc/prometheus/mailward.rules.yml $(SHARE)/prometheus
	for unit in $(UNITS); do \
	  sed 's|/usr/sbin/mailward|$(SBINDIR)/mailward|' etc/systemd/$$unit >$(TO)$(UNITDIR)/$$unit && \
	  chmod 644 $(TO)$(UNITDIR)/$$unit || exit 1; done
	$(INSTALL) -m 644 etc/sysusers.d/mailward.conf $(TO)$(SYSUSERSDIR)/mailward.conf
	$(INSTALL) -m 644 etc/tmpfiles.d/mailward.conf $(TO)$(TMPFILESDIR)/mailward.conf
	$(INSTALL) -m 644 $(filter %.8,$(PAGES)) $(TO)$(MANDIR)/man8
	$(INSTALL) -m 644 $(filter %.5,$(PAGES)) $(TO)$(MANDIR)/man5
	$(INSTALL) -m 644 etc/completion/mailward.bash $(TO)$(BASHDIR)/mailward
	$(INSTALL) -m 644 etc/completion/_mailward $(TO)$(ZSHDIR)/_mailward
	$(INSTALL) -m 644 etc/completion/mailward.fish $(TO)$(FISHDIR)/mailward.fish
ifeq ($(DESTDIR),)
	if command -v systemd-sysusers >/dev/null; then systemd-sysusers $(SYSUSERSDIR)/mailward.conf; fi
	if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
endif

# configuration and state stay: they are the postmaster's; so does the user, whose number must not become another's
FORMER    := $(SYSCONFDIR)/postfix/main.cf.before-mailward
uninstall:
ifeq ($(DESTDIR),)
	if [ -d /run/systemd/system ] && systemctl cat mailward.service >/dev/null 2>&1; then systemctl disable --now $(UNITS); fi
	if [ -x $(SBINDIR)/mailward ]; then $(SBINDIR)/mailward clear; fi
endif
	rm -rf $(SHARE)
	rm -f $(TO)$(SBINDIR)/mailward $(UNITS:%=$(TO)$(UNITDIR)/%) $(TO)$(SYSUSERSDIR)/mailward.conf \
	  $(TO)$(TMPFILESDIR)/mailward.conf \
	  $(patsubst etc/man/%.8,$(TO)$(MANDIR)/man8/%.8,$(filter %.8,$(PAGES))) \
	  $(patsubst etc/man/%.5,$(TO)$(MANDIR)/man5/%.5,$(filter %.5,$(PAGES))) \
	  $(TO)$(BASHDIR)/mailward $(TO)$(ZSHDIR)/_mailward $(TO)$(FISHDIR)/mailward.fish \
	  $(UNITS:%=$(TO)$(SYSCONFDIR)/systemd/system/multi-user.target.wants/%) \
	  $(UNITS:%=$(TO)$(SYSCONFDIR)/systemd/system/timers.target.wants/%)
	for folder in $(TO)$(BASHDIR) $(TO)$(ZSHDIR) $(TO)$(FISHDIR); do rmdir -p --ignore-fail-on-non-empty "$$folder" || :; done
ifeq ($(DESTDIR),)
	if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo 'Kept: $(SYSCONFDIR)/mailward, /var/lib/mailward and the user mailward. If you want them gone:'
	@echo '    rm -r $(SYSCONFDIR)/mailward /var/lib/mailward; userdel mailward'
endif
	@if [ -e $(TO)$(FORMER) ]; then echo 'Postfix still has the settings that postfix-setup gave it. What it had before comes back by:'; \
	  echo '    sudo $(FORMER) && sudo postfix reload'; fi

# packaging/README.md; DEB: options of dpkg-buildpackage
deb:
	$(Q)packaging/build-deb -b $(DEB)
rpm:
	$(Q)packaging/build-rpm
package-test:
	$(Q)TEST_TIMEOUT=3600 tests/run packaging/package-test

clean:
	rm -rf $(BUILD)

.SECONDARY:
-include $(SRC:daemon/%.c=$(BUILD)/fuzz/obj/%.d) $(LIB_OBJ:.o=.d) $(OBJ)/main.d $(TESTS:=.d)
