#!/bin/sh
# 20-enforce - out of the dry run and into the kernel, and out of the kernel: "enforce" and "clear"
. "$(dirname "$0")/../lib/tap.sh"
own_network
PATH=$PATH:/usr/sbin:/sbin
command -v nft >/dev/null || skip_all 'needs nft'
chown nobody "$tmp"	# whom a daemon that root starts becomes

ask() { mw "$@" -c "$tmp/m.conf"; }
answers() { "$MAILWARD" status -c "$tmp/m.conf"; }
dropped() { nft list table inet mailward >"$tmp/table" || return 2; grep -q "$1" "$tmp/table"; }

cat >"$tmp/m.conf" <<END
; a postmaster's own
[mailward]
patterns  = $PWD/patterns
socket    = $tmp/control
state_dir = $tmp/state
dry_run   = yes ; until Monday
[source maillog]
file = $tmp/mail.log
END
: >"$tmp/mail.log"
chmod 640 "$tmp/m.conf"
sed 's/= yes ;/= no ;/' "$tmp/m.conf" >"$tmp/wanted.conf"

start daemon "$MAILWARD" run -c "$tmp/m.conf"
check 'a daemon whose config says dry_run = yes' wait_until answers
check 'has no table' sh -c '! nft list tables | grep mailward'
ask enforce
[ "$status" = 1 ] && grep -q 'dry_run = no' "$tmp/out" && grep -q 'still in its dry run: restart it' "$tmp/err"
result 'enforce says that a daemon without systemd has to be restarted' $?
check 'the config says so, and is otherwise the same' cmp "$tmp/m.conf" "$tmp/wanted.conf"
check 'its mode, too' [ "$(stat -c %a "$tmp/m.conf")" = 640 ]
check 'it ends' end "$pid"
ask enforce
[ "$status" = 3 ] && grep -q 'no daemon is running' "$tmp/out"
result 'enforce without a daemon is 3' $?

start daemon "$MAILWARD" run -c "$tmp/m.conf"
check 'started again' wait_until answers
ask enforce
[ "$status" = 0 ] && grep -q '^mailward enforces' "$tmp/out"
result 'it enforces' $?
ask ban 198.51.100.7
check 'a ban is in the kernel' wait_until dropped 198.51.100.7
ask clear
[ "$status" = 1 ] && grep -q 'stop it first' "$tmp/err"
result 'clear beside a running daemon is refused' $?
check 'the ban is in the kernel still' dropped 198.51.100.7
check 'it ends' end "$pid"
check 'the ban outlives it' dropped 198.51.100.7
ask clear
[ "$status" = 0 ] && grep -q '^nobody is dropped' "$tmp/out"
result 'clear' $?
check 'there is no table any more' sh -c '! nft list tables | grep mailward'
ask clear
[ "$status" = 0 ]
result 'clear of nothing is done' $?
nft 'add table inet mailward; add chain inet mailward foreign'
ask clear
[ "$status" = 0 ]
result 'a table that another hand made, of no owner' $?
check 'goes, too' sh -c '! nft list tables | grep mailward'
cp "$tmp/m.conf" "$tmp/broken.conf"
echo 'nonsense = 1' >>"$tmp/broken.conf"
mw enforce -c "$tmp/broken.conf"
[ "$status" = 1 ] && grep -q nonsense "$tmp/err"
result 'enforce with a broken config is refused' $?

tap_done
