#!/usr/bin/env python3
"""overshoot - target 7: the rows of overshoot.sh"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from bench import HERE, QUICK, Figure, row, save, say, skipped


def main():
    say("a real Postfix, and fifty bots in a hurry")
    ended = subprocess.run([os.path.join(HERE, "overshoot.sh"), "6" if QUICK else "12"], capture_output=True, check=False)
    said = {words[0]: [float(word) for word in words[1:]] for words in map(str.split, ended.stdout.decode("ascii").splitlines())}
    if "mailward" not in said:
        why = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it failed"]
        save("rows-overshoot.json", [skipped(7, "overshoot with a real Postfix", why[0])])
        return
    rows, (ours, peer) = [], (said["mailward"], said.get("fail2ban"))
    names = ("errors beyond the sixth an address, mean of 50 bots", "errors beyond the sixth, the most of any", "smtpd sessions held a second later")
    for what, column, limit in zip(names, (1, 2, 3), (("<=", 0.5), None, ("<=", 0))):
        rows.append(row(7, what, Figure([ours[column]], ""), limit, "fail2ban" if peer else None, Figure([peer[column]], "") if peer else None))
    if not peer:
        rows.append(skipped(7, "overshoot beside fail2ban", "fail2ban is not installed"))
    save("rows-overshoot.json", rows)


main()
