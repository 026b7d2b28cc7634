#!/bin/sh
# 09-postfix-setup - the shipped settings go into a real Postfix configuration, never into a broken one, and come out again
#
# Works on a configuration folder of its own; what it starts is a Postfix of its own; touches no installed one.
# once: no program of ours runs
. "$(dirname "$0")/../lib/tap.sh"
PATH="$PATH:/usr/sbin:/sbin"
command -v postconf >/dev/null || skip_all 'no Postfix installed'
[ "$(id -u)" = 0 ] || skip_all 'only root may start the Postfix that proves the settings'

conf=$tmp/postfix
# is NAME VALUE - what main.cf sets, blanks folded
is() {
	value=$(postconf -c "$conf" -hn "$1" 2>/dev/null | tr -s ' ')
	[ "$value" = "$2" ] || { echo "$1: got '$value', wanted '$2'"; return 1; }
}
# aged: Postfix's tools wait until a file that they read is two seconds old
aged() { [ ! -e "$conf/main.cf" ] || touch -d '1 minute ago' "$conf/main.cf"; }
setup() { aged; TMPDIR=$tmp scripts/postfix-setup -c "$conf" "$@" </dev/null >"$tmp/out" 2>&1; status=$?; aged; return $status; }

mkdir "$conf"
cp /usr/share/postfix/master.cf.dist "$conf/master.cf"
cat >"$conf/main.cf" <<END
# a postmaster's own file
compatibility_level = 3.6
myhostname = mx.example.com
alias_maps =
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
check 'and leaves nothing behind but the map' sh -c "[ \"\$(ls '$conf' | xargs)\" = 'access access.db main.cf master.cf' ]"

rm "$conf"/access*
check 'applied once more' setup --yes
check 'what brings the former values back needs nothing of ours' env -i PATH="$PATH" sh "$conf/main.cf.before-mailward"
aged
check 'a value is back' is smtpd_soft_error_limit 10
check 'a list is back' is smtpd_recipient_restrictions \
	'permit_mynetworks, reject_unauth_destination, reject_rbl_client dnsbl.example.net check_policy_service unix:private/policy'
check 'and it is gone' not test -e "$conf/main.cf.before-mailward"

# what an outsider would hear is "451 4.3.5 Server configuration error" in each of these
unchanged() { cmp "$conf/main.cf" "$tmp/before" && not test -e "$conf/main.cf.before-mailward"; }
quoted="check_helo_access inline:{ {x.example=550 It's not you, \$(it) is} }"
postconf -c "$conf" -e "smtpd_helo_restrictions = $quoted"
rm -f "$conf"/access*
echo '203.0.113.7 REJECT' >"$conf/access"
check 'a map that nobody has compiled' setup --yes
check 'is compiled' sh -c "postmap -c '$conf' -q 203.0.113.7 \"\$(postconf -c '$conf' -xh default_database_type):$conf/access\" | grep -qx REJECT"
sleep 1.1; echo '203.0.113.8 REJECT' >>"$conf/access"
check 'a map that has changed since' setup --yes
check 'is compiled anew' sh -c "postmap -c '$conf' -q 203.0.113.8 \"\$(postconf -c '$conf' -xh default_database_type):$conf/access\" | grep -qx REJECT"
check 'undone' setup --undo --yes
check 'whatever is in a value' is smtpd_helo_restrictions "$quoted"
postconf -c "$conf" -X smtpd_helo_restrictions; aged
cp "$conf/main.cf" "$tmp/before"

echo 'no database' >"$conf/access.db"
check 'a compiled map that is damaged is refused' not setup --yes
check 'with what Postfix would have said' grep -q '451 4\.3\.' "$tmp/out"
check 'main.cf is as it was' unchanged
check 'nothing of the Postfix that was tried is left' not pgrep -f "$tmp/tmp[.]"

rm "$conf/access.db"
postconf -c "$conf" -e 'default_database_type = nosuchtype'; aged
cp "$conf/main.cf" "$tmp/before"
check 'a type of map that this Postfix does not have is refused' not setup --yes
check 'main.cf is as it was' unchanged
postconf -c "$conf" -X default_database_type; aged
cp "$conf/main.cf" "$tmp/before"

rm "$conf/access"
postconf -c "$conf" -e 'smtpd_relay_restrictions = check_client_access hash:$config_directory/missing, reject_unauth_destination'
aged
cp "$conf/main.cf" "$tmp/before"
check 'a setting of another hand that breaks mail is found' not setup --yes
check 'main.cf is as it was' unchanged
check 'the empty map that was made for it is taken back' sh -c "! ls '$conf' | grep access"

rm "$conf/main.cf"
check 'a folder without main.cf is refused' not setup --yes
check 'and said so' grep -q 'no .*main.cf' "$tmp/out"

tap_done
