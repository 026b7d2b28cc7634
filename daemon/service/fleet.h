/* fleet - the engine's part in a fleet: what counts here is told to the others, and what counted there is counted here
 *
 * Exists with a [fleet] alone, and then taps the sources: without it no line passes here. Speaks with the courier, who may be
 * away, and with him the servers: no line ever waits for either. What others say comes to the judge as values; marks stand
 * in the same transaction as the counts that they are about. */
#ifndef MAILWARD_FLEET_H
#define MAILWARD_FLEET_H

#include "service/daemon_state.h"
#include "service/store.h"

struct fleet;

/* fleet_new - courier: the engine's end of its socket, taken over; the key file is read now, while it can be
 * Returns 0, or -errno after logging. */
int fleet_new(struct fleet **fleet, struct daemon *daemon, int courier);
void fleet_free(struct fleet *fleet);

/* fleet_is_one - is there a [fleet]? Else the courier only listens for sources */
bool fleet_is_one(const struct fleet *fleet);

/* fleet_attach - listen to the sources as they are opened now; the names are hashed as the fleet does */
void fleet_attach(struct fleet *fleet);

/* fleet_reload - the daemon has another config, judge and sources; out: what takes effect with a restart only */
void fleet_reload(struct fleet *fleet, FILE *out);

/* fleet_event - a verdict that has just been told here */
void fleet_event(struct fleet *fleet, const struct event *event);

/* fleet_mute - what is decided from now on is this host's alone, or not any more; fleet_tells - is what is decided now told? */
void fleet_mute(struct fleet *fleet, bool muted);
bool fleet_tells(const struct fleet *fleet);

/* fleet_let_go - tell the others to release it, whether anything of it runs here or not */
void fleet_let_go(struct fleet *fleet, const struct prefix *prefix);

/* fleet_save - marks, places in the streams, and what no server has taken yet, or only lately: in three kinds of rows, from kind on
 * fleet_load - one of those; false: it is none. fleet_loaded - all are back; known: there were some, of the judge, too. */
#define FLEET_KIND_COUNT 3
extern const struct store_kind fleet_kinds[FLEET_KIND_COUNT];
void fleet_save(struct fleet *fleet, struct snapshot *snapshot, unsigned kind);
bool fleet_load(struct fleet *fleet, unsigned which, uint32_t version, const void *bytes, size_t len);
void fleet_loaded(struct fleet *fleet, bool known);

/* fleet_alone - why this host counts alone now, and since when in ms of the wall clock; NULL: it does not */
const char *fleet_alone(const struct fleet *fleet, int64_t *since_ms);

/* fleet_doubted - the next node from *node on, which is 0 at first, of which for patience_s nothing was believed, and something was
 * refused, such as all that another key has sealed; *why: static text. NULL: there is no more */
const char *fleet_doubted(const struct fleet *fleet, size_t *node, int64_t patience_s, const char **why);

/* fleet_text, fleet_json - servers and nodes, for status */
void fleet_text(const struct fleet *fleet, FILE *out);
void fleet_json(const struct fleet *fleet, FILE *out);

#endif
