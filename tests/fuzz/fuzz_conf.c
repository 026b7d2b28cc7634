/* fuzz_conf - any bytes as a config file: refused with messages that can be read, or taken within all its limits
 *
 * The file is in memory. A config may name another file to read; here that is never a device or a pipe. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"

static void refused(const char *said, size_t len)
{
	must_hold(len > 0 && said[len - 1] == '\n');
	for (size_t i = 0; i < len; i++)
		must_hold((said[i] >= 0x20 && said[i] <= 0x7e) || (said[i] == '\n' && (i == 0 || said[i - 1] != '\n')));
}

static void taken(const struct conf *conf)
{
	const struct policy *policy = &conf->policy;
	static const struct addr loopback[] = { { { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } }, { { [15] = 1 } } };

	must_hold(policy->window_s >= 1 && policy->window_s <= 86400);
	must_hold(policy->soft_error_limit >= 1 && policy->soft_error_limit <= policy->hard_error_limit && policy->hard_error_limit <= 1000);
	must_hold(policy->delay_s >= 1 && policy->ban_time_s >= 1 && policy->ban_time_s <= policy->ban_time_max_s);
	must_hold(policy->ban_time_max_s <= DURATION_MAX_S && policy->ban_factor >= 1 && policy->ban_factor <= 100);
	must_hold(policy->ipv6_prefix >= 32 && policy->ipv6_prefix <= 128);
	must_hold(conf->max_addresses >= 1000 && conf->max_bans >= 1000);
	must_hold(conf->all_ports ? conf->port_count == 0 : conf->port_count >= 1 && conf->port_count <= CONF_PORTS_MAX);
	for (size_t i = 1; i < conf->port_count; i++)
		must_hold(conf->ports[i - 1] < conf->ports[i]);
	must_hold(conf->source_count >= 1 && conf->source_count <= CONF_NAMED_MAX);
	for (size_t i = 0; i < conf->source_count; i++)
		must_hold(conf->sources[i].file ? conf->sources[i].file[0] == '/' : conf->sources[i].journal);
	must_hold(conf->socket[0] == '/' && conf->state_dir[0] == '/' && (!conf->patterns || conf->patterns[0] == '/'));
	for (size_t i = 0; i < conf->rule_count; i++)
		must_hold(conf->rules[i].weight >= CONF_WEIGHT_NORMAL && conf->rules[i].weight <= 100 && conf->rules[i].name[0]);
	must_hold(ranges_contain(&conf->allow, &loopback[0]) && ranges_contain(&conf->allow, &loopback[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);
	char path[32], *said = NULL;
	size_t len = 0;
	struct problems problems = { .out = open_memstream(&said, &len) };
	struct conf conf;

	must_hold(fd >= 0 && problems.out);
	if (memmem(data, size, "/dev", 4) == NULL && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		bool good = conf_load(&conf, path, &problems);
		fclose(problems.out);
		must_hold(good == (problems.count == 0));
		if (good)
			taken(&conf);
		else
			refused(said, len);
		conf_fini(&conf);
	} else {
		fclose(problems.out);
	}
	free(said);
	close(fd);
	return 0;
}
