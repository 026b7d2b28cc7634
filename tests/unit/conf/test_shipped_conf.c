/* test_shipped_conf - etc/mailward.conf says what the built-in defaults are and nothing else */
#include <stdlib.h>

#include "conf/conf.h"
#include "tap.h"

static const char shipped[] = "etc/mailward.conf";

static void same_policy(const struct policy *got, const struct policy *wanted)
{
	tap_int(got->window_s, wanted->window_s, "window");
	tap_int(got->soft_error_limit, wanted->soft_error_limit, "soft_error_limit");
	tap_int(got->hard_error_limit, wanted->hard_error_limit, "hard_error_limit");
	tap_int(got->delay_s, wanted->delay_s, "delay");
	tap_int(got->ban_time_s, wanted->ban_time_s, "ban_time");
	tap_int(got->ban_factor, wanted->ban_factor, "ban_factor");
	tap_int(got->ban_time_max_s, wanted->ban_time_max_s, "ban_time_max");
	tap_int(got->ipv6_prefix, wanted->ipv6_prefix, "ipv6_prefix");
	tap_int(got->network_limit, wanted->network_limit, "network_limit");
	tap_int(got->network_window_s, wanted->network_window_s, "network_window");
	tap_int(got->max_bans_per_minute, wanted->max_bans_per_minute, "max_bans_per_minute");
	tap_int(got->memory, wanted->memory, "judge");
	tap_int(got->judge_dry_run, wanted->judge_dry_run, "judge_dry_run");
	tap_int(got->long_window_s, wanted->long_window_s, "long_window");
	tap_int(got->long_limit, wanted->long_limit, "long_limit");
	tap_int(got->guest_limit, wanted->guest_limit, "guest_limit");
	tap_int(got->guest_account_limit, wanted->guest_account_limit, "guest_limit_per_account");
	tap_int(got->sure_ban_time_s, wanted->sure_ban_time_s, "sure_ban_time");
	tap_int(got->one_name_ban_time_s, wanted->one_name_ban_time_s, "one_name_ban_time");
	tap_int(got->shared_ban_time_s, wanted->shared_ban_time_s, "shared_ban_time");
	tap_int(got->recipient_ban_factor, wanted->recipient_ban_factor, "recipient_ban_factor");
	tap_int(got->stay_s, wanted->stay_s, "stay");
	tap_int(got->near_stay_s, wanted->near_stay_s, "near_stay");
	tap_int(got->network_ban_time_s, wanted->network_ban_time_s, "network_ban_time");
	tap_int(got->near_network_ban_time_s, wanted->near_network_ban_time_s, "near_network_ban_time");
	tap_int(got->network_sum, wanted->network_sum, "network_sum");
	tap_int(got->burn_networks, wanted->burn_networks, "burn_networks");
	tap_int(got->campaign_networks, wanted->campaign_networks, "campaign_networks");
	tap_int(got->weight_burnt, wanted->weight_burnt, "weight_burnt");
	tap_int(got->weight_campaign, wanted->weight_campaign, "weight_campaign");
	tap_int(got->catch_all, wanted->catch_all, "catch_all");
}

int main(void)
{
	char *said = NULL;
	size_t said_bytes;
	struct problems problems = { .out = open_memstream(&said, &said_bytes) };
	struct conf conf, defaults;

	tap_ok(conf_load(&defaults, "/dev/null", &problems), "an empty config is one");
	tap_ok(conf_load(&conf, shipped, &problems), "the shipped config has no faults");
	fclose(problems.out);
	tap_str(said, "", "and asks for nothing that is not there");
	same_policy(&conf.policy, &defaults.policy);
	tap_ok(!conf.notify.command && conf.notify.interval_s == defaults.notify.interval_s &&
	       conf.notify.max_batch == defaults.notify.max_batch && conf.notify.timeout_s == defaults.notify.timeout_s &&
	       conf.notify.delays == defaults.notify.delays, "notify");
	tap_str(conf.socket, defaults.socket, "socket");
	tap_str(conf.state_dir, defaults.state_dir, "state_dir");
	tap_int(conf.dry_run, defaults.dry_run, "dry_run");
	tap_int(conf.max_addresses, defaults.max_addresses, "max_addresses");
	tap_int(conf.max_bans, defaults.max_bans, "max_bans");
	tap_ok(conf.port_count == defaults.port_count &&
	       memcmp(conf.ports, defaults.ports, conf.port_count * sizeof(conf.ports[0])) == 0, "ports");
	tap_ok(conf.source_count == 1 && defaults.source_count == 1, "one source");
	tap_int(conf.sources[0].journal, defaults.sources[0].journal, "the journal or the file, as there is one");
	if (!defaults.sources[0].journal)
		tap_str(conf.sources[0].file, defaults.sources[0].file, "its file");
	tap_int(conf.rule_count, 0, "no rule is changed");
	tap_int(conf.blocklist_count, 0, "no blocklist is active");
	tap_int(conf.allow.count, defaults.allow.count, "nothing is allowed but this machine itself");
	free(said);
	conf_fini(&conf);
	conf_fini(&defaults);
	return tap_done();
}
