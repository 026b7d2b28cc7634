#!/bin/sh
# runner - does tests/run count right, above all what went wrong? A runner that calls a broken test passed hides all others.
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
unset REPORTS
count=0 failures=0

# expect TEXT LAST-LINE STATUS: a program that runs the script on stdin ends like this under tests/run
expect() {
	count=$((count + 1))
	{ echo '#!/bin/sh'; cat; } >"$dir/program"
	chmod +x "$dir/program"
	TEST_TIMEOUT=${limit:-60} tests/run "$dir/program" >"$dir/out" 2>&1
	status=$?
	if [ "$(tail -n 1 "$dir/out")" = "$2" ] && [ $status = "$3" ]; then
		echo "ok $count - $1"
	else
		failures=$((failures + 1))
		echo "not ok $count - $1"
		echo "# wanted '$2', status $3; got status $status and:"
		sed 's/^/# /' "$dir/out"
	fi
}

expect 'passed tests' '2 passed, 0 failed, 0 skipped' 0 <<'END'
echo 'ok 1 - a'; echo 'ok 2 - b'; echo 1..2
END
expect 'a failed test' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..2; echo 'ok 1 - a'; echo 'not ok 2 - b'; exit 1
END
expect 'a failed test of a program that says all is well' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..2; echo 'ok 1 - a'; echo 'not ok 2 - b'
END
expect 'a death before the plan' '1 passed, 2 failed, 0 skipped' 1 <<'END'
echo 'ok 1 - a'; kill -9 $$
END
expect 'no plan' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 'ok 1 - a'
END
expect 'fewer tests than planned' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..2; echo 'ok 1 - a'
END
expect 'a status that no test explains' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..1; echo 'ok 1 - a'; exit 3
END
expect 'a test out of order' '2 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..2; echo 'ok 1 - a'; echo 'ok 3 - b'
END
expect 'a skipped test' '1 passed, 0 failed, 1 skipped' 0 <<'END'
echo 1..2; echo 'ok 1 - a'; echo 'ok 2 - b # SKIP not here'
END
expect 'nothing but skips is no success' '0 passed, 0 failed, 1 skipped' 1 <<'END'
echo '1..0 # SKIP no kernel'
END
expect 'an empty plan is no success' '0 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..0
END
expect 'a bail-out' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..1; echo 'ok 1 - a'; echo 'Bail out! no disk'
END
limit=1
expect 'a program that hangs' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 'ok 1 - a'; echo 1..1; exec sleep 600
END
limit=60
mkdir "$dir/reports"
export REPORTS="$dir/reports"
expect 'a sanitizer report of a child' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..1; echo 'ok 1 - a'; echo 'heap-use-after-free' >"$REPORTS/asan.1"
END

echo "1..$count"
[ "$failures" = 0 ]
