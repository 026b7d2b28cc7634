#!/bin/sh
# 19-home - the program, its patterns, config and lists lie in a home that is shut to all but its owner: a reload finds them
#
# Root starts it, who is not the owner, and whose power is gone when the reload comes. A network namespace, no traffic.
. "$(dirname "$0")/../lib/tap.sh"
own_network

home=$tmp/home clone="$tmp/home/a clone"
mkdir -p "$clone/build" "$clone/etc" "$tmp/log" "$tmp/run"
cp "$MAILWARD" "$clone/build/mailward"
cp -r patterns "$clone/patterns"
: >"$tmp/log/mail.log"
cat >"$clone/etc/conf" <<END
[mailward]
state_dir = $tmp/run/state
socket = $tmp/run/control
[source log]
file = $tmp/log/mail.log
[allow]
file = allowed
[blocklist list]
file = listed
END
echo 192.0.2.1 >"$clone/etc/allowed"
echo 203.0.113.1 >"$clone/etc/listed"
chmod -R a+rX "$tmp"
chown -R 54321 "$home"
chmod 0700 "$home"
asked() { "$clone/build/mailward" "$@" -c "$clone/etc/conf"; }
# these two: 0 yes, 1 no, 2 nobody to ask
explained() { asked explain "$1" >"$tmp/explained" || return 2; grep -q "$2" "$tmp/explained"; }
blocks() { nft list table inet mailward >"$tmp/table" || return 2; grep -qE "$1( |,|\$)" "$tmp/table"; }

start daemon "$clone/build/mailward" run -c "$clone/etc/conf"
daemon=$pid
check 'it starts' wait_until asked status
check 'and is not root' not grep -q '^Uid:[[:space:]]*0' "/proc/$daemon/status"
check 'its list is in force' wait_until blocks 203.0.113.1
echo 192.0.2.2 >"$clone/etc/allowed"
echo 203.0.113.2 >"$clone/etc/listed"
same 'a reload works' reloaded "$(asked reload)"
check 'the allow-list is read again' explained 192.0.2.2 '^allowed'
check 'all of it' not explained 192.0.2.1 '^allowed'
check 'and the list' wait_until blocks 203.0.113.2
check 'all of it' wait_until not blocks 203.0.113.1
check 'explain knows its line' explained 203.0.113.2 'drops it: .*listed:1, 203.0.113.2$'
echo nonsense >"$clone/patterns/zzz.pat"
asked reload >"$tmp/out" 2>&1
same 'a broken pattern is refused' 1 $?
check 'and named as its owner knows it' grep -F "$clone/patterns/zzz.pat:1:1: no such statement" "$tmp/out"
rm "$clone/patterns/zzz.pat"
same 'a reload works again' reloaded "$(asked reload)"
check 'SIGTERM ends it cleanly' end "$daemon"

MAILWARD=$clone/build/mailward
for file in etc/conf etc/listed; do
	chmod 0600 "$clone/$file"
	mw run -c "$clone/etc/conf"
	same "$file is open to an owner alone who is not root: refused at the start" 1 "$status"
	check 'with the reason' grep -F "neither the user mailward nor root without its powers could use $clone/$file" "$tmp/err"
	chmod 0644 "$clone/$file"
done
tap_done
