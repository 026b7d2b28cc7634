"""docs_stage - what 33-docs.py sets up before the commands of a page, and which commands it does not run, and why"""

# pages that are linked before they are there
TO_COME = {"containers.md"}

# pages whose blocks a test of their own runs
ELSEWHERE = {
    "docs/containers.md": "tests/e2e/28-containers.sh",
    "docs/morning-after.md": "tests/e2e/33-morning-after.py",
    "docs/fleet.md": "tests/e2e/27-fleet-docs.py",
}

# command -> why not, and which test runs it
NOT_HERE = {
    "scripts/deps --build --package && make deb": "it takes a compiler and the network; packaging/package-test runs it",
    "scripts/deps --build && make && sudo make install":
        "it takes a compiler and the network; packaging/package-test runs it",
    "sudo apt install ./build/deb/mailward_*.deb": "packaging/package-test runs it",
    "sudo apt remove mailward": "nothing is installed by apt here; packaging/package-test runs it",
    "sudo apt purge mailward": "nothing is installed by apt here; packaging/package-test runs it",
    "sudo make uninstall": "it takes make and the sources; packaging/package-test runs it",
    "sudoedit /etc/mailward/mailward.conf": "an editor waits; packaging/package-test runs it with EDITOR=true",
    "sudo /usr/share/mailward/postfix/postfix-setup && sudo postfix reload":
        "it asks; tests/e2e/09-postfix-setup.sh and packaging/package-test run it with --yes",
    "sudo /etc/postfix/main.cf.before-mailward && sudo postfix reload":
        "it undoes the former; tests/e2e/09-postfix-setup.sh and packaging/package-test run it",
}

# what every stage can call, as root
SHELL = r"""
log=/var/log/mail.log
systemctl reset-failed mailward 2>/dev/null	# a stage starts it more often than anybody would
# until_ COMMAND... - it succeeds, or never
until_() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; echo "in vain: $*"; return 1; }

# line PROGRAM[PID] MESSAGE - for the log, as rsyslog would write it; session=<N> of a line is its number
now() { date +%Y-%m-%dT%H:%M:%S.%6N%:z; }
line() { echo "$(now) mx $1: $2" | sed "s/session=<>/session=<s$(wc -l <$log)>/" >>$log; }
# refused ADDRESS REPLY NAME REASON
refused() {
	line 'postfix/smtpd[471]' \
		"NOQUEUE: reject: RCPT from unknown[$1]: $2 <$3>: $4; from=<x@example.org> to=<$3> proto=ESMTP helo=<x>"
}
# relay ADDRESS COUNT, unknown ADDRESS COUNT
relay() { for n in $(seq "$2"); do refused "$1" '554 5.7.1' "bob$n@example.net" 'Relay access denied'; done; }
unknown() {
	for n in $(seq "$2"); do
		refused "$1" '550 5.1.1' "nobody$n@example.com" 'Recipient address rejected: User unknown in local recipient table'
	done
}
# fails ADDRESS NAME at IMAP, sasl ADDRESS NAME at submission, login ADDRESS NAME
at_imap() { line dovecot "imap-login: $3: user=<$2>, method=PLAIN, rip=$1, lip=192.0.2.25, $4TLS, session=<>"; }
fails() { at_imap "$1" "$2" 'Disconnected: Connection closed (auth failed, 1 attempts in 2 secs)' ''; }
login() { at_imap "$1" "$2" Login 'mpid=1, '; }
sasl() {
	line 'postfix/smtpd[473]' \
		"warning: unknown[$1]: SASL LOGIN authentication failed: authentication failure, sasl_username=$2"
}

# not by the number of lines: a daemon that starts goes on where the one before it, in its dry run, had stopped
has_read_all() { mailward status --json | grep '"event":"source"' | grep -q '"caught_up":true.*"behind_bytes":0[,}]'; }
read_all() { until_ has_read_all; }
is_banned() { mailward list | grep -q "^$1 "; }
banned() { until_ is_banned "$1"; }
running() { until_ mailward status; }
approve() { cat >/tmp/approve.conf; chmod 644 /tmp/approve.conf; mailward check -c /tmp/approve.conf; }
enforcing() { sed -i 's/^dry_run .*/dry_run = no/' /etc/mailward/mailward.conf; systemctl restart mailward; running; }

# reset - as a package installs it, with a log that has just begun
reset() {
	systemctl disable --now mailward mailward-metrics mailward-notify mailward-report.timer fail2ban 2>/dev/null
	mailward clear >/dev/null
	gpasswd -d ann mailward 2>/dev/null
	for folder in mailward fail2ban postfix; do
		[ -e /root/docs/$folder ] || cp -a /etc/$folder /root/docs/$folder
		rm -rf /etc/$folder
		cp -a /root/docs/$folder /etc/$folder
	done
	rm -rf /var/lib/mailward/* /home/ann/* $log $log.*
	line 'postfix/smtpd[470]' 'connect from localhost[127.0.0.1]'
	chown root:adm $log; chmod 640 $log
	touch /etc/postfix/access
	sed -i 's/^dry_run .*/dry_run = yes/' /etc/mailward/mailward.conf
	systemctl reset-failed
	systemctl enable --now mailward; running
}
"""

# document -> heading -> what is set up before its first command
STAGE = {
    "README.md": {
        "Start": "relay 203.0.113.9 6; read_all",
        "Look at it, undo a ban": "mailward ban 192.0.2.1",
    },
    "docs/everyday.md": {
        "Look": """
            enforcing
            login 192.0.2.44 carol@example.com
            relay 203.0.113.9 6
            unknown 198.51.100.7 5
            read_all; banned 203.0.113.9""",
    },
    "docs/how-it-decides.md": {
        "7. See it for yourself": """
            enforcing
            login 192.0.2.44 carol@example.com
            fails 192.0.2.44 carol@example.com
            relay 198.51.100.61 5
            relay 192.0.2.62 4
            for n in 1 2 3; do sasl 198.51.10$n.9 oracle@example.com; done
            for name in sales sales info oracle; do sasl 203.0.113.9 $name@example.com; done
            read_all; banned 203.0.113.9""",
    },
    "docs/patterns.md": {
        "What does mailward make of it?": """
            for n in $(seq 8); do
                line 'webgate[812]' "login failed: user \\"bob$n\\", from 203.0.113.9:5011$n"
            done""",
    },
    "docs/from-fail2ban.md": {
        "The move": """
            relay 203.0.113.9 7; read_all
            for jail in postfix dovecot; do printf '[%s]\\nenabled = true\\n' $jail; done >/etc/fail2ban/jail.local
            printf '[sshd]\\nenabled = false\\n' >>/etc/fail2ban/jail.local
            systemctl start fail2ban; until_ fail2ban-client ping
            fail2ban-client set postfix banip 198.51.100.88""",
        "What you are used to": """
            cat >/etc/fail2ban/filter.d/webmail.conf <<'END'
[INCLUDES]
before = common.conf
[Definition]
_daemon = webmail
failregex = ^%(__prefix_line)slogin failed from <HOST>$
END""",
    },
    "docs/sizing.md": {"Processor": "relay 203.0.113.9 6; read_all"},
    "docs/security.md": {"Who holds what power": "enforcing"},
    "docs/uninstalling.md": {"For a while only": "enforcing; relay 203.0.113.9 6; banned 203.0.113.9"},
    "docs/troubleshooting.md": {
        "It runs, but bans nobody": "relay 203.0.113.9 6; read_all",
        "It still bans nobody": """
            chmod 600 $log; chgrp root $log
            systemctl restart mailward; until_ sh -c 'mailward status | grep TROUBLE'""",
        "Errors of one address do not count":
            "refused 203.0.113.30 '450 4.2.0' bob@example.com 'Recipient address rejected: Greylisted'",
        "It counts, but does not ban": """
            until_ mailward status --check
            for n in 1 2 3 4 5; do sasl 203.0.113.31 info@example.com; done
            read_all""",
        "It is banned, and still gets through": "mailward ban 203.0.113.9",
        "Banned addresses come back from IPv6": """
            relay 2001:db8:bad:1::1 3; relay 2001:db8:bad:1::2 3
            read_all; banned 2001:db8:bad:1::/64""",
        "I locked myself out": "relay 192.0.2.77 6; read_all; banned 192.0.2.77",
        "A customer is locked out": """
            login 192.0.2.201 dave@example.com
            for n in $(seq 14); do fails 192.0.2.78 dave@example.com; done
            read_all; banned 192.0.2.78""",
        "It is not banned, but cannot connect": "mailward ban 198.51.100.0/24",
        "Everybody was banned when the database was down": """
            login 192.0.2.44 carol@example.com
            down="Can't connect to server on '127.0.0.1' (115) - waiting for 1 seconds before retry"
            for n in 1 2 3; do line dovecot "auth: Error: mysql(127.0.0.1): Connect failed to database (mail): $down"; done
            for n in 1 2 3 4; do fails 192.0.2.44 carol@example.com; done
            read_all""",
        "My webmail, my proxy, my monitoring was banned":
            "for n in 1 2 3 4 5 6; do sasl 192.168.7.8 u$n; done; read_all",
        "After \"nft flush ruleset\" or a firewall's reload the bans are gone": "mailward ban 203.0.113.9",
        "It does not start": "sed -i '/^ban_time /a ban_tyme = 2h' /etc/mailward/mailward.conf",
        "A change of the configuration is not in force": """
            mkdir -p /srv/lists; echo 198.51.100.200 >/srv/lists/drop
            printf '[blocklist own]\\nfile = /srv/lists/drop\\n' >>/etc/mailward/mailward.conf""",
    },
}
