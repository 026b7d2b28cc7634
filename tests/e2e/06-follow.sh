#!/bin/bash
# 06-follow - mailward run --dry-run --json on a file, as an ordinary user: what is said, to the letter
#
# No namespace, no server: this test writes the log itself. Each step appends or rotates, waits until the daemon has
# read it, and goes on; at the end the whole output is compared. Only the times are not: "T" stands for them. The
# attackers are in 198.51.100.0/24, since this machine's own addresses and its gateway are never counted.
# MAILWARD= names another build.

. "$(dirname "$0")/../lib/tap.sh"

log=$tmp/log/mail.log conf=$tmp/mailward.conf
victim=198.51.100.99

# reject ADDRESS [MESSAGE] - a line as Postfix writes it, in the three headers of the field by turns
turn=0
reject() {
	local header
	turn=$(((turn + 1) % 3))
	case $turn in
	0) header="$(date '+%b %e %H:%M:%S') mx postfix/smtpd[$((1000 + RANDOM))]: " ;;
	1) header="$(date '+%Y-%m-%dT%H:%M:%S.%6N%:z') mx postfix/smtpd[$((1000 + RANDOM))]: " ;;
	2) header="<22>1 $(date '+%Y-%m-%dT%H:%M:%S.%6N%:z') mx postfix/smtpd $((1000 + RANDOM)) - - " ;;
	esac
	printf '%sNOQUEUE: reject: RCPT from unknown[%s]: %s' "$header" "$1" \
		"${2:-550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<b@example.org> to=<a@example.com> proto=ESMTP helo=<c.example.org>}"
}
errors() {
	local n
	for ((n = 0; n < $2; n++)); do reject "$1"; echo; done
}

# said TEXT - has the daemon printed it?
said() { grep -qF -- "$1" "$tmp/daemon.out"; }
# status TEXT - does its status hold this?
status() { "$mailward" status -c "$conf" --json | grep -qF -- "$1"; }

# expect EVENT ADDRESS SECONDS ERRORS [RULE] - the next event of the output, and wait until it is there
wanted=
expect() {
	local line
	line=$(printf '{"event":"%s","time":"T","address":"%s","seconds":%d,"errors":%d,"rule":"%s"}' \
		"$1" "$2" "$3" "$4" "${5:-postfix/user-unknown}")
	wanted+=$line$'\n'
	wait_until eval '[ "$(wc -l <"$tmp/daemon.out")" -ge "$(printf %s "$wanted" | wc -l)" ]'
}

# the steps of the default policy, from the third error of an address on
third() { expect delay "$1" 10 3 "${@:2}"; }
fourth() { expect delay "$1" 20 4 "${@:2}"; }
fifth() { expect delay "$1" 40 5 "${@:2}"; }
sixth() { expect ban "$1" 3600 6 "${@:2}"; }

[ -x "$MAILWARD" ] || skip_all "needs $MAILWARD"
as=
if [ "$(id -u)" = 0 ]; then
	as='setpriv --reuid nobody --clear-groups --no-new-privs --bounding-set -all --inh-caps -all --ambient-caps -all'
fi
mkdir -p "$tmp/program/build" "$tmp/state"
cp "$MAILWARD" "$tmp/program/build/mailward"
cp -r "$root/patterns" "$tmp/program/patterns"
chmod -R a+rX "$tmp/program"
chmod 1777 "$tmp/state"
mailward=$tmp/program/build/mailward
cat >"$conf" <<END
[mailward]
state_dir = $tmp/state
socket    = $tmp/state/control
[source maillog]
file      = $log
[policy]
judge = window
network_limit = 0
[allow]
addresses = 203.0.113.0/24
END

start daemon $as "$mailward" run -c "$conf" --dry-run --json
daemon=$pid
check 'a folder that is not there yet: it waits, and says so' wait_until grep -qF "$log" "$tmp/daemon.err"
check 'and answers on its socket' wait_until "$mailward" list -c "$conf" || bail_out "it does not start: $(cat "$tmp/daemon.err")"

mkdir "$tmp/log"
errors 198.51.100.1 2 >"$log"
errors 198.51.100.1 1 >>"$log"
check 'the file appears: the third error' third 198.51.100.1
for step in fourth fifth sixth; do
	errors 198.51.100.1 1 >>"$log"
	check "the $step" $step 198.51.100.1
done
errors 198.51.100.1 5 >>"$log"
errors 198.51.100.2 3 >>"$log"
check 'five more of the banned one are evidence, another address begins at one' third 198.51.100.2

errors 2001:db8:1:2::1 1 >>"$log"
errors 2001:db8:1:2:3:4:5:6 1 >>"$log"
errors 2001:db8:1:2::ffff 1 >>"$log"
check 'IPv6 counts by /64' third 2001:db8:1:2::/64
errors ::ffff:198.51.100.3 3 >>"$log"
check 'an IPv4-mapped address is the IPv4 address' third 198.51.100.3

errors 198.51.100.4 2 >>"$log"
reject 198.51.100.4 '550 5.1.1 <a@exam' >>"$log"
check 'half a line is no line yet' not said 198.51.100.4
printf 'ple.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<c>\n' >>"$log"
check 'its other half makes one error of it' third 198.51.100.4

errors 198.51.100.6 1 >>"$log"
mv "$log" "$log.1"
errors 198.51.100.6 1 >>"$log.1"
errors 198.51.100.6 1 >"$log"
check 'renamed: the old file is read to its end, then the new one' third 198.51.100.6
errors 198.51.100.6 1 >>"$log"
check 'and the new one is followed' fourth 198.51.100.6

cp "$log" "$log.2"
: >"$log"
errors 198.51.100.6 1 >>"$log"
check 'copied and truncated' fifth 198.51.100.6

errors 198.51.100.13 1 >>"$log"
mv "$log" "$log.3"
errors 198.51.100.13 1 >>"$log.3"
errors 198.51.100.13 1 >"$log"
mv "$log" "$log.4"
gzip "$log.3" "$log.4"
: >"$log"
check 'renamed twice and packed at once' third 198.51.100.13

errors 198.51.100.7 2 >>"$log"
rm "$log"
check 'the file is gone' wait_until status '"present":false'
errors 198.51.100.7 1 >"$log"
check 'and comes back' third 198.51.100.7

mkdir "$tmp/elsewhere"
errors 198.51.100.8 2 >"$tmp/elsewhere/one"
errors 198.51.100.8 1 >"$tmp/elsewhere/two"
ln -s "$tmp/elsewhere/one" "$log.new" && mv -T "$log.new" "$log"
check 'a symlink takes its place' wait_until status '"present":true'
ln -s "$tmp/elsewhere/two" "$log.new" && mv -T "$log.new" "$log"
check 'and is switched' third 198.51.100.8
rm "$log"

# --- hostile text ---
fake="550 5.1.1 <x>: Recipient address rejected: User unknown in local recipient table; from=<> to=<x> proto=ESMTP helo=<x>"
{
	for n in {1..6}; do
		reject 198.51.100.9 "550 5.1.1 <x[$victim]@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<x> proto=ESMTP helo=<unknown[$victim]: $fake>"
		echo
	done
	# over-long: what follows is not a line of its own
	for n in {1..6}; do
		reject 198.51.100.77 "554 5.7.1 <$(head -c 70000 /dev/zero | tr '\0' y) $(reject $victim)>: nothing"
		echo
	done
	# neither does anything but a line feed end a line
	for end in '\r' '\000' '\302\205' '\342\200\250' '\013' '\014' '\033[1G'; do
		for n in {1..6}; do
			printf 'Nov 22 10:00:00 mx postfix/smtpd[7]: connect from unknown[198.51.100.10]'"$end"
			reject $victim
			echo
		done
	done
	# another program's words, whatever they say
	for n in {1..6}; do
		echo "Nov 22 10:00:00 mx sshd[7]: NOQUEUE: reject: RCPT from unknown[$victim]: $fake"
	done
} >"$log"
third 198.51.100.9
fourth 198.51.100.9
fifth 198.51.100.9
check 'forged text in recipient and HELO counts for him who sent it' sixth 198.51.100.9
third 198.51.100.77 postfix/odd-address
fourth 198.51.100.77 postfix/odd-address
fifth 198.51.100.77 postfix/odd-address
check 'so does an address so long that the line is cut' sixth 198.51.100.77 postfix/odd-address
errors 198.51.100.11 3 | sed 's/$/\r/' >>"$log"
check 'CRLF is a line end, too' third 198.51.100.11
check 'nobody who was only talked about is blamed' not said $victim

errors 203.0.113.5 9 >>"$log"
errors 198.51.100.12 1 >>"$log"
echo "$(date '+%b %e %H:%M:%S') mx postfix/smtpd[9]: message repeated 5 times: [ NOQUEUE: reject: RCPT from unknown[198.51.100.12]: $fake]" >>"$log"
check '"message repeated 5 times" counts five; who is allowed is not heard of' expect ban 198.51.100.12 3600 6

"$mailward" list -c "$conf" --json >"$tmp/list.out"
same 'list --json names the bans that would run' '198.51.100.1 198.51.100.12 198.51.100.77 198.51.100.9' \
	"$(sed -n 's/.*"event":"ban".*"address":"\([^"]*\)".*/\1/p' "$tmp/list.out" | sort | xargs)"
end "$daemon" TERM
same 'SIGTERM: exit status 0' 0 $?
same 'all it has said, to the letter' "${wanted%$'\n'}" "$(sed 's/"time":"[0-9-]*T[0-9:]*Z"/"time":"T"/' "$tmp/daemon.out")"
tap_done
