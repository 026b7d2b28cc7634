/* census - see census.h. Owns the survey and its turn of the loop. */
#include "service/census.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void step_all(struct census *census, const struct judge *judge)
{
	uint64_t begun_usec = now_usec();

	survey_begin(census->survey);
	while (!survey_step(census->survey, judge, clock_now_ms(), CENSUS_SLOTS))
		;
	census->done_usec = now_usec();
	census->took_usec = census->done_usec - begun_usec;
}

static int on_step(sd_event_source *source, void *arg);

/* A source of this kind counts as waiting since it was made, and who waits longest comes next: a new one lets others by. */
static bool step_soon(struct census *census)
{
	census->step = sd_event_source_disable_unref(census->step);
	return sd_event_add_defer(census->loop, &census->step, on_step, census) >= 0;
}

/* Between two lines, as often as the loop comes round; what waits for the whole is answered at its end. */
static int on_step(sd_event_source *source, void *arg)
{
	struct census *census = arg;
	uint64_t begun_usec = now_usec();
	bool done = survey_step(census->survey, *census->judge, clock_now_ms(), CENSUS_SLOTS);

	(void)source;
	census->took_usec += now_usec() - begun_usec;
	if (!done && step_soon(census))
		return 0;
	census->step = sd_event_source_disable_unref(census->step);
	census->running = false;
	census->done_usec = now_usec();
	control_resume(census->control);
	return 0;
}

static bool begin(struct census *census)
{
	census->took_usec = 0;
	survey_begin(census->survey);
	return step_soon(census);
}

static bool fresh(const struct census *census)
{
	uint64_t kept_usec = census->took_usec * CENSUS_WORTH;

	if (kept_usec > CENSUS_FRESH_MS * 1000)
		kept_usec = CENSUS_FRESH_MS * 1000;
	return !census->running && census->done_usec && now_usec() - census->done_usec < kept_usec;
}

const struct survey *census_have(struct census *census, sd_event *loop, struct control *control, struct judge *const *judge)
{
	static const struct survey nothing;

	if (!census->survey && (census->survey = malloc(sizeof(*census->survey))) == NULL)
		return &nothing;
	if (fresh(census))
		return census->survey;
	if (!control_later(control)) {
		step_all(census, *judge);
		return census->survey;
	}
	census->judge = judge;
	census->control = control;
	census->loop = loop;
	if (!census->running)
		census->running = begin(census);
	return NULL;
}

void census_close(struct census *census)
{
	sd_event_source_disable_unref(census->step);
	free(census->survey);
	*census = (struct census){ 0 };
}
