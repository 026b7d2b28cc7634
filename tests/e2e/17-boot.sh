#!/bin/sh
# 17-boot - the installed service on a whole Debian: systemd, rotation, reload, kill -9, a flushed firewall, a reboot
#
#   host:  make install ──► tree ──► systemd-nspawn --boot, network of its own
#   tree:  log ──► mailward.service ──► nftables       inside.sh, a service too, does it all and writes TAP
#
# Wants root, systemd-nspawn and debootstrap, which makes the tree where there is none: $BOOT_TREE, build/boot-tree by
# default, used again. It is of the release of this system, whose libraries the program was built with. Skipped where
# these are missing.
# once: what is installed and booted is the plain program
. "$(dirname "$0")/../lib/tap.sh"
. tests/lib/debian.sh
[ "$(id -u)" = 0 ] || skip_all 'only root can boot a container'
command -v systemd-nspawn >/dev/null || skip_all 'no systemd-nspawn (package systemd-container)'

packages=systemd-sysv,dbus,procps,nftables,libpcre2-8-0,libnftnl11,libmnl0,libinih1,zlib1g,liblzma5,libbz2-1.0,libzstd1,libsystemd0,libsqlite3-0,libseccomp2,libncursesw6,libsodium23
tree=${BOOT_TREE:-$PWD/build/boot-tree}
suite=$(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_CODENAME:-sid}") ||
	skip_all 'this system is no Debian, whose like debootstrap could make'
packages=$packages,$(dpkg-query -W -f '${Package}\n' 'libhiredis[0-9]*' | head -n 1)	# whose name has its version in it
if [ "$(cat "$tree/made-of" 2>/dev/null)" != "$suite $packages" ]; then
	[ -e "$tree/made-of" ] || [ ! -e "$tree" ] || rmdir "$tree" 2>/dev/null || skip_all "$tree is something else"
	command -v debootstrap >/dev/null || skip_all 'no debootstrap'
	rm -rf --one-file-system "$tree" "$tree.new"
	timeout 300 debootstrap --variant=minbase --include=$packages "$suite" "$tree.new" $(mirror) >"$tmp/out" 2>&1 ||
		skip_all "debootstrap: $(tail -n 1 "$tmp/out")"
	echo "$suite $packages" >"$tree.new/made-of" && mv "$tree.new" "$tree" || exit 1
fi

unset MAKEFLAGS MFLAGS SANITIZE
rm -rf "$tree/etc/mailward" "$tree/var/lib/mailward" "$tree/var/log/mail.log"* "$tree/var/log/journal" "$tree/root/boot"
rm -f "$tree/etc/systemd/system/multi-user.target.wants/mailward.service"
make -s install DESTDIR="$tree" >/dev/null || exit 1
systemd-sysusers --root="$tree" "$tree/usr/lib/sysusers.d/mailward.conf" >/dev/null || exit 1
mkdir -p "$tree/root/boot" "$tree/etc/systemd/system/multi-user.target.wants"
cp tests/lib/tap.sh "$tree/root/boot/tap.sh"
install -m 755 tests/lib/boot-inside.sh "$tree/root/boot/inside"
cat >"$tree/etc/systemd/system/inside.service" <<'END'
[Service]
Type=exec
ExecStart=/root/boot/inside
[Install]
WantedBy=multi-user.target
END
# Postfix's unit as Debian has it, with a process that lives on and logs what it is given, to the journal alone
cat >"$tree/etc/systemd/system/postfix@.service" <<'END'
[Service]
ExecStartPre=/bin/sh -c 'test -p /run/smtpd || mkfifo /run/smtpd'
ExecStart=/bin/sh -c 'exec logger -t postfix/smtpd -p mail.info --id=4711 <>/run/smtpd'
END
ln -sf ../inside.service "$tree/etc/systemd/system/multi-user.target.wants/inside.service"

# older nspawns know no Landlock, and forbid it
boot() { timeout -k 20 240 unshare --mount systemd-nspawn --system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' -q -D "$tree" --boot --private-network --register=no --keep-unit </dev/null >>"$tmp/console" 2>&1; }
boot
[ ! -e "$tree/root/boot/stage" ] || grep -q '^1\.\.' "$tree/root/boot/tap" || boot	# where nspawn does not reboot by itself
rm -f "$tree/etc/systemd/system/multi-user.target.wants/inside.service"
# without its first line the container never came so far as to meet anything of ours
[ -e "$tree/root/boot/tap" ] || skip_all "systemd-nspawn does not boot here: $(tr -cd '[:print:]\n' <"$tmp/console" | tail -n 1)"
cat "$tree/root/boot/tap"
! grep -q '^not ok' "$tree/root/boot/tap"
