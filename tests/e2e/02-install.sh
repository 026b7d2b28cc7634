#!/bin/sh
# 02-install - make install puts every piece where it belongs, keeps the postmaster's own files, and uninstall takes it away
# once: what is installed is the plain program
. "$(dirname "$0")/../lib/tap.sh"
to="$tmp/a root"
unset MAKEFLAGS MFLAGS SANITIZE

check 'make install' make install DESTDIR="$to"
check 'the program runs' sh -c "'$to/usr/sbin/mailward' --version | grep -q '^mailward '"
for file in etc/mailward/mailward.conf usr/share/mailward/postfix/main.cf usr/lib/systemd/system/mailward.service \
	usr/lib/systemd/system/mailward-notify.service usr/share/mailward/notify/lib.sh \
	usr/lib/systemd/system/mailward-report.service usr/lib/systemd/system/mailward-report.timer \
	usr/lib/systemd/system/mailward-metrics.service usr/lib/systemd/system/mailward-textfile.timer \
	usr/share/mailward/grafana/mailward.json usr/share/mailward/prometheus/mailward.rules.yml \
	usr/lib/sysusers.d/mailward.conf usr/lib/tmpfiles.d/mailward.conf \
	$(cd etc/man && ls *.8 | sed 's,^,usr/share/man/man8/,'; ls *.5 | sed 's,^,usr/share/man/man5/,') \
	usr/share/bash-completion/completions/mailward usr/share/zsh/vendor-completions/_mailward usr/share/fish/vendor_completions.d/mailward.fish; do
	check "/$file can be read by all" sh -c "[ \"\$(stat -c %a '$to/$file')\" = 644 ]"
done
for pattern in patterns/*.pat; do
	check "/usr/share/mailward/$pattern is the one here" cmp "$pattern" "$to/usr/share/mailward/$pattern"
done
for module in share/import/*.py; do
	check "/usr/share/mailward/import/${module##*/} is the one here" cmp "$module" "$to/usr/share/mailward/import/${module##*/}"
done
for program in mail webhook abuseipdb blocklist-de; do
	check "notify/$program can be run" sh -c "'$to/usr/share/mailward/notify/$program' --help 2>&1 </dev/null | grep -q '^usage: $program'"
done
check 'postfix-setup can be run, and finds its settings' sh -c "'$to/usr/share/mailward/postfix/postfix-setup' --help >/dev/null"

echo '; mine' >>"$to/etc/mailward/mailward.conf"
check 'make install over it' make install DESTDIR="$to"
check "the postmaster's configuration is kept" grep -qx '; mine' "$to/etc/mailward/mailward.conf"
# what "systemctl enable" makes, and postfix-setup
mkdir -p "$to/etc/systemd/system/multi-user.target.wants" "$to/etc/systemd/system/timers.target.wants" "$to/etc/postfix"
ln -s /usr/lib/systemd/system/mailward.service "$to/etc/systemd/system/multi-user.target.wants/mailward.service"
ln -s /usr/lib/systemd/system/mailward-report.timer "$to/etc/systemd/system/timers.target.wants/mailward-report.timer"
touch "$to/etc/postfix/main.cf.before-mailward"
check 'make uninstall' make uninstall DESTDIR="$to"
make uninstall DESTDIR="$to" >"$tmp/out" 2>&1
check 'it says how Postfix gets its own settings back' grep -q 'sudo /etc/postfix/main.cf.before-mailward' "$tmp/out"
rm "$to/etc/postfix/main.cf.before-mailward"
check 'no folder is left that it made for a shell' sh -c "! find '$to/usr/share' -name '*completions' 2>/dev/null | grep ."
check 'the configuration is all that is left' sh -c "[ \"\$(cd '$to' && find . ! -type d)\" = ./etc/mailward/mailward.conf ]"

tap_done
