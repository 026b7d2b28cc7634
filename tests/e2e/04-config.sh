#!/bin/sh
# 04-config - a wrong config stops every command before it starts: file:line: what is wrong, what would be right, exit 1
. "$(dirname "$0")/../lib/tap.sh"
patterns=$root/patterns

# refused TEXT WANTED: the config on stdin is refused with exactly these messages (the folder's name left out)
refused() {
	cat >"$tmp/m.conf"
	mw check -c "$tmp/m.conf"
	sed "s|$tmp/||g" "$tmp/err" >"$tmp/said"
	[ "$status" = 1 ] && [ "$(cat "$tmp/said")" = "$2" ]
	result "$1" $?
}

refused 'an unknown key' "m.conf:2: unknown key 'windw', did you mean 'window'?" <<'END'
[policy]
windw = 10m
END
refused 'an unknown section' "m.conf:1: unknown section [polcy], did you mean [policy]?" <<'END'
[polcy]
END
refused 'a duplicate key' 'm.conf:3: window is set in line 2 already, one line would be right' <<'END'
[policy]
window = 10m
window = 20m
END
refused 'a bad duration' "m.conf:2: window: '10 minutes' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right" <<'END'
[policy]
window = 10 minutes
END
refused 'a bad number' "m.conf:2: hard_error_limit: 'six' is no number from 1 to 1000" <<'END'
[policy]
hard_error_limit = six
END
refused 'a bad prefix' "m.conf:2: addresses: '192.0.2.7/24' has bits set past its length; 192.0.2.0/24 would be right" <<'END'
[allow]
addresses = 192.0.2.7/24
END
refused 'everybody on the allow-list' "m.conf:2: addresses: '0.0.0.0/0' would hold all of IPv4; 192.0.2.1 or 192.0.2.0/24 would be right
m.conf:3: addresses: '::/0' would hold all of IPv4, too (all of public IPv6 is 2000::/3); 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right" <<'END'
[allow]
addresses = 0.0.0.0/0
	::/0
END
refused 'a ban of five: seconds, as the manual says' 'm.conf:4: ban_time = 5s is above ban_time_max = 4s, at most the same would be right' <<'END'
[policy]
delay = 1s
ban_time_max = 4
ban_time = 5
END
refused 'limits out of order' 'm.conf:2: soft_error_limit = 9 is above hard_error_limit = 6 (the default), at most the same would be right' <<'END'
[policy]
soft_error_limit = 9
END
refused 'an indented key' "m.conf:3: an indented line goes on with the value of 'window', which takes one line; a key at the left margin would be right" <<'END'
[policy]
window = 10m
	delay = 5s
END
refused 'a value that is all comment' 'm.conf:2: window: no value, a value or no such line (the default holds) would be right' <<'END'
[policy]
window = ; ten minutes
END
printf '[mailward]\npatterns = /%0250d\ndry_run = yes\n' 0 >"$tmp/text"
refused 'an over-long line' 'm.conf:2: the line has 262 bytes without comment, at most 196 would be right (a list goes on in indented lines)' <"$tmp/text"
printf '[policy]\nwindow = 10m\000\n' >"$tmp/text"
refused 'a NUL' 'm.conf:2: the line is not read: holds a NUL byte: a plain text file (UTF-8, not UTF-16) would be right' <"$tmp/text"
refused 'a rule that does not exist' 'm.conf:2: there is no rule postfix/no-such-rule in the patterns' <<END
[rules]
postfix/no-such-rule = 1
END
refused 'everything that is wrong, at once' "m.conf:1: unknown section [nonsense], mailward, source NAME, policy, service NAME, names, rules, allow, notify, metrics, fleet or blocklist NAME would be right
m.conf:4: delay: 'soon' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right
m.conf:6: dry_run: 'perhaps' is neither yes nor no" <<'END'
[nonsense]
ignored = yes
[policy]
delay = soon
[mailward]
dry_run = perhaps
END

mw check -c "$tmp/missing.conf"
[ "$status" = 1 ] && [ "$(cat "$tmp/err")" = "$tmp/missing.conf: cannot be read: No such file or directory" ]
result 'a missing file' $?
mw check -c "$tmp"
[ "$status" = 1 ] && [ "$(cat "$tmp/err")" = "$tmp: cannot be read: Is a directory" ]
result 'a folder' $?
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	echo '[policy]' >"$tmp/secret.conf"
	chmod 600 "$tmp/secret.conf"
	timeout 60 setpriv --reuid 65534 --clear-groups "$MAILWARD" check -c "$tmp/secret.conf" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	[ "$status" = 1 ] && [ "$(cat "$tmp/err")" = "$tmp/secret.conf: cannot be read: Permission denied" ]
	result 'a file that may not be read' $?
else
	skip 'a file that may not be read' 'needs root and setpriv'
fi

# every command that reads the config refuses it, and starts nothing
cat >"$tmp/bad.conf" <<END
[mailward]
patterns = $patterns
socket = $tmp/control
[source maillog]
file = $tmp/mail.log
[policy]
window = ten
END
echo 'Nov 22 10:00:00 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.7]: 554 5.7.1 <a@example.com>: Relay access denied; from=<> to=<a@example.com>' >"$tmp/mail.log"
wanted="$tmp/bad.conf:7: window: 'ten' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right"
for command in run 'run --dry-run' scan "scan $tmp/mail.log" match check status list 'ban 192.0.2.7' 'unban --all'; do
	# shellcheck disable=SC2086
	mw $command -c "$tmp/bad.conf"
	[ "$status" = 1 ] && [ "$(cat "$tmp/err")" = "$wanted" ] && [ ! -s "$tmp/out" ] && [ ! -e "$tmp/control" ]
	result "mailward $command refuses it and does nothing" $?
done

# and what is right is right
sed 's/= ten/= 10m ; ten minutes/' "$tmp/bad.conf" >"$tmp/good.conf"
mw check -c "$tmp/good.conf"
[ "$status" = 0 ] && [ ! -s "$tmp/err" ]
result 'a good config is fine' $?
# what docs/everyday.md shows can be copied: each block that begins with a section, or with a comment
printf '192.0.2.7 REJECT\n' >"$tmp/access"
awk '/^```/ { block = !block; first = block; next } block { if (first) wanted = /^[[#;]/; first = 0; if (wanted) print }' docs/everyday.md |
	sed "s|/etc/postfix/access|$tmp/access|" >"$tmp/copied.conf"
printf '[mailward]\npatterns = %s\n' "$patterns" >>"$tmp/copied.conf"
mw check -c "$tmp/copied.conf"
[ "$status" = 0 ] && [ ! -s "$tmp/err" ] && grep -q "^$tmp/access: \[blocklist local\], access(5): 1 line drops 1 IPv4 address and 0 IPv6 /64 networks, in 1 range" "$tmp/out"
result 'the sections in docs/everyday.md are taken as they stand there, with their comments' $?
mw scan --json -c "$tmp/good.conf"
[ "$status" = 0 ] && grep -q '"lines":1,' "$tmp/out"
result 'and is followed: scan reads its source' $?
cp "$tmp/good.conf" "$tmp/relative.conf"
sed -i "s|$tmp/||" "$tmp/relative.conf"
mw scan --json -c "$tmp/relative.conf"
[ "$status" = 0 ] && grep -q '"lines":1,' "$tmp/out"
result "relative paths begin at the config's folder" $?

tap_done
