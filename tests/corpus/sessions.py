#!/usr/bin/env python3
"""sessions - one failure counts once, however many lines a server writes about it

Each case is a session's lines as Postfix and Dovecot write them, and how many errors it is worth. The hard limit is out
of reach, so that the summary's errors are the whole count. $MAILWARD is the program under test.
"""
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from program import ROOT, scan

C = "unknown[192.0.2.77]"
T = "; from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<h.example.org>"
SMTPD, SUBMISSION, SCREEN = "postfix/smtpd[4711]: ", "postfix/submission/smtpd[815]: ", "postfix/postscreen[99]: "
UNKNOWN = f"{SMTPD}NOQUEUE: reject: RCPT from {C}: 550 5.1.1 <b@example.com>: Recipient address rejected: User unknown in local recipient table{T}"
RELAY = f"{SMTPD}NOQUEUE: reject: RCPT from {C}: 454 4.7.1 <b@example.com>: Relay access denied{T}"
LATER = f"{SMTPD}7B575AD2463: reject: RCPT from {C}: 550 5.1.1 <b@example.com>: Recipient address rejected: User unknown in local recipient table{T}"
TOO_MANY = f"{SMTPD}too many errors after RCPT from {C}"
SASL = f"{SUBMISSION}warning: {C}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=bob"
ASKED = "dovecot: auth: passwd-file(bob,192.0.2.77): Password mismatch"
ASKED_24 = "dovecot: auth(bob,192.0.2.77,sasl:login)<a0>: passwd-file: Password mismatch"
PAM = ("dovecot: auth-worker(12): conn unix:auth-worker (pid=1,uid=2): auth-worker<1>: pam(bob,192.0.2.77,<NZf6f+Fgm63GEgBP>): "
       "pam_authenticate() failed: Authentication failure (Password mismatch?)")
LOGIN = "imap-login: Login: user=<bob>, method=PLAIN, rip=192.0.2.77, lip=192.0.2.25, mpid=1, session=<NZf6f+Fgm63GEgBP>"
LOST_AUTH = f"{SUBMISSION}lost connection after AUTH from {C}"
PIPELINING = f"{SMTPD}improper command pipelining after EHLO from {C}: MAIL FROM:<a@example.org>"
PIPELINING_REJECT = f"{SMTPD}NOQUEUE: reject: DATA from {C}: 503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining{T}"
NON_SMTP = f"{SMTPD}warning: non-SMTP command from {C}: Subject: hello"


def end(tag, counters):
    return f"{tag}disconnect from {C} {counters}"


def verbose(reason="Password mismatch"):
    return f"dovecot: auth: passwd-file(bob,192.0.2.77,<NZf6f+Fgm63GEgBP>): {reason}"


def login(attempts, session="NZf6f+Fgm63GEgBP"):
    return (f"dovecot: imap-login: Disconnected: Connection closed (auth failed, {attempts} attempts in 3 secs): user=<bob>, "
            f"method=PLAIN, rip=192.0.2.77, lip=192.0.2.25, session=<{session}>")


PS = "[192.0.2.77]:4321"
OPEN, MTA, MADDY = "smtpd[5]: 5ab3a1c2d4e5f607 smtp ", "sm-mta[7]: sAMA0AbC004711: ", "maddy[9]: smtp: "
OPEN_BEGINS = f"{OPEN}connected address=192.0.2.77 host=h.example.net"
OPEN_RCPT = f'{OPEN}failed-command command="RCPT TO:<b@example.com>" result="550 Invalid recipient: <b@example.com>"'
OPEN_TRIED, OPEN_535 = f"{OPEN}authentication user=bob result=permfail", f'{OPEN}failed-command command="AUTH PLAIN (...)" result="535 Authentication failed"'
MTA_RCPT = f"{MTA}<b@example.com>... User unknown"
MTA_ENDS = f"{MTA}from=<a@example.org>, size=108, class=0, nrcpts=0, proto=ESMTP, daemon=MTA-v4, relay=h.example.org [192.0.2.77]"
MADDY_BEGINS = MADDY + 'incoming message\t{"msg_id":"4e5a9a1b","sender":"a@example.org","src_host":"x","src_ip":"192.0.2.77:51234"}'
MADDY_RCPT = MADDY + 'RCPT error\t{"msg_id":"4e5a9a1b","rcpt":"b@example.com","reason":"x","smtp_code":550,"smtp_enchcode":"5.1.1","smtp_msg":"User doesn\'t exist"}'
CASES = [
    ("a reject", 1, [UNKNOWN, end(SMTPD, "ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")]),
    ("six rejects, then Postfix's own limit, then the summary", 6,
     [UNKNOWN] * 6 + [TOO_MANY, end(SMTPD, "ehlo=1 mail=1 rcpt=0/6 commands=2/8")]),
    ("the same without the rejects", 1, [TOO_MANY, end(SMTPD, "ehlo=1 mail=1 rcpt=0/6 commands=2/8")]),
    ("two such sessions of one process", 2,
     [TOO_MANY, end(SMTPD, "ehlo=1 mail=1 rcpt=0/6 commands=2/8")] * 2),
    ("rejects with and without a queue id", 3, [UNKNOWN, LATER, RELAY]),
    ("a failed AUTH, the connection lost after it, the summary", 1,
     [SASL, LOST_AUTH, end(SUBMISSION, "ehlo=1 auth=0/1 commands=1/2")]),
    ("three failed AUTHs in one session", 3, [SASL] * 3 + [end(SUBMISSION, "ehlo=1 auth=0/3 quit=1 commands=2/5")]),
    ("pipelining and its reject", 1, [PIPELINING, PIPELINING_REJECT]),
    ("a reject, then the client goes on with headers", 1, [UNKNOWN, NON_SMTP]),
    ("a summary is all there is: AUTH never logged", 1, [end(SUBMISSION, "ehlo=1 auth=0/3 quit=1 commands=2/5")]),
    ("PREGREET, then the protocol error that follows from it", 2,
     [f"{SCREEN}PREGREET 26 after 0 from {PS}: EHLO client.example.org\\r\\n",
      f"{SCREEN}NOQUEUE: reject: RCPT from {PS}: 550 5.5.1 Protocol error; from=<a@example.org>, to=<b@example.com>, proto=ESMTP, helo=<x>"]),
    ("message repeated: five more", 6,
     [UNKNOWN, UNKNOWN.replace("]: ", "]: message repeated 5 times: [ ", 1) + "]"]),
    ("the classic repetition: five more", 6, [UNKNOWN, "last message repeated 5 times"]),
    ("OpenSMTPD names the client once", 2, [OPEN_BEGINS, OPEN_RCPT, OPEN_RCPT]),
    ("whom it has not named nobody is blamed for", 0, [OPEN_RCPT, OPEN_RCPT]),
    ("it tells a failed login twice", 1, [OPEN_BEGINS, OPEN_TRIED, OPEN_535]),
    ("each of three", 3, [OPEN_BEGINS, *[OPEN_TRIED, OPEN_535] * 3]),
    ("sendmail names the client at the end", 2, [MTA_RCPT, MTA_RCPT, MTA_ENDS]),
    ("maddy with the message", 2, [MADDY_BEGINS, MADDY_RCPT, MADDY_RCPT]),
    ("Dovecot's attempts", 3, [login(3)]),
    ("two connections", 4, [login(3), login(1, "9M55YuFg7a7GM2RA")]),
    ("auth_verbose says it, too", 1, [verbose(), login(1)]),
    ("auth_verbose says each of three", 3, [verbose(), verbose(), verbose(), login(3)]),
    ("and again in the next connection", 4, [verbose(), verbose(), verbose(), login(3), verbose(), login(1)]),
    ("a database that passes on to the next is no failure", 0,
     [verbose("unknown user") + " - trying the next passdb", f"dovecot: {LOGIN}"]),
    ("nor where the line does not say so", 0, [verbose("unknown user"), f"dovecot: {LOGIN}"]),
    ("Dovecot's auth, Postfix and the summary tell of one attempt", 1, [ASKED, SASL, end(SUBMISSION, "ehlo=2 auth=0/1 quit=1 commands=3/4")]),
    ("so they do where auth has a session of its own", 1, [ASKED_24, SASL, end(SUBMISSION, "ehlo=2 auth=0/1 quit=1 commands=3/4")]),
    ("twice", 2, [ASKED_24, SASL, ASKED_24, SASL, LOST_AUTH]),
    ("two databases and the login line", 1, [verbose("unknown user"), PAM, login(1)]),
    ("another's name, in the session of a login", 1, [verbose().replace("bob", "eve"), f"dovecot: {LOGIN}"]),
    ("or before one without a session, where one process writes all of the log", 1,
     ["dovecot[7]: auth: sql(eve,192.0.2.77): unknown user", f"dovecot[7]: {LOGIN}"]),
]


def main():
    with tempfile.TemporaryDirectory(prefix="mailward-sessions-") as folder:
        conf = os.path.join(folder, "conf")
        with open(conf, "w", encoding="ascii") as out:
            out.write(f"[mailward]\npatterns = {ROOT}/patterns\n[policy]\nhard_error_limit = 1000\n")
        for text, wanted, lines in CASES:
            log = "".join(f"2026-03-12T10:00:{i:02}+00:00 mx1 {line}\n" for i, line in enumerate(lines))
            status, _, summary, said = scan("-c", conf, "-", stdin=log.encode())
            tap.ok(status == 0 and summary.get("errors") == wanted, f"{text}: {wanted}",
                   f"got {summary.get('errors')}", *said.splitlines())
    tap.done()


main()
