/* survey - a look at all that the judge remembers, some slots at a time, for whoever wants to show it
 *
 * A million addresses are not looked at in one go: that would hold up the lines behind. Each step looks at some slots and
 * changes nothing; what changes meanwhile is seen as it was or as it is. Fixed memory. */
#ifndef MAILWARD_SURVEY_H
#define MAILWARD_SURVEY_H

#include "judge/judge.h"

#define SURVEY_TOP 50		/* addresses, networks */
#define SURVEY_RECENT 20	/* drops */
#define SURVEY_SETS 1024	/* of networks that are told apart */
#define SURVEY_WAYS 4

struct survey_row {
	struct prefix prefix;
	uint32_t errors;	/* in the window; of a network: of its addresses, as far as they were kept in mind: never too many */
};

/* A drop that runs or ran; kept for survey_drop(), which makes an event of it. */
struct survey_drop {
	struct prefix prefix;
	int64_t since_ms, until_ms;
	uint32_t errors;
	uint16_t rule;
	uint8_t kind, because;
};

struct survey {
	enum { SURVEY_BANS, SURVEY_BESIDE, SURVEY_ADDRESSES, SURVEY_NAMES, SURVEY_DONE } stage;
	uint32_t at;			/* the slot that is next */
	uint64_t bans, delays;		/* running */
	uint64_t network_bans;		/* of these bans: of more than one counting unit */
	struct prefix private;		/* a running ban of a private address; len 0: there is none */
	uint64_t beside_bans, beside_delays;	/* that would be running by the judge not in force */
	uint64_t burnt, campaigns;	/* names that many strangers try: that nobody has, that exist */
	uint64_t erring;		/* addresses with errors in the window */
	struct survey_row addresses[SURVEY_TOP];	/* most errors first */
	size_t address_count;
	struct survey_row networks[SURVEY_TOP];		/* most errors first */
	size_t network_count;
	struct survey_drop recent[SURVEY_RECENT];	/* the latest first */
	size_t recent_count;
	struct survey_row sets[SURVEY_SETS][SURVEY_WAYS];	/* while it goes on; len 0: free */
};

void survey_begin(struct survey *survey);

/* survey_step - look at up to that many slots; true: it is done. The judge may be another one after a reload. */
bool survey_step(struct survey *survey, const struct judge *judge, int64_t now_ms, uint32_t slots);

/* survey_event - one of recent as it was told, without its reasons */
struct event survey_event(const struct judge *judge, const struct survey_drop *drop);

#endif
