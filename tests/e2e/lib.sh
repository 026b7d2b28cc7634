# lib - what the whole-system tests share: TAP, waiting, cleaning up; sourced by bash
#
# Each check prints one TAP line at once, so that the output reads as a transcript.
# tmp is the test's own folder, which its cleanup removes. Ends only what it started, by process id.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
root=$(cd "$here/../.." && pwd)
MAILWARD=${MAILWARD:-build/mailward}
case $MAILWARD in /*) ;; *) MAILWARD=$root/$MAILWARD ;; esac

PATIENCE_S=${PATIENCE_S:-60}	# how long anything may take before it counts as never; passing tests do not wait
tap_count=0 tap_failed=0
pids=()
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mailward-e2e.XXXXXX") && chmod 755 "$tmp" || exit 1

note() { printf '# %s\n' "$*"; }

# ok STATUS TEXT - one TAP line
ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
	return "$1"
}

# check TEXT COMMAND... - ok if the command succeeds; what it says becomes diagnostics. No subshell: it may set variables.
check() {
	local text=$1 status
	shift
	"$@" >"$tmp/said" 2>&1
	status=$?
	ok $status "$text" || { note "failed: $*"; sed 's/^/#   /' "$tmp/said"; }
	return $status
}

# same TEXT WANTED GOT - ok if the two texts are equal, else their difference is shown
same() {
	printf '%s\n' "$2" >"$tmp/wanted"
	printf '%s\n' "$3" >"$tmp/got"
	check "$1" diff -u --label wanted --label got "$tmp/wanted" "$tmp/got"
}

not() { ! "$@"; }

# wait_until COMMAND... - try again and again, for PATIENCE_S at most
wait_until() {
	local end=$((SECONDS + PATIENCE_S))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "waited ${PATIENCE_S} s in vain for: $*"; return 1; }
		sleep 0.1
	done
}

skip_all() {
	echo "1..0 # SKIP $*"
	printf '\n*** SKIPPED %s: %s ***\n\n' "${0##*/}" "$*" >&2
	exit 0
}

bail_out() {
	echo "Bail out! $*"
	exit 1
}

done_testing() {
	echo "1..$tap_count"
	[ $tap_failed -eq 0 ]
}

# start NAME COMMAND... - in the background, output added to NAME.out and NAME.err; its pid in $pid and in NAME.pid
start() {
	local name=$1
	shift
	"$@" >>"$tmp/$name.out" 2>>"$tmp/$name.err" </dev/null &
	pid=$!
	echo $pid >"$tmp/$name.pid"
	pids+=($pid)
}

# end PID [SIGNAL] - end a process that start() began and wait for it; its exit status is the result
end() {
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait_until exited "$1" || { kill -KILL "$1"; wait "$1"; return 124; }
	wait "$1"
}
# exited PID - gone, or a zombie: a child that has ended and was not waited for
exited() { [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }
