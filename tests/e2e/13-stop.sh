#!/bin/sh
# 13-stop - what becomes of the bans when the daemon ends: on_stop = keep or clear, the start after it, and one before it
#
# A network namespace of its own, no traffic: the operator bans, the kernel is asked.
. "$(dirname "$0")/../lib/tap.sh"
own_network

start_daemon() {
	start daemon "$MAILWARD" run -c "$tmp/conf"
	wait_until "$MAILWARD" list -c "$tmp/conf"
}

stop() {
	end "$pid"
	status=$?
	# the warden carries out what it was sent, then lets go of the table
	wait_until sh -c "! pgrep -n mailward-warden --ns $$ --nslist net"
	return $status
}

held() { nft list table inet mailward 2>/dev/null | grep -c 'comment "ban: '; }

all_held() { [ "$(held)" = 3 ]; }

for on_stop in keep clear; do
	mkdir -p "$tmp/$on_stop"
	printf '[mailward]\nstate_dir = %s\nsocket = %s/control\non_stop = %s\n[source log]\nfile = %s/mail.log\n' \
		"$tmp/$on_stop" "$tmp" "$on_stop" "$tmp" >"$tmp/conf"
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
	start_daemon
	wait_until all_held
	same "$on_stop: the next start puts all three back" 3 "$(held)"
	"$MAILWARD" unban -c "$tmp/conf" --all >/dev/null
	stop
	nft delete table inet mailward 2>/dev/null
done
tap_done
