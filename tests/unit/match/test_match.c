/* test_match - the sieves never lose a line that the expressions alone would match, and the first rule decides */
#include "random.h"
#include "tap.h"

#include <stdlib.h>

#include "match/match.h"
#include "match/rules_load.h"
#include "match/rules_read.h"

/* text: must live as long as the rules. */
static void read_rules(struct rules *rules, const char *text)
{
	struct problems problems = { .out = stderr };
	struct conf conf = { 0 };

	*rules = (struct rules){ 0 };
	rules_read_text(rules, "test.pat", (struct text){ text, strlen(text) }, false, &problems);
	rules_apply(rules, &conf, &problems);
	if (problems.count)
		exit(1);
}

static struct matcher *matcher_of(const struct rules *rules)
{
	struct problems problems = { .out = stderr };
	struct matcher *matcher = match_new(rules, &problems);

	if (matcher == NULL)
		exit(1);
	return matcher;
}

static struct record record_of(const char *program, const char *message)
{
	return (struct record){
		.program = { program, strlen(program) }, .message = { message, strlen(message) }, .repeat = 1, .pid = 7,
	};
}

/* ---- which rule, what weight ---- */

static const char rules_text[] =
	"service t\n"
	"program p*\n"
	"rule off\nabout x\nweight 0\nmatch off from <addr>\n"
	"rule strict\nabout x\ntier strict\nmatch off|strict from <addr>\n"
	"rule watch\nabout x\ntier observe\nmatch watch from <addr>\n"
	"rule good\nabout x\nkind success\nmatch login from <addr>\n"
	"rule count\nabout x\nweight 3\nmatch <count> times from <addr>\n"
	"rule behind\nabout x\nmatch from <addr>, <count> times, port <session>\n"
	"rule maybe\nabout x\nmatch maybe from <addr>(?:, port <session>)?\n"
	"rule named\nabout x\nmatch named (?<account>[a-z]{1,9}) from <addr>\n"
	"rule any\nabout x\nmatch (?:off|strict|watch|login|any) from <addr>\n"
	"program greedy\n"
	"rule last\nabout x\nmatch (?:from [0-9a-z.:]{1,40}, )?from <addr>,\n"
	"rule later\nabout x\nmatch by <addr>, (?:\\d{1,3} )?<count> \\w\n"
	"program ends\n"
	"rule stars\nabout x\nmatch at <addr> \\**<end>\n"
	"rule rest\nabout x\nmatch at <addr> .*<end>\n"
	"program dot\n"
	"rule inner\nabout x\nmatch [0-9a-z.:]{1,20} is \\[<addr>\\] b\n"
	"rule outer\nabout x\nmatch <addr> is \\[\\S{1,5}\\] bc\n"
	"program -\n"
	"rule bare\nabout x\nmatch bare from <addr>\n"
	"program *\n"
	"rule all\nabout x\nmatch (?:all|bare) from <addr>\n";

static const struct {
	const char *program, *message;
	uint32_t repeat;
	const char *rule;	/* NULL: nobody's */
	const char *addr;
	uint32_t weight;
} decided[] = {
	{ "p", "any from 192.0.2.1", 1, "t/any", "192.0.2.1", 1 },
	{ "p", "any from 192.0.2.1 and more", 1, "t/any", "192.0.2.1", 1 },
	{ "p", " any from 192.0.2.1", 1, NULL, NULL, 0 },
	{ "px", "any from 2001:DB8::1", 1, "t/any", "2001:db8::1", 1 },
	{ "px", "any from ::ffff:192.0.2.1", 1, "t/any", "192.0.2.1", 1 },
	{ "xp", "any from 192.0.2.1", 1, NULL, NULL, 0 },
	{ "", "any from 192.0.2.1", 1, NULL, NULL, 0 },
	{ "p", "any from 192.0.2.256", 1, NULL, NULL, 0 },
	{ "p", "any from unknown", 1, NULL, NULL, 0 },
	{ "p", "any from ", 1, NULL, NULL, 0 },
	{ "p", "", 1, NULL, NULL, 0 },
	{ "p", "off from 192.0.2.1", 1, NULL, NULL, 0 },
	{ "p", "strict from 192.0.2.1", 1, "t/any", "192.0.2.1", 1 },
	{ "p", "watch from 192.0.2.1", 1, "t/watch", "192.0.2.1", 0 },
	{ "p", "login from 192.0.2.1", 5, "t/good", "192.0.2.1", 0 },
	{ "p", "any from 192.0.2.1", 5, "t/any", "192.0.2.1", 5 },
	{ "p", "4 times from 192.0.2.1", 1, "t/count", "192.0.2.1", 12 },
	{ "p", "4 times from 192.0.2.1", 2, "t/count", "192.0.2.1", 24 },
	{ "p", "9999 times from 192.0.2.1", 1000, "t/count", "192.0.2.1", 1023 },
	{ "p", "0 times from 192.0.2.1", 1, "t/count", "192.0.2.1", 0 },
	{ "p", "from 192.0.2.1, 6 times, port 4711", 1, "t/behind", "192.0.2.1", 6 },
	{ "greedy", "from 192.0.2.1, from here,", 1, "t/last", "192.0.2.1", 1 },
	{ "greedy", "from 192.0.2.1, from 192.0.2.2, from", 1, "t/last", "192.0.2.2", 1 },
	{ "greedy", "by 192.0.2.1, 3 x", 1, "t/later", "192.0.2.1", 3 },
	{ "greedy", "by 192.0.2.1, 3 5 x", 1, "t/later", "192.0.2.1", 5 },
	{ "greedy", "by 192.0.2.1, 3 5 ", 1, "t/later", "192.0.2.1", 3 },
	{ "ends", "at 192.0.2.1 **", 1, "t/stars", "192.0.2.1", 1 },
	{ "ends", "at 192.0.2.1 *--", 1, "t/rest", "192.0.2.1", 1 },
	{ "ends", "at 192.0.2.1 *--", 1, "t/rest", "192.0.2.1", 1 },
	{ "dot", "192.0.2.1 is [192.0.2.2] b", 1, "t/inner", "192.0.2.2", 1 },
	{ "dot", "192.0.2.1 is [.5] b", 1, NULL, NULL, 0 },
	{ "dot", "192.0.2.1 is [.5] bc", 1, "t/outer", "192.0.2.1", 1 },
	{ "", "bare from 192.0.2.1", 1, "t/bare", "192.0.2.1", 1 },
	{ "", "all from 192.0.2.1", 1, NULL, NULL, 0 },
	{ "q", "bare from 192.0.2.1", 1, "t/all", "192.0.2.1", 1 },
	{ "a-program-whose-name-is-longer-than-the-cache-remembers-it", "all from 192.0.2.1", 1, "t/all", "192.0.2.1", 1 },
};

static void test_decided(void)
{
	struct rules rules;

	read_rules(&rules, rules_text);
	struct matcher *matcher = matcher_of(&rules);
	for (size_t i = 0; i < sizeof(decided) / sizeof(decided[0]); i++) {
		struct record record = record_of(decided[i].program, decided[i].message);
		struct hit hit = { .nobody = true };	/* of another line */
		char addr[ADDR_FMT_SIZE];

		record.repeat = decided[i].repeat;
		bool matched = match(matcher, &record, &hit);
		if (!tap_ok(decided[i].rule ? matched && strcmp(match_rule_of(matcher, &hit)->name, decided[i].rule) == 0 && hit.weight == decided[i].weight && !hit.nobody &&
			    strcmp(addr_fmt(addr, sizeof(addr), &hit.addr), decided[i].addr) == 0 : !matched,
			    "%s: '%s' x%u: %s", decided[i].program, decided[i].message, decided[i].repeat,
			    decided[i].rule ? decided[i].rule : "nobody's") && matched)
			printf("# %s %u\n", match_rule_of(matcher, &hit)->name, hit.weight);
	}
	match_free(matcher);
	rules_fini(&rules);
}

static void test_session(void)
{
	struct rules rules;
	struct hit a, b, c, d;

	read_rules(&rules, rules_text);
	struct matcher *matcher = matcher_of(&rules);
	struct record record = record_of("p", "any from 192.0.2.1");
	tap_ok(match(matcher, &record, &a) && a.session == 7, "a session is its process id");
	record = record_of("p", "from 192.0.2.1, 1 times, port 4711");
	tap_ok(match(matcher, &record, &a), "or what <session> captured");
	record.pid = 8;
	match(matcher, &record, &b);
	record = record_of("p", "from 192.0.2.1, 2 times, port 4711");
	match(matcher, &record, &c);
	record = record_of("p", "from 192.0.2.1, 1 times, port 4712");
	match(matcher, &record, &d);
	tap_ok(a.session == b.session && a.session == c.session && a.session != d.session, "whatever the process");
	record = record_of("p", "maybe from 192.0.2.1");
	tap_ok(match(matcher, &record, &a) && a.session == 0, "none where the line does not hold it");
	match_free(matcher);
	rules_fini(&rules);
}

static void test_account(void)
{
	struct rules rules;
	struct hit a, b, c;

	read_rules(&rules, rules_text);
	struct matcher *matcher = matcher_of(&rules);
	struct record record = record_of("p", "named alice from 192.0.2.1");
	match(matcher, &record, &a);
	record = record_of("p", "named alice from 192.0.2.2");
	match(matcher, &record, &b);
	record = record_of("p", "named bob from 192.0.2.1");
	match(matcher, &record, &c);
	tap_ok(a.account && a.account == b.account && a.account != c.account, "what a pattern captures by its own expression");
	match_free(matcher);
	rules_fini(&rules);
}

/* More sets of rules than there is room for: they are made again, and nothing is lost. */
static void test_many_programs(void)
{
	char *text = NULL;
	size_t size, wrong = 0;
	struct rules rules;
	FILE *out = open_memstream(&text, &size);

	fputs("service t\n", out);
	for (unsigned i = 0; i < 300; i++)
		fprintf(out, "program p%u\nrule r%u\nabout x\nmatch hello %u from <addr>\n", i, i, i);
	fclose(out);
	read_rules(&rules, text);
	struct matcher *matcher = matcher_of(&rules);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 300; i++) {
			char program[16], message[64], name[16];
			struct hit hit;

			snprintf(program, sizeof(program), "p%u", i);
			snprintf(message, sizeof(message), "hello %u from 192.0.2.1", i);
			snprintf(name, sizeof(name), "t/r%u", i);
			struct record record = record_of(program, message);
			wrong += !match(matcher, &record, &hit) || strcmp(match_rule_of(matcher, &hit)->name, name) != 0;
			record = record_of(program, "hello 1000 from 192.0.2.1");
			wrong += match(matcher, &record, &hit);
		}
	}
	tap_int(wrong, 0, "300 programs with rules of their own, three times round");
	match_free(matcher);
	rules_fini(&rules);
	free(text);
}

static void test_limit(void)
{
	struct rules rules;
	struct hit hit;

	read_rules(&rules, "service t\nprogram p\n"
		   "rule slow\nabout x\nmatch (?:from )?<addr>:(?!x)(?:a|aa|a{3,7}|b)*c{2}\n"
		   "rule next\nabout x\nmatch from <addr>\n");
	struct matcher *matcher = matcher_of(&rules);
	struct record record = record_of("p", "from 192.0.2.1:aacc");
	tap_ok(match(matcher, &record, &hit) && match_limit_hits(matcher) == 0, "a cheap line");
	record = record_of("p", "from 192.0.2.1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac");
	tap_ok(!match(matcher, &record, &hit), "a line that reaches a limit is skipped, for the rules below too");
	tap_int(match_limit_hits(matcher), 1, "and counted");
	record = record_of("p", "from 192.0.2.1:aacc");
	tap_ok(match(matcher, &record, &hit), "the next line is matched again");
	match_free(matcher);
	rules_fini(&rules);
}

/* ---- the sieves ---- */

struct sieving {
	struct rules rules;
	struct matcher *matcher;
	uint64_t lines, matches, wrong;
};

/* The result without any sieve: the rules one after the other, each on its own. */
static const struct rule *slowly(struct sieving *s, const struct record *record, struct hit *hit)
{
	for (size_t i = 0; i < s->rules.count; i++) {
		const struct rule *rule = &s->rules.at[i];

		if (rule_of_program(rule, record->program) && match_rule(s->matcher, rule, record, hit))
			return rule;
	}
	return NULL;
}

static void compare(struct sieving *s, const struct record *record)
{
	struct hit hit = { 0 }, slow = { 0 };
	const struct rule *rule = slowly(s, record, &slow);
	bool matched = match(s->matcher, record, &hit);

	s->lines++;
	s->matches += matched;
	if (matched == (rule != NULL) && (!matched || (rule == match_rule_of(s->matcher, &hit) && addr_cmp(&hit.addr, &slow.addr) == 0 &&
						       hit.weight == slow.weight && hit.session == slow.session)))
		return;
	if (s->wrong++ < 5)
		printf("# %s, not %s: %.*s\n", matched ? match_rule_of(s->matcher, &hit)->name : "nobody's", rule ? rule->name : "nobody's",
		       (int)record->message.len, record->message.at);
}

/* Every sample of the shipped patterns, as it is and damaged, said by every kind of program. */
static void test_sieves(void)
{
	struct sieving s = { .lines = 0 };
	struct problems problems = { .out = stderr };
	struct conf conf = { 0 };
	char *dir = rules_dir(&conf);

	rules_read_dir(&s.rules, dir, false, &problems);
	s.matcher = match_new_all(&s.rules, &problems);
	if (!tap_ok(s.matcher && s.rules.count > 0, "the shipped patterns: %zu rules from %s", s.rules.count, dir))
		return;
	for (size_t i = 0; i < s.rules.count; i++) {
		const struct rule *rule = &s.rules.at[i];

		for (size_t k = 0; k < rule->sample_count; k++) {
			const struct sample *sample = &rule->samples[k];
			char damaged[4096];

			for (unsigned round = 0; round < 24; round++) {
				size_t len = sample->message.len < sizeof(damaged) ? sample->message.len : sizeof(damaged);
				struct record record = { .program = sample->program, .message = { damaged, len }, .repeat = 1 };

				memcpy(damaged, sample->message.at, len);
				if (round >= 4)
					damaged[random_below((uint32_t)len)] = (char)random_below(256);
				if (round >= 8 && round < 16)		/* a byte less */
					memmove(damaged + len / 3, damaged + len / 3 + 1, --record.message.len - len / 3);
				if (round >= 16) {			/* a piece of it stands twice */
					uint32_t from = random_below((uint32_t)len / 2), size = random_below((uint32_t)len / 2);

					memmove(damaged + from + size, damaged + from, len - from - size);
				}
				if (round % 4 == 1)
					record.message.len = random_below((uint32_t)len + 1);
				if (round % 4 == 2)
					record.program = s.rules.at[random_below((uint32_t)s.rules.count)].samples[0].program;
				if (round % 4 == 3)
					record.message = (struct text){ damaged + len / 2, len - len / 2 };
				compare(&s, &record);
			}
		}
	}
	tap_ok(s.lines > 1000 && s.matches > 300, "%" PRIu64 " lines, %" PRIu64 " of them match", s.lines, s.matches);
	tap_int(s.wrong, 0, "the sieves never change who decides");
	match_free(s.matcher);
	rules_fini(&s.rules);
	free(dir);
}

struct explained {
	const struct rule *rule;
	unsigned matched, limited;
};

static void see_attempt(void *arg, const struct attempt *attempt)
{
	struct explained *explained = arg;

	explained->matched += attempt->rule == explained->rule && attempt->end == ATTEMPT_MATCHED;
	explained->limited += attempt->end == ATTEMPT_LIMIT;
}

/* What people are told of a line: each rule's samples match it, and none comes near a limit. */
static void test_explained(void)
{
	struct problems problems = { .out = stderr };
	struct explained explained = { .rule = NULL };
	struct conf conf = { 0 };
	char *dir = rules_dir(&conf);
	struct rules rules = { 0 };
	unsigned hits = 0;

	rules_read_dir(&rules, dir, false, &problems);
	for (size_t i = 0; i < rules.count; i++)
		for (size_t k = 0; k < rules.at[i].sample_count; k++) {
			const struct sample *sample = &rules.at[i].samples[k];
			struct record record = { .program = sample->program, .message = sample->message, .repeat = 1 };

			if (!sample->hit)
				continue;
			explained.rule = &rules.at[i];
			hits++;
			match_explain(&rules, &record, see_attempt, &explained);
		}
	tap_ok(hits > 300 && explained.matched == hits, "explained: %u of %u hits match their rule", explained.matched, hits);
	tap_int(explained.limited, 0, "and none reaches a limit");
	rules_fini(&rules);
	free(dir);
}

static void append_any(FILE *out, const char *const *words, size_t count, unsigned most)
{
	for (unsigned left = random_below(most + 1); left > 0; left--)
		fputs(words[random_below((uint32_t)count)], out);
}

/* One rule: pieces, an address, pieces. Rules that are refused, since they could blame somebody else, do without. */
static void random_rule(FILE *out, unsigned number)
{
	static const char *const pieces[] = {
		"a", "b", "f", " ", ":", "\\.", "a?", "[ab]", "[ab]{1,3}", "[af]{2,4}", "(?:a|ab|b)", "(?:ab|b){1,2}", "\\d{1,2}", "(?:f|x)*",
		"x{0,300}", "[a-f]+", "(?>ab?)", "a++", "(?!x)", "<count> ", "<session> ", "(?:<count>x)?",
		"(?:[0-9a-f.:]{1,12},)?", "(?:[0-9.]{1,9} )?", "[0-9.:]{1,20}", "f*",
	};
	static const char *const ends[] = { " ", ",", "\\]", "a", "x", "", "<end>", ".*b", ".*<end>", "x?<end>", "(?: |<end>)", "(?:ab)* ", " f*<end>" };
	const size_t piece_count = sizeof(pieces) / sizeof(pieces[0]), end_count = sizeof(ends) / sizeof(ends[0]);

	fprintf(out, "rule r%u\nabout x\nmatch ", number);
	append_any(out, pieces, piece_count, 3);
	fputs(random_below(8) ? "<addr>" : "(?:x|<addr>)", out);
	append_any(out, ends, end_count, 2);
	append_any(out, pieces, piece_count, 2);
	fputc('\n', out);
}

/* Pieces of messages that random rules often match. */
static void random_message(char *message, size_t size)
{
	static const char *const words[] = {
		"a", "b", "f", "ab", "x", " ", ",", "]", "7", "12", " 5 ", "192.0.2.1", "192.0.2.1 ", "192.0.2.1x", "2001:db8::f", "2001:db8::f ",
		"::ffff:192.0.2.7 ", ".", ":", "192.0.2.1:7 ", "192.0.2.256 ", "192.0.02.1 ", "2001:db8::f, ", "3 192.0.2.9 ", "abab", "ffx", ".5",
	};
	FILE *out = fmemopen(message, size, "w");

	append_any(out, words, sizeof(words) / sizeof(words[0]), 8);
	fclose(out);
}

/* Small rules that share their beginnings, and messages of the same pieces: what is proved is what PCRE2 finds. */
static void test_random_rules(void)
{
	struct sieving all = { .lines = 0 };
	unsigned rules_used = 0;

	for (unsigned round = 0; round < 400; round++) {
		struct sieving s = { .wrong = all.wrong };
		struct problems quiet = { .out = fopen("/dev/null", "w") };
		struct conf conf = { 0 };
		struct text text;
		char *bytes;
		FILE *file = open_memstream(&bytes, &text.len);

		fputs("service t\nprogram p\n", file);
		for (unsigned i = 0; i < 6; i++)
			random_rule(file, i);
		fclose(file);
		text.at = bytes;
		rules_read_text(&s.rules, "test.pat", text, false, &quiet);
		rules_apply(&s.rules, &conf, &quiet);
		for (size_t i = s.rules.count; i-- > 0;)
			rules_used += s.rules.at[i].pattern_count > 0;
		struct problems none = { .out = quiet.out };
		s.matcher = match_new_all(&s.rules, &none);
		for (unsigned k = 0; s.matcher && k < 150; k++) {
			char message[200];

			random_message(message, sizeof(message));
			struct record record = record_of("p", message);
			compare(&s, &record);
		}
		all.lines += s.lines;
		all.matches += s.matches;
		all.wrong = s.wrong;
		match_free(s.matcher);
		rules_fini(&s.rules);
		fclose(quiet.out);
		free(bytes);
	}
	tap_ok(rules_used > 1000 && all.matches > 1000, "%u random rules, %" PRIu64 " messages, %" PRIu64 " of them match", rules_used,
	       all.lines, all.matches);
	tap_int(all.wrong, 0, "what the sieve has proved is what PCRE2 finds");
}

int main(void)
{
	test_decided();
	test_session();
	test_account();
	test_many_programs();
	test_limit();
	test_sieves();
	test_explained();
	test_random_rules();
	return tap_done();
}
