#!/bin/sh
# 05-root - started by root's own hand: it works with files that only root can read, and keeps none of root's powers
#
# A network namespace of its own, no traffic. Where another user can do the work the engine becomes that user.
. "$(dirname "$0")/../lib/tap.sh"
own_network

attack() { # ADDRESS
	for second in 1 2 3 4 5 6; do
		echo "$(date +%FT%T%:z) mx1 postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[$1]: 550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table; from=<> to=<a@example.com> proto=ESMTP helo=<x>"
	done >>"$tmp/mail.log"
}

held() { nft list table inet mailward | grep -q "$1 "; }
field() { sed -n "s/^$2:[[:space:]]*\([^[:space:]]*\).*/\1/p" "/proc/$1/status"; }

usual_conf </dev/null >"$tmp/conf"

for mode in 0700 0755; do
	chmod $mode "$tmp"
	rm -rf "$tmp/state" "$tmp"/mail.log*
	mkdir "$tmp/state"
	: >"$tmp/mail.log"
	[ $mode = 0755 ] || chmod 600 "$tmp/mail.log" "$tmp/conf"
	[ $mode = 0700 ] || chmod 644 "$tmp/conf"
	start daemon "$MAILWARD" run -c "$tmp/conf"
	daemon=$pid
	wait_until "$MAILWARD" list -c "$tmp/conf"
	attack 198.51.100.7
	check "folder $mode: an attacker in the log is banned in the kernel" wait_until held 198.51.100.7
	mv "$tmp/mail.log" "$tmp/mail.log.1"
	attack 198.51.100.8
	check "folder $mode: and one in the log after a rotation" wait_until held 198.51.100.8
	same "folder $mode: a reload works" reloaded "$("$MAILWARD" reload -c "$tmp/conf")"
	wait_until held 198.51.100.8
	held 198.51.100.7 && held 198.51.100.8; result "folder $mode: and keeps both bans" $?
	warden=$(pgrep -P "$daemon")
	same "folder $mode: the engine has no capability" '0000000000000000 0000000000000000 0000000000000000' \
		"$(field "$daemon" CapEff) $(field "$daemon" CapPrm) $(field "$daemon" CapBnd)"
	same "folder $mode: the warden has CAP_NET_ADMIN alone" 0000000000001000 "$(field "$warden" CapEff)"
	same "folder $mode: neither can get new ones" 11 "$(field "$daemon" NoNewPrivs)$(field "$warden" NoNewPrivs)"
	[ "$(field "$daemon" Uid)" = 0 ] && who=root || who='somebody else'
	[ $mode = 0700 ] && wanted=root || wanted='somebody else'
	same "folder $mode: the engine is $wanted" "$wanted" "$who"
	check "folder $mode: SIGTERM ends it cleanly" end "$daemon"
	check "folder $mode: its state is kept" test -s "$tmp/state/state.db"
	wait_until sh -c "! pgrep -n mailward-warden --ns $$ --nslist net"
	nft delete table inet mailward 2>/dev/null
done

# Who names a folder that others keep things in means a folder in it.
mkdir "$tmp/shared"
echo theirs >"$tmp/shared/theirs"
chmod 755 "$tmp" "$tmp/shared"
sed -i "s,^state_dir = .*,state_dir = $tmp/shared," "$tmp/conf"
: >"$tmp/daemon.err"
start daemon "$MAILWARD" run -c "$tmp/conf"
daemon=$pid
wait_until "$MAILWARD" list -c "$tmp/conf"
same 'a folder that others keep things in is not given away' '0 0' "$(stat -c '%u %g' "$tmp/shared" "$tmp/shared/theirs" | sort -u)"
check 'that is said, with what would be right' grep -q 'is not given to the user mailward.*would be right' "$tmp/daemon.err"
"$MAILWARD" status -c "$tmp/conf" | grep -q '^state .*in memory only'; result 'and that nothing is saved' $?
end "$daemon"
wait_until sh -c "! pgrep -n mailward-warden --ns $$ --nslist net"
rm "$tmp/shared/theirs"
start daemon "$MAILWARD" run -c "$tmp/conf"
daemon=$pid
wait_until "$MAILWARD" list -c "$tmp/conf"
check 'one that is empty is' [ "$(stat -c %u "$tmp/shared")" != 0 ]
check 'and the state is in it' wait_until test -s "$tmp/shared/state.db"
end "$daemon"
tap_done
