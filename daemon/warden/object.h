/* object - tables, chains, sets and rules of nf_tables, one by one, through libnftnl
 *
 * Puts messages into a batch. Ends the process when it is out of memory for a few bytes: the warden has no way to go on
 * without them. Knows what nft prints so that nft can print it, and nothing of what the table is for. */
#ifndef MAILWARD_OBJECT_H
#define MAILWARD_OBJECT_H

#include "base/addr.h"
#include "warden/batch.h"

/* nft's numbers for the types of set keys */
enum object_key { OBJECT_IPV4_ADDR = 7, OBJECT_IPV6_ADDR = 8, OBJECT_PORT = 13 };

/* object_put_table - type: NFT_MSG_NEWTABLE or NFT_MSG_DELTABLE, which names no flags */
void object_put_table(struct batch *batch, uint16_t type, const char *name, uint32_t flags);

/* object_put_chain - hooked: where packets come in, before all that knows connections; else it is jumped to */
void object_put_chain(struct batch *batch, const char *name, bool hooked);
void object_empty_chain(struct batch *batch, const char *chain);

/* object_put_set - flags: NFT_SET_...; size: how many elements it takes, 0: any number; about: a comment */
void object_put_set(struct batch *batch, const char *name, enum object_key key, uint32_t flags, uint32_t size, const char *about);
void object_delete_set(struct batch *batch, const char *set);

/* object_read_about - the comment of a set that the kernel tells of, from its user data; "" if there is none. Returns dst */
char *object_read_about(char *dst, size_t size, const void *data, size_t len);

/* object_rule - begin a rule; rule_... add what it asks and does    object_put_rule - append it to its chain */
struct nftnl_rule;
struct nftnl_rule *object_rule(const char *chain);
void object_put_rule(struct batch *batch, struct nftnl_rule *rule);

/* One register: what meta or payload has put there is masked, compared or looked up. */
void rule_meta(struct nftnl_rule *rule, uint32_t key);
void rule_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t len);
void rule_mask(struct nftnl_rule *rule, const uint8_t *mask, uint32_t len);
void rule_equal(struct nftnl_rule *rule, const void *data, uint32_t len);
void rule_lookup(struct nftnl_rule *rule, const char *set);
void rule_counter(struct nftnl_rule *rule);
/* chain: of NFT_JUMP and NFT_GOTO, else NULL */
void rule_verdict(struct nftnl_rule *rule, int verdict, const char *chain);

/* rule_family - "meta nfproto ipv4"    rule_source - "ip saddr [& mask] @set"; id: see set.h */
void rule_family(struct nftnl_rule *rule, bool v4);
void rule_source(struct nftnl_rule *rule, const char *set, unsigned id);

/* rule_translated - "ip6 saddr & /96 == head"    rule_source_within - the IPv4 address at the end of an IPv6 one, looked up */
void rule_translated(struct nftnl_rule *rule, const struct addr *head);
void rule_source_within(struct nftnl_rule *rule, const char *set, unsigned id);

#endif
