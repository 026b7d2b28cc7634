/* blocklist - a file of addresses to drop, in any of the forms in which mail servers keep them
 *
 * Which form a file has is seen from what stands in it:
 *	plain		192.0.2.0/24 ; a note			one address or network a line; ; and # begin a comment
 *	access(5)	192.0.2 REJECT a text			the most specific line decides; a name is skipped
 *	cidr_table(5)	192.0.2.0/24 REJECT a text		the first line decides; it is this if a network has a length
 * with 192.0.2.* for a network in all of them. Refused for good (REJECT, 5xx) means dropped. Every other action is an
 * exception: the line drops nothing, and keeps a line that it would win against from doing so. Never looks a name up. */
#ifndef MAILWARD_BLOCKLIST_H
#define MAILWARD_BLOCKLIST_H

#include "base/problems.h"
#include "base/ranges.h"
#include "conf/blocklist_line.h"

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
	size_t count;
	size_t lines[BLOCKLIST_VERDICTS];	/* of each verdict */
	size_t names;		/* lines about names, skipped */
};

/* blocklist_read - read a file; false: something is wrong with it, which was reported, and the list must not be used
 * Owns: *list in either case until blocklist_fini(). */
bool blocklist_read(struct blocklist *list, const char *path, struct problems *problems);

/* blocklist_resolve - what the list drops, sealed, into *out, which is empty before
 * guarded: addresses that no list may drop (see ranges_add_own), or NULL. A line that would is reported; false then,
 * or when memory is out (reported, too). Tells of lines that another one keeps from having a say. */
bool blocklist_resolve(struct blocklist *list, const char *path, const struct ranges *guarded,
		       struct problems *problems, struct ranges *out);

/* blocklist_load - both; *list and *out are the caller's in either case */
bool blocklist_load(struct blocklist *list, const char *path, const struct ranges *guarded, struct problems *problems,
		    struct ranges *out);

/* blocklist_find - the line that decides about an address, or of those that hold all of a network, about it; NULL: none speaks of it.
 * Cost: looks at every entry. */
const struct blocklist_entry *blocklist_find(const struct blocklist *list, const struct prefix *prefix);

/* blocklists_each - load every blocklist of the config and hand it to fn with what it drops, the allow-list not yet
 * taken out; one that would drop this machine's own addresses is wrong
 * drops: fn may change it; NULL: something is wrong with the list, which was reported, and it must not be used. */
struct conf;
struct conf_blocklist;
typedef void blocklist_fn(void *arg, const struct conf_blocklist *conf, const struct blocklist *list,
			  struct ranges *drops);
void blocklists_each(const struct conf *conf, struct problems *problems, blocklist_fn *fn, void *arg);

void blocklist_fini(struct blocklist *list);

/* blocklist_form_name - "plain", "access(5)", "cidr_table(5)" */
const char *blocklist_form_name(enum blocklist_form form);

#endif
