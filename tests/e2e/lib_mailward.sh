# lib_mailward - daemons under test and what they say; sourced after lib_postfix.sh
#
# Each runs as nobody, as the systemd unit has it: no capability at all for a dry run, CAP_NET_ADMIN alone otherwise.
# NAME.conf is its config, NAME.out and NAME.err what it writes. The program and its patterns are copied to where
# nobody may read them.

unprivileged="setpriv --reuid nobody --clear-groups --no-new-privs --bounding-set -all --inh-caps -all --ambient-caps -all"
with_net_admin="setpriv --reuid nobody --clear-groups --no-new-privs
	--bounding-set -all,+net_admin --inh-caps -all,+net_admin --ambient-caps -all,+net_admin"

copy_program() {
	mkdir -p "$tmp/program/build" && cp "$MAILWARD" "$tmp/program/build/mailward" &&
	cp -r "$root/patterns" "$tmp/program/patterns" && chmod -R a+rX "$tmp/program" && mailward=$tmp/program/build/mailward
}

# configure NAME - a folder and a config for a daemon; stdin: its sections after [mailward]
configure() {
	mkdir -p "$tmp/$1" && chown nobody "$tmp/$1" && {
		cat <<-END
			[mailward]
			patterns  = $tmp/program/patterns
			state_dir = $tmp/$1
			socket    = $tmp/$1/control
		END
		cat
	} >"$tmp/$1.conf"
}

# ask NAME COMMAND... - a mailward command to the daemon of that name
ask() {
	local name=$1 command=$2
	shift 2
	in_mx "$mailward" "$command" -c "$tmp/$name.conf" "$@"
}

# start_dry NAME, start_live NAME - and wait until it answers; these commands exec each other, so $pid is the daemon's
start_dry() {
	start "$1" ip netns exec "$mx" $unprivileged "$mailward" run -c "$tmp/$1.conf" --dry-run --json
	wait_until ask "$1" list || { cat "$tmp/$1.err"; return 1; }
}
start_live() {
	start "$1" ip netns exec "$mx" $with_net_admin "$mailward" run -c "$tmp/$1.conf"
	wait_until ask "$1" list || { cat "$tmp/$1.err"; return 1; }
}
pid_of() { cat "$tmp/$1.pid"; }

# field NAME - the values of that name in JSON lines
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }

# caught_up NAME - has the daemon read what is in the log now?
caught_up() {
	local written read
	written=$(cat "$tmp"/log/* | wc -l)
	wait_until eval "[ \$(ask $1 status --json | grep '\"source\"' | field lines) -ge $written ]"
}

# counted NAME ADDRESS - the rules of the errors that an observer has told of, one word each
counted() { grep -F "\"address\":\"$2\"" "$tmp/$1.out" | field rule | sed 's,^postfix/,,' | xargs; }
blamed() { field address <"$tmp/$1.out" | sort -u; }

# unit ADDRESS - what it counts under
unit() { case $1 in *:*) echo "${1%::*}::/64" ;; *) echo "$1" ;; esac; }

# listed KIND ADDRESS - does the daemon say that it is under a delay, or a ban?
listed() { ask live list --json >"$tmp/listed" && grep -F "\"event\":\"$1\"" "$tmp/listed" | grep -qF "\"address\":\"$(unit "$2")\""; }
unlisted() { ask live list --json >"$tmp/listed" && ! listed "$@"; }

# in_kernel ADDRESS - does an element of our table name it? 0: yes, 1: no, 2: there is no table
in_kernel() {
	local element=${1//./\\.}
	in_mx nft list table inet mailward >"$tmp/table" || return 2
	tr ',{}' '\n\n\n' <"$tmp/table" | grep -qE "^[[:space:]]*${element%::1}(::)?(1|/64)?[[:space:]]"
}

# dropped ADDRESS - a SYN goes unanswered, and the kernel names the address before and after it was sent
dropped() { in_kernel "$1" && unanswered "$1" && in_kernel "$1"; }
answered() { bot knock "$1"; }
unanswered() { bot knock "$1"; [ $? = 7 ]; }
