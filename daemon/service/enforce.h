/* enforce - the engine's end of the wire: verdicts become requests, refusals become log lines
 *
 * The only part of the engine that knows there is a warden. Requests are sent without waiting for replies, but for an operator;
 * when the warden is behind, sending waits (the log file is the queue). A lost warden ends the loop with an error. */
#ifndef MAILWARD_ENFORCE_H
#define MAILWARD_ENFORCE_H

#include <systemd/sd-event.h>
#include "base/wire.h"
#include "judge/event.h"

struct enforce;

struct enforce_stats {
	uint64_t sent, refused;
	uint32_t waiting;	/* sent, not answered yet */
};

/* enforce_new - fd: the SOCK_SEQPACKET socket to the warden, taken over. 0 or -errno
 * resend: every running ban must be sent, by enforce_verdict(); called by enforce_rebuild(), and when the warden asks */
typedef void enforce_resend_fn(void *arg);
int enforce_new(struct enforce **enforce, sd_event *loop, int fd, enforce_resend_fn *resend, void *arg);
void enforce_free(struct enforce *enforce);
/* enforce_replied - fn hears each reply, from within whatever sends or waits; it must not send itself */
typedef void enforce_reply_fn(void *arg, const struct wire_reply *reply);
void enforce_replied(struct enforce *enforce, enforce_reply_fn *fn, void *arg);
/* enforce_look - ask what the kernel does with a prefix: the reply has the op WIRE_LOOK    enforce_figures - ask what it has
 * dropped: replies with the op WIRE_TOLD_SET, the last one WIRE_FIGURES. Nobody waits: enforce_told() says who hears them, which must not send itself either */
void enforce_look(struct enforce *enforce, const struct prefix *prefix);
void enforce_figures(struct enforce *enforce);
void enforce_told(struct enforce *enforce, enforce_reply_fn *fn, void *arg);
/* enforce_list - how blocklist number index is, as the warden told last; NULL: it did not yet */
const struct wire_reply *enforce_list(const struct enforce *enforce, size_t index);
/* enforce_settle - wait until all that was sent is answered; false: not within patience_ms, or the warden is lost */
bool enforce_settle(struct enforce *enforce, int patience_ms);
/* enforce_verdict - an event_fn for verdicts; a VERDICT_DELAY or VERDICT_BAN whose end is already past is not sent.
 * the end is computed against now: what is sent is the remaining time */
void enforce_verdict(void *enforce, const struct event *event);
/* enforce_standing - fn for each ban that stands in the kernel, with the rest of its time; waits until all are told
 * Before anything else is asked of the warden. 0 or -errno */
typedef void enforce_standing_fn(void *arg, const struct wire_request *drop);
int enforce_standing(struct enforce *enforce, enforce_standing_fn *fn, void *arg);
/* enforce_rebuild - replace what is dropped by what resend sends, in one transaction; once at the start, before which
 * the bans of an earlier run go on */
void enforce_rebuild(struct enforce *enforce);
/* enforce_reload - have the warden read its part of the config again; it will then ask for a rebuild. written: as below */
void enforce_reload(struct enforce *enforce, uint64_t written);
/* enforce_lists - have the warden read the blocklists' files again; written: bit i: but not number i of the config, which is not
 * whole, until this is called without it */
void enforce_lists(struct enforce *enforce, uint64_t written);
void enforce_clear(struct enforce *enforce);
/* enforce_stop - the daemon is being stopped, and neither killed nor started again at once: the warden does what on_stop says */
void enforce_stop(struct enforce *enforce);
/* enforce_allow - have the warden put a prefix on its allow-list, or take it off; once it has answered, see enforce_settle(),
 * enforce_allow_error() - the errno of the last refusal since this was asked; 0: there was none */
void enforce_allow(struct enforce *enforce, const struct prefix *prefix, bool allowed);
int enforce_allow_error(struct enforce *enforce);
/* enforce_ping - has the warden answered the last ping? If so, it is sent the next; else that is logged, once */
bool enforce_ping(struct enforce *enforce);
/* enforce_is_silent - the warden did not answer the last ping, or what it was asked ten seconds ago */
bool enforce_is_silent(const struct enforce *enforce);
/* enforce_is_behind - it did not answer what it was asked a second ago */
bool enforce_is_behind(const struct enforce *enforce);
const struct enforce_stats *enforce_stats(const struct enforce *enforce);

#endif
