#!/bin/sh
# 18-import - fail2ban filter files become pattern files: includes, references, tags, and what must be refused
. "$(dirname "$0")/../lib/tap.sh"
mkdir "$tmp/pat"
printf '[mailward]\npatterns = %s\n' "$tmp/pat" >"$tmp/m.conf"

# import ARGUMENT...: run it on filters of $dir; its status, output and messages are kept
import() {
	(cd "$tmp" && timeout 60 "$MAILWARD" import filter "$@") >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

# says FILE TEXT: FILE has this as a whole line
says() {
	grep -qxF -- "$2" "$tmp/$1"
}

# filter NAME: a filter file from stdin
filter() {
	cat >"$tmp/$1"
}

filter base.inc <<'END'
[DEFAULT]
_daemon = \S*
__prefix_line = (?:\S+ )?%(_daemon)s(?:\[\d+\])?:\s+
_port = (?::\d+)?
refusal = refused
[Definition]
failregex = ^%(__prefix_line)sbase \[<HOST>\]
END
filter late.inc <<'END'
[Definition]
refusal = %(known/refusal)s for good
END
filter first.conf <<'END'
# a comment
[INCLUDES]
before = base.inc
after  = late.inc
         missing.inc
         missing.local

[Definition]
_daemon = (?:one|two)mta(?:-\w+)?/smtp[ds]?
mode = normal
mdre-normal = ^%(__prefix_line)s%(refusal)s \[<HOST>\]%(_port)s: 55\d <F-USER>.*</F-USER>$

              ; a comment between
              ^%(__prefix_line)slogin of \S{1,30} from <HOST>, 100%%$
mdre-extra = %(mdre-normal)s
             ^%(__prefix_line)sgone \[(?P<ip4>[\d.]+)\]{,1} <x>$
failregex = <mdre-<mode>>
            %(known/failregex)s
            ^%(__prefix_line)sfrom \[(?:IPv6:<IP6>|<IP4>)\]:
ignoreregex = ^%(__prefix_line)srefused for good \[<HOST>\]: 550 test
[Init]
maxlines = 3
END

import first.conf
[ "$status" = 0 ]
result 'a filter of which nothing is lost ends with 0' $?
says err 'missing.inc: warning: an include that cannot be read: No such file or directory' && ! grep -q missing.local "$tmp/err"
result 'an include that is not there is told, but for a .local' $?
says out 'service first'
result 'the service is the file' $?
says out 'program onemta-*/smtp* onemta-*/smtp onemta/smtp* onemta/smtp twomta-*/smtp* twomta-*/smtp twomta/smtp* twomta/smtp'
result 'program tags come from _daemon' $?
ignore='(?!refused for good \[\S+\]: 550 test)'
says out "    match   ${ignore}refused for good \\[<addr>\\](?::\\d{1,255})?: 55\\d (?:.*)<end>"
result 'references, known values, tags and ignoreregex are resolved' $?
says out '    about   first.conf:11'
result 'a rule tells file and line of what it was' $?
says out "    match   ${ignore}login of \\S{1,30} from <addr>, 100%<end>"
result 'a value of several lines is several rules' $?
says out "    match   ${ignore}base \\[<addr>\\]"
result 'known/failregex is the included one' $?
says out "    match   ${ignore}from \\[(?:IPv6:<addr>|(?!))\\]:" && says out "    match   ${ignore}from \\[(?:IPv6:(?!)|<addr>)\\]:"
result 'two addresses make two match lines' $?

import --mode extra first.conf
[ "$status" = 0 ] && says out "    match   ${ignore}gone \\[<addr>\\]{0,1} \\<x><end>" && says out "    match   ${ignore}login of \\S{1,30} from <addr>, 100%<end>"
result '--mode picks the lines of another mode' $?
import --program 'x y*' first.conf
says out 'program x y*'
result '--program names the programs' $?

# what was imported works once each rule has its hit
import first.conf
awk '{ print }
	/^rule/ { n++ }
	/^    match/ && !done[n]++ {
		if (n == 1) print "    hit 192.0.2.7 refused for good [192.0.2.7]:25: 550 [203.0.113.99]"
		if (n == 2) print "    hit 192.0.2.7 login of info from 192.0.2.7, 100%"
		if (n == 3) print "    hit 192.0.2.7 base [192.0.2.7]"
		if (n == 4) print "    hit 2001:db8::7 from [IPv6:2001:db8::7]: x"
	}' "$tmp/out" >"$tmp/pat/first.pat"
"$MAILWARD" check -c "$tmp/m.conf" >"$tmp/out" 2>"$tmp/err"
status=$?
[ "$status" = 0 ]
result 'check takes the imported file' $?
printf '%s\n' \
	'Nov 22 10:00:00 mx onemta/smtpd[1]: refused for good [192.0.2.7]: 550 no' \
	'Nov 22 10:00:00 mx onemta/smtpd[1]: refused for good [192.0.2.7]: 550 test' \
	'Nov 22 10:00:00 mx other[1]: refused for good [192.0.2.7]: 550 no' \
	'Nov 22 10:00:00 mx twomta-a/smtp[1]: from [192.0.2.8]: x' |
	"$MAILWARD" match -c "$tmp/m.conf" --plain >"$tmp/out" 2>"$tmp/err"
status=$?
printf '1 192.0.2.7 first/failregex-1 1\n4 192.0.2.8 first/failregex-4 1\n' | cmp -s - "$tmp/out"
result 'and match counts by it, but for what ignoreregex says' $?

# prefregex
filter pre.conf <<'END'
[Definition]
_daemon = premta
prefregex = ^<F-MLFID>%(__prefix_line)s(?:\w{8,20}: )?</F-MLFID><F-CONTENT>.+</F-CONTENT>$
failregex = ^\[<HOST>\] refused$
            ^\[<HOST>\] gone
END
import pre.conf
[ "$status" = 0 ] && says out '    match   (?:(?:\w{8,20}: )?)(?:\[<addr>\] refused)<end>' && says out '    match   (?:(?:\w{8,20}: )?)(?:\[<addr>\] gone).*<end>'
result 'a failregex stands in the place of prefregex'\''s content' $?

# logs of a server's own format
filter own.conf <<'END'
[Definition]
failregex = ^ \[own\] Blocked <ADDR>;$
END
import own.conf
[ "$status" = 0 ] && says out 'program -' && says out '    match   \[own\] Blocked <addr>;<end>'
result 'without a header the rule is for lines without a program' $?

# what must not become a rule: NAME of the file, what is said, the failregex
refused() {
	printf '[Definition]\n_daemon = mta\nfailregex = %s\n' "$2" >"$tmp/bad.conf"
	import bad.conf
	[ "$status" = 1 ] && grep -q '^bad.conf:3: ' "$tmp/err" && grep -qF -- "$1" "$tmp/err" && ! grep -q '^rule\|^    match' "$tmp/out" &&
		! grep -qv '^#\|^$\|^service bad$\|^program \(mta\|-\)$' "$tmp/out"
	result "refused: $2" $?
}
refused 'a client may have written this' '^%(__prefix_line)suser .* from <HOST> failed'
refused 'a client may have written this' 'login failed from <HOST>'
refused 'a client may have written this' '^%(__prefix_line)sHELO (\S+) \[<HOST>\] x'
refused 'blames nobody' '^%(__prefix_line)sno address'
refused 'several lines' '^%(__prefix_line)sa<SKIPLINES>b <HOST>'
refused 'several lines' '^%(__prefix_line)sa\nb <HOST>'
refused 'no failure by itself' '^%(__prefix_line)s<F-NOFAIL>connect</F-NOFAIL> from <HOST>$'
refused 'refers back' '^%(__prefix_line)s(?P<x>\d) (?P=x) <HOST>$'
refused 'backreferences' '^%(__prefix_line)s(\d) \1 <HOST>$'
refused 'lookbehind' '^%(__prefix_line)s(?<=x)<HOST>$'
refused 'exponential' '^%(__prefix_line)s<HOST> (?:a+)+$'
refused 'not closed' '^%(__prefix_line)s[<HOST>'
refused 'not closed' '^%(__prefix_line)s(<HOST>'
refused 'header is not at its beginning' '^x %(__prefix_line)s<HOST>$'
refused "no value 'nothing'" '^%(nothing)s <HOST>$'
refused 'refers to itself' '^%(failregex)s x <HOST>$'

filter loop.conf <<'END'
[INCLUDES]
before = loop.conf
[Definition]
failregex = ^<HOST>$
END
import loop.conf
[ "$status" = 1 ] && grep -q 'includes too many files, or itself' "$tmp/err"
result 'a file that includes itself' $?

{ printf '[Definition]\na0 = xxxxxxxxxxxxxxxx\n'
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do p=$((i - 1)); echo "a$i = %(a$p)s%(a$p)s%(a$p)s"; done
  echo 'failregex = ^%(a12)s<HOST>'; } >"$tmp/grow.conf"
import grow.conf
[ "$status" = 1 ] && grep -q 'grows too long' "$tmp/err"
result 'references that grow without end' $?

printf '[Definition]\nfailregex = ^\033[31m<HOST>$\n    ^bad\033 x .* <HOST> y\n_daemon = \033\n' >"$tmp/esc.conf"
import esc.conf
! grep -q "$(printf '\033')" "$tmp/out" "$tmp/err"
result 'no control byte of a filter reaches the terminal' $?

import none.conf
[ "$status" = 1 ] && [ ! -s "$tmp/out" ] && says err 'none.conf: cannot be read: No such file or directory'
result 'a file that is not there' $?
for arguments in '' 'first.conf extra'; do
	# shellcheck disable=SC2086 # words
	import $arguments
	[ "$status" = 2 ] && grep -q '^usage: mailward import' "$tmp/err"
	result "usage error: import filter $arguments" $?
done
"$MAILWARD" import --help >"$tmp/out" 2>"$tmp/err"
status=$?
[ "$status" = 0 ] && head -n 1 "$tmp/out" | grep -q '^usage: mailward import' && [ ! -s "$tmp/err" ]
result 'import --help' $?

tap_done
