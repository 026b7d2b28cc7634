#!/bin/sh
# root - started by root's own hand: it works with files that only root can read, and keeps none of root's powers
#
# A network namespace of its own, no traffic. Where another user can do the work the engine becomes that user.
set -u
. "$(dirname "$0")/lib_plain.sh"
own_network

attack() { # ADDRESS
	for second in 1 2 3 4 5 6; do
		echo "$(date +%FT%T%:z) mx1 postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[$1]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>"
	done >>"$dir/mail.log"
}

held() { nft list table inet mailward | grep -q "$1 "; }
field() { sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status"; }

printf '[mailward]\nstate_dir = %s/state\nsocket = %s/control\n[source log]\nfile = %s/mail.log\n' "$dir" "$dir" "$dir" >"$dir/conf"

for mode in 0700 0755; do
	chmod $mode "$dir"
	rm -rf "$dir/state" "$dir"/mail.log*
	mkdir "$dir/state"
	: >"$dir/mail.log"
	[ $mode = 0755 ] || chmod 600 "$dir/mail.log" "$dir/conf"
	[ $mode = 0700 ] || chmod 644 "$dir/conf"
	"$mailward" run -c "$dir/conf" 2>>"$dir/said" &
	daemon=$!
	wait_until "$mailward" status -c "$dir/conf"
	attack 198.51.100.7
	wait_until held 198.51.100.7
	is "$(held 198.51.100.7; echo $?)" 0 "folder $mode: an attacker in the log is banned in the kernel"
	mv "$dir/mail.log" "$dir/mail.log.1"
	attack 198.51.100.8
	wait_until held 198.51.100.8
	is "$(held 198.51.100.8; echo $?)" 0 "folder $mode: and one in the log after a rotation"
	is "$("$mailward" reload -c "$dir/conf")" reloaded "folder $mode: a reload works"
	wait_until held 198.51.100.8
	is "$(held 198.51.100.7 && held 198.51.100.8; echo $?)" 0 "folder $mode: and keeps both bans"
	warden=$(pgrep -P "$daemon")
	is "$(field "$daemon" CapEff) $(field "$daemon" CapPrm) $(field "$daemon" CapBnd)" \
		'0000000000000000 0000000000000000 0000000000000000' "folder $mode: the engine has no capability"
	is "$(field "$warden" CapEff)" 0000000000001000 "folder $mode: the warden has CAP_NET_ADMIN alone"
	is "$(field "$daemon" NoNewPrivs)$(field "$warden" NoNewPrivs)" 11 "folder $mode: neither can get new ones"
	[ "$(field "$daemon" Uid)" = 0 ] && who=root || who='somebody else'
	[ $mode = 0700 ] && wanted=root || wanted='somebody else'
	is "$who" "$wanted" "folder $mode: the engine is $wanted"
	kill "$daemon"; wait "$daemon"; is $? 0 "folder $mode: SIGTERM ends it cleanly"; daemon=
	is "$([ -s "$dir/state/state.db" ]; echo $?)" 0 "folder $mode: its state is kept"
	wait_until sh -c "! pgrep -n mailward-warden --ns $$ --nslist net"
	nft delete table inet mailward 2>/dev/null
done
[ $failures = 0 ] || sed 's/^/# /' "$dir/said"
tap_done
