"""kernel - what the benchmarks ask nf_tables by netlink: who is in a set, and when did he come"""
import socket
import struct
import time

NETLINK_NETFILTER, NFNLGRP_NFTABLES = 12, 7
NEWSETELEM, GETSETELEM = 10 << 8 | 12, 10 << 8 | 13
NLM_F_REQUEST = 1


def attribute(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def key_of(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


class Elements:
    """Asks whether an element is in a set of the table inet mailward: some 20 us a question."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)

    def holds(self, name, address):
        key = attribute(0x8001, attribute(0x8001, attribute(1, key_of(address))))   # LIST_ELEM, KEY, VALUE
        body = struct.pack("!BBH", 1, 0, 0) + attribute(1, b"mailward\0") + attribute(2, name.encode() + b"\0") + attribute(0x8003, key)
        self.socket.send(struct.pack("=IHHII", 16 + len(body), GETSETELEM, NLM_F_REQUEST, 1, 0) + body)
        answer = self.socket.recv(65536)
        return struct.unpack_from("=H", answer, 4)[0] == NEWSETELEM


class Arrivals:
    """Hears of elements as they are committed, in any table."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)     # SO_RCVBUFFORCE
        self.socket.bind((0, 1 << NFNLGRP_NFTABLES - 1))

    def when(self, address, patience_s):
        """The time at which the address became an element of any set, or None."""
        key, end = attribute(1, key_of(address)), time.monotonic() + patience_s
        while True:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                data = self.socket.recv(1 << 20)
            except TimeoutError:
                return None
            now = time.monotonic()
            at = 0
            while at + 16 <= len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                if kind == NEWSETELEM and key in data[at:at + length]:
                    return now
                at += (length + 3) & ~3
            if now > end:
                return None
