#!/bin/sh
# boot-inside - the part of boot.sh that runs in the booted system, as a service; a reboot comes in the middle
set -u
# it installs, kills, flushes and reboots: in the container that boot.sh made, nowhere else
[ "$0" = /root/boot/inside ] && systemd-detect-virt --container --quiet || exit 1
cd /root/boot || exit 1
exec >>/root/boot/tap 2>&1
. ./tap.sh
log=/var/log/mail.log

# until COMMAND... - wait for it, a minute at most
wait_until() {
	tries=600
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "waited in vain for: $*"; journalctl -u mailward --no-pager | tail -n 5; return 1; }
		sleep 0.1
	done
}
# errors ADDRESS COUNT - so many unknown users, written as rsyslog would
errors() {
	n=0
	while [ $n -lt "$2" ]; do
		n=$((n + 1))
		echo "$(date +%Y-%m-%dT%H:%M:%S.%6N%:z) mx postfix/smtpd[4711]: NOQUEUE: reject: RCPT from unknown[$1]: 550 5.1.1 <a$n@example.com>: Recipient address rejected: User unknown in local recipient table; from=<x@example.org> to=<a$n@example.com> proto=ESMTP helo=<y>"
	done >>$log
}
dropped() { nft list table inet mailward | grep -qE "(elements = \{|,|^)[[:space:]]*$1 "; }
listed() { mailward list | grep -qE "^$1 +ban "; }
seen() { mailward explain "$1" | grep -qE "^errors +$2 "; }
pids() { pgrep '^mailward'; }
two() { [ "$(pids | wc -l)" = 2 ] && mailward status; }
main_pid() { systemctl show -P MainPID mailward; }
other_pid() { pids | grep -vx "$(main_pid)"; }

if [ -e stage ]; then
	count=$(sed -n 1p stage) failures=$(sed -n 2p stage)
	ok 'after the reboot the service comes up by itself' wait_until two
	for address in 192.0.2.10 192.0.2.20 192.0.2.30 192.0.2.40; do
		ok "after the reboot $address is banned still" listed $address
		ok "and dropped" wait_until dropped $address
	done
	ok 'nobody else is' sh -c '[ "$(mailward list | grep -c " ban ")" = 4 ]'
	mailward unban --all
	ok 'unban --all empties the list' sh -c '! mailward list | grep -E " (ban|delay) "'
	ok 'and the kernel' not dropped 192.0.2.10
	tap_done
	systemctl --no-block poweroff
	exit 0
fi

touch $log; chgrp adm $log; chmod 640 $log
ok 'systemctl enable --now mailward' systemctl enable --now mailward
ok 'it is ready: both processes are there, the socket answers' two
ok 'they are not root' sh -c '[ "$(ps -o user= -p "$(pgrep -d, ^mailward)" | sort -u)" = mailward ]'

errors 192.0.2.10 6
ok 'six errors are a ban' wait_until listed 192.0.2.10
ok 'in the kernel' wait_until dropped 192.0.2.10

mv $log $log.1; touch $log; chgrp adm $log; chmod 640 $log
errors 192.0.2.20 6
ok 'the log is rotated: the new one is read' wait_until dropped 192.0.2.20

errors 192.0.2.30 3
ok 'three errors are three' wait_until seen 192.0.2.30 3
cp /etc/mailward/mailward.conf good
echo 'nonsense = 1' >>/etc/mailward/mailward.conf
systemctl reload mailward
cp good /etc/mailward/mailward.conf
ok 'a bad configuration is refused' sh -c 'journalctl -u mailward --no-pager | grep -q "not reloaded"'
ok 'and changes nothing' two
ok 'systemctl reload' systemctl reload mailward
ok 'three errors are still three' wait_until seen 192.0.2.30 3
ok 'systemctl restart' systemctl restart mailward
ok 'and after it' wait_until seen 192.0.2.30 3
ok 'the bans are there' listed 192.0.2.10

sleep 2	# a checkpoint is due about every second; what is younger is read again from the log
kill -9 "$(main_pid)"
errors 192.0.2.30 3
ok 'kill -9 of the engine: it comes back, and three and three are six' wait_until listed 192.0.2.30
ok 'dropped' wait_until dropped 192.0.2.30
ok 'the older bans are there' wait_until dropped 192.0.2.10

kill -9 "$(other_pid)"
ok 'kill -9 of the warden: both come back' wait_until two
errors 192.0.2.40 6
ok 'and ban' wait_until dropped 192.0.2.40
ok 'the older bans are there' wait_until dropped 192.0.2.10

systemctl restart nftables
ok 'the firewall is loaded anew: the bans are there' wait_until dropped 192.0.2.10
nft flush ruleset
ok 'and after nft flush ruleset' wait_until dropped 192.0.2.10

systemctl stop mailward
ok 'stopped: nothing runs' not pids
ok 'the bans stay in the kernel' dropped 192.0.2.10

printf '%s\n%s\n' "$count" "$failures" >stage
systemctl --no-block reboot
