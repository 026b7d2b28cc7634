/* fleet_keys - the keys that all hosts of a fleet share: what seals their words, and what they hash names with
 *
 * A text file, the same on each host: "mac HEX" once or twice (32 bytes; the first seals, both are believed, so that it can be
 * changed host by host) and "names HEX" (16 bytes). They are two, since a new seal must not forget any name. */
#ifndef MAILWARD_FLEET_KEYS_H
#define MAILWARD_FLEET_KEYS_H

#include "base/problems.h"
#include "match/account.h"

#define FLEET_MAC_KEYS 2
#define FLEET_MAC_KEY_BYTES 32

struct fleet_keys {
	uint8_t mac[FLEET_MAC_KEYS][FLEET_MAC_KEY_BYTES];
	unsigned mac_count;
	struct name_key names;
};

/* fleet_keys_read - false: reported; a file that others than its owner and group may read is refused */
bool fleet_keys_read(struct fleet_keys *keys, const char *path, struct problems *problems);

/* fleet_keys_write - such a file: a new seal, and the key of names, or a new one where it is NULL. false: it could not be */
bool fleet_keys_write(FILE *out, const struct name_key *names);

#endif
