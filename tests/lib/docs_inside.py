#!/usr/bin/env python3
"""docs_inside - the part of 33-docs.py that runs in the booted system: carries out the steps, keeps what they say

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
        words = [*AS_ROOT, f". /root/docs/stage.sh; {step['run']}"] if step["root"] else [*AS_ANN, step["run"]]
        try:
            done = subprocess.run(words, cwd="/root" if step["root"] else "/home/ann", check=False, timeout=PATIENCE_S,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            status, out = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            status, out = "still running", late.stdout or b""
        result = {"id": step["id"], "status": status, "out": out.decode("utf-8", "replace")}
        print(json.dumps(result), file=said, flush=True)
subprocess.call(["systemctl", "--no-block", "poweroff"])
