/* wire - see wire.h
 *
 * Judges one request by itself; whether the warden is willing to do it is the warden's business. */
#include "base/wire.h"

#define IPV4_LEN_MIN (96 + 16)
#define IPV6_LEN_MIN 32
#define ALLOWED_IPV6_LEN_MIN 64

static bool comment_valid(const char *comment)
{
	size_t len = strnlen(comment, WIRE_COMMENT_SIZE);

	if (len == WIRE_COMMENT_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		if (comment[i] < 0x20 || comment[i] > 0x7e)
			return false;
	return true;
}

bool wire_request_valid(const struct wire_request *request)
{
	static const struct prefix none;

	for (size_t i = 0; i < sizeof(request->padding); i++)
		if (request->padding[i] != 0)
			return false;
	if (request->cut > (request->op == WIRE_DROP) || request->fresh > (request->op == WIRE_DROP) ||
	    request->service > (request->op == WIRE_DROP ? WIRE_SERVICES_MAX : 0) || !comment_valid(request->comment))
		return false;
	switch (request->op) {
	case WIRE_DROP:
		return request->timeout_ms <= WIRE_TIMEOUT_MAX_MS && prefix_valid(&request->prefix);
	case WIRE_RELEASE:
	case WIRE_LOOK:
		return request->timeout_ms == 0 && prefix_valid(&request->prefix);
	case WIRE_ALLOW:
	case WIRE_UNALLOW:
		return request->timeout_ms == 0 && prefix_valid(&request->prefix) && wire_allowable(&request->prefix);
	case WIRE_CLEAR:
	case WIRE_BEGIN:
	case WIRE_COMMIT:
	case WIRE_PING:
	case WIRE_STANDING:
	case WIRE_FIGURES:
	case WIRE_STOP:
		return request->timeout_ms == 0 && memcmp(&request->prefix, &none, sizeof(none)) == 0;
	case WIRE_RELOAD:	/* with any bits in written */
	case WIRE_LISTS:
		return memcmp(&request->prefix, &none, sizeof(none)) == 0;
	default:
		return false;
	}
}

bool wire_allowable(const struct prefix *prefix)
{
	return prefix->len >= (addr_is_v4(&prefix->addr) ? 128 : ALLOWED_IPV6_LEN_MIN);
}

const char *wire_never_dropped(const struct prefix *prefix)
{
	static const struct addr ipv4 = { { [10] = 0xff, [11] = 0xff } };
	struct addr masked = addr_mask(&ipv4, prefix->len);
	bool v4 = addr_is_v4(&prefix->addr);

	if (!v4 && addr_cmp(&masked, &prefix->addr) == 0)
		return "all of IPv4 is in it";
	return prefix->len < (v4 ? IPV4_LEN_MIN : IPV6_LEN_MIN) ? "wider than IPv4 /16 or IPv6 /32" : NULL;
}
