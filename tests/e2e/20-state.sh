#!/bin/sh
# 20-state - an engine whose state is lost, or not to be had: what stands in the kernel stays, and is known again
#
# A network namespace and a file system of its own. Three bans by the operator; then each thing that can befall the
# state, a start, and what is dropped, said and written then.
. "$(dirname "$0")/../lib/tap.sh"
own_network
unshare -m true 2>/dev/null || skip_all 'needs mount namespaces'
[ "${OWN_MOUNTS:-}" ] || { rm -rf "$tmp"; OWN_MOUNTS=1 exec unshare -m "$self"; }
command -v sqlite3 >/dev/null || skip_all 'needs sqlite3'

state=$tmp/state
mkdir "$state" && mount -t tmpfs -o size=4m,mode=755 state "$state" || skip_all 'needs a file system of its own'
at_end() { umount -l "$state"; }
printf '[policy]\njudge = window\n' | usual_conf >"$tmp/conf"
: >"$tmp/mail.log"

ask() { "$MAILWARD" "$@" -c "$tmp/conf"; }
start_daemon() {
	start daemon "$MAILWARD" run -c "$tmp/conf"
	daemon=$pid
	wait_until ask status
}
gone() { ! pgrep -n mailward-warden --ns $$ --nslist net >/dev/null; }
stop() {
	end "$daemon" "${1:-TERM}"
	wait_until gone
}
held() { nft list table inet mailward 2>/dev/null | tr '{},' '\n\n\n' | grep -c 'comment "ban: '; }
listed() { ask list --json | grep -c '"event":"ban"'; }
holds() { [ "$(held)" = "$1" ]; }
says() { ask status | grep -q "$1"; }
saved() { says running && ! says '^state .*in memory only'; }
rows() { sqlite3 -readonly "$state/state.db" 'SELECT count(*) FROM ban'; }
has_rows() { [ "$(rows)" = "$1" ]; }
error_of() {	# one error, in the log
	echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>" >>"$tmp/mail.log"
}

# Three bans of which the store knows, and the daemon is down.
prepare() {
	nft delete table inet mailward 2>/dev/null
	rm -rf "$state"/*
	start_daemon
	ask ban 198.51.100.9 --for 1h >/dev/null
	ask ban 203.0.112.0/22 --for 2h >/dev/null
	ask ban 2001:db8:1::/48 --for 3h >/dev/null
	wait_until holds 3
	wait_until has_rows 3
	stop "${1:-TERM}"
	: >"$tmp/daemon.err"
}

# known TEXT: they stand in the kernel, and the daemon knows them, for the rest of their time
known() {
	wait_until says running	# a table that is being replaced is not there for a moment
	same "$1: three bans stand in the kernel" 3 "$(held)"
	same "$1: the engine lists them" 3 "$(listed)"
	check "$1: for the rest of their time" sh -c "'$MAILWARD' list --json -c '$tmp/conf' | grep 198.51.100.9 | grep -qE '\"seconds\":(3600|35[0-9][0-9])'"
	check "$1: unban knows one" ask unban 203.0.112.0/22
	same "$1: which is gone" 2 "$(held)"
}

# again TEXT: the cause has gone, and all is written
again() {
	check "$1: written again, once it can be" wait_until saved
	check "$1: with what is known" wait_until has_rows 2
	same "$1: never called damaged" 0 "$(grep -c damaged "$tmp/daemon.err")"
	stop
}

locked() {
	sqlite3 "$state/state.db" 'PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; SELECT 1;' ".shell touch $tmp/is-locked; while [ -e $tmp/is-locked ]; do sleep 0.1; done" >/dev/null 2>&1 &
	wait_until test -e "$tmp/is-locked"
}

prepare
dd if=/dev/zero of="$state/fill" bs=4k 2>/dev/null
start_daemon
check 'disk full: status says so' says 'state      in memory only: No space left on device'
known 'disk full'
for word in 'ban 192.0.2.66' 'unban 192.0.2.66' 'forget 192.0.2.66'; do
	ask $word >"$tmp/answered"
	check "disk full: $word says that it will not outlive a restart" grep -q '^but the state cannot be written (.*): after a restart it is as before$' "$tmp/answered"
done
rm "$state/fill"
again 'disk full'

prepare
mount -o remount,ro "$state"
start_daemon
check 'read-only: status says so' says 'state      in memory only: Read-only file system'
same 'read-only: what can be read is' 0 "$(grep -c 'begun without' "$tmp/daemon.err")"
known read-only
mount -o remount,rw "$state"
again read-only

prepare KILL
mount -o remount,ro "$state"
start_daemon
same 'read-only after a kill -9: what can be read is' 0 "$(grep -c 'begun without' "$tmp/daemon.err")"
known 'read-only after a kill -9'
mount -o remount,rw "$state"
again 'read-only after a kill -9'

prepare
error_of 192.0.2.7
start_daemon
stop
locked
start_daemon
check 'locked: status says so' says 'state      in memory only: the database is locked'
known locked
rm "$tmp/is-locked"
check 'locked: written again' wait_until saved
check 'locked: what it held is known then' sh -c "'$MAILWARD' explain 192.0.2.7 -c '$tmp/conf' | grep -q 'errors     1 '"
same 'locked: but not what was released meanwhile' '2 2' "$(listed) $(held)"
stop

prepare
size=$(stat -c %s "$state/state.db")
dd if=/dev/urandom of="$state/state.db" bs=4096 seek=2 count=$((size / 4096 - 2)) conv=notrunc 2>/dev/null
start_daemon
known damaged
check 'damaged: it is kept aside' sh -c "ls $state | grep -q corrupt"
check 'damaged: a new one is written' wait_until has_rows 2
stop

prepare
rm "$state"/state.db*
start_daemon
known 'deleted while down'
again 'deleted while down'

prepare
sqlite3 "$state/state.db" 'PRAGMA user_version = 99'
start_daemon
check 'of a later version: status says so' says 'in memory only: the database is of a later version'
known 'of a later version'
same 'of a later version: it is left alone' 99 "$(sqlite3 "$state/state.db" 'PRAGMA user_version')"
stop

prepare
start_daemon
rm "$state"/state.db*
check 'deleted while running: written anew, though nothing happens' wait_until has_rows 3
cp "$state/state.db" "$tmp/old.db"
ask ban 198.51.100.10 --for 1h >/dev/null
wait_until has_rows 4
mv "$tmp/old.db" "$state/state.db"
check 'replaced while running: the other is kept aside' wait_until sh -c "ls $state | grep -q 'replaced-[0-9]*$'"
check 'replaced while running: written anew' wait_until has_rows 4
same 'replaced while running: nothing is damaged' 0 "$(ls "$state" | grep -c corrupt)"
stop KILL
start_daemon
same 'replaced while running: all is known again' 4 "$(listed)"
stop

# The folder itself, to which alone the daemon may write: where systemd makes it, it ends to be started again
folder=$state/folder
fresh() {
	nft delete table inet mailward 2>/dev/null
	rm -rf "$state"/* && mkdir "$folder"
	sed "s,^state_dir.*,state_dir = $folder," "$tmp/conf" >"$tmp/folder.conf"
}
ask() { "$MAILWARD" "$@" -c "$tmp/folder.conf"; }
has_ended() { ! kill -0 "$daemon" 2>/dev/null; }
start_in_folder() {
	start daemon env STATE_DIRECTORY="$1" "$MAILWARD" run -c "$tmp/folder.conf"
	daemon=$pid
	wait_until ask status
}
fresh
echo 'on_stop = clear' >"$tmp/clear" && sed -i "/^state_dir/r $tmp/clear" "$tmp/folder.conf"
start_in_folder "/var/lib/other:$folder"
ask ban 198.51.100.9 --for 1h >/dev/null
check 'a folder that systemd makes' wait_until [ -e "$folder/state.db" ]
rm -rf "$folder"
check 'is deleted while running: the daemon ends' wait_until has_ended
wait "$daemon"
same 'as a failure, so that it is started again' 1 $?
check 'and says why' grep -q "the state folder $folder was deleted or replaced: ending, so that systemd makes it and starts mailward again" "$tmp/daemon.err"
wait_until gone
same 'the ban stands, also where a stop would clear it' 1 "$(held)"
mkdir "$folder"
start_in_folder "$folder"
same 'and is known to the next, in whose state it is' 1 "$(listed)"
check 'in the folder that there is now' wait_until [ -e "$folder/state.db" ]
stop
fresh
start_in_folder ''
ask ban 198.51.100.9 --for 1h >/dev/null
wait_until [ -e "$folder/state.db" ]
rm -rf "$folder" && mkdir "$folder"
check 'a folder that nobody makes: status says what to do' wait_until says 'the folder was deleted or replaced, and a running daemon may write to no other: a restart takes it'
same 'and it goes on' '1 1' "$(listed) $(held)"
stop
start_in_folder ''
same 'a restart takes it' 1 "$(listed)"
check 'with the state in it' wait_until [ -e "$folder/state.db" ]
stop
ask() { "$MAILWARD" "$@" -c "$tmp/conf"; }

# By a clock that nobody sets, two hours pass between a stop and the next start; by the wall clock, none: it was set back.
if unshare -T true 2>/dev/null; then
	prepare
	start daemon unshare -T --boottime 7200 --fork --kill-child "$MAILWARD" run -c "$tmp/conf"
	wait_until says running
	check 'set back while down: a ban of 3 hours has one left' sh -c "'$MAILWARD' list --json -c '$tmp/conf' | grep 2001:db8:1:: | grep -qE '\"seconds\":(3600|35[0-9][0-9])'"
	same 'set back while down: those that are over by then are not listed' 1 "$(listed)"
	kill "$(pgrep -P "$pid")"
	wait_until gone
else
	skip 'the clock set back while down' 'no time namespaces here'
fi
tap_done
