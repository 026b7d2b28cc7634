"""docs_stage - what 33-docs.py sets up before the commands of a document, and which commands it does not run, and why"""

# pages that are linked before they are there
TO_COME = {"containers.md", "morning-after.md"}

# command -> (why not, and which test runs it; what is done in its place: nothing)
NOT_HERE = {
    "scripts/deps --build --package && make deb": ("packaging/package-test runs it: it takes a compiler and the network", ""),
    "sudo apt install ./build/deb/mailward_*.deb": ("packaging/package-test runs it", ""),
    "sudoedit /etc/mailward/mailward.conf": ("packaging/package-test runs it; an editor waits for somebody", ""),
    "scripts/deps --build && make && sudo make install": ("packaging/package-test runs it: it takes a compiler and the network", ""),
    "sudo /usr/share/mailward/postfix/postfix-setup && sudo postfix reload":
        ("it asks; tests/e2e/09-postfix-setup.sh and packaging/package-test run it with --yes", ""),
    "sudo /etc/postfix/main.cf.before-mailward && sudo postfix reload":
        ("tests/e2e/09-postfix-setup.sh and packaging/package-test run it, after postfix-setup", ""),
    "sudo apt remove mailward": ("packaging/package-test runs it: nothing is installed by apt here", ""),
    "sudo apt purge mailward": ("packaging/package-test runs it: nothing is installed by apt here", ""),
    "sudo make uninstall": ("packaging/package-test runs it: it takes make and the sources", ""),
}

# what every stage can call, as root
SHELL = r"""
systemctl reset-failed mailward 2>/dev/null	# a stage starts it more often than anybody would
log=/var/log/mail.log
# until COMMAND... - it succeeds, or never
until_() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; echo "in vain: $*"; return 1; }
now() { date +%Y-%m-%dT%H:%M:%S.%6N%:z; }
# lines for the log, as rsyslog would write them
relay() { for n in $(seq "$2"); do echo "$(now) mx postfix/smtpd[471]: NOQUEUE: reject: RCPT from unknown[$1]: 554 5.7.1 <bob$n@example.net>: Relay access denied; from=<x@example.org> to=<bob$n@example.net> proto=ESMTP helo=<x>"; done >>$log; }
unknown() { for n in $(seq "$2"); do echo "$(now) mx postfix/smtpd[472]: NOQUEUE: reject: RCPT from unknown[$1]: 550 5.1.1 <nobody$n@example.com>: Recipient address rejected: User unknown in local recipient table; from=<x@example.org> to=<nobody$n@example.com> proto=ESMTP helo=<x>"; done >>$log; }
fails() { echo "$(now) mx dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<$2>, method=PLAIN, rip=$1, lip=192.0.2.25, TLS, session=<s$(wc -l <$log)>" >>$log; }
sasl() { echo "$(now) mx postfix/smtpd[473]: warning: unknown[$1]: SASL LOGIN authentication failed: authentication failure, sasl_username=$2" >>$log; }
login() { echo "$(now) mx dovecot: imap-login: Login: user=<$2>, method=PLAIN, rip=$1, lip=192.0.2.25, mpid=1, TLS, session=<s$(wc -l <$log)>" >>$log; }
read_all() { until_ sh -c '[ "$(mailward status --json | sed -n "s/.*\"event\":\"source\".*\"lines\":\([0-9]*\).*/\1/p")" -ge "$(cat '$log' | wc -l)" ]'; }
banned() { until_ sh -c "mailward list | grep -q '^$1 '"; }
running() { until_ mailward status; }
approve() { cat >/tmp/approve.conf; chmod 644 /tmp/approve.conf; mailward check -c /tmp/approve.conf; }
enforcing() { sed -i 's/^dry_run .*/dry_run = no/' /etc/mailward/mailward.conf; systemctl restart mailward; running; }
# as a package installs it, with a log and nothing in it
reset() {
	systemctl disable --now mailward mailward-metrics mailward-notify mailward-report.timer fail2ban 2>/dev/null
	mailward clear >/dev/null
	[ -e /root/docs/etc ] || { cp -a /etc/mailward /root/docs/etc; cp -a /etc/fail2ban /root/docs/fail2ban; cp -a /etc/postfix /root/docs/postfix; }
	rm -rf /etc/mailward /etc/fail2ban /etc/postfix /var/lib/mailward/* /home/ann/*
	cp -a /root/docs/etc /etc/mailward; cp -a /root/docs/fail2ban /etc/fail2ban; cp -a /root/docs/postfix /etc/postfix
	rm -f $log $log.*
	echo "$(now) mx postfix/smtpd[470]: connect from localhost[127.0.0.1]" >$log
	chown root:adm $log; chmod 640 $log
	sed -i 's/^dry_run .*/dry_run = yes/' /etc/mailward/mailward.conf
	systemctl reset-failed
	gpasswd -d ann mailward 2>/dev/null
	touch /etc/postfix/access
	systemctl enable --now mailward; running
}
"""

# document -> heading -> what is set up before its first command
STAGE = {
    "README.md": {
        "Start, in a minute": "relay 203.0.113.9 6; read_all",
        "Look at it, undo a ban": "mailward ban 192.0.2.1",
    },
    "docs/everyday.md": {
        "Look": "enforcing; login 192.0.2.44 carol@example.com; relay 203.0.113.9 6; unknown 198.51.100.7 3; read_all; banned 203.0.113.9",
    },
    "docs/how-it-decides.md": {
        "7. See it for yourself": r"""enforcing; login 192.0.2.44 carol@example.com; fails 192.0.2.44 carol@example.com
            relay 198.51.100.61 5; relay 192.0.2.62 4
            for n in 1 2 3; do sasl 198.51.10$n.9 oracle@example.com; done
            sasl 203.0.113.9 sales@example.com; sasl 203.0.113.9 sales@example.com; sasl 203.0.113.9 info@example.com
            sasl 203.0.113.9 oracle@example.com; read_all; banned 203.0.113.9""",
    },
    "docs/patterns.md": {
        "What does mailward make of it?": r"""for n in 1 2 3 4 5 6 7 8; do echo "$(now) mx webgate[812]: login failed: user \"bob$n\", from 203.0.113.9:5011$n" >>$log; done""",
    },
    "docs/from-fail2ban.md": {
        "The move": r"""relay 203.0.113.9 7; read_all
            printf '[sshd]\nenabled = false\n[postfix]\nenabled = true\n[dovecot]\nenabled = true\n' >/etc/fail2ban/jail.local
            systemctl start fail2ban; until_ fail2ban-client ping; fail2ban-client set postfix banip 198.51.100.88""",
        "What you are used to": r"""printf '[INCLUDES]\nbefore = common.conf\n[Definition]\n_daemon = webmail\nfailregex = ^%%(__prefix_line)slogin failed from <HOST>$\n' |
            sed 's/%%/%/' >/etc/fail2ban/filter.d/webmail.conf""",
    },
    "docs/sizing.md": {"Processor": "relay 203.0.113.9 6; read_all"},
    "docs/security.md": {"Who holds what power": "enforcing"},
    "docs/uninstalling.md": {"For a while only": "enforcing; relay 203.0.113.9 6; banned 203.0.113.9"},
    "docs/troubleshooting.md": {
        "It runs, but bans nobody": "relay 203.0.113.9 6; read_all",
        "It still bans nobody": "chmod 600 $log; chgrp root $log; systemctl restart mailward; until_ sh -c 'mailward status | grep TROUBLE'",
        "Errors of one address do not count": r"""echo "$(now) mx postfix/smtpd[471]: NOQUEUE: reject: RCPT from unknown[203.0.113.30]: 450 4.2.0 <bob@example.com>: Recipient address rejected: Greylisted; from=<x@example.org> to=<bob@example.com> proto=ESMTP helo=<x>" >>$log""",
        "It counts, but does not ban": "until_ mailward status --check; for n in 1 2 3 4; do sasl 203.0.113.31 info@example.com; done; read_all",
        "It is banned, and still gets through": "mailward ban 203.0.113.9",
        "Banned addresses come back from IPv6": "relay 2001:db8:bad:1::1 3; relay 2001:db8:bad:1::2 3; read_all; banned 2001:db8:bad:1::/64",
        "I locked myself out": "relay 192.0.2.77 6; read_all; banned 192.0.2.77",
        "A customer is locked out": "login 192.0.2.201 dave@example.com; for n in $(seq 14); do fails 192.0.2.78 dave@example.com; done; read_all; banned 192.0.2.78",
        "It is not banned, but cannot connect": "mailward ban 198.51.100.0/24",
        "My webmail, my proxy, my monitoring was banned": "for n in 1 2 3 4 5 6; do sasl 192.168.7.8 u$n; done; read_all",
        "After \"nft flush ruleset\" or a firewall's reload the bans are gone": "mailward ban 203.0.113.9",
        "It does not start": "sed -i '/^ban_time /a ban_tyme = 2h' /etc/mailward/mailward.conf",
        "A change of the configuration is not in force": r"""mkdir -p /srv/lists; echo 198.51.100.200 >/srv/lists/drop; printf '[blocklist own]\nfile = /srv/lists/drop\n' >>/etc/mailward/mailward.conf""",
    },
}
