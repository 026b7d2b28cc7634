#!/bin/sh
# 22-hints - what is said where mailward itself cannot know: of private addresses, of logs that nobody writes any more, of new wordings
#
# The daemon is a dry run; nothing is dropped.
. "$(dirname "$0")/../lib/tap.sh"
[ "$(id -u)" != 0 ] || chown nobody "$tmp"	# whom a daemon that root starts becomes

# fails FROM TO ADDRESS: failed logins under names of their own, as Postfix would write them now
fails() {
	n=$1
	while [ "$n" -le "$2" ]; do
		echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx postfix/smtpd[$n]: warning: unknown[$3]: SASL LOGIN authentication failed: authentication failure, sasl_username=u$n"
		n=$((n + 1))
	done
}

says() { grep -qF "$1" "$tmp/out"; }
ask() { mw "$@" -c "$tmp/m.conf"; }
answers() { "$MAILWARD" status -c "$tmp/m.conf" >"$tmp/status" 2>/dev/null; }

printf '[allow]\naddresses = 192.168.7.7\n[policy]\nipv6_prefix = 56\n' | usual_conf >"$tmp/m.conf"
hint='if it is a webmail'
{ fails 1 6 192.168.7.8; fails 11 13 10.1.2.3; fails 21 22 172.16.0.9; fails 31 37 192.168.7.7; fails 41 43 198.51.100.9; } >"$tmp/mail.log"

ask check
[ "$status" = 0 ] && says "$tmp/mail.log: 6 of the last 21 errors are 192.168.7.8's: a private address; $hint"
result 'check says who of the private addresses fails much, and how to allow it' $?
says "3 of the last 21 errors are 10.1.2.3's"
result 'each of them' $?
! says "172.16.0.9" && ! says "192.168.7.7's" && ! says '198.51.100.9'
result 'but none that fails little, none that is allowed, and no other' $?

ask scan
grep -q "would ban 192.168.7.8 for 1h .*: a private address; $hint.* \[allow\] addresses = 192.168.7.8 " "$tmp/out"
result 'so does the line of a ban' $?
ask scan --json
grep -q '"event":"ban".*"address":"192.168.7.8".*"private":true' "$tmp/out" && ! grep -q '"address":"198.51.100.9".*private' "$tmp/out"
result 'and as JSON' $?

start daemon "$MAILWARD" run --dry-run -c "$tmp/m.conf"
daemon=$pid
is_banned() { answers && grep -q '^running    1 ban' "$tmp/status"; }
wait_until is_banned
grep -q "^private    192.168.7.8 would be banned: a private address; $hint" "$tmp/status"
result 'status says it while the ban runs' $?
ask explain 192.168.7.8
says "private    a private address; $hint"
result 'and explain' $?
grep -q '^line       .*  192.168.7.8 postfix/sasl-failed  weighs 1$' "$tmp/out" && [ "$(grep -c '^line ' "$tmp/out")" = 6 ] &&
	says '           postfix/smtpd[6]: warning: unknown[192.168.7.8]: SASL LOGIN authentication failed: authentication failure, sasl_username=u6'
result 'and by which lines, and what each weighs' $?
says 'undo       mailward unban 192.168.7.8; to keep it from coming again: mailward allow 192.168.7.8, or [allow] in the config'
result 'and how to undo it' $?
ask ban 2001:db8:7:1::8
ask explain 2001:db8:7:1::8
says 'undo       mailward unban 2001:db8:7::/56; to keep it from coming again: addresses = 2001:db8:7::/56 in [allow], then mailward reload'
result 'of a network that "allow" would refuse, by the config alone' $?
ask unban 2001:db8:7:1::8
ask explain --json 192.168.7.8
grep -q '"evidence":\[{"time":"[^"]*","address":"192.168.7.8","rule":"postfix/sasl-failed","weight":1.0,"line":"postfix/smtpd\[1\]: warning' "$tmp/out"
result 'as JSON, too' $?
ask explain 192.168.7.7
! says 'private'
result 'but not of one that is allowed' $?
ask status
says 'well       all is well' && grep -q "^source     $tmp/mail.log: following, 21 lines, 0 rotations, [0-9.]* lines a second, the last [0-9a-z]* ago$" "$tmp/out" &&
	grep -q '^rule       postfix/sasl-failed: [0-9]* errors, the last' "$tmp/out"
result 'status says that all is well, how lively a source is, and which rules count' $?
ask status --check
[ "$status" = 0 ] && grep -qx 'MAILWARD OK - dry run, 1 ban running | bans=1 delays=[0-9]* tracked=[0-9]* errors=[0-9]*c lines=21c' "$tmp/out" && [ "$(wc -l <"$tmp/out")" = 1 ]
result 'status --check is one line for a monitoring plugin' $?
rm "$tmp/mail.log"
is_blind() { ! "$MAILWARD" status --check -c "$tmp/m.conf" >"$tmp/check" 2>/dev/null; }
wait_until is_blind
"$MAILWARD" status --check -c "$tmp/m.conf" >"$tmp/out" 2>"$tmp/err"
status=$?
[ "$status" = 2 ] && says "MAILWARD CRITICAL - $tmp/mail.log is not being read"
result 'of a daemon that reads nothing it is critical' $?
ask status
[ "$status" = 1 ] && says "TROUBLE    $tmp/mail.log is not being read"
result 'and status says why' $?
end "$daemon"
ask status --check
[ "$status" = 2 ] && says 'MAILWARD CRITICAL - the daemon does not answer'
result 'as it is where there is no daemon' $?
cp "$tmp/m.conf" "$tmp/good.conf"
echo nonsense >>"$tmp/m.conf"
ask status --check
[ "$status" = 3 ] && says 'MAILWARD UNKNOWN - the daemon cannot be asked: the configuration is wrong'
result 'where the configuration is wrong it is unknown' $?
mv "$tmp/good.conf" "$tmp/m.conf"
ask status --help
says '2 when it is critical or no' && says '3 when whoever asks may not, or the configuration is wrong'
result 'and that is what its help says' $?

# ---- new wordings

{
	fails 1 2 192.0.2.7
	for n in 1 2 3; do
		echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx postfix/smtpd[$n]: NOQUEUE: frobnicate: RCPT from x[192.0.2.7]: client Denied by$(printf '\033')[31m policy $n"
	done
	echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx postfix/smtpd[9]: connect from x[192.0.2.7]"
	echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx frobd[9]: hello"
} >"$tmp/new.log"
mw scan -c "$tmp/m.conf" "$tmp/new.log"
says 'What no rule has met: 5 lines'
result 'scan counts the lines that no rule has met' $?
grep -q "^ *4  postfix/smtpd, 3 of them with words of a refusal; the first: NOQUEUE: frobnicate: .*client Denied by..*policy 1$" "$tmp/out"
result 'by program, those that sound like a refusal with an example' $?
! grep -q "$(printf '\033')" "$tmp/out"
result 'which is escaped' $?
grep -q '^ *1  frobd, which no rule is for$' "$tmp/out"
result 'and those of programs that no rule is for' $?
mw scan --json -c "$tmp/m.conf" "$tmp/new.log"
grep -q '"event":"summary".*"unread":5,"unread_programs":\[{"program":"postfix/smtpd","lines":4,"has_rules":true,"refusals":3,"example":"NOQUEUE[^}]*},{"program":"frobd","lines":1,"has_rules":false,"refusals":0}\],' "$tmp/out"
result 'as JSON, too' $?
grep -qF '\u001b' "$tmp/out" && ! grep -qF 'u005cx1b' "$tmp/out"
result 'where it is the byte that it was' $?
n=0
while [ "$n" -lt 200 ]; do
	n=$((n + 1))
	echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx prog$n[9]: hello"
done >"$tmp/many.log"
mw scan --json -c "$tmp/m.conf" "$tmp/many.log"
[ "$(grep -o '"program":' "$tmp/out" | wc -l)" = 64 ] && grep -q '"unread":200' "$tmp/out"
result 'of many programs so many are told apart, and all are counted' $?

tap_done
