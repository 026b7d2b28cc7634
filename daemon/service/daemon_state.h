/* daemon_state - what the running daemon holds: daemon.c builds it, answer.c, checkpoint.c and reload.c work on it */
#ifndef MAILWARD_DAEMON_STATE_H
#define MAILWARD_DAEMON_STATE_H

#include <systemd/sd-event.h>

#include "service/asked.h"
#include "service/census.h"
#include "service/control.h"
#include "service/enforce.h"
#include "service/evidence.h"
#include "judge/judge.h"
#include "service/follows.h"
#include "service/heartbeat.h"
#include "service/list_watch.h"
#include "service/unbitten.h"
#include "service/refusals.h"
#include "service/subscribers.h"
#include "match/setup.h"

struct fleet;

struct daemon {
	struct setup *setup;
	bool dry_run;
	bool json, keeps, leftover;	/* see struct daemon_how */
	bool reborn;			/* it ends to be started again at once: bans stay */
	bool dry_after;			/* and there were runs in force before it, whose bans were real */
	int64_t dry_since_ms;		/* of a dry run that keeps what it learns, or of the one that the state is of; 0: of none */
	sd_event *loop;
	event_fn *tell;			/* of the judge, and of one that takes its place: to the warden, or printed */
	follows_heard_fn *heard;	/* of the sources, and of those that take their place */
	struct unbitten unbitten;
	struct evidence *evidence;	/* NULL: none is kept */
	struct judge *judge;
	struct follows follows;
	struct enforce *enforce;	/* NULL in a dry run */
	struct refusals refusals;	/* nothing in a dry run */
	struct heartbeat heartbeat;
	struct list_watch *lists;	/* NULL in a dry run, and when there are none */
	struct orders *orders;
	struct checkpoint *checkpoint;	/* NULL in a dry run that only looks on, and when there is no state folder */
	struct control *control;	/* NULL when a dry run could not have one */
	struct fleet *fleet;		/* NULL: there is no [fleet], or it is a dry run */
	struct subscribers *subscribers;
	struct census census;
	struct asked asked;		/* nothing in a dry run */
	int64_t started_ms;
	sd_event_source *own;		/* tells when this machine's addresses change */
	int own_fd;			/* -1: nothing does */
	sd_event_source *clock;		/* tells when the wall clock is set */
	int64_t apart_us;		/* what is remembered goes by that, see clock_apart_us() */
	bool apart_known;
	struct clock_set set;		/* how it was set last */
	int64_t log_second;		/* the ban lines of our own log are limited a second */
	unsigned logged, unlogged;
	uint64_t displaced;		/* bans that had to make room for others */
};

#endif
