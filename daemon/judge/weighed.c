/* weighed - see weighed.h. weighed_count() reads from top to bottom as the rules above; owns no table of its own. */
#include "judge/weighed.h"

#define RUN_MAX 3		/* so often in a row does the same name weigh half */
#define NETWORK_MAILS 8		/* a network from which that many were delivered is not banned as a whole */
#define OTHERS_MAX 2		/* errors besides, in the week of one who has an old list */
#define RUSH_MS (8 * INT64_C(3600000))	/* who is back so soon after a ban has not understood it */
#define MILD_BANS 7		/* so many in a row stay short, where one name was tried or mail bounced; then they grow */

/* An error while it is weighed. */
struct weighing {
	const struct error *error;
	struct place place;
	bool login, recipient, null_sender;
	unsigned guests;	/* accounts at home at the unit */
	bool near;		/* the account is known from nearby */
	bool burnt;		/* the name is */
	bool campaign;		/* or many strangers try it */
	bool brief;		/* not in the long window: a bounce, or a recipient that nobody has again, an old address in a list */
	unsigned networks;	/* that try the name */
	uint32_t halves;
	bool one;		/* the unit has tried this one name only */
	bool again;		/* the name again, which weighs less */
	bool same;		/* and the password, too: it weighs nothing */
	bool nameless;		/* failed logins that name no account are all that is known of the unit */
	unsigned run;		/* so often in a row, the name again */
	uint32_t short_halves, long_halves, login_halves;
	uint32_t strikes;	/* in halves, what counts for a delay: each error within the window whole, however little it weighs */
	struct window_sum sum;
};

/* ---- what is learned ---- */

/* A name that was burnt turns out to exist: sentences for it that wait are dropped; bans that rest on it, and where customers
 * are, end. */
static void release_burnt(struct judge *judge, uint64_t name, int64_t time_ms)
{
	uint32_t cursor = 0;
	const struct ban *ban;

	if (!names_was_tried(&judge->names, name))
		return;
	stays_forget(&judge->stays, name);
	while ((ban = table_next(&judge->bans.table, &cursor)) != NULL) {
		if (ban->name != name || time_ms >= ban->until_ms)
			continue;
		struct event event = { .kind = VERDICT_RELEASE, .prefix = table_key(&ban->slot), .time_ms = time_ms,
				       .rule = "name-exists" };
		struct place place = place_of_unit(&event.prefix);
		if (customers_in(&judge->customers, &place.region, time_ms) && bans_release(&judge->bans, &event.prefix, time_ms))
			judge->tell(judge->arg, &event);
	}
}

static void learn_name(struct judge *judge, uint64_t name, uint32_t domain, enum names_how how, int64_t time_ms)
{
	if (name && names_learn(&judge->names, name, domain, how, time_ms))
		release_burnt(judge, name, time_ms);
}

/* A login without a domain may be anybody's of that name. */
static void learn_local(struct judge *judge, const struct hit *hit)
{
	if (hit->local && names_known(&judge->names, hit->local) == NAMES_UNKNOWN)
		learn_name(judge, hit->local, 0, NAMES_DELIVERED, hit->time_ms);
}

static void learn_login(struct judge *judge, const struct hit *hit)
{
	struct place place = place_of(judge->conf, &hit->addr);
	const struct window_last *last;

	learn_name(judge, hit->account, hit->domain, NAMES_LOGIN, hit->time_ms);
	learn_local(judge, hit);
	if (!hit->account || ranges_touch(&judge->conf->allow, &place.unit) || !addr_is_banworthy(&hit->addr) ||
	    !customers_login(&judge->customers, hit->account, &place, hit->time_ms))
		return;
	last = window_last(&judge->window, &place.unit);
	if (stays_drop(&judge->stays, &place.unit) || (last && last->name == (uint32_t)hit->account && !last->several))
		window_forget(&judge->window, &place.unit);	/* they were typing errors */
}

void weighed_learn(struct judge *judge, const struct hit *hit, enum rule_kind kind)
{
	struct prefix unit;

	if (kind == RULE_DELIVERED) {
		learn_name(judge, hit->account, hit->domain, NAMES_DELIVERED, hit->time_ms);
		learn_name(judge, hit->alias, hit->domain, NAMES_DELIVERED, hit->time_ms);
		learn_local(judge, hit);
		if (hit->queue)
			correspondents_deliver(&judge->correspondents, hit->queue, hit->time_ms);
		return;
	}
	if (weighed_is_banned(judge, &hit->addr, hit->rule, hit->time_ms))
		return;
	unit = unit_of(judge->conf, &hit->addr);
	if (kind == RULE_LOGIN)
		learn_login(judge, hit);
	else if (hit->queue && addr_is_banworthy(&hit->addr) && !ranges_touch(&judge->conf->allow, &unit))
		correspondents_accept(&judge->correspondents, hit->queue, &unit, hit->time_ms);
}

/* ---- what it weighs ---- */

/* By what strangers do with the name. */
static void weigh_name(struct judge *judge, struct weighing *w)
{
	const struct policy *policy = &judge->conf->policy;
	const struct hit *hit = w->error->hit;
	const struct ban *ban;
	bool again;

	w->networks = names_try(&judge->names, hit->account, place_stranger(&w->place), w->error->time_ms, &again);
	if (names_known(&judge->names, hit->account) != NAMES_UNKNOWN || hit->known == HIT_KNOWN) {
		w->campaign = w->networks >= policy->campaign_networks;
	} else if (w->recipient &&
		   (again || ((ban = table_find(&judge->bans.table, &w->place.unit)) && ban->name == hit->account))) {
		w->brief = true;
	} else if (w->networks >= policy->burn_networks) {
		w->burnt = !(w->login && names_all_exist(&judge->names, hit->domain));
		w->campaign = !w->burnt;
	}
	w->halves *= w->burnt ? policy->weight_burnt : w->campaign ? policy->weight_campaign : 1;
}

static uint32_t password_of(const struct hit *hit)
{
	return hit->password >> (32 - WINDOW_PASSWORD_BITS);
}

/* An old phone; a bot learns nothing by it. */
static bool is_same_password(const struct hit *hit, const struct window_last *last)
{
	uint32_t password = password_of(hit);

	return last && hit->account && password && last->name == (uint32_t)hit->account && last->password == password;
}

static bool is_again(const struct judge *judge, const struct weighing *w, const struct window_last *last)
{
	uint32_t name = (uint32_t)w->error->hit->account;

	return last && name && last->name == name && w->error->time_ms - last->time_ms <= judge->window.span_ms;
}

/* What the unit will have done last. */
__attribute__((always_inline))
static inline void note(const struct judge *judge, struct weighing *w, struct window_last *last)
{
	const struct hit *hit = w->error->hit;
	const struct window_last *known = window_last(&judge->window, &w->place.unit);
	uint32_t name = (uint32_t)hit->account;

	*last = known ? *known : (struct window_last){ .time_ms = 0 };
	w->again = is_again(judge, w, known);
	last->run = !w->again ? 0 : last->run < UINT8_MAX ? (uint8_t)(last->run + 1) : UINT8_MAX;
	if (!name || (last->time_ms && last->name != name))
		last->several = 1;
	if (name || !w->login)
		last->told = 1;
	last->name = name;
	last->password = password_of(hit) & WINDOW_PASSWORD_MAX;
	last->time_ms = w->error->time_ms > 0 ? w->error->time_ms & TIME_MAX_MS : 1;
	w->one = name && !last->several;
	w->nameless = !last->told;
	w->run = last->run;
}

/* Mail from there was delivered, and this is his first error in a week: for him, a name that nobody has is an old address in
 * a list, and he burns none. */
static bool is_correspondent(const struct judge *judge, const struct weighing *w)
{
	const struct window_last *last = window_last(&judge->window, &w->place.unit);

	if (last && last->time_ms && w->error->time_ms - last->time_ms <= (int64_t)judge->conf->policy.long_window_s * 1000)
		return false;
	return !table_find(&judge->bans.table, &w->place.unit) &&
	       correspondents_mails(&judge->correspondents, &w->place.unit, w->error->time_ms) > 0;
}

/* false: it counts for nothing */
static bool weigh(struct judge *judge, struct weighing *w, struct window_last *last)
{
	const struct hit *hit = w->error->hit;
	bool excused;

	if (w->recipient)
		names_refuse(&judge->names, hit->domain);
	if (!w->login && correspondents_pardon(&judge->correspondents, &w->place.unit, w->recipient ? MAILS_PER_ERROR : 1,
					       w->error->time_ms))
		return false;
	if (w->login && hit->account) {
		enum standing standing = customers_standing(&judge->customers, hit->account, &w->place, w->error->time_ms);

		if (standing == STANDING_OWN)
			return false;
		w->near = standing == STANDING_NEAR;
	}
	w->halves = 2 * hit->weight;
	w->brief = w->null_sender;
	excused = w->recipient && is_correspondent(judge, w);
	w->same = is_same_password(hit, window_last(&judge->window, &w->place.unit));
	if (w->same)
		return false;
	note(judge, w, last);
	if (w->near || w->null_sender)
		w->halves = (w->halves + 1) / 2;
	else if (hit->account && w->guests == 0 && (w->login || w->recipient) && !excused)
		weigh_name(judge, w);
	if (last->run > 0 && last->run <= RUN_MAX && w->halves > hit->weight)
		w->halves = hit->weight;
	if (w->halves > WINDOW_HALVES_MAX)
		w->halves = WINDOW_HALVES_MAX;
	return true;
}

/* Into the unit's windows; false: there is no room for it. */
__attribute__((always_inline))
static inline bool add(struct judge *judge, struct weighing *w, const struct window_last *last)
{
	const struct error *error = w->error;
	unsigned marks = (w->brief ? WINDOW_BRIEF : 0) | (w->login ? WINDOW_LOGIN : 0) | (w->again ? WINDOW_AGAIN : 0);
	struct window_last *kept;
	struct home_sums home;

	if (!window_weigh(&judge->window, &w->place.unit, error->time_ms, w->halves, error->rule->id, marks, &w->sum))
		return false;
	kept = window_last(&judge->window, &w->place.unit);
	if (kept)
		*kept = *last;
	w->short_halves = w->sum.errors;
	w->long_halves = w->sum.long_halves;
	w->login_halves = w->sum.login_halves;
	w->strikes = w->sum.strikes;
	if (w->guests) {
		customers_count(&judge->customers, &w->place.unit, w->halves, w->login, w->null_sender, error->time_ms, &home);
		w->short_halves = w->strikes = home.short_halves;
		w->long_halves = home.long_halves;
		w->login_halves = home.login_halves;
	}
	return true;
}

/* ---- the limits ---- */

/* Of what is only looked at, there is no error. */
static const struct policy *policy_of(const struct judge *judge, const struct weighing *w)
{
	return w->error ? judge_policy(judge, w->error->rule->id) : &judge->conf->policy;
}

static uint32_t short_limit(const struct judge *judge, const struct weighing *w)
{
	return 2 * policy_of(judge, w)->hard_error_limit * (1 + w->guests);
}

/* Where no line names an account, one old phone cannot be told from a machine: twice as much. */
static uint32_t long_limit(const struct judge *judge, const struct weighing *w)
{
	const struct policy *policy = policy_of(judge, w);

	if (w->guests)
		return 2 * (policy->guest_limit + policy->guest_account_limit * w->guests);
	return (w->nameless ? 4U : 2U) * policy->long_limit;
}

/* ---- for how long ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Beside this error there is hardly any in the long window. */
static bool is_nearly_all(const struct weighing *w)
{
	return w->long_halves <= (w->brief ? 0 : w->halves) + 2 * OTHERS_MAX;
}

/* Hardly anything but old addresses, though many at a time. */
static bool is_old_list(const struct weighing *w)
{
	return w->brief && !w->null_sender && is_nearly_all(w);
}

/* A server with old addresses in its list meets one after the other, each once, and tries again by itself: an hour, or a day. Else
 * each ban is longer than the one before. */
static uint32_t repeat_of(const struct judge *judge, const struct weighing *w, const struct ban *before, int64_t since_ms)
{
	uint32_t repeat = bans_repeat(&judge->bans, before, since_ms);

	if (is_old_list(w))
		return 1;
	if (repeat == 1 || !w->burnt || !w->recipient || !is_nearly_all(w))
		return repeat;
	return since_ms - before->ban_end_ms < RUSH_MS ? 2 : 1;
}

/* The ladder; longer where it is surely an attacker, shorter where others may suffer for it. */
static uint32_t length_s(const struct judge *judge, const struct weighing *w, bool sure, bool one, uint32_t repeat)
{
	const struct policy *policy = policy_of(judge, w);
	uint32_t seconds = ladder_ban_s(policy, w->recipient ? policy->recipient_ban_factor : policy->ban_factor, repeat);
	uint64_t mild = policy->one_name_ban_time_s;

	if (sure && seconds < policy->sure_ban_time_s)
		seconds = policy->sure_ban_time_s;
	for (uint32_t i = MILD_BANS; i < repeat && mild < seconds; i++)
		mild *= policy->ban_factor;
	if ((one || w->null_sender) && mild < seconds)
		seconds = (uint32_t)mild;
	if (w->guests > 1)
		seconds = least(seconds, policy->shared_ban_time_s);
	return seconds;
}

static void ban_network(struct judge *judge, const struct weighing *w, const struct prefix *hood, int64_t time_ms, uint32_t errors,
			enum event_because because)
{
	const struct policy *policy = &judge->conf->policy;
	bool near = customers_in(&judge->customers, &w->place.region, time_ms), fresh;
	struct ban *ban;

	if (customers_in(&judge->customers, hood, time_ms) ||
	    correspondents_mails(&judge->correspondents, hood, time_ms) >= NETWORK_MAILS ||
	    ranges_touch(&judge->conf->allow, hood) || bans_running(&judge->bans, hood, time_ms))
		return;
	if (judge->networks.limit)
		networks_forget(&judge->networks, hood);
	sums_forget(&judge->sums, hood);
	ban = verdict_ban(judge, hood, time_ms, near ? policy->near_network_ban_time_s : policy->network_ban_time_s, errors,
			  BAN_NETWORK, time_ms, &fresh);
	ban->because = (uint8_t)because;
	verdict_tell(judge, ban, NULL, false);
}

static void ban_neighbourhoods(struct judge *judge, const struct weighing *w, int64_t since_ms, uint32_t errors)
{
	uint32_t limit = judge->conf->policy.network_limit;

	for (unsigned i = 0; limit && i < w->place.hood_count; i++)
		if (networks_add(&judge->networks, &w->place.hoods[i], &w->place.unit, since_ms) >= limit)
			ban_network(judge, w, &w->place.hoods[i], since_ms, errors, BECAUSE_NEIGHBOURS);
}

/* Those who stay below every limit, but have neighbours. */
static void sum_up(struct judge *judge, const struct weighing *w)
{
	uint32_t limit = 2 * judge->conf->policy.network_sum;

	for (unsigned i = 0; limit && i < w->place.hood_count; i++) {
		const struct prefix *hood = &w->place.hoods[i];
		uint32_t halves = sums_add(&judge->sums, hood, &w->place.unit, w->halves, w->error->time_ms);

		if (halves >= limit)
			ban_network(judge, w, hood, w->error->time_ms, halves / 2, BECAUSE_NETWORK_SUM);
	}
}

static void ban(struct judge *judge, const struct weighing *w, bool sure, bool one, int64_t since_ms, uint32_t errors)
{
	const struct error *error = w->error;
	const struct ban *before = table_find(&judge->bans.table, &w->place.unit);
	uint32_t repeat = repeat_of(judge, w, before, since_ms);
	struct ban *ban;
	bool fresh;

	ban = verdict_ban(judge, &w->place.unit, since_ms, length_s(judge, w, sure, one, repeat), errors, error->rule->id,
			  error->time_ms, &fresh);
	ban->name = w->burnt ? error->hit->account : 0;
	ban->networks = (uint8_t)w->networks;
	ban->because = w->burnt ? BECAUSE_BURNT_NAME : w->short_halves < short_limit(judge, w) ? BECAUSE_LONG_WINDOW : BECAUSE_WINDOW;
	window_forget(&judge->window, &w->place.unit);
	customers_pardon(&judge->customers, &w->place.unit);
	verdict_tell(judge, ban, &w->sum, fresh);
	if (w->guests == 0 && !one && !w->null_sender)
		ban_neighbourhoods(judge, w, since_ms, errors);
}

/* Nothing else speaks against it: neither itself nor a neighbour was ever banned. */
static bool is_clean(const struct judge *judge, const struct weighing *w)
{
	const struct ban *ban = table_find(&judge->bans.table, &w->place.unit);

	if (ban && ban->repeat)
		return false;
	for (unsigned i = 0; i < w->place.hood_count; i++)
		if (((ban = table_find(&judge->bans.table, &w->place.hoods[i])) && ban->repeat) || !judge->networks.limit ||
		    networks_count(&judge->networks, &w->place.hoods[i], w->error->time_ms))
			return false;
	return true;
}

static bool stay(struct judge *judge, const struct weighing *w)
{
	const struct policy *policy = &judge->conf->policy;
	const struct error *error = w->error;
	uint32_t stay_s;

	if (!w->burnt || !w->login || !w->one || w->run > RUN_MAX || !is_clean(judge, w))
		return false;
	stay_s = customers_in(&judge->customers, &w->place.region, error->time_ms) ? policy->near_stay_s : policy->stay_s;
	return stay_s && stays_add(&judge->stays, &(struct stay){
		.due_ms = error->time_ms + (int64_t)stay_s * 1000,
		.time_ms = error->time_ms,
		.name = error->hit->account,
		.unit = w->place.unit,
		.networks = (uint8_t)w->networks,
		.rule = error->rule->id,
		.errors = (w->short_halves + 1) / 2,
	});
}

void weighed_due(struct judge *judge, int64_t time_ms)
{
	struct stay due;

	while (stays_due(&judge->stays, time_ms, &due)) {
		struct hit hit = { .time_ms = due.due_ms, .addr = due.unit.addr, .account = due.name, .rule = due.rule };
		struct error error = { &hit, &judge->rules->at[due.rule], due.unit, due.due_ms };
		struct weighing w = { .error = &error, .place = place_of_unit(&due.unit), .login = true, .burnt = true,
				      .networks = due.networks };

		w.guests = customers_guests(&judge->customers, &due.unit, due.due_ms);
		if (due.rule < judge->rules->count && !bans_running(&judge->bans, &due.unit, due.due_ms) &&
		    !ranges_touch(&judge->conf->allow, &due.unit) && verdict_may_ban(judge, due.due_ms))
			ban(judge, &w, true, false, due.due_ms, due.errors);
	}
}

/* From the soft limit on a delay, of what is above the room that those who are at home here give. */
static void delay(struct judge *judge, const struct weighing *w)
{
	const struct policy *policy = policy_of(judge, w);
	uint32_t errors = w->strikes / 2, room = policy->hard_error_limit * w->guests, delay_s;

	errors = errors > room ? errors - room : 0;
	if (policy->soft_error_limit == policy->hard_error_limit)
		return;
	delay_s = ladder_delay_s(policy, errors);
	if (delay_s)
		verdict_delay(judge, w->error, &w->sum, errors, delay_s);
}

static void count_error(struct judge *judge, const struct weighing *w)
{
	const struct hit *hit = w->error->hit;
	struct judge_thought *thought = &judge->thought;

	judge->figures.errors += hit->weight;
	judge->rule_errors[hit->rule] += hit->weight;
	thought->halves += w->halves;
	thought->networks = w->networks;
	thought->why |= (w->again && w->run <= RUN_MAX ? THOUGHT_AGAIN : 0) | (w->same ? THOUGHT_SAME : 0) | (w->near ? THOUGHT_NEAR : 0) |
			(w->null_sender ? THOUGHT_BOUNCE : w->brief ? THOUGHT_BRIEF : 0) | (w->burnt ? THOUGHT_BURNT : 0) |
			(w->campaign ? THOUGHT_CAMPAIGN : 0) | (w->guests ? THOUGHT_GUEST : 0);
}

/* The same password again weighs nothing, but three times within the window it is a strike. */
static bool strike(struct judge *judge, struct weighing *w)
{
	const struct error *error = w->error;
	const struct prefix *unit = &w->place.unit;

	if (!w->same || w->guests || !is_again(judge, w, window_last(&judge->window, unit)))
		return false;
	window_look(&judge->window, unit, error->time_ms, judge_class(judge, error->rule->id), &w->sum);
	if (w->sum.strikes >= w->sum.errors + 2 * RUN_MAX ||
	    !window_weigh(&judge->window, unit, error->time_ms, 0, error->rule->id, WINDOW_BRIEF | WINDOW_LOGIN | WINDOW_AGAIN, &w->sum))
		return false;
	w->strikes = w->sum.strikes;
	w->halves = 0;
	count_error(judge, w);
	delay(judge, w);
	return true;
}

/* It is in the windows: what follows of it? In line, as climb() is. */
__attribute__((always_inline))
static inline void decide(struct judge *judge, struct weighing *w)
{
	const struct error *error = w->error;
	uint32_t hard, limit;
	bool sure;

	if (stay(judge, w))
		return;
	hard = short_limit(judge, w);
	limit = long_limit(judge, w);
	if ((w->burnt || w->short_halves >= hard || w->long_halves >= limit) && !judge->mild && verdict_may_ban(judge, error->time_ms)) {
		sure = (w->burnt && w->login) || stays_of(&judge->stays, &w->place.unit) ||
		       (w->long_halves >= limit && w->short_halves < hard && 2 * w->login_halves >= w->long_halves);
		stays_drop(&judge->stays, &w->place.unit);
		ban(judge, w, sure, (w->one && !w->burnt) || is_old_list(w), w->sum.latest_ms,
		    (w->short_halves >= hard ? w->short_halves : w->long_halves) / 2);
		return;
	}
	delay(judge, w);
	if (w->guests == 0 && !w->brief)
		sum_up(judge, w);
}

/* One try; a line may tell of several. */
static void count_one(struct judge *judge, const struct error *error)
{
	struct weighing w = {
		.error = error,
		.place = place_of(judge->conf, &error->hit->addr),
		.login = error->rule->kind == RULE_FAILED_LOGIN,
		.recipient = error->rule->kind == RULE_RECIPIENT,
		.null_sender = error->rule->kind == RULE_RECIPIENT && error->hit->null_sender,
	};
	struct window_last last;

	w.guests = customers_guests(&judge->customers, &w.place.unit, error->time_ms);
	if (!weigh(judge, &w, &last)) {
		if (!strike(judge, &w))
			judge->figures.spared += error->hit->weight;
		return;
	}
	count_error(judge, &w);
	if (!add(judge, &w, &last)) {
		judge->figures.lost++;
		return;
	}
	if (w.sum.first && !bans_known(&judge->bans, &error->prefix))
		judge->figures.addresses++;
	decide(judge, &w);
}

void weighed_count(struct judge *judge, const struct error *error)
{
	struct hit hit = *error->hit;
	struct error one = { &hit, error->rule, error->prefix, error->time_ms };
	unsigned tries = error->rule->weight ? hit.weight / error->rule->weight : 1;

	judge->thought = (struct judge_thought){ .halves = 0 };
	hit.weight = (uint16_t)(tries ? hit.weight / tries : hit.weight);
	for (unsigned i = 0; i < tries && !weighed_is_banned(judge, &hit.addr, error->rule->id, error->time_ms); i++)
		count_one(judge, &one);
}

void weighed_remote(struct judge *judge, const struct error *error, const struct remote *remote)
{
	struct weighing w = {
		.error = error,
		.place = place_of(judge->conf, &error->hit->addr),
		.login = error->rule->kind == RULE_FAILED_LOGIN,
		.recipient = error->rule->kind == RULE_RECIPIENT,
		.null_sender = remote->marks & REMOTE_BOUNCE,
		.burnt = remote->marks & REMOTE_BURNT,
		.brief = remote->marks & (REMOTE_BOUNCE | REMOTE_BRIEF),
		.halves = remote->halves < WINDOW_HALVES_MAX ? remote->halves : WINDOW_HALVES_MAX,
	};
	struct window_last last;
	bool again;

	w.guests = customers_guests(&judge->customers, &w.place.unit, error->time_ms);
	if (remote->marks & REMOTE_SAME) {
		if (window_weigh(&judge->window, &w.place.unit, error->time_ms, 0, error->rule->id, WINDOW_BRIEF | WINDOW_LOGIN | WINDOW_AGAIN,
				 &w.sum)) {
			w.strikes = w.sum.strikes;
			delay(judge, &w);
		}
		return;
	}
	if (remote->marks & REMOTE_TRIED && error->hit->account)
		w.networks = names_try(&judge->names, error->hit->account, place_stranger(&w.place), error->time_ms, &again);
	note(judge, &w, &last);
	w.again = remote->marks & REMOTE_AGAIN;
	if (add(judge, &w, &last))
		decide(judge, &w);
	else
		judge->figures.lost++;
}

static void empty(struct table *table)
{
	uint32_t cursor = 0;
	void *slot;

	while ((slot = table_next(table, &cursor)) != NULL)
		table_remove(table, slot);
}

void weighed_forget_names(struct judge *judge)
{
	empty(&judge->customers.accounts);
	empty(&judge->customers.homes);
	empty(&judge->names.known);
	empty(&judge->names.tried);
	empty(&judge->names.domains);
}

bool weighed_is_banned(const struct judge *judge, const struct addr *addr, uint16_t rule, int64_t time_ms)
{
	struct place place = place_of(judge->conf, addr);
	const struct ban *ban = table_find(&judge->bans.table, &place.unit);

	if (ban && ban->kind == VERDICT_BAN && time_ms < ban->until_ms && judge_bars(judge, ban, rule))
		return true;
	for (unsigned i = 0; i < place.hood_count; i++)
		if (bans_running(&judge->bans, &place.hoods[i], time_ms))
			return true;
	return false;
}

void weighed_look(const struct judge *judge, const struct addr *addr, int64_t now_ms, const struct window_sum *sum,
		  struct judge_view *view)
{
	struct weighing w = { .place = place_of(judge->conf, addr) };
	const struct stay *stay = stays_of(&judge->stays, &w.place.unit);
	const struct window_last *last = window_last(&judge->window, &w.place.unit);

	w.guests = customers_guests(&judge->customers, &w.place.unit, now_ms);
	w.nameless = last && last->time_ms && !last->told;
	view->long_errors = (sum->long_halves + 1) / 2;
	view->limit = short_limit(judge, &w) / 2;
	view->long_limit = long_limit(judge, &w) / 2;
	view->guests = w.guests;
	view->mails = correspondents_mails(&judge->correspondents, &w.place.unit, now_ms);
	view->stay_ms = stay ? stay->due_ms : 0;
	for (unsigned i = 0; i < w.place.hood_count; i++)
		view->customers_around |= customers_in(&judge->customers, &w.place.hoods[i], now_ms);
}
