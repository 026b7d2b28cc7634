# lib - what the programs for [notify] share: reading the batch, a memory of what was reported, a mail; sourced by sh
#
# Each gets a batch of JSON lines on its standard input, one event a line, as "mailward events --json" prints them. The
# values read here are mailward's own words, addresses and numbers: none holds a quote or a comma. Status 0: done; else
# mailward notify tries the same batch again, later and later.

self=${0##*/}
say() { echo "$self: $*" >&2; }
die() { say "$@"; exit 1; }
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; exit "$1"; }

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
batch=$tmp/batch
host=$(uname -n)

# field NAME LINE - the value of a name, without its quotes; nothing if it has none
field() { printf '%s\n' "$2" | sed -n 's/.*"'"$1"'":"\{0,1\}\([^,"}]*\).*/\1/p'; }

# count KIND - how many events of a kind the batch holds
count() { grep -c '^{"event":"'"$1"'"' "$batch"; }

# culprits FUNCTION - call FUNCTION ADDRESS TIME ERRORS RULE for each address of the batch that was banned for what it did:
# not by the operator or with its network, no network, no private address. Stops when it fails, with its status.
culprits() {
	grep '^{"event":"ban"' "$batch" >"$tmp/bans" || return 0
	while read -r line; do
		address=$(field address "$line") rule=$(field rule "$line")
		case $address in '' | *[!0-9a-f:.]*) continue ;; esac
		case $rule in manual | network | '' | *[!a-z0-9/-]*) continue ;; esac
		case $line in *'"private":true'*) continue ;; esac
		"$1" "$address" "$(field time "$line")" "$(field errors "$line")" "$rule" </dev/null || return
	done <"$tmp/bans"
}

# once ADDRESS - was it not reported within 15 minutes? It is remembered by reported ADDRESS, in the service's state folder
memory=${STATE_DIRECTORY:-$tmp}/$self
once() {
	now=$(date +%s)
	[ ! -e "$memory.reported" ] || awk -v since=$((now - 900)) '$1 > since' "$memory.reported" >"$memory.new" &&
		mv "$memory.new" "$memory.reported" 2>/dev/null
	! awk '{ print $2 }' "$memory.reported" 2>/dev/null | grep -qxF "$1"
}
reported() { echo "$(date +%s) $1" >>"$memory.reported"; }

# send FROM TO - a mail from standard input, header and all, by SMTP to $server: sendmail would need rights that a confined
# service has not
server=127.0.0.1:25
send() {
	curl --silent --show-error --max-time 20 --crlf --url "smtp://$server/$host" --mail-from "$1" --mail-rcpt "$2" \
		--upload-file - >/dev/null
}

# header FROM TO SUBJECT - of a mail
header() {
	printf 'From: %s\nTo: %s\nSubject: %s\nDate: %s\nMessage-ID: <%s.%s@%s>\n' "$1" "$2" "$3" "$(LC_ALL=C date -R)" \
		"$(date +%s)" "$$-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')" "$host"
	printf 'Auto-Submitted: auto-generated\nMIME-Version: 1.0\n'
}

cat >"$batch" || die 'the batch cannot be kept'
