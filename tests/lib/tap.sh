# tap - what the shell tests share: the Test Anything Protocol, waiting, processes; sourced by sh and bash, goes to the top folder
#
# $MAILWARD is the program under test. $tmp is the test's own folder. At the end the processes that start() began are
# killed, at_end is called if the test has such a function, and the folder goes (KEEP=1 keeps it).

set -u
self=$(cd "$(dirname "$0")" && pwd)/${0##*/}
root=${self%/*}
until [ -z "$root" ] || [ -e "$root/Makefile" ]; do root=${root%/*}; done
cd "$root/" || exit 1
MAILWARD=${MAILWARD:-build/mailward}
case $MAILWARD in /*) ;; *) MAILWARD=$root/$MAILWARD ;; esac
PATIENCE_S=${PATIENCE_S:-60}	# how long anything may take before it counts as never; passing tests do not wait
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mailward-test.XXXXXX") && chmod 755 "$tmp" || exit 1
count=0 failures=0 status=0 pids= vain=

tap_clean() {
	[ -z "$pids" ] || { kill -KILL $pids; wait $pids; } 2>/dev/null
	! command -v at_end >/dev/null || at_end
	[ "${KEEP:-}" ] && note "kept: $tmp" || rm -rf "$tmp"
}
trap tap_clean EXIT
trap 'exit 1' INT TERM

note() { printf '# %s\n' "$*"; }

# result TEXT STATUS - one test, passed if STATUS is 0; else what was seen is shown
result() {
	local name
	count=$((count + 1))
	[ "$2" != 0 ] || { echo "ok $count - $1"; return 0; }
	failures=$((failures + 1))
	echo "not ok $count - $1"
	note "status $status"
	for name in said out err daemon.err; do
		[ ! -s "$tmp/$name" ] || sed "s/^/# $name: /" "$tmp/$name"
	done
	return 1
}

# check TEXT COMMAND... - one test, passed if the command succeeds; no subshell: it may set variables
check() {
	local text="$1" code
	shift
	"$@" >"$tmp/said" 2>&1
	code=$?
	[ $code = 0 ] || echo "status $code: $*" >>"$tmp/said"
	result "$text" $code
	code=$?
	: >"$tmp/said"
	return $code
}

# same TEXT WANTED GOT - one test, passed if the two texts are equal, else their difference is shown
same() {
	printf '%s\n' "$2" >"$tmp/wanted"
	printf '%s\n' "$3" >"$tmp/got"
	check "$1" diff -u --label wanted --label got "$tmp/wanted" "$tmp/got"
}

# skip TEXT WHY - one test that cannot be done here
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

bail_out() {
	echo "Bail out! $*"
	exit 1
}

tap_done() {
	[ ! "$vain" ] || [ $failures != 0 ] || result "waited in vain for: $vain" 1
	echo "1..$count"
	[ $failures = 0 ]
}

# not COMMAND... - it says no, by status 1; whatever else it ends with is no answer
not() { "$@"; [ $? = 1 ]; }

# wait_until COMMAND... - try again and again, for PATIENCE_S at most
wait_until() {
	local end=$(($(date +%s) + PATIENCE_S))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $end ] || { note "waited $PATIENCE_S s in vain for: $*"; vain=$*; return 1; }
		sleep 0.1
	done
}

# mw ARGUMENT... - run mailward; its $status, $tmp/out and $tmp/err are kept
mw() {
	timeout "$PATIENCE_S" "$MAILWARD" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

# usual_conf [LINE...] - a config: these lines in [mailward] besides, mail.log as its source, sections of stdin; all in $tmp
usual_conf() {
	printf '[mailward]\npatterns = %s\nstate_dir = %s\nsocket = %s\n' "$root/patterns" "$tmp/state" "$tmp/control"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf '[source log]\nfile = %s\n' "$tmp/mail.log"
	cat
}

# start NAME COMMAND... - in the background, output added to NAME.out and NAME.err; its pid in $pid and in NAME.pid
start() {
	local name="$1"
	shift
	"$@" >>"$tmp/$name.out" 2>>"$tmp/$name.err" </dev/null &
	pid=$! pids="$pids $!"
	echo $pid >"$tmp/$name.pid"
}

# exited PID - gone, or a zombie: a child that has ended and was not waited for
exited() { [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null || echo Z)" = Z ]; }

# end PID [SIGNAL] - end a process that start() began and wait for it; its exit status is the result
end() {
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait_until exited "$1" || { kill -KILL "$1"; wait "$1"; return 124; }
	wait "$1"
}

# own_network - go on in a network namespace of the test's own, or skip all: the test's first command
own_network() {
	if [ "${OWN_NETWORK:-}" = "$self" ]; then
		ip link set lo up
		return
	fi
	[ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null || skip_all 'needs root and network namespaces'
	rm -rf "$tmp"
	OWN_NETWORK=$self exec unshare -n "$self"
}

# holds ADDRESS - does what nft lists hold it as an element that ends? A dot may be any byte; there may be a counter.
holds() { tr '{},' '\n\n\n' | grep -Eq "^[[:space:]]*$1 (counter packets [0-9]+ bytes [0-9]+ )?timeout"; }
