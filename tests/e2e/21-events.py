#!/usr/bin/env python3
"""21-events - events and notify against a running daemon: who follows gets the verdicts, a program gets them by batches

What share/notify/ has for programs is tried against stand-ins of the services on the loopback: what they are told, what
they are never told, and what happens when they have had enough.
"""
import contextlib
import http.server
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from daemon import NOBODY, Daemon
from program import ROOT

SHARE = f"{ROOT}/share/notify"


def lines_of(path):
    with contextlib.suppress(FileNotFoundError), open(path) as file:
        return file.read().splitlines()
    return []


class Follower:
    """A mailward events or notify in the background."""

    def __init__(self, daemon, *words):
        self.out, self.err = f"{daemon.folder}/{words[0]}.out", f"{daemon.folder}/{words[0]}.err"
        with open(self.out, "w") as out, open(self.err, "w") as err:
            self.process = subprocess.Popen(daemon.command(*words), stdout=out, stderr=err, stdin=subprocess.DEVNULL)

    def lines(self):
        return lines_of(self.out)

    def said(self):
        return "\n".join(lines_of(self.err))

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(tap.PATIENCE_S)


def follows(daemon, count):
    """Wait until so many readers are connected: a control socket's connections that stay."""
    def connected():
        with open("/proc/net/unix") as file:
            return sum(line.split()[-1] == f"{daemon.folder}/control" and line.split()[5] == "03" for line in file)
    return tap.wait_until(lambda: connected() == count)


def test_events(daemon):
    json_lines, text = Follower(daemon, "events", "--json"), None
    tap.ok(follows(daemon, 1), "a reader follows the events")
    daemon.errors("203.0.113.1", 6)
    tap.ok(tap.wait_until(lambda: len(json_lines.lines()) >= 4), "six errors are three delays and a ban")
    events = [json.loads(line) for line in json_lines.lines()]
    tap.same([event["event"] for event in events], ["delay", "delay", "delay", "ban"], "in order")
    tap.same({key: events[-1].get(key) for key in ("address", "seconds", "errors", "rule")},
             {"address": "203.0.113.1", "seconds": 3600, "errors": 6, "rule": "postfix/relay-denied"}, "in the words of the contract")
    json_lines.end()
    tap.ok(follows(daemon, 0), "a reader that is stopped is forgotten")
    text = Follower(daemon, "events")
    follows(daemon, 1)
    daemon.ask("ban", "198.51.100.7")
    daemon.ask("unban", "198.51.100.7")
    tap.ok(tap.wait_until(lambda: len(text.lines()) == 2), "the operator's own are events, too")
    tap.ok(re.search(r"would ban 198\.51\.100\.7 for 1h  \(manual\)$", text.lines()[0]) and
           re.search(r"would release 198\.51\.100\.7$", text.lines()[1]), "in words for people", *text.lines())
    daemon.stop()
    tap.same((text.process.wait(tap.PATIENCE_S), text.said()), (3, "mailward: the daemon has ended"), "the daemon's end is told")
    daemon.start()
    pipe = subprocess.Popen(daemon.command("events"), stdout=subprocess.PIPE)
    follows(daemon, 1)
    pipe.stdout.close()
    tap.ok(tap.wait_until(lambda: pipe.poll() is not None), "a reader that nobody reads ends by itself")


def test_slow(daemon):
    """One that does not read, one that does, and a storm."""
    slow = socket.socket(socket.AF_UNIX)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(f"{daemon.folder}/control")
    slow.sendall(b"events json\n")
    quick = Follower(daemon, "events", "--json")
    follows(daemon, 2)
    for number in range(2000):
        daemon.errors(f"10.{number // 250}.{number % 250}.1", 6, wait=False)
    daemon.errors("203.0.113.199", 1)
    daemon.errors("203.0.113.200", 6)
    tap.ok(tap.wait_until(lambda: any('"203.0.113.200"' in line and '"ban"' in line for line in quick.lines())),
           "a reader that does not read keeps no other waiting, nor the daemon")
    said = b""
    slow.settimeout(tap.PATIENCE_S)
    while not re.search(rb'"lost","count":\d+}\n', said):
        said += slow.recv(65536)
    heard = [json.loads(line) for line in said.decode().splitlines()[1:] if line.endswith("}")]
    counts = [event["count"] for event in heard if event["event"] == "lost"]
    tap.ok(len(heard) > 100 and counts[0] > 100, f"it gets what came first, and is told of {counts} that it lost")
    slow.close()
    quick.end()


def test_crowd(daemon):
    follows(daemon, 0)
    crowd = []
    for _ in range(16):
        crowd.append(socket.socket(socket.AF_UNIX))
        crowd[-1].connect(f"{daemon.folder}/control")
        crowd[-1].sendall(b"events json\n")
        crowd[-1].settimeout(tap.PATIENCE_S)
        crowd[-1].recv(100)
    answer = daemon.ask("events")
    tap.same((answer.returncode, answer.stderr), (1, "mailward: 16 follow the events already, which is the most there can be\n"),
             "the seventeenth reader is refused")
    tap.same(daemon.ask("status").returncode, 0, "and who asks for something else is answered")
    for member in crowd:
        member.close()
    follows(daemon, 0)


PROGRAM = """#!/bin/sh
# a batch: its lines, its arguments, who it is and what it may
{ echo "start $# $1 $2"; cat; echo "end"; } >>"$0.got"
echo "$(id -u) $(ls /proc/self/fd | xargs) $(sed -n 's/^NoNewPrivs:[[:blank:]]*//p; s/^CapEff:[[:blank:]]*//p' /proc/self/status | xargs)" >>"$0.power"
if [ -e "$0.hang" ]; then rm "$0.hang"; echo $$ >"$0.pid"; sleep 600 & echo $! >>"$0.pid"; wait; fi
if [ -e "$0.fail" ]; then rm "$0.fail"; exit 3; fi
echo done >>"$0.done"
"""


def batches(program):
    """What the program got, batch by batch."""
    text = "\n".join(lines_of(f"{program}.got"))
    return [[json.loads(line) for line in part.splitlines() if line.startswith("{")] for part in re.findall(r"start.*?\nend", text, re.S)]


def addresses(batch):
    return [event.get("address", event["event"]) for event in batch]


def gone(pid):
    return not os.path.exists(f"/proc/{pid}") or " Z " in open(f"/proc/{pid}/stat").read()


def test_notify(daemon):
    program = f"{daemon.folder}/program"
    with open(program, "w") as file:
        file.write(PROGRAM)
    os.chmod(program, 0o755)
    answer = daemon.ask("notify")
    tap.ok(answer.returncode == 1 and "[notify] names no program" in answer.stderr, "without [notify] there is nothing to start")
    for wrong, why in (("command = mail root", "is no program, its absolute path"), ("interval = 0", "0"), ("max_batch = 0", "0")):
        daemon.configure(f"[notify]\n{wrong}\n")
        answer = daemon.ask("check")
        tap.ok(answer.returncode == 1 and why in answer.stderr + answer.stdout, f"{wrong} is refused", answer.stderr)
    daemon.configure(f"[notify]\ncommand = {program} one $(touch%20{program}.shell);two\ninterval = 1s\nmax_batch = 3\ntimeout = 3s\n")
    if NOBODY:
        as_root = subprocess.run(daemon.command("notify")[len(NOBODY):], capture_output=True, text=True, check=False, timeout=tap.PATIENCE_S)
        tap.ok(as_root.returncode == 1 and "must not be root" in as_root.stderr, "root is refused")
    notify = Follower(daemon, "notify")
    follows(daemon, 1)
    daemon.errors("10.9.11.1", 6)
    tap.ok(tap.wait_until(lambda: batches(program)), "a batch comes")
    tap.same(addresses(batches(program)[0]), ["10.9.11.1"], "with the ban, without the delays")
    tap.same(lines_of(f"{program}.got")[0], f"start 2 one $(touch%20{program}.shell);two", "its arguments are words, no shell's")
    tap.ok(not os.path.exists(f"{program}.shell"), "and none is carried out")
    tap.wait_until(lambda: lines_of(f"{program}.power"))
    power = lines_of(f"{program}.power")[0].split()
    tap.same(power[1:5], ["0", "1", "2", "3"], "nothing is open but the three standard files (and the folder it looks at)")
    tap.same((power[0] == "0", power[-2:]), (False, ["0000000000000000", "1"]), "it is not root, has no power and gets none")

    tap.wait_until(lambda: len(lines_of(f"{program}.done")) == 1)
    open(f"{program}.fail", "w").close()
    daemon.errors("10.9.12.1", 6)
    tap.ok(tap.wait_until(lambda: len(batches(program)) == 3), "a batch whose program failed comes again")
    tap.same(batches(program)[1], batches(program)[2], "as it was")
    tap.ok("has failed: status 3" in notify.said(), "and that is said", notify.said())

    tap.wait_until(lambda: len(lines_of(f"{program}.done")) == 2)
    open(f"{program}.hang", "w").close()
    daemon.errors("10.9.13.1", 6)
    tap.ok(tap.wait_until(lambda: len(lines_of(f"{program}.pid")) == 2), "a program hangs")
    for number in range(20, 26):
        daemon.errors(f"10.9.{number}.1", 6)
    tap.ok(tap.wait_until(lambda: all(gone(pid) for pid in lines_of(f"{program}.pid"))), "it is killed, and what it had started")
    tap.ok("has not ended within 3 s" in notify.said(), "which is said")
    tap.ok(tap.wait_until(lambda: len(batches(program)) == 6), "the batch comes again, then the next", *map(str, batches(program)), notify.said())
    tap.same(addresses(batches(program)[5]), ["10.9.20.1", "10.9.21.1", "10.9.22.1", "lost"],
             "which holds no more than it may, and says so")
    tap.same(batches(program)[5][-1].get("count"), 3, "and how many it does not hold")

    daemon.stop()
    tap.ok(tap.wait_until(lambda: "no daemon to follow" in notify.said()), "the daemon ends: notify waits for it")
    daemon.start()
    tap.ok(tap.wait_until(lambda: "the daemon answers" in notify.said()), "and follows the next one")
    daemon.errors("10.9.14.1", 6)
    tap.ok(tap.wait_until(lambda: addresses(batches(program)[-1]) == ["10.9.14.1"]), "whose events are told")
    tap.same(notify.end(), 0, "it ends when it is told to")
    daemon.configure(f"[notify]\ncommand = {daemon.folder}/nowhere\ninterval = 1s\n")
    notify = Follower(daemon, "notify")
    follows(daemon, 1)
    daemon.errors("10.9.15.1", 6)
    tap.ok(tap.wait_until(lambda: "it cannot be executed" in notify.said()), "a program that is not there is told of", notify.said())
    notify.end()


# ---- the programs of share/notify ----

BATCH = [
    {"event": "ban", "time": "2026-11-22T10:00:00Z", "address": "192.0.2.1", "seconds": 3600, "errors": 6, "rule": "postfix/user-unknown"},
    {"event": "ban", "time": "2026-11-22T10:00:01Z", "address": "192.0.2.2", "seconds": 3600, "errors": 9, "rule": "dovecot/auth-failed"},
    {"event": "ban", "time": "2026-11-22T10:00:01Z", "address": "10.0.0.1", "seconds": 3600, "errors": 9, "rule": "dovecot/auth-failed",
     "private": True},
    {"event": "ban", "time": "2026-11-22T10:00:02Z", "address": "198.51.100.0/24", "seconds": 9, "errors": 9, "rule": "network"},
    {"event": "ban", "time": "2026-11-22T10:00:03Z", "address": "198.51.100.9", "seconds": 9, "errors": 0, "rule": "manual"},
    {"event": "ban", "time": "2026-11-22T10:00:04Z", "address": "2001:db8::/64", "seconds": 9, "errors": 6, "rule": "postfix/relay-denied"},
    {"event": "release", "time": "2026-11-22T10:00:05Z", "address": "192.0.2.3"},
    {"event": "lost", "count": 7},
]


def run(name, *words, batch=None, state=None):
    text = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in batch or BATCH)
    environment = {"PATH": os.environ["PATH"], **({"STATE_DIRECTORY": state} if state else {})}
    return subprocess.run([f"{SHARE}/{name}", *words], input=text, capture_output=True, text=True, env=environment,
                          timeout=tap.PATIENCE_S, check=False)


class Web(http.server.BaseHTTPRequestHandler):
    got, answers = [], []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Web.got.append((self.path, dict(self.headers), body))
        status, headers = Web.answers.pop(0) if Web.answers else (200, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Smtp(socketserver.StreamRequestHandler):
    got, refuse = [], False

    def handle(self):
        mail = {}
        self.wfile.write(b"220 stand-in\r\n")
        for line in self.rfile:
            word = line.split(b" ")[0].split(b":")[0].strip().upper()
            if Smtp.refuse and word == b"RCPT":
                self.wfile.write(b"451 later\r\n")
            elif word in (b"MAIL", b"RCPT"):
                mail[word.decode()] = re.search(rb"<(.*)>", line).group(1).decode()
                self.wfile.write(b"250 ok\r\n")
            elif word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                raw = b""
                while not raw.endswith(b"\r\n.\r\n"):
                    raw += self.rfile.readline()
                mail["raw"] = raw
                Smtp.got.append(mail)
                self.wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


class SmtpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address, daemon_threads = True, True


@contextlib.contextmanager
def serving(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "%s:%d" % server.server_address[:2]
    finally:
        server.shutdown()
        server.server_close()


def parsed(mail):
    import email
    import email.policy
    return email.message_from_bytes(mail["raw"][:-5].replace(b"\r\n..", b"\r\n."), policy=email.policy.default)


def test_mail():
    with serving(SmtpServer(("127.0.0.1", 0), Smtp)) as server:
        result = run("mail", "--server", server, "--from", "mailward@example.com", "postmaster@example.com")
        tap.same((result.returncode, result.stderr, len(Smtp.got)), (0, "", 1), "mail: a batch is one mail")
        mail = Smtp.got.pop()
        tap.same((mail["MAIL"], mail["RCPT"]), ("mailward@example.com", "postmaster@example.com"), "mail: from and to whom it should")
        tap.ok(b"\n" not in mail["raw"].replace(b"\r\n", b""), "mail: every line ends as SMTP wants it")
        message = parsed(mail)
        tap.ok(not message.defects and message["Date"].datetime and message["Message-ID"] and "6 bans, 8 events" in message["Subject"] and
               message["Auto-Submitted"] == "auto-generated", "mail: a header that nothing is wrong with", str(message))
        body = message.get_content().splitlines()
        tap.ok(body[0] == "2026-11-22T10:00:00Z  ban  192.0.2.1  for 3600 s: 6 errors, the last postfix/user-unknown" and
               "7 events that nobody" in body[7], "mail: in words for people", *body)
        Smtp.refuse = True
        tap.ok(run("mail", "--server", server, "postmaster@example.com").returncode != 0, "mail: a refusal is a failure, to be tried again")
        Smtp.refuse = False
        tap.same(run("mail", "-oQ/tmp").returncode, 1, "mail: an option is no address")


def test_webhook(folder):
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)) as server:
        with open(f"{folder}/header", "w") as file:
            file.write("Authorization: Bearer hush\n")
        result = run("webhook", "--header-file", f"{folder}/header", f"http://{server}/hook")
        tap.same((result.returncode, result.stderr, len(Web.got)), (0, "", 1), "webhook: one request")
        path, headers, body = Web.got.pop()
        tap.same((path, headers["Content-Type"], headers["Authorization"]), ("/hook", "application/json", "Bearer hush"), "webhook: its header")
        tap.same(json.loads(body), BATCH, "webhook: all events, as a JSON array")
        run("webhook", f"http://{server}/hook", batch=BATCH[:1])
        tap.same(json.loads(Web.got.pop()[2]), BATCH[:1], "webhook: of a single one, too")
        Web.answers = [(500, {})]
        tap.ok(run("webhook", f"http://{server}/hook").returncode != 0, "webhook: a failure of the server's is one")
        Web.got.clear()
        tap.same(run("webhook", "file:///etc/passwd").returncode, 2, "webhook: nothing but http and https")


def test_abuseipdb(folder):
    state = f"{folder}/abuse"
    os.mkdir(state)
    with open(f"{folder}/key", "w") as file:
        file.write("c0ffee\n")
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)) as server:
        words = ("--url", f"http://{server}/api/v2/report", f"{folder}/key")
        result = run("abuseipdb", *words, state=state)
        tap.same((result.returncode, result.stderr), (0, ""), "abuseipdb: a batch is reported")
        forms = [dict(urllib.parse.parse_qsl(body)) for _, _, body in Web.got]
        tap.same([form["ip"] for form in forms], ["192.0.2.1", "192.0.2.2"], "abuseipdb: hosts that did something, no network, no private one")
        tap.same([form["categories"] for form in forms], ["11", "18"], "abuseipdb: mail that nobody wants, and brute force")
        tap.same(forms[0], {"ip": "192.0.2.1", "categories": "11", "timestamp": "2026-11-22T10:00:00Z",
                            "comment": "mailward: 6 errors, the last postfix/user-unknown"}, "abuseipdb: nothing else leaves the host")
        tap.same((Web.got[0][0], Web.got[0][1]["Key"], Web.got[0][1]["Accept"]), ("/api/v2/report", "c0ffee", "application/json"), "abuseipdb: with its key")
        Web.got.clear()
        run("abuseipdb", *words, state=state)
        tap.same(len(Web.got), 0, "abuseipdb: nobody twice within 15 minutes")
        text = "\n".join(lines_of(f"{state}/abuseipdb.reported"))
        with open(f"{state}/abuseipdb.reported", "w") as file:
            file.write(re.sub(r"^\d+", lambda stamp: str(int(stamp.group()) - 901), text, flags=re.M) + "\n")
        Web.answers = [(200, {}), (429, {"Retry-After": "1000"})]
        result = run("abuseipdb", *words, state=state)
        tap.same((result.returncode, len(Web.got)), (0, 2), "abuseipdb: after that, again")
        tap.ok("had enough, for 1000 s" in result.stderr, "abuseipdb: 429 is told", result.stderr)
        Web.got.clear()
        others = [{**BATCH[0], "address": f"203.0.113.{i}"} for i in range(5)]
        result = run("abuseipdb", *words, state=state, batch=others)
        tap.same((result.returncode, len(Web.got)), (0, 0), "abuseipdb: and obeyed")
        tap.ok("5 not reported" in result.stderr, "abuseipdb: those who are left out are counted", result.stderr)
        with open(f"{state}/abuseipdb.not-before", "w") as file:
            file.write("1\n")
        Web.answers = [(503, {})]
        tap.same((run("abuseipdb", *words, state=state, batch=others).returncode, len(Web.got)), (1, 1), "abuseipdb: a failure of the server's is one")
        run("abuseipdb", *words, state=state, batch=others)
        tap.same(len(Web.got), 6, "abuseipdb: and the batch that comes again is reported")
        Web.got.clear()
    tap.same(run("abuseipdb", *words, state=state, batch=[{**BATCH[0], "address": "203.0.113.99"}]).returncode, 1, "abuseipdb: nobody there is a failure")


def test_blocklist_de(folder):
    state = f"{folder}/blocklist"
    os.mkdir(state)
    with serving(SmtpServer(("127.0.0.1", 0), Smtp)) as server:
        result = run("blocklist-de", "--server", server, "abuse@example.com", state=state)
        tap.same((result.returncode, result.stderr), (0, ""), "blocklist-de: a batch is reported")
        tap.same([(mail["MAIL"], mail["RCPT"]) for mail in Smtp.got], [("abuse@example.com", "fail2ban@blocklist.de")] * 2,
                 "blocklist-de: a mail for each host that did something")
        message = parsed(Smtp.got[1])
        parts = list(message.iter_parts())
        tap.ok(message["X-XARF"] == "PLAIN" and message.get_content_type() == "multipart/mixed" and len(parts) == 2 and
               parts[1].get_filename() == "report.txt", "blocklist-de: in the form of X-ARF", str(message))
        report = dict(line.split(": ", 1) for line in parts[1].get_content().splitlines() if ": " in line)
        tap.same({key: report.get(key) for key in ("Source", "Report-Type", "Category", "Service", "Port", "Reported-From", "Date", "Attachment")},
                 {"Source": "192.0.2.2", "Report-Type": "login-attack", "Category": "abuse", "Service": "imap", "Port": "143",
                  "Reported-From": "abuse@example.com", "Date": report.get("Date"), "Attachment": "none"}, "blocklist-de: its report")
        tap.ok("Sun, 22 Nov 2026" in report["Date"], "blocklist-de: when it was")
        Smtp.got.clear()
        run("blocklist-de", "--server", server, "abuse@example.com", state=state)
        tap.same(len(Smtp.got), 0, "blocklist-de: nobody twice within 15 minutes")
        Smtp.refuse = True
        tap.same(run("blocklist-de", "--server", server, "abuse@example.com", state=state, batch=[{**BATCH[0], "address": "192.0.2.77"}]).returncode,
                 1, "blocklist-de: a refusal is a failure")
        Smtp.refuse = False
        run("blocklist-de", "--server", server, "abuse@example.com", state=state, batch=[{**BATCH[0], "address": "192.0.2.77"}])
        tap.same(len(Smtp.got), 1, "blocklist-de: to be tried again")


def test_end_to_end(daemon, folder):
    """A log line, the daemon, notify, the program, the stand-in."""
    state = f"{folder}/whole"
    os.mkdir(state)
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)) as server:
        daemon.configure(f"[notify]\ncommand = {folder}/notify/webhook http://{server}/hook\ninterval = 1s\ndelays = yes\n")
        notify = Follower(daemon, "notify")
        follows(daemon, 1)
        daemon.errors("203.0.113.99", 6)
        events = lambda: [event for _, _, body in Web.got for event in json.loads(body)]
        tap.ok(tap.wait_until(lambda: any(event["event"] == "ban" for event in events())), "from a line in the log to a webhook", notify.said())
        tap.same([event["event"] for event in events()], ["delay"] * 3 + ["ban"], "with the delays, if they are wanted")
        tap.ok(not any("secret" in body for _, _, body in Web.got), "no name of the log's leaves the host")
        notify.end()
        Web.got.clear()


def main():
    if NOBODY and subprocess.call(["which", "setpriv"], stdout=subprocess.DEVNULL) != 0:
        tap.skip_all("needs setpriv")
    with tempfile.TemporaryDirectory(prefix="mailward-events-") as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/d")
        daemon = Daemon(f"{folder}/d")
        try:
            daemon.start()
            test_events(daemon)
            test_slow(daemon)
            test_crowd(daemon)
            test_notify(daemon)
            if subprocess.call(["which", "curl"], stdout=subprocess.DEVNULL) != 0:
                tap.ok(True, "the programs of share/notify # SKIP no curl here")
            else:
                subprocess.check_call(["cp", "-r", SHARE, f"{folder}/notify"])
                test_mail()
                test_webhook(folder)
                test_abuseipdb(folder)
                test_blocklist_de(folder)
                test_end_to_end(daemon, folder)
        finally:
            daemon.stop()
    tap.done()


if __name__ == "__main__":
    main()
