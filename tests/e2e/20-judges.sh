#!/bin/sh
# 20-judges - judge_dry_run: scan, a dry run and a live daemon tell what the other judge would do; it drops nobody
#
# A mail program with an old password, at a home where the same account logs in: judge = window bans it, judge = memory
# knows that it belongs here. The live daemon needs root and a network namespace.
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" != 0 ] || chown nobody "$tmp"	# whom a daemon that root starts becomes

home=198.51.100.7 stranger=198.51.100.200

# at SECOND MESSAGE - a line of the last minute
began=$(($(date +%s) - 60))
at() { printf '%s mx %s\n' "$(date -d "@$((began + $1))" +%Y-%m-%dT%H:%M:%S%:z)" "$2"; }
failed() { at "$1" "dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<$3@example.com>, method=PLAIN, rip=$2, lip=192.0.2.25, TLS, session=<s$1$3>"; }
login() { at "$1" "dovecot: imap-login: Login: user=<$3@example.com>, method=PLAIN, rip=$2, lip=192.0.2.25, mpid=1, TLS, session=<l$1>"; }
relay() { at "$1" "postfix/smtpd[$1]: NOQUEUE: reject: RCPT from unknown[$2]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>"; }
day() {
	login 0 $home anna
	for second in 1 2 3 4 5 6; do failed $second $home anna; done
	for second in 11 12 13 14 15 16; do relay $second $stranger; done
}

# conf [LINE...] - the configuration, with these lines in [policy]
conf() {
	printf '%s\n' '[policy]' "$@" | usual_conf
}
answers() { "$MAILWARD" status -c "$tmp/m.conf"; }
read_all() { answers | grep -q 'following, 13 lines'; }

day >"$tmp/mail.log"

conf 'judge = window' >"$tmp/m.conf"
mw scan -c "$tmp/m.conf" "$tmp/mail.log"
cp "$tmp/out" "$tmp/alone"
conf 'judge = window' 'judge_dry_run = yes' >"$tmp/m.conf"
mw scan -c "$tmp/m.conf" "$tmp/mail.log"
[ "$(sed '/^$/q' "$tmp/out")" = "$(sed '/^$/q' "$tmp/alone")" ]
result 'scan: the verdicts are those of the judge in force, line by line' $?
grep -Eq '^Both judges .* window +memory$' "$tmp/out" && grep -Eq '^  bans +2 +1$' "$tmp/out" &&
	grep -Eq '^  who belongs here, and would have been dropped +1 +0$' "$tmp/out" &&
	grep -Eq '^  addresses and networks that it alone would ban +1 +0$' "$tmp/out"
result 'its summary holds both against each other' $?
grep -qx "  $home               by window alone: 1 ban, 1h1m10s in all; belongs here" "$tmp/out"
result 'and names who would be hurt by one of them alone' $?
! grep -q 'Both judges' "$tmp/alone"
result 'without the key nothing of it is there' $?

mw scan --json -c "$tmp/m.conf" "$tmp/mail.log"
grep -q '"event":"judge","judge":"window","in_force":true,"bans":2,' "$tmp/out" &&
	grep -q '"event":"judge","judge":"memory","in_force":false,"bans":1,' "$tmp/out" &&
	grep -q "\"event\":\"differs\",\"address\":\"$home\",\"only\":\"window\",\"bans\":1,\"seconds\":3670,\"belongs\":true}" "$tmp/out"
result 'scan --json: a line for each judge, and one for each address that differs' $?
[ "$(grep -c '"event":"ban"' "$tmp/out")" = 2 ]
result 'bans are those of the judge in force alone' $?

conf 'judge = memory' 'judge_dry_run = yes' >"$tmp/m.conf"
mkdir -p "$tmp/state" && { [ "$(id -u)" != 0 ] || chown nobody "$tmp/state"; }
start dry "$MAILWARD" run --dry-run --json -c "$tmp/m.conf"
dry=$pid
wait_until read_all
grep -F "\"address\":\"$home\"" "$tmp/dry.out" | grep -Eq '^\{"event":"beside","time":"[^"]*","judge":"window","verdict":"ban",'
result 'a dry run marks what the other judge would do' $?
! grep -F "\"address\":\"$home\"" "$tmp/dry.out" | grep -q '"event":"ban"'
result 'which is not what the one in force does' $?
"$MAILWARD" status -c "$tmp/m.conf" >"$tmp/out"
grep -qx 'running    1 ban, 0 delays' "$tmp/out" && grep -Eq '^beside     judge = window would have had 2 bans, .* for 12 errors; 2 bans and 0 delays now$' "$tmp/out" &&
	grep -Eq 'tries that both count, [0-9]+ got past judge = memory, [0-9]+ past judge = window$' "$tmp/out"
result 'status tells both sums' $?
"$MAILWARD" status --json -c "$tmp/m.conf" >"$tmp/out"
grep -Eq '^\{"event":"beside","judge":"window",.*"bans":2,.*"running_bans":2\}$' "$tmp/out"
result 'status --json does, too' $?
kill $dry
wait $dry

if [ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null; then
	rm -f "$tmp"/state/*
	start live unshare -n sh -c 'ip link set lo up && exec "$0" run -c "$1"' "$MAILWARD" "$tmp/m.conf"
	wait_until read_all
	wait_until grep -q "banned $stranger for 1h" "$tmp/live.err"
	grep -q "judge = window would ban $home for 1h: 6 errors, last dovecot/auth-failed" "$tmp/live.err"
	result 'a live daemon logs what the other judge would ban' $?
	nsenter -t $pid -n nft list table inet mailward >"$tmp/out"
	grep -q "$stranger" "$tmp/out" && ! grep -q "$home" "$tmp/out"
	result 'and bans what its own says alone' $?
else
	skip 'a live daemon logs what the other judge would ban, and bans what its own says alone' 'needs root and network namespaces'
fi
tap_done
