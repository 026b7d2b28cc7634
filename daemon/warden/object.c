/* object - see object.h */
#include "warden/object.h"

#include <netinet/in.h>	/* before linux/in.h, which knows how to yield to it */
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "warden/elements.h"
#include "warden/set.h"

#define PRIORITY (-310)
#define GC_INTERVAL_MS 30000	/* the default of 1 s walks a large set all the time */

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

void object_put_table(struct batch *batch, uint16_t type, const char *name, uint32_t flags)
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

void object_put_set(struct batch *batch, const char *name, enum object_key key, uint32_t flags, uint32_t size, const char *about)
{
	struct nftnl_set *set = have(nftnl_set_alloc());
	struct nftnl_udata_buf *udata = comment(NFTNL_UDATA_SET_COMMENT, about);

	nftnl_set_set_str(set, NFTNL_SET_TABLE, TABLE_NAME);
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(set, NFTNL_SET_ID, batch->seq);	/* any number that no other set of the batch has */
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE, key);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, key == OBJECT_PORT ? 2 : key == OBJECT_IPV4_ADDR ? 4 : 16);
	if (flags & NFT_SET_TIMEOUT)
		nftnl_set_set_u32(set, NFTNL_SET_GC_INTERVAL, GC_INTERVAL_MS);
	if (size)
		nftnl_set_set_u32(set, NFTNL_SET_DESC_SIZE, size);
	nftnl_set_set_data(set, NFTNL_SET_USERDATA, nftnl_udata_buf_data(udata), nftnl_udata_buf_len(udata));
	nftnl_set_nlmsg_build_payload(batch_message(batch, NFT_MSG_NEWSET, NLM_F_CREATE), set);
	nftnl_udata_buf_free(udata);
	nftnl_set_free(set);
}

struct about {
	char *dst;
	size_t size;
};

static int note_about(const struct nftnl_udata *attr, void *arg)
{
	const struct about *about = arg;

	if (nftnl_udata_type(attr) == NFTNL_UDATA_SET_COMMENT)
		snprintf(about->dst, about->size, "%.*s", (int)nftnl_udata_len(attr), (const char *)nftnl_udata_get(attr));
	return 0;
}

char *object_read_about(char *dst, size_t size, const void *data, size_t len)
{
	*dst = '\0';
	nftnl_udata_parse(data, (uint32_t)len, note_about, &(struct about){ dst, size });
	return dst;
}

void object_put_chain(struct batch *batch, const char *name, bool hooked)
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

void rule_meta(struct nftnl_rule *rule, uint32_t key)
{
	struct nftnl_expr *e = expr(rule, "meta");
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

void rule_equal(struct nftnl_rule *rule, const void *data, uint32_t len)
{
	struct nftnl_expr *e = expr(rule, "cmp");
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, data, len);
}

void rule_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t len)
{
	struct nftnl_expr *e = expr(rule, "payload");
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
}

void rule_mask(struct nftnl_rule *rule, const uint8_t *mask, uint32_t len)
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

void rule_lookup(struct nftnl_rule *rule, const char *set)
{
	struct nftnl_expr *e = expr(rule, "lookup");
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set);
}

void rule_counter(struct nftnl_rule *rule)
{
	expr(rule, "counter");
}

void rule_verdict(struct nftnl_rule *rule, int verdict, const char *chain)
{
	struct nftnl_expr *e = expr(rule, "immediate");
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	if (chain)
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
}

void rule_family(struct nftnl_rule *rule, bool v4)
{
	uint8_t family = v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;

	rule_meta(rule, NFT_META_NFPROTO);
	rule_equal(rule, &family, sizeof(family));
}

static void source(struct nftnl_rule *rule, const char *set, unsigned id, uint32_t offset)
{
	static const struct addr ones = { { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 } };
	bool v4 = set_v4(id);
	uint32_t key_len = (uint32_t)set_key_len(v4);

	rule_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, offset, key_len);
	if (set_len(id) < 128) {
		struct addr mask = addr_mask(&ones, set_len(id));
		rule_mask(rule, set_key(v4, &mask), key_len);
	}
	rule_lookup(rule, set);
}

void rule_source(struct nftnl_rule *rule, const char *set, unsigned id)
{
	rule_family(rule, set_v4(id));
	source(rule, set, id, set_v4(id) ? 12 : 8);
}

void rule_translated(struct nftnl_rule *rule, const struct addr *head)
{
	rule_family(rule, false);
	rule_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 8, 12);
	rule_equal(rule, head->bytes, 12);
}

void rule_source_within(struct nftnl_rule *rule, const char *set, unsigned id)
{
	source(rule, set, id, 20);
}

struct nftnl_rule *object_rule(const char *chain)
{
	struct nftnl_rule *rule = have(nftnl_rule_alloc());
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, TABLE_NAME);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	return rule;
}

void object_put_rule(struct batch *batch, struct nftnl_rule *rule)
{
	nftnl_rule_nlmsg_build_payload(batch_message(batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND), rule);
	nftnl_rule_free(rule);
}

void object_empty_chain(struct batch *batch, const char *chain)
{
	struct nlmsghdr *message = batch_message(batch, NFT_MSG_DELRULE, 0);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TABLE_NAME);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
}

void object_delete_set(struct batch *batch, const char *set)
{
	struct nlmsghdr *message = batch_message(batch, NFT_MSG_DELSET, 0);

	mnl_attr_put_strz(message, NFTA_SET_TABLE, TABLE_NAME);
	mnl_attr_put_strz(message, NFTA_SET_NAME, set);
}
