/* test_conf - the config file: every trap is reported with file:line, and what is right is read right */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "tap.h"

static char folder[] = "/tmp/mailward-test-conf.XXXXXX";
static char path[64];

static void write_file(const char *name, const char *text, size_t len)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	if (!file || fwrite(text, 1, len, file) != len || fclose(file) != 0)
		abort();
}

/* load - the text as a config file; what was reported, without the folder's name, is in *said (heap) */
static bool load(struct conf *conf, const char *text, size_t len, char **said)
{
	size_t size;
	FILE *out = open_memstream(said, &size);

	write_file("m.conf", text, len);
	struct problems problems = { .out = out };
	bool good = conf_load(conf, path, &problems);
	fclose(out);
	for (char *at; (at = strstr(*said, folder)) != NULL;)
		memmove(at, at + strlen(folder) + 1, strlen(at + strlen(folder) + 1) + 1);
	return good && problems.count == 0;
}

#define FLEET_NO_SERVER(word) "m.conf:2: server: '" word "' is no server, an address and port (192.0.2.9:6379, [2001:db8::9]:6379) or the " \
	"path of a unix socket would be right; names are never looked up\n"

/* each text is wrong in one place; wanted is the whole report */
static const struct {
	const char *text, *wanted;
} wrong[] = {
	{ "[policy]\nwindow = ten\n",
	  "m.conf:2: window: 'ten' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right\n" },
	{ "[policy]\nwindow = 10 m\n",
	  "m.conf:2: window: '10 m' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right\n" },
	{ "[policy]\nwindow = 0\n", "m.conf:2: window: '0' is out of range, 1s to 1d would be right\n" },
	{ "[policy]\nwindow = 2d\n", "m.conf:2: window: '2d' is out of range, 1s to 1d would be right\n" },
	{ "[policy]\nwindow = 10m#ten\n",
	  "m.conf:2: window: '10m#ten' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right\n" },
	{ "[policy]\nhard_error_limit = -6\n", "m.conf:2: hard_error_limit: '-6' is no number from 1 to 1000\n" },
	{ "[policy]\nhard_error_limit = 6x\n", "m.conf:2: hard_error_limit: '6x' is no number from 1 to 1000\n" },
	{ "[policy]\nhard_error_limit = 4294967302\n", "m.conf:2: hard_error_limit: '4294967302' is no number from 1 to 1000\n" },
	{ "[policy]\nipv6_prefix = 129\n", "m.conf:2: ipv6_prefix: '129' is no number from 32 to 128\n" },
	{ "[policy]\nsoft_error_limit = 7\n",
	  "m.conf:2: soft_error_limit = 7 is above hard_error_limit = 6 (the default), at most the same would be right\n" },
	{ "[policy]\nsoft_error_limit = 9\n\nhard_error_limit = 8\n",
	  "m.conf:4: soft_error_limit = 9 is above hard_error_limit = 8, at most the same would be right\n" },
	{ "[policy]\nban_time = 60d\n",
	  "m.conf:2: ban_time = 60d is above ban_time_max = 30d (the default), at most the same would be right\n" },
	{ "[source a]\nredis = redis:6379\n",
	  "m.conf:2: redis: 'redis:6379' is no server, an address and port (192.0.2.9:6379, [2001:db8::9]:6379) or the "
	  "path of a unix socket would be right; names are never looked up\n" },
	{ "[source a]\nredis = /run/redis.sock\nfile = /x\n",
	  "m.conf:1: [source a] has a Redis server and something else to read, two sections would be right\n" },
	{ "[source a]\nfile = /x\nchannel = c\n", "m.conf:3: channel is a Redis server's, redis = ADDRESS:PORT beside it would be right\n" },
	{ "[fleet]\nuser = mx1\n",
	  "m.conf:1: server is missing: server = ADDRESS:PORT, or the path of a unix socket, would be right\n"
	  "m.conf:1: node is missing: node = NAME, this host's, would be right\n"
	  "m.conf:1: nodes is missing: nodes = NAME..., of all hosts, would be right\n"
	  "m.conf:1: key_file is missing: key_file = PATH, of what \"mailward fleet key\" prints, would be right\n"
	  "m.conf:2: user: 'mx1' has no password: password_file = PATH would be right\n" },
	{ "[fleet]\nserver = redis.example.com:6379 192.0.2.9 [2001:db8::9]:0 2001:db8::9:6379\nnode = a\nnodes = a b\nkey_file = /k\n",
	  FLEET_NO_SERVER("redis.example.com:6379") FLEET_NO_SERVER("192.0.2.9") FLEET_NO_SERVER("[2001:db8::9]:0")
	  FLEET_NO_SERVER("2001:db8::9:6379") },
	{ "[fleet]\nserver = 192.0.2.9:6379\nnode = c\nnodes = a b a x/y\nkey_file = /k\nignore = a d\n",
	  "m.conf:4: nodes: 'a' stands there twice, once would be right\n"
	  "m.conf:4: nodes: 'x/y' is no node's name, at most 24 letters, digits, '-', '_' and '.' would be right\n"
	  "m.conf:3: node: 'c' is none of the nodes, one of them would be right\n"
	  "m.conf:6: ignore: 'd' is none of the other nodes, one of them would be right\n" },
	{ "[fleet]\nserver = 192.0.2.1:1 192.0.2.2:2 192.0.2.3:3 192.0.2.4:4\nnode = a\nnodes = a b\nkey_file = /k\nignore = a\n",
	  "m.conf:2: server: '192.0.2.4:4' is one too many, three at most would be right\n"
	  "m.conf:6: ignore: 'a' is none of the other nodes, one of them would be right\n" },
	{ "[policy]\nwindow = 10m\n\nwindow = 10m\n", "m.conf:4: window is set in line 2 already, one line would be right\n" },
	{ "[policy]\n[allow]\n[policy]\nwindow = 10m\n",
	  "m.conf:3: section [policy] stands in line 1 already, its keys together there would be right\n" },
	{ "[policy]\nwindw = 10m\n", "m.conf:2: unknown key 'windw', did you mean 'window'?\n" },
	{ "[policy]\ndry_run = yes\n", "m.conf:2: 'dry_run' is no key of [policy], it belongs into [mailward]\n" },
	{ "[allow]\nfrobnicate = yes\n", "m.conf:2: unknown key 'frobnicate' in [allow], addresses or file would be right\n" },
	{ "[polcy]\nwindow = ten\n", "m.conf:1: unknown section [polcy], did you mean [policy]?\n" },
	{ "[frobnication]\n",
	  "m.conf:1: unknown section [frobnication], mailward, source NAME, policy, service NAME, names, rules, allow, notify, metrics, fleet or blocklist NAME would be right\n" },
	{ "[]\n", "m.conf:1: unknown section [], mailward, source NAME, policy, service NAME, names, rules, allow, notify, metrics, fleet or blocklist NAME would be right\n" },
	{ "[policy x]\nwindow = ten\n", "m.conf:1: section [policy] takes no name, [policy] alone would be right\n" },
	{ "[policy] window = 10m\n", "m.conf:1: text after the section's ']', '[name]' alone on its line would be right\n" },
	{ "[policy\nwindow = ten\n", "m.conf:1: the section's ']' is missing, '[name]' would be right\n" },
	{ "window = 10m\n[policy]\n", "m.conf:1: 'window' stands before the first section, [mailward] above it would be right\n" },
	{ "[policy]\nwindow 10m\n", "m.conf:2: no '=' after 'window 10m', 'key = value' would be right\n" },
	{ "[policy]\nwindow: 10m\n", "m.conf:2: no '=' after 'window', 'key = value' would be right\n" },
	{ "[policy]\n= 10m\n", "m.conf:2: no key before the '=', 'key = value' would be right\n" },
	{ "[policy]\nwindow =\n", "m.conf:2: window: no value, a value or no such line (the default holds) would be right\n" },
	{ "[policy]\nwindow = # ten minutes\n", "m.conf:2: window: no value, a value or no such line (the default holds) would be right\n" },
	{ "[policy]\nwindow = ; ten minutes\n", "m.conf:2: window: no value, a value or no such line (the default holds) would be right\n" },
	{ "[policy]\nwindow = 10m\n  delay = 5s\n",
	  "m.conf:3: an indented line goes on with the value of 'window', which takes one line; a key at the left margin would be right\n" },
	{ "[mailward]\ndry_run = maybe\n", "m.conf:2: dry_run: 'maybe' is neither yes nor no\n" },
	{ "[mailward]\nports = 25, smtp\n",
	  "m.conf:2: ports: 'smtp' is no port, a number from 1 to 65535 or the word 'all' would be right\n" },
	{ "[mailward]\nports = 65536\n",
	  "m.conf:2: ports: '65536' is no port, a number from 1 to 65535 or the word 'all' would be right\n" },
	{ "[mailward]\nports = all 25\n",
	  "m.conf:2: ports: 'all' stands beside single ports, 'all' alone or only ports would be right\n" },
	{ "[mailward]\npatterns = \"/usr/share\"\n",
	  "m.conf:2: patterns: '\"/usr/share\"' begins with a quote, the path alone would be right\n" },
	{ "[mailward]\nmax_addresses = 10\n", "m.conf:2: max_addresses: '10' is no number from 1000 to 100000000\n" },
	{ "[mailward]\nsocket = /0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678\n",
	  "m.conf:2: socket: '/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678' "
	  "has 110 bytes, a path of at most 107 would be right\n" },
	{ "[source]\nfile = /x\n",
	  "m.conf:1: [source] needs a name, up to 32 letters, digits, '-', '_' and '.': [source maillog] would be right\n" },
	{ "[source a/b]\n",
	  "m.conf:1: [source] needs a name, up to 32 letters, digits, '-', '_' and '.': [source maillog] would be right\n" },
	{ "[source a]\n", "m.conf:1: [source a] has nothing to read, file = /var/log/mail.log or journal = yes would be right\n" },
	{ "[source a]\nfile = /x\n[source a]\nfile = /y\n",
	  "m.conf:3: [source a] stands in line 1 already, one section of that name would be right\n" },
	{ "[source a]\nfile = /x\n[source b]\nfile = /x\n",
	  "m.conf:3: [source b] reads the file of [source a]: every line would count twice\n" },
	{ "[source a]\nfile = /x\njournal = yes\n",
	  "m.conf:1: [source a] has both a file and the journal, one of them would be right (two sections for both)\n" },
	{ "[source a]\nfile = /x\nunit = postfix@-.service\n",
	  "m.conf:3: unit chooses from the journal, journal = yes beside it would be right\n" },
	{ "[source a]\njournal = yes\n[source b]\njournal = yes\n",
	  "m.conf:3: [source b] reads the journal as [source a] does, one section with all units would be right\n" },
	{ "[source a]\njournal = yes\nunit = dovecot.service postfix\n",
	  "m.conf:3: unit: 'postfix' is no unit of the journal, its full name (postfix@-.service, dovecot.service, system-postfix.slice) would be right\n" },
	{ "[source a]\njournal = yes\nunit = postfix@*.service\n",
	  "m.conf:3: unit: 'postfix@*.service' is no unit of the journal, its full name (postfix@-.service, dovecot.service, system-postfix.slice) would be right\n" },
	{ "[service]\nwindow = 1h\n",
	  "m.conf:1: [service] needs a name, up to 32 letters, digits, '-', '_' and '.': [service dovecot] would be right\n" },
	{ "[service dovecot]\nwindow = 1h\n[service dovecot]\n",
	  "m.conf:3: [service dovecot] stands in line 1 already, one section of that name would be right\n" },
	{ "[service dovecot]\nwindow = 1h\nwindow = 2h\n", "m.conf:3: window is set in line 2 already, one line would be right\n" },
	{ "[service dovecot]\nwindow = 2d\n", "m.conf:2: window: '2d' is out of range, 1s to 1d would be right\n" },
	{ "[service dovecot]\nmaxretry = 3\n", "m.conf:2: unknown key 'maxretry' in [service], ports, window, soft_error_limit, hard_error_limit, delay, "
	  "ban_time, ban_factor, long_window, long_limit, sure_ban_time or one_name_ban_time would be right\n" },
	{ "[service dovecot]\nports = all\n", "m.conf:2: ports: 'all' is no port, a number from 1 to 65535 would be right\n" },
	{ "[mailward]\nports = 25 143\n[service dovecot]\nports = 143 993\n",
	  "m.conf:3: [service dovecot] port 993 is not among ports of [mailward], one of those would be right\n" },
	{ "[service dovecot]\nban_time_max = 1h\n", "m.conf:2: 'ban_time_max' is no key of [service], it belongs into [policy]\n" },
	{ "[service dovecot]\nsoft_error_limit = 7\n",
	  "m.conf:1: [service dovecot] soft_error_limit = 7 is above hard_error_limit = 6, at most the same would be right\n" },
	{ "[service dovecot]\nban_time = 60d\n",
	  "m.conf:1: [service dovecot] ban_time = 60d is above ban_time_max = 30d of [policy], at most the same would be right\n" },
	{ "[blocklist]\nfile = /x\n",
	  "m.conf:1: [blocklist] needs a name, up to 32 letters, digits, '-', '_' and '.': [blocklist local] would be right\n" },
	{ "[blocklist x]\n", "m.conf:1: [blocklist x] names no list, file = PATH would be right\n" },
	{ "[rules]\npostfix/user-unknown = 101\n",
	  "m.conf:2: postfix/user-unknown: '101' is no weight of a rule, 0 (off) to 100, 'off' or 'observe' would be right\n" },
	{ "[rules]\npostfix/user-unknown = strict\n",
	  "m.conf:2: postfix/user-unknown: 'strict' is no weight of a rule, 0 (off) to 100, 'off' or 'observe' would be right\n" },
	{ "[rules]\npostfix = 3\n",
	  "m.conf:2: postfix: '3' is no setting of a whole service; normal, strict, observe or off would be right\n" },
	{ "[rules]\npostfix/a/b = 1\n",
	  "m.conf:2: 'postfix/a/b' is no rule, service/rule (postfix/user-unknown) or a service (postfix) would be right\n" },
	{ "[rules]\npostfix/a = 1\npostfix/a = 1\n", "m.conf:3: postfix/a is set in line 2 already, one line would be right\n" },
	{ "[allow]\naddresses = 192.0.2.1/24\n",
	  "m.conf:2: addresses: '192.0.2.1/24' has bits set past its length; 192.0.2.0/24 would be right\n" },
	{ "[allow]\naddresses = 2001:db8::1/64\n",
	  "m.conf:2: addresses: '2001:db8::1/64' has bits set past its length; 2001:db8::/64 would be right\n" },
	{ "[allow]\naddresses = ::1 mail.example.com\n",
	  "m.conf:2: addresses: 'mail.example.com' is not an IP address; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right\n" },
	{ "[allow]\naddresses = 192.0.2.0/33\n",
	  "m.conf:2: addresses: '192.0.2.0/33' needs a length from 0 to 32; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right\n" },
	{ "[allow]\naddresses = 192.0.2.0/24\n ; a note\n  198.51.100.1/8\n",
	  "m.conf:4: addresses: '198.51.100.1/8' has bits set past its length; 198.0.0.0/8 would be right\n" },
	{ "[allow]\nfile = nowhere\n", "m.conf:2: nowhere cannot be read: No such file or directory\n" },
	{ "[allow]\nfile = list\n",
	  "list:3: allow: '192.0.2.7/8' has bits set past its length; 192.0.0.0/8 would be right\n"
	  "list:5: allow: 'x' is not an IP address; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right\n" },
	{ "[policy]\nwindow = 1\x1b[31mm\n", "m.conf:2: the line is not read: holds a control character\n" },
	{ "[policy]\rwindow = 10m\r",
	  "m.conf:1: the line is not read: holds a carriage return inside: lines that end in LF would be right\n" },
	{ "[policy]\nwind\xc3\xb6w = 10m\n", "m.conf:2: unknown key 'wind\\xc3\\xb6w', did you mean 'window'?\n" },
	{ "[policy]\nwindow = x\ndelay = y\n[nonsense]\nx = 1\n[allow]\naddresses = z\n",	/* all of them at once */
	  "m.conf:2: window: 'x' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right\n"
	  "m.conf:3: delay: 'y' is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right\n"
	  "m.conf:4: unknown section [nonsense], mailward, source NAME, policy, service NAME, names, rules, allow, notify, metrics, fleet or blocklist NAME would be right\n"
	  "m.conf:7: addresses: 'z' is not an IP address; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right\n" },
};

static void test_wrong(void)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct conf conf;
		char *said;
		bool good = load(&conf, wrong[i].text, strlen(wrong[i].text), &said);
		tap_ok(!good, "refused: %.*s", (int)strcspn(wrong[i].wanted, "\n"), wrong[i].wanted);
		tap_str(said, wrong[i].wanted, "and said so");
		conf_fini(&conf);
		free(said);
	}
}

/* A log by two names, which a look at the names does not tell. */
static void test_one_file(void)
{
	static const char *const others[] = { "link", "hard", "./log", "sub/log", "sub/link" };
	char file[100], link_path[100], text[100], *said;
	struct conf conf;

	for (int there = 1; there >= 0; there--) {
		if (there) {
			write_file("log", "", 0);
			snprintf(file, sizeof(file), "%s/log", folder);
			snprintf(link_path, sizeof(link_path), "%s/hard", folder);
			if (link(file, link_path) < 0)
				abort();
			snprintf(link_path, sizeof(link_path), "%s/link", folder);
			if (symlink("log", link_path) < 0)
				abort();
			snprintf(link_path, sizeof(link_path), "%s/sub", folder);
			if (symlink(".", link_path) < 0)
				abort();
		} else {
			for (size_t i = 0; i < 3; i++) {
				snprintf(link_path, sizeof(link_path), "%s/%s", folder, (const char *const []){ "log", "hard", "link" }[i]);
				unlink(link_path);
			}
		}
		for (size_t i = there ? 0 : 2; i < sizeof(others) / sizeof(*others) - !there; i++) {
			int len = snprintf(text, sizeof(text), "[source a]\nfile = log\n[source b]\nfile = %s\n", others[i]);
			tap_ok(!load(&conf, text, (size_t)len, &said), "log and %s are one file%s", others[i], there ? "" : ", though it is not there yet");
			tap_str(said, "m.conf:3: [source b] reads the file of [source a]: every line would count twice\n", "and that is said");
			free(said);
			conf_fini(&conf);
		}
	}
	tap_ok(load(&conf, "[source a]\nfile = log\n[source b]\nfile = log2\n", 42, &said), "two files that are not there yet are two");
	free(said);
	conf_fini(&conf);
	snprintf(link_path, sizeof(link_path), "%s/sub", folder);
	unlink(link_path);
}

static void test_journal(void)
{
	static const char text[] = "[source j]\njournal = yes\nunit = postfix@-.service,\n  dovecot.service\n  system-x.slice\n"
				   "user = postfix 4711\nidentifier = postfix/smtpd\n[source f]\nfile = /x\n";
	struct conf conf;
	char *said;

	tap_ok(load(&conf, text, sizeof(text) - 1, &said), "the journal beside a file");
	tap_str(said, "", "nothing to say");
	tap_int(conf.source_count, 2, "two sources");
	tap_ok(conf.sources[0].journal && !conf.sources[0].file && !conf.sources[1].journal, "the journal is the first");
	tap_str(conf.sources[0].units, "postfix@-.service dovecot.service system-x.slice", "its units");
	tap_str(conf.sources[0].users, "postfix 4711", "its users");
	tap_str(conf.sources[0].identifiers, "postfix/smtpd", "its identifiers");
	conf_fini(&conf);
	free(said);
}

static void test_bytes(void)
{
	static const char nul[] = "[policy]\nwindow = 10m\0\n", utf16[] = "\xff\xfe[\0p\0o\0l\0";
	struct conf conf;
	char *said, longer[8192];

	tap_ok(!load(&conf, nul, sizeof(nul) - 1, &said), "a NUL is refused");
	tap_str(said, "m.conf:2: the line is not read: holds a NUL byte: a plain text file (UTF-8, not UTF-16) would be right\n", "and said so");
	conf_fini(&conf);
	free(said);
	tap_ok(!load(&conf, utf16, sizeof(utf16) - 1, &said), "UTF-16 is refused");
	conf_fini(&conf);
	free(said);
	/* 200 bytes, inih's limit, and 4096, ours */
	for (int len = 150; len < 5000; len = len < 250 ? len + 1 : len + 997) {
		snprintf(longer, sizeof(longer), "[mailward]\npatterns = /%.*s\ndry_run = yes\n", len, "");
		memset(longer + strlen("[mailward]\npatterns = /"), 'p', (size_t)len);
		snprintf(longer + strlen("[mailward]\npatterns = /") + len, 100, "\ndry_run = yes\n");
		bool read = load(&conf, longer, strlen(longer), &said);
		if (read ? strlen(conf.patterns) != (size_t)len + 1 || !conf.dry_run : strncmp(said, "m.conf:2: ", 10) != 0 || strchr(said, '\n')[1])
			tap_ok(false, "a line of %d bytes is read whole or reported: %s", len + 12, said);
		if (len == 170 || len == 200)
			tap_int(read, len == 170, "a line of %d bytes is %s", len + 12, read ? "read" : "reported");
		conf_fini(&conf);
		free(said);
	}
	tap_ok(true, "no line is cut");
	snprintf(longer, sizeof(longer), "[mailward]\ndry_run = yes ;%04000d\n", 0);
	bool good = load(&conf, longer, strlen(longer), &said);
	tap_ok(good && conf.dry_run, "a long comment is no matter%s", said);
	conf_fini(&conf);
	free(said);
	snprintf(longer, sizeof(longer), "[mailward]\npatterns = /a\n  %01000d\ndry_run = yes\n", 0);
	good = load(&conf, longer, strlen(longer), &said);
	tap_ok(!good && conf.dry_run, "an over-long continuation is reported: %.60s", said);
	conf_fini(&conf);
	free(said);
}

static bool allows(const struct conf *conf, const char *text)
{
	struct addr addr;
	return addr_parse((struct text){ text, strlen(text) }, &addr) && ranges_contain(&conf->allow, &addr);
}

static void test_right(void)
{
	static const char text[] = "\xef\xbb\xbf; a comment\r\n"
		"[mailward]\r\n"
		"patterns = some/where;here#there   ; a comment ; and more\r\n"
		"socket=/s # a comment ; and more\r\n"
		"ports = 587, 25 465,,25\r\n"
		"   110 # and # more\r\n"
		"  # not a port\r\n"
		"dry_run = yes\r\n"
		"max_bans = 1000\r\n"
		"  [source one]\r\n"
		"file = ../mail log\r\n"
		"[source two]\r\n"
		"file = /var/log/x.log\r\n"
		"[policy]\r\n"
		"window = 1h30m\r\n"
		"soft_error_limit = 6\r\n"
		"\r\n"
		"[rules]\t# a comment\r\n"
		"postfix/unknown-client = 0\r\n"
		"postfix/helo = observe\r\n"
		"postfix/a-name-that-is-longer-than-the-fifty-bytes-that-inih-remembers = 7\r\n"
		"dovecot = strict\r\n"
		"[allow]\r\n"
		"addresses = 192.0.2.0/24,\r\n"
		"\r\n"
		"\t240.51.100.7 ; ours\r\n"
		"file = good\r\n"
		"[blocklist local]\r\n"
		"file = /x";
	struct conf conf;
	char *said, wanted[128];

	bool good = load(&conf, text, sizeof(text) - 1, &said);
	tap_ok(good, "a good file is read");
	tap_str(said, "", "in silence");
	snprintf(wanted, sizeof(wanted), "%s/some/where;here#there", folder);
	tap_str(conf.patterns, wanted, "a relative path begins at the file's folder; a ';' or '#' without a space before it is kept");
	tap_str(conf.socket, "/s", "an absolute path is kept");
	tap_int(conf.port_count, 4, "four ports");
	tap_ok(conf.ports[0] == 25 && conf.ports[1] == 110 && conf.ports[2] == 465 && conf.ports[3] == 587, "sorted");
	tap_ok(conf.dry_run && !conf.all_ports, "flags");
	tap_int(conf.max_bans, 1000, "max_bans");
	tap_int(conf.max_addresses, 1000000, "max_addresses by default");
	tap_int(conf.source_count, 2, "two sources");
	snprintf(wanted, sizeof(wanted), "%s/../mail log", folder);
	tap_str(conf.sources[0].file, wanted, "the first");
	tap_str(conf.sources[1].name, "two", "the second's name");
	tap_int(conf.sources[1].line, 12, "the second's line");
	tap_int(conf.policy.window_s, 5400, "window");
	tap_int(conf.policy.soft_error_limit, 6, "soft limit, as the hard one: no delays");
	tap_int(conf.policy.ban_time_s, 3600, "ban_time by default");
	tap_int(conf.rule_count, 4, "four rules");
	tap_ok(conf.rules[0].weight == 0 && conf.rules[1].weight == CONF_WEIGHT_OBSERVE && conf.rules[2].weight == 7 &&
	       conf.rules[3].weight == CONF_WEIGHT_STRICT, "their weights");
	tap_int(conf.rules[2].line, 21, "a rule's line");
	tap_str(conf.rules[2].name, "postfix/a-name-that-is-longer-than-the-fifty-bytes-that-inih-remembers", "a long name is whole");
	tap_ok(allows(&conf, "192.0.2.255") && allows(&conf, "240.51.100.7") && !allows(&conf, "240.51.100.8"), "allowed addresses");
	tap_ok(allows(&conf, "203.0.113.5") && allows(&conf, "2001:db8:1::5") && !allows(&conf, "2001:db8:2::5"), "allowed by the file");
	tap_ok(allows(&conf, "127.0.0.99") && allows(&conf, "::1"), "loopback is always allowed");
	tap_int(conf.blocklist_count, 1, "one blocklist");
	conf_fini(&conf);
	free(said);
}

static void test_defaults(void)
{
	struct conf conf;
	char *said;

	bool good = load(&conf, "", 0, &said);
	tap_ok(good, "an empty file is good%s", said);
	free(said);
	tap_int(conf.source_count, 1, "one source");
	struct stat st;
	bool log = (stat("/var/log/mail.log", &st) == 0 && st.st_size > 0 && st.st_mtime > time(NULL) - 2 * 86400) ||
		(stat("/var/log/mail.log.1", &st) == 0 && st.st_mtime > time(NULL) - 2 * 86400);
	bool journal = !log && access("/run/systemd/journal/socket", F_OK) == 0;
	tap_int(conf.sources[0].journal, journal, "the journal, if there is one and no mail log that is written");
	tap_ok(journal ? !conf.sources[0].file : strcmp(conf.sources[0].file, "/var/log/mail.log") == 0, "else the mail log");
	tap_str(conf.sources[0].name, journal ? "journal" : "maillog", "its name");
	tap_int(conf.port_count, 8, "the mail ports");
	tap_str(conf.socket, "/run/mailward/control", "socket");
	tap_str(conf.state_dir, "/var/lib/mailward", "state_dir");
	tap_ok(conf.patterns == NULL && !conf.dry_run && conf.rule_count == 0 && conf.blocklist_count == 0, "nothing else");
	const struct policy *p = &conf.policy;
	tap_ok(p->window_s == 600 && p->soft_error_limit == 3 && p->hard_error_limit == 6 && p->delay_s == 10 && p->ban_time_s == 3600 &&
	       p->ban_factor == 4 && p->ban_time_max_s == 2592000 && p->ipv6_prefix == 64 && p->network_limit == 5 &&
	       p->network_window_s == 604800 && p->memory, "the policy");
	tap_ok(allows(&conf, "127.0.0.1") && allows(&conf, "::1") && !allows(&conf, "240.0.2.1"), "the allow-list");
	conf_fini(&conf);
}

static void test_unreadable(void)
{
	struct problems problems = { 0 };
	struct conf conf;

	tap_ok(!conf_load(&conf, "/nonexistent/m.conf", &problems) && problems.count == 1, "a missing folder");
	conf_fini(&conf);
	snprintf(path, sizeof(path), "%s/missing", folder);
	tap_ok(!conf_load(&conf, path, &problems) && problems.count == 2, "a missing file");
	conf_fini(&conf);
	tap_ok(!conf_load(&conf, folder, &problems) && problems.count == 3, "a folder");
	conf_fini(&conf);
	tap_ok(!conf_load(&conf, "/dev/zero", &problems) && problems.count > 3, "an endless file");
	conf_fini(&conf);
}

int main(void)
{
	static const char list[] = "# comment\n192.0.2.1 ; one\n192.0.2.7/8\n\nx\n", good[] = "203.0.113.0/24 # net\r\n2001:db8:1::/48\n";

	if (mkdtemp(folder) == NULL)
		abort();
	write_file("list", list, sizeof(list) - 1);
	write_file("good", good, sizeof(good) - 1);
	test_wrong();
	test_journal();
	test_one_file();
	test_bytes();
	test_right();
	test_defaults();
	test_unreadable();
	static const char *const files[] = { "list", "good", "m.conf" };
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
	return tap_done();
}
