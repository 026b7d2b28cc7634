#!/usr/bin/env python3
"""docs_inside - the part of 33-docs.py that runs in the booted system: carries out the steps one by one, keeps what they say

It runs whatever the documents say, as root through sudo: in the container that 33-docs.py made, nowhere else."""
import json
import subprocess
import sys

PATIENCE_S = 90
AS_ANN = ["runuser", "-u", "ann", "--", "env", "-i", "HOME=/home/ann", "USER=ann", "LC_ALL=C.UTF-8", "TERM=dumb",
          "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games", "bash", "-c"]
AS_ROOT = ["bash", "-c"]

if __file__ != "/root/docs/inside" or subprocess.call(["systemd-detect-virt", "--container", "--quiet"]) != 0:
    sys.exit(1)
subprocess.call(["systemctl", "is-system-running", "--wait"], stdout=subprocess.DEVNULL, timeout=PATIENCE_S)
with open("/root/docs/steps.json", encoding="utf-8") as file:
    steps = json.load(file)
with open("/root/docs/said.json", "w", encoding="utf-8") as said:
    for step in steps:
        root = step["root"]
        text = f". /root/docs/stage.sh; {step['run']}" if root else step["run"]
        try:
            done = subprocess.run([*(AS_ROOT if root else AS_ANN), text], cwd="/root" if root else "/home/ann", text=True, check=False,
                                  errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=PATIENCE_S)
            status, out = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            status, out = -1, (late.stdout or b"").decode("utf-8", "replace") + f"\nstill running after {PATIENCE_S} s\n"
        print(json.dumps({"id": step["id"], "status": status, "out": out}), file=said, flush=True)
subprocess.call(["systemctl", "--no-block", "poweroff"])
