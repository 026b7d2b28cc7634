#!/bin/sh
# stop - what becomes of the bans when the daemon ends: on_stop = keep or clear, the start after it, and one before it
#
# A network namespace of its own, no traffic: the operator bans, the kernel is asked.
set -u
. "$(dirname "$0")/lib_plain.sh"
own_network
chmod 755 "$dir"

start() {
	"$mailward" run -c "$dir/conf" 2>>"$dir/log" &
	daemon=$!
	wait_until "$mailward" status -c "$dir/conf"
}

stop() {
	kill "$daemon"; wait "$daemon"; status=$?; daemon=
	# the warden carries out what it was sent, then lets go of the table
	wait_until sh -c "! pgrep -n mailward-warden --ns $$ --nslist net"
	return $status
}

held() { nft list table inet mailward 2>/dev/null | grep -c 'comment "ban: '; }

all_held() { [ "$(held)" = 3 ]; }

for on_stop in keep clear; do
	mkdir -p "$dir/$on_stop"
	printf '[mailward]\nstate_dir = %s\nsocket = %s/control\non_stop = %s\n[source log]\nfile = %s/mail.log\n' \
		"$dir/$on_stop" "$dir" "$on_stop" "$dir" >"$dir/conf"
	start
	"$mailward" ban -c "$dir/conf" 198.51.100.9 --for 1h >/dev/null
	"$mailward" ban -c "$dir/conf" 203.0.112.0/22 --for 1h >/dev/null
	"$mailward" ban -c "$dir/conf" 2001:db8:1::/48 --for 1h >/dev/null
	wait_until all_held
	is "$(held)" 3 "$on_stop: three bans are in the kernel"
	is "$("$mailward" run -c "$dir/conf" 2>&1 >/dev/null)" "mailward: error: another mailward is running: it answers on $dir/control" \
		"$on_stop: a second daemon sees the first, and does not try for its table"
	is "$(held)" 3 "$on_stop: which stands"
	stop; is $? 0 "$on_stop: SIGTERM ends the daemon cleanly"
	[ $on_stop = keep ] && wanted=3 || wanted=0
	is "$(held)" $wanted "$on_stop: and leaves $wanted of them"
	start
	wait_until all_held
	is "$(held)" 3 "$on_stop: the next start puts all three back"
	"$mailward" unban -c "$dir/conf" --all >/dev/null
	stop
	nft delete table inet mailward 2>/dev/null
done
[ $failures = 0 ] || sed 's/^/# /' "$dir/log"
tap_done
