/* answer - what the control socket's requests are answered with
 *
 * A table of words and functions, of which the list is answer_list.c's, and what the operator has done answer_orders.c's; each
 * writes "ok", "amiss" or "error TEXT" and then its lines, for people or as JSON. Never blocks: out is memory. */
#include <errno.h>
#include <stdlib.h>

#include "judge/place.h"
#include "base/array.h"
#include "service/answer.h"
#include "service/answers.h"
#include "service/clocks.h"
#include "service/daemon_state.h"
#include "service/explain.h"
#include "service/explain_name.h"
#include "service/explain_network.h"
#include "service/fleet.h"
#include "service/metrics.h"
#include "service/reload.h"
#include "service/status.h"
#include "service/top.h"

bool request_wants_json(const struct request *request)
{
	return request->count > 1 && strcmp(request->word[1], "json") == 0;
}

bool request_prefix(const struct daemon *daemon, const struct request *request, struct prefix *prefix, FILE *out)
{
	const char *word = request->count > 1 ? request->word[1] : "";
	const char *wrong = prefix_parse(text_of(word), true, prefix);

	if (wrong)
		fprintf(out, "error '%s' %s\n", word, wrong);
	else
		prefix_untranslate(prefix, daemon->setup->conf.nat64, daemon->setup->conf.nat64_count);
	return !wrong;
}

bool answer_is_wide(const struct daemon *daemon, const struct prefix *prefix)
{
	struct prefix unit = unit_of(&daemon->setup->conf, &prefix->addr);

	return prefix->len < 128 && prefix->len < unit.len;
}

/* What has to be counted, and what the kernel has to be asked: NULL, then the request is answered when both are known. */
static const struct survey *looked(struct daemon *daemon)
{
	const struct survey *survey = census_have(&daemon->census, daemon->loop, daemon->control, &daemon->judge);
	bool asked = asked_sets(&daemon->asked);

	return asked ? survey : NULL;
}

static void answer_status(struct daemon *daemon, const struct request *request, FILE *out)
{
	bool check = request->count > 1 && strcmp(request->word[1], "check") == 0;
	const struct survey *survey = looked(daemon);

	if (!survey)	/* This is asked again when there is one. */
		return;
	fprintf(out, "%s\n", status_word(daemon, check));
	if (check)
		status_check(daemon, survey, out);
	else if (request_wants_json(request))
		status_json(daemon, survey, out);
	else
		status_text(daemon, survey, out);
}

static void answer_explain(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct explain_seen seen;
	struct prefix prefix;
	bool json = request->count > 2 && strcmp(request->word[2], "json") == 0;

	if (!request_prefix(daemon, request, &prefix, out))
		return;
	bool wide = answer_is_wide(daemon, &prefix);
	if (wide ? !explain_network_look(daemon, &prefix, &seen) : !explain_look(daemon, &prefix.addr, &seen))
		return;
	fputs("ok\n", out);
	if (wide)
		(json ? explain_network_json : explain_network_text)(daemon, &prefix, &seen, out);
	else
		(json ? explain_json : explain_text)(daemon, &prefix.addr, &seen, out);
	if (seen.host)
		asked_use(&daemon->asked, seen.host);
	if (seen.drop)
		asked_use(&daemon->asked, seen.drop);
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

static void answer_events(struct daemon *daemon, const struct request *request, FILE *out)
{
	int err = subscribers_add(daemon->subscribers, control_keep(daemon->control), request_wants_json(request));

	if (err == -EUSERS)
		fprintf(out, "error %d follow the events already, which is the most there can be\n", SUBSCRIBERS_MAX);
	else if (err < 0)
		fprintf(out, "error the events cannot be followed: %s\n", strerror(-err));
	else
		fputs("ok\n", out);
}

static void answer_metrics(struct daemon *daemon, const struct request *request, FILE *out)
{
	const struct survey *survey = looked(daemon);

	(void)request;
	if (!survey)
		return;
	fputs("ok\n", out);
	metrics_write(daemon, survey, out);
}

static void answer_top(struct daemon *daemon, const struct request *request, FILE *out)
{
	const struct survey *survey = census_have(&daemon->census, daemon->loop, daemon->control, &daemon->judge);

	(void)request;
	if (!survey)
		return;
	fputs("ok\n", out);
	top_write(daemon, survey, out);
}

static void answer_fleet(struct daemon *daemon, const struct request *request, FILE *out)
{
	if (!daemon->fleet || !fleet_is_one(daemon->fleet)) {
		fputs(daemon->dry_run ? "error a dry run takes no part in a fleet\n" : "error there is no [fleet] in the configuration\n", out);
		return;
	}
	fputs("ok\n", out);
	(request_wants_json(request) ? fleet_json : fleet_text)(daemon->fleet, out);
}

/* ban-here, unban-here, allow-here: what is done is this host's alone. */
static void mute(const struct daemon *daemon, const struct request *request, bool muted)
{
	if (daemon->fleet && strstr(request->word[0], "-here"))
		fleet_mute(daemon->fleet, muted);
}

static const struct {
	const char *word;
	void (*answer)(struct daemon *daemon, const struct request *request, FILE *out);
} answers[] = {
	{ "status", answer_status },
	{ "list", answer_list },
	{ "ban", answer_ban },
	{ "unban", answer_unban },
	{ "ban-here", answer_ban },
	{ "unban-here", answer_unban },
	{ "fleet", answer_fleet },
	{ "allow", answer_allow },
	{ "allow-here", answer_allow },
	{ "unallow", answer_unallow },
	{ "explain", answer_explain },
	{ "name", answer_name },
	{ "forget", answer_forget },
	{ "reload", answer_reload },
	{ "events", answer_events },
	{ "metrics", answer_metrics },
	{ "top", answer_top },
};

static struct request split(char *text)
{
	struct request request = { 0 };

	while (request.count < REQUEST_WORDS_MAX && *(text += strspn(text, " ")) != '\0') {
		request.word[request.count++] = text;
		if (request.count == REQUEST_WORDS_MAX)
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
			mute(arg, &request, true);
			answers[i].answer(arg, &request, out);
			mute(arg, &request, false);
			return;
		}
	}
	fputs("error unknown request\n", out);
}
