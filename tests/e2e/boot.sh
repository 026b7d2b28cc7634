#!/bin/sh
# boot - the installed service on a whole Debian: systemd, rotation, reload, kill -9, a flushed firewall, a reboot
#
#   host:  make install ──► tree ──► systemd-nspawn --boot, network of its own
#   tree:  log ──► mailward.service ──► nftables       inside.sh, a service too, does it all and writes TAP
#
# Wants root, systemd-nspawn and BOOT_TREE: a folder for the system, made with
# debootstrap if it is empty, and used again. Skipped where these are missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
[ "${BOOT_TREE:-}" ] || skip_all 'BOOT_TREE names no folder for a Debian to boot; try BOOT_TREE=/var/tmp/mailward-tree'
[ "$(id -u)" = 0 ] || skip_all 'only root can boot a container'
command -v systemd-nspawn >/dev/null || skip_all 'no systemd-nspawn (package systemd-container)'
tree=$BOOT_TREE
if [ ! -x "$tree/bin/sh" ]; then
	command -v debootstrap >/dev/null || skip_all 'no debootstrap'
	debootstrap --variant=minbase --include=systemd-sysv,dbus,procps,nftables,libpcre2-8-0,libnftnl11,libmnl0,libinih1,zlib1g,libsystemd0,libsqlite3-0,libseccomp2 \
		bookworm "$tree" >"$dir/out" 2>&1 || skip_all "debootstrap: $(tail -n 1 "$dir/out")"
fi

unset MAKEFLAGS MFLAGS SANITIZE
rm -rf "$tree/etc/mailward" "$tree/var/lib/mailward" "$tree/var/log/mail.log"* "$tree/root/boot"
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
ln -sf ../inside.service "$tree/etc/systemd/system/multi-user.target.wants/inside.service"

boot() { systemd-nspawn -q -D "$tree" --boot --private-network --register=no --keep-unit </dev/null >>"$dir/console" 2>&1; }
boot
[ ! -e "$tree/root/boot/stage" ] || grep -q '^1\.\.' "$tree/root/boot/tap" || boot	# where nspawn does not reboot by itself
rm -f "$tree/etc/systemd/system/multi-user.target.wants/inside.service"
if [ ! -s "$tree/root/boot/tap" ]; then
	sed 's/^/# /' "$dir/console"
	echo 'Bail out! the container did not boot'
	exit 1
fi
cat "$tree/root/boot/tap"
! grep -q '^not ok' "$tree/root/boot/tap"
