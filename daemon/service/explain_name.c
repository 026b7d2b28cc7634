/* explain_name - all that is known of one name: an account, a recipient
 *
 * Only looks: nothing it does changes what is known. */
#include "service/explain_name.h"

#include "base/clock.h"
#include "base/json.h"
#include "match/account.h"

void explain_name(const struct daemon *daemon, const char *name, const struct addr *addr, bool as_json, FILE *out)
{
	static const char *const here[] = { "", "a stranger's: it never logged in from there",
		"near: it logs in from around there, so that an error weighs half",
		"its own: it is at home there, and its errors count for nothing" };
	static const char *const words[] = { "", "stranger", "near", "own" };
	const struct conf *conf = &daemon->setup->conf;
	char shown[256], text[ADDR_FMT_SIZE];
	struct judge_name_view view;
	uint64_t local;
	uint32_t domain;
	struct json json;

	judge_look_name(daemon->judge, account_hash(judge_name_key(daemon->judge), &conf->names, text_of(name), &domain, &local), addr,
			clock_now_ms(), &view);
	if (as_json) {
		json_begin(&json, out);
		json_cstr(&json, "event", "name");
		json_cstr(&json, "name", name);
		json_bool(&json, "exists", view.exists);
		json_uint(&json, "logged_in_from", view.known_networks);
		json_uint(&json, "tried_by", view.networks);
		json_bool(&json, "burnt", view.burnt);
		json_bool(&json, "campaign", view.campaign);
		json_uint(&json, "bans", view.bans);
		if (addr)
			json_cstr(&json, "here", words[view.here]);
		json_end(&json);
		return;
	}
	fprintf(out, "%s\n", text_escape(shown, sizeof(shown), text_of(name)));
	if (!conf->policy.memory) {
		fputs("names      are not remembered: judge = window\n", out);
		return;
	}
	fprintf(out, "exists     %s\n", !view.exists ? "not known: nobody logged in under it, no mail was delivered to it" :
		view.by_login ? "yes: somebody has logged in under it" : "yes: mail was delivered to it");
	if (view.known_networks)
		fprintf(out, "logs in    from %u network%s within a month\n", view.known_networks, view.known_networks == 1 ? "" : "s");
	fprintf(out, "tried      by strangers from %u%s network%s within a week%s\n", view.networks,
		view.networks >= 8 ? " or more" : "", view.networks == 1 ? "" : "s",
		view.burnt ? ": a burnt name, an error for it is a ban" : view.campaign ? ": under campaign, an error for it weighs 3" : "");
	if (view.bans)
		fprintf(out, "bans       %u running rest on it; they end when it comes to exist\n", view.bans);
	if (addr)
		fprintf(out, "from       %s: %s\n", addr_fmt(text, sizeof(text), addr), here[view.here]);
}
