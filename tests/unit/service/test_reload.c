/* test_reload - what a judge remembers goes over into one with other limits, rules and allow-list; and all or nothing */
#include "judge_world.h"

#include <sys/stat.h>

#include "judge/memory.h"
#include "service/daemon_state.h"
#include "service/reload.h"

#define A "198.51.100.7"
#define B "203.0.113.9"
#define C "2001:db8:1:2::3"

/* "each" has gone, another has come before the rest */
#define NEWER_RULES WORLD_HEAD "rule new\n about x\n match new <client>\n" \
	"rule heavy\n about x\n weight 2\n match heavy <client>\n" \
	"rule once\n about x\n session once\n match once <client>\n"

static struct world old, new;

static void begin(void)
{
	world_init(&old, WORLD_RULES, NULL);
	world_init(&new, NEWER_RULES, NULL);
}

static void end(void)
{
	world_fini(&old);
	world_fini(&new);
}

static void test_counts(void)
{
	struct prefix a = world_prefix(A);
	struct window_sum sum;

	begin();
	for (unsigned i = 0; i < 2; i++) {
		world_say(&old, "each", i, A);
		world_say(&old, "heavy", i, C);
	}
	world_say(&old, "once", 9, A);
	memory_carry(new.judge, old.judge, world_now_ms);
	window_look(&new.judge->window, &a, world_now_ms, 0, &sum);
	tap_int(sum.errors, 3, "errors go over");
	tap_ok(sum.reason_count == 2 && sum.reasons[0].errors == 2 && sum.reasons[0].rule == RULE_FORMER && sum.reasons[1].errors == 1,
	       "those of a rule that is no more too");
	tap_str(new.rules.at[sum.reasons[1].rule].name, "t/once", "rules are known again by their names");
	world_say(&new, "once", 9, A);
	tap_int(new.judge->figures.echoes, 1, "so are sessions");
	world_say(&new, "heavy", 9, C);
	tap_str(world_last(&new), "ban 2001:db8:1:2::/64 3600 6 t/heavy", "and the next error tips the scale");
	tap_int(new.judge->figures.lines, 7, "the statistics go on");
	tap_int(judge_rule_errors(new.judge, &new.rules.at[1]), 6, "each rule's too");
	tap_int(judge_rule_last_ms(new.judge, &new.rules.at[1]), judge_rule_last_ms(old.judge, &old.rules.at[1]), "and when it was last met");
	end();
}

static void test_bans(void)
{
	struct prefix a = world_prefix(A);

	begin();
	for (unsigned i = 0; i < 3; i++) {
		world_say(&old, "heavy", i, A);
		world_say(&old, "each", i, C);
	}
	memory_carry(new.judge, old.judge, world_now_ms);
	new.count = 0;
	world_now_ms += 1000;
	judge_active(new.judge, world_now_ms, world_event, &new);
	tap_int(new.count, 2, "a ban and a delay go over");
	tap_int(world_rest(&new.got[0]) + world_rest(&new.got[1]), 3599 + 9, "with what remains of them");
	world_say(&new, "heavy", 1, A);
	tap_int(new.judge->figures.evidence, 1, "a banned address is banned");
	world_now_ms += 3600000;
	for (unsigned i = 0; i < 3; i++)
		world_say(&new, "heavy", i, A);
	tap_str(world_last(&new), "ban " A " 14400 6 t/heavy", "and its next ban is a repeat");
	judge_ban(new.judge, &a, 60, world_now_ms);
	world_judge(&old);
	memory_carry(old.judge, new.judge, world_now_ms);
	judge_active(old.judge, world_now_ms, world_event, &old);
	tap_str(world_last(&old), "ban " A " 60 0 manual", "the operator's ban stays the operator's");
	end();
}

static unsigned lowered(uint32_t hard, const char *const *said)
{
	struct prefix a = world_prefix(A);
	struct window_sum sum;

	world_judge(&old);
	new.conf.policy.hard_error_limit = hard;
	new.conf.policy.soft_error_limit = 1;
	world_judge(&new);
	for (unsigned i = 0; said[i]; i++, world_now_ms += 1000)
		world_say(&old, said[i], i, A);
	memory_carry(new.judge, old.judge, world_now_ms);
	window_look(&new.judge->window, &a, world_now_ms, 0, &sum);
	tap_int(new.count, 0, "a lower limit alone bans nobody");
	world_say(&new, "new", 99, A);
	tap_ok(new.count == 1 && new.got[0].kind == (sum.errors + 1 >= hard ? VERDICT_BAN : VERDICT_DELAY), "the next error does");
	return sum.errors;
}

#define SAID(...) (const char *const[]){ __VA_ARGS__, NULL }

static void test_limits(void)
{
	begin();
	tap_int(lowered(6, SAID("each", "each", "each", "each", "each")), 5, "the same limit: five of six stay");
	tap_int(lowered(20, SAID("each", "each", "each", "each", "each")), 5, "a higher one: five of twenty");
	tap_int(lowered(5, SAID("each", "each", "each", "each", "each")), 4, "a lower one: four of five");
	tap_int(lowered(2, SAID("each", "each", "each", "each", "each")), 1, "one of two");
	tap_int(lowered(1, SAID("each", "each", "each", "each", "each")), 0, "none of one");
	tap_int(lowered(4, SAID("heavy", "heavy", "each")), 3, "the heavy ones too, in part if need be");
	tap_int(lowered(2, SAID("heavy")), 1, "even a single one");
	end();
}

/* A ban of a network that was decided here, not by the operator. */
static bool decide(struct judge *judge, const struct prefix *network)
{
	return judge_adopt(judge, &(struct event){ .kind = VERDICT_BAN, .prefix = *network, .time_ms = world_now_ms,
						   .until_ms = world_now_ms + 3600000, .errors = 5, .rule = "network" });
}

static void test_allowed(void)
{
	struct prefix wide = world_prefix("203.0.113.0/24"), b = world_prefix(B), inside = world_prefix("198.51.100.9"),
		      hood = world_prefix("198.51.100.0/24"), a = world_prefix(A), by_hand = world_prefix("198.51.0.0/16");
	struct window_sum sum;

	begin();
	for (unsigned i = 0; i < 3; i++)
		world_say(&old, "heavy", i, B);
	world_say(&old, "heavy", 1, "203.0.113.10");
	world_say(&old, "heavy", 1, A);
	decide(old.judge, &hood);
	judge_ban(old.judge, &by_hand, 3600, world_now_ms);
	ranges_add(&new.conf.allow, &wide);
	ranges_add(&new.conf.allow, &inside);
	ranges_seal(&new.conf.allow);
	memory_carry(new.judge, old.judge, world_now_ms);
	judge_active(new.judge, world_now_ms, world_event, &new);
	tap_int(new.count, 1, "what is allowed now is banned no longer, nor is a network around it");
	tap_str(world_last(&new), "ban 198.51.0.0/16 3600 0 manual", "but one that the operator banned, with who is allowed let through");
	b = world_prefix("203.0.113.10");
	window_look(&new.judge->window, &b, world_now_ms, 0, &sum);
	tap_int(sum.errors, 0, "its errors are left behind");
	window_look(&new.judge->window, &a, world_now_ms, 0, &sum);
	tap_int(sum.errors, 2, "others' are not");
	end();
}

/* ---- the daemon's reload, with files ---- */

static char folder[] = "/tmp/mailward-test-reload-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static void nothing_decided(void *arg, const struct event *verdict)
{
	(void)arg, (void)verdict;
}

static void nothing_heard(void *arg, const struct heard *heard)
{
	(void)arg, (void)heard;
}

static bool reloads(struct daemon *daemon, const char *wanted)
{
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);
	bool done = reload(daemon, out);

	fclose(out);
	tap_ok(strstr(said, wanted) && (*wanted || !*said), "it says: %s", *wanted ? wanted : "nothing");
	if (!strstr(said, wanted))
		printf("# %s\n", said);
	free(said);
	return done;
}

#define CONF "[mailward]\npatterns = p\nstate_dir = state\nsocket = s\n[source x]\nfile = log\n"

static void test_daemon(void)
{
	struct daemon daemon = { .dry_run = true };
	struct problems problems = { .out = stderr };
	char path[200];
	struct prefix a = world_prefix(A);
	const struct judge *before;

	snprintf(path, sizeof(path), "%s/p", folder);
	if (mkdir(path, 0700) < 0)
		abort();
	write_file("p/t.pat", WORLD_RULES);
	write_file("conf", CONF);
	snprintf(path, sizeof(path), "%s/conf", folder);
	daemon.setup = setup_load(path, &problems);
	if (!daemon.setup || sd_event_new(&daemon.loop) < 0)
		abort();
	daemon.judge = judge_new(&daemon.setup->conf, &daemon.setup->rules, world_event, &old);
	daemon.tell = nothing_decided;
	daemon.heard = nothing_heard;
	follows_open(&daemon.follows, daemon.loop, daemon.setup, daemon.judge, NULL, daemon.heard, &daemon);
	judge_ban(daemon.judge, &a, 3600, world_now_ms);

	before = daemon.judge;
	write_file("conf", CONF "[policy]\nhard_error_limit = none\n");
	tap_ok(!reloads(&daemon, "hard_error_limit"), "a bad config is refused");
	write_file("conf", CONF "[rules]\nt/nosuch = 2\n");
	tap_ok(!reloads(&daemon, "nosuch"), "a rule that is not there is");
	write_file("conf", CONF);
	write_file("p/t.pat", WORLD_RULES "rule bad\n about x\n match .*<addr>\n");
	tap_ok(!reloads(&daemon, "t.pat:"), "a bad pattern is");
	tap_ok(daemon.judge == before && daemon.setup->rules.count == 12 && daemon.follows.count == 1, "and nothing has changed");

	write_file("p/t.pat", NEWER_RULES);
	write_file("conf", CONF "[policy]\nhard_error_limit = 9\n[source y]\nfile = other\n");
	tap_ok(reloads(&daemon, ""), "a good one is taken");
	tap_ok(daemon.setup->rules.count == 3 && daemon.setup->conf.policy.hard_error_limit == 9 && daemon.follows.count == 2,
	       "rules, limits and sources are the new ones");
	old.count = 0;
	judge_active(daemon.judge, world_now_ms, world_event, &old);
	tap_int(old.count, 1, "the ban is still there");
	write_file("conf", "[mailward]\npatterns = p\nstate_dir = state\nsocket = elsewhere\n[source x]\nfile = log\n");
	tap_ok(reloads(&daemon, "until a restart"), "what cannot change while it runs is named");
	for (unsigned i = 0; i < 100; i++)
		if (!reload(&daemon, stderr))
			abort();
	old.count = 0;
	judge_active(daemon.judge, world_now_ms, world_event, &old);
	tap_int(old.count, 1, "a hundred reloads later too");
	write_file("conf", CONF "[allow]\naddresses = 203.0.113.0/24\n");
	tap_ok(reloads(&daemon, "socket"), "an allow-list that protects nobody who is dropped");
	struct prefix network = world_prefix("198.51.100.0/24");
	decide(daemon.judge, &network);
	write_file("conf", CONF "[allow]\naddresses = 198.51.100.77\n");
	tap_ok(reloads(&daemon, "198.51.100.0/24 is dropped no more"), "one that does frees a network that was dropped as one");
	old.count = 0;
	judge_active(daemon.judge, world_now_ms, world_event, &old);
	tap_int(old.count, 1, "and nobody else");
	follows_close(&daemon.follows);
	judge_free(daemon.judge);
	setup_free(daemon.setup);
	sd_event_unref(daemon.loop);
}

static void remove_folder(void)
{
	static const char *const names[] = { "p/t.pat", "p", "conf", "" };
	char path[200];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	test_counts();
	test_bans();
	test_limits();
	test_allowed();
	test_daemon();
	remove_folder();
	return tap_done();
}
