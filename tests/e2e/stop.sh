#!/bin/sh
# stop - what becomes of the bans when the daemon ends: on_stop = keep or clear, the start after it, and one before it
#
# A network namespace of its own, no traffic: the operator bans, the kernel is asked.
set -u
here=$(cd "$(dirname "$0")" && pwd)
MAILWARD=${MAILWARD:-$here/../../build/mailward}
export MAILWARD

if [ "${STOP_INSIDE:-}" != 1 ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null; then
		echo '1..0 # SKIP needs root and network namespaces'
		exit 0
	fi
	STOP_INSIDE=1 exec unshare -n "$0"
fi

dir=$(mktemp -d /tmp/mailward-stop-XXXXXX)
daemon=
trap '[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null; rm -rf "$dir"' EXIT
chmod 755 "$dir"
ip link set lo up
n=0 failed=0

is() { # GOT WANTED TEXT
	n=$((n + 1))
	if [ "$1" = "$2" ]; then echo "ok $n - $3"; else echo "not ok $n - $3"; echo "# got '$1', wanted '$2'"; failed=1; fi
}

start() {
	"$MAILWARD" run -c "$dir/conf" 2>>"$dir/log" &
	daemon=$!
	tries=600
	until "$MAILWARD" status -c "$dir/conf" >/dev/null 2>&1 || [ $tries = 0 ]; do sleep 0.1; tries=$((tries - 1)); done
}

stop() {
	kill "$daemon"; wait "$daemon"; status=$?; daemon=
	# the warden carries out what it was sent, then lets go of the table
	tries=600
	while pgrep -n mailward-warden --ns $$ --nslist net >/dev/null && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
	return $status
}

await_held() {
	tries=600
	while [ "$(held)" != "$1" ] && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
}

held() { nft list table inet mailward 2>/dev/null | grep -c 'comment "ban: '; }

for on_stop in keep clear; do
	mkdir -p "$dir/$on_stop"
	printf '[mailward]\nstate_dir = %s\nsocket = %s/control\non_stop = %s\n[source log]\nfile = %s/mail.log\n' \
		"$dir/$on_stop" "$dir" "$on_stop" "$dir" >"$dir/conf"
	start
	"$MAILWARD" ban -c "$dir/conf" 198.51.100.9 --for 1h >/dev/null
	"$MAILWARD" ban -c "$dir/conf" 203.0.112.0/22 --for 1h >/dev/null
	"$MAILWARD" ban -c "$dir/conf" 2001:db8:1::/48 --for 1h >/dev/null
	await_held 3
	is "$(held)" 3 "$on_stop: three bans are in the kernel"
	is "$("$MAILWARD" run -c "$dir/conf" 2>&1 >/dev/null)" "mailward: error: another mailward is running: it answers on $dir/control" \
		"$on_stop: a second daemon sees the first, and does not try for its table"
	is "$(held)" 3 "$on_stop: which stands"
	stop; is $? 0 "$on_stop: SIGTERM ends the daemon cleanly"
	[ $on_stop = keep ] && wanted=3 || wanted=0
	is "$(held)" $wanted "$on_stop: and leaves $wanted of them"
	start
	await_held 3
	is "$(held)" 3 "$on_stop: the next start puts all three back"
	"$MAILWARD" unban -c "$dir/conf" --all >/dev/null
	stop
	nft delete table inet mailward 2>/dev/null
done
[ $failed = 0 ] || sed 's/^/# /' "$dir/log"
echo "1..$n"
exit $failed
