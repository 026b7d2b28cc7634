/* notice - see notice.h. Names come from the pattern files, whose loader admits letters, digits and hyphens only. */
#include "judge/notice.h"

#include <inttypes.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "judge/breaker.h"

static const char *const reasons[] = {
	[BREAKER_BY_WORDS] = "complaint", [BREAKER_BY_SILENCE] = "silence", [BREAKER_BY_SURGE] = "surge",
};

static void outage_fmt(char *dst, size_t size, const struct notice *notice)
{
	const char *head = "failed logins count for nobody";

	switch ((enum breaker_why)notice->why) {
	case BREAKER_BY_WORDS:
		snprintf(dst, size, "%s: %s: the server itself says that it cannot look users up, and nobody has logged in since",
			 notice->service, head);
		break;
	case BREAKER_BY_SILENCE:
		snprintf(dst, size, "%s: %s: the logins of %" PRIu32 " known customers have failed within %d minutes, and nobody has logged in since",
			 notice->service, head, notice->customers, BREAKER_WINDOW_S / 60);
		break;
	case BREAKER_BY_SURGE:
		snprintf(dst, size, "%s: %s: the logins of %" PRIu32 " known customers have failed within %d minutes, far more than usual",
			 notice->service, head, notice->customers, BREAKER_WINDOW_S / 60);
		break;
	}
}

char *notice_fmt(char *dst, size_t size, const struct notice *notice)
{
	char length[24];

	switch (notice->kind) {
	case NOTICE_OUTAGE:
		outage_fmt(dst, size, notice);
		break;
	case NOTICE_OUTAGE_OVER:
		snprintf(dst, size, "%s: failed logins count again; in %s, %" PRIu64 " did not", notice->service,
			 duration_fmt(length, sizeof(length), (uint64_t)(notice->time_ms - notice->since_ms) / 1000), notice->uncounted);
		break;
	case NOTICE_WITHHELD:
		snprintf(dst, size, "%" PRIu32 " bans within a minute (max_bans_per_minute): until the next one, who reaches the hard "
			 "limit is delayed, and banned at the error after that", notice->limit);
		break;
	}
	return dst;
}

void notice_text(FILE *out, const struct notice *notice)
{
	time_t seconds = (time_t)(notice->time_ms / 1000);
	char stamp[64] = "", text[NOTICE_FMT_SIZE];
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%s  %s\n", stamp, notice_fmt(text, sizeof(text), notice));
}

void notice_json(FILE *out, const struct notice *notice)
{
	static const char *const events[] = {
		[NOTICE_OUTAGE] = "outage", [NOTICE_OUTAGE_OVER] = "outage-over", [NOTICE_WITHHELD] = "bans-withheld",
	};
	struct json json;

	json_begin(&json, out);
	json_cstr(&json, "event", events[notice->kind]);
	json_time(&json, "time", notice->time_ms);
	if (notice->kind == NOTICE_WITHHELD) {
		json_uint(&json, "limit", notice->limit);
	} else {
		json_cstr(&json, "service", notice->service);
		json_cstr(&json, "reason", reasons[notice->why]);
		json_time(&json, "since", notice->since_ms);
		json_uint(&json, "uncounted", notice->uncounted);
	}
	json_end(&json);
}
