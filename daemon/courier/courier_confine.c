/* courier_confine - see courier_confine.h
 *
 * A unix socket is reached by its path without any file being opened: of groups the courier keeps those of its user, so that
 * he may be a member of the server's. */
#include "courier/courier_confine.h"

#include <sys/socket.h>

#include "base/array.h"
#include "base/confine.h"

static const struct confine_call only[] = {
	{ "socket", 0, UINT32_MAX, AF_INET },
	{ "socket", 0, UINT32_MAX, AF_INET6 },
	{ "socket", 0, UINT32_MAX, AF_UNIX },
};

/* OpenSSL looks for a file of its own at times, and does without. */
static const struct confine_calls carrier = { "connect send recv", "open openat", only, COUNT(only) };

/* With what the carrier needs to become less. */
static const struct confine_calls keeper = {
	"connect send recv clone fork wait4 waitid prctl capget capset seccomp landlock_create_ruleset landlock_add_rule "
	"landlock_restrict_self openat", "clone3", only, COUNT(only)
};

static int become(const struct conf *conf, const char *who, const struct confine_calls *calls)
{
	static const gid_t none;
	uint16_t ports[FLEET_SERVERS_MAX + CONF_NAMED_MAX];
	size_t count = 0;
#ifdef __SANITIZE_ADDRESS__
	static const struct confine_path paths[] = { { "/", CONFINE_READ | CONFINE_WRITE } };
	const size_t path_count = 1;
#else
	static const struct confine_path *const paths = NULL;
	const size_t path_count = 0;
#endif

	for (size_t i = 0; i < conf->fleet.server_count; i++)
		if (conf->fleet.servers[i].port)
			ports[count++] = conf->fleet.servers[i].port;
	for (size_t i = 0; i < conf->source_count; i++)
		if (conf->sources[i].redis.port)
			ports[count++] = conf->sources[i].redis.port;
	return confine(&(struct confinement){
		.who = who, .groups = &none, .strict = conf->strict, .paths = paths, .path_count = path_count, .ports = ports,
		.port_count = count, .calls = calls,
	});
}

int courier_confine_keeper(const struct conf *conf)
{
	return become(conf, "the courier's keeper", &keeper);
}

int courier_confine_carrier(const struct conf *conf)
{
	return become(conf, "the courier", &carrier);
}
