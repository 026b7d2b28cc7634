/* fuzz_wire - any bytes from a broken engine: the warden takes only what its contract allows, and can put it into words
 *
 * The input is requests one after the other. What the warden is willing to do becomes netlink messages, which are read
 * back; nothing is sent. */
#include "warden/serve.c"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "fuzz.h"
#include "warden/elements.h"

static struct conf conf = { .max_bans = UINT32_MAX, .policy = { .ipv6_prefix = 64, .network_limit = 1 } };

static void protect(struct text text)
{
	struct prefix prefix;

	must_hold(prefix_parse(text, true, &prefix) == NULL && ranges_add(&conf.allow, &prefix) == 0);
	ranges_seal(&conf.allow);
}

static bool zero(const void *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((const uint8_t *)at)[i])
			return false;
	return true;
}

/* the contract of wire.h, said once more and in another way */
static void valid(const struct wire_request *request)
{
	must_hold(request->op >= WIRE_DROP && request->op <= WIRE_FIGURES && zero(request->padding, sizeof(request->padding)));
	must_hold(request->timeout_ms <= (request->op == WIRE_DROP ? WIRE_TIMEOUT_MAX_MS : 0) &&
		  request->cut <= 1 && request->fresh <= 1 && request->service <= (request->op == WIRE_DROP ? 15 : 0));
	must_hold(memchr(request->comment, '\0', sizeof(request->comment)));
	for (const char *c = request->comment; *c; c++)
		must_hold(*c >= 0x20 && *c <= 0x7e);
	if (request->op == WIRE_ALLOW || request->op == WIRE_UNALLOW)
		must_hold(request->prefix.len <= 128 && request->prefix.len >= (addr_is_v4(&request->prefix.addr) ? 128 : 64));
	else if (request->op != WIRE_DROP && request->op != WIRE_RELEASE && request->op != WIRE_LOOK)
		must_hold(zero(&request->prefix, sizeof(request->prefix)));
	else
		must_hold(request->prefix.len <= 128 && prefix_contains(&request->prefix, &request->prefix.addr));
}

static void willing(const struct wire_request *request)
{
	const struct prefix *prefix = &request->prefix;
	struct addr last = addr_last(prefix);

	must_hold(prefix->len >= (addr_is_v4(&prefix->addr) ? 112 : 32) && addr_is_v4(&last) == addr_is_v4(&prefix->addr));
	for (size_t i = 0; i < conf.allow.count; i++)	/* an address in a network the kernel lets through */
		must_hold(addr_cmp(&conf.allow.at[i].last, &last) < 0 || addr_cmp(&prefix->addr, &conf.allow.at[i].first) < 0);
}

static size_t members(const struct nlattr *list)
{
	const struct nlattr *item = mnl_attr_get_payload(list);
	const char *end = (const char *)item + mnl_attr_get_payload_len(list);
	size_t count = 0;

	for (; mnl_attr_ok(item, (int)(end - (const char *)item)); item = mnl_attr_next(item))
		count++;
	must_hold((const char *)item == end);
	return count;
}

/* each message and each attribute within the one around it, one element a request */
static void well_formed(const struct batch *batch, size_t count)
{
	const struct nlmsghdr *message = (const void *)batch->buffer;
	int left = (int)(batch->used + (batch->message ? batch->message->nlmsg_len : 0));
	const struct nlattr *attr;

	for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
		must_hold(message->nlmsg_len <= BATCH_MESSAGE_MAX);
		const char *end = mnl_nlmsg_get_payload_tail(message);
		for (attr = mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg));
		     mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr))
			count -= mnl_attr_get_type(attr) == NFTA_SET_ELEM_LIST_ELEMENTS ? members(attr) : 0;
		must_hold((const char *)attr == end);
	}
	must_hold(left == 0 && count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct batch batch = { .room = 4 * BATCH_MESSAGE_MAX };
	struct elements elements;
	size_t count = 0;

	if (!warden.conf) {
		protect(TEXT("192.0.2.0/25"));
		protect(TEXT("2001:db8:1::/48"));
	}
	warden.conf = &conf;
	quota_fill(&warden.quota, &conf, now_ms());
	must_hold((batch.buffer = malloc(batch.room)));
	batch_begin(&batch);
	elements_begin(&elements, &batch, NFT_MSG_NEWSETELEM, "ban6");
	for (; size >= sizeof(struct wire_request); data += sizeof(struct wire_request), size -= sizeof(struct wire_request)) {
		struct wire_request request;
		uint32_t retry_ms;

		memcpy(&request, data, sizeof(request));
		if (!wire_request_valid(&request))
			continue;
		valid(&request);
		if (judge(&request, &retry_ms) != 0 || request.op != WIRE_DROP)
			continue;
		willing(&request);
		elements_put(&elements, &(struct element){ request.prefix.addr.bytes, 16, 0, request.timeout_ms, request.comment,
			request.cut != 0 });
		count++;
	}
	elements_end(&elements);
	well_formed(&batch, count);
	free(batch.buffer);
	return 0;
}
