#!/bin/sh
# 25-allow - allow, unallow and ban --permanent: who is allowed at runtime is let through by both sides, over restarts, until it ends
#
#	outside (192.0.2.2, .3, 2001:db8::2) ──veth── guarded (192.0.2.1, a daemon, port 25 open)
. "$(dirname "$0")/../lib/tap.sh"
own_network

mkdir "$tmp/state"
write_conf() {
	usual_conf >"$tmp/conf" <<-END
		[policy]
		ban_time = $1
		ban_time_max = $2
		[allow]
		addresses = 203.0.113.200
		[blocklist local]
		file = $tmp/list
	END
}
write_conf 1h 30d
: >"$tmp/mail.log"
echo 198.51.100.0/24 >"$tmp/list"

ask() {
	timeout "$PATIENCE_S" "$MAILWARD" "$@" -c "$tmp/conf" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
says() { [ "$status" = "$1" ] && [ "$(cat "$tmp/out")" = "$2" ] && [ "$(cat "$tmp/err")" = "$3" ]; }
answers() { "$MAILWARD" status -c "$tmp/conf"; }
dropped() { nft list table inet mailward | holds "$1"; }
in_set() { nft list set inet mailward "$1" | tr '{},' '\n\n\n' | sed 's/[[:space:]]//g' | grep -qx "$2"; }
listed() { nft list table inet mailward | grep -A5 'set block4_24' | grep -q '198\.51\.100\.0'; }
warden() { pgrep -n mailward-warden --ns $$ --nslist net; }
gone() { ! warden >/dev/null; }
start_daemon() {
	start daemon "$MAILWARD" run -c "$tmp/conf"
	daemon=$pid
	wait_until answers
}
# errors ADDRESS: twelve errors of it
lines=0
errors() {
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		lines=$((lines + 1))
		echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx postfix/smtpd[$lines]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>"
	done >>"$tmp/mail.log"
}
uncounted() { "$MAILWARD" status --json -c "$tmp/conf" | grep -q "\"allowed\":$1,"; }

start_daemon
errors 203.0.113.7
errors 2001:db8::7
check 'an attacker is banned' wait_until dropped 203.0.113.7
check 'the delays before it are in the log, too' grep -q 'delayed 203\.0\.113\.7 for 10s: 3 errors, last postfix/relay-denied' "$tmp/daemon.err"
check 'another, with his /64' wait_until dropped 2001:db8::
ask ban 203.0.113.0/24 --permanent --reason 'a bad neighbourhood'
ask allow 203.0.113.7 2001:db8::8 --for 1d --reason 'a customer'
says 0 "$(printf '%s\n' '203.0.113.7 is allowed for 1d: not counted, not dropped' '203.0.113.7 is released' '203.0.113.0/24 stays banned, but for it' \
	'2001:db8::8 is allowed for 1d: not counted, not dropped' '2001:db8::/64 is released, which 2001:db8::8 is in')" ''
result 'two are allowed for a day, and it is said what of theirs ended, and what goes on' $?
check 'when that was answered, the first is not dropped' not dropped '203\.0\.113\.7'
check 'his network is, which the operator banned' dropped '203\.0\.113\.0'
check 'nor the network that the second is in, which was banned for its errors' not dropped 2001:db8::
ask explain 203.0.113.7
grep -qx 'now        not dropped: 203.0.113.0/24 is banned by the operator, but for who is allowed in it' "$tmp/out" && ! grep -q '^undo' "$tmp/out"
result 'explain: he is not dropped, though his network is' $?
same 'in JSON, too' '"allowed":true "state":"free" "network":"203.0.113.0/24"' \
	"$("$MAILWARD" explain 203.0.113.7 --json -c "$tmp/conf" | grep -o '"\(allowed\|state\|network\)":[^,]*' | xargs -d '\n')"
ask explain 203.0.113.8
grep -qx 'now        banned with all of 203.0.113.0/24 until unban: by the operator: a bad neighbourhood' "$tmp/out"
result 'of his neighbour, that he is, and for how long' $?
same 'in JSON, too' '"state":"banned" "permanent":true' "$("$MAILWARD" explain 203.0.113.8 --json -c "$tmp/conf" | grep -o '"\(state\|permanent\)":[^,]*' | xargs -d '\n')"
check 'the kernel lets the first through before it looks at bans and blocklists' in_set allow4 203.0.113.7
check 'and the second' in_set allow6 2001:db8::8
errors 203.0.113.7
errors 2001:db8::8
errors 2001:db8::9
check 'their errors are not counted' wait_until uncounted 24
check 'a neighbour in the /64 is banned by himself' wait_until dropped 2001:db8::9
check 'the allowed are not' not dropped '203\.0\.113\.7'
ask ban 203.0.113.200
says 1 '' 'mailward: 203.0.113.200 is not banned: the allow-list protects it'
result 'nor can who is allowed be banned' $?
ask ban 203.0.113.0/25 --for 1h
says 0 '203.0.113.0/25 is banned for 1h; who is allowed in it is let through' ''
result 'his network can, but for him' $?
ask unban 203.0.113.0/25
says 0 "$(printf '203.0.113.0/25 is released\n203.0.113.0/24 is released, which 203.0.113.0/25 is in')" ''
result 'and be released' $?
ask ban 203.0.113.0/24 --permanent --reason 'a bad neighbourhood'
ask list
grep -q '^203\.0\.113\.7 *allow .* \(1d\|23h59m[0-9s]*\) *manual: a customer$' "$tmp/out"
result 'they are listed' $?
"$MAILWARD" list --json -c "$tmp/conf" | grep -q '^{"event":"allow","time":"[^"]*","address":"2001:db8::8","seconds":86[0-9]*,"reason":"a customer"}$'
result 'as JSON, too' $?
ask status
grep -qx 'allowed    2 addresses by the operator, see mailward list' "$tmp/out"
result 'status says that there are two' $?
ask explain 203.0.113.7
grep -q '^allowed    for another \(1d\|23h59m[0-9s]*\) by the operator: a customer; never counted, never dropped$' "$tmp/out"
result 'explain says who allowed it, and until when' $?
same 'Tab offers them to unallow' "$(printf '2001:db8::8\tis allowed now\n203.0.113.7\tis allowed now')" \
	"$("$MAILWARD" completion -- unallow -c "$tmp/conf" '' | sort)"

# over a restart and a kill, a reload, and what others do to the table
kill -KILL "$daemon"
check 'the daemon is killed' wait_until gone
start_daemon
check 'after that the kernel still lets them through' wait_until in_set allow4 203.0.113.7
ask list
check 'and lists them' grep -q '^2001:db8::8 *allow' "$tmp/out"
errors 203.0.113.7
check 'and counts nothing of them' wait_until uncounted 36
check 'and his network stays banned' dropped '203\.0\.113\.0'
ask reload
check 'a reload leaves them allowed' in_set allow4 203.0.113.7
check 'and banned' dropped '203\.0\.113\.0'
errors 203.0.113.7
check 'on the side that judges, too' wait_until uncounted 48

# blocklists
check 'a blocklist is in the kernel' wait_until listed
ask allow 198.51.100.9
says 0 '198.51.100.9 is allowed until unallow: not counted, not dropped' ''
result 'an address in it is allowed, until further notice' $?
check 'and let through' in_set allow4 198.51.100.9
ask unallow 198.51.100.9 203.0.113.7
says 0 "$(printf '198.51.100.9 is no longer allowed\n203.0.113.7 is no longer allowed')" ''
result 'both are no longer' $?
check 'in the kernel, either' not in_set allow4 198.51.100.9
check 'whose blocklist is whole' wait_until listed
check 'whose network is banned for all of it again' dropped '203\.0\.113\.0'
ask unban 203.0.113.0/24
errors 203.0.113.7
check 'who errs now is banned' wait_until dropped 203.0.113.7
ask unallow 203.0.113.7 203.0.113.200
says 1 '' "$(printf 'mailward: 203.0.113.7 is not allowed\nmailward: 203.0.113.200 is allowed by the config or as this machine'"'"'s own, or with its network')"
result 'what is not allowed so, cannot be unallowed' $?
ask allow 192.0.2.0/24 2001:db8::/48
[ "$status" = 1 ] && [ "$(grep -c 'is not allowed: it is wider than an address or an IPv6 /64; in the config, under \[allow\], it may be any network' "$tmp/err")" = 2 ]
result 'a network is refused, and where it may stand' $?

# an end
ask allow 192.0.2.9 --for 2s
check 'for two seconds' in_set allow4 192.0.2.9
check 'then it is over' wait_until not in_set allow4 192.0.2.9
check 'which is logged' wait_until grep -q '192\.0\.2\.9 is no longer allowed: its time is over' "$tmp/daemon.err"
ask list
check 'and no longer listed' not grep -q '192\.0\.2\.9' "$tmp/out"

# as many as the warden takes
i=0
while [ $i -lt 300 ]; do echo "10.9.$((i / 250)).$((i % 250))"; i=$((i + 1)); done | xargs "$MAILWARD" allow -c "$tmp/conf" >/dev/null 2>"$tmp/err"
check 'more than 256 are refused' grep -q 'is not allowed: \(there are as many\|too many within\)' "$tmp/err"
stand() { nft list set inet mailward allow4 | grep -o '10\.9\.[0-9.]*\(-10\.9\.[0-9.]*\)\?' >"$tmp/stand"; [ "$(python3 -c '
import ipaddress, sys
print(sum(int(ipaddress.ip_address(p[-1])) - int(ipaddress.ip_address(p[0])) + 1 for p in (l.strip().split("-") for l in open(sys.argv[1]))))' "$tmp/stand")" = "$1" ]; }
"$MAILWARD" list --json -c "$tmp/conf" | grep -c '"event":"allow".*"10\.9\.' >"$tmp/count"
check 'what is listed is what stands' wait_until stand "$(cat "$tmp/count")"
kill -TERM "$daemon"
check 'the daemon stops' wait_until gone
start_daemon
check 'and all of them stand again' wait_until stand "$(cat "$tmp/count")"
kill -TERM "$daemon"
wait_until gone
rm -f "$tmp/state"/*

# permanent bans, renewed before ban_time_max is over
write_conf 2s 4s
start_daemon
"$MAILWARD" events -c "$tmp/conf" >"$tmp/events" 2>/dev/null &
follower=$!
"$MAILWARD" events --json -c "$tmp/conf" >"$tmp/events.json" 2>/dev/null &
follower_json=$!
followed() { [ "$(grep -c "$tmp/control" /proc/net/unix)" -ge 3 ]; }
check 'two follow the events' wait_until followed
ask ban 192.0.2.77 192.0.2.78 --permanent --reason 'a bad one'
says 0 "$(printf '192.0.2.77 is banned until unban\n192.0.2.78 is banned until unban')" ''
result 'two are banned until unban' $?
ask list
check 'which is listed' grep -q '^192\.0\.2\.77 *ban .* always *manual: a bad one$' "$tmp/out"
since() { "$MAILWARD" list --json -c "$tmp/conf" | sed -n 's/^{"event":"ban","time":"\([^"]*\)","address":"192\.0\.2\.77".*/\1/p'; }
began=$(since)
ask explain 192.0.2.77
check 'and explained' grep -qx 'now        banned until unban: by the operator: a bad one' "$tmp/out"
check 'the event says it' wait_until grep -q '  banned 192\.0\.2\.77 until unban  (manual: a bad one)$' "$tmp/events"
check 'in JSON, too' wait_until grep -q '"address":"192\.0\.2\.77",.*"permanent":true,"reason":"a bad one"' "$tmp/events.json"
ask status
check 'status counts it' grep -qx 'running    [0-9]* bans, 0 delays; 2 until unban' "$tmp/out"
same 'and top' true "$("$MAILWARD" top --json -c "$tmp/conf" | sed -n 's/.*"kind":"ban","address":"192\.0\.2\.77".*"permanent":\([a-z]*\).*/\1/p')"
told() { nft list set inet mailward ban4 | tr '{},' '\n\n\n' | sed -En 's/^[[:space:]]*192\.0\.2\.77 (counter packets [0-9]+ bytes [0-9]+ )?timeout ([0-9a-z]*) .*/\2/p'; }
told_4s() { told | grep -qx '4s\|3s[0-9]*ms'; } # a renewal that came late on a busy machine tells what is left of its four seconds
check 'the kernel is told no longer than ban_time_max' wait_until told_4s
ask ban 192.0.2.79 --for 4s
check 'a ban of ban_time_max that began after it ends' wait_until not dropped '192\.0\.2\.79'
check 'while it stands' dropped '192\.0\.2\.77'
ask ban 192.0.2.79 --for 4s
check 'and another' wait_until not dropped '192\.0\.2\.79'
check 'it stands still' dropped '192\.0\.2\.77'
same 'since it was given' "$began" "$(since)"
same 'and that it was renewed is no event' 1 "$(grep -c '192\.0\.2\.77' "$tmp/events")"
kill "$follower" "$follower_json"
kill -KILL "$daemon"
wait_until gone
wait_until not dropped '192\.0\.2\.77'
result 'with no daemon the kernel lets go of it' $?
start_daemon
check 'which bans it again' wait_until dropped '192\.0\.2\.77'
ask unban 192.0.2.77
check 'unban ends it' not dropped '192\.0\.2\.77'
ask allow 192.0.2.78
check 'so does allow' not dropped '192\.0\.2\.78'
ask list
check 'and it is listed no longer as a ban' not grep -q '^192\.0\.2\.78 *ban' "$tmp/out"
ask ban 192.0.2.80 --permanent --for 1h
[ "$status" = 2 ]
result '--for and --permanent exclude each other' $?
tap_done
