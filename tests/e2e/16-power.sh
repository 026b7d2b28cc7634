#!/bin/bash
# 16-power - what the two processes of a real daemon can still do, that they can do their work with it, and how they end
#
#   engine (no capability)  ══ wire ══  warden (CAP_NET_ADMIN)   both: no_new_privs, seccomp, Landlock, not root
#
# In a network namespace of its own. Killed, stopped and continued are only these two.
. "$(dirname "$0")/../lib/tap.sh"
own_network

mkdir "$tmp/log" "$tmp/patterns" "$tmp/state" "$tmp/etc"
cp "$root"/patterns/*.pat "$tmp/patterns"
log=$tmp/log/mail.log
touch "$log"
chgrp adm "$tmp/log" "$log" && chmod 750 "$tmp/log" && chmod 640 "$log"	# as Debian has it
cat >"$tmp/etc/mailward.conf" <<-END
	[mailward]
	patterns  = $tmp/patterns
	state_dir = $tmp/state
	socket    = $tmp/run/control
	strict    = yes
	[source maillog]
	file      = $log
	[policy]
	judge = window
	network_limit = 0
END

ask() { timeout "$PATIENCE_S" "$MAILWARD" "$1" -c "$tmp/etc/mailward.conf" "${@:2}"; }
errors() {
	local i
	for ((i = 0; i < $2; i++)); do
		echo "$(date +%Y-%m-%dT%H:%M:%S.%6N%:z) mx postfix/smtpd[4711]: ${3:-NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>}"
	done >>"$log"
}
dropped() { nft list table inet mailward | grep -qE "(\{|,|^)[[:space:]]*${1//./\\.} "; }
banned() { ask list | grep -qE "^${1//./\\.} +ban " && dropped "$1"; }
run_daemon() {
	start daemon "$MAILWARD" run -c "$tmp/etc/mailward.conf"
	engine=$pid
	wait_until ask list || { cat "$tmp/daemon.err"; return 1; }
	warden=$(pgrep -P "$engine")
}
field_of() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }
has() { [ "$(field_of "$1" "$2")" = "$3" ] || { echo "$2 of $1 is $(field_of "$1" "$2"), not $3"; return 1; }; }
# machine code that no file holds: only PCRE2's JIT makes such
compiled() { awk '$2 ~ /x/ && $6 == "" { found = 1 } END { exit !found }' "/proc/$engine/maps"; }
reloads() { [ "$(grep -c 'reloaded: ' "$tmp/daemon.err")" -ge "$1" ]; }
stands() { [ "$(field_of "$1" State)" = T ]; }
gone() { [ ! -e "/proc/$1" ] || exited "$1"; }

check 'the daemon starts, and wants to be confined entirely (strict = yes)' run_daemon
for wing in engine warden; do
	process=${!wing}
	check "$wing: no new privileges" has "$process" NoNewPrivs 1
	check "$wing: a system call filter" has "$process" Seccomp 2
	check "$wing: no inheritable capability" has "$process" CapInh 0000000000000000
	check "$wing: no ambient capability" has "$process" CapAmb 0000000000000000
	check "$wing: nothing to get back" has "$process" CapBnd 0000000000000000
	check "$wing: not root" not has "$process" Uid 0
	check "$wing: not of its group" not has "$process" Gid 0
done
check 'engine: no capability at all' has "$engine" CapPrm 0000000000000000
check 'engine: none in effect' has "$engine" CapEff 0000000000000000
check 'warden: CAP_NET_ADMIN alone' has "$warden" CapPrm 0000000000001000
check 'warden: in effect' has "$warden" CapEff 0000000000001000
check 'engine: it may read what the group adm may' sh -c "grep -w Groups /proc/$engine/status | grep -qw $(getent group adm | cut -d: -f3)"

# what asserts something is PCRE2's to decide, and makes its machine code when it is first met
guesses() { errors "$1" 6 "warning: unknown[$1]: SASL LOGIN authentication failed: bad protocol / cancel, sasl_username=a"; }
guesses 192.0.2.1
check 'it bans' wait_until banned 192.0.2.1
check 'engine: by a pattern that is machine code' compiled
mv "$log" "$log.1"
errors 192.0.2.2 3
chgrp adm "$log" && chmod 640 "$log"
errors 192.0.2.2 3
check 'the log is rotated, and it bans' wait_until banned 192.0.2.2
cp "$log" "$log.2" && : >"$log"
errors 192.0.2.3 6
check 'the log is copied and cut short, and it bans' wait_until banned 192.0.2.3

cat >"$tmp/patterns/zz-new.pat" <<-END
	service new
	program postfix/smtpd
	rule thing
	    about   a rule that was not there at the start
	    weight  6
	    match   brand-new: <addr><end>
	    hit     192.0.2.7  brand-new: 192.0.2.7
END
check 'reload: a pattern file that was not there' ask reload
errors 192.0.2.4 1 'brand-new: 192.0.2.4'
check 'it matches, and bans' wait_until banned 192.0.2.4
guesses 192.0.2.15
check 'and bans by the patterns that it had' wait_until banned 192.0.2.15
check '... which are machine code again' compiled
check 'with the filter on' has "$engine" Seccomp 2
kill -HUP "$engine"
check 'reload by SIGHUP' wait_until reloads 2
mkdir "$tmp/elsewhere" && touch "$tmp/elsewhere/other.log"
printf '[source other]\nfile = %s/elsewhere/other.log\n' "$tmp" >>"$tmp/etc/mailward.conf"
ask reload >"$tmp/refused" 2>&1
check 'reload: a log that it may not read is refused' test $? -ne 0
check '... by the name of its folder' grep -q "may not read $tmp/elsewhere" "$tmp/refused"
sed -i '/^\[source other\]$/,$d' "$tmp/etc/mailward.conf"
check 'and changes nothing' ask status
errors 192.0.2.5 6
check 'it bans' wait_until banned 192.0.2.5

kill -KILL "$warden"
check 'kill -9 of the warden: the engine ends' wait_until gone "$engine"
wait "$engine"
check 'as a failure, so that the service manager starts both again' test $? -eq 1
check 'and leaves no socket' test ! -e "$tmp/run/control"
errors 192.0.2.6 6
check 'started again' run_daemon
check 'it bans whom it missed' wait_until banned 192.0.2.6
check 'and has forgotten nobody' banned 192.0.2.1
errors 192.0.2.7 3
# counted before the blow or read again after it: six in all
kill -KILL "$engine"
check 'kill -9 of the engine: the warden ends' wait_until gone "$warden"
check 'its bans stay in the kernel' dropped 192.0.2.1
errors 192.0.2.7 3
check 'started again' run_daemon
check 'three errors and three are six' wait_until banned 192.0.2.7
same 'nobody else is banned' "$(printf '192.0.2.%d\n' 1 15 2 3 4 5 6 7)" "$(ask list | awk '$2 == "ban" { print $1 }' | sort)"

# ---- the watchdog ----
kill "$engine"
check 'SIGTERM ends the engine' wait_until gone "$engine"
check 'and the warden' wait_until gone "$warden"
start notify python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777)
while True:
	print(s.recv(4096).decode(), flush=True)' "$tmp/notify"
wait_until test -S "$tmp/notify"
# heard - how many beats were sent before now: what we send arrives behind them
heard() {
	local mark=MARK=$(date +%s%N)
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[2].encode(), sys.argv[1])' "$tmp/notify" "$mark"
	wait_until grep -qx "$mark" "$tmp/notify.out" && grep -c WATCHDOG=1 "$tmp/notify.out"
}
beats() { [ "$(heard)" -gt "$1" ]; }
# periods COMMAND... - six times the watchdog's period goes by; after each the command succeeds
periods() {
	local i
	for ((i = 0; i < 6; i++)); do
		sleep 0.4
		"$@" || return
	done
}
export NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=400000
check 'started by a service manager with a watchdog' run_daemon
unset NOTIFY_SOCKET WATCHDOG_USEC
check 'it says that it is ready' wait_until grep -q READY=1 "$tmp/notify.out"
check 'and that it is alive' wait_until beats 3
check 'systemctl status has a line that says what it reads' wait_until grep -qx "STATUS=Reads $log" "$tmp/notify.out"
check 'status agrees' ask status
mv "$log" "$log.1"
install -m 600 /dev/null "$log"	# as "postfix logrotate" leaves it since 3.10
check 'the log is rotated, and closed to the daemon: that line says so' \
	wait_until grep -qx "STATUS=READS NOTHING: $log (Permission denied)" "$tmp/notify.out"
check 'status is red' not ask status
ask status >"$tmp/out"
check 'and says why' sh -c "grep -q '^reading  *NOTHING' '$tmp/out' && grep -qF 'source     $log: Permission denied' '$tmp/out'"
chmod 644 "$log"
check 'it is opened: all is well again' wait_until ask status
check 'and said to be' wait_until eval '[ "$(grep STATUS= "$tmp/notify.out" | tail -n 1)" = "STATUS=Reads $log" ]'
kill -STOP "$warden"
check 'a warden that stands still is missed' wait_until grep -q 'the process that drops does not answer' "$tmp/daemon.err"
before=$(heard)
check 'the engine goes on: its loop would have come to a beat' periods ask status
same 'but the service manager hears no more of it' "$before" "$(heard)"
kill -CONT "$warden"
check 'the warden goes on' wait_until grep -q 'the process that drops answers again' "$tmp/daemon.err"
check 'and so does the heartbeat' wait_until beats "$before"
kill -STOP "$engine"
before=$(heard)
check 'the engine stands still' periods stands "$engine"
same 'and is not heard' "$before" "$(heard)"
kill -CONT "$engine"
check 'until it goes on' wait_until beats "$before"
kill "$engine"
check 'it ends' wait_until gone "$engine"
check 'no sign of a forbidden system call' not grep -qi 'bad system call' "$tmp/daemon.err"

# ---- the unit ----
exposure() {
	systemd-analyze security --offline=yes --no-pager "$root/etc/systemd/mailward.service" |
		awk '/Overall exposure level/ { print; found = $(NF - 2) + 0 <= 1.5 } END { exit !found }'
}
if systemd-analyze security --help 2>/dev/null | grep -q -- --offline; then
	check "systemd-analyze security: at most 1.5 for the unit" exposure
else
	skip 'systemd-analyze security' 'this systemd-analyze has no --offline'
fi
tap_done
