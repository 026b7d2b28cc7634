#!/bin/sh
# 29-service-ports - ports of a [service]: its bans drop from them alone, and whoever errs elsewhere, too, is out altogether
#
#	outside (192.0.2.2 - .9) ──veth── guarded (192.0.2.1; 25 and 143 open; mailward)
. "$(dirname "$0")/../lib/tap.sh"
own_network
at_end() { ip link del guarded 2>/dev/null; }

start outside unshare -n sleep 3600
outside=$pid
wait_until eval '[ "$(readlink /proc/$outside/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
outside() { nsenter -t "$outside" -n -- "$@"; }
ip link add guarded type veth peer name eth0 netns "$outside"
ip addr add 192.0.2.1/24 dev guarded; ip link set guarded up
for n in 2 3 4 5 6 7 8 9; do outside ip addr add 192.0.2.$n/24 dev eth0; done
outside ip link set eth0 up
cat >"$tmp/server.py" <<-'END'
	import socketserver, threading
	class Handler(socketserver.StreamRequestHandler):
	    def handle(self):
	        self.wfile.write(b"hello\n")
	        self.rfile.read()
	socketserver.ThreadingTCPServer.allow_reuse_address = True
	for port in 25, 143:
	    server = socketserver.ThreadingTCPServer(("192.0.2.1", port), Handler)
	    threading.Thread(target=server.serve_forever).start()
END
cat >"$tmp/client.py" <<-'END'
	# SOURCE PORT [stay]: connects, says so; with stay it says when the connection ends, too
	import socket, sys
	server = socket.create_connection(("192.0.2.1", int(sys.argv[2])), timeout=3600 if len(sys.argv) > 3 else 2, source_address=(sys.argv[1], 0))
	print(server.recv(10).decode(), end="", flush=True)
	if len(sys.argv) > 3:
	    try:
	        server.recv(1)
	    except OSError:
	        pass
	    print("ended", flush=True)
END
start server python3 "$tmp/server.py"
reaches() { [ "$(timeout 20 nsenter -t "$outside" -n -- python3 "$tmp/client.py" "$@" 2>/dev/null)" = hello ]; }
wait_until reaches 192.0.2.9 25
wait_until reaches 192.0.2.9 143

mkdir "$tmp/state"
usual_conf 'ports = 25,143' >"$tmp/conf" <<-END
	[policy]
	judge = ${JUDGE:-window}
	network_limit = 0
	soft_error_limit = 6
	[service dovecot]
	ports = 143
	ban_time = 9h
	[service postfix]
	hard_error_limit = 6
END
: >"$tmp/mail.log"
answers() { "$MAILWARD" status -c "$tmp/conf"; }
n=0
relay() { n=$((n + 1)); echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx postfix/smtpd[$n]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>"; }
login() { n=$((n + 1)); echo "$(date +%Y-%m-%dT%H:%M:%S%:z) mx dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<u$n@example.com>, method=PLAIN, rip=$1, lip=192.0.2.1, TLS, session=<s$n>"; }
six() { for i in 1 2 3 4 5 6; do "$@"; done >>"$tmp/mail.log"; }
in_set() { nft list set inet mailward "$1" 2>/dev/null | holds "$2"; }
listed() { "$MAILWARD" list -c "$tmp/conf" | grep -q "^$1 .*$2\$"; }
gone() { ! pgrep -n mailward-warden --ns $$ --nslist net >/dev/null; }
start_daemon() {
	start daemon "$MAILWARD" run -c "$tmp/conf"
	daemon=$pid
	wait_until answers
}
start_daemon

start imap nsenter -t "$outside" -n -- python3 "$tmp/client.py" 192.0.2.2 143 stay
start smtp nsenter -t "$outside" -n -- python3 "$tmp/client.py" 192.0.2.2 25 stay
wait_until grep -q hello "$tmp/imap.out"
wait_until grep -q hello "$tmp/smtp.out"
six login 192.0.2.2
check 'who guesses at IMAP is banned from its ports' wait_until in_set ban4_s1 192.0.2.2
check 'and from no others' not in_set ban4 192.0.2.2
check 'he does not reach them' not reaches 192.0.2.2 143
check 'others he does' reaches 192.0.2.2 25
check 'his connection there is cut' wait_until grep -q ended "$tmp/imap.out"
check 'the other is not' not grep -q ended "$tmp/smtp.out"
check 'list says from where' listed 192.0.2.2 'last dovecot/auth-failed; from the ports of dovecot'
"$MAILWARD" list --json -c "$tmp/conf" | grep -q '"ports_of":"dovecot"'
result 'as JSON, too' $?
six relay 192.0.2.2
check 'who errs elsewhere meanwhile is counted there, and out altogether' wait_until in_set ban4 192.0.2.2
check 'that is one ban' not in_set ban4_s1 192.0.2.2
"$MAILWARD" list --json -c "$tmp/conf" | grep '"address":"192.0.2.2"' | grep -Eq '"seconds":32[34][0-9][0-9][,}]'
result 'which lasts as long as the longer of the two' $?
check 'from this' not reaches 192.0.2.2 25
check 'and that' not reaches 192.0.2.2 143
check 'and all his connections are cut' wait_until grep -q ended "$tmp/smtp.out"
six relay 192.0.2.3
check 'a service without ports bans from all' wait_until in_set ban4 192.0.2.3
check 'so, too, from those of others' not reaches 192.0.2.3 143
six login 192.0.2.4
check 'another guesses' wait_until in_set ban4_s1 192.0.2.4

kill -KILL "$daemon"
wait_until gone
start_daemon
check 'after a crash he is banned as he was' eval 'in_set ban4_s1 192.0.2.4 && ! in_set ban4 192.0.2.4'
check 'so is who was out altogether' eval 'in_set ban4 192.0.2.2 && ! in_set ban4_s1 192.0.2.2'
check 'he reaches the other port' reaches 192.0.2.4 25
kill -KILL "$daemon"
wait_until gone
rm -f "$tmp/state"/*
start_daemon
check 'without its state, too' listed 192.0.2.4 'from the ports of dovecot'
check 'in the kernel' in_set ban4_s1 192.0.2.4
"$MAILWARD" ban 192.0.2.4 -c "$tmp/conf" >/dev/null
check 'by hand, from all' eval 'in_set ban4 192.0.2.4 && ! in_set ban4_s1 192.0.2.4'
six login 192.0.2.5
check 'and one more' wait_until in_set ban4_s1 192.0.2.5
"$MAILWARD" unban 192.0.2.5 -c "$tmp/conf" >/dev/null
check 'who is released' not in_set ban4_s1 192.0.2.5
check 'is' reaches 192.0.2.5 143
six login 192.0.2.6
wait_until in_set ban4_s1 192.0.2.6
"$MAILWARD" unban --all -c "$tmp/conf" >/dev/null
check 'unban --all releases from every set' eval '! in_set ban4_s1 192.0.2.6 && ! in_set ban4 192.0.2.4'
six login 192.0.2.7
wait_until in_set ban4_s1 192.0.2.7
sed -i '/^ports = 143$/d' "$tmp/conf"
"$MAILWARD" reload -c "$tmp/conf" >"$tmp/out" 2>&1
six login 192.0.2.8
check 'after a reload without them, bans are from all' wait_until in_set ban4 192.0.2.8
check 'also those that ran' wait_until in_set ban4 192.0.2.7
tap_done
