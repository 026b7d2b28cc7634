#!/usr/bin/env python3
"""fleet - how fast hosts count as one: from a line on one to the ban on the others, errors a second through a server, memory

usage: [RUNS=200] [ERRORS=500000] tests/bench/fleet.py      as root; prints a table
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import fleet as lab
import tap

lab.need_server()
runs, errors = int(os.environ.get("RUNS", "200")), int(os.environ.get("ERRORS", "500000"))
came = {}


def follow(node):
    """When each ban was told, by the clock of this machine."""
    process = subprocess.Popen([lab.MAILWARD, "events", "--json", "-c", node.conf], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "ban":
            came.setdefault(event["address"], {})[node.name] = time.monotonic()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) / 1024


with tempfile.TemporaryDirectory(prefix="mailward-bench-") as folder:
    fleet, server = lab.Fleet(folder, 3), lab.Server(folder)
    server.start()
    try:
        for node in fleet.nodes:
            node.configure(policy="judge = window\nnetwork_limit = 0\nsoft_error_limit = 6\n")
            node.start()
            threading.Thread(target=follow, args=(node,), daemon=True).start()
        time.sleep(1)
        print(f"memory of a node at rest: engine {memory(fleet.nodes[0].engine()):.1f} MiB, courier {memory(fleet.nodes[0].couriers()[0]):.1f} MiB")
        sent = {}
        for i in range(runs):
            address = f"198.51.{100 + i // 250}.{1 + i % 250}"
            for node in fleet.nodes[:2]:
                node.errors(address, 2)
            tap.wait_until(fleet.nodes[2].has_read)
            time.sleep(0.02)
            fleet.nodes[2].errors(address, 2)
            sent[address] = time.monotonic()
            tap.wait_until(lambda: len(came.get(address, {})) == 3)
        late = [max(came[address].values()) - sent[address] for address in sent]
        print(f"six errors over three hosts, from the last line to the ban on all three, {runs} times: "
              f"p50 {percentile(late, .5) * 1000:.1f} ms, p99 {percentile(late, .99) * 1000:.1f} ms, longest {max(late) * 1000:.1f} ms")
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        text = "".join(f"{stamp} mx1 postfix/smtpd[{i % 30000 + 1}]: NOQUEUE: reject: RCPT from unknown[2001:db8:{i & 65535:x}:{i >> 16:x}::1]: 554 5.7.1 "
                       "<a@example.com>: Relay access denied; from=<x@example.net> to=<a@example.com> proto=ESMTP helo=<x>\n" for i in range(errors))
        before = fleet.nodes[1].peer("mx1")["records"]
        start = time.monotonic()
        with open(fleet.nodes[0].log, "a") as log:
            log.write(text)
        tap.wait_until(lambda: fleet.nodes[0].status()["lines"] >= errors)
        read = time.monotonic() - start
        tap.wait_until(lambda: fleet.nodes[1].peer("mx1")["records"] - before + fleet.nodes[1].peer("mx1")["missed"] >= errors)
        took = time.monotonic() - start
        peer = fleet.nodes[1].peer("mx1")
        print(f"{errors} errors of as many networks on mx1: read and told in {read:.2f} s ({errors / read:,.0f} a second), counted on mx2 after "
              f"{took:.2f} s ({errors / took:,.0f} a second), {peer['missed']} missed")
        for node in fleet.nodes[:2]:
            ticks = [int(word) for word in open(f"/proc/{node.engine()}/task/{node.engine()}/stat").read().rsplit(")", 1)[1].split()[11:13]]
            courier = [int(word) for word in open(f"/proc/{node.couriers()[0]}/stat").read().rsplit(")", 1)[1].split()[11:13]]
            print(f"{node.name}: engine {sum(ticks) / 100:.2f} s of processor (without the store's writer), courier {sum(courier) / 100:.2f} s; memory {memory(node.engine()):.1f} and "
                  f"{memory(node.couriers()[0]):.1f} MiB")
    finally:
        fleet.close()
        server.stop()
