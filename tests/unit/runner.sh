#!/bin/sh
# runner - does tests/run count right, above all what went wrong? A runner that calls a broken test passed hides all others.
# once: no program of ours runs
. "$(dirname "$0")/../lib/tap.sh"
unset TEST_TIMES TEST_JOBS ASAN_OPTIONS UBSAN_OPTIONS
export TEST_TIMEOUT=60 TEST_PATIENCE=1

# program NAME - from the lines on stdin
program() {
	{ echo '#!/bin/sh'; cat; } >"$tmp/$1"
	chmod +x "$tmp/$1"
}

# ends LAST-LINE STATUS - did the last run of tests/run end so?
ends() { [ "$(tail -n 1 "$tmp/out")" = "$1" ] && [ $status = "$2" ]; }

run() { tests/run "$@" >"$tmp/out" 2>&1; status=$?; }

# expect TEXT LAST-LINE STATUS - a program of the lines on stdin ends like this under tests/run
expect() {
	program program
	run "$tmp/program"
	check "$1" ends "$2" "$3"
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
expect 'a sanitizer report of a child' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo 1..1; echo 'ok 1 - a'; echo 'heap-use-after-free' >"$REPORTS/asan.1"
END
check '... which is shown' grep -q '^    ! heap-use-after-free' "$tmp/out"
expect 'where the sanitizers are told to put theirs' '1 passed, 0 failed, 0 skipped' 0 <<'END'
echo 1..1; [ "$ASAN_OPTIONS $UBSAN_OPTIONS" = "log_path=$REPORTS/asan log_path=$REPORTS/ubsan" ] && echo 'ok 1 - a'
END

# what does not end, and what stays behind
gone() { [ -s "$tmp/pid" ] && [ ! -e "/proc/$(cat "$tmp/pid")" ]; }
export tmp
TEST_TIMEOUT=1 expect 'a program that hangs' '1 passed, 1 failed, 0 skipped' 1 <<'END'
setsid sh -c 'echo $$ >"$tmp/pid"; trap "" TERM; exec sleep 600' &
echo 'ok 1 - a'; echo 1..1; echo 'so far, so good'; exec sleep 600
END
check '... is told by its limit' grep -q 'did not end within 1 s (TEST_TIMEOUT)' "$tmp/out"
check '... shows what it said' grep -q '^    | so far, so good' "$tmp/out"
check '... and takes all that it started along' gone
TEST_TIMEOUT=1 expect 'a program that does not want to end' '1 passed, 1 failed, 0 skipped' 1 <<'END'
echo $$ >"$tmp/pid"; trap '' TERM; echo 'ok 1 - a'; echo 1..1; while :; do sleep 1; done
END
check '... is killed' gone
expect 'what ends soon after the program is waited for' '1 passed, 0 failed, 0 skipped' 0 <<'END'
echo 1..1; echo 'ok 1 - a'; sleep 0.2 &
END
rm "$tmp/pid"
expect 'a process that is left behind' '1 passed, 1 failed, 0 skipped' 1 <<'END'
setsid sh -c 'echo $$ >"$tmp/pid"; exec sleep 600' &
until [ -s "$tmp/pid" ]; do sleep 0.1; done
echo 1..1; echo 'ok 1 - a'
END
check '... is named' grep -q 'left a process behind: sleep 600' "$tmp/out"
check '... and killed' gone
rm "$tmp/pid"
program program <<'END'
setsid sh -c 'echo $$ >"$tmp/pid"; exec sleep 600' &
exec sleep 600
END
start runner tests/run "$tmp/program"
wait_until test -s "$tmp/pid"
end "$pid"
[ $? = 143 ] && gone
result 'a runner that is told to end leaves nothing running' $?

# side by side
for name in a b; do
	program $name <<'END'
echo 1..1; me=${0##*/}; : >"$tmp/here.$me"
until [ -e "$tmp/here.a" ] && [ -e "$tmp/here.b" ]; do sleep 0.1; done
echo "ok 1 - $me met the other"
END
done
TEST_JOBS=2 run "$tmp/a" "$tmp/b"
check 'two programs run at the same time' ends '2 passed, 0 failed, 0 skipped' 0
check 'each has its line: the first' grep -q '^    1/2 .*/[ab] .*1 ok' "$tmp/out"
check '... and the second' grep -q '^    2/2 .*/[ab] .*1 ok' "$tmp/out"

# note_it NAME SECONDS [LINE] - a program that notes when it begins and ends
note_it() {
	program "$1" <<END
${3:-}
echo 'begin $1' >>"$tmp/order"; sleep $2; echo 'end $1' >>"$tmp/order"; echo 1..1; echo 'ok 1 - it'
END
}
note_it quick 0
note_it slow 0.3
note_it alone 0.2 '# alone: to see whether it is'
note_it later 0
run "$tmp/alone" "$tmp/slow" "$tmp/quick" -- 'Then' "$tmp/later"
same 'one that must be alone begins when the others have ended, what has another title after it' \
	"$(printf '%s\n' 'begin alone' 'end alone' 'begin later' 'end later')" "$(tail -n 4 "$tmp/order")"
printf '%s %s\n' 1.0 "$tmp/quick" 3.0 "$tmp/slow" 2.0 "$tmp/later" >"$tmp/times"
rm "$tmp/order"
TEST_JOBS=1 TEST_TIMES=$tmp/times run "$tmp/quick" "$tmp/later" "$tmp/slow"
same 'what took longest the last time begins' 'begin slow begin later begin quick' "$(grep begin "$tmp/order" | xargs)"
[ "$(wc -l <"$tmp/times")" = 3 ] && ! grep -q '^3\.0 ' "$tmp/times"
result 'and how long each took is remembered' $?

program says <<'END'
echo 1..1; echo "ok 1 - $WHAT"; exit "$CODE"
END
run CODE=0 WHAT=one "$tmp/says" WHAT=two CODE=7 "$tmp/says"
check 'NAME=VALUE is for the programs after it' ends '2 passed, 1 failed, 0 skipped' 1
check '... and what fails shows all that it said' grep -q '^    | ok 1 - two' "$tmp/out"
run "$tmp/nowhere"
check 'a program that is not there' ends '0 passed, 2 failed, 0 skipped' 1
run
check 'nothing to run is no success' ends '0 passed, 0 failed, 0 skipped' 1

tap_done
