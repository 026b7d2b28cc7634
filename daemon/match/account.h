/* account - a name that a client gave, as the judge gets it: a keyed hash, and two spellings of one mailbox are one
 *
 * Normalised first: ASCII letters small, what follows the delimiter cut off up to the @, a domain added where there is none
 * and one is configured ([names]). Any bytes, any length. The key is made at the first start and kept with the state: the
 * hashes tell nobody which names there are. SipHash-2-4 (Aumasson and Bernstein, 2012). */
#ifndef MAILWARD_ACCOUNT_H
#define MAILWARD_ACCOUNT_H

#include "base/text.h"
#include "conf/conf.h"

struct name_key {
	uint64_t k[2];
};

/* name_key_make - from the kernel's random numbers */
void name_key_make(struct name_key *key);

/* name_hash - of any bytes; never 0 */
uint64_t name_hash(const struct name_key *key, struct text bytes);

/* account_hash - of an account or recipient, normalised; 0: the text is empty. *domain: the hash of what follows its last @,
 * *local: of what stands before it; 0: there is none. Cost: O(len). */
uint64_t account_hash(const struct name_key *key, const struct names_conf *conf, struct text account, uint32_t *domain,
		      uint64_t *local);

#endif
