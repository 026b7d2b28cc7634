#!/bin/sh
# 28-containers - the mail server in a container: guarded from the host, whose DNAT publishes its port, and from inside
#
#	outside (203.0.113.2, .3) ──veth── host (203.0.113.1, DNAT :25 and :2525 to .2:25) ──veth── container (172.17.0.2, listens on 25)
#	                                        172.17.0.1, its gateway
# This test is on the host; the two others are namespaces of its own, held by a process each.
. "$(dirname "$0")/../lib/tap.sh"
own_network
at_end() { ip link del outside 2>/dev/null; ip link del inside 2>/dev/null; }

holder() {	# NAME: a network namespace, its pid in $pid
	start "$1" unshare -n sleep 3600
	holds=$pid
	wait_until eval '[ "$(readlink /proc/$holds/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
}
in_net() { nsenter -t "$1" -n -- "$@"; }
outside() { nsenter -t "$outside" -n -- "$@"; }
container() { nsenter -t "$container" -n -- "$@"; }

holder outside; outside=$holds
holder container; container=$holds
ip link add outside type veth peer name eth0 netns "$outside"
ip link add inside type veth peer name eth0 netns "$container"
ip addr add 203.0.113.1/24 dev outside; ip link set outside up
ip addr add 172.17.0.1/16 dev inside; ip link set inside up
outside ip addr add 203.0.113.2/24 dev eth0; outside ip addr add 203.0.113.3/24 dev eth0; outside ip link set eth0 up
container ip addr add 172.17.0.2/16 dev eth0; container ip link set eth0 up; container ip link set lo up
container ip route add default via 172.17.0.1
echo 1 >/proc/sys/net/ipv4/ip_forward
nft -f - <<-END
	table ip docker {
		chain prerouting {
			type nat hook prerouting priority dstnat; policy accept;
			iifname "outside" tcp dport 25 dnat to 172.17.0.2:25
			iifname "outside" tcp dport 2525 dnat to 172.17.0.2:25
		}
	}
END

# a server that says whom it sees, then repeats each line; and a client that stays
cat >"$tmp/server.py" <<-'END'
	import socketserver, sys
	class Handler(socketserver.StreamRequestHandler):
	    def handle(self):
	        self.wfile.write(f"220 {self.client_address[0]}\n".encode())
	        for line in self.rfile:
	            self.wfile.write(line)
	socketserver.ThreadingTCPServer.allow_reuse_address = True
	socketserver.ThreadingTCPServer((sys.argv[1], 25), Handler).serve_forever()
END
cat >"$tmp/client.py" <<-'END'
	# SOURCE PORT TIMEOUT: the banner; then, with a fourth argument, a line each time that file changes, and what comes back
	import os, socket, sys, time
	server = socket.create_connection(("203.0.113.1", int(sys.argv[2])), timeout=float(sys.argv[3]), source_address=(sys.argv[1], 0))
	print(server.recv(100).decode(), end="", flush=True)
	while len(sys.argv) > 4:
	    while not os.path.exists(sys.argv[4]):
	        time.sleep(0.05)
	    os.unlink(sys.argv[4])
	    server.sendall(b"still here\n")
	    print(server.recv(100).decode(), end="", flush=True)
END
start server nsenter -t "$container" -n -- python3 "$tmp/server.py" 172.17.0.2
sees() { [ "$(outside python3 "$tmp/client.py" "$1" "$2" 60)" = "220 $1" ]; }
refused() { ! outside timeout 5 python3 "$tmp/client.py" "$1" "$2" 2 >/dev/null 2>&1; }
check 'the container is reached by the published port, and sees who comes' wait_until sees 203.0.113.2 25
check 'by another port of the host that is published' sees 203.0.113.2 2525

# ---- from the host: the container's log as docker writes it (json-file)
mkdir "$tmp/state" "$tmp/containers"
configure() {
	cat >"$tmp/conf" <<-END
		[mailward]
		patterns = $PWD/patterns
		state_dir = $tmp/state
		socket = $tmp/control
		ports = $1
		[source mail]
		file = $tmp/containers/0123456789ab-json.log
	END
}
configure 25,2525
: >"$tmp/containers/0123456789ab-json.log"
answers() { "$MAILWARD" status -c "$tmp/conf"; }
n=0
errors() {
	for i in 1 2 3 4 5 6; do
		n=$((n + 1))
		printf '{"log":"%s mail postfix/smtpd[%s]: NOQUEUE: reject: RCPT from unknown[%s]: 554 5.7.1 \\u003ca@example.com\\u003e: Relay access denied; from=\\u003cx@example.net\\u003e to=\\u003ca@example.com\\u003e proto=ESMTP helo=\\u003cx\\u003e\\n","stream":"stdout","time":"%s"}\n' \
			"$(date +'%b %e %H:%M:%S')" "$n" "$1" "$(date -u +%Y-%m-%dT%H:%M:%S.000000000Z)"
	done >>"$tmp/containers/0123456789ab-json.log"
}
dropped() { nft list set inet mailward ban4 | holds "$1"; }
start daemon "$MAILWARD" run -c "$tmp/conf"
daemon=$pid
check 'the host is guarded' wait_until answers
start stays nsenter -t "$outside" -n -- python3 "$tmp/client.py" 203.0.113.2 25 3600 "$tmp/go"
said() { [ "$(wc -l <"$tmp/stays.out")" = "$1" ]; }
wait_until said 1
: >"$tmp/go"
check 'a connection through the DNAT stands' wait_until said 2
errors 203.0.113.2
check 'who errs in the container is banned on the host' wait_until dropped 203.0.113.2
check 'he does not reach the container any more' refused 203.0.113.2 25
check 'nor by the other port' refused 203.0.113.2 2525
: >"$tmp/go"
wait_until eval '[ ! -e "$tmp/go" ]'
check 'others do' sees 203.0.113.3 25
check 'and in the connection that stood nothing comes through' said 2
errors 172.17.0.1
errors 203.0.113.3
check 'somebody else is banned' wait_until dropped 203.0.113.3
check 'the gateway, as which the container sees whoever is masqueraded, is not' not dropped 172.17.0.1
"$MAILWARD" unban 203.0.113.2 -c "$tmp/conf" >/dev/null
check 'who is released comes through' sees 203.0.113.2 25
check 'and so does what his connection had to say' wait_until said 3
end "$daemon" TERM
"$MAILWARD" clear -c "$tmp/conf" >/dev/null
configure 25
start daemon "$MAILWARD" run -c "$tmp/conf"
daemon=$pid
wait_until answers
"$MAILWARD" ban 203.0.113.2 -c "$tmp/conf" >/dev/null
check 'ports are those of the host: by one that is not named he comes through' sees 203.0.113.2 2525
check 'by one that is, not' refused 203.0.113.2 25
end "$daemon" TERM
"$MAILWARD" clear -c "$tmp/conf" >/dev/null

# ---- from inside, with docker's capabilities and NET_ADMIN, and with NET_ADMIN alone
dockers='+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap,'
in_kernel() { container nft list table inet mailward | holds "$1"; }
for caps in "$dockers" ''; do
	with=NET_ADMIN
	[ ! "$caps" ] || with="what docker leaves to root, and NET_ADMIN"
	rm -rf "$tmp/state"
	mkdir "$tmp/state"
	: >"$tmp/containers/0123456789ab-json.log"
	configure 25
	start daemon nsenter -t "$container" -n -- setpriv --bounding-set="-all,${caps}+net_admin" --inh-caps=-all "$MAILWARD" run -c "$tmp/conf"
	daemon=$pid
	check "inside, with ${with}: it starts" wait_until answers
	grep -q 'warning\|error' "$tmp/daemon.err" && note "$(grep 'warning\|error' "$tmp/daemon.err")"
	errors 203.0.113.2
	check 'bans' wait_until in_kernel 203.0.113.2
	check 'who is dropped behind the host' refused 203.0.113.2 25
	check 'and he alone' sees 203.0.113.3 25
	"$MAILWARD" unban 203.0.113.2 -c "$tmp/conf" >/dev/null
	check 'and releases' sees 203.0.113.2 25
	powers=$(cat /proc/[0-9]*/status 2>/dev/null | awk -v pid="$daemon" '$1 == "Pid:" { mine = $2 == pid } mine && $1 == "CapEff:" { print $2 }')
	same 'what reads the logs has no capability' 0000000000000000 "$powers"
	end "$daemon" TERM
	container nft delete table inet mailward 2>/dev/null
done
tap_done
