#!/bin/sh
# 21-answers - ban, unban and list say what the kernel does: when the warden refuses, when it is silent, when max_bans is reached
#
# A network namespace of its own, no traffic: the operator asks, the kernel is looked into.
. "$(dirname "$0")/../lib/tap.sh"
own_network

mkdir "$tmp/state"
configure() {
	usual_conf 'max_bans = 1000' >"$tmp/conf" <<-END
		[allow]
		addresses = $1
		[blocklist local]
		file = $tmp/list
	END
}
: >"$tmp/mail.log"
printf '# a list\n198.51.100.0/24\n' >"$tmp/list"
configure 192.0.2.200

ask() {
	timeout "$PATIENCE_S" "$MAILWARD" "$@" -c "$tmp/conf" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
# says STATUS STDOUT STDERR: the last command ended so and said exactly this
says() { [ "$status" = "$1" ] && [ "$(cat "$tmp/out")" = "$2" ] && [ "$(cat "$tmp/err")" = "$3" ]; }
answers() { "$MAILWARD" status -c "$tmp/conf"; }
dropped() { nft list table inet mailward | holds "$1"; }
start_daemon() {
	start daemon "$MAILWARD" run -c "$tmp/conf"
	daemon=$pid
	wait_until answers
}
warden() { pgrep -n mailward-warden --ns $$ --nslist net; }
gone() { ! warden >/dev/null; }

start_daemon
ask ban 203.0.113.7 203.0.113.0/24 2001:db8::/64
result 'three are banned' $status
check 'when that was answered, they stand in the kernel' eval 'dropped 203.0.113.7 && dropped 203.0.113.0 && dropped 2001:db8::'
ask unban 203.0.113.7
says 0 "$(printf '203.0.113.7 is released\n203.0.113.0/24 is released, which 203.0.113.7 is in')" ''
result 'an address is released with the network over it' $?
check 'when that was answered, neither stands' not dropped '203\.0\.113\.[07]'
ask unban 203.0.113.7
says 1 '' 'mailward: 203.0.113.7 is not banned'
result 'then it is not banned' $?
ask unban 198.51.100.9
says 1 '' "$(printf 'mailward: 198.51.100.9 is not banned\nblocklist local drops it when it connects: %s:2, 198.51.100.0/24; unban does not touch that' "$tmp/list")"
result 'an address in a blocklist: which one, and which line' $?
ask ban 198.51.100.9
ask unban 198.51.100.9
says 0 "$(printf '198.51.100.9 is released\nblocklist local drops it when it connects: %s:2, 198.51.100.0/24; unban does not touch that' "$tmp/list")" ''
result 'so if it was banned besides' $?


ask explain 198.51.100.9
[ "$status" = 0 ] && grep -q '^now        dropped when it connects: a blocklist that is in force holds it$' "$tmp/out" &&
	grep -qx "listed     blocklist local drops it: $tmp/list:2, 198.51.100.0/24" "$tmp/out"
result 'explain: what the kernel does, and which line says so' $?
ask ban 203.0.113.8 --reason 'spam, 3x'
ask explain 203.0.113.8
[ "$status" = 0 ] && grep -q '^now        banned for another .*: by the operator: spam, 3x$' "$tmp/out" &&
	grep -qx 'kernel     drops it, and has met no packet of it yet' "$tmp/out"
result 'explain: the kernel drops who is banned' $?
ask unban 203.0.113.8
ask explain 203.0.113.8
[ "$status" = 0 ] && grep -q '^now        not dropped$' "$tmp/out" && ! grep -q ^kernel "$tmp/out"
result 'and asks it anew each time' $?

# of a network
ask ban 203.0.113.8 203.0.113.9 198.51.100.0/25
ask ban 203.0.113.0/24 --permanent --reason 'a bad neighbourhood'
ask explain 203.0.113.0/24
[ "$status" = 0 ] && [ "$(head -n 1 "$tmp/out")" = '203.0.113.0/24, a network' ] &&
	grep -qx 'now        banned until unban: by the operator: a bad neighbourhood' "$tmp/out" && grep -q '^kernel     drops it' "$tmp/out" &&
	grep -q '^inside     2 banned, 0 delayed; 0 errors of 0 addresses in the last 10m$' "$tmp/out" &&
	grep -q '^           203\.0\.113\.8 banned for another .*: manual$' "$tmp/out"
result 'explain of a network: its own ban, and who in it is banned' $?
ask explain 203.0.113.0/25
grep -q '^now        banned with all of 203\.0\.113\.0/24 until unban: ' "$tmp/out"
result 'of a part of it: the ban around it' $?
ask explain 203.0.0.0/16
grep -qx 'now        not dropped as a whole' "$tmp/out" && grep -q '^inside     3 banned' "$tmp/out"
result 'of a wider one: what is in it' $?
ask explain 198.51.0.0/16
grep -qx "listed     blocklist local has 1 line about who is in it, the first $tmp/list:2, 198.51.100.0/24" "$tmp/out"
result 'and how much of it a blocklist holds' $?
ask explain 198.51.100.0/26
grep -qx "listed     blocklist local drops it: $tmp/list:2, 198.51.100.0/24" "$tmp/out"
result 'or that it holds all of it' $?
same 'in JSON, too' '"address":"203.0.113.0/24" "state":"banned" "permanent":true "banned":2' "$("$MAILWARD" explain 203.0.113.0/24 --json -c "$tmp/conf" |
	sed 's/"inside".*//' | grep -o '"\(address\|state\|permanent\|banned\)":[^,]*' | xargs -d '\n')"
ask forget 203.0.0.0/16
says 0 '203.0.0.0/16 is forgotten, with 3 addresses and networks in it' ''
result 'forget of a network forgets who is in it' $?
check 'none of them is dropped' not dropped '203\.0\.113'
check 'others are' dropped '198\.51\.100\.0'
ask list
check 'nor listed' not grep -q '^203\.0\.113' "$tmp/out"
ask forget 203.0.113.0/24
says 0 '203.0.113.0/24 is forgotten: nothing was known of anybody in it' ''
result 'nor is anything of them left' $?
ask unban 198.51.100.0/25

ask ban 203.0.113.8
kill -STOP "$(warden)"
ask explain 203.0.113.8
[ "$status" = 0 ] && grep -qx 'kernel     not known: the process that drops does not answer' "$tmp/out"
result 'a warden that does not answer: explain does not wait for it' $?
ask status
[ "$status" = 0 ] && grep -q '^running    2 bans' "$tmp/out" && grep -qx 'kernel     not known: the process that drops does not answer' "$tmp/out"
result 'nor does status' $?
ask ban 192.0.2.1
says 1 '' 'mailward: 192.0.2.1 is not banned yet: the process that drops does not answer'
result 'a warden that does not answer: the ban is not claimed' $?
ask list
grep -q '^the process that drops does not answer' "$tmp/out"
result 'and list says that it is not sure' $?
ask unban 2001:db8::7
[ "$status" = 1 ] && grep -q 'is still dropped: the process that drops does not answer' "$tmp/err"
result 'nor is a release claimed' $?
is_critical() { "$MAILWARD" status --check -c "$tmp/conf" | grep -q '^MAILWARD CRITICAL - the process that drops does not answer'; }
check 'and monitoring hears of it' wait_until is_critical
kill -CONT "$(warden)"
check 'when it goes on, the ban stands' wait_until dropped 192.0.2.1
check 'and the released is gone' wait_until not dropped 2001:db8::
ask list
[ "$status" = 0 ] && ! grep -q 'does not answer' "$tmp/out"
result 'and list is sure again' $?

# killed right after the answer
ask ban 192.0.2.77 --for 3h --reason "he said: \\stop"
kill -KILL "$daemon"
wait_until gone
nft delete table inet mailward 2>/dev/null
start_daemon
ask list
grep -q '^192\.0\.2\.77 *ban *[0-9-]* [0-9:]* *\(3h\|2h59m\)' "$tmp/out"
result 'a ban that was answered for outlives a kill -9' $?
grep -q '^192\.0\.2\.77 .* manual: he said: \\\\stop$' "$tmp/out"
result 'and so does what was said of it' $?
ask list --json
grep -qF '"rule":"manual","reason":"he said: \u005cstop"' "$tmp/out"
result 'in JSON, too' $?
check 'and stands' dropped 192.0.2.77
ask unban 192.0.2.77
kill -KILL "$daemon"
wait_until gone
start_daemon
ask unban 192.0.2.77
[ "$status" = 1 ]
result 'so does a release' $?

# as many as there can be, and more
i=0
while [ $i -lt 1100 ]; do
	echo "10.9.$((i / 250)).$((i % 250))"
	i=$((i + 1))
done >"$tmp/many"
xargs "$MAILWARD" ban -c "$tmp/conf" --for 1h <"$tmp/many" >/dev/null
"$MAILWARD" list -c "$tmp/conf" --json | sed 's/.*"address":"\([^"]*\)".*/\1/' | sort >"$tmp/listed"
nft list set inet mailward ban4 | tr '{},' '\n\n\n' | sed -n 's/^[[:space:]]*\([0-9.]*\) .*timeout.*/\1/p' | sort >"$tmp/stand"
same 'beyond max_bans: what the kernel drops is what is listed' '' "$(diff "$tmp/listed" "$tmp/stand")"
same 'and that is max_bans' 1000 "$(wc -l <"$tmp/stand")"
check 'which is said' grep -q 'max_bans is reached' "$tmp/daemon.err"
ask unban --all
[ "$status" = 0 ] && [ "$(cat "$tmp/out")" = '1000 released' ]
result 'all are released' $?
check 'when that was answered, nothing stands' not dropped '[0-9a-f:.]*'

# Five at once: where the kernel knows no owner of a table, each would take it from the one before.
kill -TERM "$daemon"
wait_until gone
for i in 1 2 3 4 5; do
	start "five$i" "$MAILWARD" run -c "$tmp/conf"
	eval "five$i=$pid"
done
wait_until answers
seen() { [ "$(cat "$tmp"/five?.err | grep -c 'another mailward is running: it answers on')" = 4 ]; }
check 'of five that are started at once, four see the first' wait_until seen
same 'and none of them got as far as the firewall' 0 "$(cat "$tmp"/five?.err | grep -c firewall)"
same 'one warden runs' 1 "$(pgrep -c mailward-warden --ns $$ --nslist net)"
ask ban 203.0.113.9
check 'what it lists is what the kernel drops' dropped 203.0.113.9
tap_done
