# lib_plain - what the tests in plain sh share: TAP, the program under test, waiting; sourced by sh
#
# From the top folder. $dir is the test's own folder, $daemon the process id of its daemon or nothing: both are gone
# at the end.

cd "$(dirname "$0")/../.." || exit 1
mailward=${MAILWARD:-$PWD/build/mailward}
dir=$(mktemp -d "${TMPDIR:-/tmp}/mailward-test.XXXXXX") || exit 1
daemon=
trap '[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null; rm -rf "$dir"' EXIT
count=0 failures=0 status=0

# result TEXT STATUS: one test, passed when STATUS is 0; else what was seen is shown
result() {
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $1"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $count - $1"
	for said in out err daemon.err; do
		[ ! -e "$dir/$said" ] || sed "s/^/# $said: /" "$dir/$said"
	done
	echo "# status: $status"
}

# is GOT WANTED TEXT: one test, passed when both are the same
is() {
	[ "$1" = "$2" ]
	result "$3" $?
	[ "$1" = "$2" ] || echo "# got '$1', wanted '$2'"
}

# mw ARGUMENT...: run it; its status, output and messages are kept
mw() {
	timeout 60 "$mailward" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
}

# wait_until COMMAND...: until it succeeds, or a minute is over
wait_until() {
	tries=600
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# own_network: go on in a network namespace of one's own, or skip all; the test's first command
own_network() {
	if [ "${OWN_NETWORK:-}" = 1 ]; then
		ip link set lo up
		return
	fi
	rmdir "$dir"
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null; then
		echo '1..0 # SKIP needs root and network namespaces'
		exit 0
	fi
	OWN_NETWORK=1 exec unshare -n "$PWD/tests/e2e/${0##*/}"
}

tap_done() {
	echo "1..$count"
	[ $failures = 0 ]
}
