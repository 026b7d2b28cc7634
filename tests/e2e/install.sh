#!/bin/sh
# install - make install puts every piece where it belongs, keeps the postmaster's own files, and uninstall takes it away
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0 failures=0
# ok TEXT COMMAND... - one test: the command succeeds
ok() {
	text=$1; shift; count=$((count + 1))
	if "$@" >"$dir/why" 2>&1; then
		echo "ok $count - $text"
	else
		echo "not ok $count - $text"
		sed 's/^/# /' "$dir/why"
		failures=$((failures + 1))
	fi
}
not() { ! "$@"; }
root=$dir/root
unset MAKEFLAGS MFLAGS SANITIZE

ok 'make install' make install DESTDIR="$root"
ok 'the program runs' sh -c "'$root/usr/sbin/mailward' --version | grep -q '^mailward '"
for file in etc/mailward/mailward.conf usr/share/mailward/postfix/main.cf usr/lib/systemd/system/mailward.service \
	usr/lib/sysusers.d/mailward.conf usr/lib/tmpfiles.d/mailward.conf usr/share/man/man8/mailward.8 usr/share/man/man5/mailward.conf.5; do
	ok "/$file can be read by all" sh -c "[ \"\$(stat -c %a '$root/$file')\" = 644 ]"
done
for pattern in patterns/*.pat; do
	ok "/usr/share/mailward/$pattern is the one here" cmp "$pattern" "$root/usr/share/mailward/$pattern"
done
ok 'postfix-setup can be run, and finds its settings' sh -c "'$root/usr/share/mailward/postfix/postfix-setup' --help >/dev/null"

echo '; mine' >>"$root/etc/mailward/mailward.conf"
ok 'make install over it' make install DESTDIR="$root"
ok "the postmaster's configuration is kept" grep -qx '; mine' "$root/etc/mailward/mailward.conf"
ok 'make uninstall' make uninstall DESTDIR="$root"
ok 'the configuration is all that is left' sh -c "[ \"\$(cd '$root' && find . -type f)\" = ./etc/mailward/mailward.conf ]"

ok 'make install PREFIX=/usr/local' make install DESTDIR="$root" PREFIX=/usr/local
ok 'the unit starts the program from there' grep -qx 'ExecStart=/usr/local/sbin/mailward run' "$root/usr/local/lib/systemd/system/mailward.service"

echo "1..$count"
[ "$failures" = 0 ]
