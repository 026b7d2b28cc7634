#!/bin/sh
# 25-clock - a machine that forgets the time starts years back, and is set right later: no ban is longer or shorter, no line lost
#
# A network namespace, and a boot of its own. The daemon's clock is set by set_clock.so.
. "$(dirname "$0")/../lib/tap.sh"
own_network
unshare -m true 2>/dev/null || skip_all 'needs mount namespaces'
[ "${OWN_MOUNTS:-}" ] || { rm -rf "$tmp"; OWN_MOUNTS=1 exec unshare -m "$self"; }

years_s=157680000	# five
mkdir "$tmp/state"
printf '[policy]\njudge = window\nban_time = 5h\nnetwork_limit = 0\n' | usual_conf >"$tmp/conf"
: >"$tmp/mail.log"
head -c 4096 /dev/zero >"$tmp/clock"

set_s=0 steps=0 written=0
# set_clock SECONDS - from now on it is so far from the true one; until no file can bear a time of before any more
set_clock() {
	set_s=$1
	python3 - "$tmp/clock" "$steps" "$set_s" <<-'END'
		import struct, sys, time
		since = time.time_ns()
		with open(sys.argv[1], "r+b") as file:
		    file.seek(16 * int(sys.argv[2]))
		    file.write(struct.pack("qq", since, int(sys.argv[3])))
		while time.clock_gettime_ns(5) <= since:    # CLOCK_REALTIME_COARSE
		    time.sleep(0.001)
	END
	steps=$((steps + 1))
}
ask() { "$MAILWARD" "$@" -c "$tmp/conf"; }
start_daemon() {
	start daemon env LD_PRELOAD="$root/build/set_clock.so" SET_CLOCK="$tmp/clock" \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" "$MAILWARD" run -c "$tmp/conf"
	daemon=$pid
	wait_until ask status
}
errors_of() {	# ADDRESS COUNT
	for i in $(seq "$2"); do
		echo "$(date -u -d "@$(($(date +%s) + set_s))" +%Y-%m-%dT%H:%M:%SZ) mx postfix/smtpd[$i]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>"
	done >>"$tmp/mail.log"
	written=$((written + $2))
}
all_read() { ask status --json | head -n 1 | grep -q "\"lines\":$written,"; }
# banned ADDRESS... - these and nobody else, each for what is left of five hours
banned() {
	ask list --json | sed -n 's/.*"event":"ban".*"address":"\([^"]*\)".*/\1/p' | sort | xargs >"$tmp/banned"
	same "$moment: who is banned" "$*" "$(cat "$tmp/banned")"
	same "$moment: for what is left of five hours" "$#" "$(ask list --json | grep '"event":"ban"' | grep -cE '"seconds":(18000|17[89][0-9][0-9])[,}]')"
	check "$moment: each line counts once" wait_until all_read
}

moment='before'
start_daemon
errors_of 203.0.113.1 6
errors_of 203.0.113.2 4
wait_until all_read
banned 203.0.113.1
end "$daemon"

moment='after a boot, five years back'
cat /proc/sys/kernel/random/uuid >"$tmp/boot"
mount --bind "$tmp/boot" /proc/sys/kernel/random/boot_id || skip_all 'needs a boot of its own'
at_end() { umount /proc/sys/kernel/random/boot_id; }
errors_of 203.0.113.2 1		# not read, and rotated
mv "$tmp/mail.log" "$tmp/mail.log.1"
set_clock -$years_s
errors_of 203.0.113.3 3
start_daemon
wait_until all_read
banned 203.0.113.1
errors_of 203.0.113.2 1
errors_of 203.0.113.3 3
wait_until all_read
banned 203.0.113.1 203.0.113.2 203.0.113.3

# what is saved behind the mark is of lines before it; the first may not be whole when it is copied
saved() { [ -n "$(find "$tmp/state" -name 'state.db*' -newer "$tmp/mark")" ] || { errors_of 203.0.113.1 1 && false; }; }
touch "$tmp/mark"
wait_until saved
touch "$tmp/mark"
wait_until saved
cp -a "$tmp/state" "$tmp/state.before"	# it will be killed before anything more could be saved

moment='the clock is set right'
set_clock 0
ask status >/dev/null	# the kernel's word does not come
check "$moment: it is heard of" wait_until grep -q 'the clock was set forward by 1825d' "$tmp/daemon.err"
banned 203.0.113.1 203.0.113.2 203.0.113.3
errors_of 203.0.113.4 6
wait_until all_read
mv "$tmp/mail.log" "$tmp/mail.log.2"
errors_of 203.0.113.5 6
wait_until all_read
banned 203.0.113.1 203.0.113.2 203.0.113.3 203.0.113.4 203.0.113.5

moment='killed, packed and started again'
end "$daemon" KILL
rm -r "$tmp/state"
mv "$tmp/state.before" "$tmp/state"
errors_of 203.0.113.6 6
gzip "$tmp/mail.log.2"
start_daemon
wait_until all_read
banned 203.0.113.1 203.0.113.2 203.0.113.3 203.0.113.4 203.0.113.5 203.0.113.6
end "$daemon"
tap_done
