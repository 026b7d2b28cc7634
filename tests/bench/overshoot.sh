#!/bin/bash
# overshoot - target 7: a real Postfix, and bots that try as fast as they can; how many errors beyond the sixth?
#
# usage: overshoot.sh [SECONDS]        prints "WHO ADDRESSES MEAN MAX HELD", a line for mailward and one for fail2ban
#
# The lab is that of tests/e2e (lib_postfix.sh draws it). No delays before the ban: they would hold the bots back, and
# what is measured is how fast the sixth error bans. HELD: sessions that Postfix still has with bots a second later.
. "$(dirname "$0")/../lib/tap.sh"
. tests/e2e/lib_postfix.sh
. tests/e2e/lib_mailward.sh
seconds=${1:-12}
needs >&2

# attack FIRST LAST - from these addresses, an error a session, until the time is over
attack() { in_bots python3 "$root/tests/bench/hasty.py" "$seconds" $(seq -f '198.51.100.%g' "$1" "$2") >&2; }

# tell WHO FIRST LAST - count what was logged
tell() {
	local held
	held=$(in_mx ss -Htn state established sport = :25 | grep -c '198\.51\.100\.')
	grep -ho 'reject: RCPT from [^ ]*\[198\.51\.100\.[0-9]*\]' "$maillog" | sed 's/.*\.//; s/\]//' |
	awk -v who="$1" -v first="$2" -v last="$3" -v held="$held" '
	$1 >= first && $1 <= last { n[$1]++ }
	END {
		for (a in n) { over = n[a] > 6 ? n[a] - 6 : 0; sum += over; count++; if (over > max) max = over }
		printf "%s %d %.2f %d %d\n", who, count, count ? sum / count : -1, max, held
	}'
}

with_mailward() {
	configure live <<-END
		[source maillog]
		file = $maillog
		[policy]
		judge = window
		soft_error_limit = 6
		network_limit = 0
	END
	start_live live >&2 || exit 1
	attack 10 59
	sleep 1
	tell mailward 10 59
	end "$(pid_of live)" TERM
}

with_fail2ban() {
	command -v fail2ban-server >/dev/null || return
	cp -r /etc/fail2ban "$tmp/fail2ban" && rm -f "$tmp/fail2ban/jail.d/defaults-debian.conf"
	printf '[Definition]\ndbfile = None\n' >"$tmp/fail2ban/fail2ban.local"
	cat >"$tmp/fail2ban/jail.local" <<-END
		[DEFAULT]
		banaction = nftables-multiport
		maxretry = 6
		[sshd]
		enabled = false
		[postfix]
		enabled = true
		logpath = $maillog
	END
	start fail2ban in_mx fail2ban-server -f -c "$tmp/fail2ban" -s "$tmp/f2b.socket" -p "$tmp/f2b.pid" --logtarget "$tmp/f2b.log" -x start
	wait_until grep -q "Jail 'postfix' started" "$tmp/f2b.log" >&2 || return
	sleep 2
	attack 100 149
	sleep 1
	tell fail2ban 100 149
	end $pid TERM
}

{ make_network && start_dns '' '' '' && : | make_postfix && copy_program && start_postfix &&
	"$root/scripts/postfix-setup" --yes -c "$etc" && in_mx postfix -c "$etc" reload; } >&2 || exit 1
with_mailward
with_fail2ban
