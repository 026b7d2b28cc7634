#!/bin/sh
# postfix-setup - the shipped main.cf fragment goes into a real Postfix configuration and comes out again
#
# Works on a configuration folder of its own; starts no Postfix, touches no installed one.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
PATH="$PATH:/usr/sbin:/sbin"
command -v postconf >/dev/null || skip_all 'no Postfix installed'

conf=$dir/postfix
# is NAME VALUE - what main.cf sets, blanks folded
is() {
	value=$(postconf -c "$conf" -hn "$1" 2>/dev/null | tr -s ' ')
	[ "$value" = "$2" ] || { echo "$1: got '$value', wanted '$2'"; return 1; }
}
setup() { scripts/postfix-setup -c "$conf" "$@" </dev/null >"$dir/out" 2>&1; }

mkdir "$conf"
cp /usr/share/postfix/master.cf.dist "$conf/master.cf"
cat >"$conf/main.cf" <<END
# a postmaster's own file
compatibility_level = 3.6
myhostname = mx.example.com
smtpd_soft_error_limit = 10
smtpd_recipient_restrictions =
	permit_mynetworks, reject_unauth_destination,
	reject_rbl_client dnsbl.example.net
  check_policy_service unix:private/policy
END
cp "$conf/main.cf" "$dir/original"

ok 'without an answer nothing happens' not setup
ok 'main.cf is as it was' cmp "$conf/main.cf" "$dir/original"
ok 'no former values are kept yet' not test -e "$conf/main.cf.before-mailward"
ok 'the difference is shown: now' grep -qxF '  - smtpd_soft_error_limit = 10' "$dir/out"
ok 'the difference is shown: then' grep -qxF '  + smtpd_soft_error_limit = 3' "$dir/out"
ok "the postmaster's own restrictions that would go are named" \
	grep -qxF '  ! you would lose: reject_rbl_client dnsbl.example.net check_policy_service unix:private/policy' "$dir/out"

ok '--yes applies' setup --yes
ok 'smtpd_soft_error_limit' is smtpd_soft_error_limit 3
ok 'smtpd_hard_error_limit' is smtpd_hard_error_limit 6
ok 'smtpd_helo_required' is smtpd_helo_required yes
first='permit_mynetworks, permit_sasl_authenticated'
ok 'client restrictions' is smtpd_client_restrictions \
	"$first, check_client_access \$default_database_type:\$config_directory/access, warn_if_reject reject_unknown_client_hostname"
ok 'HELO restrictions' is smtpd_helo_restrictions \
	"$first, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, warn_if_reject reject_unknown_helo_hostname"
ok 'sender restrictions' is smtpd_sender_restrictions "$first, reject_non_fqdn_sender, reject_unknown_sender_domain"
ok 'recipient restrictions' is smtpd_recipient_restrictions \
	"$first, reject_unauth_pipelining, reject_non_fqdn_recipient, reject_unknown_recipient_domain, reject_unauth_destination"
ok 'what is not ours stays' is myhostname mx.example.com
ok 'Postfix finds nothing to warn of' sh -c "! postconf -c '$conf' -n 2>&1 >/dev/null | grep ."
ok 'the access map can be asked' sh -c "postmap -c '$conf' -q 203.0.113.7 \
	\"\$(postconf -c '$conf' -xh default_database_type):$conf/access\" || [ \$? = 1 ]"

cp "$conf/main.cf" "$dir/applied"
cp "$conf/main.cf.before-mailward" "$dir/former"
echo '203.0.113.7 REJECT' >>"$conf/access"
ok 'a second run succeeds' setup --yes
ok 'a second run changes nothing' cmp "$conf/main.cf" "$dir/applied"
ok 'a second run keeps the first former values' cmp "$conf/main.cf.before-mailward" "$dir/former"

postconf -c "$conf" -e 'smtpd_soft_error_limit = 20'
ok 'a later change is put right' setup --yes
ok 'and the former values are still the first ones' cmp "$conf/main.cf.before-mailward" "$dir/former"
ok "the postmaster's access map is left alone" grep -qx '203.0.113.7 REJECT' "$conf/access"

ok '--undo without an answer does nothing' not setup --undo
ok 'main.cf is still ours' is smtpd_soft_error_limit 3
ok '--undo --yes' setup --undo --yes
ok 'a value is back' is smtpd_soft_error_limit 10
ok 'a list is back' is smtpd_recipient_restrictions \
	'permit_mynetworks, reject_unauth_destination, reject_rbl_client dnsbl.example.net check_policy_service unix:private/policy'
for name in smtpd_hard_error_limit smtpd_helo_required smtpd_client_restrictions smtpd_helo_restrictions smtpd_sender_restrictions; do
	ok "$name is unset again" is $name ''
done
ok 'the comments are still there' grep -qx "# a postmaster's own file" "$conf/main.cf"
ok 'a second undo finds nothing to do' setup --undo --yes
rm "$conf/main.cf"
ok 'a folder without main.cf is refused' not setup --yes
ok 'and said so' grep -q 'no .*main.cf' "$dir/out"

tap_done
