#!/bin/sh
# install - make install puts every piece where it belongs, keeps the postmaster's own files, and uninstall takes it away
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
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

tap_done
