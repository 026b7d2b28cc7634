/* blocklist - a file of addresses to drop, in any of the forms in which mail servers keep them
 *
 * Which form a file has is seen from what stands in it:
 *	plain		192.0.2.0/24 ; a note			one address or network a line; ; and # begin a comment
 *	access(5)	192.0.2 REJECT a text			the most specific line decides; a name is skipped
 *	cidr_table(5)	192.0.2.0/24 REJECT a text		the first line decides; it is this if a network has a length
 * with 192.0.2.* for a network in all of them. Refused for good (REJECT, 5xx) means dropped. Every other action is an exception: the
 * line drops nothing, and keeps a line that it would win against from doing so. Never looks a name up. */
#ifndef MAILWARD_BLOCKLIST_H
#define MAILWARD_BLOCKLIST_H

#include "base/problems.h"
#include "base/ranges.h"

enum blocklist_form { BLOCKLIST_PLAIN, BLOCKLIST_ACCESS, BLOCKLIST_CIDR };

enum blocklist_verdict {
	BLOCKLIST_DROP,
	BLOCKLIST_EXCEPT,	/* OK, DUNNO, FILTER ...: whatever does not refuse */
	BLOCKLIST_DEFER,	/* DEFER, 4xx: a client that comes again may be let in, so it is not dropped */
	BLOCKLIST_VERDICTS,
};

#define BLOCKLIST_V4_LEN_MIN (96 + 8)	/* wider is no list, but a typing error */
#define BLOCKLIST_V6_LEN_MIN 19
#define BLOCKLIST_MESSAGES_MAX 20	/* of each kind about a file; the rest are counted */

struct blocklist {
	enum blocklist_form form;
	unsigned form_line;	/* the first line that told the form, 0: none */
	struct blocklist_entry {
		struct prefix prefix;
		uint8_t verdict;	/* enum blocklist_verdict */
		uint32_t line;
	} *at;			/* in the order of the lines; after blocklist_resolve() in that of the addresses */
	size_t count, room;
	size_t lines[BLOCKLIST_VERDICTS];	/* of each verdict */
	size_t names;		/* lines about names, skipped */
};

/* blocklist_read - read a file; false: something is wrong with it, which was reported, and the list must not be used
 * Owns: *list in either case until blocklist_fini(). */
bool blocklist_read(struct blocklist *list, const char *path, struct problems *problems);

/* blocklist_resolve - what the list drops, sealed, into *drops, which is empty before
 * guarded: addresses that no list may drop (see blocklist_guarded), or NULL. A line that would is reported; false then,
 * or when memory is out (reported, too). Tells of lines that another one keeps from having a say. */
bool blocklist_resolve(struct blocklist *list, const char *path, const struct ranges *guarded, struct problems *problems,
		       struct ranges *drops);

/* blocklist_load - both; *list and *drops are the caller's in either case */
bool blocklist_load(struct blocklist *list, const char *path, const struct ranges *guarded, struct problems *problems,
		    struct ranges *drops);

/* blocklist_find - the line that decides about an address; NULL: none speaks of it. Cost: looks at every entry. */
const struct blocklist_entry *blocklist_find(const struct blocklist *list, const struct addr *addr);

/* blocklist_guarded - loopback, this machine's addresses and its gateways. 0 or -errno; then what could be read is in. */
int blocklist_guarded(struct ranges *guarded);

void blocklist_fini(struct blocklist *list);

/* blocklist_form_name - "plain", "access(5)", "cidr_table(5)" */
const char *blocklist_form_name(enum blocklist_form form);

#endif
