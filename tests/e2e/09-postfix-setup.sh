#!/bin/sh
# 09-postfix-setup - the shipped main.cf fragment goes into a real Postfix configuration and comes out again
#
# Works on a configuration folder of its own; starts no Postfix, touches no installed one.
# once: no program of ours runs
. "$(dirname "$0")/../lib/tap.sh"
PATH="$PATH:/usr/sbin:/sbin"
command -v postconf >/dev/null || skip_all 'no Postfix installed'

conf=$tmp/postfix
# is NAME VALUE - what main.cf sets, blanks folded
is() {
	value=$(postconf -c "$conf" -hn "$1" 2>/dev/null | tr -s ' ')
	[ "$value" = "$2" ] || { echo "$1: got '$value', wanted '$2'"; return 1; }
}
# aged: Postfix's tools wait until a file that they read is two seconds old
aged() { [ ! -e "$conf/main.cf" ] || touch -d '1 minute ago' "$conf/main.cf"; }
setup() { aged; scripts/postfix-setup -c "$conf" "$@" </dev/null >"$tmp/out" 2>&1; status=$?; aged; return $status; }

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
cp "$conf/main.cf" "$tmp/original"

check 'without an answer nothing happens' not setup
check 'main.cf is as it was' cmp "$conf/main.cf" "$tmp/original"
check 'no former values are kept yet' not test -e "$conf/main.cf.before-mailward"
check 'the difference is shown: now' grep -qxF '  - smtpd_soft_error_limit = 10' "$tmp/out"
check 'the difference is shown: then' grep -qxF '  + smtpd_soft_error_limit = 3' "$tmp/out"
check "the postmaster's own restrictions that would go are named" \
	grep -qxF '  ! you would lose: reject_rbl_client dnsbl.example.net check_policy_service unix:private/policy' "$tmp/out"

check '--yes applies' setup --yes
check 'smtpd_soft_error_limit' is smtpd_soft_error_limit 3
check 'smtpd_hard_error_limit' is smtpd_hard_error_limit 6
check 'smtpd_helo_required' is smtpd_helo_required yes
first='permit_mynetworks, permit_sasl_authenticated'
check 'client restrictions' is smtpd_client_restrictions \
	"$first, check_client_access \$default_database_type:\$config_directory/access, warn_if_reject reject_unknown_client_hostname"
check 'HELO restrictions' is smtpd_helo_restrictions \
	"$first, reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, warn_if_reject reject_unknown_helo_hostname"
check 'sender restrictions' is smtpd_sender_restrictions "$first, reject_non_fqdn_sender, reject_unknown_sender_domain"
check 'recipient restrictions' is smtpd_recipient_restrictions \
	"$first, reject_unauth_pipelining, reject_non_fqdn_recipient, reject_unknown_recipient_domain, reject_unauth_destination"
check 'what is not ours stays' is myhostname mx.example.com
check 'Postfix finds nothing to warn of' sh -c "! postconf -c '$conf' -n 2>&1 >/dev/null | grep ."
check 'the access map can be asked' sh -c "postmap -c '$conf' -q 203.0.113.7 \
	\"\$(postconf -c '$conf' -xh default_database_type):$conf/access\" || [ \$? = 1 ]"

cp "$conf/main.cf" "$tmp/applied"
cp "$conf/main.cf.before-mailward" "$tmp/former"
echo '203.0.113.7 REJECT' >>"$conf/access"
check 'a second run succeeds' setup --yes
check 'a second run changes nothing' cmp "$conf/main.cf" "$tmp/applied"
check 'a second run keeps the first former values' cmp "$conf/main.cf.before-mailward" "$tmp/former"

postconf -c "$conf" -e 'smtpd_soft_error_limit = 20'
check 'a later change is put right' setup --yes
check 'and the former values are still the first ones' cmp "$conf/main.cf.before-mailward" "$tmp/former"
check "the postmaster's access map is left alone" grep -qx '203.0.113.7 REJECT' "$conf/access"

check '--undo without an answer does nothing' not setup --undo
check 'main.cf is still ours' is smtpd_soft_error_limit 3
check '--undo --yes' setup --undo --yes
check 'a value is back' is smtpd_soft_error_limit 10
check 'a list is back' is smtpd_recipient_restrictions \
	'permit_mynetworks, reject_unauth_destination, reject_rbl_client dnsbl.example.net check_policy_service unix:private/policy'
for name in smtpd_hard_error_limit smtpd_helo_required smtpd_client_restrictions smtpd_helo_restrictions smtpd_sender_restrictions; do
	check "$name is unset again" is $name ''
done
check 'the comments are still there' grep -qx "# a postmaster's own file" "$conf/main.cf"
check 'a second undo finds nothing to do' setup --undo --yes
rm "$conf/main.cf"
check 'a folder without main.cf is refused' not setup --yes
check 'and said so' grep -q 'no .*main.cf' "$tmp/out"

tap_done
