/* ruleset - see ruleset.h
 *
 *	table inet mailward {
 *		comment "mailward: who may not speak to the mail server for now"
 *		set allow4 { type ipv4_addr; flags constant, interval; }	likewise allow6
 *		set ban4 { type ipv4_addr; flags timeout; }		likewise ban6, and one for each other length in use
 *		set block4_24 { type ipv4_addr; size 1314; }		likewise for each length in a blocklist, and block6_48 ...
 *		set ports { type inet_service; flags constant; elements = { 25, 465, ... } }
 *		chain prerouting {
 *			type filter hook prerouting priority -310; policy accept;
 *			iif "lo" accept
 *			tcp dport @ports jump gate
 *		}
 *		chain gate {
 *			ip saddr @ban4 counter goto drop_unless_allowed
 *			ip6 saddr & ffff:ffff:ffff:ffff:: @ban6 counter goto drop_unless_allowed
 *			tcp flags syn / fin,syn,rst,ack jump block
 *		}
 *		chain block {
 *			meta nfproto ipv4 goto block4
 *			meta nfproto ipv6 goto block6
 *		}
 *		chain block4 {
 *			ip saddr & 255.255.255.0 @block4_24 counter goto drop_unless_allowed
 *		}
 *		chain block6 { likewise }
 *		chain drop_unless_allowed {
 *			ip saddr @allow4 accept
 *			ip6 saddr @allow6 accept
 *			drop
 *		}
 *	}
 *
 * -310 is before conntrack and DNAT: a drop costs least there and covers published container ports too.
 * A ban of any length is a hash set of its own, looked up by the masked address: bans of different lengths may overlap,
 * and each costs the same however many there are. So it is with the blocklists, which may need many of them, and are
 * looked at for the first packet of a connection alone; block_sets.c fills and replaces them. The allow-list is an
 * interval set, dear to look up, and asked only about who would be dropped: that is 355 -> 220 ns for each packet of
 * every session. Nobody can change a constant set once a rule looks it up: its elements come before that rule. */
#include "warden/ruleset.h"

#include <netinet/in.h>	/* before linux/in.h, which knows how to yield to it */
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "warden/elements.h"
#include "warden/set.h"

#define PROBE_NAME TABLE_NAME "-probe"
#define CHAIN_HOOK "prerouting"
#define CHAIN_GATE "gate"
#define CHAIN_BLOCK "block"
#define CHAIN_BLOCK4 "block4"
#define CHAIN_BLOCK6 "block6"
#define CHAIN_DROP "drop_unless_allowed"
#define PRIORITY (-310)
#define GC_INTERVAL_MS 30000	/* the default of 1 s walks a large set all the time */

/* Nft's numbers for the types of set keys. */
enum { TYPE_IPV4_ADDR = 7, TYPE_IPV6_ADDR = 8, TYPE_INET_SERVICE = 13 };

/* What a message speaks of, by its type; its name stands in that attribute. */
static const struct {
	uint8_t type;
	uint16_t name;
	const char *what;
} objects[] = {
	{ NFT_MSG_NEWTABLE, NFTA_TABLE_NAME, "table" },
	{ NFT_MSG_DELTABLE, NFTA_TABLE_NAME, "table" },
	{ NFT_MSG_NEWCHAIN, NFTA_CHAIN_NAME, "chain" },
	{ NFT_MSG_NEWRULE, NFTA_RULE_CHAIN, "a rule of chain" },
	{ NFT_MSG_NEWSET, NFTA_SET_NAME, "set" },
	{ NFT_MSG_NEWSETELEM, NFTA_SET_ELEM_LIST_SET, "the elements of set" },
};

static int note_name(const struct nlattr *attr, void *names)
{
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= NFTA_CHAIN_NAME)
		((const char **)names)[type] = mnl_attr_get_payload(attr);
	return MNL_CB_OK;
}

const char *ruleset_what(const struct batch *batch)
{
	static char what[80];
	const struct nlmsghdr *message = batch_refused(batch);
	const char *names[NFTA_CHAIN_NAME + 1] = { NULL };

	if (!message)
		return "the batch";
	mnl_attr_parse(message, sizeof(struct nfgenmsg), note_name, names);
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++)
		if (objects[i].type == (message->nlmsg_type & 0xff) && names[objects[i].name]) {
			snprintf(what, sizeof(what), "%s %s", objects[i].what, names[objects[i].name]);
			return what;
		}
	return "a deletion";
}

/* Objects of a few bytes, at start or once for a new length: the warden has no way to go on without them. */
static void *have(void *object)
{
	if (!object) {
		log_error("out of memory");
		_exit(EXIT_FAILURE);
	}
	return object;
}

static struct nftnl_udata_buf *comment(uint8_t type, const char *text)
{
	struct nftnl_udata_buf *udata = have(nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN + 8));
	nftnl_udata_put_strz(udata, type, text);
	return udata;
}

static void put_table(struct batch *batch, uint16_t type, const char *name, uint32_t flags)
{
	struct nftnl_table *table = have(nftnl_table_alloc());
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, name);
	if (type == NFT_MSG_NEWTABLE) {
		struct nftnl_udata_buf *udata = comment(NFTNL_UDATA_TABLE_COMMENT,
			"mailward: who may not speak to the mail server for now");
		nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, flags);
		nftnl_table_set_data(table, NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(udata), nftnl_udata_buf_len(udata));
		nftnl_udata_buf_free(udata);
	}
	nftnl_table_nlmsg_build_payload(batch_message(batch, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0), table);
	nftnl_table_free(table);
}

/* The size is a limit, and 0 none. */
static void put_set(struct batch *batch, const char *name, uint32_t key_type, uint32_t flags, uint32_t size, const char *about)
{
	struct nftnl_set *set = have(nftnl_set_alloc());
	struct nftnl_udata_buf *udata = comment(NFTNL_UDATA_SET_COMMENT, about);

	nftnl_set_set_str(set, NFTNL_SET_TABLE, TABLE_NAME);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(set, NFTNL_SET_ID, batch->seq);	/* any number that no other set of the batch has */
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, key_type);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key_type == TYPE_INET_SERVICE ? 2 : key_type == TYPE_IPV4_ADDR ? 4 : 16);
	if (flags & NFT_SET_TIMEOUT)
		nftnl_set_set_u32(set, NFTNL_SET_GC_INTERVAL, GC_INTERVAL_MS);
	if (size)
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, size);
	nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(udata), nftnl_udata_buf_len(udata));
	nftnl_set_nlmsg_build_payload(batch_message(batch, NFT_MSG_NEWSET, NLM_F_CREATE), set);
	nftnl_udata_buf_free(udata);
	nftnl_set_free(set);
}

static void put_chain(struct batch *batch, const char *name, bool hooked)
{
	struct nftnl_chain *chain = have(nftnl_chain_alloc());

	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, TABLE_NAME);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	if (hooked) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
		nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, PRIORITY);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	nftnl_chain_nlmsg_build_payload(batch_message(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE), chain);
	nftnl_chain_free(chain);
}

static struct nftnl_expr *expr(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *e = have(nftnl_expr_alloc(name));
	nftnl_rule_add_expr(rule, e);
	return e;
}

static void expr_meta(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *e = expr(rule, "meta");
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void expr_equal(struct nftnl_rule *rule, const void *data, uint32_t len)
{
	struct nftnl_expr *e = expr(rule, "cmp");
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
}

static void expr_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t len)
{
	struct nftnl_expr *e = expr(rule, "payload");
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
}

static void expr_mask(struct nftnl_rule *rule, const uint8_t *mask, uint32_t len)
{
	static const uint8_t zero[16];
	struct nftnl_expr *e = expr(rule, "bitwise");
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, mask, len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, zero, len);
}

static void expr_lookup(struct nftnl_rule *rule, const char *set)
{
	struct nftnl_expr *e = expr(rule, "lookup");
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set);
}

static void expr_verdict(struct nftnl_rule *rule, int verdict, const char *chain)
{
	struct nftnl_expr *e = expr(rule, "immediate");
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
}

static struct nftnl_rule *rule_begin(const char *chain)
{
	struct nftnl_rule *rule = have(nftnl_rule_alloc());
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, TABLE_NAME);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	return rule;
}

static void put_rule(struct batch *batch, struct nftnl_rule *rule)
{
	nftnl_rule_nlmsg_build_payload(batch_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND), rule);
	nftnl_rule_free(rule);
}

/* "iif lo accept" */
static void put_loopback_rule(struct batch *batch)
{
	static const uint32_t lo = 1;	/* in every network namespace */
	struct nftnl_rule *rule = rule_begin(CHAIN_HOOK);

	expr_meta(rule, NFT_META_IIF);
	expr_equal(rule, &lo, sizeof(lo));
	expr_verdict(rule, NF_ACCEPT, NULL);
	put_rule(batch, rule);
}

/* "tcp dport @ports jump gate", or just "jump gate" */
static void put_port_rule(struct batch *batch, bool all_ports)
{
	static const uint8_t tcp = IPPROTO_TCP;
	struct nftnl_rule *rule = rule_begin(CHAIN_HOOK);

	if (!all_ports) {
		expr_meta(rule, NFT_META_L4PROTO);
		expr_equal(rule, &tcp, sizeof(tcp));
		expr_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
		expr_lookup(rule, "ports");
	}
	expr_verdict(rule, NFT_JUMP, CHAIN_GATE);
	put_rule(batch, rule);
}

static void expr_family(struct nftnl_rule *rule, bool v4)
{
	uint8_t family = v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;

	expr_meta(rule, NFT_META_NFPROTO);
	expr_equal(rule, &family, sizeof(family));
}

/* "ip saddr [& mask] @set" */
static void expr_source(struct nftnl_rule *rule, const char *set, unsigned id)
{
	static const struct addr ones = { { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 } };
	bool v4 = set_v4(id);
	uint32_t key_len = (uint32_t)set_key_len(v4);

	expr_family(rule, v4);
	expr_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8, key_len);
	if (set_len(id) < 128) {
		struct addr mask = addr_mask(&ones, set_len(id));
		expr_mask(rule, set_key(v4, &mask), key_len);
	}
	expr_lookup(rule, set);
}

static void put_drop_rule(struct batch *batch, const char *chain, const char *set, unsigned id)
{
	struct nftnl_rule *rule = rule_begin(chain);

	expr_source(rule, set, id);
	expr(rule, "counter");
	expr_verdict(rule, NFT_GOTO, CHAIN_DROP);
	put_rule(batch, rule);
}

/* "tcp flags syn / fin,syn,rst,ack jump block": somebody wants to connect. */
static void put_opening_rule(struct batch *batch)
{
	static const uint8_t tcp = IPPROTO_TCP, mask = 0x17, syn = 0x02;
	struct nftnl_rule *rule = rule_begin(CHAIN_GATE);

	expr_meta(rule, NFT_META_L4PROTO);
	expr_equal(rule, &tcp, sizeof(tcp));
	expr_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 13, sizeof(mask));
	expr_mask(rule, &mask, sizeof(mask));
	expr_equal(rule, &syn, sizeof(syn));
	expr_verdict(rule, NFT_JUMP, CHAIN_BLOCK);
	put_rule(batch, rule);
}

static void put_family_rule(struct batch *batch, bool v4)
{
	struct nftnl_rule *rule = rule_begin(CHAIN_BLOCK);

	expr_family(rule, v4);
	expr_verdict(rule, NFT_GOTO, v4 ? CHAIN_BLOCK4 : CHAIN_BLOCK6);
	put_rule(batch, rule);
}

static uint32_t type_of(bool v4)
{
	return v4 ? TYPE_IPV4_ADDR : TYPE_IPV6_ADDR;
}

void ruleset_put_ban_set(struct batch *batch, unsigned id, unsigned ipv6_prefix)
{
	char name[SET_NAME_SIZE], about[64] = "banned hosts";

	if (set_len(id) < 128)
		snprintf(about, sizeof(about), "banned networks of /%u", set_own_len(id));
	ruleset_ban_set_name(name, id, ipv6_prefix);
	put_set(batch, name, type_of(set_v4(id)), NFT_SET_TIMEOUT, 0, about);
	put_drop_rule(batch, CHAIN_GATE, name, id);
}

static void put_ports(struct batch *batch, const struct conf *conf)
{
	struct elements elements;

	if (conf->all_ports || conf->port_count == 0)
		return;
	elements_begin(&elements, batch, NFT_MSG_NEWSETELEM, "ports");
	for (size_t i = 0; i < conf->port_count; i++) {
		const uint8_t key[2] = { (uint8_t)(conf->ports[i] >> 8), (uint8_t)conf->ports[i] };
		elements_put(&elements, &(struct element){ .key = key, .key_len = sizeof(key) });
	}
	elements_end(&elements);
}

void ruleset_delete(struct batch *batch, uint32_t flags)
{
	put_table(batch, NFT_MSG_NEWTABLE, TABLE_NAME, flags);	/* so that the deletion finds one */
	put_table(batch, NFT_MSG_DELTABLE, TABLE_NAME, 0);
}

void ruleset_put_probe(struct batch *batch, uint32_t flags)
{
	put_table(batch, NFT_MSG_NEWTABLE, PROBE_NAME, flags);
	put_table(batch, NFT_MSG_DELTABLE, PROBE_NAME, 0);
}

void ruleset_put_claim(struct batch *batch, uint32_t flags)
{
	put_table(batch, NFT_MSG_NEWTABLE, TABLE_NAME, flags);
}

static void put_allow(struct batch *batch, const char *set, const struct ranges *allow, bool v4)
{
	struct nftnl_rule *rule = rule_begin(CHAIN_DROP);

	put_set(batch, set, type_of(v4), NFT_SET_CONSTANT | NFT_SET_INTERVAL, 0, "never dropped");
	elements_put_ranges(batch, NFT_MSG_NEWSETELEM, set, allow, v4);
	expr_source(rule, set, set_id(v4, 128));
	expr_verdict(rule, NF_ACCEPT, NULL);
	put_rule(batch, rule);
}

static void put_allow_list(struct batch *batch, const struct ranges *allow)
{
	struct nftnl_rule *rule = rule_begin(CHAIN_DROP);

	put_allow(batch, "allow4", allow, true);
	put_allow(batch, "allow6", allow, false);
	expr_verdict(rule, NF_DROP, NULL);
	put_rule(batch, rule);
}

static void empty_chain(struct batch *batch, const char *chain)
{
	struct nlmsghdr *message = batch_message(batch, NFT_MSG_DELRULE, 0);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TABLE_NAME);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
}

static void delete_set(struct batch *batch, const char *set)
{
	struct nlmsghdr *message = batch_message(batch, NFT_MSG_DELSET, 0);

	mnl_attr_put_strz(message, NFTA_SET_TABLE, TABLE_NAME);
	mnl_attr_put_strz(message, NFTA_SET_NAME, set);
}

void ruleset_replace_allow_list(struct batch *batch, const struct ranges *allow)
{
	empty_chain(batch, CHAIN_DROP);
	delete_set(batch, "allow4");
	delete_set(batch, "allow6");
	put_allow_list(batch, allow);
}

void ruleset_put(struct batch *batch, const struct conf *conf, uint32_t seen_flags, uint32_t flags)
{
	static const char *const chains[] = { CHAIN_GATE, CHAIN_BLOCK, CHAIN_BLOCK4, CHAIN_BLOCK6, CHAIN_DROP };
	unsigned ipv6_prefix = conf->policy.ipv6_prefix;

	ruleset_delete(batch, seen_flags);
	put_table(batch, NFT_MSG_NEWTABLE, TABLE_NAME, flags);
	put_chain(batch, CHAIN_HOOK, true);
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++)
		put_chain(batch, chains[i], false);
	put_set(batch, "ports", TYPE_INET_SERVICE, NFT_SET_CONSTANT, 0,
		conf->all_ports ? "not used: all ports are guarded" : "what is guarded");
	put_ports(batch, conf);
	put_loopback_rule(batch);
	put_port_rule(batch, conf->all_ports);
	ruleset_put_ban_set(batch, set_id(true, 128), ipv6_prefix);
	ruleset_put_ban_set(batch, set_id(false, ipv6_prefix), ipv6_prefix);
	put_opening_rule(batch);
	put_family_rule(batch, true);
	put_family_rule(batch, false);
	put_allow_list(batch, &conf->allow);
}

void ruleset_put_block_set(struct batch *batch, unsigned id, bool second, uint32_t size)
{
	char name[SET_NAME_SIZE], about[64];

	snprintf(about, sizeof(about), "blocklists: networks of /%u", set_own_len(id));
	put_set(batch, ruleset_block_set_name(name, id, second), type_of(set_v4(id)), 0, size, about);
}

void ruleset_put_block_rule(struct batch *batch, unsigned id, bool second)
{
	char name[SET_NAME_SIZE];

	put_drop_rule(batch, set_v4(id) ? CHAIN_BLOCK4 : CHAIN_BLOCK6, ruleset_block_set_name(name, id, second), id);
}

void ruleset_empty_block(struct batch *batch)
{
	empty_chain(batch, CHAIN_BLOCK4);
	empty_chain(batch, CHAIN_BLOCK6);
}

void ruleset_delete_block_set(struct batch *batch, unsigned id, bool second)
{
	char name[SET_NAME_SIZE];

	delete_set(batch, ruleset_block_set_name(name, id, second));
}

char *ruleset_ban_set_name(char *dst, unsigned id, unsigned ipv6_prefix)
{
	int family = set_v4(id) ? 4 : 6;

	if (set_len(id) == (set_v4(id) ? 128 : ipv6_prefix))
		snprintf(dst, SET_NAME_SIZE, "ban%d", family);
	else
		snprintf(dst, SET_NAME_SIZE, "ban%d_%u", family, set_own_len(id));
	return dst;
}

char *ruleset_block_set_name(char *dst, unsigned id, bool second)
{
	snprintf(dst, SET_NAME_SIZE, "block%d_%u%s", set_v4(id) ? 4 : 6, set_own_len(id), second ? "b" : "");
	return dst;
}
