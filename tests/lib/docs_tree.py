"""docs_tree - a Debian system that the documents' commands are run in, on a layer above it; see 33-docs.py and 27-fleet-docs.py"""
import fcntl
import os
import shutil
import subprocess

import docs
import program

PACKAGES = ("systemd-sysv,dbus,procps,nftables,libpcre2-8-0,libnftnl11,libmnl0,libinih1,zlib1g,liblzma5,libbz2-1.0,"
            "libzstd1,libsystemd0,libsqlite3-0,libseccomp2,libncursesw6,iproute2,sudo,postfix,python3,fail2ban,rsyslog,"
            "logrotate,redis-server,libsodium23," +
            subprocess.run(["sh", "-c", "dpkg-query -W -f '${Package}\\n' 'libhiredis[0-9]*' | head -n 1"],
                           capture_output=True, text=True, check=False).stdout.strip())
TREE = os.environ.get("DOCS_TREE", f"{program.ROOT}/build/docs-tree")


def shell(text, *args):
    return subprocess.run(["sh", "-c", text, "sh", *args], cwd=program.ROOT, capture_output=True, text=True, errors="replace",
                          check=False)


def make():
    """Where there is none, or of other packages; by one test at a time. None, or why there cannot be one."""
    with open(f"{TREE}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make_alone()


def make_alone():
    system = shell('. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME"').stdout.strip()
    made_of = f"{system} {PACKAGES}\n"
    if os.path.exists(f"{TREE}/made-of") and docs.read(f"{TREE}/made-of") == made_of:
        return None
    if not system or not shutil.which("debootstrap"):
        return "no Debian, or no debootstrap, to make a system of"
    print(f"# {TREE} is made; this takes some minutes, once", flush=True)
    new = f"{TREE}.new"
    shutil.rmtree(new, ignore_errors=True)
    made = shell('. tests/lib/debian.sh; debootstrap --variant=minbase "--include=$1" "$2" "$3" $(mirror)', PACKAGES, system, new)
    if made.returncode != 0:
        return "debootstrap: " + (made.stdout.strip().splitlines() or ["?"])[-1]
    with open(f"{new}/made-of", "w", encoding="utf-8") as file:
        file.write(made_of)
    shutil.rmtree(TREE, ignore_errors=True)
    os.rename(new, TREE)
    return None
