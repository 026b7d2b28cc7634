#!/usr/bin/env python3
"""26-fleet-chaos - whatever is killed, cut off or emptied meanwhile, each host's bans are those of one scan of all logs together

Three hosts of tests/lib/fleet.py get random errors of many addresses, each address in a schedule of its own: so many errors,
spread over the hosts and over the round. Meanwhile the server is killed and comes back empty, engines and couriers are killed,
links are cut, logs are rotated, the server is stopped for a while so that all is late. When a round is over and everybody has
heard everybody, the bans of each host must be those that "mailward scan" finds in all lines together: the addresses, and how
often each was banned. Which judge it is, chance says. SEED=, JUDGE=, ROUNDS= (3), SCHEDULES= (240 addresses a round).
"""
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib"))
import fleet as lab
import tap
from program import MAILWARD

seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10 ** 9)))
rounds, schedules = int(os.environ.get("ROUNDS", "3")), int(os.environ.get("SCHEDULES", "240"))
chance = random.Random(seed)
JUDGE = os.environ.get("JUDGE") or chance.choice(("window", "memory"))
POLICY = f"judge = {JUDGE}\nnetwork_limit = 0\nnetwork_sum = 0\nwindow = 10m\n"
done = dict.fromkeys(("the server killed, and back empty", "the server stopped for a while", "an engine killed", "an engine ended",
                      "a courier killed", "a link cut", "a log rotated"), 0)
ROUND_S = 20


def kill_server():
    server.stop()
    time.sleep(chance.random() * 2)
    server.start()
    return "the server killed, and back empty"


def stop_server():
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(chance.random() * 3)
    server.process.send_signal(signal.SIGCONT)
    return "the server stopped for a while"


def kill_engine():
    node = chance.choice(fleet.nodes)
    hard = chance.random() < 0.7
    node.stop(signal.SIGKILL if hard else signal.SIGTERM)
    time.sleep(chance.random() * 1.5)
    node.start(wait=False)
    return "an engine killed" if hard else "an engine ended"


def kill_courier():
    for pid in chance.choice(fleet.nodes).couriers():
        os.kill(pid, signal.SIGKILL)
    return "a courier killed"


def cut_link():
    node = chance.choice(fleet.nodes)
    node.link(False)
    time.sleep(chance.random() * 3)
    node.link(True)
    return "a link cut"


def rotate():
    node = chance.choice(fleet.nodes)
    with node.lock:
        os.rename(node.log, f"{node.log}.{node.lines}")
        open(node.log, "w").close()
    return "a log rotated"


def write_round(number, stop):
    """Each address has a schedule of its own; all of them one after the other in time."""
    events = []
    for i in range(schedules):
        address = f"198.51.{100 + number}.{i + 1}"
        count = chance.choice((1, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 12))
        begin, span = chance.random() * ROUND_S, chance.choice((0.05, 1, 5, ROUND_S))
        events += [(begin + chance.random() * span, chance.choice(fleet.nodes), address) for _ in range(count)]
    events.sort(key=lambda event: event[0])
    started = time.monotonic()
    for at, node, address in events:
        time.sleep(max(0, started + at - time.monotonic()))
        with node.lock:
            node.errors(address)
    stop.set()


def heard():
    """Has everybody read his log, told all of it, and heard all that the others told?"""
    for node in fleet.nodes:
        items = node.json("status")
        if not items or items[0].get("lines", 0) < node.lines:
            return False
        servers = [item for item in items if item["event"] == "fleet-server"]
        if any(item["waiting"] or not item["there"] for item in servers):
            return False
    return True


def scan():
    """address -> how often it is banned, of all lines of all hosts in the order of their stamps."""
    with open(fleet.whole) as file:
        lines = sorted(file.read().splitlines(), key=lambda line: line.split(" ", 1)[0])
    path = os.path.join(fleet.folder, "merged.log")
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    out = subprocess.run([MAILWARD, "scan", "--json", "-c", fleet.nodes[0].conf, path], capture_output=True, text=True, check=True).stdout
    bans = {}
    for event in map(json.loads, out.splitlines()):
        if event["event"] == "ban":
            bans[event["address"]] = bans.get(event["address"], 0) + 1
    return bans


def banned(node):
    """The same, as the host has it."""
    bans = {}
    for address in node.bans():
        explained = node.json("explain", address)
        bans[address] = explained[0]["bans"]
    return bans


with lab.fleet(3) as (fleet, server):
    print(f"# seed {seed}, judge = {JUDGE}")
    server.start()
    for node in fleet.nodes:
        node.configure(policy=POLICY)
        node.lock = threading.Lock()
        node.start(wait=False)
    for number in range(rounds):
        stop = threading.Event()
        writer = threading.Thread(target=write_round, args=(number, stop))
        writer.start()
        while not stop.is_set():
            what = chance.choice((kill_server, stop_server, kill_engine, kill_engine, kill_courier, cut_link, rotate))()
            done[what] += 1
            time.sleep(chance.random())
        writer.join()
        tap.ok(tap.wait_until(heard), f"round {number + 1}: all is read and told")
        wanted = scan()
        tap.wait_until(lambda: all(set(node.bans()) == set(wanted) for node in fleet.nodes))
        for node in fleet.nodes:
            tap.same(set(banned(node).items()), set(wanted.items()),
                     f"round {number + 1}: {node.name} has the {len(wanted)} bans of one scan of all lines")
            missing = [address for address in wanted if f"{address} " not in node.kernel()]
            tap.ok(not missing, "and its kernel, too", *missing[:5])
    for what, times in done.items():
        print(f"# {what}: {times}")
    again = sum(node.peer(name)["again"] for node in fleet.nodes for name in fleet.names)
    print(f"# records that came again: {again}")
    for node in fleet.nodes:
        node.stop()
    tap.ok(all(node.process.returncode == 0 for node in fleet.nodes), "all end cleanly")
tap.done()
