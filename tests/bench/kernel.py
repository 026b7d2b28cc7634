"""kernel - what the benchmarks do to nf_tables by netlink: who is in a set, when did he come, and away with it all"""
import os
import select
import socket
import struct
import time

NETLINK_NETFILTER, NFNLGRP_NFTABLES = 12, 7
NEWSETELEM, GETSETELEM, DELTABLE = 10 << 8 | 12, 10 << 8 | 13, 10 << 8 | 2
NEWRULE, GETRULE = 10 << 8 | 6, 10 << 8 | 7
BATCH_BEGIN, BATCH_END, SUBSYS_NFTABLES = 16, 17, 10
UNSPEC, INET = 0, 1
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
AWAKE_S = 0.001


def attribute(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def key_of(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def message(kind, flags, sequence, family, resource, body=b""):
    return struct.pack("=IHHII", 20 + len(body), kind, NLM_F_REQUEST | flags, sequence, 0) + struct.pack("!BBH", family, 0, resource) + body


def delete(family, body=b""):
    """One transaction that deletes tables, as a stranger to mailward; returns the kernel's error, 0 for none."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as stranger:
        stranger.send(message(BATCH_BEGIN, 0, 1, UNSPEC, SUBSYS_NFTABLES) + message(DELTABLE, NLM_F_ACK, 2, family, 0, body) +
                      message(BATCH_END, 0, 3, UNSPEC, SUBSYS_NFTABLES))
        return -struct.unpack_from("=i", stranger.recv(65536), 16)[0]


def flush_ruleset():
    """What "nft flush ruleset" sends."""
    return delete(UNSPEC)


def delete_table():
    """What "nft delete table inet mailward" sends."""
    return delete(INET, attribute(1, b"mailward\0"))


def has_rules(chain):
    """Is there any rule in the chain of the table inet mailward?"""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as asker:
        body = attribute(1, b"mailward\0") + attribute(2, chain.encode() + b"\0")
        asker.send(message(GETRULE, NLM_F_DUMP, 1, INET, 0, body))
        return struct.unpack_from("=H", asker.recv(1 << 20), 4)[0] == NEWRULE


class Elements:
    """Asks whether an element is in a set of the table inet mailward: some 20 us a question."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)

    def holds(self, name, address):
        key = attribute(0x8001, attribute(0x8001, attribute(1, key_of(address))))   # LIST_ELEM, KEY, VALUE
        body = attribute(1, b"mailward\0") + attribute(2, name.encode() + b"\0") + attribute(0x8003, key)
        self.socket.send(message(GETSETELEM, 0, 1, INET, 0, body))
        answer = self.socket.recv(65536)
        return struct.unpack_from("=H", answer, 4)[0] == NEWSETELEM


class Arrivals:
    """Hears of elements as they are committed, in any table. For a while it listens without sleeping: a listener that
    sleeps may get its processor back only when those it listens to have done what follows, which is no part of the time.
    Nor does it keep its processor from them: where there are two, one of them would wait for the end of its time."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)     # SO_RCVBUFFORCE
        self.socket.bind((0, 1 << NFNLGRP_NFTABLES - 1))
        self.socket.setblocking(False)

    def when(self, address, patience_s):
        """The time at which the address became an element of any set, or None."""
        key, now = attribute(1, key_of(address)), time.monotonic()
        sleep, end = now + AWAKE_S, now + patience_s
        while now <= end:
            try:
                data = self.socket.recv(1 << 16)
            except BlockingIOError:
                data = b""
                os.sched_yield()
                if now > sleep:
                    select.select([self.socket], [], [], end - now)
            now = time.monotonic()
            at = 0
            while at + 16 <= len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                if kind == NEWSETELEM and key in data[at:at + length]:
                    return now
                at += (length + 3) & ~3
        return None
