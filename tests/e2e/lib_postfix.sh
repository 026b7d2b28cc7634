# lib_postfix - a mail server of its own in a namespace: Postfix, its DNS, and the wire to the bots; sourced after tap.sh
#
#   namespace $mx                                            namespace $bots
#   +---------------------------------------+               +----------------------------------------+
#   | postfix   :25    (private instance)   |    veth       | bots.py from 198.51.100.0/24           |
#   | dnsmasq   :53    127.0.0.1            +---------------+              and 2001:db8:b0::/48      |
#   | mailward         reads $maillog       | mx0       b0  | a customer from 198.51.100.250         |
#   | 192.0.2.25, 2001:db8:25::25           |               |              and 2001:db8:b0:fa::1     |
#   +---------------------------------------+               +----------------------------------------+
#
# Bot N is 198.51.100.N or 2001:db8:b0:N::1 and has a name in DNS, but for those who are refused for having none.
# The settings under test are the shipped ones, applied by scripts/postfix-setup; what else the bots must meet
# hangs on their address in the access map.

mx=mw-mx-$$ bots=mw-bots-$$ here=$root/tests/e2e
etc=$tmp/postfix maillog=$tmp/log/mail.log mailbox=$tmp/mailbox/alice
in_mx() { ip netns exec "$mx" "$@"; }
in_bots() { ip netns exec "$bots" "$@"; }
bot() { in_bots python3 "$here/bots.py" "$@"; }

# needs - skip the whole test, loudly, where it cannot run
needs() {
	local tool
	[ "$(id -u)" = 0 ] || skip_all 'needs root, for network namespaces'
	for tool in ip nft python3 postfix dnsmasq setpriv "$MAILWARD"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || skip_all "needs $tool (scripts/deps --test installs it)"
	done
	ip netns add "mw-probe-$$" 2>/dev/null || skip_all 'needs network namespaces (a container without CAP_SYS_ADMIN?)'
	ip netns exec "mw-probe-$$" nft add table inet probe 2>/dev/null
	local status=$?
	ip netns delete "mw-probe-$$"
	[ $status -eq 0 ] || skip_all 'needs nf_tables in the kernel'
}

# make_network - the two namespaces; answered from whole networks on the bots' side (AnyIP), routed there by mx
make_network() {
	ip netns add "$mx" && ip netns add "$bots" &&
	ip -n "$mx" link add mx0 type veth peer name b0 netns "$bots" &&
	ip -n "$mx" -batch - <<-END && ip -n "$bots" -batch - <<-END
		link set lo up
		link set mx0 up
		address add 192.0.2.25/24 dev mx0
		address add 2001:db8:25::25/64 dev mx0 nodad
		route add 198.51.100.0/24 via 192.0.2.2
		route add 2001:db8:b0::/48 via 2001:db8:25::2
	END
		link set lo up
		link set b0 up
		address add 192.0.2.2/24 dev b0
		address add 2001:db8:25::2/64 dev b0 nodad
		route add local 198.51.100.0/24 dev lo
		route add local 2001:db8:b0::/48 dev lo
	END
	mkdir -p "/etc/netns/$mx"
	echo 'nameserver 127.0.0.1' >"/etc/netns/$mx/resolv.conf"
	echo '127.0.0.1 localhost' >"/etc/netns/$mx/hosts"
	[ ! -f /etc/nsswitch.conf ] || echo 'hosts: files dns' >"/etc/netns/$mx/nsswitch.conf"
}

# remove_network - with whatever is left in it: it is ours, for the namespaces are
remove_network() {
	local ns
	for ns in "$mx" "$bots"; do
		ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null
		ip netns delete "$ns" 2>/dev/null
	done
	rm -rf "/etc/netns/$mx"
}

# nibbles N - the address of IPv6 bot N as DNS block-lists and ip6.arpa write it
nibbles() { printf '20010db800b0%4s0000000000000001' "$1" | tr ' ' 0 | rev | sed 's/./&./g; s/\.$//'; }

# start_dns NAMELESS LISTED LIARS - what is not here does not exist; the bots without a name, those on the DNS block-list,
# and those whose reverse name says that they are 198.51.100.99
start_dns() {
	local n nameless=" $1 " listed=$2
	{
		cat <<-END
			port=53
			listen-address=127.0.0.1
			bind-interfaces
			no-resolv
			no-hosts
			user=root
			pid-file=
			local=/#/
			host-record=mx.example.com,192.0.2.25,2001:db8:25::25
			host-record=spam.example,192.0.2.80
			host-record=remote.example,192.0.2.81
			host-record=bot.bots.example,192.0.2.82
			mx-host=example.com,mx.example.com
			mx-host=relay.example,mx.example.com
			mx-host=customer.example,mail.customer.example
			host-record=mail.customer.example,198.51.100.250,2001:db8:b0:fa::1
		END
		for ((n = 1; n < 250; n++)); do
			[[ $nameless == *" $n "* ]] || echo "host-record=b$n.bots.example,198.51.100.$n,2001:db8:b0:$n::1"
		done
		for n in $3; do
			echo "ptr-record=$n.100.51.198.in-addr.arpa,\"x[198.51.100.99]: 550 5.1.1 User unknown\""
			echo "ptr-record=$(nibbles "$n").ip6.arpa,\"x[198.51.100.99]: 550 5.1.1 User unknown\""
		done
		for n in $listed; do
			echo "address=/$n.100.51.198.dnsbl.example/$(nibbles "$n").dnsbl.example/127.0.0.2"
		done
	} >"$tmp/dnsmasq.conf"
	start dnsmasq in_mx dnsmasq --keep-in-foreground --conf-file="$tmp/dnsmasq.conf"
	wait_until in_mx python3 -c 'import socket; socket.getaddrinfo("mx.example.com", 25)'
}

# make_postfix - a private instance: its own configuration, queue and log; no chroot, no syslog
# stdin: the access map
make_postfix() {
	mkdir -p "$etc" "$tmp/queue" "$tmp/data" "$tmp/mailbox" "$tmp/log" || return
	chown postfix "$tmp/data"
	chown nobody "$tmp/mailbox"
	cat >"$etc/access"
	cat >"$etc/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $tmp/queue
		data_directory = $tmp/data
		maillog_file = $maillog
		maillog_file_prefixes = $tmp/log
		# since 3.10 the file is for its owner alone, unless this says otherwise; older ones do not know the name
		maillog_file_permissions = 0644
		myhostname = mx.example.com
		mynetworks = 127.0.0.0/8
		inet_protocols = all
		default_database_type = texthash
		alias_maps =
		smtputf8_enable = no

		mydestination = example.com
		local_recipient_maps = inline:{ alice=x denied=x told=x }
		local_transport = virtual
		virtual_alias_domains = alias.example
		virtual_alias_maps = inline:{ {alice@alias.example=alice@mailbox.example} }
		virtual_mailbox_domains = mailbox.example
		virtual_mailbox_maps = inline:{ {alice@mailbox.example=alice/} }
		virtual_mailbox_base = $tmp/mailbox
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
		relay_domains = relay.example
		relay_recipient_maps = inline:{ {alice@relay.example=x} }

		# foreign recipients meet the restrictions under test first; Postfix's default says "Relay access denied" to all
		smtpd_relay_before_recipient_restrictions = no

		# what the access map may say of a bot beside REJECT: the other restrictions, each for those it names
		smtpd_restriction_classes = by_sender by_helo by_recipient on_dnsbl
		by_sender = check_sender_access inline:{ {denied@spam.example=REJECT} {told@spam.example=REJECT Your mail is not wanted} }
		by_helo = check_helo_access inline:{ {denied.helo.example=REJECT} {told.helo.example=550 5.7.1 Your name is not wanted} }
		by_recipient = check_recipient_access inline:{ {denied@example.com=REJECT} {told@example.com=REJECT Nobody reads this} }
		on_dnsbl = reject_rbl_client dnsbl.example
	END
	cat >"$etc/master.cf" <<-END
		smtp       inet       n - n - -   smtpd
		pickup     unix       n - n 60 1  pickup
		cleanup    unix       n - n - 0   cleanup
		qmgr       unix       n - n 300 1 qmgr
		rewrite    unix       - - n - -   trivial-rewrite
		bounce     unix       - - n - 0   bounce
		defer      unix       - - n - 0   bounce
		trace      unix       - - n - 0   bounce
		verify     unix       - - n - 1   verify
		flush      unix       n - n 1000? 0 flush
		proxymap   unix       - - n - -   proxymap
		smtp       unix       - - n - -   smtp
		relay      unix       - - n - -   smtp
		error      unix       - - n - -   error
		retry      unix       - - n - -   error
		discard    unix       - - n - -   discard
		virtual    unix       - n n - -   virtual
		anvil      unix       - - n - 1   anvil
		postlog    unix-dgram n - n - 1   postlogd
	END
}

at_end() { stop_postfix; remove_network; }
start_postfix() { in_mx postfix -c "$etc" start && wait_until bot knock 198.51.100.2; }
stop_postfix() { [ ! -e "$etc/main.cf" ] || in_mx postfix -c "$etc" stop >/dev/null 2>&1; }
