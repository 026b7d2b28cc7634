/* top_frame - one frame of the daemon's answer to "top", as values; and what has changed since the one before
 *
 * The bytes are the daemon's: every text in it is printable, whatever came. Bounded. */
#ifndef MAILWARD_TOP_FRAME_H
#define MAILWARD_TOP_FRAME_H

#include "base/text.h"

#define TOP_ROWS_MAX 512
#define TOP_TROUBLES 3

enum top_list_kind { TOP_ADDRESSES, TOP_NETWORKS, TOP_RULES, TOP_VERDICTS, TOP_LISTS };

struct top_row {
	char name[72];			/* an address, a network, a rule */
	char kind[8];			/* of a verdict */
	char state[8];			/* banned, delayed; "": neither */
	char rule[72];			/* of a verdict */
	bool permanent;			/* whatever seconds says */
	uint64_t errors, seconds, ago;
	double per_minute;		/* of a rule */
};

struct top_list {
	struct top_row rows[TOP_ROWS_MAX];
	size_t count;
};

struct top_frame {
	int64_t came_ms;		/* monotonic */
	char version[32];
	bool dry_run;
	uint64_t uptime_s, lines, errors, delays, bans, evidence, tracked, max_addresses, erring, running_bans,
		running_network_bans, running_delays, burnt_names, campaign_names, behind_bytes, troubles;
	double lines_s, errors_s, bans_min, delays_min, evidence_s;	/* since the frame before, smoothed */
	bool rated;			/* there was one */
	char trouble[TOP_TROUBLES][512];
	size_t trouble_count;
	struct top_list lists[TOP_LISTS];
};

/* top_frame_read - false: that is no frame. answer: what follows the "ok" */
bool top_frame_read(struct top_frame *frame, struct text answer, int64_t came_ms);

/* top_frame_rate - fill in the rates; before: the frame before, NULL: there was none */
void top_frame_rate(struct top_frame *frame, const struct top_frame *before);

enum top_order { TOP_BY_MOST, TOP_BY_NAME, TOP_BY_TIME, TOP_ORDERS };

/* top_list_sort - by errors (a rule: by its rate, then by errors), by name, or by time (the newest; what runs longest) */
void top_list_sort(struct top_list *list, enum top_list_kind kind, enum top_order order);

#endif
