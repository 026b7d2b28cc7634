#!/usr/bin/env python3
"""23-metrics - the figures: right in form and number, by print, file and HTTP, for promtool, a real Prometheus and Grafana's dashboard

The dashboard's and the alerts' queries use no figure that is not there; the alerts fall when they should.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from daemon import Daemon
from program import ROOT

RULES = f"{ROOT}/etc/prometheus/mailward.rules.yml"
SAMPLE = re.compile(r'^(mailward_[a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.]+)$')


def parsed(text):
    """(samples by name and labels, types by name); raises ValueError when a line has no right form."""
    samples, types, helped = {}, {}, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split()[2])
        elif line.startswith("# TYPE "):
            types[line.split()[2]] = line.split()[3]
        else:
            match = SAMPLE.match(line)
            if not match or match.group(1) not in types or match.group(1) not in helped:
                raise ValueError(line)
            samples[match.group(1), match.group(2) or ""] = float(match.group(3))
    return samples, types


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_figures(daemon):
    daemon.errors("203.0.113.1", 6)
    daemon.errors("203.0.113.2", 4)
    daemon.errors("127.0.0.1", 2)
    result = daemon.ask("metrics")
    tap.same((result.returncode, result.stderr), (0, ""), "the figures are printed")
    samples, types = parsed(result.stdout)
    get = lambda name, labels="": samples.get((f"mailward_{name}", labels))
    tap.same({name: get(name) for name in ("up", "bans_total", "running_bans", "running_delays", "tracked_addresses", "allowed_errors_total",
                                           "dry_run", "erring_addresses", "tracked_addresses_limit", "errors_total")},
             {"up": 1, "bans_total": 1, "running_bans": 1, "running_delays": 1, "tracked_addresses": 1, "allowed_errors_total": 2,
              "dry_run": 1, "erring_addresses": 1, "tracked_addresses_limit": 1000000, "errors_total": 10}, "and right")
    tap.same(get("rule_errors_total", 'rule="postfix/relay-denied",service="postfix"'), 10, "by rule, too")
    tap.same(get("source_lines_total", f'source="{daemon.log}"'), 12, "and by source")
    tap.ok(all((types[name] == "counter") == name.endswith("_total") for name in types), "a counter is what ends in _total")
    labels = {label for _, text in samples for label in re.findall(r'([a-z]+)="', text)}
    tap.ok(labels <= {"rule", "source", "service", "kind", "version", "by", "family", "length", "list"}, "no label is an attacker's to choose", *labels)
    tap.ok("203.0.113" not in result.stdout and "secret" not in result.stdout, "no address and no name is in them")
    if shutil.which("promtool"):
        check = subprocess.run(["promtool", "check", "metrics"], input=result.stdout, capture_output=True, text=True, check=False)
        tap.same((check.returncode, check.stdout + check.stderr), (0, ""), "promtool check metrics has nothing to say")
    else:
        tap.ok(True, "promtool check metrics # SKIP no promtool here (Debian: prometheus)")
    return {name for name, _ in samples} | set(types)


def test_textfile(daemon):
    path = f"{daemon.folder}/mailward.prom"
    tap.same(daemon.ask("metrics", "--textfile", path).returncode, 0, "they are written to a file")
    with open(path) as file:
        tap.ok(parsed(file.read())[0]["mailward_up", ""] == 1, "whole, and right in form")
    tap.same((os.stat(path).st_mode & 0o777, [name for name in os.listdir(daemon.folder) if "prom" in name]), (0o644, ["mailward.prom"]),
             "for all to read, with nothing left beside it")
    before = os.stat(path).st_ino
    daemon.ask("metrics", "--textfile", path)
    tap.ok(os.stat(path).st_ino != before, "a new one takes the place of the old one")
    os.symlink("/proc/self/fd/1", f"{daemon.folder}/link")
    answer = daemon.ask("metrics", "--textfile", f"{daemon.folder}/link")
    tap.ok(answer.returncode == 1 and os.path.islink(f"{daemon.folder}/link"), "a link is not replaced", answer.stderr)
    answer = daemon.ask("metrics", "--textfile", f"{daemon.folder}/nowhere/x")
    tap.ok(answer.returncode == 1 and "cannot be written" in answer.stderr, "a file that cannot be is an error", answer.stderr)
    tap.same(daemon.ask("metrics", "--textfile", path, "--listen", "127.0.0.1:1").returncode, 2, "file and server are one too many")
    daemon.configure(f"[metrics]\ntextfile = {daemon.folder}/configured.prom\n")
    tap.ok(daemon.ask("metrics", "--write").returncode == 0 and "\nmailward_up 1\n" in open(f"{daemon.folder}/configured.prom").read(),
           "the file may be the config's")
    tap.same(daemon.ask("metrics", "--write", "--textfile", path).returncode, 2, "or that of the command line, not both")
    daemon.configure()


@contextlib.contextmanager
def serving(daemon, where):
    with open(f"{daemon.folder}/serve", "w") as said:
        process = subprocess.Popen(daemon.command("metrics", "--listen", where), stderr=said, stdin=subprocess.DEVNULL)
    try:
        def listens():
            with open(f"{daemon.folder}/serve") as file:
                return "listening" in file.read()
        tap.ok(tap.wait_until(lambda: listens() or process.poll() is not None) and process.poll() is None, f"a server listens on {where}")
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        status = process.wait(tap.PATIENCE_S)
    tap.same(status, 0, "and ends when it is told to")


def get(port, method="GET", path="/metrics"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=tap.PATIENCE_S)
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


def test_server(daemon):
    port = free_port()
    with serving(daemon, f"127.0.0.1:{port}"):
        status, headers, body = get(port)
        tap.same((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), "it answers as Prometheus wants it")
        tap.ok(parsed(body)[0]["mailward_up", ""] == 1, "with the figures")
        tap.same((get(port, path="/")[0], get(port, path="/metricsx")[0], get(port, "POST")[0]), (404, 404, 405), "and with nothing else")
        status, headers, body = get(port, "HEAD")
        tap.ok(status == 200 and not body and int(headers["Content-Length"]) > 1000, "HEAD is answered without them")
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(16)]
        idle[0].sendall(b"GET /met")
        waiting = socket.create_connection(("127.0.0.1", port), timeout=tap.PATIENCE_S)
        waiting.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        tap.ok(waiting.recv(100).startswith(b"HTTP/1.1 200"), "sixteen who say nothing lose their places to who does")
        for connection in (*idle, waiting):
            connection.close()
        flood = socket.create_connection(("127.0.0.1", port), timeout=tap.PATIENCE_S)
        with contextlib.suppress(ConnectionError):
            flood.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100000)
            flood.recv(1)
        flood.close()
        with contextlib.suppress(ConnectionError):
            garbage = socket.create_connection(("127.0.0.1", port), timeout=tap.PATIENCE_S)
            garbage.sendall(b"\0\xff\r\n\r\n")
            tap.ok(garbage.recv(100).startswith(b"HTTP/1.1 405"), "garbage is refused")
            garbage.close()
        daemon.stop()
        status, _, body = get(port)
        tap.same((status, body.splitlines()[-1], len(body.splitlines())), (200, "mailward_up 0", 3), "a daemon that is down is a figure, too")
        daemon.start()
        tap.ok(parsed(get(port)[2])[0]["mailward_up", ""] == 1, "as one that is back")
        tap.same(daemon.ask("metrics", "--listen", f"127.0.0.1:{port}").returncode, 1, "an address that is taken is an error")
    with serving(daemon, f"[::1]:{port}"):
        with socket.create_connection(("::1", port), timeout=tap.PATIENCE_S) as connection:
            connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            tap.ok(connection.recv(100).startswith(b"HTTP/1.1 200"), "IPv6, too")
    for wrong in ("9817", "localhost:9817", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:1x", ""):
        tap.same(daemon.ask("metrics", "--listen", wrong).returncode, 2, f"'{wrong}' is no address")
    daemon.stop()
    answer = daemon.ask("metrics")
    tap.same((answer.returncode, answer.stdout), (3, ""), "without a daemon nothing is printed")
    path = f"{daemon.folder}/mailward.prom"
    tap.same(daemon.ask("metrics", "--textfile", path).returncode, 3, "the file says so")
    with open(path) as file:
        tap.ok(file.read().endswith("\nmailward_up 0\n"), "in its form")
    daemon.start()


def names_in(expression):
    return set(re.findall(r"\bmailward_[a-z_]+\b", expression))


ALERTS = {      # what is so, and which alert falls (the instance is always mx)
    "mailward_up": (0, "MailwardDown"), "mailward_firewall_up": (0, "MailwardFirewallDown"),
    'mailward_source_up{source="/var/log/mail.log"}': (0, "MailwardSourceDown"),
    'mailward_troubles{kind="silent-source"}': (1, "MailwardSourceSilent"), 'mailward_troubles{kind="silent-rule"}': (1, "MailwardRuleSilent"),
    'mailward_troubles{kind="bans-do-not-bite"}': (1, "MailwardBansDoNotBite"), "mailward_state_saved": (0, "MailwardStoreInMemory"),
    'mailward_source_behind_bytes{source="/var/log/mail.log"}': (20000000, "MailwardBehind"),
    "mailward_tracked_addresses": (950000, "MailwardFull"), 'mailward_outage{service="dovecot"}': (1, "MailwardOutage"),
    'mailward_blocklist_current{list="drop"}': (0, "MailwardBlocklistOld"),
}
WELL = {"mailward_up": 1, "mailward_firewall_up": 1, "mailward_state_saved": 1, "mailward_dry_run": 0, "mailward_tracked_addresses": 5,
        "mailward_tracked_addresses_limit": 1000000, "mailward_firewall_refusals_total": 0}


def series(name):
    bare, _, labels = name.partition("{")
    return bare + '{instance="mx"' + ("," + labels if labels else "}")


def test_alerts(folder, names):
    with open(RULES) as file:
        text = file.read()
    tap.same(names_in(text) - names, set(), "no alert asks for a figure that is not there")
    if not shutil.which("promtool"):
        tap.ok(True, "promtool check rules # SKIP no promtool here (Debian: prometheus)")
        return
    check = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True, check=False)
    tap.ok(check.returncode == 0 and f"{len(ALERTS)} rules found" in check.stdout, "promtool check rules takes the alerts", check.stdout, check.stderr)
    tests = []
    for broken in [None, *ALERTS]:
        state = {**WELL, **({broken: ALERTS[broken][0]} if broken else {})}
        tests.append({"interval": "1m", "input_series": [{"series": series(name), "values": f"{value}x180"} for name, value in state.items()],
                      "alert_rule_test": [{"eval_time": "2h", "alertname": alert,
                                           "exp_alerts": []} for _, alert in ALERTS.values() if not broken or alert != ALERTS[broken][1]]})
        if broken:      # that it falls shows in the count of what stands in ALERTS
            tests[-1]["promql_expr_test"] = [{"expr": f'count(ALERTS{{alertname="{ALERTS[broken][1]}",alertstate="firing"}})', "eval_time": "2h",
                                              "exp_samples": [{"labels": "{}", "value": 1}]}]
    with open(f"{folder}/alerts.yml", "w") as file:
        json.dump({"rule_files": [RULES], "evaluation_interval": "1m", "tests": tests}, file)     # JSON is YAML
    check = subprocess.run(["promtool", "test", "rules", f"{folder}/alerts.yml"], capture_output=True, text=True, check=False)
    tap.ok(check.returncode == 0, f"each of {len(ALERTS)} alerts falls when it should, and when all is well, none", *(check.stdout + check.stderr).splitlines()[:40])


def queries(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_dashboard(folder, names):
    with open(f"{ROOT}/etc/grafana/mailward.json") as file:
        dashboard = json.load(file)
    panels = dashboard["panels"]
    tap.ok(all(isinstance(dashboard[key], kind) for key, kind in (("title", str), ("uid", str), ("schemaVersion", int), ("panels", list), ("time", dict),
               ("templating", dict), ("annotations", dict), ("tags", list), ("editable", bool))) and len(dashboard["uid"]) <= 40,
           "the dashboard has what Grafana's schema wants")
    tap.same(len({panel["id"] for panel in panels}), len(panels), "each panel has a number of its own")
    tap.ok(all(panel["type"] in ("stat", "timeseries") and panel["targets"] and panel["fieldConfig"]["defaults"]["unit"] and
               panel["datasource"]["uid"] == "${datasource}" for panel in panels), "a kind, queries, a unit, and the data source that is chosen")
    cells = [(panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y) for panel in panels for x in range(panel["gridPos"]["w"]) for y in range(panel["gridPos"]["h"])]
    tap.ok(len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24, "no panel covers another, or leaves the grid of 24")
    references = [[target["refId"] for target in panel["targets"]] for panel in panels]
    tap.ok(all(len(set(refs)) == len(refs) for refs in references), "no two queries of a panel have one name")
    tap.same(set().union(*map(names_in, queries(dashboard))) - names, set(), "no query asks for a figure that is not there")
    if not shutil.which("promtool"):
        tap.ok(True, "the dashboard's queries as promtool reads them # SKIP no promtool here (Debian: prometheus)")
        return
    rules = [{"record": f"dashboard:{i}", "expr": expr.replace("$__rate_interval", "5m").replace("$instance", ".*")} for i, expr in enumerate(queries(dashboard))]
    with open(f"{folder}/queries.yml", "w") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
    check = subprocess.run(["promtool", "check", "rules", f"{folder}/queries.yml"], capture_output=True, text=True, check=False)
    tap.ok(check.returncode == 0 and f"{len(rules)} rules found" in check.stdout, f"promtool takes its {len(rules)} queries", check.stdout, check.stderr)


def test_prometheus(daemon, folder):
    """A real one scrapes, evaluates the alerts, and answers the dashboard's queries."""
    if not shutil.which("prometheus"):
        tap.ok(True, "a real Prometheus scrapes it # SKIP no prometheus here (Debian: prometheus)")
        return
    port, web = free_port(), free_port()
    with open(f"{folder}/prometheus.yml", "w") as file:
        json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [RULES],
                   "scrape_configs": [{"job_name": "mailward", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}]}, file)
    with serving(daemon, f"127.0.0.1:{port}"), open(f"{folder}/prometheus.log", "w") as log:
        server = subprocess.Popen(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
                                   f"--web.listen-address=127.0.0.1:{web}"], stdout=log, stderr=log)

        def ask(path, **query):
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"http://127.0.0.1:{web}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
                    return json.load(answer)["data"]
            return None

        def value(expr):
            data = ask("query", query=expr)
            return float(data["result"][0]["value"][1]) if data and data["result"] else None
        try:
            tap.ok(tap.wait_until(lambda: value("mailward_up") == 1), "a real Prometheus scrapes it")
            before = value("mailward_bans_total")
            daemon.errors("198.51.100.77", 6)
            tap.ok(tap.wait_until(lambda: value("mailward_bans_total") == before + 1), "and sees a ban")
            with open(f"{ROOT}/etc/grafana/mailward.json") as file:
                failed = [expr for expr in queries(json.load(file)) if ask("query", query=expr.replace("$__rate_interval", "1m").replace("$instance", ".*")) is None]
            tap.same(failed, [], "it answers every query of the dashboard")
            daemon.stop()
            tap.ok(tap.wait_until(lambda: value("mailward_up") == 0), "that the daemon is down shows")
            tap.ok(tap.wait_until(lambda: any(alert["labels"]["alertname"] == "MailwardDown" for alert in (ask("alerts") or {"alerts": []})["alerts"])),
                   "and the alert is pending")
            daemon.start()
        finally:
            server.terminate()
            server.wait(tap.PATIENCE_S)


def main():
    with tempfile.TemporaryDirectory(prefix="mailward-metrics-") as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/d")
        daemon = Daemon(f"{folder}/d")
        try:
            daemon.start()
            names = test_figures(daemon)
            names |= {"mailward_firewall_up", "mailward_firewall_requests_total", "mailward_firewall_refusals_total",
                      "mailward_firewall_waiting_requests", "mailward_dropped_packets_total", "mailward_blocklist_lines",
                      "mailward_blocklist_in_force", "mailward_blocklist_current"}     # not in a dry run, or without a list
            test_textfile(daemon)
            test_server(daemon)
            test_alerts(folder, names)
            test_dashboard(folder, names)
            test_prometheus(daemon, folder)
        finally:
            daemon.stop()
    tap.done()


if __name__ == "__main__":
    main()
