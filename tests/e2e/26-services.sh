#!/bin/sh
# 26-services - [service NAME]: one service's errors are counted by themselves, by its limits; all others share one count
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" != 0 ] || chown nobody "$tmp"	# whom a daemon that root starts becomes

# conf JUDGE TEXT - a config with these lines besides
conf() { printf '[policy]\njudge = %s\nnetwork_limit = 0\nnetwork_sum = 0\n%s\n' "$1" "$2" | usual_conf >"$tmp/conf"; }
second=0
stamp() { date -u -d "@$((1763805600 + second))" +%Y-%m-%dT%H:%M:%S+00:00; }
relay() { second=$((second + 10)); echo "$(stamp) mx postfix/smtpd[$second]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>"; }
login() { second=$((second + 10)); echo "$(stamp) mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<u$second@example.com>, method=PLAIN, rip=$1, lip=192.0.2.200, TLS, session=<s$second>"; }
repeat() { n=$1; shift; while [ "$n" -gt 0 ]; do "$@"; n=$((n - 1)); done; }
# bans: what scan would ban, "address seconds rule"
bans() { "$MAILWARD" scan --json -c "$tmp/conf" "$tmp/log" 2>"$tmp/err" | sed -n 's/^{"event":"ban".*"address":"\([^"]*\)","seconds":\([0-9]*\),"errors":\([0-9]*\),"rule":"\([^"]*\)".*/\1 \2 \3 \4/p'; }

{
	repeat 5 login 192.0.2.1		# below dovecot's limit, with others below theirs
	repeat 5 relay 192.0.2.1
	repeat 10 login 192.0.2.2	# at dovecot's
	repeat 6 relay 192.0.2.3		# at that of all others
	repeat 3 login 192.0.2.4; repeat 3 relay 192.0.2.4; repeat 3 login 192.0.2.4; repeat 2 relay 192.0.2.4
} >"$tmp/log"
limits='[service dovecot]
window = 1h
hard_error_limit = 10
long_limit = 60
ban_time = 30m
sure_ban_time = 30m'
for judge in window memory; do
	conf $judge ''
	same "judge = $judge: without a section all errors of an address count together" '192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4' \
		"$(bans | sed 's/ .*//' | sort -u | xargs)"
	conf $judge "$limits"
	same "judge = $judge: with it, its own by its limits and for its time, the others without it" \
		"$(printf '192.0.2.2 1800 10 dovecot/auth-failed\n192.0.2.3 3600 6 postfix/relay-denied')" "$(bans)"
	conf $judge "$limits
[service postfix]
hard_error_limit = 2"
	same "judge = $judge: two services, each by itself" "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4" "$(bans | sed 's/ .*//' | sort -u | xargs)"
	bans | grep -q '^192\.0\.2\.3 3600 2 postfix/relay-denied$'
	result "judge = $judge: a hard limit below the soft one of [policy] is one" $?
done

# what a slow one does within the window that is its service's
second=100000
repeat 1 login 192.0.2.9 >"$tmp/log"
for n in 1 2 3 4 5 6 7 8 9; do second=$((second + 300)); login 192.0.2.9; done >>"$tmp/log"
conf window "$limits"
same 'ten within 50 minutes are ten within its window of an hour' '192.0.2.9 1800 10 dovecot/auth-failed' "$(bans)"
conf window ''
same 'and two within the ten minutes of [policy]' '' "$(bans)"

# the daemon says so
conf memory "$limits"
: >"$tmp/mail.log"
start daemon "$MAILWARD" run --dry-run -c "$tmp/conf"
answers() { "$MAILWARD" status -c "$tmp/conf"; }
has_read() { answers | grep -q "following, $1 lines"; }
check 'the daemon runs' wait_until answers
second=$(($(date +%s) - 1763805600 - 60))
{ repeat 2 relay 198.51.100.77; repeat 4 login 198.51.100.77; } >>"$tmp/mail.log"
check 'and has read six errors' wait_until has_read 6
"$MAILWARD" explain 198.51.100.77 -c "$tmp/conf" >"$tmp/out"
grep -qx 'errors     2 in the last 10m (delays from 3, a ban at 6)' "$tmp/out" &&
	grep -qx 'dovecot    4 in the last 1h by itself (delays from 3, a ban at 10); 4 in the last 7d (a ban at 60)' "$tmp/out"
result 'explain has a line for the service' $?
"$MAILWARD" explain 198.51.100.77 --json -c "$tmp/conf" | grep -q '"services":\[{"service":"dovecot","errors":4,"limit":10}\]'
result 'and as JSON' $?

conf window '[service dovcot]
window = 1h'
"$MAILWARD" check -c "$tmp/conf" >"$tmp/out" 2>"$tmp/err"
[ $? = 1 ] && grep -q 'conf:11: \[service dovcot\]: there is no service dovcot in the patterns' "$tmp/err" "$tmp/out"
result 'a service that is none is refused' $?
tap_done
