# tap - the shell tests' Test Anything Protocol, as tests/unit/tap.h is the C tests'; sourced by sh
#
# $dir is the test's own folder, gone at its end. What is in $dir/out when a test fails is shown.

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0 failures=0

# ok TEXT COMMAND... - one test: the command succeeds
ok() {
	text=$1; shift; count=$((count + 1))
	if "$@" >"$dir/why" 2>&1; then
		echo "ok $count - $text"
		return
	fi
	failures=$((failures + 1))
	echo "not ok $count - $text"
	for said in "$dir/why" "$dir/out"; do
		[ ! -e "$said" ] || sed 's/^/# /' "$said"
	done
}

not() { ! "$@"; }

# says REGEX - does $dir/out hold such a line?
says() { grep -qE -- "$1" "$dir/out"; }

# skip_all REASON - nothing can be tested here
skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

tap_done() {
	echo "1..$count"
	[ "$failures" = 0 ]
}
