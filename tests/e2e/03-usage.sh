#!/bin/sh
# 03-usage - the exit statuses of the contract, and the help of every command: 0 done, 1 input, 2 usage, 3 no daemon
. "$(dirname "$0")/../lib/tap.sh"
printf '[mailward]\npatterns = %s\nsocket = %s\n' "$PWD/patterns" "$tmp/control" >"$tmp/m.conf"

# usage_error ARGUMENT...: exit 2, nothing on stdout, a usage line on stderr
usage_error() {
	mw "$@"
	[ "$status" = 2 ] && [ ! -s "$tmp/out" ] && grep -q '^usage: mailward' "$tmp/err"
	result "usage error: mailward $*" $?
}

# one_line TEXT STATUS MESSAGE: the last run ended so, with this one line on stderr
one_line() {
	[ "$status" = "$2" ] && [ "$(cat "$tmp/err")" = "$3" ] && [ ! -s "$tmp/out" ]
	result "$1" $?
}

mw --version
[ "$status" = 0 ] && grep -Eqx 'mailward [0-9]+\.[0-9]+\.[0-9]+' "$tmp/out" && [ ! -s "$tmp/err" ]
result '--version' $?
mw --help
[ "$status" = 0 ] && grep -q '^usage: mailward' "$tmp/out" && [ ! -s "$tmp/err" ]
result '--help' $?
cp "$tmp/out" "$tmp/help"
for word in help -h; do
	mw $word
	[ "$status" = 0 ] && cmp -s "$tmp/out" "$tmp/help" && [ ! -s "$tmp/err" ]
	result "mailward $word is the same" $?
done
commands='run scan whatif report match check status top list ban unban explain forget reload enforce clear events notify metrics'
for command in $commands; do
	grep -Eq "^  $command +[^ ]" "$tmp/help"
	result "--help tells of $command" $?
	for option in --help -h; do
		mw "$command" $option
		[ "$status" = 0 ] && head -n 1 "$tmp/out" | grep -q "^usage: mailward $command" && [ ! -s "$tmp/err" ] && grep -q -- '-c, --config' "$tmp/out"
		result "mailward $command $option" $?
	done
	mw help "$command"
	cp "$tmp/out" "$tmp/text"
	[ "$status" = 0 ] && [ ! -s "$tmp/err" ] && mw "$command" --help && cmp -s "$tmp/out" "$tmp/text"
	result "mailward help $command is the same" $?
	usage_error "$command" --no-such-option
	usage_error "$command" -Z
	usage_error "$command" -c
done
awk 'length > 100' "$tmp/help" | grep -q . && long=1 || long=0
result 'no line of the help is longer than 100 columns' $long

usage_error
usage_error frobnicate
usage_error --frobnicate
usage_error ''
usage_error help frobnicate
usage_error help help
red=$(printf 'x\033[31m')
# harmless STATUS ARGUMENT...: ends so, and shows what a terminal would obey escaped
harmless() {
	wanted=$1
	shift
	mw "$@"
	[ "$status" = "$wanted" ] && ! grep -q "$(printf '\033')" "$tmp/out" "$tmp/err" && grep -qF 'x1b' "$tmp/err"
	result "escaped: mailward $(echo "$*" | tr '\033' '^')" $?
}
harmless 2 "$red"
harmless 2 help "$red"
for command in run status list check reload match; do
	usage_error "$command" unexpected
	harmless 2 "$command" "$red"
	harmless 2 "$command" "--$red"
	harmless 2 "$command" "-$(printf '\033')"
	harmless 2 "$command" "--help=$red"
done
harmless 2 ban "$red"
harmless 2 ban 192.0.2.1 --for "$red"
harmless 2 ban 192.0.2.1 "$red"
harmless 2 unban --all "$red"
harmless 2 import "$red" "$red" "$red"
harmless 1 scan -c "$tmp/m.conf" "$tmp/$red"
harmless 1 check -c "$tmp/$red"
usage_error reload --json
usage_error check --json
usage_error status --json=yes
usage_error scan -j
usage_error ban
usage_error ban 192.0.2.1 192.0.2
usage_error ban 192.0.2.1/24
usage_error ban 192.0.2.1/33
usage_error ban mail.example.com
usage_error ban 192.0.2.1 --for
usage_error ban 192.0.2.1 --for 0
usage_error ban 192.0.2.1 --for ever
usage_error ban 192.0.2.1 --for -1h
usage_error ban 192.0.2.1 --reason "$(printf '%0600d' 0)"
usage_error unban
usage_error unban --all 192.0.2.1
usage_error unban 192.0.2.1 192.0.2
usage_error unban 2001:db8::1/64
usage_error forget
usage_error forget 'two words'
usage_error forget "$(printf '%0512d' 0)"
usage_error explain
usage_error explain 192.0.2.300
usage_error explain 'two words'
usage_error explain "$(printf '%0512d' 0 | tr 0 x)"
usage_error explain "$(printf '%0500d' 0 | tr 0 x)" 2001:db8::1
usage_error explain 192.0.2.1 192.0.2.2

for command in status list 'ban 192.0.2.1 --for 1h --reason why' 'unban 192.0.2.1' 'unban --all' 'status --json' 'list --json' 'explain 192.0.2.1' reload; do
	# shellcheck disable=SC2086
	mw $command -c "$tmp/m.conf"
	one_line "no daemon: mailward $command" 3 "mailward: no daemon answers on $tmp/control"
done
# a daemon that died leaves its socket: nobody answers there either
perl -e 'use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; listen($s, 1)' "$tmp/control"
mw status -c "$tmp/m.conf"
one_line 'a dead socket is no daemon' 3 "mailward: no daemon answers on $tmp/control"
rm -f "$tmp/control"

mw scan -c "$tmp/m.conf" "$tmp/missing.log"
[ "$status" = 1 ] && grep -q "$tmp/missing.log: No such file or directory" "$tmp/err"
result 'scan of a missing file: exit 1, and which' $?
mw scan --json -c "$tmp/m.conf" -
[ "$status" = 0 ] && grep -q '"event":"summary"' "$tmp/out"
result 'scan of an empty input: exit 0' $?
mw match --plain -c "$tmp/m.conf"
[ "$status" = 0 ] && [ ! -s "$tmp/out" ]
result 'match of an empty input: exit 0, nothing said' $?
if [ -w /dev/full ]; then
	timeout 60 "$MAILWARD" --help >/dev/full 2>"$tmp/err"
	status=$?
	: >"$tmp/out"
	one_line 'output that cannot be written: exit 1' 1 'mailward: cannot write: No space left on device'
fi

tap_done
