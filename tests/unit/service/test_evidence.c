/* test_evidence - the lines that counted are found by their address, from memory and from the store, each once */
#include "service/evidence.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

#define KEEP_S (30 * 86400)

static char dir[] = "/tmp/mailward-evidence-XXXXXX";
static const struct store_kind kinds[] = { { "evidence", EVIDENCE_VERSION, true } };
static char seen[65536];
static const struct judge_thought plain = { .halves = 2 };

static struct prefix unit(const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text_of(text), true, &prefix))
		abort();
	return prefix;
}

static void note(struct evidence *evidence, const char *address, int64_t time_ms, const char *message)
{
	struct record record = { .program = TEXT("postfix/smtpd"), .pid = 7, .message = text_of(message) };
	struct prefix prefix = unit(address);

	evidence_note(evidence, &prefix, time_ms, "t/rule", &record, &plain);
}

static void see(void *arg, const struct evidence_line *line)
{
	size_t used = strlen(seen);
	char address[PREFIX_FMT_SIZE];

	(void)arg;
	snprintf(seen + used, sizeof(seen) - used, "%s@%d %.*s; ", prefix_fmt(address, sizeof(address), &line->unit), (int)line->time_ms,
		 (int)line->text_bytes, line->text);
}

static const char *find(struct evidence *evidence, struct store *store, const char *prefix, unsigned count)
{
	struct prefix wanted = unit(prefix);

	seen[0] = '\0';
	evidence_find(evidence, store, 0, &wanted, count, see, NULL);
	return seen;
}

/* What ::1 counts under: IPv4 addresses are within those bytes, too. */
static const char *find_low(struct evidence *evidence, struct store *store)
{
	struct prefix low = { .len = 64 };

	seen[0] = '\0';
	evidence_find(evidence, store, 0, &low, 1, see, NULL);
	return seen;
}

static struct store *open_store(void)
{
	struct store *store = NULL;

	if (store_open(&store, dir, kinds, 1, 0) < 0)
		abort();
	return store;
}

static void save(struct evidence *evidence, struct store *store, bool everything, int64_t now_ms)
{
	struct snapshot *snapshot = store_begin(store, everything);

	evidence_save(evidence, snapshot, 0, now_ms);
	store_commit(store, snapshot);
	store_wait(store);
}

static void test_memory(void)
{
	struct evidence *evidence = evidence_new(KEEP_S);

	note(evidence, "192.0.2.1", 1, "one");
	note(evidence, "192.0.2.2", 2, "two");
	note(evidence, "192.0.2.1", 3, "three");
	note(evidence, "2001:db8::/64", 4, "four");
	tap_str(find(evidence, NULL, "192.0.2.1", 9),
		"192.0.2.1@1 t/rulepostfix/smtpd[7]: one; 192.0.2.1@3 t/rulepostfix/smtpd[7]: three; ", "an address' lines, oldest first");
	tap_str(find(evidence, NULL, "192.0.2.0/24", 2),
		"192.0.2.2@2 t/rulepostfix/smtpd[7]: two; 192.0.2.1@3 t/rulepostfix/smtpd[7]: three; ", "a network's, the last ones");
	tap_str(find(evidence, NULL, "2001:db8::/48", 9), "2001:db8::/64@4 t/rulepostfix/smtpd[7]: four; ", "and IPv6");
	tap_str(find(evidence, NULL, "203.0.113.0/24", 9), "", "or nobody's");
	tap_str(find_low(evidence, NULL), "", "::/64 has no lines of IPv4 addresses");
	for (unsigned i = 0; i < 2 * EVIDENCE_RECENT; i++)
		note(evidence, "198.51.100.1", i, "flood");
	tap_str(find(evidence, NULL, "192.0.2.1", 9), "", "a flood pushes out what is not stored");
	tap_int(evidence_lost(evidence), EVIDENCE_RECENT + 4, "and that is counted");
	evidence_free(evidence);
}

static void test_long_line(void)
{
	struct evidence *evidence = evidence_new(KEEP_S);
	char message[2000];

	memset(message, 'x', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	note(evidence, "192.0.2.1", 1, message);
	tap_int(strlen(find(evidence, NULL, "192.0.2.1", 9)), strlen("192.0.2.1@1 ; ") + EVIDENCE_TEXT_BYTES, "a long line is cut");
	evidence_free(evidence);
}

/* "last message repeated 3 times" is the host's, and of no program */
static void test_nobodys(void)
{
	struct evidence *evidence = evidence_new(KEEP_S);
	struct record record = { .message = TEXT("last message repeated 3 times") };
	struct prefix prefix = unit("192.0.2.1");

	evidence_note(evidence, &prefix, 1000, "t/rule", &record, &plain);
	tap_str(find(evidence, NULL, "192.0.2.1", 1), "192.0.2.1@1000 t/rulelast message repeated 3 times; ", "a line of no program");
	evidence_free(evidence);
}

static void test_stored(void)
{
	struct evidence *evidence = evidence_new(KEEP_S);
	struct store *store = open_store();

	evidence_begin(evidence, store_next(store, 0));
	note(evidence, "192.0.2.1", 1000, "one");
	save(evidence, store, true, 2000);
	tap_str(find(evidence, store, "192.0.2.1", 9), "192.0.2.1@1000 t/rulepostfix/smtpd[7]: one; ", "what is stored and in memory is told once");
	struct prefix low = { .len = 64 };
	struct record record = { .program = TEXT("x"), .message = TEXT("low") };
	evidence_note(evidence, &low, 1001, "t/rule", &record, &plain);
	note(evidence, "192.0.2.9", 1002, "nine");
	save(evidence, store, true, 2000);
	tap_str(find_low(evidence, store), "::/64@1001 t/rulex: low; ", "what is stored of ::/64 is found behind rows of IPv4 addresses");
	evidence_forget(evidence, &low);
	struct prefix nine = unit("192.0.2.9");
	evidence_forget(evidence, &nine);
	note(evidence, "192.0.2.1", 2000, "two");
	tap_str(find(evidence, store, "192.0.2.1", 9),
		"192.0.2.1@1000 t/rulepostfix/smtpd[7]: one; 192.0.2.1@2000 t/rulepostfix/smtpd[7]: two; ", "and what is not stored yet");
	save(evidence, store, true, 3000);
	tap_str(find(evidence, store, "192.0.2.0/24", 9),
		"192.0.2.1@1000 t/rulepostfix/smtpd[7]: one; 192.0.2.1@2000 t/rulepostfix/smtpd[7]: two; ", "written again as a whole: once");
	evidence_free(evidence);
	store_close(store);

	evidence = evidence_new(KEEP_S);
	store = open_store();
	evidence_begin(evidence, store_next(store, 0));
	note(evidence, "192.0.2.1", 3000, "three");
	save(evidence, store, true, 4000);
	tap_str(find(evidence, store, "192.0.2.1", 9), "192.0.2.1@1000 t/rulepostfix/smtpd[7]: one; 192.0.2.1@2000 t/rulepostfix/smtpd[7]: two; "
		"192.0.2.1@3000 t/rulepostfix/smtpd[7]: three; ", "after a restart it goes on");
	note(evidence, "192.0.2.9", 3000, "nine");
	struct prefix gone = unit("192.0.2.1");
	evidence_forget(evidence, &gone);
	tap_str(find(evidence, NULL, "192.0.2.1", 9), "", "what is forgotten is gone from memory");
	save(evidence, store, false, 5000);
	tap_str(find(evidence, store, "192.0.2.0/24", 9), "192.0.2.9@3000 t/rulepostfix/smtpd[7]: nine; ", "and from the store");
	note(evidence, "192.0.2.9", KEEP_S * INT64_C(1000), "late");
	save(evidence, store, false, KEEP_S * INT64_C(1000) + 3001);
	evidence_free(evidence);
	evidence = evidence_new(KEEP_S);
	tap_ok(strstr(find(evidence, store, "192.0.2.9", 9), "nine") == NULL && strstr(seen, "late"), "what is a month old is thrown away: %s", seen);
	evidence_free(evidence);
	store_close(store);
}

static void test_rows(void)
{
	struct evidence *evidence = evidence_new(KEEP_S);
	struct store *store = open_store();

	evidence_begin(evidence, EVIDENCE_ROWS);
	note(evidence, "203.0.113.1", 1, "a");
	save(evidence, store, false, 1);
	note(evidence, "203.0.113.1", 2, "b");
	save(evidence, store, false, 2);
	tap_str(find(evidence, store, "203.0.113.1", 9), "203.0.113.1@1 t/rulepostfix/smtpd[7]: a; 203.0.113.1@2 t/rulepostfix/smtpd[7]: b; ",
		"as many rows as there may be");
	evidence_free(evidence);
	evidence = evidence_new(KEEP_S);
	evidence_begin(evidence, 2 * EVIDENCE_ROWS);
	note(evidence, "203.0.113.1", 3, "c");
	save(evidence, store, false, 3);
	tap_str(find(evidence, store, "203.0.113.1", 9), "203.0.113.1@2 t/rulepostfix/smtpd[7]: b; 203.0.113.1@3 t/rulepostfix/smtpd[7]: c; ",
		"then each takes the place of the oldest");
	evidence_free(evidence);
	store_close(store);
}

int main(void)
{
	char command[64];

	if (!mkdtemp(dir))
		return 1;
	test_memory();
	test_long_line();
	test_nobodys();
	test_stored();
	test_rows();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? tap_done() : 1;
}
