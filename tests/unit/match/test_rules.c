/* test_rules - what is read from a right pattern file, what is said about a wrong one, how the config changes rules */
#include "base/array.h"
#include "tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "match/rules_load.h"

static char dir[] = "/tmp/mailward-test-rules-XXXXXX";
static char shipped[sizeof(dir) + 16], local[sizeof(dir) + 16];

static void put(const char *folder, const char *name, const char *text)
{
	char path[sizeof(dir) + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

static void drop(const char *folder, const char *name)
{
	char path[sizeof(dir) + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

struct report {
	struct problems problems;
	char *said;
	size_t size;
};

static void report_open(struct report *report)
{
	*report = (struct report){ 0 };
	report->problems.out = open_memstream(&report->said, &report->size);
}

static void report_close(struct report *report)
{
	fclose(report->problems.out);
	free(report->said);
}

#define HEAD "service test\nprogram prog\n"
#define RULE HEAD "rule one\nabout x\nmatch a <addr>\n"

/* ---- a right file ---- */

static const char right[] =
	"# a comment\n"
	"service  mail-x\r\n"
	"\n"
	"macro  who   user [a-z]{1,8}\n"
	"macro  whom  <who> at\n"
	"program  postfix*/smtpd\tpostfix -\n"
	"\trule first\n"
	"\t\tabout what it is  \n"
	"\t\tweight 7\n"
	"\t\ttier strict\n"
	"\t\tkind success\n"
	"\t\tsession once\n"
	"\t\tmatch <whom> <addr>\n"
	"\t\tmatch \\<who> <addr>\n"
	"\t\thit 192.0.2.1   user x at 192.0.2.1\n"
	"\t\thit@other/smtpd 2001:db8::1 message\n"
	"\t\tmiss@- user x at unknown\n"
	"program imapd\n"
	"rule second\n"
	"about y\n"
	"match b <addr>\n";

static void test_right(void)
{
	struct rules rules = { 0 };
	struct report report;

	put(shipped, "a.pat", right);
	report_open(&report);
	rules_read_dir(&rules, shipped, false, &report.problems);
	fflush(report.problems.out);
	if (!tap_ok(report.problems.count == 0 && rules.count == 2, "a right file is read whole"))
		printf("# %zu rules\n%s", rules.count, report.said);
	const struct rule *rule = &rules.at[0];
	tap_str(rule->name, "mail-x/first", "name: service and rule");
	tap_str(rule->about, "what it is", "about, without the space around it");
	tap_ok(rule->weight == 7 && rule->tier == TIER_STRICT && rule->kind == RULE_SUCCESS && rule->session == SESSION_ONCE,
	       "weight, tier, kind, session");
	tap_ok(rule->program_count == 3 && text_equal(rule->programs[0], TEXT("postfix*/smtpd")) &&
	       text_equal(rule->programs[1], TEXT("postfix")) && rule->programs[2].len == 0, "programs, - for none");
	tap_ok(rule->pattern_count == 2 && memcmp(rule->patterns[0].regex.at, "(?:(?:user [a-z]{1,8}) at) (?:", 30) == 0,
	       "a macro of macros is expanded into groups");
	tap_ok(rule->pattern_count == 2 && memcmp(rule->patterns[1].regex.at, "\\<who> (?:", 10) == 0, "\\< begins no macro");
	tap_ok(rule->sample_count == 3 && text_equal(rule->samples[0].program, TEXT("postfix/smtpd")) &&
	       text_equal(rule->samples[0].message, TEXT("user x at 192.0.2.1")), "a sample's program is made from the glob");
	tap_ok(rule->sample_count == 3 && text_equal(rule->samples[1].program, TEXT("other/smtpd")) &&
	       rule->samples[2].program.len == 0 && !rule->samples[2].hit, "hit@PROGRAM, miss@-");
	tap_ok(rule->line == 7 && rule->patterns[0].line == 13 && rule->samples[0].line == 15, "lines are remembered");
	tap_int(pattern_column(&rule->patterns[0], 2), 9, "an offset inside a macro is the column of its use");
	tap_int(pattern_column(&rule->patterns[0], 26), 15, "an offset behind it is the column of that byte");
	tap_ok(rules.at[1].weight == 1 && rules.at[1].tier == TIER_NORMAL && rules.at[1].program_count == 1, "defaults");
	rules_fini(&rules);
	report_close(&report);
	drop(shipped, "a.pat");
}

/* ---- wrong files ---- */

static const struct {
	const char *text;
	const char *where;	/* line, or line:column */
	const char *says;
} wrong[] = {
	{ HEAD "rule one\nabout x\nmatch a <addr>\nfoo bar\n", ":6:1:", "no such statement" },
	{ RULE "weight 101\n", ":6:8:", "weight wants" },
	{ RULE "weight\n", ":6:7:", "weight wants" },
	{ RULE "weight 1 2\n", ":6:8:", "weight wants" },
	{ RULE "weight -1\n", ":6:8:", "weight wants" },
	{ RULE "tier loud\n", ":6:6:", "tier wants one of: normal strict observe" },
	{ RULE "kind bad\n", ":6:6:", "kind wants one of: error failed-login recipient success login accepted delivered client outage" },
	{ RULE "kind outage\n", "", "the kind belongs above" },
	{ RULE "kind accepted\n", "", "the kind belongs above" },
	{ HEAD "rule one\nabout x\nkind success\nmatch a <addr>\nhit - x\n", ":7:5:", "hit wants the address" },
	{ HEAD "rule one\nabout x\nkind client\nmatch a <addr>\n", ":6:7:", "whose session it is stands nowhere" },
	{ HEAD "rule one\nabout x\nkind accepted\nmatch <queue> a\n", ":6:7:", "blames nobody" },
	{ HEAD "rule one\nabout x\nkind client\nmatch <text><queue> <addr><end>\n", ":6:7:", "somebody else could be blamed" },
	{ RULE "session two\n", ":6:9:", "session wants one of: each once echo summary" },
	{ RULE "session once each\n", ":6:9:", "session wants" },
	{ RULE "match\n", ":6:6:", "wants a regular expression" },
	{ RULE "hit unknown a unknown\n", ":6:5:", "hit wants the address" },
	{ RULE "hit 192.0.2.1\n", ":6:14:", "wants a message" },
	{ RULE "miss\n", ":6:5:", "wants a message" },
	{ RULE "rule one\nabout x\nmatch b <addr>\n", ":6:6:", "already, at" },
	{ RULE "rule two\nabout x\n", ":6:", "has no match statement" },
	{ HEAD "rule one\nmatch a <addr>\n", ":3:", "has no about statement" },
	{ RULE "about\n", ":6:6:", "about wants" },
	{ RULE "service other\n", ":6:1:", "has its service already" },
	{ HEAD "rule One\n", ":3:6:", "lower-case" },
	{ HEAD "rule a b\n", ":3:8:", "nothing may follow" },
	{ HEAD "rule\n", ":3:5:", "lower-case" },
	{ HEAD "rule abcdefghijabcdefghijabcdefghijabcdefghij\n", ":3:6:", "at most 31" },
	{ HEAD "macro addr x\n", ":3:7:", "already" },
	{ HEAD "macro a x\nmacro a y\n", ":4:7:", "already" },
	{ HEAD "macro A x\n", ":3:7:", "lower-case" },
	{ HEAD "macro a\n", ":3:8:", "wants a regular expression" },
	{ HEAD "weight 1\n", ":3:1:", "belongs below a rule" },
	{ HEAD "hit 192.0.2.1 x\n", ":3:1:", "belongs below" },
	{ "service a\nrule x\n", ":2:1:", "needs a service and a program" },
	{ "program a\nrule x\n", ":2:1:", "needs a service and a program" },
	{ "service a\nprogram\n", ":2:8:", "wants the tags" },
	{ HEAD "rule one\nabout x\nmatch <addr> [a\n", ":5:14:", "not closed" },
	{ HEAD "rule one\nabout x\n  match user=<text> <addr>\n", ":5:14:", "somebody else could be blamed" },
};

static void test_wrong(void)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rules rules = { 0 };
		struct report report;
		char where[32];

		put(shipped, "a.pat", wrong[i].text);
		report_open(&report);
		rules_read_dir(&rules, shipped, false, &report.problems);
		fflush(report.problems.out);
		snprintf(where, sizeof(where), "a.pat%s", wrong[i].where);
		if (!tap_ok(report.problems.count == 1 && strstr(report.said, where) && strstr(report.said, wrong[i].says),
				 "%s %s", wrong[i].where, wrong[i].says))
			printf("# got %u problems:\n# %s\n", report.problems.count, report.said);
		rules_fini(&rules);
		report_close(&report);
	}
	drop(shipped, "a.pat");
}

static void test_all_problems(void)
{
	struct rules rules = { 0 };
	struct report report;

	put(shipped, "a.pat", RULE "weight x\ntier y\nkind z\n");
	put(shipped, "b.pat", "nonsense\n");
	report_open(&report);
	rules_read_dir(&rules, shipped, false, &report.problems);
	tap_int(report.problems.count, 4, "every problem of every file is reported");
	rules_fini(&rules);
	report_close(&report);
	drop(shipped, "a.pat");
	drop(shipped, "b.pat");
}

static void test_folders(void)
{
	struct rules rules = { 0 };
	struct report report;

	report_open(&report);
	rules_read_dir(&rules, "/nonexistent/patterns", false, &report.problems);
	tap_int(report.problems.count, 1, "a missing shipped folder is a problem");
	rules_read_dir(&rules, "/nonexistent/patterns", true, &report.problems);
	tap_int(report.problems.count, 1, "a missing local folder is none");
	rules_read_dir(&rules, shipped, false, &report.problems);
	tap_int(report.problems.count, 2, "an empty shipped folder is a problem");
	put(local, "README", "nonsense\n");
	put(local, ".hidden.pat", "nonsense\n");
	rules_read_dir(&rules, local, true, &report.problems);
	tap_int(report.problems.count, 2, "only NAME.pat is read");
	char path[sizeof(local) + 16];
	snprintf(path, sizeof(path), "%s/fifo.pat", local);
	mkfifo(path, 0600);
	rules_read_dir(&rules, local, true, &report.problems);
	tap_int(report.problems.count, 3, "a fifo is refused, not waited for");
	unlink(path);
	drop(local, "README");
	drop(local, ".hidden.pat");
	rules_fini(&rules);
	report_close(&report);
}

static void test_override(void)
{
	struct rules rules = { 0 };
	struct report report;

	put(shipped, "b.pat", "service b\nprogram p\nrule one\nabout x\nmatch b <addr>\nrule two\nabout x\nmatch c <addr>\n");
	put(shipped, "a.pat", "service a\nprogram p\nrule one\nabout x\nmatch a <addr>\n");
	put(local, "own.pat", "service b\nprogram q\nrule own\nabout mine\nmatch e <addr>\nrule one\nabout mine\nweight 5\nmatch d <addr>\n");
	report_open(&report);
	rules_read_dir(&rules, shipped, false, &report.problems);
	rules_read_dir(&rules, local, true, &report.problems);
	fflush(report.problems.out);
	if (!tap_ok(report.problems.count == 0 && rules.count == 4, "two shipped files and one of one's own"))
		printf("# %s", report.said);
	tap_str(rules.at[0].name, "a/one", "files in the order of their names");
	tap_str(rules.at[1].name, "b/one", "a replaced rule keeps its place");
	tap_ok(rules.at[1].weight == 5 && rules.at[1].local && rules.at[1].pattern_count == 1 && rules.at[1].id == 1,
	       "the local one wins, whole");
	tap_str(rules.at[3].name, "b/own", "a new rule comes last");
	put(local, "own2.pat", "service b\nprogram q\nrule own\nabout twice\nmatch e <addr>\n");
	rules_fini(&rules);
	rules_read_dir(&rules, shipped, false, &report.problems);
	rules_read_dir(&rules, local, true, &report.problems);
	tap_int(report.problems.count, 1, "two local rules of one name are a problem");
	rules_fini(&rules);
	report_close(&report);
	drop(shipped, "a.pat");
	drop(shipped, "b.pat");
	drop(local, "own.pat");
	drop(local, "own2.pat");
}

/* A session's client must be named by some rule of the same service. */
static void test_clients(void)
{
	struct conf conf = { .patterns = shipped };
	struct rules rules = { 0 };
	struct report report;

	put(shipped, "a.pat", "service t\nprogram p\nrule who\nabout x\nkind client\nmatch <queue> is <addr>\n");
	put(shipped, "b.pat", "service s\nprogram p\nrule one\nabout x\nmatch <queue> a\n");
	report_open(&report);
	tap_ok(!rules_load(&rules, &conf, &report.problems), "a rule whose client nobody names is refused");
	fflush(report.problems.out);
	tap_ok(strstr(report.said, "b.pat:5") && strstr(report.said, "needs a rule of kind client"), "and it is said which, and why");
	rules_fini(&rules);
	put(shipped, "a.pat", "service s\nprogram p\nrule who\nabout x\nkind client\nmatch <queue> is <addr>\n");
	tap_ok(rules_load(&rules, &conf, &report.problems), "with one it is fine, in whatever file");
	rules_fini(&rules);
	report_close(&report);
	drop(shipped, "a.pat");
	drop(shipped, "b.pat");
}

/* ---- the config's say ---- */

static const char tiers[] =
	"service s\nprogram p\n"
	"rule normal\nabout x\nweight 2\nmatch a <addr>\n"
	"rule strict\nabout x\nweight 3\ntier strict\nmatch b <addr>\n"
	"rule observe\nabout x\ntier observe\nmatch c <addr>\n"
	"rule off\nabout x\nweight 0\nmatch d <addr>\n"
	"service-of-another\n";

static const struct {
	const char *what;
	struct { const char *name; int weight; } rules[3];
	unsigned problems;
	struct { unsigned weight; bool on, observe; } want[4];	/* normal, strict, observe, off */
} applied[] = {
	{ "nothing said", { { 0 } }, 0, { { 2, 1, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 0, 1, 0 } } },
	{ "s = strict", { { "s", CONF_WEIGHT_STRICT } }, 0, { { 2, 1, 0 }, { 3, 1, 0 }, { 1, 1, 1 }, { 0, 1, 0 } } },
	{ "s = normal", { { "s", CONF_WEIGHT_NORMAL } }, 0, { { 2, 1, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 0, 1, 0 } } },
	{ "s = observe", { { "s", CONF_WEIGHT_OBSERVE } }, 0, { { 2, 1, 1 }, { 0, 0, 1 }, { 1, 1, 1 }, { 0, 1, 1 } } },
	{ "s = 0", { { "s", 0 } }, 0, { { 0, 1, 0 }, { 0, 0, 0 }, { 0, 1, 1 }, { 0, 1, 0 } } },
	{ "a rule's own word wins over its service's", { { "s/normal", 9 }, { "s", 0 } }, 0,
	  { { 9, 1, 0 }, { 0, 0, 0 }, { 0, 1, 1 }, { 0, 1, 0 } } },
	{ "s/strict = 4 turns that one on", { { "s/strict", 4 } }, 0, { { 2, 1, 0 }, { 4, 1, 0 }, { 1, 1, 1 }, { 0, 1, 0 } } },
	{ "s/off = 1", { { "s/off", 1 } }, 0, { { 2, 1, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 1, 1, 0 } } },
	{ "s/off = observe", { { "s/off", CONF_WEIGHT_OBSERVE } }, 0, { { 2, 1, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 1, 1, 1 } } },
	{ "s/normal = observe", { { "s/normal", CONF_WEIGHT_OBSERVE } }, 0, { { 2, 1, 1 }, { 0, 0, 0 }, { 1, 1, 1 }, { 0, 1, 0 } } },
	{ "s/observe = 1 is refused", { { "s/observe", 1 } }, 1, { { 2, 1, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 0, 1, 0 } } },
	{ "an unknown rule, an unknown service", { { "s/none", 1 }, { "t", 0 } }, 2,
	  { { 2, 1, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 0, 1, 0 } } },
};

static void test_applied(void)
{
	char text[sizeof(tiers)];

	memcpy(text, tiers, sizeof(tiers));
	*strstr(text, "service-of") = '\0';
	put(shipped, "a.pat", text);
	for (size_t i = 0; i < sizeof(applied) / sizeof(applied[0]); i++) {
		struct conf conf = { .path = dir };
		struct rules rules = { 0 };
		struct problems problems = { .out = NULL };
		struct conf_rule wanted[3];
		bool same = true;

		conf.rules = wanted;
		for (size_t r = 0; r < 3 && applied[i].rules[r].name; r++, conf.rule_count++)
			wanted[r] = (struct conf_rule){ strdup(applied[i].rules[r].name), applied[i].rules[r].weight, 1 };
		rules_read_dir(&rules, shipped, false, &problems);
		rules_apply(&rules, &conf, &problems);
		for (size_t r = 0; r < 4; r++)
			same = same && rules.at[r].weight == applied[i].want[r].weight && rules.at[r].on == applied[i].want[r].on &&
				rules.at[r].observe == applied[i].want[r].observe;
		if (!tap_ok(same && problems.count == applied[i].problems, "%s", applied[i].what))
			for (size_t r = 0; r < 4; r++)
				printf("# %s weight %u on %d observe %d, %u problems\n", rules.at[r].name, rules.at[r].weight,
				       rules.at[r].on, rules.at[r].observe, problems.count);
		rules_fini(&rules);
		for (size_t r = 0; r < conf.rule_count; r++)
			free(wanted[r].name);
	}
	drop(shipped, "a.pat");
}

static void test_globs(void)
{
	static const struct { const char *glob, *program; bool match; } globs[] = {
		{ "postfix*/smtpd", "postfix/smtpd", true }, { "postfix*/smtpd", "postfix-out/smtpd", true },
		{ "postfix*/smtpd", "postfix/submission/smtpd", true }, { "postfix*/smtpd", "postfix/smtpd2", false },
		{ "postfix*/smtpd", "xpostfix/smtpd", false }, { "postfix", "postfix/smtpd", false },
		{ "*", "anything", true }, { "*", "", true }, { "", "", true }, { "", "x", false }, { "a*b*c", "aXbYbZc", true },
		{ "a*b*c", "aXbYbZ", false }, { "*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false }, { "a**", "a", true },
	};

	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		tap_ok(glob_match((struct text){ globs[i].glob, strlen(globs[i].glob) },
				  (struct text){ globs[i].program, strlen(globs[i].program) }) == globs[i].match,
		       "'%s' %s '%s'", globs[i].glob, globs[i].match ? "is for" : "is not for", globs[i].program);
}

/* whether two statements may be about the same program; where it is not sure, they may */
static void test_globs_meet(void)
{
	static const struct { const char *a, *b; bool meet; } globs[] = {
		{ "smtpd", "smtpd", true }, { "smtpd", "smtp", false }, { "postfix*/smtpd", "*/smtpd", true }, { "*/smtpd", "*/cleanup", false },
		{ "postfix*/smtpd", "exim*", false }, { "*", "", true }, { "", "", true }, { "", "x", false }, { "a*", "*b", true },
		{ "a*b", "a*c", false }, { "*/smtpd", "postfix/smtpd", true }, { "*/smtpd", "postfix", false }, { "ab*", "a*", true },
	};

	for (size_t i = 0; i < COUNT(globs); i++)
		tap_ok(globs_meet(text_of(globs[i].a), text_of(globs[i].b)) == globs[i].meet &&
		       globs_meet(text_of(globs[i].b), text_of(globs[i].a)) == globs[i].meet,
		       "'%s' and '%s' %s", globs[i].a, globs[i].b, globs[i].meet ? "may meet" : "do not meet");
}

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(shipped, sizeof(shipped), "%s/shipped", dir);
	snprintf(local, sizeof(local), "%s/local", dir);
	mkdir(shipped, 0700);
	mkdir(local, 0700);
	test_right();
	test_wrong();
	test_all_problems();
	test_folders();
	test_override();
	test_clients();
	test_applied();
	test_globs();
	test_globs_meet();
	rmdir(shipped);
	rmdir(local);
	rmdir(dir);
	return tap_done();
}
