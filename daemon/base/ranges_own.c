/* ranges_own - this machine's addresses and default gateways, which must never be banned
 *
 * Reads what the kernel says at this moment; a later change of address is seen at the next (re)load. */
#include "base/ranges.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>

static const struct addr v4_zero = { { [10] = 0xff, [11] = 0xff } };

static int add_host(struct ranges *ranges, const struct addr *addr)
{
	return ranges_add(ranges, &(struct prefix){ *addr, 128 });
}

static int add_interfaces(struct ranges *ranges)
{
	struct ifaddrs *all;
	int err = 0;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (const struct ifaddrs *i = all; i && err == 0; i = i->ifa_next) {
		struct addr addr = v4_zero;
		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			memcpy(addr.bytes + 12, &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr, 4);
		else if (i->ifa_addr->sa_family == AF_INET6)
			memcpy(addr.bytes, &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr, 16);
		else
			continue;
		err = add_host(ranges, &addr);
	}
	freeifaddrs(all);
	return err;
}

/* "eth0 00000000 0102A8C0 0003 0 0 0 00000000 ...": the words are the network-order bytes read as host integers. */
static bool gateway4(const char *line, struct addr *addr)
{
	uint32_t destination, gateway, mask;

	if (sscanf(line, "%*s %x %x %*s %*s %*s %*s %x", &destination, &gateway, &mask) != 3)
		return false;
	*addr = v4_zero;
	memcpy(addr->bytes + 12, &gateway, 4);
	return destination == 0 && mask == 0 && gateway != 0;
}

static bool hex_bytes(const char *hex, struct addr *addr)
{
	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		if (sscanf(hex + 2 * i, "%2hhx", &addr->bytes[i]) != 1)
			return false;
	return true;
}

/* "DESTINATION 00 SOURCE 00 NEXTHOP metric ...": 32 hexadecimal digits an address. */
static bool gateway6(const char *line, struct addr *addr)
{
	static const struct addr none;
	char destination[33], gateway[33];
	unsigned len;
	struct addr to;

	return sscanf(line, "%32s %x %*s %*s %32s", destination, &len, gateway) == 3 && len == 0 &&
		strlen(destination) == 32 && strlen(gateway) == 32 && hex_bytes(destination, &to) && hex_bytes(gateway, addr) &&
		addr_cmp(&to, &none) == 0 && addr_cmp(addr, &none) != 0;
}

static int add_gateways(struct ranges *ranges, const char *path, bool (*gateway)(const char *line, struct addr *addr))
{
	char line[512];
	struct addr addr;
	int err = 0;

	FILE *file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;	/* a kernel without this family */
	while (err == 0 && fgets(line, sizeof(line), file))
		if (gateway(line, &addr))
			err = add_host(ranges, &addr);
	fclose(file);
	return err;
}

int ranges_add_loopback(struct ranges *ranges)
{
	static const struct addr v4 = { { [10] = 0xff, [11] = 0xff, [12] = 127 } }, v6 = { { [15] = 1 } };
	int err = ranges_add(ranges, &(struct prefix){ v4, 96 + 8 });

	return err ? err : add_host(ranges, &v6);
}

int ranges_add_own(struct ranges *ranges)
{
	int loopback = ranges_add_loopback(ranges);
	int interfaces = add_interfaces(ranges);
	int four = add_gateways(ranges, "/proc/self/net/route", gateway4);
	int six = add_gateways(ranges, "/proc/self/net/ipv6_route", gateway6);

	ranges_seal(ranges);
	return loopback ? loopback : interfaces ? interfaces : four ? four : six;
}
