/* test_record - every header in the wild comes apart right; nothing in a message becomes one; stamps tell the time */
#include <stdlib.h>
#include <time.h>

#include "match/record.h"
#include "random.h"
#include "tap.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static char *shown(struct text line)
{
	static char out[700];
	struct record r;

	record_parse(&r, line);
	snprintf(out, sizeof(out), "%.*s|%.*s|%.*s|%u|%u%s|%.*s", (int)r.stamp.len, r.stamp.at, (int)r.host.len, r.host.at,
		 (int)r.program.len, r.program.at, r.pid, r.repeat, r.again ? " again" : r.part ? " part" : "", (int)r.message.len,
		 r.message.at);
	return out;
}

struct header {
	const char *name, *line;
	size_t len;
	const char *wanted;	/* stamp|host|program|pid|repeat|message */
};

static const struct header headers[] = {
	/* syslogd */
	{ "RFC 3164", BYTES("Nov 22 17:54:32 mx1 postfix/smtpd[28370]: connect from x"),
	  "Nov 22 17:54:32|mx1|postfix/smtpd|28370|1|connect from x" },
	{ "RFC 3164, day padded", BYTES("Nov  2 17:54:32 mx1 postfix/smtpd[28370]: x"), "Nov  2 17:54:32|mx1|postfix/smtpd|28370|1|x" },
	{ "RFC 3164, day of one digit", BYTES("Nov 2 17:54:32 mx1 imapd: x"), "Nov 2 17:54:32|mx1|imapd|0|1|x" },
	{ "RFC 3164, year", BYTES("Nov 22 2026 17:54:32 mx1 imapd: x"), "Nov 22 2026 17:54:32|mx1|imapd|0|1|x" },
	{ "RFC 3164, fraction", BYTES("Nov 22 17:54:32.123456 mx1 imapd: x"), "Nov 22 17:54:32.123456|mx1|imapd|0|1|x" },
	{ "RFC 3164, PRI", BYTES("<22>Nov 22 17:54:32 mx1 imapd: x"), "Nov 22 17:54:32|mx1|imapd|0|1|x" },
	{ "ISO 8601, fraction and zone", BYTES("2026-11-22T18:08:24.123456+01:00 mx1 postfix/smtpd[123]: msg"),
	  "2026-11-22T18:08:24.123456+01:00|mx1|postfix/smtpd|123|1|msg" },
	{ "ISO 8601, Z", BYTES("2026-11-22T18:08:24Z mx1 dovecot: imap-login: x"), "2026-11-22T18:08:24Z|mx1|dovecot|0|1|imap-login: x" },
	{ "ISO 8601, space", BYTES("2026-11-22 18:08:24 mx1 postfix/smtpd[7]: x"), "2026-11-22 18:08:24|mx1|postfix/smtpd|7|1|x" },
	{ "RFC 5424", BYTES("<22>1 2026-11-22T18:08:24Z mx1 postfix/smtpd 123 - - msg"), "2026-11-22T18:08:24Z|mx1|postfix/smtpd|123|1|msg" },
	{ "RFC 5424, no PRI", BYTES("1 2026-11-22T18:08:24Z mx1 postfix 123 ID47 - msg"), "2026-11-22T18:08:24Z|mx1|postfix|123|1|msg" },
	{ "RFC 5424, no PRI, no version", BYTES("2026-11-22T18:08:24Z mx1 postfix 123 - - msg"), "2026-11-22T18:08:24Z|mx1|postfix|123|1|msg" },
	{ "RFC 5424, structured data", BYTES("<22>1 2026-11-22T18:08:24Z mx1 postfix 123 - [a b=\"c] \\\" d\"][e f=\"g\"] msg"),
	  "2026-11-22T18:08:24Z|mx1|postfix|123|1|msg" },
	{ "RFC 5424, BOM", BYTES("<22>1 2026-11-22T18:08:24Z mx1 postfix 123 - - \xef\xbb\xbfmsg"), "2026-11-22T18:08:24Z|mx1|postfix|123|1|msg" },
	{ "RFC 5424, nothing known", BYTES("<22>1 2026-11-22T18:08:24Z - - - - - msg"), "2026-11-22T18:08:24Z|||0|1|msg" },
	{ "RFC 5424, no message", BYTES("<22>1 2026-11-22T18:08:24Z mx1 postfix 123 - -"), "2026-11-22T18:08:24Z|mx1|postfix|123|1|" },
	{ "RFC 5424, data without end", BYTES("<22>1 2026-11-22T18:08:24Z mx1 postfix 1 - [a b=\"c\" msg"),
	  "2026-11-22T18:08:24Z|||0|1|mx1 postfix 1 - [a b=\"c\" msg" },
	{ "no PID", BYTES("Nov 22 17:54:32 mx1 imapd: LOGIN FAILED"), "Nov 22 17:54:32|mx1|imapd|0|1|LOGIN FAILED" },
	{ "no colon behind the PID", BYTES("Nov 22 17:54:32 mx1 pop3d[9] LOGIN"), "Nov 22 17:54:32|mx1|pop3d|9|1|LOGIN" },
	{ "a space before the PID", BYTES("Nov 22 17:54:32 sogod [26818]: x"), "Nov 22 17:54:32||sogod|26818|1|x" },
	{ "host and a space before the PID", BYTES("Nov 22 17:54:32 mx1 sogod [26818]: x"), "Nov 22 17:54:32|mx1|sogod|26818|1|x" },
	{ "instance", BYTES("Nov 22 17:54:32 mx1 postfix-out/submission/smtpd[1]: x"), "Nov 22 17:54:32|mx1|postfix-out/submission/smtpd|1|1|x" },
	{ "host is IPv4", BYTES("Nov 22 17:54:32 192.0.2.1 imapd[1]: x"), "Nov 22 17:54:32|192.0.2.1|imapd|1|1|x" },
	{ "host is IPv6", BYTES("Nov 22 17:54:32 2001:db8::1 imapd[1]: x"), "Nov 22 17:54:32|2001:db8::1|imapd|1|1|x" },
	{ "host is unknown", BYTES("Nov 22 17:54:32 (none) imapd[1]: x"), "Nov 22 17:54:32|(none)|imapd|1|1|x" },
	{ "host is syslog-ng's chain", BYTES("Nov 22 17:54:32 src@relay/mx1 imapd[1]: x"), "Nov 22 17:54:32|src@relay/mx1|imapd|1|1|x" },
	{ "no host", BYTES("Nov 22 17:54:32 postfix/smtpd[1]: x"), "Nov 22 17:54:32||postfix/smtpd|1|1|x" },
	{ "kernel", BYTES("Nov 22 17:54:32 mx1 kernel: [ 123.4] x"), "Nov 22 17:54:32|mx1|kernel|0|1|[ 123.4] x" },
	{ "BSD facility", BYTES("Nov 22 17:54:32 mx1 <mail.info> imapd[1]: x"), "Nov 22 17:54:32|mx1|imapd|1|1|x" },
	{ "BSD facility in front", BYTES("Nov 22 17:54:32 <mail.notice> mx1 imapd[1]: x"), "Nov 22 17:54:32|mx1|imapd|1|1|x" },
	{ "busybox facility", BYTES("Nov 22 17:54:32 mx1 mail.info imapd[1]: x"), "Nov 22 17:54:32|mx1|imapd|1|1|x" },
	{ "FreeBSD's -vv", BYTES("Nov 22 17:54:32 <2.6> mx1 imapd[1]: x"), "Nov 22 17:54:32|mx1|imapd|1|1|x" },
	{ "a priority behind the stamp", BYTES("Nov 22 17:54:32 <22> mx1 imapd[1]: x"), "Nov 22 17:54:32|mx1|imapd|1|1|x" },
	{ "a priority behind the host", BYTES("Nov 22 17:54:32 mx1 <22> imapd[1]: x"), "Nov 22 17:54:32|mx1|imapd|1|1|x" },
	{ "Solaris message id", BYTES("Nov 22 17:54:32 mx1 postfix/smtpd[1]: [ID 197553 mail.info] x"), "Nov 22 17:54:32|mx1|postfix/smtpd|1|1|x" },
	{ "old PAM", BYTES("Nov 22 17:54:32 mx1 pop(pam_unix)[4920]: x"), "Nov 22 17:54:32|mx1|pop|4920|1|x" },
	{ "repeated", BYTES("Nov 22 17:54:32 mx1 postfix/smtpd[1]: message repeated 5 times: [ NOQUEUE: reject [x]]"),
	  "Nov 22 17:54:32|mx1|postfix/smtpd|1|5|NOQUEUE: reject [x]" },
	{ "repeated, cut", BYTES("Nov 22 17:54:32 mx1 imapd: message repeated 5 times: [ NOQUEUE"), "Nov 22 17:54:32|mx1|imapd|0|5|NOQUEUE" },
	{ "repeated beyond belief", BYTES("Nov 22 17:54:32 mx1 imapd: message repeated 4000000000 times: [ a]"),
	  "Nov 22 17:54:32|mx1|imapd|0|1|message repeated 4000000000 times: [ a]" },
	{ "repeated often", BYTES("Nov 22 17:54:32 mx1 imapd: message repeated 4000000 times: [ a]"), "Nov 22 17:54:32|mx1|imapd|0|1000|a" },
	{ "repeated never", BYTES("Nov 22 17:54:32 mx1 imapd: message repeated 0 times: [ a]"),
	  "Nov 22 17:54:32|mx1|imapd|0|1|message repeated 0 times: [ a]" },
	{ "repeated, nested once only", BYTES("Nov 22 17:54:32 mx1 imapd: message repeated 2 times: [ message repeated 9 times: [ a]]"),
	  "Nov 22 17:54:32|mx1|imapd|0|2|message repeated 9 times: [ a]" },
	{ "old syslogd's repetition", BYTES("Nov 22 17:54:32 mx1 last message repeated 2 times"),
	  "Nov 22 17:54:32|mx1||0|2 again|last message repeated 2 times" },
	{ "the same without host", BYTES("Nov 22 17:54:32 last message repeated 2 times"),
	  "Nov 22 17:54:32|||0|2 again|last message repeated 2 times" },
	{ "FreeBSD's", BYTES("Nov 22 17:54:32 <mail.info> mx1 syslogd: last message repeated 2 times"),
	  "Nov 22 17:54:32|mx1|syslogd|0|2 again|last message repeated 2 times" },
	{ "macOS's", BYTES("Nov 22 17:54:32 mx1 --- last message repeated 1 time ---"),
	  "Nov 22 17:54:32|mx1||0|1 again|--- last message repeated 1 time ---" },
	{ "old rsyslog's", BYTES("Nov 22 17:54:32 mx1 postfix/smtpd[7]: last message repeated 4000 times"),
	  "Nov 22 17:54:32|mx1|postfix/smtpd|7|1000 again|last message repeated 4000 times" },
	{ "syslog-ng's", BYTES("Nov 22 17:54:32 mx1 postfix/smtpd[7]: Last message 'NOQUEUE: reject: RCP' repeated 3 times, suppressed by syslog-ng on mx1"),
	  "Nov 22 17:54:32|mx1|postfix/smtpd|7|3 again|Last message 'NOQUEUE: reject: RCP' repeated 3 times, suppressed by syslog-ng on mx1" },
	{ "syslog-ng's, of a text that looks like it", BYTES("Nov 22 17:54:32 mx1 a[7]: Last message 'x' repeated 9 times, s' repeated 3 times, suppressed by syslog-ng on mx1"),
	  "Nov 22 17:54:32|mx1|a|7|1|Last message 'x' repeated 9 times, s' repeated 3 times, suppressed by syslog-ng on mx1" },
	{ "no repetition: more behind it", BYTES("Nov 22 17:54:32 mx1 last message repeated 2 times by x"),
	  "Nov 22 17:54:32|||0|1|mx1 last message repeated 2 times by x" },
	{ "no repetition: no stamp", BYTES("mx1 last message repeated 2 times"), "|||0|1|mx1 last message repeated 2 times" },
	{ "no repetition: none", BYTES("Nov 22 17:54:32 mx1 last message repeated 0 times"),
	  "Nov 22 17:54:32|||0|1|mx1 last message repeated 0 times" },

	/* servers' own files */
	{ "Dovecot's log_path", BYTES("Nov 22 18:08:25 imap-login: Info: Disconnected: x"), "Nov 22 18:08:25||imap-login|0|1|Disconnected: x" },
	{ "Dovecot's log_path, ISO", BYTES("2026-11-22 18:08:25 imap-login: Info: Login: x"), "2026-11-22 18:08:25||imap-login|0|1|Login: x" },
	{ "Dovecot's log_path, error", BYTES("Nov 22 18:08:25 auth: Error: x"), "Nov 22 18:08:25||auth|0|1|Error: x" },
	{ "Dovecot's worker", BYTES("Nov 22 18:08:25 auth-worker(22401): Info: sql(a,192.0.2.1): x"), "Nov 22 18:08:25||auth-worker|22401|1|sql(a,192.0.2.1): x" },
	{ "Dovecot's session", BYTES("Nov 22 18:08:25 imap(alice)<228><9WXuaeFgg8>: Info: x"), "Nov 22 18:08:25||imap|228|1|x" },
	{ "Dovecot 2.4's auth", BYTES("Nov 22 18:08:25 auth(a: b [x] <y>,192.0.2.1,sasl:plain)<s>: Info: sql: x"),
	  "Nov 22 18:08:25|||0|1|auth(a: b [x] <y>,192.0.2.1,sasl:plain)<s>: Info: sql: x" },
	{ "Dovecot 2.4's worker", BYTES("Nov 22 18:08:25 auth-worker(a@example.com,192.0.2.1)<12><s>: request [1]: Info: sql: x"),
	  "Nov 22 18:08:25|||0|1|auth-worker(a@example.com,192.0.2.1)<12><s>: request [1]: Info: sql: x" },
	{ "Dovecot's lmtp", BYTES("Nov 22 18:08:25 lmtp(a@example.com)<12><s>: Info: msgid=<x>: saved mail to INBOX"),
	  "Nov 22 18:08:25|||0|1|lmtp(a@example.com)<12><s>: Info: msgid=<x>: saved mail to INBOX" },
	{ "Dovecot's lmtp by its pid", BYTES("Nov 22 18:08:25 lmtp(12): Info: Connect from local"), "Nov 22 18:08:25||lmtp|12|1|Connect from local" },
	{ "Exim with a pid is no RFC 5424", BYTES("2026-11-22 10:00:00 login authenticator failed for [192.0.2.7] x"),
	  "2026-11-22 10:00:00|||0|1|login authenticator failed for [192.0.2.7] x" },

	/* the journal, printed */
	{ "short-full", BYTES("Sun 2026-11-22 10:00:00 CET mx1 postfix/smtpd[7]: x"), "Sun 2026-11-22 10:00:00 CET|mx1|postfix/smtpd|7|1|x" },
	{ "short-full, a zone without a name", BYTES("Sun 2026-11-22 10:00:00 +03 mx1 a[7]: x"), "Sun 2026-11-22 10:00:00 +03|mx1|a|7|1|x" },
	{ "with-unit", BYTES("Sun 2026-11-22 10:00:00 UTC mx1 postfix@-.service[7]: x"), "Sun 2026-11-22 10:00:00 UTC|mx1|postfix|7|1|x" },
	{ "with-unit, no instance", BYTES("Sun 2026-11-22 10:00:00 UTC mx1 dovecot.service[7]: x"), "Sun 2026-11-22 10:00:00 UTC|mx1|dovecot|7|1|x" },
	{ "a program called service", BYTES("Nov 22 10:00:00 mx1 .service[7]: x"), "Nov 22 10:00:00|mx1|.service|7|1|x" },
	{ "short-unix", BYTES("1795341600.123456 mx1 postfix/smtpd[7]: x"), "1795341600.123456|mx1|postfix/smtpd|7|1|x" },
	{ "milliseconds since the epoch", BYTES("1795341600123 mx1 postfix/smtpd[7]: x"), "1795341600123|mx1|postfix/smtpd|7|1|x" },
	{ "eleven digits are no time", BYTES("17953416001 mx1 postfix/smtpd[7]: x"), "|||0|1|17953416001 mx1 postfix/smtpd[7]: x" },
	{ "json", BYTES("{\"_PID\":\"7\",\"A\":[1,[\"]\"]],\"MESSAGE\":\"a \\\"b\\\" \\u00e4\\n\",\"_HOSTNAME\":\"mx1\",\"SYSLOG_IDENTIFIER\":\"imapd\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456|mx1|imapd|7|1|a \"b\" \xc3\xa4\n" },
	{ "json, odd bytes", BYTES("{\"MESSAGE\":[97,255,98],\"SYSLOG_PID\":\"8\",\"_PID\":\"7\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456|||8|1|a\xff" "b" },
	{ "json, several", BYTES("{\"MESSAGE\":[\"a\",\"b\"],\"SYSLOG_IDENTIFIER\":[[97],\"b\"],\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456||a|0|1|a" },
	{ "json-sse", BYTES("data: {\"MESSAGE\":\"a\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"), "1795341600123456|||0|1|a" },
	{ "json-seq", BYTES("\x1e{\"MESSAGE\":\"a\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"), "1795341600123456|||0|1|a" },
	{ "json, a client's quotes", BYTES("{\"MESSAGE\":\"a\\\",\\\"SYSLOG_IDENTIFIER\\\":\\\"b\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456|||0|1|a\",\"SYSLOG_IDENTIFIER\":\"b" },
	{ "json, but not the journal's", BYTES("{\"MESSAGE\":\"a\",\"SYSLOG_IDENTIFIER\":\"b\"}"), "|||0|1|{\"MESSAGE\":\"a\",\"SYSLOG_IDENTIFIER\":\"b\"}" },
	{ "json, more behind it", BYTES("{\"MESSAGE\":\"a\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"} x"),
	  "|||0|1|{\"MESSAGE\":\"a\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"} x" },
	{ "json, a container's line", BYTES("{\"CONTAINER_NAME\":\"mail\",\"SYSLOG_IDENTIFIER\":\"tag\",\"_PID\":\"1\",\"MESSAGE\":\"Nov 22 09:00:00 mx1 imapd[7]: x\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456||imapd|7|1|x" },
	{ "json, a container by its id alone", BYTES("{\"SYSLOG_IDENTIFIER\":\"0123456789ab\",\"_PID\":\"1\",\"MESSAGE\":\"Nov 22 09:00:00 mx1 imapd[7]: x\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456||imapd|7|1|x" },
	{ "json, a part of one", BYTES("{\"CONTAINER_ID\":\"0123\",\"CONTAINER_PARTIAL_MESSAGE\":\"true\",\"MESSAGE\":\"Nov 22 09:00:00 mx1 imapd[7]: x\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456||imapd|7|1 part|x" },
	{ "json, the next part", BYTES("{\"CONTAINER_ID\":\"0123\",\"CONTAINER_PARTIAL_ORDINAL\":\"2\",\"MESSAGE\":\"Nov 22 09:00:00 mx1 imapd[7]: x\",\"__REALTIME_TIMESTAMP\":\"1795341600123456\"}"),
	  "1795341600123456||imapd|7|1|" },

	/* in a container */
	{ "json-file, not all of a line", BYTES("{\"log\":\"Nov 22 10:00:00 mx1 a[7]: x\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:00:00Z\"}"),
	  "2026-11-22T09:00:00Z|mx1|a|7|1 part|x" },
	{ "CRI, not all of a line", BYTES("2026-11-22T09:00:00.123456789Z stdout P Nov 22 10:00:00 mx1 a[7]: x"),
	  "2026-11-22T09:00:00.123456789Z|mx1|a|7|1 part|x" },
	{ "json-file", BYTES("{\"log\":\"Nov 22 10:00:00 mx1 dovecot[7]: user=\\u003c\\\"a\\\\\\u003e \\u2028\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-22T09:00:00.123456789Z\"}"),
	  "2026-11-22T09:00:00.123456789Z|mx1|dovecot|7|1|user=<\"a\\> \xe2\x80\xa8" },
	{ "json-file, attributes", BYTES("{\"log\":\"x\\n\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"b\"},\"time\":\"2026-11-22T09:00:00Z\"}"),
	  "2026-11-22T09:00:00Z|||0|1|x" },
	{ "json, but not Docker's", BYTES("{\"log\":\"Nov 22 10:00:00 mx1 a[7]: x\\n\",\"level\":\"info\"}"),
	  "|||0|1|{\"log\":\"Nov 22 10:00:00 mx1 a[7]: x\\n\",\"level\":\"info\"}" },
	{ "CRI", BYTES("2026-11-22T09:00:00.123456789+01:00 stdout F Nov 22 10:00:00 mx1 postfix/smtpd[7]: x"),
	  "2026-11-22T09:00:00.123456789+01:00|mx1|postfix/smtpd|7|1|x" },
	{ "CRI, a tag", BYTES("2026-11-22T09:00:00.123456789Z stderr F:a:b imap-login: x"), "2026-11-22T09:00:00.123456789Z|||0|1|imap-login: x" },
	{ "docker logs -t", BYTES("2026-11-22T09:00:00.123456789Z Nov 22 10:00:00 mx1 a[7]: x"), "2026-11-22T09:00:00.123456789Z|mx1|a|7|1|x" },
	{ "docker compose logs", BYTES("mail-1  | Nov 22 10:00:00 mx1 a[7]: x"), "Nov 22 10:00:00|mx1|a|7|1|x" },
	{ "docker compose logs -t", BYTES("mail-1 | 2026-11-22T09:00:00.123456789Z Nov 22 10:00:00 mx1 a[7]: x"),
	  "2026-11-22T09:00:00.123456789Z|mx1|a|7|1|x" },
	{ "docker service logs", BYTES("mail_front.1.kx7tuebm4xuz@node1    | Nov 22 10:00:00 mx1 a[7]: x"), "Nov 22 10:00:00|mx1|a|7|1|x" },
	{ "kubectl logs --prefix", BYTES("[pod/mail-0/postfix] Nov 22 10:00:00 mx1 a[7]: x"), "Nov 22 10:00:00|mx1|a|7|1|x" },
	{ "kubectl logs --prefix --timestamps", BYTES("[pod/mail-0/postfix] 2026-11-22T09:00:00.123456789Z Nov 22 10:00:00 mx1 a[7]: x"),
	  "2026-11-22T09:00:00.123456789Z|mx1|a|7|1|x" },
	{ "no pod", BYTES("[pod/mail-0 Nov 22 10:00:00 mx1 a[7]: x"), "|||0|1|[pod/mail-0 Nov 22 10:00:00 mx1 a[7]: x" },
	{ "in colours", BYTES("\033[36mmail-1  |\033[0m Nov 22 10:00:00 mx1 a[7]: x"), "Nov 22 10:00:00|mx1|a|7|1|x" },
	{ "colours alone", BYTES("\033[2m2026-11-22T10:00:00Z\033[0m \033[1;33mWARN\033[0m x"), "2026-11-22T10:00:00Z|||0|1|WARN x" },
	{ "syslog driver", BYTES("Nov 22 10:00:00 host 3f2a9b1c0d4e[812]: Nov 22 09:00:00 mx1 a[7]: x"), "Nov 22 10:00:00|host|a|7|1|x" },
	{ "the next of its lines", BYTES("Nov 22 10:00:01 host 3f2a9b1c0d4e[812]: Nov 22 09:00:01 mx1 a[7]: x"), "Nov 22 10:00:01|host|a|7|1|x" },
	{ "syslog driver, its name", BYTES("Nov 22 10:00:00 host docker/mail[812]: imap-login: x"), "Nov 22 10:00:00|host||0|1|imap-login: x" },
	{ "an inner header only once", BYTES("a | b | Nov 22 10:00:00 mx1 a[7]: x"), "|||0|1|b | Nov 22 10:00:00 mx1 a[7]: x" },
	{ "another program's message is no line", BYTES("Nov 22 10:00:00 host mail[812]: Nov 22 09:00:00 mx1 a[7]: x"),
	  "Nov 22 10:00:00|host|mail|812|1|Nov 22 09:00:00 mx1 a[7]: x" },
	{ "Dovecot 1", BYTES("Nov 22 18:08:25 Info: auth(default): pam(x)"), "Nov 22 18:08:25||auth|0|1|pam(x)" },
	{ "Dovecot by multilog", BYTES("@400000004c91b044077a9e94 imap-login: Info: x"), "@400000004c91b044077a9e94||imap-login|0|1|x" },
	{ "Dovecot by syslog keeps its level", BYTES("Nov 22 18:08:25 mx1 dovecot: Info: x"), "Nov 22 18:08:25|mx1|dovecot|0|1|Info: x" },
	{ "Exim", BYTES("2026-11-22 10:00:00 H=(a: b) [192.0.2.1] rejected"), "2026-11-22 10:00:00|||0|1|H=(a: b) [192.0.2.1] rejected" },
	{ "Exim, words", BYTES("2026-11-22 10:00:00 login authenticator failed for (x)"), "2026-11-22 10:00:00|||0|1|login authenticator failed for (x)" },
	{ "Exim, PID", BYTES("2026-11-22 10:00:00 [1234] H=x"), "2026-11-22 10:00:00|||1234|1|H=x" },
	{ "Exim, message id", BYTES("2026-11-22 10:00:00 1abcDE-000123-4F SA: x"), "2026-11-22 10:00:00|||0|1|1abcDE-000123-4F SA: x" },
	{ "Exim, long message id", BYTES("2026-11-22 10:00:00 1abcDE-00000000123-4F5G SA: x"), "2026-11-22 10:00:00|||0|1|1abcDE-00000000123-4F5G SA: x" },
	{ "Exim, zone", BYTES("2026-11-22 10:00:00 +0100 H=x"), "2026-11-22 10:00:00 +0100|||0|1|H=x" },
	{ "Exim, milliseconds", BYTES("2026-11-22 10:00:00.123 H=x"), "2026-11-22 10:00:00.123|||0|1|H=x" },
	{ "Exim by syslog", BYTES("Nov 22 10:00:00 mx1 exim[1]: 2026-11-22 10:00:00 H=x"), "Nov 22 10:00:00|mx1|exim|1|1|2026-11-22 10:00:00 H=x" },
	{ "ASSP", BYTES("Nov-22-26 02:25:09 m1-1-2 [Worker_1] x"), "Nov-22-26 02:25:09|||0|1|m1-1-2 [Worker_1] x" },
	{ "Kerio", BYTES("[22/Nov/2026 10:00:00] Failed: x"), "[22/Nov/2026 10:00:00]|||0|1|Failed: x" },
	{ "nginx", BYTES("2026/11/22 10:00:00 [info] 1#1: x"), "2026/11/22 10:00:00|||0|1|[info] 1#1: x" },
	{ "Apache", BYTES("[Sun Nov 22 10:00:00.123456 2026] [error] x"), "[Sun Nov 22 10:00:00.123456 2026]|||0|1|[error] x" },
	{ "Roundcube", BYTES("[22-Nov-2026 10:00:00 +0100]: <s1> x"), "[22-Nov-2026 10:00:00 +0100]:|||0|1|<s1> x" },
	{ "Group-Office", BYTES("[2026-11-22 10:00:00]LOGIN FAILED"), "[2026-11-22 10:00:00]|||0|1|LOGIN FAILED" },
	{ "Open WebMail", BYTES("Sun Nov 22 10:00:00 2026 - [7] (192.0.2.1) x"), "Sun Nov 22 10:00:00 2026|||0|1|- [7] (192.0.2.1) x" },
	{ "Horde", BYTES("Nov 22 10:00:00 HORDE [error] [imp] FAILED LOGIN"), "Nov 22 10:00:00||HORDE|0|1|[error] [imp] FAILED LOGIN" },
	{ "Zimbra", BYTES("2026-11-22 10:00:00,123 INFO  [qtp-1] [ip=192.0.2.1;] x"), "2026-11-22 10:00:00,123|||0|1|INFO  [qtp-1] [ip=192.0.2.1;] x" },
	{ "Exchange", BYTES("2026-11-22T10:00:00.123Z,08D,1,192.0.2.1:110"), "2026-11-22T10:00:00.123Z|||0|1|,08D,1,192.0.2.1:110" },

	/* no stamp */
	{ "no header", BYTES("NOQUEUE: reject: RCPT from x"), "|||0|1|NOQUEUE: reject: RCPT from x" },
	{ "no header, Dovecot", BYTES("imap-login: Aborted login"), "|||0|1|imap-login: Aborted login" },
	{ "no stamp, a tag", BYTES("sm-mta[22707]: ruleset=x"), "||sm-mta|22707|1|ruleset=x" },
	{ "no stamp, host and tag", BYTES("mx1 exim[3]: x"), "|mx1|exim|3|1|x" },
	{ "no stamp, host and a tag without PID", BYTES("mx1 exim: x"), "|||0|1|mx1 exim: x" },
	{ "empty", BYTES(""), "|||0|1|" },
	{ "a stamp and nothing else", BYTES("Nov 22 10:00:00"), "Nov 22 10:00:00|||0|1|" },
	{ "a header and nothing else", BYTES("Nov 22 10:00:00 mx1 imapd[1]:"), "Nov 22 10:00:00|mx1|imapd|1|1|" },
	{ "leading spaces of the message", BYTES("Nov 22 10:00:00 mx1 imapd[1]:   \t x"), "Nov 22 10:00:00|mx1|imapd|1|1|x" },

	/* not what it looks like */
	{ "no such month", BYTES("Nox 22 10:00:00 mx1 imapd[1]: x"), "|||0|1|Nox 22 10:00:00 mx1 imapd[1]: x" },
	{ "no such hour", BYTES("Nov 22 24:00:00 mx1 imapd[1]: x"), "|||0|1|Nov 22 24:00:00 mx1 imapd[1]: x" },
	{ "no such day", BYTES("Nov 32 20:00:00 mx1 imapd[1]: x"), "|||0|1|Nov 32 20:00:00 mx1 imapd[1]: x" },
	{ "stamp glued to text", BYTES("Nov 22 20:00:00x mx1 imapd[1]: x"), "|||0|1|Nov 22 20:00:00x mx1 imapd[1]: x" },
	{ "PID of letters", BYTES("Nov 22 10:00:00 mx1 imapd[1a]: x"), "Nov 22 10:00:00|||0|1|mx1 imapd[1a]: x" },
	{ "PID without end", BYTES("Nov 22 10:00:00 mx1 imapd[1: x"), "Nov 22 10:00:00|||0|1|mx1 imapd[1: x" },
	{ "PRI of four digits", BYTES("<1234>Nov 22 10:00:00 mx1 imapd[1]: x"), "|||0|1|<1234>Nov 22 10:00:00 mx1 imapd[1]: x" },
	{ "TAI64N in capitals", BYTES("@400000004C91B044077A9E94 imapd: x"), "|||0|1|@400000004C91B044077A9E94 imapd: x" },
	{ "repeated without program", BYTES("Nov 22 10:00:00 message repeated 3 times: [ x]"), "Nov 22 10:00:00|||0|1|message repeated 3 times: [ x]" },
};

/* a client that knows what headers look like; whatever it writes, program and message begin where the server put them */
static void test_forged(void)
{
	static const struct text servers[] = {
		TEXT("Nov 22 17:54:32 mx1 postfix/smtpd[28370]: "), TEXT("2026-11-22T18:08:24.1+01:00 mx1 postfix/smtpd[28370]: "),
		TEXT("<22>1 2026-11-22T18:08:24Z mx1 postfix/smtpd 28370 - - "), TEXT("postfix/smtpd[28370]: "),
		TEXT("Nov 22 17:54:32 postfix/smtpd[28370]: "), TEXT("@400000004c91b044077a9e94 mx1 postfix/smtpd[28370]: "),
	};
	static const char *const texts[] = {
		"Nov 22 17:54:32 mx9 dovecot: imap-login: x", "2026-11-22T18:08:24Z mx9 dovecot: x", "dovecot[1]: x", "mx9 dovecot[1]: x",
		"<22>Nov 22 17:54:32 mx9 dovecot: x", "1 2026-11-22T18:08:24Z mx9 dovecot 1 - - x", "@400000004c91b044077a9e94 dovecot: x",
		"[28371]: x", "mail.info dovecot[1]: x", "<mail.info> dovecot[1]: x", ": dovecot: x", "[1234] x", "HORDE [error] x", "-", "- - - - x",
	};
	char line[300];
	unsigned wrong = 0;

	for (size_t s = 0; s < sizeof(servers) / sizeof(*servers); s++)
		for (size_t t = 0; t < sizeof(texts) / sizeof(*texts); t++) {
			struct record r;
			snprintf(line, sizeof(line), "%s%s", servers[s].at, texts[t]);
			record_parse(&r, (struct text){ line, strlen(line) });
			bool right = text_equal(r.program, TEXT("postfix/smtpd")) && r.pid == 28370 && r.repeat == 1 &&
				     r.message.len == strlen(texts[t]) && memcmp(r.message.at, texts[t], r.message.len) == 0;
			if (!right)
				printf("# %s\n", line);
			wrong += !right;
		}
	tap_int(wrong, 0, "headers in a message stay in the message");
}

/* each beginning of each line, in memory of exactly its size, so that a sanitizer sees a byte too many */
static void test_cut(void)
{
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		for (size_t len = 0; len <= headers[i].len; len++) {
			struct record r;
			char *exact = malloc(len + !len);
			memcpy(exact, headers[i].line, len);
			record_parse(&r, (struct text){ exact, len });
			record_time_ms(&r, 0);
			bool copied = memchr(exact, '{', len) || (len && *exact == '\033');	/* what is escaped lies elsewhere */
			wrong += r.repeat < 1 || r.message.len > len ||
				 (!copied && (r.message.at + r.message.len > exact + len || r.message.at < exact));
			free(exact);
		}
	tap_int(wrong, 0, "each beginning of each header: the message lies inside the line");
}

static int64_t time_of(const char *line, int64_t now_ms)
{
	struct record r;

	record_parse(&r, (struct text){ line, strlen(line) });
	return record_time_ms(&r, now_ms);
}

static int64_t utc_ms(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	int64_t ms = (int64_t)timegm(&tm) * 1000;

	return rest && *rest == '.' ? ms + atoi(rest + 1) : ms;
}

/* zones as POSIX writes them: they need no tables on this machine */
#define UTC "UTC0"
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define ST_JOHNS "NST3:30NDT,M3.2.0,M11.1.0"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"	/* half an hour */
#define ASUNCION "<-04>4<-03>,M10.1.0/0,M3.4.0/0"		/* at midnight */
#define KIRITIMATI "<+14>-14"
#define WEST_12 "<-12>12"

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
	record_forget();
}

static void test_times(void)
{
	static const struct {
		const char *zone, *line, *now, *wanted;		/* NULL: no time */
	} cases[] = {
		{ UTC, "Nov 22 10:00:00 x", "2026-11-22 12:00:00", "2026-11-22 10:00:00" },
		{ UTC, "Nov 22 10:00:00.25 x", "2026-11-22 12:00:00", "2026-11-22 10:00:00.250" },
		{ UTC, "Nov 23 11:59:59 x", "2026-11-22 12:00:00", "2026-11-23 11:59:59" },
		{ UTC, "Nov 23 12:00:01 x", "2026-11-22 12:00:00", "2025-11-23 12:00:01" },
		{ UTC, "Dec 31 23:59:59 x", "2027-01-01 00:00:00", "2026-12-31 23:59:59" },
		{ UTC, "Jan  1 00:00:01 x", "2026-12-31 23:59:59", "2027-01-01 00:00:01" },
		{ UTC, "Jan  1 00:00:01 x", "2027-01-01 00:00:00", "2027-01-01 00:00:01" },
		{ UTC, "Feb 29 10:00:00 x", "2026-11-22 12:00:00", "2024-02-29 10:00:00" },
		{ UTC, "Feb 29 10:00:00 x", "2028-02-29 12:00:00", "2028-02-29 10:00:00" },
		{ UTC, "Feb 29 10:00:00 x", "2103-02-01 12:00:00", "2096-02-29 10:00:00" },
		{ UTC, "Feb 30 10:00:00 x", "2026-11-22 12:00:00", NULL },
		{ UTC, "Nov 22 2020 10:00:00 x", "2026-11-22 12:00:00", "2020-11-22 10:00:00" },
		{ UTC, "2027-02-29T10:00:00Z x", "2027-11-22 12:00:00", NULL },
		{ UTC, "2028-02-29T10:00:00Z x", "2026-11-22 12:00:00", "2028-02-29 10:00:00" },
		{ UTC, "2016-12-31T23:59:60Z x", "2026-11-22 12:00:00", "2017-01-01 00:00:00" },
		{ UTC, "@400000004c91b044077a9e94 x", "2026-11-22 12:00:00", "2010-09-16 05:50:50.125" },
		{ UTC, "no stamp", "2026-11-22 12:00:00", NULL },
		{ BERLIN, "Nov 22 10:00:00 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "Jul 22 10:00:00 x", "2026-11-22 12:00:00", "2026-07-22 08:00:00" },
		{ BERLIN, "Jan  1 00:30:00 x", "2026-12-31 23:45:00", "2026-12-31 23:30:00" },
		{ BERLIN, "Oct 25 01:59:59 x", "2026-11-22 12:00:00", "2026-10-24 23:59:59" },
		{ BERLIN, "Oct 25 03:00:00 x", "2026-11-22 12:00:00", "2026-10-25 02:00:00" },
		{ BERLIN, "Mar 29 01:59:59 x", "2026-11-22 12:00:00", "2026-03-29 00:59:59" },
		{ BERLIN, "Mar 29 03:00:00 x", "2026-11-22 12:00:00", "2026-03-29 01:00:00" },
		{ BERLIN, "2026-11-22T10:00:00.123456+01:00 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00.123" },
		{ BERLIN, "2026-11-22T10:00:00-0330 x", "2026-11-22 12:00:00", "2026-11-22 13:30:00" },
		{ BERLIN, "2026-11-22T10:00:00Z x", "2026-11-22 12:00:00", "2026-11-22 10:00:00" },
		{ BERLIN, "2026-11-22T10:00:00 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "2026-11-22 10:00:00,5 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00.500" },
		{ BERLIN, "2026-11-22 10:00:00 -0800 x", "2026-11-22 12:00:00", "2026-11-22 18:00:00" },
		{ BERLIN, "@400000004c91b044077a9e94 x", "2026-11-22 12:00:00", "2010-09-16 05:50:50.125" },
		{ BERLIN, "[22/Nov/2026 10:00:00] x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "Nov-22-26 10:00:00 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "2026/11/22 10:00:00 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "[Sun Nov 22 10:00:00.5 2026] x", "2026-11-22 12:00:00", "2026-11-22 09:00:00.500" },
		{ BERLIN, "[22-Nov-2026 10:00:00 +0200]: x", "2026-11-22 12:00:00", "2026-11-22 08:00:00" },
		{ BERLIN, "2026/11/22 10:00:00.5 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00.500" },
		{ BERLIN, "[2026-11-22T10:00:00.123+02:00] x", "2026-11-22 12:00:00", "2026-11-22 08:00:00.123" },
		{ BERLIN, "[2026-11-22 10:00:00 UTC] x", "2026-11-22 12:00:00", "2026-11-22 10:00:00" },
		{ BERLIN, "[2026-11-22 10:00:00 CET] x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "Sun 2026-11-22 10:00:00 CET x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "Sun 2026-11-22 10:00:00.123456 UTC x", "2026-11-22 12:00:00", "2026-11-22 10:00:00.123" },
		{ BERLIN, "Sun 2026-11-22 10:00:00 +03 x", "2026-11-22 12:00:00", "2026-11-22 07:00:00" },
		{ BERLIN, "2026-11-22T10:00:00+03 x", "2026-11-22 12:00:00", "2026-11-22 07:00:00" },
		{ BERLIN, "2026-11-22 10:00:00 -03 x", "2026-11-22 12:00:00", "2026-11-22 09:00:00" },
		{ BERLIN, "1795341600 x", "2026-11-22 12:00:00", "2026-11-22 10:00:00" },
		{ BERLIN, "1795341600.5 x", "2026-11-22 12:00:00", "2026-11-22 10:00:00.500" },
		{ BERLIN, "1795341600123 x", "2026-11-22 12:00:00", "2026-11-22 10:00:00.123" },
		{ BERLIN, "1795341600123456 x", "2026-11-22 12:00:00", "2026-11-22 10:00:00.123" },
		{ BERLIN, "0000000017 x", "2026-11-22 12:00:00", NULL },
		{ NEW_YORK, "Nov  1 12:00:00 x", "2026-11-22 12:00:00", "2026-11-01 17:00:00" },
		{ KIRITIMATI, "Nov 22 10:00:00 x", "2026-11-22 12:00:00", "2026-11-21 20:00:00" },
		{ KIRITIMATI, "Nov 23 10:00:00 x", "2026-11-22 12:00:00", "2026-11-22 20:00:00" },
		{ WEST_12, "Nov 21 10:00:00 x", "2026-11-22 12:00:00", "2026-11-21 22:00:00" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t now_ms = utc_ms(cases[i].now);

		set_zone(cases[i].zone);
		tap_int(time_of(cases[i].line, now_ms), cases[i].wanted ? utc_ms(cases[i].wanted) : RECORD_NO_TIME,
			"%s in %s at %s", cases[i].line, cases[i].zone, cases[i].now);
	}
}

/* four years of hours, in zones with odd habits, against mktime(3) */
static void test_every_hour(const char *zone)
{
	unsigned wrong = 0;
	time_t first = (time_t)(utc_ms("2023-01-01 00:00:00") / 1000);

	set_zone(zone);
	for (int hour = 0; hour < 4 * 366 * 24; hour++) {
		time_t t = first + hour * 3600L + hour % 3600;
		char line[64];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S x", &tm);
		tm.tm_isdst = -1;
		wrong += time_of(line, 0) != (int64_t)mktime(&tm) * 1000;
	}
	tap_int(wrong, 0, "%s: four years of local stamps as mktime(3) has them", zone);
}

/* A header like one before is read by comparison: the result must be what it is without any line before. */
static void test_like(void)
{
	static const char *const heads[] = {
		"2026-11-22T10:00:07.123456+01:00 mx ", "2026-11-22T10:00:08.999999+01:00 mx ", "2026-11-22T10:00:60.000000+01:00 mx ",
		"2026-11-22T10:00:61.000000+01:00 mx ", "2026-11-22T10:00:09.12345+01:00 mx ", "2026-11-22T10:00:09.1x3456+01:00 mx ",
		"2026-11-22T10:00:09+01:00 mx ", "2026-11-22T10:01:07.123456+01:00 mx ", "2026-11-22T10:00:07.123456+02:00 mx ",
		"2026-11-22T10:00:07.123456+01:00 my ", "2026-11-22T10:00:07,123456+01:00 mx ", "2026-11-22T10:00:07.123456Z mx ",
		"Nov 22 10:00:07 mx ", "Nov 22 10:00:09 mx ", "Nov 22 10:00:6 mx ", "Nov  2 10:00:07 mx ", "Nov 22 10:00:07.5 mx ",
		"Nov 22 2026 10:00:07 mx ", "Nov 22 10:00:07 mx.example.com ", "Nov 22 10:00:07 mail.info ", "Nov 22 10:00:07 2001:db8::1 ",
		"Nov 22 10:00:07 mx[12] ", "<22>Nov 22 10:00:07 mx ", "1 2026-11-22T10:00:07Z mx ", "2026-11-22T10:00:07Z mx  ", "",
	};
	static const char *const tails[] = {
		"postfix/smtpd[12]: text", "dovecot: text", "dovecot:  text", "dovecot: [ID 197553 mail.info] text", "dovecot:", "dovecot: ",
		"postfix/smtpd[12] text", "postfix/smtpd [12]: text", "postfix/smtpd[1234567890]: text", "postfix/smtpd[]: text",
		"mail.info postfix/smtpd[12]: text", "a.b[1]: text", "[12]: text", "HORDE [error] text", "imap(bob)<3><x>: text", "text",
		"postfix/smtpd[12]: message repeated 3 times: [ text]", "dovecot: Info: text", "postfix/smtpd[12]:\ttext", ": text",
	};
	enum { HEADS = sizeof(heads) / sizeof(*heads), TAILS = sizeof(tails) / sizeof(*tails), HOSTS = 200 };
	static struct { char text[256]; struct record alone; int64_t alone_ms; } lines[(HEADS + HOSTS) * TAILS];
	const size_t count = sizeof(lines) / sizeof(*lines);
	const int64_t now_ms = INT64_C(1795600000000);
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++) {
		char head[64];

		snprintf(head, sizeof(head), "2026-11-22T10:%02zu:07.123456+01:00 host-%zu ", i % 3, i / TAILS);
		snprintf(lines[i].text, sizeof(lines[i].text), "%s%s", i / TAILS < HEADS ? heads[i / TAILS] : head, tails[i % TAILS]);
		record_forget();
		record_parse(&lines[i].alone, (struct text){ lines[i].text, strlen(lines[i].text) });
		record_forget();
		lines[i].alone_ms = record_time_ms(&lines[i].alone, now_ms);
	}
	for (size_t i = 0, at = 0; i < 400000; i++) {
		size_t before = at, roll = random_below(UINT32_MAX);
		/* mostly among the lines with odd headers, which come again and again; times are not always asked for */
		at = roll % 4 ? roll / 4 % (HEADS * TAILS) : roll / 4 % count;
		const struct record *first = &lines[at].alone;
		struct record second;

		record_parse(&second, (struct text){ lines[at].text, strlen(lines[at].text) });
		if (first->form != second.form || first->pid != second.pid || first->repeat != second.repeat ||
		    first->stamp.at != second.stamp.at || first->stamp.len != second.stamp.len ||
		    !text_equal(first->host, second.host) || !text_equal(first->program, second.program) ||
		    first->message.at != second.message.at || first->message.len != second.message.len ||
		    (roll % 3 && record_time_ms(&second, now_ms) != lines[at].alone_ms)) {
			if (wrong++ < 5)
				printf("# after '%s': '%s'\n", lines[before].text, lines[at].text);
		}
	}
	tap_int(wrong, 0, "%zu lines are read the same in any order", count);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		tap_str(shown((struct text){ headers[i].line, headers[i].len }), headers[i].wanted, "%s", headers[i].name);
	test_forged();
	test_cut();
	test_times();
	test_every_hour(UTC);
	test_every_hour(BERLIN);
	test_every_hour(ST_JOHNS);
	test_every_hour(LORD_HOWE);
	test_every_hour(ASUNCION);
	test_like();
	return tap_done();
}
