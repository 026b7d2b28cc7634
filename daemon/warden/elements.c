/* elements - see elements.h */
#include "warden/elements.h"

#include <endian.h>
#include <linux/netfilter/nf_tables.h>

#include "warden/set.h"

#define COMMENT_MAX 253
/* The largest element: three headers, an IPv6 key, flags, timeout, counter, comment. */
#define ELEMENT_MAX_BYTES (96 + COMMENT_MAX + 3)

void elements_begin(struct elements *elements, struct batch *batch, uint16_t type, const char *set)
{
	*elements = (struct elements){ .batch = batch, .set = set, .type = type };
	elements->message = batch_message(batch, type, type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	mnl_attr_put_strz(elements->message, NFTA_SET_ELEM_LIST_TABLE, TABLE_NAME);
	mnl_attr_put_strz(elements->message, NFTA_SET_ELEM_LIST_SET, set);
	elements->list = mnl_attr_nest_start(elements->message, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void elements_end(struct elements *elements)
{
	mnl_attr_nest_end(elements->message, elements->list);
}

/* Nft's own form: type, length with the NUL, text. */
static void put_comment(struct nlmsghdr *message, const char *comment)
{
	uint8_t data[2 + COMMENT_MAX + 1];
	size_t len = strnlen(comment, COMMENT_MAX);

	data[0] = 0;
	data[1] = (uint8_t)(len + 1);
	memcpy(data + 2, comment, len);
	data[2 + len] = '\0';
	mnl_attr_put(message, NFTA_SET_ELEM_USERDATA, len + 3, data);
}

static void put_counter(struct nlmsghdr *message)
{
	struct nlattr *expr = mnl_attr_nest_start(message, NFTA_SET_ELEM_EXPR);

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "counter");
	mnl_attr_nest_end(message, mnl_attr_nest_start(message, NFTA_EXPR_DATA));
	mnl_attr_nest_end(message, expr);
}

void elements_put(struct elements *elements, const struct element *element)
{
	if (elements->message->nlmsg_len + ELEMENT_MAX_BYTES > BATCH_MESSAGE_MAX) {
		elements_end(elements);
		elements_begin(elements, elements->batch, elements->type, elements->set);
	}
	struct nlmsghdr *message = elements->message;
	struct nlattr *item = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	struct nlattr *key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, element->key_len, element->key);
	mnl_attr_nest_end(message, key);
	if (element->flags)
		mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htobe32(element->flags));
	if (element->timeout_ms)
		mnl_attr_put_u64(message, NFTA_SET_ELEM_TIMEOUT, htobe64(element->timeout_ms));
	if (element->counted)
		put_counter(message);
	if (element->comment)
		put_comment(message, element->comment);
	mnl_attr_nest_end(message, item);
}

void elements_flush(struct batch *batch, const char *set)
{
	struct nlmsghdr *message = batch_message(batch, NFT_MSG_DELSETELEM, 0);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, TABLE_NAME);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
}

/* The address after the last one of a range; false: there is none, and the interval stays open. */
static bool after(uint8_t *next, const uint8_t *last, size_t len)
{
	memcpy(next, last, len);
	for (size_t i = len; i-- > 0;)
		if (++next[i] != 0)
			return true;
	return false;
}

void elements_put_ranges(struct batch *batch, uint16_t type, const char *set, const struct ranges *ranges, bool v4)
{
	struct elements elements = { 0 };

	for (size_t i = 0; i < ranges->count; i++) {
		const struct range *range = &ranges->at[i];
		uint8_t end[16];
		if ((addr_is_v4(&range->first) && addr_is_v4(&range->last)) != v4)
			continue;
		if (!elements.message)
			elements_begin(&elements, batch, type, set);
		elements_put(&elements, &(struct element){ .key = set_key(v4, &range->first), .key_len = set_key_len(v4) });
		if (after(end, set_key(v4, &range->last), set_key_len(v4)))
			elements_put(&elements, &(struct element){ .key = end, .key_len = set_key_len(v4),
				.flags = NFT_SET_ELEM_INTERVAL_END });
	}
	if (elements.message)
		elements_end(&elements);
}
