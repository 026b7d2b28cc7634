#!/bin/sh
# 01-demo - scripts/demo tells its story to somebody who sees mailward for the first time
# once: it runs scripts/demo, which builds and runs the plain program
. "$(dirname "$0")/../lib/tap.sh"

says() { grep -qE -- "$1" "$tmp/out"; }

check 'runs without a terminal, without a question' sh -c "scripts/demo </dev/null >'$tmp/out' 2>&1"
for address in $(awk '$2 == "ban" { print $1 }' share/demo/truth.tsv); do
	check "shows that $address would be banned" says "would ban $address for [0-9]+[mhd]  \([0-9]+ errors in (10m|7d): "
done
check 'sums the day up' says "^$(wc -l <share/demo/mail.log) lines, .* MB"
check 'names the next command, which changes nothing' says '^    build/mailward scan /var/log/mail.log$'
check 'and the one after it, which does' says '^    sudo make install && sudo systemctl enable --now mailward$'

tap_done
