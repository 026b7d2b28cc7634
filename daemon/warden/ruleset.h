/* ruleset - the table inet mailward: which sets, chains and rules it has
 *
 * Puts messages into a batch, which it never sends. What it builds is shown in ruleset.c, as nft prints it. */
#ifndef MAILWARD_RULESET_H
#define MAILWARD_RULESET_H

#include "conf/conf.h"
#include "warden/batch.h"

/* table flags, younger than the build's headers: the owner's socket alone may change the table; it stays without one */
#define TABLE_OWNER 0x2
#define TABLE_PERSIST 0x4

/* ruleset_put_probe - a table with these flags comes and goes unseen: does the kernel know them? */
void ruleset_put_probe(struct batch *batch, uint32_t flags);

/* ruleset_put_claim - our table, new or as it stands: EPERM if it is another's, EOPNOTSUPP if its flags are others */
void ruleset_put_claim(struct batch *batch, uint32_t flags);

/* ruleset_put - the whole table, whatever stood there before
 * flags: of the table; seen_flags: to name the table that may exist already by, so that it can be deleted. */
void ruleset_put(struct batch *batch, const struct conf *conf, uint32_t seen_flags, uint32_t flags);

/* ruleset_replace_allow_list - in the table that stands */
void ruleset_replace_allow_list(struct batch *batch, const struct conf *conf);

/* ruleset_what - what the message was about that the kernel refused: a text that is good until the next call */
const char *ruleset_what(const struct batch *batch);

/* ruleset_put_ban_set - a set for bans of one family and length, and the rule that drops by it
 * id: see set.h; one of a service's drops from its ports alone    ipv6_prefix: the length of the set that is called ban6 */
void ruleset_put_ban_set(struct batch *batch, unsigned id, unsigned ipv6_prefix);

/* ruleset_put_block_set - a set for the blocklists' networks of one family and length; size: how many it takes, at most
 * ruleset_put_block_rule - have the chain look it up    ruleset_empty_block - have it look up nothing
 * ruleset_delete_block_set - one that nothing looks up    second: that of the other name */
void ruleset_put_block_set(struct batch *batch, unsigned id, bool second, uint32_t size);
void ruleset_put_block_rule(struct batch *batch, unsigned id, bool second);
void ruleset_empty_block(struct batch *batch);
void ruleset_delete_block_set(struct batch *batch, unsigned id, bool second);

/* ruleset_delete - the table, present or not */
void ruleset_delete(struct batch *batch, uint32_t flags);

/* ruleset_ban_set_name - "ban4" for IPv4 hosts, "ban6" for IPv6 networks of the counting length, "ban4_24", "ban6_48"
 * for others; of the second service "ban4_s2", "ban4_24_s2"    ruleset_block_set_name - "block4_24", or the other name: "block4_24b". Both return dst. */
#define SET_NAME_SIZE 32
char *ruleset_ban_set_name(char *dst, unsigned id, unsigned ipv6_prefix);
char *ruleset_block_set_name(char *dst, unsigned id, bool second);

#endif
