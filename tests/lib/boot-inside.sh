#!/bin/sh
# boot-inside - the part of boot.sh that runs in the booted system, as a service; a reboot comes in the middle
# it installs, kills, flushes and reboots: in the container that boot.sh made, nowhere else
[ "$0" = /root/boot/inside ] && systemd-detect-virt --container --quiet || exit 1
cd /root/boot || exit 1
exec >>/root/boot/tap 2>&1
. ./tap.sh
cd /root/boot || exit 1
log=/var/log/mail.log

# messages ADDRESS COUNT [HELO] - so many unknown users
messages() {
	n=0
	while [ $n -lt "$2" ]; do
		n=$((n + 1))
		echo "NOQUEUE: reject: RCPT from unknown[$1]: 550 5.1.1 <a$n@example.com>: Recipient address rejected: User unknown in local recipient table; from=<x@example.org> to=<a$n@example.com> proto=ESMTP helo=<${3:-y}>"
	done
}
# errors ADDRESS COUNT - written to the file as rsyslog would
errors() { messages "$@" | sed "s/^/$(date +%Y-%m-%dT%H:%M:%S.%6N%:z) mx postfix\\/smtpd[4711]: /" >>$log; }
# smtpd ADDRESS COUNT [HELO] - written to the journal by a process of postfix@-.service that lives on
smtpd() { messages "$@" >/run/smtpd; }
# frame SLICE USER ADDRESS - six errors, written by the user's process somewhere in a slice; they are in the journal.
# logger lives until they are: journald does not learn the unit of a process that is gone when it looks
frame() {
	messages "$3" 6 >/run/frame
	rm -f /run/end && mkfifo /run/end || return
	systemd-run --quiet --wait --slice="$1" --uid="$2" sh -c 'cat /run/frame /run/end | logger -t postfix/smtpd -p mail.info --id=4711' &
	wait_until in_journal "$@"
	status=$?
	timeout "$PATIENCE_S" sh -c ': >/run/end' && wait $!
	return $status
}
in_journal() { journalctl -o cat "_SYSTEMD_SLICE=$1" "_UID=$(id -u "$2")" | grep -qF "$3"; }
saved_since() { [ "$(find /var/lib/mailward -newer "$1")" ]; }
# these three: 0 yes, 1 no, 2 nobody to ask
dropped() { nft list table inet mailward >table || return 2; grep -qE "(elements = \{|,|^)[[:space:]]*$1 " table; }
listed() { mailward list >list || return 2; grep -qE "^$1 +ban " list; }
counted() { mailward explain "$1" >explained || return 2; grep -qE '^errors +[1-9]' explained; }
seen() { mailward explain "$1" | grep -qE "^errors +$2 "; }
unknown() { not counted "$1" && not listed "$1"; }
remaining() { mailward list --json | sed -n "s/.*\"address\":\"$1\",\"seconds\":\([0-9]*\).*/\1/p"; }
# kill9 PID - first the service manager forgets the starts so far: it would take this many for a loop
kill9() { systemctl reset-failed mailward; kill -9 "$1"; }
pids() { pgrep '^mailward'; }
two() { [ "$(pids | wc -l)" = 2 ] && mailward status; }
main_pid() { systemctl show -P MainPID mailward; }
other_pid() { pids | grep -vx "$(main_pid)"; }

# what mailward-metrics.service serves
served() { perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new("127.0.0.1:9817") or exit 2; print $s "GET /metrics HTTP/1.0\r\n\r\n"; print <$s>' | grep -qx "$1"; }
user_of() { ps -o user= -p "$(systemctl show -P MainPID "$1")"; }
# as who is of the group and nothing else
member() { setpriv --reuid=64999 --regid=64999 --groups="$(getent group mailward | cut -d: -f3)" mailward "$@" >said 2>&1; }

if [ -e stage ]; then
	trap 'systemctl --no-block poweroff' EXIT
	count=$(sed -n 1p stage) failures=$(sed -n 2p stage)
	check 'after the reboot the service comes up by itself' wait_until two
	for address in 192.0.2.10 192.0.2.20 192.0.2.30 198.51.100.40; do
		check "after the reboot $address is banned still" listed $address
		check "and dropped" wait_until dropped $address
	done
	for address in 192.0.2.110 192.0.2.112; do
		check "and so is $address, banned by the journal" wait_until dropped $address
	done
	check 'nobody else is' sh -c '[ "$(mailward list | grep -c " ban ")" = 6 ]'
	rest=$(remaining 192.0.2.10)
	check "for the rest of its time: $rest of $(sed -n 3p stage) seconds" [ "$rest" -gt 3000 -a "$rest" -le "$(sed -n 3p stage)" ]
	check 'what the journal kept over the reboot does not count again' wait_until seen 192.0.2.120 5
	systemctl start postfix@-
	smtpd 192.0.2.120 1
	check 'and it is followed further' wait_until listed 192.0.2.120
	wait_until [ -e /var/lib/mailward/state.db ]
	rm -rf /var/lib/mailward
	check 'the state folder is deleted: systemd makes it, and starts mailward again' wait_until [ -e /var/lib/mailward/state.db ]
	check 'what was banned is so still' wait_until dropped 192.0.2.10
	check 'and known to be' wait_until listed 192.0.2.10
	mailward unban --all
	check 'unban --all empties the list' sh -c 'mailward list >list && ! grep -E " (ban|delay) " list'
	check 'and the kernel' not dropped 192.0.2.10
	tap_done
	exit 0
fi

# the addresses of this test are neighbours that try one name, and each ban is to be seen by itself
sed -i 's/^network_limit .*/network_limit = 0/; s/^judge .*/judge = window/' /etc/mailward/mailward.conf
sed -i 's,^; command .*,command = /usr/local/bin/note it,; s/^interval .*/interval = 1s/' /etc/mailward/mailward.conf
printf '#!/bin/sh\ncat >>"$STATE_DIRECTORY/got"\nid -nu >>"$STATE_DIRECTORY/who"\nmailward ban 192.0.2.99 >>"$STATE_DIRECTORY/said" 2>&1\n' >/usr/local/bin/note
chmod 755 /usr/local/bin/note
touch $log
check 'systemctl enable --now mailward, and the mail log is a leftover that nobody writes' systemctl enable --now mailward
check 'it is ready: both processes are there, the socket answers' two
check 'they are not root' sh -c '[ "$(ps -o user= -p "$(pgrep -d, ^mailward)" | sort -u)" = mailward ]'
check 'it reads the journal' sh -c 'mailward status | grep -q "^source  *journal"'
rm $log

check 'systemctl status says what it reads' sh -c 'systemctl show -P StatusText mailward | grep -qx "Reads journal"'
check 'check by root finds everything within reach' mailward check
chmod 600 /etc/mailward/mailward.conf
check 'check by root of a config that the service could not read' not mailward check
check 'says what would be right' sh -c 'mailward check 2>&1 | grep -q "chgrp mailward and chmod g+r would be right"'
chmod 644 /etc/mailward/mailward.conf
mkdir -m 700 /srv/shut && touch /srv/shut/list
cp /etc/mailward/mailward.conf good
printf '[blocklist shut]\nfile = /srv/shut/list\n' >>/etc/mailward/mailward.conf
check 'and of a list in a folder that is shut' sh -c 'mailward check 2>&1 | grep -q "may not enter the folder /srv/shut:"'
cp good /etc/mailward/mailward.conf

check 'postfix@-.service starts' systemctl start postfix@-
smtpd 192.0.2.110 6
check 'six errors in the journal are a ban' wait_until listed 192.0.2.110
check 'in the kernel' wait_until dropped 192.0.2.110
check 'scan without a file reads the journal, too' sh -c 'mailward scan | grep -q "would ban 192.0.2.110"'
check 'a service of another slice writes what looks like Postfix, as root' frame system.slice root 192.0.2.111
check "and a user's program in Postfix's own slice" frame system-postfix.slice nobody 192.0.2.113
smtpd 192.0.2.112 6 "$(printf '\302\205')"
check 'a message that journalctl would show as a blob counts like any other' wait_until dropped 192.0.2.112
check 'the one has framed nobody' unknown 192.0.2.111
check 'nor has the other' unknown 192.0.2.113
check 'who comes later in the journal has been counted' listed 192.0.2.112

smtpd 192.0.2.120 1
check 'one error in the journal is one' wait_until seen 192.0.2.120 1
touch -d '3 days ago' $log
printf '[source maillog]\nfile = %s\n' $log >/run/stale.conf
check 'check says when a log is a leftover' sh -c '! mailward check -c /run/stale.conf >/run/said 2>&1 && grep -q "nothing written to it for 3d.*journal = yes" /run/said'
check 'systemctl restart, with such a leftover' systemctl restart mailward
check 'one it is after it' wait_until seen 192.0.2.120 1
check 'and it still reads the journal' sh -c 'mailward status | grep -q "^source  *journal"'
rm $log
journalctl --rotate --vacuum-time=1s >/dev/null 2>&1
smtpd 192.0.2.120 1
check 'the journal is rotated and vacuumed: two' wait_until seen 192.0.2.120 2
mkdir -p /var/log/journal
systemd-tmpfiles --create --prefix /var/log/journal 2>/dev/null
journalctl --flush
touch /run/before
smtpd 192.0.2.120 1
check 'it moves from /run to /var: three' wait_until seen 192.0.2.120 3
wait_until saved_since /run/before	# what is younger is read again
kill9 "$(main_pid)"
smtpd 192.0.2.120 1
check 'kill -9, and one more while the daemon is down: four' wait_until seen 192.0.2.120 4

printf '[source maillog]\nfile = %s\n[source journal]\njournal = yes\n' $log >>/etc/mailward/mailward.conf
# not by a reload: a confined daemon may read what its config named when it started
check 'restarted with a file beside the journal, which is not there yet' systemctl restart mailward
check 'it waits for it' wait_until sh -c "mailward status | grep -q '^source  *$log: not there yet'"
touch $log; chgrp adm $log; chmod 640 $log
smtpd 192.0.2.120 1
check 'the journal goes on where it was: five' wait_until seen 192.0.2.120 5
errors 192.0.2.10 6
check 'six errors in the file are a ban' wait_until listed 192.0.2.10
check 'in the kernel' wait_until dropped 192.0.2.10

mv $log $log.1; touch $log; chgrp adm $log; chmod 640 $log
errors 192.0.2.20 6
check 'the log is rotated: the new one is read' wait_until dropped 192.0.2.20

errors 192.0.2.30 3
check 'three errors are three' wait_until seen 192.0.2.30 3
cp /etc/mailward/mailward.conf good
echo 'nonsense = 1' >>/etc/mailward/mailward.conf
check 'systemctl reload with a bad configuration fails' not systemctl reload mailward
check 'the journal says why' wait_until sh -c 'journalctl -u mailward --no-pager | grep -q "nonsense"'
check 'and that nothing has changed' wait_until sh -c 'journalctl -u mailward --no-pager | grep -q "not reloaded"'
check 'the service is active still' systemctl is-active mailward
check 'and changes nothing' two
cp good /etc/mailward/mailward.conf
check 'systemctl reload' systemctl reload mailward
check 'three errors are still three' wait_until seen 192.0.2.30 3
check 'systemctl restart' systemctl restart mailward
check 'and after it' wait_until seen 192.0.2.30 3
check 'the bans are there' listed 192.0.2.10

kill9 "$(main_pid)"
errors 192.0.2.30 3
check 'kill -9 of the engine: it comes back, and three and three are six' wait_until listed 192.0.2.30
check 'dropped' wait_until dropped 192.0.2.30
check 'the older bans are there' wait_until dropped 192.0.2.10

kill9 "$(other_pid)"
check 'kill -9 of the warden: both come back' wait_until two
errors 198.51.100.40 6
check 'and ban' wait_until dropped 198.51.100.40
check 'the older bans are there' wait_until dropped 192.0.2.10

check 'mailward-metrics.service starts' systemctl start mailward-metrics
check 'it serves the figures' wait_until served 'mailward_up 1'
check 'and that both processes are well' served 'mailward_firewall_up 1'
check 'as a user of its own' sh -c "case '$(user_of mailward-metrics)' in root | mailward | '') exit 1 ;; esac"
mkdir -p /var/lib/prometheus/node-exporter
check 'mailward-textfile.service starts' systemctl start mailward-textfile
check 'and has written the figures' grep -qx 'mailward_up 1' /var/lib/prometheus/node-exporter/mailward.prom
check 'mailward-notify.service starts' systemctl start mailward-notify
told() { grep -qF "\"address\":\"$1\"" /var/lib/private/mailward-notify/got; }
n=41	# what falls before it follows is nobody's to tell
notified() { n=$((n + 1)); errors "198.51.100.$n" 6; wait_until dropped "198.51.100.$n"; sleep 2; told "198.51.100.$n"; }
check 'the program is told of a ban' wait_until notified
check 'as a user of its own' sh -c "! grep -qxE 'root|mailward' /var/lib/private/mailward-notify/who"
check 'who may not ban' grep -qx "mailward: only root and the daemon's own user may ask that" /var/lib/private/mailward-notify/said
check 'members of the group may look' member status
check 'and may not unban' not member unban 192.0.2.10
check 'for they are told so' grep -q 'only root' said
check 'whoever is nobody may not even ask' sh -c '! setpriv --reuid=64999 --regid=64999 --clear-groups mailward status >/dev/null 2>&1'
while [ "$n" -gt 41 ]; do mailward unban "198.51.100.$n"; n=$((n - 1)); done >/dev/null
systemctl stop mailward-metrics mailward-notify

systemctl restart nftables
check 'the firewall is loaded anew: the bans are there' wait_until dropped 192.0.2.10
nft flush ruleset
check 'and after nft flush ruleset' wait_until dropped 192.0.2.10

[ $failures = 0 ] || journalctl -u mailward --no-pager | tail -n 20 | sed 's/^/# /'
rest=$(remaining 192.0.2.10)
systemctl stop mailward
check 'stopped: nothing runs' not pids
check 'the bans stay in the kernel' dropped 192.0.2.10

printf '%s\n%s\n%s\n' "$count" "$failures" "$rest" >stage
systemctl --no-block reboot
