/* fleet_state - what the fleet holds; private to service/fleet*.c */
#ifndef MAILWARD_FLEET_STATE_H
#define MAILWARD_FLEET_STATE_H

#include "judge/table.h"
#include "service/fleet.h"
#include "service/fleet_batch.h"
#include "service/fleet_keys.h"
#include "service/fleet_marks.h"
#include "service/fleet_ring.h"

#define FLEET_TAPS (2 * CONF_NAMED_MAX)
#define FLEET_FACTS 8192		/* that are remembered as told within the hour, a power of two */
#define FLEET_TOMBS 4096		/* releases that are remembered, a power of two */
#define FLEET_FOREIGN (1U << 18)	/* bans of others that are remembered as theirs */

#define FLEET_UNCLAIMED 4096
#define FLEET_CLAIM_MS 3000		/* so long may the node that is the nearest to it take to tell of a ban */

/* A source, with numbers for its lines: the same line gets the same number again after a crash. */
struct fleet_tap {
	struct fleet *fleet;
	uint64_t ordinal;	/* of the last line */
	uint32_t generation;	/* 0: free */
	uint32_t name;		/* a hash of the source's */
};

/* A ban or release that is to stand on a server. */
struct fleet_stand {
	struct fleet_record record;
	int64_t since_ms, until_ms;	/* by the boot's clock */
};

struct fleet_server_state {
	bool up, told;			/* told: what stands there was, and news come */
	char why[200];			/* it is not up */
	int64_t since_ms;		/* by the boot's clock */
	uint64_t sent, taken;		/* numbers of the ring: what is to be sent next; what is taken was below that */
	uint64_t last_ms, last_seq;	/* the id that the server gave last */
	unsigned under_way;		/* batches */
	struct fleet_stand *stands;	/* that are to be sent */
	size_t stand_count, stand_next, stand_room;
	bool unstarted;			/* it is up, and could not be told yet where the streams go on */
	bool owing;			/* a ban was made while it was not up: all are told again */
	uint64_t entries;
};

struct fleet_peer {
	uint64_t records, again, refused, missed, bans, capped;
	int64_t heard_ms;		/* by the boot's clock, 0: never */
	int64_t refused_ms;		/* likewise */
	const char *refused_why;	/* static text */
	int64_t lag_ms;
	uint64_t run, number;		/* of its last batch */
	uint32_t policy, allow;
	int64_t minute;			/* of the boot's clock, for the counts below */
	uint32_t minute_bans, minute_releases, minute_facts, standing_bans;
	bool capped_told, differs_told;
	char said[FLEET_PARTS * FLEET_WORDS + 1];	/* by its operator, of the ban that comes next */
	uint32_t said_parts;
	struct fleet_position {
		uint64_t ms, seq;
	} at[FLEET_SERVERS_MAX];
};

struct fleet_foreign {
	struct table_slot slot;		/* the key: what is banned */
	int64_t until_ms;
	uint32_t node;
	uint32_t stands;		/* 1: some node has said that it has told the servers of it */
};

/* A ban that others have brought about, of which nobody has told the servers yet. */
struct fleet_unclaimed {
	struct prefix prefix;
	int64_t time_ms;	/* by the boot's clock */
};

struct fleet {
	struct daemon *daemon;
	struct fleet_conf conf;		/* as at the start, but for what a reload may change; its texts are not its own */
	struct fleet_keys keys;
	int fd;				/* of the courier's socket, -1: it is lost for good */
	sd_event_source *io, *flush, *beat;
	bool blocked;			/* the courier's socket is full */
	bool greeted;			/* there was a courier */
	bool muted;
	struct fleet_peer *hearing;	/* whose record is with the judge now */
	bool tipping;			/* it is an error: a ban that comes of it is of its node's share */
	struct fleet_published {
		char name[64];		/* of a source that the courier listens for, by its number; "": it is another */
		char why[200];		/* it is not listened to; "": it is */
		bool known;
	} published[CONF_NAMED_MAX];
	struct fleet_server_state servers[FLEET_SERVERS_MAX];
	struct fleet_peer peers[FLEET_NODES_MAX];
	struct fleet_tap taps[FLEET_TAPS];
	struct fleet_ring ring;
	struct fleet_marks marks;
	struct table foreign;
	struct fleet_unclaimed unclaimed[FLEET_UNCLAIMED];
	size_t unclaimed_first, unclaimed_count;
	uint64_t run;			/* of this process */
	uint64_t life, control;		/* of our database; the last number of what no line said */
	uint32_t generations;		/* so many have been given to sources */
	bool life_known;
	uint32_t *rules;		/* hashes of the rules' names, by id */
	uint32_t policy, allow;
	struct {
		uint64_t fact;
		int64_t told_ms;
	} facts[FLEET_FACTS];
	struct {
		struct prefix prefix;
		int64_t time_ms;	/* by the wall clock */
	} tombs[FLEET_TOMBS];
};

/* fleet_boot_ms - by the boot's clock */
int64_t fleet_boot_ms(void);

/* ---- fleet_post.c: the courier ---- */

/* fleet_push - tell the others, soon; fleet_stand_up - a ban or release, to who comes later */
void fleet_push(struct fleet *fleet, const struct fleet_record *record, int64_t time_ms);
void fleet_stand_up(struct fleet *fleet, struct fleet_server_state *server, const struct fleet_stand *stand);

/* ---- fleet_tell.c: what is told ---- */

void fleet_listen(struct fleet *fleet);
void fleet_announce(struct fleet *fleet, struct fleet_server_state *server);
void fleet_claim(struct fleet *fleet);

/* fleet_ordered - what the operator has said of the ban goes into it, and into parts that are to be told before it; returns how many */
size_t fleet_ordered(const struct fleet *fleet, struct fleet_record *ban, struct fleet_record parts[FLEET_PARTS]);

/* ---- fleet_hear.c: what is heard ---- */

void fleet_hear_entry(struct fleet *fleet, const struct parcel *parcel);
void fleet_hear_standing(struct fleet *fleet, const struct parcel *parcel);
void fleet_bury(struct fleet *fleet, const struct prefix *prefix, int64_t time_ms);

#endif
