#!/bin/sh
# 10-commands - status, list, ban, unban, explain and reload against a running daemon: what they say, do and refuse
#
# The daemon is a dry run, so this needs no privilege; what the kernel does is tested elsewhere.
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" != 0 ] || chown nobody "$tmp"	# whom a daemon that root starts becomes

# ask COMMAND...: of the daemon; status, output and messages are kept
ask() { mw "$@" -c "$tmp/m.conf"; }

# says STATUS STDOUT STDERR: the last command ended so and said exactly this
says() {
	[ "$status" = "$1" ] && [ "$(cat "$tmp/out")" = "$2" ] && [ "$(cat "$tmp/err")" = "$3" ]
}

answers() { "$MAILWARD" status -c "$tmp/m.conf"; }
has_read() { answers | grep -q "following, $1 lines"; }

# errors ADDRESS N: so many errors of an address are written to the log, as Postfix would now
errors() {
	n=$2
	while [ "$n" -gt 0 ]; do
		n=$((n - 1)) lines=$((lines + 1))
		echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx postfix/smtpd[$lines]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>"
	done >>"$tmp/mail.log"
	wait_until has_read "$lines"
}

lines=0
printf '[allow]\naddresses = 203.0.113.0/24\n' | usual_conf >"$tmp/m.conf"
: >"$tmp/mail.log"
start daemon "$MAILWARD" run --dry-run --json -c "$tmp/m.conf"
daemon=$pid
wait_until answers
result 'the daemon answers' $?
[ "$(stat -c %a "$tmp/control")" = 600 ]
result 'on a socket for its user only' $?
timeout 60 "$MAILWARD" run --dry-run -c "$tmp/m.conf" >"$tmp/out" 2>"$tmp/err" </dev/null &
second=$!
wait_until grep -q control "$tmp/err"
result 'a second dry run says that it has no socket' $?
kill "$second"
wait "$second"
ask status
[ "$status" = 0 ] && grep -q '^mailward [0-9]' "$tmp/out" && grep -q 'dry run' "$tmp/out" && grep -q "$tmp/mail.log: following, 0 lines" "$tmp/out"
result 'status, and the first daemon keeps its socket' $?

if [ "$(id -u)" = 0 ]; then
	chmod 755 "$tmp"
	cp "$MAILWARD" "$tmp/mailward"
	timeout 60 setpriv --reuid 65533 --clear-groups "$tmp/mailward" status --check -c "$tmp/m.conf" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	says 3 'MAILWARD UNKNOWN - the daemon cannot be asked: Permission denied' \
		"mailward: cannot ask the daemon on $tmp/control: Permission denied (root or the daemon's own user may)"
	result 'status --check by whom the socket refuses: one line, and UNKNOWN' $?
else
	skip 'status --check by whom the socket refuses' 'needs root'
fi

ask list
says 0 'nobody would be banned' ''
result 'list of nobody' $?
ask list --json
says 0 '' ''
result 'list --json of nobody' $?

ask ban 198.51.100.77 --for 1h --reason 'called us'
says 0 '198.51.100.77 would be banned for 1h' ''
result 'ban' $?
ask status
grep -qx 'running    1 ban, 0 delays' "$tmp/out" && grep -qx 'so far     1 ban, 0 delays for 0 errors by 0 addresses' "$tmp/out"
result 'status counts as people do' $?
ask ban 2001:db8:77::/48 --for 30d
says 0 '2001:db8:77::/48 would be banned for 30d' ''
result 'ban of an IPv6 network' $?
grep -q 'called us' "$tmp/daemon.err"
result 'the reason is in the daemon'"'"'s log' $?
ask ban 198.51.100.78 --reason "$(printf 'x\n<3>forged \033[31m')"
[ "$status" = 0 ] && ! grep -q '^<3>' "$tmp/daemon.err" && ! grep -q "$(printf '\033')" "$tmp/daemon.err"
result 'a reason cannot forge a line of it' $?
ask ban 203.0.113.9
says 1 '' 'mailward: 203.0.113.9 is not banned: the allow-list protects it'
result 'an allowed address is not banned' $?
ask ban 0.0.0.0/0
[ "$status" = 1 ]
result 'nor all of IPv4' $?
ask ban 198.48.0.0/12
says 1 '' 'mailward: 198.48.0.0/12 is not banned: wider than IPv4 /16 or IPv6 /32'
result 'nor one that the firewall would refuse' $?
ask ban 198.51.100.79 --for 31d
says 1 '' 'mailward: no ban is longer than ban_time_max, which is 30d; --permanent renews one'
result 'nor anybody for longer than the config has it' $?

ask list
[ "$status" = 0 ] && [ "$(wc -l <"$tmp/out")" = 5 ] && [ "$(sed -n 1p "$tmp/out")" = 'this is a dry run, nobody is dropped; these would be:' ] &&
	sed -n 2p "$tmp/out" | grep -Eqx 'address +kind +since +for +why' &&
	grep -Eq '^198\.51\.100\.77 +ban +[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} +(1h|59m[0-9]+s|[45][0-9]m[0-9]*s?) +manual: called us$' "$tmp/out"
result 'list' $?
ask list --json
[ "$status" = 0 ] && [ "$(wc -l <"$tmp/out")" = 3 ] &&
	grep -Eq '^\{"event":"ban","time":"[0-9-]{10}T[0-9:]{8}Z","address":"2001:db8:77::/48","seconds":2[0-9]{6},"errors":0,"rule":"manual"\}$' "$tmp/out"
result 'list --json' $?

errors 198.51.100.80 6
result 'six errors are read' $?
grep -q '"event":"ban".*"address":"198.51.100.80","seconds":3600,"errors":6,"rule":"postfix/relay-denied"' "$tmp/daemon.out"
result 'the dry run prints the ban' $?
ask list
grep -Eq '^198\.51\.100\.80 +ban +[0-9-]+ [0-9:]+ +[0-9a-z]+ +6 errors, last postfix/relay-denied$' "$tmp/out"
result 'and lists it' $?
ask explain 198.51.100.80
[ "$status" = 0 ] && grep -q '^198.51.100.80$' "$tmp/out" && grep -q 'postfix/relay-denied' "$tmp/out"
result 'explain' $?
ask ban 198.51.100.0/25 --for 2h
ask explain 198.51.100.99
[ "$status" = 0 ] && grep -Eq '^now +would be banned with all of 198\.51\.100\.0/25 for another (2h|1h59m[0-9]*s?): by the operator$' "$tmp/out" && ! grep -q 'not dropped' "$tmp/out"
result 'explain names the ban of the network that an address is in' $?
ask explain 198.51.100.80
grep -Eq '^now +would be banned for another .* 6 errors' "$tmp/out" && grep -Eq '^now +would be banned with all of 198\.51\.100\.0/25' "$tmp/out" && grep -qx 'errors     none since the ban; those before it are what it is for' "$tmp/out"
result 'beside its own' $?
ask explain 198.51.100.99 --json
grep -q '"state":"banned","seconds":7[0-9]*,"rule":"manual","network":"198.51.100.0/25"' "$tmp/out"
result 'in JSON, too' $?
ask unban 198.51.100.99
says 0 '198.51.100.0/25 is released, which 198.51.100.99 is in' ''
result 'unban of an address releases the network that it is banned with, and says so' $?
ask ban 198.51.100.0/25 198.51.100.0/24 198.51.100.99
says 0 "$(printf '%s is banned for 1h\n' 198.51.100.0/25 198.51.100.0/24 198.51.100.99 | sed 's/is banned/would be banned/')" ''
result 'several are banned at once' $?
ask unban 198.51.100.99
says 0 "$(printf '198.51.100.99 is released\n198.51.100.0/25 is released, which 198.51.100.99 is in\n198.51.100.0/24 is released, which 198.51.100.99 is in\n')" ''
result 'unban releases an address and every network over it' $?
ask ban 2001:db8:5:6::/64 2001:db8:5::/48
ask unban 2001:db8:5:6::7
says 0 "$(printf '2001:db8:5:6::/64 is released, which 2001:db8:5:6::7 is in\n2001:db8:5::/48 is released, which 2001:db8:5:6::7 is in\n')" ''
result 'and the unit that it is counted under' $?
ask ban 198.51.100.0/25
ask unban 198.51.100.0/25
says 0 '198.51.100.0/25 is released' ''
result 'unban of a network' $?
ask ban 198.51.100.171 203.0.113.9 198.51.100.172
says 1 "$(printf '198.51.100.171 would be banned for 1h\n198.51.100.172 would be banned for 1h\n')" 'mailward: 203.0.113.9 is not banned: the allow-list protects it'
result 'of several, each is answered for; status 1 if one is refused' $?
ask unban 198.51.100.171 198.51.100.173 198.51.100.172
says 1 "$(printf '198.51.100.171 is released\n198.51.100.172 is released\n')" 'mailward: 198.51.100.173 is not banned'
result 'so with unban' $?
ask ban 198.51.100.171 198.51.100.171/24
[ "$status" = 2 ] && ! "$MAILWARD" list -c "$tmp/m.conf" | grep -q 198.51.100.17
result 'if one of several is wrong, nothing is done' $?
ask explain 198.51.100.99
grep -Eq '^now +not dropped$' "$tmp/out"
result 'until it is released' $?

ask unban 198.51.100.80
says 0 '198.51.100.80 is released' ''
result 'unban' $?
ask unban 198.51.100.80
says 1 '' 'mailward: 198.51.100.80 is not banned'
result 'unban of one who is not banned' $?

printf '[rules]\npostfix/relay-denied = 3\n' >>"$tmp/m.conf"
ask reload
[ "$status" = 0 ]
result 'reload' $?
lines=0		# counted anew from here
errors 198.51.100.81 2
grep -q '"event":"ban".*"address":"198.51.100.81","seconds":3600,"errors":6' "$tmp/daemon.out"
result 'the new weights count' $?
cp "$tmp/m.conf" "$tmp/good.conf"
printf 'window = 1\n[polcy]\n' >>"$tmp/m.conf"
kill -HUP "$daemon"
wait_until grep -q "did you mean \[policy\]" "$tmp/daemon.err"
result 'SIGHUP with a bad config says why' $?
timeout 60 "$MAILWARD" reload -c "$tmp/good.conf" >"$tmp/out" 2>"$tmp/err" </dev/null
status=$?
[ "$status" = 1 ] && [ ! -s "$tmp/out" ] && [ "$(sed -n 1p "$tmp/err")" = 'mailward: not reloaded, the old configuration stays in force' ] &&
	grep -qF "$tmp/m.conf:12: unknown section [polcy], did you mean [policy]?" "$tmp/err"
result 'so does reload, to the one who asked for it' $?
cp "$tmp/good.conf" "$tmp/m.conf"
ask list
[ "$status" = 0 ] && grep -q '^198.51.100.77 ' "$tmp/out" && grep -q '^198.51.100.81 ' "$tmp/out"
result 'and changes nothing' $?

ask unban --all
says 0 '4 released' ''
result 'unban --all' $?
ask list
says 0 'nobody would be banned' ''
result 'leaves nobody' $?

end "$daemon"
status=$?
[ "$status" = 0 ] && [ ! -e "$tmp/control" ]
result 'SIGTERM ends it: exit 0, and the socket is gone' $?
ask status
says 3 '' "mailward: no daemon answers on $tmp/control"
result 'then nobody answers' $?

tap_done
