"""import - what fail2ban knows, in mailward's formats; started by "mailward import", which has read the options

usage: python3 -IB FOLDER MAILWARD filter|fail2ban|bans [NAME=VALUE...] -- [FILE...]

MAILWARD is the program that proves patterns and takes bans. Reads files, writes where it is told, asks no network. Exit
status: 0 done, 1 something was not imported, 2 usage, 3 no daemon.
"""
import signal
import sys

import checker
from config import shown



def main(arguments):
    mailward, word, *rest = arguments
    cut = rest.index("--")
    options = dict(option.split("=", 1) for option in rest[:cut])
    operands = rest[cut + 1:]
    if word == "filter":
        import filters
        given = [options.get(name) for name in ("mode", "program", "to")]
        return 0 if filters.import_filters(mailward, operands, *given) else 1
    if word == "fail2ban":
        import settings
        return settings.import_fail2ban(mailward, operands[0] if operands else "/etc/fail2ban")
    import bans
    return bans.import_bans(mailward, operands[0], options)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except checker.Foreign as error:
        print("mailward import: mailward check has something to say first, of what is not imported:", file=sys.stderr)
        print("\n".join(map(shown, str(error).splitlines())), file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    except OSError as error:
        print(f"mailward import: cannot write: {error.strerror}", file=sys.stderr)
        status = 1
    sys.exit(status)
