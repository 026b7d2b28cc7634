#!/usr/bin/env python3
"""hasty - bots that try names nobody has, a session after the other, as fast as the server lets them

usage: hasty.py SECONDS ADDRESS...
"""
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from bots import Session


def hurry(address, end):
    while time.monotonic() < end:
        try:
            with Session(address, timeout=1) as session:
                session.envelope(recipient="nobody@example.com")
        except OSError:
            pass


def main():
    end = time.monotonic() + float(sys.argv[1])
    bots = [threading.Thread(target=hurry, args=(address, end)) for address in sys.argv[2:]]
    for bot in bots:
        bot.start()
    for bot in bots:
        bot.join()


main()
