#!/bin/sh
# 27-rehearsal - into a dry run and out of it: nobody stays dropped, what was learned stays known, what was only thought is not done
. "$(dirname "$0")/../lib/tap.sh"
own_network

mkdir "$tmp/state"
configure() { usual_conf "dry_run = $1" </dev/null >"$tmp/conf"; }
: >"$tmp/mail.log"
answers() { "$MAILWARD" status -c "$tmp/conf"; }
start_daemon() {
	start daemon "$MAILWARD" run "$@" -c "$tmp/conf"
	daemon=$pid
	wait_until answers
}
stop() {
	kill "-$1" "$daemon"
	wait "$daemon" 2>/dev/null
	wait_until gone
}
gone() { ! pgrep -n mailward-warden --ns $$ --nslist net >/dev/null && ! answers; }
dropped() { nft list table inet mailward 2>/dev/null | holds "$1"; }
stands() { nft list table inet mailward; }
listed() { "$MAILWARD" list -c "$tmp/conf" | grep -q "^$1 "; }
explained() { "$MAILWARD" explain "$1" -c "$tmp/conf" | grep -qx "$2"; }
lines=0
say() {
	lines=$((lines + 1))
	echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx $*" >>"$tmp/mail.log"
}
errors() {
	n=$2
	while [ "$n" -gt 0 ]; do
		n=$((n - 1))
		say "postfix/smtpd[$lines]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>"
	done
}

configure no
start_daemon
errors 203.0.113.7 6
check 'somebody is banned' wait_until dropped 203.0.113.7
stop TERM
check 'and stays so when the daemon ends' dropped 203.0.113.7

# somebody only looks on
start_daemon --dry-run
check 'a dry run that is asked for beside says that the ban stands' grep -q '1 ban stands in the kernel, of an earlier run or of a daemon that is running: this dry run leaves it alone' "$tmp/daemon.err"
check 'and leaves it' dropped 203.0.113.7
check 'explain does not say that he is not dropped' explained 203.0.113.7 'kernel     bans of an earlier run may stand there: nft list table inet mailward shows them'
check 'nor' not explained 203.0.113.7 'now        not dropped'
"$MAILWARD" status -c "$tmp/conf" | grep -q '^standing '
result 'status says it, too' $?
stop TERM

# the service's own dry run
configure yes
start_daemon
check 'a dry run of the configuration takes the bans out of the kernel' not stands
check 'says so' grep -q '1 ban of an earlier run is gone from the kernel: this is a dry run' "$tmp/daemon.err"
check 'and in its memory' grep -q 'the dry run begins: 1 address or network is released' "$tmp/daemon.err"
check 'lists nobody' not listed 203.0.113.7
check 'explain says that he is not dropped, which is true' explained 203.0.113.7 'now        not dropped'
explains() { "$MAILWARD" explain "$1" -c "$tmp/conf" | grep -q "$2"; }
check 'and that he was, not would have been' explains 203.0.113.7 '^last       banned at '
check 'but was' explained 203.0.113.7 'before     1 ban so far; the next would be for 4h, 7d if it is surely an attack'
say 'dovecot: imap-login: Login: user=<carol@example.com>, method=PLAIN, rip=198.51.100.50, lip=192.0.2.200, mpid=7, TLS, session=<abc>'
errors 203.0.113.9 6
check 'somebody would be banned' wait_until listed 203.0.113.9
check 'is not' not stands
check 'explain says would' eval "\"\$MAILWARD\" explain 203.0.113.9 -c '$tmp/conf' | grep -q '^now        would be banned for another '"
"$MAILWARD" ban 203.0.113.20 --permanent -c "$tmp/conf" >"$tmp/out"
check 'one by hand would be, too' grep -q 'would be banned until unban' "$tmp/out"
"$MAILWARD" allow 203.0.113.30 -c "$tmp/conf" >/dev/null
"$MAILWARD" list -c "$tmp/conf" | sed 's/ .*//' >"$tmp/out"
same 'who is allowed is not listed among those who would be banned' 'this address 203.0.113.20 203.0.113.9 these 203.0.113.30' \
	"$(sed -n 1,2p "$tmp/out" | xargs) $(sed -n 3,4p "$tmp/out" | sort | xargs) $(sed -n '5,$p' "$tmp/out" | xargs)"
"$MAILWARD" unban --all -c "$tmp/conf" >/dev/null
same 'nor under a heading of theirs where nobody would be' 'nobody would be banned|these are allowed:|address|203.0.113.30' \
	"$("$MAILWARD" list -c "$tmp/conf" | sed '/^\(address\|203\)/s/ .*//' | xargs -d '\n' | sed 's/ \(these\|address\|203\)/|\1/g')"
errors 203.0.113.9 6
check 'somebody would be banned once more' wait_until listed 203.0.113.9
"$MAILWARD" ban 203.0.113.20 --permanent -c "$tmp/conf" >/dev/null
stop KILL
start_daemon
check 'over a crash the dry run knows what it would do' listed 203.0.113.9
check 'and what was done before it' explains 203.0.113.7 '^last       banned at '
"$MAILWARD" unban 203.0.113.9 -c "$tmp/conf" >/dev/null
errors 203.0.113.9 6
check 'somebody would be banned again' wait_until listed 203.0.113.9
stop TERM

configure no
start_daemon
check 'in force, the dry run is over' grep -q 'the dry run is over: what it learned is kept; 2 addresses and networks that it would have dropped now are not dropped' "$tmp/daemon.err"
check 'nobody is dropped for what was only thought' eval '! listed 203.0.113.9 && ! dropped 203.0.113.9'
check 'nor by hand' eval '! listed 203.0.113.20 && ! dropped 203.0.113.20'
check 'nor was ever' not eval "\"\$MAILWARD\" explain 203.0.113.9 -c '$tmp/conf' | grep -q '^before '"
check 'who was banned before the dry run, was' explained 203.0.113.7 'before     1 ban so far; the next would be for 4h, 7d if it is surely an attack'
"$MAILWARD" explain carol@example.com -c "$tmp/conf" >"$tmp/out"
check 'who logged in during the dry run is known' grep -qx 'logs in    from 1 network within a month' "$tmp/out"
check 'who was allowed in it is' listed 203.0.113.30
check 'no line is read twice' not listed 203.0.113.9
errors 203.0.113.9 6
check 'whoever goes on is banned' wait_until dropped 203.0.113.9
check 'for the first time' explained 203.0.113.9 'before     1 ban so far; the next would be for 4h, 7d if it is surely an attack'
stop KILL
start_daemon
check 'and stays so: the end of the dry run comes once' listed 203.0.113.9
tap_done
