/* health - is all well, and if not, what is wrong, in words: for status, its --check and whoever watches
 *
 * Silence is trouble, too: a source that usually speaks, a rule that used to match and stopped, since a new version of the
 * server has changed its words. So is a ban that does not bite. Owns nothing: asks the others, changes nothing. */
#ifndef MAILWARD_HEALTH_H
#define MAILWARD_HEALTH_H

#include "service/daemon_state.h"

#define HEALTH_SILENCE_LINES 100	/* so many live lines must a source have had */
#define HEALTH_SILENCE_S 900		/* and so long be silent, and three times its longest silence before */
#define HEALTH_RULE_ERRORS 50		/* so often must a rule have counted, */
#define HEALTH_RULE_SILENT_S (7 * 86400)	/* and have been silent for so long, */
#define HEALTH_RULE_GONE_S (30 * 86400)		/* and not for longer */

#define HEALTH_ALONE_S 60		/* so long may a host of a fleet count alone, or another not be believed */

enum trouble_kind { TROUBLE_SOURCE, TROUBLE_SILENT_SOURCE, TROUBLE_STORE, TROUBLE_WARDEN, TROUBLE_BLOCKLIST, TROUBLE_UNBITTEN,
		    TROUBLE_SILENT_RULE, TROUBLE_ALONE, TROUBLE_DOUBTED, TROUBLE_KINDS };
extern const char *const trouble_names[TROUBLE_KINDS];	/* words with hyphens, for programs */

struct trouble {
	enum trouble_kind kind;
	bool critical;		/* nothing is read, or nobody is dropped */
	char text[512];		/* escaped */
};

/* health_troubles - what is wrong now, the worst first; returns how many there are */
typedef void trouble_fn(void *arg, const struct trouble *trouble);
unsigned health_troubles(const struct daemon *daemon, trouble_fn *fn, void *arg);

#endif
