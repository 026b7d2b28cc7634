#!/bin/bash
# 07-postfix - the whole system: a real Postfix under attack, mailward in front of it, a customer in between
#
# The topology is drawn in lib_postfix.sh. Takes two to three minutes, root, and namespaces of its own; touches
# nothing outside them but /etc/netns/ and a folder in /tmp, and takes both away. MAILWARD= names another build.

. "$(dirname "$0")/../lib/tap.sh"
. tests/e2e/lib_postfix.sh
. tests/e2e/lib_mailward.sh

# bot, what it does, what the access map says of its address, what that counts as
misbehaviours='
10 | user-unknown-local       |                                       | user-unknown
11 | user-unknown-alias       |                                       | user-unknown
12 | user-unknown-mailbox     |                                       | user-unknown
13 | user-unknown-relay       |                                       | user-unknown
14 | relay                    |                                       | relay-denied
15 | relay                    | defer_unauth_destination              | relay-denied
16 | ordinary-session         | REJECT                                | client-access
17 | ordinary-session         | 554 5.7.1 Go away, we know you        | client-access
18 | sender-access            | by_sender                             | sender-access
19 | sender-access-text       | by_sender                             | sender-access
20 | helo-access              | by_helo                               | helo-access
21 | helo-access-text         | by_helo                               | helo-access
22 | recipient-access         | by_recipient                          | recipient-access
23 | recipient-access-text    | by_recipient                          | recipient-access
24 | nonfqdn-sender           |                                       | nonfqdn-sender
25 | nonfqdn-recipient        |                                       | nonfqdn-recipient
26 | unknown-sender-domain    |                                       | unknown-sender-domain
27 | unknown-recipient-domain |                                       | unknown-recipient-domain
28 | nonfqdn-helo             |                                       | nonfqdn-helo
29 | invalid-helo             |                                       | invalid-helo
30 | unknown-helo             | reject_unknown_helo_hostname          | unknown-helo
31 | helo-missing             |                                       | helo-required
32 | pipelining               |                                       | pipelining
33 | ordinary-session         | reject_unknown_client_hostname        | unknown-client
34 | ordinary-session         | reject_unknown_reverse_client_hostname| unknown-reverse-client
35 | ordinary-session         | on_dnsbl                              | dnsbl
36 | too-many-errors          |                                       | too-many-errors
37 | six-and-out              |                                       | user-unknown user-unknown user-unknown user-unknown user-unknown user-unknown
'
nameless='33 34 38 81' listed=35 liars=81

# warn_if_reject: refused by the letter, let through, never counted
warned='
38 | ordinary-session         |                                       |
39 | unknown-helo             |                                       |
'

# what they write looks like the server's words about 198.51.100.99
forged='
70 | forged-helo-address      |                                       | invalid-helo
71 | forged-helo-line         |                                       | invalid-helo
72 | forged-sender-address    |                                       | user-unknown
73 | forged-sender-line       |                                       | user-unknown
74 | forged-recipient-address |                                       | user-unknown
75 | forged-recipient-line    |                                       | user-unknown
76 | forged-recipient-long    |                                       | user-unknown
77 | forged-recipient-illegal |                                       |
78 | forged-command           |                                       | unknown-commands
79 | forged-pipelining        |                                       | pipelining
80 | forged-line-ends         |                                       | user-unknown user-unknown user-unknown user-unknown
81 | forged-reverse-name      |                                       | user-unknown
'

# rows TABLE AWK - run an awk program on each row: n, does, map, counts, and its addresses v4, v6
rows() {
	printf '%s\n' "$1" | awk -F ' *[|] *' '
	function each() { '"$2"' }
	NF == 4 { n = $1 + 0; does = $2; map = $3; counts = $4; v4 = "198.51.100." n; v6 = "2001:db8:b0:" n "::1"; each() }'
}
access_map() { rows "$misbehaviours" 'if (map != "") { print v4, map; print v6, map }'; }
rules() { rows "$misbehaviours$forged" 'if (split(counts, c, " ")) print c[1]' | sort -u; }
addresses() { rows "$1" 'print v4; print v6'; }
misbehave() { rows "$1" 'print v4, does; print v6, does' | bot misbehave; }

# gone ADDRESS... - has Postfix logged the end of a session of each?
gone() {
	local address
	for address; do
		cat "$tmp"/log/* | grep -qE "disconnect from [^ ]+\[$address\]" || return
	done
}

# counts_as TABLE - each row's two addresses have exactly the errors it says
counts_as() {
	local n does wanted
	wait_until gone $(addresses "$1")
	caught_up observer
	while IFS='|' read -r n does wanted; do
		same "198.51.100.$n and 2001:db8:b0:$n::/64, $does: ${wanted:-nothing counts}" "$wanted; $wanted" \
			"$(counted observer "198.51.100.$n"); $(counted observer "2001:db8:b0:$n::/64")"
	done < <(rows "$1" 'print n "|" does "|" counts')
}

set_up() {
	make_network && start_dns "$nameless" "$listed" "$liars" && access_map | make_postfix && copy_program && configure observer <<-END &&
		[source maillog]
		file = $maillog
		; every single error shows as an event
		[policy]
		judge = window
		soft_error_limit = 1
		hard_error_limit = 1000
		delay            = 1h
		ban_time         = 1h
		network_limit    = 0
		[rules]
		$(rules | sed 's,.*,postfix/& = 1,')
	END
	configure live <<-END
		[source maillog]
		file = $maillog
		[policy]
		judge         = window
		delay         = 4s
		ban_time      = 12s
		ban_factor    = 1
		network_limit = 0
	END
	sed "s,$tmp/live,$tmp/twin," "$tmp/live.conf" >"$tmp/twin.conf" && mkdir "$tmp/twin" && chown nobody "$tmp/twin"
}

the_customer_delivers() {
	mkfifo "$tmp/customer.stop"
	in_bots python3 "$here/bots.py" customer 198.51.100.250 2001:db8:b0:fa::1 <"$tmp/customer.stop" >"$tmp/customer.out" 2>&1 &
	customer=$!
	pids="$pids $customer"
	exec 7>"$tmp/customer.stop"
	wait_until grep -q sent "$tmp/customer.out"
}

the_customer_has_lost_nothing() {
	echo >&7
	exec 7>&-
	wait $customer
	local sent
	sent=$(sed -n 's/^sent //p' "$tmp/customer.out" | sort)
	note "the customer sent $(printf '%s\n' "$sent" | wc -l) mails meanwhile"
	same 'every mail of the customer was taken' '' "$(grep -v '^sent ' "$tmp/customer.out")"
	wait_until eval '[ "$(ls "$mailbox/new" | wc -l)" -ge "$(printf "%s\n" "$sent" | wc -l)" ]'
	same 'and every one has arrived, once' "$sent" "$(grep -rh '^Subject: mail-' "$mailbox/new" | sed 's/Subject: //' | sort)"
}

# --- rotation ---

# As logrotate does it: the new file is there at once, Postfix writes to the old one until it is told.
rename_log() {
	rotations=$((rotations + 1))
	install -m 644 /dev/null "$maillog.new" && mv "$maillog" "$maillog.$rotations" && mv "$maillog.new" "$maillog"
}
reload_postfix() { in_mx postfix -c "$etc" reload >/dev/null 2>&1 && wait_until test -s "$maillog"; }

# Copying and truncating loses what is written between the two, whoever reads; so nobody writes, and all is read.
copy_and_truncate() {
	rotations=$((rotations + 1))
	caught_up observer &&
	cp "$maillog" "$maillog.$rotations" && : >"$maillog"
}

# two sessions that err once more, word by word, at each step
hold_sessions() {
	rm -f "$tmp"/hold.*
	mkfifo "$tmp/hold.in"
	in_bots python3 "$here/bots.py" hold "$@" <"$tmp/hold.in" >"$tmp/hold.out" 2>&1 &
	pids="$pids $!"
	exec 8>"$tmp/hold.in"
}
step() { echo "$1" >&8 && wait_until grep -qx "$1" "$tmp/hold.out"; }

# forty bots, five errors each, and the log is renamed under them again and again
flood_and_rotate() {
	local n flood before=$rotations
	for n in {120..139}; do
		printf '%s five-errors\n' "198.51.100.$n" "2001:db8:b0:$n::1"
	done | bot misbehave &
	flood=$!
	until exited $flood; do
		rename_log
		reload_postfix || return
		wait_until eval "exited $flood || [ \$(grep -c reject: '$maillog') -ge 25 ]" || return
	done
	wait $flood && [ $rotations -gt $((before + 2)) ]
}

# --- the firewall ---

# a_session_is_cut ADDRESS - Postfix notices at once that a banned client is gone, instead of waiting its 300 s
a_session_is_cut() {
	hold_sessions "$1"
	step 1 && ask live ban "$1" --for 1h &&
	wait_until grep -qE "lost connection after RCPT from [^ ]*\[$1\]" "$maillog"
	local status=$?
	exec 8>&-
	return $status
}

# attacked_until KIND COUNT ADDRESS... - a fresh bot errs, and is dropped; on a machine so slow that the drop is over
# before the look at it is, the next one has its turn. Sets $attacker.
attacked_until() {
	local kind=$1 count=$2
	shift 2
	for attacker; do
		in_bots python3 "$here/bots.py" errors "$attacker" "$count" >/dev/null 2>&1 &
		pids="$pids $!"
		wait_until listed "$kind" "$attacker" || return
		dropped "$attacker" && return
		in_kernel "$attacker" && { echo "$attacker is in the kernel's sets and is answered"; return 1; }
		note "$attacker: over before it could be looked at"
	done
	return 1
}
needs
set_up || bail_out 'the lab cannot be built'
note 'a Postfix with the shipped settings'
check 'scripts/postfix-setup applies etc/postfix/main.cf' "$root/scripts/postfix-setup" --yes -c "$etc"
check 'Postfix takes it and answers' start_postfix
check 'a customer begins to deliver, and goes on to the end' the_customer_delivers

note 'dry run, as nobody and without a capability: each misbehaviour, from an IPv4 and an IPv6 address'
check 'the observer starts' start_dry observer || bail_out 'no daemon, no test'
check 'the bots misbehave' misbehave "$misbehaviours"
counts_as "$misbehaviours"
check 'more bots: what warn_if_reject lets pass' misbehave "$warned"
counts_as "$warned"
check 'more bots: forged text about 198.51.100.99' misbehave "$forged"
counts_as "$forged"
same 'nobody else was blamed' "$(rows "$misbehaviours$forged" 'if (counts != "") { print v4; print "2001:db8:b0:" n "::/64" }' | sort)" \
	"$(blamed observer)"
same 'the dry run leaves the kernel alone: nft list ruleset is empty' '' "$(in_mx nft list ruleset 2>&1)"

note 'the log is rotated under attack'
rotations=0
holding='198.51.100.110 2001:db8:b0:110::1'
hold_sessions $holding
check 'two sessions are open, one error each' step 1
check 'renamed, and a new file made' rename_log
check 'Postfix still writes to the old one: one more error each' step 2
check 'and that is where they are' grep -qF 'RCPT from b110.bots.example[198.51.100.110]' "$maillog.1"
check 'Postfix opens the new one' reload_postfix
check 'one more error each' step 3
check 'copied and truncated' copy_and_truncate
check 'one more error each' step 4
exec 8>&-
check 'twenty bots of each family err five times each, renamed again and again meanwhile' flood_and_rotate
wait_until gone $holding 198.51.100.{120..139} 2001:db8:b0:{120..139}::1
caught_up observer
for address in $holding; do
	same "$address: four errors, none lost, none twice" 'user-unknown user-unknown user-unknown user-unknown' \
		"$(counted observer "$(unit "$address")")"
done
same 'the forty: five errors each' "$(for n in {120..139}; do printf '%s 5\n' "198.51.100.$n" "2001:db8:b0:$n::/64"; done | sort)" \
	"$(for n in {120..139}; do for a in "198.51.100.$n" "2001:db8:b0:$n::/64"; do echo "$a $(counted observer "$a" | wc -w)"; done; done | sort)"

note 'what is said about capabilities'
in_mx $unprivileged "$mailward" run -c "$tmp/live.conf" >"$tmp/nocap.out" 2>"$tmp/nocap.err"
same 'without CAP_NET_ADMIN nothing starts: exit status 1' 1 $?
check 'and the message names what is missing' grep CAP_NET_ADMIN "$tmp/nocap.err"
same 'and the kernel is as empty as before' '' "$(in_mx nft list ruleset 2>&1)"

note 'mailward at work, as nobody with CAP_NET_ADMIN: delay 4s, ban_time 12s'
check 'it starts' start_live live
check 'beside it a dry run with the same config' start_dry twin
bot patient 198.51.100.140 6 >"$tmp/patient.out" 2>&1 &
patient=$!
pids="$pids $patient"

for family in IPv4 IPv6; do
	[ $family = IPv4 ] && fresh() { printf '198.51.100.%s ' "$@"; } || fresh() { printf '2001:db8:b0:%s::1 ' "$@"; }

	note "$family"
	check 'three errors: a SYN is dropped' attacked_until delay 3 $(fresh 150 151 152)
	check 'a neighbour is answered' answered $(fresh 159)
	check 'after the delay the bot is answered' wait_until answered "$attacker"
	check 'six errors: a SYN is dropped, and it is a ban' attacked_until ban 6 $(fresh 160 161 162)
	[ $family = IPv4 ] || in_mx nft list table inet mailward | sed 's/^/#   /'
	check 'a neighbour is answered' answered $(fresh 169)
	check 'the ban ends in the kernel' wait_until not in_kernel "$attacker"
	check 'and the bot is answered' answered "$attacker"
	check 'and the daemon lists it no longer' wait_until unlisted ban "$attacker"

	ours=$(fresh 170)
	check 'the operator bans' ask live ban $ours --for 1h --reason 'the whole system test'
	check 'dropped' wait_until dropped $ours
	check 'and unbans' ask live unban $ours
	check 'answered' wait_until answered $ours
	check 'not in the kernel' not in_kernel $ours
	check 'unban of one who is not banned fails' not ask live unban $ours
	ours=$(fresh 180)
	if grep -q 'cannot be cut' "$tmp/live.err"; then
		skip 'a session under way is cut' 'this kernel cannot (INET_DIAG_DESTROY)'
	else
		check 'a session under way is cut by a ban' a_session_is_cut $ours
	fi
	check 'six errors' attacked_until ban 6 $(fresh 171 172 173)
	check 'a ban of the daemon can be undone, too' ask live unban "$attacker"
	check 'answered' wait_until answered "$attacker"
done
check 'the mail server itself cannot be banned' not ask live ban 192.0.2.25
ask live ban 192.0.2.0/24 >"$tmp/around" 2>&1
check 'a network it is in can be, and it is let through' grep -q 'is banned for .*; who is allowed in it is let through' "$tmp/around"
check 'until it is released' ask live unban 192.0.2.0/24
check 'a network is banned' ask live ban 198.51.100.176/29 --for 1h
check 'and its addresses are dropped' wait_until unanswered 198.51.100.183
check 'but not the one after it' answered 198.51.100.184
in_mx nft flush ruleset
check 'somebody says "nft flush ruleset": still dropped' wait_until unanswered 198.51.100.183
check 'unban --all' ask live unban --all
check 'frees them' wait_until answered 198.51.100.183
check 'the list is told' ask live list --json
same 'nobody is listed' '' "$(ask live list --json 2>&1 | grep -v 198.51.100.140)"

note 'the patient one, an error a session'
wait_until exited $patient
wait $patient
same 'gets through its six errors' 0 $?
wait_until grep -q '"ban".*"198.51.100.140"' "$tmp/twin.out"
same '198.51.100.140 waits longer each time, then is banned' \
	'delay 4 3 postfix/user-unknown
delay 8 4 postfix/user-unknown
delay 12 5 postfix/user-unknown
ban 12 6 postfix/user-unknown' "$(grep '"198.51.100.140"' "$tmp/twin.out" |
	sed 's/.*"event":"\([a-z]*\)".*"seconds":\([0-9]*\),"errors":\([0-9]*\),"rule":"\([^"]*\)".*/\1 \2 \3 \4/')"

note 'the daemon ends'
check 'a ban of an hour' ask live ban 198.51.100.199 --for 1h
attacked_until ban 6 198.51.100.190 2001:db8:b0:190::1 >/dev/null
children=$(pgrep -P "$(pid_of live)")
end "$(pid_of live)" TERM
same 'SIGTERM: exit status 0' 0 $?
check 'the warden goes with it' wait_until exited "$children"
check 'the ban goes on without them' in_kernel "$attacker"
check 'and ends by itself' wait_until not in_kernel "$attacker"
check 'the bot is answered' answered "$attacker"
check 'it starts again' start_live live
check 'the ban of an hour is still on' dropped 198.51.100.199
check 'and listed' listed ban 198.51.100.199
check 'and bans again' attacked_until ban 6 198.51.100.{191..193}
children=$(pgrep -P "$(pid_of live)")
end "$(pid_of live)" KILL 2>/dev/null
check 'kill -9: the warden goes with it' wait_until exited "$children"
check 'the ban goes on without them' in_kernel "$attacker"
check 'and ends by itself' wait_until not in_kernel "$attacker"
check 'the bot is answered' answered "$attacker"
check 'it starts after a crash' start_live live
check 'the ban of an hour is still on' dropped 198.51.100.199
check 'and listed' listed ban 198.51.100.199
check 'and bans again' attacked_until ban 6 2001:db8:b0:{194..196}::1

note 'the end'
the_customer_has_lost_nothing
for daemon in observer twin live; do
	end "$(pid_of $daemon)" TERM
	same "$daemon ends with status 0" 0 $?
	# a sanitizer build says that its seccomp only reports
	# older kernels know no owner of a table: there it was flushed, and built anew
	same 'and has had nothing to complain of' '' "$(grep -v 'seccomp only reports forbidden .* this is a sanitizer build$' "$tmp/$daemon.err" |
		grep -iE 'error:|warning:|cannot|sanitizer|refused' |
		grep -v 'somebody changed the table\|connections of banned addresses cannot be cut')"
done
cat "$tmp"/log/* | in_mx "$mailward" match -c "$tmp/observer.conf" --plain >"$tmp/blamed"
same 'the whole log is read' 0 $?
same 'in it nobody but the bots is blamed' '' "$(awk '{ print $2 }' "$tmp/blamed" | sort -u |
	grep -vE '^(198\.51\.100\.(1[0-9]|2[0-9]|3[0-7]|7[0-9]|8[01]|1[1-9][0-9])|2001:db8:b0:(1[0-9]|2[0-9]|3[0-7]|7[0-9]|8[01]|1[1-9][0-9])::1)$')"
tap_done
