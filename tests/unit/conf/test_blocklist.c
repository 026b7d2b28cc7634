/* test_blocklist - every form of a list, everything that can be wrong with one, and what its lines mean together */
#include <stdlib.h>

#include "conf/blocklist.h"
#include "conf/conf.h"
#include "own_file.h"
#include "random.h"
#include "tap.h"

/* "192.0.2.0-192.0.2.255 ..." */
static const char *shown(const struct ranges *ranges)
{
	static char text[4096];
	char first[ADDR_FMT_SIZE], last[ADDR_FMT_SIZE];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ranges->count && used < sizeof(text) - 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s-%s", i ? " " : "",
			addr_fmt(first, sizeof(first), &ranges->at[i].first), addr_fmt(last, sizeof(last), &ranges->at[i].last));
	return text;
}

static void guard(struct ranges *guarded)
{
	static const char *const own[] = { "127.0.0.0/8", "::1", "192.0.2.10", "3fff::10" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		struct prefix prefix = { 0 };
		prefix_parse((struct text){ own[i], strlen(own[i]) }, true, &prefix);
		ranges_add(guarded, &prefix);
	}
	ranges_seal(guarded);
}

/* load - read and resolve; what was said, without the file's name, in *said (heap) */
static bool load(struct blocklist *list, struct ranges *drops, const char *text, char **said)
{
	struct ranges guarded = { 0 };
	size_t size;
	struct problems problems = { .out = open_memstream(said, &size) };

	own_file_write(text, strlen(text));
	guard(&guarded);
	bool good = blocklist_read(list, own_file, &problems) && blocklist_resolve(list, own_file, &guarded, &problems, drops);
	fclose(problems.out);
	ranges_fini(&guarded);
	for (char *at; (at = strstr(*said, own_file)) != NULL;)
		memmove(at, at + strlen(own_file), strlen(at + strlen(own_file)) + 1);
	if (good != (problems.count == 0))
		tap_ok(false, "the result agrees with the problems");
	return good;
}

static const struct {
	const char *about, *text, *drops;
	enum blocklist_form form;
	size_t dropping, excepting, deferring, names;
	const char *said;
} good[] = {
	{ "an empty file", "", "", BLOCKLIST_PLAIN, 0, 0, 0, 0, "" },
	{ "only comments", "# a\n\n; b\n   \n", "", BLOCKLIST_PLAIN, 0, 0, 0, 0, "" },
	/* plain */
	{ "the Spamhaus DROP form", "; Spamhaus DROP List 2026/11/22\n198.51.100.0/24 ; SBL123\n203.0.113.0/25 ; SBL124\n",
	  "198.51.100.0-198.51.100.255 203.0.113.0-203.0.113.127", BLOCKLIST_PLAIN, 2, 0, 0, 0, "" },
	{ "a plain list", "198.51.100.7\n# comment\n198.51.100.8 # why\n2001:db8::/32\n::ffff:203.0.113.1\n",
	  "198.51.100.7-198.51.100.8 203.0.113.1-203.0.113.1 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	  BLOCKLIST_PLAIN, 4, 0, 0, 0, "" },
	{ "wildcards", "198.51.100.*\n203.0.*.*\n203.1.*\n2001:db8:*\n",
	  "198.51.100.0-198.51.100.255 203.0.0.0-203.1.255.255 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	  BLOCKLIST_PLAIN, 4, 0, 0, 0, "" },
	{ "a plain list that is indented", "  198.51.100.7\n  198.51.100.9 ; x\n\t203.0.113.0/24\n",
	  "198.51.100.7-198.51.100.7 198.51.100.9-198.51.100.9 203.0.113.0-203.0.113.255", BLOCKLIST_PLAIN, 3, 0, 0, 0, "" },
	{ "a byte order mark, CR LF, no last line end", "\xef\xbb\xbf" "198.51.100.7\r\n198.51.100.9",
	  "198.51.100.7-198.51.100.7 198.51.100.9-198.51.100.9", BLOCKLIST_PLAIN, 2, 0, 0, 0, "" },
	{ "doubles and overlaps", "198.51.100.0/24\n198.51.100.7\n198.51.100.0/24\n198.51.101.0/24\n",
	  "198.51.100.0-198.51.101.255", BLOCKLIST_PLAIN, 4, 0, 0, 0, "" },
	{ "the widest networks that are believed", "198.0.0.0/8\n2001:c000::/19\n",
	  "198.0.0.0-198.255.255.255 2001:c000::-2001:dfff:ffff:ffff:ffff:ffff:ffff:ffff", BLOCKLIST_PLAIN, 2, 0, 0, 0, "" },
	/* access(5) */
	{ "access: host, /24, /16, /8", "203.0.113.7 REJECT text\n198.51.100\tREJECT\n198.18 REJECT\n100 REJECT\n",
	  "100.0.0.0-100.255.255.255 198.18.0.0-198.18.255.255 198.51.100.0-198.51.100.255 203.0.113.7-203.0.113.7",
	  BLOCKLIST_ACCESS, 4, 0, 0, 0, "" },
	{ "access: IPv6 by groups", "2001:db8::7 REJECT\n2001:DB8:1 REJECT\n2001:db8:2:3 reject\n2001:db8:3:4:5:6:7 REJECT\n",
	  "2001:db8::7-2001:db8::7 2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff "
	  "2001:db8:2:3::-2001:db8:2:3:ffff:ffff:ffff:ffff 2001:db8:3:4:5:6:7:0-2001:db8:3:4:5:6:7:ffff",
	  BLOCKLIST_ACCESS, 4, 0, 0, 0, "" },
	{ "access: the most specific line wins, whatever the order", "198.51.100.7 OK\n198.51 REJECT\n198.51.100 DUNNO\n198.51.100.9 REJECT\n",
	  "198.51.0.0-198.51.99.255 198.51.100.9-198.51.100.9 198.51.101.0-198.51.255.255", BLOCKLIST_ACCESS, 2, 2, 0, 0, "" },
	{ "access: every action that refuses", "198.51.100.1 REJECT\n198.51.100.3 reject no\n198.51.100.5 550 no\n198.51.100.7 521 5.7.1 no\n"
	  "198.51.100.9 HANGUP\n198.51.100.11 554\n  continued\n",
	  "198.51.100.1-198.51.100.1 198.51.100.3-198.51.100.3 198.51.100.5-198.51.100.5 198.51.100.7-198.51.100.7 "
	  "198.51.100.9-198.51.100.9 198.51.100.11-198.51.100.11", BLOCKLIST_ACCESS, 6, 0, 0, 0, "" },
	{ "access: a temporary refusal drops nothing and is an exception", "198.51.100 REJECT\n198.51.100.0 450 later\n198.51.100.1 DEFER\n"
	  "198.51.100.2 DEFER_IF_PERMIT\n198.51.100.3 421 4.7.1 x\n198.51.100.4 defer_if_reject x\n",
	  "198.51.100.5-198.51.100.255", BLOCKLIST_ACCESS, 1, 0, 5, 0, "" },
	{ "access: every other action is an exception", "198.51.100 REJECT\n198.51.100.0 ok\n198.51.100.1 RELAY\n198.51.100.2 FILTER smtp:x\n"
	  "198.51.100.3 HOLD\n198.51.100.4 DISCARD\n198.51.100.5 WARN x\n198.51.100.6 PREPEND X: y\n198.51.100.7 permit\n198.51.100.8 INFO\n"
	  "198.51.100.9 REDIRECT a@example.com\n198.51.100.10 BCC a@example.com\n198.51.100.11 permit, reject\n198.51.100.12 1795380000\n",
	  "198.51.100.13-198.51.100.255", BLOCKLIST_ACCESS, 1, 13, 0, 0, "" },
	{ "access: a number alone is OK to Postfix", "198.51.100 REJECT\n198.51.100.0 550\n",
	  "198.51.100.1-198.51.100.255", BLOCKLIST_ACCESS, 1, 1, 0, 0,
	  ":2: warning: '550' without a text means OK to Postfix: nothing is dropped, '550 text' would be\n" },
	{ "access: restrictions", "198.51.100.0 greylist\n198.51.100.1 reject_rbl_client dnsbl.example.org\n198.51.100.2 REJECT\n",
	  "198.51.100.2-198.51.100.2", BLOCKLIST_ACCESS, 1, 2, 0, 0,
	  ":1: warning: 'greylist' is taken for a restriction of Postfix's: nothing is dropped by this line and its like\n" },
	{ "access: names are skipped", "example.com REJECT\n.example.org OK\nuser@example.com REJECT x\npostmaster@ OK\n<> OK\n"
	  "mail-1.example.net NONSENSE!\nm\xc3\xbcller.example REJECT\n[192.0.2.1] OK\nlocalhost\n198.51.100.7 REJECT\n",
	  "198.51.100.7-198.51.100.7", BLOCKLIST_ACCESS, 1, 0, 0, 9, "" },
	{ "access: continuation lines", "198.51.100.7\n   REJECT\n\tno more # no comment\n198.51.100.9 REJECT\n# between\n\n   of you\n"
	  "198.51.100.11 OK\n # a comment, too\n198.51.100.13 REJECT",
	  "198.51.100.7-198.51.100.7 198.51.100.9-198.51.100.9 198.51.100.13-198.51.100.13", BLOCKLIST_ACCESS, 3, 1, 0, 0, "" },
	{ "access: wildcards", "198.51.100.* REJECT\n198.51.100.7 OK\n",
	  "198.51.100.0-198.51.100.6 198.51.100.8-198.51.100.255", BLOCKLIST_ACCESS, 1, 1, 0, 0, "" },
	{ "access: wide exceptions are fine", "198 OK\n198.51.100 REJECT\n2001 OK\n2001:db8 REJECT\n",
	  "198.51.100.0-198.51.100.255 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", BLOCKLIST_ACCESS, 2, 2, 0, 0, "" },
	{ "access: of two about the same, the first", "198.51.100.7 REJECT\n198.51.100.7 OK\n198.51.100.9 OK\n198.51.100.9 REJECT\n198.51.100.9 DUNNO\n",
	  "198.51.100.7-198.51.100.7", BLOCKLIST_ACCESS, 2, 3, 0, 0,
	  ":2: warning: 198.51.100.7 stands in line 1 already, which says otherwise and holds\n"
	  ":4: warning: 198.51.100.9 stands in line 3 already, which says otherwise and holds\n" },
	{ "access: an own address that is excepted", "192.0.2 REJECT\n192.0.2.10 OK\n",
	  "192.0.2.0-192.0.2.9 192.0.2.11-192.0.2.255", BLOCKLIST_ACCESS, 1, 1, 0, 0, "" },
	/* cidr_table(5) */
	{ "cidr: the first match wins", "198.51.100.7 OK\n198.51.100.0/24 REJECT\n198.51.0.0/16 DUNNO\n198.51.101.0/24 OK\n203.0.113.9 550 no\n203.0.113.0/24 DEFER\n",
	  "198.51.100.0-198.51.100.6 198.51.100.8-198.51.100.255 203.0.113.9-203.0.113.9", BLOCKLIST_CIDR, 2, 3, 1, 0, "" },
	{ "cidr: not the most specific", "198.51.100.0/24 REJECT\n198.51.100.7 OK\n198.51.100.0/25 OK\n198.51.100.8 REJECT\n",
	  "198.51.100.0-198.51.100.255", BLOCKLIST_CIDR, 2, 2, 0, 0,
	  ":3: warning: 198.51.100.0/25 is never reached: line 1 holds it, and the first match decides\n"
	  ":2: warning: 198.51.100.7 is never reached: line 1 holds it, and the first match decides\n" },
	{ "cidr: IPv6, brackets, names", "[2001:db8:1::]/48 REJECT\n[203.0.113.7] REJECT\n2001:db8::/32 REJECT\nexample.com REJECT\n",
	  "203.0.113.7-203.0.113.7 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", BLOCKLIST_CIDR, 3, 0, 0, 1, "" },
	{ "cidr: all is well at the end", "198.51.100.0/24 REJECT\n2001:db8::/32 REJECT\n0.0.0.0/0 OK\n::/0 DUNNO\n",
	  "198.51.100.0-198.51.100.255 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", BLOCKLIST_CIDR, 2, 2, 0, 0, "" },
	{ "cidr: ::/0 is no IPv4", "::/0 OK\n198.51.100.0/24 REJECT\n2001:db8::/32 REJECT\n",
	  "198.51.100.0-198.51.100.255", BLOCKLIST_CIDR, 2, 1, 0, 0,
	  ":3: warning: 2001:db8::/32 is never reached: line 1 holds it, and the first match decides\n" },
	{ "cidr: continuation lines", "198.51.100.0/24\n  REJECT\n", "198.51.100.0-198.51.100.255", BLOCKLIST_CIDR, 1, 0, 0, 0, "" },
};

static void test_good(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct blocklist list;
		struct ranges drops = { 0 };
		char *said;
		bool read = load(&list, &drops, good[i].text, &said);
		tap_ok(read && list.form == good[i].form, "%s: %s", good[i].about, blocklist_form_name(list.form));
		tap_str(shown(&drops), good[i].drops, "drops what it should");
		tap_str(said, good[i].said, "says what it should");
		tap_ok(list.lines[BLOCKLIST_DROP] == good[i].dropping && list.lines[BLOCKLIST_EXCEPT] == good[i].excepting &&
		       list.lines[BLOCKLIST_DEFER] == good[i].deferring && list.names == good[i].names, "and counts %zu, %zu, %zu, %zu",
		       list.lines[BLOCKLIST_DROP], list.lines[BLOCKLIST_EXCEPT], list.lines[BLOCKLIST_DEFER], list.names);
		free(said);
		ranges_fini(&drops);
		blocklist_fini(&list);
	}
}

static const struct {
	const char *text, *said;
} bad[] = {
	{ "198.51.100.7\n198.51.100.300\n", ":2: '198.51.100.300' is not an IP address\n" },
	{ "198.51.100.7/24\n", ":1: '198.51.100.7/24' is no network here, 198.51.100.0/24 would be right\n" },
	{ "198.51.100.0/33\n", ":1: '198.51.100.0/33' needs a length from 0 to 32\n" },
	{ "198.51.100\n", ":1: '198.51.100' is no network here, 198.51.100.0/24 would be right\n" },
	{ "2001:db8:1\n", ":1: '2001:db8:1' is no network here, 2001:db8:1::/48 would be right\n" },
	{ "198.51.100.\n", ":1: '198.51.100.' is not an IP address\n" },
	{ "198.51.100.0-198.51.100.9\n", ":1: '198.51.100.0-198.51.100.9' is not an IP address\n" },
	{ "198.51.100.1 198.51.100.2\n", ":1: '198.51.100.1 198.51.100.2' is not an IP address; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right\n" },
	{ "example.com\n", ":1: 'example.com' is not an IP address; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right\n" },
	{ "198.51.100.*.*\n", ":1: '198.51.100.*.*' is not an IP address\n" },
	{ "*\n*.*\n", ":1: '*' is not an IP address\n:2: '*.*' is not an IP address\n" },
	{ "<!DOCTYPE html>\n<html><body>404</body></html>\n", ":1: '<!DOCTYPE' is neither an address nor a name\n"
	  ":2: '<html><body>404</body></html>' is neither an address nor a name\n" },
	{ "198.51.100.7\n\x01\n", ":2: the line is not read: holds a control character\n" },
	/* too much */
	{ "0.0.0.0/0\n", ":1: '0.0.0.0/0' is wider than IPv4 /8 or IPv6 /19: a list that drops so much is taken for an error\n" },
	{ "198.0.0.0/7\n", ":1: '198.0.0.0/7' is wider than IPv4 /8 or IPv6 /19: a list that drops so much is taken for an error\n" },
	{ "2001:c000::/18\n", ":1: '2001:c000::/18' is wider than IPv4 /8 or IPv6 /19: a list that drops so much is taken for an error\n" },
	{ "2001 REJECT\n", ":1: '2001' is wider than IPv4 /8 or IPv6 /19: a list that drops so much is taken for an error\n" },
	{ "::ffff:0:0/96\n", ":1: '::ffff:0:0/96' is wider than IPv4 /8 or IPv6 /19: a list that drops so much is taken for an error\n" },
	{ "::/0 REJECT\n", ":1: '::/0' is wider than IPv4 /8 or IPv6 /19: a list that drops so much is taken for an error\n" },
	/* ourselves */
	{ "127.0.0.1\n", ":1: this would drop 127.0.0.1: loopback, this machine's own or its gateway's address\n" },
	{ "198.51.100.7\n::1\n", ":2: this would drop ::1: loopback, this machine's own or its gateway's address\n" },
	{ "127.9 REJECT\n", ":1: this would drop 127.9.0.0: loopback, this machine's own or its gateway's address\n" },
	{ "198.51.100.7 REJECT\n192.0.2 REJECT\n", ":2: this would drop 192.0.2.10: loopback, this machine's own or its gateway's address\n" },
	{ "192.0.2.0/25 OK\n192.0.2.10 OK\n192.0.2.11 OK\n3fff::/48 REJECT\n3fff::/32 REJECT\n",
	  ":4: this would drop 3fff::10: loopback, this machine's own or its gateway's address\n" },
	/* access(5) */
	{ "198.51.100.7 REJCT\n", ":1: 'REJCT' is no action, did you mean REJECT?\n" },
	{ "198.51.100.7 rejekt\n", ":1: 'rejekt' is no action, did you mean REJECT?\n" },
	{ "198.51.100.7 DROP\n", ":1: 'DROP' is no action, REJECT, OK, DUNNO or '550 text' would be right\n" },
	{ "198.51.100.7 <x>\n", ":1: '<x>' is no action, REJECT, OK, DUNNO or '550 text' would be right\n" },
	{ "198.51.100.7 250 fine\n", ":1: '250' is no reply code that refuses, 4xx or 5xx with a text would be right\n" },
	{ "198.51.100.7 5500 no\n", ":1: '5500' is no reply code that refuses, 4xx or 5xx with a text would be right\n" },
	{ "198.51.100.7 OK\n198.51.100.9\n", ":2: '198.51.100.9' has no action: '198.51.100.9 REJECT' would be right (line 1 tells that this is no plain list)\n" },
	{ "198.51.100.7 REJECT\n198.51.100.9 ; x\n", ":2: ';' is no action, REJECT, OK, DUNNO or '550 text' would be right\n" },
	{ "198.51.100.7 REJECT\n; Note\n", ":2: ';' is neither an address nor a name\n" },
	{ " 198.51.100.7 REJECT\n", ":1: '198.51.100.7' stands after a blank, which would continue the line above, but there is none\n" },
	{ "198.51.100.07 REJECT\n", ":1: '198.51.100.07' is not an IP address\n" },
	{ "198.51.100.7.9 REJECT\n", ":1: '198.51.100.7.9' is not an IP address\n" },
	{ "2001:db8:::1 REJECT\n", ":1: '2001:db8:::1' is not an IP address\n" },
	{ "2001:db8:g REJECT\n", ":1: '2001:db8:g' is neither an address nor a name\n" },
	/* cidr_table(5) */
	{ "198.51.100.7/24 REJECT\n", ":1: '198.51.100.7/24' is no network here, 198.51.100.0/24 would be right\n" },
	{ "198.51.100 REJECT\n203.0.113.0/24 REJECT\n",
	  ":1: '198.51.100' is no network here, 198.51.100.0/24 would be right (line 2 makes this a cidr_table)\n" },
	{ "!198.51.100.0/24 REJECT\n", ":1: '!198.51.100.0/24' cannot be used here: patterns without '!', 'if' and 'endif' would be right\n" },
	{ "if 198.51.100.0/24\n198.51.100.7 REJECT\nendif\n",
	  ":1: 'if' cannot be used here: patterns without '!', 'if' and 'endif' would be right\n"
	  ":3: 'endif' cannot be used here: patterns without '!', 'if' and 'endif' would be right\n" },
	{ "[198.51.100.7 REJECT\n198.51.100.0/24 REJECT\n", ":1: '[198.51.100.7' is not an IP address (line 2 makes this a cidr_table)\n" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct blocklist list;
		struct ranges drops = { 0 };
		char *said;
		tap_ok(!load(&list, &drops, bad[i].text, &said), "refused: %.*s", (int)strcspn(bad[i].text, "\n"), bad[i].text);
		tap_str(said, bad[i].said, "and said why");
		free(said);
		ranges_fini(&drops);
		blocklist_fini(&list);
	}
}

static void test_many_problems(void)
{
	struct blocklist list;
	struct ranges drops = { 0 };
	char *said, text[4096] = "", *at;
	size_t lines = 0;

	for (unsigned i = 0; i < 100; i++)
		strcat(text, "nonsense\n");
	tap_ok(!load(&list, &drops, text, &said), "a hundred wrong lines");
	for (at = said; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	tap_int(lines, BLOCKLIST_MESSAGES_MAX + 1, "are not told of one by one");
	tap_ok(strstr(said, ": warning: 80 more lines are wrong\n") != NULL, "but counted: %s", strrchr(said, ':'));
	free(said);
	blocklist_fini(&list);

	struct problems problems = { .out = NULL };
	tap_ok(!blocklist_read(&list, "/nonexistent/list", &problems) && problems.count == 1, "a file that is not there");
	blocklist_fini(&list);
	tap_ok(!blocklist_read(&list, "/dev/zero", &problems) && problems.count == 2, "a device");
	blocklist_fini(&list);
	tap_ok(!blocklist_read(&list, "/tmp", &problems) && problems.count == 3, "a folder");
	blocklist_fini(&list);
}

static void test_find(void)
{
	static const struct {
		const char *addr;
		unsigned access, cidr;	/* the deciding line, 0: none */
	} cases[] = {
		{ "198.51.100.7", 2, 1 }, { "198.51.100.8", 1, 1 }, { "198.51.101.1", 3, 3 }, { "198.52.0.0", 0, 0 },
		{ "203.0.113.9", 4, 4 }, { "2001:db8:0:1::1", 5, 5 }, { "2001:db9::", 0, 0 },
	};
	static const char *const texts[] = {
		"198.51.100 REJECT\n198.51.100.7 OK\n198.51 DEFER\n203.0.113.9 REJECT\n2001:db8:0:1 REJECT\n203.0.113.9 OK\n",
		"198.51.100.0/24 REJECT\n198.51.100.7 OK\n198.51.0.0/16 DEFER\n203.0.113.9 REJECT\n2001:db8:0:1::/64 REJECT\n203.0.113.9 OK\n",
	};
	struct problems problems = { .out = NULL };

	for (unsigned form = 0; form < 2; form++) {
		struct blocklist list;
		struct ranges drops = { 0 };
		own_file_write(texts[form], strlen(texts[form]));
		tap_ok(blocklist_read(&list, own_file, &problems), "a list to look into: %s", blocklist_form_name(list.form));
		for (unsigned resolved = 0; resolved < 2; resolved++) {
			for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
				struct addr addr = { 0 };
				addr_parse((struct text){ cases[i].addr, strlen(cases[i].addr) }, &addr);
				const struct blocklist_entry *entry = blocklist_find(&list, &(struct prefix){ addr, 128 });
				tap_int(entry ? entry->line : 0, form ? cases[i].cidr : cases[i].access, "the line that decides about %s", cases[i].addr);
			}
			if (!resolved)
				blocklist_resolve(&list, own_file, NULL, &problems, &drops);
		}
		ranges_fini(&drops);
		blocklist_fini(&list);
	}
}

/* ---- against a bitmap: 512 addresses around the end of IPv4's or anywhere in IPv6 space, each judged alone ---- */

#define MAP 512

static struct addr base_of(unsigned round)
{
	static const char *const bases[] = { "198.51.100.0", "255.255.254.0", "2001:db8::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fe00" };
	struct addr addr = { 0 };
	const char *text = bases[round % 4];

	addr_parse((struct text){ text, strlen(text) }, &addr);
	return addr;
}

static struct addr place(const struct addr *base, unsigned i)
{
	struct addr addr = *base;

	addr.bytes[14] = (uint8_t)(addr.bytes[14] + i / 256);
	addr.bytes[15] = (uint8_t)(addr.bytes[15] + i % 256);
	return addr;
}

/* what the rules of the form say about one address, by asking line after line */
static bool dropped_by_the_book(const struct blocklist *list, const struct addr *addr)
{
	const struct blocklist_entry *best = NULL;

	for (unsigned line = 1; line <= list->count; line++)	/* entries may have been sorted */
		for (size_t i = 0; i < list->count; i++) {
			const struct blocklist_entry *entry = &list->at[i];
			if (entry->line != line || !prefix_contains(&entry->prefix, addr))
				continue;
			if (!best || (list->form == BLOCKLIST_ACCESS && entry->prefix.len > best->prefix.len))
				best = entry;
		}
	return best && best->verdict == BLOCKLIST_DROP;
}

static struct prefix random_prefix(const struct addr *base)
{
	uint8_t len = (uint8_t)(119 + random() % 10);
	struct addr addr = place(base, (unsigned)random() % MAP);

	return (struct prefix){ addr_mask(&addr, len), len };
}

/* no two ranges touch, overlap or stand in the wrong order */
static bool tidy(const struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->count; i++) {
		struct addr next = ranges->at[i].last;
		if (addr_cmp(&ranges->at[i].first, &ranges->at[i].last) > 0)
			return false;
		if (i + 1 < ranges->count && (!addr_next(&next) || addr_cmp(&next, &ranges->at[i + 1].first) >= 0))
			return false;
	}
	return true;
}

static void test_against_the_book(void)
{
	unsigned wrong = 0, untidy = 0, lost = 0;
	struct problems problems = { .out = NULL };

	srandom(random_seed());
	for (unsigned round = 0; round < 3000; round++) {
		struct blocklist_entry entries[24];
		struct blocklist list = { .form = (enum blocklist_form)(round % 3), .at = entries, .count = (size_t)random() % 24 };
		struct ranges drops = { 0 }, allow = { 0 };
		struct addr base = base_of(round / 3);
		bool was[MAP];

		for (size_t i = 0; i < list.count; i++) {
			unsigned verdict = (unsigned)random() % (list.form == BLOCKLIST_PLAIN ? 1 : BLOCKLIST_VERDICTS);
			entries[i] = (struct blocklist_entry){ .prefix = random_prefix(&base), .line = (uint32_t)i + 1, .verdict = (uint8_t)verdict };
		}
		for (unsigned i = 0; i < MAP; i++) {
			struct addr addr = place(&base, i);
			was[i] = dropped_by_the_book(&list, &addr);
		}
		blocklist_resolve(&list, "x", NULL, &problems, &drops);
		untidy += !tidy(&drops);
		for (unsigned i = 0; i < MAP; i++) {
			struct addr addr = place(&base, i);
			const struct blocklist_entry *found = blocklist_find(&list, &(struct prefix){ addr, 128 });
			tap_wrong(ranges_contain(&drops, &addr) != was[i] || (found && found->verdict == BLOCKLIST_DROP) != was[i], &wrong,
				  "list %u of %zu lines: place %u is %sdropped by the book", round, list.count, i, was[i] ? "" : "not ");
		}
		for (long n = random() % 8; n > 0; n--) {
			struct prefix prefix = random_prefix(&base);
			ranges_add(&allow, &prefix);
		}
		ranges_seal(&allow);
		ranges_subtract(&drops, &allow);
		untidy += !tidy(&drops);
		for (unsigned i = 0; i < MAP; i++) {
			struct addr addr = place(&base, i);
			lost += ranges_contain(&drops, &addr) != (was[i] && !ranges_contain(&allow, &addr));
		}
		ranges_fini(&drops);
		ranges_fini(&allow);
	}
	tap_int(wrong, 0, "3000 random lists drop what their rules say, address by address, and name a line for it");
	tap_int(lost, 0, "less an allow-list they drop all the rest");
	tap_int(untidy, 0, "in ranges that are apart and in order");
	tap_int(problems.count, 0, "and nothing was wrong with them");
}

static void test_size(void)
{
	static const struct {
		const char *text;
		uint64_t v4, v6;
	} cases[] = {
		{ "", 0, 0 },
		{ "198.51.100.0/24\n198.51.100.9\n203.0.113.1\n", 257, 0 },
		{ "2001:db8::1\n2001:db8::3\n2001:db8:0:0:8000::\n", 0, 1 },
		{ "2001:db8::/48\n2001:db8:1::1\n", 0, 65537 },
		{ "2001:db8::/62\n2001:db8:0:3::/66\n2001:db8:0:8::1\n198.0.0.0/8\n", 16777216, 5 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct blocklist list;
		struct ranges drops = { 0 };
		char *said;
		load(&list, &drops, cases[i].text, &said);
		struct ranges_size size = ranges_size(&drops);
		tap_ok(size.v4 == cases[i].v4 && size.v6_64 == cases[i].v6, "%" PRIu64 " IPv4 addresses and %" PRIu64 " /64s", size.v4, size.v6_64);
		free(said);
		ranges_fini(&drops);
		blocklist_fini(&list);
	}
}

static void note(void *arg, const struct conf_blocklist *conf, const struct blocklist *list, struct ranges *drops)
{
	FILE *out = arg;

	fprintf(out, "%s: %s, %zu lines\n", conf->name, drops ? shown(drops) : "wrong", list->lines[BLOCKLIST_DROP]);
}

static void test_each(void)
{
	char names[][8] = { "own", "missing", "good" }, missing[] = "/nonexistent/list", *said, *told;
	struct conf_blocklist lists[] = { { names[0], own_file, 1 }, { names[1], missing, 2 }, { names[2], own_file, 3 } };
	size_t size, told_size;
	FILE *out = open_memstream(&told, &told_size);
	struct problems problems = { .out = open_memstream(&said, &size) };

	own_file_write("198.51.100.7\n127.0.0.9\n", 23);
	blocklists_each(&(struct conf){ .blocklists = lists, .blocklist_count = 1 }, &problems, note, out);
	own_file_write("198.51.100.7\n", 13);
	blocklists_each(&(struct conf){ .blocklists = lists + 1, .blocklist_count = 2 }, &problems, note, out);
	fclose(problems.out);
	fclose(out);
	tap_str(told, "own: wrong, 2 lines\nmissing: wrong, 0 lines\ngood: 198.51.100.7-198.51.100.7, 1 lines\n",
		"each list of a config is handed on, the wrong ones without what they drop");
	tap_ok(problems.count == 2 && strstr(said, ":2: this would drop 127.0.0.9: loopback") && strstr(said, missing),
	       "what is wrong was reported; loopback is guarded, with an interface or without");
	free(told);
	free(said);
}

int main(void)
{
	test_good();
	test_bad();
	test_many_problems();
	test_find();
	test_against_the_book();
	test_size();
	test_each();
	return tap_done();
}
