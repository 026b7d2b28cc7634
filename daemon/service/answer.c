/* answer - what the control socket's requests are answered with: status, list, ban, unban, explain, reload
 *
 * A table of words and functions; each writes "ok", "amiss" or "error TEXT" and then its lines, for people or as JSON.
 * Never blocks: out is memory. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/wire.h"
#include "service/answer.h"
#include "service/checkpoint.h"
#include "service/clocks.h"
#include "service/daemon_state.h"
#include "service/explain.h"
#include "service/reload.h"
#include "service/report.h"
#include "service/status.h"

#define WORDS_MAX 4

/* A request in its words; the last one takes the rest of the line. */
struct request {
	char *word[WORDS_MAX];
	size_t count;
};

static bool wants_json(const struct request *request)
{
	return request->count > 1 && strcmp(request->word[1], "json") == 0;
}

static void answer_status(struct daemon *daemon, const struct request *request, FILE *out)
{
	bool check = request->count > 1 && strcmp(request->word[1], "check") == 0;

	fprintf(out, "%s\n", status_word(daemon, check));
	if (check)
		status_check(daemon, out);
	else if (wants_json(request))
		status_json(daemon, out);
	else
		status_text(daemon, out);
}

static void list_json(void *arg, const struct event *event)
{
	report_json(arg, event, clock_now_ms());
}

struct shown {
	FILE *out;
	uint64_t count;
};

static void list_text(void *arg, const struct event *event)
{
	struct shown *shown = arg;
	char prefix[PREFIX_FMT_SIZE], remains[24];

	if (shown->count++ == 0)
		fprintf(shown->out, "%-26s %-6s %-8s %s\n", "address", "kind", "for", "why");
	prefix_fmt(prefix, sizeof(prefix), &event->prefix);
	duration_fmt(remains, sizeof(remains), rest_s(event, clock_now_ms()));
	fprintf(shown->out, "%-26s %-6s %-8s", prefix, event->kind == VERDICT_BAN ? "ban" : "delay", remains);
	if (event->errors)
		fprintf(shown->out, " %u %s, last %s\n", event->errors, plural(event->errors, "error", "errors"),
			event->rule);
	else
		fprintf(shown->out, " %s\n", event->rule);
}

static void answer_list(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct shown shown = { .out = out };

	fputs("ok\n", out);
	if (wants_json(request)) {
		judge_active(daemon->judge, clock_now_ms(), list_json, out);
		return;
	}
	judge_active(daemon->judge, clock_now_ms(), list_text, &shown);
	if (shown.count == 0)
		fputs("nobody is banned\n", out);
}

static bool read_prefix(const struct request *request, struct prefix *prefix, FILE *out)
{
	const char *word = request->count > 1 ? request->word[1] : "";
	const char *wrong = prefix_parse(text_of(word), true, prefix);

	if (wrong)
		fprintf(out, "error '%s' %s\n", word, wrong);
	return !wrong;
}

static void answer_ban(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE], length[24];
	uint32_t seconds = daemon->setup->conf.policy.ban_time_s, most = daemon->setup->conf.policy.ban_time_max_s;
	const char *wanted = request->count > 2 ? request->word[2] : "0";

	if (!read_prefix(request, &prefix, out))
		return;
	if (strcmp(wanted, "0") != 0 &&
	    (!duration_parse(text_of(wanted), &seconds) || seconds == 0)) {
		fputs("error that is no duration\n", out);
		return;
	}
	prefix_fmt(name, sizeof(name), &prefix);
	if (seconds > most) {
		fprintf(out, "error no ban is longer than ban_time_max, which is %s\n", duration_fmt(length, sizeof(length), most));
		return;
	}
	const char *never = wire_never_dropped(&prefix);
	if (never) {
		fprintf(out, "error %s is not banned: %s\n", name, never);
		return;
	}
	if (judge_ban(daemon->judge, &prefix, seconds, clock_now_ms()) == -EPERM) {
		fprintf(out, "error %s is not banned: the allow-list protects it or an address in it\n", name);
		return;
	}
	duration_fmt(length, sizeof(length), seconds);
	log_notice("%s banned for %s by the operator%s%s", name, length, request->count > 3 ? ": " : "",
		   request->count > 3 ? request->word[3] : "");
	fprintf(out, "ok\n%s %s for %s\n", name, daemon->dry_run ? "would be banned" : "is banned", length);
}

struct released {
	struct prefix *at;
	size_t count, room;
	bool failed;
};

static void collect(void *arg, const struct event *event)
{
	struct released *released = arg;

	if (released->count == released->room) {
		size_t room = released->room ? released->room * 2 : 64;
		struct prefix *at = reallocarray(released->at, room, sizeof(*at));

		if (!at) {
			released->failed = true;
			return;
		}
		released->at = at;
		released->room = room;
	}
	released->at[released->count++] = event->prefix;
}

static void release_all(struct daemon *daemon, FILE *out)
{
	struct released released = { 0 };

	judge_active(daemon->judge, clock_now_ms(), collect, &released);
	for (size_t i = 0; i < released.count; i++)
		judge_release(daemon->judge, &released.at[i], clock_now_ms());
	if (daemon->enforce)
		enforce_clear(daemon->enforce);
	log_notice("%zu %s released by the operator", released.count, plural(released.count, "address", "addresses"));
	if (released.failed)
		fputs("error out of memory: some are still banned, say it again\n", out);
	else
		fprintf(out, "ok\n%zu released\n", released.count);
	free(released.at);
}

static void answer_unban(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE];

	if (request->count > 1 && strcmp(request->word[1], "--all") == 0) {
		release_all(daemon, out);
		return;
	}
	if (!read_prefix(request, &prefix, out))
		return;
	struct prefix named = prefix;
	/* A customer on the telephone knows his address, not the network it is counted under. */
	if (prefix.len == 128) {
		struct prefix unit = prefix_of(&prefix.addr, daemon->setup->conf.policy.ipv6_prefix);

		if (judge_release(daemon->judge, &prefix, clock_now_ms()) == 0 || judge_release(daemon->judge, &unit, clock_now_ms()) == 0)
			prefix = unit;
		else
			prefix.len = 0;
	} else if (judge_release(daemon->judge, &prefix, clock_now_ms()) < 0) {
		prefix.len = 0;
	}
	char around[PREFIX_FMT_SIZE] = "";
	struct judge_view view;
	judge_look(daemon->judge, &named.addr, clock_now_ms(), &view);
	if (view.around_running && view.around.prefix.len < named.len)
		prefix_fmt(around, sizeof(around), &view.around.prefix);
	if (prefix.len == 0) {
		fprintf(out, *around ? "error %s is not banned by itself: unban %s, which it is in\n" : "error %s is not banned\n",
			request->word[1], around);
		return;
	}
	prefix_fmt(name, sizeof(name), &prefix);
	log_notice("%s released by the operator", name);
	fprintf(out, *around ? "ok\n%s is released, but not %s, which it is in\n" : "ok\n%s is released\n", name, around);
}

static void answer_explain(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;

	if (!read_prefix(request, &prefix, out))
		return;
	fputs("ok\n", out);
	if (request->count > 2 && strcmp(request->word[2], "json") == 0)
		explain_json(daemon, &prefix.addr, out);
	else
		explain_text(daemon, &prefix.addr, out);
}

/* name text|json NAME [ADDRESS] */
static void answer_name(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct addr addr;

	if (request->count < 3 || (request->count > 3 && !addr_parse(text_of(request->word[3]), &addr))) {
		fputs("error which name?\n", out);
		return;
	}
	fputs("ok\n", out);
	explain_name(daemon, request->word[2], request->count > 3 ? &addr : NULL, strcmp(request->word[1], "json") == 0, out);
}

/* forget ADDRESS, forget NAME */
static void answer_forget(struct daemon *daemon, const struct request *request, FILE *out)
{
	char shown[256];
	struct prefix prefix, unit;
	uint64_t local;
	uint32_t domain;

	if (request->count != 2) {
		fputs("error which name or address?\n", out);
		return;
	}
	if (!prefix_parse(text_of(request->word[1]), true, &prefix)) {
		judge_forget(daemon->judge, &prefix, clock_now_ms());
		unit = prefix.len == 128 ? prefix_of(&prefix.addr, daemon->setup->conf.policy.ipv6_prefix) : prefix;
		if (daemon->evidence)
			evidence_forget(daemon->evidence, &unit);
	} else
		judge_forget_name(daemon->judge, account_hash(judge_name_key(daemon->judge), &daemon->setup->conf.names,
							      text_of(request->word[1]), &domain, &local));
	checkpoint_note(daemon->checkpoint);
	text_escape(shown, sizeof(shown), text_of(request->word[1]));
	log_notice("%s forgotten by the operator", shown);
	fprintf(out, "ok\n%s is forgotten\n", shown);
}

static void answer_reload(struct daemon *daemon, const struct request *request, FILE *out)
{
	char *said = NULL;
	size_t len;
	FILE *memory = open_memstream(&said, &len);
	bool done;

	(void)request;
	if (!memory) {
		fputs("error out of memory\n", out);
		return;
	}
	done = reload(daemon, memory);
	fclose(memory);
	fprintf(out, "%s\n%s", done ? "ok" : "error not reloaded, the old configuration stays in force", said);
	if (done)
		fputs("reloaded\n", out);
	free(said);
}

static const struct {
	const char *word;
	void (*answer)(struct daemon *daemon, const struct request *request, FILE *out);
} answers[] = {
	{ "status", answer_status },
	{ "list", answer_list },
	{ "ban", answer_ban },
	{ "unban", answer_unban },
	{ "explain", answer_explain },
	{ "name", answer_name },
	{ "forget", answer_forget },
	{ "reload", answer_reload },
};

static struct request split(char *text)
{
	struct request request = { 0 };

	while (request.count < WORDS_MAX && *(text += strspn(text, " ")) != '\0') {
		request.word[request.count++] = text;
		if (request.count == WORDS_MAX)
			break;
		text += strcspn(text, " ");
		if (*text == ' ')
			*text++ = '\0';
	}
	return request;
}

void answer(void *arg, char *text, FILE *out)
{
	struct request request = split(text);

	clocks_check(arg);
	for (size_t i = 0; request.count && i < COUNT(answers); i++) {
		if (strcmp(request.word[0], answers[i].word) == 0) {
			answers[i].answer(arg, &request, out);
			return;
		}
	}
	fputs("error unknown request\n", out);
}
