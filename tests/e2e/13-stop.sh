#!/bin/sh
# 13-stop - what becomes of bans and blocklists when the daemon ends: on_stop = keep or clear, the start after it, one before it;
# and when it is killed, which is no stop
#
# A network namespace of its own, no traffic: the operator bans, the kernel is asked.
. "$(dirname "$0")/../lib/tap.sh"
own_network

start_daemon() {
	start daemon "$MAILWARD" run -c "$tmp/conf"
	wait_until "$MAILWARD" list -c "$tmp/conf"
}

# the warden carries out what it was sent, then lets go of the table
warden_ended() { wait_until sh -c "! pgrep -n mailward-warden --ns $$ --nslist net"; }

stop() {
	end "$pid"
	status=$?
	warden_ended
	return $status
}

listed() { nft list table inet mailward 2>/dev/null | grep -c '198.51.100.77'; }

all_listed() { [ "$(listed)" = 1 ]; }

held() { nft list table inet mailward 2>/dev/null | grep -c 'comment "ban: '; }

all_held() { [ "$(held)" = 3 ]; }

echo 198.51.100.77 >"$tmp/list"
for on_stop in keep clear; do
	mkdir -p "$tmp/$on_stop"
	printf '[mailward]\nstate_dir = %s\nsocket = %s/control\non_stop = %s\n[source log]\nfile = %s/mail.log\n[blocklist own]\nfile = %s/list\n' \
		"$tmp/$on_stop" "$tmp" "$on_stop" "$tmp" "$tmp" >"$tmp/conf"
	start_daemon
	"$MAILWARD" ban -c "$tmp/conf" 198.51.100.9 --for 1h >/dev/null
	"$MAILWARD" ban -c "$tmp/conf" 203.0.112.0/22 --for 1h >/dev/null
	"$MAILWARD" ban -c "$tmp/conf" 2001:db8:1::/48 --for 1h >/dev/null
	wait_until all_held
	same "$on_stop: three bans are in the kernel" 3 "$(held)"
	same "$on_stop: a second daemon sees the first, and does not try for its table" \
		"mailward: error: another mailward is running: it answers on $tmp/control" "$("$MAILWARD" run -c "$tmp/conf" 2>&1 >/dev/null)"
	same "$on_stop: which stands" 3 "$(held)"
	check "$on_stop: SIGTERM ends the daemon cleanly" stop
	[ $on_stop = keep ] && wanted=3 || wanted=0
	same "$on_stop: and leaves $wanted of them" $wanted "$(held)"
	same "$on_stop: and likewise of the blocklist" $((wanted / 3)) "$(listed)"
	start_daemon
	wait_until all_held
	same "$on_stop: the next start puts all three back" 3 "$(held)"
	check "$on_stop: and the blocklist" wait_until all_listed
	kill -KILL "$pid"
	check "$on_stop: killed" warden_ended
	same "$on_stop: all three stay" 3 "$(held)"
	same "$on_stop: and the blocklist" 1 "$(listed)"
	start_daemon
	check "$on_stop: which the next goes on with" wait_until all_held
	"$MAILWARD" unban -c "$tmp/conf" --all >/dev/null
	stop
	nft delete table inet mailward 2>/dev/null
done
tap_done
