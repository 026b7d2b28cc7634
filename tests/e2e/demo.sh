#!/bin/sh
# demo - scripts/demo tells its story to somebody who sees mailward for the first time
set -u
cd "$(dirname "$0")/../.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0 failures=0
# ok TEXT COMMAND... - one test: the command succeeds
ok() {
	text=$1; shift; count=$((count + 1))
	if "$@" >"$dir/why" 2>&1; then
		echo "ok $count - $text"
	else
		echo "not ok $count - $text"
		sed 's/^/# /' "$dir/why" "$dir/out"
		failures=$((failures + 1))
	fi
}
says() { grep -qE "$1" "$dir/out"; }

ok 'runs without a terminal, without a question' sh -c "scripts/demo </dev/null >'$dir/out' 2>&1"
for address in $(awk '$2 == "ban" { print $1 }' share/demo/truth.tsv); do
	ok "shows that $address would be banned" says "would ban $address for 1h  \([0-9]+ errors in 10m: "
done
ok 'sums the day up' says "^$(wc -l <share/demo/mail.log) lines, .* MB"
ok 'names the next command, which changes nothing' says '^    build/mailward scan /var/log/mail.log$'
ok 'and the one after it, which does' says '^    sudo make install && sudo systemctl enable --now mailward$'

echo "1..$count"
[ "$failures" = 0 ]
